//! Whether programs of Windows can be started here.

use crate::machine::{Follow, Kind, Machine};
use crate::path::{self, Bytes};

use super::process;

/// The names that WSL has given its entry in the kernel's table of formats; the second one in 2.5 and 2.6.
const ENTRIES: [&[u8]; 2] =
    [b"/proc/sys/fs/binfmt_misc/WSLInterop", b"/proc/sys/fs/binfmt_misc/WSLInterop-late"];
const ENTRY_LIMIT: usize = 4096;

/// What is missing for programs of Windows to be started here, if anything is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interop {
    /// Nothing: the socket by which Windows is asked. wsl.conf can still forbid it (`interop.enabled`).
    Available(Bytes),
    /// The kernel does not know programs of Windows, as happens with systemd
    /// (<https://github.com/microsoft/WSL/issues/8843>).
    Unregistered,
    /// Its entry is switched off.
    Disabled,
    /// Nobody above this process has a socket, as in a service.
    NoSocket,
    /// The socket in `WSL_INTEROP` is gone with the session it was of, as in a terminal that outlived it.
    StaleSocket(Bytes),
}

impl Interop {
    /// The word in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Available(_) => "available",
            Self::Unregistered => "unregistered",
            Self::Disabled => "disabled",
            Self::NoSocket => "no-socket",
            Self::StaleSocket(_) => "stale-socket",
        }
    }
}

/// Finds out; `variable` is `WSL_INTEROP`. Where it leads nowhere, a socket is looked for as `wslpath` does: by the
/// processes above.
pub fn interop<M: Machine>(machine: &M, variable: Option<Bytes>) -> Interop {
    match registration(machine) {
        None => return Interop::Unregistered,
        Some(false) => return Interop::Disabled,
        Some(true) => {}
    }
    let is_socket = |path: &Bytes| {
        machine.metadata(None, path, Follow::Links).is_ok_and(|found| found.kind == Kind::Other)
    };
    let variable = variable.filter(|path| !path.is_empty());
    let of_process = |(number, _): (u32, Bytes)| {
        path::concat(&[b"/run/WSL/", path::decimal(number), b"_interop"])
    };
    let above = || process::ancestors(machine).map(of_process).find(is_socket);
    match (variable.filter(is_socket).or_else(above), variable) {
        (Some(socket), _) => Interop::Available(socket),
        (None, Some(stale)) => Interop::StaleSocket(stale),
        (None, None) => Interop::NoSocket,
    }
}

/// Whether the kernel's entry for programs of Windows is switched on; none where there is no such entry.
pub(super) fn registration<M: Machine>(machine: &M) -> Option<bool> {
    let state = |entry: &[u8]| {
        let file = machine.read_file(None, entry, ENTRY_LIMIT).ok()?;
        Some(file.content.starts_with(b"enabled"))
    };
    ENTRIES.iter().filter_map(|entry| state(entry)).max()
}
