//! How `check` and `doctor` show what they found.

use std::fmt::Write;

use installer::problem::{Problem, Severity};

/// A numbered list: what, where it can be seen, and the command that mends it.
pub(crate) fn list(problems: &[Problem]) -> String {
    let mut text = String::new();
    for (problem, number) in problems.iter().zip(1..) {
        let Problem { code, message, .. } = problem;
        let note = if problem.severity == Severity::Note { " (note)" } else { "" };
        let _ = writeln!(text, "{number}. {code}{note}: {}", printable(message));
        for evidence in &problem.evidence {
            let _ = writeln!(text, "     {}", printable(&evidence.to_string()));
        }
        if let Some(fix) = &problem.fix {
            let _ = writeln!(text, "     run: {}", printable(fix));
        }
    }
    text
}

/// Names of files are strangers' text: none of it steers a terminal.
fn printable(text: &str) -> String {
    let shown = |it: char| if it.is_control() { char::REPLACEMENT_CHARACTER } else { it };
    text.chars().map(shown).collect()
}

/// Whether one of them counts.
pub(crate) fn any_counts(problems: &[Problem]) -> bool {
    problems.iter().any(counts)
}

/// Whether it makes a command fail.
pub(crate) fn counts(problem: &Problem) -> bool {
    problem.severity == Severity::Problem
}

#[cfg(test)]
mod tests {
    use installer::problem::Evidence;

    use super::*;

    #[test]
    fn notes_are_listed_and_do_not_count() {
        let problem = Problem::new("exported-goroot", "GOROOT is in the environment")
            .seen(Evidence::line("/h/.bashrc", 3, "export GOROOT=/usr/lib/go"))
            .fixed_by("unset GOROOT");
        let note = Problem::note("out-of-support", "go1.20 is no longer mended");
        let expected = "1. out-of-support (note): go1.20 is no longer mended\n\
            2. exported-goroot: GOROOT is in the environment\n     \
            /h/.bashrc:3: export GOROOT=/usr/lib/go\n     run: unset GOROOT\n";
        assert_eq!(list(&[note.clone(), problem.clone()]), expected);
        let odd = Problem::note("x", "/h/\u{1b}[2J\n");
        assert_eq!(list(&[odd]), "1. x (note): /h/\u{fffd}[2J\u{fffd}\n");
        assert!(!any_counts(std::slice::from_ref(&note)));
        assert!(any_counts(&[note, problem]));
    }
}
