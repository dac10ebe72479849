//! The files of a cache, as cmd/go/internal/cache writes them.
//!
//! `ab/ab….-a` says what came of an action, the hash of everything that went into it: the hash of its output.
//! `ab/ab….-d` is an output; of a program (`go run`, `go tool`) it is a directory with the program in it.

use std::io::{self, Read, Seek, SeekFrom};

/// A SHA-256.
pub(crate) type Id = [u8; 32];

/// Which of the two a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Action,
    Output,
}

impl Kind {
    const fn suffix(self) -> &'static str {
        match self {
            Self::Action => "-a",
            Self::Output => "-d",
        }
    }
}

/// The length of an action's file; what is longer or shorter, Go does not read.
const ACTION_LENGTH: usize = 3 + 64 + 1 + 64 + 1 + 20 + 1 + 20 + 1;

/// Members of an archive that are looked at: packages have some dozens.
const MEMBERS_LIMIT: usize = 100_000;
const ARCHIVE: &[u8] = b"!<arch>\n";
const MEMBER_HEADER: usize = 60;
/// What the output of Go's own compiler and assembler begins with, and the export data too.
const GO_OBJECT: &[u8] = b"go object ";

/// The name of a file in its subdirectory.
pub(crate) fn file_name(id: &Id, kind: Kind) -> String {
    format!("{}{}", hexadecimal(id), kind.suffix())
}

/// The subdirectory that a file belongs into.
pub(crate) fn subdirectory(id: &Id) -> String {
    format!("{:02x}", id[0])
}

/// What a file in a subdirectory is; none for what is not Go's.
pub(crate) fn parse_file_name(name: &[u8]) -> Option<(Id, Kind)> {
    let (id, suffix) = name.split_at_checked(64)?;
    let kind =
        [Kind::Action, Kind::Output].into_iter().find(|it| it.suffix().as_bytes() == suffix)?;
    Some((parse_id(id)?, kind))
}

/// What came of an action: the output, and its size in bytes.
pub(crate) fn parse_action(content: &[u8], action: &Id) -> Option<(Id, u64)> {
    if content.len() != ACTION_LENGTH {
        return None;
    }
    let rest = content.strip_prefix(b"v1 ")?.strip_suffix(b"\n")?;
    let mut words = rest.split(|byte| *byte == b' ').filter(|word| !word.is_empty());
    let (own, output, size) = (words.next()?, words.next()?, words.next()?);
    if parse_id(own)? != *action {
        return None;
    }
    Some((parse_id(output)?, std::str::from_utf8(size).ok()?.parse().ok()?))
}

/// Sixty-four hexadecimal digits, in lower case as Go writes them.
pub(crate) fn parse_id(text: &[u8]) -> Option<Id> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let mut id = Id::default();
    if text.len() != 2 * id.len() {
        return None;
    }
    for (byte, pair) in id.iter_mut().zip(text.chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(id)
}

fn hexadecimal(id: &Id) -> String {
    use std::fmt::Write;
    id.iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Whether a file is free of what a C compiler made: not an object of it, nor a package archive with one in it.
///
/// Each member of a package archive but the first is an object of Go's compiler or assembler (`go object …`), or was
/// put there by cgo or by the author of the package.
pub(crate) fn is_only_go(file: &mut (impl Read + Seek)) -> io::Result<bool> {
    let mut magic = Vec::new();
    file.by_ref().take(ARCHIVE.len() as u64).read_to_end(&mut magic)?;
    if magic != ARCHIVE {
        return Ok(!magic.starts_with(b"\x7fELF"));
    }
    for index in 0..MEMBERS_LIMIT {
        let mut header = Vec::new();
        file.by_ref().take(MEMBER_HEADER as u64).read_to_end(&mut header)?;
        if header.is_empty() {
            return Ok(true);
        }
        let size = header.get(48..58).and_then(|size| std::str::from_utf8(size).ok());
        let Some(size) = size.and_then(|size| size.trim().parse::<u32>().ok()) else {
            return Ok(false);
        };
        if (index == 0) != header.starts_with(b"__.PKGDEF ") {
            return Ok(false);
        }
        let mut begin = Vec::new();
        file.by_ref().take(GO_OBJECT.len() as u64).read_to_end(&mut begin)?;
        if begin != GO_OBJECT {
            return Ok(false);
        }
        // Members begin at even places.
        let rest = i64::from(size + size % 2) - i64::try_from(begin.len()).unwrap_or(0);
        file.seek(SeekFrom::Current(rest))?;
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    #[test]
    fn names_and_actions() {
        let id = Id::from(std::array::from_fn(|index| u8::try_from(index * 7).expect("small")));
        for kind in [Kind::Action, Kind::Output] {
            let name = file_name(&id, kind);
            assert_eq!(parse_file_name(name.as_bytes()), Some((id, kind)), "{name}");
            assert!(name.starts_with(&subdirectory(&id)));
            for bad in [&name[1..], &name.to_uppercase(), &format!("{name}a"), "", "README"] {
                assert_eq!(parse_file_name(bad.as_bytes()), None, "{bad}");
            }
        }
        let other = [7; 32];
        let (own, out) = (hexadecimal(&id), hexadecimal(&other));
        let text = format!("v1 {own} {out} {:20} {:20}\n", 170, 1_700_000_000_000_000_000_u64);
        assert_eq!(parse_action(text.as_bytes(), &id), Some((other, 170)));
        assert_eq!(parse_action(text.as_bytes(), &other), None, "of another action");
        assert_eq!(parse_action(&text.as_bytes()[1..], &id), None);
        assert_eq!(parse_action(text.replace("v1", "v2").as_bytes(), &id), None);
    }

    fn archive(members: &[(&str, &[u8])]) -> Vec<u8> {
        let mut archive = ARCHIVE.to_vec();
        for (name, content) in members {
            let header = format!("{name:16}{:12}{:6}{:6}{:8}{:10}`\n", 0, 0, 0, 644, content.len());
            archive.extend(header.as_bytes());
            archive.extend(*content);
            archive.extend(vec![0; content.len() % 2]);
        }
        archive
    }

    #[test]
    fn what_c_made_is_told_by_its_members() {
        let go = &b"go object linux amd64 go1.26.8\nx"[..];
        let elf = &b"\x7fELF\x02\x01\x01"[..];
        for (content, expected) in [
            (archive(&[("__.PKGDEF", go), ("_go_.o", go), ("asm_amd64.o", go)]), true),
            (archive(&[("__.PKGDEF", go), ("_go_.o", go), ("_x001.o", elf)]), false),
            (archive(&[("__.PKGDEF", go), ("preferlinkext", b"")]), false),
            (archive(&[("__.PKGDEF", elf)]), false),
            (archive(&[("__.PKGDEF", go), ("_go_.o", b"go obj")]), false),
            ([archive(&[("__.PKGDEF", go)]), b"garbage".to_vec()].concat(), false),
            (elf.to_vec(), false),
            (b"./print.go\n".to_vec(), true),
            (Vec::new(), true),
        ] {
            let text = String::from_utf8_lossy(&content).into_owned();
            assert_eq!(is_only_go(&mut Cursor::new(content)).expect("read"), expected, "{text}");
        }
    }
}
