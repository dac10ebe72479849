//! Writes a snapshot beside its place, and puts it there when it is whole and on disk.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use ring::digest::{Context, SHA256};
use tar::{Builder, Header};
use tempfile::NamedTempFile;

use super::manifest::{Manifest, PackedFile};
use super::{MANIFEST, PIECE, hexadecimal};
use crate::atomic::{self, NewFile, TemporaryDirectory, is_taken, parent, sync_directory};
use crate::error::{During, Error};

/// What a snapshot is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// One file.
    Tar,
    /// A directory of files.
    Directory,
}

impl Form {
    /// What a path stands for: what ends with `.tar` is a file.
    pub fn of(path: &Path) -> Self {
        let is_tar = path.extension().is_some_and(|extension| extension == "tar");
        if is_tar && !path.is_dir() { Self::Tar } else { Self::Directory }
    }
}

/// A snapshot in the making; without [`Writer::finish`] nothing is left of it.
pub struct Writer {
    target: PathBuf,
    place: Place,
}

enum Place {
    Tar(Box<Builder<NamedTempFile>>),
    Directory(TemporaryDirectory),
}

impl Writer {
    /// Begins a snapshot at a path. A file that is there is replaced; a directory with something in it is not.
    pub fn create(target: &Path, form: Form) -> Result<Self, Error> {
        let target = std::path::absolute(target).during("find", target)?;
        let found = fs::symlink_metadata(&target);
        let is_free = match (&found, form) {
            (Err(_), _) => true,
            (Ok(found), Form::Tar) => found.is_file(),
            (Ok(found), Form::Directory) => {
                found.is_dir() && fs::read_dir(&target).during("list", &target)?.next().is_none()
            }
        };
        if !is_free {
            return Err(Error::Refused {
                message: format!("{} is there already, and will not be replaced", target.display()),
                fix: Some(String::from("gowr snapshot save NAME.tar")),
            });
        }
        let place = match form {
            Form::Tar => {
                let temporary = atomic::temporary_beside(&target, NewFile::Plain)?;
                Place::Tar(Box::new(Builder::new(temporary)))
            }
            Form::Directory => Place::Directory(TemporaryDirectory::beside(&target)?),
        };
        Ok(Self { target, place })
    }

    /// Adds a file, read from `path`.
    pub(super) fn add(
        &mut self,
        name: String,
        file: File,
        path: &Path,
    ) -> Result<PackedFile, Error> {
        let size = file.metadata().during("read", path)?.len();
        self.copy(name, file, size)
    }

    /// Adds a text.
    pub(super) fn add_text(&mut self, name: String, text: &str) -> Result<PackedFile, Error> {
        self.copy(name, text.as_bytes(), text.len() as u64)
    }

    /// Writes the manifest, and puts all in its place.
    pub fn finish(mut self, manifest: &Manifest) -> Result<(), Error> {
        let text = serde_json::to_string_pretty(manifest).map_err(io::Error::from);
        let text = text.during("write", &self.target)? + "\n";
        self.add_text(String::from(MANIFEST), &text)?;
        let target = &self.target;
        match self.place {
            Place::Tar(builder) => {
                let file = builder.into_inner().during("write", target)?;
                file.as_file().sync_all().during("write", target)?;
                file.persist(target).map_err(|error| error.error).during("replace", target)?;
            }
            Place::Directory(directory) => {
                sync_directory(directory.path());
                match fs::rename(directory.path(), target) {
                    Err(error) if is_taken(&error) => {
                        return Err(Error::Refused {
                            message: format!("{} is there by now", target.display()),
                            fix: Some(String::from("gowr snapshot save NAME.tar")),
                        });
                    }
                    renamed => renamed.during("write", target)?,
                }
                directory.keep();
            }
        }
        sync_directory(parent(target));
        Ok(())
    }

    fn copy(&mut self, name: String, content: impl Read, size: u64) -> Result<PackedFile, Error> {
        let mut hashed = Hashed { content: content.take(size), context: Context::new(&SHA256) };
        let path = &self.target;
        match &mut self.place {
            Place::Tar(builder) => {
                // As long as nothing changes, two snapshots are the same to the byte: no time, no owner.
                let mut header = Header::new_ustar();
                header.set_path(&name).during("write", path)?;
                header.set_size(size);
                header.set_mode(0o644);
                header.set_cksum();
                builder.append(&header, &mut hashed).during("write", path)?;
            }
            Place::Directory(directory) => {
                let path = directory.path().join(&name);
                let mut file = File::create_new(&path).during("write", &path)?;
                let mut piece = vec![0; PIECE];
                loop {
                    match hashed.read(&mut piece).during("write", &path)? {
                        0 => break,
                        length => file.write_all(&piece[..length]).during("write", &path)?,
                    }
                }
                file.sync_all().during("write", &path)?;
            }
        }
        let sha256 = hexadecimal(hashed.context.finish().as_ref());
        Ok(PackedFile { name, size, sha256 })
    }
}

/// Takes away what a killed process left beside the place of a snapshot; best effort.
pub fn sweep(target: &Path) {
    atomic::sweep(target);
}

/// Bytes that are hashed while they are read.
struct Hashed<R> {
    content: R,
    context: Context,
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = loop {
            match self.content.read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => break result?,
            }
        };
        self.context.update(&buffer[..length]);
        Ok(length)
    }
}
