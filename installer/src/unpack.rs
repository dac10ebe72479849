//! Brings a module zip onto this machine and unpacks it while it arrives.
//!
//! The central directory comes first, by a range request for the end of the file; then the workers inflate, hash and
//! write each entry as soon as it is there. So an install ends moments after the last byte. From a server that does
//! not serve ranges all is downloaded first, and unpacked by the same workers.
//!
//! Nothing here decides that a tree is good: whoever calls compares the hash.
#![expect(
    clippy::cast_possible_truncation,
    reason = "sizes below MAXIMUM_SIZE, on 64-bit machines"
)]

use std::fs;
use std::io::{self, ErrorKind, Read};
use std::num::NonZero;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crate::download::{Client, Download, Location, Part, Span, read_error, unless_replaced};
use crate::error::{During, Error};
use crate::source::Progress;
use crate::sumdb::dirhash::{self, FileHash};

mod arrival;
pub mod entry_name;
mod kept;
pub(crate) mod tar;
mod tree;
mod worker;
pub mod zip;

use arrival::Arrival;
use tree::Tree;
use worker::Work;
use zip::{Directory, DirectoryPlace, MAXIMUM_SIZE, ZipError};

/// What is asked for first, in bytes: the directory of a toolchain, 1.4 MB, and some.
const TAIL: u64 = 2 << 20;
/// Read from the server at once, in bytes.
const PIECE: usize = 256 << 10;
/// More workers than this wait for the network or the disk.
const MAXIMUM_WORKERS: usize = 4;

/// A request from outside to give up.
#[derive(Debug, Default)]
pub(crate) struct Cancellation {
    is_asked: AtomicBool,
    is_heeded: AtomicBool,
}

impl Cancellation {
    pub(crate) fn cancel(&self) {
        self.is_asked.store(true, Ordering::Relaxed);
    }

    /// Whether something was given up because of it.
    pub(crate) fn was_heeded(&self) -> bool {
        self.is_heeded.load(Ordering::Relaxed)
    }

    fn check(&self) -> Result<(), Error> {
        if self.is_asked.load(Ordering::Relaxed) {
            self.is_heeded.store(true, Ordering::Relaxed);
            return Err(Error::Stopped);
        }
        Ok(())
    }
}

/// What to fetch, and where to put it.
pub(crate) struct Job<'a> {
    pub(crate) client: &'a Client,
    pub(crate) location: &'a Location,
    /// What the names of the module's files begin with.
    pub(crate) prefix: &'a str,
    /// An empty directory.
    pub(crate) tree: &'a Path,
    /// The file for the archive.
    pub(crate) archive: &'a Path,
    pub(crate) progress: &'a dyn Progress,
    pub(crate) cancellation: &'a Cancellation,
}

/// Downloads and unpacks; the answer is the archive's hash, of exactly the bytes that were written.
///
/// A connection that breaks is taken up again where it broke. Where the archive was replaced meanwhile, all begins anew.
pub(crate) fn fetch(job: &Job<'_>) -> Result<String, Error> {
    let mut is_first = true;
    let result = unless_replaced(|| {
        if !std::mem::take(&mut is_first) {
            empty(job.tree)?;
        }
        job.fetch()
    });
    job.progress.finish();
    result
}

impl Job<'_> {
    fn fetch(&self) -> Result<String, Error> {
        let arrival = Arrival::new(self.archive)?;
        let tail = self.open(Part::Last(TAIL))?;
        let Span::Part { first, total, .. } = tail.span() else {
            return self.fetch_whole(&arrival, tail);
        };
        self.progress.start(Some(total));
        let validator = tail.validator().map(str::to_owned);
        self.receive(&arrival, tail, first, &mut |_| {})?;
        if first == 0 {
            return self.unpack_whole(&arrival, total);
        }
        let mut content = vec![0; (total - first) as usize];
        arrival.read_now(&mut content, first)?;
        let place = DirectoryPlace::find(&content, total).map_err(malformed)?;

        let validator = validator.as_deref();
        let rest = self.open(Part::From { first: 0, end: Some(first), validator })?;
        match rest.span() {
            Span::Part { total: now, .. } if now == total => {}
            Span::Whole(_) => return self.fetch_whole(&arrival, rest),
            // Another version of the file stands there now.
            Span::Part { .. } => return self.fetch_whole(&arrival, self.open(Part::Whole)?),
        }
        let Some(start) = place.offset.checked_sub(first) else {
            self.receive(&arrival, rest, 0, &mut |_| {})?;
            return self.unpack_whole(&arrival, total);
        };
        let content = &content[start as usize..(place.end - first) as usize];
        let directory = Directory::parse(content, place, self.prefix).map_err(malformed)?;
        self.unpack(&arrival, &directory, || {
            self.receive(&arrival, rest, 0, &mut |arrived| {
                arrival.advance(if arrived == first { total } else { arrived });
            })
        })
    }

    fn open(&self, part: Part<'_>) -> Result<Download<'_>, Error> {
        self.client.open(self.location, part, MAXIMUM_SIZE)
    }

    /// The way without ranges.
    fn fetch_whole(&self, arrival: &Arrival, download: Download<'_>) -> Result<String, Error> {
        let Span::Whole(length) = download.span() else {
            return Err(read_error(self.location, ErrorKind::InvalidData.into()));
        };
        arrival.clear()?;
        self.progress.start(length);
        let mut total = 0;
        self.receive(arrival, download, 0, &mut |arrived| total = arrived)?;
        self.unpack_whole(arrival, total)
    }

    /// Unpacks an archive that is all there.
    fn unpack_whole(&self, arrival: &Arrival, total: u64) -> Result<String, Error> {
        arrival.advance(total);
        let start = total.saturating_sub(DirectoryPlace::TAIL);
        let mut content = vec![0; (total - start) as usize];
        arrival.read_now(&mut content, start)?;
        let place = DirectoryPlace::find(&content, total).map_err(malformed)?;
        let mut content = vec![0; (place.end - place.offset) as usize];
        arrival.read_now(&mut content, place.offset)?;
        let directory = Directory::parse(&content, place, self.prefix).map_err(malformed)?;
        drop(content);
        self.unpack(arrival, &directory, || Ok(()))
    }

    /// Lets the workers unpack what `receive` brings.
    fn unpack(
        &self,
        arrival: &Arrival,
        directory: &Directory,
        receive: impl FnOnce() -> Result<(), Error>,
    ) -> Result<String, Error> {
        let tree = Tree::open(self.tree, &directory.directories)?;
        let work = Work::new(&directory.entries, arrival, &tree);
        let workers =
            thread::available_parallelism().map_or(1, NonZero::get).clamp(2, MAXIMUM_WORKERS);
        let stopping = |result: Result<_, Error>| result.inspect_err(|_| arrival.stop());
        let results = thread::scope(|scope| {
            let workers: Vec<_> =
                (0..workers).map(|_| scope.spawn(|| stopping(work.run()))).collect();
            let received = stopping(receive().map(|()| Vec::new()));
            let mut results = vec![received];
            results.extend(workers.into_iter().map(|worker| {
                worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            }));
            results
        });
        let mut hashes: Vec<Option<FileHash>> = vec![None; directory.entries.len()];
        let mut stopped = false;
        for result in results {
            match result {
                Ok(done) => done.into_iter().for_each(|(index, hash)| hashes[index] = Some(hash)),
                Err(Error::Stopped) => stopped = true,
                Err(error) => return Err(error),
            }
        }
        if stopped {
            return Err(Error::Stopped);
        }
        let files = directory.entries.iter().zip(&hashes);
        let files: Option<Vec<_>> =
            files.map(|(entry, hash)| Some((entry.name.as_str(), hash.as_ref()?))).collect();
        files.map(dirhash::h1).ok_or(Error::Stopped)
    }

    /// Writes what a server sends into the archive, from `start` on; `arrived` hears how far it is.
    fn receive(
        &self,
        arrival: &Arrival,
        mut download: Download<'_>,
        start: u64,
        arrived: &mut dyn FnMut(u64),
    ) -> Result<(), Error> {
        let mut piece = vec![0; PIECE];
        let mut position = start;
        loop {
            self.cancellation.check()?;
            if arrival.is_stopped() {
                return Err(Error::Stopped);
            }
            let length =
                download.read(&mut piece).map_err(|error| read_error(self.location, error))?;
            if length == 0 {
                return Ok(());
            }
            arrival.write(&piece[..length], position)?;
            position += length as u64;
            arrived(position);
            self.progress.advance(length as u64);
        }
    }
}

/// Takes away what an attempt that failed left.
pub(crate) fn empty(directory: &Path) -> Result<(), Error> {
    let remove = || -> io::Result<()> {
        for entry in fs::read_dir(directory)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                fs::remove_dir_all(entry.path())?;
            } else {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    };
    remove().during("empty", directory)
}

#[expect(clippy::needless_pass_by_value, reason = "an argument of map_err")]
fn malformed(error: ZipError) -> Error {
    refused(error.to_string())
}

/// The error that an archive is not one to unpack.
fn refused(cause: String) -> Error {
    Error::Integrity {
        message: String::from("the archive is not a module zip that can be unpacked"),
        cause: cause.into(),
    }
}

#[cfg(test)]
mod tests;
