//! What `go install` made: the programs in GOBIN, or in the `bin` of each directory of GOPATH.

mod build_info;

use std::path::Path;

use resolver::elf;
use resolver::machine::{Kind, Machine};
use resolver::path::{self, Bytes};
use resolver::toolchain::{self, Defect};

use super::{Code, Examination, Finding, problem, shown, to_path};
use crate::problem::Evidence;

/// More programs than this are in a directory that is not GOBIN alone.
const MAXIMUM_PROGRAMS: usize = 1000;
const ELF_HEAD: usize = 4096;

pub(super) fn check<M: Machine>(examination: &Examination<'_, M>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let named = examination.setting("GOBIN");
    let directories = match &named {
        Some(setting) => vec![setting.value],
        None => examination.go_paths().iter().map(|it| path::join(it, b"bin")).collect(),
    };
    for directory in directories {
        findings.extend(cannot_start(examination, directory));
    }
    // `go fmt` looks there first, and only where GOBIN is set (cmd/go/internal/fmtcmd.gofmtPath).
    if let Some(setting) = named {
        let gofmt = path::join(setting.value, b"gofmt");
        if examination.metadata(gofmt).is_some_and(|found| found.kind == Kind::File) {
            let message =
                format!("{} comes before the gofmt of every toolchain in `go fmt`", shown(gofmt));
            let found = problem(Code::GofmtShadowed, message)
                .seen(setting.evidence())
                .seen(Evidence::file(to_path(gofmt), "a gofmt"));
            findings.push(found.fixed_by(format!("rm {}", path::shell_quoted(gofmt))).into());
        }
    }
    findings
}

/// What was built in another userland that shares this home.
fn cannot_start<M: Machine>(examination: &Examination<'_, M>, directory: Bytes) -> Vec<Finding> {
    let machine = examination.view().machine;
    let mut names = machine.list(directory).unwrap_or_default();
    names.sort_unstable();
    let look = |name: Bytes| {
        let program = path::join(directory, name);
        examination.metadata(program).filter(|found| found.kind == Kind::File)?;
        let unusable = toolchain::runnable(machine, program).err()?;
        // A script or a text is none of Go's programs.
        let head = machine.read_file(None, program, ELF_HEAD).ok()?;
        let is_program = !matches!(elf::parse(head.content), Err(elf::Error::NotElf));
        if !is_program || unusable.defect == Defect::NoPermission {
            return None;
        }
        let found = problem(Code::ToolCannotStart, unusable.detail())
            .seen(Evidence::file(to_path(program), unusable.code().as_str()));
        Some(found.fixed_by(fix(&to_path(program))).into())
    };
    names.into_iter().take(MAXIMUM_PROGRAMS).filter_map(look).collect()
}

/// Builds it again here; a program without cgo would run in every userland.
fn fix(program: &Path) -> String {
    match build_info::read(program) {
        Some(info) => format!("CGO_ENABLED=0 go install {}", info.argument()),
        None => format!("ldd {}", path::shell_quoted(program.as_os_str().as_encoded_bytes())),
    }
}
