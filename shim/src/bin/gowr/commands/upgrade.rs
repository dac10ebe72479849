//! `gowr upgrade`: the newest patch release of each line that is installed.

use std::process::ExitCode;

use installer::uninstall;
use installer::upgrade::{self, Line};
use resolver::version::{Request, Version};
use serde::Serialize;

use crate::commands::uninstall::asked;
use crate::context::Context;
use crate::error::CommandError;
use crate::installation::Installation;
use crate::output;
use crate::preview::Preview;
use crate::request;

/// Install the newest patch release of each line of Go that is here
///
/// What asks for a line (1.22) gets the new release from then on. The release that was there stays, because a project may
/// ask for exactly that one; `gowr uninstall --unused` takes away what nothing known asks for.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Only these lines (1.22)
    #[arg(value_name = "LINE")]
    lines: Vec<String>,

    #[command(flatten)]
    pub(crate) preview: Preview,
}

#[derive(Serialize)]
struct Lines {
    lines: Vec<Row>,
}

/// One line.
#[derive(Serialize)]
struct Row {
    line: &'static str,
    /// The newest that was installed.
    from: &'static str,
    /// The newest that is, or would be.
    to: &'static str,
}

/// Upgrades.
pub(crate) fn run(context: &Context, arguments: &Arguments) -> Result<ExitCode, CommandError> {
    let installation = Installation::new(context)?;
    let lines = lines(&installation, arguments)?;
    if lines.is_empty() {
        output::say("nothing to upgrade: gowr has installed no Go here");
    }
    for line in &lines {
        upgrade(&installation, line, arguments.preview.dry_run)?;
    }
    if !arguments.preview.dry_run && lines.iter().any(|line| line.newer.is_some()) {
        tell_of_unused(context, &installation);
    }
    let row = |line: &Line| Row {
        line: line.version.as_str(),
        from: line.installed.as_str(),
        to: line.newer.unwrap_or(line.installed).as_str(),
    };
    arguments.preview.print(Lines { lines: lines.iter().map(row).collect() })?;
    Ok(ExitCode::SUCCESS)
}

/// The lines that are meant; a source is asked only if there are any.
fn lines(
    installation: &Installation<'_>,
    arguments: &Arguments,
) -> Result<Vec<Line>, CommandError> {
    let asked_for = arguments.lines.iter().map(|typed| line(typed));
    let asked_for = asked_for.collect::<Result<Vec<_>, _>>()?;
    let installed = installation.home.installed()?;
    let lines = upgrade::lines(&installed, &asked_for, &[])?;
    if lines.is_empty() {
        return Ok(lines);
    }
    Ok(upgrade::lines(&installed, &asked_for, &installation.releases()?)?)
}

fn upgrade(
    installation: &Installation<'_>,
    line: &Line,
    is_rehearsal: bool,
) -> Result<(), CommandError> {
    let (version, from) = (line.version.as_str(), line.installed);
    match line.newer {
        None => {
            if !is_rehearsal {
                // It may be what an upgrade that was killed has brought.
                installation.complete(Some(from));
            }
            output::say(&format!("{from} is the newest of {version}"));
        }
        Some(newer) if is_rehearsal => {
            output::say(&format!("{newer} would be installed, for {version}; {from} is here"));
        }
        Some(newer) => {
            let asker = format!("gowr upgrade, as the newest of {version}");
            installation.install(Request::Exact(newer), &asker)?;
        }
    }
    Ok(())
}

fn line(typed: &str) -> Result<Version, CommandError> {
    match request::request(typed)? {
        Request::Line(line) => Ok(line),
        Request::Exact(name) => {
            let line = name.version().line();
            Err(CommandError::user(format!("{name} is a release, and cannot be upgraded"))
                .caused_by("a line is upgraded to its newest release")
                .fixed_by(format!("gowr upgrade {}", line.as_str())))
        }
        Request::Named(name) => Err(CommandError::user(format!(
            "{name} is a registered name, and gowr did not install it"
        ))
        .fixed_by("gowr list")),
    }
}

/// Where that cannot be told, nothing is said: the upgrade itself succeeded.
fn tell_of_unused(context: &Context, installation: &Installation<'_>) {
    let asked = asked(context);
    let Ok(unused) = asked.and_then(|asked| Ok(uninstall::unused(&installation.home, &asked)?))
    else {
        return;
    };
    if !unused.is_empty() {
        let names: Vec<_> = unused.iter().map(|name| name.as_str()).collect();
        output::say(&format!(
            "nothing known asks for {} any more; to take that away, run: gowr uninstall --unused",
            names.join(", ")
        ));
    }
}
