//! What the kernel gave this process at its start.

use resolver::path::Bytes;

use crate::sys::ThinStr;

/// Kind of auxiliary value: the effective user id (`include/uapi/linux/auxvec.h`).
pub const AT_EUID: usize = 12;
/// Kind of auxiliary value: whether the program runs with more rights than who started it.
pub const AT_SECURE: usize = 23;
/// Kind of auxiliary value: the address of the path given to `execve`.
pub const AT_EXECFN: usize = 31;

/// Arguments, environment and identity of this process, as they were at its start.
#[derive(Clone, Copy, Debug)]
pub struct Process {
    /// The arguments, the program's own name (`argv[0]`) first. The list may be empty.
    pub arguments: &'static [ThinStr<'static>],
    /// The environment, entry by entry; not all need have the form `NAME=value`, and names may come twice.
    pub environment: &'static [ThinStr<'static>],
    /// The path given to `execve` (`AT_EXECFN`); may be relative to the current directory.
    pub execution_path: Bytes,
    /// The effective user id (`AT_EUID`).
    pub effective_user: u32,
    /// Whether this program runs with more rights than who started it (`AT_SECURE`).
    pub secure: bool,
}
