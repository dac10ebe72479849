//! Inflates, hashes and writes the entries of an archive, as many at a time as there are workers.
#![expect(
    clippy::cast_possible_truncation,
    reason = "sizes below MAXIMUM_SIZE, on 64-bit machines"
)]

use std::io::Write;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};

use flate2::{Decompress, FlushDecompress, Status};
use ring::digest::{Context, SHA256};

use super::arrival::Arrival;
use super::tree::{FileMaker, Tree};
use super::zip::{self, Entry, HEADER_SIZE, Method};
use crate::error::{During, Error};
use crate::sumdb::dirhash::FileHash;

/// Read, inflated, hashed and written at once, in bytes: what stays in a core's cache. 64 KiB to 1 MiB make no
/// difference that could be measured.
const PIECE: usize = 256 << 10;

/// The entries, and who does which.
pub(super) struct Work<'a> {
    entries: &'a [Entry],
    /// Neighbours that fit into one piece together; a larger entry is alone.
    batches: Vec<Range<usize>>,
    next: AtomicUsize,
    arrival: &'a Arrival,
    tree: &'a Tree,
}

impl<'a> Work<'a> {
    /// `entries` in the order of their data, which is that in which they arrive.
    pub(super) fn new(entries: &'a [Entry], arrival: &'a Arrival, tree: &'a Tree) -> Self {
        let mut batches = Vec::new();
        let mut first = 0;
        for (index, entry) in entries.iter().enumerate() {
            if index > first && entry.end - entries[first].start > PIECE as u64 {
                batches.push(first..index);
                first = index;
            }
        }
        batches.push(first..entries.len());
        Self { entries, batches, next: AtomicUsize::new(0), arrival, tree }
    }

    /// Does one batch after the other until none is left; the hashes come with their entries' indices.
    pub(super) fn run(&self) -> Result<Vec<(usize, FileHash)>, Error> {
        let mut worker = Worker {
            arrival: self.arrival,
            files: FileMaker::new(self.tree),
            window: Window { content: vec![0; PIECE], start: 0, end: 0 },
            inflater: Decompress::new(false),
            output: vec![0; PIECE],
        };
        let mut hashes = Vec::with_capacity(self.entries.len());
        while let Some(batch) = self.batches.get(self.next.fetch_add(1, Ordering::Relaxed)) {
            let ahead = self.entries[batch.clone()].last().map_or(0, |last| last.end);
            for index in batch.clone() {
                hashes.push((index, worker.extract(&self.entries[index], ahead)?));
            }
        }
        Ok(hashes)
    }
}

struct Worker<'a> {
    arrival: &'a Arrival,
    files: FileMaker<'a>,
    window: Window,
    inflater: Decompress,
    output: Vec<u8>,
}

/// A part of the archive in memory.
struct Window {
    content: Vec<u8>,
    start: u64,
    end: u64,
}

impl Window {
    /// The bytes from `offset` up to `end`, or the first of them where they are more than fit.
    ///
    /// What must be read is read up to `ahead`, since that is needed next.
    fn bytes(
        &mut self,
        arrival: &Arrival,
        offset: u64,
        end: u64,
        ahead: u64,
    ) -> Result<&[u8], Error> {
        if offset < self.start || end > self.end {
            let length = (ahead.max(end) - offset).min(PIECE as u64);
            self.end = self.start;
            arrival.read(&mut self.content[..length as usize], offset)?;
            (self.start, self.end) = (offset, offset + length);
        }
        let first = (offset - self.start) as usize;
        Ok(&self.content[first..(end.min(self.end) - self.start) as usize])
    }
}

impl<'a> Worker<'a> {
    fn extract(&mut self, entry: &'a Entry, ahead: u64) -> Result<FileHash, Error> {
        let header_end = entry.start + (HEADER_SIZE + entry.name.as_str().len()) as u64;
        let header = self.window.bytes(self.arrival, entry.start, header_end, ahead)?;
        let header = zip::header_size(header, entry).map_err(|problem| refused(entry, problem))?;
        let start = entry.start + header;
        let mut file = self.files.create(&entry.name, entry.name.is_executable())?;
        let mut context = Context::new(&SHA256);
        let mut keep = |bytes: &[u8]| {
            context.update(bytes);
            file.write_all(bytes)
        };
        let mut position = start;
        let end = start + entry.compressed;
        let mut size = 0;
        self.inflater.reset(false);
        let mut is_complete = entry.method == Method::Stored && entry.size == 0;
        while !is_complete {
            let input = self.window.bytes(self.arrival, position, end, ahead)?;
            let (consumed, produced) = match entry.method {
                Method::Stored => {
                    keep(input).during("write", &self.files.path(&entry.name))?;
                    (input.len(), input.len())
                }
                Method::Deflated => {
                    // With all input there, zlib need not keep a copy of what it wrote.
                    let is_last = position + input.len() as u64 == end;
                    let flush =
                        if is_last { FlushDecompress::Finish } else { FlushDecompress::None };
                    let (input_before, output_before) =
                        (self.inflater.total_in(), self.inflater.total_out());
                    let status = self
                        .inflater
                        .decompress(input, &mut self.output, flush)
                        .map_err(|_| refused(entry, "its data cannot be inflated"))?;
                    let consumed = (self.inflater.total_in() - input_before) as usize;
                    let produced = (self.inflater.total_out() - output_before) as usize;
                    if size + produced as u64 > entry.size {
                        return Err(refused(entry, "it is larger than the directory says"));
                    }
                    keep(&self.output[..produced])
                        .during("write", &self.files.path(&entry.name))?;
                    is_complete = status == Status::StreamEnd;
                    (consumed, produced)
                }
            };
            position += consumed as u64;
            size += produced as u64;
            is_complete |= entry.method == Method::Stored && position == end;
            if consumed == 0 && produced == 0 && !is_complete {
                return Err(refused(entry, "its data is cut off"));
            }
        }
        if size != entry.size || position != end {
            return Err(refused(entry, "it has another size than the directory says"));
        }
        let mut hash = FileHash::default();
        hash.copy_from_slice(context.finish().as_ref());
        Ok(hash)
    }
}

fn refused(entry: &Entry, problem: &str) -> Error {
    super::refused(format!("{}: {problem}", entry.name.as_str()))
}
