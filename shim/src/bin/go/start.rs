//! The start of a program that has no C library: its entry, its memory functions, its end in case of a bug.
#![expect(unsafe_code, reason = "the kernel starts a program with nothing but a stack pointer")]

use core::panic::PanicInfo;
use core::ptr::{self, NonNull};
use core::slice;

use shim::process::{AT_EUID, AT_EXECFN, AT_SECURE, Process};
use shim::sys::{self, ThinStr};

#[cfg(target_arch = "aarch64")]
#[path = "start/aarch64.rs"]
mod architecture;
#[cfg(target_arch = "x86_64")]
#[path = "start/x86_64.rs"]
mod architecture;
mod memory;

/// Runs the program on the stack that the kernel made: from the stack pointer on, the number of arguments, the
/// arguments, a null, the environment, a null, and pairs of auxiliary values up to a zero (System V ABI, "Initial
/// Stack and Register State").
///
/// # Safety
/// `stack` must be the stack pointer as it was at the program's entry.
unsafe extern "C" fn start(stack: *const usize) -> ! {
    // SAFETY: the layout is as above, and all of it stays as it is until the process ends.
    let process = unsafe {
        let count = *stack;
        let arguments = stack.add(1);
        let environment = arguments.add(count + 1);
        let mut end = environment;
        while *end != 0 {
            end = end.add(1);
        }
        let entries = end.offset_from_unsigned(environment);
        let mut process = Process {
            arguments: slice::from_raw_parts(arguments.cast::<ThinStr<'_>>(), count),
            environment: slice::from_raw_parts(environment.cast::<ThinStr<'_>>(), entries),
            execution_path: b"",
            effective_user: u32::MAX,
            secure: false,
        };
        let mut auxiliary = end.add(1);
        while *auxiliary != 0 {
            let value = *auxiliary.add(1);
            match *auxiliary {
                AT_EXECFN => process.execution_path = string_at(value),
                AT_EUID => process.effective_user = u32::try_from(value).unwrap_or(u32::MAX),
                AT_SECURE => process.secure = value != 0,
                _ => {}
            }
            auxiliary = auxiliary.add(2);
        }
        process
    };
    // SAFETY: nothing was allocated so far, and a static stays where it is.
    unsafe { crate::ARENA.open() };
    sys::exit(crate::run(&process))
}

/// # Safety
/// `address` must be null or that of a NUL-terminated string that stays.
unsafe fn string_at(address: usize) -> &'static [u8] {
    let string: *mut u8 = ptr::with_exposed_provenance_mut(address);
    // SAFETY: as promised.
    NonNull::new(string).map_or(b"", |string| unsafe { ThinStr::from_pointer(string) }.to_bytes())
}

/// A bug. There is no unwinding and no backtrace here; `gowr which --explain` resolves the same way and has both.
#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    sys::write_error(b"gowr: internal error in the go proxy; run: gowr which --explain\n");
    sys::exit(125)
}

/// The prebuilt parts of the core library refer to these two. Nothing here ever unwinds.
#[unsafe(no_mangle)]
extern "C" fn rust_eh_personality() {}

/// As above.
#[unsafe(no_mangle)]
extern "C" fn _Unwind_Resume() -> ! {
    sys::exit(125)
}
