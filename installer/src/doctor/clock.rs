//! Whether the clock is right: that of WSL2 may stand still while Windows sleeps, and servers' certificates are then of
//! the future (<https://github.com/microsoft/WSL/issues/10006>).

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use resolver::machine::Machine;

use super::{Code, Examination, Finding, problem};
use crate::problem::Evidence;

/// The hardware's clock, in seconds since 1970. On other machines than WSL's it may run by local time.
const HARDWARE: &[u8] = b"/sys/class/rtc/rtc0/since_epoch";
const LIMIT: usize = 64;
/// Less than this is no drift, but a slow answer.
const TOLERATED: Duration = Duration::from_mins(1);

pub(super) fn check<M: Machine>(examination: &Examination<'_, M>) -> Option<Finding> {
    let now = examination.patient.now;
    let hardware = examination.wsl.and_then(|_| hardware(examination.view().machine));
    let hardware_is_wrong = hardware.filter(|there| is_off(now, *there));
    let network = examination.patient.network_time.as_ref();
    let network_is_other = network.filter(|network| is_off(now, network.time));
    let (by, evidence) = match (network_is_other, hardware_is_wrong) {
        (Some(network), _) => {
            let text = format!("{} says it is {}", network.server, seconds(network.time));
            (network.time, Evidence::value(text))
        }
        // A server that agrees with the clock is believed.
        (None, Some(hardware)) if network.is_none() => {
            let text = format!("says {}", seconds(hardware));
            (hardware, Evidence::file("/sys/class/rtc/rtc0/since_epoch", text))
        }
        _ => return None,
    };
    let (off, direction) = match now.duration_since(by) {
        Ok(ahead) => (ahead, "ahead"),
        Err(error) => (error.duration(), "behind"),
    };
    let message = format!(
        "the clock is {} {direction}: certificates may not be valid yet, and make rebuilds what is new",
        told(off)
    );
    let hardware_is_right = hardware.is_some_and(|hardware| !is_off(by, hardware));
    let fix = match (examination.wsl, hardware_is_right) {
        (Some(_), true) => "sudo hwclock -s",
        (Some(_), false) => "wsl.exe --shutdown",
        (None, _) => "sudo timedatectl set-ntp true",
    };
    let found = problem(Code::ClockDrift, message)
        .seen(Evidence::value(format!("the clock says {}", seconds(now))))
        .seen(evidence);
    Some(found.fixed_by(fix).into())
}

fn hardware<M: Machine>(machine: &M) -> Option<SystemTime> {
    let content = machine.read_file(None, HARDWARE, LIMIT).ok()?.content;
    let since: u64 = std::str::from_utf8(content).ok()?.trim().parse().ok()?;
    UNIX_EPOCH.checked_add(Duration::from_secs(since))
}

fn is_off(one: SystemTime, other: SystemTime) -> bool {
    let apart = one.duration_since(other).unwrap_or_else(|error| error.duration());
    apart > TOLERATED
}

fn seconds(time: SystemTime) -> String {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    format!("{} seconds since 1970", since.as_secs())
}

fn told(off: Duration) -> String {
    let (hours, minutes) = (off.as_secs() / 3600, off.as_secs() / 60 % 60);
    match (hours, minutes) {
        (0, 1) => String::from("1 minute"),
        (0, minutes) => format!("{minutes} minutes"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}
