//! The user's standing wishes: gowr's configuration and the file of `go env -w`.

use alloc::string::String;

use crate::config::{self, Config, SIZE_LIMIT};
use crate::failure::Failure;
use crate::go_env::{self, Setting};
use crate::machine::{Kind, Machine};
use crate::path::Bytes;
use crate::places::{Places, SYSTEM_CONFIGURATION};
use crate::variables::{Name, Variables};

const GO_ENV_LIMIT: usize = 1024 * 1024;

/// What is read before anything is chosen.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// The user's configuration.
    pub user: Config,
    go_env_file: Bytes,
    go_env: Bytes,
}

impl Settings {
    /// Reads both files; a missing one says nothing, a malformed configuration is an error.
    pub fn read<M: Machine>(machine: &M, places: &Places) -> Result<Self, &'static Failure> {
        let user = match places.user_configuration {
            Some(path) => read_configuration(machine, path)?,
            None => Config::default(),
        };
        let mut settings = Self { user, ..Self::default() };
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
pub fn system_configuration<M: Machine>(machine: &M) -> Result<Config, &'static Failure> {
    read_configuration(machine, SYSTEM_CONFIGURATION)
}

fn read_configuration<M: Machine>(machine: &M, path: Bytes) -> Result<Config, &'static Failure> {
    match machine.read_file(None, path, SIZE_LIMIT + 1) {
        Ok(file) if file.metadata.kind == Kind::File => config::parse(file.content)
            .map_err(|error| Failure::malformed(error, path, file.content)),
        Ok(file) if file.metadata.kind == Kind::Directory => {
            Err(Failure::unreadable(path, "is a directory"))
        }
        Ok(_) => Err(Failure::unreadable(path, "not a regular file")),
        Err(error) if error.is_absent() => Ok(Config::default()),
        Err(error) => Err(Failure::unreadable(path, error.text())),
    }
}

/// The text of a path for messages.
pub(crate) fn shown(path: &[u8]) -> String {
    String::from_utf8_lossy(path).into_owned()
}
