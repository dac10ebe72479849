//! Proofs from tiles, against a log that was made by the definition.

use std::convert::Infallible;
use std::sync::LazyLock;

use installer::sumdb::tile::{Hashes, ProvedTiles, Tile, TileError};
use installer::sumdb::tree::{Hash, Head, Node};
use proptest::prelude::*;

use crate::log::Log;

fn head(log: &Log, size: usize) -> Head {
    Head { size: size as u64, root: Hash(log.root(size)) }
}

/// Reads from a log; `change` may spoil a tile.
fn tiles(
    log: &Log,
    head: Head,
    change: impl Fn(Tile, &mut Vec<u8>),
) -> ProvedTiles<impl FnMut(Tile) -> Result<Hashes, Infallible>> {
    ProvedTiles::new(head, move |tile: Tile| {
        let mut content = log.serve(&tile.to_string()).expect("a tile that a log of this size has");
        change(tile, &mut content);
        Ok(Hashes::parse(tile, &content).expect("as wide as asked for"))
    })
}

fn log() -> &'static Log {
    static LOG: LazyLock<Log> = LazyLock::new(|| {
        let mut log = Log::new("sum.test");
        log.fill(66_000);
        log
    });
    &LOG
}

#[test]
fn every_record_and_every_earlier_tree() {
    let log = log();
    // About every power of 256, where tiles begin and end.
    let sizes = [1, 2, 3, 255, 256, 257, 511, 512, 700, 65_535, 65_536, 65_537, 65_792, 66_000];
    for size in sizes {
        let mut proved = tiles(log, head(log, size), |_, _| {});
        for record in sizes.iter().map(|size| size - 1).filter(|record| *record < size) {
            let node = Node { level: 0, index: record as u64 };
            assert_eq!(proved.node(node).expect("proved"), Hash(log.root_of_record(record)));
        }
        let node = Node { level: 0, index: size as u64 };
        assert!(matches!(proved.node(node), Err(TileError::Outside(_))), "{size}");
        for earlier in sizes.into_iter().filter(|earlier| *earlier <= size) {
            let root = proved.root_at(earlier as u64).expect("proved");
            assert_eq!(root, Hash(log.root(earlier)), "{earlier} in {size}");
        }
    }
}

#[test]
fn any_changed_byte_of_any_tile_used_is_noticed() {
    let log = log();
    let node = Node { level: 0, index: 300 };
    let head = head(log, 66_000);
    for path in [
        "tile/8/0/001",
        "tile/8/0/257.p/208",
        "tile/8/1/000",
        "tile/8/1/001.p/1",
        "tile/8/2/000.p/1",
    ] {
        for byte in [0, 31, 32] {
            let mut spoiled = tiles(log, head, |tile, content| {
                if tile.to_string() == path
                    && let Some(byte) = content.get_mut(byte)
                {
                    *byte ^= 1;
                }
            });
            let one_hash = path.ends_with("/1") && byte == 32;
            assert_eq!(spoiled.node(node).is_ok(), one_hash, "{path} {byte}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn of_any_size(size in 1_usize..1500, part: prop::sample::Index) {
        let mut log = Log::new("sum.test");
        log.fill(size);
        let mut proved = tiles(&log, head(&log, size), |_, _| {});
        let earlier = part.index(size);
        prop_assert_eq!(proved.root_at(earlier as u64).expect("proved"), Hash(log.root(earlier)));
        let record = Node { level: 0, index: earlier as u64 };
        prop_assert_eq!(proved.node(record).expect("proved"), Hash(log.root_of_record(earlier)));
    }
}
