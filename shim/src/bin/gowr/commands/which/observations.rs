//! What the machine looks like around a choice: none of it decides anything, and a person wants to know.

use resolver::distro::{self, Container};
use resolver::machine::Machine;
use resolver::path::Bytes;
use resolver::variables::Name;
use resolver::windows_path;

use crate::context::Context;

/// The kernel's version is a line.
const RELEASE_LIMIT: usize = 256;

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
