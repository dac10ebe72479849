//! The rows that ask for nothing in particular: the distro's own Go, and the next `go` on PATH.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::ControlFlow;

use crate::distro_go;
use crate::machine::{Follow, Kind, Machine};
use crate::path::{self, Bytes};
use crate::real_path::real_path;
use crate::select::Answer;
use crate::source::{Row, Source, SourceKind};
use crate::survey::Survey;
use crate::toolchain::{self, Origin, Toolchain, Unusable};
use crate::variables::Name;
use crate::witness::{Loser, LoserReason, Witness};

/// The distro's own Go. A candidate that cannot run here is passed over.
pub(crate) fn distro<M: Machine, W: Witness>(
    survey: &Survey<'_, M>,
    witness: &mut W,
) -> Option<Answer> {
    let mut found = None;
    let mut seen = Vec::new();
    distro_go::each_root(survey.machine, survey.distro, &mut |root| {
        if survey.machine.metadata(None, root, Follow::Links).is_err() {
            return ControlFlow::Continue(());
        }
        // One directory has several names (`/usr/lib/go -> go-1.24`), and is passed over once.
        if W::IS_THOROUGH {
            let real = real_path(survey.machine, root).unwrap_or(root);
            if seen.contains(&real) {
                return ControlFlow::Continue(());
            }
            seen.push(real);
        }
        let source = path::keep_value(Source::row(Row::Distro, SourceKind::Distro));
        match toolchain::goroot(survey.machine, root, survey.invocation.program, Origin::Distro) {
            Ok(toolchain) if !survey.is_this_program(toolchain.executable) => {
                found = Some(Answer { toolchain, source });
                return ControlFlow::Break(());
            }
            Ok(_) => {}
            Err(unusable) => passed_over(witness, source, unusable),
        }
        ControlFlow::Continue(())
    });
    found
}

/// Tells why a default is not taken.
pub(crate) fn passed_over<W: Witness>(witness: &mut W, source: &Source, unusable: &Unusable) {
    witness.lost(|| Loser {
        source: Source { file: Some(unusable.path), ..*source },
        reason: LoserReason::Failed(unusable.code()),
        detail: unusable.detail(),
    });
}

/// The next real `go` on PATH: not ourselves, not another manager's script or link, not a Windows program.
pub(crate) fn next_on_path<M: Machine, W: Witness>(
    survey: &Survey<'_, M>,
    witness: &mut W,
) -> Option<Answer> {
    let path_variable = survey.variables.get(Name::Path)?;
    let source = || path::keep_value(Source::row(Row::Path, SourceKind::Path));
    for directory in path_variable.split(|byte| *byte == b':').filter(|dir| path::is_absolute(dir))
    {
        let program = path::join(directory, b"go");
        let Ok(found) = survey.machine.metadata(None, program, Follow::Links) else { continue };
        if found.kind != Kind::File || survey.is_this_program(program) {
            continue;
        }
        if let Some(toolchain) = snap(survey, program) {
            return Some(Answer { toolchain, source: source() });
        }
        let Some(root) = root_of(survey.machine, program) else {
            witness.lost(|| Loser {
                source: Source { file: Some(program), ..*source() },
                reason: LoserReason::Failed(crate::failure::Code::NotAGoroot),
                detail: format!("{} belongs to no GOROOT", String::from_utf8_lossy(program)),
            });
            continue;
        };
        let program = survey.invocation.program;
        match toolchain::goroot(survey.machine, root, program, Origin::Path) {
            Ok(toolchain) => return Some(Answer { toolchain, source: source() }),
            Err(unusable) => passed_over(witness, source(), unusable),
        }
    }
    None
}

/// The GOROOT that a program named `go` stands in, its links resolved.
fn root_of<M: Machine>(machine: &M, program: &[u8]) -> Option<Bytes> {
    let real = real_path(machine, program).ok()?;
    let root = path::parent(path::parent(real)?)?;
    let tools = machine.metadata(None, path::join(root, b"pkg/tool"), Follow::Links).ok()?;
    (tools.kind == Kind::Directory).then_some(root)
}

/// A snap's `go` leads to its launcher and hides its GOROOT: it is run as it is (<https://go.dev/issue/68107>).
fn snap<M: Machine>(survey: &Survey<'_, M>, program: &[u8]) -> Option<&'static Toolchain> {
    let directory = path::parent(program)?;
    if directory != b"/snap/bin" && directory != b"/var/lib/snapd/snap/bin" {
        return None;
    }
    Some(path::keep_value(Toolchain {
        root: None,
        executable: path::join(directory, survey.invocation.program.as_str().as_bytes()),
        version: None,
        version_text: None,
        origin: Origin::Path,
        is_split: false,
    }))
}
