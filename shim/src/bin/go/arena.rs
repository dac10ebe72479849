//! Memory that only grows: this program lives for a moment, and `execve` gives everything back at once.
#![expect(unsafe_code, reason = "an allocator hands out memory")]

use core::alloc::{GlobalAlloc, Layout};
use core::cell::UnsafeCell;
use core::mem::MaybeUninit;
use core::ptr;

use shim::sys;

/// What is there from the start. Only the pages that are used become real, so its size costs nothing.
const FIRST: usize = 256 * 1024;

/// What is asked of the kernel at a time, at least.
const CHUNK: usize = 1024 * 1024;

/// A bump allocator: nothing is given back, and only the last block can grow in place.
pub(crate) struct Arena(UnsafeCell<State>);

/// The pointers stand beside the first blocks, in one page.
#[repr(C)]
struct State {
    /// The free part, from `next` to `end`; both are null at first.
    next: *mut u8,
    end: *mut u8,
    /// From here on nothing was ever written to: the kernel's zeros are still there.
    clean: *mut u8,
    first: MaybeUninit<[u8; FIRST]>,
}

// SAFETY: the program has one thread and no signal handler, so nothing comes between.
unsafe impl Sync for Arena {}

impl Arena {
    /// An arena with nothing allocated.
    pub(crate) const fn new() -> Self {
        Self(UnsafeCell::new(State {
            next: ptr::null_mut(),
            end: ptr::null_mut(),
            clean: ptr::null_mut(),
            first: MaybeUninit::uninit(),
        }))
    }

    /// Makes the first part the free one. An arena works without, but must ask the kernel then.
    ///
    /// To write before anything is read also spares a page fault: a page that is read first becomes real twice.
    ///
    /// # Safety
    /// Nothing may have been allocated yet, and the arena must stay where it is.
    pub(crate) unsafe fn open(&self) {
        // SAFETY: there is one thread, and no block.
        let state = unsafe { &mut *self.0.get() };
        state.next = state.first.as_mut_ptr().cast();
        state.end = state.next.wrapping_add(FIRST);
    }
}

// SAFETY: blocks never overlap: each starts at or after `next`, and `next` moves to its end. Only the last block is
// ever resized, within its region.
unsafe impl GlobalAlloc for Arena {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: there is one thread, and nothing below calls back.
        let state = unsafe { &mut *self.0.get() };
        state.take(layout).unwrap_or_else(|| {
            state.grow(layout);
            state.take(layout).unwrap_or_else(|| out_of_memory())
        })
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as in `alloc`; the block has that size.
        unsafe {
            let block = self.alloc(layout);
            if block < (*self.0.get()).clean {
                block.write_bytes(0, layout.size());
            }
            block
        }
    }

    #[inline]
    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: as in `alloc`.
        let state = unsafe { &mut *self.0.get() };
        let is_last = block.wrapping_add(layout.size()) == state.next;
        if is_last && size <= state.end.addr() - block.addr() {
            state.clean = state.clean.max(state.next);
            state.next = block.wrapping_add(size);
            return block;
        }
        if size <= layout.size() {
            return block;
        }
        // SAFETY: the caller promises that `size` with this alignment is a valid layout. The new block is larger than
        // the old one and apart from it.
        unsafe {
            let moved = self.alloc(Layout::from_size_align_unchecked(size, layout.align()));
            ptr::copy_nonoverlapping(block, moved, layout.size());
            moved
        }
    }
}

impl State {
    /// A block out of the free part, if it fits. (No block is empty, so none fits before there is a part.)
    fn take(&mut self, layout: Layout) -> Option<*mut u8> {
        let padding = self.next.addr().wrapping_neg() & (layout.align() - 1);
        let block = self.next.wrapping_add(padding);
        let after = block.wrapping_add(layout.size());
        if after.addr() > self.end.addr() {
            return None;
        }
        self.next = after;
        Some(block)
    }

    /// Makes a new free part that has room for such a block. What was left of the old one is lost.
    fn grow(&mut self, layout: Layout) {
        let length = layout.size().saturating_add(layout.align()).max(CHUNK);
        if let Ok(start) = sys::map_memory(length) {
            self.next = start.as_ptr();
            self.end = self.next.wrapping_add(length);
        }
    }
}

fn out_of_memory() -> ! {
    sys::write_error(b"gowr: out of memory\n");
    sys::exit(125)
}
