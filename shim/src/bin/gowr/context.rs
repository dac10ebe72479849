//! What every command looks at: this process, and the machine as the `go` beside this program sees it.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use installer::store::{Home, Key};
use resolver::config::{Config, Directory};
use resolver::distro::Distro;
use resolver::installed::{Found, Installed};
use resolver::invocation::{Invocation, Program};
use resolver::machine::Machine;
use resolver::path::{self, Bytes, keep_value};
use resolver::places::Places;
use resolver::settings::Settings;
use resolver::survey::Survey;
use resolver::toolchain::Toolchain;
use resolver::variables::{Name, Variables};
use resolver::version::Request;
use resolver::{Failure, Resolution, resolution, witness::Losers};
use shim::machine::LinuxMachine;
use shim::process::Process;

use crate::error::CommandError;
use crate::output;

/// The surroundings of a command.
pub(crate) struct Context {
    /// This process; its execution path is absolute.
    pub(crate) process: Process,
    /// Where this program stands, and `go` and `gofmt` beside it.
    pub(crate) directory: Bytes,
    /// The machine.
    pub(crate) machine: &'static LinuxMachine,
    /// The environment variables that matter.
    pub(crate) variables: &'static Variables,
    /// This user's directories.
    pub(crate) places: Places,
}

impl Context {
    /// Looks around. To be called before the current directory changes: the program may have been started by a
    /// relative path.
    pub(crate) fn new(process: &Process) -> Self {
        let machine = LinuxMachine::new(process);
        let found = Places::find(&machine, machine.variables()).program_directory;
        let current = || machine.current_directory().unwrap_or(b"/");
        let directory = match found {
            Some(directory) if path::is_absolute(directory) => directory,
            Some(directory) => path::clean(path::join(current(), directory)),
            None => current(),
        };
        Self::standing_in(directory, process)
    }

    fn standing_in(directory: Bytes, process: &Process) -> Self {
        let process = Process { execution_path: path::join(directory, b"gowr"), ..*process };
        let machine: &'static LinuxMachine = Box::leak(Box::new(LinuxMachine::new(&process)));
        let variables = machine.variables();
        let places = Places::find(machine, variables);
        Self { process, directory, machine, variables, places }
    }

    /// The same with another environment.
    pub(crate) fn with_process(&self, process: &Process) -> Self {
        Self::standing_in(self.directory, process)
    }

    /// This userland.
    pub(crate) fn distro(&self) -> Distro {
        Distro::detect(self.machine, self.variables)
    }

    /// The name of this userland's directory of links.
    pub(crate) fn key(&self) -> Result<Key, CommandError> {
        let key = self.distro().links_key();
        let parsed = std::str::from_utf8(key).ok().and_then(Key::parse);
        parsed.ok_or_else(|| CommandError::internal("this distro has no key"))
    }

    /// gowr's home, for a command that changes it or shows all of it.
    pub(crate) fn home(&self) -> Result<Home, CommandError> {
        if let Some(ignored) = self.ignored_home() {
            output::warn(&ignored_home_message(ignored));
        }
        let Some(home) = self.places.home else {
            return Err(CommandError::configuration("there is no place for gowr's home")
                .caused_by("neither GOWR_HOME nor HOME is an absolute path in the environment")
                .fixed_by("export HOME=DIR"));
        };
        let home = Home::new(to_path(home))?;
        let downloads = self.configuration()?.downloads.and_then(|setting| match setting.value {
            Directory::Absolute(directory) => Some(PathBuf::from(directory)),
            Directory::InHome(directory) => {
                Some(to_path(self.variables.absolute_path(Name::Home)?).join(directory))
            }
        });
        Ok(match downloads {
            Some(downloads) => home.with_downloads(downloads),
            None => home,
        })
    }

    /// A `GOWR_HOME` that counts for nothing, being relative.
    pub(crate) fn ignored_home(&self) -> Option<Bytes> {
        self.variables.get(Name::GowrHome).filter(|home| !path::is_absolute(home))
    }

    /// The user's configuration.
    pub(crate) fn configuration(&self) -> Result<&'static Config, CommandError> {
        Ok(Settings::read(self.machine, &self.places)?.user)
    }

    /// The file of the user's configuration.
    pub(crate) fn configuration_file(&self) -> Result<PathBuf, CommandError> {
        let file = self.places.user_configuration.ok_or_else(|| {
            CommandError::configuration("there is no place for gowr's configuration")
                .caused_by(
                    "neither XDG_CONFIG_HOME nor HOME is an absolute path in the environment",
                )
                .fixed_by("export HOME=DIR")
        })?;
        Ok(to_path(file).to_path_buf())
    }

    /// What the `go` or `gofmt` beside this program sees when it is started with these arguments.
    pub(crate) fn survey(
        &self,
        program: Program,
        arguments: &[Bytes],
    ) -> Result<Survey<'static, LinuxMachine>, &'static Failure> {
        let execution_path = path::join(self.directory, program.as_str().as_bytes());
        let process = Process { execution_path, ..self.process };
        let machine: &'static LinuxMachine = Box::leak(Box::new(LinuxMachine::new(&process)));
        let invocation = Box::leak(Box::new(Invocation::parse(execution_path, arguments)));
        Survey::take(machine, invocation)
    }

    /// What answers a request here.
    pub(crate) fn find(&self, request: Request) -> Found {
        let installed: Installed<'_, _, Losers> =
            Installed::new(self.machine, &self.places, keep_value(self.distro()), Program::Go);
        installed.find(request)
    }

    /// The toolchain that answers a request here.
    pub(crate) fn usable(&self, request: Request) -> Option<&'static Toolchain> {
        match self.find(request) {
            Found::Usable(toolchain) => Some(toolchain),
            Found::Unusable(_) | Found::Absent | Found::Unknown => None,
        }
    }

    /// What a plain `go` gets here.
    pub(crate) fn resolve(
        &self,
    ) -> Result<(Survey<'static, LinuxMachine>, Resolution), &'static Failure> {
        let survey = self.survey(Program::Go, &[])?;
        let resolution = resolution::resolve_survey(&survey, &mut Losers::default())?;
        Ok((survey, resolution))
    }
}

/// What to say of a `GOWR_HOME` that is not absolute.
pub(crate) fn ignored_home_message(home: &[u8]) -> String {
    format!("GOWR_HOME={} is not an absolute path, and is ignored", String::from_utf8_lossy(home))
}

/// Bytes of the kernel as the standard library's path.
pub(crate) fn to_path(bytes: &[u8]) -> &Path {
    Path::new(OsStr::from_bytes(bytes))
}

/// A path of the standard library as bytes that stay.
pub(crate) fn to_bytes(path: &Path) -> Bytes {
    path::keep(path.as_os_str().as_bytes().to_vec())
}
