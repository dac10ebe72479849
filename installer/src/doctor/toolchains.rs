//! The toolchains that are here, and the chosen one.

use std::ops::ControlFlow;

use resolver::distro_go;
use resolver::failure::Code as ErrorCode;
use resolver::invocation::Program;
use resolver::machine::Machine;
use resolver::path::{self, Bytes};
use resolver::resolution::Resolution;
use resolver::toolchain::{self, Defect, Origin};

use super::project::own_setting;
use super::{Code, Examination, Finding, Trial, note, printable, problem, shown, to_path};
use crate::link;
use crate::problem::{Evidence, Problem};
use crate::services;

pub(super) fn check<M: Machine>(examination: &Examination<'_, M>) -> Vec<Finding> {
    let mut findings = unusable(examination);
    findings.extend(without_go_env(examination).map(Finding::from));
    findings.extend(policy(examination).map(Finding::from));
    findings.extend(trial(examination).map(Finding::from));
    findings.extend(out_of_support(examination).map(Finding::from));
    findings
}

/// What this userland has links to and cannot run: passed over, which is right for a glibc Go in a musl userland.
fn unusable<M: Machine>(examination: &Examination<'_, M>) -> Vec<Finding> {
    let mut findings = unusable_of_the_distro(examination);
    let Some((home, key)) = examination.patient.home else { return findings };
    let links = link::read(home, key).unwrap_or_default();
    let look = |entry: &link::Entry| {
        use std::os::unix::ffi::OsStrExt;
        let root = path::keep(entry.goroot.as_os_str().as_bytes().to_vec());
        // What is gone is told by the store's own rules.
        examination.is_directory(root).then_some(())?;
        let machine = examination.view().machine;
        let defect = toolchain::goroot(machine, root, Program::Go, Origin::Adopted).err()?;
        let message =
            format!("{} cannot run here, and is passed over: {}", entry.name, defect.detail());
        let found = note(Code::ToolchainUnusable, message)
            .seen(Evidence::file(to_path(defect.path), defect.code().as_str()));
        Some(found.fixed_by(fix(entry, defect.code())).into())
    };
    findings.extend(links.toolchains.iter().filter_map(look));
    findings
}

/// The distro's own Go, where it is there and does not run: a half-removed package, or a mount with `noexec`.
fn unusable_of_the_distro<M: Machine>(examination: &Examination<'_, M>) -> Vec<Finding> {
    let Some(survey) = examination.view().survey else { return Vec::new() };
    let machine = examination.view().machine;
    let mut findings: Vec<Finding> = Vec::new();
    distro_go::each_root(machine, survey.distro, &mut |root| {
        let found = toolchain::goroot(machine, root, Program::Go, Origin::Distro);
        if let Err(defect) = found
            && !matches!(defect.defect, Defect::NoTools | Defect::HoldsGowr)
        {
            let message = format!("the Go in {} cannot run here: {}", shown(root), defect.detail());
            let found = note(Code::ToolchainUnusable, message)
                .seen(Evidence::file(to_path(defect.path), defect.code().as_str()))
                .fixed_by("gowr which --explain");
            if findings.iter().all(|known| known.problem.evidence != found.evidence) {
                findings.push(found.into());
            }
        }
        ControlFlow::Continue(())
    });
    findings
}

fn fix(entry: &link::Entry, code: ErrorCode) -> String {
    let version = entry.name.as_str().strip_prefix("go").unwrap_or(entry.name.as_str());
    match (entry.origin, code) {
        (link::Origin::Adopted, _) => format!("gowr adopt --remove {version}"),
        (link::Origin::Share, _) => String::from("gowr share list"),
        (link::Origin::Store, ErrorCode::WrongLibc | ErrorCode::NoExec) => {
            String::from("gowr which --explain")
        }
        (link::Origin::Store, _) => format!("gowr uninstall {version} && gowr install {version}"),
    }
}

/// Since 1.21 the defaults of GOPROXY and GOSUMDB are in that file: `GOPROXY list is not the empty string, but contains
/// no entries` (<https://go.dev/issue/61928>).
fn without_go_env<M: Machine>(examination: &Examination<'_, M>) -> Option<Problem> {
    let toolchain = examination.view().choice.ok()?.toolchain;
    let root = toolchain.root?;
    let is_needed = toolchain.version.is_some() && !toolchain.cannot_switch();
    let file = path::join(root, b"go.env");
    if !is_needed
        || examination.metadata(file).is_some()
        || examination.setting("GOPROXY").is_some()
    {
        return None;
    }
    let message =
        format!("{} has lost its go.env, and with it the default of GOPROXY", shown(root));
    let found = problem(Code::ToolchainWithoutGoEnv, message)
        .seen(Evidence::file(to_path(file), "not there"));
    let fix = format!("go env -w GOPROXY={}", services::DEFAULT_GOPROXY);
    Some(found.fixed_by(path::keep_text(&fix)))
}

/// What a distro has made of Go's own defaults: `go env` shows it, and not who said so.
fn policy<M: Machine>(examination: &Examination<'_, M>) -> Option<Problem> {
    let defaults = [
        ("GOTOOLCHAIN", "auto"),
        ("GOPROXY", services::DEFAULT_GOPROXY),
        ("GOSUMDB", services::DEFAULT_GOSUMDB),
    ];
    let theirs = defaults.into_iter().filter_map(|(name, default)| {
        let setting = own_setting(examination, name).filter(|it| it.value != default.as_bytes())?;
        // Somebody has said otherwise.
        examination.setting(name).is_none().then_some(setting)
    });
    let theirs: Vec<_> = theirs.collect();
    let root = examination.view().choice.ok()?.toolchain.root?;
    let names: Vec<_> = theirs.iter().map(|it| format!("{}={}", it.name, it.text())).collect();
    let first = theirs.first()?;
    let message =
        format!("the Go in {} has defaults of its distro: {}", shown(root), names.join(", "));
    let mut found = note(Code::DistroPolicy, message);
    found.evidence.extend(theirs.iter().map(super::go_setting::GoSetting::evidence));
    let default =
        defaults.iter().find(|(name, _)| *name == first.name).map_or("", |(_, value)| value);
    Some(found.fixed_by(format!("go env -w {}={default}", first.name)))
}

/// A flag or an experiment that one version knows and another does not stops every command of that other, `go env GOROOT`
/// included. Which ones it knows only the program can tell.
fn trial<M: Machine>(examination: &Examination<'_, M>) -> Option<Problem> {
    let flags = examination.setting("GOFLAGS");
    let experiment = examination.setting("GOEXPERIMENT");
    if flags.is_none() && experiment.is_none() {
        return None;
    }
    let resolution: &Resolution = examination.view().choice.ok()?;
    let told = match (examination.patient.try_go)(resolution)? {
        Trial::Ran => return None,
        Trial::Hangs => String::from("it does not end"),
        Trial::Failed(words) => words,
    };
    let version = resolution.toolchain.version.map_or("the chosen Go", |name| name.as_str());
    let seen = |found: Problem| found.seen(program_evidence(resolution.executable(), &told));
    let (code, setting) = if told.contains("GOEXPERIMENT") {
        (Code::UnknownGoexperiment, experiment)
    } else if told.contains("GOFLAGS") {
        (Code::UnknownGoflags, flags)
    } else {
        let message = format!("{version} cannot even tell its version");
        let fix = "gowr exec -- go version";
        return Some(seen(problem(Code::GoFails, message)).fixed_by(fix));
    };
    let setting = setting?;
    let message = format!("{version} does not know {}={}", setting.name, setting.text());
    Some(seen(problem(code, message).seen(setting.evidence())).fixed_by(setting.fix()))
}

/// As far as that can be told from what is known here.
fn out_of_support<M: Machine>(examination: &Examination<'_, M>) -> Option<Problem> {
    let chosen = examination.view().choice.ok()?.toolchain.version?;
    let found = examination.patient.releases.out_of_support(chosen.version())?;
    Some(found.problem())
}

fn program_evidence(program: Bytes, words: &str) -> Evidence {
    Evidence::file(to_path(program), printable(words.lines().next().unwrap_or_default().as_bytes()))
}
