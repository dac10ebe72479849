//! A record of a log with all that proves it, to be kept beside what it speaks of and believed without a network.
//!
//! The text is a `c2sp.org/tlog-proof@v1` (<https://c2sp.org/tlog-proof>) whose extra data is the record. Nothing in
//! it is believed before the log's signature and the way from the record to the signed root are checked: whoever
//! wrote the file may be a stranger. What it cannot show is that the log was not forked; that is checked when a
//! record is looked up, against the newest head seen.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::note::{self, Verifier};
use super::tree::{Hash, Head, Node, Record, parse_number};

/// The first line.
const FORMAT: &str = "c2sp.org/tlog-proof@v1";
/// A tree has fewer than 2⁶³ records.
const MAXIMUM_PATH: usize = 63;

/// A record, its place in a log, and the log's signed head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    record: String,
    number: u64,
    /// From the record's sibling up to the root's child (RFC 6962, section 2.1.1).
    path: Vec<Hash>,
    note: String,
}

/// Why a proof proves nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// Not the form of a proof.
    #[error("malformed proof")]
    Malformed,
    /// The head is not signed by the log.
    #[error("the head is not signed by the database: {0}")]
    Unsigned(#[from] note::NoteError),
    /// The record is not in the tree with this head.
    #[error("the record is not in the signed tree")]
    Outside,
}

impl Proof {
    /// A proof put together from what a log served; `path` as [`path`] gives it.
    pub(super) fn new(record: &Record<'_>, path: Vec<Hash>, note: &[u8]) -> Option<Self> {
        let note = String::from_utf8(note.to_vec()).ok()?;
        Some(Self { record: record.text.to_owned(), number: record.number, path, note })
    }

    /// Parses the text of a proof.
    pub fn parse(content: &[u8]) -> Result<Self, ProofError> {
        let malformed = || ProofError::Malformed;
        let text = std::str::from_utf8(content).map_err(|_| malformed())?;
        let (head, note) = text.split_once("\n\n").ok_or_else(malformed)?;
        let mut lines = head.split('\n');
        if lines.next() != Some(FORMAT) {
            return Err(malformed());
        }
        let mut field =
            |name| lines.next().and_then(|line| line.strip_prefix(name)).ok_or_else(malformed);
        let record = STANDARD.decode(field("extra ")?).map_err(|_| malformed())?;
        let record = String::from_utf8(record).map_err(|_| malformed())?;
        let number = parse_number(field("index ")?).ok_or_else(malformed)?;
        let path: Option<Vec<_>> = lines.map(Hash::parse).collect();
        let path = path.filter(|path| path.len() <= MAXIMUM_PATH).ok_or_else(malformed)?;
        Ok(Self { record, number, path, note: note.to_owned() })
    }

    /// The record, once the signature of `verifier`'s owner and the way to it are checked.
    pub fn verify(&self, verifier: &Verifier) -> Result<Record<'_>, ProofError> {
        let text = note::open(self.note.as_bytes(), verifier)?;
        let head = Head::parse(text).ok_or(ProofError::Malformed)?;
        let leaf = Hash::of_record(self.record.as_bytes());
        if root(leaf, self.number, head.size, &self.path) != Some(head.root) {
            return Err(ProofError::Outside);
        }
        Ok(Record { number: self.number, text: &self.record, rest: &[] })
    }
}

impl fmt::Display for Proof {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { record, number, path, note } = self;
        write!(formatter, "{FORMAT}\nextra {}\nindex {number}\n", STANDARD.encode(record))?;
        path.iter().try_for_each(|hash| writeln!(formatter, "{hash}"))?;
        write!(formatter, "\n{note}")
    }
}

/// The hashes beside the way from a record to the root of the first `size` records, the lowest first
/// (RFC 6962, section 2.1.1); `hash` tells that of a complete subtree.
pub(super) fn path<E>(
    number: u64,
    size: u64,
    mut hash: impl FnMut(Node) -> Result<Hash, E>,
) -> Result<Vec<Hash>, E> {
    let (mut first, mut end) = (0, size);
    let mut path = Vec::new();
    while end - first > 1 {
        let split = first + largest_power_below(end - first);
        let (beside, within) = if number < split {
            ((split, end), (first, split))
        } else {
            ((first, split), (split, end))
        };
        path.push(subtree(beside.0, beside.1, &mut hash)?);
        (first, end) = within;
    }
    path.reverse();
    Ok(path)
}

/// The hash over the records from `first` up to `end`.
fn subtree<E>(
    first: u64,
    end: u64,
    hash: &mut impl FnMut(Node) -> Result<Hash, E>,
) -> Result<Hash, E> {
    let count = end - first;
    if count.is_power_of_two() {
        let level = count.trailing_zeros();
        return hash(Node { level, index: first >> level });
    }
    let split = first + largest_power_below(count);
    let left = subtree(first, split, hash)?;
    Ok(Hash::of_node(left, subtree(split, end, hash)?))
}

/// The largest power of two that is less than `count`, which is at least 2.
fn largest_power_below(count: u64) -> u64 {
    count.next_power_of_two() >> 1
}

/// The root to which a path leads (RFC 9162, section 2.1.3.2).
fn root(leaf: Hash, number: u64, size: u64, path: &[Hash]) -> Option<Hash> {
    let (mut index, mut last) = (number, size.checked_sub(1)?);
    if index > last {
        return None;
    }
    let mut root = leaf;
    for beside in path {
        if last == 0 {
            return None;
        }
        if index & 1 == 1 || index == last {
            root = Hash::of_node(*beside, root);
            while index & 1 == 0 && index != 0 {
                (index, last) = (index >> 1, last >> 1);
            }
        } else {
            root = Hash::of_node(root, *beside);
        }
        (index, last) = (index >> 1, last >> 1);
    }
    (last == 0).then_some(root)
}

#[cfg(test)]
mod tests;
