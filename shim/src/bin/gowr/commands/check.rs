//! `gowr check`: whether this project gets the Go that it asks for, here and wherever it is built.

mod document;

use std::path::PathBuf;
use std::process::ExitCode;

use installer::check::{self, Place, Report};
use resolver::go_env;
use resolver::invocation::Program;
use resolver::machine::Machine;
use resolver::path::{self, Bytes};
use resolver::resolution::{Resolution, resolve_survey};
use resolver::survey::Survey;
use resolver::variables::Name;
use resolver::version::ToolchainName;
use resolver::witness::Losers;
use shim::machine::LinuxMachine;

use super::{env, pin};
use crate::context::{Context, to_path};
use crate::error::CommandError;
use crate::{output, problems};

/// The `go.env` of a toolchain is some lines long.
const GO_ENV_LIMIT: usize = 64 * 1024;

/// Check that this project gets the Go that it asks for; for CI
///
/// The toolchain must be whole, the build cache this distro's, and every file of the project that names a version of Go
/// must agree with the pin and with go.mod. Exit status 1 on a problem. Nothing is written or fetched.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Print one document of JSON (docs: JSON)
    #[arg(long)]
    json: bool,

    /// Print only the fingerprint: equal in two distros exactly when this project gets the same toolchain there
    #[arg(long, conflicts_with = "json")]
    fingerprint: bool,
}

/// Checks.
pub(crate) fn run(context: &Context, arguments: &Arguments) -> Result<ExitCode, CommandError> {
    let survey = context.survey(Program::Go, &[])?;
    let result = resolve_survey(&survey, &mut Losers::default());
    let place = place(&survey)?;
    let setting = |name: &str| setting(&survey, result.as_ref().ok()?, name);
    let report = check::check(&survey, &result, &place, setting);
    if arguments.fingerprint {
        return fingerprint(&report);
    }
    let resolution = result.as_ref().ok();
    if arguments.json {
        output::json(&document::Document::new(&place, resolution, &report))?;
    } else {
        output::data(text(resolution, &report).as_bytes())?;
    }
    let is_wrong = problems::any_counts(&report.problems);
    Ok(if is_wrong { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn fingerprint(report: &Report) -> Result<ExitCode, CommandError> {
    let Some(fingerprint) = &report.fingerprint else {
        return Err(CommandError::user("there is no toolchain here to take a fingerprint of")
            .fixed_by("gowr check"));
    };
    output::data(format!("{fingerprint}\n").as_bytes()).map(|()| ExitCode::SUCCESS)
}

fn text(resolution: Option<&Resolution>, report: &Report) -> String {
    let head = resolution.map(|resolution| {
        let toolchain = resolution.toolchain;
        let version = toolchain.version.map_or("go", ToolchainName::as_str);
        let place = toolchain.root.unwrap_or(toolchain.executable);
        format!("{version} in {}\n", String::from_utf8_lossy(place))
    });
    let fingerprint = report.fingerprint.as_ref().map(|it| format!("fingerprint: {it}\n"));
    [head, fingerprint, Some(problems::list(&report.problems))].into_iter().flatten().collect()
}

/// The project here, and the repository around it.
pub(super) fn place(survey: &Survey<'static, LinuxMachine>) -> Result<Place, CommandError> {
    let ceilings = survey.variables.get(Name::GowrCeilingDirectories).unwrap_or_default();
    let ceilings = ceilings.split(|byte| *byte == b':').filter(|it| path::is_absolute(it));
    let ceilings = survey.variables.absolute_path(Name::Home).into_iter().chain(ceilings);
    let ceilings: Vec<PathBuf> = ceilings.map(|it| to_path(it).to_owned()).collect();
    Ok(Place::of(pin::directory(survey)?, &ceilings))
}

/// A setting as the go command will see it: the environment it gets, `go env -w`, its toolchain's own `go.env`.
fn setting(
    survey: &Survey<'static, LinuxMachine>,
    resolution: &Resolution,
    name: &str,
) -> Option<String> {
    let name: &'static str = path::keep_text(name);
    let of_toolchain = || -> Option<Bytes> {
        let file = path::join(resolution.toolchain.root?, b"go.env");
        let file = Machine::read_file(survey.machine, None, file, GO_ENV_LIMIT).ok()?;
        Some(go_env::lookup(file.content, name)?.value)
    };
    let value = env::value(survey, resolution, name).or_else(of_toolchain)?;
    Some(String::from_utf8_lossy(value).into_owned())
}
