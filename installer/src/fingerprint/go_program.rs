//! What a program that Go built says of itself: read from its file, never by running it.
//!
//! The formats are Go's: build information is that of `debug/buildinfo`, the build ID that of `cmd/internal/buildid`.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use object::elf::{FileHeader64, NoteType};
use object::read::elf::{FileHeader, SectionHeader};
use object::{Endianness, ReadCache, ReadRef};
use ring::digest::{Context, SHA256};

use crate::sumdb::dirhash::FileHash;

const MAGIC: &[u8] = b"\xff Go buildinf:";
/// Flag of the header: the version follows it. Before Go 1.18 there were pointers instead, which are not followed here.
const INLINE: u8 = 2;
/// The header's length.
const HEADER: usize = 32;
/// Sections that hold what is looked for are some hundred bytes long.
const SECTION_LIMIT: u64 = 1024 * 1024;
/// `ELF_NOTE_GOBUILDID_TAG` in cmd/internal/buildid.
const BUILD_ID_NOTE: NoteType = NoteType(4);

type Header = FileHeader64<Endianness>;

/// The Go release that built a program (`runtime.Version()` in it); none where the file does not say, as those before Go
/// 1.18 do not.
pub fn go_version(file: &Path) -> io::Result<Option<String>> {
    let data = ReadCache::new(File::open(file)?);
    Ok(version(&data))
}

/// What tells the content of a program from every other: the hash of its build ID, which the go command makes from the
/// content; of a file without one, the hash of all of it.
pub fn identity(file: &Path) -> io::Result<FileHash> {
    let data = ReadCache::new(File::open(file)?);
    let mut context = Context::new(&SHA256);
    if let Some(id) = build_id(&data) {
        context.update(b"go build ID ");
        context.update(id);
    } else {
        context.update(b"content ");
        let mut file = File::open(file)?;
        let mut buffer = vec![0; 1024 * 1024];
        loop {
            match file.read(&mut buffer)? {
                0 => break,
                length => context.update(&buffer[..length]),
            }
        }
    }
    let hash = context.finish();
    Ok(std::array::from_fn(|index| hash.as_ref()[index]))
}

/// What both look for, in a file in memory.
#[cfg(fuzzing)]
pub(crate) fn version_and_build_id(content: &[u8]) -> (Option<String>, Option<&[u8]>) {
    (version(content), build_id(content))
}

fn build_id<'a, R: ReadRef<'a>>(data: R) -> Option<&'a [u8]> {
    let header = Header::parse(data).ok()?;
    let endian = header.endian().ok()?;
    let sections = header.sections(endian, data).ok()?;
    let (_, section) = sections.section_by_name(endian, b".note.go.buildid")?;
    if section.sh_size(endian) > SECTION_LIMIT {
        return None;
    }
    let mut notes = section.notes(endian, data).ok()??;
    while let Some(note) = notes.next().ok()? {
        if note.n_type(endian) == BUILD_ID_NOTE && note.name() == b"Go" && !note.desc().is_empty() {
            return Some(note.desc());
        }
    }
    None
}

fn version<'a, R: ReadRef<'a>>(data: R) -> Option<String> {
    let header = Header::parse(data).ok()?;
    let endian = header.endian().ok()?;
    let sections = header.sections(endian, data).ok()?;
    let (_, section) = sections.section_by_name(endian, b".go.buildinfo")?;
    if section.sh_size(endian) > SECTION_LIMIT {
        return None;
    }
    let content = section.data(endian, data).ok()?;
    // `debug/buildinfo` looks for the magic at multiples of 16.
    let info = content.chunks(16).position(|chunk| chunk.starts_with(MAGIC))?;
    let info = content.get(info * 16..)?;
    if info.get(MAGIC.len() + 1)? & INLINE == 0 {
        return None;
    }
    let text = inline(info)?;
    std::str::from_utf8(text).ok().filter(|text| !text.is_empty()).map(str::to_owned)
}

/// The text after the header, its length before it as Go's `binary.Uvarint`.
fn inline(info: &[u8]) -> Option<&[u8]> {
    let mut length = 0_usize;
    for (index, byte) in info.get(HEADER..)?.iter().enumerate().take(2) {
        length |= usize::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            let start = HEADER + index + 1;
            return info.get(start..start.checked_add(length)?);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn this_test_was_not_built_by_go() {
        let program = std::env::current_exe().expect("a path");
        assert_eq!(go_version(&program).expect("a program"), None);
        let copy = tempfile::NamedTempFile::new().expect("a file");
        fs::copy(&program, copy.path()).expect("a copy");
        let same = identity(&program).expect("a hash");
        assert_eq!(identity(copy.path()).expect("a hash"), same);
        fs::write(copy.path(), "other").expect("written");
        assert_ne!(identity(copy.path()).expect("a hash"), same);
        assert_eq!(go_version(copy.path()).expect("a file"), None);
    }

    #[test]
    fn the_version_after_the_header() {
        let info = |tail: &[u8]| [MAGIC, &[8, 2], &[0; 16], tail].concat();
        assert_eq!(inline(&info(b"\x08go1.22.3\x00")), Some(&b"go1.22.3"[..]));
        assert_eq!(inline(&info(b"\x08go1.22")), None, "cut off");
        assert_eq!(inline(&info(b"\xff\xff\x7fgo")), None, "too long");
        let long = [&[0xc8, 1][..], &[b'x'; 200]].concat();
        assert_eq!(inline(&info(&long)).map(<[u8]>::len), Some(200));
    }
}
