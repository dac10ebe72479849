//! What is true of gowr's home, and one function that says where it is not.
//!
//! Always, also when a process was killed at any instant and no other has run since:
//!
//! - `toolchain`: everything in `toolchains/` bears a version's name and is that release, whole: its `VERSION` begins
//!   with that name, `bin/go` is a program, `pkg/tool` is there.
//! - `link`: everything in `distros/<key>/` is a link that leads where its name says: `go1.22.10` to the toolchain of
//!   that name, in the store or through `shared`, or to an adopted GOROOT; `1.22` and `newest`, and the `.local` of them,
//!   to a toolchain of that directory that answers to it; `named/<name>` to an absolute path, as does `shared`. None of
//!   gowr's own dangles, but what is in a share is not gowr's own.
//! - `switching-link`: everything in `links/` is a link to the `go` of the toolchain it is named after, which is there.
//! - `archive`: everything in `downloads/` that is not being written is named by release, platform and hash.
//! - `mode`: nothing of it can be changed by everyone.
//!
//! After the next run of the command that was killed, and whenever nobody is at work, also:
//!
//! - `unlinked`: each official SDK since 1.21 is in each `distros/<key>/` and in `links/`, and comes before a shared one.
//! - `outdated`: `1.22` and `newest` are there wherever something answers to them, and are the newest that does; where
//!   that is a shared one, `1.22.local` and `newest.local` are the newest that is not, and else they are not there.
//! - `leftover`: `staging/` has only what a living process makes, and no temporary file is anywhere.
//!
//! And about what is not gowr's, which can go at any time:
//!
//! - `adopted-gone`: an adopted toolchain or a registered name leads nowhere in this userland. The proxy passes it over.

use std::ffi::OsString;
use std::fmt;
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use resolver::version::{RegisteredName, ToolchainName};
use serde::Serialize;

use crate::atomic;
use crate::downloads::Candidate;
use crate::error::{During, Error};
use crate::link::{self, share};
use crate::staging;
use crate::store::{Home, Key, is_static, version_text};

/// What does not hold. The names and their meaning are in the module's description.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// Something in `toolchains/` is no whole release.
    Toolchain,
    /// Something in `distros/<key>/` is no link, or leads astray.
    Link,
    /// Something in `links/` is no link, or leads astray.
    SwitchingLink,
    /// Something in `downloads/` is no archive, by its name.
    Archive,
    /// Everyone may change it.
    Mode,
    /// A toolchain of the store has no link where it should have one.
    Unlinked,
    /// A line's link or `newest` is missing, or not the newest.
    Outdated,
    /// Something that nobody is making any more.
    Leftover,
    /// What was adopted or registered is not there.
    AdoptedGone,
}

impl Rule {
    /// Its name: `switching-link`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Toolchain => "toolchain",
            Self::Link => "link",
            Self::SwitchingLink => "switching-link",
            Self::Archive => "archive",
            Self::Mode => "mode",
            Self::Unlinked => "unlinked",
            Self::Outdated => "outdated",
            Self::Leftover => "leftover",
            Self::AdoptedGone => "adopted-gone",
        }
    }

    /// Whether it holds at every instant. The others may not after a kill, until the next run.
    pub const fn holds_always(self) -> bool {
        match self {
            Self::Toolchain | Self::Link | Self::SwitchingLink | Self::Archive | Self::Mode => true,
            Self::Unlinked | Self::Outdated | Self::Leftover | Self::AdoptedGone => false,
        }
    }
}

/// One place where a rule does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Which rule.
    pub rule: Rule,
    /// Where.
    pub path: PathBuf,
    /// What was found there, to go after the path and a colon.
    pub found: String,
}

impl fmt::Display for Violation {
    /// `link: /home/u/.local/share/gowr/distros/debian-12/1.22: leads nowhere`
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}: {}", self.rule.as_str(), self.path.display(), self.found)
    }
}

/// Looks at all of a home as this userland sees it; changes nothing. In order of the rules.
///
/// While others are at work, what they have not finished yet shows as if they had been killed.
pub fn check(home: &Home, here: &Key) -> Result<Vec<Violation>, Error> {
    let mut check = Check { home, here, violations: Vec::new() };
    check.toolchains()?;
    check.share()?;
    for name in entries(&home.distros())? {
        let path = home.distros().join(&name);
        match name.to_str().and_then(Key::parse) {
            Some(key) if is_directory(&path) => check.distro(&key)?,
            _ => check.add(Rule::Link, path, "is no userland's directory"),
        }
    }
    check.switching_links()?;
    check.downloads()?;
    check.leftovers()?;
    let Check { mut violations, .. } = check;
    violations.sort_by(|left, right| (left.rule, &left.path).cmp(&(right.rule, &right.path)));
    Ok(violations)
}

struct Check<'a> {
    home: &'a Home,
    here: &'a Key,
    violations: Vec<Violation>,
}

impl Check<'_> {
    fn add(&mut self, rule: Rule, path: impl Into<PathBuf>, found: impl Into<String>) {
        self.violations.push(Violation { rule, path: path.into(), found: found.into() });
    }

    fn toolchains(&mut self) -> Result<(), Error> {
        let toolchains = self.home.toolchains();
        for directory in [self.home.path(), &toolchains, &self.home.bin()] {
            self.mode(directory);
        }
        for name in entries(&toolchains)? {
            let goroot = toolchains.join(&name);
            match name.to_str().and_then(ToolchainName::parse) {
                Some(name) => self.toolchain(&name, &goroot)?,
                None => self.add(Rule::Toolchain, goroot, "is not named by a version"),
            }
        }
        Ok(())
    }

    fn toolchain(&mut self, name: &ToolchainName, goroot: &Path) -> Result<(), Error> {
        if !is_directory(goroot) {
            self.add(Rule::Toolchain, goroot, "is no directory");
            return Ok(());
        }
        let found = version_text(goroot)?;
        if found.as_deref() != Some(name.as_str()) {
            let found = found.unwrap_or_else(|| String::from("nothing"));
            self.add(Rule::Toolchain, goroot.join("VERSION"), format!("says {found}"));
        }
        let go = goroot.join("bin/go");
        if !fs::metadata(&go).is_ok_and(|it| it.is_file() && it.permissions().mode() & 0o100 != 0) {
            self.add(Rule::Toolchain, &go, "is no program");
        }
        let tools = goroot.join("pkg/tool");
        if !is_directory(&tools) {
            self.add(Rule::Toolchain, tools, "is no directory");
        }
        self.mode(goroot);
        self.mode(&go);
        if is_static(name) {
            let link = self.home.links().join(name.as_str());
            let links = self.home.keys()?.into_iter().map(|key| self.home.distro(&key));
            for link in links.map(|directory| directory.join(name.as_str())).chain([link]) {
                match link::target(&link) {
                    Ok(Some(target)) if share::leads(name, &target) => {
                        self.add(Rule::Unlinked, link, "leads into the share");
                    }
                    _ if fs::symlink_metadata(&link).is_err() => {
                        self.add(Rule::Unlinked, link, "is missing");
                    }
                    _ => {}
                }
            }
        }
        Ok(())
    }

    fn share(&mut self) -> Result<(), Error> {
        let shared = self.home.shared();
        if fs::symlink_metadata(&shared).is_ok() && share::of(self.home)?.is_none() {
            self.add(Rule::Link, shared, "is no link to an absolute path");
        }
        Ok(())
    }

    fn distro(&mut self, key: &Key) -> Result<(), Error> {
        let directory = self.home.distro(key);
        self.mode(&directory);
        for name in entries(&directory)? {
            let path = directory.join(&name);
            if name == link::NAMED {
                self.registered(key)?;
                continue;
            }
            let (Some(name), Some(target)) = (name.to_str(), link::target(&path)?) else {
                self.add(Rule::Link, path, "is no link with a name of gowr's");
                continue;
            };
            if let Some(toolchain) = ToolchainName::parse(name) {
                self.toolchain_link(key, &path, &toolchain, &target);
            } else {
                self.derived_link(&directory, name, &target);
            }
        }
        let links = link::read(self.home, key)?;
        let expected = link::expected(&links, key == self.here, &[]);
        let is_extra =
            |name: &&String| name.ends_with(link::LOCAL) && !expected.contains_key(*name);
        for name in links.derived.keys().filter(is_extra) {
            self.add(Rule::Outdated, directory.join(name), "makes no difference");
        }
        for (name, toolchain) in expected {
            let found = links.derived.get(&name);
            if found.map(String::as_str) != Some(toolchain.as_str()) {
                let found = found.map_or("is missing", String::as_str);
                self.add(Rule::Outdated, directory.join(name), format!("{found}, not {toolchain}"));
            }
        }
        Ok(())
    }

    fn toolchain_link(&mut self, key: &Key, path: &Path, name: &ToolchainName, target: &Path) {
        if target.starts_with(link::TOOLCHAINS) {
            if target != Path::new(link::TOOLCHAINS).join(name.as_str()) {
                self.add(Rule::Link, path, format!("leads to {}", target.display()));
            } else if !self.home.has(name) {
                self.add(Rule::Link, path, "leads nowhere");
            }
        } else if share::leads(name, target) {
            if fs::symlink_metadata(self.home.shared()).is_err() {
                self.add(Rule::Link, path, "leads into a share, and none is used");
            }
        } else if !target.is_absolute() {
            self.add(Rule::Link, path, format!("leads to {}", target.display()));
        } else if key == self.here && !target.is_dir() {
            self.add(Rule::AdoptedGone, path, format!("{} is not there", target.display()));
        }
    }

    /// `1.22`, `newest` or one with `.local`; whether it is the best answer is another rule.
    fn derived_link(&mut self, directory: &Path, name: &str, target: &Path) {
        let toolchain = target.to_str().and_then(ToolchainName::parse);
        let line = name.strip_suffix(link::LOCAL).unwrap_or(name);
        let answers = |toolchain: &ToolchainName| {
            let is_line = !toolchain.has_suffix() && line == toolchain.version().line().as_str();
            line == link::NEWEST || is_line
        };
        let path = directory.join(name);
        match toolchain {
            Some(toolchain) if !answers(&toolchain) => {
                self.add(Rule::Link, path, format!("leads to {toolchain}"));
            }
            Some(toolchain) if fs::symlink_metadata(directory.join(toolchain.as_str())).is_ok() => {
            }
            _ => self.add(Rule::Link, path, format!("leads to {}", target.display())),
        }
    }

    fn registered(&mut self, key: &Key) -> Result<(), Error> {
        let directory = self.home.distro(key).join(link::NAMED);
        for name in entries(&directory)? {
            let path = directory.join(&name);
            let is_name = name.to_str().and_then(RegisteredName::parse).is_some();
            match link::target(&path)? {
                Some(target) if is_name && target.is_absolute() => {
                    if key == self.here && !target.is_dir() {
                        let found = format!("{} is not there", target.display());
                        self.add(Rule::AdoptedGone, path, found);
                    }
                }
                _ => self.add(Rule::Link, path, "is no link with a registered name"),
            }
        }
        Ok(())
    }

    fn switching_links(&mut self) -> Result<(), Error> {
        let links = self.home.links();
        self.mode(&links);
        for name in entries(&links)? {
            let path = links.join(&name);
            let name = name.to_str().and_then(ToolchainName::parse);
            let found = link::target(&path)?;
            match (name, found) {
                (Some(name), Some(target)) if target == link::switching_target(&name) => {
                    if !is_static(&name) {
                        self.add(
                            Rule::SwitchingLink,
                            path,
                            "is for a toolchain that cannot switch",
                        );
                    } else if !self.home.has(&name) {
                        self.add(Rule::SwitchingLink, path, "leads nowhere");
                    }
                }
                (Some(_), Some(target)) => {
                    self.add(Rule::SwitchingLink, path, format!("leads to {}", target.display()));
                }
                _ => self.add(Rule::SwitchingLink, path, "is no link named by a version"),
            }
        }
        Ok(())
    }

    fn downloads(&mut self) -> Result<(), Error> {
        let downloads = self.home.downloads().to_path_buf();
        self.mode(&downloads);
        // A directory that the user chose may have other things in it.
        let is_ours = downloads.starts_with(self.home.path());
        for name in entries(&downloads)? {
            let path = downloads.join(&name);
            if atomic::is_temporary(&name) {
                if !atomic::is_living(&path) {
                    self.add(Rule::Leftover, path, "is nobody's download");
                }
                continue;
            }
            let is_archive = name.to_str().is_some_and(is_archive_name)
                || Candidate::by_name(path.clone()).is_some();
            if is_ours && !(is_archive && path.is_file()) {
                self.add(Rule::Archive, path, "is no archive named by release and hash");
            }
        }
        Ok(())
    }

    fn leftovers(&mut self) -> Result<(), Error> {
        for path in staging::leftovers(self.home)? {
            self.add(Rule::Leftover, path, "is nobody's work");
        }
        for directory in [self.home.path().to_path_buf(), self.home.bin()] {
            for name in entries(&directory)?.iter().filter(|name| atomic::is_temporary(name)) {
                let path = directory.join(name);
                if !atomic::is_living(&path) {
                    self.add(Rule::Leftover, path, "is nobody's");
                }
            }
        }
        Ok(())
    }

    /// A directory where everyone may put files, but not replace those of others, is none of ours either.
    fn mode(&mut self, path: &Path) {
        if let Ok(metadata) = fs::metadata(path)
            && metadata.permissions().mode() & 0o002 != 0
        {
            self.add(Rule::Mode, path, "can be changed by everyone");
        }
    }
}

/// `go1.22.10.linux-amd64.h1-47DEQp….zip`
fn is_archive_name(name: &str) -> bool {
    let Some((release, rest)) = name.split_once(".linux-") else { return false };
    let mut parts = rest.splitn(3, '.');
    let is_word = |part: Option<&str>| {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        part.is_some_and(|part| !part.is_empty() && part.bytes().all(allowed))
    };
    let (architecture, hash, extension) = (parts.next(), parts.next(), parts.next());
    ToolchainName::parse(release).is_some()
        && is_word(architecture)
        && is_word(hash)
        && is_word(extension)
}

fn is_directory(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|metadata: Metadata| metadata.is_dir())
}

/// All names in a directory, in order; none where there is no directory.
fn entries(directory: &Path) -> Result<Vec<OsString>, Error> {
    let entries = match fs::read_dir(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.during("list", directory)?,
    };
    let names = entries.map(|entry| Ok(entry.during("list", directory)?.file_name()));
    let mut names = names.collect::<Result<Vec<_>, Error>>()?;
    names.sort_by(|left, right| left.as_bytes().cmp(right.as_bytes()));
    Ok(names)
}

#[cfg(test)]
mod tests;
