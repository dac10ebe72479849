//! `gowr which --json`: the document, key by key in its order. docs/which.schema.json describes it.

use std::env;

use installer::adopt::Managers;
use resolver::cache::{Cache, CacheSource};
use resolver::distro;
use resolver::environment::Change;
use resolver::failure::Code as ErrorCode;
use resolver::machine::Machine;
use resolver::path::Bytes;
use resolver::project::Need;
use resolver::real_path::real_path;
use resolver::source::Source;
use resolver::toolchain::{Origin, Toolchain};
use resolver::version::ToolchainName;
use resolver::witness::Loser;
use resolver::{Failure, Resolution};
use serde::Serialize;
use shim::machine::LinuxMachine;

use super::warning::Warning;
use super::{Report, observations};
use crate::json::{Entry, entry};

/// What one version of the document means.
const SCHEMA: u32 = 1;

#[derive(Serialize)]
pub(super) struct Document<'a> {
    schema: u32,
    program: &'static str,
    #[serde(flatten)]
    goroot: Entry,
    #[serde(flatten)]
    go: Entry,
    version: Option<String>,
    version_text: Option<&'static str>,
    origin: Option<OriginPart>,
    source: Option<SourcePart>,
    floor: Option<FloorPart>,
    will_switch: Option<String>,
    losers: Vec<LoserPart<'a>>,
    gocache: CachePart,
    environment: Vec<ChangePart>,
    distro: DistroPart,
    warnings: &'a [Warning],
    error: Option<ErrorPart>,
}

#[derive(Serialize)]
struct OriginPart {
    kind: &'static str,
    /// Who put a toolchain there that is neither gowr's nor taken from the distro's own places.
    manager: Option<&'static str>,
}

#[derive(Serialize)]
struct SourcePart {
    kind: &'static str,
    #[serde(flatten)]
    file: Entry,
    line: Option<u32>,
    #[serde(flatten)]
    text: Entry,
    #[serde(flatten)]
    request: Entry,
}

#[derive(Serialize)]
struct FloorPart {
    #[serde(flatten)]
    file: Entry,
    line: u32,
    #[serde(flatten)]
    text: Entry,
    version: &'static str,
    satisfied: bool,
}

#[derive(Serialize)]
struct LoserPart<'a> {
    kind: &'static str,
    #[serde(flatten)]
    file: Entry,
    line: Option<u32>,
    #[serde(flatten)]
    text: Entry,
    reason: &'static str,
    detail: &'a str,
}

#[derive(Serialize)]
struct CachePart {
    #[serde(flatten)]
    path: Entry,
    source: CacheSourcePart,
}

#[derive(Serialize)]
struct CacheSourcePart {
    kind: &'static str,
    #[serde(flatten)]
    file: Entry,
    line: Option<u32>,
}

#[derive(Serialize)]
struct ChangePart {
    name: &'static str,
    action: &'static str,
    #[serde(flatten)]
    value: Entry,
    #[serde(flatten)]
    was: Entry,
    reason: &'static str,
}

#[derive(Serialize)]
struct DistroPart {
    key: &'static str,
    id: &'static str,
    version_id: Option<&'static str>,
    id_like: Vec<&'static str>,
    libc: Option<&'static str>,
    arch: &'static str,
    wsl: Option<WslPart>,
    container: Option<ContainerPart>,
}

#[derive(Serialize)]
struct WslPart {
    version: u8,
    /// None where it is not known, or not whole, and none in a container: WSL knows the distro around it.
    name: Option<&'static str>,
}

#[derive(Serialize)]
struct ContainerPart {
    kind: &'static str,
    name: Option<&'static str>,
}

#[derive(Serialize)]
struct ErrorPart {
    code: &'static str,
    message: String,
    cause: Option<String>,
    fix: Option<String>,
    exit: u8,
}

impl<'a> Document<'a> {
    pub(super) fn new(report: &'a Report<'_>) -> Self {
        let resolution = report.result.as_ref().ok();
        let failure = report.result.as_ref().err().map(|failure| &**failure);
        let machine = report.context.machine;
        let toolchain = resolution.map(|resolution| resolution.toolchain);
        let goroot = toolchain.and_then(|toolchain| toolchain.root);
        let goroot = goroot.map(|root| real_path(machine, root).unwrap_or(root));
        let source = match (resolution, failure) {
            (Some(resolution), _) => Some(resolution.source),
            (None, failure) => failure.and_then(|failure| failure.source),
        };
        Self {
            schema: SCHEMA,
            program: report.program.as_str(),
            goroot: entry("goroot", goroot),
            go: entry("go", toolchain.map(|toolchain| toolchain.executable)),
            version: toolchain.and_then(version),
            version_text: toolchain.and_then(|toolchain| toolchain.version_text),
            origin: toolchain.map(|it| OriginPart {
                kind: it.origin.as_str(),
                manager: manager(machine, it.origin, goroot),
            }),
            source: source.map(source_part),
            floor: floor(report, resolution, failure),
            will_switch: resolution
                .zip(report.survey.as_ref())
                .and_then(|(it, survey)| it.will_switch(survey)),
            losers: report.losers.iter().map(loser_part).collect(),
            gocache: cache_part(resolution.map(|resolution| &resolution.cache)),
            environment: resolution
                .map_or(&[][..], |it| &it.changes)
                .iter()
                .map(change_part)
                .collect(),
            distro: distro_part(report),
            warnings: &report.warnings,
            error: failure.map(error_part),
        }
    }
}

fn manager(machine: &LinuxMachine, origin: Origin, goroot: Option<Bytes>) -> Option<&'static str> {
    match origin {
        Origin::Store | Origin::Distro => None,
        Origin::Adopted | Origin::Path | Origin::Explicit => {
            Managers::find(machine, &|name| env::var_os(name)).of(goroot?)
        }
    }
}

/// The first word of VERSION; the toolchain's name in the store where that file was not read.
fn version(toolchain: &Toolchain) -> Option<String> {
    let text = toolchain.version_text.or_else(|| toolchain.version.map(ToolchainName::as_str))?;
    text.split_whitespace().next().map(str::to_owned)
}

fn source_part(source: &Source) -> SourcePart {
    SourcePart {
        kind: source.kind.as_str(),
        file: entry("file", source.file),
        line: source.line,
        text: entry("text", source.text),
        request: entry("request", source.request),
    }
}

fn floor(
    report: &Report<'_>,
    resolution: Option<&Resolution>,
    failure: Option<&Failure>,
) -> Option<FloorPart> {
    let part = |need: Need, satisfied| FloorPart {
        file: entry("file", Some(need.file)),
        line: need.line,
        text: entry("text", Some(need.text.as_bytes())),
        version: need.version.as_str(),
        satisfied,
    };
    if let Some(resolution) = resolution {
        return resolution.need.map(|need| part(need, resolution.is_floor_satisfied()));
    }
    let survey =
        report.survey.as_ref().filter(|_| failure.is_some_and(|it| it.code == ErrorCode::Floor))?;
    let need = survey.project.need(survey.machine, survey.variables, |name| {
        survey.settings.go_variable(survey.variables, name)
    });
    need.map(|need| part(need, false))
}

fn loser_part(loser: &Loser) -> LoserPart<'_> {
    LoserPart {
        kind: loser.source.kind.as_str(),
        file: entry("file", loser.source.file),
        line: loser.source.line,
        text: entry("text", loser.source.text),
        reason: loser.reason.as_str(),
        detail: &loser.detail,
    }
}

fn cache_part(cache: Option<&Cache>) -> CachePart {
    CachePart {
        path: entry("path", cache.and_then(|cache| cache.path)),
        source: CacheSourcePart {
            kind: cache.map_or(CacheSource::None, |cache| cache.source).as_str(),
            file: entry("file", cache.and_then(|cache| cache.file)),
            line: cache.and_then(|cache| cache.line),
        },
    }
}

fn change_part(change: &Change) -> ChangePart {
    ChangePart {
        name: change.name.as_str(),
        action: if change.value.is_some() { "set" } else { "unset" },
        value: entry("value", change.value),
        was: entry("was", change.was),
        reason: change.reason.as_str(),
    }
}

fn distro_part(report: &Report<'_>) -> DistroPart {
    let context = report.context;
    let distro = context.distro();
    let container = observations::container(context);
    DistroPart {
        key: distro.key,
        id: distro.release.id,
        version_id: distro.release.version_id,
        id_like: distro.release.id_like().collect(),
        libc: distro::libc(context.machine).map(distro::Libc::as_str),
        arch: Machine::architecture(context.machine).go_name(),
        wsl: observations::wsl(context)
            .map(|wsl| WslPart { version: wsl.version, name: wsl.exact_name() }),
        container: container.map(|it| ContainerPart { kind: it.kind.as_str(), name: it.name }),
    }
}

fn error_part(failure: &Failure) -> ErrorPart {
    ErrorPart {
        code: failure.code.as_str(),
        message: failure.message(),
        cause: failure.cause(),
        fix: failure.fix(),
        exit: failure.exit_status(),
    }
}

#[cfg(test)]
mod tests;
