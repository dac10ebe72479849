//! The Merkle tree of a log: its hashes, its signed head, and its records (RFC 6962, `golang.org/x/mod/sumdb/tlog`).

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{Context, SHA256, digest};

/// The hash of a record or of a node.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Hash(pub [u8; 32]);

impl Hash {
    /// Its size in bytes.
    pub const SIZE: usize = 32;

    /// The root of a tree without records: the hash of nothing (RFC 6962, section 2.1).
    pub fn empty() -> Self {
        Self::from(digest(&SHA256, b""))
    }

    /// The hash of a record.
    pub fn of_record(text: &[u8]) -> Self {
        let mut context = Context::new(&SHA256);
        context.update(&[0]);
        context.update(text);
        Self::from(context.finish())
    }

    /// The hash of a node with these two below it.
    pub fn of_node(left: Self, right: Self) -> Self {
        let mut content = [1; 1 + 2 * Self::SIZE];
        content[1..=Self::SIZE].copy_from_slice(&left.0);
        content[1 + Self::SIZE..].copy_from_slice(&right.0);
        Self::from(digest(&SHA256, &content))
    }

    /// Parses base64.
    pub fn parse(text: &str) -> Option<Self> {
        STANDARD.decode(text).ok()?.try_into().ok().map(Self)
    }
}

impl From<ring::digest::Digest> for Hash {
    fn from(digest: ring::digest::Digest) -> Self {
        let mut hash = [0; Self::SIZE];
        hash.copy_from_slice(digest.as_ref());
        Self(hash)
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&STANDARD.encode(self.0))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

/// The head of a tree: how many records there are, and the hash of them all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// The number of records.
    pub size: u64,
    /// The root's hash.
    pub root: Hash,
}

impl Head {
    /// Parses the text of a signed note; lines after the third are for later extensions.
    pub fn parse(text: &str) -> Option<Self> {
        let mut lines = text.strip_prefix("go.sum database tree\n")?.split('\n');
        let (size, root, _) = (lines.next()?, lines.next()?, lines.next()?);
        Some(Self { size: parse_number(size)?, root: Hash::parse(root)? })
    }

    /// The complete subtrees that a tree of `size` records is made of, the largest and leftmost first.
    pub fn peaks(size: u64) -> impl Iterator<Item = Node> {
        (0..u64::BITS)
            .rev()
            .filter(move |level| size >> level & 1 == 1)
            .map(move |level| Node { level, index: (size >> level) - 1 })
    }

    /// The root of the tree that is made of these subtrees, in the order of [`peaks`](Self::peaks).
    pub fn root_of(peaks: &[Hash]) -> Hash {
        let mut peaks = peaks.iter().rev().copied();
        match peaks.next() {
            Some(last) => peaks.fold(last, |right, left| Hash::of_node(left, right)),
            None => Hash::empty(),
        }
    }
}

/// A node of the tree: the root of the complete subtree over the records from `index << level`, `1 << level` of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Node {
    /// How far above the records.
    pub level: u32,
    /// How many nodes are left of it on this level.
    pub index: u64,
}

/// A record as a lookup answers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    /// Its number in the log.
    pub number: u64,
    /// Its text, the last line end included: lines as in go.sum.
    pub text: &'a str,
    /// What follows: a signed tree head.
    pub rest: &'a [u8],
}

impl<'a> Record<'a> {
    /// Parses the number, the text and the empty line after it.
    pub fn parse(message: &'a [u8]) -> Option<Self> {
        let line = message.iter().position(|byte| *byte == b'\n')?;
        let number = parse_number(std::str::from_utf8(&message[..line]).ok()?)?;
        let message = &message[line + 1..];
        let end = message.windows(2).position(|pair| pair == b"\n\n")?;
        let text = std::str::from_utf8(&message[..=end]).ok()?;
        let well_formed =
            !text.starts_with('\n') && text.bytes().all(|byte| byte >= b' ' || byte == b'\n');
        well_formed.then_some(Self { number, text, rest: &message[end + 2..] })
    }

    /// The hash that the record's go.sum line gives for a module, `golang.org/toolchain v0.0.1-go1.22.3.linux-amd64`.
    ///
    /// None if there is no such line, and none if there are two that differ.
    pub fn hash_of(&self, module: &str) -> Option<&'a str> {
        let mut hashes = self.text.split('\n').filter_map(|line| {
            let hash = line.strip_prefix(module)?.strip_prefix(' ')?;
            hash.starts_with("h1:").then_some(hash)
        });
        let first = hashes.next()?;
        hashes.all(|other| other == first).then_some(first)
    }
}

/// A number as Go writes it, less than 2⁶³.
pub(super) fn parse_number(text: &str) -> Option<u64> {
    let number = text.parse::<u64>().ok().filter(|number| i64::try_from(*number).is_ok())?;
    (number.to_string() == text).then_some(number)
}

#[cfg(test)]
mod tests;
