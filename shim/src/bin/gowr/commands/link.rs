//! `gowr link`: one stable path of a GOROOT, for IDEs.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use installer::goroot_link::{Follows, GorootLink, Kind, Removed, State};
use resolver::path::shell_quoted;
use serde::Serialize;

use crate::context::{Context, to_bytes};
use crate::error::CommandError;
use crate::goroot_links;
use crate::json::{Entry, entry};
use crate::output;
use crate::request;

/// Keep one path that always leads to a GOROOT, for IDEs
///
/// PATH becomes a symbolic link, and is moved whenever what it follows changes: without a version what `gowr default` sets, with
/// a line (1.22) the newest release of it that is here. A release (1.22.3) stays. Without PATH, the links that there are.
#[derive(Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of the command line")]
pub(crate) struct Arguments {
    /// The link to make
    path: Option<PathBuf>,

    /// A version or a registered name, instead of the default
    #[arg(requires = "path", conflicts_with = "remove")]
    version: Option<String>,

    /// List the links
    #[arg(long, conflicts_with = "path")]
    list: bool,

    /// Print JSON
    #[arg(long, conflicts_with = "path")]
    json: bool,

    /// Take the link away
    #[arg(long, requires = "path")]
    remove: bool,

    /// Mount the GOROOT on the directory PATH, for programs that resolve links; only root can
    #[arg(long, requires = "path", conflicts_with = "remove")]
    bind: bool,

    /// Replace a link that somebody else made; with --bind, cover what is there
    #[arg(long, requires = "path", conflicts_with = "remove")]
    force: bool,
}

#[derive(Serialize)]
struct Document {
    schema: u32,
    links: Vec<Row>,
}

/// One link.
#[derive(Serialize)]
struct Row {
    #[serde(flatten)]
    path: Entry,
    kind: &'static str,
    follows: String,
    #[serde(flatten)]
    goroot: Entry,
    version_text: Option<String>,
    state: &'static str,
    #[serde(skip)]
    words: [String; 4],
}

/// Lists, makes or removes.
pub(crate) fn run(context: &Context, arguments: &Arguments) -> Result<ExitCode, CommandError> {
    let Some(path) = &arguments.path else {
        return list(context, arguments.json);
    };
    if arguments.remove {
        return remove(context, path);
    }
    let kind = if arguments.bind { Kind::Bind } else { Kind::Link };
    let follows = match arguments.version.as_deref() {
        None | Some(Follows::DEFAULT) => Follows::Default,
        Some(typed) => Follows::Request(request::request(typed)?),
    };
    if kind == Kind::Bind && !goroot_links::is_root(context) {
        let (home, key) = (context.home()?, context.key()?);
        let path = goroot_links::links(context, &home, &key).place(path)?;
        let force = if arguments.force { "--force " } else { "" };
        let options = format!("--bind {force}");
        return Err(needs_root(
            context,
            &path,
            &goroot_links::words_of_link(&options, &path, follows),
        ));
    }
    goroot_links::make(context, path, kind, follows, arguments.force)?;
    Ok(ExitCode::SUCCESS)
}

/// Nothing is begun that only root can finish.
fn needs_root(context: &Context, path: &Path, words: &str) -> CommandError {
    CommandError::user(format!("{} cannot be mounted or unmounted", path.display()))
        .caused_by("only root can do that")
        .fixed_by(goroot_links::sudo(context, words))
}

fn absolute(path: &Path) -> Result<PathBuf, CommandError> {
    std::path::absolute(path).map_err(|error| {
        CommandError::user(format!("cannot find {}", path.display()))
            .caused_by(&error.to_string())
            .fixed_by("cd")
    })
}

fn list(context: &Context, as_json: bool) -> Result<ExitCode, CommandError> {
    let (home, key) = (context.home()?, context.key()?);
    let links = goroot_links::links(context, &home, &key).list()?;
    let rows: Vec<_> = links.iter().map(row).collect();
    if as_json {
        output::json(&Document { schema: 1, links: rows })?;
    } else if rows.is_empty() {
        output::say("there are no links: make one with gowr link PATH");
    } else {
        let table: Vec<_> = rows.into_iter().map(|row| row.words).collect();
        output::data(output::columns(&table).as_bytes())?;
    }
    Ok(ExitCode::SUCCESS)
}

fn row(link: &GorootLink) -> Row {
    let state = link.state();
    let words = match state {
        State::Right => "",
        State::Gone => "(gone)",
        State::Changed => "(changed by somebody else)",
        State::Astray => "(leads nowhere)",
    };
    let kind = if link.kind == Kind::Bind { "mounted: " } else { "" };
    Row {
        path: entry("path", Some(to_bytes(&link.path))),
        kind: link.kind.as_str(),
        follows: link.follows.to_string(),
        goroot: entry("goroot", Some(to_bytes(&link.goroot))),
        version_text: link.version_text(),
        state: state.as_str(),
        words: [
            link.path.display().to_string(),
            link.follows.to_string(),
            format!("{kind}{}", link.goroot.display()),
            words.to_owned(),
        ],
    }
}

fn remove(context: &Context, path: &Path) -> Result<ExitCode, CommandError> {
    let (home, key) = (context.home()?, context.key()?);
    let links = goroot_links::links(context, &home, &key);
    // What is remembered may be in a directory that is gone.
    let path = links.place(path).or_else(|_| absolute(path))?;
    let known = links.find(&path)?.ok_or_else(|| {
        CommandError::not_found(format!("{} is no link of gowr's", path.display()))
            .caused_by("those that there are stand in the list")
            .fixed_by("gowr link --list")
    })?;
    if known.kind == Kind::Bind && !goroot_links::is_root(context) {
        let words = format!("link --remove {}", shell_quoted(to_bytes(&path)));
        return Err(needs_root(context, &path, &words));
    }
    match links.remove(&path)? {
        Some(Removed::Link) => output::say(&format!("{} is removed", path.display())),
        Some(Removed::Entry) => {
            let path = path.display();
            output::say(&format!(
                "{path} is forgotten; what is there is somebody else's, and stays"
            ));
        }
        None => {}
    }
    Ok(ExitCode::SUCCESS)
}
