//! Everything that can go wrong here, with what a person needs to mend it.

use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use resolver::version::{Request, ToolchainName};

/// What an error is about: decides the exit code and the wording of the command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The request cannot be met as it was made.
    User,
    /// A file or a variable does not say what it must.
    Configuration,
    /// What was asked for does not exist.
    NotFound,
    /// Something is there and cannot be run.
    CannotRun,
    /// A server could not be reached, or did not answer as it should.
    Network,
    /// What was downloaded is not what it should be.
    Integrity,
    /// The operating system refused, or gowr is wrong.
    Internal,
}

/// What is behind an error, in words or as an error of its own.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Why something could not be done. Messages are lower case, without a period.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The operating system refused.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// What was being done, to go after "cannot": `write`, `create the directory`.
        action: &'static str,
        /// To which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// gowr's home must be one place wherever a command is run.
    #[error("gowr's home is not an absolute path: {}", .0.display())]
    HomeNotAbsolute(PathBuf),
    /// The directory cannot stand on PATH.
    #[error("gowr's home cannot be on PATH, for a colon or a line end in its name: {}", .0.display())]
    HomeNotForPath(PathBuf),
    /// Nothing can be kept there.
    #[error("gowr's home cannot be written to: {}", directory.display())]
    HomeNotWritable {
        /// The directory in it that cannot be made.
        directory: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// No release answers the request.
    #[error("there is no release that answers {0}")]
    NoSuchRelease(Request),
    /// A registered name is not something that can be downloaded.
    #[error("{0} is a registered name, not a version")]
    NotAVersion(Request),
    /// Nothing to take away.
    #[error("{0} is not installed by gowr")]
    NotInstalled(ToolchainName),
    /// What was unpacked says that it is something else.
    #[error("the tree unpacked for {name} says in its VERSION that it is {found}")]
    WrongTree {
        /// What was asked for.
        name: ToolchainName,
        /// The first line of its VERSION file.
        found: String,
    },
    /// A setting of Go's cannot be used.
    #[error("{name} cannot be used: {problem}")]
    Setting {
        /// Which: `GOPROXY`.
        name: String,
        /// What is wrong with it.
        problem: String,
        /// Who set it to what.
        #[source]
        cause: Cause,
        /// The command that mends it.
        fix: Option<String>,
    },
    /// GOPROXY does not let anything be downloaded.
    #[error("downloads are switched off by {name}=off")]
    Off {
        /// The setting: `GOPROXY`.
        name: String,
        /// Who set it.
        #[source]
        cause: Cause,
        /// The command that mends it.
        fix: Option<String>,
    },
    /// A server, or a directory in its place, does not have a document.
    #[error("there is no {location}")]
    Absent {
        /// The address, without a password.
        location: String,
        /// What the server said.
        #[source]
        cause: Cause,
    },
    /// No server has a release for this platform.
    #[error("{name} is not published for {platform}")]
    NotPublished {
        /// The release.
        name: ToolchainName,
        /// The platform: `linux-amd64`.
        platform: String,
        /// Who said so.
        #[source]
        cause: Cause,
    },
    /// A server could not be reached, or did not answer as it should.
    #[error("cannot read {location}")]
    Network {
        /// The address, without a password.
        location: String,
        /// What went wrong.
        #[source]
        cause: Cause,
    },
    /// What was downloaded cannot be believed.
    #[error("{message}")]
    Integrity {
        /// What, with Go's own words `SECURITY ERROR` where cmd/go says them.
        message: String,
        /// How it shows.
        #[source]
        cause: Cause,
    },
    /// Something else failed first, and it is that which is reported.
    #[error("stopped")]
    Stopped,
    /// A pin or configuration file cannot be understood, and so not be changed.
    #[error("{}{}{}", file.display(), place(error), words(error))]
    BadFile {
        /// The file.
        file: PathBuf,
        /// What is wrong in it, and where.
        error: resolver::pin::Error,
    },
    /// The request cannot be met as it was made.
    #[error("{message}")]
    Refused {
        /// What is refused, and what may be asked for instead.
        message: String,
        /// The command that mends it.
        fix: Option<String>,
    },
}

impl Error {
    /// What this is about.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Io { .. } | Self::Stopped => Kind::Internal,
            Self::HomeNotAbsolute(_)
            | Self::HomeNotForPath(_)
            | Self::HomeNotWritable { .. }
            | Self::BadFile { .. }
            | Self::Setting { .. }
            | Self::Off { .. } => Kind::Configuration,
            Self::NoSuchRelease(_)
            | Self::NotInstalled(_)
            | Self::Absent { .. }
            | Self::NotPublished { .. } => Kind::NotFound,
            Self::Network { .. } => Kind::Network,
            Self::NotAVersion(_) | Self::Refused { .. } => Kind::User,
            Self::WrongTree { .. } | Self::Integrity { .. } => Kind::Integrity,
        }
    }

    /// The command that mends it, or shows more.
    pub fn fix(&self) -> Option<String> {
        match self {
            Self::Io { source, path, .. } => match source.kind() {
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                    Some(format!("df -h {}", quoted(parent(path))))
                }
                io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied => {
                    Some(format!("ls -ld {} {}", quoted(parent(path)), quoted(path)))
                }
                _ => None,
            },
            Self::HomeNotAbsolute(_) | Self::HomeNotForPath(_) | Self::HomeNotWritable { .. } => {
                Some(String::from("export GOWR_HOME=\"$HOME/.local/share/gowr\""))
            }
            Self::NoSuchRelease(_) | Self::NotPublished { .. } => {
                Some(String::from("gowr list --remote"))
            }
            Self::NotInstalled(_) | Self::NotAVersion(_) => Some(String::from("gowr list")),
            Self::BadFile { file, .. } => Some(edit(file)),
            Self::Refused { fix, .. } | Self::Setting { fix, .. } | Self::Off { fix, .. } => {
                fix.clone()
            }
            Self::Network { location, .. } if location.starts_with("http") => {
                Some(format!("curl -I {}", resolver::path::shell_quoted(location.as_bytes())))
            }
            Self::WrongTree { .. }
            | Self::Absent { .. }
            | Self::Network { .. }
            | Self::Integrity { .. }
            | Self::Stopped => None,
        }
    }
}

/// The command that opens a file for a person to mend.
pub(crate) fn edit(file: &Path) -> String {
    format!("${{EDITOR:-vi}} {}", quoted(file))
}

fn quoted(path: &Path) -> String {
    resolver::path::shell_quoted(path.as_os_str().as_bytes())
}

fn parent(path: &Path) -> &Path {
    path.parent().unwrap_or(path)
}

/// What is wrong in a file, and the way out.
fn words(error: &resolver::pin::Error) -> String {
    match error.hint() {
        None => error.message(),
        Some(hint) => format!("{}: {hint}", error.message()),
    }
}

/// What stands between a file's name and the message: `:3:7: `.
fn place(error: &resolver::pin::Error) -> String {
    match (error.line, error.column) {
        (0, _) => String::from(" "),
        (line, None) => format!(":{line}: "),
        (line, Some(column)) => format!(":{line}:{column}: "),
    }
}

/// Says what was being done to which file when the system refused.
pub(crate) trait During<T> {
    /// `action` goes after "cannot": `write`, `create the directory`.
    fn during(self, action: &'static str, path: &Path) -> Result<T, Error>;
}

impl<T> During<T> for io::Result<T> {
    fn during(self, action: &'static str, path: &Path) -> Result<T, Error> {
        self.map_err(|source| Error::Io { action, path: path.to_path_buf(), source })
    }
}
