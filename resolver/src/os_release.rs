//! `/etc/os-release`, as far as anyone here asks: os-release(5) where the file keeps to it, and tolerance
//! where it does not (`ID="XCP-ng"`, an unfilled template, other systems' line ends).

use crate::text::{find_byte, lines};
use alloc::string::String;
use alloc::vec::Vec;

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
        self.id_like.split_ascii_whitespace()
    }
}

/// Reads the file; lines that are no assignment of these three are passed over, and of two the later counts,
/// as in a shell.
pub fn parse(content: &[u8]) -> OsRelease {
    let content = content.strip_prefix(b"\xef\xbb\xbf").unwrap_or(content);
    // A file whose lines end in carriage returns alone has no line feed at all.
    let end = if find_byte(content, b'\n').is_some() { b'\n' } else { b'\r' };
    let (mut id, mut version_id, mut id_like) = (None, None, None);
    for line in lines(content, end) {
        let assignment = line.bytes.trim_ascii_start();
        let (slot, value) = match assignment {
            [b'I', b'D', b'=', value @ ..] => (&mut id, value),
            [b'I', b'D', b'_', b'L', b'I', b'K', b'E', b'=', value @ ..] => (&mut id_like, value),
            [b'V', rest @ ..] => match rest.strip_prefix(b"ERSION_ID=") {
                Some(value) => (&mut version_id, value),
                None => continue,
            },
            _ => continue,
        };
        *slot = Some(value);
    }
    let text = |value: Option<&[u8]>| value.map(unquote).filter(|text| !text.is_empty());
    OsRelease {
        id: text(id).unwrap_or("linux"),
        version_id: text(version_id),
        id_like: text(id_like).unwrap_or_default(),
    }
}

/// The text of a value as a shell would read it, except that a quote nobody closes ends with the line and a
/// blank outside quotes is kept, as systemd does.
fn unquote(value: &[u8]) -> &'static str {
    let value = value.trim_ascii();
    let (quote, inner) = match value {
        [quote @ (b'"' | b'\''), inner @ ..] => (Some(*quote), inner),
        _ => (None, value),
    };
    let mut text = Vec::with_capacity(inner.len());
    let mut bytes = inner.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        match byte {
            _ if Some(byte) == quote => break,
            b'#' if quote.is_none() && text.last().is_some_and(u8::is_ascii_whitespace) => break,
            b'\\' if quote != Some(b'\'') => {
                let escaped = match bytes.peek() {
                    Some(next) if quote.is_none() || b"$\"\\`".contains(next) => bytes.next(),
                    _ => None,
                };
                text.push(escaped.unwrap_or(byte));
            }
            _ => text.push(byte),
        }
    }
    let end = if quote.is_none() { text.trim_ascii_end().len() } else { text.len() };
    text.truncate(end);
    String::from_utf8(text)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
        .leak()
}

#[cfg(test)]
mod tests;
