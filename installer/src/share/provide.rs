//! Making this distro's toolchains visible to the others.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use resolver::machine::Kind::Directory;
use resolver::machine::{Follow, Machine};
use resolver::share::Flaw;
use rustix::mount::{UnmountFlags, mount_bind, unmount};

use super::{Kind, Share, is_stale, needs_root, place, to_bytes, to_path, with_sudo};
use crate::at_boot::{self, Bind, Plan, Task, TaskName, Way};
use crate::error::{During, Error, Kind as ErrorKind, quoted};
use crate::store::Home;

/// What is to be done, to be shown first.
#[derive(Debug)]
pub struct Provision {
    /// Where the toolchains will be seen.
    pub target: PathBuf,
    /// What is mounted there.
    pub source: PathBuf,
    /// Who mounts it at each start.
    pub way: Way,
    step: Step,
    at_boot: Plan,
    is_root: bool,
}

/// What is to be done about the mount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// It is there.
    Nothing,
    /// It is made.
    Mount,
    /// What is mounted there has lost its device: it is taken off first.
    MountAnew,
}

/// What makes this home's toolchains visible to all distros, now and after each start of this one.
pub fn provision<M: Machine>(machine: &M, root: &Path, home: &Home) -> Result<Provision, Error> {
    let share = Share::look(machine, home, place(machine)?);
    let (target, source) = (to_path(share.path), home.toolchains());
    let step = step(&share)?;
    if !machine
        .metadata(None, to_bytes(&source), Follow::Links)
        .is_ok_and(|it| it.kind == Directory)
    {
        return Err(Error::Share {
            kind: ErrorKind::User,
            message: String::from("there is nothing to share"),
            cause: format!("{} is not there", source.display()).into(),
            fix: Some(String::from("gowr install")),
        });
    }
    let way = at_boot::way(machine)?;
    let task = Task {
        name: TaskName::share(),
        description: String::from("Go toolchains of this distro, seen by all WSL2 distros"),
        mounts: vec![Bind { source: source.clone(), target: target.clone() }],
    };
    let at_boot = at_boot::plan_add(machine, root, &task, way)?;
    let is_root = machine.effective_user() == 0;
    Ok(Provision { target, source, way, step, at_boot, is_root })
}

fn step(share: &Share) -> Result<Step, Error> {
    let path = to_path(share.path);
    let refused = |message: String, cause: String, fix: String| {
        let kind = ErrorKind::User;
        Err(Error::Share { kind, message, cause: cause.into(), fix: Some(fix) })
    };
    match &share.flaw {
        _ if share.is_own => Ok(Step::Nothing),
        Some(Flaw::Missing(_)) => Ok(Step::Mount),
        // Only a mount can be taken off.
        flaw if is_stale(flaw.as_ref()) && share.device.is_some() => Ok(Step::MountAnew),
        None if share.is_unmounted => Ok(Step::Mount),
        None if share.kind == Some(Kind::Plain) => refused(
            format!("{} is taken", path.display()),
            String::from("it is a directory, and not empty"),
            String::from("gowr share use"),
        ),
        None => refused(
            String::from("another distro shares its toolchains"),
            match share.directory {
                Some(directory) if share.kind == Some(Kind::Bind) => {
                    format!("{} is {} of it", path.display(), String::from_utf8_lossy(directory))
                }
                _ => format!("a disk is mounted on {}", path.display()),
            },
            String::from("gowr share use"),
        ),
        Some(flaw) => refused(
            format!("{} is taken", path.display()),
            flaw.detail(),
            format!("ls -ld {}", quoted(&path)),
        ),
    }
}

impl Provision {
    /// Whether all is as it should be already.
    pub fn is_done(&self) -> bool {
        self.step == Step::Nothing && self.at_boot.changes().next().is_none()
    }

    /// The changes of files, as `git diff` shows them.
    pub fn diff(&self) -> String {
        self.at_boot.diff()
    }

    /// What is run, each a line for a shell.
    pub fn commands(&self) -> Vec<String> {
        let (source, target) = (quoted(&self.source), quoted(&self.target));
        let mut commands = Vec::new();
        if self.step == Step::MountAnew {
            commands.push(format!("umount -l {target}"));
        }
        if self.step != Step::Nothing {
            commands.push(format!("mkdir -p -m 755 {target}"));
            commands.push(format!("mount --bind {source} {target}"));
        }
        commands.extend(self.at_boot.commands().map(<[String]>::join_words));
        commands
    }

    /// Does it. `program` is where gowr stands: what to say to a user who may not.
    pub fn carry_out(&self, home: &Home, program: &Path) -> Result<(), Error> {
        if self.is_done() {
            return Ok(());
        }
        if !self.is_root {
            let fix = with_sudo(program, home, "share");
            return Err(needs_root(
                "the toolchains of this distro cannot be shared by this user",
                fix,
            ));
        }
        let mounted = self.mount()?;
        let planned = self.at_boot.carry_out();
        if planned.is_err() && mounted {
            let _ = unmount(&self.target, UnmountFlags::NOFOLLOW);
        }
        planned
    }

    /// Whether it was not there.
    fn mount(&self) -> Result<bool, Error> {
        if self.step == Step::Nothing {
            return Ok(false);
        }
        if self.step == Step::MountAnew {
            // Nothing can be read of it any more, so nothing is lost for whoever still has a file of it open.
            unmount(&self.target, UnmountFlags::DETACH | UnmountFlags::NOFOLLOW)
                .map_err(io::Error::from)
                .during("unmount", &self.target)?;
        }
        self.make_target()?;
        mount_bind(&self.source, &self.target)
            .map_err(io::Error::from)
            .during("mount on", &self.target)?;
        Ok(true)
    }

    /// Everyone may make things beside it, and nobody but root replace what is root's: the directory is sticky.
    fn make_target(&self) -> Result<(), Error> {
        let target = &self.target;
        match fs::create_dir(target) {
            Ok(()) => {
                let mode = Permissions::from_mode(0o755);
                return fs::set_permissions(target, mode).during("open to everyone", target);
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error).during("create the directory", target),
        }
        let found = fs::symlink_metadata(target).during("look at", target)?;
        if found.is_dir() && found.uid() == 0 {
            return Ok(());
        }
        Err(Error::Share {
            kind: ErrorKind::User,
            message: format!("{} is taken", target.display()),
            cause: if found.is_dir() {
                format!("it belongs to user {}, and not to root", found.uid()).into()
            } else {
                "it is no directory".into()
            },
            fix: Some(format!("ls -ld {}", quoted(target))),
        })
    }
}

/// Words of a command as a line for a shell.
trait Words {
    fn join_words(&self) -> String;
}

impl Words for [String] {
    fn join_words(&self) -> String {
        let quoted = self.iter().map(|word| resolver::path::shell_quoted(word.as_bytes()));
        quoted.collect::<Vec<_>>().join(" ")
    }
}
