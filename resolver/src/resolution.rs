//! The whole answer: what to execute, in which environment, and why.

use alloc::string::String;
use alloc::vec::Vec;

use crate::cache::Cache;
use crate::environment::{self, Change};
use crate::failure::{Code, Failure};
use crate::invocation::{Invocation, Program};
use crate::machine::Machine;
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
    pub toolchain: Toolchain,
    /// The row of the table that answered.
    pub row: Row,
    /// Who asked for it.
    pub source: Source,
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
    pub fn executable(&self) -> &[u8] {
        &self.toolchain.executable
    }

    /// Whether the toolchain is new enough for go.mod.
    pub fn is_floor_satisfied(&self) -> bool {
        self.need.as_ref().is_none_or(|need| self.toolchain.satisfies(&need.version))
    }

    /// The toolchain that Go itself will switch to from this one.
    pub fn will_switch<M: Machine>(&self, survey: &Survey<'_, M>) -> Option<String> {
        let changed = self.changes.iter().find(|change| change.name == Name::GoToolchain);
        let inherited = survey.variables.get(Name::GoToolchain);
        let in_environment = match changed {
            Some(change) => change.value.as_deref(),
            None => inherited,
        };
        let in_file = || survey.settings.go_env(Name::GoToolchain);
        let wish = in_environment.or_else(|| in_file().map(|(_, setting)| setting.value));
        switch::will_switch(survey.machine, &self.toolchain, wish, self.need.as_ref())
    }
}

/// Resolves one call of `go` or `gofmt`.
pub fn resolve<M: Machine, W: Witness>(
    machine: &M,
    invocation: &Invocation<'_>,
    witness: &mut W,
) -> Result<Resolution, Failure> {
    resolve_survey(&Survey::take(machine, invocation)?, witness)
}

/// The same, where the caller wants to keep what was seen.
pub fn resolve_survey<M: Machine, W: Witness>(
    survey: &Survey<'_, M>,
    witness: &mut W,
) -> Result<Resolution, Failure> {
    let depth = environment::depth(survey)?;
    let selection = select::select(survey, witness)?;
    if survey.is_this_program(&selection.toolchain.executable) {
        return Err(loop_of(survey, &selection));
    }
    let cache = Cache::choose(
        &survey.variables,
        survey.settings.go_env(Name::GoCache),
        &survey.settings.user,
        &survey.places,
        &survey.distro,
        &selection.toolchain,
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

fn loop_of<M: Machine>(survey: &Survey<'_, M>, selection: &Selection) -> Failure {
    let executable = String::from_utf8_lossy(&selection.toolchain.executable).into_owned();
    let this = String::from_utf8_lossy(survey.machine.execution_path()).into_owned();
    Failure::new(Code::Loop, alloc::format!("{executable} is this proxy itself ({this})"))
        .fixed_by(String::from("gowr which --explain"))
        .asked_for_by(selection.source.clone())
}
