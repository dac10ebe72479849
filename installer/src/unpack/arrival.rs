//! An archive on disk of which more and more is there.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::error::{During, Error};

/// The file, and how much of it has arrived.
#[derive(Debug)]
pub(super) struct Arrival {
    file: File,
    path: PathBuf,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// All bytes before this one are there.
    arrived: u64,
    /// Nobody goes on: something failed.
    is_stopped: bool,
}

impl Arrival {
    /// Makes the file, or empties it.
    pub(super) fn new(path: &Path) -> Result<Self, Error> {
        let mut options = File::options();
        let file = options.read(true).write(true).create(true).truncate(true).open(path);
        Ok(Self {
            file: file.during("write", path)?,
            path: path.to_path_buf(),
            state: Mutex::default(),
            changed: Condvar::new(),
        })
    }

    /// A file that is all there, and is only read.
    pub(super) fn whole(file: File, path: &Path) -> Self {
        Self { file, path: path.to_path_buf(), state: Mutex::default(), changed: Condvar::new() }
    }

    /// Writes bytes that have arrived. Nobody reads them before [`advance`](Self::advance).
    pub(super) fn write(&self, bytes: &[u8], offset: u64) -> Result<(), Error> {
        self.file.write_all_at(bytes, offset).during("write", &self.path)
    }

    /// Begins anew.
    pub(super) fn clear(&self) -> Result<(), Error> {
        self.file.set_len(0).during("write", &self.path)
    }

    /// Says that all bytes before this one are there.
    pub(super) fn advance(&self, arrived: u64) {
        self.state().arrived = arrived;
        self.changed.notify_all();
    }

    /// Wakes whoever waits: nothing more will come, or nothing more is needed.
    pub(super) fn stop(&self) {
        self.state().is_stopped = true;
        self.changed.notify_all();
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.state().is_stopped
    }

    /// Fills the buffer with the bytes from `offset`, once they are there.
    pub(super) fn read(&self, buffer: &mut [u8], offset: u64) -> Result<(), Error> {
        let end = offset + buffer.len() as u64;
        let state = self
            .changed
            .wait_while(self.state(), |state| state.arrived < end && !state.is_stopped)
            .unwrap_or_else(PoisonError::into_inner);
        if state.is_stopped {
            return Err(Error::Stopped);
        }
        drop(state);
        self.read_now(buffer, offset)
    }

    /// Fills the buffer with the bytes from `offset`, which are there.
    pub(super) fn read_now(&self, buffer: &mut [u8], offset: u64) -> Result<(), Error> {
        self.file.read_exact_at(buffer, offset).during("read", &self.path)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
