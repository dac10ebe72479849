//! What PATH leads to.

use std::ops::ControlFlow;

use resolver::distro_go;
use resolver::elf;
use resolver::machine::{Follow, Kind, Machine};
use resolver::path::{self, Bytes};
use resolver::real_path::real_path;
use resolver::toolchain;
use resolver::variables::Name;
use resolver::version::ToolchainName;

use super::{Code, Examination, Finding, View, problem, shown, to_path};
use crate::problem::Evidence;

/// The go command has 13 MiB; what stands for it in a module of golang.org/dl has 8.
const PROGRAM_LIMIT: usize = 64 * 1024 * 1024;
const ELF_HEAD: usize = 4096;
/// More programs than this of one name are no way to work.
const MAXIMUM_NAMES: usize = 100;

/// A program named `go` on PATH.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GoOnPath {
    /// Which entry of PATH, from 1.
    pub position: usize,
    /// The program.
    pub program: Bytes,
    /// Whether it is gowr's own.
    pub is_ours: bool,
}

/// Every `go` on PATH, in order.
pub fn go_on_path<M: Machine>(view: &View<'_, M>) -> Vec<GoOnPath> {
    let machine = view.machine;
    let identity = |path: &[u8]| Some(machine.metadata(None, path, Follow::Links).ok()?.identity);
    let installed = view.places.in_home(b"bin/go");
    let beside = path::join(view.program_directory, b"go");
    let ours: Vec<_> =
        [Some(beside), installed].into_iter().flatten().filter_map(identity).collect();
    let found = entries(view).zip(1..).filter_map(|(entry, position)| {
        let program = path::join(entry, b"go");
        let found = machine.metadata(None, program, Follow::Links).ok()?;
        let is_program = found.kind == Kind::File && machine.may_execute(program).is_ok();
        let is_ours = ours.contains(&found.identity);
        is_program.then_some(GoOnPath { position, program, is_ours })
    });
    found.collect()
}

/// The directories of PATH; an empty one is the current directory.
pub(super) fn entries<'a, M: Machine>(
    view: &View<'a, M>,
) -> impl Iterator<Item = Bytes> + use<'a, M> {
    let value = view.variables.get(Name::Path).unwrap_or_default();
    value.split(|byte| *byte == b':').map(|entry| if entry.is_empty() { &b"."[..] } else { entry })
}

pub(super) fn check<M: Machine>(examination: &Examination<'_, M>) -> Vec<Finding> {
    let mut findings = Vec::new();
    findings.extend(go_outside_goroot(examination));
    findings.extend(switch_names(examination));
    findings
}

/// Such a `go` says `cannot find GOROOT directory: 'go' binary is trimmed and GOROOT is not set`.
fn go_outside_goroot<M: Machine>(examination: &Examination<'_, M>) -> Vec<Finding> {
    let view = examination.view();
    let mut findings = Vec::new();
    for found in go_on_path(view).iter().filter(|found| !found.is_ours) {
        let Some(real) = real_program(examination, found.program) else { continue };
        if path::file_name(real) != b"go" || goroot_of(examination, real).is_some() {
            continue;
        }
        // Shims of other managers are scripts or programs of theirs, and a snap has a launcher.
        let head = view.machine.read_file(None, real, ELF_HEAD);
        let is_program = head.is_ok_and(|head| elf::parse(head.content).is_ok());
        if !is_program || is_of_a_goroot(examination, real) || !is_trimmed_go(view, real) {
            continue;
        }
        let message = format!("{} was copied out of its GOROOT, and does not find it", shown(real));
        let evidence =
            Evidence::file(to_path(found.program), format!("entry {} of PATH", found.position));
        let fix = format!("rm {}", path::shell_quoted(found.program));
        findings.push(problem(Code::GoOutsideGoroot, message).seen(evidence).fixed_by(fix).into());
    }
    findings
}

/// Void keeps the program of its GOROOT in `/usr/bin`, and it knows where its root is.
fn is_of_a_goroot<M: Machine>(examination: &Examination<'_, M>, program: Bytes) -> bool {
    let view = examination.view();
    let mut is_found = false;
    if let Some(survey) = view.survey {
        distro_go::each_root(view.machine, survey.distro, &mut |root| {
            let go = real_path(view.machine, path::join(root, b"bin/go"));
            is_found = go.is_ok_and(|go| go == program);
            if is_found { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
    }
    is_found
}

/// Whether it is Go's own and does not know its root, by what the linker wrote into it.
fn is_trimmed_go<M: Machine>(view: &View<'_, M>, program: Bytes) -> bool {
    holds(view, program, b"path\tcmd/go\n") && holds(view, program, b"build\t-trimpath=true\n")
}

fn holds<M: Machine>(view: &View<'_, M>, program: Bytes, text: &[u8]) -> bool {
    let Ok(file) = view.machine.read_file(None, program, PROGRAM_LIMIT) else { return false };
    let mut rest = file.content;
    while let Some(at) = rest.iter().position(|byte| *byte == text[0]) {
        if rest[at..].starts_with(text) {
            return true;
        }
        rest = &rest[at + 1..];
    }
    false
}

/// What Go's own switching finds on PATH must be what it says: `toolchain X invoked to provide Y` is all that Go tells.
fn switch_names<M: Machine>(examination: &Examination<'_, M>) -> Vec<Finding> {
    let view = examination.view();
    let drives = &examination.mounts.drives;
    let mut findings = Vec::new();
    // A directory of a Windows drive takes seconds to list.
    let directories = entries(view).filter(|entry| !drives.contains(path::clean(entry)));
    for directory in directories {
        let names = view.machine.list(directory).unwrap_or_default();
        let toolchains = names.into_iter().filter(|name| name.starts_with(b"go1."));
        for name in toolchains.take(MAXIMUM_NAMES) {
            let Some(wanted) = std::str::from_utf8(name).ok().and_then(ToolchainName::parse) else {
                continue;
            };
            findings.extend(switch_name(examination, path::join(directory, name), wanted));
        }
    }
    findings
}

fn switch_name<M: Machine>(
    examination: &Examination<'_, M>,
    program: Bytes,
    wanted: ToolchainName,
) -> Option<Finding> {
    let view = examination.view();
    let real = real_program(examination, program)?;
    let fix = format!("rm {}", path::shell_quoted(program));
    if let Some(root) = goroot_of(examination, real) {
        let line = toolchain::first_line_of_version(view.machine, root)?;
        let found = toolchain::version_of(line).filter(|found| *found != wanted)?;
        let message = format!("{} is {found}: Go will not switch to it", shown(program));
        let evidence = Evidence::line(to_path(path::join(root, b"VERSION")), 1, line);
        let found = problem(Code::SwitchNameDiffers, message).seen(evidence).fixed_by(fix);
        return Some(found.into());
    }
    // golang.org/dl: a program that runs what it has downloaded.
    let home = view.variables.absolute_path(Name::Home)?;
    let sdk = path::concat(&[home, path::slash_after(home), b"sdk/", wanted.as_str().as_bytes()]);
    let marker = path::join(sdk, b".unpacked-success");
    if examination.metadata(marker).is_some() || !holds(view, real, b"golang.org/dl/") {
        return None;
    }
    let message = format!("{} has not downloaded its SDK, and cannot run", shown(program));
    let evidence = Evidence::file(to_path(marker), "not there");
    let fix = format!("{} download", path::shell_quoted(program));
    Some(problem(Code::DlWithoutSdk, message).seen(evidence).fixed_by(fix).into())
}

fn real_program<M: Machine>(examination: &Examination<'_, M>, program: Bytes) -> Option<Bytes> {
    let machine = examination.view().machine;
    let here = if path::is_absolute(program) { b"/" } else { machine.current_directory().ok()? };
    let real = real_path(machine, path::absolute(here, program)).ok()?;
    examination.metadata(real).filter(|found| found.kind == Kind::File).map(|_| real)
}

/// The GOROOT that a `go` finds by itself (`findGOROOT` in cmd/go/internal/cfg).
fn goroot_of<M: Machine>(examination: &Examination<'_, M>, real: Bytes) -> Option<Bytes> {
    let root = path::parent(path::parent(real)?)?;
    examination.is_directory(path::join(root, b"pkg/tool")).then_some(root)
}
