//! The files by which a project asks for a Go: `.gowr.yaml`, `.go-version`, `.tool-versions`.
//!
//! They are inert by grammar: a version, a name this user registered, or `system`, and nothing else.

mod choice;
mod foreign;

pub use crate::user_file::{Error, SIZE_LIMIT};
pub use choice::Choice;

use crate::path::keep_text;
use crate::user_file;
use alloc::vec::Vec;

/// What one file asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pin {
    /// Never empty; the first that is installed wins.
    pub choices: &'static [Choice],
    /// The line of the first choice, counted from 1.
    pub line: u32,
    /// That line, without white space around it.
    pub text: &'static str,
    /// What is asked for, as written; several choices are separated by blanks.
    pub request: &'static str,
}

/// A kind of pin file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// gowr's own.
    GowrYaml,
    /// That of goenv and many others.
    GoVersion,
    /// That of asdf and mise.
    ToolVersions,
}

impl Form {
    /// In order of precedence within one directory.
    pub const ALL: [Self; 3] = [Self::GowrYaml, Self::GoVersion, Self::ToolVersions];

    /// The name a file of this kind has.
    pub const fn file_name(self) -> &'static str {
        match self {
            Self::GowrYaml => ".gowr.yaml",
            Self::GoVersion => ".go-version",
            Self::ToolVersions => ".tool-versions",
        }
    }
}

/// The names by which an entry of `distros:` may mean this distro.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DistroNames<'a> {
    /// `ID`: `alpine`.
    pub id: &'a str,
    /// The key: `alpine-3.23`.
    pub key: &'a str,
    /// `ID` and the whole `VERSION_ID`, where there is one: `alpine-3.23.2`.
    pub id_and_version: Option<&'a str>,
}

impl DistroNames<'_> {
    /// The entry with the longest name among these; case does not count, as `ID=Deepin` exists.
    pub fn choose<T>(&self, entries: impl IntoIterator<Item = (impl AsRef<str>, T)>) -> Option<T> {
        let names = [Some(self.id), Some(self.key), self.id_and_version];
        let mut best = None;
        let mut longest = 0;
        for (name, entry) in entries {
            let name = name.as_ref();
            let is_ours = names.iter().flatten().any(|ours| ours.eq_ignore_ascii_case(name));
            if is_ours && name.len() > longest {
                longest = name.len();
                best = Some(entry);
            }
        }
        best
    }
}

/// Reads a pin file of up to [`SIZE_LIMIT`] bytes, of which the caller gives one more where there are more.
///
/// None where the file is no pin: a `.tool-versions` for other languages, a `.gowr.yaml` without an entry for
/// this distro, a `.go-version` with nothing but comments. Whoever looks for a pin walks on then.
pub fn parse(form: Form, content: &[u8], distro: &DistroNames<'_>) -> Result<Option<Pin>, Error> {
    match form {
        Form::GowrYaml => gowr_yaml(content, distro),
        Form::GoVersion => foreign::go_version(user_file::text(content, "is too large for a pin")?),
        Form::ToolVersions => {
            foreign::tool_versions(user_file::text(content, "is too large for a pin")?)
        }
    }
}

fn gowr_yaml(content: &[u8], distro: &DistroNames<'_>) -> Result<Option<Pin>, Error> {
    let document = user_file::document(content, "is too large for a pin")?;
    let mut plain = None;
    let mut distros = Vec::new();
    for (key, value) in &document.entries {
        match key.text {
            "format" => {}
            "go" => {
                let value = user_file::scalar(key, value)?;
                plain = Some((value, Choice::of(value)?));
            }
            "distros" => {
                for (name, value) in user_file::map(key, value)? {
                    // Each is judged on every distro: a file is right or wrong everywhere.
                    distros.push((name.text, (value, Choice::of(value)?)));
                }
            }
            _ => user_file::unknown_key(key, &["distros", "format", "go"])?,
        }
    }
    Ok(distro.choose(distros).or(plain).map(|(scalar, choice)| Pin {
        choices: Vec::from([choice]).leak(),
        line: scalar.line,
        text: keep_text(scalar.source.trim_ascii()),
        request: keep_text(scalar.text),
    }))
}

#[cfg(test)]
mod tests;
