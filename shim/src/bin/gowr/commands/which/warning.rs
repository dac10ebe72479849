//! What is not wrong, but odd: `gowr doctor` tells the same with its evidence.

use installer::doctor::warnings;
use installer::doctor::{self, GoOnPath, View};
use installer::problem::Problem;
use serde::Serialize;
use shim::machine::LinuxMachine;

/// One oddity.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Warning {
    pub(super) code: &'static str,
    /// What is odd.
    pub(super) message: String,
    /// The command that mends it.
    pub(super) fix: String,
}

/// All of them, and every `go` on PATH.
pub(super) fn collect(view: &View<'_, LinuxMachine>) -> (Vec<Warning>, Vec<GoOnPath>) {
    let warning = |problem: Problem| Warning {
        code: problem.code,
        message: problem.message,
        fix: problem.fix.unwrap_or_default(),
    };
    (warnings::collect(view).into_iter().map(warning).collect(), doctor::go_on_path(view))
}
