//! Who asked for a toolchain: the rows of the table of precedence.

use alloc::format;
use alloc::string::{String, ToString};

use crate::path::Bytes;
use crate::settings::shown;
use crate::user_file::display;

/// One row of the table of precedence (docs: how the choice is made). The first that answers wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Row {
    /// `go +1.22 build`.
    Argument = 1,
    /// `GOWR_TOOLCHAIN`.
    GowrToolchain,
    /// `GOTOOLCHAIN` in the environment, put there by the user.
    GoToolchain,
    /// A pin file in the project.
    ProjectPin,
    /// `GOTOOLCHAIN` in the file of `go env -w`.
    GoEnvFile,
    /// A pin file in the home directory.
    HomePin,
    /// The user's configuration.
    UserConfiguration,
    /// The system's configuration.
    SystemConfiguration,
    /// The distro's own Go.
    Distro,
    /// The newest that gowr installed or adopted.
    Newest,
    /// The next `go` on PATH.
    Path,
}

impl Row {
    /// All rows, first to last.
    pub const ALL: [Self; 11] = [
        Self::Argument,
        Self::GowrToolchain,
        Self::GoToolchain,
        Self::ProjectPin,
        Self::GoEnvFile,
        Self::HomePin,
        Self::UserConfiguration,
        Self::SystemConfiguration,
        Self::Distro,
        Self::Newest,
        Self::Path,
    ];

    /// Its number in the table, from 1.
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// Whether go.mod may raise what this row gives: it raises defaults, never what was asked for.
    pub const fn is_default(self) -> bool {
        self.number() >= Self::HomePin.number()
    }

    /// The row in words.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Argument => "first argument",
            Self::GowrToolchain => "GOWR_TOOLCHAIN",
            Self::GoToolchain => "GOTOOLCHAIN in the environment",
            Self::ProjectPin => "project pin",
            Self::GoEnvFile => "GOTOOLCHAIN in the go env file",
            Self::HomePin => "pin in the home directory",
            Self::UserConfiguration => "user configuration",
            Self::SystemConfiguration => "system configuration",
            Self::Distro => "the distro's own Go",
            Self::Newest => "newest installed toolchain",
            Self::Path => "next go on PATH",
        }
    }
}

/// The kind of thing that asked, as JSON names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is documented by its word in the book")]
pub enum SourceKind {
    Argument,
    GowrToolchain,
    GoToolchain,
    GowrYaml,
    GoVersion,
    ToolVersions,
    GoEnvFile,
    HomePin,
    UserConfiguration,
    SystemConfiguration,
    Distro,
    Newest,
    Path,
    GoMod,
    GoWork,
}

impl SourceKind {
    /// Every kind, in the order of the rows; go.mod and go.work raise rows and have none.
    pub const ALL: [Self; 15] = [
        Self::Argument,
        Self::GowrToolchain,
        Self::GoToolchain,
        Self::GowrYaml,
        Self::GoVersion,
        Self::ToolVersions,
        Self::GoEnvFile,
        Self::HomePin,
        Self::UserConfiguration,
        Self::SystemConfiguration,
        Self::Distro,
        Self::Newest,
        Self::Path,
        Self::GoMod,
        Self::GoWork,
    ];

    /// The word in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Argument => "argument",
            Self::GowrToolchain => "GOWR_TOOLCHAIN",
            Self::GoToolchain => "GOTOOLCHAIN",
            Self::GowrYaml => "gowr.yaml",
            Self::GoVersion => "go-version",
            Self::ToolVersions => "tool-versions",
            Self::GoEnvFile => "go-env-file",
            Self::HomePin => "home-pin",
            Self::UserConfiguration => "user-config",
            Self::SystemConfiguration => "system-config",
            Self::Distro => "distro",
            Self::Newest => "newest",
            Self::Path => "path",
            Self::GoMod => "go.mod",
            Self::GoWork => "go.work",
        }
    }
}

/// Who asked for what, and where it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Source {
    /// The row it belongs to; go.mod and go.work raise a row and have none of their own.
    pub row: Option<Row>,
    /// The kind.
    pub kind: SourceKind,
    /// The file it is written in.
    pub file: Option<Bytes>,
    /// The line there, from 1.
    pub line: Option<u32>,
    /// What stands there, or the argument or variable as given.
    pub text: Option<Bytes>,
    /// What is asked for: `1.22`.
    pub request: Option<Bytes>,
}

impl Source {
    /// A source that is a row of defaults and asks for nothing in particular.
    #[inline(never)]
    pub const fn row(row: Row, kind: SourceKind) -> Self {
        Self { row: Some(row), kind, file: None, line: None, text: None, request: None }
    }

    /// Where it stands, for a person: `/p/.gowr.yaml:1: go: "1.22"`, `GOWR_TOOLCHAIN=1.22 in the environment`.
    pub fn place(&self) -> Option<String> {
        let text = self.text.map(shown);
        match (self.file, self.line) {
            (Some(file), line) => Some(describe(file, line, None, text.as_deref())),
            (None, _) => match self.kind {
                SourceKind::Argument => text.map(|text| format!("the argument {text}")),
                _ => text.map(|text| format!("{text} in the environment")),
            },
        }
    }

    /// The second line of an error.
    pub fn asked_for(&self) -> Option<String> {
        self.place().map(|place| format!("asked for by {place}"))
    }
}

/// `file:line:column: text`, as compilers write it.
pub(crate) fn describe(
    file: &[u8],
    line: Option<u32>,
    column: Option<u32>,
    text: Option<&str>,
) -> String {
    let mut place = String::from_utf8_lossy(file).into_owned();
    for number in [line, column].into_iter().flatten() {
        place.push(':');
        place.push_str(&number.to_string());
    }
    if let Some(text) = text {
        place.push_str(": ");
        place.push_str(&display(text));
    }
    place
}
