//! `gowr uninstall`: takes toolchains off again.

use std::process::ExitCode;

use installer::lock::Holder;
use installer::{config_file, uninstall};
use resolver::version::{Request, ToolchainName};

use crate::context::{Context, to_path};
use crate::error::CommandError;
use crate::installation::Installation;
use crate::output;
use crate::request;

/// Uninstall Go toolchains that gowr installed
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// A release (1.22.3), or a line of which one is installed (1.22)
    #[arg(required = true, value_name = "VERSION")]
    versions: Vec<String>,
}

/// Uninstalls.
pub(crate) fn run(context: &Context, arguments: &Arguments) -> Result<ExitCode, CommandError> {
    let installation = Installation::new(context)?;
    let installed = installation.home.installed()?;
    // All are judged before the first goes.
    let names = arguments.versions.iter().map(|typed| one_of(&installed, request::request(typed)?));
    for name in names.collect::<Result<Vec<_>, _>>()? {
        let mut waiting = |holder: &Holder| output::say(&format!("waiting for {holder}"));
        uninstall::uninstall(&installation.home, &installation.key, &name, &mut waiting)?;
        output::say(&format!("{name} is uninstalled"));
        if let Some(file) = context.places.user_configuration {
            for cleared in uninstall::clear_defaults(&installation.home, to_path(file), &name)? {
                output::say(&without_default(&cleared));
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn without_default(cleared: &config_file::Cleared) -> String {
    let everywhere = String::from("everywhere");
    let place = cleared.distro.as_ref().map_or(everywhere, |distro| format!("on {distro}"));
    format!("go {} was the default {place}; there is none now", cleared.request)
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
