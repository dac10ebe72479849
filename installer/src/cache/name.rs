//! What the name of a cache's directory says: whose it is.

use std::ffi::OsStr;

use resolver::version::ToolchainName;

use crate::error::Error;
use crate::link;
use crate::store::{Home, Key};

/// What the names of all caches begin with: Go's own name for it.
pub(crate) const PREFIX: &str = "go-build";

/// Whose a cache is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Name {
    /// `go-build`: that of a Go without gowr, or of `cache: plain`.
    Plain,
    /// `go-build-debian-12`
    Distro(String),
    /// `go-build-debian-12-1.22.12`
    PerVersion {
        /// The distro.
        key: String,
        /// The version, without `go`.
        version: String,
    },
    /// Any other: somebody set GOCACHE.
    Other,
}

impl Name {
    /// Reads a directory's name. A key may end in something like a version, so that only one that is known is certain.
    pub fn parse(name: &OsStr, userlands: &Userlands) -> Self {
        let Some(rest) = name.to_str().and_then(|name| name.strip_prefix(PREFIX)) else {
            return Self::Other;
        };
        let Some(suffix) = rest.strip_prefix('-') else {
            return if rest.is_empty() { Self::Plain } else { Self::Other };
        };
        if Key::parse(suffix).is_none() {
            return Self::Other;
        }
        if userlands.knows(suffix) {
            return Self::Distro(suffix.to_owned());
        }
        let splits = suffix.match_indices('-').map(|(at, _)| (&suffix[..at], &suffix[at + 1..]));
        let mut splits = splits.filter(|(key, version)| !key.is_empty() && is_version(version));
        // Go has had no other number before the first dot.
        match splits.find(|(key, version)| userlands.knows(key) || version.starts_with("1.")) {
            Some((key, version)) => {
                Self::PerVersion { key: key.to_owned(), version: version.to_owned() }
            }
            None => Self::Distro(suffix.to_owned()),
        }
    }

    /// The distro's key.
    pub fn key(&self) -> Option<&str> {
        match self {
            Self::Distro(key) | Self::PerVersion { key, .. } => Some(key),
            Self::Plain | Self::Other => None,
        }
    }

    /// The version, of a cache for one alone.
    pub fn version(&self) -> Option<&str> {
        match self {
            Self::PerVersion { version, .. } => Some(version),
            _ => None,
        }
    }

    /// The word in JSON.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Distro(_) => "distro",
            Self::PerVersion { .. } => "per-version",
            Self::Other => "other",
        }
    }
}

fn is_version(text: &str) -> bool {
    ToolchainName::parse(&format!("go{text}")).is_some()
}

/// The userlands and versions that something of gowr's knows of.
#[derive(Clone, Debug, Default)]
pub struct Userlands {
    keys: Vec<String>,
    /// Names of `distros:` in a configuration: an ID, or a key.
    mentioned: Vec<String>,
    /// Versions that any userland has, without `go`.
    versions: Vec<String>,
}

impl Userlands {
    /// Those that have a directory of links in gowr's home, this one, and those that a configuration mentions.
    pub fn read(home: &Home, here: &str, mentioned: Vec<String>) -> Result<Self, Error> {
        let without_go = |name: ToolchainName| name.as_str().trim_start_matches("go").to_owned();
        let mut versions: Vec<_> = home.installed()?.into_iter().map(without_go).collect();
        let mut keys = vec![here.to_owned()];
        for key in home.keys()? {
            let entries = link::read(home, &key)?.toolchains.into_iter();
            versions.extend(entries.map(|entry| without_go(entry.name)));
            // A box has links of its own, and the cache of its distro.
            keys.extend(key.as_str().rsplit_once('+').map(|(distro, _)| distro.to_owned()));
            keys.push(key.as_str().to_owned());
        }
        Ok(Self { keys, mentioned, versions })
    }

    /// Whether there is such a userland.
    pub fn knows(&self, key: &str) -> bool {
        let is_mentioned = |name: &String| {
            key.strip_prefix(name.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
        };
        self.keys.iter().any(|known| known == key) || self.mentioned.iter().any(is_mentioned)
    }

    /// Whether nobody is known who will use a cache of this name again.
    pub fn has_lost(&self, name: &Name) -> bool {
        match name {
            // Any Go without gowr uses it, and whoever set GOCACHE knows why.
            Name::Plain | Name::Other => false,
            Name::Distro(key) => !self.knows(key),
            Name::PerVersion { key, version } => {
                !self.knows(key) || !self.versions.contains(version)
            }
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn userlands() -> Userlands {
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        Userlands {
            keys: texts(&["debian-12", "alpine-3.23", "arch"]),
            mentioned: texts(&["fedora"]),
            versions: texts(&["1.22.12"]),
        }
    }

    #[test]
    fn names_say_whose_a_cache_is() {
        for (name, kind, key, version, is_lost) in [
            ("go-build", "plain", None, None, false),
            ("go-build-debian-12", "distro", Some("debian-12"), None, false),
            ("go-build-alpine-3.23", "distro", Some("alpine-3.23"), None, false),
            ("go-build-fedora-41", "distro", Some("fedora-41"), None, false),
            ("go-build-fedoracore-1", "distro", Some("fedoracore-1"), None, true),
            ("go-build-debian-11", "distro", Some("debian-11"), None, true),
            (
                "go-build-debian-12-1.22.12",
                "per-version",
                Some("debian-12"),
                Some("1.22.12"),
                false,
            ),
            ("go-build-debian-12-1.22.11", "per-version", Some("debian-12"), Some("1.22.11"), true),
            ("go-build-debian-11-1.22.12", "per-version", Some("debian-11"), Some("1.22.12"), true),
            ("go-build-arch-1.23rc1", "per-version", Some("arch"), Some("1.23rc1"), true),
            ("go-build-alpine-3.18", "distro", Some("alpine-3.18"), None, true),
            ("go-build-", "other", None, None, false),
            ("go-build-..", "other", None, None, false),
            ("go-build2", "other", None, None, false),
            ("cache", "other", None, None, false),
        ] {
            let parsed = Name::parse(OsStr::new(name), &userlands());
            let found = (parsed.kind(), parsed.key(), parsed.version());
            assert_eq!(found, (kind, key, version), "{name}");
            assert_eq!(userlands().has_lost(&parsed), is_lost, "{name}");
        }
    }
}
