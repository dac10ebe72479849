//! `gowr which`: the program that a name stands for here, and why.

mod document;
mod explain;
mod observations;
mod warning;
mod wsl;

use std::process::ExitCode;

use installer::doctor::GoOnPath;
use resolver::invocation::Program;
use resolver::path;
use resolver::resolution::resolve_survey;
use resolver::survey::Survey;
use resolver::witness::{Loser, Losers};
use resolver::{Failure, Resolution};
use shim::machine::LinuxMachine;

use crate::context::Context;
use crate::error::CommandError;
use crate::output;
use crate::view;

/// Show which program runs here, and why
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// go, gofmt, or a tool that `go install` put into GOBIN or GOPATH/bin
    #[arg(default_value = "go")]
    name: String,

    /// Show every source with a verdict, and what else matters
    #[arg(long, conflicts_with = "json")]
    explain: bool,

    /// Print one document of JSON (docs: JSON)
    #[arg(long)]
    json: bool,
}

/// All there is to say about one program.
pub(crate) struct Report<'a> {
    context: &'a Context,
    program: Program,
    /// None where a configuration cannot be read.
    survey: Option<Survey<'static, LinuxMachine>>,
    result: Result<Resolution, &'static Failure>,
    losers: Vec<Loser>,
    warnings: Vec<warning::Warning>,
    go_on_path: Vec<GoOnPath>,
}

/// Shows.
pub(crate) fn run(context: &Context, arguments: &Arguments) -> Result<ExitCode, CommandError> {
    let program = match arguments.name.as_str() {
        "go" => Program::Go,
        "gofmt" => Program::Gofmt,
        name => {
            if arguments.json || arguments.explain {
                return Err(CommandError::user(
                    "--json and --explain tell about go and gofmt alone",
                )
                .fixed_by(format!("gowr which {}", path::shell_quoted(name.as_bytes()))));
            }
            let tool = crate::tool::find(context, name)?;
            return output::data(&[tool, b"\n"].concat()).map(|()| ExitCode::SUCCESS);
        }
    };
    let report = Report::new(context, program);
    if arguments.json {
        output::json(&document::Document::new(&report))?;
    } else if arguments.explain {
        output::data(&explain::explain(&report))?;
        if let Err(failure) = &report.result {
            CommandError::from(*failure).report();
        }
    } else {
        let resolution = report.result.as_ref().map_err(|failure| CommandError::from(*failure))?;
        output::data(&[resolution.executable(), b"\n"].concat())?;
        for warning in &report.warnings {
            output::warn_with_fix(&warning.message, &warning.fix);
        }
    }
    Ok(report
        .result
        .as_ref()
        .map_or_else(|it| ExitCode::from(it.exit_status()), |_| ExitCode::SUCCESS))
}

impl<'a> Report<'a> {
    fn new(context: &'a Context, program: Program) -> Self {
        let mut losers = Losers::default();
        let (survey, result) = match context.survey(program, &[]) {
            Ok(survey) => {
                let result = resolve_survey(&survey, &mut losers);
                (Some(survey), result)
            }
            Err(failure) => (None, Err(failure)),
        };
        let proxy_version = view::proxy_version(context);
        let choice = result.as_ref().map_err(|failure| *failure);
        let seen = view::view(context, survey.as_ref(), choice, proxy_version.as_deref());
        let (warnings, go_on_path) = warning::collect(&seen);
        Self { context, program, survey, result, losers: losers.0, warnings, go_on_path }
    }
}
