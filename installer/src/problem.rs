//! What `check` and `doctor` find: one form for both, with the evidence and the command that mends it.

use std::fmt;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

/// Something that is wrong, or worth knowing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// What kind it is: a word of a closed set, each with its paragraph in the book.
    pub code: &'static str,
    /// Whether it counts.
    pub severity: Severity,
    /// What is wrong: lower case, no period.
    pub message: String,
    /// Where that can be seen.
    pub evidence: Vec<Evidence>,
    /// The command that mends it, where there is one.
    pub fix: Option<String>,
}

/// Whether a finding makes a command fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Something does not work, or will not: exit status 1.
    Problem,
    /// Nothing fails because of it.
    Note,
}

/// Where a problem can be seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// The file, where it is one.
    pub file: Option<PathBuf>,
    /// The line in it, from 1.
    pub line: Option<usize>,
    /// What stands there, or what was seen.
    pub text: String,
}

impl Problem {
    /// Something that is wrong, of which nothing else is known yet.
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { code, severity: Severity::Problem, message, evidence: Vec::new(), fix: None }
    }

    /// Something worth knowing.
    pub fn note(code: &'static str, message: impl Into<String>) -> Self {
        Self { severity: Severity::Note, ..Self::new(code, message) }
    }

    /// Adds where it can be seen.
    #[must_use]
    pub fn seen(mut self, evidence: Evidence) -> Self {
        self.evidence.push(evidence);
        self
    }

    /// Says which command mends it.
    #[must_use]
    pub fn fixed_by(mut self, command: impl Into<String>) -> Self {
        self.fix = Some(command.into());
        self
    }
}

impl Evidence {
    /// A line of a file.
    pub fn line(file: impl AsRef<Path>, line: usize, text: impl Into<String>) -> Self {
        Self { file: Some(file.as_ref().to_owned()), line: Some(line), text: text.into() }
    }

    /// A file.
    pub fn file(file: impl AsRef<Path>, text: impl Into<String>) -> Self {
        Self { file: Some(file.as_ref().to_owned()), line: None, text: text.into() }
    }

    /// A variable with its value, an answer of the system, or what else has no file.
    pub fn value(text: impl Into<String>) -> Self {
        Self { file: None, line: None, text: text.into() }
    }
}

impl fmt::Display for Evidence {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.file {
            write!(formatter, "{}:", file.display())?;
            if let Some(line) = self.line {
                write!(formatter, "{line}:")?;
            }
            formatter.write_str(" ")?;
        }
        formatter.write_str(&self.text)
    }
}

/// A path that is not UTF-8 has U+FFFD for what is not, and `file_b64` beside it with its exact bytes: whatever a path
/// is, what is wrong can be told.
impl Serialize for Evidence {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        let file = self.file.as_ref().map(|file| file.to_string_lossy());
        map.serialize_entry("file", &file)?;
        if let Some(file) = self.file.as_ref().filter(|file| file.to_str().is_none()) {
            map.serialize_entry("file_b64", &STANDARD.encode(file.as_os_str().as_bytes()))?;
        }
        map.serialize_entry("line", &self.line)?;
        map.serialize_entry("text", &self.text)?;
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;

    use super::*;

    #[test]
    fn any_path_can_be_told() {
        let json = |file: &[u8]| {
            serde_json::to_string(&Evidence::file(OsStr::from_bytes(file), "x")).expect("JSON")
        };
        assert_eq!(json(b"/p"), r#"{"file":"/p","line":null,"text":"x"}"#);
        let expected =
            "{\"file\":\"/p\u{fffd}\",\"file_b64\":\"L3D/\",\"line\":null,\"text\":\"x\"}";
        assert_eq!(json(b"/p\xff"), expected);
    }

    #[test]
    fn evidence_is_shown_as_compilers_do() {
        for (evidence, expected) in [
            (Evidence::line("/p/go.mod", 3, "go 1.22"), "/p/go.mod:3: go 1.22"),
            (Evidence::file("/proc", "not mounted"), "/proc: not mounted"),
            (Evidence::value("GOROOT=/usr/lib/go"), "GOROOT=/usr/lib/go"),
        ] {
            assert_eq!(evidence.to_string(), expected);
        }
    }
}
