//! The `go` and `toolchain` lines of go.mod and go.work, found exactly as the go command finds them when it
//! chooses a toolchain: `cmd/go/internal/gover.GoModLookup`, which reads lines and knows no syntax.

use crate::text::{lines, split_once};

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
    let mut rest = text;
    while let Some((_, after)) = split_once(rest, b'/') {
        if let [b'/', ..] = after {
            return text.get(..text.len() - after.len() - 1).unwrap_or_default();
        }
        rest = after;
    }
    text
}

/// Go's `bytes.TrimSpace`: what Unicode calls white space, encoded in UTF-8, at both ends.
#[inline(never)]
fn trim(mut text: &[u8]) -> &[u8] {
    let mut length = 1;
    while let Some((first, rest)) = text.split_at_checked(length)
        && length <= LONGEST_SPACE
    {
        match first {
            _ if is_space(first) => (text, length) = (rest, 1),
            [0..=0x7f] => break,
            _ => length += 1,
        }
    }
    let mut length = 1;
    while let Some((rest, last)) = text.split_at_checked(text.len().wrapping_sub(length))
        && length <= LONGEST_SPACE
    {
        match last {
            _ if is_space(last) => (text, length) = (rest, 1),
            [0..=0x7f] => break,
            _ => length += 1,
        }
    }
    text
}

const LONGEST_SPACE: usize = 3;

/// Unicode's `White_Space`, as `unicode.IsSpace` has it.
#[inline(never)]
fn is_space(encoded: &[u8]) -> bool {
    match encoded {
        // U+0009 to U+000D: unlike `u8::is_ascii_whitespace`, Go trims the vertical tab too
        [b'\t'..=b'\r' | b' '] => true,
        [0xc2, last] => matches!(last, 0x85 | 0xa0),
        [0xe1, 0x9a, last] | [0xe3, 0x80, last] => *last == 0x80, // U+1680, U+3000
        [0xe2, 0x80, last] => matches!(last, 0x80..=0x8a | 0xa8 | 0xa9 | 0xaf), // U+2000 to U+202F
        [0xe2, 0x81, last] => *last == 0x9f,                      // U+205F
        _ => false,
    }
}

#[cfg(test)]
mod tests;
