//! What is to be known of WSL here: none of it decides anything for the proxy, and a person wants to know.
//!
//! No name is relied on where the mount table can tell (`automount.root` in wsl.conf moves everything), and no name that
//! WSL gives a distro is more than a word to show: each comes from a place that others can write.

use alloc::vec::Vec;

use crate::distro::{self, Container};
use crate::machine::{Follow, Machine};
use crate::mounts::{self, Mount};
use crate::path::{self, Bytes};
use crate::variables::Variables;

pub mod interop;
pub mod name;
mod process;

pub use interop::Interop;
pub use name::{Name, NameSource};

const KERNEL_RELEASE: &[u8] = b"/proc/sys/kernel/osrelease";

/// The WSL that this process runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wsl {
    /// 1, whose kernel is Windows; or 2, which is Linux in a virtual machine.
    pub version: u8,
    /// What told: a file, or a mount.
    pub evidence: &'static str,
    /// Whether this is a container, which is not the distro that WSL knows by the name.
    pub is_container: bool,
    /// What WSL calls the distro; in a container, the one around it.
    pub name: Option<Name>,
}

impl Wsl {
    /// Looks whether this is WSL, and what there is to know about it.
    pub fn detect<M: Machine>(machine: &M, variables: &Variables) -> Option<Self> {
        let (version, evidence) = version(machine, mounts::table(machine))?;
        let is_container = container(machine, variables).is_some();
        let name = name::find(machine, variables);
        Some(Self { version, evidence, is_container, name })
    }

    /// What WSL calls this userland: none in a container, which has no such name, and none where it may be cut.
    pub fn exact_name(&self) -> Option<&'static str> {
        let name = self.name.filter(|name| !self.is_container && !name.is_cut)?;
        Some(name.text)
    }
}

/// The container that this userland is, Docker's included.
///
/// A distro of WSL that was made by `docker export` has Docker's mark, and is no container
/// (<https://learn.microsoft.com/windows/wsl/use-custom-distro>): WSL itself has started it.
pub fn container<M: Machine>(machine: &M, variables: &Variables) -> Option<Container> {
    distro::container(machine, variables)
        .or_else(|| distro::docker(machine).filter(|_| !has_started(machine)))
}

/// Where the tmpfs is mounted that all distros of WSL2 which run have in common: what one mounts below it, every one sees.
/// None where there is none, and none on WSL1.
pub fn shared_root<M: Machine>(machine: &M) -> Option<Bytes> {
    let content = mounts::table(machine);
    let table: Vec<_> = mounts::parse_with_sharing(content).collect();
    match version(machine, content)? {
        (2, _) => shared_tmpfs(&table),
        _ => None,
    }
}

/// It is called `wsl`, beside the drives (`src/linux/init/config.cpp` in WSL: `ConfigInitializeVmMode`); with no drive
/// mounted by WSL, the name and the peer group must do. `wslg` beside it is each distro's own.
fn shared_tmpfs(table: &[(Mount<'static>, bool)]) -> Option<Bytes> {
    let is_covered = |index: usize, point: &[u8]| {
        table.iter().skip(index + 1).any(|(later, _)| later.point == point)
    };
    let candidate = |(index, (mount, is_shared)): (usize, &(Mount<'static>, bool))| {
        let is_it = *is_shared
            && mount.file_system == b"tmpfs"
            && mount.root == b"/"
            && path::file_name(mount.point) == b"wsl"
            && !is_covered(index, mount.point);
        is_it.then_some(mount.point)
    };
    let candidates: Vec<Bytes> = table.iter().enumerate().filter_map(candidate).collect();
    let is_beside_a_drive = |point: &&Bytes| {
        let mut drives = table.iter().filter(|(mount, _)| mount.is_windows_drive());
        drives.any(|(drive, _)| path::parent(drive.point) == path::parent(point))
    };
    candidates.iter().find(is_beside_a_drive).or(candidates.first()).copied()
}

/// Which WSL this is, and what told so.
///
/// The kernel's release is what WSL itself goes by (`UtilIsUtilityVm`). A kernel that a user has built may have lost the
/// word; then WSL's traces in the distro tell.
fn version<M: Machine>(machine: &M, table: Bytes) -> Option<(u8, &'static str)> {
    const RELEASE_LIMIT: usize = 256;
    let file = machine.read_file(None, KERNEL_RELEASE, RELEASE_LIMIT);
    let release = file.map_or(&b""[..], |file| file.content);
    let has = |word: &[u8]| release.windows(word.len()).any(|window| window == word);
    if has(b"Microsoft") && release.starts_with(b"4.4.0-") {
        return Some((1, "/proc/sys/kernel/osrelease"));
    }
    if crate::windows_path::is_wsl(machine) {
        return Some((2, "/proc/sys/kernel/osrelease"));
    }
    let evidence = trace(machine, table)?;
    // Drives of this type, and a kernel as old as that, the first WSL alone has had.
    let is_first = release.starts_with(b"3.4.0")
        || mounts::parse(table).any(|mount| mount.file_system == b"drvfs");
    Some((if is_first { 1 } else { 2 }, evidence))
}

/// Whether WSL itself has started this userland: it is a distro, and no container in one. WSL1 has no containers.
fn has_started<M: Machine>(machine: &M) -> bool {
    let table = mounts::table(machine);
    match version(machine, table) {
        Some((1, _)) => true,
        Some(_) => mounts::parse(table).any(is_init) || has_sockets(machine),
        None => false,
    }
}

/// WSL mounts its own first program into each distro.
fn is_init(mount: Mount<'_>) -> bool {
    mount.point == b"/init" && mount.file_system == b"rootfs"
}

/// Where WSL's processes of one distro are asked for programs of Windows.
fn has_sockets<M: Machine>(machine: &M) -> bool {
    machine.metadata(None, b"/run/WSL", Follow::Links).is_ok()
}

/// What WSL leaves in each distro, whatever its kernel is called.
fn trace<M: Machine>(machine: &M, table: Bytes) -> Option<&'static str> {
    // A GUID, or another name, may be anyone's virtiofs.
    let is_drive = |mount: Mount<'_>| match mount.file_system {
        b"virtiofs" => mount.source.starts_with(b"drvfs"),
        _ => mount.is_windows_drive(),
    };
    if mounts::parse(table).any(is_init) {
        Some("/init, a mount of WSL's own")
    } else if mounts::parse(table).any(is_drive) {
        Some("a Windows drive that is mounted")
    } else if has_sockets(machine) {
        Some("/run/WSL")
    } else if interop::registration(machine).is_some() {
        Some("/proc/sys/fs/binfmt_misc/WSLInterop")
    } else {
        None
    }
}

#[cfg(test)]
mod tests;
