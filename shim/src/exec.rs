//! The way on to another program: its arguments, its environment, and `execve`.

use alloc::vec::Vec;

use resolver::environment::{Change, Reason};
use resolver::machine::Errno;
use resolver::path;

use crate::sys::{self, ThinStr};

/// Becomes `executable` with these changes to the environment. Returns only when that failed, with the kernel's reason.
///
/// `arguments` starts with the program's name (`argv[0]`). Where arguments and environment together are too long, it
/// is tried once more without what Go can do without: the links for its own switching, and the markers.
pub fn exec(
    executable: &[u8],
    arguments: &[ThinStr<'_>],
    environment: &[ThinStr<'_>],
    changes: &[Change],
) -> Errno {
    let errno = exec_changed(executable, arguments, environment, changes, |_| true);
    if errno == Errno::TOO_BIG && !changes.iter().all(is_needed) {
        return exec_changed(executable, arguments, environment, changes, is_needed);
    }
    errno
}

fn is_needed(change: &Change) -> bool {
    change.value.is_none() || !matches!(change.reason, Reason::Links | Reason::Marker)
}

/// Every entry of a changed variable goes, since programs differ in which of two they believe; the others stay as they
/// are.
#[inline(never)]
fn exec_changed(
    executable: &[u8],
    arguments: &[ThinStr<'_>],
    environment: &[ThinStr<'_>],
    changes: &[Change],
    wanted: fn(&Change) -> bool,
) -> Errno {
    // Most entries start like none of the names: a set of first bytes, folded to 64 bits, tells.
    let bit = |byte: u8| 1_u64 << (byte % 64);
    let mut initials = 0;
    for change in changes {
        initials |= change.name.as_str().bytes().next().map_or(0, bit);
    }
    let is_changed = |entry: &ThinStr<'_>| {
        initials & bit(entry.first_byte()) != 0
            && changes.iter().any(|it| wanted(it) && entry.is_variable(it.name.as_str()))
    };
    let mut entries = Vec::with_capacity(environment.len() + changes.len() + 1);
    entries.extend(environment.iter().copied().filter(|entry| !is_changed(entry)).map(Some));
    for change in changes {
        let Some(value) = change.value.filter(|_| wanted(change)) else { continue };
        let entry = path::concat(&[change.name.as_str().as_bytes(), b"=", value, b"\0"]);
        let Some(entry) = ThinStr::new(entry) else { return Errno::INVALID };
        entries.push(Some(entry));
    }
    entries.push(None);
    let mut ended = Vec::with_capacity(arguments.len() + 1);
    ended.extend(arguments.iter().copied().map(Some));
    ended.push(None);
    sys::execute(executable, &ended, &entries)
}

/// The arguments without the first `dropped` after the program's name.
pub fn without_dropped<'a>(arguments: &[ThinStr<'a>], dropped: usize) -> Vec<ThinStr<'a>> {
    let (name, rest) = arguments.split_at(arguments.len().min(1));
    [name, rest.get(dropped..).unwrap_or_default()].concat()
}
