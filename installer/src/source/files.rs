//! Releases as files: the tar.gz of the Go project's downloads, from there or from a mirror of them.
//!
//! A mirror serves bytes and nothing else. What their hash must be is said by the official index or by a table of what
//! it said before: the one that gowr is built with, or the one it keeps.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use resolver::version::ToolchainName;

use super::{Connection, unproved, unpublished};
use crate::atomic::{self, NewFile};
use crate::download::{Location, Span, read_error, unless_replaced};
use crate::downloads::Format;
use crate::error::{During, Error};
use crate::install::Fetched;
use crate::services;
use crate::store::{create_directory, platform};
use crate::unpack::tar::{self, FileHash};
use crate::unpack::{Cancellation, empty};

mod checksums;
pub(crate) mod index;

use checksums::Checksums;
use index::Index;

/// The index has 2 MB.
const INDEX_LIMIT: u64 = 32 << 20;

/// What is known of all releases' files.
pub(super) struct Files {
    /// Where the checksums of the official index are kept.
    kept: PathBuf,
}

impl Files {
    pub(super) fn new(kept: PathBuf) -> Self {
        Self { kept }
    }

    /// All releases for this platform, oldest first.
    pub(super) fn versions(&self, connection: &Connection) -> Result<Vec<ToolchainName>, Error> {
        Ok(self.index(connection)?.versions())
    }

    /// The hash of a release's file, if it is known without asking anybody.
    pub(super) fn known_hash(&self, name: &ToolchainName) -> Result<Option<FileHash>, Error> {
        let file = file_name(name);
        if let Some(hash) = Checksums::bundled().find(&file) {
            return Ok(Some(hash));
        }
        let kept = match fs::read(&self.kept) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            kept => kept.during("read", &self.kept)?,
        };
        Ok(Checksums::new(&String::from_utf8_lossy(&kept)).find(&file))
    }

    /// The hash that the Go project gives for a release's file.
    pub(super) fn hash(
        &self,
        connection: &Connection,
        name: &ToolchainName,
    ) -> Result<FileHash, Error> {
        match self.known_hash(name)? {
            Some(hash) => Ok(hash),
            None => self
                .index(connection)
                .and_then(|index| index.hash(name))
                .map_err(|error| unproved(file_name(name), error)),
        }
    }

    /// Fetches a release's file from below `base`, unpacks and verifies it.
    pub(super) fn fetch(
        &self,
        connection: &Connection,
        base: &Location,
        name: &ToolchainName,
        tree: &Path,
        archive: &Path,
    ) -> Result<Fetched, Error> {
        let expected = self.hash(connection, name)?;
        let location = base.join(&file_name(name));
        let mut is_first = true;
        let unpacked = unless_replaced(|| {
            if !std::mem::take(&mut is_first) {
                empty(tree)?;
            }
            let download = connection.client.download(&location, tar::MAXIMUM_SIZE)?;
            let copy = fs::File::options().write(true).truncate(true).open(archive);
            let copy = copy.during("write", archive)?;
            connection.progress.start(match download.span() {
                Span::Whole(length) => length,
                Span::Part { total, .. } => Some(total),
            });
            let job = tar::Job {
                reader: Box::new(download),
                copy: Some((copy, archive)),
                tree,
                progress: &*connection.progress,
                cancellation: &Cancellation::default(),
            };
            let unpacked = tar::unpack(job, &|error| read_error(&location, error));
            connection.progress.finish();
            unpacked
        });
        let unpacked = unpacked.map_err(|error| unpublished(error, name))?;
        compare(name, &location.to_string(), unpacked, expected)?;
        Ok(Fetched { hash: written(expected), format: Format::TarGz, proof: None })
    }

    /// Reads the official index, and keeps what it says.
    fn index(&self, connection: &Connection) -> Result<Index, Error> {
        let read = |address| {
            let location = Location::parse(address).expect("the address of a public service");
            let content = connection.client.document(&location, INDEX_LIMIT)?;
            Index::parse(&content).map_err(|problem| Error::Network {
                location: location.to_string(),
                cause: problem.into(),
            })
        };
        let index = read(services::DOWNLOADS_INDEX)
            .or_else(|error| read(services::DOWNLOADS_INDEX_ALIAS).map_err(|_| error))?;
        self.keep(&index);
        Ok(index)
    }

    /// Best effort: without it the index is read again.
    fn keep(&self, index: &Index) {
        let Some(directory) = self.kept.parent() else { return };
        let _ = create_directory(directory).and_then(|()| {
            atomic::replace_file(&self.kept, index.checksums().as_bytes(), NewFile::Plain)
        });
    }
}

/// `go1.22.10.linux-amd64.tar.gz`
fn file_name(name: &ToolchainName) -> String {
    format!("{name}.{}.{}", platform(), Format::TarGz.extension())
}

/// A hash as it is written: `sha256:` and hexadecimal digits.
pub(super) fn written(hash: FileHash) -> String {
    format!("sha256:{}", checksums::hexadecimal(hash))
}

/// An error unless an archive is what the Go project published.
pub(super) fn compare(
    name: &ToolchainName,
    archive: &str,
    unpacked: FileHash,
    published: FileHash,
) -> Result<(), Error> {
    if unpacked == published {
        return Ok(());
    }
    Err(Error::Integrity {
        message: format!(
            "SECURITY ERROR: {name} does not match the Go project's checksum: checksum mismatch"
        ),
        cause: format!(
            "{archive} has {}, and not {}: the bits may have been replaced on the server, or an \
             attacker may have intercepted the download",
            written(unpacked),
            written(published)
        )
        .into(),
    })
}
