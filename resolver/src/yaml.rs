//! The one strict grammar of `.gowr.yaml` and the configuration: a small part of YAML, and nothing that means
//! something else to a YAML parser.
//!
//! ```yaml
//! ---                  # optional
//! key: value           # plain, 'single' or "double", on one line, without escapes
//! map:
//!   key: value         # the second and last level
//! ```
//!
//! Scalars are text as written: `1.20` is not the number 1.2, and `no` is not false. What a newcomer could take
//! for something else (a tab, a key twice, a value going on in the next line) is an error with its place.

use alloc::vec::Vec;
use core::cmp::Ordering;
use core::ops::Range;

use crate::path::{keep_text, keep_value};
use crate::text;

/// A key and what stands after it; borrowed from the file's content, because without escapes a scalar is a part
/// of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry<'a> {
    /// The key of the map it is in; none on the first level.
    pub parent: Option<&'a str>,
    /// The key.
    pub key: Scalar<'a>,
    /// The text on the same line; always there on the second level.
    pub value: Option<Scalar<'a>>,
    /// Whether a map follows: entries with this one as their parent.
    pub is_map: bool,
}

/// A key or a value, as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scalar<'a> {
    /// The text, without quotes.
    pub text: &'a str,
    /// The line, counted from 1.
    pub line: u32,
    /// The column of the first character, quotes included, counted from 1 in characters.
    pub column: u32,
    /// The bytes of the content that hold it, quotes included, for editing in place.
    pub range: Range<usize>,
    /// The whole line it stands in, without its end.
    pub source: &'a str,
}

/// What is wrong, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Error {
    /// The line, counted from 1.
    pub line: u32,
    /// The column, counted from 1 in characters.
    pub column: u32,
    /// The key it is about, where there is one.
    pub subject: Option<&'static str>,
    /// What is wrong: lower case, no period, and about the subject.
    pub message: &'static str,
}

const TOO_DEEP: &str = "unexpected indentation: a value is one line, and there are two levels";

/// A YAML parser may give up looking for the colon after 1024 characters (YAML 1.2.2, 7.4.2).
const KEY_LIMIT: usize = 1000;

/// Parses a whole file: its entries in the file's order, each key of a level or map once.
pub fn parse(content: &[u8]) -> Result<Vec<Entry<'_>>, Error> {
    entries(decode(content)?).map_err(|error| *error)
}

/// Parses a whole file that is known to be text.
pub(crate) fn entries(text: &str) -> Result<Vec<Entry<'_>>, &'static Error> {
    let mut reader = Reader::default();
    for line in lines(text) {
        line.check_characters()?;
        reader.take(&line)?;
    }
    Ok(reader.entries)
}

/// The value of a key on the first level of a file that need not be in this grammar otherwise: how a file says
/// that it was made for a newer gowr.
pub(crate) fn find_value<'a>(text: &'a str, key: &str) -> Option<Scalar<'a>> {
    for line in lines(text) {
        if let Ok(entry) = line.entry(0)
            && entry.key.text == key
            && entry.value.is_some()
        {
            return entry.value;
        }
    }
    None
}

/// The content as text; a byte order mark is kept, to keep positions right.
fn decode(content: &[u8]) -> Result<&str, Error> {
    core::str::from_utf8(content).map_err(|error| {
        let before = &content[..error.valid_up_to()];
        let start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        Error {
            line: number(before.split(|byte| *byte == b'\n').count()),
            column: text::column(&before[start..]),
            subject: None,
            message: "not UTF-8 text",
        }
    })
}

fn lines(text: &str) -> impl Iterator<Item = Line<'_>> {
    let content = text.as_bytes();
    let content = content.strip_prefix(text::BYTE_ORDER_MARK).unwrap_or(content);
    let mut next = text.len() - content.len();
    text::lines(content, b'\n').map(move |line| {
        let start = next;
        next += line.bytes.len() + 1;
        let bytes = line.bytes.strip_suffix(b"\r").unwrap_or(line.bytes);
        let text = text.get(start..start + bytes.len()).unwrap_or_default();
        Line { number: line.number, start, text }
    })
}

#[derive(Default)]
struct Reader<'a> {
    entries: Vec<Entry<'a>>,
    /// Whether `---` was seen.
    started: bool,
    /// Which entry has the last key of the first level.
    last_key: usize,
    /// By how much the map below it is indented.
    indent: usize,
}

impl<'a> Reader<'a> {
    fn take(&mut self, line: &Line<'a>) -> Result<(), &'static Error> {
        let indent = line.skip_spaces(0);
        if line.is_blank_from(indent) {
            return Ok(());
        }
        if line.has_marker("---") {
            if self.started || !self.entries.is_empty() {
                return Err(line.error(0, "a second document"));
            }
            self.started = true;
            let rest = line.skip_spaces(3);
            return if line.is_blank_from(rest) {
                Ok(())
            } else {
                Err(line.error(rest, "the document begins on the line after `---`"))
            };
        }
        if line.has_marker("...") {
            return Err(line.error(0, "a document end"));
        }
        let parent = if indent == 0 { None } else { Some(self.parent(line, indent)?) };
        let entry = Entry { parent, ..line.entry(indent)? };
        for other in &self.entries {
            if other.key.text == entry.key.text && other.parent == parent {
                let subject = Some(keep_text(entry.key.text));
                return Err(keep_value(Error { subject, ..*line.error(indent, "is there twice") }));
            }
        }
        if parent.is_none() {
            self.last_key = self.entries.len();
        } else if entry.value.is_none() {
            return Err(line.error(indent, "a key without a value on its line"));
        }
        self.entries.push(entry);
        Ok(())
    }

    /// The key whose map an indented line belongs to.
    fn parent(&mut self, line: &Line<'_>, indent: usize) -> Result<&'a str, &'static Error> {
        match self.entries.get_mut(self.last_key) {
            Some(parent @ Entry { value: None, .. }) => {
                if !parent.is_map {
                    parent.is_map = true;
                    self.indent = indent;
                }
                match indent.cmp(&self.indent) {
                    Ordering::Equal => Ok(parent.key.text),
                    Ordering::Less => {
                        Err(line.error(indent, "indentation that matches no line above"))
                    }
                    Ordering::Greater => Err(line.error(indent, TOO_DEEP)),
                }
            }
            _ => Err(line.error(indent, TOO_DEEP)),
        }
    }
}

/// One line, without its end.
struct Line<'a> {
    number: u32,
    /// Where it begins in the content.
    start: usize,
    text: &'a str,
}

impl<'a> Line<'a> {
    /// The entry that begins at `indent`, which is not the end of the line.
    fn entry(&self, indent: usize) -> Result<Entry<'a>, &'static Error> {
        const EXPECTED: &str = "expected `key: value`";
        let (key, end) = self.scalar(indent)?;
        let colon = self.skip_spaces(end);
        if !matches!(self.from(colon), [b':'] | [b':', b' ', ..]) {
            let at = if self.quote(indent).is_some() { colon } else { indent };
            return Err(self.error(at, EXPECTED));
        }
        if self.from(indent).starts_with(b"<<") && key.text.len() == 2 {
            return Err(self.error(indent, "a merge key"));
        }
        if key.range.len() > KEY_LIMIT {
            return Err(self.error(indent, "a key this long"));
        }
        let start = self.skip_spaces(colon + 1);
        let value = if self.is_blank_from(start) { None } else { Some(self.value(start)?) };
        Ok(Entry { parent: None, key, value, is_map: false })
    }

    fn value(&self, start: usize) -> Result<Scalar<'a>, &'static Error> {
        let (value, end) = self.scalar(start)?;
        let rest = self.skip_spaces(end);
        match self.from(rest) {
            [] => Ok(value),
            [b'#', ..] if rest > end => Ok(value),
            _ if self.quote(start).is_some() => {
                Err(self.error(rest, "text after the closing quote"))
            }
            _ => Err(self.error(rest, "a colon in a value: put the value in quotes")),
        }
    }

    /// The key or value that begins at `start`, and where the line goes on after it.
    fn scalar(&self, start: usize) -> Result<(Scalar<'a>, usize), &'static Error> {
        let (inner, end) = if let Some(quote) = self.quote(start) {
            let close = self.closing_quote(start, quote)?;
            (start + 1..close, close + 1)
        } else {
            self.refuse_indicator(start)?;
            let end = self.plain_end(start);
            (start..end, end)
        };
        let scalar = Scalar {
            text: self.text.get(inner).unwrap_or_default(),
            line: self.number,
            column: self.column(start),
            range: self.start + start..self.start + end,
            source: self.text,
        };
        Ok((scalar, end))
    }

    /// The quote at `start`, if there is one.
    fn quote(&self, start: usize) -> Option<u8> {
        match self.from(start) {
            [quote @ (b'"' | b'\''), ..] => Some(*quote),
            _ => None,
        }
    }

    /// Where the quote is that closes the one at `start`.
    fn closing_quote(&self, start: usize, quote: u8) -> Result<usize, &'static Error> {
        let mut at = start + 1;
        loop {
            match self.from(at) {
                // In single quotes, a quote twice is the escape for one.
                [b'\\', ..] if quote == b'"' => break,
                [b'\'', b'\'', ..] if quote == b'\'' => break,
                [byte, ..] if *byte == quote => return Ok(at),
                [] => return Err(self.error(start, "a quote that is not closed on its line")),
                _ => at += 1,
            }
        }
        Err(self.error(at, "an escape: use the other kind of quotes"))
    }

    /// Where a scalar without quotes ends: before a colon, a comment or the end of the line, and blanks there.
    fn plain_end(&self, start: usize) -> usize {
        let (mut end, mut at) = (start, start);
        loop {
            match self.from(at) {
                [] | [b':'] | [b':', b' ', ..] => return end,
                [b'#', ..] if at > end => return end,
                [b' ', ..] => at += 1,
                _ => {
                    at += 1;
                    end = at;
                }
            }
        }
    }

    /// Characters that start something else than a plain scalar in YAML, and a few that may.
    fn refuse_indicator(&self, start: usize) -> Result<(), &'static Error> {
        let message = match self.from(start) {
            [b'-'] | [b'-', b' ', ..] => "a sequence: one value is written after its key",
            [b'?'] | [b'?', b' ', ..] => "a complex key",
            [b'{' | b'[' | b'}' | b']' | b',', ..] => {
                "a flow collection: keys go on lines of their own"
            }
            [b'&', ..] => "an anchor",
            [b'*', ..] => "an alias",
            [b'!', ..] => "a tag",
            [b'|' | b'>', ..] => "a block scalar: a value is one line",
            [b'%', ..] if start == 0 => "a directive",
            [b'-' | b'?' | b':' | b'%' | b'@' | b'`' | b'#', ..] => {
                "a character that cannot come first: put the text in quotes"
            }
            _ => return Ok(()),
        };
        Err(self.error(start, message))
    }

    /// Refuses what YAML does not allow in a text, and what some YAML parsers take for the end of a line.
    fn check_characters(&self) -> Result<(), &'static Error> {
        let mut rest = self.text.as_bytes();
        loop {
            let message = match rest {
                [] => return Ok(()),
                [b'\t', ..] => "a tab: use spaces",
                [b'\r', ..] => "a carriage return inside a line",
                [0xef, 0xbb, 0xbf, ..] => "a byte order mark inside the text",
                // U+2028, U+2029, U+FFFE and U+FFFF
                [0xe2, 0x80, 0xa8 | 0xa9, ..] | [0xef, 0xbf, 0xbe | 0xbf, ..] => {
                    "a character YAML forbids"
                }
                // up to U+001F, and U+007F to U+009F
                [0..=0x1f | 0x7f, ..] | [0xc2, 0x80..=0x9f, ..] => "a control character",
                [_, after @ ..] => {
                    rest = after;
                    continue;
                }
            };
            return Err(self.error(self.text.len() - rest.len(), message));
        }
    }

    /// Whether the line is a document marker, which stands alone or with something after a blank.
    fn has_marker(&self, marker: &str) -> bool {
        let rest = self.text.as_bytes().strip_prefix(marker.as_bytes());
        matches!(rest, Some([] | [b' ', ..]))
    }

    /// Whether nothing or a comment stands at `at`.
    fn is_blank_from(&self, at: usize) -> bool {
        matches!(self.from(at), [] | [b'#', ..])
    }

    fn skip_spaces(&self, mut at: usize) -> usize {
        while let [b' ', ..] = self.from(at) {
            at += 1;
        }
        at
    }

    /// The line from `at` on.
    fn from(&self, at: usize) -> &'a [u8] {
        self.text.as_bytes().get(at..).unwrap_or_default()
    }

    fn column(&self, at: usize) -> u32 {
        text::column(self.text.as_bytes().get(..at).unwrap_or_default())
    }

    #[cold]
    #[inline(never)]
    fn error(&self, at: usize, message: &'static str) -> &'static Error {
        let (line, column) = (self.number, self.column(at));
        keep_value(Error { line, column, subject: None, message })
    }
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
