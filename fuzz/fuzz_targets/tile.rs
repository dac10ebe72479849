//! Tiles: whatever a server sends, no hash comes out of it that the tree's head does not prove.
#![no_main]

use installer::sumdb::tile::{Hashes, ProvedTiles, Tile, TileError};
use installer::sumdb::tree::{Hash, Head, Node};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (u64, u8, u64, Vec<u8>)| {
    let (size, level, index, content) = input;
    let node = Node { level: u32::from(level % 64), index };
    if let Some(tile) = Tile::of_node(node, size) {
        assert!((32..=8192).contains(&tile.size()) && tile.size() <= tile.full().size());
        assert!(tile.to_string().starts_with("tile/8/"));
        assert_eq!(Hashes::parse(tile, &content).is_some(), content.len() == tile.size());
    }
    // No tile of these bytes has this root: that would be a SHA-256 with 32 zeros.
    let head = Head { size, root: Hash([0; 32]) };
    let mut tiles = ProvedTiles::new(head, |tile: Tile| {
        let bytes: Vec<u8> = content.iter().copied().cycle().take(tile.size()).collect();
        Hashes::parse(tile, &bytes).ok_or(())
    });
    match tiles.node(node) {
        // The node above all records is the root itself.
        Ok(hash) => assert!(hash == head.root && size == 1 << node.level && index == 0),
        Err(TileError::Unread(()) | TileError::Inconsistent(_) | TileError::Outside(_)) => {}
    }
});
