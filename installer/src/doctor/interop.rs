//! Whether programs of Windows still start here: nothing of Go needs them, and what `go generate` runs may.

use resolver::machine::Machine;
use resolver::wsl::Interop;
use resolver::wsl::interop::interop;

use super::{Code, Examination, Finding, note, shown};
use crate::problem::Evidence;

/// As WSL itself registers it at start.
const REGISTER: &str =
    "sudo sh -c 'echo :WSLInterop:M::MZ::/init:PF > /proc/sys/fs/binfmt_misc/register'";
const SWITCH_ON: &str =
    "sudo sh -c 'for entry in /proc/sys/fs/binfmt_misc/WSLInterop*; do echo 1 > \"$entry\"; done'";

pub(super) fn check<M: Machine>(examination: &Examination<'_, M>) -> Option<Finding> {
    examination.wsl.filter(|wsl| !wsl.is_container)?;
    // Then somebody wants it so.
    if examination.is_interop_switched_off() {
        return None;
    }
    let variable = (examination.patient.variable)("WSL_INTEROP");
    let (evidence, fix) = match interop(examination.view().machine, variable) {
        Interop::Available(_) | Interop::NoSocket => return None,
        Interop::Unregistered => {
            (Evidence::file("/proc/sys/fs/binfmt_misc/WSLInterop", "not there"), REGISTER)
        }
        Interop::Disabled => {
            (Evidence::file("/proc/sys/fs/binfmt_misc/WSLInterop", "disabled"), SWITCH_ON)
        }
        Interop::StaleSocket(socket) => {
            let text =
                format!("WSL_INTEROP={} in the environment, and no such socket", shown(socket));
            let newest = "export WSL_INTEROP=\"$(ls -t /run/WSL/*_interop | head -n 1)\"";
            (Evidence::value(text), newest)
        }
    };
    let message = "programs of Windows do not start from here";
    Some(note(Code::InteropLost, message).seen(evidence).fixed_by(fix).into())
}
