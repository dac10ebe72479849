//! Windows directories on PATH, as WSL appends them.

use alloc::vec::Vec;

use crate::machine::Machine;
use crate::mounts::{self, WindowsDrives};
use crate::path::{self, Bytes};
use crate::text::split;

const KERNEL_RELEASE: &[u8] = b"/proc/sys/kernel/osrelease";

/// The drives, where an entry of PATH lies on one. No system call is spent where no entry has a component of one
/// letter, as every drive's mount point has (`/mnt/c`, or `/c` with `automount.root=/`).
pub(crate) fn drives<M: Machine>(machine: &M, path_variable: Bytes) -> Option<WindowsDrives> {
    if !has_short_component(path_variable) || !is_wsl(machine) {
        return None;
    }
    let drives = WindowsDrives::new(mounts::table(machine));
    split(path_variable, b':').any(|entry| is_on(drives, entry)).then_some(drives)
}

/// PATH without the entries that lie on a Windows drive.
pub(crate) fn without(drives: WindowsDrives, path_variable: Bytes) -> Bytes {
    let mut kept = Vec::with_capacity(path_variable.len());
    let mut separator = &b""[..];
    for entry in split(path_variable, b':').filter(|entry| !is_on(drives, entry)) {
        kept.extend_from_slice(separator);
        kept.extend_from_slice(entry);
        separator = b":";
    }
    path::keep(kept)
}

#[inline(never)]
fn is_on(drives: WindowsDrives, entry: &[u8]) -> bool {
    has_short_component(entry) && drives.contains(entry)
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
