//! `gowr list`: what this userland has, and what there is to install.

mod support;

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::env;
use std::ops::ControlFlow;
use std::path::Path;
use std::process::ExitCode;

use indicatif::HumanBytes;
use installer::adopt::{self, Managers, Reason};
use installer::{link, list, services};
use resolver::distro_go;
use resolver::invocation::Program;
use resolver::path::Bytes;
use resolver::policy::{self, Policy};
use resolver::real_path::real_path;
use resolver::toolchain::{self, Origin, Toolchain};
use resolver::version::{Request, ToolchainName, compare};
use serde::Serialize;

use crate::context::{Context, to_bytes};
use crate::error::CommandError;
use crate::installation::Installation;
use crate::json::{Entry, entry};
use crate::output;
use crate::request;
use support::Support;

/// List the Go toolchains that are here, or all that could be installed
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Only those of a line (1.22), or one release
    version: Option<String>,

    /// List every release there is
    #[arg(long)]
    remote: bool,

    /// Ask the Go vulnerability database what is known of those that are here
    #[arg(long, conflicts_with = "remote")]
    online: bool,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct LocalDocument {
    schema: u32,
    toolchains: Vec<Row>,
}

/// One toolchain that is here.
#[derive(Serialize)]
struct Row {
    name: Option<String>,
    version_text: Option<String>,
    origin: &'static str,
    /// Who put there what is adopted.
    manager: Option<&'static str>,
    #[serde(flatten)]
    goroot: Entry,
    #[serde(skip)]
    root: Bytes,
    /// The same with links resolved: what a toolchain is known by.
    #[serde(skip)]
    real_root: Bytes,
    size: Option<u64>,
    links: Vec<String>,
    /// What the GOROOT's own go.env says.
    go_env: Option<GoEnv>,
    usable: bool,
    /// Why what is adopted is not usable.
    reason: Option<&'static str>,
    detail: Option<String>,
    active: bool,
    #[serde(flatten)]
    support: Support,
}

/// A GOROOT's go.env: each setting that distros change, null where it has no line.
#[derive(Serialize)]
struct GoEnv {
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
    fn new(policy: Policy) -> Self {
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

#[derive(Serialize)]
struct RemoteDocument {
    schema: u32,
    releases: Vec<Release>,
    failures: Vec<Failure>,
}

/// One release that there is.
#[derive(Serialize)]
struct Release {
    name: &'static str,
    installed: bool,
    /// Who has it: `goproxy`, or an address.
    sources: Vec<String>,
}

/// One source that did not answer.
#[derive(Serialize)]
struct Failure {
    source: String,
    message: String,
}

/// Lists.
pub(crate) fn run(context: &Context, arguments: &Arguments) -> Result<ExitCode, CommandError> {
    let installation = Installation::new(context)?;
    let wanted = arguments.version.as_deref().map(request::request).transpose()?;
    if arguments.remote {
        remote(&installation, wanted, arguments.json)?;
    } else {
        local(context, &installation, wanted, arguments)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn is_wanted(wanted: Option<Request>, name: Option<ToolchainName>) -> bool {
    wanted.is_none_or(|request| name.is_some_and(|name| request.accepts(name)))
}

fn remote(
    installation: &Installation<'_>,
    wanted: Option<Request>,
    as_json: bool,
) -> Result<(), CommandError> {
    let here = installation.home.installed()?;
    let listing = installation.listing()?;
    let releases: Vec<_> = listing
        .releases
        .into_iter()
        .filter(|(name, _)| is_wanted(wanted, Some(*name)))
        .map(|(name, sources)| {
            let installed = here.contains(&name);
            Release { name: name.as_str(), installed, sources }
        })
        .collect();
    let failures: Vec<_> = listing
        .failures
        .into_iter()
        .map(|(source, error)| Failure { source, message: CommandError::from(error).line() })
        .collect();
    for failure in &failures {
        output::warn(&format!("{} does not answer: {}", failure.source, failure.message));
    }
    if as_json {
        return output::json(&RemoteDocument { schema: 1, releases, failures });
    }
    let rows: Vec<_> = releases
        .iter()
        .map(|it| [it.name, if it.installed { "installed" } else { "" }].map(str::to_owned))
        .collect();
    output::data(output::columns(&rows).as_bytes())
}

fn local(
    context: &Context,
    installation: &Installation<'_>,
    wanted: Option<Request>,
    arguments: &Arguments,
) -> Result<(), CommandError> {
    let active = context.resolve().ok().map(|(_, resolution)| resolution.toolchain);
    let mut toolchains = rows(context, installation, active)?;
    let name = |row: &Row| row.name.as_deref().and_then(ToolchainName::parse);
    let known = installation.known_releases().with(toolchains.iter().filter_map(name));
    toolchains.retain(|row| is_wanted(wanted, name(row)));
    let names: Vec<_> = toolchains.iter().map(name).collect();
    for (row, support) in toolchains.iter_mut().zip(support::of(&known, &names, arguments.online)) {
        row.support = support;
    }
    if arguments.json {
        return output::json(&LocalDocument { schema: 1, toolchains });
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
    let manager = row.manager.map(|manager| format!(" ({manager})")).unwrap_or_default();
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

/// What gowr installed and adopted, the distro's own, and what runs here if that is none of them; oldest first.
fn rows(
    context: &Context,
    installation: &Installation<'_>,
    active: Option<&Toolchain>,
) -> Result<Vec<Row>, CommandError> {
    let machine = context.machine;
    let real = |root: Bytes| real_path(machine, root).unwrap_or(root);
    let active_root = active.and_then(|toolchain| toolchain.root).map(real);
    let row = |root: Bytes, origin: &'static str| {
        let real_root = real(root);
        Row {
            name: None,
            version_text: None,
            origin,
            manager: None,
            goroot: entry("goroot", Some(root)),
            root,
            real_root,
            size: None,
            links: Vec::new(),
            go_env: policy::read(machine, root).map(GoEnv::new),
            usable: true,
            reason: None,
            detail: None,
            active: active_root == Some(real_root),
            support: Support::default(),
        }
    };
    let mut rows = Vec::new();
    let managers = OnceCell::new();
    // Somebody else's may have changed since it was adopted.
    let adopted = |row: Row, reason: Option<Reason>| Row {
        manager: managers
            .get_or_init(|| Managers::find(machine, &|name| env::var_os(name)))
            .of(row.real_root),
        usable: row.usable && reason.is_none(),
        reason: reason.map(|reason| reason.code()),
        detail: reason.map(|reason| reason.detail()),
        ..row
    };
    for toolchain in list::list(&installation.home, &installation.key)? {
        let origin = match toolchain.origin {
            list::Origin::Store => Origin::Store,
            list::Origin::Adopted => Origin::Adopted,
        };
        let reason = (origin == Origin::Adopted)
            .then(|| adopt::defect(machine, &toolchain.goroot, Some(&toolchain.name)));
        let row = Row {
            name: Some(toolchain.name),
            version_text: toolchain.version_text,
            size: toolchain.size,
            links: toolchain.links,
            usable: toolchain.usable,
            ..row(to_bytes(Path::new(&toolchain.goroot)), origin.as_str())
        };
        rows.push(match reason {
            Some(reason) => adopted(row, reason),
            None => row,
        });
    }
    for (name, goroot) in link::read(&installation.home, &installation.key)?.named {
        if rows.iter().any(|row| row.links.contains(&name)) {
            continue;
        }
        let reason = adopt::defect(machine, &goroot, None);
        let version_text = toolchain::first_line_of_version(machine, to_bytes(&goroot));
        let version = version_text.and_then(toolchain::version_of);
        let row = Row {
            name: version.map(|name| name.to_string()),
            version_text: version_text.map(str::to_owned),
            links: vec![name],
            ..row(to_bytes(&goroot), Origin::Adopted.as_str())
        };
        rows.push(adopted(row, reason));
    }
    let mut add = |toolchain: &Toolchain| {
        let root = toolchain.root.unwrap_or(toolchain.executable);
        let real_root = real(root);
        if rows.iter().all(|known: &Row| known.real_root != real_root) {
            rows.push(Row {
                name: toolchain.version.map(|name| name.to_string()),
                version_text: toolchain.version_text.map(str::to_owned),
                ..row(root, toolchain.origin.as_str())
            });
        }
    };
    distro_go::each_root(machine, &context.distro(), &mut |root| {
        if let Ok(toolchain) = toolchain::goroot(machine, root, Program::Go, Origin::Distro) {
            add(toolchain);
        }
        ControlFlow::Continue(())
    });
    if let Some(active) = active {
        add(active);
    }
    let version =
        |row: &Row| row.name.as_deref().unwrap_or("go").trim_start_matches("go").to_owned();
    rows.sort_by(|left, right| compare(&version(left), &version(right)));
    Ok(rows)
}
