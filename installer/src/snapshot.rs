//! Snapshots: what gowr has here, to be taken to another machine.
//!
//! A snapshot is a tar file, or a directory, of
//!
//! ```text
//! go1.22.10.linux-amd64.zip         the original archive of a release, or ….tar.gz
//! go1.22.10.linux-amd64.tlog-proof  what proves the hash of a module zip without a network
//! manifest.json                     what is in it, and what is only told (see [`Manifest`]); the last one in a tar file
//! ```
//!
//! Nothing in it is believed, whoever brings it. A file has a name that follows from a release's, and no other; it is
//! only ever copied into staging; and it is installed as `install --from` does, by the hash that is proved for that
//! release. Paths in the manifest are shown and never followed.

use std::fs::{self, File};
use std::path::Path;

use resolver::version::ToolchainName;

use crate::downloads::{Format, PROOF_EXTENSION};
use crate::error::{During, Error};
use crate::install::{Source, check_version};
use crate::lock::Holder;
use crate::staging::Work;
use crate::store::{Home, platform};
use crate::unpack::empty;

pub mod configuration;
pub(crate) mod manifest;
mod reader;
pub mod windows;
mod writer;

pub use manifest::{Adopted, Manifest, PackedFile, PinPlace, Pinned, SCHEMA, Toolchain};
pub use reader::Snapshot;
pub use writer::{Form, Writer, sweep};

/// The name of the manifest.
const MANIFEST: &str = "manifest.json";
/// A lock on staging for what is taken out of snapshots.
const WORK: &str = "snapshot";
/// Read and written at once, in bytes.
const PIECE: usize = 256 << 10;

/// `go1.22.10.linux-amd64.zip`: what a release's archive is called in a snapshot.
fn archive_name(name: &ToolchainName, format: Format) -> String {
    format!("{name}.{}.{}", platform(), format.extension())
}

/// What the proof of a module zip's hash is called there.
fn proof_name(name: &ToolchainName) -> String {
    format!("{name}.{}.{PROOF_EXTENSION}", platform())
}

/// Packs a release's archive, with its proof. It is checked by unpacking it once more: what is in a snapshot can be
/// loaded. `sources` are asked one after the other; if none has it, the last one's error says why.
pub fn pack(
    writer: &mut Writer,
    home: &Home,
    sources: &[&dyn Source],
    name: &ToolchainName,
    waiting: &mut dyn FnMut(&Holder),
) -> Result<Vec<PackedFile>, Error> {
    let work = Work::begin(home, name.as_str(), waiting)?;
    let staged = work.directory()?;
    let tree = staged.path().join(name.as_str());
    fs::create_dir(&tree).during("create the directory", &tree)?;
    let archive = staged.path().join("archive");
    let mut last = Error::Stopped;
    for source in sources {
        empty(&tree)?;
        File::create(&archive).during("write", &archive)?;
        let fetched = match source.fetch(name, &tree, &archive) {
            Ok(fetched) => fetched,
            Err(error) => {
                last = error;
                continue;
            }
        };
        check_version(name, &tree)?;
        let file = File::open(&archive).during("read", &archive)?;
        let mut files = vec![writer.add(archive_name(name, fetched.format), file, &archive)?];
        if let Some(proof) = &fetched.proof {
            files.push(writer.add_text(proof_name(name), proof)?);
        }
        return Ok(files);
    }
    Err(last)
}

/// Takes a release's archive and its proof out of a snapshot, and lets `install` do something with the directory they are
/// in, which is gone afterwards.
pub fn with_unpacked<T>(
    snapshot: &Snapshot,
    home: &Home,
    toolchain: &Toolchain,
    waiting: &mut dyn FnMut(&Holder),
    install: impl FnOnce(&Path) -> T,
) -> Result<T, Error> {
    let work = Work::begin(home, WORK, waiting)?;
    let staged = work.directory()?;
    snapshot.unpack(toolchain, staged.path())?;
    Ok(install(staged.path()))
}

/// The error that a snapshot cannot be loaded.
fn refused(snapshot: &Path, problem: impl Into<String>) -> Error {
    Error::NotLoaded { snapshot: snapshot.to_path_buf(), cause: problem.into().into() }
}

/// Bytes as lower-case hexadecimal digits.
fn hexadecimal(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
