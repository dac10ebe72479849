//! The central directory of a zip file (PKWARE's APPNOTE.TXT), as far as module zips have one.
//!
//! Only what `golang.org/x/mod/zip` writes is accepted: no zip64, encryption, comment tricks or bytes before the
//! first entry, and no two entries that share bytes. A file that two readers could read differently is refused.

use super::entry_name::{EntryName, NameError, TakenPaths};

/// The largest zip file and the largest tree that `golang.org/x/mod/zip` allows, in bytes.
pub const MAXIMUM_SIZE: u64 = 500 << 20;
/// The largest central directory: a name of 450 bytes for each of the most entries there can be.
const MAXIMUM_DIRECTORY: u64 = 32 << 20;

const END_SIGNATURE: [u8; 4] = *b"PK\x05\x06";
const END_SIZE: usize = 22;
const ENTRY_SIGNATURE: [u8; 4] = *b"PK\x01\x02";
const ENTRY_SIZE: usize = 46;
const HEADER_SIGNATURE: [u8; 4] = *b"PK\x03\x04";
/// The fixed part of the header before an entry's data.
pub(super) const HEADER_SIZE: usize = 30;

/// General purpose bits that change nothing here: compression effort (1 and 2), sizes after the data (3), UTF-8 (11).
const HARMLESS_FLAGS: u16 = 1 << 1 | 1 << 2 | 1 << 3 | 1 << 11;

/// Why a zip file is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ZipError {
    /// The file as a whole.
    #[error("{0}")]
    File(&'static str),
    /// One entry.
    #[error("entry {number}: {problem}")]
    Entry {
        /// The entry's number in the central directory, from 1.
        number: usize,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// One entry's name.
    #[error("entry {number}: {problem}: {name}")]
    Name {
        /// The entry's number in the central directory, from 1.
        number: usize,
        /// The name, without what a terminal would act on.
        name: String,
        /// What is wrong with it.
        problem: NameError,
    },
}

/// Where the central directory is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DirectoryPlace {
    /// Its first byte.
    pub offset: u64,
    /// The byte after its last.
    pub end: u64,
    entries: u16,
}

impl DirectoryPlace {
    /// What must be read at the end of a file to find the place.
    pub const TAIL: u64 = END_SIZE as u64 + u16::MAX as u64;

    /// Finds the directory of a file of `size` bytes; `tail` is its end, of at least [`TAIL`](Self::TAIL) bytes or all.
    pub fn find(tail: &[u8], size: u64) -> Result<Self, ZipError> {
        let last = tail.len().checked_sub(END_SIZE).ok_or(ZipError::File("it is too short"))?;
        let is_record = |start: &usize| {
            tail[*start..].starts_with(&END_SIGNATURE)
                && usize::from(u16_at(tail, start + 20)) == last - start
        };
        let first = last.saturating_sub(usize::from(u16::MAX));
        let start = (first..=last).rev().find(is_record);
        let start = start.ok_or(ZipError::File("it has no end record"))?;
        let record = &tail[start..];
        let (disk, directory_disk) = (u16_at(record, 4), u16_at(record, 6));
        let (here, entries) = (u16_at(record, 8), u16_at(record, 10));
        let (length, offset) = (u32_at(record, 12), u32_at(record, 16));
        if entries == u16::MAX || length == u32::MAX || offset == u32::MAX {
            return Err(ZipError::File("it is a zip64 file"));
        }
        if disk != 0 || directory_disk != 0 || here != entries {
            return Err(ZipError::File("it is a part of several"));
        }
        let (length, offset) = (u64::from(length), u64::from(offset));
        let end = size - (tail.len() - start) as u64;
        if offset.checked_add(length) != Some(end) {
            return Err(ZipError::File("its directory is not where its end record says"));
        }
        if length > MAXIMUM_DIRECTORY {
            return Err(ZipError::File("its directory is too large"));
        }
        Ok(Self { offset, end, entries })
    }
}

/// How an entry is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// As it is.
    Stored,
    /// Compressed (RFC 1951).
    Deflated,
}

/// One file in a zip.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name.
    pub name: EntryName,
    /// How it is stored.
    pub method: Method,
    /// Its size in the archive, in bytes.
    pub compressed: u64,
    /// Its size, in bytes.
    pub size: u64,
    /// Where its header begins.
    pub start: u64,
    /// Where the next header begins, or the central directory.
    pub end: u64,
}

/// The central directory of a module zip, judged as a whole.
#[derive(Debug)]
pub struct Directory {
    /// All files, in the order of their data.
    pub entries: Vec<Entry>,
    /// All directories that they need, relative to GOROOT, those above others first.
    pub directories: Vec<String>,
}

impl Directory {
    /// Parses the bytes at `place`; `prefix` is what the names of the module's files begin with.
    pub fn parse(content: &[u8], place: DirectoryPlace, prefix: &str) -> Result<Self, ZipError> {
        let mut entries = Vec::with_capacity(usize::from(place.entries));
        let mut taken = TakenPaths::default();
        let mut rest = content;
        let mut total = 0_u64;
        for number in 1..=usize::from(place.entries) {
            let (entry, next) = parse_entry(rest, number, prefix)?;
            taken
                .take(&entry.name)
                .map_err(|problem| name_error(number, entry.name.as_str().as_bytes(), problem))?;
            total += entry.size;
            if total > MAXIMUM_SIZE {
                return Err(ZipError::File("its files are too large together"));
            }
            entries.push(entry);
            rest = next;
        }
        if !rest.is_empty() {
            return Err(ZipError::File("its directory has more in it than its entries"));
        }
        entries.sort_unstable_by_key(|entry| entry.start);
        if entries.first().is_some_and(|first| first.start != 0) {
            return Err(ZipError::File("it does not begin with an entry"));
        }
        let mut end = place.offset;
        for entry in entries.iter_mut().rev() {
            entry.end = end;
            let header = (HEADER_SIZE + entry.name.as_str().len()) as u64;
            if entry.start + header + entry.compressed > entry.end {
                return Err(ZipError::File("two of its entries share bytes"));
            }
            end = entry.start;
        }
        Ok(Self { entries, directories: taken.directories() })
    }
}

fn parse_entry<'a>(
    content: &'a [u8],
    number: usize,
    prefix: &str,
) -> Result<(Entry, &'a [u8]), ZipError> {
    let refused = |problem| ZipError::Entry { number, problem };
    let fixed = content.get(..ENTRY_SIZE).filter(|fixed| fixed.starts_with(&ENTRY_SIGNATURE));
    let fixed = fixed.ok_or_else(|| refused("there is no such entry"))?;
    let [name, extra, comment] = [28, 30, 32].map(|at| usize::from(u16_at(fixed, at)));
    let length = ENTRY_SIZE + name + extra + comment;
    let next = content.get(length..).ok_or_else(|| refused("it is cut off"))?;
    let name = &content[ENTRY_SIZE..ENTRY_SIZE + name];

    let sizes = [u32_at(fixed, 20), u32_at(fixed, 24), u32_at(fixed, 42)];
    if sizes.contains(&u32::MAX) {
        return Err(refused("it is a zip64 entry"));
    }
    if u16_at(fixed, 34) != 0 {
        return Err(refused("it is in another file"));
    }
    if u16_at(fixed, 8) & !HARMLESS_FLAGS != 0 {
        return Err(refused("it is encrypted, or has a feature that is not known"));
    }
    let [compressed, size, start] = sizes.map(u64::from);
    let method = match u16_at(fixed, 10) {
        0 if compressed != size => {
            return Err(refused("it is stored in another size than its own"));
        }
        0 => Method::Stored,
        8 => Method::Deflated,
        _ => return Err(refused("it is neither stored nor deflated")),
    };
    let name =
        EntryName::parse(name, prefix).map_err(|problem| name_error(number, name, problem))?;
    Ok((Entry { name, method, compressed, size, start, end: 0 }, next))
}

/// How long the header before an entry's data is; `header` is at least its fixed part and the name.
///
/// The header is not hashed: it must agree with the directory in all that matters.
pub fn header_size(header: &[u8], entry: &Entry) -> Result<u64, &'static str> {
    let name = entry.name.as_str().as_bytes();
    if !header.starts_with(&HEADER_SIGNATURE) || header.len() < HEADER_SIZE + name.len() {
        return Err("it has no header");
    }
    let (flags, method) = (u16_at(header, 6), u16_at(header, 8));
    let expected = match entry.method {
        Method::Stored => 0,
        Method::Deflated => 8,
    };
    let is_named = usize::from(u16_at(header, 26)) == name.len()
        && &header[HEADER_SIZE..HEADER_SIZE + name.len()] == name;
    if !is_named || method != expected || flags & !HARMLESS_FLAGS != 0 {
        return Err("its header is not what the directory says");
    }
    let size = (HEADER_SIZE + name.len()) as u64 + u64::from(u16_at(header, 28));
    if entry.start + size + entry.compressed > entry.end {
        return Err("it shares bytes with the next");
    }
    Ok(size)
}

fn name_error(number: usize, name: &[u8], problem: NameError) -> ZipError {
    let name = name.escape_ascii().to_string();
    ZipError::Name { number, name: name.chars().take(300).collect(), problem }
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

#[cfg(test)]
mod tests;
