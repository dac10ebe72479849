//! Assembly for `x86_64`.

use core::arch::naked_asm;

/// What is moved at a time.
pub(super) use core::arch::x86_64::__m128i as Block;

/// The program's entry. The ABI wants the stack aligned to 16 bytes at a call, and a zero frame pointer in the
/// outermost frame.
#[cfg(not(test))]
#[unsafe(naked)]
#[unsafe(no_mangle)]
extern "C" fn gowr_start() -> ! {
    naked_asm!(
        "xor ebp, ebp",
        "mov rdi, rsp",
        "and rsp, -16",
        "call {start}",
        "ud2",
        start = sym super::start,
    )
}

/// The length of a NUL-terminated string.
///
/// It looks at whole aligned blocks: such a block never reaches into a page that the string has no part in.
#[unsafe(naked)]
#[cfg_attr(not(test), unsafe(no_mangle))]
pub(super) unsafe extern "C" fn strlen(string: *const u8) -> usize {
    naked_asm!(
        "mov rax, rdi",
        "and rax, -16",
        "pxor xmm0, xmm0",
        "movdqa xmm1, [rax]",
        "pcmpeqb xmm1, xmm0",
        "pmovmskb edx, xmm1",
        "mov ecx, edi",
        "and ecx, 15",
        "shr edx, cl", // forget what stands before the string
        "test edx, edx",
        "jnz 3f",
        "2:",
        "add rax, 16",
        "movdqa xmm1, [rax]",
        "pcmpeqb xmm1, xmm0",
        "pmovmskb edx, xmm1",
        "test edx, edx",
        "jz 2b",
        "bsf edx, edx",
        "add rax, rdx",
        "sub rax, rdi",
        "ret",
        "3:",
        "bsf eax, edx",
        "ret",
    )
}
