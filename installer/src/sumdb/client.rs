//! Looks a module version up in a log, and believes nothing that its signed head does not prove
//! (`golang.org/x/mod/sumdb.Client`).

use super::Module;
use super::heads::Heads;
use super::note::{self, Verifier};
use super::tile::{Hashes, ProvedTiles, Tile, TileError};
use super::tree::{Hash, Head, Node, Record};
use crate::error::Error;

/// A record is two lines and a signed head.
const RECORD_LIMIT: u64 = 1 << 20;

/// Reads what the database serves.
pub(crate) trait Remote {
    /// The document at `path`, which has no slash before it; an error if it is larger than `limit` bytes.
    fn read(&self, path: &str, limit: u64) -> Result<Vec<u8>, Error>;
}

/// A reader of one log.
pub(crate) struct LogClient<'a, R> {
    pub(crate) verifier: &'a Verifier,
    pub(crate) heads: &'a Heads,
    pub(crate) remote: R,
}

/// A head with the note that signs it.
struct SignedHead {
    head: Head,
    note: Vec<u8>,
}

impl<R: Remote> LogClient<'_, R> {
    /// The hash of the zip file of a module version.
    ///
    /// When this returns, the record is proved to be in the log, the log to extend what was seen before, and the
    /// newest head is kept for the next time.
    pub(crate) fn lookup(&self, module: &Module<'_>) -> Result<String, Error> {
        let name = format!("{}@{}", module.path, module.version);
        let message = self.remote.read(&format!("lookup/{name}"), RECORD_LIMIT)?;
        let record = Record::parse(&message)
            .ok_or_else(|| self.misbehaves("the answer to a lookup is malformed", name.clone()))?;
        let answered = self.open(record.rest.to_vec()).map_err(|problem| {
            self.misbehaves("the answer to a lookup is not signed by it", problem)
        })?;
        loop {
            let seen = self.seen()?;
            self.check(&record, &answered, seen.as_ref())?;
            if seen.as_ref().is_some_and(|seen| seen.head.size >= answered.head.size) {
                break;
            }
            let seen = seen.as_ref().map(|seen| seen.note.as_slice());
            if self.heads.replace(seen, &answered.note)? {
                break;
            }
        }
        self.hash(&record, module)
    }

    /// Proves that the log is one that only grows, and that the record is in it.
    fn check(
        &self,
        record: &Record<'_>,
        answered: &SignedHead,
        seen: Option<&SignedHead>,
    ) -> Result<(), Error> {
        let seen = seen.unwrap_or(answered);
        let (older, newer) =
            if seen.head.size <= answered.head.size { (seen, answered) } else { (answered, seen) };
        let mut tiles = ProvedTiles::new(newer.head, |tile| self.tile(tile));
        let root = if older.head.size == newer.head.size {
            newer.head.root
        } else {
            tiles.root_at(older.head.size).map_err(|error| self.unproved(error))?
        };
        if root != older.head.root {
            return Err(self.forked(older, newer, root));
        }
        let leaf = Node { level: 0, index: record.number };
        let hash = tiles.node(leaf).map_err(|error| self.unproved(error))?;
        if hash != Hash::of_record(record.text.as_bytes()) {
            let what = format!("record {} has another content in the log", record.number);
            return Err(self.misbehaves("the answer to a lookup is not in its log", what));
        }
        Ok(())
    }

    fn tile(&self, tile: Tile) -> Result<Hashes, Error> {
        let read = |tile: Tile| self.remote.read(&tile.to_string(), tile.full().size() as u64);
        let content = match read(tile) {
            // A partial tile goes when the full one comes.
            Err(error) if !tile.is_full() => match read(tile.full()) {
                Ok(content) => content.get(..tile.size()).map(<[u8]>::to_vec).unwrap_or(content),
                Err(_) => return Err(error),
            },
            read => read?,
        };
        Hashes::parse(tile, &content).ok_or_else(|| {
            let sizes = format!("{tile} has {} bytes, not {}", content.len(), tile.size());
            self.misbehaves("a part of its log is truncated", sizes)
        })
    }

    fn seen(&self) -> Result<Option<SignedHead>, Error> {
        let Some(note) = self.heads.read()? else { return Ok(None) };
        self.open(note).map(Some).map_err(|problem| Error::Integrity {
            message: format!(
                "the tree head kept in {} is not signed by {}",
                self.heads.file().display(),
                self.verifier.name()
            ),
            cause: problem.into(),
        })
    }

    fn open(&self, note: Vec<u8>) -> Result<SignedHead, String> {
        let text = note::open(&note, self.verifier).map_err(|error| error.to_string())?;
        let head = Head::parse(text).ok_or("malformed tree note")?;
        Ok(SignedHead { head, note })
    }

    /// The hash that a proved record gives.
    fn hash(&self, record: &Record<'_>, module: &Module<'_>) -> Result<String, Error> {
        let line = format!("{} {}", module.path, module.version);
        let absent = |line: &str| Error::Integrity {
            message: format!(
                "SECURITY ERROR: the checksum database {} answers without the checksum asked for",
                self.verifier.name()
            ),
            cause: format!("its record {} has no line for {line}", record.number).into(),
        };
        let hash = record.hash_of(&line).ok_or_else(|| absent(&line))?;
        let go_mod = format!("{line}/go.mod");
        let go_mod_hash = record.hash_of(&go_mod).ok_or_else(|| absent(&go_mod))?;
        if go_mod_hash != module.go_mod {
            return Err(Error::Integrity {
                message: format!("SECURITY ERROR: {} has another go.mod", module.version),
                cause: format!(
                    "it is {}, and {} says {go_mod_hash}",
                    module.go_mod,
                    self.verifier.name()
                )
                .into(),
            });
        }
        Ok(hash.to_owned())
    }

    fn unproved(&self, error: TileError<Error>) -> Error {
        let what = match error {
            TileError::Unread(error) => return error,
            TileError::Inconsistent(tile) => format!("downloaded inconsistent tile {tile}"),
            TileError::Outside(node) => {
                format!("record {} is not in the tree", node.index << node.level)
            }
        };
        self.misbehaves("a part of its log does not belong to its signed head", what)
    }

    fn misbehaves(&self, what: &str, cause: impl Into<String>) -> Error {
        let name = self.verifier.name();
        Error::Integrity {
            message: format!("the checksum database {name} cannot be believed: {what}"),
            cause: cause.into().into(),
        }
    }

    /// The log was not extended but rewritten. Both signed notes together are the proof, for whoever runs it.
    fn forked(&self, older: &SignedHead, newer: &SignedHead, root: Hash) -> Error {
        let indented = |note: &[u8]| String::from_utf8_lossy(note).trim().replace('\n', "\n    ");
        Error::Integrity {
            message: format!(
                "SECURITY ERROR: go.sum database server misbehavior detected: {} has rewritten its log",
                self.verifier.name()
            ),
            cause: format!(
                "the smaller tree is not the beginning of the larger one, in which its root is {root}\n    {}\n\n    {}",
                indented(&older.note),
                indented(&newer.note)
            )
            .into(),
        }
    }
}
