//! Everything that is read of the world before anything is chosen.

use crate::distro::Distro;
use crate::failure::Failure;
use crate::invocation::Invocation;
use crate::machine::{Follow, Machine};
use crate::path::keep_value;
use crate::places::Places;
use crate::project::Project;
use crate::settings::Settings;
use crate::variables::Variables;

/// What was read.
#[derive(Debug)]
pub struct Survey<'a, M: Machine> {
    /// The machine.
    pub machine: &'a M,
    /// The command line.
    pub invocation: &'a Invocation,
    /// The environment.
    pub variables: &'a Variables,
    /// Directories of this user.
    pub places: &'static Places,
    /// This userland.
    pub distro: &'static Distro,
    /// Configuration and `go env -w`.
    pub settings: &'static Settings,
    /// The directories of the project.
    pub project: Project<M::Directory>,
}

impl<'a, M: Machine> Survey<'a, M> {
    /// Looks around.
    pub fn take(machine: &'a M, invocation: &'a Invocation) -> Result<Self, &'static Failure> {
        let variables = machine.variables();
        let places = keep_value(Places::find(machine, variables));
        let settings = keep_value(Settings::read(machine, places)?);
        let distro = keep_value(Distro::detect(machine, variables));
        let project = Project::open(machine, variables, invocation);
        Ok(Self { machine, invocation, variables, places, distro, settings, project })
    }

    /// Whether a path leads to the program that is running.
    pub fn is_this_program(&self, path: &[u8]) -> bool {
        let identity = |path: &[u8]| {
            self.machine.metadata(None, path, Follow::Links).ok().map(|found| found.identity)
        };
        let this = identity(self.machine.execution_path());
        this.is_some() && this == identity(path)
    }
}
