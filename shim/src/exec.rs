//! The way on to another program: its arguments, its environment, and `execve`.

use alloc::vec::Vec;

use resolver::environment::{Change, Reason};
use resolver::machine::Errno;
use resolver::path;

use crate::proxy_version;
use crate::sys::{self, ThinStr};

/// Becomes `executable` with the environment that was resolved. Returns only when that failed, with the kernel's
/// reason.
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
    !matches!(change.reason, Reason::Links | Reason::Marker)
}

fn exec_changed(
    executable: &[u8],
    arguments: &[ThinStr<'_>],
    environment: &[ThinStr<'_>],
    changes: &[Change],
    wanted: fn(&Change) -> bool,
) -> Errno {
    let mut names = Vec::with_capacity(changes.len() + 1);
    let mut set = Vec::with_capacity(changes.len());
    for change in changes.iter().filter(|change| wanted(change)) {
        let name = change.name.as_str();
        names.push(name);
        if let Some(value) = change.value {
            let entry = path::concat(&[name.as_bytes(), b"=", value, b"\0"]);
            let Some(entry) = ThinStr::new(entry) else { return Errno::INVALID };
            set.push(entry);
        }
    }
    names.push(proxy_version::VARIABLE);
    exec_edited(executable, arguments, environment, &names, &set)
}

/// Becomes `executable` without the variables of these `names`, and with the entries of `set`. Returns only when that
/// failed, with the kernel's reason.
///
/// Every entry of a name goes, since programs differ in which of two they believe; the others stay as they are.
pub fn exec_edited(
    executable: &[u8],
    arguments: &[ThinStr<'_>],
    environment: &[ThinStr<'_>],
    names: &[&str],
    set: &[ThinStr<'_>],
) -> Errno {
    // Most entries start like none of them: a set of first bytes, folded to 64 bits, tells.
    let bit = |byte: u8| 1_u64 << (byte % 64);
    let mut initials = 0;
    for name in names {
        initials |= name.bytes().next().map_or(0, bit);
    }
    let mut entries = Vec::with_capacity(environment.len() + set.len() + 1);
    for entry in environment {
        let may_be_one = initials & bit(entry.first_byte()) != 0;
        if !may_be_one || !names.iter().any(|name| entry.is_variable(name)) {
            entries.push(Some(*entry));
        }
    }
    entries.extend(set.iter().copied().map(Some));
    entries.push(None);
    let mut ended = Vec::with_capacity(arguments.len() + 1);
    ended.extend(arguments.iter().copied().map(Some));
    ended.push(None);
    sys::execute(executable, &ended, &entries)
}

/// The arguments without the first `dropped` after the program's name.
pub fn without_dropped<'a>(arguments: &[ThinStr<'a>], dropped: usize) -> Vec<ThinStr<'a>> {
    let mut kept = Vec::with_capacity(arguments.len());
    for (index, argument) in arguments.iter().enumerate() {
        if index == 0 || index > dropped {
            kept.push(*argument);
        }
    }
    kept
}
