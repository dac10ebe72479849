//! `--from`: a file, or a directory of files, that somebody brought to this machine.

use std::path::{Path, PathBuf};

use resolver::version::ToolchainName;

use super::kept::Proved;
use super::{Fetcher, files, modules};
use crate::download::Location;
use crate::downloads::{self, Candidate};
use crate::error::{During, Error};
use crate::install::{Fetched, Source};
use crate::store::platform;
use crate::unpack::{self, Cancellation, empty, tar};

/// Archives on this machine as a source. They are checked as all others are.
pub struct LocalArchives<'a> {
    fetcher: &'a Fetcher,
    path: PathBuf,
    candidates: Vec<Candidate>,
}

impl<'a> LocalArchives<'a> {
    /// The archives that `path` is, or has in it. `name` says which release a file is, where its name does not.
    pub fn new(
        fetcher: &'a Fetcher,
        path: &Path,
        name: Option<ToolchainName>,
    ) -> Result<Self, Error> {
        let metadata = path.metadata().during("read", path)?;
        let candidates = if metadata.is_dir() {
            if path.join("pkg/tool").is_dir() {
                return Err(Error::Refused {
                    message: format!(
                        "{} is an unpacked Go: there is no archive to check",
                        path.display()
                    ),
                    fix: Some(format!("gowr adopt {}", quoted(path))),
                });
            }
            downloads::candidates(path)?
        } else {
            vec![file(path, name)?]
        };
        if candidates.is_empty() {
            return Err(Error::Refused {
                message: format!(
                    "there is no archive of Go for {} in {}",
                    platform(),
                    path.display()
                ),
                fix: Some(format!("ls {}", quoted(path))),
            });
        }
        Ok(Self { fetcher, path: path.to_path_buf(), candidates })
    }

    /// The release, where there is only one.
    pub fn only_release(&self) -> Option<ToolchainName> {
        let first = self.candidates.first()?.name;
        self.candidates.iter().all(|candidate| candidate.name == first).then_some(first)
    }

    fn fetch_one(
        &self,
        candidate: &Candidate,
        tree: &Path,
        archive: &Path,
    ) -> Result<Fetched, Error> {
        let Candidate { name, path, format, .. } = candidate;
        let connection = &self.fetcher.connection;
        let proved = self.fetcher.proved_hash(candidate)?;
        let (hash, cancellation) = (proved.hash(), Cancellation::default());
        match proved {
            Proved::Module { proof, .. } => {
                let location = Location::File(std::path::absolute(path).during("find", path)?);
                let unpacked = unpack::fetch(&unpack::Job {
                    client: &connection.client,
                    location: &location,
                    prefix: &modules::prefix(name),
                    tree,
                    archive,
                    progress: &(),
                    cancellation: &cancellation,
                })?;
                self.fetcher.modules.compare(name, &unpacked, &hash)?;
                let beside = || Some(String::from_utf8_lossy(&candidate.proof()?).into_owned());
                Ok(Fetched { hash, format: *format, proof: proof.or_else(beside) })
            }
            Proved::File(expected) => {
                let copy = std::fs::File::options().write(true).truncate(true).open(archive);
                let unread = |source| Error::Io { action: "read", path: path.clone(), source };
                let unpacked = tar::unpack(
                    tar::Job {
                        reader: Box::new(candidate.open()?),
                        copy: Some((copy.during("write", archive)?, archive)),
                        tree,
                        progress: &(),
                        cancellation: &cancellation,
                    },
                    &unread,
                )?;
                files::compare(name, &path.display().to_string(), unpacked, expected)?;
                Ok(Fetched { hash, format: *format, proof: None })
            }
        }
    }
}

impl Source for LocalArchives<'_> {
    fn versions(&self) -> Result<Vec<ToolchainName>, Error> {
        Ok(self.candidates.iter().map(|candidate| candidate.name).collect())
    }

    /// From the first archive that is this release's. If none is, the first one's error says why.
    fn fetch(&self, name: &ToolchainName, tree: &Path, archive: &Path) -> Result<Fetched, Error> {
        let mut first = None;
        for candidate in self.candidates.iter().filter(|candidate| candidate.name == *name) {
            empty(tree)?;
            match self.fetch_one(candidate, tree, archive) {
                Ok(fetched) => return Ok(fetched),
                Err(error) => _ = first.get_or_insert(error),
            }
        }
        Err(first.unwrap_or_else(|| Error::NotPublished {
            name: *name,
            platform: platform(),
            cause: format!("there is no archive of it in {}", self.path.display()).into(),
        }))
    }
}

fn file(path: &Path, name: Option<ToolchainName>) -> Result<Candidate, Error> {
    let refused = |problem: &str, fix| Error::Refused {
        message: format!("{} {problem}", path.display()),
        fix: Some(fix),
    };
    let named = Candidate::by_name(path.to_path_buf());
    if let (Some(named), Some(asked)) = (&named, name)
        && named.name != asked
    {
        let problem = format!("is named as {}, not as {asked}", named.name);
        return Err(refused(&problem, format!("gowr install --from {}", quoted(path))));
    }
    let Some(name) = name.or(named.map(|named| named.name)) else {
        let problem = "does not have the name of a release's archive for this machine";
        return Err(refused(problem, format!("gowr install VERSION --from {}", quoted(path))));
    };
    Candidate::by_content(path.to_path_buf(), name)?.ok_or_else(|| {
        refused("is neither a module zip nor a tar.gz", format!("file {}", quoted(path)))
    })
}

fn quoted(path: &Path) -> String {
    use std::os::unix::ffi::OsStrExt;
    resolver::path::shell_quoted(path.as_os_str().as_bytes())
}
