//! `gowr share`: Go toolchains that the distros of WSL2 have in common.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use installer::share::{self, Removal, WindowsFile};

use crate::context::{Context, to_path};
use crate::error::CommandError;
use crate::output;

mod follow;
mod list;

/// Let the other distros of WSL2 use the Go toolchains of this one, or use theirs
///
/// The toolchains that gowr has installed here appear in /mnt/wsl/gowr, which all distros that run see, now and each
/// time this one starts: systemd does that, or the boot command of /etc/wsl.conf. Whoever runs `gowr share use`
/// there has them too. Where the share is missing, each distro goes on with its own.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    verb: Option<Verb>,

    /// Print the commands for a virtual disk instead, which outlives the distro that fills it
    #[arg(long, value_name = "FILE.vhdx", conflicts_with_all = ["remove", "dry_run"])]
    vhd: Option<String>,

    /// Take back what `gowr share` and `gowr share use` have done in this distro
    #[arg(long)]
    remove: bool,

    /// Only say what would be done
    #[arg(long)]
    pub(crate) dry_run: bool,
}

impl Arguments {
    /// Whether nothing is changed.
    pub(crate) const fn is_rehearsal(&self) -> bool {
        match &self.verb {
            Some(Verb::Use(arguments)) => arguments.dry_run,
            Some(Verb::List(_)) => true,
            None => self.dry_run || self.vhd.is_some(),
        }
    }
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    Use(follow::Arguments),
    List(list::Arguments),
}

/// Does what is asked for.
pub(crate) fn run(context: &Context, arguments: &Arguments) -> Result<ExitCode, CommandError> {
    match (&arguments.verb, &arguments.vhd) {
        (Some(Verb::Use(arguments)), _) => follow::run(context, arguments)?,
        (Some(Verb::List(arguments)), _) => list::run(context, arguments)?,
        (None, Some(file)) => vhd(context, file)?,
        (None, None) if arguments.remove => remove(context, arguments.dry_run)?,
        (None, None) => provide(context, arguments.dry_run)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// The root of the file system that is changed.
fn root() -> &'static Path {
    Path::new("/")
}

fn program(context: &Context) -> PathBuf {
    to_path(context.process.execution_path).to_owned()
}

fn provide(context: &Context, is_rehearsal: bool) -> Result<(), CommandError> {
    let home = context.home()?;
    let provision = share::provision(context.machine, root(), &home)?;
    let target = provision.target.display();
    if provision.is_done() {
        output::say(&format!("the toolchains of this distro are in {target} already"));
        return Ok(());
    }
    let show = || -> Result<(), CommandError> {
        output::data(provision.diff().as_bytes())?;
        for command in provision.commands() {
            output::say(&format!("{} {command}", if is_rehearsal { "would run" } else { "runs" }));
        }
        Ok(())
    };
    if is_rehearsal {
        return show();
    }
    if context.process.effective_user == 0 {
        show()?;
    }
    provision.carry_out(&home, &program(context))?;
    output::say(&format!("the toolchains of this distro are in {target}, for all that run"));
    output::say("to use them in another distro, run there: gowr share use");
    if let Some(warning) = share::lifetime(context.machine) {
        output::warn(&warning);
    }
    Ok(())
}

fn vhd(context: &Context, file: &str) -> Result<(), CommandError> {
    let file = WindowsFile::parse(file)?;
    let share = share::place(context.machine)?;
    output::data(share::commands(&file, &context.home()?, to_path(share)).as_bytes())
}

fn remove(context: &Context, is_rehearsal: bool) -> Result<(), CommandError> {
    let (home, key) = (context.home()?, context.key()?);
    let removal = share::removal(context.machine, root(), &home)?;
    if removal.is_nothing() {
        output::say("nothing is shared here, and no share is used");
        return Ok(());
    }
    let Removal { mounted, used, .. } = &removal;
    if is_rehearsal {
        if let Some(mounted) = mounted {
            output::say(&format!("would run umount {}", mounted.display()));
        }
        if let Some(used) = used {
            output::say(&format!("{} would not be used any more", used.display()));
        }
        return output::data(removal.diff().as_bytes());
    }
    if context.process.effective_user == 0 {
        output::data(removal.diff().as_bytes())?;
    }
    let gone = removal.carry_out(context.machine, &home, &key, &program(context))?;
    if let Some(mounted) = mounted {
        output::say(&format!("{} is not mounted any more", mounted.display()));
    }
    if removal.has_task() {
        output::say("nothing is shared when this distro starts");
    }
    if let Some(used) = used {
        output::say(&format!("{} is not used any more", used.display()));
    }
    for name in gone {
        output::say(&format!("{name} is not here any more"));
    }
    Ok(())
}
