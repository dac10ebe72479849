//! Changing one file or link so that a kill at any instant leaves either the old one or the new one.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, Permissions, TryLockError};
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown, symlink};
use std::path::{Path, PathBuf};

use tempfile::{Builder, NamedTempFile, TempDir};

use crate::error::{During, Error};
use crate::lock::{LONGEST_WORK, has_no_locks};

/// Links followed before giving up, as the kernel does.
const MAXIMUM_LINKS: usize = 40;
/// Between a file's name and the random part of the name its new content has until it is complete.
const TEMPORARY: &str = ".gowr-";

/// The permission bits a new file gets, before the process's umask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NewFile {
    /// Text.
    Plain,
    /// A program.
    Executable,
}

/// Gives the file at `path` this content, durably.
///
/// Links are followed, and what they lead to is replaced; an existing file keeps its mode and, where the system
/// allows it, its owner. The directory must exist.
pub(crate) fn replace_file(path: &Path, content: &[u8], new: NewFile) -> Result<(), Error> {
    let path = &real_path(path)?;
    let mut temporary = temporary_beside(path, new)?;
    temporary.write_all(content).during("write", path)?;
    let file = temporary.as_file();
    match fs::metadata(path) {
        Ok(old) => keep_owner(file, &old).and_then(|()| {
            let permissions = match new {
                NewFile::Plain => Permissions::from_mode(old.mode() & 0o7777),
                NewFile::Executable => Permissions::from_mode(old.mode() & 0o7777 | 0o111),
            };
            file.set_permissions(permissions)
        }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
    .during("keep the permissions of", path)?;
    file.sync_all().during("write", path)?;
    temporary.persist(path).map_err(|error| error.error).during("replace", path)?;
    sync_directory(parent(path));
    Ok(())
}

/// An empty file beside `path`, to become `path` by rename; removed when dropped before.
pub(crate) fn temporary_beside(path: &Path, new: NewFile) -> Result<NamedTempFile, Error> {
    sweep(path);
    let mode = match new {
        NewFile::Plain => 0o666,
        NewFile::Executable => 0o777,
    };
    loop {
        let temporary = Builder::new()
            .prefix(&temporary_prefix(path))
            .permissions(Permissions::from_mode(mode))
            .tempfile_in(parent(path))
            .during("write", path)?;
        // Held until the rename: tells `sweep` that this is not what a killed process left.
        let _ = temporary.as_file().lock();
        // Swept before it was locked: once more.
        if temporary.as_file().metadata().during("write", path)?.nlink() > 0 {
            return Ok(temporary);
        }
    }
}

/// An empty directory beside `path`, to become `path` by rename; removed with all in it when dropped before.
#[derive(Debug)]
pub(crate) struct TemporaryDirectory {
    directory: TempDir,
    /// As for a temporary file.
    _locked: Option<File>,
}

impl TemporaryDirectory {
    pub(crate) fn beside(path: &Path) -> Result<Self, Error> {
        sweep(path);
        let directory = Builder::new()
            .prefix(&temporary_prefix(path))
            .permissions(Permissions::from_mode(0o777))
            .tempdir_in(parent(path))
            .during("create a directory beside", path)?;
        let locked = File::open(directory.path()).ok();
        let locked = locked.filter(|directory| directory.lock().is_ok());
        Ok(Self { directory, _locked: locked })
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Leaves it where it is.
    pub(crate) fn keep(self) -> PathBuf {
        self.directory.keep()
    }
}

/// A new file belongs to whoever runs this; root editing a user's file must not take it over.
fn keep_owner(file: &File, old: &fs::Metadata) -> io::Result<()> {
    let new = file.metadata()?;
    if (new.uid(), new.gid()) == (old.uid(), old.gid()) {
        return Ok(());
    }
    match fchown(file, Some(old.uid()), Some(old.gid())) {
        // Only root may give a file away; the directory is ours, so replacing the file is our right.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(()),
        result => result,
    }
}

/// Makes `link` point to `target`, whether or not it was there.
///
/// The new link is made in `temporary`, a directory on the same file system, under a name that begins with `prefix`.
pub(crate) fn replace_link(
    link: &Path,
    target: &Path,
    temporary: &Path,
    prefix: &str,
) -> Result<(), Error> {
    Builder::new()
        .prefix(prefix)
        .make_in(temporary, |path| symlink(target, path))
        .during("make a link in", temporary)?
        .persist(link)
        .map_err(|error| error.error)
        .during("replace the link", link)
}

/// Whether a directory could not be renamed because another, with something in it, has that name. File systems differ in
/// what they say (rename(2): `ENOTEMPTY` or `EEXIST`).
pub(crate) fn is_taken(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::DirectoryNotEmpty | io::ErrorKind::AlreadyExists)
}

/// Where the content of `path` is, links resolved; the file itself need not exist.
pub(crate) fn real_path(path: &Path) -> Result<PathBuf, Error> {
    let mut real = path.to_path_buf();
    for _ in 0..MAXIMUM_LINKS {
        match fs::read_link(&real) {
            Ok(target) => real = parent(&real).join(target),
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::InvalidInput | io::ErrorKind::NotFound
                ) =>
            {
                return Ok(real);
            }
            Err(error) => return Err(error).during("read the link", &real),
        }
    }
    Err(io::Error::from_raw_os_error(nix::errno::Errno::ELOOP as i32)).during("follow", path)
}

/// Removes what a killed process left of [`temporary_beside`]; best effort, since it does no harm.
pub(crate) fn sweep(path: &Path) {
    let prefix = temporary_prefix(path);
    sweep_directory(parent(path), |name| name.as_bytes().starts_with(prefix.as_bytes()));
}

/// The same for all files of a directory.
pub(crate) fn sweep_all(directory: &Path) {
    sweep_directory(directory, is_temporary);
}

/// Whether a file's name is one of [`temporary_beside`].
pub(crate) fn is_temporary(name: &OsStr) -> bool {
    name.to_str().is_some_and(|name| name.starts_with('.') && name.contains(TEMPORARY))
}

/// Whether the maker of such a file lives.
pub(crate) fn is_living(temporary: &Path) -> bool {
    File::open(temporary).is_ok_and(|file| !is_nobodys(&file, file.try_lock_shared()))
}

/// The same for those files of a directory whose names are such.
pub(crate) fn sweep_directory(directory: &Path, is_temporary: impl Fn(&OsStr) -> bool) {
    let Ok(entries) = fs::read_dir(directory) else { return };
    for entry in entries.flatten().filter(|entry| is_temporary(&entry.file_name())) {
        let leftover = entry.path();
        let Ok(file) = File::open(&leftover) else { continue };
        // Kept locked until it is gone: its maker may be about to lock it.
        if is_nobodys(&file, file.try_lock()) {
            let _ = fs::remove_file(&leftover).or_else(|_| fs::remove_dir_all(&leftover));
        }
    }
}

/// Whether the maker of a temporary file is gone, from what came of locking it.
fn is_nobodys(file: &File, locked: Result<(), TryLockError>) -> bool {
    match locked {
        Ok(()) => true,
        // No file system for locks; nothing is written for a day.
        Err(TryLockError::Error(error)) if has_no_locks(&error) => {
            let age = file.metadata().and_then(|it| it.modified()).map(|since| since.elapsed());
            matches!(age, Ok(Ok(age)) if age > LONGEST_WORK)
        }
        Err(_) => false,
    }
}

fn temporary_prefix(path: &Path) -> OsString {
    let mut prefix = OsString::from(".");
    prefix.push(path.file_name().unwrap_or_default());
    prefix.push(TEMPORARY);
    prefix
}

/// Makes names created, replaced and removed in a directory durable.
///
/// Best effort: the change is made and seen by everyone. Some network and FUSE file systems cannot do more, and
/// an error now would say that nothing was changed.
pub(crate) fn sync_directory(directory: &Path) {
    let _ = File::open(directory).and_then(|directory| directory.sync_all());
}

/// The directory a path lies in: `.` for a bare name.
pub(crate) fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(directory: &Path) -> Vec<String> {
        let entries = fs::read_dir(directory).expect("a directory");
        let mut names: Vec<_> = entries
            .map(|entry| entry.expect("an entry").file_name().into_string().expect("text"))
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_new_file_has_the_usual_mode_and_nothing_is_left_beside_it() {
        let directory = tempfile::tempdir().expect("a directory");
        let usual = directory.path().join("usual");
        fs::write(&usual, "").expect("written");
        let file = directory.path().join("file");
        replace_file(&file, b"new", NewFile::Plain).expect("replaced");
        let mode = |path: &Path| fs::metadata(path).expect("metadata").mode();
        assert_eq!(mode(&file), mode(&usual));
        assert_eq!(fs::read(&file).expect("read"), b"new");
        assert_eq!(names(directory.path()), ["file", "usual"]);
    }

    #[test]
    fn mode_and_links_are_kept() {
        let directory = tempfile::tempdir().expect("a directory");
        let real = directory.path().join("dotfiles/real");
        fs::create_dir(directory.path().join("dotfiles")).expect("made");
        fs::write(&real, "old").expect("written");
        fs::set_permissions(&real, Permissions::from_mode(0o640)).expect("mode");
        let link = directory.path().join("link");
        symlink("second", &link).expect("linked");
        symlink("dotfiles/real", directory.path().join("second")).expect("linked");
        replace_file(&link, b"new", NewFile::Plain).expect("replaced");
        assert_eq!(fs::read_link(&link).expect("still a link"), Path::new("second"));
        assert_eq!(fs::read(&real).expect("read"), b"new");
        assert_eq!(fs::metadata(&real).expect("metadata").mode() & 0o7777, 0o640);
    }

    #[test]
    fn a_dangling_link_gets_its_file_and_a_circle_is_an_error() {
        let directory = tempfile::tempdir().expect("a directory");
        let link = directory.path().join("link");
        symlink("file", &link).expect("linked");
        replace_file(&link, b"new", NewFile::Plain).expect("replaced");
        assert_eq!(fs::read(directory.path().join("file")).expect("read"), b"new");
        let circle = directory.path().join("circle");
        symlink("circle", &circle).expect("linked");
        let error = replace_file(&circle, b"", NewFile::Plain).expect_err("a circle");
        assert!(error.to_string().starts_with("cannot follow"), "{error}");
    }

    #[test]
    fn leftovers_of_the_killed_are_swept_and_those_of_the_living_are_not() {
        let directory = tempfile::tempdir().expect("a directory");
        let dead = directory.path().join(".file.gowr-dead");
        let living = directory.path().join(".file.gowr-living");
        let other = directory.path().join(".other.gowr-dead");
        for path in [&dead, &living, &other] {
            fs::write(path, "half").expect("written");
        }
        let held = File::open(&living).expect("opened");
        held.try_lock().expect("locked");
        replace_file(&directory.path().join("file"), b"new", NewFile::Plain).expect("replaced");
        assert_eq!(names(directory.path()), [".file.gowr-living", ".other.gowr-dead", "file"]);
    }

    #[test]
    fn a_failure_changes_nothing_and_names_the_file() {
        let directory = tempfile::tempdir().expect("a directory");
        let file = directory.path().join("absent/file");
        let error = replace_file(&file, b"", NewFile::Plain).expect_err("no directory");
        assert_eq!(error.to_string(), format!("cannot write {}", file.display()));
        // A directory cannot be replaced by a file.
        let inside = directory.path().join("directory");
        fs::create_dir(&inside).expect("made");
        replace_file(&inside, b"", NewFile::Plain).expect_err("a directory");
        assert_eq!(names(directory.path()), ["directory"]);
    }

    #[test]
    fn links_are_replaced() {
        let directory = tempfile::tempdir().expect("a directory");
        let link = directory.path().join("link");
        for target in ["one", "two"] {
            replace_link(&link, Path::new(target), directory.path(), "new@").expect("replaced");
            assert_eq!(fs::read_link(&link).expect("a link"), Path::new(target));
        }
        assert_eq!(names(directory.path()), ["link"]);
    }
}
