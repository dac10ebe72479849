//! One lock for one piece of work, held by a process and gone with it.
//!
//! It is the kernel's advisory lock (`flock`): a killed holder leaves none behind. Where a file system has none (some
//! NFS servers, some FUSE), each contender puts a mark beside the lock instead: see `mark`. All processes that
//! share a home must find the same: where one has `flock` and another has not, work may be done twice. Publishing is
//! by rename anyway, so that what comes of it is whole.

mod holder;
mod mark;

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Seek, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

pub use holder::Holder;
pub(crate) use holder::LONGEST_WORK;
pub(crate) use mark::MARK;

use crate::error::{During, Error};
use mark::Mark;

/// Between two looks at a lock that is about to become free.
const MOMENT: Duration = Duration::from_millis(5);

/// Changing a few links or one file takes milliseconds; a whole crowd of processes that do so is done in this time.
const SHORT_WORK: Duration = Duration::from_mins(1);

/// Work that only one process at a time may do; over when this is dropped.
#[derive(Debug)]
#[expect(dead_code, reason = "held until they are dropped")]
pub(crate) enum Lock {
    /// The kernel knows.
    Kernel(KernelLock),
    /// The file system has no locks.
    Mark(Mark),
}

/// A locked file, which goes with the lock.
#[derive(Debug)]
pub(crate) struct KernelLock {
    path: PathBuf,
    file: File,
}

/// What came of trying.
enum Attempt {
    Taken(Lock),
    /// Who has it, and the file to wait for where the kernel can.
    Busy(Holder, Option<File>),
    /// What was locked has no name any more: once more.
    Vanished,
}

impl Lock {
    /// Takes the lock, waiting as long as it takes. `waiting` hears of the holder, once, before a wait.
    pub(crate) fn acquire(path: &Path, waiting: &mut dyn FnMut(&Holder)) -> Result<Self, Error> {
        let mut told = false;
        loop {
            match Self::attempt(path)? {
                Attempt::Taken(lock) => return Ok(lock),
                Attempt::Vanished => {}
                Attempt::Busy(holder, file) => {
                    if !told {
                        waiting(&holder);
                        told = true;
                    }
                    match file {
                        Some(file) => uninterrupted(|| file.lock()).during("lock", path)?,
                        None => mark::pause(),
                    }
                }
            }
        }
    }

    /// Takes a lock that nobody has for long; whoever has it longer than that is an error.
    pub(crate) fn acquire_soon(path: &Path) -> Result<Self, Error> {
        Self::acquire_within(path, SHORT_WORK)
    }

    fn acquire_within(path: &Path, limit: Duration) -> Result<Self, Error> {
        let begun = Instant::now();
        loop {
            match Self::attempt(path)? {
                Attempt::Taken(lock) => return Ok(lock),
                Attempt::Vanished => {}
                Attempt::Busy(holder, _) if begun.elapsed() > limit => {
                    let (path, holder) = (path.to_path_buf(), Box::new(holder));
                    return Err(Error::Locked { path, holder });
                }
                Attempt::Busy(_, Some(_)) => thread::sleep(MOMENT),
                Attempt::Busy(_, None) => mark::pause(),
            }
        }
    }

    /// Takes the lock, or says who has it.
    pub(crate) fn acquire_at_once(path: &Path) -> Result<Self, Error> {
        Self::acquire_within(path, Duration::ZERO)
    }

    /// Takes the lock if nobody has it.
    pub(crate) fn try_acquire(path: &Path) -> Result<Option<Self>, Error> {
        match Self::attempt(path)? {
            Attempt::Taken(lock) => Ok(Some(lock)),
            Attempt::Busy(..) | Attempt::Vanished => Ok(None),
        }
    }

    /// Whether somebody has the lock; changes nothing.
    pub(crate) fn is_held(path: &Path) -> bool {
        let is_locked =
            |file: &File| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock));
        File::open(path).as_ref().is_ok_and(is_locked) || mark::living(path, None).is_some()
    }

    fn attempt(path: &Path) -> Result<Attempt, Error> {
        let file = open(path)?;
        let locked = uninterrupted(|| match file.try_lock() {
            Err(TryLockError::Error(error)) => Err(error),
            result => Ok(result.is_ok()),
        });
        match locked {
            Ok(true) => Self::confirmed(path, file),
            Ok(false) => Ok(Attempt::Busy(Holder::of_file(path, &file), Some(file))),
            Err(error) if has_no_locks(&error) => {
                // It says nothing, unless another machine can lock it.
                if file.metadata().is_ok_and(|metadata| metadata.len() == 0) {
                    let _ = fs::remove_file(path);
                }
                Ok(match Mark::put(path)? {
                    Ok(mark) => Attempt::Taken(Self::Mark(mark)),
                    Err(holder) => Attempt::Busy(holder, None),
                })
            }
            Err(error) => Err(error).during("lock", path),
        }
    }

    /// The last holder removed the file before it let go: what was locked may have no name any more.
    fn confirmed(path: &Path, mut file: File) -> Result<Attempt, Error> {
        let ours = file.metadata().during("lock", path)?;
        match fs::metadata(path) {
            Ok(there) if (there.dev(), there.ino()) == (ours.dev(), ours.ino()) => {}
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(error).during("lock", path);
            }
            _ => return Ok(Attempt::Vanished),
        }
        // Only for people to read; a lock does not depend on it.
        let _ = file
            .set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| writeln!(file, "{}", Holder::text_of_this_process()));
        Ok(Attempt::Taken(Self::Kernel(KernelLock { path: path.to_path_buf(), file })))
    }
}

impl Drop for KernelLock {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
        let _ = self.file.unlock();
    }
}

fn open(path: &Path) -> Result<File, Error> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)
        .during("open the lock", path)
}

fn uninterrupted<T>(mut call: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match call() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}

/// `flock` on file systems without it: `ENOLCK`, `ENOTSUP`, `ENOSYS`.
pub(crate) fn has_no_locks(error: &io::Error) -> bool {
    use nix::errno::Errno;
    let number = error.raw_os_error().map(Errno::from_raw);
    matches!(number, Some(Errno::ENOLCK | Errno::EOPNOTSUPP | Errno::ENOSYS))
}

#[cfg(test)]
mod tests;
