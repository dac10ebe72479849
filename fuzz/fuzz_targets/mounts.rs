//! mountinfo: a drive's own mount point lies on it unless something is mounted over it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use resolver::mounts::{self, WindowsDrives};
use resolver::path;

fuzz_target!(|content: &[u8]| {
    let drives = WindowsDrives::new(path::concat(&[content]));
    assert_eq!(drives.is_empty(), drives.mount_points().next().is_none());
    let points: Vec<_> = mounts::parse(content).collect();
    if let Some(last) = points.last() {
        assert!(!last.is_windows_drive() || drives.contains(last.point));
    }
});
