//! What identifies the toolchain that a project gets: equal in two userlands exactly when it is the same one, with the
//! same settings, and nothing of the userland itself.
//!
//! A version is not enough: a distro's `go1.24.4` and the official one share the text, and not the content. So the
//! programs count by the build ID that the go command itself gives them (a hash of their content), and the standard
//! library by the content of its sources. Nothing is executed.

use std::fmt::{self, Write};
use std::path::Path;

use ring::digest::{SHA256, digest};
use serde::Serialize;

use crate::error::{During, Error};
use crate::sumdb::dirhash;

pub mod go_program;
mod standard_library;

/// How the parts are put together; another number is never equal.
const FORMAT: u32 = 1;

/// Settings of Go's that change what a toolchain makes of the same sources, and are the same text in every userland.
/// Paths (`CC`, `GOROOT`, `GOCACHE`) and ways to modules (`GOPROXY`) are none.
pub const SETTINGS: [&str; 13] = [
    "CGO_ENABLED",
    "GO111MODULE",
    "GO386",
    "GOAMD64",
    "GOARCH",
    "GOARM",
    "GOARM64",
    "GODEBUG",
    "GOEXPERIMENT",
    "GOFIPS140",
    "GOFLAGS",
    "GOOS",
    "GOTOOLCHAIN",
];

/// The programs of `pkg/tool` that take part in every build.
pub const TOOLS: [&str; 4] = ["asm", "cgo", "compile", "link"];

/// All that counts, part by part, so that two that differ can be compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fingerprint {
    parts: Vec<Part>,
}

/// One thing that counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Part {
    /// What it is: `version`, `tools`, `std`, `switch`, or a setting's name.
    pub name: String,
    /// What it is here.
    pub value: String,
}

/// A toolchain to be identified.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// Its GOROOT.
    pub root: &'a Path,
    /// The first line of VERSION.
    pub version: Option<&'a str>,
    /// `amd64`.
    pub architecture: &'a str,
    /// The toolchain that this one will switch to by itself, whose content nobody here knows.
    pub switches_to: Option<&'a str>,
}

impl Fingerprint {
    /// Reads a toolchain; `setting` gives a setting as the go command will see it, if it is set.
    pub fn of(
        subject: Subject<'_>,
        setting: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, Error> {
        let Subject { root, version, architecture, switches_to } = subject;
        let part = |name: &str, value: String| Part { name: name.to_owned(), value };
        let mut parts = vec![
            part("version", version.unwrap_or("unknown").to_owned()),
            part("tools", tools(root, architecture)?),
            part("std", standard_library::hash(&root.join("src"))?),
        ];
        parts.extend(switches_to.map(|name| part("switch", name.to_owned())));
        for name in SETTINGS {
            let value = setting(name).filter(|value| !value.is_empty());
            parts.extend(value.map(|value| part(name, without_other_spelling(name, value))));
        }
        Ok(Self { parts })
    }

    /// The parts, in a fixed order; a setting that is not set has none.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }
}

/// One word: `gowr1-` and 128 bits in hexadecimal.
impl fmt::Display for Fingerprint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        for Part { name, value } in &self.parts {
            // Lengths keep a value with a line end from looking like two parts.
            writeln!(text, "{name} {} {value}", value.len())?;
        }
        write!(formatter, "gowr{FORMAT}-")?;
        digest(&SHA256, text.as_bytes()).as_ref()[..16]
            .iter()
            .try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

/// `auto` is short for `local+auto`, `path` for `local+path` (`cmd/go/internal/toolchain.Select`).
fn without_other_spelling(name: &str, value: String) -> String {
    match (name, value.strip_prefix("local+")) {
        ("GOTOOLCHAIN", Some(mode)) => mode.to_owned(),
        _ => value,
    }
}

/// The go command and the tools by their build IDs.
fn tools(root: &Path, architecture: &str) -> Result<String, Error> {
    let directory = root.join("pkg/tool").join(format!("linux_{architecture}"));
    let mut files = vec![("go", root.join("bin/go"))];
    files.extend(TOOLS.map(|name| (name, directory.join(name))));
    let mut hashes = Vec::new();
    for (name, file) in files {
        let identity = go_program::identity(&file).during("read", &file)?;
        hashes.push((name, identity));
    }
    Ok(dirhash::h1(hashes.iter().map(|(name, hash)| (*name, hash))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fingerprint(parts: &[(&str, &str)]) -> Fingerprint {
        let part = |(name, value): &(&str, &str)| Part {
            name: (*name).to_owned(),
            value: (*value).to_owned(),
        };
        Fingerprint { parts: parts.iter().map(part).collect() }
    }

    #[test]
    fn it_is_one_word_and_every_part_counts() {
        let base = fingerprint(&[("version", "go1.22.3"), ("GOFLAGS", "-mod=mod")]);
        let text = base.to_string();
        assert!(text.starts_with("gowr1-") && text.len() == 6 + 32, "{text}");
        assert_eq!(text, base.clone().to_string());
        for other in [
            fingerprint(&[("version", "go1.22.3")]),
            fingerprint(&[("version", "go1.22.4"), ("GOFLAGS", "-mod=mod")]),
            fingerprint(&[("version", "go1.22.3\nGOFLAGS 8 -mod=mod")]),
        ] {
            assert_ne!(other.to_string(), text);
        }
    }

    #[test]
    fn two_spellings_of_one_policy() {
        for (written, kept) in [
            ("local+auto", "auto"),
            ("auto", "auto"),
            ("local", "local"),
            ("go1.22.3+path", "go1.22.3+path"),
        ] {
            assert_eq!(without_other_spelling("GOTOOLCHAIN", written.to_owned()), kept);
        }
        assert_eq!(without_other_spelling("GOFLAGS", "local+x".to_owned()), "local+x");
    }
}
