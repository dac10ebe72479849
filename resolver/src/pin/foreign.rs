//! The pin files of other tools, read as those tools read them: goenv, asdf, mise and setup-go.

use alloc::vec::Vec;

use super::choice::NO_CHOICE;
use super::{Choice, Error, Form, Pin};
use crate::failure::Code;
use crate::path::{self, Bytes, keep_text, keep_value};
use crate::text::{
    BYTE_ORDER_MARK, Line, Word, Words, column, known_text, lines, split, split_once, words,
};
use crate::user_file::Hint;
use crate::version::{Request, Version};

/// Reads one of them.
///
/// `.go-version`: words on one line or several; as in mise, `#` starts a comment at the start of a word.
///
/// `.tool-versions`: the first line for `golang` (asdf, setup-go, mise) or `go` (mise, goenv 3); as in asdf,
/// `#` starts a comment anywhere.
pub(super) fn parse(form: Form, text: &'static str) -> Result<Option<Pin>, &'static Error> {
    let content = text.as_bytes();
    let content = content.strip_prefix(BYTE_ORDER_MARK).unwrap_or(content);
    let mut reader = Reader::default();
    for line in lines(content, b'\n') {
        if form == Form::GoVersion {
            reader.take(&line, words(line.bytes))?;
            continue;
        }
        let before_comment = split(line.bytes, b'#').next().unwrap_or_default();
        let mut words = words(before_comment);
        let Some(tool @ Word { text: "golang" | "go", .. }) = words.next() else { continue };
        reader.take(&line, words)?;
        if reader.choices.is_empty() {
            let hint = Hint::Text("write golang 1.22.3");
            return Err(error(&line, &tool, "has no version", hint));
        }
        break;
    }
    Ok(reader.finish())
}

/// A pin that grows word by word.
#[derive(Default)]
struct Reader {
    choices: Vec<Choice>,
    line: u32,
    text: &'static str,
    /// The words as written, and blanks between them.
    request: Vec<Bytes>,
}

impl Reader {
    /// Takes words of a line up to a comment.
    #[inline(never)]
    fn take(&mut self, line: &Line<'static>, words: Words<'static>) -> Result<(), &'static Error> {
        for word in words {
            if word.text.as_bytes().starts_with(b"#") {
                break;
            }
            let Some(choice) = choice(word.text) else {
                return Err(error(line, &word, NO_CHOICE, Hint::Choice));
            };
            if self.choices.is_empty() {
                self.line = line.number;
                self.text = known_text(line.bytes.trim_ascii());
            } else {
                self.request.push(b" ");
            }
            self.request.push(word.text.as_bytes());
            self.choices.push(choice);
        }
        Ok(())
    }

    fn finish(self) -> Option<Pin> {
        if self.choices.is_empty() {
            return None;
        }
        let request = known_text(path::concat(&self.request));
        Some(Pin { choices: self.choices.leak(), line: self.line, text: self.text, request })
    }
}

#[cold]
#[inline(never)]
fn error(line: &Line<'_>, word: &Word<'_>, message: &'static str, hint: Hint) -> &'static Error {
    keep_value(Error {
        code: Code::BadPin,
        line: line.number,
        column: Some(column(line.bytes.get(..word.start).unwrap_or_default())),
        subject: Some(keep_text(word.text)),
        message,
        hint,
    })
}

/// What a word of these files asks for: more spellings than in our own file.
fn choice(word: &'static str) -> Option<Choice> {
    // goenv reads `go-1.22`, mise `v1.22`; but `go-work` and `vendor` are names.
    let version = match word.as_bytes() {
        [b'g', b'o', b'-', version @ ..] | [b'v', version @ ..] | version => version,
    };
    if !version.first().is_some_and(u8::is_ascii_digit) {
        return Choice::parse(word);
    }
    let version = semantic_prerelease(version).unwrap_or(known_text(version));
    Request::parse_version(version).map(Choice::Request)
}

/// Go's spelling of a prerelease that is written as a semantic version, for setup-go: `1.24rc1` of
/// `1.24.0-rc.1`.
fn semantic_prerelease(version: Bytes) -> Option<&'static str> {
    let (release, prerelease) = split_once(version, b'-')?;
    let line = release.strip_suffix(b".0")?;
    let (kind, number) = split_once(prerelease, b'.')?;
    if !matches!(kind, b"alpha" | b"beta" | b"rc") || number.is_empty() {
        return None;
    }
    let spelling = known_text(path::concat(&[line, kind, number]));
    Version::parse(spelling).map(|_| spelling)
}
