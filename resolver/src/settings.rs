//! The user's standing wishes: gowr's configuration and the file of `go env -w`.

use alloc::string::String;

use crate::config::{self, Config, SIZE_LIMIT};
use crate::failure::Failure;
use crate::go_env::{self, Setting};
use crate::machine::{Errno, File, Kind, Machine};
use crate::path::Bytes;
use crate::places::{Places, SYSTEM_CONFIGURATION};
use crate::variables::{Name, Variables};

const GO_ENV_LIMIT: usize = 1024 * 1024;

/// What is read before anything is chosen.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// The user's configuration.
    pub user: &'static Config,
    go_env_file: Bytes,
    go_env: Bytes,
}

impl Settings {
    /// Reads both files; a missing one says nothing, a malformed configuration is an error.
    pub fn read<M: Machine>(machine: &M, places: &Places) -> Result<Self, &'static Failure> {
        let user = match places.user_configuration {
            Some(path) => read_configuration(machine, path)?,
            None => &Config::NOTHING,
        };
        let mut settings = Self { user, go_env_file: b"", go_env: b"" };
        if let Some(path) = places.go_env {
            // Go takes an unreadable file for an empty one (`readEnvFile`).
            if let Ok(file) = machine.read_file(None, path, GO_ENV_LIMIT) {
                settings.go_env = file.content;
                settings.go_env_file = path;
            }
        }
        Ok(settings)
    }

    /// The file of `go env -w`, and a setting in it.
    pub fn go_env(&self, name: Name) -> Option<(Bytes, Setting<'static>)> {
        let setting = go_env::lookup(self.go_env, name.as_str())?;
        (!setting.value.is_empty()).then_some((self.go_env_file, setting))
    }

    /// A variable as the go command reads it: the environment first, then that file (`cfg.Getenv`).
    pub fn go_variable(&self, variables: &Variables, name: Name) -> Option<Bytes> {
        variables.get(name).or_else(|| self.go_env(name).map(|(_, setting)| setting.value))
    }
}

/// The system's configuration; asked for only when nothing before it answers.
pub fn system_configuration<M: Machine>(machine: &M) -> Result<&'static Config, &'static Failure> {
    read_configuration(machine, SYSTEM_CONFIGURATION)
}

#[inline(never)]
fn read_configuration<M: Machine>(
    machine: &M,
    path: Bytes,
) -> Result<&'static Config, &'static Failure> {
    let read = machine.read_file(None, path, SIZE_LIMIT + 1);
    if read.as_ref().is_err_and(|error| error.is_absent()) {
        return Ok(&Config::NOTHING);
    }
    let content = written(read, path)?;
    config::parse(content).map_err(|error| Failure::malformed(error, path, content))
}

/// What a person wrote in the file at `path`, which must be one that can be read.
#[inline(never)]
pub(crate) fn written(read: Result<File, Errno>, path: Bytes) -> Result<Bytes, &'static Failure> {
    let reason = match read {
        Ok(file) => match file.metadata.kind {
            Kind::File => return Ok(file.content),
            Kind::Directory => Errno::IS_A_DIRECTORY.text(),
            _ => "not a regular file",
        },
        Err(error) => error.text(),
    };
    Err(Failure::unreadable(path, reason))
}

/// The text of a path for messages.
pub(crate) fn shown(path: &[u8]) -> String {
    String::from_utf8_lossy(path).into_owned()
}
