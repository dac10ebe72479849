//! Changes one key of a wsl.conf and no other byte.

use std::ops::Range;

use super::document::{Document, Entry, Stop};
use crate::edit::line_end;

/// Why a key cannot be changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// WSL would not read it, because it stops before.
    Unread(Stop),
    /// The value has a byte that a wsl.conf has no way to say, or that WSL may read as another.
    Value(u8),
}

/// The content with a value for a key, `boot.systemd`: in place where the key is, the first one, which counts; else at
/// the end of its section; else in a new section at the end, with `note` as a comment.
pub fn set(
    content: &[u8],
    name: &str,
    value: &str,
    note: Option<&str>,
) -> Result<Vec<u8>, Refusal> {
    let document = Document::parse(content);
    if let Some(entry) = document.first(name) {
        if entry.value == value.as_bytes() {
            return Ok(content.to_vec());
        }
        let is_quoted = content[entry.raw.clone()].contains(&b'"');
        let written = if is_quoted { quoted(value)? } else { written(value)? };
        return Ok(replace(content, entry.raw.clone(), written.as_bytes()));
    }
    add(content, &document, name, &written(value)?, note)
}

/// The content with a key that it does not have; its value as it is to be written.
pub(crate) fn add(
    content: &[u8],
    document: &Document,
    name: &str,
    written: &str,
    note: Option<&str>,
) -> Result<Vec<u8>, Refusal> {
    let (section, key) = name.split_once('.').unwrap_or(("", name));
    let line = format!("{key} = {written}");
    let here = document.sections.iter().position(|it| it.name.eq_ignore_ascii_case(section));
    let (at, lines) = match (here, document.stop) {
        (Some(here), _) => {
            let last = document.entries.iter().rfind(|entry| entry.section == Some(here));
            let end = last.map_or(document.sections[here].whole.end, |entry| entry.whole.end);
            (end, vec![line])
        }
        (None, Some(stop)) => return Err(Refusal::Unread(stop)),
        (None, None) => {
            let note = note.map(|note| format!(" # {note}")).unwrap_or_default();
            (content.len(), vec![format!("[{section}]{note}"), line])
        }
    };
    let is_unfinished = document.is_unfinished && at == content.len();
    Ok(insert_lines(content, at, is_unfinished, &lines))
}

/// The content without a key, wherever it stands. Comments beside it are kept.
pub fn remove(content: &[u8], name: &str) -> Vec<u8> {
    let mut content = content.to_vec();
    while let Some(entry) = Document::parse(&content).first(name) {
        content = remove_entry(&content, entry);
    }
    content
}

pub(crate) fn remove_entry(content: &[u8], entry: &Entry) -> Vec<u8> {
    match entry.comment {
        Some(comment) => replace(content, entry.whole.start..comment, b""),
        None => remove_lines(content, entry.whole.clone()),
    }
}

/// Takes whole lines out. A file whose last line had no end has none after that either.
pub(crate) fn remove_lines(content: &[u8], lines: Range<usize>) -> Vec<u8> {
    let is_last = lines.end == content.len() && !content.ends_with(b"\n");
    let before = &content[..lines.start];
    let before = match before.strip_suffix(b"\n") {
        Some(before) if is_last => before.strip_suffix(b"\r").unwrap_or(before),
        _ => before,
    };
    [before, &content[lines.end..]].concat()
}

/// Puts lines between two others, or behind the last one, which is ended first where it has no end: then the new last
/// one has none.
fn insert_lines(content: &[u8], at: usize, is_unfinished: bool, lines: &[String]) -> Vec<u8> {
    let end = line_end(content);
    let lines = lines.iter().map(String::as_bytes).collect::<Vec<_>>().join(end);
    let new = if is_unfinished { [end, &lines].concat() } else { [&lines, end].concat() };
    replace(content, at..at, &new)
}

pub(crate) fn replace(content: &[u8], range: Range<usize>, new: &[u8]) -> Vec<u8> {
    [&content[..range.start], new, &content[range.end..]].concat()
}

/// A value as a person would write it.
fn written(value: &str) -> Result<String, Refusal> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-+:@%~".contains(&byte);
    if !value.is_empty() && value.bytes().all(is_plain) {
        return Ok(value.to_owned());
    }
    quoted(value)
}

/// A value in quotes, where only `"` and `\` are something else than they look.
///
/// WSL reads characters and keeps bytes, so what is not ASCII may come out as something else.
pub(crate) fn quoted(value: &str) -> Result<String, Refusal> {
    let mut quoted = String::from("\"");
    for byte in value.bytes() {
        match byte {
            b'"' => quoted.push_str("\\\""),
            b'\\' => quoted.push_str("\\\\"),
            b'\n' => quoted.push_str("\\n"),
            b'\t' => quoted.push_str("\\t"),
            b' '..=b'~' => quoted.push(char::from(byte)),
            _ => return Err(Refusal::Value(byte)),
        }
    }
    quoted.push('"');
    Ok(quoted)
}
