//! Whether a toolchain is whole and of one piece: its VERSION, its tools, its standard library.

use std::path::Path;

use resolver::toolchain::version_of;

use super::Code;
use super::statement::fit_to_show;
use crate::fingerprint::{Subject, TOOLS, go_program};
use crate::problem::{Evidence, Problem};

/// Packages that every program is built from.
const STD: [&str; 2] = ["src/fmt", "src/runtime"];

/// Looks at files; nothing is executed.
pub(super) fn check(subject: Subject<'_>) -> Vec<Problem> {
    let Subject { root, version, architecture, .. } = subject;
    let mut problems = Vec::new();
    let fix =
        || version.and_then(version_of).map(|name| format!("gowr install {}", name.version()));
    let mend = |problem: Problem| match fix() {
        Some(fix) => problem.fixed_by(fix),
        None => problem,
    };
    let directory = root.join("pkg/tool").join(format!("linux_{architecture}"));
    // Without a C compiler nothing calls cgo, and some distros leave it out.
    let is_needed = |name: &&str| *name != "cgo";
    let missing: Vec<_> = TOOLS
        .into_iter()
        .filter(is_needed)
        .filter(|name| !directory.join(name).is_file())
        .collect();
    if !missing.is_empty() {
        let message = format!("the toolchain has no {}: nothing can be built", missing.join(", "));
        problems.push(mend(
            Code::ToolsMissing.problem(message).seen(Evidence::file(&directory, "not all there")),
        ));
    }
    problems.extend(mismatch(root, version, &directory).map(mend));
    let absent: Vec<_> = STD.into_iter().filter(|name| !has_sources(&root.join(name))).collect();
    if !absent.is_empty() {
        let mut problem =
            Code::StdMissing.problem("the standard library is not there: nothing can be built");
        for name in absent {
            problem = problem.seen(Evidence::file(root.join(name), "no Go sources"));
        }
        problems.push(mend(problem));
    }
    problems
}

/// `compile: version "go1.22.10" does not match go tool version "go1.26.6"`, before Go says it.
fn mismatch(root: &Path, version: Option<&str>, directory: &Path) -> Option<Problem> {
    // Where VERSION is missing or names no release, the go command itself is the measure.
    let go = root.join("bin/go");
    let told = |file: &Path| {
        let text = go_program::go_version(file).ok().flatten()?;
        Some((version_of(&text)?, text))
    };
    let (expected, evidence) = if let Some(name) = version.and_then(version_of) {
        (name, Evidence::line(root.join("VERSION"), 1, fit_to_show(version?)))
    } else {
        let (name, text) = told(&go)?;
        (name, Evidence::file(&go, format!("built by {}", fit_to_show(&text))))
    };
    let mut differ = Vec::new();
    for file in std::iter::once(go).chain(TOOLS.map(|name| directory.join(name))) {
        if let Some((_, text)) = told(&file).filter(|(found, _)| *found != expected) {
            differ.push(Evidence::file(file, format!("built by {}", fit_to_show(&text))));
        }
    }
    if differ.is_empty() {
        return None;
    }
    let message = format!("the tools are not those of {expected}: they will not work together");
    let problem = Code::ToolsVersion.problem(message).seen(evidence);
    Some(differ.into_iter().fold(problem, Problem::seen))
}

fn has_sources(directory: &Path) -> bool {
    let Ok(entries) = directory.read_dir() else { return false };
    entries.flatten().any(|entry| entry.path().extension().is_some_and(|it| it == "go"))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn codes(root: &Path) -> Vec<&'static str> {
        let subject =
            Subject { root, version: Some("go1.22.3"), architecture: "amd64", switches_to: None };
        check(subject).iter().map(|problem| problem.code).collect()
    }

    #[test]
    fn what_is_not_whole() {
        let directory = tempfile::tempdir().expect("a directory");
        let root = directory.path();
        assert_eq!(codes(root), ["tools-missing", "std-missing"]);
        let write = |name: &str| {
            let file = root.join(name);
            fs::create_dir_all(file.parent().expect("a parent")).expect("a directory");
            fs::write(file, "").expect("written");
        };
        for name in ["asm", "compile", "link"] {
            write(&format!("pkg/tool/linux_amd64/{name}"));
        }
        write("src/fmt/print.go");
        assert_eq!(codes(root), ["std-missing"]);
        write("src/runtime/proc.go");
        assert_eq!(codes(root), [""; 0]);
    }
}
