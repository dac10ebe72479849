//! Archives on this machine: proved, and unpacked without a download.

use std::path::Path;

use resolver::version::ToolchainName;

use super::{Fetcher, files, modules, unproved};
use crate::download::Location;
use crate::downloads::{self, Candidate, Format};
use crate::error::Error;
use crate::unpack::tar::{self, FileHash};
use crate::unpack::{Cancellation, Job, empty};

/// The hash that an archive must have.
pub(super) enum Proved {
    /// Of a module zip, with the proof that is to be kept where it is new.
    Module { hash: String, proof: Option<String> },
    /// Of a release's file.
    File(FileHash),
}

impl Proved {
    /// As it is written, for a name.
    pub(super) fn hash(&self) -> String {
        match self {
            Self::Module { hash, .. } => hash.clone(),
            Self::File(hash) => files::written(*hash),
        }
    }
}

impl Fetcher {
    /// Unpacks the first archive in `directory` that is this release's; says whether there was one.
    ///
    /// What is there and is not that archive, or is not proved to be, is passed over.
    pub(super) fn unpack_one_of(
        &self,
        name: &ToolchainName,
        directory: &Path,
        tree: &Path,
    ) -> Result<bool, Error> {
        let mut unproved = Vec::new();
        for candidate in downloads::candidates(directory)? {
            if candidate.name != *name {
                continue;
            }
            match self.known_hash(&candidate)? {
                Some(proved) if self.try_in_place(&candidate, &proved, tree)? => return Ok(true),
                Some(_) => {}
                None => unproved.push(candidate),
            }
        }
        // Asked once for all of them: a directory may have very many.
        for format in Format::ALL {
            let mut candidates = unproved.iter().filter(|it| it.format == format).peekable();
            let Some(first) = candidates.peek() else { continue };
            match self.asked_hash(name, format) {
                Err(error) => self.pass_over(first, &unproved_archive(first, error)),
                Ok(proved) => {
                    for candidate in candidates {
                        if self.try_in_place(candidate, &proved, tree)? {
                            return Ok(true);
                        }
                    }
                }
            }
        }
        Ok(false)
    }

    fn try_in_place(
        &self,
        candidate: &Candidate,
        proved: &Proved,
        tree: &Path,
    ) -> Result<bool, Error> {
        if candidate.is_named_otherwise(&proved.hash()) {
            return Ok(false);
        }
        match self.unpack_in_place(candidate, proved, tree) {
            Ok(()) => Ok(true),
            // Only what is wrong with the archive: a full disk is one for the next, too.
            Err(Error::Io { path, action, source }) if path != candidate.path => {
                Err(Error::Io { path, action, source })
            }
            Err(error) => {
                self.pass_over(candidate, &error);
                empty(tree)?;
                Ok(false)
            }
        }
    }

    fn pass_over(&self, candidate: &Candidate, error: &Error) {
        self.connection.progress.passed_over(&candidate.path, error);
    }

    fn unpack_in_place(
        &self,
        candidate: &Candidate,
        proved: &Proved,
        tree: &Path,
    ) -> Result<(), Error> {
        let file = candidate.open()?;
        let cancellation = Cancellation::default();
        match proved {
            Proved::Module { hash, proof } => {
                let job = Job {
                    client: &self.connection.client,
                    location: &Location::File(candidate.path.clone()),
                    prefix: &modules::prefix(&candidate.name),
                    tree,
                    archive: &candidate.path,
                    progress: &(),
                    cancellation: &cancellation,
                };
                let unpacked = job.unpack_kept(file)?;
                self.modules.compare(&candidate.name, &unpacked, hash)?;
                if let Some(proof) = proof {
                    candidate.keep_proof(proof);
                }
            }
            Proved::File(hash) => {
                let job = tar::Job {
                    reader: Box::new(file),
                    copy: None,
                    tree,
                    progress: &(),
                    cancellation: &cancellation,
                };
                let unread =
                    |source| Error::Io { action: "read", path: candidate.path.clone(), source };
                let unpacked = tar::unpack(job, &unread)?;
                let archive = candidate.path.display().to_string();
                files::compare(&candidate.name, &archive, unpacked, *hash)?;
            }
        }
        Ok(())
    }

    /// The hash that an archive must have: by what is known on this machine, else by asking those who know.
    pub(super) fn proved_hash(&self, candidate: &Candidate) -> Result<Proved, Error> {
        match self.known_hash(candidate)? {
            Some(known) => Ok(known),
            None => self
                .asked_hash(&candidate.name, candidate.format)
                .map_err(|error| unproved_archive(candidate, error)),
        }
    }

    fn known_hash(&self, candidate: &Candidate) -> Result<Option<Proved>, Error> {
        let name = &candidate.name;
        Ok(match candidate.format {
            // A proof that proves nothing is as good as none: whoever wrote it may be anybody.
            Format::ModuleZip => candidate
                .proof()
                .and_then(|proof| self.modules.proved(&proof, name).ok())
                .map(|hash| Proved::Module { hash, proof: None }),
            Format::TarGz => self.files.known_hash(name)?.map(Proved::File),
        })
    }

    fn asked_hash(&self, name: &ToolchainName, format: Format) -> Result<Proved, Error> {
        match format {
            Format::ModuleZip => {
                self.modules.allow()?;
                let published = self.modules.published(&self.connection, name)?;
                let proof = Some(published.proof.to_string());
                Ok(Proved::Module { hash: published.hash, proof })
            }
            Format::TarGz => {
                self.allow()?;
                self.files.hash(&self.connection, name).map(Proved::File)
            }
        }
    }
}

fn unproved_archive(candidate: &Candidate, error: Error) -> Error {
    unproved(candidate.path.display().to_string(), error)
}
