//! `gowr adopt`: uses the Go toolchains that others put on this machine.

use std::env;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use installer::adopt::{Action, Adopted, Adopter, Outcome};
use resolver::path::shell_quoted;
use resolver::version::{RegisteredName, Request, ToolchainName};
use serde::Serialize;
use shim::machine::LinuxMachine;

use crate::adoption;
use crate::commands::uninstall::without_default;
use crate::context::{Context, to_bytes, to_path};
use crate::error::CommandError;
use crate::json::{Entry, entry};
use crate::output;
use crate::preview::{Preview, Toolchains};
use crate::request;

/// Adopt the Go toolchains that are on this machine, where they are
///
/// Without a directory, all that the distro and other managers of Go have put here. Nothing of theirs is copied or
/// changed. To be run again when they have installed, upgraded or removed something.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Only the GOROOT in this directory; with --remove also a version or a name that was adopted
    #[arg(value_name = "DIR", required_if_eq("remove", "true"))]
    what: Option<PathBuf>,

    /// Register the directory under this name, which a pin may ask for as for a version
    #[arg(long, requires = "what", conflicts_with = "remove")]
    name: Option<String>,

    /// Adopt it no more; what others installed stays where it is
    #[arg(long)]
    remove: bool,

    #[command(flatten)]
    pub(crate) preview: Preview,
}

/// One directory, and what became of it.
#[derive(Serialize)]
struct Row {
    #[serde(flatten)]
    goroot: Entry,
    name: Option<&'static str>,
    /// The name that somebody registered it under.
    registered: Option<&'static str>,
    version_text: Option<&'static str>,
    manager: Option<&'static str>,
    action: &'static str,
    #[serde(skip)]
    outcome: Outcome,
    #[serde(skip)]
    registered_name: Option<RegisteredName>,
    reason: Option<&'static str>,
    detail: Option<String>,
}

impl Row {
    fn new(outcome: Outcome, registered: Option<RegisteredName>) -> Self {
        Self {
            goroot: entry("goroot", Some(outcome.goroot)),
            name: outcome.name.map(ToolchainName::as_str),
            registered: registered.map(RegisteredName::as_str),
            version_text: outcome.version_text,
            manager: outcome.manager,
            action: outcome.action.as_str(),
            reason: outcome.reason.map(|reason| reason.code()),
            detail: outcome.reason.map(|reason| reason.detail()),
            outcome,
            registered_name: registered,
        }
    }
}

/// Adopts.
pub(crate) fn run(context: &Context, arguments: &Arguments) -> Result<ExitCode, CommandError> {
    let (home, key) = (context.home()?, context.key()?);
    let is_rehearsal = arguments.preview.dry_run;
    let (machine, variable) = (context.machine, &|name: &str| env::var_os(name));
    let adopter = Adopter { machine, variable, home: &home, here: &key, is_rehearsal };
    let rows = match (&arguments.what, &arguments.name) {
        (Some(what), _) if arguments.remove => remove(context, &adopter, what)?,
        (Some(directory), Some(name)) => {
            let name = registered_name(name, directory)?;
            vec![Row::new(adopter.register(name, directory)?, Some(name))]
        }
        (Some(directory), None) => rows(adopter.adopt(directory)?),
        (None, _) => rows(adopter.adopt_all()?),
    };
    let changes = Toolchains { toolchains: rows };
    if !arguments.preview.print(&changes)? {
        report(&changes.toolchains, is_rehearsal);
    }
    Ok(ExitCode::SUCCESS)
}

fn rows(outcomes: Vec<Outcome>) -> Vec<Row> {
    outcomes.into_iter().map(|outcome| Row::new(outcome, None)).collect()
}

fn report(rows: &[Row], is_rehearsal: bool) {
    for row in rows {
        if let Some(line) = adoption::line(&row.outcome, row.registered_name, is_rehearsal) {
            output::say(&line);
        }
    }
    let is_news = |row: &Row| matches!(row.outcome.action, Action::Adopted | Action::Forgotten);
    if !rows.iter().any(is_news) {
        let kept = rows.iter().filter(|row| row.outcome.action == Action::Kept).count();
        output::say(&match kept {
            0 => String::from("there is nothing to adopt"),
            1 => String::from("nothing new: one toolchain is adopted already"),
            _ => format!("nothing new: {kept} toolchains are adopted already"),
        });
    }
}

fn registered_name(typed: &str, directory: &Path) -> Result<RegisteredName, CommandError> {
    RegisteredName::parse(typed).ok_or_else(|| {
        let words = RegisteredName::RESERVED.replace(' ', ", ");
        let directory = shell_quoted(to_bytes(directory));
        CommandError::user(format!("`{}` cannot be a name", typed.escape_debug()))
            .caused_by(&format!(
                "a name is made of a-z, 0-9 and -, starts with a letter, and is no version and none of {words}"
            ))
            .fixed_by(format!("gowr adopt {directory} --name work"))
    })
}

/// Takes away what is adopted: from a directory, as a version, or under a registered name.
fn remove(
    context: &Context,
    adopter: &Adopter<'_, LinuxMachine>,
    what: &Path,
) -> Result<Vec<Row>, CommandError> {
    let chosen = chosen(adopter, what)?;
    if let Some(file) = context.places.user_configuration {
        for cleared in adopter.clear_defaults(to_path(file), &chosen)? {
            output::say(&without_default(&cleared));
        }
    }
    let mut rows = rows(adopter.forget(&chosen.toolchains)?);
    for name in &chosen.names {
        let forgotten = adopter.unregister(*name)?;
        rows.extend(forgotten.map(|outcome| Row::new(outcome, Some(*name))));
    }
    Ok(rows)
}

/// What is meant by a directory, a version or a name.
fn chosen(adopter: &Adopter<'_, LinuxMachine>, what: &Path) -> Result<Adopted, CommandError> {
    let typed = what.to_str().filter(|typed| !typed.contains('/') && !what.is_dir());
    let Some(typed) = typed else {
        let found = adopter.adopted_from(what)?;
        return if found == Adopted::default() {
            Err(not_adopted(format!("nothing is adopted from {}", what.display())))
        } else {
            Ok(found)
        };
    };
    let request = request::request(typed)?;
    let found = adopter.adopted_as(request)?;
    match (request, &found.toolchains[..]) {
        (Request::Named(name), _) if found.names.is_empty() => {
            Err(not_adopted(format!("no toolchain is registered as {name}")))
        }
        (Request::Exact(_) | Request::Line(_), []) => {
            Err(not_adopted(format!("go {request} is not adopted")))
        }
        (_, [_, _, ..]) => {
            let names: Vec<_> = found.toolchains.iter().map(|name| name.as_str()).collect();
            Err(CommandError::user(format!("go {request} may be {}", names.join(" or ")))
                .caused_by("only one toolchain is taken away by its line")
                .fixed_by(format!("gowr adopt --remove {}", names[0])))
        }
        _ => Ok(found),
    }
}

fn not_adopted(message: String) -> CommandError {
    CommandError::not_found(message)
        .caused_by("what is adopted here is in the list")
        .fixed_by("gowr list")
}
