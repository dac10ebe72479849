//! The one walk over the project's directories: pins, and what go.mod and go.work need.
//!
//! Parents are lexical, as for Go. The path is opened top-down one component at a time, then probed innermost
//! first, each probe relative to its directory: one component a lookup and no `..`, because on WSL's Windows
//! drives each component is a round trip of milliseconds.

use alloc::vec::Vec;

use crate::distro::Distro;
use crate::failure::Failure;
use crate::gomod;
use crate::invocation::Invocation;
use crate::machine::{Follow, Kind, Machine};
use crate::path::{self, Bytes, keep_value};
use crate::pin::{self, DistroNames, Form, Pin};
use crate::real_path::real_path;
use crate::settings::written;
use crate::source::SourceKind;
use crate::text::find_byte;
use crate::variables::{Name, Variables};
use crate::version::{ToolchainName, Version};

/// Go reads go.mod whole, whatever its size; this much is enough for any that a person wrote.
const GO_MOD_LIMIT: usize = 16 * 1024 * 1024;

/// The directories from the root to where Go would start, open.
#[derive(Debug)]
pub struct Project<D> {
    path: Bytes,
    /// Outermost first: the directory's path, and the directory.
    levels: Vec<(Bytes, D)>,
}

/// A pin file that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PinFile {
    /// Its path.
    pub path: Bytes,
    /// Which kind of file.
    pub form: Form,
    /// Whether somebody else put it where anyone may write.
    pub is_foreign: bool,
    /// What it says, or why that cannot be used.
    pub content: Result<Pin, &'static Failure>,
}

impl PinFile {
    /// How JSON names such a file in a project.
    pub const fn source_kind(&self) -> SourceKind {
        match self.form {
            Form::GowrYaml => SourceKind::GowrYaml,
            Form::GoVersion => SourceKind::GoVersion,
            Form::ToolVersions => SourceKind::ToolVersions,
        }
    }
}

/// The pin files on the way up, nearest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pins {
    /// Those in the project: below the home directory, or outside it.
    pub project: Vec<&'static PinFile>,
    /// Those in the home directory itself, where asdf and mise users keep a default.
    pub home: Vec<&'static PinFile>,
    /// Those in a directory where anyone may write, put there by somebody else: passed over.
    pub foreign: Vec<&'static PinFile>,
    /// Whether the walk came past the home directory.
    home_seen: bool,
}

/// How a directory of the walk lies to the home directory.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Bound {
    Project,
    Home,
    AboveHome,
}

impl<D> Project<D> {
    /// Opens the directories. Without a current directory there is no project: Go says so itself.
    pub fn open<M: Machine<Directory = D>>(
        machine: &M,
        variables: &Variables,
        invocation: &Invocation,
    ) -> Self {
        match start(machine, variables, invocation.directory) {
            Some(path) => Self::at(machine, path),
            None => Self { path: b"", levels: Vec::new() },
        }
    }

    fn at<M: Machine<Directory = D>>(machine: &M, path: Bytes) -> Self {
        let mut levels: Vec<(Bytes, D)> = Vec::new();
        let Ok(root) = machine.open_directory(None, b"/") else { return Self { path, levels } };
        levels.push((b"/", root));
        let mut start = 1;
        while let Some(rest) = path.get(start..).filter(|rest| !rest.is_empty()) {
            let length = find_byte(rest, b'/').unwrap_or(rest.len());
            let (component, _) = rest.split_at(length);
            let (level, _) = path.split_at(start + length);
            let above = levels.last().map(|(_, directory)| directory);
            // What cannot be opened holds nothing anyone could read.
            let Ok(directory) = machine.open_directory(above, component) else { break };
            levels.push((level, directory));
            start += length + 1;
        }
        Self { path, levels }
    }

    /// The directory Go starts from; empty where there is none.
    pub const fn directory(&self) -> Bytes {
        self.path
    }

    fn innermost_first(&self) -> impl Iterator<Item = (Bytes, &D)> {
        self.levels.iter().rev().map(|(path, directory)| (*path, directory))
    }

    /// Finds pin files; only the nearest unless `all` are wanted.
    pub fn pins<M: Machine<Directory = D>>(
        &self,
        machine: &M,
        variables: &Variables,
        distro: &Distro,
        all: bool,
    ) -> Pins {
        let names = distro.names();
        let home = variables.absolute_path(Name::Home);
        let clean_home = home.map(path::clean);
        let mut pins = Pins::default();
        let mut bounds = Bounds { home, identity: None, checked: 0, found: None };
        for (depth, (level, directory)) in self.innermost_first().enumerate() {
            if depth > 0 && is_above_ceiling(level, variables) {
                break;
            }
            for pin in pins_in(machine, directory, level, &names, all) {
                let pins = match bounds.of(machine, self, depth) {
                    Bound::AboveHome => return pins,
                    _ if pin.is_foreign => &mut pins.foreign,
                    Bound::Project => &mut pins.project,
                    Bound::Home => &mut pins.home,
                };
                pins.push(pin);
            }
            let is_found = !pins.project.is_empty() || !pins.home.is_empty();
            if is_found && !all {
                break;
            }
            pins.home_seen |= clean_home == Some(level);
        }
        pins
    }

    /// The go.work or go.mod that Go would obey, and what it needs (`modGoToolchain` in
    /// cmd/go/internal/toolchain/select.go).
    pub fn need<M: Machine<Directory = D>>(
        &self,
        machine: &M,
        variables: &Variables,
        go_setting: impl Fn(Name) -> Option<Bytes>,
    ) -> Option<Need> {
        if go_setting(Name::Go111Module) == Some(b"off") {
            return None;
        }
        let is_file = |directory: &D, name: &[u8]| {
            let found = machine.metadata(Some(directory), name, Follow::Links);
            found.is_ok_and(|found| found.kind != Kind::Directory)
        };
        let workspace = go_setting(Name::GoWork);
        match workspace {
            None | Some(b"off") => {}
            Some(file) if path::is_absolute(file) => {
                if let Some(need) = read_need(machine, None, file, file, SourceKind::GoWork) {
                    return need;
                }
            }
            // Go refuses any other value with words of its own.
            Some(_) => return None,
        }
        let mut module = None;
        for (level, directory) in self.innermost_first() {
            if workspace.is_none() && is_file(directory, b"go.work") {
                let file = path::join(level, b"go.work");
                let need =
                    read_need(machine, Some(directory), b"go.work", file, SourceKind::GoWork);
                return need.flatten();
            }
            if module.is_none() && is_file(directory, b"go.mod") {
                module = Some((level, directory));
                if workspace.is_some() {
                    break;
                }
            }
        }
        let (level, directory) = module?;
        let temporary = variables.get(Name::TemporaryDirectory).unwrap_or(b"/tmp");
        if path::clean(temporary) == level {
            return None;
        }
        let file = path::join(level, b"go.mod");
        read_need(machine, Some(directory), b"go.mod", file, SourceKind::GoMod).flatten()
    }
}

/// Pins in the home directory itself, for a walk that did not come past it.
pub fn home_pins<M: Machine>(
    machine: &M,
    variables: &Variables,
    distro: &Distro,
    seen: &Pins,
    all: bool,
) -> Vec<&'static PinFile> {
    if seen.home_seen {
        return Vec::new();
    }
    let Some(home) = variables.absolute_path(Name::Home).map(path::clean) else {
        return Vec::new();
    };
    let Ok(directory) = machine.open_directory(None, home) else { return Vec::new() };
    let mut pins = pins_in(machine, &directory, home, &distro.names(), all);
    pins.retain(|pin| !pin.is_foreign);
    pins
}

/// The directory Go itself would start from: `-C` applied, `$PWD` where it names that directory, else the
/// kernel's name for it (`os.Getwd`).
fn start<M: Machine>(machine: &M, variables: &Variables, change: Option<Bytes>) -> Option<Bytes> {
    let named = variables.absolute_path(Name::WorkingDirectory);
    // None for a directory that is gone or outside the root: no path that Go could walk.
    let here = machine.current_directory().ok();
    // As a shell sets it: nothing is looked up to see that.
    if change.is_none() && here.is_some() && here == named {
        return here;
    }
    let identity = |path: &[u8]| Some(machine.metadata(None, path, Follow::Links).ok()?.identity);
    let identity_here = identity(change.unwrap_or(b"."))?;
    if let Some(directory) = named.filter(|directory| identity(directory) == Some(identity_here)) {
        return Some(path::clean(directory));
    }
    match change {
        Some(change) if path::is_absolute(change) => real_path(machine, change).ok(),
        Some(change) => real_path(machine, path::join(here?, change)).ok(),
        None => here,
    }
}

/// Whether the walk for pins ends before `directory` (`GOWR_CEILING_DIRS`, read as git reads its
/// `GIT_CEILING_DIRECTORIES`).
fn is_above_ceiling(directory: &[u8], variables: &Variables) -> bool {
    let Some(ceilings) = variables.get(Name::GowrCeilingDirectories) else { return false };
    ceilings
        .split(|byte| *byte == b':')
        .filter(|ceiling| path::is_absolute(ceiling))
        .any(|ceiling| path::is_below(path::clean(ceiling), directory))
}

/// Compares directories of the walk with the home directory, by identity and only when a file was found.
struct Bounds {
    home: Option<Bytes>,
    identity: Option<(u64, u64)>,
    checked: usize,
    found: Option<usize>,
}

impl Bounds {
    fn of<M: Machine>(
        &mut self,
        machine: &M,
        project: &Project<M::Directory>,
        depth: usize,
    ) -> Bound {
        let Some(home) = self.home else { return Bound::Project };
        if self.identity.is_none() {
            let Ok(found) = machine.metadata(None, home, Follow::Links) else {
                self.home = None;
                return Bound::Project;
            };
            self.identity = Some(found.identity);
        }
        for index in self.checked..=depth {
            // The levels stand outermost first, and depths count from the innermost.
            let level = project.levels.iter().rev().nth(index);
            let found = level.and_then(|(_, directory)| {
                machine.metadata(Some(directory), b"", Follow::Links).ok()
            });
            if self.found.is_none() && found.map(|found| found.identity) == self.identity {
                self.found = Some(index);
            }
        }
        self.checked = depth + 1;
        match self.found {
            None => Bound::Project,
            Some(home) if home == depth => Bound::Home,
            Some(_) => Bound::AboveHome,
        }
    }
}

/// The pin files in one directory; only the first that counts, and those before it that do not, unless `all` are wanted.
#[inline(never)]
fn pins_in<M: Machine>(
    machine: &M,
    directory: &M::Directory,
    level: &[u8],
    names: &DistroNames<'_>,
    all: bool,
) -> Vec<&'static PinFile> {
    let mut pins = Vec::new();
    for form in Form::ALL {
        if let Some(pin) = probe(machine, directory, level, form, names) {
            pins.push(pin);
            if !pin.is_foreign && !all {
                break;
            }
        }
    }
    pins
}

/// Looks for one pin file in one directory.
fn probe<M: Machine>(
    machine: &M,
    directory: &M::Directory,
    level: &[u8],
    form: Form,
    names: &DistroNames<'_>,
) -> Option<&'static PinFile> {
    let name = form.file_name().as_bytes();
    let read = machine.read_file(Some(directory), name, pin::SIZE_LIMIT + 1);
    if matches!(read, Err(error) if error.is_absent()) {
        return None;
    }
    let path = path::join(level, name);
    let owner = match &read {
        Ok(file) => Some(file.metadata.owner),
        Err(_) => machine.metadata(Some(directory), name, Follow::No).ok().map(|found| found.owner),
    };
    let is_foreign = owner != Some(machine.effective_user())
        && machine
            .metadata(Some(directory), b"", Follow::Links)
            .is_ok_and(|level| level.is_sticky());
    let content = match written(read, path) {
        Ok(content) => match pin::parse(form, content, names) {
            Ok(Some(pin)) => Ok(pin),
            Ok(None) => return None,
            Err(error) => Err(Failure::malformed(error, path, content)),
        },
        Err(failure) => Err(failure),
    };
    Some(keep_value(PinFile { path, form, is_foreign, content }))
}

/// What go.mod or go.work needs: the higher of its `go` and `toolchain` lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Need {
    /// [`SourceKind::GoMod`] or [`SourceKind::GoWork`].
    pub kind: SourceKind,
    /// The file.
    pub file: Bytes,
    /// The line that decides, from 1.
    pub line: u32,
    /// That line's text.
    pub text: &'static str,
    /// The version needed.
    pub version: Version,
    /// The exact toolchain, where one is named: by a `toolchain` line, or a `go` line that is a release.
    pub toolchain: Option<ToolchainName>,
    /// Whether the file has a `toolchain` line at all: no Go before 1.21 reads such a file.
    pub has_toolchain_line: bool,
}

/// Reads one such file: the outer `None` where there is none to read, the inner where it asks for nothing.
#[expect(clippy::option_option, reason = "no file and no need are different answers")]
fn read_need<M: Machine>(
    machine: &M,
    at: Option<&M::Directory>,
    name: &[u8],
    path: Bytes,
    kind: SourceKind,
) -> Option<Option<Need>> {
    let file = machine.read_file(at, name, GO_MOD_LIMIT).ok()?;
    if file.metadata.kind != Kind::File {
        return None;
    }
    Some(needed(&gomod::scan(file.content), path, kind))
}

fn needed(file: &gomod::GoMod<'static>, path: Bytes, kind: SourceKind) -> Option<Need> {
    let text = |bytes| core::str::from_utf8(bytes).ok();
    let go = file.go.as_ref().and_then(|line| Some((line, Version::parse(text(line.value)?)?)));
    let toolchain = file
        .toolchain
        .as_ref()
        .and_then(|line| Some((line, ToolchainName::parse(text(line.value)?)?)));
    let toolchain_decides = match (&go, &toolchain) {
        (Some((_, go)), Some((_, toolchain))) => go.compare(toolchain.version()).is_lt(),
        (None, Some(_)) => true,
        (_, None) => false,
    };
    let (line, version, toolchain) = if toolchain_decides {
        let (line, name) = toolchain?;
        (line, name.version(), Some(name))
    } else {
        let (line, version) = go?;
        let exact = (!version.is_line()).then(|| ToolchainName::of(version));
        (line, version, exact)
    };
    Some(Need {
        kind,
        file: path,
        line: line.line,
        text: core::str::from_utf8(line.text).unwrap_or_default(),
        version,
        toolchain,
        has_toolchain_line: file.toolchain.is_some(),
    })
}
