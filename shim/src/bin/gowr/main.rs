//! The command: shows and changes which Go runs where, and installs toolchains.

mod adoption;
mod cli;
mod commands;
mod context;
mod environment;
mod error;
mod execute;
mod goroot_links;
mod habit;
mod installation;
mod interrupt;
mod json;
mod output;
mod preview;
mod problems;
mod progress;
mod request;
mod shell;
mod tool;
mod view;
mod vulnerabilities;
mod with_toolchain;

use std::ffi::CString;
use std::os::unix::ffi::OsStringExt;
use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;

use cli::{Cli, Verb};
use context::Context;
use error::CommandError;
use shim::process::Process;
use shim::sys::c_library;

/// Exit status of a command line that is wrong.
const USAGE: u8 = 2;

fn main() -> ExitCode {
    let arguments = std::env::args_os();
    let process =
        c_library::process(arguments.filter_map(|argument| CString::new(argument.into_vec()).ok()));
    // A bug is told in one line, whatever RUST_BACKTRACE says.
    std::panic::set_hook(Box::new(|panic| {
        output::say(&format!("gowr: internal error: {}", panic.to_string().replace('\n', " ")));
        std::process::exit(125);
    }));
    // Where nobody reads what is written any more, this ends quietly, as most programs do.
    shim::sys::restore_broken_pipe();
    if process.secure {
        CommandError::new(
            error::Kind::CannotRun,
            "gowr will not run with more rights than its caller has",
        )
        .caused_by("it is set-user-ID or has file capabilities")
        .fixed_by("chmod u-s,g-s and setcap -r, for the file of gowr")
        .report();
        return ExitCode::from(126);
    }
    let context = Context::new(&process);
    match protocol(&process) {
        Some((b"__proxy", words)) => {
            let error = commands::proxy::run(&context, words);
            error.report();
            return ExitCode::from(error.status_of_runner());
        }
        Some((with_toolchain::VERB, words)) => {
            let error = with_toolchain::run(&context, words);
            error.report();
            return ExitCode::from(error.status_of_runner());
        }
        Some((interrupt::VERB, words)) => {
            let mut words = words.iter().map(|word| word.to_bytes());
            return interrupt::sweep(&context, words.next(), words.next());
        }
        Some((verb, words)) if verb == installer::container::VERB.as_bytes() => {
            return end(commands::container::inside(&context, words), true);
        }
        _ => {}
    }
    match Cli::try_parse() {
        Ok(cli) => run(&context, cli),
        Err(error) => usage(&error),
    }
}

/// The first argument and all from the next on. What the proxy hands over is Go's, and no option in it is ours: it must
/// not come near the parser of our own command line.
fn protocol(process: &Process) -> Option<(&'static [u8], &'static [shim::sys::ThinStr<'static>])> {
    let (verb, words) = process.arguments.get(1..)?.split_first()?;
    Some((verb.to_bytes(), words))
}

fn run(context: &Context, cli: Cli) -> ExitCode {
    let is_runner =
        matches!(cli.verb, Verb::Which(_) | Verb::Exec(_) | Verb::Run(_) | Verb::Container(_));
    let writes = matches!(
        cli.verb,
        Verb::Pin(_)
            | Verb::Default(_)
            | Verb::Install(_)
            | Verb::Upgrade(_)
            | Verb::Uninstall(_)
            | Verb::Adopt(_)
            | Verb::Share(_)
            | Verb::Snapshot(_)
            | Verb::Matrix(_)
            | Verb::Bisect(_)
    );
    let may_move_links = writes && !cli.verb.is_rehearsal() || matches!(cli.verb, Verb::Setup(_));
    // It moves the one it is asked for.
    let is_link = matches!(cli.verb, Verb::Link(_));
    let result = enter(&cli).and_then(|()| dispatch(context, cli.verb));
    if may_move_links {
        goroot_links::follow(context);
    }
    if writes || is_link {
        // Also where there was nothing to do: it may have been done by one that was killed.
        interrupt::take_leftovers_away(context);
    }
    end(result, is_runner)
}

/// Tells an error.
fn end(result: Result<ExitCode, CommandError>, is_runner: bool) -> ExitCode {
    match result {
        Ok(code) => code,
        Err(error) => {
            error.report();
            if is_runner { ExitCode::from(error.status_of_runner()) } else { ExitCode::FAILURE }
        }
    }
}

/// Changes to the directories of `-C`, each relative to the one before, as with git.
fn enter(cli: &Cli) -> Result<(), CommandError> {
    for directory in &cli.directory {
        std::env::set_current_dir(directory).map_err(|error| {
            CommandError::user(format!("cannot change to {}", directory.display()))
                .caused_by(&error.to_string())
        })?;
    }
    Ok(())
}

fn dispatch(context: &Context, verb: Verb) -> Result<ExitCode, CommandError> {
    match verb {
        Verb::Which(arguments) => commands::which::run(context, &arguments),
        Verb::Pin(arguments) => commands::pin::run(context, &arguments),
        Verb::Default(arguments) => commands::default::run(context, &arguments),
        Verb::Env(arguments) => commands::env::run(context, arguments),
        Verb::Install(arguments) => commands::install::run(context, &arguments),
        Verb::Upgrade(arguments) => commands::upgrade::run(context, &arguments),
        Verb::Uninstall(arguments) => commands::uninstall::run(context, &arguments),
        Verb::List(arguments) => commands::list::run(context, &arguments),
        Verb::Adopt(arguments) => commands::adopt::run(context, &arguments),
        Verb::Link(arguments) => commands::link::run(context, &arguments),
        Verb::Share(arguments) => commands::share::run(context, &arguments),
        Verb::Snapshot(arguments) => commands::snapshot::run(context, &arguments),
        Verb::Cache(arguments) => commands::cache::run(context, &arguments),
        Verb::Exec(arguments) => commands::exec::run(context, &arguments),
        Verb::Container(arguments) => commands::container::run(context, &arguments),
        Verb::Run(arguments) => commands::run::run(context, &arguments),
        Verb::Matrix(arguments) => commands::matrix::run(context, &arguments),
        Verb::Bisect(arguments) => commands::bisect::run(context, &arguments),
        Verb::Setup(arguments) => commands::setup::run(context, &arguments),
        Verb::Doctor(arguments) => commands::doctor::run(context, &arguments),
        Verb::Check(arguments) => commands::check::run(context, &arguments),
        Verb::Ci(arguments) => commands::ci::run(context, &arguments),
        Verb::Completions(arguments) => commands::completions::run(&arguments),
    }
}

fn usage(error: &clap::Error) -> ExitCode {
    if error.kind() == ErrorKind::InvalidSubcommand
        && let Some(hint) = habit::hint(error)
    {
        hint.report();
        return ExitCode::from(USAGE);
    }
    let _ = error.print();
    if error.use_stderr() { ExitCode::from(USAGE) } else { ExitCode::SUCCESS }
}
