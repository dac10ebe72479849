//! What a command line of `go` says that matters to the choice of a toolchain.

use crate::path::{self, Bytes};
use crate::text::{find_byte, is_listed};

/// Which program was started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Program {
    /// `go`, and any name we do not know.
    Go,
    /// `gofmt`.
    Gofmt,
}

impl Program {
    /// By the name a program was started under.
    pub fn named(execution_path: &[u8]) -> Self {
        if path::file_name(execution_path) == b"gofmt" { Self::Gofmt } else { Self::Go }
    }

    /// The file's name in `GOROOT/bin`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Go => "go",
            Self::Gofmt => "gofmt",
        }
    }
}

/// What kind of command it is, as far as the choice goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Loads the main module, so go.mod binds it.
    Module,
    /// Works without the main module: `go version`, `go env`, `go help`, gofmt, …
    NoModule,
    /// `go env -w`: stores settings, and warns of variables that would hide them.
    StoresSettings,
    /// `go install` or `go run` of `pkg@version`, which must be free to switch to what that package needs.
    PackageAtVersion,
}

/// A command line, read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Invocation {
    /// Which program.
    pub program: Program,
    /// What follows `+` in the first argument: `1.22` of `go +1.22 build`.
    pub toolchain: Option<Bytes>,
    /// The directory of `-C`, which Go changes to before it looks for anything.
    pub directory: Option<Bytes>,
    /// The kind of command.
    pub command: Command,
}

impl Invocation {
    /// Reads a command line; `arguments` are those after the program's name.
    pub fn parse(execution_path: &[u8], arguments: &[Bytes]) -> Self {
        let program = Program::named(execution_path);
        if program == Program::Gofmt {
            return Self { program, toolchain: None, directory: None, command: Command::NoModule };
        }
        let (toolchain, arguments) = match arguments {
            [first, rest @ ..] if first.starts_with(b"+") => (Some(&first[1..]), rest),
            _ => (None, arguments),
        };
        let (before, arguments) = change_directory(arguments);
        let (verb, arguments) = match arguments {
            [verb, rest @ ..] => (*verb, rest),
            [] => (&b""[..], arguments),
        };
        let (subverb, arguments): (&[u8], _) = match arguments {
            [word, rest @ ..] if matches!(verb, b"mod" | b"work") && !word.starts_with(b"-") => {
                (*word, rest)
            }
            _ => (&b""[..], arguments),
        };
        let (after, arguments) =
            if before.is_none() { change_directory(arguments) } else { (None, arguments) };
        let command = command(verb, subverb, arguments);
        Self { program, toolchain, directory: before.or(after), command }
    }
}

/// Takes `-C dir` off the front (`handleChdirFlag` in cmd/go/main.go: only as the first flag).
fn change_directory(arguments: &[Bytes]) -> (Option<Bytes>, &[Bytes]) {
    match arguments {
        [b"-C" | b"--C", directory, rest @ ..] => (Some(*directory), rest),
        [flag, rest @ ..] => {
            match flag.strip_prefix(b"-C=").or_else(|| flag.strip_prefix(b"--C=")) {
                Some(directory) => (Some(directory), rest),
                None => (None, arguments),
            }
        }
        [] => (None, arguments),
    }
}

fn command(verb: &[u8], subverb: &[u8], arguments: &[&[u8]]) -> Command {
    match verb {
        b"env" if stores_settings(arguments) => Command::StoresSettings,
        // No command at all prints help.
        b"" | b"bug" | b"clean" | b"doc" | b"env" | b"help" | b"tool" | b"version" => {
            Command::NoModule
        }
        b"mod" if subverb == b"edit" => Command::NoModule,
        b"install" if names_version(arguments, true) => Command::PackageAtVersion,
        b"run" if names_version(arguments, false) => Command::PackageAtVersion,
        _ => Command::Module,
    }
}

fn stores_settings(arguments: &[&[u8]]) -> bool {
    for argument in arguments {
        if argument.first() != Some(&b'-') {
            break;
        }
        if is_listed("-w --w -w=true --w=true", argument) {
            return true;
        }
    }
    false
}

/// Whether the first package among the arguments, or any of `all`, is `pkg@version`; flags and the values of flags are
/// no packages.
fn names_version(arguments: &[&[u8]], all: bool) -> bool {
    let mut rest = arguments.iter();
    let mut flags_ended = false;
    while let Some(argument) = rest.next() {
        if flags_ended || *argument == b"-" || argument.first() != Some(&b'-') {
            let has_version = find_byte(argument, b'@').is_some();
            if has_version || !all {
                return has_version;
            }
        } else if *argument == b"--" {
            flags_ended = true;
        } else if takes_value(argument) {
            rest.next();
        }
    }
    false
}

/// Whether a flag of `go build`, `install` or `run` takes the next word as its value
/// (`go help build`; `AddBuildFlags` in cmd/go/internal/work/build.go).
fn takes_value(flag: &[u8]) -> bool {
    const NAMES: &str = "C asmflags buildmode compiler covermode coverpkg debug-actiongraph \
        debug-runtime-trace debug-trace exec gccgoflags gcflags installsuffix ldflags mod modfile \
        o overlay p pgo pkgdir tags toolexec";
    let name = flag.strip_prefix(b"--").or_else(|| flag.strip_prefix(b"-")).unwrap_or(flag);
    is_listed(NAMES, name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    fn parse(line: &'static str) -> Invocation {
        let mut words: Vec<Bytes> = line.split(' ').map(str::as_bytes).collect();
        let program = words.remove(0);
        Invocation::parse(program, &words)
    }

    #[test]
    fn commands() {
        use Command::{Module, NoModule, PackageAtVersion, StoresSettings};
        for (line, expected) in [
            ("go", NoModule),
            ("go build ./...", Module),
            ("go version", NoModule),
            ("go -C /x env GOROOT", NoModule),
            ("go env -w GOCACHE=/x", StoresSettings),
            ("go env -json", NoModule),
            ("go env GOCACHE -w", NoModule),
            ("go mod edit -go=1.22", NoModule),
            ("go mod tidy", Module),
            ("go mod -C /x edit", Module),
            ("go work sync", Module),
            ("go install golang.org/x/tools/gopls@latest", PackageAtVersion),
            ("go install -ldflags -X=a@b ./...", Module),
            ("go install -v a@v1", PackageAtVersion),
            ("go install -tags x ./y a@v1", PackageAtVersion),
            ("go install -- a@v1", PackageAtVersion),
            ("go run a@v1 b", PackageAtVersion),
            ("go run . a@v1", Module),
            ("go run -exec e@x .", Module),
            ("go run -C /x a@v1", PackageAtVersion),
            ("go nosuch", Module),
            ("gofmt -l .", NoModule),
            ("/x/gofmt +1.22", NoModule),
        ] {
            assert_eq!(parse(line).command, expected, "{line}");
        }
    }

    #[test]
    fn directories() {
        for (line, expected) in [
            ("go -C /a build", Some("/a")),
            ("go build -C /a ./...", Some("/a")),
            ("go build --C=/a", Some("/a")),
            ("go mod tidy -C /a", Some("/a")),
            ("go work use -C=/a x", Some("/a")),
            ("go build -v -C /a", None),
            ("go -C /a build -C /b", Some("/a")),
            ("go build -C", None),
            ("gofmt -C /a", None),
            ("go +1.22 -C /a build", Some("/a")),
        ] {
            assert_eq!(parse(line).directory, expected.map(str::as_bytes), "{line}");
        }
    }

    #[test]
    fn toolchains() {
        for (line, expected) in [
            ("go +1.22 build", Some("1.22")),
            ("go +", Some("")),
            ("go build +1.22", None),
            ("gofmt +1.22", None),
            ("something +1.22", Some("1.22")),
        ] {
            assert_eq!(parse(line).toolchain, expected.map(str::as_bytes), "{line}");
        }
    }
}
