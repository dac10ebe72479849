//! Changes one value in a text file that a person wrote, and nothing else: comments, order, line ends, a byte order
//! mark and quotes stay as they are.

pub(crate) mod go_version;
pub(crate) mod tool_versions;
pub(crate) mod yaml;

use std::fs::{self, File};
use std::io::{self, Read};
use std::ops::Range;
use std::path::Path;

use resolver::pin::{Choice, SIZE_LIMIT};
use resolver::version::Request;

use crate::error::{During, Error};

const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// What a person typed, as it is written to a file: a version without `go`, a registered name, or `system`.
pub(crate) fn value(typed: &str) -> Result<&str, Error> {
    match Choice::parse(typed) {
        Some(Choice::Request(Request::Exact(_) | Request::Line(_))) => {
            Ok(typed.strip_prefix("go").unwrap_or(typed))
        }
        Some(_) => Ok(typed),
        None => Err(Error::Refused {
            message: format!(
                "`{}` is neither a version nor a name: write one such as 1.22 or 1.22.3",
                typed.escape_debug()
            ),
            fix: Some(String::from("gowr list --remote")),
        }),
    }
}

/// A distro's name, if it is one: it becomes a key, and must need no quotes.
pub(crate) fn distro_name(typed: &str) -> Result<&str, Error> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._+-".contains(&byte);
    if typed.starts_with(|first: char| first.is_ascii_alphanumeric()) && typed.bytes().all(is_plain)
    {
        return Ok(typed);
    }
    Err(Error::Refused {
        message: format!(
            "`{}` is not the name of a distro: write its ID, or a key such as alpine-3.23",
            typed.escape_debug()
        ),
        fix: Some(String::from("grep ID= /etc/os-release")),
    })
}

/// A file's content, one byte more than [`SIZE_LIMIT`] at most; none where there is none.
pub(crate) fn read(file: &Path) -> Result<Option<Vec<u8>>, Error> {
    match fs::metadata(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        metadata => {
            if !metadata.during("read", file)?.is_file() {
                return Err(Error::Refused {
                    message: format!("{} is not a file", file.display()),
                    fix: None,
                });
            }
        }
    }
    let mut content = Vec::new();
    let limit = SIZE_LIMIT as u64 + 1;
    let opened = File::open(file).during("read", file)?;
    opened.take(limit).read_to_end(&mut content).during("read", file)?;
    Ok(Some(content))
}

/// Says in which file something is wrong.
pub(crate) fn bad(file: &Path, error: impl Into<resolver::pin::Error>) -> Error {
    Error::BadFile { file: file.to_path_buf(), error: error.into() }
}

/// The line end of a file: that of its first line, else `\n`.
pub(crate) fn line_end(content: &[u8]) -> &'static [u8] {
    match content.iter().position(|byte| *byte == b'\n') {
        Some(end) if end > 0 && content[end - 1] == b'\r' => b"\r\n",
        _ => b"\n",
    }
}

/// Adds a line after the last one, ending that first where it has no end.
fn append_line(content: &[u8], line: &str) -> Vec<u8> {
    insert_line(content, content.len(), line)
}

/// Adds a line at the start of a line or at the end of the file.
fn insert_line(content: &[u8], at: usize, line: &str) -> Vec<u8> {
    let end = line_end(content);
    let is_unfinished = at > text_start(content) && content[at - 1] != b'\n';
    let before: &[u8] = if is_unfinished { end } else { b"" };
    replace(content, at..at, &[before, line.as_bytes(), end].concat())
}

fn replace(content: &[u8], range: Range<usize>, new: &[u8]) -> Vec<u8> {
    [&content[..range.start], new, &content[range.end..]].concat()
}

/// The whole line around a place in it, with its end; a byte order mark belongs to no line.
fn line_around(content: &[u8], at: usize) -> Range<usize> {
    let start = content[..at].iter().rposition(|byte| *byte == b'\n').map(|end| end + 1);
    let end = content[at..].iter().position(|byte| *byte == b'\n').map(|end| at + end + 1);
    start.unwrap_or_else(|| text_start(content))..end.unwrap_or(content.len())
}

fn text_start(content: &[u8]) -> usize {
    if content.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 }
}

/// The lines of a file as ranges, with their ends.
fn lines(content: &[u8]) -> impl Iterator<Item = Range<usize>> {
    let mut start = text_start(content);
    std::iter::from_fn(move || {
        let line = (start < content.len()).then(|| line_around(content, start))?;
        start = line.end;
        Some(line)
    })
}

/// The words of a part of a file as ranges; words are separated by ASCII white space.
fn words(content: &[u8], part: Range<usize>) -> Vec<Range<usize>> {
    let mut words: Vec<Range<usize>> = Vec::new();
    for at in part.filter(|at| !content[*at].is_ascii_whitespace()) {
        match words.last_mut() {
            Some(word) if word.end == at => word.end += 1,
            _ => words.push(at..at + 1),
        }
    }
    words
}

/// Whether nothing but white space is left.
fn is_blank(content: &[u8]) -> bool {
    content[text_start(content)..].iter().all(u8::is_ascii_whitespace)
}

/// A file after a change; none where nothing worth keeping is left.
fn unless(is_empty: bool, content: Vec<u8>) -> Option<Vec<u8>> {
    (!is_empty).then_some(content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_words() {
        let content = "\u{feff}a  b\r\n\r\nlast".as_bytes();
        let lines: Vec<_> = lines(content).map(|line| &content[line]).collect();
        assert_eq!(lines, [&b"a  b\r\n"[..], b"\r\n", b"last"]);
        let words: Vec<_> = words(content, 3..9).into_iter().map(|word| &content[word]).collect();
        assert_eq!(words, [b"a", b"b"]);
        assert_eq!(line_end(content), b"\r\n");
        assert_eq!(line_end(b"\n\r\n"), b"\n");
    }

    #[test]
    fn appending_ends_the_last_line_first() {
        for (content, expected) in [
            ("", "x\n"),
            ("\u{feff}", "\u{feff}x\n"),
            ("a", "a\nx\n"),
            ("a\r\nb", "a\r\nb\r\nx\r\n"),
            ("a\n", "a\nx\n"),
        ] {
            assert_eq!(append_line(content.as_bytes(), "x"), expected.as_bytes(), "{content:?}");
        }
    }
}
