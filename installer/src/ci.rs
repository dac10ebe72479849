//! Files by which servers check that a project gets the same Go in every distro.

use std::fs;
use std::path::Path;

use crate::atomic::{self, NewFile};
use crate::error::{During, Error};

/// Where GitHub looks for workflows, and what gowr's is called there.
pub const GITHUB_FILE: &str = ".github/workflows/gowr.yml";

/// Containers that differ in what matters here: C library, age, family.
pub const IMAGES: [&str; 4] = ["debian:12", "ubuntu:22.04", "alpine:3.19", "fedora:44"];

/// What a workflow runs after the check.
pub const COMMAND: &str = "go build ./...";

const GITHUB: &str = include_str!("ci/github.yml");

/// A workflow of GitHub's that is to be written.
#[derive(Clone, Copy, Debug)]
pub struct Workflow<'a> {
    /// The containers to check in.
    pub images: &'a [String],
    /// A command to run in each of them.
    pub command: &'a str,
    /// Where gowr's source is.
    pub source: Source<'a>,
}

/// Where gowr's source is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source<'a> {
    /// In the repository that the workflow is for: gowr's own.
    Here,
    /// In this one of GitHub's, `owner/name`.
    Repository(&'a str),
}

impl<'a> Source<'a> {
    /// Parses `.`, or `owner/name` or its address.
    pub fn parse(text: &'a str) -> Option<Self> {
        if text == "." {
            return Some(Self::Here);
        }
        let name = text.strip_prefix("https://github.com/").unwrap_or(text);
        let (owner, repository) = name.split_once('/')?;
        let is_word = |word: &str| {
            let is_safe =
                |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
            !word.is_empty() && !word.starts_with('.') && word.bytes().all(is_safe)
        };
        (is_word(owner) && is_word(repository)).then_some(Self::Repository(name))
    }
}

impl Workflow<'_> {
    /// The text of the workflow.
    ///
    /// What is put into it must have passed [`is_image`], [`is_command`] and [`Source::parse`].
    pub fn text(&self) -> String {
        let matrix: Vec<_> = self
            .images
            .iter()
            .map(|image| {
                let name = image.replace(['/', ':', '@'], "-");
                format!("          - image: '{image}'\n            name: '{name}'")
            })
            .collect();
        let text = match self.source {
            Source::Here => GITHUB.replace("@CHECKOUT@\n", ""),
            Source::Repository(name) => {
                GITHUB.replace("@CHECKOUT@", &format!("          repository: {name}"))
            }
        };
        text.replace("@MATRIX@", &matrix.join("\n")).replace("@COMMAND@", &quoted(self.command))
    }
}

/// Whether a text is the name of a container's image, and nothing else in YAML or a shell.
pub fn is_image(text: &str) -> bool {
    let is_safe = |byte: u8| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'/' | b':' | b'@')
    };
    text.len() <= 255
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.bytes().all(is_safe)
}

/// Whether a text is a command of one line.
pub fn is_command(text: &str) -> bool {
    !text.trim().is_empty() && !text.chars().any(char::is_control)
}

/// Writes a workflow, and the directories above it. A file that says something else stays, unless `force` is given.
///
/// Says whether anything was written.
pub fn write(file: &Path, text: &str, force: bool) -> Result<bool, Error> {
    match fs::read(file) {
        Ok(old) if old == text.as_bytes() => return Ok(false),
        Ok(_) if !force => {
            let message = format!("{} is there already, and says something else", file.display());
            return Err(Error::Refused {
                message,
                fix: Some(String::from("gowr ci github --force")),
            });
        }
        Ok(_) => {}
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let directory = atomic::parent(file);
            fs::create_dir_all(directory).during("create the directory", directory)?;
        }
        Err(error) => return Err(error).during("read", file),
    }
    atomic::replace_file(file, text.as_bytes(), NewFile::Plain)?;
    Ok(true)
}

/// A scalar of YAML in single quotes, where plain it could be something else.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(command: &str, source: Source<'_>) -> String {
        let images = IMAGES.map(String::from);
        Workflow { images: &images, command, source }.text()
    }

    #[test]
    fn nothing_is_left_of_the_template() {
        for source in [Source::Here, Source::Repository("o/n")] {
            let text = text("go test ./... # 'x'", source);
            assert!(!text.contains("@C") && !text.contains("@M"), "{text}");
            for event in granit_parser::Parser::new_from_str(&text) {
                event.expect("YAML");
            }
            assert_eq!(text.contains("repository: o/n\n"), source != Source::Here);
            assert!(
                text.contains(
                    "          - image: 'alpine:3.19'\n            name: 'alpine-3.19'\n"
                )
            );
            assert!(text.contains("- run: 'go test ./... # ''x'''\n"));
        }
    }

    #[test]
    fn what_may_be_put_into_a_workflow() {
        for image in ["debian:12", "ghcr.io/a/b@sha256:0", "localhost:5000/x_y"] {
            assert!(is_image(image), "{image}");
        }
        for image in ["", "-x", "a b", "a'b", "a\nb", "$x", "a,b", "ä"] {
            assert!(!is_image(image), "{image}");
        }
        assert!(is_command("go vet ./... && 'x'") && !is_command(" ") && !is_command("a\nb"));
        for (text, expected) in [
            (".", Some(Source::Here)),
            ("gowr/gowr", Some(Source::Repository("gowr/gowr"))),
            ("https://github.com/o/n.x", Some(Source::Repository("o/n.x"))),
            ("https://example.com/o/n", None),
            ("o", None),
            ("o/n: x", None),
            ("../x", None),
        ] {
            assert_eq!(Source::parse(text), expected, "{text}");
        }
    }

    #[test]
    fn a_file_of_others_stays() {
        let directory = tempfile::tempdir().expect("a directory");
        let file = directory.path().join("a/b/x.yml");
        assert!(write(&file, "1", false).expect("written"));
        assert!(!write(&file, "1", false).expect("the same"));
        let error = write(&file, "2", false).expect_err("another");
        assert_eq!(error.fix().as_deref(), Some("gowr ci github --force"));
        assert_eq!(fs::read_to_string(&file).expect("text"), "1");
        assert!(write(&file, "2", true).expect("written"));
        assert_eq!(fs::read_to_string(&file).expect("text"), "2");
    }
}
