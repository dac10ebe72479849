//! The files that shells read when they start.

use std::collections::BTreeMap;
use std::ffi::OsStr;

use resolver::machine::Machine;
use resolver::path::shell_quoted;

use super::{Code, Examination, Finding, note, problem};
use crate::problem::Evidence;
use crate::setup::findings::{self, What};
use crate::setup::{self, User};

pub(super) fn check<M: Machine>(examination: &Examination<'_, M>) -> Vec<Finding> {
    let Some(user) = examination.patient.user else { return Vec::new() };
    let mut findings = lines(user);
    if let Some((home, _)) = examination.patient.home {
        let mut missing = setup::missing(home, user);
        // Its `.zshenv` may have moved the others, and no zsh is started here to ask it.
        if missing.iter().all(|file| file.file_name() != Some(OsStr::new(".zshenv"))) {
            let others = [".zprofile", ".zshrc"].map(OsStr::new);
            missing.retain(|file| !file.file_name().is_some_and(|name| others.contains(&name)));
        }
        if !missing.is_empty() {
            let message = "new shells, or what starts without one, may not find gowr's go";
            let mut found = note(Code::NotInShells, message);
            for file in missing {
                found = found.seen(Evidence::file(file, "without gowr's lines"));
            }
            findings.push(found.fixed_by("gowr setup").into());
        }
    }
    findings
}

/// Nothing of them is mended here: a person's own lines are theirs to change.
fn lines(user: &User) -> Vec<Finding> {
    let mut managers = BTreeMap::new();
    let mut findings = Vec::new();
    for finding in findings::find(user) {
        let evidence = Evidence::line(&finding.file, finding.line as usize, &finding.text);
        let file = shell_quoted(finding.file.as_os_str().as_encoded_bytes());
        let fix = format!("${{EDITOR:-vi}} +{} {file}", finding.line);
        let found = match finding.what {
            What::Goroot => {
                let message = format!("a start-up file sets GOROOT; {}", finding.advice);
                problem(Code::StartupGoroot, message)
            }
            What::Path => {
                let message = format!("a start-up file puts one Go on PATH; {}", finding.advice);
                note(Code::StartupPath, message)
            }
            What::Manager(name) => {
                // One paragraph a manager, however many lines it has.
                let place = *managers.entry(name).or_insert(findings.len());
                if let Some(told) = findings.get_mut(place) {
                    let told: &mut Finding = told;
                    told.problem.evidence.push(evidence);
                    continue;
                }
                let message = format!("a start-up file starts {name}; {}", finding.advice);
                note(Code::StartupManager, message)
            }
        };
        findings.push(found.seen(evidence).fixed_by(fix).into());
    }
    findings
}
