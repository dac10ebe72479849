//! `gowr share use`.

use installer::share;
use resolver::version::ToolchainName;

use crate::context::{Context, to_path};
use crate::error::CommandError;
use crate::output;

/// Use the Go toolchains that another distro shares
///
/// What is installed in this distro comes first, and is what is used while the share is missing. To be run again when the
/// distro that shares has installed or uninstalled something.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Only say what would be done
    #[arg(long)]
    pub(super) dry_run: bool,
}

/// Uses it.
pub(super) fn run(context: &Context, arguments: &Arguments) -> Result<(), CommandError> {
    let (home, key) = (context.home()?, context.key()?);
    let found = share::usable(context.machine, &home)?;
    let changes = share::use_from_now_on(&home, &key, &found, arguments.dry_run)?;
    let path = to_path(found.path).display();
    let (is, none) = if arguments.dry_run {
        (["would be used from", "would not be here any more"], "nothing would change")
    } else {
        (["is used from", "is not here any more"], "nothing has changed")
    };
    for name in &changes.added {
        output::say(&format!("{name} {} {path}", is[0]));
    }
    for name in &changes.removed {
        output::say(&format!("{name} {}", is[1]));
    }
    if !changes.added.is_empty() || !changes.removed.is_empty() {
        return Ok(());
    }
    let names = found.releases();
    let is_shared = |name: &&ToolchainName| changes.kept.contains(name);
    output::say(&match names.iter().filter(is_shared).count() {
        _ if names.is_empty() => format!("no toolchain is in {path} yet"),
        0 => format!("all toolchains of {path} are installed here"),
        count => format!("{none}: {count} of the toolchains here are in {path}"),
    });
    Ok(())
}
