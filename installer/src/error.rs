//! Everything that can go wrong here, with what a person needs to mend it.

use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use resolver::version::{Request, ToolchainName, Version};

use crate::lock::Holder;

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
    /// Nothing to upgrade.
    #[error("no go {} is installed by gowr", .0.as_str())]
    NothingOfLine(Version),
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
    /// No source has what is asked for.
    #[error("{first}")]
    EverySource {
        /// What the first one said.
        #[source]
        first: Box<Error>,
        /// What the others said.
        others: Vec<Error>,
    },
    /// What an archive must be is not known here, and those who know could not be asked.
    #[error("the hash of {archive} cannot be proved")]
    Unproved {
        /// The archive.
        archive: String,
        /// Why they could not.
        source: Box<Error>,
    },
    /// A file is not the same one from one request to the next.
    #[error("cannot read {location}")]
    Replaced {
        /// The address, without a password.
        location: String,
        /// How it shows.
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
    /// A checksum database does not prove what it says.
    #[error("SECURITY ERROR: {message}")]
    Misbehavior {
        /// What it did, after Go's own words `SECURITY ERROR`.
        message: String,
        /// How it shows.
        #[source]
        cause: Cause,
        /// The command that mends it, or shows what it did.
        fix: Option<String>,
    },
    /// A directory cannot be adopted.
    #[error("cannot adopt {}", directory.display())]
    NotAdopted {
        /// The directory, as it was given.
        directory: PathBuf,
        /// Why not.
        #[source]
        cause: Cause,
        /// The command that mends it.
        fix: Option<String>,
    },
    /// A snapshot is not one, or not as it was saved.
    #[error("{} is not a snapshot that can be loaded", snapshot.display())]
    NotLoaded {
        /// The snapshot.
        snapshot: PathBuf,
        /// What is wrong with it.
        #[source]
        cause: Cause,
    },
    /// A program of WSL's did not do what it was asked for.
    #[error("{message}")]
    Windows {
        /// What was not done.
        message: String,
        /// What it said.
        #[source]
        cause: Cause,
        /// The command that mends it, or shows more.
        fix: Option<String>,
    },
    /// Toolchains cannot be shared between distros so.
    #[error("{message}")]
    Share {
        /// What this is about.
        kind: Kind,
        /// What cannot be done.
        message: String,
        /// Why.
        #[source]
        cause: Cause,
        /// The command that mends it, or shows more.
        fix: Option<String>,
    },
    /// A path cannot be made to lead to a GOROOT.
    #[error("{message}")]
    GorootLink {
        /// What cannot be done.
        message: String,
        /// Why not.
        #[source]
        cause: Cause,
        /// The command that mends it.
        fix: Option<String>,
    },
    /// A container cannot be run.
    #[error("{message}")]
    Container {
        /// What this is about.
        kind: Kind,
        /// What cannot be done.
        message: String,
        /// Why.
        #[source]
        cause: Cause,
        /// The command that mends it, or shows more.
        fix: Option<String>,
    },
    /// The real go did not do what it was asked for.
    #[error("{message}")]
    Go {
        /// What it did not do.
        message: String,
        /// What it said.
        #[source]
        cause: Cause,
        /// The command that shows more.
        fix: Option<String>,
    },
    /// A command of the system's did not do what it was run for.
    #[error("{message}")]
    Command {
        /// Which.
        message: String,
        /// What it said.
        #[source]
        cause: Cause,
        /// The command that shows more.
        fix: Option<String>,
    },
    /// A lock that should be free by now is not.
    #[error("{} is held by {holder}", path.display())]
    Locked {
        /// The lock.
        path: PathBuf,
        /// Who has it.
        holder: Box<Holder>,
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
            Self::Io { .. }
            | Self::Locked { .. }
            | Self::Windows { .. }
            | Self::Go { .. }
            | Self::Command { .. }
            | Self::Stopped => Kind::Internal,
            Self::Container { kind, .. } | Self::Share { kind, .. } => *kind,
            Self::HomeNotAbsolute(_)
            | Self::HomeNotForPath(_)
            | Self::HomeNotWritable { .. }
            | Self::BadFile { .. }
            | Self::Setting { .. }
            | Self::Off { .. } => Kind::Configuration,
            Self::NoSuchRelease(_)
            | Self::NotInstalled(_)
            | Self::NothingOfLine(_)
            | Self::Absent { .. }
            | Self::NotPublished { .. } => Kind::NotFound,
            Self::Network { .. } | Self::Replaced { .. } => Kind::Network,
            Self::EverySource { first: error, .. } | Self::Unproved { source: error, .. } => {
                error.kind()
            }
            Self::NotAVersion(_)
            | Self::Refused { .. }
            | Self::NotAdopted { .. }
            | Self::GorootLink { .. } => Kind::User,
            Self::WrongTree { .. }
            | Self::Integrity { .. }
            | Self::Misbehavior { .. }
            | Self::NotLoaded { .. } => Kind::Integrity,
        }
    }

    /// The command that mends it, or shows more.
    pub fn fix(&self) -> Option<String> {
        match self {
            Self::Io { source, path, .. } => match source.kind() {
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                    Some(format!("df -h {}", quoted(parent(path))))
                }
                // The kernel knows which device it was.
                _ if source.raw_os_error() == Some(Errno::EIO as i32) => {
                    Some(String::from("dmesg | tail"))
                }
                _ => Some(format!("ls -ld {} {}", quoted(parent(path)), quoted(path))),
            },
            Self::HomeNotAbsolute(_) | Self::HomeNotForPath(_) | Self::HomeNotWritable { .. } => {
                Some(String::from("export GOWR_HOME=\"$HOME/.local/share/gowr\""))
            }
            Self::NoSuchRelease(_) | Self::NotPublished { .. } => {
                Some(String::from("gowr list --remote"))
            }
            Self::NotInstalled(_) | Self::NotAVersion(_) => Some(String::from("gowr list")),
            Self::EverySource { first: error, .. } | Self::Unproved { source: error, .. } => {
                error.fix()
            }
            Self::BadFile { file, .. } => Some(edit(file)),
            Self::NothingOfLine(line) => Some(format!("gowr install {}", line.as_str())),
            Self::Locked { holder, .. } => Some(holder.way_out()),
            Self::Refused { fix, .. }
            | Self::Misbehavior { fix, .. }
            | Self::Setting { fix, .. }
            | Self::Off { fix, .. }
            | Self::NotAdopted { fix, .. }
            | Self::Go { fix, .. }
            | Self::Command { fix, .. }
            | Self::Container { fix, .. }
            | Self::GorootLink { fix, .. }
            | Self::Share { fix, .. }
            | Self::Windows { fix, .. } => fix.clone(),
            Self::NotLoaded { snapshot, .. } => Some(format!("ls -l {}", quoted(snapshot))),
            Self::Network { location, .. } | Self::Replaced { location, .. }
                if location.starts_with("http") =>
            {
                Some(format!("curl -I {}", resolver::path::shell_quoted(location.as_bytes())))
            }
            Self::WrongTree { .. }
            | Self::Absent { .. }
            | Self::Network { .. }
            | Self::Replaced { .. }
            | Self::Integrity { .. }
            | Self::Stopped => None,
        }
    }
}

/// The command that opens a file for a person to mend.
pub(crate) fn edit(file: &Path) -> String {
    format!("${{EDITOR:-vi}} {}", quoted(file))
}

/// A path as one word of a command.
pub(crate) fn quoted(path: &Path) -> String {
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
        self.map_err(|error| Error::Io { action, path: path.to_path_buf(), source: plain(error) })
    }
}

/// `tempfile` adds the name of a file that nobody has seen, and hides the system's number in its words.
fn plain(error: io::Error) -> io::Error {
    let text = error.to_string();
    let number = || text.split_once("(os error ")?.1.split_once(')')?.0.parse().ok();
    match error.raw_os_error().or_else(number) {
        Some(number) => io::Error::from_raw_os_error(number),
        None => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_system_said_is_said_once() {
        let absent = Path::new("/nonexistent/file");
        let error = tempfile::NamedTempFile::new_in("/nonexistent").map(drop);
        let error = error.during("write", absent).expect_err("no directory");
        let cause = std::error::Error::source(&error).expect("a cause").to_string();
        assert_eq!(cause, "No such file or directory (os error 2)");
        assert_eq!(error.fix().as_deref(), Some("ls -ld /nonexistent /nonexistent/file"));
    }

    #[test]
    fn every_refusal_of_the_system_has_a_way_out() {
        for (number, fix) in [
            (Errno::ENOSPC, "df -h /d"),
            (Errno::EDQUOT, "df -h /d"),
            (Errno::EIO, "dmesg | tail"),
            (Errno::EROFS, "ls -ld /d /d/file"),
            (Errno::EACCES, "ls -ld /d /d/file"),
        ] {
            let error = Err::<(), _>(io::Error::from(number));
            let error = error.during("write", Path::new("/d/file")).expect_err("refused");
            assert_eq!(error.fix().as_deref(), Some(fix), "{number}");
        }
    }
}
