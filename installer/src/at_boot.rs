//! What must be mounted each time a distro starts: by a systemd unit, or by the `[boot] command` of WSL.

mod boot_command;
#[cfg(test)]
mod tests;
mod unit;

use std::fmt;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use resolver::machine::{Follow, Machine};
use resolver::wsl::Wsl;
use resolver::{mounts, path};

use crate::error::{Error, quoted};
pub use crate::system_files::Plan;
use crate::system_files::{self, Change, Run, program};
use crate::wsl_conf;

/// Where systemd says that it is PID 1 (`sd_booted(3)`).
const SYSTEMD: &[u8] = b"/run/systemd/system";

/// The name of a task, and of its unit: `gowr-share`, `gowr-link-…`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskName(String);

impl TaskName {
    /// The share's.
    pub fn share() -> Self {
        Self(String::from("gowr-share"))
    }

    /// That of a link, by a key of small letters, digits, `.`, `_` and `-`.
    pub fn link(key: &str) -> Option<Self> {
        let is_plain =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-".contains(&byte);
        let is_name = !key.is_empty() && key.len() <= 128 && key.bytes().all(is_plain);
        is_name.then(|| Self(format!("gowr-link-{key}")))
    }

    /// It as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TaskName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// One directory to be seen at another place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bind {
    /// The directory, absolute.
    pub source: PathBuf,
    /// Where it is mounted, absolute; made if it is not there.
    pub target: PathBuf,
}

/// What is done each time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// Its name.
    pub name: TaskName,
    /// What it is, in one line.
    pub description: String,
    /// What is mounted.
    pub mounts: Vec<Bind>,
}

/// Who does it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// systemd, by a unit.
    Unit,
    /// WSL itself, by the `[boot] command` of `/etc/wsl.conf`.
    BootCommand,
}

/// Who can do it here.
pub fn way<M: Machine>(machine: &M) -> Result<Way, Error> {
    if machine.metadata(None, SYSTEMD, Follow::Links).is_ok() {
        return Ok(Way::Unit);
    }
    let why = match Wsl::detect(machine, machine.variables()) {
        Some(wsl) if !wsl.is_container => return Ok(Way::BootCommand),
        Some(_) => "systemd is not PID 1, and WSL starts no container",
        None => "systemd is not PID 1, and this is not WSL",
    };
    Err(Error::Refused {
        message: format!("nothing here can mount what gowr would have mounted at boot: {why}"),
        fix: None,
    })
}

/// What makes a task be done each time, below the root of a file system: `/`. With systemd running, it is also done now.
pub fn plan_add<M: Machine>(
    machine: &M,
    root: &Path,
    task: &Task,
    way: Way,
) -> Result<Plan, Error> {
    match way {
        Way::Unit => {
            let text = unit::text(root, task, shared(machine, task).as_deref())?;
            let [file, wanted] = unit_changes(root, &task.name, Some(text.into_bytes()))?;
            let command = command_change(root, &task.name, None)?;
            let mut runs = Vec::new();
            if is_running(machine, root) {
                let systemctl = program(root, "systemctl")?;
                let unit = unit::unit(&task.name);
                runs.push(Run::new(&[&systemctl, "daemon-reload"], &[]));
                // Starts what is not started, and looks again whether all is mounted where it is.
                runs.push(Run::new(&[&systemctl, "reload-or-restart", &unit], &[]));
            }
            Ok(Plan::of([file, wanted].into_iter().chain(command)).then(runs))
        }
        Way::BootCommand => {
            let script = boot_command::script(root, task)?;
            let command = command_change(root, &task.name, Some(&script))?;
            let [file, wanted] = unit_changes(root, &task.name, None)?;
            // The link first: without its unit it would be an error at each boot.
            Ok(Plan::of(command.into_iter().chain([wanted, file])))
        }
    }
}

/// What takes it back, by unit and by command; none where there is nothing of gowr's. With systemd running, what is mounted
/// is unmounted as well.
pub fn plan_remove<M: Machine>(
    machine: &M,
    root: &Path,
    name: &TaskName,
) -> Result<Option<Plan>, Error> {
    let [file, wanted] = unit_changes(root, name, None)?;
    let command = command_change(root, name, None)?;
    let plan = Plan::of([wanted, file].into_iter().chain(command));
    if plan.is_empty() {
        return Ok(None);
    }
    let has_unit = plan.changes().any(|(path, ..)| path == unit::file(root, name));
    let mut runs = Vec::new();
    if has_unit && is_running(machine, root) {
        let systemctl = program(root, "systemctl")?;
        // 5: it is not loaded, so there is nothing to stop (`systemctl(1)`).
        runs.push(Run::new(&[&systemctl, "stop", &unit::unit(name)], &[5]));
        runs.push(Run::new(&[&systemctl, "daemon-reload"], &[]));
    }
    Ok(Some(plan.then(runs)))
}

/// Whether systemd runs the system whose root this is.
fn is_running<M: Machine>(machine: &M, root: &Path) -> bool {
    root == Path::new("/") && machine.metadata(None, SYSTEMD, Follow::Links).is_ok()
}

/// The mount that the task's targets lie on, unless that is the root: without it the task means nothing.
fn shared<M: Machine>(machine: &M, task: &Task) -> Option<String> {
    let target = task.mounts.first()?.target.as_os_str().as_bytes();
    let points = mounts::parse(mounts::table(machine)).map(|mount| mount.point);
    let above = points.filter(|point| *point != target && path::is_below(target, point));
    let point = above.max_by_key(|point| point.len())?;
    let is_plain = |byte: &u8| byte.is_ascii_graphic();
    let point = (point != b"/" && point.iter().all(is_plain)).then_some(point)?;
    String::from_utf8(point.to_vec()).ok()
}

/// How a task's unit and the link to it change; none stands for no unit. What is not gowr's is refused, or not there.
fn unit_changes(
    root: &Path,
    name: &TaskName,
    after: Option<Vec<u8>>,
) -> Result<[Change; 2], Error> {
    let (file, wanted) = (unit::file(root, name), unit::wanted(root, name));
    let theirs = |path: &Path| Error::Refused {
        message: format!("{} is not gowr's", path.display()),
        fix: Some(format!("ls -l {}", quoted(path))),
    };
    // A link to /dev/null masks a unit.
    let is_link = file.symlink_metadata().is_ok_and(|it| it.is_symlink());
    let before = if is_link { None } else { system_files::read(&file)? };
    let is_own = !is_link && before.as_deref().is_none_or(unit::is_own);
    let link_before = system_files::read_link(&wanted)?;
    let target = unit::wanted_target(name);
    if !is_own {
        return match after {
            Some(_) => Err(theirs(&file)),
            None => Ok([Change::own_file(&file, None, None), Change::link(&wanted, None, None)]),
        };
    }
    if link_before.as_ref().is_some_and(|link| *link != target) {
        return Err(theirs(&wanted));
    }
    let link_after = after.is_some().then_some(target);
    Ok([Change::own_file(&file, before, after), Change::link(&wanted, link_before, link_after)])
}

/// How the boot command changes; a script of none takes it out.
fn command_change(
    root: &Path,
    name: &TaskName,
    script: Option<&str>,
) -> Result<Option<Change>, Error> {
    let file = wsl_conf::file_below(root);
    let before = system_files::read(&file)?;
    let Some(script) = script else {
        let Some(content) = before else { return Ok(None) };
        let Some(after) = boot_command::remove(&content, name) else { return Ok(None) };
        let is_left_over = boot_command::is_left_over(&content, &after);
        let after = (!is_left_over).then_some(after);
        return Ok(Some(Change::own_file(&file, Some(content), after)));
    };
    let after = boot_command::insert(before.as_deref(), name, script)
        .map_err(|refusal| wsl_conf::refused(&file, boot_command::KEY, refusal))?;
    Ok(Some(Change::of_a_persons_file(&file, before, Some(after))))
}
