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

use crate::path::keep_text;
use crate::text;
use alloc::vec::Vec;
use core::ops::Range;

/// A file in this grammar; borrowed from its content, because without escapes a scalar is a part of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Document<'a> {
    /// The keys of the first level in the file's order, each once.
    pub entries: Vec<(Scalar<'a>, Value<'a>)>,
}

/// What stands after a key of the first level.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// Text.
    Scalar(Scalar<'a>),
    /// Keys and text, indented on the lines below; never empty, each key once.
    Map(Vec<(Scalar<'a>, Scalar<'a>)>),
    /// Nothing.
    Empty,
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

/// Parses a whole file.
pub fn parse(content: &[u8]) -> Result<Document<'_>, Error> {
    parse_text(decode(content)?)
}

/// Parses a whole file that is known to be text.
pub(crate) fn parse_text(text: &str) -> Result<Document<'_>, Error> {
    let is_plain = |byte: u8| matches!(byte, b' '..=b'~' | b'\n');
    // Without a way out in between, so that the compiler looks at many bytes at once.
    let is_checked = text.bytes().fold(true, |all, byte| all & is_plain(byte));
    let mut builder = Builder::default();
    for line in lines(text) {
        if !is_checked {
            line.check_characters()?;
        }
        builder.take(&line)?;
    }
    Ok(builder.document)
}

/// The value of a key on the first level of a file that need not be in this grammar otherwise: how a file says
/// that it was made for a newer gowr.
pub(crate) fn find_value<'a>(text: &'a str, key: &str) -> Option<Scalar<'a>> {
    lines(text)
        .filter_map(|line| line.entry(0).ok())
        .find_map(|(found, value)| if found.text == key { value } else { None })
}

/// The content as text; a byte order mark is kept, to keep positions right.
fn decode(content: &[u8]) -> Result<&str, Error> {
    core::str::from_utf8(content).map_err(|error| {
        let before = &content[..error.valid_up_to()];
        let start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        Error {
            line: number(before.split(|byte| *byte == b'\n').count()),
            column: column(&before[start..]),
            subject: None,
            message: "not UTF-8 text",
        }
    })
}

fn lines(text: &str) -> impl Iterator<Item = Line<'_>> {
    let start = if text.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len_utf8() } else { 0 };
    let mut start = start;
    text::lines(&text.as_bytes()[start..], b'\n').map(move |line| {
        let end = start + line.bytes.len();
        let text = &text[start..end];
        let text = text.strip_suffix('\r').unwrap_or(text);
        let line = Line { number: line.number, start, text };
        start = end + 1;
        line
    })
}

const BYTE_ORDER_MARK: char = '\u{feff}';

#[derive(Default)]
struct Builder<'a> {
    document: Document<'a>,
    /// Whether `---` was seen.
    started: bool,
    /// By how much the map that is being read is indented.
    indent: usize,
}

impl<'a> Builder<'a> {
    fn take(&mut self, line: &Line<'a>) -> Result<(), Error> {
        let indent = skip_spaces(line.text, 0);
        if line.is_blank_from(indent) {
            return Ok(());
        }
        if let Some(rest) = line.marker("---") {
            if self.started || !self.document.entries.is_empty() {
                return Err(line.error(0, "a second document"));
            }
            self.started = true;
            let rest = skip_spaces(line.text, rest);
            return if line.is_blank_from(rest) {
                Ok(())
            } else {
                Err(line.error(rest, "the document begins on the line after `---`"))
            };
        }
        if line.marker("...").is_some() {
            return Err(line.error(0, "a document end"));
        }
        if indent == 0 {
            let (key, value) = line.entry(0)?;
            refuse_duplicate(line, &key, self.document.entries.iter().map(|(key, _)| key))?;
            self.document.entries.push((key, value.map_or(Value::Empty, Value::Scalar)));
            return Ok(());
        }
        self.take_indented(line, indent)
    }

    fn take_indented(&mut self, line: &Line<'a>, indent: usize) -> Result<(), Error> {
        let mut parent = self.document.entries.last_mut().map(|(_, value)| value);
        if let Some(value @ Value::Empty) = &mut parent {
            **value = Value::Map(Vec::new());
            self.indent = indent;
        }
        let map = match parent {
            Some(Value::Map(map)) if indent == self.indent => map,
            Some(Value::Map(_)) if indent < self.indent => {
                return Err(line.error(indent, "indentation that matches no line above"));
            }
            _ => return Err(line.error(indent, TOO_DEEP)),
        };
        let (key, value) = line.entry(indent)?;
        refuse_duplicate(line, &key, map.iter().map(|(key, _)| key))?;
        let Some(value) = value else {
            return Err(line.error(indent, "a key without a value on its line"));
        };
        map.push((key, value));
        Ok(())
    }
}

fn refuse_duplicate<'k, 'a: 'k>(
    line: &Line<'_>,
    key: &Scalar<'_>,
    mut others: impl Iterator<Item = &'k Scalar<'a>>,
) -> Result<(), Error> {
    if others.any(|other| other.text == key.text) {
        let at = key.range.start - line.start;
        let subject = Some(keep_text(key.text));
        return Err(Error { subject, ..line.error(at, "is there twice") });
    }
    Ok(())
}

/// One line, without its end.
struct Line<'a> {
    number: u32,
    /// Where it begins in the content.
    start: usize,
    text: &'a str,
}

/// What ends a plain scalar.
enum Stop {
    Colon,
    Comment,
    LineEnd,
}

impl<'a> Line<'a> {
    /// The entry that begins at `indent`, which is not the end of the line.
    fn entry(&self, indent: usize) -> Result<(Scalar<'a>, Option<Scalar<'a>>), Error> {
        let (key, end) = self.key(indent)?;
        if key.range.len() > KEY_LIMIT {
            return Err(self.error(indent, "a key this long"));
        }
        let value = skip_spaces(self.text, end);
        if self.is_blank_from(value) {
            return Ok((key, None));
        }
        Ok((key, Some(self.value(value)?)))
    }

    /// The key that starts at `start`, and where the line goes on after the colon.
    fn key(&self, start: usize) -> Result<(Scalar<'a>, usize), Error> {
        const EXPECTED: &str = "expected `key: value`";
        if let Some((key, end)) = self.quoted(start)? {
            let colon = skip_spaces(self.text, end);
            return match &self.text.as_bytes()[colon..] {
                [b':'] | [b':', b' ', ..] => Ok((key, colon + 1)),
                _ => Err(self.error(colon, EXPECTED)),
            };
        }
        self.refuse_indicator(start)?;
        match self.plain(start) {
            (key, _, Stop::Colon) if key.text == "<<" => Err(self.error(start, "a merge key")),
            (key, colon, Stop::Colon) => Ok((key, colon + 1)),
            _ => Err(self.error(start, EXPECTED)),
        }
    }

    fn value(&self, start: usize) -> Result<Scalar<'a>, Error> {
        if let Some((value, end)) = self.quoted(start)? {
            let rest = skip_spaces(self.text, end);
            let is_end = self.is_blank_from(rest) && (rest > end || rest == self.text.len());
            return if is_end {
                Ok(value)
            } else {
                Err(self.error(rest, "text after the closing quote"))
            };
        }
        self.refuse_indicator(start)?;
        match self.plain(start) {
            (_, colon, Stop::Colon) => {
                Err(self.error(colon, "a colon in a value: put the value in quotes"))
            }
            (value, _, _) => Ok(value),
        }
    }

    /// A scalar in quotes and where the line goes on after it, if there is a quote at `start`.
    fn quoted(&self, start: usize) -> Result<Option<(Scalar<'a>, usize)>, Error> {
        let bytes = self.text.as_bytes();
        let quote = match bytes.get(start) {
            Some(quote @ (b'"' | b'\'')) => *quote,
            _ => return Ok(None),
        };
        let escape = if quote == b'"' { b'\\' } else { b'\'' };
        let inner = start + 1;
        for at in inner..bytes.len() {
            let byte = bytes[at];
            // In single quotes, a quote twice is the escape for one.
            if byte == escape && (quote == b'"' || bytes.get(at + 1) == Some(&escape)) {
                return Err(self.error(at, "an escape: use the other kind of quotes"));
            }
            if byte == quote {
                let end = at + 1;
                return Ok(Some((self.scalar(start..end, &self.text[inner..at]), end)));
            }
        }
        Err(self.error(start, "a quote that is not closed on its line"))
    }

    /// A scalar without quotes, and where and why it ends.
    fn plain(&self, start: usize) -> (Scalar<'a>, usize, Stop) {
        let bytes = self.text.as_bytes();
        let mut end = (bytes.len(), Stop::LineEnd);
        for at in start..bytes.len() {
            match bytes[at] {
                b':' if matches!(bytes.get(at + 1), None | Some(b' ')) => {
                    end = (at, Stop::Colon);
                    break;
                }
                b'#' if at > start && bytes[at - 1] == b' ' => {
                    end = (at, Stop::Comment);
                    break;
                }
                _ => {}
            }
        }
        let (end, stop) = end;
        let text = self.text[start..end].trim_end_matches(' ');
        (self.scalar(start..start + text.len(), text), end, stop)
    }

    /// Characters that start something else than a plain scalar in YAML, and a few that may.
    fn refuse_indicator(&self, start: usize) -> Result<(), Error> {
        let mut characters = self.text[start..].chars();
        let first = characters.next();
        let alone = matches!(characters.next(), None | Some(' '));
        let message = match first {
            Some('-') if alone => "a sequence: one value is written after its key",
            Some('?') if alone => "a complex key",
            Some('{' | '[' | '}' | ']' | ',') => "a flow collection: keys go on lines of their own",
            Some('&') => "an anchor",
            Some('*') => "an alias",
            Some('!') => "a tag",
            Some('|' | '>') => "a block scalar: a value is one line",
            Some('%') if start == 0 => "a directive",
            Some('-' | '?' | ':' | '%' | '@' | '`' | '#') => {
                "a character that cannot come first: put the text in quotes"
            }
            _ => return Ok(()),
        };
        Err(self.error(start, message))
    }

    /// Refuses what YAML does not allow in a text, and what some YAML parsers take for the end of a line.
    fn check_characters(&self) -> Result<(), Error> {
        for (at, character) in self.text.char_indices() {
            let message = match character {
                '\t' => "a tab: use spaces",
                '\r' => "a carriage return inside a line",
                BYTE_ORDER_MARK => "a byte order mark inside the text",
                '\u{2028}' | '\u{2029}' | '\u{fffe}' | '\u{ffff}' => "a character YAML forbids",
                _ if character.is_control() => "a control character",
                _ => continue,
            };
            return Err(self.error(at, message));
        }
        Ok(())
    }

    /// Where the line goes on after a document marker that stands alone at its start.
    fn marker(&self, marker: &str) -> Option<usize> {
        let rest = self.text.strip_prefix(marker)?;
        (rest.is_empty() || rest.starts_with(' ')).then_some(marker.len())
    }

    /// Whether nothing or a comment stands at `at`.
    fn is_blank_from(&self, at: usize) -> bool {
        matches!(self.text.as_bytes().get(at), None | Some(b'#'))
    }

    fn scalar(&self, range: Range<usize>, text: &'a str) -> Scalar<'a> {
        let column = column(&self.text.as_bytes()[..range.start]);
        let range = self.start + range.start..self.start + range.end;
        Scalar { text, line: self.number, column, range, source: self.text }
    }

    fn error(&self, at: usize, message: &'static str) -> Error {
        let column = column(&self.text.as_bytes()[..at]);
        Error { line: self.number, column, subject: None, message }
    }
}

fn skip_spaces(text: &str, from: usize) -> usize {
    let rest = &text.as_bytes()[from..];
    from + rest.iter().position(|byte| *byte != b' ').unwrap_or(rest.len())
}

/// The column after `before`, the text of a line up to there.
fn column(before: &[u8]) -> u32 {
    let is_first = |byte: &&u8| (**byte).cast_signed() >= -0x40;
    number(before.iter().filter(is_first).count() + 1)
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
