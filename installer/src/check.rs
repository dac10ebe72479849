//! Whether a project gets the Go that it asks for: the toolchain is whole, the build cache is this distro's, and all
//! files that name a version agree. For CI: nothing is written, fetched or executed.
//!
//! The story: the resolution → `toolchain` and `build_cache` → every [`statement`] of the project's files → `drift` → the
//! fingerprint.

use std::path::{Path, PathBuf};

use resolver::Failure;
use resolver::machine::Machine;
use resolver::project::Need;
use resolver::resolution::Resolution;
use resolver::source::{Row, SourceKind};
use resolver::survey::Survey;
use resolver::version::ToolchainName;

use crate::fingerprint::{Fingerprint, Subject};
use crate::problem::{Evidence, Problem};

mod build_cache;
mod code;
mod collect;
mod configurations;
mod dockerfile;
mod document;
mod drift;
mod files;
mod github;
mod image;
pub(crate) mod mise;
mod pins;
pub mod statement;
mod toolchain;
mod version_file;
mod version_set;
mod workspace;

pub use code::Code;

use files::Files;
use pins::to_path;
use statement::{Statement, fit_to_show};

/// Places that are judged in all.
const MOST_STATEMENTS: usize = 500;

/// What there is to say about a project.
#[derive(Clone, Debug)]
pub struct Report {
    /// Every place that names a Go, beside the pin that counts and go.mod.
    pub statements: Vec<Statement>,
    /// What was found: what is wrong first, then what is worth knowing.
    pub problems: Vec<Problem>,
    /// What identifies the toolchain; none where there is none, or it cannot be looked into.
    pub fingerprint: Option<Fingerprint>,
}

/// Where a project lies.
#[derive(Clone, Debug)]
pub struct Place {
    /// The directory of its go.work or go.mod, or of whoever asks.
    pub project: PathBuf,
    /// The directory around it that git knows; the same where there is none.
    pub repository: PathBuf,
}

impl Place {
    /// The repository around a project. `ceilings` bound the search, and are not looked into.
    pub fn of(project: PathBuf, ceilings: &[PathBuf]) -> Self {
        let above = project
            .ancestors()
            .take_while(|it| *it == project || !ceilings.iter().any(|c| c == it));
        let repository = above.filter(|it| it.join(".git").exists()).map(Path::to_owned).next();
        Self { repository: repository.unwrap_or_else(|| project.clone()), project }
    }
}

/// Checks a project; `setting` gives a setting as the go command will see it.
pub fn check<M: Machine>(
    survey: &Survey<'_, M>,
    result: &Result<Resolution, &Failure>,
    place: &Place,
    setting: impl Fn(&str) -> Option<String>,
) -> Report {
    let mut problems = Vec::new();
    let mut fingerprint = None;
    match result {
        Ok(resolution) => {
            problems.extend(chosen(survey, resolution));
            fingerprint = of_toolchain(survey, resolution, setting, &mut problems);
            problems.extend(build_cache::check(&resolution.cache, survey.distro.key));
        }
        Err(failure) => problems.push(failed(failure)),
    }
    let need = survey.project.need(survey.machine, survey.variables, |name| {
        survey.settings.go_variable(survey.variables, name)
    });
    let mut files = Files::default();
    let pins = pins::find(survey);
    let modules = need.as_ref().map(|need| workspace_modules(need, &mut files)).unwrap_or_default();
    if let Some(need) = need.as_ref().filter(|_| !modules.is_empty()) {
        problems.extend(workspace::check(need, to_path(need.file), &modules, &mut files));
    }
    let mut statements =
        collect::statements(survey, place, &modules, pins.beside, &mut files, &mut problems);
    if let Some(first) = statements.get(MOST_STATEMENTS) {
        files.leave_out(&first.file, "not all was judged: too many places name a Go");
        statements.truncate(MOST_STATEMENTS);
    }
    let floor = need.as_ref().and_then(pins::floor);
    problems.extend(drift::judge(&statements, pins.asked.as_ref(), floor.as_ref()));
    problems.extend(files.into_notes());
    problems.sort_by_key(|problem| problem.severity);
    Report { statements, problems, fingerprint }
}

/// What a project whose Go cannot be had is told.
pub fn failed(failure: &Failure) -> Problem {
    let mut problem = Problem::new(failure.code.as_str(), failure.message());
    problem.evidence.extend(failure.cause().map(Evidence::value));
    problem.fix = failure.fix();
    problem
}

/// Whether the choice is the project's, and what go.mod makes of it.
fn chosen<M: Machine>(survey: &Survey<'_, M>, resolution: &Resolution) -> Vec<Problem> {
    let mut problems = Vec::new();
    let switch = resolution.will_switch(survey);
    let name = resolution.toolchain.version.map_or("an unknown Go", ToolchainName::as_str);
    let asked = resolution.source.place().map(Evidence::value);
    let line = |need: &Need| {
        Evidence::line(to_path(need.file), need.line as usize, fit_to_show(need.text))
    };
    let unmet = resolution.need.filter(|_| !resolution.is_floor_satisfied());
    if let (Some(need), None) = (unmet, &switch) {
        let message = format!("go {} is needed, and {name} runs here", need.version);
        let verb = if resolution.row == Row::ProjectPin { "pin" } else { "install" };
        let problem = Code::Floor.problem(message).seen(line(&need));
        let problem = asked.clone().into_iter().fold(problem, Problem::seen);
        problems.push(problem.fixed_by(format!("gowr {verb} {}", need.version)));
    }
    if let Some(switch) = switch {
        let message = format!("{name} will fetch and become {switch}, which is not looked into");
        let problem = Code::WillSwitch.note(message);
        let line = resolution.need.as_ref().map(line);
        let problem = line.or_else(|| asked.clone()).into_iter().fold(problem, Problem::seen);
        problems
            .push(problem.fixed_by(format!("gowr install {}", switch.trim_start_matches("go"))));
    }
    if matches!(resolution.row, Row::Argument | Row::GowrToolchain | Row::GoToolchain) {
        let message = "the environment decides here, and not the project";
        problems.push(asked.into_iter().fold(Code::Overridden.note(message), Problem::seen));
    }
    problems
}

fn of_toolchain<M: Machine>(
    survey: &Survey<'_, M>,
    resolution: &Resolution,
    setting: impl Fn(&str) -> Option<String>,
    problems: &mut Vec<Problem>,
) -> Option<Fingerprint> {
    let toolchain = resolution.toolchain;
    let Some(root) = toolchain.root.map(to_path) else {
        let message = "the toolchain hides its files, and cannot be looked into";
        let evidence = Evidence::file(to_path(toolchain.executable), "a snap");
        problems.push(Code::Opaque.note(message).seen(evidence));
        return None;
    };
    let switch = resolution.will_switch(survey);
    let first_line = resolver::toolchain::first_line_of_version(survey.machine, to_bytes(root));
    let subject = Subject {
        root,
        version: toolchain.version_text.or(first_line),
        architecture: survey.machine.architecture().go_name(),
        switches_to: switch.as_deref(),
    };
    let found = toolchain::check(subject);
    let is_whole = found.is_empty();
    problems.extend(found);
    match Fingerprint::of(subject, setting) {
        Ok(fingerprint) => Some(fingerprint),
        Err(error) => {
            // What is missing has been told.
            if is_whole {
                let evidence = Evidence::file(root, error.to_string());
                let message = "the toolchain cannot be looked into";
                problems.push(Code::Opaque.note(message).seen(evidence));
            }
            None
        }
    }
}

fn workspace_modules(need: &Need, files: &mut Files) -> Vec<(usize, PathBuf)> {
    if need.kind != SourceKind::GoWork {
        return Vec::new();
    }
    let file = to_path(need.file);
    files.text(file).map(|content| workspace::modules(file, &content)).unwrap_or_default()
}

fn to_bytes(path: &Path) -> &[u8] {
    std::os::unix::ffi::OsStrExt::as_bytes(path.as_os_str())
}

/// The lines that a file tells of, read as each kind that there is.
#[cfg(fuzzing)]
pub(crate) fn lines_of_every_kind(content: &str) -> Vec<usize> {
    use document::{Language, parse};

    let mut choices = dockerfile::read(content);
    let mut lines = Vec::new();
    for language in [Language::Yaml, Language::Toml, Language::JsonWithComments] {
        let Ok(root) = parse(language, content) else { continue };
        choices.extend(mise::choices(&root));
        choices.extend(configurations::gitlab(&root));
        choices.extend(configurations::devcontainer(&root));
        let workflow = github::read(&root);
        choices.extend(workflow.versions.into_iter().flatten());
        lines.extend(workflow.files.into_iter().map(|(line, _)| line));
    }
    lines.extend(choices.into_iter().map(|choice| choice.line));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_repository_around_a_project() {
        let directory = tempfile::tempdir().expect("a directory");
        let top = directory.path();
        let project = top.join("home/repository/service");
        std::fs::create_dir_all(&project).expect("a directory");
        let repository = |ceilings: &[PathBuf]| Place::of(project.clone(), ceilings).repository;
        assert_eq!(repository(&[]), project);
        std::fs::create_dir(top.join("home/.git")).expect("a directory");
        assert_eq!(repository(&[]), top.join("home"));
        assert_eq!(repository(&[top.join("home")]), project);
        std::fs::create_dir(top.join("home/repository/.git")).expect("a directory");
        assert_eq!(repository(&[]), top.join("home/repository"));
    }
}
