//! What becomes of a default: it must be able to switch where GOTOOLCHAIN asks for that, and go.mod may raise it.

use alloc::format;
use alloc::string::String;

use super::{
    Answer, RowResult, Rows, Selection, chosen, go_env_source, not_installed, nothing_found,
    switch_target, variable_source,
};
use crate::failure::{Code, Failure, Problem};
use crate::floor::{self, Raised};
use crate::installed::Found;
use crate::invocation::Command;
use crate::machine::Machine;
use crate::path::keep_value;
use crate::project::Need;
use crate::settings::shown;
use crate::source::{Row, Source, SourceKind};
use crate::toolchain::{self, Toolchain};
use crate::variables::Name;
use crate::version::{Request, ToolchainName};
use crate::witness::{Loser, LoserReason, Witness};

impl<M: Machine, W: Witness> Rows<'_, M, W> {
    /// Makes a default what it must be: new enough to switch where GOTOOLCHAIN asks for that, and not below what
    /// go.mod needs.
    pub(super) fn settle(
        &self,
        winner: Option<(Row, Answer)>,
        need: Option<Need>,
        witness: &mut W,
    ) -> Result<Selection, &'static Failure> {
        if let Some(replaced) = self.able_to_switch(winner.as_ref().map(|(_, answer)| answer))? {
            if let Some((_, default)) = winner {
                let detail = String::from("it is too old to switch to what GOTOOLCHAIN names");
                let reason = LoserReason::Failed(Code::NotInstalled);
                witness.lost(|| Loser { source: *default.source, reason, detail });
            }
            return Ok(chosen(Row::Newest, replaced, need));
        }
        let Some(need) = need else {
            return winner.map(|(row, answer)| chosen(row, answer, None)).ok_or_else(nothing_found);
        };
        let default = winner.as_ref().map(|(_, answer)| answer.toolchain);
        match floor::raise(&self.installed, default, &need) {
            Raised::Satisfied => {}
            Raised::To(toolchain) => return Ok(raised(toolchain, winner, need, witness)),
            Raised::Unknown => return Err(floor_unmet(&need)),
            Raised::Unmet => {
                let Some(default) = default else { return Err(floor_unmet(&need)) };
                let loads_module = self.survey.invocation.command == Command::Module;
                if default.cannot_switch() && loads_module && !floor::old_go_may_try(&need) {
                    return Err(floor_unmet(&need));
                }
            }
        }
        winner.map(|(row, answer)| chosen(row, answer, Some(need))).ok_or_else(nothing_found)
    }

    /// Where GOTOOLCHAIN names a version that is not here, Go itself fetches it, if it is new enough to know how:
    /// the toolchain to run instead of a default that is not.
    fn able_to_switch(&self, default: Option<&Answer>) -> RowResult {
        let survey = self.survey;
        let (value, source) = match survey.variables.by_user(Name::GoToolchain) {
            Some(value) => {
                (value, variable_source(Row::GoToolchain, SourceKind::GoToolchain, value))
            }
            None => match survey.settings.go_env(Name::GoToolchain) {
                Some((file, setting)) => (setting.value, go_env_source(file, setting)),
                None => return Ok(None),
            },
        };
        let Some(name) = switch_target(value) else { return Ok(None) };
        let version = default.and_then(|default| default.toolchain.version);
        let can_switch = |own: ToolchainName| !toolchain::predates_switching(own.version());
        if version.is_some_and(|own| own == name || can_switch(own)) {
            return Ok(None);
        }
        match self.installed.newest() {
            Found::Usable(toolchain) if !toolchain.cannot_switch() => Ok(Some(Answer {
                toolchain,
                source: keep_value(Source::row(Row::Newest, SourceKind::Newest)),
            })),
            _ => Err(not_installed(Request::Exact(name), source)),
        }
    }
}

fn raised<W: Witness>(
    toolchain: &'static Toolchain,
    default: Option<(Row, Answer)>,
    need: Need,
    witness: &mut W,
) -> Selection {
    let row = default.as_ref().map_or(Row::Newest, |(row, _)| *row);
    if let Some((_, default)) = default {
        witness.lost(|| Loser {
            source: *default.source,
            reason: LoserReason::Failed(Code::Floor),
            detail: format!("{} needs {}", shown(need.file), need.version),
        });
    }
    let source = need_source(&need);
    Selection { toolchain, row, source, need: Some(need) }
}

fn need_source(need: &Need) -> &'static Source {
    keep_value(Source {
        row: None,
        kind: need.kind,
        file: Some(need.file),
        line: Some(need.line),
        text: Some(need.text.as_bytes()),
        request: Some(need.version.as_str().as_bytes()),
    })
}

fn floor_unmet(need: &Need) -> &'static Failure {
    Failure::to_meet(need_source(need), Code::Floor, Problem::BelowFloor(need.version))
}
