//! Taking turns on a file system without locks.
//!
//! A mark is a link beside the lock, `work.lock.<random>`, that leads nowhere and says who made it: a link is there
//! with all its text or not at all, on every file system, and a name that nobody else uses can be removed by anyone
//! once its maker is dead. Whoever puts a mark and then sees no other living one has the lock: of two that come at
//! once, the later sees the earlier. Both may see each other; then both step back and come again.

use std::collections::hash_map::RandomState;
use std::ffi::OsString;
use std::fs;
use std::hash::BuildHasher;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use tempfile::{Builder, NamedTempFile};

use super::Holder;
use crate::atomic::parent;
use crate::error::{During, Error};

/// Between a lock's name and the random part of a mark's.
pub(crate) const MARK: &str = ".lock.";

/// The longest pause, in milliseconds; the shortest is a tenth of it.
const PAUSE: u64 = 200;

/// A mark that was put there, gone when dropped.
#[derive(Debug)]
pub(crate) struct Mark {
    _link: NamedTempFile<()>,
}

impl Mark {
    /// Puts a mark, unless somebody living has one: then says who. Marks of the dead are taken away.
    pub(super) fn put(lock: &Path) -> Result<Result<Self, Holder>, Error> {
        if let Some(holder) = living(lock, None) {
            return Ok(Err(holder));
        }
        let text = Holder::text_of_this_process();
        let link = Builder::new()
            .prefix(&prefix(lock))
            .make_in(parent(lock), |path| symlink(&text, path))
            .during("make a link in", parent(lock))?;
        if let Some(holder) = living(lock, Some(link.path())) {
            // The mark just put goes again with `link`.
            return Ok(Err(holder));
        }
        remove_dead(lock);
        Ok(Ok(Self { _link: link }))
    }
}

/// One of those who have a mark and may live, but for `own`.
pub(super) fn living(lock: &Path, own: Option<&Path>) -> Option<Holder> {
    let others = marks(lock).into_iter().filter(|path| Some(path.as_path()) != own);
    others.filter_map(|path| holder(&path)).find(Holder::may_live)
}

fn remove_dead(lock: &Path) {
    for path in marks(lock) {
        if holder(&path).is_some_and(|holder| !holder.may_live()) {
            let _ = fs::remove_file(path);
        }
    }
}

/// None where the mark has gone meanwhile.
fn holder(path: &Path) -> Option<Holder> {
    let text = fs::read_link(path).ok()?;
    let since = fs::symlink_metadata(path).ok()?.modified().ok();
    Some(Holder::parse(path, &text.to_string_lossy(), since))
}

fn marks(lock: &Path) -> Vec<PathBuf> {
    let prefix = prefix(lock);
    let Ok(entries) = fs::read_dir(parent(lock)) else { return Vec::new() };
    let entries = entries
        .flatten()
        .filter(|entry| entry.file_name().as_bytes().starts_with(prefix.as_bytes()));
    entries.map(|entry| entry.path()).collect()
}

fn prefix(lock: &Path) -> OsString {
    let mut prefix = lock.file_stem().unwrap_or_default().to_owned();
    prefix.push(MARK);
    prefix
}

/// Waits a while, and not as long as the others who wait.
pub(super) fn pause() {
    let random = RandomState::new().hash_one(std::process::id());
    thread::sleep(Duration::from_millis(PAUSE / 10 + random % (PAUSE - PAUSE / 10)));
}
