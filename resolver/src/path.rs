//! Paths as bytes, worked on as text: nothing here looks at a file system.
//!
//! What the resolver learns and makes lives as long as the process ([`Bytes`]): the proxy ends in `execve` before
//! any of it could be freed, and code that frees nothing is a third smaller and copies two words instead of a text.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

/// Bytes that live as long as the process.
pub type Bytes = &'static [u8];

/// Keeps bytes for the rest of the process.
pub fn keep(bytes: Vec<u8>) -> Bytes {
    bytes.leak()
}

/// Keeps a value for the rest of the process: a reference is one word to hand on.
pub fn keep_value<T>(value: T) -> &'static T {
    keep_mut(value)
}

/// Keeps a value that is still being made: what is large is written once, in its place.
pub(crate) fn keep_mut<T>(value: T) -> &'static mut T {
    Box::leak(Box::new(value))
}

/// Keeps a copy of a text for the rest of the process.
#[inline(never)]
pub fn keep_text(text: &str) -> &'static str {
    String::from(text).leak()
}

/// A number as text, without the machinery of `core::fmt`.
pub fn decimal(mut number: u32) -> Bytes {
    const MOST_DIGITS: usize = 10;
    let digits = concat_mut(&[&[b'0'; MOST_DIGITS]]);
    let mut start = MOST_DIGITS;
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
        start -= 1;
        if number == 0 {
            break;
        }
    }
    digits.get(start..).unwrap_or_default()
}

/// The pieces one after the other.
pub fn concat(pieces: &[&[u8]]) -> Bytes {
    concat_mut(pieces)
}

/// The pieces one after the other, for changes in place.
#[inline(never)]
pub fn concat_mut(pieces: &[&[u8]]) -> &'static mut [u8] {
    let mut length = 0;
    for piece in pieces {
        length += piece.len();
    }
    let whole = vec![0; length].leak();
    // Into room that is there: a vector would ask for more with each piece.
    let mut room = &mut *whole;
    for piece in pieces {
        let Some((place, rest)) = room.split_at_mut_checked(piece.len()) else { break };
        place.copy_from_slice(piece);
        room = rest;
    }
    whole
}

/// Joins a directory and a name with one slash between them.
#[inline(never)]
pub fn join(directory: &[u8], name: &[u8]) -> Bytes {
    concat(&[directory, slash_after(directory), name])
}

/// The slash between a directory and a name in it: none where there is one already.
pub fn slash_after(directory: &[u8]) -> Bytes {
    if directory.last() == Some(&b'/') { b"" } else { b"/" }
}

/// Joins where `path` is relative, else is `path`.
pub fn absolute(directory: &[u8], path: Bytes) -> Bytes {
    if is_absolute(path) { path } else { join(directory, path) }
}

/// Whether a path starts at the root.
pub fn is_absolute(path: &[u8]) -> bool {
    path.first() == Some(&b'/')
}

/// The components of a path, without empty ones and `.`.
pub fn components(path: &[u8]) -> impl DoubleEndedIterator<Item = &[u8]> {
    path.split(|byte| *byte == b'/').filter(|part| !part.is_empty() && *part != b".")
}

/// The directory above, lexically; none above the root or a bare name.
#[inline(never)]
pub fn parent(path: &[u8]) -> Option<&[u8]> {
    match last_slash(path)? {
        0 if path.len() == 1 => None,
        0 => Some(b"/"),
        slash => path.get(..slash),
    }
}

/// The last component.
#[inline(never)]
pub fn file_name(path: &[u8]) -> &[u8] {
    last_slash(path).and_then(|slash| path.get(slash + 1..)).unwrap_or(path)
}

#[inline(never)]
fn last_slash(path: &[u8]) -> Option<usize> {
    path.iter().rposition(|byte| *byte == b'/')
}

/// Whether `path` is `directory` or lies below it, lexically.
pub fn is_below(path: &[u8], directory: &[u8]) -> bool {
    match path.strip_prefix(directory) {
        Some([] | [b'/', ..]) => true,
        Some(_) => directory.ends_with(b"/"),
        None => false,
    }
}

/// An absolute path without `.`, `..`, doubled or trailing slashes (Go's `filepath.Clean`).
#[inline(never)]
pub fn clean(path: Bytes) -> Bytes {
    if is_clean(path) {
        return path;
    }
    let mut clean: Bytes = b"/";
    for component in components(path) {
        clean = match component {
            b".." => parent(clean).unwrap_or(clean),
            _ => join(clean, component),
        };
    }
    clean
}

fn is_clean(path: &[u8]) -> bool {
    match path.strip_prefix(b"/") {
        Some([]) => true,
        Some(below) => {
            below.split(|byte| *byte == b'/').all(|part| !matches!(part, b"" | b"." | b".."))
        }
        None => false,
    }
}

/// A path as one word of a shell.
pub fn shell_quoted(path: &[u8]) -> String {
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"/._-+@%:,".contains(byte);
    let path_text = String::from_utf8_lossy(path);
    if path.iter().all(is_plain) && !path.is_empty() {
        return path_text.into_owned();
    }
    format!("'{}'", path_text.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cleaning() {
        for (path, expected) in [
            ("/", "/"),
            ("//a//b/", "/a/b"),
            ("/a/./b/../c", "/a/c"),
            ("/../..", "/"),
            ("/a/..", "/"),
            ("/a/b", "/a/b"),
            ("/a/", "/a"),
            ("/a/.b", "/a/.b"),
            ("/a/.", "/a"),
            ("/..a", "/..a"),
        ] {
            assert_eq!(clean(path.as_bytes()), expected.as_bytes(), "{path}");
        }
    }

    #[test]
    fn parents_are_lexical() {
        assert_eq!(parent(b"/a/b"), Some(&b"/a"[..]));
        assert_eq!(parent(b"/a"), Some(&b"/"[..]));
        assert_eq!(parent(b"/"), None);
        assert_eq!(parent(b"a"), None);
    }

    #[test]
    fn below() {
        assert!(is_below(b"/a/b", b"/a"));
        assert!(is_below(b"/a", b"/a"));
        assert!(is_below(b"/a", b"/"));
        assert!(!is_below(b"/ab", b"/a"));
    }
}
