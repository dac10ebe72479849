//! Whole distros of WSL, by `wsl.exe --export` and `--import`.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use super::writer;
use crate::atomic::{TemporaryDirectory, parent, sync_directory};
use crate::error::{During, Error};
use crate::store::Made;
use crate::wsl::{DistroName, windows_path, wsl};

/// Writes a distro's root file system into a tar file. That ends all that runs in it.
pub fn export(name: &DistroName, target: &Path) -> Result<(), Error> {
    // A new name: what wsl.exe does with a file that is there is its own affair.
    let directory = TemporaryDirectory::beside(target)?;
    let file = directory.path().join("export.tar");
    let mut windows = windows_path(directory.path())?;
    windows.push("\\export.tar");
    wsl(&[OsStr::new("--export"), OsStr::new(name.as_str()), &windows])?;
    fs::File::open(&file).and_then(|file| file.sync_all()).during("read", &file)?;
    fs::rename(&file, target).during("write", target)?;
    sync_directory(parent(target));
    drop(directory);
    writer::sweep(target);
    Ok(())
}

/// Makes a distro of such a tar file, its disk in the directory `location`.
pub fn import(name: &DistroName, location: &Path, file: &Path) -> Result<(), Error> {
    let file = windows_path(file)?;
    // Only what is there can be translated.
    let made = Made::directory(location.to_path_buf())?;
    let location = windows_path(location)?;
    wsl(&[OsStr::new("--import"), OsStr::new(name.as_str()), &location, &file])?;
    made.keep();
    Ok(())
}
