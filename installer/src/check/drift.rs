//! The rules by which what files say about Go agrees, or does not.
//!
//! - With a pin, each other file must allow a version that the pin allows: `1.22` and `1.22.x` and `1.22.3` agree,
//!   `1.22` and `1.23` do not. Of a matrix one entry is enough: the others are tests of more.
//! - What go.mod or go.work needs is a floor for every version that is named, each entry of a matrix too.
//! - Without a pin, files that allow no common version are noted.
//! - `stable`, `latest` and what only a run can tell agree with everything, and are noted.
//! - A pin and a go.mod speak for what lies in their own directory and below; elsewhere a difference is only noted.

use std::path::PathBuf;

use super::Code;
use super::statement::{Kind, Statement, Wanted};
use super::version_set::VersionSet;
use crate::error::edit;
use crate::problem::{Evidence, Problem, Severity};

/// What the project asks for, and where.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    /// Any of these will do: a pin may differ from distro to distro.
    pub(super) sets: Vec<VersionSet>,
    /// It in words: `1.22`.
    pub(super) words: String,
    /// Where it stands.
    pub(super) evidence: Evidence,
    /// What it speaks for.
    pub(super) directory: PathBuf,
}

/// Judges every statement.
pub(super) fn judge(
    statements: &[Statement],
    pin: Option<&Asked>,
    floor: Option<&Asked>,
) -> Vec<Problem> {
    let mut problems: Vec<_> =
        statements.iter().filter_map(|it| differs(it, pin).or_else(|| below(it, floor))).collect();
    if pin.is_none() {
        problems.extend(unpinned(statements));
    }
    let moving = "these ask for whatever is newest on the day they are read";
    problems.extend(noted(statements, &Wanted::Moving, Code::MovingVersion, moving));
    let unknown = "what these ask for can only be told where they are used";
    problems.extend(noted(statements, &Wanted::Unknown, Code::NotEvaluated, unknown));
    problems
}

/// A statement that the pin does not allow.
fn differs(statement: &Statement, pin: Option<&Asked>) -> Option<Problem> {
    let pin = pin.filter(|pin| !pin.sets.is_empty())?;
    let agrees = |wanted: &Wanted| match wanted {
        Wanted::Versions(set) => pin.sets.iter().any(|pinned| pinned.agrees_with(set)),
        Wanted::Moving | Wanted::Unknown => true,
    };
    if statement.choices.iter().any(|choice| agrees(&choice.wanted)) {
        return None;
    }
    let message = format!("a file names another Go than the pin, which asks for {}", pin.words);
    let problem = Code::Drift.problem(message);
    let seen = statement.choices.iter().map(|choice| choice.evidence(&statement.file));
    Some(finish(seen.fold(problem, Problem::seen), statement, pin))
}

/// Versions that go.mod or go.work does not allow.
fn below(statement: &Statement, floor: Option<&Asked>) -> Option<Problem> {
    let floor = floor?;
    let is_below = |wanted: &Wanted| match wanted {
        Wanted::Versions(set) => !floor.sets.iter().any(|least| least.agrees_with(set)),
        Wanted::Moving | Wanted::Unknown => false,
    };
    let mut choices = statement.choices.iter().filter(|it| is_below(&it.wanted)).peekable();
    choices.peek()?;
    let message = format!("a file names a Go that is too old: {} is needed", floor.words);
    let problem = Code::BelowFloor.problem(message);
    let seen = choices.map(|choice| choice.evidence(&statement.file));
    Some(finish(seen.fold(problem, Problem::seen), statement, floor))
}

fn finish(problem: Problem, statement: &Statement, asked: &Asked) -> Problem {
    let problem = problem.seen(asked.evidence.clone()).fixed_by(edit(&statement.file));
    if statement.file.starts_with(&asked.directory) {
        problem
    } else {
        Problem { severity: Severity::Note, ..problem }
    }
}

/// Without a pin: the first two that allow no common version.
fn unpinned(statements: &[Statement]) -> Option<Problem> {
    // A matrix says by itself that several are meant.
    let single = statements.iter().filter_map(|it| match &it.choices[..] {
        [choice] => match &choice.wanted {
            Wanted::Versions(set) => Some((it, choice, set)),
            Wanted::Moving | Wanted::Unknown => None,
        },
        _ => None,
    });
    let single: Vec<_> = single.collect();
    for (index, (first, choice, set)) in single.iter().enumerate() {
        let other = single[index + 1..].iter().find(|(_, _, other)| !other.agrees_with(set));
        if let Some((second, other, _)) = other {
            let problem = Code::Unpinned
                .note("files name different versions of Go, and nothing pins one")
                .seen(choice.evidence(&first.file))
                .seen(other.evidence(&second.file))
                .fixed_by("gowr pin VERSION");
            return Some(problem);
        }
    }
    None
}

/// All that ask for this, as one note.
fn noted(statements: &[Statement], wanted: &Wanted, code: Code, message: &str) -> Option<Problem> {
    let mut problem = code.note(message);
    for statement in statements.iter().filter(|it| it.kind != Kind::Pin) {
        for choice in statement.choices.iter().filter(|choice| choice.wanted == *wanted) {
            problem = problem.seen(choice.evidence(&statement.file));
        }
    }
    (!problem.evidence.is_empty()).then_some(problem)
}

#[cfg(test)]
mod tests {
    use resolver::version::{Request, Version};

    use super::super::statement::Choice;
    use super::*;

    fn statement(file: &str, texts: &str) -> Statement {
        let choices = texts.split(' ').zip(1..);
        let choices =
            choices.map(|(text, line)| Choice::new(line, text, Wanted::of_range(text))).collect();
        Statement { kind: Kind::Dockerfile, file: file.into(), choices }
    }

    fn asked(directory: &str, words: &str, sets: Vec<VersionSet>) -> Asked {
        let evidence = Evidence::value(words);
        Asked { sets, words: words.into(), evidence, directory: directory.into() }
    }

    fn pin(words: &str) -> Asked {
        let set = |word| VersionSet::of_request(Request::parse(word)?);
        asked("/p", words, words.split(' ').filter_map(set).collect())
    }

    fn floor(words: &str) -> Asked {
        let version = Version::parse(words).expect("a version");
        asked("/p", words, VersionSet::at_least(version).into_iter().collect())
    }

    fn codes(pin: Option<&str>, floor_words: Option<&str>, files: &[(&str, &str)]) -> String {
        let statements: Vec<_> = files.iter().map(|(file, texts)| statement(file, texts)).collect();
        let (pin, floor) = (pin.map(self::pin), floor_words.map(floor));
        let problems = judge(&statements, pin.as_ref(), floor.as_ref());
        let word = |problem: &Problem| {
            let note = if problem.severity == Severity::Note { "?" } else { "" };
            format!("{}{note}", problem.code)
        };
        problems.iter().map(word).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn the_rules() {
        const FILE: &str = "/p/Dockerfile";
        for (pin, floor, said, expected) in [
            // a pin
            (Some("1.22"), None, "1.22", ""),
            (Some("1.22"), None, "1.22.x", ""),
            (Some("1.22"), None, "1.22.3", ""),
            (Some("1.22.3"), None, "1.22", ""),
            (Some("1.22.3"), None, "1.22.4", "drift"),
            (Some("1.22"), None, "1.21", "drift"),
            (Some("1.22"), None, "1.23", "drift"),
            (Some("1.22"), None, "^1.21", ""),
            (Some("1.22"), None, ">=1.23", "drift"),
            // one for each distro
            (Some("1.22 1.21"), None, "1.21", ""),
            (Some("1.22 1.21"), None, "1.20", "drift"),
            // a name, which may be anything
            (Some("work"), None, "1.20", ""),
            // a matrix
            (Some("1.22"), None, "1.21 1.22 1.23", ""),
            (Some("1.22"), None, "1.21 1.23", "drift"),
            (Some("1.22"), Some("1.22"), "1.21 1.22 1.23", "below-floor"),
            (Some("1.22"), None, "1.21 stable", "moving-version?"),
            // go.mod
            (None, Some("1.22"), "1.22", ""),
            (None, Some("1.22"), "1.23", ""),
            (None, Some("1.22"), "1.21", "below-floor"),
            (None, Some("1.22.5"), "1.22", ""),
            (None, Some("1.22.5"), "1.22.4", "below-floor"),
            (Some("1.22"), Some("1.22"), "1.21", "drift"),
            // what cannot be told
            (Some("1.22"), Some("1.22"), "stable", "moving-version?"),
            (Some("1.22"), Some("1.22"), "$X", "not-evaluated?"),
            (None, None, "1.20", ""),
        ] {
            assert_eq!(codes(pin, floor, &[(FILE, said)]), expected, "{pin:?} {floor:?} {said}");
        }
    }

    #[test]
    fn several_files() {
        let (one, two) = (("/p/Dockerfile", "1.22"), ("/p/.github/workflows/ci.yml", "1.23"));
        assert_eq!(codes(None, Some("1.22"), &[one, two]), "unpinned?");
        assert_eq!(codes(Some("1.22"), None, &[one, two]), "drift");
        assert_eq!(codes(Some("1.24"), None, &[one, two]), "drift drift");
        assert_eq!(codes(None, None, &[one, ("/p/x", "1.22.3"), ("/p/y", "1.21 1.23")]), "");
        // What lies above belongs to others too.
        assert_eq!(codes(Some("1.22"), None, &[("/ci.yml", "1.21")]), "drift?");
        assert_eq!(codes(None, Some("1.22"), &[("/pp/x", "1.21")]), "below-floor?");
    }
}
