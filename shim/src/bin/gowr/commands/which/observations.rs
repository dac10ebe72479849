//! What the machine looks like around a choice: none of it decides anything, and a person wants to know.

use resolver::distro::{self, Container};
use resolver::machine::{Follow, Kind, Machine};
use resolver::path::{self, Bytes};
use resolver::variables::Name;
use resolver::windows_path;

use crate::context::Context;

/// The kernel's version is a line.
const RELEASE_LIMIT: usize = 256;

/// A program named `go` on PATH.
pub(super) struct GoOnPath {
    /// Which entry of PATH, from 1.
    pub(super) position: usize,
    /// The program.
    pub(super) program: Bytes,
    /// Whether it is gowr's own.
    pub(super) is_ours: bool,
}

/// Every `go` on PATH, in order.
pub(super) fn go_on_path(context: &Context) -> Vec<GoOnPath> {
    let machine = context.machine;
    let identity = |path: &[u8]| Some(machine.metadata(None, path, Follow::Links).ok()?.identity);
    let installed = context.places.in_home(b"bin/go");
    let beside = path::join(context.directory, b"go");
    let ours: Vec<_> =
        [Some(beside), installed].into_iter().flatten().filter_map(identity).collect();
    let entries = context.variables.get(Name::Path).unwrap_or_default().split(|byte| *byte == b':');
    let found = entries.zip(1..).filter_map(|(entry, position)| {
        let program = path::join(if entry.is_empty() { b"." } else { entry }, b"go");
        let found = machine.metadata(None, program, Follow::Links).ok()?;
        let is_program = found.kind == Kind::File && machine.may_execute(program).is_ok();
        let is_ours = ours.contains(&found.identity);
        is_program.then_some(GoOnPath { position, program, is_ours })
    });
    found.collect()
}

/// WSL's version and this distro's name there.
pub(super) fn wsl(context: &Context) -> Option<(u8, Option<Bytes>)> {
    if !windows_path::is_wsl(context.machine) {
        return None;
    }
    let file =
        context.machine.read_file(None, b"/proc/sys/kernel/osrelease", RELEASE_LIMIT).ok()?;
    // `4.4.0-19041-Microsoft` is the first WSL, whose kernel is Windows; `…-microsoft-standard…` has one of Linux.
    let is_first = file.content.starts_with(b"4.4.0-")
        && file.content.windows(9).any(|window| window == b"Microsoft");
    Some((if is_first { 1 } else { 2 }, context.variables.get(Name::WslDistroName)))
}

/// The container that this userland is.
pub(super) fn container(context: &Context) -> Option<Container> {
    distro::container(context.machine, context.variables)
        .or_else(|| distro::docker(context.machine))
}
