//! Why a call of `go` cannot be answered.

use alloc::boxed::Box;
use alloc::string::String;

use crate::source::Source;

/// A closed set of error codes: part of the JSON contract, each with a page in the book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// A version or name was asked for that is not here.
    NotInstalled,
    /// Nothing was asked for, and no Go was found anywhere.
    NothingFound,
    /// A pin, configuration or variable does not say what it must.
    BadPin,
    /// A file was made for a newer gowr.
    NewerFormat,
    /// Something that must be read cannot be.
    Unreadable,
    /// The program has no execute permission, or is no program.
    NotExecutable,
    /// The program lies on a mount that forbids execution.
    NoExec,
    /// The program needs the loader of another C library.
    WrongLibc,
    /// The program is for another machine.
    WrongArchitecture,
    /// A directory was named as a GOROOT and is none.
    NotAGoroot,
    /// The proxy would start itself.
    Loop,
    /// go.mod or go.work asks for a newer Go than anything here.
    Floor,
}

impl Code {
    /// Every code, in the order of the book.
    pub const ALL: [Self; 12] = [
        Self::NotInstalled,
        Self::NothingFound,
        Self::BadPin,
        Self::NewerFormat,
        Self::Unreadable,
        Self::NotExecutable,
        Self::NoExec,
        Self::WrongLibc,
        Self::WrongArchitecture,
        Self::NotAGoroot,
        Self::Loop,
        Self::Floor,
    ];

    /// The word in JSON and in the book.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotInstalled => "not-installed",
            Self::NothingFound => "nothing-found",
            Self::BadPin => "bad-pin",
            Self::NewerFormat => "newer-format",
            Self::Unreadable => "unreadable",
            Self::NotExecutable => "not-executable",
            Self::NoExec => "noexec",
            Self::WrongLibc => "wrong-libc",
            Self::WrongArchitecture => "wrong-arch",
            Self::NotAGoroot => "not-a-goroot",
            Self::Loop => "loop",
            Self::Floor => "floor",
        }
    }

    /// The exit status, as coreutils have it: 125 gowr itself failed, 126 found but cannot run, 127 not found.
    pub const fn exit_status(self) -> u8 {
        match self {
            Self::NotInstalled | Self::NothingFound | Self::Floor => 127,
            Self::NotExecutable
            | Self::NoExec
            | Self::WrongLibc
            | Self::WrongArchitecture
            | Self::NotAGoroot
            | Self::Loop => 126,
            Self::BadPin | Self::NewerFormat | Self::Unreadable => 125,
        }
    }
}

/// One error, in the three parts that a person is shown: what, why and the command that mends it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The kind, for programs.
    pub code: Code,
    /// What: lower case, no period.
    pub message: String,
    /// Why: who asked, with file and line.
    pub cause: Option<String>,
    /// The command that mends it.
    pub fix: Option<String>,
    /// Who asked for what cannot be had.
    pub source: Option<Box<Source>>,
}

impl Failure {
    /// An error of which only the first line is known yet.
    pub const fn new(code: Code, message: String) -> Self {
        Self { code, message, cause: None, fix: None, source: None }
    }

    /// Says who asked, as the cause unless there is one.
    #[must_use]
    pub fn asked_for_by(mut self, source: Source) -> Self {
        self.cause = self.cause.or_else(|| source.asked_for());
        self.source = Some(Box::new(source));
        self
    }

    /// Says why.
    #[must_use]
    pub fn because(mut self, cause: String) -> Self {
        self.cause = Some(cause);
        self
    }

    /// Says what to run.
    #[must_use]
    pub fn fixed_by(mut self, command: String) -> Self {
        self.fix = Some(command);
        self
    }

    /// The exit status of this failure.
    pub const fn exit_status(&self) -> u8 {
        self.code.exit_status()
    }
}
