//! Caches with nothing in them that Go would believe, but with the names and times that it would give them.

use std::fs::{self, File};
use std::path::Path;
use std::time::{Duration, SystemTime};

pub(super) const HOUR: Duration = Duration::from_hours(1);
pub(super) const DAY: Duration = Duration::from_hours(24);

/// A cache with so many actions, each with its output, last used so long ago.
pub(super) struct StandIn {
    pub(super) actions: u16,
    pub(super) age: Duration,
}

impl StandIn {
    pub(super) fn lay_out(&self, cache: &Path) {
        for byte in 0..=255 {
            fs::create_dir_all(cache.join(format!("{byte:02x}"))).unwrap();
        }
        let readme = "This directory holds cached build artifacts from the Go build system.\n";
        fs::write(cache.join("README"), readme).unwrap();
        self.write(&cache.join("trim.txt"), b"1700000000");
        for number in 0..self.actions {
            let id = format!("{:02x}{}", number % 256, format!("{number:04x}").repeat(16));
            for (suffix, content) in [("a", &[b'v'; 170][..]), ("d", &[0; 4000])] {
                let id = &id[..64];
                self.write(&cache.join(&id[..2]).join(format!("{id}-{suffix}")), content);
            }
        }
    }

    fn write(&self, file: &Path, content: &[u8]) {
        fs::write(file, content).unwrap();
        File::open(file).unwrap().set_modified(SystemTime::now() - self.age).unwrap();
    }
}

/// As in the names of archives.
pub(super) fn platform() -> &'static str {
    if cfg!(target_arch = "aarch64") { "linux-arm64" } else { "linux-amd64" }
}
