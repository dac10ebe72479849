//! What is installed here: the directory of links that this distro has in gowr's home.
//!
//! One `readlink` answers a request, whatever the number of toolchains. Only when a name is missing there, and
//! only for `gowr` (never on the proxy's way), the store itself and the distro's own Go are looked through.

use alloc::vec::Vec;
use core::marker::PhantomData;
use core::ops::ControlFlow;

use crate::distro::Distro;
use crate::distro_go;
use crate::invocation::Program;
use crate::machine::{Follow, Machine};
use crate::path::{self, Bytes};
use crate::places::Places;
use crate::share;
use crate::text::find_byte;
use crate::toolchain::{self, Origin, Toolchain, Unusable};
use crate::version::{Request, ToolchainName, Version, compare};
use crate::witness::Witness;

/// What a look-up came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// A toolchain that can be run.
    Usable(&'static Toolchain),
    /// It is here but cannot be run.
    Unusable(&'static Unusable),
    /// It is not here.
    Absent,
    /// It is not among the links; only a thorough look can tell.
    Unknown,
}

/// The installed toolchains as one userland sees them.
pub struct Installed<'a, M: Machine, W: Witness> {
    machine: &'a M,
    program: Program,
    distro: &'static Distro,
    home: Option<Bytes>,
    toolchains: Option<Bytes>,
    links: Option<Bytes>,
    witness: PhantomData<W>,
}

impl<'a, M: Machine, W: Witness> Installed<'a, M, W> {
    /// Nothing is looked at yet.
    pub fn new(machine: &'a M, places: &Places, distro: &'static Distro, program: Program) -> Self {
        let links = places.home.map(|home| {
            path::concat(&[home, path::slash_after(home), b"distros/", distro.links_key()])
        });
        let toolchains = places.in_home(b"toolchains");
        Self {
            machine,
            program,
            distro,
            home: places.home,
            toolchains,
            links,
            witness: PhantomData,
        }
    }

    /// Whether this userland has its directory of links; a new one gets it from `gowr`.
    pub fn has_links(&self) -> bool {
        self.links.is_some_and(|links| self.machine.metadata(None, links, Follow::Links).is_ok())
    }

    /// What answers a request.
    pub fn find(&self, request: Request) -> Found {
        let linked = match request {
            Request::Exact(name) => self.linked(name.as_str().as_bytes()),
            Request::Line(line) => self.linked(line.as_str().as_bytes()),
            Request::Named(name) => {
                self.linked(path::concat(&[b"named/", name.as_str().as_bytes()]))
            }
        };
        match linked {
            Some(found) => found,
            None if !W::IS_THOROUGH => Found::Unknown,
            None => self.search(request),
        }
    }

    /// A toolchain of exactly this name, or `Absent`. For questions that must cost nothing where the answer is
    /// no (rows 3 and 5, floors): the links alone are believed where they are there at all.
    pub fn exactly(&self, name: ToolchainName) -> Found {
        self.by_links(name.as_str().as_bytes(), |names| {
            names.iter().copied().find(|other| *other == name)
        })
    }

    /// The newest of a line, by the links where they are there.
    pub fn newest_of_line(&self, line: Version) -> Found {
        let request = Request::Line(line);
        self.by_links(line.as_str().as_bytes(), |names| newest(names, |name| request.accepts(name)))
    }

    /// The newest of all, by the links where they are there.
    pub fn newest(&self) -> Found {
        self.by_links(b"newest", |names| newest(names, |_| true))
    }

    fn by_links(
        &self,
        link: &[u8],
        choose: impl Fn(&[ToolchainName]) -> Option<ToolchainName>,
    ) -> Found {
        if let Some(found) = self.linked(link) {
            return found;
        }
        if self.has_links() {
            return Found::Absent;
        }
        if !W::IS_THOROUGH {
            let store = self.toolchains;
            let has_store = store
                .is_some_and(|store| self.machine.metadata(None, store, Follow::Links).is_ok());
            return if has_store { Found::Unknown } else { Found::Absent };
        }
        match choose(&self.stored()).and_then(|name| self.in_store(name)) {
            Some(found) => found,
            None => Found::Absent,
        }
    }

    /// Follows one link of this userland's directory. `None` where there is no such link, or it is stale: the
    /// toolchain is gone, or the distro has upgraded it to another version.
    fn linked(&self, name: &[u8]) -> Option<Found> {
        let links = self.links?;
        let read = |name: &[u8]| self.machine.read_link(None, path::join(links, name)).ok();
        let (mut link, mut target) = (name, read(name)?);
        if find_byte(target, b'/').is_none() {
            // `1.22 -> go1.22.10`: a sibling, which says where the toolchain is.
            (link, target) = (target, read(target)?);
        }
        if path::is_absolute(target) {
            return self.adopted(link, target);
        }
        match target.strip_prefix(share::PREFIX) {
            Some(shared) => self
                .in_share(toolchain_name(shared)?)
                .or_else(|| self.linked(path::concat(&[name, share::LOCAL]))),
            None => self.in_store(stored_name(target)?),
        }
    }

    /// A toolchain of another distro; none where the share has a flaw. Whether it can be read is tried where the proxy
    /// has failed to start it.
    fn in_share(&self, name: ToolchainName) -> Option<Found> {
        let share = share::find(self.machine, self.home?)?;
        let mut toolchain = Toolchain::in_store(share, name, self.program);
        if share::flaw_in(self.machine, share, toolchain.root?).is_some() {
            return None;
        }
        if W::IS_THOROUGH {
            toolchain.version_text = Some(share::read_version(self.machine, &toolchain)?);
        }
        Some(Found::Usable(path::keep_value(toolchain)))
    }

    fn in_store(&self, name: ToolchainName) -> Option<Found> {
        let toolchain = Toolchain::in_store(self.toolchains?, name, self.program);
        let is_static =
            toolchain.version.is_some_and(|name| !toolchain::predates_switching(name.version()));
        if is_static && !W::IS_THOROUGH {
            return Some(Found::Usable(path::keep_value(toolchain)));
        }
        let root = toolchain.root?;
        self.machine.metadata(None, root, Follow::Links).ok()?;
        let go = toolchain::executable(root, Program::Go);
        match toolchain::runnable(self.machine, go) {
            Ok(()) => {
                let version_text = toolchain::first_line_of_version(self.machine, root);
                Some(Found::Usable(path::keep_value(Toolchain { version_text, ..toolchain })))
            }
            Err(unusable) => Some(Found::Unusable(unusable)),
        }
    }

    /// A directory that somebody else looks after: its VERSION is read each time.
    fn adopted(&self, link: &[u8], root: Bytes) -> Option<Found> {
        self.machine.metadata(None, root, Follow::Links).ok()?;
        match toolchain::goroot(self.machine, root, self.program, Origin::Adopted) {
            Ok(toolchain) => {
                let is_named = link.starts_with(b"named/");
                let has_version = toolchain.version.is_some_and(|v| v.as_str().as_bytes() == link);
                (is_named || has_version).then_some(Found::Usable(toolchain))
            }
            Err(unusable) => Some(Found::Unusable(unusable)),
        }
    }

    /// Looks through the store, the share and the distro's own Go.
    fn search(&self, request: Request) -> Found {
        let stored = newest(&self.stored(), |name| request.accepts(name));
        if let Some(found) = stored.and_then(|name| self.in_store(name)) {
            return found;
        }
        let shared = newest(&self.shared(), |name| request.accepts(name));
        if let Some(found) = shared.and_then(|name| self.in_share(name)) {
            return found;
        }
        let mut unusable = None;
        let mut usable = None;
        distro_go::each_root(self.machine, self.distro, &mut |root| {
            match toolchain::goroot(self.machine, root, self.program, Origin::Distro) {
                Ok(toolchain) => {
                    if toolchain.version.is_some_and(|name| request.accepts(name)) {
                        usable = Some(toolchain);
                        return ControlFlow::Break(());
                    }
                }
                Err(reason) => {
                    let line = toolchain::first_line_of_version(self.machine, root);
                    let version = line.and_then(toolchain::version_of);
                    if version.is_some_and(|name| request.accepts(name)) {
                        unusable.get_or_insert(reason);
                    }
                }
            }
            ControlFlow::Continue(())
        });
        if let Some(toolchain) = usable {
            return Found::Usable(toolchain);
        }
        unusable.map_or(Found::Absent, Found::Unusable)
    }

    /// The names in the store; those with a prefix of a staging area's making are none.
    pub fn stored(&self) -> Vec<ToolchainName> {
        self.names_in(self.toolchains)
    }

    /// The names in the share that is used, whatever flaw it has. Only releases that run in every userland are shared.
    fn shared(&self) -> Vec<ToolchainName> {
        let share = self.home.and_then(|home| share::find(self.machine, home));
        let mut names = self.names_in(share);
        names.retain(|name| !toolchain::predates_switching(name.version()));
        names
    }

    fn names_in(&self, directory: Option<Bytes>) -> Vec<ToolchainName> {
        let names = directory.and_then(|directory| self.machine.list(directory).ok());
        names.unwrap_or_default().into_iter().filter_map(toolchain_name).collect()
    }
}

/// `../../toolchains/go1.22.10`, and nothing else, is a link into the store.
fn stored_name(target: &[u8]) -> Option<ToolchainName> {
    toolchain_name(target.strip_prefix(b"../../toolchains/")?)
}

fn toolchain_name(name: &[u8]) -> Option<ToolchainName> {
    ToolchainName::parse(core::str::from_utf8(name).ok()?)
}

/// The newest of those wanted. A prerelease counts only where there is nothing else.
pub fn newest(
    names: &[ToolchainName],
    is_wanted: impl Fn(ToolchainName) -> bool,
) -> Option<ToolchainName> {
    names.iter().copied().filter(|name| is_wanted(*name)).max_by(|left, right| {
        let released = |name: &ToolchainName| !name.version().is_prerelease();
        released(left)
            .cmp(&released(right))
            .then_with(|| compare(left.version().as_str(), right.version().as_str()))
    })
}
