//! System calls on `x86_64` (`arch/x86/entry/syscalls/syscall_64.tbl`, `arch/x86/include/uapi/asm/stat.h`).

use core::arch::asm;

pub(super) mod number {
    pub(in super::super) const READ: usize = 0;
    pub(in super::super) const WRITE: usize = 1;
    pub(in super::super) const CLOSE: usize = 3;
    pub(in super::super) const FSTAT: usize = 5;
    pub(in super::super) const MMAP: usize = 9;
    pub(in super::super) const RT_SIGACTION: usize = 13;
    pub(in super::super) const EXECVE: usize = 59;
    pub(in super::super) const GETCWD: usize = 79;
    pub(in super::super) const GETDENTS64: usize = 217;
    pub(in super::super) const EXIT_GROUP: usize = 231;
    pub(in super::super) const OPENAT: usize = 257;
    pub(in super::super) const NEWFSTATAT: usize = 262;
    pub(in super::super) const READLINKAT: usize = 267;
    pub(in super::super) const FACCESSAT: usize = 269;
}

/// The one open flag used here whose value differs between architectures.
pub(super) const O_DIRECTORY: usize = 0o200_000;

/// `struct stat`.
#[repr(C)]
pub(super) struct Stat {
    pub(super) device: u64,
    pub(super) inode: u64,
    link_count: u64,
    pub(super) mode: u32,
    pub(super) user: u32,
    group: u32,
    _padding: u32,
    special_device: u64,
    pub(super) size: i64,
    _rest: [u64; 11],
}

/// Enters the kernel. An error number comes back negated.
///
/// # Safety
/// The arguments must be what the system call `number` asks for.
pub(super) unsafe fn system_call(number: usize, arguments: [usize; 6]) -> isize {
    let [first, second, third, fourth, fifth, sixth] = arguments;
    let result;
    // SAFETY: the kernel keeps every register but rax, rcx and r11, and never touches this stack;
    // what it does to memory is the caller's promise.
    unsafe {
        asm!(
            "syscall",
            inlateout("rax") number => result,
            in("rdi") first,
            in("rsi") second,
            in("rdx") third,
            in("r10") fourth,
            in("r8") fifth,
            in("r9") sixth,
            lateout("rcx") _,
            lateout("r11") _,
            options(nostack),
        );
    }
    result
}
