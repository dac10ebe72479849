//! What this userland has, as a table and as JSON.

use std::collections::BTreeMap;

use indicatif::HumanBytes;
use installer::services;
use resolver::path::Bytes;
use resolver::policy::{self, Policy};
use resolver::toolchain::Origin;
use resolver::version::{Request, ToolchainName};
use serde::Serialize;

use super::support::{self, Support};
use super::{Arguments, is_wanted, rows};
use crate::context::Context;
use crate::error::CommandError;
use crate::installation::Installation;
use crate::json::{Entry, entry};
use crate::output;

#[derive(Serialize)]
struct Document {
    schema: u32,
    toolchains: Vec<Row>,
}

/// One toolchain that is here.
#[derive(Serialize)]
pub(super) struct Row {
    pub(super) name: Option<String>,
    pub(super) version_text: Option<String>,
    pub(super) origin: &'static str,
    /// Whether another distro has it, and shares it.
    pub(super) shared: bool,
    /// Who put there what is adopted.
    pub(super) manager: Option<&'static str>,
    #[serde(flatten)]
    pub(super) goroot: Entry,
    #[serde(skip)]
    pub(super) root: Bytes,
    /// The same with links resolved: what a toolchain is known by.
    #[serde(skip)]
    pub(super) real_root: Bytes,
    pub(super) size: Option<u64>,
    pub(super) links: Vec<String>,
    /// What the GOROOT's own go.env says.
    pub(super) go_env: Option<GoEnv>,
    pub(super) usable: bool,
    /// Why what is adopted or shared is not usable.
    pub(super) reason: Option<&'static str>,
    pub(super) detail: Option<String>,
    pub(super) active: bool,
    #[serde(flatten)]
    pub(super) support: Support,
}

/// A GOROOT's go.env: each setting that distros change, null where it has no line.
#[derive(Serialize)]
pub(super) struct GoEnv {
    #[serde(flatten)]
    file: Entry,
    settings: BTreeMap<&'static str, Option<Setting>>,
}

/// A line of it.
#[derive(Serialize)]
struct Setting {
    line: u32,
    value: String,
}

impl GoEnv {
    pub(super) fn new(policy: Policy) -> Self {
        let settings = policy.settings.map(|setting| {
            setting.map(|setting| Setting {
                line: setting.line,
                value: String::from_utf8_lossy(setting.value).into_owned(),
            })
        });
        Self {
            file: entry("file", Some(policy.file)),
            settings: policy::NAMES.into_iter().zip(settings).collect(),
        }
    }

    /// Whether Go may switch, and what else is not as the Go project has it.
    fn words(&self) -> String {
        let mut words = Vec::new();
        for (name, usual) in policy::NAMES.into_iter().zip([
            "",
            services::DEFAULT_GOPROXY,
            services::DEFAULT_GOSUMDB,
        ]) {
            let value = self.settings[name].as_ref().map_or("", |setting| &*setting.value);
            if value != usual {
                words.push(format!("{name}={value}"));
            }
        }
        words.join(" ")
    }
}

/// Lists it.
pub(super) fn run(
    context: &Context,
    installation: &Installation<'_>,
    wanted: Option<Request>,
    arguments: &Arguments,
) -> Result<(), CommandError> {
    let active = context.resolve().ok().map(|(_, resolution)| resolution.toolchain);
    let mut toolchains = rows::find(context, installation, active)?;
    let name = |row: &Row| row.name.as_deref().and_then(ToolchainName::parse);
    let known = installation.known_releases().with(toolchains.iter().filter_map(name));
    toolchains.retain(|row| is_wanted(wanted, name(row)));
    let names: Vec<_> = toolchains.iter().map(name).collect();
    for (row, support) in toolchains.iter_mut().zip(support::of(&known, &names, arguments.online)) {
        row.support = support;
    }
    if arguments.json {
        return output::json(&Document { schema: 1, toolchains });
    }
    if toolchains.is_empty() {
        output::say("no Go is here; to install one, run: gowr install VERSION");
        return Ok(());
    }
    let lines: Vec<_> = toolchains.iter().map(line).collect();
    output::data(output::columns(&lines).as_bytes())
}

fn line(row: &Row) -> [String; 6] {
    let mark = if row.active { "*" } else { " " };
    let mut links = row.links.join(" ");
    if !row.usable {
        let detail = row.detail.iter().map(|detail| format!(": {detail}"));
        links = detail.fold(String::from("not usable here"), |text, more| text + &more);
    }
    let manager = row.manager.or(row.shared.then_some("shared"));
    let manager = manager.map(|manager| format!(" ({manager})")).unwrap_or_default();
    // Distros decide otherwise than the Go project, and each in its own way.
    let is_distros = row.origin == Origin::Distro.as_str() || row.manager == Some("distro");
    let policy = row.go_env.as_ref().filter(|_| is_distros).map(GoEnv::words);
    let notes = policy.into_iter().chain([row.support.words()]).filter(|note| !note.is_empty());
    let notes = notes.collect::<Vec<_>>().join("; ");
    let notes = if notes.is_empty() { notes } else { format!("  ({notes})") };
    [
        mark.to_owned(),
        row.name.clone().or_else(|| row.version_text.clone()).unwrap_or_else(|| String::from("?")),
        format!("{}{manager}", row.origin),
        row.size.map(|size| HumanBytes(size).to_string()).unwrap_or_default(),
        links,
        format!("{}{notes}", String::from_utf8_lossy(row.root)),
    ]
}
