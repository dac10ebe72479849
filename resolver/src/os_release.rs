//! `/etc/os-release`, as far as anyone here asks: os-release(5) where the file keeps to it, and tolerance
//! where it does not (`ID="XCP-ng"`, an unfilled template, other systems' line ends).

use crate::path;
use crate::text::{BYTE_ORDER_MARK, find_byte, lines, split_once, words};

/// What stands for a value that is no text.
const NO_TEXT: &str = "\u{fffd}";

/// Which distro this is, in its own words: untrusted text, for a path only after sanitising.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OsRelease {
    /// `ID`; `linux` where there is none, as os-release(5) says.
    pub id: &'static str,
    /// `VERSION_ID`; rolling distros have none.
    pub version_id: Option<&'static str>,
    /// `ID_LIKE`: words, closest relative first.
    id_like: &'static str,
}

impl OsRelease {
    /// The words of `ID_LIKE`, closest relative first.
    pub fn id_like(self) -> impl Iterator<Item = &'static str> {
        words(self.id_like.as_bytes()).map(|word| word.text)
    }
}

/// Reads the file; lines that are no assignment of these three are passed over, and of two the later counts,
/// as in a shell.
pub fn parse(content: &[u8]) -> OsRelease {
    let content = content.strip_prefix(BYTE_ORDER_MARK).unwrap_or(content);
    // A file whose lines end in carriage returns alone has no line feed at all.
    let end = if find_byte(content, b'\n').is_some() { b'\n' } else { b'\r' };
    let (mut id, mut version_id, mut id_like): (&[u8], &[u8], &[u8]) = (b"", b"", b"");
    for line in lines(content, end) {
        let assignment = line.bytes.trim_ascii_start();
        // Most lines are of no interest, and their first byte says so.
        let Some(b'I' | b'V') = assignment.first() else { continue };
        match split_once(assignment, b'=') {
            Some((b"ID", value)) => id = value,
            Some((b"ID_LIKE", value)) => id_like = value,
            Some((b"VERSION_ID", value)) => version_id = value,
            _ => {}
        }
    }
    let (id, version_id) = (unquote(id), unquote(version_id));
    OsRelease {
        id: if id.is_empty() { "linux" } else { id },
        version_id: if version_id.is_empty() { None } else { Some(version_id) },
        id_like: unquote(id_like),
    }
}

/// The text of a value as a shell would read it, except that a quote nobody closes ends with the line and a
/// blank outside quotes is kept, as systemd does.
#[inline(never)]
fn unquote(value: &[u8]) -> &'static str {
    let value = value.trim_ascii();
    let (quote, inner) = match value {
        [quote @ (b'"' | b'\''), inner @ ..] => (Some(*quote), inner),
        _ => (None, value),
    };
    let text = path::concat_mut(&[inner]);
    let (mut length, mut last, mut rest) = (0, b'"', inner);
    while let [byte, after @ ..] = rest {
        rest = after;
        last = match *byte {
            byte if Some(byte) == quote => break,
            b'#' if quote.is_none() && last.is_ascii_whitespace() => break,
            b'\\' if quote != Some(b'\'') => match rest {
                [escaped, after @ ..] if quote.is_none() || b"$\"\\`".contains(escaped) => {
                    rest = after;
                    *escaped
                }
                _ => b'\\',
            },
            byte => byte,
        };
        if let Some(place) = text.get_mut(length) {
            *place = last;
        }
        length += 1;
    }
    let text = text.get(..length).unwrap_or_default();
    let text = if quote.is_none() { text.trim_ascii_end() } else { text };
    core::str::from_utf8(text).unwrap_or(NO_TEXT)
}

#[cfg(test)]
mod tests;
