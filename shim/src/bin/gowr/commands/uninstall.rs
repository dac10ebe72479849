//! `gowr uninstall`: takes toolchains off again.

use std::process::ExitCode;

use installer::error::Error;
use installer::lock::Holder;
use installer::uninstall::Registered;
use installer::{config_file, uninstall};
use resolver::failure::Failure;
use resolver::installed::Found;
use resolver::invocation::Program;
use resolver::pin::Choice;
use resolver::resolution::resolve_survey;
use resolver::settings::system_configuration;
use resolver::survey::Survey;
use resolver::version::{Request, ToolchainName};
use resolver::witness::Losers;
use serde::Serialize;
use shim::machine::LinuxMachine;

use crate::context::{Context, to_bytes, to_path};
use crate::error::CommandError;
use crate::installation::Installation;
use crate::interrupt;
use crate::json::{Entry, entry};
use crate::output;
use crate::preview::{Preview, Toolchains};
use crate::request;

/// Uninstall Go toolchains that gowr installed
///
/// With --unused, those that a newer release of the same line replaces. What a default, a pin of this project or a
/// registered name means exactly stays, and so does the newest of each line. Pins of other projects are not known:
/// --dry-run shows what would go, and `gowr install` in such a project brings it back.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// A release (1.22.3), or a line of which one is installed (1.22)
    #[arg(required_unless_present = "unused", value_name = "VERSION")]
    versions: Vec<String>,

    /// All that newer releases of their lines replace, and that nothing known asks for
    #[arg(long, conflicts_with = "versions")]
    unused: bool,

    #[command(flatten)]
    pub(crate) preview: Preview,
}

/// One toolchain that is gone, or would be.
#[derive(Serialize)]
struct Row {
    name: &'static str,
    #[serde(flatten)]
    goroot: Entry,
}

/// Uninstalls.
pub(crate) fn run(context: &Context, arguments: &Arguments) -> Result<ExitCode, CommandError> {
    let installation = Installation::new(context)?;
    // All are judged before the first goes.
    let names = if arguments.unused {
        uninstall::unused(&installation.home, &asked(context)?)?
    } else {
        let installed = installation.home.installed()?;
        let typed = arguments.versions.iter();
        typed.map(|typed| one_of(&installed, request::request(typed)?)).collect::<Result<_, _>>()?
    };
    if names.is_empty() {
        output::say("nothing is unused");
    }
    let mut gone = Vec::new();
    for name in names {
        if arguments.preview.dry_run {
            output::say(&format!("{name} would be uninstalled"));
        } else if !uninstall(context, &installation, name, arguments.unused)? {
            continue;
        }
        gone.push(name);
    }
    let row = |name: ToolchainName| Row {
        name: name.as_str(),
        goroot: entry("goroot", Some(to_bytes(&installation.home.toolchain(&name)))),
    };
    arguments.preview.print(Toolchains { toolchains: gone.into_iter().map(row).collect() })?;
    Ok(ExitCode::SUCCESS)
}

/// Uninstalls one, and says so; whether it was there. Another process may have been faster, which matters to somebody
/// who named it.
fn uninstall(
    context: &Context,
    installation: &Installation<'_>,
    name: ToolchainName,
    may_be_gone: bool,
) -> Result<bool, CommandError> {
    interrupt::sweep_when_interrupted(context);
    let configuration = context.places.user_configuration.map(to_path);
    let mut waiting = |holder: &Holder| output::say(&format!("waiting for {holder}"));
    let (home, key) = (&installation.home, &installation.key);
    let registered = uninstall::registered_for(home, &name)?;
    let cleared = match uninstall::uninstall(home, key, &name, configuration, &mut waiting) {
        Err(Error::NotInstalled(_)) if may_be_gone => return Ok(false),
        cleared => cleared?,
    };
    output::say(&format!("{name} is uninstalled"));
    for cleared in cleared {
        output::say(&without_default(&cleared));
    }
    for Registered { key: userland, name: registered, .. } in registered {
        let place =
            if userland == *key { String::new() } else { format!(" on {}", userland.as_str()) };
        output::warn_with_fix(
            &format!("{registered} is registered{place} for what is gone, and leads nowhere"),
            &format!("gowr adopt --remove {registered}"),
        );
    }
    warn_of_askers(context, name);
    Ok(true)
}

/// What to say of a default that is gone.
pub(crate) fn without_default(cleared: &config_file::Cleared) -> String {
    let everywhere = String::from("everywhere");
    let place = cleared.distro.as_ref().map_or(everywhere, |distro| format!("on {distro}"));
    format!("go {} was the default {place}; there is none now", cleared.request)
}

/// Says which files ask for what has just gone, as far as they are not gowr's to change.
fn warn_of_askers(context: &Context, removed: ToolchainName) {
    let is_missed = |request: Request| {
        request.accepts(removed) && !matches!(context.find(request), Found::Usable(_))
    };
    let warn = |request: Request, place: String| {
        output::warn_with_fix(
            &format!("go {request} is still asked for by {place}"),
            &format!("gowr install {request}"),
        );
    };
    if let Ok(survey) = context.survey(Program::Go, &[]) {
        let pins = survey.project.pins(survey.machine, survey.variables, survey.distro, false);
        for file in pins.project.iter().chain(&pins.home).take(1) {
            let Ok(pin) = &file.content else { continue };
            let mut requests = pin.choices.iter().map_while(|choice| match choice {
                Choice::Request(request) => Some(*request),
                Choice::System => None,
            });
            let is_answered = pin.choices.iter().any(|choice| match choice {
                Choice::Request(request) => matches!(context.find(*request), Found::Usable(_)),
                Choice::System => true,
            });
            if let Some(request) = requests.find(|request| is_missed(*request))
                && !is_answered
            {
                let file = to_path(file.path).display();
                warn(request, format!("{file}:{}: {}", pin.line, pin.text));
            }
        }
    }
    if let Ok(system) = system_configuration(context.machine) {
        let own = system.distros.iter().map(|(name, setting)| (name, *setting));
        if let Some(setting) = context.distro().names().choose(own).or(system.default)
            && let Choice::Request(request) = setting.value
            && is_missed(request)
        {
            let file = resolver::places::SYSTEM_CONFIGURATION;
            let file = to_path(file).display();
            warn(request, format!("{file}:{}: {}", setting.line(), setting.text()));
        }
    }
}

/// All that is asked for by anything known: both configurations for every distro, the pins here and above, and each row
/// of the table for this directory. A file that cannot be read is an error: it may ask for anything.
pub(crate) fn asked(context: &Context) -> Result<Vec<Request>, CommandError> {
    let survey = context.survey(Program::Go, &[])?;
    let mut choices = Vec::new();
    let system = system_configuration(survey.machine)?;
    for configuration in [&survey.settings.user, &system] {
        choices.extend(configuration.default.map(|setting| setting.value));
        choices.extend(configuration.distros.iter().map(|(_, setting)| setting.value));
    }
    choices.extend(pinned(&survey)?);
    let mut asked: Vec<_> = choices
        .into_iter()
        .filter_map(|choice| match choice {
            Choice::Request(request) => Some(request),
            Choice::System => None,
        })
        .collect();
    let mut losers = Losers::default();
    let resolution = resolve_survey(&survey, &mut losers);
    let losing = losers.0.iter().map(|loser| loser.source.request);
    let winning = resolution.iter().map(|resolution| resolution.source.request);
    let requests = losing.chain(winning).flatten();
    asked.extend(requests.filter_map(|request| {
        // GOTOOLCHAIN may say `go1.22.3+auto`.
        let text = std::str::from_utf8(request).ok()?.split('+').next()?;
        Request::parse(text)
    }));
    let chosen = resolution.ok().and_then(|resolution| resolution.toolchain.version);
    asked.extend(chosen.map(Request::Exact));
    Ok(asked)
}

fn pinned(survey: &Survey<'static, LinuxMachine>) -> Result<Vec<Choice>, &'static Failure> {
    let pins = survey.project.pins(survey.machine, survey.variables, survey.distro, true);
    let mut choices = Vec::new();
    for file in pins.project.iter().chain(&pins.home) {
        choices.extend_from_slice(file.content?.choices);
    }
    Ok(choices)
}

fn one_of(installed: &[ToolchainName], request: Request) -> Result<ToolchainName, CommandError> {
    let exact = match request {
        Request::Exact(name) => return Ok(name),
        Request::Line(_) => installed.iter().filter(|name| request.accepts(**name)),
        Request::Named(name) => {
            return Err(CommandError::user(format!(
                "{name} is a registered name, and gowr did not install it"
            ))
            .fixed_by("gowr list"));
        }
    };
    let names: Vec<_> = exact.collect();
    match names[..] {
        [name] => Ok(*name),
        [] => Err(CommandError::not_found(format!("go {request} is not installed by gowr"))
            .caused_by(&format!("asked for by the argument {request}"))
            .fixed_by("gowr list")),
        _ => {
            let names: Vec<_> = names.iter().map(|name| name.as_str()).collect();
            Err(CommandError::user(format!("go {request} may be {}", names.join(" or ")))
                .caused_by("only one release is taken away by its line")
                .fixed_by(format!("gowr uninstall {}", names.join(" "))))
        }
    }
}
