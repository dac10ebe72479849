use super::*;

/// A published record and the size of the tree at a published head.
const RECORD: u64 = 24_929_362;
const SIZE: u64 = 28_905_453;

#[test]
fn the_tiles_that_prove_a_published_record() {
    let mut node = Node { level: 0, index: RECORD };
    let mut paths = Vec::new();
    while let Some(tile) = Tile::of_node(node, SIZE) {
        paths.push(tile.to_string());
        node = tile.root();
    }
    // As `cmd/go` asks for them: up to one that is at the edge, and all at the edge.
    assert_eq!(paths, ["tile/8/0/x097/380", "tile/8/1/380", "tile/8/2/001.p/185"]);
    let edge: Vec<_> = Tile::edge(SIZE).map(|tile| tile.to_string()).collect();
    assert_eq!(
        edge,
        ["tile/8/3/000.p/1", "tile/8/2/001.p/185", "tile/8/1/441.p/15", "tile/8/0/x112/911.p/237"]
    );
}

#[test]
fn paths() {
    for (level, number, width, path) in [
        (0, 0, 256, "tile/8/0/000"),
        (4, 1_234_067, 1, "tile/8/4/x001/x234/067.p/1"),
        (4, 1_234_067, 256, "tile/8/4/x001/x234/067"),
        (0, 1000, 256, "tile/8/0/x001/000"),
        (0, 999, 255, "tile/8/0/999.p/255"),
    ] {
        assert_eq!(Tile { level, number, width }.to_string(), path);
    }
}

#[test]
fn a_tree_has_no_node_beyond_its_records() {
    for (level, index, size, there) in [
        (0, 4, 5, true),
        (0, 5, 5, false),
        (2, 0, 5, true),
        (2, 1, 5, false),
        (8, 0, 256, true),
        (8, 0, 255, false),
        (0, u64::MAX, u64::MAX, false),
        (63, 1, u64::MAX, false),
        (0, 0, 0, false),
    ] {
        assert_eq!(
            Tile::of_node(Node { level, index }, size).is_some(),
            there,
            "{level} {index} {size}"
        );
    }
}

#[test]
fn a_tile_is_exactly_as_long_as_it_is_wide() {
    let tile = Tile { level: 0, number: 0, width: 3 };
    for length in [0, 32, 95, 97, 128, 8192] {
        assert_eq!(Hashes::parse(tile, &vec![0; length]), None, "{length}");
    }
    let hashes = Hashes::parse(tile, &[7; 96]).expect("three hashes");
    let leaf = Hash([7; 32]);
    assert_eq!(hashes.node(Node { level: 0, index: 2 }), Some(leaf));
    assert_eq!(hashes.node(Node { level: 1, index: 0 }), Some(Hash::of_node(leaf, leaf)));
    assert_eq!(hashes.node(Node { level: 1, index: 1 }), None);
    assert_eq!(hashes.root(), None);
}
