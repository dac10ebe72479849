//! Windows directories on PATH, as WSL appends them.

use alloc::vec::Vec;

use crate::machine::Machine;
use crate::mounts::WindowsDrives;
use crate::path::{self, Bytes};

const KERNEL_RELEASE: &[u8] = b"/proc/sys/kernel/osrelease";
const MOUNTS: &[u8] = b"/proc/self/mountinfo";
const LIMIT: usize = 4 * 1024 * 1024;

/// PATH without the entries that lie on a Windows drive; none where there is no such entry. No system call is spent
/// where no entry has a component of one letter, as every drive's mount point has (`/mnt/c`, or `/c` with
/// `automount.root=/`).
pub(crate) fn without<M: Machine>(machine: &M, path_variable: Bytes) -> Option<Bytes> {
    if !has_short_component(path_variable) || !is_wsl(machine) {
        return None;
    }
    let drives = WindowsDrives::parse(machine.read_file(None, MOUNTS, LIMIT).ok()?.content);
    let mut kept = Vec::with_capacity(path_variable.len());
    let (mut found, mut separator) = (false, &b""[..]);
    for entry in path_variable.split(|byte| *byte == b':') {
        if has_short_component(entry) && drives.contains(entry) {
            found = true;
            continue;
        }
        kept.extend_from_slice(separator);
        kept.extend_from_slice(entry);
        separator = b":";
    }
    found.then(|| path::keep(kept))
}

/// Whether a component of one letter stands anywhere in a PATH.
fn has_short_component(path_variable: &[u8]) -> bool {
    let mut rest = path_variable;
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        if *byte == b'/' && is_short(rest) {
            return true;
        }
    }
    false
}

/// Whether what stands after a slash is a letter, and nothing more of that component.
fn is_short(rest: &[u8]) -> bool {
    match rest {
        [letter] | [letter, b'/' | b':', ..] => letter.is_ascii_alphabetic(),
        _ => false,
    }
}

/// Whether the kernel is WSL's. Read from a file and not by `uname`, which no test can steer.
pub fn is_wsl<M: Machine>(machine: &M) -> bool {
    const RELEASE_LIMIT: usize = 256;
    machine.read_file(None, KERNEL_RELEASE, RELEASE_LIMIT).is_ok_and(|file| {
        let word = b"microsoft";
        file.content.windows(word.len()).any(|window| window.eq_ignore_ascii_case(word))
    })
}
