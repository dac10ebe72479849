//! Which file system a path lies on.

use resolver::machine::Machine;
use resolver::mounts::{self, Mount, WindowsDrives};
use resolver::path::{self, Bytes};
use resolver::real_path::real_path;

use super::{shown, to_path};
use crate::problem::Evidence;

/// Types of file systems that other machines have a part in: locks may be missing there, and Go calls a cache on them
/// unsafe (`cmd/go/internal/cache.Open`).
const SHARED: [&[u8]; 15] = [
    b"9p",
    b"afs",
    b"beegfs",
    b"ceph",
    b"cifs",
    b"drvfs",
    b"fuse.glusterfs",
    b"fuse.sshfs",
    b"gfs2",
    b"lustre",
    b"ncpfs",
    b"nfs",
    b"nfs4",
    b"smb3",
    b"smbfs",
];

/// The mount table of this process.
pub(super) struct Mounts {
    table: Bytes,
    /// None outside of WSL, where nothing is one.
    pub(super) drives: WindowsDrives,
}

impl Mounts {
    pub(super) fn read<M: Machine>(machine: &M, is_wsl: bool) -> Self {
        let table = mounts::table(machine);
        let drives = if is_wsl { WindowsDrives::new(table) } else { WindowsDrives::default() };
        Self { table, drives }
    }

    /// The mount that a path lies on: the longest mount point, then the last one. Of what is not there, the nearest
    /// directory above counts.
    pub(super) fn of<M: Machine>(&self, machine: &M, path: Bytes) -> Option<Mount<'static>> {
        let mut there = Some(path);
        let real = loop {
            let path = there?;
            match real_path(machine, path) {
                Ok(real) => break real,
                Err(_) => there = path::parent(path),
            }
        };
        mounts::of(self.table, real)
    }

    /// The Windows drive that a path lies on.
    pub(super) fn drive<M: Machine>(&self, machine: &M, path: Bytes) -> Option<Mount<'static>> {
        if self.drives.is_empty() {
            return None;
        }
        self.of(machine, path).filter(Mount::is_windows_drive)
    }
}

/// A mount as evidence: where, and of what.
pub(super) fn of_mount(mount: &Mount<'_>) -> Evidence {
    let text = format!("{} from {}", shown(mount.file_system), shown(mount.source));
    Evidence::file(to_path(mount.point), text)
}

/// All options of a mount. Those of a drive on 9p are one option to Linux, `aname=drvfs;path=C:\;uid=1000;…`.
pub(super) fn settings<'a>(mount: &Mount<'a>) -> impl Iterator<Item = &'a [u8]> + use<'a> {
    let parts = |options: &'a [u8]| options.split(|byte| b",;".contains(byte));
    parts(mount.options).chain(parts(mount.super_options))
}

/// Whether other machines may have a part in a file system.
pub(super) fn is_shared(mount: &Mount<'_>) -> bool {
    SHARED.contains(&mount.file_system)
}

/// Whether nothing can be started from it.
pub(super) fn is_noexec(mount: &Mount<'_>) -> bool {
    mount.options.split(|byte| *byte == b',').any(|option| option == b"noexec")
}
