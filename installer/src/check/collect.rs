//! Every file of a project that may name a Go, found and read.

use std::path::{Path, PathBuf};

use resolver::machine::Machine;
use resolver::survey::Survey;

use super::document::{self, Language, Node};
use super::files::Files;
use super::statement::{Choice, Kind, Statement, fit_to_show};
use super::version_file::{self, VersionFile};
use super::{Code, Place, configurations, dockerfile, github, mise};
use crate::error::edit;
use crate::problem::{Evidence, Problem};

/// Reads every file of the project that may name a Go.
pub(super) fn statements<M: Machine>(
    survey: &Survey<'_, M>,
    place: &Place,
    modules: &[(usize, PathBuf)],
    pins: Vec<Statement>,
    files: &mut Files,
    problems: &mut Vec<Problem>,
) -> Vec<Statement> {
    let mut statements = pins;
    let mut add = |kind, file: PathBuf, groups: Vec<Vec<Choice>>| {
        let groups = groups.into_iter().filter(|choices| !choices.is_empty());
        statements.extend(groups.map(|choices| Statement { kind, file: file.clone(), choices }));
    };
    let single = |choices: Vec<Choice>| choices.into_iter().map(|choice| vec![choice]).collect();

    // A directory with a go.mod of its own is another project, unless go.work makes it part of this one.
    let is_ours = |directory: &Path| {
        !directory.join("go.mod").exists() || modules.iter().any(|(_, module)| module == directory)
    };
    let is_wanted = |name: &str| is_dockerfile(name) || is_devcontainer(name);
    let mut found = files.find(&place.project, is_wanted, is_ours);
    if place.repository != place.project {
        let top = place.repository.join(".devcontainer");
        found.extend(files.find(&top, is_wanted, |_| true));
        found.push(place.repository.join(".devcontainer.json"));
    }
    for file in found {
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if is_devcontainer(&name) {
            if let Some(root) = document(files, &file, Language::JsonWithComments) {
                add(Kind::Devcontainer, file, single(configurations::devcontainer(&root)));
            }
        } else if let Some(content) = files.text(&file) {
            add(Kind::Dockerfile, file, single(dockerfile::read(&content)));
        }
    }

    let workflows = place.repository.join(".github/workflows");
    for (name, _) in files.list(&workflows) {
        let name = name.to_string_lossy();
        let file = workflows.join(&*name);
        if !name.ends_with(".yml") && !name.ends_with(".yaml") {
            continue;
        }
        let Some(root) = document(files, &file, Language::Yaml) else { continue };
        let mut workflow = github::read(&root);
        for (line, named) in &workflow.files {
            match version_file::read(survey, &place.repository, named, files) {
                VersionFile::Says(choices) => workflow.versions.push(
                    choices
                        .into_iter()
                        .map(|(text, wanted)| Choice::new(*line, &text, wanted))
                        .collect(),
                ),
                VersionFile::Absent => {
                    let text = fit_to_show(&format!("go-version-file: {named}"));
                    let problem = Code::MissingFile
                        .problem("a workflow reads the version of Go from a file that is not there")
                        .seen(Evidence::line(&file, *line, text))
                        .fixed_by(edit(&file));
                    problems.push(problem);
                }
            }
        }
        add(Kind::GithubWorkflow, file, workflow.versions);
    }

    let gitlab = place.repository.join(".gitlab-ci.yml");
    if let Some(root) = document(files, &gitlab, Language::Yaml) {
        add(Kind::GitlabCi, gitlab, single(configurations::gitlab(&root)));
    }
    let mut directories = vec![&place.project, &place.repository];
    directories.dedup();
    for directory in directories {
        for name in mise::FILES {
            let file = directory.join(name);
            if let Some(root) = document(files, &file, Language::Toml) {
                add(Kind::Mise, file, single(mise::choices(&root)));
            }
        }
    }
    statements
}

fn document(files: &mut Files, file: &Path, language: Language) -> Option<Node> {
    let content = files.text(file)?;
    match document::parse(language, &content) {
        Ok(root) => Some(root),
        Err(error) => {
            files.unparsed(file, error.line, &fit_to_show(&error.message));
            None
        }
    }
}

fn is_dockerfile(name: &str) -> bool {
    const NAMES: [&str; 2] = ["Dockerfile", "Containerfile"];
    let is_one = NAMES.iter().any(|it| {
        let after =
            name.strip_prefix(it).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        let before = name.strip_suffix(it).is_some_and(|rest| rest.ends_with('.'));
        after || before
    });
    (is_one || name.ends_with(".dockerfile")) && !name.ends_with(".dockerignore")
}

fn is_devcontainer(name: &str) -> bool {
    matches!(name, "devcontainer.json" | ".devcontainer.json")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_dockerfiles() {
        for (name, expected) in [
            ("Dockerfile", true),
            ("Containerfile", true),
            ("Dockerfile.alpine", true),
            ("api.Dockerfile", true),
            ("api.dockerfile", true),
            ("Dockerfile.dockerignore", false),
            ("Dockerfiles", false),
            ("MyDockerfile", false),
            ("dockerfile.go", false),
        ] {
            assert_eq!(is_dockerfile(name), expected, "{name}");
        }
    }
}
