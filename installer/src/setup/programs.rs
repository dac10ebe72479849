//! gowr's programs, put into its home: also while they run, since each is replaced by a rename.

use std::fs;
use std::io;
use std::path::Path;

use super::{Outcome, Step};
use crate::atomic::{self, NewFile, replace_link, sync_directory};
use crate::error::{During, Error};
use crate::staging::Work;
use crate::store::Home;

/// The command first: a `go` that is newer than the `gowr` beside it would hand over to one that does not know it.
const PROGRAMS: [&str; 2] = ["gowr", "go"];
const GOFMT: &str = "gofmt";
const WORK: &str = "setup";

/// Copies `gowr` and `go` from one directory into the home, and links `gofmt` to `go`.
pub(super) fn place(home: &Home, from: &Path) -> Result<Vec<Step>, Error> {
    refuse_toolchain(from)?;
    let bin = home.bin();
    let mut steps = Vec::new();
    for name in PROGRAMS {
        let (source, target) = (from.join(name), bin.join(name));
        let outcome = copy(&source, &target)?;
        steps.push(Step { file: target, outcome });
    }
    let gofmt = bin.join(GOFMT);
    let outcome = match fs::read_link(&gofmt) {
        Ok(target) if target == Path::new("go") => Outcome::Unchanged,
        _ => {
            let was_there = gofmt.symlink_metadata().is_ok();
            let work = Work::begin_short(home, WORK)?;
            replace_link(&gofmt, Path::new("go"), work.staging(), &format!("{WORK}@"))?;
            if was_there { Outcome::Changed } else { Outcome::Created }
        }
    };
    sync_directory(&bin);
    steps.push(Step { file: gofmt, outcome });
    Ok(steps)
}

/// Takes the programs away; also a `gowr` that runs.
pub(super) fn remove(home: &Home) -> Result<Vec<Step>, Error> {
    let mut steps = Vec::new();
    for name in [GOFMT].iter().chain(&PROGRAMS) {
        let file = home.bin().join(name);
        atomic::sweep(&file);
        if super::remove_file(&file)? {
            steps.push(Step { file, outcome: Outcome::Removed });
        }
    }
    Ok(steps)
}

/// `gowr` may have been copied beside a real `go`, and that is not the one to put first on PATH.
fn refuse_toolchain(from: &Path) -> Result<(), Error> {
    let go = from.join("go");
    let real = fs::canonicalize(&go);
    let root = real.as_deref().ok().and_then(Path::parent).and_then(Path::parent);
    let message = match root {
        Some(root) if root.join("pkg/tool").is_dir() => {
            format!("the go beside gowr is a real Go, not gowr's: {}", go.display())
        }
        Some(_) => return Ok(()),
        None => format!("gowr's go is not beside gowr: {}", go.display()),
    };
    Err(Error::Refused { message, fix: Some(String::from("cargo build --release")) })
}

fn copy(source: &Path, target: &Path) -> Result<Outcome, Error> {
    let content = fs::read(source).during("read", source)?;
    // A link is replaced and what it leads to is left: that may be a build directory.
    let is_link = target.is_symlink();
    let old = fs::read(target);
    let is_executable = || nix::unistd::access(target, nix::unistd::AccessFlags::X_OK).is_ok();
    if !is_link && old.as_ref().is_ok_and(|old| *old == content) && is_executable() {
        return Ok(Outcome::Unchanged);
    }
    let mut temporary = atomic::temporary_beside(target, NewFile::Executable)?;
    io::Write::write_all(&mut temporary, &content).during("write", target)?;
    temporary.as_file().sync_all().during("write", target)?;
    // Closed before it has its name: a program that is open for writing cannot be started (ETXTBSY).
    let closed = temporary.into_temp_path();
    closed.persist(target).map_err(|error| error.error).during("replace", target)?;
    Ok(if old.is_ok() || is_link { Outcome::Changed } else { Outcome::Created })
}
