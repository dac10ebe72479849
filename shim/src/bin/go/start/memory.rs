//! The memory functions that compiled code calls on its own.
//!
//! Short runs are what this program has, so short runs take few instructions: two loads that may overlap, then two
//! stores. Loops hold an empty piece of assembly, lest the compiler take one for a call of the function it stands in; for
//! the same reason nothing here copies or fills an array, in unoptimised code either.

use core::arch::asm;
use core::mem;

use super::architecture::Block;

const BLOCK: usize = size_of::<Block>();

/// A value at any address.
#[repr(C, packed)]
struct Unaligned<T>(T);

/// # Safety
/// There must be a `T` at `from`.
unsafe fn load<T: Copy>(from: *const u8) -> T {
    // SAFETY: as promised.
    unsafe { (*from.cast::<Unaligned<T>>()).0 }
}

/// # Safety
/// There must be room for a `T` at `to`.
unsafe fn store<T: Copy>(to: *mut u8, value: T) {
    // SAFETY: as promised.
    unsafe { (*to.cast::<Unaligned<T>>()).0 = value };
}

/// Keeps a loop a loop.
fn keep() {
    // SAFETY: it is empty.
    unsafe { asm!("", options(nostack, preserves_flags)) };
}

/// Moves a run of `size_of::<T>()` to twice as many bytes. Everything is loaded before anything is stored, so the
/// runs may overlap.
///
/// # Safety
/// As for [`memmove`].
unsafe fn move_pair<T: Copy>(to: *mut u8, from: *const u8, length: usize) {
    let last = length - size_of::<T>();
    // SAFETY: both pieces lie inside the run.
    unsafe {
        let (head, tail): (T, T) = (load(from), load(from.add(last)));
        store(to, head);
        store(to.add(last), tail);
    }
}

/// Moves a run of at most two blocks.
///
/// # Safety
/// As for [`memmove`].
#[expect(clippy::inline_always, reason = "a call would be a quarter of the work")]
#[inline(always)]
unsafe fn move_short(to: *mut u8, from: *const u8, length: usize) {
    // SAFETY: each piece lies inside the run.
    unsafe {
        if length >= BLOCK {
            move_pair::<Block>(to, from, length);
        } else if length >= 8 {
            move_pair::<u64>(to, from, length);
        } else if length >= 4 {
            move_pair::<u32>(to, from, length);
        } else if length >= 2 {
            move_pair::<u16>(to, from, length);
        } else if length == 1 {
            *to = *from;
        }
    }
}

/// Copies `length` bytes; the runs may overlap where `to` is below `from`.
#[inline(never)]
#[cfg_attr(not(test), unsafe(no_mangle))]
pub(super) unsafe extern "C" fn memcpy(to: *mut u8, from: *const u8, length: usize) -> *mut u8 {
    // SAFETY: both runs have `length` bytes. A block is stored no higher than where it was loaded, so what is still
    // to be loaded is untouched; the last block is loaded before anything is stored.
    unsafe {
        if length <= 2 * BLOCK {
            move_short(to, from, length);
            return to;
        }
        let last = length - BLOCK;
        let tail: Block = load(from.add(last));
        let mut at = 0;
        while at < last {
            store::<Block>(to.add(at), load(from.add(at)));
            at += BLOCK;
            keep();
        }
        store(to.add(last), tail);
    }
    to
}

/// Copies `length` bytes; the runs may overlap.
#[inline(never)]
#[cfg_attr(not(test), unsafe(no_mangle))]
pub(super) unsafe extern "C" fn memmove(to: *mut u8, from: *const u8, length: usize) -> *mut u8 {
    // SAFETY: both runs have `length` bytes. Downwards, a block is stored no lower than where it was loaded; the first
    // block is loaded before anything is stored.
    unsafe {
        let starts_inside = to.addr().wrapping_sub(from.addr()) < length;
        if length <= 2 * BLOCK || !starts_inside {
            return memcpy(to, from, length);
        }
        let head: Block = load(from);
        let mut at = length;
        while at > BLOCK {
            at -= BLOCK;
            store::<Block>(to.add(at), load(from.add(at)));
            keep();
        }
        store(to, head);
    }
    to
}

/// Fills `length` bytes.
#[inline(never)]
#[cfg_attr(not(test), unsafe(no_mangle))]
pub(super) unsafe extern "C" fn memset(to: *mut u8, byte: i32, length: usize) -> *mut u8 {
    let [byte, ..] = byte.to_le_bytes();
    let word = u64::from(byte) * 0x0101_0101_0101_0101; // an array of bytes would be filled by memset
    // SAFETY: each piece lies inside the run; every bit pattern is a block.
    unsafe {
        if length < BLOCK {
            let mut source = [word; 2];
            move_short(to, source.as_mut_ptr().cast(), length);
            return to;
        }
        let block: Block = mem::transmute([word; 2]);
        let last = length - BLOCK;
        let mut at = 0;
        while at < last {
            store(to.add(at), block);
            at += BLOCK;
            keep();
        }
        store(to.add(last), block);
    }
    to
}

/// Compares `length` bytes as numbers: negative, zero or positive.
#[inline(never)]
#[cfg_attr(not(test), unsafe(no_mangle))]
pub(super) unsafe extern "C" fn memcmp(left: *const u8, right: *const u8, length: usize) -> i32 {
    /// # Safety
    /// There must be eight bytes at both.
    unsafe fn words(left: *const u8, right: *const u8) -> (u64, u64) {
        // SAFETY: as promised.
        unsafe { (load(left), load(right)) }
    }
    // SAFETY: each piece lies inside both runs. The last word may hold bytes again that were found equal.
    unsafe {
        if length >= 8 {
            let last = length - 8;
            let mut at = 0;
            loop {
                let (left, right) = words(left.add(at), right.add(at));
                if left != right {
                    return order(left, right);
                }
                if at == last {
                    return 0;
                }
                at = (at + 8).min(last);
                keep();
            }
        }
        let mut at = 0;
        while at < length {
            let (left, right) = (*left.add(at), *right.add(at));
            if left != right {
                return i32::from(left) - i32::from(right);
            }
            at += 1;
            keep();
        }
    }
    0
}

/// The order of two different words of eight bytes each, the first byte first.
fn order(left: u64, right: u64) -> i32 {
    if u64::from_be(left) < u64::from_be(right) { -1 } else { 1 }
}

/// Compares `length` bytes: zero where they are equal.
#[inline(never)]
#[cfg_attr(not(test), unsafe(no_mangle))]
pub(super) unsafe extern "C" fn bcmp(left: *const u8, right: *const u8, length: usize) -> i32 {
    // SAFETY: the same promise.
    unsafe { memcmp(left, right, length) }
}
