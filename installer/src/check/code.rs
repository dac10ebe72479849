//! What `check` can find, beside the error codes of a project whose Go cannot be had.

use crate::problem::Problem;

/// A closed set, each with its paragraph in the book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// A tool was built by another release than VERSION says.
    ToolsVersion,
    /// The compiler, the linker or the assembler is not there.
    ToolsMissing,
    /// The sources of the standard library are not there.
    StdMissing,
    /// The toolchain cannot be looked into.
    Opaque,
    /// The build cache is that of another distro.
    ForeignCache,
    /// The build cache is at no absolute path.
    CacheNotAbsolute,
    /// There is no place for a build cache.
    NoCache,
    /// The build cache is not kept apart by distro.
    SharedCache,
    /// What runs here is older than go.mod or go.work needs.
    Floor,
    /// Go will switch to another toolchain by itself.
    WillSwitch,
    /// Something else than the project's pin decides here.
    Overridden,
    /// A file names another version than the pin.
    Drift,
    /// A file names a version that go.mod or go.work does not allow.
    BelowFloor,
    /// A module of a workspace needs a newer Go than go.work says.
    WorkspaceFloor,
    /// A file is named that is not there.
    MissingFile,
    /// Files name different versions, and nothing pins one.
    Unpinned,
    /// A file asks for whatever is newest.
    MovingVersion,
    /// What a file asks for cannot be told from here.
    NotEvaluated,
    /// A file cannot be read.
    Unparsed,
    /// Not everything was looked at.
    LeftOut,
}

impl Code {
    /// Every code, in the order of the book.
    pub const ALL: [Self; 20] = [
        Self::ToolsVersion,
        Self::ToolsMissing,
        Self::StdMissing,
        Self::Opaque,
        Self::ForeignCache,
        Self::CacheNotAbsolute,
        Self::NoCache,
        Self::SharedCache,
        Self::Floor,
        Self::WillSwitch,
        Self::Overridden,
        Self::Drift,
        Self::BelowFloor,
        Self::WorkspaceFloor,
        Self::MissingFile,
        Self::Unpinned,
        Self::MovingVersion,
        Self::NotEvaluated,
        Self::Unparsed,
        Self::LeftOut,
    ];

    /// The word in JSON and in the book.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ToolsVersion => "tools-version",
            Self::ToolsMissing => "tools-missing",
            Self::StdMissing => "std-missing",
            Self::Opaque => "opaque",
            Self::ForeignCache => "foreign-cache",
            Self::CacheNotAbsolute => "cache-not-absolute",
            Self::NoCache => "no-cache",
            Self::SharedCache => "shared-cache",
            Self::Floor => "floor",
            Self::WillSwitch => "will-switch",
            Self::Overridden => "overridden",
            Self::Drift => "drift",
            Self::BelowFloor => "below-floor",
            Self::WorkspaceFloor => "workspace-floor",
            Self::MissingFile => "missing-file",
            Self::Unpinned => "unpinned",
            Self::MovingVersion => "moving-version",
            Self::NotEvaluated => "not-evaluated",
            Self::Unparsed => "unparsed",
            Self::LeftOut => "left-out",
        }
    }

    /// Something that is wrong.
    pub(super) fn problem(self, message: impl Into<String>) -> Problem {
        Problem::new(self.as_str(), message)
    }

    /// Something worth knowing.
    pub(super) fn note(self, message: impl Into<String>) -> Problem {
        Problem::note(self.as_str(), message)
    }
}
