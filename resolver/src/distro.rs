//! Which Linux userland this is, and the key under which its state is kept apart from its neighbours'.

use crate::machine::{Follow, Kind, Machine};
use crate::os_release::{self, OsRelease};
use crate::path::{self, Bytes};
use crate::pin::DistroNames;
use crate::text::{is_listed, is_listed_in_any_case, known_text, split, split_once};
use crate::variables::{Name, Variables};

const OS_RELEASE_LIMIT: usize = 64 * 1024;
/// An ID longer than this is not one: it becomes part of a path.
const LONGEST_ID: usize = 64;
const LONGEST_VERSION: usize = 32;

/// Distros whose `VERSION_ID` is a date or a build, or which have none at most times (docs: distros).
const ROLLING: &str = "kali arch manjaro void gentoo opensuse-tumbleweed";
/// Distros that keep one set of libraries for a whole major version.
const RHEL_FAMILY: &str = "rhel centos almalinux rocky ol";

/// A userland.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Distro {
    /// What os-release says.
    pub release: OsRelease,
    /// `debian-12`: names the build cache of this distro.
    pub key: &'static str,
    /// `ID-VERSION_ID`, as an entry of `distros:` may have it.
    pub id_and_version: Option<&'static str>,
    /// The name of a toolbox or distrobox box, which has links of its own: `debian-12+box`.
    pub box_name: Option<&'static str>,
}

impl Distro {
    /// Reads `/etc/os-release`, else `/usr/lib/os-release`, and looks whether this is a box.
    pub fn detect<M: Machine>(machine: &M, variables: &Variables) -> Self {
        let mut content: Bytes = b"";
        for file in [&b"/etc/os-release"[..], b"/usr/lib/os-release"] {
            if let Ok(file) = machine.read_file(None, file, OS_RELEASE_LIMIT)
                && file.metadata.kind == Kind::File
            {
                content = file.content;
                break;
            }
        }
        let release = os_release::parse(content);
        let key = key(&release);
        let box_name = container(machine, variables)
            .filter(Container::is_box)
            .and_then(|container| container.name);
        let with_version = |version: &str| {
            known_text(path::concat(&[release.id.as_bytes(), b"-", version.as_bytes()]))
        };
        let id_and_version = release.version_id.map(with_version);
        Self { release, key, id_and_version, box_name }
    }

    /// The names that an entry of `distros:` may have to mean this userland.
    pub const fn names(&self) -> DistroNames<'static> {
        DistroNames { id: self.release.id, key: self.key, id_and_version: self.id_and_version }
    }

    /// The name of this userland's directory of links below `distros/`.
    pub fn links_key(&self) -> Bytes {
        let Some(name) = self.box_name else { return self.key.as_bytes() };
        let key = path::concat_mut(&[self.key.as_bytes(), b"+", name.as_bytes()]);
        for byte in &mut *key {
            byte.make_ascii_lowercase();
            if !is_key_byte(*byte) {
                *byte = b'-';
            }
        }
        key
    }
}

const fn is_key_byte(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'_' | b'+' | b'-')
}

fn key(release: &OsRelease) -> &'static str {
    let id = release.id;
    let is_usable = id.len() <= LONGEST_ID
        && !id.starts_with('.')
        && id.bytes().all(|byte| is_key_byte(byte.to_ascii_lowercase()));
    // A file without ID, whose version says nothing, is `linux` too.
    if !is_usable || id.is_empty() || id == "linux" {
        return "linux";
    }
    let version = version(release);
    let dash = if version.is_some() { "-" } else { "" };
    let pieces = [id, dash, version.unwrap_or_default()].map(str::as_bytes);
    let key = path::concat_mut(&pieces);
    key.make_ascii_lowercase();
    known_text(key)
}

/// The part of `VERSION_ID` that tells one set of libraries from the next.
fn version(release: &OsRelease) -> Option<&'static str> {
    let version = release.version_id?;
    if version.len() > LONGEST_VERSION || is_listed_in_any_case(ROLLING, release.id) {
        return None;
    }
    let (major, rest) = cut_number(version.as_bytes())?;
    let Some(rest) = rest else {
        let is_date = version.len() == 8;
        return if is_date { None } else { Some(version) };
    };
    let (minor, mut rest) = cut_number(rest)?;
    while let Some(more) = rest {
        (_, rest) = cut_number(more)?;
    }
    let is_rhel = is_listed_in_any_case(RHEL_FAMILY, release.id)
        || release.id_like().any(|like| is_listed("rhel centos", like.as_bytes()));
    version.get(..if is_rhel { major.len() } else { major.len() + 1 + minor.len() })
}

/// The number a version starts with, and what follows the dot after it; none where it does not start with one.
fn cut_number(version: &[u8]) -> Option<(&[u8], Option<&[u8]>)> {
    let (number, rest) = match split_once(version, b'.') {
        Some((number, rest)) => (number, Some(rest)),
        None => (version, None),
    };
    let is_number = !number.is_empty() && number.iter().all(u8::is_ascii_digit);
    is_number.then_some((number, rest))
}

/// What kind of container this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContainerKind {
    /// podman, without a box tool around it.
    Podman,
    /// docker.
    Docker,
    /// A toolbox.
    Toolbox,
    /// A distrobox.
    Distrobox,
}

impl ContainerKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Podman, Self::Docker, Self::Toolbox, Self::Distrobox];

    /// The word in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Podman => "podman",
            Self::Docker => "docker",
            Self::Toolbox => "toolbox",
            Self::Distrobox => "distrobox",
        }
    }
}

/// The container this process runs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Container {
    /// The kind.
    pub kind: ContainerKind,
    /// Its name, where the container itself knows it.
    pub name: Option<&'static str>,
}

impl Container {
    /// Whether this is a box over a shared home, which lives long and has a name of its own.
    pub const fn is_box(&self) -> bool {
        matches!(self.kind, ContainerKind::Toolbox | ContainerKind::Distrobox)
    }
}

/// Finds out by the files that container engines leave; variables alone prove nothing, since they leak out.
pub fn container<M: Machine>(machine: &M, variables: &Variables) -> Option<Container> {
    const ENVIRONMENT_FILE_LIMIT: usize = 64 * 1024;
    let exists = |path: &[u8]| machine.metadata(None, path, Follow::Links).is_ok();
    let box_id = variables.get(Name::ContainerId).map(known_text);
    match machine.read_file(None, b"/run/.containerenv", ENVIRONMENT_FILE_LIMIT) {
        Ok(file) => {
            let name = container_name(file.content).map(known_text);
            let is_distrobox =
                || exists(b"/usr/bin/distrobox-export") || (box_id.is_some() && box_id == name);
            // distrobox leaves toolbox's mark too, for programs that know that one alone.
            let kind = if is_distrobox() {
                ContainerKind::Distrobox
            } else if exists(b"/run/.toolboxenv") {
                ContainerKind::Toolbox
            } else {
                ContainerKind::Podman
            };
            Some(Container { kind, name })
        }
        Err(_) if box_id.is_some() && exists(b"/usr/bin/distrobox-export") => {
            Some(Container { kind: ContainerKind::Distrobox, name: box_id })
        }
        Err(_) => None,
    }
}

/// Docker's mark is asked for only where a person wants to know: it changes no choice. On WSL it may be a leftover
/// ([`crate::wsl::container`]).
pub fn docker<M: Machine>(machine: &M) -> Option<Container> {
    let found = machine.metadata(None, b"/.dockerenv", Follow::Links);
    found.is_ok().then_some(Container { kind: ContainerKind::Docker, name: None })
}

/// The `name="…"` line of `/run/.containerenv`; a plain podman leaves that file empty.
fn container_name(content: Bytes) -> Option<Bytes> {
    let value = split(content, b'\n').find_map(|line| line.strip_prefix(b"name="))?;
    let value = value.trim_ascii();
    let value = value.strip_prefix(b"\"").and_then(|v| v.strip_suffix(b"\"")).unwrap_or(value);
    (!value.is_empty()).then_some(value)
}

/// The C library of this userland.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Libc {
    /// The GNU C library.
    Glibc,
    /// musl.
    Musl,
}

impl Libc {
    /// Every one.
    pub const ALL: [Self; 2] = [Self::Glibc, Self::Musl];

    /// The word in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Glibc => "glibc",
            Self::Musl => "musl",
        }
    }
}

/// Which loader the system's own shell was linked for; none where that cannot be told.
pub fn libc<M: Machine>(machine: &M) -> Option<Libc> {
    const HEAD: usize = 4096;
    let shell = machine.read_file(None, b"/bin/sh", HEAD).ok()?;
    let interpreter = crate::elf::parse(shell.content).ok()?.interpreter?;
    let contains = |word: &[u8]| interpreter.windows(word.len()).any(|window| window == word);
    if contains(b"ld-musl") {
        Some(Libc::Musl)
    } else if contains(b"ld-linux") || contains(b"ld64.so") {
        Some(Libc::Glibc)
    } else {
        None
    }
}

/// The distros a table may know this one by: its ID, then each word of `ID_LIKE`.
pub fn families(release: OsRelease) -> impl Iterator<Item = &'static str> {
    core::iter::once(release.id).chain(release.id_like())
}

#[cfg(test)]
mod tests;
