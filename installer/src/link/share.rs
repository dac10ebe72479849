//! The links into a share: toolchains that another distro has, in a directory that both see.
//!
//! What is in there is a stranger's, and can be gone at any instant. So nothing of it is believed here but names, and
//! whether it can be used is seen at each start of `go`.

use std::fs;
use std::path::{Path, PathBuf};

use resolver::version::ToolchainName;

use super::{Origin, WORK, create_missing, derive, order, read, set, target, unlink};
use crate::atomic::sync_directory;
use crate::error::Error;
use crate::staging::Work;
use crate::store::{Home, Key, is_static};

/// From a directory of links to the share.
const SHARED: &str = "../../shared";
/// So many names are looked at in a share, and no more.
const LIMIT: usize = 4096;

/// What changed, or would change, in one userland.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Linked into the share from now on.
    pub added: Vec<ToolchainName>,
    /// Not any more.
    pub removed: Vec<ToolchainName>,
    /// Linked there before and after.
    pub kept: Vec<ToolchainName>,
}

/// Where the share is that a home uses; none where it uses none.
pub fn of(home: &Home) -> Result<Option<PathBuf>, Error> {
    Ok(target(&home.shared())?.filter(|share| share.is_absolute()))
}

/// What the link of a shared toolchain says.
pub(crate) fn target_of(name: &ToolchainName) -> PathBuf {
    Path::new(SHARED).join(name.as_str())
}

/// Whether a link of this name may lead there.
pub(crate) fn leads(name: &ToolchainName, target: &Path) -> bool {
    target == target_of(name) && is_static(name)
}

/// The releases in a share that run in every userland, oldest first; none where it cannot be read.
pub fn releases(share: &Path) -> Vec<ToolchainName> {
    let Ok(entries) = fs::read_dir(share) else { return Vec::new() };
    let mut releases: Vec<_> = entries
        .take(LIMIT)
        .flatten()
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
        .filter_map(|entry| ToolchainName::parse(entry.file_name().to_str()?))
        .filter(is_static)
        .collect();
    releases.sort_by(order);
    releases
}

/// Whether the share that is used has a release.
pub(super) fn has(home: &Home, name: &ToolchainName) -> Result<bool, Error> {
    Ok(of(home)?.is_some_and(|share| releases(&share).contains(name)))
}

/// What the share that is used has, and a userland with these toolchains has not.
pub(super) fn missing_here(
    home: &Home,
    is_here: impl Fn(&ToolchainName) -> bool,
) -> Result<Vec<ToolchainName>, Error> {
    let shared = of(home)?.map(|share| releases(&share)).unwrap_or_default();
    Ok(shared.into_iter().filter(|name| !is_here(name)).collect())
}

/// What `start` would change in this userland.
pub fn plan(home: &Home, here: &Key, share: &Path) -> Result<Changes, Error> {
    let links = read(home, here)?;
    let releases = releases(share);
    let is_local = |name: &ToolchainName| {
        let is_it = |entry: &&super::Entry| entry.name == *name && entry.origin != Origin::Share;
        home.has(name) || links.toolchains.iter().any(|entry| is_it(&entry))
    };
    let (mut kept, removed): (Vec<_>, Vec<_>) = links
        .toolchains
        .iter()
        .filter(|entry| entry.origin == Origin::Share)
        .map(|entry| entry.name)
        .partition(|name| releases.contains(name));
    let added = releases.into_iter().filter(|name| !is_local(name) && !kept.contains(name));
    let added = added.collect();
    if links.share.as_deref() != Some(share) {
        kept.clear();
    }
    Ok(Changes { added, removed, kept })
}

/// Uses a share from now on, in every userland of this home, or looks at it again; says what changed in this one.
pub(crate) fn start(home: &Home, here: &Key, share: &Path) -> Result<Changes, Error> {
    let work = Work::begin_short(home, WORK)?;
    create_missing(home, here, &work)?;
    let changes = plan(home, here, share)?;
    let releases = releases(share);
    let keys = home.keys()?;
    // In this order no link leads astray at any instant: what will not be there goes first, then the way to the share
    // changes, then what is new comes.
    for key in &keys {
        drop_links(home, key, here, |name| !releases.contains(name), &work)?;
    }
    set(&home.shared(), share, &work)?;
    sync_directory(home.path());
    for key in &keys {
        let directory = home.distro(key);
        for name in releases.iter().filter(|name| !home.has(name)) {
            let link = directory.join(name.as_str());
            // An adopted one is of this machine, and stays.
            if fs::symlink_metadata(&link).is_err() {
                set(&link, &target_of(name), &work)?;
            }
        }
        derive(home, key, here, &[], &work)?;
    }
    Ok(changes)
}

/// Uses no share any more, in any userland of this home; says what that takes from this one. None where none was used.
pub(crate) fn stop(home: &Home, here: &Key) -> Result<Option<Changes>, Error> {
    if fs::symlink_metadata(home.shared()).is_err() {
        return Ok(None);
    }
    let work = Work::begin_short(home, WORK)?;
    let shared = read(home, here)?.toolchains.into_iter().filter(|it| it.origin == Origin::Share);
    let removed = shared.map(|entry| entry.name).collect();
    for key in &home.keys()? {
        drop_links(home, key, here, |_| true, &work)?;
    }
    unlink(&home.shared())?;
    sync_directory(home.path());
    Ok(Some(Changes { removed, ..Changes::default() }))
}

/// Takes a userland's links into the share away: first what was derived from them.
fn drop_links(
    home: &Home,
    key: &Key,
    here: &Key,
    is_dropped: impl Fn(&ToolchainName) -> bool,
    work: &Work,
) -> Result<(), Error> {
    let shared = read(home, key)?.toolchains.into_iter().filter(|it| it.origin == Origin::Share);
    let dropped: Vec<_> = shared.map(|entry| entry.name).filter(is_dropped).collect();
    if dropped.is_empty() {
        return Ok(());
    }
    derive(home, key, here, &dropped, work)?;
    let directory = home.distro(key);
    for name in &dropped {
        unlink(&directory.join(name.as_str()))?;
    }
    sync_directory(&directory);
    Ok(())
}
