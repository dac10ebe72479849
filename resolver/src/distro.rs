//! Which Linux userland this is, and the key under which its state is kept apart from its neighbours'.

use alloc::string::String;
use alloc::vec::Vec;

use crate::machine::{Follow, Kind, Machine};
use crate::os_release::{self, OsRelease};
use crate::pin::DistroNames;
use crate::variables::{Name, Variables};

const OS_RELEASE_LIMIT: usize = 64 * 1024;
/// An ID longer than this is not one: it becomes part of a path.
const LONGEST_ID: usize = 64;
const LONGEST_VERSION: usize = 32;

/// Distros whose `VERSION_ID` is a date or a build, or which have none at most times (docs: distros).
const ROLLING: [&str; 6] = ["kali", "arch", "manjaro", "void", "gentoo", "opensuse-tumbleweed"];
/// Distros that keep one set of libraries for a whole major version.
const RHEL_FAMILY: [&str; 5] = ["rhel", "centos", "almalinux", "rocky", "ol"];

/// A userland.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Distro {
    /// What os-release says.
    pub release: OsRelease,
    /// `debian-12`: names the build cache of this distro.
    pub key: String,
    /// `ID-VERSION_ID`, as an entry of `distros:` may have it.
    pub id_and_version: Option<String>,
    /// The name of a toolbox or distrobox box, which has links of its own: `debian-12+box`.
    pub box_name: Option<String>,
}

impl Distro {
    /// Reads `/etc/os-release`, else `/usr/lib/os-release`, and looks whether this is a box.
    pub fn detect<M: Machine>(machine: &M, variables: &Variables<'_>) -> Self {
        let content = [&b"/etc/os-release"[..], b"/usr/lib/os-release"].iter().find_map(|file| {
            let file = machine.read_file(None, file, OS_RELEASE_LIMIT).ok()?;
            (file.metadata.kind == Kind::File).then_some(file.content)
        });
        let release = os_release::parse(content.as_deref().unwrap_or_default());
        let key = key(&release);
        let box_name = container(machine, variables)
            .filter(Container::is_box)
            .and_then(|container| container.name);
        let id_and_version =
            release.version_id.as_ref().map(|version| [&release.id, "-", version].concat());
        Self { release, key, id_and_version, box_name }
    }

    /// The names that an entry of `distros:` may have to mean this userland.
    pub fn names(&self) -> DistroNames<'_> {
        DistroNames {
            id: &self.release.id,
            key: &self.key,
            id_and_version: self.id_and_version.as_deref(),
        }
    }

    /// The name of this userland's directory of links below `distros/`.
    pub fn links_key(&self) -> String {
        match &self.box_name {
            None => self.key.clone(),
            Some(name) => {
                let mut key = self.key.clone();
                key.push('+');
                key.extend(name.bytes().map(|byte| match byte.to_ascii_lowercase() {
                    byte if is_key_byte(byte) => char::from(byte),
                    _ => '-',
                }));
                key
            }
        }
    }
}

const fn is_key_byte(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'_' | b'+' | b'-')
}

fn key(release: &OsRelease) -> String {
    let mut id = release.id.to_ascii_lowercase();
    let is_usable = id.len() <= LONGEST_ID && !id.starts_with('.') && id.bytes().all(is_key_byte);
    // A file without ID, whose version says nothing, is `linux` too.
    if !is_usable || id.is_empty() || id == "linux" {
        return String::from("linux");
    }
    if let Some(version) = version(release, &id) {
        id.push('-');
        id.push_str(version);
    }
    id
}

/// The part of `VERSION_ID` that tells one set of libraries from the next.
fn version<'a>(release: &'a OsRelease, id: &str) -> Option<&'a str> {
    let version = release.version_id.as_deref()?;
    let is_date = version.len() == 8 && version.bytes().all(|byte| byte.is_ascii_digit());
    let is_numeric = version
        .split('.')
        .all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()));
    if is_date || !is_numeric || version.len() > LONGEST_VERSION || ROLLING.contains(&id) {
        return None;
    }
    let like_rhel = release.id_like.iter().any(|like| like == "rhel" || like == "centos");
    let parts = if like_rhel || RHEL_FAMILY.contains(&id) { 1 } else { 2 };
    let end = version.match_indices('.').nth(parts - 1).map_or(version.len(), |(dot, _)| dot);
    Some(&version[..end])
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Container {
    /// The kind.
    pub kind: ContainerKind,
    /// Its name, where the container itself knows it.
    pub name: Option<String>,
}

impl Container {
    /// Whether this is a box over a shared home, which lives long and has a name of its own.
    pub const fn is_box(&self) -> bool {
        matches!(self.kind, ContainerKind::Toolbox | ContainerKind::Distrobox)
    }
}

/// Finds out by the files that container engines leave; variables alone prove nothing, since they leak out.
pub fn container<M: Machine>(machine: &M, variables: &Variables<'_>) -> Option<Container> {
    const ENVIRONMENT_FILE_LIMIT: usize = 64 * 1024;
    let exists = |path: &[u8]| machine.metadata(None, path, Follow::Links).is_ok();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let box_id = variables.get(Name::ContainerId).map(text);
    match machine.read_file(None, b"/run/.containerenv", ENVIRONMENT_FILE_LIMIT) {
        Ok(file) => {
            let name = container_name(&file.content).map(text);
            let is_distrobox =
                || exists(b"/usr/bin/distrobox-export") || (box_id.is_some() && box_id == name);
            let kind = if exists(b"/run/.toolboxenv") {
                ContainerKind::Toolbox
            } else if is_distrobox() {
                ContainerKind::Distrobox
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

/// Docker's mark is asked for only where a person wants to know: it changes no choice.
pub fn docker<M: Machine>(machine: &M) -> Option<Container> {
    let found = machine.metadata(None, b"/.dockerenv", Follow::Links);
    found.is_ok().then_some(Container { kind: ContainerKind::Docker, name: None })
}

/// The `name="…"` line of `/run/.containerenv`; a plain podman leaves that file empty.
fn container_name(content: &[u8]) -> Option<&[u8]> {
    let value =
        content.split(|byte| *byte == b'\n').find_map(|line| line.strip_prefix(b"name="))?;
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
    let interpreter = crate::elf::parse(&shell.content).ok()?.interpreter?.to_vec();
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
pub fn families(release: &OsRelease) -> Vec<String> {
    let own = release.id.to_ascii_lowercase();
    let like = release.id_like.iter().map(|like| like.to_ascii_lowercase());
    core::iter::once(own).chain(like).collect()
}

#[cfg(test)]
mod tests;
