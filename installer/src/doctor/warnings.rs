//! The warnings of `gowr which`: what is not wrong for the call in question, but odd. `gowr doctor` tells them too.

use std::path::Path;

use resolver::machine::{Follow, Machine};
use resolver::path;
use resolver::source::Row;
use resolver::variables::Name;
use resolver::version::{Request, ToolchainName};

use super::goroot;
use super::{Code, View, file_line, go_on_path, note, printable, problem, shown, to_path};
use crate::check::mise;
use crate::problem::{Evidence, Problem};

const MISE_LIMIT: usize = 1024 * 1024;

/// All of them.
pub fn collect<M: Machine>(view: &View<'_, M>) -> Vec<Problem> {
    let mut warnings = of_the_machine(view);
    warnings.extend(floor(view));
    warnings.extend(mise(view));
    warnings
}

/// Those that no project has a part in.
pub(super) fn of_the_machine<M: Machine>(view: &View<'_, M>) -> Vec<Problem> {
    let mut warnings = Vec::new();
    warnings.extend(on_path(view));
    warnings.extend(version_mismatch(view));
    warnings.extend(gowr_home_ignored(view));
    for name in [Name::XdgCacheHome, Name::XdgConfigHome, Name::XdgDataHome] {
        warnings.extend(relative_directory(view, name));
    }
    warnings.extend(exported_goroot(view));
    warnings
}

fn on_path<M: Machine>(view: &View<'_, M>) -> Option<Problem> {
    let found = go_on_path(view);
    let first_of_ours = found.iter().find(|it| it.is_ours);
    let (code, message) = match (found.first(), first_of_ours) {
        (Some(first), _) if first.is_ours => return None,
        (Some(first), Some(ours)) => (
            Code::ShadowedOnPath,
            format!("{} comes before {} on PATH", shown(first.program), shown(ours.program)),
        ),
        (Some(first), None) => (
            Code::ShadowedOnPath,
            format!("go is {} by PATH, and gowr's is not there", shown(first.program)),
        ),
        (None, _) => (Code::NotOnPath, String::from("there is no go on PATH")),
    };
    let value = view.variables.get(Name::Path).unwrap_or_default();
    let evidence = Evidence::value(format!("PATH={}", printable(value)));
    Some(problem(code, message).seen(evidence).fixed_by("gowr setup"))
}

fn version_mismatch<M: Machine>(view: &View<'_, M>) -> Option<Problem> {
    let theirs = view.proxy_version?;
    let ours = env!("CARGO_PKG_VERSION");
    let program = path::join(view.program_directory, b"go");
    (theirs != ours).then(|| {
        let message = format!("{} is of gowr {theirs}, and gowr is {ours}", shown(program));
        let evidence = Evidence::file(to_path(program), format!("gowr {theirs}"));
        problem(Code::VersionMismatch, message).seen(evidence).fixed_by("gowr setup")
    })
}

fn gowr_home_ignored<M: Machine>(view: &View<'_, M>) -> Option<Problem> {
    let home = view.variables.get(Name::GowrHome).filter(|home| !path::is_absolute(home))?;
    let message = format!("GOWR_HOME={} is not an absolute path, and is ignored", shown(home));
    let evidence = in_environment(Name::GowrHome, home);
    Some(problem(Code::GowrHomeIgnored, message).seen(evidence).fixed_by("unset GOWR_HOME"))
}

fn relative_directory<M: Machine>(view: &View<'_, M>, name: Name) -> Option<Problem> {
    let value = view.variables.get(name).filter(|value| !path::is_absolute(value))?;
    let evidence = in_environment(name, value);
    let name = name.as_str();
    let message = format!("{name}={} is not an absolute path, and counts as none", shown(value));
    Some(problem(Code::XdgRelative, message).seen(evidence).fixed_by(format!("unset {name}")))
}

/// The five ways in which it is wrong, and the one in which it only misleads, are told apart.
fn exported_goroot<M: Machine>(view: &View<'_, M>) -> Option<Problem> {
    let value = view.variables.get(Name::GoRoot)?;
    let flaw = goroot::flaw(view, value);
    let what = flaw.map_or_else(|| String::from("misleads any other go"), |flaw| flaw.text());
    let message = format!("GOROOT={} is in the environment, and {what}", shown(value));
    let evidence = in_environment(Name::GoRoot, value);
    let found = problem(Code::ExportedGoroot, message).seen(evidence).fixed_by("unset GOROOT");
    Some(match flaw {
        Some(flaw) => flaw.seen(found, value),
        None => found,
    })
}

fn in_environment(name: Name, value: &[u8]) -> Evidence {
    Evidence::value(format!("{}={} in the environment", name.as_str(), printable(value)))
}

pub(super) fn floor<M: Machine>(view: &View<'_, M>) -> Option<Problem> {
    let (survey, resolution) = (view.survey?, view.choice.ok()?);
    let need = resolution.need.filter(|_| !resolution.is_floor_satisfied())?;
    let chosen = resolution.toolchain.version.map_or("an unknown Go", ToolchainName::as_str);
    let by = match resolution.source.place() {
        Some(place) => format!("{chosen} of {place}"),
        None => format!("{chosen}, the default"),
    };
    let switch = match resolution.will_switch(survey) {
        Some(name) => format!("; it will switch to {name}"),
        None => String::new(),
    };
    let verb = if resolution.row == Row::ProjectPin { "pin" } else { "install" };
    let message = format!(
        "{}:{} needs go {}, and here runs {by}{switch}",
        shown(need.file),
        need.line,
        need.version
    );
    let mut found = problem(Code::Floor, message)
        .seen(file_line(need.file, need.line, need.text.as_bytes()))
        .fixed_by(format!("gowr {verb} {}", need.version));
    let source = resolution.source;
    if let (Some(file), Some(line)) = (source.file, source.line) {
        found = found.seen(file_line(file, line, source.text.unwrap_or_default()));
    }
    Some(found)
}

/// The nearest mise.toml that pins Go.
pub(super) fn mise<M: Machine>(view: &View<'_, M>) -> Option<Problem> {
    let survey = view.survey?;
    let directory = to_path(survey.project.directory());
    directory.ancestors().filter(|it| it.is_absolute()).find_map(|directory| {
        mise::FILES.iter().find_map(|name| mise_file(view.machine, &directory.join(name)))
    })
}

fn mise_file<M: Machine>(machine: &M, file: &Path) -> Option<Problem> {
    use std::os::unix::ffi::OsStrExt;

    let bytes = file.as_os_str().as_bytes();
    machine.metadata(None, bytes, Follow::Links).ok()?;
    let content = machine.read_file(None, bytes, MISE_LIMIT).ok()?.content;
    let (line, request) = mise::pinned(&String::from_utf8_lossy(content))?;
    let pin = match Request::parse_version(&request) {
        Some(request) => format!("gowr pin {request}"),
        None => String::from("gowr pin VERSION"),
    };
    let message = format!("{}:{line} pins Go for mise; gowr does not read it", shown(bytes));
    let text = content.split(|byte| *byte == b'\n').nth(line - 1).unwrap_or_default();
    let seen = Evidence::line(file, line, printable(text));
    Some(note(Code::Mise, message).seen(seen).fixed_by(pin))
}
