//! `gowr list`: what this userland has, and what there is to install.

mod local;
mod remote;
mod rows;
mod support;
mod wsl;

use std::process::ExitCode;

use resolver::version::{Request, ToolchainName};

use crate::context::Context;
use crate::error::CommandError;
use crate::installation::Installation;
use crate::request;

/// List the Go toolchains that are here, or all that could be installed
#[derive(Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option")]
pub(crate) struct Arguments {
    /// Only those of a line (1.22), or one release
    version: Option<String>,

    /// List every release there is
    #[arg(long)]
    remote: bool,

    /// Ask the Go vulnerability database what is known of those that are here
    #[arg(long, conflicts_with = "remote")]
    online: bool,

    /// List the distros of WSL instead
    #[arg(long, conflicts_with_all = ["version", "remote", "online"])]
    wsl: bool,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Lists.
pub(crate) fn run(context: &Context, arguments: &Arguments) -> Result<ExitCode, CommandError> {
    if arguments.wsl {
        return wsl::run(context, arguments.json).map(|()| ExitCode::SUCCESS);
    }
    let installation = Installation::new(context)?;
    let wanted = arguments.version.as_deref().map(request::request).transpose()?;
    if arguments.remote {
        remote::run(&installation, wanted, arguments.json)?;
    } else {
        local::run(context, &installation, wanted, arguments)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn is_wanted(wanted: Option<Request>, name: Option<ToolchainName>) -> bool {
    wanted.is_none_or(|request| name.is_some_and(|name| request.accepts(name)))
}
