//! A setting of Go as Go reads it: the environment, else the file of `go env -w` (`cmd/go/internal/cfg.Getenv`).

use resolver::go_env;
use resolver::machine::{Errno, Kind, Machine};
use resolver::path::Bytes;
use resolver::places::Places;
use resolver::variables::Name;

use super::{Examination, Finding, Mend, file_line, printable, to_path};
use crate::error;
use crate::problem::{Evidence, Problem};

/// As the resolver reads it.
const LIMIT: usize = 1024 * 1024;

/// The file of `go env -w`.
#[derive(Clone, Copy, Debug)]
pub(super) struct GoEnvFile {
    pub(super) path: Bytes,
    pub(super) content: Bytes,
    /// Why it cannot be read, which Go does not tell.
    pub(super) unreadable: Option<&'static str>,
}

impl GoEnvFile {
    pub(super) fn read<M: Machine>(machine: &M, places: &Places) -> Option<Self> {
        let path = places.go_env?;
        match machine.read_file(None, path, LIMIT) {
            Ok(file) if file.metadata.kind == Kind::File => {
                Some(Self { path, content: file.content, unreadable: None })
            }
            Ok(file) => {
                let is_directory = file.metadata.kind == Kind::Directory;
                let reason =
                    if is_directory { Errno::IS_A_DIRECTORY.text() } else { "not a regular file" };
                Some(Self { path, content: b"", unreadable: Some(reason) })
            }
            Err(error) if error.is_absent() => None,
            Err(error) => Some(Self { path, content: b"", unreadable: Some(error.text()) }),
        }
    }
}

/// A setting, and who made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct GoSetting {
    pub(super) name: &'static str,
    pub(super) value: Bytes,
    /// The file and its line; none where it is the environment.
    pub(super) place: Option<(Bytes, u32, Bytes)>,
}

impl GoSetting {
    pub(super) fn evidence(&self) -> Evidence {
        match self.place {
            Some((file, line, text)) => file_line(file, line, text),
            None => Evidence::value(format!("{}={} in the environment", self.name, self.text())),
        }
    }

    /// The command that takes it back.
    pub(super) fn fix(&self) -> String {
        match self.place {
            Some((file, ..)) => error::edit(&to_path(file)),
            None => format!("unset {}", self.name),
        }
    }

    /// The problem that this setting does nothing but harm. A line of the file `--fix` takes out; the environment is the
    /// caller's.
    pub(super) fn taken_back(&self, problem: Problem) -> Finding {
        match self.place {
            Some((file, line, text)) => {
                Finding::mended_by(problem, Mend::remove_line(to_path(file), line, text))
            }
            None => problem.fixed_by(self.fix()).into(),
        }
    }

    pub(super) fn text(&self) -> String {
        printable(self.value)
    }
}

/// A value without the carriage return that Go takes for a part of it: that is a problem of its own, and a good value
/// must not be taken for a bad one because of it.
pub(super) fn as_meant(value: &[u8]) -> &[u8] {
    value.strip_suffix(b"\r").unwrap_or(value)
}

impl<M: Machine> Examination<'_, M> {
    /// A setting that somebody made, and not gowr for a process above.
    pub(super) fn setting(&self, name: &'static str) -> Option<GoSetting> {
        let variables = self.view().variables;
        let own = [Name::GoCache, Name::GoToolchain].into_iter().find(|own| own.as_str() == name);
        let variable = match own {
            Some(name) => variables.by_user(name),
            None => (self.patient.variable)(name),
        };
        if let Some(value) = variable.filter(|value| !value.is_empty()) {
            return Some(GoSetting { name, value, place: None });
        }
        let file = self.go_env.as_ref()?;
        let found = go_env::lookup(file.content, name).filter(|found| !found.value.is_empty())?;
        Some(GoSetting {
            name,
            value: as_meant(found.value),
            place: Some((file.path, found.line, found.text)),
        })
    }
}
