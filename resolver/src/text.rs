//! Bytes into lines and words, for the line-based formats.

/// What may stand before a text in UTF-8.
pub(crate) const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// A line of a file, without its line feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Line<'a> {
    /// Counted from 1.
    pub(crate) number: u32,
    /// Its bytes; a carriage return at the end is still there.
    pub(crate) bytes: &'a [u8],
}

/// The lines of `content`; there is no last empty one after a final `end`.
pub(crate) const fn lines(content: &[u8], end: u8) -> Lines<'_> {
    Lines { rest: content, end, number: 0 }
}

/// What [`lines`] gives.
pub(crate) struct Lines<'a> {
    rest: &'a [u8],
    end: u8,
    number: u32,
}

impl<'a> Iterator for Lines<'a> {
    type Item = Line<'a>;

    #[inline(never)]
    fn next(&mut self) -> Option<Line<'a>> {
        if self.rest.is_empty() {
            return None;
        }
        let length = find_byte(self.rest, self.end).unwrap_or(self.rest.len());
        let (bytes, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest.get(1..).unwrap_or_default();
        self.number += 1;
        Some(Line { number: self.number, bytes })
    }
}

/// What stands before the first `separator`, and what follows it (Go's `bytes.Cut`).
#[inline(never)]
pub(crate) fn split_once(text: &[u8], separator: u8) -> Option<(&[u8], &[u8])> {
    let (before, after) = text.split_at_checked(find_byte(text, separator)?)?;
    Some((before, after.get(1..)?))
}

/// Where `byte` first stands in `haystack`.
///
/// Eight bytes at a time: the proxy reads several files on each call of `go`, most of it lines it has no use
/// for, and `core` keeps its own `memchr` to itself.
pub(crate) fn find_byte(haystack: &[u8], byte: u8) -> Option<usize> {
    const ONES: u64 = u64::from_ne_bytes([0x01; 8]);
    const HIGH_BITS: u64 = u64::from_ne_bytes([0x80; 8]);
    let wanted = ONES * u64::from(byte);
    let (words, tail) = haystack.as_chunks::<8>();
    for (index, word) in words.iter().enumerate() {
        let difference = u64::from_le_bytes(*word) ^ wanted;
        // The lowest set bit marks the first byte that is zero in `difference`.
        let zeros = difference.wrapping_sub(ONES) & !difference & HIGH_BITS;
        if zeros != 0 {
            return Some(index * 8 + zeros.trailing_zeros() as usize / 8);
        }
    }
    let found = tail.iter().position(|other| *other == byte)?;
    Some(words.len() * 8 + found)
}

/// The parts of `text` between separators; one where there is no separator, as for `slice::split`.
pub(crate) const fn split(text: &[u8], separator: u8) -> Parts<'_> {
    Parts { rest: Some(text), separator }
}

/// What [`split`] gives.
pub(crate) struct Parts<'a> {
    rest: Option<&'a [u8]>,
    separator: u8,
}

impl<'a> Iterator for Parts<'a> {
    type Item = &'a [u8];

    #[inline(never)]
    fn next(&mut self) -> Option<&'a [u8]> {
        let text = self.rest?;
        let Some((part, rest)) = split_once(text, self.separator) else { return self.rest.take() };
        self.rest = Some(rest);
        Some(part)
    }
}

/// A word of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Word<'a> {
    /// Where it begins in the line.
    pub(crate) start: usize,
    /// The word.
    pub(crate) text: &'a str,
}

/// The words of a line of text, between ASCII white space.
pub(crate) const fn words(line: &[u8]) -> Words<'_> {
    Words { line, at: 0 }
}

/// What [`words`] gives.
pub(crate) struct Words<'a> {
    line: &'a [u8],
    at: usize,
}

impl<'a> Iterator for Words<'a> {
    type Item = Word<'a>;

    #[inline(never)]
    fn next(&mut self) -> Option<Word<'a>> {
        let mut start = self.at;
        while self.line.get(start)?.is_ascii_whitespace() {
            start += 1;
        }
        self.at = start;
        while self.line.get(self.at).is_some_and(|byte| !byte.is_ascii_whitespace()) {
            self.at += 1;
        }
        Some(Word { start, text: known_text(self.line.get(start..self.at)?) })
    }
}

/// Whether a word is in a list of words with single spaces between them.
pub(crate) fn is_listed(list: &str, word: &[u8]) -> bool {
    is_any(list, word, 0)
}

/// The same, whatever the case of the letters.
pub(crate) fn is_listed_in_any_case(list: &str, word: &str) -> bool {
    is_any(list, word.as_bytes(), CASE)
}

/// The bit in which the cases of an ASCII letter differ.
const CASE: u8 = 0x20;

/// Whether a word is in a list, where letters may differ in the bits of `ignored`.
#[inline(never)]
fn is_any(list: &str, word: &[u8], ignored: u8) -> bool {
    let mut rest = list.as_bytes();
    loop {
        let mut agreed = 0;
        for (listed, byte) in rest.iter().zip(word) {
            let difference = listed ^ byte;
            let is_same =
                difference == 0 || (difference == ignored && listed.is_ascii_alphabetic());
            if !is_same {
                break;
            }
            agreed += 1;
        }
        if agreed == word.len() && matches!(rest.get(agreed), None | Some(b' ')) {
            return true;
        }
        match split_once(rest, b' ') {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
}

/// Bytes that are known to be text, because they are pieces of text.
#[inline(never)]
pub(crate) fn known_text(bytes: &[u8]) -> &str {
    core::str::from_utf8(bytes).unwrap_or_default()
}

/// The column after `before`, the text of a line up to there: counted from 1 in characters.
#[inline(never)]
pub(crate) fn column(before: &[u8]) -> u32 {
    let mut column = 1;
    for byte in before {
        // All bytes of a character in UTF-8 but the first are 10xxxxxx.
        if byte & 0xc0 != 0x80 {
            column += 1;
        }
    }
    column
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;
    use std::vec;

    #[test]
    fn a_byte_is_found_wherever_it_stands() {
        for length in 0..40 {
            let mut haystack = vec![b'\x0b'; length];
            assert_eq!(find_byte(&haystack, b'\n'), None);
            for at in (0..length).rev() {
                haystack[at] = b'\n';
                assert_eq!(find_byte(&haystack, b'\n'), Some(at), "{at} of {length}");
            }
        }
        assert_eq!(find_byte(b"\x80\xff\x00", 0), Some(2));
    }

    #[test]
    fn lines_have_numbers_and_keep_carriage_returns() {
        let of = |content: &'static [u8]| -> Vec<_> {
            lines(content, b'\n').map(|line| (line.number, line.bytes)).collect()
        };
        assert_eq!(of(b""), []);
        assert_eq!(of(b"a"), [(1, &b"a"[..])]);
        assert_eq!(of(b"a\r\n\nb\n"), [(1, &b"a\r"[..]), (2, b""), (3, b"b")]);
    }
}
