//! Taking back what sharing has changed here, both of a distro that shares and of one that uses a share.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use resolver::machine::Machine;
use resolver::version::ToolchainName;
use rustix::mount::{UnmountFlags, unmount};

use super::{Share, needs_root, place, task, to_path, with_sudo};
use crate::at_boot::Plan;
use crate::error::{During, Error, Kind as ErrorKind, quoted};
use crate::link::share::{of, stop};
use crate::store::{Home, Key};

/// A build that has begun is let come to its end.
const PATIENCE: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(20);

/// What there is to take back.
#[derive(Debug)]
pub struct Removal {
    /// The share that this home uses.
    pub used: Option<PathBuf>,
    /// Where its own toolchains are mounted for the others.
    pub mounted: Option<PathBuf>,
    /// What is done at each start of the distro.
    at_boot: Option<Plan>,
}

/// Looks for what `gowr share` and `gowr share use` have done here. Nothing of it need be there any more.
pub fn removal<M: Machine>(machine: &M, root: &Path, home: &Home) -> Result<Removal, Error> {
    let share = place(machine).ok().map(|place| Share::look(machine, home, place));
    let mounted = share.filter(|share| share.is_own && share.device.is_some());
    Ok(Removal {
        used: of(home)?,
        mounted: mounted.map(|share| to_path(share.path)),
        at_boot: task(machine, root, home)?,
    })
}

impl Removal {
    /// Whether there is nothing.
    pub fn is_nothing(&self) -> bool {
        self.used.is_none() && self.mounted.is_none() && self.at_boot.is_none()
    }

    /// Whether something is done at each start of the distro.
    pub fn has_task(&self) -> bool {
        self.at_boot.is_some()
    }

    /// The changes of files, as `git diff` shows them.
    pub fn diff(&self) -> String {
        self.at_boot.as_ref().map(Plan::diff).unwrap_or_default()
    }

    /// Does it; gives the toolchains that are not here any more. `program` is where gowr stands.
    pub fn carry_out<M: Machine>(
        &self,
        machine: &M,
        home: &Home,
        here: &Key,
        program: &Path,
    ) -> Result<Vec<ToolchainName>, Error> {
        if (self.mounted.is_some() || self.at_boot.is_some()) && machine.effective_user() != 0 {
            let fix = with_sudo(program, home, "share --remove");
            return Err(needs_root(
                "what this distro shares cannot be taken back by this user",
                fix,
            ));
        }
        if let Some(target) = &self.mounted {
            unmount_own(machine, home, target)?;
        }
        if let Some(plan) = &self.at_boot {
            plan.carry_out()?;
        }
        Ok(stop(home, here)?.map(|changes| changes.removed).unwrap_or_default())
    }
}

/// As often as it is mounted there, and as long as it is this home's.
fn unmount_own<M: Machine>(machine: &M, home: &Home, target: &Path) -> Result<(), Error> {
    let begun = Instant::now();
    loop {
        let share = Share::look(machine, home, super::to_bytes(target));
        if !(share.is_own && share.device.is_some()) {
            break;
        }
        match unmount(target, UnmountFlags::NOFOLLOW).map_err(io::Error::from) {
            Ok(()) => {}
            Err(error) if is_busy(&error) && begun.elapsed() < PATIENCE => thread::sleep(PAUSE),
            Err(error) if is_busy(&error) => {
                return Err(Error::Share {
                    kind: ErrorKind::User,
                    message: format!("{} is in use", target.display()),
                    cause: "a go of it runs, here or in another distro".into(),
                    fix: Some(format!("fuser -vm {}", quoted(target))),
                });
            }
            Err(error) => return Err(error).during("unmount", target),
        }
    }
    // It was made for this. With something in it, it stays.
    let _ = fs::remove_dir(target);
    Ok(())
}

fn is_busy(error: &io::Error) -> bool {
    error.raw_os_error() == Some(Errno::EBUSY as i32)
}
