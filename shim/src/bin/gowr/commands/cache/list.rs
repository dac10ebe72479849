//! `gowr cache list`: what the caches take.

use std::path::Path;
use std::process::ExitCode;

use indicatif::{HumanBytes, HumanCount};
use installer::cache::list::{self, Cache};
use installer::cache::name::Name;
use installer::cache::prune::{self, Archive};
use serde::Serialize;

use super::quantity::{ago, timestamp};
use crate::context::{Context, to_bytes};
use crate::error::CommandError;
use crate::json::{Entry, entry};
use crate::output;

/// The widest bar, in characters.
const BAR: u64 = 20;

/// List the build caches, and the archives of toolchains that gowr keeps
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Document {
    schema: u32,
    caches: Vec<Row>,
    downloads: Downloads,
}

/// One cache.
#[derive(Serialize)]
struct Row {
    #[serde(flatten)]
    path: Entry,
    #[serde(flatten)]
    link: Entry,
    kind: &'static str,
    distro: Option<String>,
    version: Option<String>,
    size: u64,
    shared: u64,
    entries: u64,
    last_used: String,
    active: bool,
    orphan: bool,
    /// A process that uses it now.
    user: Option<User>,
}

#[derive(Serialize)]
struct User {
    process: u32,
    program: String,
}

#[derive(Serialize)]
struct Downloads {
    #[serde(flatten)]
    path: Entry,
    size: u64,
    archives: Vec<Kept>,
}

/// One archive.
#[derive(Serialize)]
pub(super) struct Kept {
    name: &'static str,
    #[serde(flatten)]
    path: Entry,
    size: u64,
}

impl Kept {
    pub(super) fn new(archive: &Archive) -> Self {
        Self {
            name: archive.candidate.name.as_str(),
            path: path("path", &archive.candidate.path),
            size: archive.size,
        }
    }
}

/// Lists.
pub(super) fn run(context: &Context, arguments: &Arguments) -> Result<ExitCode, CommandError> {
    let caches = list::list(&super::surroundings(context)?)?;
    let home = context.home()?;
    let archives = prune::archives(home.downloads())?;
    if arguments.json {
        output::json(&Document {
            schema: 1,
            caches: caches.iter().map(row).collect(),
            downloads: Downloads {
                path: path("path", home.downloads()),
                size: archives.iter().map(|archive| archive.size).sum(),
                archives: archives.iter().map(Kept::new).collect(),
            },
        })?;
        return Ok(ExitCode::SUCCESS);
    }
    if caches.is_empty() {
        output::say("no build cache is here");
    }
    let largest = caches.iter().map(|cache| cache.measure.size).max().unwrap_or(0);
    let lines: Vec<_> = caches.iter().map(|cache| line(cache, largest)).collect();
    output::data(output::columns(&lines).as_bytes())?;
    if !archives.is_empty() {
        let heading = format!("\narchives in {}\n", home.downloads().display());
        output::data(heading.as_bytes())?;
        let lines: Vec<_> = archives.iter().map(archive_line).collect();
        output::data(output::columns(&lines).as_bytes())?;
    }
    Ok(ExitCode::SUCCESS)
}

fn row(cache: &Cache) -> Row {
    Row {
        path: path("path", &cache.directory.path),
        link: entry("link", cache.directory.link.as_deref().map(to_bytes)),
        kind: cache.name.kind(),
        distro: cache.name.key().map(str::to_owned),
        version: cache.name.version().map(str::to_owned),
        size: cache.measure.size,
        shared: cache.measure.shared,
        entries: cache.measure.entries,
        last_used: timestamp(cache.measure.used),
        active: cache.is_used_here,
        orphan: cache.is_orphan,
        user: cache
            .user
            .as_ref()
            .map(|user| User { process: user.id, program: user.program.clone() }),
    }
}

pub(super) fn path(key: &'static str, path: &Path) -> Entry {
    entry(key, Some(to_bytes(path)))
}

fn line(cache: &Cache, largest: u64) -> [String; 8] {
    let mut notes = Vec::new();
    if cache.is_orphan {
        notes.push(String::from("orphan"));
    }
    if let Some(user) = &cache.user {
        notes.push(format!("in use by {} ({})", user.program, user.id));
    }
    if let Some(link) = &cache.directory.link {
        notes.push(format!("link to {}", link.display()));
    }
    let mark = if cache.is_used_here { "*" } else { " " };
    [
        mark.to_owned(),
        name(cache),
        HumanBytes(cache.measure.size).to_string(),
        bar(cache.measure.size, largest),
        format!("{} entries", HumanCount(cache.measure.entries)),
        format!("used {}", ago(cache.measure.used)),
        notes.join(", "),
        cache.directory.path.display().to_string(),
    ]
}

/// Whose it is.
pub(super) fn name(cache: &Cache) -> String {
    match &cache.name {
        Name::Distro(key) => key.clone(),
        Name::PerVersion { key, version } => format!("{key} go{version}"),
        Name::Plain => String::from("plain"),
        Name::Other => String::from("GOCACHE"),
    }
}

fn bar(size: u64, largest: u64) -> String {
    let length = (size * BAR).div_ceil(largest.max(1));
    "=".repeat(usize::try_from(length).unwrap_or(0))
}

fn archive_line(archive: &Archive) -> [String; 4] {
    let file = archive.candidate.path.file_name().unwrap_or_default();
    [
        String::from(" "),
        archive.candidate.name.to_string(),
        HumanBytes(archive.size).to_string(),
        file.to_string_lossy().into_owned(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_as_long_as_caches_are_large() {
        for (size, largest, expected) in
            [(0, 0, 0), (0, 9, 0), (1, 1000, 1), (500, 1000, 10), (9, 9, 20)]
        {
            assert_eq!(bar(size, largest).len(), expected, "{size} of {largest}");
        }
    }
}
