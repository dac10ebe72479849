//! `gowr cache`: Go's build caches, one for each distro.

use std::path::PathBuf;
use std::process::ExitCode;

use installer::cache::list::Surroundings;
use installer::cache::name::Userlands;
use resolver::config::Directory;
use resolver::path;
use resolver::settings::system_configuration;
use resolver::variables::Name;

use crate::context::{Context, to_path};
use crate::error::CommandError;

mod list;
mod prune;
mod quantity;
mod warm;

/// Show, fill and empty the build caches of the distros
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    List(list::Arguments),
    Prune(prune::Arguments),
    Warm(warm::Arguments),
}

/// Does what is asked for.
pub(crate) fn run(context: &Context, arguments: &Arguments) -> Result<ExitCode, CommandError> {
    match &arguments.verb {
        Verb::List(arguments) => list::run(context, arguments),
        Verb::Prune(arguments) => prune::run(context, arguments),
        Verb::Warm(arguments) => warm::run(context, arguments),
    }
}

/// Where caches may be, and whose they may be.
fn surroundings(context: &Context) -> Result<Surroundings, CommandError> {
    let configuration = context.configuration()?;
    let chosen = configuration.cache_directory.and_then(|setting| match setting.value {
        Directory::Absolute(directory) => Some(path::keep_text(directory).as_bytes()),
        Directory::InHome(directory) => {
            let home = context.variables.absolute_path(Name::Home)?;
            Some(path::join(home, directory.as_bytes()))
        }
    });
    let mut directories: Vec<PathBuf> = Vec::new();
    for directory in context.places.cache.into_iter().chain(chosen) {
        let directory = to_path(path::clean(directory)).to_owned();
        if !directories.contains(&directory) {
            directories.push(directory);
        }
    }
    // Where nothing can be chosen, nothing is in use.
    let used_here = context.resolve().ok().and_then(|(_, resolution)| resolution.cache.path);
    let used_here = used_here.filter(|path| path::is_absolute(path));
    let system = system_configuration(context.machine)?;
    let mentioned = configuration.distros.iter().chain(system.distros);
    let mentioned = mentioned.map(|(name, _)| (*name).to_owned()).collect();
    Ok(Surroundings {
        directories,
        used_here: used_here.map(|path| to_path(path::clean(path)).to_owned()),
        userlands: Userlands::read(&context.home()?, context.distro().key, mentioned)?,
    })
}
