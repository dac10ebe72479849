//! What changes in the environment on the way to the real go, each change with its reason.
//!
//! A denylist, not an allowlist: Go hands its whole environment to tests, generators and compilers.

use alloc::vec::Vec;

use crate::cache::Cache;
use crate::config::WindowsPath;
use crate::failure::{Code, Failure, Problem};
use crate::invocation::Command;
use crate::machine::Machine;
use crate::path::{self, Bytes};
use crate::real_path::real_path;
use crate::select::Selection;
use crate::source::Row;
use crate::survey::Survey;
use crate::text::find_byte;
use crate::variables::Name;
use crate::windows_path;

/// Proxies within proxies before it is taken for a loop.
pub const MAXIMUM_DEPTH: u32 = 100;

/// One change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// The variable.
    pub name: Name,
    /// Its new value; none means that it is taken away.
    pub value: Option<Bytes>,
    /// What it was.
    pub was: Option<Bytes>,
    /// Why.
    pub reason: Reason,
}

/// Why a variable changes: a closed set, each with its paragraph in the book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// An inherited GOROOT makes `go` build with another version's standard library.
    InheritedGoroot,
    /// The go env file has a GOROOT line, which only the environment beats.
    GoEnvGoroot,
    /// `go` cannot find its own root: there is no `/proc`, or its program lies outside the root.
    NoProc,
    /// A build cache a distro.
    DistroCache,
    /// What was pinned may not be switched away from.
    Pin,
    /// The same, for `go +1.22`; its children keep to it.
    Argument,
    /// Left over from another toolchain.
    StaleInternal,
    /// Lets Go's own switching find what is installed.
    Links,
    /// Windows directories on PATH cost a round trip for each look-up.
    WindowsPath,
    /// Tells a nested proxy what gowr itself has set.
    Marker,
}

impl Reason {
    /// Every reason, in the order of the book.
    pub const ALL: [Self; 10] = [
        Self::InheritedGoroot,
        Self::GoEnvGoroot,
        Self::NoProc,
        Self::DistroCache,
        Self::Pin,
        Self::Argument,
        Self::StaleInternal,
        Self::Links,
        Self::WindowsPath,
        Self::Marker,
    ];

    /// The word in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InheritedGoroot => "inherited-goroot",
            Self::GoEnvGoroot => "goenv-goroot",
            Self::NoProc => "no-proc",
            Self::DistroCache => "distro-cache",
            Self::Pin => "pin",
            Self::Argument => "argument",
            Self::StaleInternal => "stale-internal",
            Self::Links => "links",
            Self::WindowsPath => "windows-path",
            Self::Marker => "marker",
        }
    }
}

/// The depth of this proxy among proxies, and an error where it goes round in circles.
pub(crate) fn depth<M: Machine>(survey: &Survey<'_, M>) -> Result<u32, &'static Failure> {
    let text = survey.variables.get(Name::GowrDepth).unwrap_or_default();
    let mut depth = 0;
    for byte in text {
        // What is no number was not written by a proxy.
        depth = if byte.is_ascii_digit() { depth * 10 + u32::from(byte - b'0') } else { 0 };
        if depth >= MAXIMUM_DEPTH {
            break;
        }
    }
    if depth < MAXIMUM_DEPTH {
        return Ok(depth);
    }
    Err(Failure::of(Code::Loop, Problem::TooDeep).kept())
}

/// Works out every change.
pub(crate) fn changes<M: Machine>(
    survey: &Survey<'_, M>,
    selection: &Selection,
    cache: &Cache,
    depth: u32,
) -> Vec<Change> {
    let mut changes = Changes { survey, list: Vec::with_capacity(12) };
    changes.goroot(selection);
    for name in [Name::GoToolDirectory, Name::GoRootFinal, Name::GoToolchainSwitchVersion] {
        changes.unset(name, Reason::StaleInternal);
    }
    changes.go_toolchain(selection);
    changes.go_cache(cache);
    changes.path();
    changes.unset(Name::GowrProxyVersion, Reason::Marker);
    changes.set(Name::GowrDepth, path::decimal(depth + 1), Reason::Marker);
    changes.list
}

struct Changes<'a, M: Machine> {
    survey: &'a Survey<'a, M>,
    list: Vec<Change>,
}

impl<M: Machine> Changes<'_, M> {
    fn set(&mut self, name: Name, value: Bytes, reason: Reason) {
        let was = self.survey.variables.raw(name);
        if was != Some(value) {
            self.list.push(Change { name, value: Some(value), was, reason });
        }
    }

    fn unset(&mut self, name: Name, reason: Reason) {
        if let Some(was) = self.survey.variables.raw(name) {
            self.list.push(Change { name, value: None, was: Some(was), reason });
        }
    }

    /// Sets a variable together with the marker that says it is ours.
    fn set_marked(&mut self, name: Name, marker: Name, value: Bytes, reason: Reason) {
        self.set(name, value, reason);
        self.set(marker, value, Reason::Marker);
    }

    /// Takes away what gowr set in a process above, if it did, and the marker in any case.
    fn unset_ours(&mut self, name: Name, marker: Name) {
        if self.survey.variables.is_ours(name) {
            self.unset(name, Reason::Marker);
        }
        self.unset(marker, Reason::Marker);
    }

    /// `go` finds its own root by `/proc/self/exe`; only where it cannot, or the go env file would mislead it, is
    /// GOROOT set (`findGOROOT` in cmd/go/internal/cfg: the environment beats the file).
    fn goroot(&mut self, selection: &Selection) {
        let machine = self.survey.machine;
        let reason = if self.survey.settings.go_env(Name::GoRoot).is_some() {
            Some(Reason::GoEnvGoroot)
        } else if selection.toolchain.is_split
            || machine.read_link(None, b"/proc/self/exe").is_err()
        {
            Some(Reason::NoProc)
        } else {
            None
        };
        match (reason, selection.toolchain.root) {
            (Some(reason), Some(root)) => {
                let root = real_path(machine, root).unwrap_or(root);
                self.set(Name::GoRoot, root, reason);
            }
            _ => self.unset(Name::GoRoot, Reason::InheritedGoroot),
        }
    }

    fn go_toolchain(&mut self, selection: &Selection) {
        let command = self.survey.invocation.command;
        let by_user = self.survey.variables.by_user(Name::GoToolchain).is_some();
        let reason = match selection.row {
            Row::Argument => Some(Reason::Argument),
            Row::GowrToolchain => Some(Reason::Pin),
            Row::ProjectPin if !by_user && command != Command::PackageAtVersion => {
                Some(Reason::Pin)
            }
            _ => None,
        };
        match reason.filter(|_| command != Command::StoresSettings) {
            Some(reason) => {
                self.set_marked(Name::GoToolchain, Name::GowrGoToolchain, b"local", reason);
            }
            None => self.unset_ours(Name::GoToolchain, Name::GowrGoToolchain),
        }
        if selection.row == Row::Argument {
            let version = selection.toolchain.version;
            let exact = match version.and_then(|name| name.as_str().strip_prefix("go")) {
                Some(version) => path::concat(&[version.as_bytes()]),
                None => selection.source.request.unwrap_or_default(),
            };
            self.set(Name::GowrToolchain, exact, Reason::Argument);
        }
    }

    fn go_cache(&mut self, cache: &Cache) {
        let path = cache.path.filter(|_| cache.is_ours);
        match path.filter(|_| self.survey.invocation.command != Command::StoresSettings) {
            Some(path) => {
                self.set_marked(Name::GoCache, Name::GowrGoCache, path, Reason::DistroCache);
            }
            None => self.unset_ours(Name::GoCache, Name::GowrGoCache),
        }
    }

    fn drops_windows_path(&self) -> bool {
        let setting = self.survey.settings.user.windows_path.as_ref();
        setting.is_some_and(|setting| setting.value == WindowsPath::Drop)
    }

    /// PATH keeps its order: it enters the keys of cached test results, so the change must be idempotent.
    fn path(&mut self) {
        let Some(inherited) = self.survey.variables.get(Name::Path) else { return };
        let mut kept = inherited;
        if let Some(drives) = windows_path::drives(self.survey.machine, inherited) {
            if self.drops_windows_path() {
                kept = windows_path::without(drives, inherited);
                self.set(Name::Path, kept, Reason::WindowsPath);
            } else if self.survey.variables.get(Name::Gccgo).is_none() {
                // Every go command looks gccgo up in each entry (cmd/go/internal/work/gccgo.go); an absolute
                // name ends that, and changes no build.
                self.set(Name::Gccgo, b"/usr/bin/gccgo", Reason::WindowsPath);
            }
        }
        let Some(home) = self.survey.places.home else { return };
        let links: &[u8] = if home.ends_with(b"/") { b"links" } else { b"/links" };
        if !has_entry(kept, home, links) {
            let kept = path::concat(&[kept, b":", home, links]);
            match self.list.iter_mut().find(|change| change.name == Name::Path) {
                Some(change) => change.value = Some(kept),
                None => self.set(Name::Path, kept, Reason::Links),
            }
        }
    }
}

/// The environment after the changes, as `NAME=value` entries; a changed variable goes in every copy it has.
pub fn apply(environment: &[Bytes], changes: &[Change]) -> Vec<Bytes> {
    let is_changed = |entry: &[u8]| {
        Name::of(entry).is_some_and(|(name, _)| changes.iter().any(|change| change.name == name))
    };
    let kept = environment.iter().copied().filter(|entry| !is_changed(entry));
    kept.chain(changes.iter().filter_map(entry)).collect()
}

/// A change as an environment entry; none where it takes a variable away.
pub fn entry(change: &Change) -> Option<Bytes> {
    Some(path::concat(&[change.name.as_str().as_bytes(), b"=", change.value?]))
}

/// Whether `home` with `below` after it is one of the entries of a PATH, to the letter.
fn has_entry(path_variable: &[u8], home: &[u8], below: &[u8]) -> bool {
    let mut rest = path_variable;
    loop {
        let end = find_byte(rest, b':').unwrap_or(rest.len());
        let (entry, after) = rest.split_at(end);
        if entry.strip_prefix(home) == Some(below) {
            return true;
        }
        match after.split_first() {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
}
