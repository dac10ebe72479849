//! `gowr pin`: the Go of this project, in a file that everyone who works on it has.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use installer::goroot_link::{Follows, Kind};
use installer::pin_file::{self, Change, Outcome, Place};
use resolver::invocation::Program;
use resolver::path;
use resolver::pin::{Choice, Form};
use resolver::project::Need;
use resolver::survey::Survey;
use resolver::variables::Name;
use resolver::version::Request;
use shim::machine::LinuxMachine;

use crate::context::{Context, to_bytes, to_path};
use crate::error::CommandError;
use crate::goroot_links;
use crate::installation::Installation;
use crate::output;
use crate::request;

/// Show or write the Go that this project is built with
///
/// What is pinned is installed first. It is written beside the nearest go.work or go.mod, else here: into the pin file
/// that is there, else into .gowr.yaml.
#[derive(Debug, clap::Args)]
#[command(group(clap::ArgGroup::new("change").args(["version", "remove"])))]
pub(crate) struct Arguments {
    /// A version, a registered name, or system for no pin
    version: Option<String>,

    /// The file to write
    #[arg(long, value_name = "NAME", requires = "change", value_parser = Form::ALL.map(Form::file_name))]
    file: Option<String>,

    /// For one distro only: its ID (debian), or its key (alpine-3.23)
    #[arg(long, value_name = "ID", requires = "change")]
    distro: Option<String>,

    /// Take the pin away
    #[arg(long)]
    remove: bool,

    /// Only write it down
    #[arg(long, requires = "version")]
    no_install: bool,

    /// Also make this path lead to it from now on, as `gowr link PATH VERSION` does
    #[arg(long, value_name = "PATH", requires = "version", conflicts_with = "no_install")]
    link: Option<PathBuf>,
}

/// Shows, writes or removes.
pub(crate) fn run(context: &Context, arguments: &Arguments) -> Result<ExitCode, CommandError> {
    let survey = context.survey(Program::Go, &[])?;
    if arguments.version.is_none() && !arguments.remove {
        return show(&survey);
    }
    let directory = directory(&survey)?;
    let place = Place {
        directory: &directory,
        file: arguments.file.as_deref(),
        distro: arguments.distro.as_deref(),
    };
    match &arguments.version {
        Some(typed) => write(context, &survey, place, typed, arguments),
        None => remove(&survey, place),
    }
}

fn show(survey: &Survey<'static, LinuxMachine>) -> Result<ExitCode, CommandError> {
    let pins = survey.project.pins(survey.machine, survey.variables, survey.distro, false);
    let Some(file) = pins.project.first() else {
        let directory = String::from_utf8_lossy(survey.project.directory());
        return Err(CommandError::not_found("nothing is pinned here")
            .caused_by(&format!(
                "no .gowr.yaml, .go-version or .tool-versions from {directory} upwards"
            ))
            .fixed_by("gowr pin VERSION"));
    };
    let pin = file.content?;
    let text = format!("{} (set by {}:{})\n", pin.request, to_path(file.path).display(), pin.line);
    output::data(text.as_bytes()).map(|()| ExitCode::SUCCESS)
}

fn write(
    context: &Context,
    survey: &Survey<'static, LinuxMachine>,
    place: Place<'_>,
    typed: &str,
    arguments: &Arguments,
) -> Result<ExitCode, CommandError> {
    let choice = request::choice(typed)?;
    let link = arguments.link.as_deref();
    let link = link.map(|path| linked(context, survey, path, choice, place.distro)).transpose()?;
    if let (Choice::Request(request), false) = (choice, arguments.no_install) {
        Installation::new(context)?.ensure(request, &format!("the argument {typed}"))?;
    }
    let outcome = pin_file::write(place, &survey.distro.names(), typed)?;
    output::data(&[to_bytes(&outcome.file), b"\n"].concat())?;
    if let Some(warning) = overruled(survey, &outcome, choice, place.distro) {
        output::warn(&warning);
    } else if let Choice::Request(request) = choice {
        warn_of_floor(context, survey, request);
    }
    if let Some((path, request)) = link {
        goroot_links::make(context, path, Kind::Link, Follows::Request(request), false)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// What a path is to lead to, if it can: that shows before anything is fetched or written.
fn linked<'a>(
    context: &Context,
    survey: &Survey<'static, LinuxMachine>,
    path: &'a Path,
    choice: Choice,
    distro: Option<&str>,
) -> Result<(&'a Path, Request), CommandError> {
    let refused = || CommandError::user(format!("{} cannot lead to that", path.display()));
    let link = || format!("gowr link {} VERSION", path::shell_quoted(to_bytes(path)));
    let Choice::Request(request) = choice else {
        return Err(refused()
            .caused_by("`system` is no pin, but the lack of one")
            .fixed_by(link()));
    };
    if let Some(name) = distro.filter(|name| survey.distro.names().choose([(*name, ())]).is_none())
    {
        let key = survey.distro.key;
        return Err(refused().caused_by(&format!("{name} is not {key}")).fixed_by(link()));
    }
    goroot_links::may_make(context, path)?;
    Ok((path, request))
}

fn remove(
    survey: &Survey<'static, LinuxMachine>,
    place: Place<'_>,
) -> Result<ExitCode, CommandError> {
    let outcome = pin_file::remove(place, &survey.distro.names())?;
    if outcome.change == Change::Unchanged {
        output::say(&format!("there is no such pin in {}", place.directory.display()));
    } else {
        output::data(&[to_bytes(&outcome.file), b"\n"].concat())?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Where the project's pin stands.
pub(crate) fn directory(survey: &Survey<'static, LinuxMachine>) -> Result<PathBuf, CommandError> {
    let here = survey.project.directory();
    if here.is_empty() {
        return Err(CommandError::user("there is no directory to pin a Go in")
            .caused_by("the current directory is gone")
            .fixed_by("cd"));
    }
    let ceilings = survey.variables.get(Name::GowrCeilingDirectories).unwrap_or_default();
    let ceilings = ceilings.split(|byte| *byte == b':').filter(|it| path::is_absolute(it));
    let bounds = survey.variables.absolute_path(Name::Home).into_iter().chain(ceilings);
    let bounds: Vec<_> = bounds.map(|bound| to_path(bound).to_path_buf()).collect();
    Ok(pin_file::project_directory(to_path(here), &bounds))
}

/// What counts here instead of what was written, in words.
fn overruled(
    survey: &Survey<'static, LinuxMachine>,
    outcome: &Outcome,
    choice: Choice,
    distro: Option<&str>,
) -> Option<String> {
    let (key, names) = (survey.distro.key, survey.distro.names());
    let is_for_here = distro.is_none_or(|name| names.choose([(name, ())]).is_some());
    let place = |file: &Path, line: u32, text: &str| format!("{}:{line}: {text}", file.display());
    if let Some(pin) = outcome.after.filter(|pin| is_for_here && pin.choices != [choice]) {
        return Some(format!(
            "on {key} the entry of its own counts: {}\n  run: gowr pin VERSION --distro {key}",
            place(&outcome.file, pin.line, pin.text)
        ));
    }
    let pins = survey.project.pins(survey.machine, survey.variables, survey.distro, false);
    let nearest = pins.project.first().filter(|it| to_path(it.path) != outcome.file)?;
    let pin = nearest.content.as_ref().ok()?;
    let file = to_path(nearest.path);
    Some(format!(
        "another pin counts here: {}\n  run: rm {}",
        place(file, pin.line, pin.text),
        path::shell_quoted(nearest.path)
    ))
}

/// A pin below what go.mod needs is never mended silently: Go's own error will stand.
fn warn_of_floor(context: &Context, survey: &Survey<'static, LinuxMachine>, request: Request) {
    let need = survey.project.need(survey.machine, survey.variables, |name| {
        survey.settings.go_variable(survey.variables, name)
    });
    if let Some(need) = need.filter(|need| is_below(context, request, need)) {
        output::warn_with_fix(
            &format!(
                "{}:{}: {} needs a newer Go than {request}, and Go will say so",
                String::from_utf8_lossy(need.file),
                need.line,
                need.text
            ),
            &format!("gowr pin {}", need.version),
        );
    }
}

fn is_below(context: &Context, request: Request, need: &Need) -> bool {
    match (context.usable(request), request) {
        (Some(toolchain), _) => !toolchain.satisfies(need.version),
        (None, Request::Exact(name)) => name.version().compare(need.version).is_lt(),
        // The newest release of a line is unknown as long as none is here.
        (None, Request::Line(line)) => line.compare(need.version.line()).is_lt(),
        (None, Request::Named(_)) => false,
    }
}
