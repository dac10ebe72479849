//! Filling a cache with the standard library, by the real go.
//!
//! `go build std` makes what a first build waits for. A first `go test` also waits for what `go vet` finds out of each
//! package that is imported: it is made by `go test` of a package that imports them all. `go list std` makes neither.

use std::collections::HashSet;

use super::directory::CacheDirectory;
use super::go::{Go, Workspace};
use super::seed::{self, Seeded};
use crate::error::Error;

/// What is being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event<'a> {
    /// What another cache has is looked at.
    Seeding,
    /// That was taken over.
    Seeded(Seeded),
    /// So many packages are built, those that are not there.
    Building {
        /// How many.
        packages: usize,
        /// Whether for the race detector.
        race: bool,
    },
    /// A package is being built.
    Package(&'a str),
    /// What `go vet` finds out of them is gathered.
    Vetting,
}

/// Fills the cache of a go; with `race` also for the race detector. Says how many packages had to be built.
///
/// What another distro's cache, the `source`, has already, is not made again.
pub fn warm(
    go: &Go,
    race: bool,
    source: Option<&CacheDirectory>,
    listener: &mut dyn FnMut(Event<'_>),
) -> Result<usize, Error> {
    let workspace = Workspace::beside(&go.cache)?;
    let packages = go.standard_library(&workspace)?;
    if let Some(source) = source {
        listener(Event::Seeding);
        listener(Event::Seeded(seed::seed(go, source, &workspace, &packages)?));
    }
    workspace.write_importer(packages.iter())?;
    let names: HashSet<&str> = packages.iter().map(|package| package.path.as_str()).collect();
    let mut built = 0;
    for flags in [&[][..], &["-race"]].iter().take(if race { 2 } else { 1 }) {
        listener(Event::Building { packages: packages.len(), race: !flags.is_empty() });
        let words = [&["build", "-mod=mod", "-v"][..], flags, &["std"]].concat();
        go.run(&workspace, &words, &mut |line| {
            let is_package = names.contains(line);
            if is_package {
                built += 1;
                listener(Event::Package(line));
            }
            is_package
        })?;
        listener(Event::Vetting);
        let words = [&["test", "-mod=mod"][..], flags, &["-run", "^$", "."]].concat();
        go.run(&workspace, &words, &mut |_| false)?;
    }
    Ok(built)
}
