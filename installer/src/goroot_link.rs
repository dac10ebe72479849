//! One stable path of a GOROOT, for programs that are told once where Go is: IDEs want a real GOROOT, and no proxy.
//!
//! The path is a symbolic link, replaced by rename: at every instant it leads to one whole GOROOT, and a `go` that was
//! started through it finds itself by its real path and stays with that tree. For programs that resolve links it can be
//! a bind mount instead ([`bind`]). Either follows what it was made for, the user's default or a version, and is moved
//! ([`GorootLinks::follow`]) after whatever changed that; never by the proxy, and never because of a project file.

pub mod bind;
mod registry;
mod switch;
mod tree;

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use resolver::machine::Machine;
use resolver::version::Request;

use crate::atomic;
use crate::error::{During, Error, quoted};
use crate::store::{self, Home, Key};

pub use tree::{Way, way_out};

/// What a link leads to, also tomorrow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Follows {
    /// What runs where nothing is asked for.
    Default,
    /// The newest of a line, one version, or a registered name.
    Request(Request),
}

impl Follows {
    /// The word for the default.
    pub const DEFAULT: &'static str = "default";

    /// Parses `default`, a version or a registered name.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            Self::DEFAULT => Some(Self::Default),
            _ => Request::parse(text).map(Self::Request),
        }
    }
}

impl fmt::Display for Follows {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => formatter.write_str(Self::DEFAULT),
            Self::Request(request) => request.fmt(formatter),
        }
    }
}

/// How a path leads to a GOROOT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A symbolic link.
    Link,
    /// A bind mount on a directory.
    Bind,
}

impl Kind {
    /// The word in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Link => "link",
            Self::Bind => "bind",
        }
    }
}

/// A path that was made to lead to a GOROOT.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GorootLink {
    /// The path; absolute, the links on the way to it resolved.
    pub path: PathBuf,
    /// How it leads there.
    pub kind: Kind,
    /// What it follows.
    pub follows: Follows,
    /// Where it was made to lead.
    pub goroot: PathBuf,
    /// Where it led before: still does, if the process that changed it was killed.
    former: Option<PathBuf>,
}

/// What is found where a link should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// It leads where it was made to lead.
    Right,
    /// Nothing is there.
    Gone,
    /// Somebody else put something there, or made it lead elsewhere.
    Changed,
    /// It does not lead where it was made to lead, or there is nothing any more.
    Astray,
}

impl State {
    /// The word in JSON.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Right => "right",
            Self::Gone => "gone",
            Self::Changed => "changed",
            Self::Astray => "astray",
        }
    }
}

/// What became of a link.
#[derive(Debug)]
pub enum Followed<E> {
    /// It led there already.
    Kept,
    /// It leads to another GOROOT now.
    Moved,
    /// It is not what was made: nothing was done.
    NotOurs(State),
    /// It should lead to another GOROOT, and only root can mount, or only somebody else may change what is beside it.
    NotAllowed,
    /// Nothing answers to what it follows.
    Unanswered(E),
    /// It could not be changed.
    Failed(Error),
}

/// What [`GorootLinks::remove`] did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Removed {
    /// The link is gone.
    Link,
    /// It is forgotten; what is there is somebody else's and stays.
    Entry,
}

/// The links of one userland.
pub struct GorootLinks<'a, M> {
    /// The machine.
    pub machine: &'a M,
    /// gowr's home, which remembers them.
    pub home: &'a Home,
    /// The userland: another one over the same home has other file systems, and so other links.
    pub here: &'a Key,
}

impl<M: Machine> GorootLinks<'_, M> {
    /// All of them, in the order in which they were made.
    pub fn list(&self) -> Result<Vec<GorootLink>, Error> {
        registry::read(self.home, self.here)
    }

    /// The path of a link as it is remembered: the directory above it must be there.
    pub fn place(&self, typed: &Path) -> Result<PathBuf, Error> {
        let Some(name) = typed.file_name() else {
            return Err(refused(
                format!("{} cannot be a link", typed.display()),
                "it has no name of its own",
                String::from("gowr link ~/go-sdk"),
            ));
        };
        let parent = atomic::parent(typed);
        let real = fs::canonicalize(parent).during("find the directory", parent)?;
        let path = real.join(name);
        if !registry::can_hold(&path) {
            return Err(refused(
                format!("{} cannot be a link", path.display()),
                "there is a tab or a line end in its name",
                String::from("gowr link ~/go-sdk"),
            ));
        }
        let home = fs::canonicalize(self.home.path());
        if home.is_ok_and(|home| path.starts_with(home)) {
            return Err(refused(
                format!("{} cannot be a link", path.display()),
                "what is in gowr's home is made by gowr alone",
                String::from("gowr link ~/go-sdk"),
            ));
        }
        Ok(path)
    }

    /// What is remembered of a path.
    pub fn find(&self, path: &Path) -> Result<Option<GorootLink>, Error> {
        Ok(self.list()?.into_iter().find(|link| link.path == path))
    }

    /// Fails where there is something at a path that is not ours to replace. `is_forced` also replaces another's link, or
    /// covers what is in a directory.
    pub fn may_make(&self, path: &Path, kind: Kind, is_forced: bool) -> Result<(), Error> {
        let known = self.find(path)?;
        if let Some(other) = known.as_ref().filter(|known| known.kind != kind) {
            return Err(refused(
                format!("{} is a {} of gowr's already", path.display(), other.kind.as_str()),
                "one path is one or the other",
                format!("gowr link --remove {}", quoted(path)),
            ));
        }
        match kind {
            Kind::Link => switch::may_make(path, known.as_ref(), is_forced),
            Kind::Bind => bind::may_make(path, known.as_ref(), is_forced),
        }
    }

    /// Makes a path lead to a GOROOT, from now on as `follows` says. Whether that changed where it leads.
    pub fn make(
        &self,
        path: &Path,
        kind: Kind,
        follows: Follows,
        goroot: &Path,
        is_forced: bool,
    ) -> Result<bool, Error> {
        if !registry::can_hold(goroot) {
            return Err(refused(
                format!("nothing can lead to {}", goroot.display()),
                "there is a tab or a line end in its name",
                format!("mv {} {}", quoted(goroot), "/usr/local/go"),
            ));
        }
        let registry = registry::Registry::open(self.home, self.here)?;
        self.may_make(path, kind, is_forced)?;
        let former = match (kind, registry.find(path)) {
            (Kind::Link, _) => fs::read_link(path).ok(),
            // Not changed yet, by one that was killed.
            (Kind::Bind, Some(known)) if known.goroot == goroot => known.former.clone(),
            (Kind::Bind, known) => known.map(|known| known.goroot.clone()),
        };
        let former = former.filter(|former| former != goroot);
        let goroot = goroot.to_path_buf();
        let link = GorootLink { path: path.to_path_buf(), kind, follows, goroot, former };
        carry_out(registry, &link)
    }

    /// Makes all links lead to what they follow. `goroot_of` says what answers.
    pub fn follow<E>(
        &self,
        is_root: bool,
        mut goroot_of: impl FnMut(Follows) -> Result<PathBuf, E>,
    ) -> Result<Vec<(GorootLink, Followed<E>)>, Error> {
        let links = self.list()?;
        let mut followed = Vec::with_capacity(links.len());
        for link in links {
            let became = match goroot_of(link.follows) {
                Ok(goroot) => self.follow_one(&link, &goroot, is_root),
                // As long as it leads somewhere, nobody needs to know.
                Err(_) if link.state() == State::Right => Followed::Kept,
                Err(error) => Followed::Unanswered(error),
            };
            let link = self.find(&link.path)?.unwrap_or(link);
            followed.push((link, became));
        }
        Ok(followed)
    }

    fn follow_one<E>(&self, link: &GorootLink, goroot: &Path, is_root: bool) -> Followed<E> {
        let is_new = link.goroot != goroot;
        match (link.kind, link.state()) {
            // What was mounted is gone with the machine's last start, or with a namespace.
            (Kind::Bind, State::Gone) if is_new || is_root => {}
            (_, State::Right | State::Gone | State::Changed) if !is_new => return Followed::Kept,
            (_, state @ (State::Gone | State::Changed)) => return Followed::NotOurs(state),
            (_, State::Right | State::Astray) => {}
        }
        let may_move = match link.kind {
            Kind::Link => switch::may_write_beside(&link.path).is_ok(),
            Kind::Bind => is_root,
        };
        if !may_move {
            return Followed::NotAllowed;
        }
        match self.make(&link.path, link.kind, link.follows, goroot, false) {
            Ok(true) => Followed::Moved,
            Ok(false) => Followed::Kept,
            Err(error) => Followed::Failed(error),
        }
    }

    /// Makes a mount come back when the machine starts.
    pub fn mount_at_boot(&self, link: &GorootLink) -> Result<(), Error> {
        bind::mount_at_boot(self.machine, link)
    }

    /// Takes a link away; none where the path was never made one.
    pub fn remove(&self, path: &Path) -> Result<Option<Removed>, Error> {
        let mut registry = registry::Registry::open(self.home, self.here)?;
        let Some(link) = registry.find(path).cloned() else { return Ok(None) };
        let removed = match (link.kind, link.state()) {
            (Kind::Link, State::Right | State::Astray) => {
                fs::remove_file(path).during("remove the link", path)?;
                atomic::sync_directory(atomic::parent(path));
                Removed::Link
            }
            (Kind::Link, State::Gone) => Removed::Link,
            (Kind::Link, State::Changed) => Removed::Entry,
            (Kind::Bind, _) => bind::remove(self.machine, &link)?,
        };
        switch::sweep(path);
        registry.remove(path)?;
        Ok(Some(removed))
    }
}

impl GorootLink {
    /// What is there.
    pub fn state(&self) -> State {
        match self.kind {
            Kind::Link => switch::state(self),
            Kind::Bind => bind::state(self),
        }
    }

    /// The first line of VERSION in the GOROOT, where it has one.
    pub fn version_text(&self) -> Option<String> {
        store::version_text(&self.goroot).ok().flatten()
    }

    /// Whether it was made to lead there, now or, if the process that changed it was killed, before.
    fn may_lead_to(&self, goroot: &Path) -> bool {
        goroot == self.goroot || self.former.as_deref() == Some(goroot)
    }
}

/// Remembers first, so that whoever comes after a kill knows what is ours.
fn carry_out(mut registry: registry::Registry, link: &GorootLink) -> Result<bool, Error> {
    let before = registry.find(&link.path).cloned();
    registry.put(link.clone())?;
    let result = match link.kind {
        Kind::Link => switch::switch(&link.path, &link.goroot),
        Kind::Bind => bind::switch(link),
    };
    if result.is_err() {
        // What failed is what is told.
        let _ = match before {
            Some(before) => registry.put(before),
            None => registry.remove(&link.path),
        };
    }
    result
}

/// What cannot be done as it was asked for.
fn refused(message: String, cause: &str, fix: String) -> Error {
    Error::GorootLink { message, cause: cause.into(), fix: Some(fix) }
}

#[cfg(test)]
mod tests;
