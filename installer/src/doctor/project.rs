//! What this project asks for, and what it gets.

use std::path::PathBuf;

use resolver::Failure;
use resolver::failure::Problem as Cause;
use resolver::go_env;
use resolver::machine::{Architecture, Follow, Machine, Metadata};
use resolver::path::{self, Bytes};
use resolver::settings::system_configuration;
use resolver::source::Row;
use resolver::variables::Name;
use resolver::version::ToolchainName;

use super::go_setting::GoSetting;
use super::mounts::of_mount;
use super::{Code, Examination, Finding, file_line, problem, shown, to_path, warnings};
use crate::problem::{Evidence, Problem};

/// Distros' `go.env` and git's configuration are short.
const FILE_LIMIT: usize = 1024 * 1024;

pub(super) fn check<M: Machine>(examination: &Examination<'_, M>) -> Vec<Finding> {
    let view = examination.view();
    let mut findings = Vec::new();
    if let Err(failure) = view.choice {
        findings.push(failed(failure.code.as_str(), failure).into());
    }
    if let Err(failure) = system_configuration(view.machine)
        && view.choice.err().is_none_or(|told| told.problem != failure.problem)
    {
        findings.push(failed(Code::SystemConfiguration.as_str(), failure).into());
    }
    let forbidden = switch_forbidden(examination);
    findings.extend(forbidden.or_else(|| warnings::floor(view)).map(Finding::from));
    findings.extend(warnings::mise(view).map(Finding::from));
    findings.extend(gosumdb_on(examination));
    findings.extend(download_forbidden(examination));
    findings.extend(dubious_ownership(examination).map(Finding::from));
    findings
}

/// An error of the choice itself, as a problem.
fn failed(code: &'static str, failure: &Failure) -> Problem {
    let mut found = Problem::new(code, failure.message());
    let evidence = match failure.problem {
        Cause::Malformed { file, line, error } => match error.line {
            0 => Some(Evidence::file(to_path(file), error.message())),
            number => Some(file_line(file, number, line.unwrap_or_default())),
        },
        Cause::Unreadable { file, reason } => Some(Evidence::file(to_path(file), reason)),
        _ => None,
    };
    found.evidence.extend(evidence);
    if let Some(source) = failure.source {
        let text = source.text.unwrap_or_default();
        found.evidence.extend(match (source.file, source.line) {
            (Some(file), Some(line)) => Some(file_line(file, line, text)),
            _ => source.place().map(Evidence::value),
        });
    }
    if found.evidence.is_empty() {
        found.evidence.extend(failure.cause().map(Evidence::value));
    }
    found.fix = failure.fix();
    found
}

/// A line of the chosen toolchain's own `go.env`, which `go env` shows without saying where it comes from.
pub(super) fn own_setting<M: Machine>(
    examination: &Examination<'_, M>,
    name: &'static str,
) -> Option<GoSetting> {
    let root = examination.view().choice.ok()?.toolchain.root?;
    let file = path::join(root, b"go.env");
    let content = examination.view().machine.read_file(None, file, FILE_LIMIT).ok()?.content;
    let found = go_env::lookup(content, name)?;
    Some(GoSetting { name, value: found.value, place: Some((file, found.line, found.text)) })
}

/// `go.mod requires go >= 1.27.1 (running go 1.24.4; GOTOOLCHAIN=local)`, and nobody has set that.
fn switch_forbidden<M: Machine>(examination: &Examination<'_, M>) -> Option<Problem> {
    let view = examination.view();
    let resolution = view.choice.ok()?;
    let need = resolution.need.filter(|_| !resolution.is_floor_satisfied())?;
    let is_asked_for =
        matches!(resolution.row, Row::Argument | Row::GowrToolchain | Row::ProjectPin);
    if is_asked_for || examination.setting("GOTOOLCHAIN").is_some() {
        return None;
    }
    let own = own_setting(examination, "GOTOOLCHAIN").filter(|own| own.value == b"local")?;
    let message = format!(
        "{}:{} needs go {}, and the go.env of {} forbids Go to fetch it",
        shown(need.file),
        need.line,
        need.version,
        resolution.toolchain.version.map_or("this Go", ToolchainName::as_str)
    );
    let found = problem(Code::SwitchForbidden, message)
        .seen(file_line(need.file, need.line, need.text.as_bytes()))
        .seen(own.evidence());
    Some(found.fixed_by(format!("gowr install {}", need.version)))
}

/// Go then says `malformed verifier id`.
fn gosumdb_on<M: Machine>(examination: &Examination<'_, M>) -> Option<Finding> {
    let setting = examination.setting("GOSUMDB").filter(|setting| setting.value == b"on")?;
    let found = problem(Code::GosumdbOn, "GOSUMDB is on by default; `on` itself is no value of it")
        .seen(setting.evidence());
    Some(setting.taken_back(found))
}

/// Go then says `toolchain not available`, whatever the reason.
fn download_forbidden<M: Machine>(examination: &Examination<'_, M>) -> Option<Finding> {
    let view = examination.view();
    let wanted = view.choice.ok()?.will_switch(view.survey?)?;
    let links = view.places.in_home(path::concat(&[b"links/", wanted.as_bytes()]));
    if links.is_some_and(|link| examination.metadata(link).is_some()) {
        return None;
    }
    let set = |name| examination.setting(name).or_else(|| own_setting(examination, name));
    let is_off = |setting: &GoSetting| setting.value == b"off";
    let proxy = set("GOPROXY").filter(is_off).filter(|_| !is_in_module_cache(examination, &wanted));
    let forbidding: Vec<_> = [set("GOSUMDB").filter(is_off), proxy].into_iter().flatten().collect();
    let first = forbidding.first()?;
    let message = format!("Go has to fetch {wanted}, and {}=off forbids it", first.name);
    let mut found = problem(Code::DownloadForbidden, message);
    if let Some(need) = view.choice.ok()?.need {
        found = found.seen(file_line(need.file, need.line, need.text.as_bytes()));
    }
    found.evidence.extend(forbidding.iter().map(GoSetting::evidence));
    let version = wanted.strip_prefix("go").unwrap_or(&wanted);
    Some(found.fixed_by(format!("gowr install {version}")).into())
}

fn is_in_module_cache<M: Machine>(examination: &Examination<'_, M>, name: &str) -> bool {
    let Some(modules) = examination.module_cache() else { return false };
    let architecture = Architecture::HERE.go_name();
    let directory = format!("golang.org/toolchain@v0.0.1-{name}.linux-{architecture}");
    examination.is_directory(path::join(modules, directory.as_bytes()))
}

impl<M: Machine> Examination<'_, M> {
    /// GOPATH's directories, the default where it is not set.
    pub(super) fn go_paths(&self) -> Vec<Bytes> {
        if let Some(setting) = self.setting("GOPATH") {
            return setting.value.split(|byte| *byte == b':').filter(|it| !it.is_empty()).collect();
        }
        let home = self.view().variables.absolute_path(Name::Home);
        home.map(|home| path::join(home, b"go")).into_iter().collect()
    }

    /// GOMODCACHE.
    pub(super) fn module_cache(&self) -> Option<Bytes> {
        let setting = self.setting("GOMODCACHE").map(|setting| setting.value);
        setting.or_else(|| Some(path::join(self.go_paths().first()?, b"pkg/mod")))
    }
}

/// `error obtaining VCS status: exit status 128`: git takes no orders from a repository of somebody else
/// (<https://go.dev/issue/53532>).
fn dubious_ownership<M: Machine>(examination: &Examination<'_, M>) -> Option<Problem> {
    let view = examination.view();
    let directory = view.survey?.project.directory();
    let (top, git) = top_of_repository(view.machine, directory)?;
    let user = view.machine.effective_user();
    let sudo = (examination.patient.variable)("SUDO_UID").filter(|_| user == 0);
    let is_mine = |found: &Metadata| {
        found.owner == user || sudo.is_some_and(|by| by == found.owner.to_string().as_bytes())
    };
    let others = [examination.metadata(top)?, git].into_iter().find(|found| !is_mine(found))?;
    if is_called_safe(examination, top) {
        return None;
    }
    let message = format!(
        "{} belongs to user {}: git refuses to read it, and go build to stamp it",
        shown(top),
        others.owner
    );
    let quoted = path::shell_quoted(top);
    let mut found = problem(Code::DubiousOwnership, message).seen(Evidence::file(
        to_path(path::join(top, b".git")),
        format!("owner {}, and you are {user}", others.owner),
    ));
    // There the owner is none of the file's own: without `metadata` it is the distro's default user for all.
    found.evidence.extend(examination.mounts.drive(view.machine, top).as_ref().map(of_mount));
    Some(found.fixed_by(format!("git config --global --add safe.directory {quoted}")))
}

pub(super) fn top_of_repository<M: Machine>(
    machine: &M,
    directory: Bytes,
) -> Option<(Bytes, Metadata)> {
    let mut level = Some(directory).filter(|directory| path::is_absolute(directory));
    while let Some(directory) = level {
        if let Ok(found) = machine.metadata(None, path::join(directory, b".git"), Follow::Links) {
            return Some((directory, found));
        }
        level = path::parent(directory);
    }
    None
}

fn is_called_safe<M: Machine>(examination: &Examination<'_, M>, top: Bytes) -> bool {
    let variable = examination.patient.variable;
    let below = |name: &str, file: &str| {
        let directory = variable(name).filter(|directory| path::is_absolute(directory))?;
        Some(to_path(directory).join(file))
    };
    let files = [
        variable("GIT_CONFIG_GLOBAL").map(to_path),
        below("HOME", ".gitconfig"),
        below("XDG_CONFIG_HOME", "git/config"),
        below("HOME", ".config/git/config"),
        Some(PathBuf::from("/etc/gitconfig")),
    ];
    files.into_iter().flatten().any(|file| {
        use std::os::unix::ffi::OsStrExt;
        let file = file.as_os_str().as_bytes();
        let read = examination.view().machine.read_file(None, file, FILE_LIMIT);
        read.is_ok_and(|read| calls_safe(read.content, top))
    })
}

/// `[safe] directory = …` of git's configuration, as far as one can tell without all of its grammar.
fn calls_safe(configuration: &[u8], top: &[u8]) -> bool {
    let text = String::from_utf8_lossy(configuration);
    let top = String::from_utf8_lossy(top);
    let mut is_safe = false;
    text.lines().map(str::trim).any(|line| {
        if line.starts_with('[') {
            is_safe = line.to_ascii_lowercase().starts_with("[safe]");
        }
        let Some((key, value)) = line.trim_start_matches("[safe]").split_once('=') else {
            return false;
        };
        let value = value.trim().trim_matches('"');
        let covers = match value.strip_suffix("/*") {
            Some(parent) => top.strip_prefix(parent).is_some_and(|rest| rest.starts_with('/')),
            None => value == "*" || value.trim_end_matches('/') == top,
        };
        is_safe && key.trim().eq_ignore_ascii_case("directory") && covers
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_that_git_was_told_to_trust() {
        for (configuration, expected) in [
            ("[safe]\n\tdirectory = /p/r\n", true),
            ("[safe]\n\tdirectory = \"/p/r/\"\n", true),
            ("[user]\nname = x\n[Safe]\nDirectory=*\n", true),
            ("[safe] directory = /p/*\n", true),
            ("[safe]\n\tdirectory = /p\n", false),
            ("[unsafe]\n\tdirectory = /p/r\n", false),
            ("", false),
        ] {
            assert_eq!(calls_safe(configuration.as_bytes(), b"/p/r"), expected, "{configuration}");
        }
    }
}
