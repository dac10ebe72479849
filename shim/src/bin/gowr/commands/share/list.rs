//! `gowr share list`.

use installer::link::{self, Origin, share as links};
use installer::share::{Kind, Share, State, place};
use resolver::version::ToolchainName;
use serde::Serialize;

use crate::context::{Context, to_bytes, to_path};
use crate::error::CommandError;
use crate::json::{Entry, entry};
use crate::output;

/// List what distros share, and what of it is used here
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Document {
    schema: u32,
    shares: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    #[serde(flatten)]
    path: Entry,
    kind: Option<&'static str>,
    #[serde(flatten)]
    device: Entry,
    #[serde(flatten)]
    directory: Entry,
    /// Whether this home uses it.
    used: bool,
    /// Whether this home is the one that shares.
    own: bool,
    state: State,
    detail: Option<String>,
    toolchains: Vec<Toolchain>,
    #[serde(skip)]
    shown: String,
    #[serde(skip)]
    directory_shown: Option<String>,
}

#[derive(Serialize)]
struct Toolchain {
    name: &'static str,
    /// Whether it is there now.
    shared: bool,
    /// Whether it answers to its name here.
    used: bool,
}

/// Lists.
pub(super) fn run(context: &Context, arguments: &Arguments) -> Result<(), CommandError> {
    let home = context.home()?;
    let used = links::of(&home)?;
    let here = place(context.machine);
    let mut paths: Vec<_> = used.iter().map(|path| to_bytes(path)).collect();
    match here {
        Ok(place) if !paths.contains(&place) => paths.push(place),
        Ok(_) => {}
        // What is used is told, wherever it is.
        Err(_) if used.is_some() => {}
        Err(error) => return Err(error.into()),
    }
    let linked = link::read(&home, &context.key()?)?.toolchains;
    let linked: Vec<_> =
        linked.iter().filter(|it| it.origin == Origin::Share).map(|it| it.name).collect();
    let mut rows = Vec::new();
    for path in paths {
        let share = Share::look(context.machine, &home, path);
        let is_used = used.as_deref() == Some(to_path(path));
        // Nobody has made one, and nobody misses it.
        let state = share.state();
        if is_used || !matches!(state, State::Missing | State::Unmounted) {
            rows.push(row(&share, is_used, &linked));
        }
    }
    if arguments.json {
        return output::json(&Document { schema: 1, shares: rows });
    }
    if rows.is_empty() {
        output::say(
            "no distro that runs shares its toolchains: gowr share does, in the one that has them",
        );
    }
    for row in &rows {
        output::data(text(row).as_bytes())?;
    }
    Ok(())
}

fn row(share: &Share, is_used: bool, linked: &[ToolchainName]) -> Row {
    let releases = share.releases();
    let is_linked = |name: &ToolchainName| is_used && linked.contains(name);
    let mut toolchains: Vec<_> = releases
        .iter()
        .map(|name| Toolchain { name: name.as_str(), shared: true, used: is_linked(name) })
        .collect();
    let missing = linked.iter().filter(|name| is_used && !releases.contains(name));
    let missing = missing.map(|name| Toolchain { name: name.as_str(), shared: false, used: false });
    toolchains.extend(missing);
    Row {
        path: entry("path", Some(share.path)),
        kind: share.kind.map(Kind::as_str),
        device: entry("device", share.device),
        directory: entry("directory", share.directory),
        used: is_used,
        own: share.is_own,
        state: share.state(),
        detail: share.detail(),
        toolchains,
        shown: String::from_utf8_lossy(share.path).into_owned(),
        directory_shown: (share.kind == Some(Kind::Bind))
            .then(|| share.directory.map(|it| String::from_utf8_lossy(it).into_owned()))
            .flatten(),
    }
}

fn text(row: &Row) -> String {
    let mut notes = Vec::new();
    notes.extend(row.kind.map(|kind| match &row.directory_shown {
        Some(directory) => format!("{kind} of {directory}"),
        None => kind.to_owned(),
    }));
    if row.own {
        notes.push(String::from("of this distro"));
    } else {
        notes.push(String::from(if row.used { "used here" } else { "not used here" }));
    }
    notes.extend(row.detail.clone());
    let mut text = format!("{} ({})\n", row.shown, notes.join("; "));
    let rows: Vec<_> = row
        .toolchains
        .iter()
        .map(|it| {
            let note = match it {
                _ if row.own => "",
                Toolchain { shared: false, .. } => "missing",
                Toolchain { used: true, .. } => "used here",
                Toolchain { used: false, .. } => "",
            };
            [String::new(), it.name.to_owned(), note.to_owned()]
        })
        .collect();
    text.push_str(&output::columns(&rows));
    text
}
