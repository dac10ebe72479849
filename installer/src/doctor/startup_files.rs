//! The files that shells read when they start.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;

use resolver::machine::Machine;
use resolver::path::shell_quoted;

use super::{Code, Examination, Finding, note, problem};
use crate::problem::Evidence;
use crate::setup::findings::{self, What};
use crate::setup::{self, User};

/// A start-up file larger than this, in bytes, is none.
const LIMIT: u64 = 1024 * 1024;
/// What bash reads when it logs in, and a desktop session.
const LOGIN_FILES: [&str; 3] = [".bash_profile", ".bash_login", ".profile"];
/// What every login reads.
const SYSTEM_FILES: [&str; 4] =
    ["etc/environment", "etc/profile", "etc/profile.d/go.sh", "etc/profile.d/golang.sh"];
/// Directories of Go, in the words people use for them.
const OF_GO: [&str; 4] = ["go/bin", "/gowr/", "GOROOT", "GOPATH"];

pub(super) fn check<M: Machine>(examination: &Examination<'_, M>) -> Vec<Finding> {
    let Some(user) = examination.patient.user else { return Vec::new() };
    let mut findings = lines(user);
    findings.extend(after_guard(user));
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
            What::WindowsGo => {
                let message =
                    format!("a start-up file makes `go` one for Windows; {}", finding.advice);
                problem(Code::StartupWindowsGo, message)
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

/// `~/.bashrc` often ends early where nobody types: what stands below, editors and their servers never see, unless a file
/// of login shells says it too (<https://github.com/golang/vscode-go/issues/1886>).
fn after_guard(user: &User) -> Option<Finding> {
    let content = |name: &str| {
        let file = user.home.join(name);
        let is_readable = fs::metadata(&file).is_ok_and(|it| it.is_file() && it.len() <= LIMIT);
        is_readable.then(|| fs::read(&file).ok()).flatten()
    };
    let bashrc = content(".bashrc")?;
    let text = String::from_utf8_lossy(&bashrc);
    let lines: Vec<_> = text.lines().map(str::trim).collect();
    let guard =
        lines.iter().enumerate().position(|(at, line)| is_guard(line, lines.get(at + 1)))?;
    let puts_go = |line: &str| {
        !line.starts_with('#') && line.contains("PATH") && OF_GO.iter().any(|it| line.contains(it))
    };
    let below = (1..).zip(&lines).skip(guard + 1);
    let wanted: Vec<_> = below.filter(|(_, line)| puts_go(line)).collect();
    let mut elsewhere: Vec<_> = LOGIN_FILES.iter().filter_map(|name| content(name)).collect();
    elsewhere.extend(SYSTEM_FILES.iter().filter_map(|name| fs::read(user.system.join(name)).ok()));
    // gowr's own lines name the file that does it.
    let says_so = |login: &Vec<u8>| {
        let login = String::from_utf8_lossy(login);
        login.lines().any(|line| puts_go(line) || line.contains("/gowr/env"))
    };
    if wanted.is_empty() || elsewhere.iter().any(says_so) {
        return None;
    }
    let file = user.home.join(".bashrc");
    let message =
        "PATH has Go only in shells that a person types in: what an editor starts does not find it";
    let mut found =
        note(Code::PathAfterGuard, message).seen(Evidence::line(&file, guard + 1, lines[guard]));
    for (number, line) in wanted {
        found = found.seen(Evidence::line(&file, number, *line));
    }
    Some(found.fixed_by("gowr setup").into())
}

/// `case $- in *i*) ;; *) return;; esac`, `[ -z "$PS1" ] && return`, `[[ $- != *i* ]] && return`, on one line or more.
fn is_guard(line: &str, next: Option<&&str>) -> bool {
    let asks = line.contains("$-") || line.contains("$PS1") || line.contains("${PS1");
    let is_choice = line.starts_with("case $- in") || line.starts_with("case \"$-\" in");
    let returns = |line: &str| line.split(|c: char| !c.is_alphanumeric()).any(|it| it == "return");
    asks && !line.starts_with('#')
        && (is_choice || returns(line) || next.is_some_and(|next| returns(next)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_bashrc_ends_early() {
        for (line, next, expected) in [
            ("case $- in", "*i*) ;;", true),
            ("[ -z \"$PS1\" ] && return", "", true),
            ("[[ $- != *i* ]] && return", "", true),
            ("if [ -z \"$PS1\" ]; then", "return", true),
            ("# [ -z \"$PS1\" ] && return", "", false),
            ("PS1='$ '", "", false),
            ("PS1=\"x$PS1\"", "returned=1", false),
            ("return", "", false),
        ] {
            assert_eq!(is_guard(line, Some(&next)), expected, "{line}");
        }
    }
}
