//! Looks a module version up in a log, and believes nothing that its signed head does not prove
//! (`golang.org/x/mod/sumdb.Client`).

use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use super::heads::Heads;
use super::note::{self, Verifier};
use super::proof::{self, Proof};
use super::tile::{Hashes, ProvedTiles, Tile, TileError};
use super::tree::{Hash, Head, Node, Record};
use super::{Module, Published};
use crate::error::Error;

/// A record is two lines and a signed head.
const RECORD_LIMIT: u64 = 1 << 20;

/// Reads what the database serves.
pub(crate) trait Remote {
    /// The document at `path`, which has no slash before it; an error if it is larger than `limit` bytes.
    fn read(&self, path: &str, limit: u64) -> Result<Vec<u8>, Error>;

    /// The command that mends it when what is read here cannot be believed, or shows it.
    fn fix(&self) -> Option<String>;
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
    pub(crate) fn lookup(&self, module: &Module<'_>) -> Result<Published, Error> {
        let name = format!("{}@{}", module.path, module.version);
        let message = self.remote.read(&format!("lookup/{name}"), RECORD_LIMIT)?;
        let record = Record::parse(&message)
            .ok_or_else(|| self.misbehaves("the answer to a lookup is malformed", name.clone()))?;
        let answered = self.open(record.rest.to_vec()).map_err(|problem| {
            self.misbehaves("the answer to a lookup is not signed by it", problem)
        })?;
        let proof = loop {
            let seen = self.seen()?;
            let proof = self.check(&record, &answered, seen.as_ref())?;
            if seen.as_ref().is_some_and(|seen| seen.head.size >= answered.head.size) {
                break proof;
            }
            let seen = seen.as_ref().map(|seen| seen.note.as_slice());
            if self.heads.replace(seen, &answered.note)? {
                break proof;
            }
        };
        Ok(Published { hash: hash(self.verifier.name(), &record, module)?, proof })
    }

    /// Proves that the log is one that only grows, and that the record is in it.
    fn check(
        &self,
        record: &Record<'_>,
        answered: &SignedHead,
        seen: Option<&SignedHead>,
    ) -> Result<Proof, Error> {
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
        // All of it is in tiles that are proved by now.
        let path = proof::path(record.number, newer.head.size, |node| tiles.node(node))
            .map_err(|error| self.unproved(error))?;
        Proof::new(record, path, &newer.note)
            .ok_or_else(|| self.misbehaves("its head is malformed", "it is not UTF-8"))
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
        self.open(note).map(Some).map_err(|problem| {
            let (file, name) = (self.heads.file(), self.verifier.name());
            Error::Misbehavior {
                message: format!("the tree head that is kept of {name} is not signed by it"),
                cause: format!("{}: {problem}", file.display()).into(),
                fix: Some(format!("rm {}", quoted(file))),
            }
        })
    }

    fn open(&self, note: Vec<u8>) -> Result<SignedHead, String> {
        let text = note::open(&note, self.verifier).map_err(|error| error.to_string())?;
        let head = Head::parse(text).ok_or("malformed tree note")?;
        Ok(SignedHead { head, note })
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
        Error::Misbehavior {
            message: format!("the checksum database {name} cannot be believed: {what}"),
            cause: cause.into().into(),
            fix: self.remote.fix(),
        }
    }

    /// The log was not extended but rewritten. Both signed heads together are the proof, and are kept.
    fn forked(&self, older: &SignedHead, newer: &SignedHead, root: Hash) -> Error {
        let name = self.verifier.name();
        let (small, large) = (older.head.size, newer.head.size);
        let proof = format!(
            "The checksum database {name} has signed two trees that cannot both be its log: the one of {small} \
             records is not the beginning of the one of {large}, in which the root over {small} records is {root}. \
             Whoever runs it should see this.\n\n{}\n{}",
            String::from_utf8_lossy(&older.note),
            String::from_utf8_lossy(&newer.note)
        );
        let kept = self.heads.keep_proof(proof.as_bytes());
        Error::Misbehavior {
            message: format!(
                "go.sum database server misbehavior detected: {name} has rewritten its log"
            ),
            cause: format!("its tree of {small} records is not the beginning of that of {large}")
                .into(),
            fix: Some(match &kept {
                Ok(file) => format!("cat {}", quoted(file)),
                Err(_) => format!("cat {}", quoted(self.heads.file())),
            }),
        }
    }
}

fn quoted(path: &Path) -> String {
    resolver::path::shell_quoted(path.as_os_str().as_bytes())
}

/// The hash that a proved record of the database `name` gives for a module version's zip file.
pub(super) fn hash(name: &str, record: &Record<'_>, module: &Module<'_>) -> Result<String, Error> {
    let line = format!("{} {}", module.path, module.version);
    let absent = |line: &str| Error::Misbehavior {
        message: format!("the checksum database {name} answers without the checksum asked for"),
        cause: format!("its record {} has no line for {line}", record.number).into(),
        fix: None,
    };
    let hash = record.hash_of(&line).ok_or_else(|| absent(&line))?;
    let go_mod = format!("{line}/go.mod");
    let go_mod_hash = record.hash_of(&go_mod).ok_or_else(|| absent(&go_mod))?;
    if go_mod_hash != module.go_mod {
        return Err(Error::Misbehavior {
            message: format!("{} has another go.mod", module.version),
            cause: format!("it is {}, and {name} says {go_mod_hash}", module.go_mod).into(),
            fix: None,
        });
    }
    Ok(hash.to_owned())
}
