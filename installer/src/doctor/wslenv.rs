//! Variables of Go that came from Windows.
//!
//! `WSLENV` lists what is handed on, in both directions. Without `/p` the text of Windows arrives as it is, with `/p` as a
//! path on a drive (`UtilParseWslEnv` in WSL); what Windows does not have arrives empty, which Go takes for not set.

use resolver::machine::Machine;
use resolver::path::{self, Bytes};

use super::goroot::is_windows_text;
use super::{Code, Examination, Finding, note, printable, problem};
use crate::problem::Evidence;

/// Those of Go that hold paths: in these the text of Windows is wrong, whoever put it there.
const PATHS: [&str; 8] =
    ["GOROOT", "GOPATH", "GOBIN", "GOCACHE", "GOMODCACHE", "GOTMPDIR", "GOENV", "GOTOOLDIR"];

pub(super) fn check<M: Machine>(examination: &Examination<'_, M>) -> Option<Finding> {
    examination.wsl?;
    let variable = examination.patient.variable;
    let list = variable("WSLENV").unwrap_or_default();
    let listed: Vec<String> = names(list).filter(|name| name.starts_with("GO")).collect();
    let others = PATHS.into_iter().map(str::to_owned).filter(|name| !listed.contains(name));
    let mut evidence = Vec::new();
    let mut wrong = Vec::new();
    let mut unwanted = Vec::new();
    for (name, is_listed) in
        listed.iter().map(|name| (name.clone(), true)).chain(others.map(|name| (name, false)))
    {
        let Some(value) = variable(&name).filter(|value| !value.is_empty()) else { continue };
        let is_wrong = is_windows_text(value) || (is_listed && is_on_drive(examination, value));
        if is_listed || is_wrong {
            evidence
                .push(Evidence::value(format!("{name}={} in the environment", printable(value))));
            unwanted.push(name.clone());
        }
        if is_wrong {
            wrong.push(name);
        }
    }
    if unwanted.is_empty() {
        return None;
    }
    let mut found = match &wrong[..] {
        [] => {
            let message =
                format!("WSLENV hands {} on, from Windows to Linux and back", unwanted.join(", "));
            note(Code::ImportedFromWindows, message)
        }
        wrong => {
            let message =
                format!("what {} names is of Windows, and no good here", wrong.join(", "));
            problem(Code::ImportedFromWindows, message)
        }
    };
    found.evidence = evidence;
    if !listed.is_empty() {
        found =
            found.seen(Evidence::value(format!("WSLENV={} in the environment", printable(list))));
    }
    Some(found.fixed_by(format!("unset {}", unwanted.join(" "))).into())
}

/// `NAME/flags:NAME/flags`.
fn names(list: Bytes) -> impl Iterator<Item = String> {
    let entries = list.split(|byte| *byte == b':').filter(|entry| !entry.is_empty());
    let name = |entry: &[u8]| entry.split(|byte| *byte == b'/').next().map(printable);
    entries.filter_map(name)
}

fn is_on_drive<M: Machine>(examination: &Examination<'_, M>, value: Bytes) -> bool {
    let mut paths = value.split(|byte| *byte == b':').filter(|path| path::is_absolute(path));
    paths.any(|path| examination.mounts.drive(examination.view().machine, path).is_some())
}
