//! `gowr snapshot`: what is here, taken to another machine.

use std::process::ExitCode;

use crate::context::Context;
use crate::error::CommandError;

mod distro;
mod load;
mod save;

/// Take what gowr has here to another machine, or bring it from one
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    Save(save::Arguments),
    Load(load::Arguments),
}

/// Saves or loads.
pub(crate) fn run(context: &Context, arguments: &Arguments) -> Result<ExitCode, CommandError> {
    match &arguments.verb {
        Verb::Save(arguments) => save::run(context, arguments),
        Verb::Load(arguments) => load::run(context, arguments),
    }
}
