//! Why a call of `go` cannot be answered.

use crate::path::{self, Bytes};
use crate::source::Source;
use crate::toolchain::Unusable;
use crate::user_file;
use crate::version::{Request, Version};

mod wording;

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

/// One error. Only data: the proxy hands over to `gowr`, which shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The kind, for programs.
    pub code: Code,
    /// What is wrong.
    pub problem: Problem,
    /// Who asked for what cannot be had.
    pub source: Option<&'static Source>,
}

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// A version or name that is not here.
    Missing(Request),
    /// go.mod or go.work needs this version, and nothing here is that new.
    BelowFloor(Version),
    /// What was asked for is neither a version nor a name.
    NoChoice,
    /// What was asked for is here and cannot run.
    Unusable(&'static Unusable),
    /// A file that a person wrote does not say what it must.
    Malformed {
        /// The file.
        file: Bytes,
        /// The line that is wrong.
        line: Option<Bytes>,
        /// What is wrong with it.
        error: &'static user_file::Error,
    },
    /// A file that must be read cannot be.
    Unreadable {
        /// The file.
        file: Bytes,
        /// Why not.
        reason: &'static str,
    },
    /// No Go anywhere.
    NothingFound,
    /// A proxy within a proxy within a proxy, too often.
    TooDeep,
    /// What was chosen is the proxy itself.
    Itself {
        /// What was chosen.
        executable: Bytes,
        /// The running program.
        program: Bytes,
    },
    /// Something only `gowr` finds out, in its words: lower case, no period.
    Told(&'static str),
}

impl Failure {
    /// A failure that nobody asked for yet.
    pub const fn of(code: Code, problem: Problem) -> Self {
        Self { code, problem, source: None }
    }

    /// A failure to meet a wish.
    #[cold]
    #[inline(never)]
    pub(crate) fn to_meet(source: &'static Source, code: Code, problem: Problem) -> &'static Self {
        Self { code, problem, source: Some(source) }.kept()
    }

    /// This failure, kept for the rest of the process: what carries it is one word. Apart and cold, so that the
    /// straight way stays small.
    #[cold]
    #[inline(never)]
    pub fn kept(self) -> &'static Self {
        path::keep_value(self)
    }

    /// The exit status of this failure.
    pub const fn exit_status(&self) -> u8 {
        self.code.exit_status()
    }

    /// A file that must be read and cannot be.
    #[cold]
    #[inline(never)]
    pub(crate) fn unreadable(file: Bytes, reason: &'static str) -> &'static Self {
        Self::of(Code::Unreadable, Problem::Unreadable { file, reason }).kept()
    }

    /// A file whose content cannot be used.
    #[cold]
    #[inline(never)]
    pub(crate) fn malformed(
        error: &'static user_file::Error,
        file: Bytes,
        content: Bytes,
    ) -> &'static Self {
        let index = (error.line as usize).checked_sub(1);
        let line = index.and_then(|index| content.split(|byte| *byte == b'\n').nth(index));
        Self::of(error.code, Problem::Malformed { file, line, error }).kept()
    }
}
