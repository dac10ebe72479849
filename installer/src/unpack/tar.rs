//! Unpacks a release's tar.gz while it arrives.
//!
//! One thread reads, hashes and inflates; another parses and writes files. (Twice as fast as `tar xzf`; more threads
//! gain nothing, since inflating is one thing after the other.) The bytes that are hashed are the bytes that are
//! unpacked, each once.
//!
//! Only regular files and directories below `go/` are accepted, as `cmd/distpack` writes them: no links, devices, sparse
//! files or second names. A file that two readers could read differently is refused. Nothing here decides that a tree
//! is good: whoever calls compares the hash.

use std::fs::File;
use std::io::{self, BufReader, Read, Write};
use std::path::Path;
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::thread;

use flate2::bufread::GzDecoder;
use ring::digest::{Context, SHA256};
use tar::{Archive, Entry, EntryType, PaxExtensions};

use super::Cancellation;
use super::entry_name::{EntryName, NameError, TakenPaths};
use super::tree::{FileMaker, Tree};
use crate::error::{During, Error};
use crate::source::Progress;

/// The largest archive, in bytes: as for module zips. The largest release is a third of it.
pub(crate) const MAXIMUM_SIZE: u64 = 500 << 20;
/// How large a tree may be.
struct Limits {
    /// All of it, in bytes, with the headers.
    bytes: u64,
    /// Files and directories.
    entries: usize,
}

/// Releases before 1.20 have compiled packages in them: half of this. The most entries of a release are 16 000; the limit
/// is that of a zip.
const LIMITS: Limits = Limits { bytes: 1 << 30, entries: u16::MAX as usize };

/// The longest name, in bytes: what is remembered of all entries stays below 100 MB.
const MAXIMUM_NAME: usize = 512;
/// The most that is said about one entry before it, in bytes.
const MAXIMUM_EXTENSION: u64 = 16 << 10;
/// Read and inflated at once, in bytes: what stays in a core's cache.
const PIECE: usize = 256 << 10;
/// Inflated pieces that wait to be written.
const WAITING: usize = 8;

/// The SHA-256 of a file.
pub(crate) type FileHash = [u8; 32];

/// What to unpack, and where to put it.
pub(crate) struct Job<'a> {
    /// The archive's bytes, as they come.
    pub(crate) reader: Box<dyn Read + Send + 'a>,
    /// A file to keep them in.
    pub(crate) copy: Option<(File, &'a Path)>,
    /// An empty directory.
    pub(crate) tree: &'a Path,
    pub(crate) progress: &'a dyn Progress,
    pub(crate) cancellation: &'a Cancellation,
}

/// Unpacks; the answer is the hash of all bytes of the archive.
///
/// `unread` makes the error of the reader's.
pub(crate) fn unpack(
    job: Job<'_>,
    unread: &(dyn Fn(io::Error) -> Error + Sync),
) -> Result<FileHash, Error> {
    unpack_within(&LIMITS, job, unread)
}

fn unpack_within(
    limits: &Limits,
    job: Job<'_>,
    unread: &(dyn Fn(io::Error) -> Error + Sync),
) -> Result<FileHash, Error> {
    let (sender, receiver) = mpsc::sync_channel(WAITING);
    let (used, reusable) = mpsc::sync_channel(WAITING);
    let tree = job.tree;
    let (inflated, written) = thread::scope(|scope| {
        let inflater = scope.spawn(move || inflate(limits, job, unread, &sender, &reusable));
        let written =
            write(limits, tree, Pieces { receiver, used, piece: Vec::new(), position: 0 });
        (inflater.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), written)
    });
    match (inflated, written) {
        (Ok(hash), Ok(())) => Ok(hash),
        // The one that was left alone says only that it was.
        (Ok(_) | Err(Error::Stopped), Err(error)) | (Err(error), _) => Err(error),
    }
}

/// Reads, hashes, copies and inflates, until the end of the file.
fn inflate(
    limits: &Limits,
    job: Job<'_>,
    unread: &(dyn Fn(io::Error) -> Error + Sync),
    pieces: &SyncSender<Vec<u8>>,
    reusable: &Receiver<Vec<u8>>,
) -> Result<FileHash, Error> {
    let mut source = Source { job, context: Context::new(&SHA256), total: 0, error: None, unread };
    let result = inflate_all(limits, &mut source, pieces, reusable);
    // Our own errors went through the decoder as errors of a reader.
    if let Some(error) = source.error.take() {
        return Err(error);
    }
    result?;
    let mut hash = FileHash::default();
    hash.copy_from_slice(source.context.finish().as_ref());
    Ok(hash)
}

fn inflate_all(
    limits: &Limits,
    source: &mut Source<'_>,
    pieces: &SyncSender<Vec<u8>>,
    reusable: &Receiver<Vec<u8>>,
) -> Result<(), Error> {
    let mut decoder = GzDecoder::new(BufReader::with_capacity(PIECE, source));
    let mut total = 0;
    loop {
        let mut piece = reusable.try_recv().unwrap_or_default();
        piece.resize(PIECE, 0);
        let length = fill(&mut decoder, &mut piece)
            .map_err(|error| refused(&format!("it cannot be inflated: {error}")))?;
        if length == 0 {
            break;
        }
        total += length as u64;
        if total > limits.bytes {
            return Err(refused(&format!("what is in it is larger than {} bytes", limits.bytes)));
        }
        piece.truncate(length);
        // Whoever wrote has failed, and says so.
        pieces.send(piece).map_err(|_| Error::Stopped)?;
    }
    let mut rest = decoder.into_inner();
    match io::copy(&mut rest, &mut io::sink()) {
        Ok(0) => Ok(()),
        _ => Err(refused("it has more in it than one gzip member")),
    }
}

/// Fills the buffer, as far as there is something.
fn fill(reader: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut length = 0;
    while length < buffer.len() {
        match reader.read(&mut buffer[length..]) {
            Ok(0) => break,
            Ok(read) => length += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(length)
}

/// The archive's bytes: hashed, counted and copied while they are read.
struct Source<'a> {
    job: Job<'a>,
    context: Context,
    total: u64,
    error: Option<Error>,
    unread: &'a (dyn Fn(io::Error) -> Error + Sync),
}

impl Source<'_> {
    fn try_read(&mut self, buffer: &mut [u8]) -> Result<usize, Error> {
        let Self { job, context, total, unread, .. } = self;
        job.cancellation.check()?;
        let length = loop {
            match job.reader.read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => break result.map_err(unread)?,
            }
        };
        let bytes = &buffer[..length];
        *total += length as u64;
        if *total > MAXIMUM_SIZE {
            return Err(refused(&format!("it is larger than {MAXIMUM_SIZE} bytes")));
        }
        context.update(bytes);
        if let Some((file, path)) = &mut job.copy {
            file.write_all(bytes).during("write", path)?;
        }
        job.progress.advance(length as u64);
        Ok(length)
    }
}

impl Read for Source<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.try_read(buffer).map_err(|error| {
            let text = error.to_string();
            self.error = Some(error);
            io::Error::other(text)
        })
    }
}

/// What the inflating thread sends, as a reader.
struct Pieces {
    receiver: Receiver<Vec<u8>>,
    used: SyncSender<Vec<u8>>,
    piece: Vec<u8>,
    position: usize,
}

impl Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.position == self.piece.len() {
            // That there is no more may be the end, or a failure on the other side.
            let Ok(piece) = self.receiver.recv() else { return Ok(0) };
            let used = std::mem::replace(&mut self.piece, piece);
            self.position = 0;
            // It is only saved from being allocated again.
            let _ = self.used.try_send(used);
        }
        let length = buffer.len().min(self.piece.len() - self.position);
        buffer[..length].copy_from_slice(&self.piece[self.position..self.position + length]);
        self.position += length;
        Ok(length)
    }
}

/// The half that judges entries, for whoever has a tar file that is not compressed.
#[cfg(fuzzing)]
pub(crate) fn unpack_inflated(tree: &Path, content: &[u8]) -> Result<(), Error> {
    write(&LIMITS, tree, content)
}

/// Writes all files of the archive.
fn write(limits: &Limits, tree: &Path, content: impl Read) -> Result<(), Error> {
    let tree = Tree::open(tree, &[])?;
    let mut writer = Writer {
        tree: &tree,
        files: FileMaker::new(&tree),
        taken: TakenPaths::default(),
        long_name: None,
        buffer: vec![0; PIECE],
    };
    let mut archive = Archive::new(content);
    for entry in archive.entries().map_err(malformed)?.raw(true) {
        writer.put(&mut entry.map_err(malformed)?)?;
        if writer.taken.count() > limits.entries {
            return Err(refused(&format!("it has more than {} entries", limits.entries)));
        }
    }
    if writer.long_name.is_some() {
        return Err(refused("it ends with the name of an entry that is not there"));
    }
    // What fills up the last block is hashed too: seen to its end.
    io::copy(&mut archive.into_inner(), &mut io::sink()).map_err(malformed)?;
    Ok(())
}

struct Writer<'a> {
    tree: &'a Tree,
    files: FileMaker<'a>,
    taken: TakenPaths,
    /// The next entry's name, where it does not fit into a header.
    long_name: Option<Vec<u8>>,
    buffer: Vec<u8>,
}

impl Writer<'_> {
    fn put(&mut self, entry: &mut Entry<'_, impl Read>) -> Result<(), Error> {
        let kind = entry.header().entry_type();
        match kind {
            EntryType::XHeader => return self.keep_extensions(entry),
            EntryType::GNULongName => return self.keep_long_name(entry),
            // Of `git archive`: a comment.
            EntryType::XGlobalHeader => return ignore_global_extensions(entry),
            _ => {}
        }
        let name = match self.long_name.take() {
            Some(name) => name,
            None => entry.header().path_bytes().into_owned(),
        };
        let refused = |problem: &str| Err(refused_entry(&name, problem));
        if name.len() > MAXIMUM_NAME {
            return refused("its name is too long");
        }
        match kind {
            EntryType::Directory if entry.size() > 0 => refused("it is a directory with content"),
            EntryType::Directory => self.put_directory(&name),
            // An old way to say it (POSIX's `AREGTYPE`).
            EntryType::Regular if name.ends_with(b"/") => {
                refused("it is a file with a directory's name")
            }
            EntryType::Regular => self.put_file(&name, entry),
            EntryType::Link | EntryType::Symlink => refused("it is a link"),
            _ => refused("it is neither a file nor a directory"),
        }
    }

    fn put_directory(&mut self, name: &[u8]) -> Result<(), Error> {
        let path = name.strip_suffix(b"/").unwrap_or(name);
        if path == b"go" {
            return Ok(());
        }
        let parsed = EntryName::parse_in_release(path).map_err(|it| name_error(name, it))?;
        self.make_directories(name, parsed.path())
    }

    fn make_directories(&mut self, name: &[u8], path: &str) -> Result<(), Error> {
        let new = self.taken.take_directory(path).map_err(|it| name_error(name, it))?;
        new.into_iter().try_for_each(|directory| self.tree.make_directory(directory))
    }

    fn put_file(&mut self, name: &[u8], entry: &mut Entry<'_, impl Read>) -> Result<(), Error> {
        let mode =
            entry.header().mode().map_err(|_| refused_entry(name, "its mode is not a number"))?;
        let parsed = EntryName::parse_in_release(name).map_err(|it| name_error(name, it))?;
        self.make_directories(name, parsed.directory())?;
        self.taken.take(&parsed).map_err(|it| name_error(name, it))?;
        let mut file = self.files.create(&parsed, mode & 0o111 != 0)?;
        let mut left = entry.size();
        while left > 0 {
            let length = match entry.read(&mut self.buffer).map_err(malformed)? {
                0 => return Err(refused_entry(name, "its content is cut off")),
                length => length,
            };
            file.write_all(&self.buffer[..length]).during("write", &self.files.path(&parsed))?;
            left -= length as u64;
        }
        Ok(())
    }

    fn keep_extensions(&mut self, entry: &mut Entry<'_, impl Read>) -> Result<(), Error> {
        let content = extension(entry)?;
        for record in PaxExtensions::new(&content) {
            let record = record.map_err(malformed)?;
            match record.key_bytes() {
                b"path" => self.keep_name(record.value_bytes())?,
                // Two sizes of one file: each reader believes another.
                b"size" => return Err(refused("it has an entry with a size beside its header")),
                key if key.starts_with(b"GNU.sparse") => {
                    return Err(refused("it has a sparse file"));
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn keep_long_name(&mut self, entry: &mut Entry<'_, impl Read>) -> Result<(), Error> {
        let content = extension(entry)?;
        self.keep_name(content.strip_suffix(&[0]).unwrap_or(&content))
    }

    fn keep_name(&mut self, name: &[u8]) -> Result<(), Error> {
        match self.long_name.replace(name.to_vec()) {
            None => Ok(()),
            Some(_) => Err(refused_entry(name, "it has two names")),
        }
    }
}

/// All that is said about the next entry.
fn extension(entry: &mut Entry<'_, impl Read>) -> Result<Vec<u8>, Error> {
    let size = entry.size();
    if size > MAXIMUM_EXTENSION {
        return Err(refused("it has an entry with too much said about it"));
    }
    let mut content = Vec::new();
    entry.read_to_end(&mut content).map_err(malformed)?;
    if content.len() as u64 != size {
        return Err(refused("it is cut off"));
    }
    Ok(content)
}

fn ignore_global_extensions(entry: &mut Entry<'_, impl Read>) -> Result<(), Error> {
    let content = extension(entry)?;
    let mut records = PaxExtensions::new(&content);
    let is_comment = |record: io::Result<tar::PaxExtension<'_>>| {
        record.is_ok_and(|record| record.key_bytes() == b"comment")
    };
    if records.all(is_comment) {
        return Ok(());
    }
    Err(refused("something is said about all of its entries"))
}

fn name_error(name: &[u8], problem: NameError) -> Error {
    refused_entry(name, &problem.to_string())
}

fn refused_entry(name: &[u8], problem: &str) -> Error {
    let name: String = name.escape_ascii().to_string().chars().take(300).collect();
    refused(&format!("{name}: {problem}"))
}

fn malformed(_: io::Error) -> Error {
    refused("one of its headers is malformed, or it is cut off")
}

/// The error that an archive is not one to unpack.
fn refused(cause: &str) -> Error {
    Error::Integrity {
        message: String::from("the archive is not a release's tar.gz that can be unpacked"),
        cause: cause.into(),
    }
}

#[cfg(test)]
mod tests;
