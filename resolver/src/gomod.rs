//! The `go` and `toolchain` lines of go.mod and go.work, found exactly as the go command finds them when it
//! chooses a toolchain: `cmd/go/internal/gover.GoModLookup`, which reads lines and knows no syntax.

use crate::text::{find_byte, lines};

/// One line of go.mod or go.work that names a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Directive<'a> {
    /// The line, counted from 1.
    pub line: u32,
    /// That line, without white space around it.
    pub text: &'a [u8],
    /// What follows the key, without a comment; never empty, and not always a version.
    pub value: &'a [u8],
}

/// What go.mod or go.work says about toolchains.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GoMod<'a> {
    /// The `go` line.
    pub go: Option<Directive<'a>>,
    /// The `toolchain` line.
    pub toolchain: Option<Directive<'a>>,
}

/// Finds the first `go` line and the first `toolchain` line.
///
/// A first line without a value (`go // comment`) counts as none and hides those after it, as it does for Go.
pub fn scan(content: &[u8]) -> GoMod<'_> {
    let mut go = None;
    let mut toolchain = None;
    for line in lines(content, b'\n') {
        let text = trim(line.bytes);
        let (slot, key) = match text.first() {
            Some(b'g') => (&mut go, &b"go"[..]),
            Some(b't') => (&mut toolchain, &b"toolchain"[..]),
            _ => continue,
        };
        if slot.is_some() {
            continue;
        }
        let Some(rest @ [b' ' | b'\t', ..]) = text.strip_prefix(key) else { continue };
        *slot = Some(Directive { line: line.number, text, value: trim(without_comment(rest)) });
        if go.is_some() && toolchain.is_some() {
            break;
        }
    }
    let has_value = |directive: &Directive<'_>| !directive.value.is_empty();
    GoMod { go: go.filter(has_value), toolchain: toolchain.filter(has_value) }
}

fn without_comment(text: &[u8]) -> &[u8] {
    let mut from = 0;
    while let Some(slash) = find_byte(&text[from..], b'/') {
        let at = from + slash;
        if text.get(at + 1) == Some(&b'/') {
            return &text[..at];
        }
        from = at + 1;
    }
    text
}

/// Go's `bytes.TrimSpace`: what Unicode calls white space, encoded in UTF-8, at both ends.
fn trim(mut text: &[u8]) -> &[u8] {
    while let Some(length) = space_at_start(text) {
        text = &text[length..];
    }
    while let Some(length) = space_at_end(text) {
        text = &text[..text.len() - length];
    }
    text
}

fn space_at_start(text: &[u8]) -> Option<usize> {
    match text.first()? {
        // U+0009 to U+000D: unlike `u8::is_ascii_whitespace`, Go trims the vertical tab too
        b'\t'..=b'\r' | b' ' => Some(1),
        first if first.is_ascii() => None,
        _ => WIDE_SPACES.iter().find(|space| text.starts_with(space)).map(|space| space.len()),
    }
}

fn space_at_end(text: &[u8]) -> Option<usize> {
    match text.last()? {
        b'\t'..=b'\r' | b' ' => Some(1),
        last if last.is_ascii() => None,
        _ => WIDE_SPACES.iter().find(|space| text.ends_with(space)).map(|space| space.len()),
    }
}

/// Unicode's `White_Space` beyond ASCII, which is all that `unicode.IsSpace` adds.
const WIDE_SPACES: [&[u8]; 19] = [
    "\u{85}".as_bytes(),
    "\u{a0}".as_bytes(),
    "\u{1680}".as_bytes(),
    "\u{2000}".as_bytes(),
    "\u{2001}".as_bytes(),
    "\u{2002}".as_bytes(),
    "\u{2003}".as_bytes(),
    "\u{2004}".as_bytes(),
    "\u{2005}".as_bytes(),
    "\u{2006}".as_bytes(),
    "\u{2007}".as_bytes(),
    "\u{2008}".as_bytes(),
    "\u{2009}".as_bytes(),
    "\u{200a}".as_bytes(),
    "\u{2028}".as_bytes(),
    "\u{2029}".as_bytes(),
    "\u{202f}".as_bytes(),
    "\u{205f}".as_bytes(),
    "\u{3000}".as_bytes(),
];

#[cfg(test)]
mod tests;
