//! Go's module cache, which containers share with this machine.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use resolver::machine::Machine;

use crate::adopt;
use crate::error::{During, Error, Kind};

/// Where it is, there or not.
pub fn find<M: Machine>(
    machine: &M,
    variable: &dyn Fn(&str) -> Option<OsString>,
) -> Result<PathBuf, Error> {
    let found = adopt::module_cache(machine, variable);
    found.map(|path| PathBuf::from(OsStr::from_bytes(path))).ok_or_else(|| Error::Container {
        kind: Kind::Configuration,
        message: String::from("there is no place for Go's module cache"),
        cause: "neither GOMODCACHE, GOPATH nor HOME is an absolute path".into(),
        fix: Some(String::from("export HOME=DIR")),
    })
}

/// Makes it, where there is none yet: an engine would make it root's.
pub fn create(path: &Path) -> Result<(), Error> {
    fs::create_dir_all(path).during("create the directory", path)
}
