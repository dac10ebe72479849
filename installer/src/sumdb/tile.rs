//! Tiles: how a checksum database serves its tree, 256 hashes at a time (`golang.org/x/mod/sumdb/tlog`,
//! <https://research.swtch.com/tlog#tiling_a_log>).
//!
//! Tile *n* of tile level *L* holds the hashes of the nodes 256·*n* … on tree level 8·*L*. At the right edge of a
//! tree there is one partial tile a level at most; those tiles alone give the root. Every full tile has its root as
//! one hash of a tile above it. So each tile is proved by the tree's head before any hash of it is used.

use std::collections::HashMap;
use std::fmt;

use super::tree::{Hash, Head, Node};

/// The height of all tiles.
const HEIGHT: u32 = 8;
/// The number of hashes in a full tile.
const FULL: u64 = 1 << HEIGHT;

/// The coordinates of a tile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Tile {
    level: u32,
    number: u64,
    width: u16,
}

impl Tile {
    /// The tile that holds a node in a tree of `size` records, as wide as it is there.
    ///
    /// None if the tree does not have the node.
    pub fn of_node(node: Node, size: u64) -> Option<Self> {
        let (level, within) = (node.level / HEIGHT, node.level % HEIGHT);
        let end = (node.index.checked_add(1)?).checked_mul(1 << within)?;
        let number = (end - 1) >> HEIGHT;
        let tile = Self::at(level, number, size)?;
        (end - (number << HEIGHT) <= u64::from(tile.width)).then_some(tile)
    }

    /// The tile at these coordinates in a tree of `size` records.
    fn at(level: u32, number: u64, size: u64) -> Option<Self> {
        let hashes = size.checked_shr(level * HEIGHT).unwrap_or(0);
        let width = hashes.checked_sub(number << HEIGHT)?.min(FULL);
        let width = u16::try_from(width).ok().filter(|width| *width > 0)?;
        Some(Self { level, number, width })
    }

    /// The partial tiles at the right edge of a tree, the highest first.
    fn edge(size: u64) -> impl Iterator<Item = Self> {
        (0..=u64::BITS / HEIGHT).rev().filter_map(move |level| {
            let hashes = size.checked_shr(level * HEIGHT).unwrap_or(0);
            Self::at(level, hashes >> HEIGHT, size)
        })
    }

    /// The full tile of which this is the beginning.
    #[must_use]
    pub fn full(self) -> Self {
        Self { width: 1 << HEIGHT, ..self }
    }

    /// Whether no further hash can be added to it.
    pub fn is_full(self) -> bool {
        u64::from(self.width) == FULL
    }

    /// Its size in bytes.
    pub fn size(self) -> usize {
        usize::from(self.width) * Hash::SIZE
    }

    /// The root of this full tile, as a node.
    fn root(self) -> Node {
        Node { level: (self.level + 1) * HEIGHT, index: self.number }
    }
}

impl fmt::Display for Tile {
    /// Its path below the database's address: `tile/8/0/x097/380`, `tile/8/3/000.p/1`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "tile/{HEIGHT}/{}/", self.level)?;
        let mut thousands = self.number / 1000;
        let mut directories = Vec::new();
        while thousands > 0 {
            directories.push(thousands % 1000);
            thousands /= 1000;
        }
        for directory in directories.iter().rev() {
            write!(formatter, "x{directory:03}/")?;
        }
        write!(formatter, "{:03}", self.number % 1000)?;
        if self.is_full() { Ok(()) } else { write!(formatter, ".p/{}", self.width) }
    }
}

/// What a tile holds; not yet proved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hashes(Vec<Hash>);

impl Hashes {
    /// Parses the content of a tile: exactly as many hashes as it is wide.
    pub fn parse(tile: Tile, content: &[u8]) -> Option<Self> {
        (content.len() == tile.size()).then(|| {
            let hashes = content.as_chunks::<{ Hash::SIZE }>().0;
            Self(hashes.iter().copied().map(Hash).collect())
        })
    }

    /// The hash of a node that this tile holds or covers.
    fn node(&self, node: Node) -> Option<Hash> {
        let within = node.level % HEIGHT;
        let first = usize::try_from((node.index << within) % FULL).ok()?;
        let mut hashes = self.0.get(first..first + (1 << within))?.to_vec();
        while let [_, _, ..] = hashes[..] {
            hashes = hashes.chunks(2).map(|pair| Hash::of_node(pair[0], pair[1])).collect();
        }
        hashes.first().copied()
    }

    /// The root of a full tile.
    fn root(&self) -> Option<Hash> {
        let (left, right) = (0, 1);
        let half = |index| self.node(Node { level: HEIGHT - 1, index });
        Some(Hash::of_node(half(left)?, half(right)?))
    }
}

/// Why a node's hash is not to be had.
#[derive(Debug)]
pub enum TileError<E> {
    /// The tile could not be read.
    Unread(E),
    /// The tile does not belong to the tree.
    Inconsistent(Tile),
    /// The tree does not have the node.
    Outside(Node),
}

/// The hashes of one tree, each proved by its head.
#[derive(Debug)]
pub struct ProvedTiles<R> {
    head: Head,
    read: R,
    proved: HashMap<Tile, Hashes>,
}

impl<E, R: FnMut(Tile) -> Result<Hashes, E>> ProvedTiles<R> {
    /// `read` fetches a tile.
    pub fn new(head: Head, read: R) -> Self {
        Self { head, read, proved: HashMap::new() }
    }

    /// The hash of a node.
    pub fn node(&mut self, node: Node) -> Result<Hash, TileError<E>> {
        let outside = || TileError::Outside(node);
        let tile = Tile::of_node(node, self.head.size).ok_or_else(outside)?;
        self.prove(tile)?;
        self.proved.get(&tile).and_then(|hashes| hashes.node(node)).ok_or_else(outside)
    }

    /// The root that a tree of the first `size` records has.
    pub fn root_at(&mut self, size: u64) -> Result<Hash, TileError<E>> {
        let peaks: Result<Vec<_>, _> = Head::peaks(size).map(|peak| self.node(peak)).collect();
        Ok(Head::root_of(&peaks?))
    }

    fn prove(&mut self, tile: Tile) -> Result<(), TileError<E>> {
        if self.proved.is_empty() {
            self.prove_edge()?;
        }
        // From this tile upwards to one that is proved, and down again.
        let mut path = vec![tile];
        while let Some(tile) = path.last().copied()
            && !self.proved.contains_key(&tile)
        {
            let above = Tile::of_node(tile.root(), self.head.size).filter(|_| tile.is_full());
            path.push(above.ok_or(TileError::Outside(tile.root()))?);
        }
        while let [.., below, above] = path[..] {
            let hashes = (self.read)(below).map_err(TileError::Unread)?;
            let expected = self.proved.get(&above).and_then(|above| above.node(below.root()));
            if hashes.root().is_none() || hashes.root() != expected {
                return Err(TileError::Inconsistent(below));
            }
            self.proved.insert(below, hashes);
            path.pop();
        }
        Ok(())
    }

    fn prove_edge(&mut self) -> Result<(), TileError<E>> {
        let mut edge = HashMap::new();
        for tile in Tile::edge(self.head.size) {
            edge.insert(tile, (self.read)(tile).map_err(TileError::Unread)?);
        }
        let peaks: Option<Vec<_>> = Head::peaks(self.head.size)
            .map(|peak| edge.get(&Tile::of_node(peak, self.head.size)?)?.node(peak))
            .collect();
        if peaks.is_none_or(|peaks| Head::root_of(&peaks) != self.head.root) {
            let lowest = Tile::edge(self.head.size).last();
            return Err(match lowest {
                Some(tile) => TileError::Inconsistent(tile),
                None => TileError::Outside(Node { level: 0, index: 0 }),
            });
        }
        self.proved = edge;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
