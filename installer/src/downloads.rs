//! Archives on this machine: what they are called, and where they are kept.
//!
//! A kept archive has the release in its name for people, and its hash for whoever looks for exactly that one:
//! `go1.22.10.linux-amd64.h1-47DEQp….zip`, `go1.22.10.linux-amd64.sha256-9820e5….tar.gz`. The proof of a module zip's
//! hash lies beside it, as `….tlog-proof`. The directory may be shared with others: neither a name nor a file in it
//! is believed; see [`crate::source`] for what is.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use nix::fcntl::OFlag;
use resolver::version::ToolchainName;

use crate::atomic::{self, NewFile};
use crate::error::{During, Error};
use crate::source::goproxy::VERSION_PREFIX;
use crate::store::{names, platform};

/// Larger than any proof.
pub(crate) const PROOF_LIMIT: u64 = 64 << 10;

/// The kinds of archives that releases come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A version of the module `golang.org/toolchain`.
    ModuleZip,
    /// The file of the Go project's downloads.
    TarGz,
}

impl Format {
    pub(crate) const ALL: [Self; 2] = [Self::ModuleZip, Self::TarGz];

    /// What the archive's name ends with.
    pub fn extension(self) -> &'static str {
        match self {
            Self::ModuleZip => "zip",
            Self::TarGz => "tar.gz",
        }
    }

    /// The format of a file by its first bytes.
    fn of_content(path: &Path) -> Result<Option<Self>, Error> {
        let mut magic = Vec::new();
        open(path)?.take(4).read_to_end(&mut magic).during("read", path)?;
        Ok(match magic.as_slice() {
            [b'P', b'K', ..] => Some(Self::ModuleZip),
            [0x1f, 0x8b, ..] => Some(Self::TarGz),
            _ => None,
        })
    }
}

/// A file that says it is a release's archive for this machine. Nothing about it is proved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The release it is said to be.
    pub name: ToolchainName,
    /// Its format.
    pub format: Format,
    /// The file.
    pub path: PathBuf,
    /// The hash in its name, if there is one, as [`archive_name`] writes it.
    hash: Option<String>,
}

impl Candidate {
    /// A file by its name: one that gowr kept, one of the Go project's downloads, or a file of a module proxy or of the
    /// module cache.
    pub fn by_name(path: PathBuf) -> Option<Self> {
        let name = path.file_name().and_then(OsStr::to_str)?;
        let (format, stem) = Format::ALL.into_iter().find_map(|format| {
            Some((format, name.strip_suffix(format.extension())?.strip_suffix('.')?))
        })?;
        let in_proxy = stem.strip_prefix(VERSION_PREFIX).filter(|_| format == Format::ModuleZip);
        let (name, rest) = in_proxy.unwrap_or(stem).split_once(&platform())?;
        let hash = rest.strip_prefix('.').map(str::to_owned);
        if hash.is_none() && !rest.is_empty() || hash.is_some() && in_proxy.is_some() {
            return None;
        }
        let name = ToolchainName::parse(name.strip_suffix('.')?).filter(|it| !it.has_suffix())?;
        Some(Self { name, format, path, hash })
    }

    /// A file by its first bytes, said by somebody to be this release.
    pub fn by_content(path: PathBuf, name: ToolchainName) -> Result<Option<Self>, Error> {
        let format = Format::of_content(&path)?;
        Ok(format.map(|format| Self { name, format, path, hash: None }))
    }

    /// Whether its name speaks of another hash than this one.
    pub(crate) fn is_named_otherwise(&self, hash: &str) -> bool {
        self.hash.as_ref().is_some_and(|named| *named != in_file_name(hash))
    }

    /// Whether gowr put it there: its hash is in its name.
    pub(crate) fn is_kept(&self) -> bool {
        let is_hash = |hash: &String| ["h1-", "sha256-"].iter().any(|it| hash.starts_with(it));
        self.hash.as_ref().is_some_and(is_hash)
    }

    /// Opens the archive.
    pub(crate) fn open(&self) -> Result<File, Error> {
        open(&self.path)
    }

    /// The content of the proof beside it, if there is one.
    pub(crate) fn proof(&self) -> Option<Vec<u8>> {
        let mut content = Vec::new();
        open(&self.proof_path()).ok()?.take(PROOF_LIMIT).read_to_end(&mut content).ok()?;
        Some(content)
    }

    /// Lays a proof beside it. Best effort: without it the checksum database is asked again.
    pub(crate) fn keep_proof(&self, proof: &str) {
        let _ = atomic::replace_file(&self.proof_path(), proof.as_bytes(), NewFile::Plain);
    }

    pub(crate) fn proof_path(&self) -> PathBuf {
        self.path.with_extension(PROOF_EXTENSION)
    }
}

/// What the name of a proof ends with (<https://c2sp.org/tlog-proof>).
pub(crate) const PROOF_EXTENSION: &str = "tlog-proof";

/// The archives in a directory, of all releases; none where there is no directory.
pub fn candidates(directory: &Path) -> Result<Vec<Candidate>, Error> {
    let mut names = names(directory)?;
    // The order of a directory is not one.
    names.sort_unstable();
    Ok(names.into_iter().filter_map(|name| Candidate::by_name(directory.join(name))).collect())
}

/// Opens a file that a stranger may have put there: never waits for one that is a pipe.
pub(crate) fn open(path: &Path) -> Result<File, Error> {
    let open = || {
        let file = File::options().read(true).custom_flags(OFlag::O_NONBLOCK.bits()).open(path)?;
        if file.metadata()?.is_file() {
            return Ok(file);
        }
        Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file"))
    };
    open().during("read", path)
}

/// `go1.22.10.linux-amd64.h1-47DEQp….zip`: the name under which an archive is kept.
pub(crate) fn archive_name(name: &ToolchainName, hash: &str, format: Format) -> String {
    format!("{}.{}", stem(name, hash), format.extension())
}

/// The name of the proof of a kept archive's hash.
pub(crate) fn proof_name(name: &ToolchainName, hash: &str) -> String {
    format!("{}.{PROOF_EXTENSION}", stem(name, hash))
}

fn stem(name: &ToolchainName, hash: &str) -> String {
    format!("{}{}", archive_prefix(name), in_file_name(hash))
}

/// What the names of a release's archives for this platform begin with.
pub(crate) fn archive_prefix(name: &ToolchainName) -> String {
    format!("{name}.{}.", platform())
}

fn in_file_name(hash: &str) -> String {
    let hash = hash.trim_end_matches('=').chars();
    hash.map(|character| match character {
        'a'..='z' | 'A'..='Z' | '0'..='9' => character,
        // As in the alphabet of base64 for file names (RFC 4648, section 5).
        '/' => '_',
        _ => '-',
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn names() {
        let here = platform();
        for (text, expected) in [
            (format!("go1.22.10.{here}.tar.gz"), Some(("go1.22.10", Format::TarGz, None))),
            (
                format!("go1.22.10.{here}.sha256-00ff.tar.gz"),
                Some(("go1.22.10", Format::TarGz, Some("sha256-00ff"))),
            ),
            (
                format!("go1.23rc1.{here}.h1-a_b-c.zip"),
                Some(("go1.23rc1", Format::ModuleZip, Some("h1-a_b-c"))),
            ),
            (format!("v0.0.1-go1.22.3.{here}.zip"), Some(("go1.22.3", Format::ModuleZip, None))),
            (format!("v0.0.1-go1.22.3.{here}.tar.gz"), None),
            (format!("go1.22.10.{here}x.tar.gz"), None),
            (format!("go1.4-bootstrap.{here}.tar.gz"), None),
            (format!("go1.9.2rc2.{here}.tar.gz"), None),
            (String::from("go1.22.10.linux-armv6l.tar.gz"), None),
            (String::from("go1.22.10.windows-amd64.zip"), None),
            (String::from("go1.22.10.src.tar.gz"), None),
            (format!("go1.22.10.{here}.h1-x.tlog-proof"), None),
            (format!("../go1.22.10.{here}.h1-x.zip.part"), None),
            (format!("{here}.zip"), None),
            (String::from(".zip"), None),
        ] {
            let found = Candidate::by_name(PathBuf::from(&text));
            let found = found
                .as_ref()
                .map(|found| (found.name.as_str(), found.format, found.hash.as_deref()));
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn what_is_kept_is_found_again() {
        let directory = tempfile::tempdir().expect("a directory");
        let name = ToolchainName::parse("go1.22.10").expect("a name");
        let hash = "h1:a/b+c=";
        for file in [
            archive_name(&name, hash, Format::ModuleZip),
            proof_name(&name, hash),
            String::from("unrelated"),
        ] {
            fs::write(directory.path().join(&file), &file).expect("written");
        }
        let found = candidates(directory.path()).expect("listed");
        assert_eq!(found.len(), 1);
        assert!(!found[0].is_named_otherwise(hash));
        assert!(found[0].is_named_otherwise("h1:other"));
        let proof = found[0].proof().expect("there");
        assert_eq!(proof, proof_name(&name, hash).into_bytes());
        assert_eq!(candidates(&directory.path().join("absent")).expect("none"), []);
    }

    #[test]
    fn a_pipe_is_not_waited_for() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join(format!("go1.22.10.{}.tar.gz", platform()));
        nix::unistd::mkfifo(&path, nix::sys::stat::Mode::S_IRWXU).expect("made");
        let candidate = Candidate::by_name(path).expect("a name");
        let error = candidate.open().expect_err("no file");
        assert!(error.to_string().starts_with("cannot read "), "{error}");
        assert_eq!(candidate.proof(), None);
    }

    #[test]
    fn formats_by_content() {
        let directory = tempfile::tempdir().expect("a directory");
        let name = ToolchainName::parse("go1.22.10").expect("a name");
        for (content, expected) in [
            (&b"PK\x03\x04"[..], Some(Format::ModuleZip)),
            (b"\x1f\x8b\x08", Some(Format::TarGz)),
            (b"", None),
            (b"<html>", None),
        ] {
            let path = directory.path().join("go.bin");
            fs::write(&path, content).expect("written");
            let candidate = Candidate::by_content(path, name).expect("read");
            assert_eq!(candidate.map(|candidate| candidate.format), expected);
        }
    }
}
