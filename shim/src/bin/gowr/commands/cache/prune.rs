//! `gowr cache prune`: removes what nobody will miss.

use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use indicatif::{HumanBytes, HumanCount};
use installer::cache::list;
use installer::cache::prune::{self, Action, Archive, Plan, Policy, Reason, Step};
use serde::Serialize;

use super::list::{Kept, path};
use super::quantity;
use crate::context::Context;
use crate::error::CommandError;
use crate::json::Entry;
use crate::output;
use crate::preview::Preview;

/// Remove orphans: caches of distros that are gone
///
/// Options say what else goes. A cache that a build uses stays, and so does whatever was used within a day.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Also what was not used for so long: 30d, 12h, 2w
    #[arg(long, value_name = "AGE", value_parser = quantity::age)]
    older_than: Option<Duration>,

    /// Also what was used least recently, until the caches together are no larger: 5G, 500M
    #[arg(long, value_name = "SIZE", value_parser = quantity::size)]
    max_size: Option<u64>,

    /// Also the archives of toolchains, which only save a download when one is installed again
    #[arg(long)]
    downloads: bool,

    #[command(flatten)]
    preview: Preview,
}

#[derive(Serialize)]
struct Changes {
    caches: Vec<Row>,
    downloads: Vec<Kept>,
    /// Bytes that were given back, or would be.
    freed: u64,
    /// What the caches take afterwards.
    left: u64,
}

/// One cache.
#[derive(Serialize)]
struct Row {
    #[serde(flatten)]
    path: Entry,
    action: &'static str,
    reason: Option<&'static str>,
    entries: u64,
    freed: u64,
}

/// Prunes.
pub(super) fn run(context: &Context, arguments: &Arguments) -> Result<ExitCode, CommandError> {
    let home = context.home()?;
    let surroundings = super::surroundings(context)?;
    let is_dry = arguments.preview.dry_run;
    for leftover in prune::leftovers(&surroundings) {
        let would = if is_dry { "would be removed" } else { "is removed" };
        output::say(&format!("{} {would}: a killed command left it", leftover.display()));
    }
    if !is_dry {
        prune::sweep(&surroundings);
    }
    let policy = Policy { older_than: arguments.older_than, maximum_size: arguments.max_size };
    let mut plan = Plan::make(list::list(&surroundings)?, policy, SystemTime::now());
    let archives =
        if arguments.downloads { prune::archives(home.downloads())? } else { Vec::new() };
    if !is_dry {
        plan.carry_out()?;
        for archive in &archives {
            prune::remove_archive(archive)?;
        }
    }
    let changes = Changes {
        caches: plan.steps.iter().map(row).collect(),
        downloads: archives.iter().map(Kept::new).collect(),
        freed: plan.steps.iter().map(|step| step.bytes).sum::<u64>()
            + archives.iter().map(|archive| archive.size).sum::<u64>(),
        left: plan.left,
    };
    tell(&plan, &archives, &changes, is_dry);
    if let Some(maximum) = arguments.max_size.filter(|maximum| plan.left > *maximum) {
        output::warn(&format!(
            "the caches still take {}, more than {}: what is in use or was used within a day stays",
            HumanBytes(plan.left),
            HumanBytes(maximum)
        ));
    }
    arguments.preview.print(changes)?;
    Ok(ExitCode::SUCCESS)
}

fn row(step: &Step) -> Row {
    Row {
        path: path("path", &step.cache.directory.path),
        action: match step.action {
            Action::Keep => "kept",
            Action::Trim => "trimmed",
            Action::Remove => "removed",
        },
        reason: step.reason.as_ref().map(Reason::code),
        entries: step.entries,
        freed: step.bytes,
    }
}

fn tell(plan: &Plan, archives: &[Archive], changes: &Changes, is_dry: bool) {
    let would = if is_dry { "would be" } else { "is" };
    for step in &plan.steps {
        let path = step.cache.directory.path.display();
        let why = why(step);
        let taken = format!("{} entries, {}", HumanCount(step.entries), HumanBytes(step.bytes));
        match step.action {
            Action::Remove => {
                output::say(&format!("{path} {would} removed: {why} ({taken})"));
            }
            Action::Trim => output::say(&format!("{path} {would} trimmed: {why} ({taken})")),
            Action::Keep if step.reason.is_some() => {
                output::say(&format!("{path} is kept: {why}"));
            }
            Action::Keep => {}
        }
    }
    for archive in archives {
        let path = archive.candidate.path.display();
        output::say(&format!("{path} {would} removed ({})", HumanBytes(archive.size)));
    }
    let gone = plan.steps.iter().any(|step| step.action != Action::Keep) || !archives.is_empty();
    let would = if is_dry { "would be" } else { "are" };
    if gone {
        output::say(&format!("{} {would} given back", HumanBytes(changes.freed)));
    } else {
        output::say("there is nothing to prune");
    }
}

fn why(step: &Step) -> String {
    match &step.reason {
        Some(Reason::Orphan) => String::from("an orphan"),
        Some(Reason::Age) => String::from("not used for long"),
        Some(Reason::Size) => String::from("used least recently"),
        Some(Reason::InUse(user)) => {
            format!("{} uses it, process {}", user.program, user.id)
        }
        Some(Reason::Link) => String::from("it is a link"),
        Some(Reason::Owner(user)) => format!("it belongs to the user {user}"),
        None => String::new(),
    }
}
