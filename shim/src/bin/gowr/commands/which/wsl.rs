//! What WSL is here, in words: its version and its name for this distro, each with what told it; whether programs of Windows
//! start; the drives, and the directory that all distros see.

use resolver::mounts::{self, WindowsDrives};
use resolver::wsl::interop::interop;
use resolver::wsl::{Interop, Name, Wsl, shared_root};

use super::explain::shown;
use crate::context::Context;
use crate::environment::variable;

/// Each as a title and a text; nothing outside of WSL.
pub(super) fn facts(context: &Context, wsl: Option<Wsl>) -> Vec<(&'static str, String)> {
    let Some(wsl) = wsl else { return Vec::new() };
    let interop = interop(context.machine, variable(&context.process, "WSL_INTEROP"));
    vec![
        ("WSL", format!("{} (by {}); {}", wsl.version, wsl.evidence, name(&wsl))),
        ("Windows", can_start(interop)),
        ("drives", drives(context)),
        ("shared", shared(context)),
    ]
}

fn name(wsl: &Wsl) -> String {
    let whose = if wsl.is_container { "the distro around this container" } else { "this distro" };
    match wsl.name {
        None => format!("what it calls {whose} cannot be read here"),
        Some(Name { text, source, is_cut: false }) => {
            format!("{whose} is {text} (by {})", source.detail())
        }
        Some(Name { text, source, is_cut: true }) => {
            format!("{whose} has a name that begins with {text} (by {})", source.detail())
        }
    }
}

fn can_start(interop: Interop) -> String {
    match interop {
        Interop::Available(socket) => format!("its programs start, by {}", shown(socket)),
        Interop::Unregistered => {
            String::from("its programs do not start: the kernel does not know them")
        }
        Interop::Disabled => {
            String::from("its programs do not start: they are switched off in binfmt_misc")
        }
        Interop::NoSocket => {
            String::from("its programs may not start: nothing above this process has a socket")
        }
        Interop::StaleSocket(socket) => format!(
            "its programs do not start: WSL_INTEROP={} is of a session that has ended",
            shown(socket)
        ),
    }
}

fn shared(context: &Context) -> String {
    match shared_root(context.machine) {
        Some(root) => format!("{}, with the other distros that run", shown(root)),
        None => String::from("nothing with other distros"),
    }
}

fn drives(context: &Context) -> String {
    let machine = context.machine;
    let drives = WindowsDrives::each(mounts::table(machine));
    let drives = drives.iter().map(|drive| {
        let point = shown(drive.mount().point);
        match drive.letter(machine) {
            Some(letter) => format!("{letter}: at {point}"),
            None => point,
        }
    });
    let drives: Vec<_> = drives.collect();
    if drives.is_empty() { String::from("none is mounted") } else { drives.join(", ") }
}
