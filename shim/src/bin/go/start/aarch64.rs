//! Assembly for `aarch64`.

use core::arch::naked_asm;

/// What is moved at a time.
pub(super) use core::arch::aarch64::uint8x16_t as Block;

/// The program's entry. The stack is aligned already; the outermost frame has zero for frame pointer and return
/// address.
#[cfg(not(test))]
#[unsafe(naked)]
#[unsafe(no_mangle)]
extern "C" fn gowr_start() -> ! {
    naked_asm!(
        "mov x29, xzr",
        "mov x30, xzr",
        "mov x0, sp",
        "b {start}",
        start = sym super::start,
    )
}

/// The length of a NUL-terminated string.
///
/// It looks at whole aligned words: such a word never reaches into a page that the string has no part in. A byte of
/// a word is zero where `(word - 0x01…) & !word & 0x80…` has its bit; the lowest such bit is always right.
#[unsafe(naked)]
#[cfg_attr(not(test), unsafe(no_mangle))]
pub(super) unsafe extern "C" fn strlen(string: *const u8) -> usize {
    naked_asm!(
        "bic x1, x0, #7",
        "ldr x2, [x1]",
        "lsl x3, x0, #3", // a shift takes the count modulo 64: the bits that stand before the string
        "mov x4, #-1",
        "lsl x4, x4, x3",
        "orn x2, x2, x4", // make them nonzero
        "mov x5, #0x0101010101010101",
        "2:",
        "sub x3, x2, x5",
        "bic x3, x3, x2",
        "ands x3, x3, #0x8080808080808080",
        "b.ne 3f",
        "ldr x2, [x1, #8]!",
        "b 2b",
        "3:",
        "rbit x3, x3",
        "clz x3, x3",
        "add x1, x1, x3, lsr #3",
        "sub x0, x1, x0",
        "ret",
    )
}
