//! A failure as a person reads it: what, why, and the command that mends it.

use alloc::format;
use alloc::string::String;

use super::{Code, Failure, Problem};
use crate::environment::MAXIMUM_DEPTH;
use crate::path::shell_quoted;
use crate::settings::shown;
use crate::source::{Source, describe};
use crate::version::Request;

impl Failure {
    /// What: lower case, no period.
    pub fn message(&self) -> String {
        match &self.problem {
            Problem::Missing(Request::Named(name)) => {
                format!("no toolchain is registered as {name}")
            }
            Problem::Missing(request) => format!("go {request} is not installed"),
            Problem::BelowFloor(version) => format!("go >= {version} is not installed"),
            Problem::NoChoice => {
                let request = self.source.and_then(|source| source.request);
                format!("`{}` is neither a version nor a name", shown(request.unwrap_or_default()))
            }
            Problem::Unusable(unusable) => unusable.detail(),
            Problem::Malformed { file, error, .. } => {
                let hint = error.hint().map(|hint| [": ", &hint].concat()).unwrap_or_default();
                match error.line {
                    0 => format!("{} {}{hint}", shown(file), error.message()),
                    _ => [error.message(), hint].concat(),
                }
            }
            Problem::Unreadable { file, .. } => format!("{} cannot be read", shown(file)),
            Problem::NothingFound => String::from("no Go was found"),
            Problem::TooDeep => format!("go has started itself {MAXIMUM_DEPTH} times over"),
            Problem::Itself { executable, program } => {
                format!("{} is this proxy itself ({})", shown(executable), shown(program))
            }
            Problem::Told(message) => String::from(*message),
        }
    }

    /// Why: who asked, with file and line.
    pub fn cause(&self) -> Option<String> {
        match &self.problem {
            Problem::Malformed { error, .. } if error.line == 0 => Some(String::from(
                "a pin or a configuration is a text file in UTF-8, of at most 64 KiB",
            )),
            Problem::Malformed { file, line, error } => {
                let line = line.map(shown);
                let place = describe(file, Some(error.line), error.column, line.as_deref());
                Some(format!("in {place}"))
            }
            Problem::Unreadable { reason, .. } => Some(String::from(*reason)),
            Problem::NothingFound => Some(String::from(
                "nothing asks for one, this distro has none of its own, and PATH leads to none",
            )),
            Problem::TooDeep => Some(format!("GOWR_DEPTH={MAXIMUM_DEPTH} in the environment")),
            _ => self.source.and_then(Source::asked_for),
        }
    }

    /// The command that mends it.
    pub fn fix(&self) -> Option<String> {
        Some(match &self.problem {
            Problem::Missing(Request::Named(name)) => format!("gowr adopt DIR --name {name}"),
            Problem::Missing(request) => format!("gowr install {request}"),
            Problem::BelowFloor(version) => format!("gowr install {version}"),
            Problem::NoChoice => String::from("gowr list"),
            Problem::Unusable(unusable) => match unusable.code() {
                Code::WrongLibc | Code::WrongArchitecture => String::from("gowr install VERSION"),
                Code::NotExecutable => format!("chmod +x {}", shell_quoted(unusable.path)),
                Code::NoExec => format!("findmnt --target {}", shell_quoted(unusable.path)),
                _ => String::from("gowr list"),
            },
            Problem::Malformed { file, .. } => format!("${{EDITOR:-vi}} {}", shell_quoted(file)),
            Problem::Unreadable { file, .. } => format!("ls -ld {}", shell_quoted(file)),
            Problem::NothingFound => String::from("gowr install"),
            Problem::TooDeep | Problem::Itself { .. } => String::from("gowr which --explain"),
            Problem::Told(_) => return None,
        })
    }
}
