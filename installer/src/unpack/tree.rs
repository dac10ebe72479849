//! The directory that an archive is unpacked into: nothing is written outside of it, whatever the archive says.

use std::fs::File;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::{OFlag, open, openat};
use nix::sys::stat::{Mode, mkdirat};

use super::entry_name::EntryName;
use crate::error::{During, Error};

/// For directories that are only looked things up in.
const DIRECTORY: OFlag =
    OFlag::O_PATH.union(OFlag::O_DIRECTORY).union(OFlag::O_NOFOLLOW).union(OFlag::O_CLOEXEC);
/// For files, none of which may be there: a second file of the same name, or a link, is an error.
const NEW_FILE: OFlag = OFlag::O_WRONLY
    .union(OFlag::O_CREAT)
    .union(OFlag::O_EXCL)
    .union(OFlag::O_NOFOLLOW)
    .union(OFlag::O_CLOEXEC);

/// A directory held open, so that it stays the same one.
#[derive(Debug)]
pub(super) struct Tree {
    root: OwnedFd,
    path: PathBuf,
}

impl Tree {
    /// Opens a directory and makes others in it, each after the one above it.
    pub(super) fn open(path: &Path, directories: &[String]) -> Result<Self, Error> {
        let root = open(path, DIRECTORY, Mode::empty()).map_err(std::io::Error::from);
        let root = root.during("open the directory", path)?;
        let tree = Self { root, path: path.to_path_buf() };
        directories.iter().try_for_each(|directory| tree.make_directory(directory))?;
        Ok(tree)
    }

    /// Makes a directory, the one above which is there.
    pub(super) fn make_directory(&self, path: &str) -> Result<(), Error> {
        mkdirat(&self.root, path, Mode::from_bits_truncate(0o777))
            .map_err(std::io::Error::from)
            .during("create the directory", &self.path.join(path))
    }
}

/// Makes files in a [`Tree`]; neighbours come one after the other, so the last directory is kept open.
#[derive(Debug)]
pub(super) struct FileMaker<'a> {
    tree: &'a Tree,
    directory: Option<(Box<str>, OwnedFd)>,
}

impl<'a> FileMaker<'a> {
    pub(super) fn new(tree: &'a Tree) -> Self {
        Self { tree, directory: None }
    }

    /// Makes the file of an entry, with the permissions that the process's umask leaves it.
    pub(super) fn create(&mut self, name: &EntryName, is_executable: bool) -> Result<File, Error> {
        let mode = if is_executable { 0o777 } else { 0o666 };
        let mode = Mode::from_bits_truncate(mode);
        let open = |directory: &OwnedFd| loop {
            match openat(directory, name.file(), NEW_FILE, mode) {
                // As the standard library does: a network file system may say so.
                Err(Errno::EINTR) => {}
                result => break result,
            }
        };
        let file = self.directory(name.directory()).and_then(open);
        file.map(File::from).map_err(std::io::Error::from).during("write", &self.path(name))
    }

    /// Where the file of an entry is, to name it in messages.
    pub(super) fn path(&self, name: &EntryName) -> PathBuf {
        self.tree.path.join(name.directory()).join(name.file())
    }

    fn directory(&mut self, path: &str) -> nix::Result<&OwnedFd> {
        if path.is_empty() {
            return Ok(&self.tree.root);
        }
        let opened = match self.directory.take() {
            Some(opened) if *opened.0 == *path => opened,
            _ => (path.into(), openat(&self.tree.root, path, DIRECTORY, Mode::empty())?),
        };
        Ok(&self.directory.insert(opened).1)
    }
}
