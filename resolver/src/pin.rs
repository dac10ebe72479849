//! The files by which a project asks for a Go: `.gowr.yaml`, `.go-version`, `.tool-versions`.
//!
//! They are inert by grammar: a version, a name this user registered, or `system`, and nothing else.

mod choice;
mod foreign;

pub use crate::user_file::{Error, SIZE_LIMIT};
pub use choice::Choice;

use crate::path::{Bytes, keep_value};
use crate::user_file;
use crate::yaml::Entry;

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
        let mut best = None;
        let mut longest = 0;
        for (name, entry) in entries {
            let rank = self.rank(name.as_ref());
            if rank > longest {
                longest = rank;
                best = Some(entry);
            }
        }
        best
    }

    /// How well an entry of this name means this distro: by its length, or not at all.
    fn rank(&self, name: &str) -> usize {
        let ours = [self.id, self.key, self.id_and_version.unwrap_or_default()];
        let is_ours = ours.iter().any(|ours| ours.eq_ignore_ascii_case(name));
        if is_ours { name.len() } else { 0 }
    }
}

/// Reads a pin file of up to [`SIZE_LIMIT`] bytes, of which the caller gives one more where there are more.
///
/// None where the file is no pin: a `.tool-versions` for other languages, a `.gowr.yaml` without an entry for
/// this distro, a `.go-version` with nothing but comments. Whoever looks for a pin walks on then.
pub fn parse(
    form: Form,
    content: Bytes,
    distro: &DistroNames<'_>,
) -> Result<Option<Pin>, &'static Error> {
    match form {
        Form::GowrYaml => gowr_yaml(content, distro),
        _ => foreign::parse(form, user_file::text(content, TOO_LARGE)?),
    }
}

const TOO_LARGE: &str = "is too large for a pin";

fn gowr_yaml(content: Bytes, distro: &DistroNames<'_>) -> Result<Option<Pin>, &'static Error> {
    let mut plain = None;
    let mut ours = None;
    let mut longest = 0;
    for entry in user_file::entries(content, TOO_LARGE)? {
        match (entry.parent, entry.key.text) {
            (Some("distros"), name) => {
                // Each is judged on every distro: a file is right or wrong everywhere.
                let pin = Pin::of(entry)?;
                let rank = distro.rank(name);
                if rank > longest {
                    longest = rank;
                    ours = Some(pin);
                }
            }
            (None, "go") => plain = Some(Pin::of(entry)?),
            (None, "distros") => user_file::no_value(entry)?,
            // All else with keys below it is `x-…`.
            (Some(_), _) | (None, "format") => {}
            (None, _) => user_file::unknown_key(&entry.key, &["distros", "format", "go"])?,
        }
    }
    Ok(ours.or(plain))
}

impl Pin {
    fn of(entry: &'static Entry<'static>) -> Result<Self, &'static Error> {
        let written = user_file::value(entry)?;
        let choice = keep_value(Choice::of(written)?);
        Ok(Self {
            choices: core::slice::from_ref(choice),
            line: written.line,
            text: written.source.trim_ascii(),
            request: written.text,
        })
    }
}

#[cfg(test)]
mod tests;
