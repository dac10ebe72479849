//! What Windows puts on PATH, and which `go` that makes of it.

use resolver::failure::Problem as Cause;
use resolver::machine::Machine;
use resolver::path::{self, Bytes};
use resolver::real_path::real_path;

use super::path::entries;
use super::{Code, Examination, Finding, go_on_path, note, printable, problem, shown, to_path};
use crate::problem::Evidence;

/// So many of a kind are shown; the message has their number.
const SHOWN: usize = 3;
/// By these names `make` looks for what it is to do, in this order.
const MAKE_FILES: [&[u8]; 3] = [b"GNUmakefile", b"makefile", b"Makefile"];

pub(super) fn check<M: Machine>(examination: &Examination<'_, M>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let windows = windows_programs(examination);
    findings.extend(only_windows_go(examination, &windows));
    findings.extend(windows_go_first(examination, &windows));
    if findings.is_empty() {
        findings.extend(windows_go(&windows));
    }
    findings.extend(go_on_drive(examination));
    findings.extend(windows_entries(examination));
    findings.extend(breaks_make(examination));
    findings
}

/// A program for Windows on PATH that is named `go` or `go.exe`.
struct WindowsProgram {
    position: usize,
    program: Bytes,
    /// Whether a shell finds it by `go`.
    is_go: bool,
}

impl WindowsProgram {
    fn evidence(&self) -> Evidence {
        let text = format!("a program for Windows, entry {} of PATH", self.position);
        Evidence::file(to_path(self.program), text)
    }
}

fn windows_programs<M: Machine>(examination: &Examination<'_, M>) -> Vec<WindowsProgram> {
    let machine = examination.view().machine;
    let mut found = Vec::new();
    for (entry, position) in entries(examination.view()).zip(1..) {
        for name in [&b"go"[..], b"go.exe"] {
            let program = path::join(entry, name);
            let Ok(file) = machine.read_file(None, program, 2) else { continue };
            if file.content == b"MZ" {
                let is_go = name == b"go" && machine.may_execute(program).is_ok();
                found.push(WindowsProgram { position, program, is_go });
            }
        }
    }
    found
}

/// Linux looks up `go`, and never `go.exe`: `go: command not found`, though Windows has one.
fn only_windows_go<M: Machine>(
    examination: &Examination<'_, M>,
    windows: &[WindowsProgram],
) -> Option<Finding> {
    let view = examination.view();
    let is_windows = |program: Bytes| windows.iter().any(|other| other.program == program);
    let nothing = view.choice.err().filter(|it| matches!(it.problem, Cause::NothingFound));
    let is_on_path = go_on_path(view).iter().any(|found| !is_windows(found.program));
    let fix = match nothing {
        Some(failure) => failure.fix()?,
        None if is_on_path => return None,
        None => String::from("gowr setup"),
    };
    let evidence = match windows.first() {
        Some(first) => first.evidence(),
        None => Evidence::file(to_path(usual_windows_go(examination)?), "a program for Windows"),
    };
    let message = "the only Go here is for Windows: Linux looks up `go`, and never `go.exe`";
    Some(problem(Code::OnlyWindowsGo, message).seen(evidence).fixed_by(fix).into())
}

/// Where the installer for Windows puts it, which need not be on this PATH.
fn usual_windows_go<M: Machine>(examination: &Examination<'_, M>) -> Option<Bytes> {
    let drives = examination.mounts.drives.mount_points();
    let mut programs = drives.map(|drive| path::join(drive, b"Program Files/Go/bin/go.exe"));
    programs.find(|program| examination.metadata(program).is_some())
}

/// What is typed as `go` is then Windows' own, by a link or a copy that is named so. It cannot work on the files of Linux
/// (<https://go.dev/issue/37461>).
fn windows_go_first<M: Machine>(
    examination: &Examination<'_, M>,
    windows: &[WindowsProgram],
) -> Option<Finding> {
    let view = examination.view();
    let first = go_on_path(view).into_iter().next()?;
    let found = windows.iter().find(|it| it.is_go && it.program == first.program)?;
    let here = view.machine.current_directory().ok()?;
    // On a drive it does work, as on Windows.
    if examination.mounts.drive(view.machine, here).is_some() {
        return None;
    }
    let message = format!(
        "{} is what `go` starts, and it is for Windows: it cannot work on the files of this distro",
        shown(found.program)
    );
    let mut told = problem(Code::WindowsGoFirst, message).seen(found.evidence());
    if let Ok(real) = real_path(view.machine, found.program)
        && real != found.program
    {
        told = told.seen(Evidence::file(to_path(real), "where that leads"));
    }
    let words = r"go build says: go: RLock \\wsl$\…\go.mod: Incorrect function.";
    let fix = format!("rm {}", path::shell_quoted(found.program));
    Some(told.seen(Evidence::value(words)).fixed_by(fix).into())
}

fn windows_go(windows: &[WindowsProgram]) -> Option<Finding> {
    let message = "a Go for Windows is on PATH; it cannot work on the files of this distro";
    let mut found = note(Code::WindowsGoOnPath, message);
    found.evidence.extend(windows.iter().map(WindowsProgram::evidence));
    (!windows.is_empty()).then(|| found.fixed_by("gowr which").into())
}

/// A Go for Linux, unpacked on a drive: each file of the standard library is a question to Windows.
fn go_on_drive<M: Machine>(examination: &Examination<'_, M>) -> Option<Finding> {
    let view = examination.view();
    let chosen = view.choice.ok().map(|it| (it.executable(), String::from("the chosen Go")));
    let on_path = go_on_path(view).into_iter().filter(|found| !found.is_ours);
    let on_path = on_path.map(|it| (it.program, format!("entry {} of PATH", it.position)));
    let mut found = note(
        Code::GoOnWindowsDrive,
        "a Go for Linux lies on a Windows drive: it starts and builds slowly from there",
    );
    for (program, role) in chosen.into_iter().chain(on_path) {
        let is_windows = view.machine.read_file(None, program, 2);
        if is_windows.is_ok_and(|file| file.content == b"MZ") {
            continue;
        }
        if examination.mounts.drive(view.machine, program).is_some() {
            found = found.seen(Evidence::file(to_path(program), role));
        }
    }
    (!found.evidence.is_empty()).then(|| found.fixed_by("gowr install").into())
}

fn windows_entries<M: Machine>(examination: &Examination<'_, M>) -> Option<Finding> {
    let drives = &examination.mounts.drives;
    let view = examination.view();
    let on_drives: Vec<_> = (1_usize..)
        .zip(entries(view))
        .filter(|(_, entry)| drives.contains(path::clean(entry)))
        .collect();
    let (first, _) = on_drives.first()?;
    let ours = go_on_path(view).into_iter().find(|found| found.is_ours);
    let ours = ours.map(|found| found.position);
    let before = on_drives.iter().filter(|(at, _)| ours.is_some_and(|ours| *at < ours)).count();
    let order = match before {
        0 => String::new(),
        _ if on_drives.len() == 1 => String::from(", before gowr's"),
        _ => format!(", {before} of them before gowr's"),
    };
    let count = match on_drives.len() {
        1 => String::from("an entry of PATH lies on a Windows drive"),
        count => format!("{count} entries of PATH lie on Windows drives"),
    };
    let message = format!("{count}{order}: each name that is looked up there takes milliseconds");
    let mut found = note(Code::WindowsEntriesOnPath, message);
    for (position, entry) in on_drives.iter().take(SHOWN) {
        let text = format!("entry {position} of PATH");
        found = found.seen(Evidence::file(to_path(entry), text));
    }
    // What WSL appends stands last; what is further up, somebody else has put there.
    let is_appended = ours.is_none_or(|ours| *first > ours);
    let mend = examination.append_windows_path().filter(|_| is_appended);
    Some(match mend {
        Some(mend) => examination.mended_on_request(found, mend),
        None if before > 0 => found.fixed_by("gowr setup").into(),
        None => found.fixed_by("gowr exec --clean-path -- COMMAND").into(),
    })
}

/// `make` hands recipes to a shell, and what they do with `$(PATH)` or `$PATH` unquoted breaks at a blank or a parenthesis:
/// `syntax error near unexpected token '('` (<https://go.dev/issue/38950>).
fn breaks_make<M: Machine>(examination: &Examination<'_, M>) -> Option<Finding> {
    let view = examination.view();
    if examination.mounts.drives.is_empty() {
        return None;
    }
    let directory = view.survey?.project.directory();
    let file = MAKE_FILES
        .into_iter()
        .map(|name| path::join(directory, name))
        .find(|file| examination.metadata(file).is_some())?;
    let odd: Vec<_> = (1_usize..)
        .zip(entries(view))
        .filter(|(_, entry)| entry.iter().any(|byte| b" ()&;'".contains(byte)))
        .collect();
    if odd.is_empty() {
        return None;
    }
    let message =
        "entries of PATH have blanks or parentheses: recipes of make that do not quote it break";
    let mut found = note(Code::PathBreaksMake, message)
        .seen(Evidence::file(to_path(file), "what make reads here"));
    for (position, entry) in odd.iter().take(SHOWN) {
        let text = format!("PATH has {} as its entry {position}", printable(entry));
        found = found.seen(Evidence::value(text));
    }
    Some(match examination.append_windows_path() {
        Some(mend) => examination.mended_on_request(found, mend),
        None => found.fixed_by("gowr exec --clean-path -- make").into(),
    })
}
