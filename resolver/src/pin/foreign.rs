//! The pin files of other tools, read as those tools read them: goenv, asdf, mise and setup-go.

use super::choice::NO_CHOICE;
use super::{Choice, Error, Pin};
use crate::failure::Code;
use crate::path::keep_text;
use crate::user_file::Hint;
use crate::version::{Request, Version};
use alloc::string::String;
use alloc::vec::Vec;

/// `.go-version`: words on one line or several; as in mise, `#` starts a comment at the start of a word.
pub(super) fn go_version(text: &str) -> Result<Option<Pin>, Error> {
    let mut reader = Reader::default();
    for line in lines(text) {
        let words = line.words(line.text).take_while(|(_, word)| !word.starts_with('#'));
        for (at, word) in words {
            reader.take(&line, at, word)?;
        }
    }
    Ok(reader.finish())
}

/// `.tool-versions`: the first line for `golang` (asdf, setup-go, mise) or `go` (mise, goenv 3); as in asdf,
/// `#` starts a comment anywhere.
pub(super) fn tool_versions(text: &str) -> Result<Option<Pin>, Error> {
    for line in lines(text) {
        let end = line.text.find('#').unwrap_or(line.text.len());
        let mut words = line.words(&line.text[..end]);
        let Some((at, tool @ ("golang" | "go"))) = words.next() else { continue };
        let mut reader = Reader::default();
        for (at, word) in words {
            reader.take(&line, at, word)?;
        }
        if reader.choices.is_empty() {
            let hint = Hint::Text("write golang 1.22.3");
            return Err(line.error(at, "has no version", hint).about(tool));
        }
        return Ok(reader.finish());
    }
    Ok(None)
}

/// A pin that grows word by word.
#[derive(Default)]
struct Reader {
    choices: Vec<Choice>,
    line: u32,
    text: &'static str,
    request: String,
}

impl Reader {
    fn take(&mut self, line: &Line<'_>, at: usize, word: &str) -> Result<(), Error> {
        let choice =
            choice(word).ok_or_else(|| line.error(at, NO_CHOICE, Hint::Choice).about(word))?;
        if self.choices.is_empty() {
            self.line = line.number;
            self.text = keep_text(line.text.trim_ascii());
        } else {
            self.request.push(' ');
        }
        self.request.push_str(word);
        self.choices.push(choice);
        Ok(())
    }

    fn finish(self) -> Option<Pin> {
        let Self { choices, line, text, request } = self;
        if choices.is_empty() {
            return None;
        }
        Some(Pin { choices: choices.leak(), line, text, request: request.leak() })
    }
}

/// What a word of these files asks for: more spellings than in our own file.
fn choice(word: &str) -> Option<Choice> {
    // goenv reads `go-1.22`, mise `v1.22`; but `go-work` and `vendor` are names.
    let version = word.strip_prefix("go-").or_else(|| word.strip_prefix('v')).unwrap_or(word);
    if !version.starts_with(|first: char| first.is_ascii_digit()) {
        return Choice::parse(word);
    }
    let prerelease = semantic_prerelease(version);
    Request::parse_version(prerelease.as_deref().unwrap_or(version)).map(Choice::Request)
}

/// Go's spelling of a prerelease that is written as a semantic version, for setup-go: `1.24rc1` of
/// `1.24.0-rc.1`.
fn semantic_prerelease(version: &str) -> Option<String> {
    let (release, prerelease) = version.split_once('-')?;
    let line = release.strip_suffix(".0")?;
    let (kind, number) = prerelease.split_once('.')?;
    if !matches!(kind, "alpha" | "beta" | "rc") || number.is_empty() {
        return None;
    }
    let spelling = [line, kind, number].concat();
    Version::parse(&spelling).map(|_| spelling)
}

struct Line<'a> {
    number: u32,
    text: &'a str,
}

fn lines(text: &str) -> impl Iterator<Item = Line<'_>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    text.split('\n').zip(1..).map(|(text, number)| Line { number, text })
}

impl<'a> Line<'a> {
    /// The words of a start of this line, and where in it they begin.
    fn words(&self, start: &'a str) -> impl Iterator<Item = (usize, &'a str)> {
        let line = self.text.as_ptr() as usize;
        start.split_ascii_whitespace().map(move |word| (word.as_ptr() as usize - line, word))
    }

    fn error(&self, at: usize, message: &'static str, hint: Hint) -> Error {
        let column = self.text[..at].chars().count() + 1;
        Error {
            code: Code::BadPin,
            line: self.number,
            column: u32::try_from(column).ok(),
            subject: None,
            message,
            hint,
        }
    }
}
