//! Bytes into lines, for the line-based formats.

/// A line of a file, without its line feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Line<'a> {
    /// Counted from 1.
    pub(crate) number: u32,
    /// Its bytes; a carriage return at the end is still there.
    pub(crate) bytes: &'a [u8],
}

/// The lines of `content`; there is no last empty one after a final `end`.
pub(crate) fn lines(content: &[u8], end: u8) -> impl Iterator<Item = Line<'_>> {
    let mut rest = content;
    let mut number = 0;
    core::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let bytes = match find_byte(rest, end) {
            Some(at) => {
                let (line, after) = rest.split_at(at);
                rest = &after[1..];
                line
            }
            None => core::mem::take(&mut rest),
        };
        number += 1;
        Some(Line { number, bytes })
    })
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
