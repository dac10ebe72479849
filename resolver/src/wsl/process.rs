//! The processes above this one.

use crate::machine::Machine;
use crate::path::{self, Bytes};
use crate::text::lines;

/// How far up one looks: a shell in a shell in an editor is six or seven.
const MOST: usize = 32;
const STATUS_LIMIT: usize = 16 * 1024;

/// The directories in `/proc` of the processes above this one, its parent first.
pub(super) fn ancestors<M: Machine>(machine: &M) -> impl Iterator<Item = (u32, Bytes)> {
    let mut directory: Bytes = b"/proc/self";
    let up = move || {
        let status = path::concat(&[directory, b"/status"]);
        let parent = parent(machine.read_file(None, status, STATUS_LIMIT).ok()?.content)?;
        directory = path::concat(&[b"/proc/", path::decimal(parent)]);
        Some((parent, directory))
    };
    core::iter::from_fn(up).take(MOST)
}

/// The process above, by `/proc/PID/status` (`proc_pid_status(5)`); none above the first one.
fn parent(status: &[u8]) -> Option<u32> {
    let line = lines(status, b'\n').find_map(|line| line.bytes.strip_prefix(b"PPid:"))?;
    let number = core::str::from_utf8(line.trim_ascii()).ok()?.parse().ok()?;
    (number != 0).then_some(number)
}
