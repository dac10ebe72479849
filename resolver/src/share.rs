//! Toolchains of another distro, in a directory that WSL2's distros share.
//!
//! All WSL2 distros that run see one tmpfs, and what is mounted there. What is seen there may be gone at any instant: with
//! the distro it comes from, or unmounted by another. So nothing there is relied on: each look-up asks for its flaw, and
//! a flaw means that the toolchains of this home answer alone.

use alloc::format;
use alloc::string::String;

use crate::machine::{Errno, Follow, Kind, Machine};
use crate::mounts;
use crate::path::{self, Bytes};
use crate::toolchain::{self, Toolchain};

/// The link in gowr's home to the share that is used. The links of a userland lead through it: `../../shared/go1.22.12`.
pub const LINK: &str = "shared";
/// How the links of a userland lead there.
pub const PREFIX: &[u8] = b"../../shared/";
/// What is added to the name of a link that leads into a share, for the one that counts without the share.
pub const LOCAL: &[u8] = b".local";

const OPEN_TO_ALL: u32 = 0o002;

/// Why a share, or a toolchain in it, is not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// It is not there: not mounted, or not mounted any more.
    Missing(Bytes),
    /// The kernel says an error for it.
    Unreadable(Bytes, Errno),
    /// It is no directory.
    NoDirectory(Bytes),
    /// It belongs to neither root nor this user.
    Owner(Bytes, u32),
    /// Everyone may change it.
    Open(Bytes),
    /// It is mounted from a device that is gone: the distro it belongs to has stopped.
    DeviceGone(Bytes),
}

impl Flaw {
    /// It in words.
    pub fn detail(&self) -> String {
        let shown = String::from_utf8_lossy;
        match self {
            Self::Missing(path) => format!("{} is not there", shown(path)),
            Self::Unreadable(path, error) => {
                format!("{} cannot be read: {}", shown(path), error.text())
            }
            Self::NoDirectory(path) => format!("{} is no directory", shown(path)),
            Self::Owner(path, owner) => {
                format!("{} belongs to user {owner}, neither root nor you", shown(path))
            }
            Self::Open(path) => format!("{} can be changed by everyone", shown(path)),
            Self::DeviceGone(source) => {
                format!("its device {} is gone: the distro it is of has stopped", shown(source))
            }
        }
    }
}

/// Where the share is that this home uses; none where it uses none.
pub fn find<M: Machine>(machine: &M, home: &[u8]) -> Option<Bytes> {
    let share = machine.read_link(None, path::join(home, LINK.as_bytes())).ok()?;
    path::is_absolute(share).then_some(share)
}

/// What is wrong with a share as a whole.
pub fn flaw<M: Machine>(machine: &M, share: Bytes) -> Option<Flaw> {
    flaw_in(machine, share, share)
}

/// What is wrong with a share, a directory in it, or the device it is mounted from.
pub fn flaw_in<M: Machine>(machine: &M, share: Bytes, directory: Bytes) -> Option<Flaw> {
    let above = path::parent(share).unwrap_or(b"/");
    let way = [above, share, directory];
    let flawed = way.into_iter().find_map(|directory| directory_flaw(machine, directory));
    flawed.or_else(|| device_flaw(machine, share))
}

/// The first line of the VERSION of a toolchain in a share; none where it is not what its name says, or its program
/// cannot be read.
pub(crate) fn read_version<M: Machine>(machine: &M, toolchain: &Toolchain) -> Option<&'static str> {
    let line = toolchain::first_line_of_version(machine, toolchain.root?)?;
    // What cannot be opened for want of a device (`ENXIO`) comes back with no content.
    let program = machine.read_file(None, toolchain.executable, 1).ok()?.content;
    let is_right = toolchain::version_of(line) == toolchain.version && !program.is_empty();
    is_right.then_some(line)
}

/// A directory that somebody else may change leads anywhere. With the sticky bit, as in the tmpfs itself, everyone may
/// add to it, and what is there stays its owner's.
fn directory_flaw<M: Machine>(machine: &M, directory: Bytes) -> Option<Flaw> {
    match machine.metadata(None, directory, Follow::No) {
        Ok(found) if found.kind != Kind::Directory => Some(Flaw::NoDirectory(directory)),
        Ok(found) if found.owner != 0 && found.owner != machine.effective_user() => {
            Some(Flaw::Owner(directory, found.owner))
        }
        Ok(found) if found.mode & OPEN_TO_ALL != 0 && !found.is_sticky() => {
            Some(Flaw::Open(directory))
        }
        Ok(_) => None,
        Err(error) if error.is_absent() => Some(Flaw::Missing(directory)),
        Err(error) => Some(Flaw::Unreadable(directory, error)),
    }
}

/// A mount outlives the device it is of. What was read before is still answered then, and nothing else
/// (<https://github.com/rancher-sandbox/rancher-desktop/issues/992>).
fn device_flaw<M: Machine>(machine: &M, share: Bytes) -> Option<Flaw> {
    let source = mounts::of(mounts::table(machine), share)?.source;
    let is_gone = source.starts_with(b"/dev/")
        && machine.metadata(None, source, Follow::Links).is_err_and(Errno::is_absent);
    is_gone.then_some(Flaw::DeviceGone(source))
}

#[cfg(test)]
mod tests;
