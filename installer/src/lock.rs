//! One lock for one piece of work, held by a process and gone with it.
//!
//! Advisory locks of the kernel (`flock`): a killed holder leaves none behind. Publishing is by rename anyway,
//! so where a file system has no locks (some NFS servers) work goes on without: at worst it is done twice.

use std::fmt;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::error::{During, Error};

/// Longer than any pid and host name; the file is ours but anyone may have written to it.
const HOLDER_LIMIT: u64 = 512;

/// Work that only one process at a time may do; over when this is dropped.
#[derive(Debug)]
pub(crate) struct Lock {
    path: PathBuf,
    file: File,
    supported: bool,
}

impl Lock {
    /// Takes the lock, waiting for whoever has it. `waiting` hears of the holder, once, before a wait.
    pub(crate) fn acquire(path: &Path, waiting: &mut dyn FnMut(&Holder)) -> Result<Self, Error> {
        let mut told = false;
        loop {
            let file = open(path)?;
            let supported = match file.try_lock() {
                Ok(()) => true,
                Err(TryLockError::WouldBlock) => {
                    if !told {
                        waiting(&Holder::read(&file));
                        told = true;
                    }
                    wait(&file).during("lock", path)?;
                    true
                }
                Err(TryLockError::Error(error)) if has_no_locks(&error) => false,
                Err(TryLockError::Error(error)) => return Err(error).during("lock", path),
            };
            if let Some(lock) = Self::confirmed(path, file, supported)? {
                return Ok(lock);
            }
        }
    }

    /// Takes the lock if nobody has it.
    pub(crate) fn try_acquire(path: &Path) -> Result<Option<Self>, Error> {
        let file = open(path)?;
        match file.try_lock() {
            Ok(()) => Self::confirmed(path, file, true),
            Err(_) => Ok(None),
        }
    }

    /// The last holder removed the file before it let go: what was locked may have no name any more.
    fn confirmed(path: &Path, mut file: File, supported: bool) -> Result<Option<Self>, Error> {
        let ours = file.metadata().during("lock", path)?;
        match fs::metadata(path) {
            Ok(there) if (there.dev(), there.ino()) == (ours.dev(), ours.ino()) => {}
            _ => return Ok(None),
        }
        // Only for people to read; a lock does not depend on it.
        let _ = file
            .set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| writeln!(file, "{} {}", std::process::id(), host()));
        Ok(Some(Self { path: path.to_path_buf(), file, supported }))
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        if self.supported {
            let _ = fs::remove_file(&self.path);
        }
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

fn wait(file: &File) -> io::Result<()> {
    loop {
        match file.lock() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}

/// `flock` on file systems without it: `ENOLCK`, `ENOTSUP`, `ENOSYS`.
fn has_no_locks(error: &io::Error) -> bool {
    use nix::errno::Errno;
    let number = error.raw_os_error().map(Errno::from_raw);
    matches!(number, Some(Errno::ENOLCK | Errno::EOPNOTSUPP | Errno::ENOSYS))
}

fn host() -> String {
    let name = nix::unistd::gethostname().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

/// Who has a lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// Its process id, where it got as far as writing it down.
    pub process: Option<u32>,
    /// The machine it runs on.
    pub host: Option<String>,
    /// How long it has had the lock.
    pub age: Duration,
}

impl Holder {
    fn read(file: &File) -> Self {
        let mut text = String::new();
        let _ = file.take(HOLDER_LIMIT).read_to_string(&mut text);
        let mut words = text.split_whitespace();
        let since = file.metadata().and_then(|metadata| metadata.modified());
        let age = since.ok().and_then(|since| SystemTime::now().duration_since(since).ok());
        Self {
            process: words.next().and_then(|word| word.parse().ok()),
            host: words.next().map(str::to_owned),
            age: age.unwrap_or_default(),
        }
    }
}

impl fmt::Display for Holder {
    /// `process 4711 on box, for 12 s (if it hangs: kill 4711)`
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.process {
            Some(process) => write!(formatter, "process {process}")?,
            None => formatter.write_str("another process")?,
        }
        if let Some(host) = &self.host {
            write!(formatter, " on {host}")?;
        }
        write!(formatter, ", for {} s", self.age.as_secs())?;
        match self.process {
            Some(process) => write!(formatter, " (if it hangs: kill {process})"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc;
    use std::thread;

    use super::*;

    #[test]
    fn one_at_a_time_and_nothing_left() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("work.lock");
        let (inside, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..50 {
                        let lock = Lock::acquire(&path, &mut |_| {}).expect("locked");
                        most.fetch_max(inside.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                        thread::yield_now();
                        inside.fetch_sub(1, Ordering::SeqCst);
                        drop(lock);
                    }
                });
            }
        });
        assert_eq!(most.load(Ordering::SeqCst), 1);
        assert!(!path.exists());
    }

    #[test]
    fn a_wait_names_the_holder_once() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("work.lock");
        let lock = Lock::acquire(&path, &mut |_| panic!("nobody has it")).expect("locked");
        assert!(Lock::try_acquire(&path).expect("tried").is_none());
        let (tell, told) = mpsc::channel();
        thread::scope(|scope| {
            let waiter = scope.spawn(|| {
                let mut waiting = |holder: &Holder| tell.send(holder.clone()).expect("heard");
                Lock::acquire(&path, &mut waiting).map(drop)
            });
            let holder = told.recv().expect("told");
            assert_eq!(holder.process, Some(std::process::id()));
            let text = holder.to_string();
            let expected = format!("process {} on {}, for 0 s", std::process::id(), host());
            assert!(text.starts_with(&expected), "{text}");
            drop(lock);
            waiter.join().expect("no panic").expect("locked");
        });
        assert!(told.try_recv().is_err());
    }

    #[test]
    fn a_killed_holder_leaves_no_lock() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("work.lock");
        fs::write(&path, "1 elsewhere\n").expect("written");
        assert!(Lock::try_acquire(&path).expect("tried").is_some());
    }
}
