//! The command line: its only description. Help, completions and man pages come from it.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::commands::{
    adopt, bisect, cache, check, ci, completions, container, default, doctor, env, exec, install,
    link, list, matrix, pin, run, setup, share, snapshot, uninstall, upgrade, which,
};

/// Chooses the Go that a project and this distro should use, and installs Go toolchains
#[derive(Debug, Parser)]
#[command(name = "gowr", version, max_term_width = 100, arg_required_else_help = true)]
pub(crate) struct Cli {
    /// Do everything as if started in this directory
    #[arg(short = 'C', value_name = "DIR")]
    pub(crate) directory: Vec<PathBuf>,

    #[command(subcommand)]
    pub(crate) verb: Verb,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    Which(which::Arguments),
    Pin(pin::Arguments),
    Default(default::Arguments),
    Env(env::Arguments),
    Install(install::Arguments),
    Upgrade(upgrade::Arguments),
    Uninstall(uninstall::Arguments),
    List(list::Arguments),
    Adopt(adopt::Arguments),
    Link(link::Arguments),
    Share(share::Arguments),
    Snapshot(snapshot::Arguments),
    Cache(cache::Arguments),
    Exec(exec::Arguments),
    Matrix(matrix::Arguments),
    Bisect(bisect::Arguments),
    Container(container::Arguments),
    Run(run::Arguments),
    Setup(setup::Arguments),
    Doctor(doctor::Arguments),
    Check(check::Arguments),
    Ci(ci::Arguments),
    Completions(completions::Arguments),
}

impl Verb {
    /// Whether it only says what it would do.
    pub(crate) const fn is_rehearsal(&self) -> bool {
        match self {
            Self::Upgrade(arguments) => arguments.preview.dry_run,
            Self::Uninstall(arguments) => arguments.preview.dry_run,
            Self::Adopt(arguments) => arguments.preview.dry_run,
            Self::Share(arguments) => arguments.is_rehearsal(),
            _ => false,
        }
    }
}
