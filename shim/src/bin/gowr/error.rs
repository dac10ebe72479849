//! One error for all commands: its kind decides the exit status, and it is shown in the three lines that every error
//! of gowr has: what, why, and the command that mends it.

use std::error::Error;
use std::fmt::Write;

use resolver::Failure;
use resolver::failure::Code;

use crate::output;

pub(crate) use installer::error::Kind;

/// Why a command could not do what it was asked for.
#[derive(Debug)]
pub(crate) struct CommandError {
    kind: Kind,
    message: String,
    causes: Vec<String>,
    fix: Option<String>,
    notes: Vec<String>,
}

impl CommandError {
    /// An error of which only the first line is known yet: lower case, no period.
    pub(crate) fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), causes: Vec::new(), fix: None, notes: Vec::new() }
    }

    /// The request cannot be met as it was made.
    pub(crate) fn user(message: impl Into<String>) -> Self {
        Self::new(Kind::User, message)
    }

    /// A file or a variable does not say what it must.
    pub(crate) fn configuration(message: impl Into<String>) -> Self {
        Self::new(Kind::Configuration, message)
    }

    /// What was asked for does not exist.
    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self::new(Kind::NotFound, message)
    }

    /// The system refused, or gowr is wrong.
    pub(crate) fn internal(message: impl Into<String>) -> Self {
        Self::new(Kind::Internal, message)
    }

    /// Adds what is behind it.
    pub(crate) fn caused_by(mut self, cause: &str) -> Self {
        self.causes.push(in_our_words(cause));
        self
    }

    /// Adds what is behind it, where that is not known yet.
    pub(crate) fn or_caused_by(self, cause: &str) -> Self {
        if self.causes.is_empty() { self.caused_by(cause) } else { self }
    }

    /// Says which command mends it, where that is not known yet.
    pub(crate) fn or_fixed_by(mut self, command: impl FnOnce() -> String) -> Self {
        self.fix = Some(self.fix.unwrap_or_else(command));
        self
    }

    /// Says which command mends it.
    pub(crate) fn fixed_by(mut self, command: impl Into<String>) -> Self {
        self.fix = Some(command.into());
        self
    }

    /// Adds a line after the three.
    pub(crate) fn noted(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// Which command mends it, where that is known.
    pub(crate) fn fix(&self) -> Option<&str> {
        self.fix.as_deref()
    }

    /// What it is about.
    pub(crate) const fn kind(&self) -> Kind {
        self.kind
    }

    /// The exit status as coreutils have it: 125 gowr itself failed, 126 found and cannot run, 127 not found.
    pub(crate) const fn status_of_runner(&self) -> u8 {
        match self.kind {
            Kind::NotFound => 127,
            Kind::CannotRun => 126,
            Kind::User | Kind::Configuration | Kind::Network | Kind::Integrity | Kind::Internal => {
                125
            }
        }
    }

    /// The three lines, and the notes.
    pub(crate) fn text(&self) -> String {
        let mut text = format!("{}gowr:{:#} {}\n", output::ERROR, output::ERROR, self.message);
        if !self.causes.is_empty() {
            let _ = writeln!(text, "  {}", self.causes.join(": "));
        }
        if let Some(fix) = &self.fix {
            let _ = writeln!(text, "  run: {fix}");
        }
        for note in &self.notes {
            let _ = writeln!(text, "  {note}");
        }
        text
    }

    /// What and why, on one line.
    pub(crate) fn line(&self) -> String {
        let words =
            [self.message.as_str()].into_iter().chain(self.causes.iter().map(String::as_str));
        words.collect::<Vec<_>>().join(": ")
    }

    /// Shows it on standard error.
    pub(crate) fn report(&self) {
        output::say(self.text().trim_end());
    }
}

impl From<&Failure> for CommandError {
    fn from(failure: &Failure) -> Self {
        let kind = match failure.code {
            Code::NotInstalled | Code::NothingFound | Code::Floor => Kind::NotFound,
            Code::BadPin | Code::NewerFormat | Code::Unreadable => Kind::Configuration,
            Code::NotExecutable
            | Code::NoExec
            | Code::WrongLibc
            | Code::WrongArchitecture
            | Code::NotAGoroot
            | Code::Loop => Kind::CannotRun,
        };
        let causes = failure.cause().into_iter().collect();
        let notes = Vec::new();
        Self { kind, message: failure.message(), causes, fix: failure.fix(), notes }
    }
}

impl From<installer::error::Error> for CommandError {
    fn from(error: installer::error::Error) -> Self {
        if let installer::error::Error::EverySource { first, others } = error {
            return others.into_iter().map(Self::from).fold(Self::from(*first), |first, other| {
                first.noted(format!("also: {}", other.line()))
            });
        }
        let mut causes = Vec::new();
        let mut source = error.source();
        while let Some(cause) = source {
            causes.push(in_our_words(&cause.to_string()));
            source = cause.source();
        }
        // Some errors tell their source's words as their own.
        causes.dedup();
        let notes = Vec::new();
        Self { kind: error.kind(), message: error.to_string(), causes, fix: error.fix(), notes }
    }
}

/// Another's words in our manner: on one line, without the number of a system's error, without a capital and a period.
fn in_our_words(text: &str) -> String {
    let lines: Vec<_> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let text = lines.join(" / ");
    let text = text.as_str();
    let text = match text.rfind(" (os error ") {
        Some(end) if text.ends_with(')') => &text[..end],
        _ => text,
    };
    let text = text.strip_suffix('.').filter(|text| !text.ends_with('.')).unwrap_or(text);
    let mut characters = text.chars();
    match (characters.next(), characters.next()) {
        // Not a word in capitals, such as a variable's name.
        (Some(first), Some(second)) if first.is_uppercase() && second.is_lowercase() => {
            first.to_lowercase().chain(text.chars().skip(1)).collect()
        }
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use resolver::failure::Problem;

    use super::*;

    #[test]
    fn three_lines() {
        let error = CommandError::not_found("go 1.22 is not installed")
            .caused_by("asked for by /p/.gowr.yaml:1: go: \"1.22\"")
            .fixed_by("gowr install 1.22");
        let text = anstream::adapter::strip_str(&error.text()).to_string();
        let expected = "gowr: go 1.22 is not installed\n  \
                        asked for by /p/.gowr.yaml:1: go: \"1.22\"\n  run: gowr install 1.22\n";
        assert_eq!(text, expected);
        assert_eq!(error.kind(), Kind::NotFound);
    }

    #[test]
    fn exit_statuses_are_those_of_the_codes() {
        for code in Code::ALL {
            let failure = Failure::of(code, Problem::Told("x"));
            let error = CommandError::from(&failure);
            assert_eq!(error.status_of_runner(), code.exit_status(), "{}", code.as_str());
        }
    }

    #[test]
    fn words_of_others() {
        for (theirs, ours) in [
            ("Permission denied (os error 13)", "permission denied"),
            ("No space left on device (os error 28)", "no space left on device"),
            ("HTTP 404 Not Found", "HTTP 404 Not Found"),
            ("invalid utf-8.", "invalid utf-8"),
            ("trees differ\n  one\n\n  two\n", "trees differ / one / two"),
            ("and so on...", "and so on..."),
            ("", ""),
        ] {
            assert_eq!(in_our_words(theirs), ours);
        }
    }
}
