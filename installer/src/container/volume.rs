//! Volumes for build caches.

use std::os::unix::fs::chown;
use std::path::Path;
use std::process::{Command, Stdio};

use super::command::{Caller, Gift, volume};
use super::engine::{Engine, Identity, Name};
use super::image::Image;
use crate::error::{Error, Kind};

/// Makes the volume, where the engine itself would make it root's. podman makes a new volume that of the container's
/// user; docker takes owner and mode of the place in the image, which for a place that is not there are root's.
pub fn prepare(
    engine: &Engine,
    name: &str,
    image: &Image,
    caller: &Caller<'_>,
    program: &Path,
) -> Result<(), Error> {
    let is_roots = (engine.name, engine.identity) == (Name::Docker, Identity::Same);
    if !is_roots || caller.user == 0 {
        return Ok(());
    }
    let volume = volume(caller, image);
    let run = |arguments: &[std::ffi::OsString]| {
        let mut command = Command::new(&engine.program);
        let command = command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null());
        command.stderr(Stdio::null()).status()
    };
    let failed = |cause: String| Error::Container {
        kind: Kind::Internal,
        message: format!("{} cannot make the volume {volume}", engine.name),
        cause: cause.into(),
        fix: Some(format!("{} volume rm {volume}", engine.name)),
    };
    let inspect = ["volume", "inspect", &volume].map(Into::into);
    if run(&inspect).map_err(|error| failed(error.to_string()))?.success() {
        return Ok(());
    }
    let gift = Gift { caller: *caller, program, volume: &volume };
    let status = run(&gift.arguments(engine, name)?);
    match status.map_err(|error| failed(error.to_string()))? {
        status if status.success() => Ok(()),
        status => Err(failed(format!("it ended with {status}"))),
    }
}

/// Gives away the volume that is mounted at a place of the container that this process runs in.
pub fn give(place: &Path, user: u32, group: u32) -> std::io::Result<()> {
    chown(place, Some(user), Some(group))
}
