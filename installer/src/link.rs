//! The directories of links: one a userland, in which the proxy finds a toolchain with one `readlink`.
//!
//! ```text
//! distros/<key>/go1.22.10 -> ../../toolchains/go1.22.10   an official SDK
//! distros/<key>/go1.22.2  -> /usr/lib/go-1.22             adopted where it is
//! distros/<key>/go1.22.12 -> ../../shared/go1.22.12       of another distro (see [`share`])
//! distros/<key>/1.22      -> go1.22.12                    the newest of the line
//! distros/<key>/newest    -> go1.22.12
//! distros/<key>/1.22.local -> go1.22.10                   the same without the share, where that is another
//! distros/<key>/newest.local -> go1.22.10
//! distros/<key>/named/work -> /home/u/work/go             registered by name
//! links/go1.22.10 -> ../toolchains/go1.22.10/bin/go       for Go's own switching
//! shared -> /mnt/wsl/gowr                                 the share that is used, if one is
//! ```
//!
//! A name that the store has is never linked into a share, and Go's own switching never leads there: it would fail when
//! the share is gone.
//!
//! `1.22`, `newest` and their `.local` follow from the rest, and are worked out again after each change. They are always changed
//! before what they point to is removed and after it is added, so that a kill at any instant leaves no link astray.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::slice;

use resolver::version::{RegisteredName, ToolchainName};
use serde::Serialize;

use crate::atomic::{self, replace_link, sync_directory};
use crate::error::{During, Error};
use crate::staging::Work;
use crate::store::{Home, Key, Made, create_directory, is_static, names};

pub mod share;

/// From a directory of links to the toolchains.
pub(crate) const TOOLCHAINS: &str = "../../toolchains";
/// The link to the newest of all.
pub(crate) const NEWEST: &str = "newest";
/// The directory of the names that were registered.
pub(crate) const NAMED: &str = "named";
/// What is added to the name of a line, or of the newest, for the one that counts without the share.
pub(crate) const LOCAL: &str = ".local";
/// The lock of whoever changes links.
pub(crate) const WORK: &str = "links";

/// One toolchain in a userland's directory of links.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name.
    pub name: ToolchainName,
    /// Its GOROOT, as the link says it; made absolute.
    pub goroot: PathBuf,
    /// Whose it is.
    pub origin: Origin,
}

/// Whose a toolchain is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// gowr installed it here.
    Store,
    /// gowr installed it in another distro, which shares it.
    Share,
    /// gowr found it and uses it where it is.
    Adopted,
}

/// All that a userland's directory of links says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Links {
    /// The toolchains, oldest first.
    pub toolchains: Vec<Entry>,
    /// Lines (`1.22`) and `newest`, with what they point to.
    pub derived: BTreeMap<String, String>,
    /// Registered names, with what they point to.
    pub named: BTreeMap<String, PathBuf>,
    /// Where the share is that this home uses, if it uses one.
    pub share: Option<PathBuf>,
}

/// Reads a userland's directory of links; an absent directory has none.
pub fn read(home: &Home, key: &Key) -> Result<Links, Error> {
    let directory = home.distro(key);
    let mut links = Links { share: share::of(home)?, ..Links::default() };
    for name in names(&directory)? {
        let Some(target) = target(&directory.join(&name))? else { continue };
        if let Some(toolchain) = ToolchainName::parse(&name) {
            let (origin, goroot) = if target.starts_with(TOOLCHAINS) {
                (Origin::Store, home.toolchain(&toolchain))
            } else if target == share::target_of(&toolchain) {
                let share = links.share.clone().unwrap_or_else(|| home.shared());
                (Origin::Share, share.join(toolchain.as_str()))
            } else {
                (Origin::Adopted, directory.join(target))
            };
            links.toolchains.push(Entry { name: toolchain, goroot, origin });
        } else {
            links.derived.insert(name, target.to_string_lossy().into_owned());
        }
    }
    links.toolchains.sort_by(|left, right| order(&left.name, &right.name));
    for name in names(&directory.join(NAMED))? {
        if let (Some(_), Some(target)) =
            (RegisteredName::parse(&name), target(&directory.join(NAMED).join(&name))?)
        {
            links.named.insert(name, target);
        }
    }
    Ok(links)
}

/// Makes a toolchain of the store known: in this userland, and in every other that it runs in.
pub(crate) fn add(home: &Home, name: &ToolchainName, here: &Key) -> Result<(), Error> {
    let work = Work::begin_short(home, WORK)?;
    create_missing(home, here, &work)?;
    let mut keys = vec![here.clone()];
    if is_static(name) {
        keys = home.keys()?;
        let link = home.links().join(name.as_str());
        let _links = Made::in_home(home.links())?;
        set(&link, &switching_target(name), &work)?;
        sync_directory(&home.links());
    }
    for key in &keys {
        let directory = home.distro(key);
        set(&directory.join(name.as_str()), &Path::new(TOOLCHAINS).join(name.as_str()), &work)?;
        derive(home, key, here, &[], &work)?;
    }
    Ok(())
}

/// Whether [`add`] would have nothing to do.
pub(crate) fn is_known(home: &Home, name: &ToolchainName, here: &Key) -> Result<bool, Error> {
    let is_link = |link: &Path, to: &Path| Ok(target(link)?.as_deref() == Some(to));
    let mut keys = vec![here.clone()];
    if is_static(name) {
        keys.extend(home.keys()?);
        if !is_link(&home.links().join(name.as_str()), &switching_target(name))? {
            return Ok(false);
        }
    }
    for key in &keys {
        let links = read(home, key)?;
        let is_linked =
            links.toolchains.iter().any(|it| it.name == *name && it.origin == Origin::Store);
        if !(is_linked && is_derived(&links, key == here)) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether `1.22`, `newest` and their `.local` are there as they should be; not after a kill.
pub(crate) fn is_derived(links: &Links, is_here: bool) -> bool {
    let wanted = expected(links, is_here, &[]);
    let is_found =
        |link: &String, to: &str| links.derived.get(link).is_some_and(|found| found == to);
    wanted.len() == links.derived.len()
        && wanted.iter().all(|(link, to)| is_found(link, to.as_str()))
}

/// Makes a toolchain of the store unknown in every userland, before it is removed. What this gives is to be held until
/// the tree is gone: nobody makes links meanwhile.
pub(crate) fn remove(home: &Home, name: &ToolchainName, here: &Key) -> Result<Work, Error> {
    let work = Work::begin_short(home, WORK)?;
    let is_shared = share::has(home, name)?;
    for key in &home.keys()? {
        let link = home.distro(key).join(name.as_str());
        if !target(&link)?.is_some_and(|target| target.starts_with(TOOLCHAINS)) {
            continue;
        }
        if is_shared {
            // What counts without the share must be there before it is needed.
            let mut links = read(home, key)?;
            for entry in links.toolchains.iter_mut().filter(|entry| entry.name == *name) {
                entry.origin = Origin::Share;
            }
            derive_from(home, key, &expected(&links, key == here, &[]), &links, &work)?;
            set(&link, &share::target_of(name), &work)?;
        } else {
            derive(home, key, here, slice::from_ref(name), &work)?;
            unlink(&link)?;
        }
        sync_directory(&home.distro(key));
    }
    unlink(&home.links().join(name.as_str()))?;
    Ok(work)
}

/// Makes all links what they should be, in every userland: what is in the store is linked, what leads astray is not.
pub(crate) fn mend(home: &Home, here: &Key) -> Result<(), Error> {
    let work = Work::begin_short(home, WORK)?;
    let stored: Vec<_> = home.installed()?.into_iter().filter(is_static).collect();
    let is_share_used = share::of(home)?.is_some();
    for key in &home.keys()? {
        let directory = home.distro(key);
        let mut astray = Vec::new();
        for name in names(&directory)?.iter().filter_map(|name| ToolchainName::parse(name)) {
            let link = directory.join(name.as_str());
            let right = Path::new(TOOLCHAINS).join(name.as_str());
            match target(&link)? {
                Some(target) if target.is_absolute() || target == right && home.has(&name) => {}
                Some(target)
                    if is_share_used && share::leads(&name, &target) && !home.has(&name) => {}
                Some(_) if home.has(&name) => set(&link, &right, &work)?,
                Some(_) => astray.push(name),
                None => {}
            }
        }
        for name in &stored {
            let link = directory.join(name.as_str());
            if fs::symlink_metadata(&link).is_err() {
                set(&link, &Path::new(TOOLCHAINS).join(name.as_str()), &work)?;
            }
        }
        derive(home, key, here, &astray, &work)?;
        for name in &astray {
            unlink(&directory.join(name.as_str()))?;
        }
    }
    let links = home.links();
    for name in names(&links)? {
        let is_stored = stored.iter().any(|stored| stored.as_str() == name);
        if !is_stored && target(&links.join(&name))?.is_some() {
            unlink(&links.join(&name))?;
        }
    }
    if !stored.is_empty() {
        let _links = Made::in_home(links.clone())?;
        for name in &stored {
            let link = links.join(name.as_str());
            if fs::symlink_metadata(&link).map_or(true, |found| found.is_symlink()) {
                set(&link, &switching_target(name), &work)?;
            }
        }
        sync_directory(&links);
    }
    Ok(())
}

/// What changes among the toolchains of others that a userland uses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Adoption {
    /// Linked under their names, in place of what had those.
    pub(crate) add: Vec<(ToolchainName, PathBuf)>,
    /// Linked no more.
    pub(crate) remove: Vec<ToolchainName>,
}

impl Adoption {
    /// Whether nothing changes.
    pub(crate) fn is_nothing(&self) -> bool {
        self.add.is_empty() && self.remove.is_empty()
    }
}

/// Changes what a userland has adopted, as `choose` says of what is there; gives what else it says.
pub(crate) fn adopt<T>(
    home: &Home,
    here: &Key,
    choose: impl FnOnce(&Links) -> Result<(Adoption, T), Error>,
) -> Result<T, Error> {
    let work = Work::begin_short(home, WORK)?;
    create_missing(home, here, &work)?;
    let directory = home.distro(here);
    let (adoption, told) = choose(&read(home, here)?)?;
    for (name, goroot) in &adoption.add {
        set(&directory.join(name.as_str()), goroot, &work)?;
    }
    let is_added = |name: &ToolchainName| adoption.add.iter().any(|(added, _)| added == name);
    let removed: Vec<_> = adoption.remove.into_iter().filter(|name| !is_added(name)).collect();
    derive(home, here, here, &removed, &work)?;
    for name in removed {
        unlink(&directory.join(name.as_str()))?;
    }
    sync_directory(&directory);
    Ok(told)
}

/// Registers a directory under a name in one userland, or changes what the name stands for.
pub fn register(
    home: &Home,
    key: &Key,
    name: &RegisteredName,
    directory: &Path,
) -> Result<(), Error> {
    let work = Work::begin_short(home, WORK)?;
    create_missing(home, key, &work)?;
    let named = home.distro(key).join(NAMED);
    create_directory(&named)?;
    set(&named.join(name.as_str()), directory, &work)?;
    sync_directory(&named);
    Ok(())
}

/// Takes a name away that was registered in one userland.
pub(crate) fn unregister(home: &Home, key: &Key, name: &RegisteredName) -> Result<(), Error> {
    let _work = Work::begin_short(home, WORK)?;
    let named = home.distro(key).join(NAMED);
    unlink(&named.join(name.as_str()))?;
    sync_directory(&named);
    Ok(())
}

/// Gives a userland that has no directory of links one, with all toolchains that run everywhere.
///
/// An existing directory is left as it is. While somebody else changes links nothing is done, since a `go` must not
/// wait for that: the next one does it.
pub fn create(home: &Home, key: &Key) -> Result<(), Error> {
    if home.distro(key).is_dir() {
        return Ok(());
    }
    match Work::try_begin(home, WORK)? {
        Some(work) => create_missing(home, key, &work),
        None => Ok(()),
    }
}

/// Filled in staging and renamed: the proxy must never find half a directory.
fn create_missing(home: &Home, key: &Key, work: &Work) -> Result<(), Error> {
    let directory = home.distro(key);
    if directory.is_dir() {
        return Ok(());
    }
    create_directory(&home.distros())?;
    let staged = work.directory()?;
    let toolchains: Vec<_> = home.installed()?.into_iter().filter(is_static).collect();
    for name in &toolchains {
        set(&staged.path().join(name.as_str()), &Path::new(TOOLCHAINS).join(name.as_str()), work)?;
    }
    let shared = share::missing_here(home, |name| toolchains.contains(name))?;
    for name in &shared {
        set(&staged.path().join(name.as_str()), &share::target_of(name), work)?;
    }
    for (link, name) in derived(toolchains.iter(), shared.iter()) {
        set(&staged.path().join(link), Path::new(name.as_str()), work)?;
    }
    // Readable by the others of a shared home, unlike temporary directories.
    let permissions = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(staged.path(), permissions).during("create", &directory)?;
    sync_directory(staged.path());
    match fs::rename(staged.path(), &directory) {
        // Made meanwhile by someone on a file system without locks: theirs is as good.
        Err(error) if atomic::is_taken(&error) => Ok(()),
        result => result.during("create the directory", &directory),
    }?;
    sync_directory(&home.distros());
    Ok(())
}

/// Works out `1.22`, `newest` and their `.local` of a userland again, as if `without` were not there.
fn derive(
    home: &Home,
    key: &Key,
    here: &Key,
    without: &[ToolchainName],
    work: &Work,
) -> Result<(), Error> {
    let links = read(home, key)?;
    derive_from(home, key, &expected(&links, key == here, without), &links, work)
}

fn derive_from(
    home: &Home,
    key: &Key,
    wanted: &BTreeMap<String, &ToolchainName>,
    links: &Links,
    work: &Work,
) -> Result<(), Error> {
    let directory = home.distro(key);
    // Backwards: `1.22.local` is there before `1.22` leads into the share.
    for (link, name) in wanted.iter().rev() {
        set(&directory.join(link), Path::new(name.as_str()), work)?;
    }
    for link in links.derived.keys().filter(|link| !wanted.contains_key(*link)) {
        unlink(&directory.join(link))?;
    }
    sync_directory(&directory);
    Ok(())
}

/// What `1.22`, `newest` and their `.local` should lead to, as if `without` were not there.
pub(crate) fn expected<'a>(
    links: &'a Links,
    is_here: bool,
    without: &[ToolchainName],
) -> BTreeMap<String, &'a ToolchainName> {
    let counts = |entry: &&Entry| {
        let exists = match entry.origin {
            Origin::Store => entry.goroot.is_dir(),
            // Whether it is there just now is for each start of `go` to see.
            Origin::Share => true,
            // What another userland adopted cannot be seen from here.
            Origin::Adopted => !is_here || entry.goroot.is_dir(),
        };
        !without.contains(&entry.name) && exists
    };
    let counting = links.toolchains.iter().filter(counts);
    let (shared, local): (Vec<_>, Vec<_>) = counting.partition(|it| it.origin == Origin::Share);
    derived(local.into_iter().map(|entry| &entry.name), shared.into_iter().map(|entry| &entry.name))
}

/// What Go's own switching finds in `links/` leads to.
pub(crate) fn switching_target(name: &ToolchainName) -> PathBuf {
    Path::new("../toolchains").join(name.as_str()).join("bin/go")
}

/// The newest of each line and of all; and those without what is shared, where that makes a difference.
fn derived<'a>(
    local: impl Iterator<Item = &'a ToolchainName>,
    shared: impl Iterator<Item = &'a ToolchainName>,
) -> BTreeMap<String, &'a ToolchainName> {
    let without_share = newest(BTreeMap::new(), local);
    let mut links = newest(without_share.clone(), shared);
    for (link, name) in without_share {
        if links[&link] != name {
            links.insert(link + LOCAL, name);
        }
    }
    links
}

fn newest<'a>(
    mut newest: BTreeMap<String, &'a ToolchainName>,
    toolchains: impl Iterator<Item = &'a ToolchainName>,
) -> BTreeMap<String, &'a ToolchainName> {
    for name in toolchains {
        // What a vendor made of a release does not answer for its line (`Request::accepts`).
        if !name.has_suffix() {
            prefer(&mut newest, name.version().line().as_str(), name);
        }
        prefer(&mut newest, NEWEST, name);
    }
    newest
}

fn prefer<'a>(
    newest: &mut BTreeMap<String, &'a ToolchainName>,
    link: &str,
    name: &'a ToolchainName,
) {
    let best = newest.entry(link.to_owned()).or_insert(name);
    if preference(best, name).is_lt() {
        *best = name;
    }
}

/// The order of preference: what a vendor made, then prereleases, then releases; older before newer.
pub(crate) fn preference(left: &ToolchainName, right: &ToolchainName) -> Ordering {
    let rank = |name: &ToolchainName| (!name.has_suffix(), !name.version().is_prerelease());
    rank(left).cmp(&rank(right)).then_with(|| order(left, right))
}

fn order(left: &ToolchainName, right: &ToolchainName) -> Ordering {
    let versions = left.version().compare(right.version());
    versions.then_with(|| left.as_str().cmp(right.as_str()))
}

/// What a link points to; none where there is no link.
pub(crate) fn target(link: &Path) -> Result<Option<PathBuf>, Error> {
    match fs::read_link(link) {
        Ok(target) => Ok(Some(target)),
        Err(error)
            if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::NotFound) =>
        {
            Ok(None)
        }
        Err(error) => Err(error).during("read the link", link),
    }
}

/// Makes a link, in place of what was there.
pub(crate) fn set(link: &Path, to: &Path, work: &Work) -> Result<(), Error> {
    if target(link)?.as_deref() == Some(to) {
        return Ok(());
    }
    replace_link(link, to, work.staging(), &format!("{WORK}@"))
}

fn unlink(link: &Path) -> Result<(), Error> {
    match fs::remove_file(link) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        result => result.during("remove the link", link),
    }
}

#[cfg(test)]
mod tests;
