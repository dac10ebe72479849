//! A GOROOT mounted on a directory, for programs that resolve links before they use a path.
//!
//! To switch, the new mount is put beneath the old one, which is then taken off (`MOVE_MOUNT_BENEATH`, Linux 6.5): at
//! every instant there is a GOROOT. An older kernel mounts the new one over the old one, which stays below it. What no
//! kernel can do is what a link does by itself: a `go` that has just been started through the path, and has not found
//! its GOROOT yet, may be one of the old tree in the new one, or lose its tree.

use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};

use resolver::machine::Machine;
use resolver::mounts;
use ring::digest::{SHA256, digest};
use rustix::fs::CWD;
use rustix::mount::{
    MoveMountFlags, OpenTreeFlags, UnmountFlags, mount_bind, move_mount, open_tree, unmount,
};

use super::{GorootLink, Removed, State, refused, way_out};
use crate::at_boot::{self, Bind, Task, TaskName};
use crate::error::{During, Error, quoted};

/// Mounts that may lie upon one another.
const MOUNT_LIMIT: usize = 1000;

/// Fails where the tree is not one. `instead` makes a symbolic link.
pub fn may_bind(goroot: &Path, instead: String) -> Result<(), Error> {
    match way_out(goroot) {
        None => Ok(()),
        Some(way) => Err(refused(
            format!("{} cannot be mounted elsewhere", goroot.display()),
            &format!(
                "its tree is split: {} leads out of it, to {}",
                way.link.display(),
                way.target.display()
            ),
            instead,
        )),
    }
}

/// Fails where the path is not ours to mount on.
pub(super) fn may_make(
    path: &Path,
    known: Option<&GorootLink>,
    is_forced: bool,
) -> Result<(), Error> {
    let message = || format!("nothing can be mounted on {}", path.display());
    let found = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        found => found.during("look at", path)?,
    };
    if !found.is_dir() {
        let what = if found.is_symlink() { "a link" } else { "a file" };
        let mut aside = path.as_os_str().to_owned();
        aside.push(".old");
        return Err(refused(
            message(),
            &format!("it is {what}, and not a directory"),
            format!("mv {} {}", quoted(path), quoted(Path::new(&aside))),
        ));
    }
    let is_ours = known.is_some_and(|known| matches!(known.state(), State::Right | State::Astray));
    if is_forced || is_ours {
        return Ok(());
    }
    let force = || format!("gowr link --force --bind {}", quoted(path));
    if !mounted(path).is_empty() {
        return Err(refused(message(), "something else is mounted there", force()));
    }
    if fs::read_dir(path).during("list", path)?.next().is_some() {
        return Err(refused(message(), "there is something in it, which would be hidden", force()));
    }
    Ok(())
}

/// Makes the GOROOT appear at the path; whether it did not before.
pub(super) fn switch(link: &GorootLink) -> Result<bool, Error> {
    let path = &link.path;
    let state = link.state();
    if state == State::Right {
        return Ok(false);
    }
    match fs::create_dir(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        made => made.during("create the directory", path)?,
    }
    if state == State::Astray && mount_beneath(&link.goroot, path).is_ok() {
        return unmount(path, UnmountFlags::DETACH)
            .map_err(io::Error::from)
            .during("unmount", path)
            .map(|()| true);
    }
    let mounted = mount_bind(&link.goroot, path).map_err(io::Error::from);
    if mounted.is_err() {
        // Only if it is empty.
        let _ = fs::remove_dir(path);
    }
    mounted.during("mount on", path).map(|()| true)
}

fn mount_beneath(goroot: &Path, path: &Path) -> rustix::io::Result<()> {
    let flags = OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::OPEN_TREE_CLOEXEC;
    let tree = open_tree(CWD, goroot, flags)?;
    let flags = MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH | MoveMountFlags::MOVE_MOUNT_BENEATH;
    move_mount(&tree, "", CWD, path, flags)
}

/// Makes the mount come back when the machine starts.
pub(super) fn mount_at_boot(machine: &impl Machine, link: &GorootLink) -> Result<(), Error> {
    let way = at_boot::way(machine)?;
    let task = Task {
        name: task_name(&link.path)?,
        description: format!("Go for programs that look for it in {}", link.path.display()),
        mounts: vec![Bind { source: link.goroot.clone(), target: link.path.clone() }],
    };
    at_boot::plan_add(machine, Path::new("/"), &task, way)?.carry_out()
}

/// One path is one task, whoever made it.
fn task_name(path: &Path) -> Result<TaskName, Error> {
    let hash = digest(&SHA256, path.as_os_str().as_bytes());
    let start = hash.as_ref().first_chunk().copied().unwrap_or_default();
    TaskName::link(&format!("{:016x}", u64::from_be_bytes(start))).ok_or(Error::Stopped)
}

/// Takes the mounts off again, and the directory, if nothing is in it; nor are they made again when the machine starts.
pub(super) fn remove(machine: &impl Machine, link: &GorootLink) -> Result<Removed, Error> {
    if let Some(plan) = at_boot::plan_remove(machine, Path::new("/"), &task_name(&link.path)?)? {
        plan.carry_out()?;
    }
    take_off(link)
}

fn take_off(link: &GorootLink) -> Result<Removed, Error> {
    let mut removed = Removed::Entry;
    for _ in 0..MOUNT_LIMIT {
        match link.state() {
            State::Right | State::Astray => {
                unmount(&link.path, UnmountFlags::DETACH)
                    .map_err(io::Error::from)
                    .during("unmount", &link.path)?;
                removed = Removed::Link;
            }
            State::Gone => {
                let _ = fs::remove_dir(&link.path);
                return Ok(Removed::Link);
            }
            // What was covered is seen again.
            State::Changed => break,
        }
    }
    Ok(removed)
}

/// What is there.
pub(super) fn state(link: &GorootLink) -> State {
    let roots = mounted(&link.path);
    let is = |goroot: &Path| same(goroot, &link.path);
    if is(&link.goroot) && (!roots.is_empty() || is_unreadable()) {
        return State::Right;
    }
    if roots.is_empty() {
        return State::Gone;
    }
    // A GOROOT that is gone has no identity to compare, and shows by its name only.
    if link.former.as_deref().is_some_and(is) || roots.iter().any(|root| is_ours(link, root)) {
        return State::Astray;
    }
    State::Changed
}

fn same(left: &Path, right: &Path) -> bool {
    let identity = |path: &Path| fs::metadata(path).map(|it| (it.dev(), it.ino()));
    matches!((identity(left), identity(right)), (Ok(left), Ok(right)) if left == right)
}

/// Which parts of their file systems are mounted on a path, in no order that tells which one is seen.
fn mounted(path: &Path) -> Vec<PathBuf> {
    let content = fs::read(MOUNTS).unwrap_or_default();
    mounts::parse(&content)
        .filter(|mount| mount.point == path.as_os_str().as_bytes())
        .map(|mount| {
            let root = mount.root.strip_suffix(DELETED).unwrap_or(mount.root);
            PathBuf::from(std::ffi::OsStr::from_bytes(root))
        })
        .collect()
}

/// Without `/proc` it cannot be told what is mounted.
fn is_unreadable() -> bool {
    fs::metadata(MOUNTS).is_err()
}

const MOUNTS: &str = "/proc/self/mountinfo";
/// What the kernel adds to the name of a mounted directory that was removed.
const DELETED: &[u8] = b"//deleted";

/// Whether a mount is of the GOROOT, of the one before it, or of another one beside it in gowr's store. A mount is named from
/// the top of its file system, which need not be the top of all: the end of the name tells.
fn is_ours(link: &GorootLink, root: &Path) -> bool {
    let end = |path: &Path, skipped: usize| {
        let names: Vec<_> = path
            .components()
            .rev()
            .filter(|component| matches!(component, Component::Normal(_)))
            .skip(skipped)
            .take(2)
            .map(|component| component.as_os_str().to_owned())
            .collect();
        (names.len() == 2).then_some(names)
    };
    let goroots = [Some(link.goroot.as_path()), link.former.as_deref()];
    let is_same = |goroot: &Path| {
        let is_beside = end(root, 1) == end(goroot, 1) && root.components().count() > 3;
        end(root, 0).is_some_and(|name| Some(name) == end(goroot, 0)) || is_beside
    };
    goroots.into_iter().flatten().any(is_same)
}
