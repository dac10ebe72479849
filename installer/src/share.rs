//! Toolchains that WSL2's distros share: one distro makes its own visible to all that run, and the others use them.
//!
//! All distros of WSL2 that run have one tmpfs in common, `/mnt/wsl` as a rule, and see what any of them mounts below it
//! (<https://github.com/microsoft/WSL/issues/5177>). Whoever shares binds `toolchains/` of its home there; or a virtual disk
//! is mounted there from Windows. Nothing of it lasts: it goes with WSL, a bind with the distro it is of, and some releases
//! of WSL unmount it when any distro with systemd stops (<https://github.com/microsoft/WSL/issues/41084>). So the
//! share is never what a `go` depends on: see [`resolver::share`].

mod provide;
mod remove;
mod vhdx;

use std::path::{Path, PathBuf};

use resolver::machine::{Errno, Follow, Machine};
use resolver::mounts;
use resolver::path::{self, Bytes};
use resolver::share::{Flaw, flaw, flaw_in};
use resolver::version::ToolchainName;
use resolver::wsl::{self, Wsl};
use serde::Serialize;

use crate::at_boot::{Plan, TaskName, plan_remove};
use crate::error::{Error, Kind as ErrorKind, quoted};
use crate::link::share::{Changes, plan, releases, start};
use crate::store::{Home, Key};
use crate::wsl::version as wsl_version;
pub use provide::{Provision, provision};
pub use remove::{Removal, removal};
pub use vhdx::{WindowsFile, commands};

/// The name of the share below the directory that all distros see.
const NAME: &[u8] = b"gowr";

/// What a share is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A directory of one distro, mounted where all see it.
    Bind,
    /// A virtual disk, mounted from Windows.
    Vhdx,
    /// A directory in the common tmpfs itself.
    Plain,
}

impl Kind {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Bind => "bind",
            Self::Vhdx => "vhdx",
            Self::Plain => "plain",
        }
    }
}

/// What can be said of a share in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It can be used.
    Good,
    /// It is not there: no distro that has run since WSL started shares.
    Missing,
    /// Only the directory is there that it was mounted on.
    Unmounted,
    /// What is mounted there has lost its device, or cannot be read: the distro that shared has stopped.
    Stale,
    /// It, or what it lies in, belongs to somebody else, or can be changed by everyone.
    Owner,
}

impl State {
    const fn of(flaw: &Flaw) -> Self {
        match flaw {
            Flaw::Missing(_) | Flaw::NoDirectory(_) => Self::Missing,
            Flaw::DeviceGone(_) | Flaw::Unreadable(..) => Self::Stale,
            Flaw::Owner(..) | Flaw::Open(_) => Self::Owner,
        }
    }
}

/// A share, as it is just now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    /// Where it is, or was.
    pub path: Bytes,
    /// What it is made of; none where nothing is there, or only the directory that something was mounted on.
    pub kind: Option<Kind>,
    /// Whether that directory is there.
    pub is_unmounted: bool,
    /// What is mounted there: a device, whose number in each start of WSL is another.
    pub device: Option<Bytes>,
    /// Which directory of that device: of a bind, the path in the distro that shares, if it is on its root file system.
    pub directory: Option<Bytes>,
    /// Whether it is this home's own `toolchains/`.
    pub is_own: bool,
    /// Why it is not used; none where it is good.
    pub flaw: Option<Flaw>,
}

impl Share {
    /// Looks at a share.
    pub fn look<M: Machine>(machine: &M, home: &Home, path: Bytes) -> Self {
        let mount =
            mounts::parse(mounts::table(machine)).filter(|mount| mount.point == path).last();
        let identity =
            |path: &[u8]| machine.metadata(None, path, Follow::Links).map(|it| it.identity);
        let toolchains = to_bytes(&home.toolchains());
        let own = identity(path);
        let is_empty = || machine.list(path).is_ok_and(|names| names.is_empty());
        let is_unmounted = mount.is_none() && is_empty();
        let kind = match &mount {
            Some(mount) if mount.root == b"/" && mount.source.starts_with(b"/dev/") => {
                Some(Kind::Vhdx)
            }
            Some(_) => Some(Kind::Bind),
            None => (own.is_ok() && !is_unmounted).then_some(Kind::Plain),
        };
        let is_own = own.is_ok() && own == identity(toolchains);
        Self {
            path,
            kind,
            is_unmounted,
            device: mount.map(|mount| path::keep(mount.source.to_vec())),
            directory: mount.map(|mount| path::keep(mount.root.to_vec())),
            is_own,
            flaw: (!is_own).then(|| flaw(machine, path)).flatten(),
        }
    }

    /// The releases in it that run in every userland, oldest first; none where it has a flaw.
    pub fn releases(&self) -> Vec<ToolchainName> {
        if self.flaw.is_some() { Vec::new() } else { releases(&to_path(self.path)) }
    }

    /// It in a word.
    pub fn state(&self) -> State {
        match &self.flaw {
            None if self.is_unmounted => State::Unmounted,
            None => State::Good,
            Some(flaw) => State::of(flaw),
        }
    }

    /// Why one of its toolchains is not used, if it is not.
    pub fn flaw_of<M: Machine>(&self, machine: &M, goroot: &Path) -> Option<(State, String)> {
        if self.state() != State::Good {
            return Some((self.state(), self.detail().unwrap_or_default()));
        }
        let flaw = flaw_in(machine, self.path, to_bytes(goroot))?;
        Some((State::of(&flaw), flaw.detail()))
    }

    /// What is wrong with it, in words.
    pub fn detail(&self) -> Option<String> {
        let unmounted =
            || format!("nothing is mounted on {} any more", to_path(self.path).display());
        let flaw = self.flaw.as_ref().map(Flaw::detail);
        flaw.or_else(|| self.is_unmounted.then(unmounted))
    }
}

/// Where a share is made and looked for, whether or not one is there; an error where distros have nothing in common.
pub fn place<M: Machine>(machine: &M) -> Result<Bytes, Error> {
    if let Some(root) = wsl::shared_root(machine) {
        return Ok(path::join(root, NAME));
    }
    let message = String::from("there is nothing here that distros share");
    let (cause, fix) = match Wsl::detect(machine, machine.variables()) {
        None => ("this is not WSL", String::from("cat /proc/sys/kernel/osrelease")),
        Some(Wsl { version: 1, name, .. }) => {
            let name = name.map_or("NAME", |name| name.text);
            ("this is WSL 1: each distro sees its own files only", {
                format!("wsl.exe --set-version {name} 2, in Windows, while the distro is stopped")
            })
        }
        Some(Wsl { is_container: true, .. }) => (
            "this is a container: what it sees of the directory that WSL2's distros share is not what they see",
            String::from("gowr share, in the distro around it"),
        ),
        Some(_) => (
            "the directory that WSL2's distros share, /mnt/wsl as a rule, is not mounted here",
            String::from("wsl.exe --shutdown, in Windows, and start the distro again"),
        ),
    };
    Err(Error::Share { kind: ErrorKind::User, message, cause: cause.into(), fix: Some(fix) })
}

/// The share to be used here: there, of another distro, and without a flaw.
pub fn usable<M: Machine>(machine: &M, home: &Home) -> Result<Share, Error> {
    let share = Share::look(machine, home, place(machine)?);
    let path = to_path(share.path);
    let refused = |message: &str, cause: String, fix: String| {
        let (kind, message) = (ErrorKind::User, message.to_owned());
        Err(Error::Share { kind, message, cause: cause.into(), fix: Some(fix) })
    };
    let again = || String::from("gowr share, in the distro that has the toolchains");
    match &share.flaw {
        Some(flaw @ Flaw::Missing(_)) => {
            refused("no distro that runs shares its toolchains", flaw.detail(), again())
        }
        Some(flaw @ (Flaw::DeviceGone(_) | Flaw::Unreadable(..))) => {
            refused("the share is stale", flaw.detail(), again())
        }
        Some(flaw) => refused(
            "the share is not one to be used",
            flaw.detail(),
            format!("ls -ld {} {}", quoted(path.parent().unwrap_or(&path)), quoted(&path)),
        ),
        None if share.is_own => refused(
            "the share is of this distro",
            format!("{} is {}", path.display(), home.toolchains().display()),
            String::from("gowr share use, in another distro"),
        ),
        None if share.is_unmounted => refused(
            "no distro that runs shares its toolchains",
            format!("nothing is mounted on {} any more", path.display()),
            again(),
        ),
        None => Ok(share),
    }
}

/// Uses a share from now on; with `is_rehearsal` only says what that changes.
pub fn use_from_now_on(
    home: &Home,
    here: &Key,
    share: &Share,
    is_rehearsal: bool,
) -> Result<Changes, Error> {
    let path = to_path(share.path);
    if is_rehearsal { plan(home, here, &path) } else { start(home, here, &path) }
}

/// What takes the task of this home at boot back; none where there is none, or it is of somebody else's home.
pub fn task<M: Machine>(machine: &M, root: &Path, home: &Home) -> Result<Option<Plan>, Error> {
    let plan = plan_remove(machine, root, &TaskName::share())?;
    let toolchains = to_bytes(&home.toolchains());
    let is_ours = |plan: &Plan| {
        plan.changes().any(|(_, before, _)| before.is_some_and(|text| mentions(text, toolchains)))
    };
    Ok(plan.filter(is_ours))
}

/// Whether a path stands in a text, as it is or as a unit has it.
fn mentions(text: &[u8], path: &[u8]) -> bool {
    let plain: Vec<u8> = text.iter().copied().filter(|byte| *byte != b'\\').collect();
    let escaped = String::from_utf8_lossy(path).replace('%', "%%");
    [path, escaped.as_bytes()].iter().any(|path| {
        plain.windows(path.len()).enumerate().any(|(at, window)| {
            let next = plain.get(at + path.len());
            window == *path
                && !next.is_some_and(|byte| *byte == b'/' || byte.is_ascii_alphanumeric())
        })
    })
}

/// The command that does as root what this user may not. What `sudo` leaves of PATH and of the environment does not lead
/// to this gowr and its home, so both are said.
pub fn with_sudo(program: &Path, home: &Home, words: &str) -> String {
    let home_of_program = program.parent().and_then(Path::parent);
    let environment = match home_of_program {
        Some(directory) if directory == home.path() => String::new(),
        _ => format!("env GOWR_HOME={} ", quoted(home.path())),
    };
    format!("sudo {environment}{} {words}", quoted(program))
}

/// What a person should know of how long a share lasts here; none where WSL sees to the worst of it.
///
/// When a distro with systemd stops, systemd unmounts what it sees, and all distros see that. Newer releases of WSL have
/// a unit that cuts the tie first; in none up to 2.9.4 it is.
pub fn lifetime<M: Machine>(machine: &M) -> Option<String> {
    let directories: [&[u8]; 5] = [
        b"/run/systemd/system",
        b"/run/systemd/generator",
        b"/run/systemd/generator.early",
        b"/etc/systemd/system",
        b"/usr/lib/systemd/system",
    ];
    let is_guarded = directories.iter().any(|directory| {
        let unit = path::join(directory, b"wsl-mnt-guard.service");
        machine.metadata(None, unit, Follow::Links).is_ok()
    });
    let version = (!is_guarded).then(wsl_version)?;
    let version = version.map_or_else(|| String::from("WSL"), |version| format!("WSL {version}"));
    Some(format!(
        "it goes when this distro stops, and {version} may take it off when any distro with systemd stops"
    ))
}

/// What only root may do.
fn needs_root(message: &str, fix: String) -> Error {
    Error::Share {
        kind: ErrorKind::User,
        message: message.to_owned(),
        cause: "only root may mount, and change what is done when the distro starts".into(),
        fix: Some(fix),
    }
}

/// A path of the standard library as bytes that stay.
pub(crate) fn to_bytes(path: &Path) -> Bytes {
    use std::os::unix::ffi::OsStrExt;
    path::keep(path.as_os_str().as_bytes().to_vec())
}

/// Bytes of the kernel as the standard library's path.
fn to_path(bytes: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt;
    PathBuf::from(std::ffi::OsStr::from_bytes(bytes))
}

/// What a directory's error number means for a share: nothing that lasts.
fn is_stale(flaw: Option<&Flaw>) -> bool {
    match flaw {
        Some(Flaw::DeviceGone(_)) => true,
        Some(Flaw::Unreadable(_, error)) => *error != Errno::PERMISSION,
        _ => false,
    }
}

#[cfg(test)]
mod tests;
