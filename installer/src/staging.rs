//! What is being made, until it is whole: directories below `staging/`, each under the lock of its work.
//!
//! `<work>.lock` is the lock and `<work>@…` is what that work makes. A killed process leaves both; whoever comes
//! next finds that nobody holds the lock and takes them away. When nobody is at work there is no `staging/`.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use tempfile::{Builder, TempDir};

use crate::atomic;
use crate::error::{During, Error};
use crate::lock::{Holder, Lock, MARK};
use crate::store::{Home, Made, names};

/// Between a work's name and the random part of the name of what it makes.
const STAGED: char = '@';
/// After a work's name, that of a toolchain: its removal, which is to go on after a kill.
const REMOVAL: &str = "@removed-";

/// One piece of work that nobody else does at the same time.
#[derive(Debug)]
pub(crate) struct Work {
    name: String,
    // In this order: the lock's file goes first, then the directory, if that was all.
    _lock: Lock,
    staging: Made,
}

impl Work {
    /// Waits for its turn, as long as it takes. `name` is a toolchain's; `waiting` hears whom it waits for.
    pub(crate) fn begin(
        home: &Home,
        name: &str,
        waiting: &mut dyn FnMut(&Holder),
    ) -> Result<Self, Error> {
        Self::begin_with(home, name, |lock| Lock::acquire(lock, waiting))
    }

    /// The same for work of milliseconds: who does not get its turn soon has an error.
    pub(crate) fn begin_short(home: &Home, name: &str) -> Result<Self, Error> {
        Self::begin_with(home, name, Lock::acquire_soon)
    }

    /// The same if nobody is at it.
    pub(crate) fn try_begin(home: &Home, name: &str) -> Result<Option<Self>, Error> {
        let make = || Ok(Made::in_home(home.staging())?.temporary());
        let (staging, lock) =
            Made::within(make, |staging| Lock::try_acquire(&lock_path(staging, name)))?;
        Ok(lock.map(|lock| Self { name: name.to_owned(), _lock: lock, staging }))
    }

    fn begin_with(
        home: &Home,
        name: &str,
        mut acquire: impl FnMut(&Path) -> Result<Lock, Error>,
    ) -> Result<Self, Error> {
        let make = || Ok(Made::in_home(home.staging())?.temporary());
        let (staging, lock) = Made::within(make, |staging| acquire(&lock_path(staging, name)))?;
        Ok(Self { name: name.to_owned(), _lock: lock, staging })
    }

    /// An empty directory, removed with all in it when dropped.
    pub(crate) fn directory(&self) -> Result<TempDir, Error> {
        self.directory_named(&format!("{}{STAGED}", self.name))
    }

    /// The same, for what is to be removed whatever happens: see [`is_being_removed`].
    pub(crate) fn directory_for_removal(&self) -> Result<TempDir, Error> {
        self.directory_named(&format!("{}{REMOVAL}", self.name))
    }

    fn directory_named(&self, prefix: &str) -> Result<TempDir, Error> {
        let staging = self.staging();
        Builder::new().prefix(prefix).tempdir_in(staging).during("create a directory in", staging)
    }

    /// Where to make links before they are renamed.
    pub(crate) fn staging(&self) -> &Path {
        self.staging.path()
    }
}

/// Whether a killed process had begun to remove this toolchain, and had taken it out of place.
pub(crate) fn is_being_removed(home: &Home, toolchain: &str) -> Result<bool, Error> {
    let prefix = format!("{toolchain}{REMOVAL}");
    Ok(names(&home.staging())?.iter().any(|name| name.starts_with(&prefix)))
}

/// Takes away what killed processes left; best effort, since it only costs room.
pub(crate) fn sweep(home: &Home) {
    atomic::sweep_all(home.downloads());
    let staging = home.staging();
    let names = names(&staging).unwrap_or_default();
    let works: BTreeSet<&str> = names.iter().filter_map(|name| work_of(name)).collect();
    for work in works {
        // None: its process lives.
        let Ok(Some(_lock)) = Lock::try_acquire(&lock_path(&staging, work)) else { continue };
        for name in &names {
            if name.split_once(STAGED).is_some_and(|(owner, _)| owner == work) {
                let leftover = staging.join(name);
                let _ = fs::remove_dir_all(&leftover).or_else(|_| fs::remove_file(&leftover));
            }
        }
    }
    // If they are empty; one that the user chose stays.
    let _ = fs::remove_dir(&staging);
    if home.downloads().starts_with(home.path()) {
        let _ = fs::remove_dir(home.downloads());
    }
}

/// What killed processes left, and strangers put there.
pub(crate) fn leftovers(home: &Home) -> Result<Vec<PathBuf>, Error> {
    let staging = home.staging();
    let is_living =
        |name: &str| work_of(name).is_some_and(|work| Lock::is_held(&lock_path(&staging, work)));
    let names = names(&staging)?.into_iter().filter(|name| !is_living(name));
    Ok(names.map(|name| staging.join(name)).collect())
}

/// The work that a name in `staging/` belongs to.
fn work_of(name: &str) -> Option<&str> {
    let lock = || name.strip_suffix(".lock");
    let mark = || Some(name.split_once(MARK)?.0);
    lock().or_else(mark).or_else(|| Some(name.split_once(STAGED)?.0))
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
        fs::remove_dir(home.staging().join("kept")).expect("removed");
        sweep(&home);
        assert!(!home.staging().exists());
    }
}
