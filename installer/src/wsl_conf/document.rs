//! The grammar of wsl.conf, as WSL reads it (`src/shared/configfile/configfile.cpp` in its source).
//!
//! Two things are unlike other files of this kind: `;` begins no comment, and WSL reads no further than the first line
//! that it does not understand, so that all below it counts for nothing (<https://github.com/microsoft/WSL/issues/41590>).

use std::fmt;
use std::ops::Range;

/// What stands in a wsl.conf, down to where WSL stops to read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Document {
    /// The section headers, in order.
    pub sections: Vec<Section>,
    /// The keys, in order.
    pub entries: Vec<Entry>,
    /// Where and why WSL reads no further; none where it reads the whole file.
    pub stop: Option<Stop>,
    /// Whether the last line has no end: what is put behind it would belong to it.
    pub(crate) is_unfinished: bool,
}

/// `[boot]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// Its name as written.
    pub name: String,
    /// Its line, from 1.
    pub line: u32,
    /// Its line in the file, with a comment and the line end.
    pub(crate) whole: Range<usize>,
}

/// `key = value`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Which section it is in; none before the first.
    pub(crate) section: Option<usize>,
    /// Its name as written, with the section's: `boot.systemd`.
    pub name: String,
    /// What WSL takes for its value: without quotes, escapes resolved.
    pub value: Vec<u8>,
    /// The line where it begins, from 1.
    pub line: u32,
    /// The value as written, without white space around it.
    pub(crate) raw: Range<usize>,
    /// Its lines in the file, with a comment and the line end.
    pub(crate) whole: Range<usize>,
    /// Where a comment begins on its last line.
    pub(crate) comment: Option<usize>,
}

/// Where WSL reads no further.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stop {
    /// The line, from 1.
    pub line: u32,
    /// What it does not understand.
    pub reason: Reason,
}

/// Why WSL does not understand a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The file begins with a byte order mark.
    ByteOrderMark,
    /// `;`, which begins no comment here.
    Semicolon,
    /// It begins with something else that is no letter.
    NoKey,
    /// A section's name that is not of letters and digits, or is not closed by `]`.
    SectionName,
    /// Something that is no comment stands after `]`.
    AfterSection,
    /// A key that is not of letters and digits, or has no `=` after it.
    NoEqualsSign,
    /// `\` before something else than `\`, `"`, `b`, `n`, `t` and the end of the line.
    Escape,
    /// A quote that is not closed on its line.
    OpenQuote,
}

impl fmt::Display for Reason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::ByteOrderMark => "a byte order mark",
            Self::Semicolon => "`;` begins no comment here, `#` does",
            Self::NoKey => "neither a key nor a section nor a comment",
            Self::SectionName => "a section's name is letters and digits in brackets",
            Self::AfterSection => "there is something behind the section's name",
            Self::NoEqualsSign => "a key is letters and digits, and then `=`",
            Self::Escape => "a backslash that is not written twice",
            Self::OpenQuote => "a quote that is not closed",
        })
    }
}

impl Document {
    /// Reads a file.
    pub fn parse(content: &[u8]) -> Self {
        let mut parser = Parser { content, at: 0, line: 1, begin: 0, document: Self::default() };
        if let Err(stop) = parser.run() {
            parser.document.stop = Some(stop);
        }
        parser.document
    }

    /// The keys of this name, in order: the first one counts.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Entry> {
        self.entries.iter().filter(move |entry| entry.is(name))
    }

    /// The key of this name that counts.
    pub fn first(&self, name: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.is(name))
    }
}

impl Entry {
    /// Whether this is its name, `boot.systemd`, in whatever case.
    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }
}

const fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

struct Parser<'a> {
    content: &'a [u8],
    at: usize,
    line: u32,
    /// Where the line began.
    begin: usize,
    document: Document,
}

impl Parser<'_> {
    fn peek(&self) -> Option<u8> {
        self.content.get(self.at).copied()
    }

    fn stop(&self, reason: Reason) -> Stop {
        Stop { line: self.line, reason }
    }

    fn skip_blanks(&mut self) {
        while self.peek().is_some_and(is_blank) {
            self.at += 1;
        }
    }

    /// Goes behind letters and digits, of which the first must be a letter.
    fn name(&mut self) -> Option<String> {
        let begin = self.at;
        if !self.peek()?.is_ascii_alphabetic() {
            return None;
        }
        while self.peek().is_some_and(|byte| byte.is_ascii_alphanumeric()) {
            self.at += 1;
        }
        Some(String::from_utf8_lossy(&self.content[begin..self.at]).into_owned())
    }

    fn run(&mut self) -> Result<(), Stop> {
        loop {
            self.begin = self.at;
            self.skip_blanks();
            match self.peek() {
                None => {
                    self.document.is_unfinished |= self.begin < self.at;
                    return Ok(());
                }
                Some(b'\n' | b'\r' | b'#') => self.end_line(),
                Some(b'[') => self.section()?,
                Some(byte) if byte.is_ascii_alphabetic() => self.entry()?,
                Some(b';') => return Err(self.stop(Reason::Semicolon)),
                Some(_) if self.content.starts_with("\u{feff}".as_bytes()) && self.at == 0 => {
                    return Err(self.stop(Reason::ByteOrderMark));
                }
                Some(_) => return Err(self.stop(Reason::NoKey)),
            }
        }
    }

    /// Goes behind the end of a line, at which, or at the comment before which, this is. A carriage return ends a line, too,
    /// but no comment.
    fn end_line(&mut self) {
        if self.peek() == Some(b'#') {
            let rest = &self.content[self.at..];
            self.at += rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
        }
        self.document.is_unfinished = self.peek().is_none();
        if self.peek() == Some(b'\r') {
            self.at += 1;
        }
        if self.peek() == Some(b'\n') {
            self.at += 1;
            self.line += 1;
        }
    }

    fn section(&mut self) -> Result<(), Stop> {
        let (begin, line) = (self.begin, self.line);
        self.at += 1;
        let name = self.name().ok_or(self.stop(Reason::SectionName))?;
        if self.peek() != Some(b']') {
            return Err(self.stop(Reason::SectionName));
        }
        self.at += 1;
        self.skip_blanks();
        if !matches!(self.peek(), None | Some(b'\n' | b'\r' | b'#')) {
            return Err(self.stop(Reason::AfterSection));
        }
        self.end_line();
        self.document.sections.push(Section { name, line, whole: begin..self.at });
        Ok(())
    }

    fn entry(&mut self) -> Result<(), Stop> {
        let (begin, line) = (self.begin, self.line);
        let key = self.name().ok_or(self.stop(Reason::NoKey))?;
        self.skip_blanks();
        if self.peek() != Some(b'=') {
            return Err(self.stop(Reason::NoEqualsSign));
        }
        self.at += 1;
        self.skip_blanks();
        let (value, raw) = self.value()?;
        let comment = (self.peek() == Some(b'#')).then_some(self.at);
        self.end_line();
        let section = self.document.sections.len().checked_sub(1);
        let name = match section {
            Some(section) => format!("{}.{key}", self.document.sections[section].name),
            None => key,
        };
        let whole = begin..self.at;
        self.document.entries.push(Entry { section, name, value, line, raw, whole, comment });
        Ok(())
    }

    /// A value and where it stands; white space at its end belongs to it where it is quoted.
    fn value(&mut self) -> Result<(Vec<u8>, Range<usize>), Stop> {
        let (begin, mut end) = (self.at, self.at);
        let (mut value, mut length) = (Vec::new(), 0);
        let mut is_quoted = false;
        while let Some(byte) = self.peek() {
            match byte {
                b'\n' | b'\r' => break,
                b'#' if !is_quoted => break,
                b'"' => is_quoted = !is_quoted,
                b'\\' => {
                    self.at += 1;
                    match self.peek() {
                        Some(escaped @ (b'\\' | b'"')) => value.push(escaped),
                        Some(b'b') => value.push(b'\x08'),
                        Some(b'n') => value.push(b'\n'),
                        Some(b't') => value.push(b'\t'),
                        Some(b'\n') => self.line += 1,
                        _ => return Err(self.stop(Reason::Escape)),
                    }
                }
                _ => value.push(byte),
            }
            self.at += 1;
            if !is_blank(byte) {
                (end, length) = (self.at, value.len());
            }
        }
        if is_quoted {
            return Err(self.stop(Reason::OpenQuote));
        }
        value.truncate(length);
        // A string of C ends there.
        if let Some(zero) = value.iter().position(|byte| *byte == 0) {
            value.truncate(zero);
        }
        Ok((value, begin..end))
    }
}
