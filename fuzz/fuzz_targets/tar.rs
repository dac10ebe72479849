//! A release's tar file: whatever is in it, only plain files and directories come out, below one directory.
#![no_main]

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|content: &[u8]| {
    let directory = tempfile::tempdir_in("/dev/shm").expect("a directory");
    let tree = directory.path().join("tree");
    fs::create_dir(&tree).expect("made");
    let _ = installer::fuzzing::tar(content, &tree);
    check(&tree);
    assert_eq!(fs::read_dir(directory.path()).expect("listed").count(), 1);
});

fn check(directory: &Path) {
    for entry in fs::read_dir(directory).expect("listed") {
        let path = entry.expect("listed").path();
        let metadata = fs::symlink_metadata(&path).expect("there");
        assert_eq!(metadata.mode() & 0o7022, 0);
        if metadata.is_dir() {
            check(&path);
        } else {
            assert!(metadata.is_file() && metadata.nlink() == 1);
        }
    }
}
