//! What the C library of the `gowr` command kept from the initial stack.
//!
//! The standard library hands out arguments and variables, but not the rest, and the kernel's copy in `/proc` is not
//! everywhere. Inlined throughout, so that the `go` program, which has no C library, never refers to these symbols.

use alloc::boxed::Box;
use alloc::ffi::CString;
use alloc::vec::Vec;
use core::ffi::{CStr, c_char};
use core::ptr::with_exposed_provenance;
use core::slice;

use super::ThinStr;
use crate::process::{AT_EUID, AT_EXECFN, AT_SECURE, Process};

unsafe extern "C" {
    static environ: *const *const c_char;
    /// The type is `unsigned long`, which is as wide as an address on every Linux.
    fn getauxval(kind: usize) -> usize;
}

/// This process, started with `arguments`, the program's own name first.
///
/// Nothing may change the environment from here on (in Rust that is `unsafe` for the same reason).
#[inline]
pub fn process(arguments: impl Iterator<Item = CString>) -> Process {
    let arguments: Vec<ThinStr<'static>> =
        arguments.map(|text| ThinStr::from(leaked(text))).collect();
    // SAFETY: glibc and musl both have it; it reads what the kernel wrote at the start, and 0 is "not there".
    let auxiliary = |kind: usize| unsafe { getauxval(kind) };
    let execution_path = match auxiliary(AT_EXECFN) {
        0 => b"",
        // SAFETY: the kernel put a NUL-terminated string there, for as long as the process lives.
        address => unsafe { CStr::from_ptr(with_exposed_provenance(address)).to_bytes() },
    };
    Process {
        arguments: arguments.leak(),
        environment: environment(),
        execution_path,
        effective_user: u32::try_from(auxiliary(AT_EUID)).unwrap_or(u32::MAX),
        secure: auxiliary(AT_SECURE) != 0,
    }
}

/// For as long as the process lives, as the rest of it.
#[inline]
fn leaked(text: CString) -> &'static CStr {
    Box::leak(text.into_boxed_c_str())
}

#[inline]
fn environment() -> &'static [ThinStr<'static>] {
    // SAFETY: `environ` is null or a list of NUL-terminated strings with a null at its end, and nobody changes it.
    unsafe {
        if environ.is_null() {
            return &[];
        }
        let mut count = 0;
        while !(*environ.add(count)).is_null() {
            count += 1;
        }
        slice::from_raw_parts(environ.cast(), count)
    }
}
