//! Changing a symbolic link at one instant: a new one beside it, renamed over it.
//!
//! `ln -sfT` is not always that: busybox and uutils take the old link away before they make the new one.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::unistd::{AccessFlags, access};

use super::{GorootLink, State, refused};
use crate::atomic::{parent, sync_directory};
use crate::error::{During, Error, quoted};

/// After a link's name, that of the one that is to replace it. It is always the same: whoever comes after a kill takes it
/// over, and nothing is left behind. In gowr's home a lock sees to it that only one process makes it.
const NEW: &[u8] = b".gowr-new";
/// What a file system allows for a name (`NAME_MAX`).
const NAME_LIMIT: usize = 255;
/// How often somebody from another home may be faster.
const TRIES: usize = 100;

/// Fails where the path is not ours to make a link of.
pub(super) fn may_make(
    path: &Path,
    known: Option<&GorootLink>,
    is_forced: bool,
) -> Result<(), Error> {
    let message = || format!("{} is not gowr's to replace", path.display());
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error).during("look at", path),
        Ok(found) if !found.is_symlink() => {
            let what = if found.is_dir() { "a directory" } else { "a file" };
            let mut aside = path.as_os_str().to_owned();
            aside.push(".old");
            return Err(refused(
                message(),
                &format!("it is {what}, and not a link"),
                format!("mv {} {}", quoted(path), quoted(Path::new(&aside))),
            ));
        }
        Ok(_) => {
            let target = fs::read_link(path).during("read the link", path)?;
            if !is_forced && !known.is_some_and(|known| known.may_lead_to(&target)) {
                return Err(refused(
                    message(),
                    &format!("it is a link that leads to {}", target.display()),
                    format!("gowr link --force {}", quoted(path)),
                ));
            }
        }
    }
    may_write_beside(path).map_err(|errno| {
        let name = Path::new(path.file_name().unwrap_or_default());
        refused(
            format!("{} cannot be made", path.display()),
            &format!("{}: {}", parent(path).display(), errno.desc().to_lowercase()),
            // A link in a directory of root's would be root's to switch, each time.
            format!(
                "sudo install -d -o \"$(id -un)\" /opt/gowr && gowr link {}",
                quoted(&Path::new("/opt/gowr").join(name))
            ),
        )
    })
}

/// Whether a new link may be made beside this one.
pub(super) fn may_write_beside(path: &Path) -> Result<(), Errno> {
    access(parent(path), AccessFlags::W_OK | AccessFlags::X_OK)
}

/// Makes the link lead to a GOROOT; whether it did not before.
pub(super) fn switch(path: &Path, goroot: &Path) -> Result<bool, Error> {
    sweep(path);
    if fs::read_link(path).is_ok_and(|target| target == goroot) {
        return Ok(false);
    }
    // Nothing is there: then nobody else's can be replaced either.
    match symlink(goroot, path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        made => {
            made.during("make the link", path)?;
            sync_directory(parent(path));
            return Ok(true);
        }
    }
    let new = new(path);
    let mut tries = 0..TRIES;
    loop {
        let made = symlink(goroot, &new).and_then(|()| fs::rename(&new, path));
        match made {
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::AlreadyExists | io::ErrorKind::NotFound
                ) && tries.next().is_some() =>
            {
                sweep(path);
            }
            made => {
                if made.is_err() {
                    sweep(path);
                }
                made.during("replace the link", path)?;
                sync_directory(parent(path));
                return Ok(true);
            }
        }
    }
}

/// Takes away what a killed process left beside a link; nothing else is a link and has that name.
pub(super) fn sweep(path: &Path) {
    let new = new(path);
    if fs::symlink_metadata(&new).is_ok_and(|found| found.is_symlink()) {
        let _ = fs::remove_file(new);
    }
}

/// What is there.
pub(super) fn state(link: &GorootLink) -> State {
    match fs::read_link(&link.path) {
        Ok(target) if !link.may_lead_to(&target) => State::Changed,
        Ok(target) if target.join("bin/go").exists() => {
            if target == link.goroot {
                State::Right
            } else {
                State::Astray
            }
        }
        Ok(_) => State::Astray,
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => State::Changed,
        Err(_) => State::Gone,
    }
}

fn new(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().as_bytes();
    let kept = &name[..name.len().min(NAME_LIMIT - NEW.len() - 1)];
    parent(path).join(OsString::from_vec([b".", kept, NEW].concat()))
}
