//! Paths as bytes, worked on as text: nothing here looks at a file system.
//!
//! What the resolver learns and makes lives as long as the process ([`Bytes`]): the proxy ends in `execve` before
//! any of it could be freed, and code that frees nothing is a third smaller and copies two words instead of a text.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::text::find_byte;

/// Bytes that live as long as the process.
pub type Bytes = &'static [u8];

/// Keeps bytes for the rest of the process.
pub fn keep(bytes: Vec<u8>) -> Bytes {
    bytes.leak()
}

/// Keeps a value for the rest of the process: a reference is one word to hand on.
pub fn keep_value<T>(value: T) -> &'static T {
    Box::leak(Box::new(value))
}

/// Keeps a copy of a text for the rest of the process.
#[inline(never)]
pub fn keep_text(text: &str) -> &'static str {
    String::from(text).leak()
}

/// The pieces one after the other.
#[inline(never)]
pub fn concat(pieces: &[&[u8]]) -> Bytes {
    let mut bytes = Vec::with_capacity(pieces.iter().map(|piece| piece.len()).sum());
    for piece in pieces {
        bytes.extend_from_slice(piece);
    }
    keep(bytes)
}

/// Joins a directory and a name with one slash between them.
#[inline(never)]
pub fn join(directory: &[u8], name: &[u8]) -> Bytes {
    let mut path = Vec::with_capacity(directory.len() + 1 + name.len());
    path.extend_from_slice(directory);
    if directory.last() != Some(&b'/') {
        path.push(b'/');
    }
    path.extend_from_slice(name);
    keep(path)
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
pub fn parent(path: &[u8]) -> Option<&[u8]> {
    match path.iter().rposition(|byte| *byte == b'/') {
        Some(0) => (path.len() > 1).then_some(b"/"),
        Some(slash) => Some(&path[..slash]),
        None => None,
    }
}

/// The last component.
pub fn file_name(path: &[u8]) -> &[u8] {
    match path.iter().rposition(|byte| *byte == b'/') {
        Some(slash) => &path[slash + 1..],
        None => path,
    }
}

/// Whether `path` is `directory` or lies below it, lexically.
pub fn is_below(path: &[u8], directory: &[u8]) -> bool {
    match path.strip_prefix(directory) {
        Some(rest) => rest.is_empty() || rest[0] == b'/' || directory.ends_with(b"/"),
        None => false,
    }
}

/// An absolute path without `.`, `..`, doubled or trailing slashes (Go's `filepath.Clean`).
#[inline(never)]
pub fn clean(path: Bytes) -> Bytes {
    if is_clean(path) {
        return path;
    }
    let mut clean = Vec::with_capacity(path.len());
    for component in components(path) {
        if component == b".." {
            let end = clean.iter().rposition(|byte| *byte == b'/').unwrap_or(0);
            clean.truncate(end);
        } else {
            clean.push(b'/');
            clean.extend_from_slice(component);
        }
    }
    if clean.is_empty() {
        clean.push(b'/');
    }
    keep(clean)
}

fn is_clean(path: &[u8]) -> bool {
    let Some(mut rest) = path.strip_prefix(b"/") else { return false };
    if rest.is_empty() {
        return true;
    }
    loop {
        let end = find_byte(rest, b'/').unwrap_or(rest.len());
        if matches!(&rest[..end], b"" | b"." | b"..") {
            return false;
        }
        match rest.get(end + 1..) {
            Some(after) => rest = after,
            None => return true,
        }
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
