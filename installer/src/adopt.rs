//! Uses the Go toolchains that others put on this machine, where they are.
//!
//! Nothing is copied, bound, run or changed: a link in this userland's directory (see [`crate::link`]) leads to the
//! real path of a GOROOT. Of several with one version one is linked, in this order: what gowr installed; what is
//! adopted already; the order of the table in `layouts`.
//!
//! Others upgrade and remove what is theirs. The proxy reads VERSION again each time, and whatever changes the
//! links looks at all of them again: what is gone, is another version now or cannot run here is linked no more.

mod candidate;
mod layouts;
mod plan;
mod search;

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{self, Component, Path, PathBuf};

use resolver::machine::Machine;
use resolver::path::{Bytes, is_below, keep};
use resolver::pin::Choice;
use resolver::real_path::real_path;
use resolver::version::{RegisteredName, Request, ToolchainName};

use crate::config_file::{self, Cleared};
use crate::error::{During, Error};
use crate::link::{self, Links, Origin};
use crate::staging;
use crate::store::{Home, Key};
use candidate::Candidate;
pub use candidate::Reason;
use plan::Plan;
pub use search::module_cache;

/// What became of one directory, or would.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The GOROOT, links resolved.
    pub goroot: Bytes,
    /// The name by which gowr knows it, or did.
    pub name: Option<ToolchainName>,
    /// The first line of its VERSION file, if it has one.
    pub version_text: Option<&'static str>,
    /// Who put it there, where that is known.
    pub manager: Option<&'static str>,
    /// What became of it.
    pub action: Action,
    /// Why, where it is not in use.
    pub reason: Option<Reason>,
}

/// What became of a directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// It is adopted now.
    Adopted,
    /// It was, and stays.
    Kept,
    /// It was, and is no more.
    Forgotten,
    /// It is not.
    PassedOver,
}

impl Action {
    /// The word in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Adopted => "adopted",
            Self::Kept => "kept",
            Self::Forgotten => "forgotten",
            Self::PassedOver => "passed-over",
        }
    }
}

/// What is adopted from one directory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Adopted {
    /// The names of its versions.
    pub toolchains: Vec<ToolchainName>,
    /// The names registered for it.
    pub names: Vec<RegisteredName>,
}

impl Adopted {
    /// Whether one of these answers a request.
    fn answers(&self, request: Request) -> bool {
        self.toolchains.iter().any(|name| request.accepts(*name))
            || self.names.iter().any(|name| request == Request::Named(*name))
    }
}

/// The environment: how managers are told where to keep what they install.
pub type Variable<'a> = &'a dyn Fn(&str) -> Option<OsString>;

/// A userland in which toolchains are adopted.
pub struct Adopter<'a, M> {
    /// The machine.
    pub machine: &'a M,
    /// The environment.
    pub variable: Variable<'a>,
    /// gowr's home.
    pub home: &'a Home,
    /// The userland's directory of links.
    pub here: &'a Key,
    /// Only say what would become of all.
    pub is_rehearsal: bool,
}

impl<M: Machine> Adopter<'_, M> {
    /// Adopts all that the layouts of others lead to, and forgets what cannot be used any more.
    pub fn adopt_all(&self) -> Result<Vec<Outcome>, Error> {
        let store = self.store();
        let mut found = search::candidates(self.machine, self.variable);
        found.retain(|candidate| !is_below(candidate.goroot, store));
        self.carry_out(|links| Ok(self.reviewed(links)?.with_found(&found)))
    }

    /// Forgets what cannot be used any more; what is another version now is adopted as that.
    pub fn review(&self) -> Result<Vec<Outcome>, Error> {
        self.carry_out(|links| self.reviewed(links))
    }

    /// Adopts one directory under its version, in place of another that is adopted as that.
    pub fn adopt(&self, directory: &Path) -> Result<Vec<Outcome>, Error> {
        let candidate = self.candidate(directory)?;
        let reason = match candidate.verdict {
            Ok(name) if self.home.has(&name) => {
                Some(Reason::Duplicate(to_bytes(&self.home.toolchain(&name))))
            }
            Ok(_) => None,
            Err(reason) => Some(reason),
        };
        if let Some(reason) = reason {
            return Err(refusal(directory, &candidate, reason));
        }
        self.carry_out(|links| Ok(self.reviewed(links)?.with_asked_for(&candidate)))
    }

    /// Registers one directory under a name, or changes what the name stands for.
    ///
    /// The path is kept as it was given, if it can be: where it is a link, that may lead to another GOROOT tomorrow.
    pub fn register(&self, name: RegisteredName, directory: &Path) -> Result<Outcome, Error> {
        let candidate = self.candidate(directory)?;
        if let Err(reason) = candidate.verdict
            && reason != Reason::NoVersion
        {
            return Err(refusal(directory, &candidate, reason));
        }
        let spelling = absolute(directory)?;
        let is_goroot = candidate::has_tools(self.machine, to_bytes(&spelling));
        let goroot = if is_goroot { &spelling } else { to_path(candidate.goroot) };
        if !self.is_rehearsal {
            staging::sweep(self.home);
            link::register(self.home, self.here, &name, goroot)?;
        }
        Ok(Outcome { action: Action::Adopted, ..plan::outcome(&candidate) })
    }

    /// Forgets what is adopted under these names.
    pub fn forget(&self, names: &[ToolchainName]) -> Result<Vec<Outcome>, Error> {
        self.carry_out(|links| Ok(Plan::forgetting(self.machine, links, names)))
    }

    /// Forgets a registered name, if there is one.
    pub fn unregister(&self, name: RegisteredName) -> Result<Option<Outcome>, Error> {
        let links = link::read(self.home, self.here)?;
        let Some(target) = links.named.get(name.as_str()) else { return Ok(None) };
        if !self.is_rehearsal {
            staging::sweep(self.home);
            link::unregister(self.home, self.here, &name)?;
        }
        let (action, reason) = (Action::Forgotten, Some(Reason::Removed));
        let candidate = candidate::of(self.machine, to_bytes(target));
        Ok(Some(Outcome { action, reason, ..plan::outcome(&candidate) }))
    }

    /// What is adopted that answers a request.
    pub fn adopted_as(&self, request: Request) -> Result<Adopted, Error> {
        let links = link::read(self.home, self.here)?;
        let adopted = links.toolchains.iter().filter(|entry| entry.origin == Origin::Adopted);
        let toolchains = adopted.map(|entry| entry.name).filter(|name| request.accepts(*name));
        let names = match request {
            Request::Named(name) if links.named.contains_key(name.as_str()) => vec![name],
            _ => Vec::new(),
        };
        Ok(Adopted { toolchains: toolchains.collect(), names })
    }

    /// What is adopted from a directory, which may be gone.
    pub fn adopted_from(&self, directory: &Path) -> Result<Adopted, Error> {
        let links = link::read(self.home, self.here)?;
        let spelling = to_bytes(&absolute(directory)?);
        let real = |path: Bytes| candidate::identity(self.machine, path).unwrap_or(path);
        let is_it = |path: &Path| {
            let path = to_bytes(path);
            path == spelling || real(path) == real(spelling)
        };
        let adopted =
            links.toolchains.iter().filter(|it| it.origin == Origin::Adopted && is_it(&it.goroot));
        let named = links.named.iter().filter(|(_, target)| is_it(target));
        Ok(Adopted {
            toolchains: adopted.map(|entry| entry.name).collect(),
            names: named.filter_map(|(name, _)| RegisteredName::parse(name)).collect(),
        })
    }

    /// Takes the defaults away that only these can answer, and says which they were. To be called before they are
    /// forgotten: a kill in between leaves something to forget, and no default that nothing answers.
    pub fn clear_defaults(
        &self,
        configuration: &Path,
        forgotten: &Adopted,
    ) -> Result<Vec<Cleared>, Error> {
        if self.is_rehearsal {
            return Ok(Vec::new());
        }
        let mut left = Adopted { toolchains: self.home.installed()?, names: Vec::new() };
        for key in self.home.keys()? {
            let links = link::read(self.home, &key)?;
            let is_here = key == *self.here;
            let entries = links.toolchains.iter().map(|entry| entry.name);
            let names = links.named.keys().filter_map(|name| RegisteredName::parse(name));
            left.toolchains
                .extend(entries.filter(|name| !(is_here && forgotten.toolchains.contains(name))));
            left.names.extend(names.filter(|name| !(is_here && forgotten.names.contains(name))));
        }
        config_file::clear_defaults(configuration, |choice| match choice {
            Choice::System => false,
            Choice::Request(request) => forgotten.answers(*request) && !left.answers(*request),
        })
    }

    /// What is left of what was adopted.
    fn reviewed(&self, links: &Links) -> Result<Plan, Error> {
        let stored = self.home.installed()?.into_iter();
        let stored: Vec<_> = stored.map(|name| (name, self.home.toolchain(&name))).collect();
        Ok(Plan::of(self.machine, links, &stored))
    }

    fn candidate(&self, directory: &Path) -> Result<Candidate, Error> {
        let spelling = to_bytes(&absolute(directory)?);
        let refused = |cause: &str, fix: &str| Error::NotAdopted {
            directory: directory.to_path_buf(),
            cause: cause.into(),
            fix: Some(fix.to_owned()),
        };
        let goroot = candidate::identity(self.machine, spelling)
            .ok_or_else(|| refused("there is no such directory", "gowr adopt --dry-run"))?;
        if is_below(goroot, self.store()) {
            return Err(refused("gowr installed it itself", "gowr list"));
        }
        // That it is not whole, say, is for the layout to know.
        let known = search::candidates(self.machine, self.variable)
            .into_iter()
            .find(|it| it.goroot == goroot);
        Ok(known.unwrap_or_else(|| candidate::of(self.machine, goroot)))
    }

    /// gowr's own toolchains, links resolved.
    fn store(&self) -> Bytes {
        let store = to_bytes(&self.home.toolchains());
        real_path(self.machine, store).unwrap_or(store)
    }

    /// Does what `plan` says of the links that are there.
    ///
    /// It is asked before the lock is taken, too: whoever has nothing to change needs none, and gets his answer also
    /// where nobody may write.
    fn carry_out(
        &self,
        plan: impl Fn(&Links) -> Result<Plan, Error>,
    ) -> Result<Vec<Outcome>, Error> {
        if !self.is_rehearsal {
            staging::sweep(self.home);
        }
        let links = link::read(self.home, self.here)?;
        let planned = plan(&links)?;
        // What was killed may have left the links that follow from the others.
        let is_done = planned.adoption.is_nothing() && link::is_derived(&links, true);
        if self.is_rehearsal || is_done {
            return Ok(planned.outcomes);
        }
        link::adopt(self.home, self.here, |links| {
            let planned = plan(links)?;
            Ok((planned.adoption, planned.outcomes))
        })
    }
}

/// Why what is adopted as the version `name`, or under a registered name (none here), cannot be used as that.
pub fn defect<M: Machine>(machine: &M, goroot: &Path, name: Option<&str>) -> Option<Reason> {
    let candidate = candidate::of(machine, to_bytes(goroot));
    plan::defect(machine, &candidate, name.and_then(ToolchainName::parse))
}

/// Who put a toolchain where it is, as far as the layouts tell.
#[derive(Debug, Default)]
pub struct Managers(Vec<Candidate>);

impl Managers {
    /// Looks for all toolchains.
    pub fn find<M: Machine>(machine: &M, variable: Variable<'_>) -> Self {
        Self(search::candidates(machine, variable))
    }

    /// The manager of a GOROOT, links resolved.
    pub fn of(&self, goroot: &[u8]) -> Option<&'static str> {
        self.0.iter().find(|candidate| candidate.goroot == goroot)?.manager
    }
}

fn refusal(directory: &Path, candidate: &Candidate, reason: Reason) -> Error {
    Error::NotAdopted {
        directory: directory.to_path_buf(),
        cause: reason.detail().into(),
        fix: Some(candidate.fix(reason)),
    }
}

/// An absolute path without `..`, and otherwise as it was given.
fn absolute(directory: &Path) -> Result<PathBuf, Error> {
    let absolute = path::absolute(directory).during("find", directory)?;
    if !absolute.components().any(|component| component == Component::ParentDir) {
        return Ok(absolute);
    }
    let parent = absolute.parent().and_then(|parent| fs::canonicalize(parent).ok());
    Ok(match (parent, absolute.file_name()) {
        (Some(parent), Some(name)) => parent.join(name),
        _ => fs::canonicalize(&absolute).unwrap_or(absolute),
    })
}

fn to_bytes(path: &Path) -> Bytes {
    keep(path.as_os_str().as_bytes().to_vec())
}

fn to_path(bytes: Bytes) -> &'static Path {
    Path::new(OsStr::from_bytes(bytes))
}

#[cfg(test)]
mod tests;
