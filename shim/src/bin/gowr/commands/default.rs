//! `gowr default`: what runs where nothing is asked for.

use std::process::ExitCode;

use installer::config_file::{self, Scope};
use resolver::pin::{Choice, DistroNames};
use resolver::source::Row;

use crate::context::{Context, to_path};
use crate::error::CommandError;
use crate::installation::Installation;
use crate::output;
use crate::request;

/// Show or set the Go that runs where nothing is pinned
///
/// What is set is installed first.
#[derive(Debug, clap::Args)]
#[command(group(clap::ArgGroup::new("change").args(["version", "remove"])))]
pub(crate) struct Arguments {
    /// A version, a registered name, or system for the distro's own Go
    version: Option<String>,

    /// For one distro only: its ID (debian), or its key (alpine-3.23)
    #[arg(long, value_name = "ID")]
    distro: Option<String>,

    /// Take the default away
    #[arg(long)]
    remove: bool,

    /// Only write it down
    #[arg(long, requires = "version")]
    no_install: bool,
}

/// Shows, sets or removes.
pub(crate) fn run(context: &Context, arguments: &Arguments) -> Result<ExitCode, CommandError> {
    let file = context.configuration_file()?;
    let scope = arguments.distro.as_deref().map_or(Scope::Everywhere, Scope::Distro);
    if arguments.remove {
        if config_file::clear_default(&file, scope)? {
            output::data(&[crate::context::to_bytes(&file), b"\n"].concat())?;
        } else {
            output::say(&format!("there is no such default in {}", file.display()));
        }
        return Ok(ExitCode::SUCCESS);
    }
    let Some(typed) = &arguments.version else { return show(context, arguments.distro.as_deref()) };
    let choice = request::choice(typed)?;
    // What cannot be read cannot be changed, and that shows before anything is fetched.
    context.configuration()?;
    if let (Choice::Request(request), false) = (choice, arguments.no_install) {
        Installation::new(context)?.ensure(request, &format!("the argument {typed}"))?;
    }
    config_file::set_default(&file, scope, typed)?;
    output::data(&[crate::context::to_bytes(&file), b"\n"].concat())?;
    warn_of_others(context, choice, arguments.distro.as_deref())?;
    Ok(ExitCode::SUCCESS)
}

fn show(context: &Context, distro: Option<&str>) -> Result<ExitCode, CommandError> {
    let configuration = context.configuration()?;
    let entries = || configuration.distros.iter().map(|(name, setting)| (name, *setting));
    let setting = match distro {
        Some(name) => DistroNames { id: name, key: name, id_and_version: None }.choose(entries()),
        None => context.distro().names().choose(entries()).or(configuration.default),
    };
    let file = context.configuration_file()?;
    match setting {
        Some(setting) => {
            let (request, line) = (setting.request(), setting.line());
            let text = format!("{request} (set by {}:{line})\n", file.display());
            output::data(text.as_bytes()).map(|()| ExitCode::SUCCESS)
        }
        None => Err(CommandError::not_found("no default is set")
            .caused_by(&match distro {
                Some(name) => format!("{} has none for {name}", file.display()),
                None => format!("{} has none", file.display()),
            })
            .fixed_by("gowr default VERSION")),
    }
}

/// Says what runs here instead of the new default.
fn warn_of_others(
    context: &Context,
    choice: Choice,
    distro: Option<&str>,
) -> Result<(), CommandError> {
    let configuration = context.configuration()?;
    let names = context.distro().names();
    if distro.is_some_and(|name| names.choose([(name, ())]).is_none()) {
        return Ok(());
    }
    let entries = configuration.distros.iter().map(|(name, setting)| (name, *setting));
    if let Some(own) = names.choose(entries).filter(|own| own.value != choice) {
        let file = context.configuration_file()?;
        output::warn_with_fix(
            &format!(
                "on {} another entry counts: {}:{}: {}",
                names.key,
                file.display(),
                own.line(),
                own.text()
            ),
            &format!("gowr default VERSION --distro {}", names.key),
        );
    }
    if let Ok((_, resolution)) = context.resolve()
        && resolution.row == Row::HomePin
    {
        let place = resolution.source.place().unwrap_or_default();
        let home_pin = resolution.source.file.map(|file| to_path(file).display().to_string());
        output::warn_with_fix(
            &format!("a pin in the home directory comes before it: {place}"),
            &format!("rm {}", home_pin.unwrap_or_default()),
        );
    }
    Ok(())
}
