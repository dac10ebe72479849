//! Real Go toolchains, fetched once by the real `gowr install` and hard-linked into each world that wants one.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use super::{Run, scratch};

/// A Go before 1.24: its `go run` does not put its own `bin` first on PATH, so a nested `go` is the proxy again.
pub(crate) const OLD: &str = "go1.22.12";

/// A Go since 1.24: a nested `go` is its own.
pub(crate) const NEW: &str = "go1.26.9";

/// The unpacked toolchain `name` (`go1.22.12`), installed on the first call on this machine.
pub(crate) fn installed(name: &str) -> PathBuf {
    let home = scratch().join("toolchains");
    fs::create_dir_all(&home).unwrap();
    let root = home.join("gowr/toolchains").join(name);
    let lock = File::create(home.join("lock")).unwrap();
    lock.lock().unwrap();
    if !root.join("VERSION").exists() {
        let version = name.trim_start_matches("go");
        let outcome = Run::new(env!("CARGO_BIN_EXE_gowr"))
            .args(["install", version])
            .env("HOME", &home)
            .env("GOWR_HOME", home.join("gowr"))
            .online()
            .run();
        outcome.success();
    }
    root
}

/// Copies the tree at `from` to `to` by hard links (0.2 s for a Go toolchain); links stay links.
pub(crate) fn hard_link_tree(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            hard_link_tree(&entry.path(), &target);
        } else if kind.is_symlink() {
            std::os::unix::fs::symlink(fs::read_link(entry.path()).unwrap(), target).unwrap();
        } else {
            fs::hard_link(entry.path(), target).unwrap();
        }
    }
}
