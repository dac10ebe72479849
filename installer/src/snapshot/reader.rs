//! Reads a snapshot: nothing of it is written anywhere before all of it was looked at.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use ring::digest::{Context, SHA256};
use tar::{Archive, EntryType};

use super::manifest::{Manifest, PackedFile, Toolchain};
use super::{MANIFEST, PIECE, hexadecimal, refused};
use crate::downloads;
use crate::error::{During, Error};
use crate::unpack::tar::MAXIMUM_SIZE;

/// More files than any snapshot has.
const MAXIMUM_FILES: usize = 4096;

/// A snapshot whose manifest names exactly the files that it has.
#[derive(Debug)]
pub struct Snapshot {
    path: PathBuf,
    files: BTreeMap<String, Place>,
    manifest: Manifest,
}

/// Where a file is.
#[derive(Clone, Copy, Debug)]
struct Place {
    /// In the tar file; none for a file of its own.
    offset: Option<u64>,
    size: u64,
}

impl Snapshot {
    /// Opens a tar file or a directory. What its files have in them is not looked at yet, but for the manifest.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let is_directory = path.metadata().during("read", path)?.is_dir();
        let mut files = if is_directory { in_directory(path)? } else { in_tar(path)? };
        let Some(place) = files.remove(MANIFEST) else {
            return Err(refused(
                path,
                format!("there is no {MANIFEST} in it: it is none, or not whole"),
            ));
        };
        if place.size > Manifest::LIMIT {
            return Err(refused(
                path,
                format!("its manifest is larger than {} bytes", Manifest::LIMIT),
            ));
        }
        let mut content = Vec::new();
        open(path, MANIFEST, place)?.read_to_end(&mut content).during("read", path)?;
        let manifest = Manifest::parse(&content).map_err(|problem| refused(path, problem))?;
        let snapshot = Self { path: path.to_path_buf(), files, manifest };
        snapshot.compare()?;
        Ok(snapshot)
    }

    /// What is in it.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Reads all files, and finds out whether they are as they were saved.
    pub fn check(&self) -> Result<(), Error> {
        self.manifest.files().try_for_each(|file| self.copy(file, &mut io::sink(), &self.path))
    }

    /// Copies a release's files into a directory.
    pub(super) fn unpack(&self, toolchain: &Toolchain, directory: &Path) -> Result<(), Error> {
        for file in &toolchain.files {
            // The manifest was accepted because this name follows from the release's.
            let path = directory.join(&file.name);
            let mut copy = File::create_new(&path).during("write", &path)?;
            self.copy(file, &mut copy, &path)?;
        }
        Ok(())
    }

    /// The manifest and the files must be of one mind.
    fn compare(&self) -> Result<(), Error> {
        for file in self.manifest.files() {
            let name = &file.name;
            match self.files.get(name) {
                None => return Err(self.refused(format!("{name} is not in it"))),
                Some(place) if place.size != file.size => {
                    let (has, said) = (place.size, file.size);
                    let problem = format!("{name} has {has} bytes, and its manifest says {said}");
                    return Err(self.refused(problem));
                }
                Some(_) => {}
            }
        }
        let is_named = |name: &String| self.manifest.files().any(|file| file.name == *name);
        match self.files.keys().find(|name| !is_named(name)) {
            Some(name) => Err(self.refused(format!(
                "`{}` is in it, which its manifest does not name",
                name.escape_debug()
            ))),
            None => Ok(()),
        }
    }

    fn copy(&self, file: &PackedFile, to: &mut dyn Write, target: &Path) -> Result<(), Error> {
        let place = self.files.get(&file.name).copied();
        let place = place.ok_or_else(|| self.refused(format!("{} is not in it", file.name)))?;
        let mut from = open(&self.path, &file.name, place)?;
        let mut context = Context::new(&SHA256);
        let (mut piece, mut total) = (vec![0; PIECE], 0);
        loop {
            let length = match from.read(&mut piece) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                result => result.during("read", &self.path)?,
            };
            if length == 0 {
                break;
            }
            total += length as u64;
            context.update(&piece[..length]);
            to.write_all(&piece[..length]).during("write", target)?;
        }
        if total != file.size || hexadecimal(context.finish().as_ref()) != file.sha256 {
            return Err(self.refused(format!("{} is damaged: its SHA-256 is another", file.name)));
        }
        Ok(())
    }

    fn refused(&self, problem: String) -> Error {
        refused(&self.path, problem)
    }
}

fn open(snapshot: &Path, name: &str, place: Place) -> Result<io::Take<File>, Error> {
    let file = match place.offset {
        Some(offset) => {
            let mut file = downloads::open(snapshot)?;
            file.seek(SeekFrom::Start(offset)).during("read", snapshot)?;
            file
        }
        None => downloads::open(&snapshot.join(name))?,
    };
    Ok(file.take(place.size))
}

fn in_directory(directory: &Path) -> Result<BTreeMap<String, Place>, Error> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(directory).during("list", directory)? {
        let entry = entry.during("list", directory)?;
        let metadata = entry.metadata().during("read", &entry.path())?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if !metadata.is_file() {
            let name = name.escape_debug();
            return Err(refused(directory, format!("`{name}` in it is not a regular file")));
        }
        files.insert(name, Place { offset: None, size: metadata.len() });
        judge_count(directory, &files)?;
    }
    Ok(files)
}

/// Only regular files with short names, each once, as [`super::Writer`] writes them: no two readers can read that
/// differently.
fn in_tar(path: &Path) -> Result<BTreeMap<String, Place>, Error> {
    let file = downloads::open(path)?;
    let length = file.metadata().during("read", path)?.len();
    let mut archive = Archive::new(file);
    let unreadable = |error: io::Error| match error.raw_os_error() {
        Some(_) => Error::Io { action: "read", path: path.to_path_buf(), source: error },
        None => refused(path, format!("it is not a tar file, or a damaged one: {error}")),
    };
    let mut files = BTreeMap::new();
    for entry in archive.entries_with_seek().map_err(unreadable)?.raw(true) {
        let entry = entry.map_err(unreadable)?;
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let (offset, size) = (entry.raw_file_position(), entry.size());
        let shown = name.escape_debug();
        if entry.header().entry_type() != EntryType::Regular {
            return Err(refused(path, format!("`{shown}` in it is not a regular file")));
        }
        if size > MAXIMUM_SIZE {
            let problem = format!("`{shown}` in it is larger than {MAXIMUM_SIZE} bytes");
            return Err(refused(path, problem));
        }
        if offset + size > length {
            return Err(refused(path, format!("it ends within `{shown}`")));
        }
        if files.insert(name.clone(), Place { offset: Some(offset), size }).is_some() {
            return Err(refused(path, format!("`{shown}` is in it twice")));
        }
        judge_count(path, &files)?;
    }
    Ok(files)
}

fn judge_count(path: &Path, files: &BTreeMap<String, Place>) -> Result<(), Error> {
    if files.len() > MAXIMUM_FILES {
        return Err(refused(path, format!("there are more than {MAXIMUM_FILES} files in it")));
    }
    Ok(())
}
