//! What distros share (facts of WSL: [`crate::share`]): nothing fails for want of it but what only it has.

use std::path::Path;

use resolver::machine::Machine;
use resolver::path;

use super::{Code, Examination, Finding, note, problem, to_path};
use crate::error::quoted;
use crate::link::share::{of, plan};
use crate::link::{Origin, read};
use crate::problem::{Evidence, Problem};
use crate::share::{Share, State, place, task, to_bytes, with_sudo};
use crate::store::{Home, Key};

pub(super) fn check<M: Machine>(examination: &Examination<'_, M>) -> Vec<Finding> {
    let Some((home, key)) = examination.patient.home else { return Vec::new() };
    let found =
        [used(examination, home, key), theirs(examination, home, key), provided(examination, home)];
    found.into_iter().flatten().map(Finding::from).collect()
}

/// The share that this home uses.
fn used<M: Machine>(examination: &Examination<'_, M>, home: &Home, key: &Key) -> Option<Problem> {
    let machine = examination.view().machine;
    let used = of(home).ok()??;
    let share = Share::look(machine, home, to_bytes(&used));
    let state = share.state();
    let Some(code) = code(state) else { return outdated(home, key, &used) };
    let shown = used.display();
    let (message, cause, fix) = match state {
        State::Unmounted => (
            format!("the share {shown} was unmounted"),
            // https://github.com/microsoft/WSL/issues/41084
            "the distro that shares has stopped, or another one with systemd has",
            again(),
        ),
        State::Stale => {
            (format!("the share {shown} is stale"), "the distro that shares has stopped", again())
        }
        State::Owner => (
            format!("the share {shown} is not used"),
            "who it belongs to could put anything into a build",
            format!("ls -ld {0} {0}/*", quoted(&used)),
        ),
        State::Good | State::Missing => {
            let has_place = place(machine).is_ok_and(|place| place == share.path);
            let cause = if has_place {
                "the distro that shares has not been started since WSL was"
            } else {
                "what distros share is not there, or elsewhere"
            };
            (format!("the share {shown} is not there"), cause, again())
        }
    };
    let detail = share.detail().unwrap_or_default();
    let found = problem(code, message).seen(Evidence::file(&used, detail));
    Some(found.seen(Evidence::value(cause)).fixed_by(fix))
}

/// Toolchains in a share that is good itself.
fn theirs<M: Machine>(examination: &Examination<'_, M>, home: &Home, key: &Key) -> Option<Problem> {
    let machine = examination.view().machine;
    let links = read(home, key).ok()?;
    let share = Share::look(machine, home, to_bytes(&links.share?));
    if share.state() != State::Good {
        return None;
    }
    let releases = share.releases();
    let shared = links.toolchains.into_iter().filter(|it| it.origin == Origin::Share);
    let flawed = shared.filter(|it| releases.contains(&it.name)).filter_map(|it| {
        let (state, detail) = share.flaw_of(machine, &it.goroot)?;
        Some((code(state)?, it.goroot, detail))
    });
    let (code, goroot, detail) = flawed.into_iter().next()?;
    let message = format!("{} is not used", goroot.display());
    let found = problem(code, message).seen(Evidence::file(&goroot, detail));
    Some(found.fixed_by(format!("ls -ld {}", quoted(&goroot))))
}

/// The code of what a state is to somebody who uses the share; none where it is good.
pub const fn code(state: State) -> Option<Code> {
    match state {
        State::Good => None,
        State::Missing | State::Unmounted => Some(Code::ShareMissing),
        State::Stale => Some(Code::ShareStale),
        State::Owner => Some(Code::ShareOwner),
    }
}

fn again() -> String {
    String::from("gowr share, in the distro that has the toolchains")
}

/// The distro that shares has installed or uninstalled something.
fn outdated(home: &Home, key: &Key, share: &Path) -> Option<Problem> {
    let changes = plan(home, key, share).ok()?;
    let is_gone = !changes.removed.is_empty();
    if changes.added.is_empty() && !is_gone {
        return None;
    }
    let make = if is_gone { problem } else { note };
    let mut found =
        make(Code::ShareOutdated, "the share has other toolchains than what is linked here");
    for (names, word) in
        [(changes.added, "is new there"), (changes.removed, "is not there any more")]
    {
        for name in names {
            found = found.seen(Evidence::file(share.join(name.as_str()), word));
        }
    }
    Some(found.fixed_by("gowr share use"))
}

/// What this home shares, where it should be mounted and is not.
fn provided<M: Machine>(examination: &Examination<'_, M>, home: &Home) -> Option<Problem> {
    let machine = examination.view().machine;
    task(machine, Path::new("/"), home).ok()??;
    let share = Share::look(machine, home, place(machine).ok()?);
    if share.is_own && share.flaw.is_none() {
        return None;
    }
    let program = to_path(path::join(examination.view().program_directory, b"gowr"));
    let shown = to_path(share.path);
    let detail = share.detail();
    let detail = detail.unwrap_or_else(|| String::from("something else is there"));
    let message = "this distro shares its toolchains, and the others do not see them";
    let found = problem(Code::ShareMissing, message).seen(Evidence::file(shown, detail));
    Some(found.fixed_by(with_sudo(&program, home, "share")))
}
