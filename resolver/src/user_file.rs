//! What pin files and the configuration have in common: limits, errors, `format`, and unknown keys.

use alloc::string::String;
use alloc::vec::Vec;

use crate::failure::Code;
use crate::path::{Bytes, keep_text, keep_value};
use crate::text::find_byte;
use crate::version::Request;
use crate::yaml::{self, Entry, Scalar};

/// What is wrong with a file that a person writes. Only data: the proxy never shows it, `gowr` makes it a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Error {
    /// [`Code::BadPin`] or [`Code::NewerFormat`].
    pub code: Code,
    /// The line, counted from 1; 0 means the whole file, and then the message goes on after its name
    /// (`is not a text file`).
    pub line: u32,
    /// The column, counted from 1 in characters; none where the line says enough.
    pub column: Option<u32>,
    /// The word it is about, where it is about one.
    pub subject: Option<&'static str>,
    /// What is wrong: lower case, no period, and about the subject.
    pub message: &'static str,
    /// The way out.
    pub hint: Hint,
}

/// The way out of an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hint {
    /// There is none to name.
    None,
    /// These words.
    Text(&'static str),
    /// Another spelling of the subject, which should be a version or a name.
    Choice,
    /// One of these keys.
    Keys(&'static [&'static str]),
}

impl Error {
    /// An error about a key or a value, named in the message.
    #[cold]
    #[inline(never)]
    pub(crate) fn about(scalar: &Scalar<'_>, message: &'static str, hint: Hint) -> &'static Self {
        keep_value(Self {
            code: Code::BadPin,
            line: scalar.line,
            column: Some(scalar.column),
            subject: Some(keep_text(scalar.text)),
            message,
            hint,
        })
    }

    #[cold]
    #[inline(never)]
    fn whole_file(message: &'static str, hint: Hint) -> &'static Self {
        keep_value(Self { code: Code::BadPin, line: 0, column: None, subject: None, message, hint })
    }

    /// What is wrong, in words.
    pub fn message(&self) -> String {
        match self.subject {
            Some(subject) => [&quote(subject), " ", self.message].concat(),
            None => String::from(self.message),
        }
    }

    /// The way out, in words.
    pub fn hint(&self) -> Option<String> {
        let subject = self.subject.unwrap_or_default();
        match self.hint {
            Hint::None => None,
            Hint::Text(text) => Some(String::from(text)),
            Hint::Choice => Some(way_out(subject)),
            Hint::Keys(keys) => Some(nearest(subject, keys)),
        }
    }
}

impl From<yaml::Error> for Error {
    fn from(error: yaml::Error) -> Self {
        Self {
            code: Code::BadPin,
            line: error.line,
            column: Some(error.column),
            subject: error.subject,
            message: error.message,
            hint: Hint::None,
        }
    }
}

/// How much of a file is read at most, in bytes. Callers read one byte more, so that a longer file shows.
pub const SIZE_LIMIT: usize = 64 * 1024;

/// The content as text; `too_large` is what to say of more than the limit.
pub(crate) fn text(
    content: Bytes,
    too_large: &'static str,
) -> Result<&'static str, &'static Error> {
    if content.len() > SIZE_LIMIT {
        return Err(Error::whole_file(too_large, Hint::None));
    }
    match core::str::from_utf8(content) {
        Ok(text) if find_byte(content, 0).is_none() => Ok(text),
        _ => {
            // What `echo 1.22 > .go-version` writes in Windows PowerShell.
            let is_utf16 = matches!(content, [0xff, 0xfe, ..] | [0xfe, 0xff, ..]);
            let hint = if is_utf16 { Hint::Text("save it as UTF-8") } else { Hint::None };
            Err(Error::whole_file("is not a text file", hint))
        }
    }
}

/// The entries of a file in our own grammar after judging its `format`, which a newer gowr's file has to say and
/// this one has to understand whatever else is in there.
pub(crate) fn entries(
    content: Bytes,
    too_large: &'static str,
) -> Result<&'static [Entry<'static>], &'static Error> {
    let text = text(content, too_large)?;
    match yaml::entries(text) {
        Ok(entries) => {
            let entries = entries.leak();
            for entry in &*entries {
                if entry.parent.is_none() && entry.key.text == "format" {
                    judge_format(value(entry)?)?;
                }
            }
            Ok(entries)
        }
        Err(error) => {
            if let Some(format) = yaml::find_value(text, "format") {
                judge_format(&format)?;
            }
            Err(keep_value(Error::from(*error)))
        }
    }
}

fn judge_format(format: &Scalar<'_>) -> Result<(), &'static Error> {
    match format.text.as_bytes() {
        b"1" => Ok(()),
        [b'1'..=b'9', rest @ ..] if rest.iter().all(u8::is_ascii_digit) => {
            let error = *Error::about(format, "made for a newer gowr", Hint::None);
            Err(keep_value(Error { code: Code::NewerFormat, subject: None, ..error }))
        }
        _ => Err(Error::about(format, "is not a format", Hint::Text("write format: 1"))),
    }
}

/// The value of a key that must have one.
pub(crate) fn value<'e, 'a>(entry: &'e Entry<'a>) -> Result<&'e Scalar<'a>, &'static Error> {
    let message = match &entry.value {
        Some(value) => return Ok(value),
        None if entry.is_map => "has keys below it where one value belongs",
        None => "has no value",
    };
    Err(Error::about(&entry.key, message, Hint::None))
}

/// Refuses a value after a key that must have a map, or nothing where all below it is commented out.
pub(crate) fn no_value(entry: &Entry<'_>) -> Result<(), &'static Error> {
    if entry.value.is_none() {
        return Ok(());
    }
    Err(Error::about(&entry.key, "has a value where keys below it belong", Hint::None))
}

/// Refuses a key that is not among `known`, unless it starts with `x-`.
pub(crate) fn unknown_key(
    key: &Scalar<'_>,
    known: &'static [&'static str],
) -> Result<(), &'static Error> {
    if key.text.as_bytes().starts_with(b"x-") {
        return Ok(());
    }
    Err(Error::about(key, "is not a key of this file", Hint::Keys(known)))
}

/// The key that was probably meant.
fn nearest(word: &str, known: &[&str]) -> String {
    match known.iter().map(|name| (distance(word, name), *name)).min() {
        Some((distance, name)) if distance <= name.len().div_ceil(4) => {
            ["did you mean `", name, "`?"].concat()
        }
        _ => ["the keys are ", &known.join(", ")].concat(),
    }
}

/// The way out for a text that should be a version or a name.
fn way_out(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let version = lower.trim_start_matches("prefix:").trim_start_matches("go-");
    let version = version.trim_start_matches(['^', '~', '>', '<', '=', 'v']).trim_end_matches(".*");
    if Request::parse_version(version).is_some() {
        ["write ", version].concat()
    } else if lower.starts_with("ref:") || lower.contains(['/', '~', '\\']) || lower == ".." {
        String::from("run gowr adopt DIR --name NAME, then write NAME")
    } else {
        String::from("write a version such as 1.22 or 1.22.3")
    }
}

/// How many letters to insert, drop or replace to make one word of the other (Levenshtein's distance).
fn distance(left: &str, right: &str) -> usize {
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (index, from) in left.bytes().enumerate() {
        let mut diagonal = index;
        row[0] = index + 1;
        for (column, to) in right.bytes().enumerate() {
            let replaced = diagonal + usize::from(!from.eq_ignore_ascii_case(&to));
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[right.len()]
}

/// A stranger's text in a message: in backquotes, shortened, and without characters that steer a terminal.
pub(crate) fn quote(text: &str) -> String {
    const LIMIT: usize = 60;
    let mut quoted = String::from("`");
    for (index, character) in text.chars().enumerate() {
        if index == LIMIT {
            quoted.push('…');
            break;
        }
        quoted.push(printable(character));
    }
    quoted.push('`');
    quoted
}

/// A line of a file for display: without white space around it and without characters that steer a terminal.
pub(crate) fn display(line: &str) -> String {
    let line = line.trim();
    if line.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return String::from(line);
    }
    line.chars().map(printable).collect()
}

fn printable(character: char) -> char {
    match character {
        '\t' => ' ',
        _ if character.is_control() => char::REPLACEMENT_CHARACTER,
        // Marks that reorder what is shown (UAX 9), as in "Trojan Source".
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => char::REPLACEMENT_CHARACTER,
        _ => character,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        for (left, right, expected) in [
            ("", "", 0),
            ("go", "go", 0),
            ("Go", "go", 0),
            ("", "go", 2),
            ("distro", "distros", 1),
            ("formt", "format", 1),
            ("kitten", "sitting", 3),
            ("cache_dir", "cache-dir", 1),
        ] {
            assert_eq!(distance(left, right), expected, "{left} {right}");
            assert_eq!(distance(right, left), expected, "{right} {left}");
        }
    }

    #[test]
    fn text_of_strangers() {
        assert_eq!(quote("a\x1b[31m\tb\u{202e}"), "`a\u{fffd}[31m b\u{fffd}`");
        assert_eq!(quote(&"ä".repeat(61)), ["`", &"ä".repeat(60), "…`"].concat());
        assert_eq!(display("\t 1.22  # \x07\r"), "1.22  # \u{fffd}");
    }
}
