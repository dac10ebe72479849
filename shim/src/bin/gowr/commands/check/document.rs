//! `gowr check --json`: the document, key by key in its order.

use std::path::Path;

use installer::check::statement::{Choice, Kind, Statement, Wanted};
use installer::check::{Place, Report};
use installer::fingerprint::Part;
use installer::problem::Problem;
use resolver::resolution::Resolution;
use resolver::version::ToolchainName;
use serde::Serialize;

use crate::context::to_bytes;
use crate::json::{Entry, entry};

/// What one version of the document means.
const SCHEMA: u32 = 1;

#[derive(Serialize)]
pub(super) struct Document<'a> {
    schema: u32,
    #[serde(flatten)]
    project: Entry,
    #[serde(flatten)]
    repository: Entry,
    #[serde(flatten)]
    goroot: Entry,
    version: Option<&'static str>,
    #[serde(flatten)]
    gocache: Entry,
    fingerprint: Option<String>,
    /// What the fingerprint is made of, to see where two differ.
    fingerprint_parts: &'a [Part],
    statements: Vec<StatementPart<'a>>,
    problems: &'a [Problem],
}

#[derive(Serialize)]
struct StatementPart<'a> {
    kind: Kind,
    #[serde(flatten)]
    file: Entry,
    choices: Vec<ChoicePart<'a>>,
}

#[derive(Serialize)]
struct ChoicePart<'a> {
    line: usize,
    text: &'a str,
    asks_for: &'static str,
}

impl<'a> Document<'a> {
    pub(super) fn new(place: &Place, resolution: Option<&Resolution>, report: &'a Report) -> Self {
        let toolchain = resolution.map(|resolution| resolution.toolchain);
        let path = |path: &Path| Some(to_bytes(path));
        Self {
            schema: SCHEMA,
            project: entry("project", path(&place.project)),
            repository: entry("repository", path(&place.repository)),
            goroot: entry("goroot", toolchain.and_then(|it| it.root)),
            version: toolchain.and_then(|it| it.version).map(ToolchainName::as_str),
            gocache: entry("gocache", resolution.and_then(|it| it.cache.path)),
            fingerprint: report.fingerprint.as_ref().map(ToString::to_string),
            fingerprint_parts: report.fingerprint.as_ref().map_or(&[], |it| it.parts()),
            statements: report.statements.iter().map(statement).collect(),
            problems: &report.problems,
        }
    }
}

fn statement(statement: &Statement) -> StatementPart<'_> {
    StatementPart {
        kind: statement.kind,
        file: entry("file", Some(to_bytes(&statement.file))),
        choices: statement.choices.iter().map(choice).collect(),
    }
}

fn choice(choice: &Choice) -> ChoicePart<'_> {
    let asks_for = match choice.wanted {
        Wanted::Versions(_) => "versions",
        Wanted::Moving => "newest",
        Wanted::Unknown => "unknown",
    };
    ChoicePart { line: choice.line, text: &choice.text, asks_for }
}
