//! What is wrong with a GOROOT that somebody has set, and the words of Go that it leads to.
//!
//! Five flaws look alike to whoever meets them, and three of them let `go version` succeed. The words are those of go1.22
//! and go1.26 (`cmd/go/main.go`, `cmd/go/internal/load`, `cmd/compile`).

use resolver::machine::{Follow, Machine};
use resolver::path::{self, Bytes};
use resolver::real_path::real_path;
use resolver::toolchain;
use resolver::version::ToolchainName;

use super::{View, go_on_path, printable, shown, to_path};
use crate::problem::{Evidence, Problem};

/// What a GOROOT is that is no good to the `go` commands of this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flaw {
    /// `C:\Program Files\Go`: it came by WSLENV without `/p`, or was typed.
    WindowsPath,
    /// It depends on the current directory.
    Relative,
    /// `/snap/bin`, or something in it.
    SnapLaunchers,
    /// Nothing is there.
    Missing,
    /// An SDK for Windows: it came by WSLENV with `/p`, or was typed.
    WindowsToolchain,
    /// Something is there that is no GOROOT.
    NoGoroot,
    /// A GOROOT of another version than that of the `go` that PATH gives.
    OtherVersion { there: ToolchainName, of: Bytes, version: ToolchainName },
}

/// Looks at a GOROOT that is not empty: to Go an empty one is none.
pub(super) fn flaw<M: Machine>(view: &View<'_, M>, goroot: Bytes) -> Option<Flaw> {
    let machine = view.machine;
    let is_there = |name: &[u8]| {
        let path = if name.is_empty() { goroot } else { path::join(goroot, name) };
        machine.metadata(None, path, Follow::Links).is_ok()
    };
    let tools = path::concat(&[b"pkg/tool/linux_", machine.architecture().go_name().as_bytes()]);
    if is_windows_text(goroot) {
        Some(Flaw::WindowsPath)
    } else if !path::is_absolute(goroot) {
        Some(Flaw::Relative)
    } else if path::is_below(goroot, b"/snap/bin") {
        Some(Flaw::SnapLaunchers)
    } else if !is_there(b"") {
        Some(Flaw::Missing)
    } else if is_there(b"bin/go.exe") && !is_there(tools) {
        Some(Flaw::WindowsToolchain)
    } else if !is_there(b"pkg/tool") || !is_there(b"src") {
        Some(Flaw::NoGoroot)
    } else {
        other_version(view, goroot)
    }
}

/// `C:\…`, `C:/…` or `\\server\…`.
pub(super) fn is_windows_text(path: &[u8]) -> bool {
    matches!(path, [letter, b':', b'\\' | b'/', ..] if letter.is_ascii_alphabetic())
        || path.starts_with(br"\\")
}

fn other_version<M: Machine>(view: &View<'_, M>, goroot: Bytes) -> Option<Flaw> {
    let there = version_in(view, goroot)?;
    let (of, version) = other_go(view)?;
    (there != version).then_some(Flaw::OtherVersion { there, of, version })
}

/// The first `go` on PATH that is not gowr's and takes an inherited GOROOT for its own; else the chosen one, which an
/// editor may start by its path.
fn other_go<M: Machine>(view: &View<'_, M>) -> Option<(Bytes, ToolchainName)> {
    let of_path = go_on_path(view).into_iter().filter(|found| !found.is_ours).find_map(|found| {
        let real = real_path(view.machine, found.program).ok()?;
        let root = path::parent(path::parent(real)?)?;
        Some((found.program, version_in(view, root)?))
    });
    of_path.or_else(|| {
        let chosen = view.choice.ok()?;
        Some((chosen.executable(), chosen.toolchain.version?))
    })
}

fn version_in<M: Machine>(view: &View<'_, M>, root: Bytes) -> Option<ToolchainName> {
    toolchain::version_of(toolchain::first_line_of_version(view.machine, root)?)
}

impl Flaw {
    /// What it is, after `GOROOT=… is in the environment, and`.
    pub(super) fn text(&self) -> String {
        match self {
            Self::WindowsPath => String::from("is a path of Windows"),
            Self::Relative => String::from("is not an absolute path"),
            Self::SnapLaunchers => String::from("is where snap has its launchers, and no GOROOT"),
            Self::Missing => String::from("is not there"),
            Self::WindowsToolchain => {
                String::from("is a Go for Windows, whose tools are not for Linux")
            }
            Self::NoGoroot => String::from("is no GOROOT"),
            Self::OtherVersion { there, of, version } => {
                format!("is {there}, whose tools {} ({version}) refuses", shown(of))
            }
        }
    }

    /// What a `go` says that takes it for its own.
    fn words(&self, goroot: &[u8]) -> String {
        let goroot = printable(goroot);
        match self {
            Self::WindowsPath | Self::Relative | Self::Missing => {
                format!("go: cannot find GOROOT directory: {goroot}")
            }
            // A launcher is `snap` itself, started by another name.
            Self::SnapLaunchers => {
                format!("go: cannot find GOROOT directory: {}/go", goroot.trim_end_matches("/go"))
            }
            Self::WindowsToolchain => String::from("go: no such tool \"compile\""),
            Self::NoGoroot => format!("package fmt is not in std ({goroot}/src/fmt)"),
            Self::OtherVersion { there, version, .. } => {
                format!("compile: version \"{there}\" does not match go tool version \"{version}\"")
            }
        }
    }

    /// Adds it to a problem: what is seen, and what Go says.
    pub(super) fn seen(&self, problem: Problem, goroot: &[u8]) -> Problem {
        let problem = problem.seen(Evidence::file(to_path(goroot), self.text()));
        let words = self.words(goroot);
        let when = match self {
            Self::WindowsToolchain | Self::NoGoroot | Self::OtherVersion { .. } => "go build",
            _ => "every command",
        };
        problem.seen(Evidence::value(format!("{when} says: {words}")))
    }
}
