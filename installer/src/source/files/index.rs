//! The index of the Go project's downloads (`golang.org/x/website/internal/dl`): all releases and their files.
//!
//! It has entries of many years, some of them odd: versions that are none (`go1.9.2rc2`, `go1.4-bootstrap…`),
//! `armv6l` for an architecture, hashes that are not there. What is odd is passed over; a file that is asked for and has
//! no hash is an error.

use std::collections::BTreeMap;
use std::fmt::Write;

use resolver::version::ToolchainName;
use serde_json::Value;

use super::checksums::{hexadecimal, parse};
use super::file_name;
use crate::error::Error;
use crate::store::platform;
use crate::unpack::tar::FileHash;

/// The files that gowr may install, on this or another machine that shares its user's directories.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Index {
    /// By name; none where the index does not say one hash.
    files: BTreeMap<String, Option<FileHash>>,
}

impl Index {
    /// Parses the JSON; the error says what is wrong with it.
    pub(crate) fn parse(content: &[u8]) -> Result<Self, String> {
        let document: Value =
            serde_json::from_slice(content).map_err(|error| format!("it is no index: {error}"))?;
        let releases = document.as_array().ok_or("it is no index: it is not a list")?;
        let mut index = Self::default();
        for release in releases {
            let files = release["files"].as_array().map(Vec::as_slice).unwrap_or_default();
            for file in files {
                index.add(file);
            }
        }
        if index.files.is_empty() {
            return Err(String::from("it is no index: it has no file of a release"));
        }
        Ok(index)
    }

    fn add(&mut self, file: &Value) {
        let text = |name: &str| file[name].as_str().unwrap_or_default();
        let name = text("filename");
        if text("kind") != "archive" || text("os") != "linux" || release(name).is_none() {
            return;
        }
        let hash = parse(text("sha256"));
        self.files
            .entry(name.to_owned())
            // Said twice, and not the same: nobody knows which.
            .and_modify(|said| *said = said.filter(|said| Some(*said) == hash))
            .or_insert(hash);
    }

    /// The releases for this platform, oldest first.
    pub(crate) fn versions(&self) -> Vec<ToolchainName> {
        let here = format!(".{}.tar.gz", platform());
        let names = self.files.keys().filter_map(|file| file.strip_suffix(&here));
        let mut names: Vec<_> = names.filter_map(ToolchainName::parse).collect();
        names.sort_by(|left, right| left.version().compare(right.version()));
        names
    }

    /// The hash of a release's file for this platform.
    pub(crate) fn hash(&self, name: &ToolchainName) -> Result<FileHash, Error> {
        let file = file_name(name);
        match self.files.get(&file) {
            Some(Some(hash)) => Ok(*hash),
            Some(None) => Err(Error::Integrity {
                message: format!("the Go project's index gives no hash for {file}"),
                cause: "without one nobody can say that an archive is the right one".into(),
            }),
            None => Err(Error::NotPublished {
                name: *name,
                platform: platform(),
                cause: format!("the Go project's index has no {file}").into(),
            }),
        }
    }

    /// All hashes, as `sha256sum` writes them.
    pub(crate) fn checksums(&self) -> String {
        let mut text = String::new();
        for (file, hash) in &self.files {
            if let Some(hash) = hash {
                let _ = writeln!(text, "{}  {file}", hexadecimal(*hash));
            }
        }
        text
    }
}

/// The release whose archive for a machine that gowr runs on has this name.
fn release(file: &str) -> Option<ToolchainName> {
    let machines = ["amd64", "arm64"];
    let stem = file.strip_suffix(".tar.gz")?;
    let name = machines.iter().find_map(|machine| stem.strip_suffix(&format!(".linux-{machine}")));
    ToolchainName::parse(name?).filter(|name| !name.has_suffix())
}

#[cfg(test)]
mod tests;
