//! What the files of a project say about its Go, each with its line.

use std::path::{Path, PathBuf};

use resolver::version::Request;
use serde::Serialize;

use super::version_set::VersionSet;
use crate::problem::Evidence;

/// A line is shown as far as this.
const LONGEST_TEXT: usize = 120;

/// A kind of file that names a Go version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// `.gowr.yaml`, `.go-version` or `.tool-versions`.
    Pin,
    /// A Dockerfile or Containerfile.
    Dockerfile,
    /// A workflow of GitHub Actions.
    GithubWorkflow,
    /// `.gitlab-ci.yml`.
    GitlabCi,
    /// `devcontainer.json`.
    Devcontainer,
    /// mise's configuration.
    Mise,
}

/// One place in one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// What kind of file it is.
    pub kind: Kind,
    /// The file.
    pub file: PathBuf,
    /// Never empty. Several stand side by side: a matrix, of which each is built.
    pub choices: Vec<Choice>,
}

/// One version that is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The line, from 1.
    pub line: usize,
    /// What stands there, fit to be shown.
    pub text: String,
    /// What it asks for.
    pub wanted: Wanted,
}

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// One of these versions.
    Versions(VersionSet),
    /// Whatever is newest when it is looked at: `stable`, `latest`, an image without a version.
    Moving,
    /// What can only be told where it is used: an input, a registered name.
    Unknown,
}

impl Wanted {
    /// A version or range as setup-go and others of the kind read it.
    pub(super) fn of_range(text: &str) -> Self {
        match text.trim() {
            "stable" | "oldstable" | "latest" | "lts" | "tip" | "none" | "system" => Self::Moving,
            text => VersionSet::of_range(text).map_or(Self::Unknown, Self::Versions),
        }
    }

    /// What a pin asks for.
    pub(super) fn of_request(request: Request) -> Self {
        VersionSet::of_request(request).map_or(Self::Unknown, Self::Versions)
    }
}

impl Choice {
    /// One version that stands in this line.
    pub(super) fn new(line: usize, text: &str, wanted: Wanted) -> Self {
        Self { line, text: fit_to_show(text), wanted }
    }

    /// Where it can be seen.
    pub(super) fn evidence(&self, file: &Path) -> Evidence {
        Evidence::line(file, self.line, &self.text)
    }
}

/// A stranger's line on one line, without what a terminal would obey.
pub(super) fn fit_to_show(text: &str) -> String {
    let is_hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let mut shown: String = text
        .trim()
        .chars()
        .take(LONGEST_TEXT)
        .map(|c| {
            if c == '\t' {
                ' '
            } else if is_hidden(c) {
                '\u{fffd}'
            } else {
                c
            }
        })
        .collect();
    if text.trim().chars().nth(LONGEST_TEXT).is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_strangers() {
        assert_eq!(fit_to_show("\tFROM\tx\u{1b}[31m\r"), "FROM x\u{fffd}[31m");
        assert_eq!(fit_to_show(&"ä".repeat(200)), "ä".repeat(120) + "…");
    }

    #[test]
    fn words_that_move() {
        assert_eq!(Wanted::of_range("stable"), Wanted::Moving);
        assert_eq!(Wanted::of_range("${{ inputs.go }}"), Wanted::Unknown);
        assert!(matches!(Wanted::of_range("1.22"), Wanted::Versions(_)));
    }
}
