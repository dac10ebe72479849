//! What of a project and of Go lies on Windows drives, and how those are mounted.

use resolver::machine::Machine;
use resolver::mounts::Mount;
use resolver::path::{self, Bytes};
use resolver::variables::Name;

use super::mounts::{of_mount, settings};
use super::project::top_of_repository;
use super::{Code, Examination, Finding, note, problem, shown, to_path};
use crate::problem::{Evidence, Problem};
use crate::wsl_conf::automount::Options;
use crate::wsl_conf::mend::Mend::{Execution, Metadata};

/// A public measurement of 500 small files on WSL2 (<https://github.com/microsoft/WSL/issues/4197> and its like).
const COST: &str = "measured on WSL2 with 500 small files, beside ext4: creating takes 104 times as long, looking at 26 times, deleting 125 times";
/// Permission bits by which a file can be started.
const EXECUTION: u32 = 0o111;

pub(super) fn check<M: Machine>(examination: &Examination<'_, M>) -> Vec<Finding> {
    let mut findings: Vec<Finding> = go_directories(examination);
    let project = project(examination);
    let drive = project.and_then(|project| drive_of(examination, project));
    if let (Some(project), Some(drive)) = (project, drive) {
        findings.push(slow_project(examination, project, &drive).into());
        findings.extend(without_metadata(examination, &drive));
        findings.extend(case_insensitive(project, &drive).map(Finding::from));
    }
    findings.extend(antivirus(examination, project.zip(drive)).map(Finding::from));
    findings.extend(without_execution(examination, drive));
    findings
}

fn drive_of<M: Machine>(examination: &Examination<'_, M>, path: Bytes) -> Option<Mount<'static>> {
    examination.mounts.drive(examination.view().machine, path)
}

/// Where the project is taken to begin: its repository, else the directory.
fn project<M: Machine>(examination: &Examination<'_, M>) -> Option<Bytes> {
    let directory = examination.view().survey?.project.directory();
    let top = top_of_repository(examination.view().machine, directory);
    Some(top.map_or(directory, |(top, _)| top))
}

fn slow_project<M: Machine>(
    examination: &Examination<'_, M>,
    project: Bytes,
    drive: &Mount<'_>,
) -> Problem {
    let message = format!(
        "{} lies on a Windows drive: each file that go looks at is a question to Windows",
        shown(project)
    );
    note(Code::ProjectOnWindowsDrive, message)
        .seen(of_mount(drive))
        .seen(Evidence::value(COST))
        .fixed_by(copy(examination, project))
}

/// What puts a project into the home directory: a repository without what a drive has made of its modes.
fn copy<M: Machine>(examination: &Examination<'_, M>, project: Bytes) -> String {
    let is_repository = examination.metadata(path::join(project, b".git")).is_some();
    let copy = if is_repository { "git clone" } else { "cp -a" };
    let name = path::shell_quoted(path::file_name(project));
    format!("{copy} {} ~/{name}", path::shell_quoted(project))
}

/// What go itself writes to: there slowness is not all. Windows' antivirus holds files open while they are renamed
/// (`rename …tmp-…: permission denied`, <https://go.dev/issue/36568>), and locks may be missing.
fn go_directories<M: Machine>(examination: &Examination<'_, M>) -> Vec<Finding> {
    let view = examination.view();
    let mut directories = Vec::new();
    if let Ok(resolution) = view.choice {
        directories.extend(resolution.cache.path.map(|it| ("GOCACHE", it)));
    }
    directories.extend(examination.go_paths().into_iter().map(|it| ("GOPATH", it)));
    if let Some(setting) = examination.setting("GOMODCACHE") {
        directories.push(("GOMODCACHE", setting.value));
    }
    let temporary = examination.setting("GOTMPDIR").map(|it| ("GOTMPDIR", it.value));
    let from_environment = view.variables.get(Name::TemporaryDirectory).map(|it| ("TMPDIR", it));
    directories.extend(temporary.or(from_environment));
    if let Some(setting) = examination.setting("GOBIN") {
        directories.push(("GOBIN", setting.value));
    }
    let on_drive = |(name, directory): (&'static str, Bytes)| {
        let drive = drive_of(examination, directory).filter(|_| path::is_absolute(directory))?;
        let trouble = match name {
            "GOCACHE" | "TMPDIR" | "GOTMPDIR" => "every build writes there",
            "GOBIN" => "each program is read over that way",
            _ => "and downloads may end with rename …tmp-…: permission denied",
        };
        let message = format!("{name} is {} on a Windows drive: {trouble}", shown(directory));
        let mut found = problem(Code::DirectoryOnWindowsDrive, message);
        let (evidence, fix) = cause(examination, name);
        found.evidence.extend(evidence);
        let found = found.seen(of_mount(&drive)).seen(Evidence::value(COST));
        Some(found.fixed_by(fix).into())
    };
    directories.into_iter().filter_map(on_drive).collect()
}

/// Who put a directory of Go where it is, and the command that takes it back.
fn cause<M: Machine>(
    examination: &Examination<'_, M>,
    name: &'static str,
) -> (Option<Evidence>, String) {
    let variables = examination.view().variables;
    if let Some(setting) = examination.setting(name) {
        let fix = match setting.place {
            Some(_) => format!("go env -u {name}"),
            None => format!("unset {name}"),
        };
        return (Some(setting.evidence()), fix);
    }
    let value = |name: Name| {
        let value = variables.get(name)?;
        let evidence =
            Evidence::value(format!("{}={} in the environment", name.as_str(), shown(value)));
        Some((Some(evidence), format!("unset {}", name.as_str())))
    };
    let from = match name {
        "GOCACHE" => value(Name::XdgCacheHome),
        "TMPDIR" => value(Name::TemporaryDirectory),
        _ => None,
    };
    from.unwrap_or_else(|| {
        let home =
            variables.get(Name::Home).map(|it| format!("HOME={} in the environment", shown(it)));
        let user = examination.view().machine.effective_user();
        let fix = format!("export HOME=\"$(getent passwd {user} | cut -d: -f6)\"");
        (home.map(Evidence::value), fix)
    })
}

/// Without it `chmod` does nothing, and git takes every file for one that can be executed.
fn without_metadata<M: Machine>(
    examination: &Examination<'_, M>,
    drive: &Mount<'_>,
) -> Option<Finding> {
    if options(drive).metadata() {
        return None;
    }
    let message = format!(
        "{} is mounted without `metadata`: chmod does nothing there, and all files have one mode and one owner",
        shown(drive.point)
    );
    let found = note(Code::DriveWithoutMetadata, message).seen(of_mount(drive));
    Some(examination.mended_by_automount(found, Metadata, |it| !it.metadata()))
}

/// Go's module cache writes capitals as `!x`, so it is safe; two files of one package that differ so are not.
fn case_insensitive(project: Bytes, drive: &Mount<'_>) -> Option<Problem> {
    if matches!(options(drive).case(), Some("dir" | "force")) {
        return None;
    }
    let message = format!("{} lies where Foo.go and foo.go are one file", shown(project));
    let quoted = path::shell_quoted(project);
    let found = note(Code::CaseInsensitiveDrive, message).seen(of_mount(drive));
    Some(found.fixed_by(format!(
        "fsutil.exe file setCaseSensitiveInfo \"$(wslpath -w {quoted})\" enable"
    )))
}

/// It looks at every file that is opened: on a drive, and on WSL1, whose root file system is a directory of Windows.
fn antivirus<M: Machine>(
    examination: &Examination<'_, M>,
    project: Option<(Bytes, Mount<'_>)>,
) -> Option<Problem> {
    let wsl = examination.wsl.filter(|wsl| !wsl.is_container)?;
    let message = "the antivirus of Windows looks at each file that is opened here";
    let found = note(Code::WindowsAntivirus, message);
    if wsl.version == 1 {
        let name = wsl.exact_name().unwrap_or("NAME");
        let found = found.seen(Evidence::value(format!("WSL 1, by {}", wsl.evidence)));
        return Some(found.fixed_by(format!("wsl.exe --set-version {name} 2")));
    }
    let (project, drive) = project?;
    let found = found.seen(of_mount(&drive));
    Some(found.fixed_by(copy(examination, project)))
}

/// `fmask=111` takes the right of execution from all files: of programs in GOBIN, and of every `.exe`
/// (<https://github.com/microsoft/WSL/issues/3267>).
fn without_execution<M: Machine>(
    examination: &Examination<'_, M>,
    project: Option<Mount<'static>>,
) -> Option<Finding> {
    let view = examination.view();
    let mut concerned: Vec<(Mount<'static>, Option<Evidence>)> = Vec::new();
    concerned.extend(project.map(|drive| (drive, None)));
    for directory in examination.go_paths() {
        concerned.extend(drive_of(examination, directory).map(|drive| (drive, None)));
    }
    for entry in super::path::entries(view) {
        for name in [&b"go.exe"[..], b"go"] {
            let program = path::join(entry, name);
            // Most entries have neither, and a look on a drive is a round trip.
            let Some(found) = examination.metadata(program) else { continue };
            let Some(drive) = drive_of(examination, program) else { continue };
            if found.mode & EXECUTION == 0 {
                let text = format!("mode {:o}", found.mode & 0o7777);
                concerned.push((drive, Some(Evidence::file(to_path(program), text))));
            }
        }
    }
    let (drive, _) = concerned.iter().find(|(drive, _)| options(drive).drops_execution())?;
    let message =
        format!("{} is mounted so that no file on it can be executed", shown(drive.point));
    let mut found = problem(Code::DriveWithoutExecution, message).seen(of_mount(drive));
    found.evidence.extend(
        concerned.iter().filter(|(other, _)| other == drive).filter_map(|(_, it)| it.clone()),
    );
    Some(examination.mended_by_automount(found, Execution, Options::drops_execution))
}

/// The options a drive is mounted with, as those of wsl.conf are written.
fn options(drive: &Mount<'_>) -> Options {
    let words: Vec<_> = settings(drive).map(String::from_utf8_lossy).collect();
    Options::parse(&words.join(","))
}
