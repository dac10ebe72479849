//! Looks for the toolchains in the table of [layouts](super::layouts). Nothing is run.

use std::os::unix::ffi::OsStringExt;

use resolver::go_env;
use resolver::machine::{Follow, Kind, Machine};
use resolver::path::{self, Bytes};

use super::candidate::{self, Candidate};
use super::layouts::{LAYOUTS, Layout, Root};
use super::{Variable, to_bytes};
use crate::go_settings::goenv_path;

const GO_ENV_LIMIT: usize = 1024 * 1024;

/// A directory where a layout says that a toolchain may be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    /// The directory, as the layout spells it; links may lead on from there.
    pub(super) directory: Bytes,
    /// The layout.
    pub(super) layout: &'static Layout,
}

/// All toolchains that the layouts lead to, each once, in the order of the table.
pub(super) fn candidates<M: Machine>(machine: &M, variable: Variable<'_>) -> Vec<Candidate> {
    let mut candidates: Vec<Candidate> = Vec::new();
    let places = places(machine, variable).into_iter();
    for candidate in places.filter_map(|place| candidate::at(machine, place)) {
        if candidates.iter().all(|known| known.goroot != candidate.goroot) {
            candidates.push(candidate);
        }
    }
    candidates
}

/// All such directories that are there, in the order of the table.
pub(super) fn places<M: Machine>(machine: &M, variable: Variable<'_>) -> Vec<Place> {
    let mut places = Vec::new();
    for layout in LAYOUTS {
        for root in layout.roots.iter().flat_map(|root| directories(machine, variable, *root)) {
            let found = expand(machine, root, layout.pattern);
            places.extend(found.into_iter().map(|directory| Place { directory, layout }));
        }
    }
    places
}

fn directories<M: Machine>(machine: &M, variable: Variable<'_>, root: Root) -> Vec<Bytes> {
    match root {
        Root::At(directory) => vec![directory.as_bytes()],
        Root::In(name, below) => {
            let directory = value(variable, name).filter(|it| path::is_absolute(it));
            let below = |directory| match below {
                "" => directory,
                below => path::join(directory, below.as_bytes()),
            };
            directory.map(below).into_iter().collect()
        }
        Root::Listed(name) => {
            let value = value(variable, name).unwrap_or_default();
            let words = value.split(|byte| *byte == b' ');
            words.filter(|word| path::is_absolute(word)).collect()
        }
        Root::ModuleCache => module_cache(machine, variable).into_iter().collect(),
    }
}

/// Go's module cache, where cmd/go has it: GOMODCACHE, else `pkg/mod` in the first directory of GOPATH, which is `~/go`
/// by default.
pub fn module_cache<M: Machine>(machine: &M, variable: Variable<'_>) -> Option<Bytes> {
    let file = goenv_path(variable).map(|file| to_bytes(&file));
    let content = file.and_then(|file| machine.read_file(None, file, GO_ENV_LIMIT).ok());
    let setting = |name| {
        let in_file = || go_env::lookup(content?.content, name).map(|setting| setting.value);
        value(variable, name).or_else(in_file).filter(|value| !value.is_empty())
    };
    if let Some(cache) = setting("GOMODCACHE") {
        return path::is_absolute(cache).then_some(cache);
    }
    let home = || value(variable, "HOME").map(|home| path::join(home, b"go"));
    let gopath = setting("GOPATH").or_else(home)?;
    let first = gopath.split(|byte| *byte == b':').next()?;
    path::is_absolute(first).then(|| path::join(first, b"pkg/mod"))
}

/// The value of a variable that is set to something.
fn value(variable: Variable<'_>, name: &str) -> Option<Bytes> {
    variable(name).filter(|value| !value.is_empty()).map(|value| path::keep(value.into_vec()))
}

/// The directories below `root` that a pattern means, by name.
fn expand<M: Machine>(machine: &M, root: Bytes, pattern: &str) -> Vec<Bytes> {
    let mut found = vec![root];
    for component in path::components(pattern.as_bytes()) {
        let star = component.iter().position(|byte| *byte == b'*');
        found = found
            .into_iter()
            .flat_map(|directory| match star {
                None => vec![path::join(directory, component)],
                Some(star) => {
                    let (prefix, suffix) = (&component[..star], &component[star + 1..]);
                    matching(machine, directory, prefix, suffix)
                }
            })
            .collect();
    }
    let is_directory = |directory: &Bytes| {
        let found = machine.metadata(None, directory, Follow::Links);
        found.is_ok_and(|found| found.kind == Kind::Directory)
    };
    found.retain(is_directory);
    found
}

fn matching<M: Machine>(machine: &M, directory: Bytes, prefix: &[u8], suffix: &[u8]) -> Vec<Bytes> {
    let mut names = machine.list(directory).unwrap_or_default();
    names.retain(|name| {
        let is_hidden = prefix.is_empty() && name.starts_with(b".");
        let rest = name.strip_prefix(prefix);
        !is_hidden && rest.is_some_and(|rest| !rest.is_empty() && rest.ends_with(suffix))
    });
    names.sort_unstable();
    names.into_iter().map(|name| path::join(directory, name)).collect()
}
