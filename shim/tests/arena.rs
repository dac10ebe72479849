//! The proxy's allocator.
#![expect(unsafe_code, reason = "an allocator hands out memory")]

use std::alloc::{GlobalAlloc, Layout};
use std::slice;

#[path = "../src/bin/go/arena.rs"]
mod arena;

use arena::Arena;

/// A block with a byte of its own in every place.
struct Block {
    start: *mut u8,
    layout: Layout,
    mark: u8,
}

impl Block {
    fn new(arena: &Arena, size: usize, align: usize, mark: u8) -> Self {
        let layout = Layout::from_size_align(size, align).expect("a layout");
        // SAFETY: the size is not zero.
        let start = unsafe { arena.alloc(layout) };
        let mut block = Self { start, layout, mark };
        assert_eq!(start.addr() % align, 0, "{size} bytes aligned to {align}");
        block.bytes().fill(mark);
        block
    }

    fn bytes(&mut self) -> &mut [u8] {
        // SAFETY: the arena gave that many bytes.
        unsafe { slice::from_raw_parts_mut(self.start, self.layout.size()) }
    }

    fn resize(&mut self, arena: &Arena, size: usize) {
        let kept = size.min(self.layout.size());
        // SAFETY: the block is the arena's, and the new size is not zero.
        self.start = unsafe { arena.realloc(self.start, self.layout, size) };
        self.layout = Layout::from_size_align(size, self.layout.align()).expect("a layout");
        let mark = self.mark;
        assert!(self.bytes()[..kept].iter().all(|byte| *byte == mark), "moved with its content");
        self.bytes().fill(mark);
    }
}

fn open() -> Box<Arena> {
    let arena = Box::new(Arena::new());
    // SAFETY: nothing was allocated, and the box stays where it is.
    unsafe { arena.open() };
    arena
}

#[test]
fn blocks_are_aligned_and_apart() {
    let arena = open();
    let mut blocks = Vec::new();
    for (round, mark) in (0..3000_usize).zip((0..251).cycle()) {
        let size = 1 + round * 37 % 301;
        blocks.push(Block::new(&arena, size, 1 << (round % 7), mark));
        if round % 5 == 0 {
            let index = round * 31 % blocks.len();
            blocks[index].resize(&arena, 1 + round % 997);
        }
    }
    for block in &mut blocks {
        let mark = block.mark;
        assert!(block.bytes().iter().all(|byte| *byte == mark));
    }
}

#[test]
fn the_last_block_grows_and_shrinks_in_place() {
    let arena = open();
    let mut first = Block::new(&arena, 100, 8, 1);
    let mut last = Block::new(&arena, 4096, 1, 2);
    let start = last.start;
    last.resize(&arena, 10);
    last.resize(&arena, 9000);
    assert_eq!(last.start, start);
    last.resize(&arena, 5);
    let next = Block::new(&arena, 1, 1, 3);
    assert_eq!(next.start, start.wrapping_add(5), "what was not needed is used again");
    first.resize(&arena, 200);
    assert!(first.start > next.start, "a block in the middle moves");
}

#[test]
fn what_is_larger_than_a_chunk_gets_one_of_its_own() {
    let arena = open();
    let mut small = Block::new(&arena, 1, 1, 1);
    let mut blocks: Vec<Block> = [250_000, 20_000, 3 << 20, 1_048_576, 100]
        .map(|size| Block::new(&arena, size, 16, 2))
        .into();
    blocks[3].resize(&arena, 5 << 20);
    assert_eq!(small.bytes(), [1]);
    assert!(blocks.iter_mut().all(|block| block.bytes().iter().all(|byte| *byte == 2)));
}

#[test]
fn an_arena_that_was_not_opened_asks_the_kernel() {
    let arena = Arena::new();
    assert_eq!(Block::new(&arena, 10, 16, 7).bytes(), [7; 10]);
}
