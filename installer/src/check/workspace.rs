//! The modules of a go.work: each must be content with the `go` line there.

use std::path::{Component, Path, PathBuf};

use resolver::gomod;
use resolver::project::Need;
use resolver::version::Version;

use super::Code;
use super::files::Files;
use super::statement::fit_to_show;
use crate::problem::{Evidence, Problem};

/// A workspace has fewer.
const MOST_MODULES: usize = 1000;

/// The directories that `use` lines name, cleaned, with their lines; those outside of the workspace's directory are
/// left out.
pub(super) fn modules(file: &Path, content: &str) -> Vec<(usize, PathBuf)> {
    let Some(top) = file.parent() else { return Vec::new() };
    let mut found = Vec::new();
    let mut in_block = false;
    for (line, number) in content.lines().zip(1..) {
        let line = line.split("//").next().unwrap_or_default().trim();
        let named = if in_block {
            in_block = line != ")";
            in_block.then_some(line)
        } else {
            let rest = line.strip_prefix("use").filter(|rest| rest.starts_with([' ', '\t', '(']));
            let rest = rest.map(str::trim_start);
            in_block = rest.is_some_and(|rest| rest.starts_with('('));
            rest.filter(|_| !in_block)
        };
        let name = named.unwrap_or_default().trim_matches(['"', '`']);
        if !name.is_empty() && found.len() < MOST_MODULES {
            found.extend(below(top, name).map(|directory| (number, directory)));
        }
    }
    found
}

fn below(top: &Path, name: &str) -> Option<PathBuf> {
    let is_below = |part| matches!(part, Component::Normal(_) | Component::CurDir);
    let name = Path::new(name);
    name.components().all(is_below).then(|| top.join(name).components().collect())
}

/// What Go will say of each module that needs more.
pub(super) fn check(
    need: &Need,
    file: &Path,
    modules: &[(usize, PathBuf)],
    files: &mut Files,
) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (line, directory) in modules {
        let module = directory.join("go.mod");
        let Some(content) = files.text(&module) else {
            if !module.exists() {
                let message = "go.work names a directory that has no go.mod";
                problems.push(
                    Code::MissingFile
                        .problem(message)
                        .seen(Evidence::line(file, *line, shown(file, directory)))
                        .fixed_by("go work use -r ."),
                );
            }
            continue;
        };
        let Some(go) = gomod::scan(content.as_bytes()).go else { continue };
        let version = std::str::from_utf8(go.value).ok().and_then(Version::parse);
        if version.is_some_and(|version| version.compare(need.version).is_gt()) {
            let text = fit_to_show(&String::from_utf8_lossy(go.text));
            let message = "a module needs a newer Go than its go.work, and Go will refuse to work";
            problems.push(
                Code::WorkspaceFloor
                    .problem(message)
                    .seen(Evidence::line(&module, go.line as usize, text))
                    .seen(Evidence::line(file, need.line as usize, fit_to_show(need.text)))
                    .fixed_by("go work use"),
            );
        }
    }
    problems
}

/// A directory as a `use` line has it.
fn shown(file: &Path, directory: &Path) -> String {
    let below = file.parent().and_then(|top| directory.strip_prefix(top).ok());
    fit_to_show(&format!("use ./{}", below.unwrap_or(directory).display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn use_lines() {
        let content = "go 1.22\nuse ./a // comment\nuse (\n\t./b/c\n\n\t\"d e\"\n)\nuse ../out\n\
            use /abs\nuse(\n .\n)\nuseless x\n";
        let found = modules(Path::new("/w/go.work"), content);
        let expected = [(2, "/w/a"), (4, "/w/b/c"), (6, "/w/d e"), (11, "/w")];
        assert_eq!(found, expected.map(|(line, path)| (line, PathBuf::from(path))));
    }
}
