//! The whole answer: what to execute, in which environment, and why.

use alloc::string::String;
use alloc::vec::Vec;
use core::mem::ManuallyDrop;

use crate::cache::Cache;
use crate::environment::{self, Change};
use crate::failure::{Code, Failure, Problem};
use crate::invocation::{Invocation, Program};
use crate::machine::Machine;
use crate::path::Bytes;
use crate::project::Need;
use crate::select::{self, Selection};
use crate::source::{Row, Source};
use crate::survey::Survey;
use crate::switch;
use crate::toolchain::Toolchain;
use crate::variables::Name;
use crate::witness::Witness;

/// What one call of `go` gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolution {
    /// The program that was asked for.
    pub program: Program,
    /// The toolchain that runs.
    pub toolchain: &'static Toolchain,
    /// The row of the table that answered.
    pub row: Row,
    /// Who asked for it.
    pub source: &'static Source,
    /// What go.mod or go.work needs, where that was looked at.
    pub need: Option<Need>,
    /// The build cache.
    pub cache: Cache,
    /// What changes in the environment.
    pub changes: Vec<Change>,
    /// How many leading arguments were for gowr and not for go.
    pub dropped_arguments: usize,
}

impl Resolution {
    /// The path to execute.
    pub const fn executable(&self) -> Bytes {
        self.toolchain.executable
    }

    /// Whether the toolchain is new enough for go.mod.
    pub fn is_floor_satisfied(&self) -> bool {
        self.need.is_none_or(|need| self.toolchain.satisfies(need.version))
    }

    /// The toolchain that Go itself will switch to from this one.
    pub fn will_switch<M: Machine>(&self, survey: &Survey<'_, M>) -> Option<String> {
        let changed = self.changes.iter().find(|change| change.name == Name::GoToolchain);
        let inherited = survey.variables.get(Name::GoToolchain);
        let in_environment = match changed {
            Some(change) => change.value,
            None => inherited,
        };
        let in_file = || survey.settings.go_env(Name::GoToolchain);
        let wish = in_environment.or_else(|| in_file().map(|(_, setting)| setting.value));
        switch::will_switch(survey.machine, self.toolchain, wish, self.need.as_ref())
    }
}

/// Resolves one call of `go` or `gofmt`.
pub fn resolve<M: Machine, W: Witness>(
    machine: &M,
    invocation: &Invocation,
    witness: &mut W,
) -> Result<Resolution, &'static Failure> {
    // Nothing is tidied up: the proxy becomes another program next, and its descriptors close by themselves.
    let survey = ManuallyDrop::new(Survey::take(machine, invocation)?);
    resolve_survey(&survey, witness)
}

/// The same, where the caller wants to keep what was seen.
pub fn resolve_survey<M: Machine, W: Witness>(
    survey: &Survey<'_, M>,
    witness: &mut W,
) -> Result<Resolution, &'static Failure> {
    let depth = environment::depth(survey)?;
    let selection = select::select(survey, witness)?;
    if survey.is_this_program(selection.toolchain.executable) {
        let executable = selection.toolchain.executable;
        let program = survey.machine.execution_path();
        let problem = Problem::Itself { executable, program };
        return Err(Failure::to_meet(selection.source, Code::Loop, problem));
    }
    let cache = Cache::choose(
        survey.variables,
        survey.settings.go_env(Name::GoCache),
        survey.settings.user,
        survey.places,
        survey.distro,
        selection.toolchain,
    );
    let changes = environment::changes(survey, &selection, &cache, depth);
    let Selection { toolchain, row, source, need } = selection;
    Ok(Resolution {
        program: survey.invocation.program,
        toolchain,
        row,
        source,
        need,
        cache,
        changes,
        dropped_arguments: usize::from(survey.invocation.toolchain.is_some()),
    })
}
