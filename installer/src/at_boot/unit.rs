//! A systemd unit that mounts what a task says.
//!
//! Not `/etc/fstab`: WSL reads that before the file system that distros share is there. It is there before systemd starts.

use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::system_files::{plain_text, program};

use super::{Bind, Task, TaskName};

const DIRECTORY: &str = "etc/systemd/system";
const WANTS: &str = "multi-user.target.wants";
/// The first line of a unit of gowr's.
const OWN: &str = "# Made by gowr, which takes it out again; what is changed here is lost.";

/// Where a task's unit is, below a root.
pub(super) fn file(root: &Path, name: &TaskName) -> PathBuf {
    root.join(DIRECTORY).join(unit(name))
}

/// The link by which it is started at boot: what `systemctl enable` makes, which works as well while systemd does not run.
pub(super) fn wanted(root: &Path, name: &TaskName) -> PathBuf {
    root.join(DIRECTORY).join(WANTS).join(unit(name))
}

/// Where that link leads.
pub(super) fn wanted_target(name: &TaskName) -> Vec<u8> {
    format!("/{DIRECTORY}/{}", unit(name)).into_bytes()
}

/// The name by which systemd knows it.
pub(super) fn unit(name: &TaskName) -> String {
    format!("{name}.service")
}

/// Whether a unit was made by gowr.
pub(super) fn is_own(content: &[u8]) -> bool {
    content.starts_with(OWN.as_bytes())
}

/// The unit's text. `shared` is a mount without which the task means nothing, such as the file system that distros share.
///
/// Each step looks first: one that is done is not done again, and what is mounted there by others stays. It is unmounted
/// as soon as nobody uses it, so that whoever does is not disturbed.
pub(super) fn text(root: &Path, task: &Task, shared: Option<&str>) -> Result<String, Error> {
    let [sh, mkdir, mount, umount] = [
        program(root, "sh")?,
        program(root, "mkdir")?,
        program(root, "mount")?,
        program(root, "umount")?,
    ];
    let (mut needed, mut start, mut reload, mut stop) = (vec![], vec![], vec![], vec![]);
    for Bind { source, target } in &task.mounts {
        let (source, target) = (plain_text(source)?, plain_text(target)?);
        let words = format!("{} {}", argument(source), argument(target));
        let bind = format!(
            "{sh} -c '[ \"$$0\" -ef \"$$1\" ] || {{ {mkdir} -p \"$$1\" && {mount} --bind \"$$0\" \"$$1\"; }}' {words}"
        );
        start.push(format!("ExecStart={bind}"));
        reload.push(format!("ExecReload={bind}"));
        stop.push(format!(
            "ExecStop={sh} -c '[ ! \"$$0\" -ef \"$$1\" ] || {umount} -l \"$$1\"' {words}"
        ));
        needed.push(word(source));
        needed.extend(Path::new(target).parent().and_then(Path::to_str).map(word));
    }
    // What was mounted last may lie in what was mounted first.
    stop.reverse();
    needed.sort();
    needed.dedup();
    let description = task.description.replace('%', "%%").replace(char::is_control, " ");
    let mut lines = vec![
        String::from(OWN),
        String::from("[Unit]"),
        format!("Description={description}"),
        format!("RequiresMountsFor={}", needed.join(" ")),
    ];
    let condition = |point: &str| format!("ConditionPathIsMountPoint={}", point.replace('%', "%%"));
    lines.extend(shared.map(condition));
    lines.extend(["", "[Service]", "Type=oneshot", "RemainAfterExit=yes"].map(String::from));
    lines.extend([start, reload, stop].into_iter().flatten());
    lines.extend(["", "[Install]", "WantedBy=multi-user.target", ""].map(String::from));
    Ok(lines.join("\n"))
}

/// A word of a setting: `%` begins a specifier even in quotes (`systemd.syntax(7)`, `systemd.unit(5)`).
fn word(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            '%' => quoted.push_str("%%"),
            _ => quoted.push(character),
        }
    }
    quoted.push('"');
    quoted
}

/// A word of a command line, where `$` begins a variable even in quotes (`systemd.service(5)`).
fn argument(text: &str) -> String {
    word(text).replace('$', "$$")
}
