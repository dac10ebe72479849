//! What the kernel gave this process, as it was: the standard library hands on only the entries it understands.
#![expect(
    unsafe_code,
    reason = "the C library keeps the environment and the auxiliary values behind C's pointers"
)]

use std::ffi::{CString, c_char, c_ulong};
use std::os::unix::ffi::OsStringExt;
use std::ptr::{self, NonNull};
use std::slice;

use shim::process::{AT_EUID, AT_EXECFN, AT_SECURE, Process};
use shim::sys::ThinStr;

unsafe extern "C" {
    static environ: *const *const c_char;
    fn getauxval(kind: c_ulong) -> c_ulong;
}

/// This process at its start. To be called before anything changes the environment.
pub(crate) fn process() -> Process {
    Process {
        arguments: arguments().leak(),
        environment: environment(),
        execution_path: execution_path(),
        effective_user: u32::try_from(auxiliary(AT_EUID)).unwrap_or(u32::MAX),
        secure: auxiliary(AT_SECURE) != 0,
    }
}

fn arguments() -> Vec<ThinStr<'static>> {
    let strings = std::env::args_os().filter_map(|argument| CString::new(argument.into_vec()).ok());
    strings.map(|argument| ThinStr::from(&*Box::leak(argument.into_boxed_c_str()))).collect()
}

fn environment() -> &'static [ThinStr<'static>] {
    // SAFETY: the C library's list of pointers ends with a null; nothing in this program changes it, and a `ThinStr`
    // is such a pointer.
    unsafe {
        let start = environ;
        if start.is_null() {
            return &[];
        }
        let mut end = start;
        while !(*end).is_null() {
            end = end.add(1);
        }
        slice::from_raw_parts(start.cast::<ThinStr<'static>>(), end.offset_from_unsigned(start))
    }
}

/// The path given to `execve`: there may be no `/proc` to ask for a better one.
fn execution_path() -> &'static [u8] {
    let string: *mut u8 = ptr::with_exposed_provenance_mut(auxiliary(AT_EXECFN));
    // SAFETY: the kernel put the string on the initial stack, where it stays.
    NonNull::new(string).map_or(b"", |string| unsafe { ThinStr::from_pointer(string) }.to_bytes())
}

fn auxiliary(kind: usize) -> usize {
    // SAFETY: it only looks a number up, and says 0 for one it does not know.
    let value = unsafe { getauxval(kind as c_ulong) };
    usize::try_from(value).unwrap_or(0)
}
