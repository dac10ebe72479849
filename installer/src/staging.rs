//! What is being made, until it is whole: directories below `staging/`, each under the lock of its work.
//!
//! `<work>.lock` is the lock and `<work>@…` is what that work makes. A killed process leaves both; whoever comes
//! next finds that nobody holds the lock and takes them away.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use tempfile::{Builder, TempDir};

use crate::atomic;
use crate::error::{During, Error};
use crate::lock::{Holder, Lock};
use crate::store::{Home, create_directory, names};

/// One piece of work that nobody else does at the same time.
#[derive(Debug)]
pub(crate) struct Work {
    staging: PathBuf,
    name: String,
    _lock: Lock,
}

impl Work {
    /// Waits for its turn. `name` is a toolchain's, or a word.
    pub(crate) fn begin(
        home: &Home,
        name: &str,
        waiting: &mut dyn FnMut(&Holder),
    ) -> Result<Self, Error> {
        let staging = home.staging();
        create_directory(&staging)?;
        let lock = Lock::acquire(&lock_path(&staging, name), waiting)?;
        Ok(Self { staging, name: name.to_owned(), _lock: lock })
    }

    /// An empty directory, removed with all in it when dropped.
    pub(crate) fn directory(&self) -> Result<TempDir, Error> {
        Builder::new()
            .prefix(&format!("{}@", self.name))
            .tempdir_in(&self.staging)
            .during("create a directory in", &self.staging)
    }

    /// Where to make links before they are renamed.
    pub(crate) fn staging(&self) -> &Path {
        &self.staging
    }
}

/// Takes away what killed processes left; best effort, since it only costs room.
pub(crate) fn sweep(home: &Home) {
    atomic::sweep_all(home.downloads());
    let staging = home.staging();
    let names = names(&staging).unwrap_or_default();
    let works: BTreeSet<&str> = names
        .iter()
        .filter_map(|name| name.strip_suffix(".lock").or_else(|| Some(name.split_once('@')?.0)))
        .collect();
    for work in works {
        // None: its process lives, or this file system cannot tell.
        let Ok(Some(_lock)) = Lock::try_acquire(&lock_path(&staging, work)) else { continue };
        for name in &names {
            if name.split_once('@').is_some_and(|(owner, _)| owner == work) {
                let leftover = staging.join(name);
                let _ = fs::remove_dir_all(&leftover).or_else(|_| fs::remove_file(&leftover));
            }
        }
    }
}

fn lock_path(staging: &Path, work: &str) -> PathBuf {
    staging.join(format!("{work}.lock"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leftovers_go_and_living_work_stays() {
        let directory = tempfile::tempdir().expect("a directory");
        let home = Home::new(directory.path()).expect("absolute");
        let work = Work::begin(&home, "go1.22.10", &mut |_| {}).expect("begun");
        let living = work.directory().expect("made");
        for leftover in ["go1.22.1@a/bin", "go1.20@b", "kept"] {
            fs::create_dir_all(home.staging().join(leftover)).expect("made");
        }
        fs::write(home.staging().join("go1.22.1.lock"), "1 x\n").expect("written");
        std::os::unix::fs::symlink("x", home.staging().join("links@c")).expect("linked");
        sweep(&home);
        let mut left = names(&home.staging()).expect("listed");
        left.sort();
        let living_name = living.path().file_name().and_then(|name| name.to_str()).expect("text");
        assert_eq!(left, ["go1.22.10.lock", living_name, "kept"]);
        drop((living, work));
        assert_eq!(names(&home.staging()).expect("listed"), ["kept"]);
    }
}
