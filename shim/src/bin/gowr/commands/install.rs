//! `gowr install`: fetches, verifies and installs toolchains.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use installer::config_file;
use resolver::failure::{Code, Problem};
use resolver::installed::Found;
use resolver::invocation::Program;
use resolver::pin::Choice;
use resolver::source::{Row, Source};
use resolver::survey::Survey;
use resolver::version::{Request, ToolchainName};
use shim::machine::LinuxMachine;

use crate::context::{Context, to_path};
use crate::error::CommandError;
use crate::installation::Installation;
use crate::output;
use crate::request;

/// Install Go toolchains, verified by the Go checksum database
///
/// Without a version, what this project asks for: its pin, else what its go.mod needs, else the newest release.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// A release (1.22.3), a line at its newest release (1.22), or latest
    #[arg(value_name = "VERSION")]
    versions: Vec<String>,

    /// Take it from an archive that is here, or from a directory of them; checked as a download is
    #[arg(long, value_name = "DIR|ARCHIVE")]
    from: Option<PathBuf>,
}

/// What is to be installed when nobody said.
enum Wish {
    /// These, asked for at this place.
    Requests(Vec<Request>, String),
    /// The newest release.
    Newest,
    /// Nothing: what is asked for at this place is here.
    Answered(Option<ToolchainName>, String),
}

/// Installs.
pub(crate) fn run(context: &Context, arguments: &Arguments) -> Result<ExitCode, CommandError> {
    let installation = Installation::new(context)?;
    let from = arguments.from.as_deref();
    if arguments.versions.is_empty() {
        if let Some(path) = from
            && let Some(name) = installation.install_from(path, None)?
        {
            make_first_default(context, name.version().line().as_str())?;
            return Ok(ExitCode::SUCCESS);
        }
        return install_wish(context, &installation, from);
    }
    // All are judged before the first is fetched.
    let is_newest = |typed: &str| matches!(typed, "latest" | "newest");
    let requests = arguments
        .versions
        .iter()
        .map(|typed| if is_newest(typed) { Ok(None) } else { request::request(typed).map(Some) });
    let requests = requests.collect::<Result<Vec<_>, _>>()?;
    for request in requests {
        match request {
            None => install_newest(context, &installation, from)?,
            Some(request) => {
                install_one(&installation, from, request, &format!("the argument {request}"))?;
                make_first_default(context, &request.to_string())?;
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// What this project asks for.
fn install_wish(
    context: &Context,
    installation: &Installation<'_>,
    from: Option<&Path>,
) -> Result<ExitCode, CommandError> {
    match wish(context)? {
        Wish::Requests(requests, place) => {
            for request in requests {
                install_one(installation, from, request, &place)?;
            }
        }
        Wish::Newest => install_newest(context, installation, from)?,
        Wish::Answered(version, place) => {
            installation.complete(version);
            let version = version.map_or("a Go of unknown version", ToolchainName::as_str);
            output::say(&format!("nothing to install: {version} is here, as asked for by {place}"));
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn install_one(
    installation: &Installation<'_>,
    from: Option<&Path>,
    request: Request,
    asker: &str,
) -> Result<(), CommandError> {
    match from {
        Some(path) => installation.install_from(path, Some(request)).map(|_| ()),
        None => installation.install(request, asker),
    }
}

fn install_newest(
    context: &Context,
    installation: &Installation<'_>,
    from: Option<&Path>,
) -> Result<(), CommandError> {
    let name = match from {
        Some(path) => installation.newest_in(path)?,
        None => installation.newest_release()?,
    };
    let asker = "gowr install, as the newest release";
    install_one(installation, from, Request::Exact(name), asker)?;
    // The line: the next release of it becomes the default by being installed.
    make_first_default(context, name.version().line().as_str())
}

/// The first toolchain that somebody installs by its version is this distro's default, and that is said.
fn make_first_default(context: &Context, request: &str) -> Result<(), CommandError> {
    let Some(file) = context.places.user_configuration.map(to_path) else { return Ok(()) };
    let distro = context.distro();
    if config_file::set_first_default(file, &distro.names(), distro.key, request)? {
        let (key, file) = (distro.key, file.display());
        output::say(&format!("go {request} is now the default on {key} ({file})"));
    }
    Ok(())
}

/// What this project asks for; where there is no project, what the configuration does.
fn wish(context: &Context) -> Result<Wish, CommandError> {
    let survey = context.survey(Program::Go, &[])?;
    if let Some(wish) = pinned(context, &survey)? {
        return Ok(wish);
    }
    if let Some(wish) = needed(context, &survey) {
        return Ok(wish);
    }
    match context.resolve() {
        Ok((_, resolution)) if resolution.row < Row::Distro => {
            Ok(Wish::Answered(resolution.toolchain.version, place(Some(resolution.source))))
        }
        Ok(_) => Ok(Wish::Newest),
        Err(failure) => match failure.problem {
            Problem::Missing(request) => Ok(Wish::Requests(vec![request], place(failure.source))),
            _ if failure.code == Code::NothingFound => Ok(Wish::Newest),
            _ => Err(failure.into()),
        },
    }
}

/// The pin: every version it lists, unless one of them is here.
fn pinned(
    context: &Context,
    survey: &Survey<'static, LinuxMachine>,
) -> Result<Option<Wish>, CommandError> {
    let pins = survey.project.pins(survey.machine, survey.variables, survey.distro, false);
    let Some(file) = pins.project.first() else { return Ok(None) };
    let pin = file.content?;
    let place = format!("{}:{}: {}", to_path(file.path).display(), pin.line, pin.text);
    let mut missing = Vec::new();
    for choice in pin.choices {
        // `system` means that nothing more is asked for.
        let Choice::Request(request) = choice else { break };
        match context.find(*request) {
            Found::Usable(toolchain) => return Ok(Some(Wish::Answered(toolchain.version, place))),
            Found::Unusable(_) | Found::Absent | Found::Unknown => missing.push(*request),
        }
    }
    Ok((!missing.is_empty()).then_some(Wish::Requests(missing, place)))
}

/// What go.mod or go.work names.
fn needed(context: &Context, survey: &Survey<'static, LinuxMachine>) -> Option<Wish> {
    let need = survey.project.need(survey.machine, survey.variables, |name| {
        survey.settings.go_variable(survey.variables, name)
    })?;
    let place = format!("{}:{}: {}", to_path(need.file).display(), need.line, need.text);
    let request = need.toolchain.map_or(Request::Line(need.version.line()), Request::Exact);
    Some(match context.usable(request) {
        Some(toolchain) => Wish::Answered(toolchain.version, place),
        None => Wish::Requests(vec![request], place),
    })
}

fn place(source: Option<&Source>) -> String {
    source.and_then(Source::place).unwrap_or_else(|| String::from("gowr install"))
}
