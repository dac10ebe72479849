//! The least that must be done to a module's zip file, by two threads that share one counter: what nobody who unpacks it
//! can go below. There is no check of anything here.

use std::env;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use flate2::{Decompress, FlushDecompress, Status};
use ring::digest::{Context, SHA256};

/// The word by which this program does one of the works below.
pub(crate) const WORD: &str = "--floor";
pub(crate) const INFLATE: &str = "inflate";
pub(crate) const HASH: &str = "hash";
pub(crate) const WRITE: &str = "write";

const THREADS: usize = 2;
const BUFFER: usize = 256 << 10;

/// To be called first in `main`: whether this is a process that only does one of the works.
pub(crate) fn is_worker() -> bool {
    let words: Vec<String> = env::args().skip(1).collect();
    let [flag, work, zip, tree] = &words[..] else { return false };
    if flag != WORD {
        return false;
    }
    let mut bytes = Vec::new();
    File::open(zip).and_then(|mut file| file.read_to_end(&mut bytes)).expect("it is served");
    do_all(&bytes, work, Path::new(tree));
    true
}

struct Entry<'a> {
    name: &'a str,
    deflated: &'a [u8],
}

fn do_all(zip: &[u8], work: &str, tree: &Path) {
    let entries = entries(zip);
    if work == WRITE {
        let mut directories: Vec<_> = entries.iter().map(|entry| directory(entry.name)).collect();
        directories.dedup();
        for directory in directories {
            fs::create_dir_all(tree.join(directory)).expect("there is room");
        }
    }
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                let (mut inflater, mut buffer) = (Decompress::new(false), vec![0; BUFFER]);
                while let Some(entry) = entries.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let file = (work == WRITE)
                        .then(|| File::create_new(tree.join(entry.name)).expect("it is new"));
                    entry.inflate(&mut inflater, &mut buffer, work != INFLATE, file);
                }
            });
        }
    });
}

impl Entry<'_> {
    fn inflate(
        &self,
        inflater: &mut Decompress,
        buffer: &mut [u8],
        hashes: bool,
        mut file: Option<File>,
    ) {
        inflater.reset(false);
        let mut hash = Context::new(&SHA256);
        loop {
            let position = |total: u64| usize::try_from(total).expect("it is in memory");
            let (read, written) = (position(inflater.total_in()), inflater.total_out());
            let status = inflater
                .decompress(&self.deflated[read..], buffer, FlushDecompress::None)
                .expect("it was verified");
            let piece = &buffer[..position(inflater.total_out() - written)];
            if hashes {
                hash.update(piece);
            }
            if let Some(file) = &mut file {
                file.write_all(piece).expect("there is room");
            }
            if status == Status::StreamEnd {
                break;
            }
        }
        std::hint::black_box(hash.finish());
    }
}

/// A file's name without `golang.org/toolchain@…/`.
fn short(name: &str) -> &str {
    name.splitn(3, '/').nth(2).expect("all are in the module's directory")
}

fn directory(name: &str) -> &str {
    name.rsplit_once('/').map_or("", |(directory, _)| directory)
}

/// The files of a zip whose central directory is true (APPNOTE.TXT, 4.3.12 and 4.3.16).
fn entries(zip: &[u8]) -> Vec<Entry<'_>> {
    let short_at = |at: usize| usize::from(u16::from_le_bytes([zip[at], zip[at + 1]]));
    let long_at = |at: usize| short_at(at) | short_at(at + 2) << 16;
    let end = zip.windows(4).rposition(|window| window == b"PK\x05\x06").expect("a zip");
    let mut at = long_at(end + 16);
    let mut entries = Vec::new();
    for _ in 0..short_at(end + 10) {
        let (name, extra, comment) = (short_at(at + 28), short_at(at + 30), short_at(at + 32));
        let (size, local) = (long_at(at + 20), long_at(at + 42));
        let start = local + 30 + short_at(local + 26) + short_at(local + 28);
        let file = std::str::from_utf8(&zip[at + 46..][..name]).expect("names of Go's are text");
        entries.push(Entry { name: short(file), deflated: &zip[start..start + size] });
        at += 46 + name + extra + comment;
    }
    entries
}
