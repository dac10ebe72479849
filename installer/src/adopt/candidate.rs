//! Judges a directory: which toolchain it is, and whether it can be used here.

use resolver::failure::Code;
use resolver::invocation::Program;
use resolver::machine::{Follow, Kind, Machine};
use resolver::path::{self, Bytes, shell_quoted};
use resolver::real_path::real_path;
use resolver::toolchain::{self, Defect, Origin, Unusable};
use resolver::version::{Request, ToolchainName};

use super::layouts::Condition;
use super::search::Place;

/// A toolchain of somebody else's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Candidate {
    /// What it is known by: the real path of its GOROOT.
    pub(super) goroot: Bytes,
    /// Who put it there, where that is known.
    pub(super) manager: Option<&'static str>,
    /// The first line of its VERSION file, if it has one.
    pub(super) version_text: Option<&'static str>,
    /// The name by which it can be had, or why it cannot.
    pub(super) verdict: Result<ToolchainName, Reason>,
}

impl Candidate {
    /// The command that mends what is wrong with it, or does without it.
    pub(super) fn fix(&self, reason: Reason) -> String {
        let version = self.version_text.and_then(toolchain::version_of);
        let install = || match version {
            Some(name) => format!("gowr install {}", Request::Exact(name)),
            None => String::from("gowr list"),
        };
        match reason {
            Reason::Unusable(unusable) => match unusable.code() {
                Code::NotExecutable => format!("chmod +x {}", shell_quoted(unusable.path)),
                Code::NoExec => format!("findmnt --target {}", shell_quoted(unusable.path)),
                Code::NotAGoroot => String::from("gowr adopt --dry-run"),
                _ => install(),
            },
            Reason::NoVersion | Reason::Duplicate(_) => {
                format!("gowr adopt {} --name NAME", shell_quoted(self.goroot))
            }
            _ => install(),
        }
    }
}

/// Why a toolchain is passed over, or adopted no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It cannot run here.
    Unusable(&'static Unusable),
    /// Its manager has not made it whole: this file is missing.
    Unfinished(Bytes),
    /// It has the name that its manager gives to what is not whole.
    Temporary,
    /// It does not work outside of its manager.
    Opaque,
    /// No file VERSION says what it is.
    NoVersion,
    /// There is the same version, here, which comes before it.
    Duplicate(Bytes),
    /// There is nothing any more.
    Gone,
    /// It is another version now.
    Changed(ToolchainName),
    /// Somebody asked for this one in its place.
    Replaced(Bytes),
    /// Somebody asked for that.
    Removed,
}

impl Reason {
    /// The word in JSON: an error code, or one of our own.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unusable(unusable) => unusable.code().as_str(),
            Self::Unfinished(_) | Self::Temporary => "unfinished",
            Self::Opaque => "opaque",
            Self::NoVersion => "no-version",
            Self::Duplicate(_) => "duplicate",
            Self::Gone => "gone",
            Self::Changed(_) => "changed",
            Self::Replaced(_) => "replaced",
            Self::Removed => "removed",
        }
    }

    /// It in words.
    pub fn detail(&self) -> String {
        let shown = |path: &[u8]| String::from_utf8_lossy(path).into_owned();
        match self {
            Self::Unusable(unusable) => unusable.detail(),
            Self::Unfinished(missing) => format!("it is not whole: there is no {}", shown(missing)),
            Self::Temporary => String::from("it is not whole, by its name"),
            Self::Opaque => String::from("it works only when its manager starts it"),
            Self::NoVersion => String::from("no file VERSION says which Go it is"),
            Self::Duplicate(other) => format!("{} is the same version", shown(other)),
            Self::Gone => String::from("it is not there any more"),
            Self::Changed(name) => format!("it is {name} now"),
            Self::Replaced(other) => format!("{} is in its place", shown(other)),
            Self::Removed => String::from("as asked for"),
        }
    }
}

/// The GOROOT that a directory means, links resolved; none where nothing is there.
///
/// That is where its `bin/go` really stands, as `findGOROOT` in cmd/go has it: a profile of Nix or the prefix of
/// Homebrew leads to a GOROOT so, and what looks like a GOROOT may be a forest of links into another. Where a
/// distro splits its Go (`bin -> /usr/bin` on Void), it is the directory itself.
pub(super) fn identity<M: Machine>(machine: &M, directory: Bytes) -> Option<Bytes> {
    let program = real_path(machine, toolchain::executable(directory, Program::Go)).ok();
    let around = program.and_then(|program| path::parent(path::parent(program)?));
    around.filter(|root| has_tools(machine, root)).or_else(|| real_path(machine, directory).ok())
}

/// Whether there is a `pkg/tool`, by which Go itself knows a GOROOT.
pub(super) fn has_tools<M: Machine>(machine: &M, root: &[u8]) -> bool {
    let tools = machine.metadata(None, path::join(root, b"pkg/tool"), Follow::Links);
    tools.is_ok_and(|tools| tools.kind == Kind::Directory)
}

/// Judges what stands at a place of a layout; none where that is no toolchain at all.
pub(super) fn at<M: Machine>(machine: &M, place: Place) -> Option<Candidate> {
    let goroot = identity(machine, place.directory)?;
    let candidate = Candidate { manager: Some(place.layout.manager), ..of(machine, goroot) };
    match (condition(machine, place), candidate.verdict) {
        (_, Err(Reason::Unusable(Unusable { defect: Defect::NoTools, .. }))) => None,
        (Some(reason), _) => Some(Candidate { verdict: Err(reason), ..candidate }),
        (None, _) => Some(candidate),
    }
}

/// Judges a GOROOT.
pub(super) fn of<M: Machine>(machine: &M, goroot: Bytes) -> Candidate {
    let (version_text, verdict) =
        match toolchain::goroot(machine, goroot, Program::Go, Origin::Adopted) {
            Ok(found) => (found.version_text, found.version.ok_or(Reason::NoVersion)),
            Err(unusable) => {
                (toolchain::first_line_of_version(machine, goroot), Err(Reason::Unusable(unusable)))
            }
        };
    Candidate { goroot, manager: None, version_text, verdict }
}

/// Why a directory does not count, by the condition of its layout.
fn condition<M: Machine>(machine: &M, place: Place) -> Option<Reason> {
    let directory = place.directory;
    let missing = |file: Bytes| {
        let found = machine.metadata(None, file, Follow::Links);
        found.is_err().then_some(Reason::Unfinished(file))
    };
    match place.layout.condition {
        Condition::Always => None,
        Condition::Has(file) => missing(path::join(directory, file.as_bytes())),
        Condition::HasIfArchive(file) => {
            let names = machine.list(directory).unwrap_or_default();
            let has_archive = names.iter().any(|name| name.ends_with(b".tar.gz"));
            if has_archive { missing(path::join(directory, file.as_bytes())) } else { None }
        }
        Condition::HasBeside(suffix) => missing(path::concat(&[directory, suffix.as_bytes()])),
        Condition::NotNamed(suffix) => {
            directory.ends_with(suffix.as_bytes()).then_some(Reason::Temporary)
        }
        Condition::Opaque => Some(Reason::Opaque),
    }
}
