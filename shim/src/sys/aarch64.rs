//! System calls on `aarch64` (`include/uapi/asm-generic/{unistd,stat}.h`).

use core::arch::asm;

pub(super) mod number {
    pub(in super::super) const GETCWD: usize = 17;
    pub(in super::super) const FACCESSAT: usize = 48;
    pub(in super::super) const OPENAT: usize = 56;
    pub(in super::super) const CLOSE: usize = 57;
    pub(in super::super) const GETDENTS64: usize = 61;
    pub(in super::super) const READ: usize = 63;
    pub(in super::super) const WRITE: usize = 64;
    pub(in super::super) const READLINKAT: usize = 78;
    pub(in super::super) const NEWFSTATAT: usize = 79;
    pub(in super::super) const FSTAT: usize = 80;
    pub(in super::super) const EXIT_GROUP: usize = 94;
    pub(in super::super) const RT_SIGACTION: usize = 134;
    pub(in super::super) const EXECVE: usize = 221;
    pub(in super::super) const MMAP: usize = 222;
}

/// The one open flag used here whose value differs between architectures (`arch/arm64/include/uapi/asm/fcntl.h`).
pub(super) const O_DIRECTORY: usize = 0o40_000;

/// `struct stat`.
#[repr(C)]
pub(super) struct Stat {
    pub(super) device: u64,
    pub(super) inode: u64,
    pub(super) mode: u32,
    link_count: u32,
    pub(super) user: u32,
    group: u32,
    special_device: u64,
    _padding: u64,
    pub(super) size: i64,
    _rest: [u64; 9],
}

/// Enters the kernel. An error number comes back negated.
///
/// # Safety
/// The arguments must be what the system call `number` asks for.
pub(super) unsafe fn system_call(number: usize, arguments: [usize; 6]) -> isize {
    let [first, second, third, fourth, fifth, sixth] = arguments;
    let result;
    // SAFETY: the kernel keeps every register but x0 and never touches this stack;
    // what it does to memory is the caller's promise.
    unsafe {
        asm!(
            "svc 0",
            in("x8") number,
            inlateout("x0") first => result,
            in("x1") second,
            in("x2") third,
            in("x3") fourth,
            in("x4") fifth,
            in("x5") sixth,
            options(nostack),
        );
    }
    result
}
