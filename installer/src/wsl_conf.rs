//! `/etc/wsl.conf`, by which a distro tells WSL how it is to be started: read as WSL reads it, and changed without a trace
//! of anything else.

pub mod automount;
pub mod document;
pub mod edit;
pub mod mend;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use crate::error::Error;
use automount::Options;
use document::{Document, Entry, Stop};
use edit::Refusal;

/// Where it is.
pub const PATH: &str = "/etc/wsl.conf";

/// All that WSL knows (`src/linux/init/WslDistributionConfig.cpp` in its source); what else stands in the file it skips.
const KNOWN: [&str; 25] = [
    "automount.enabled",
    "automount.root",
    "automount.options",
    "automount.mountFsTab",
    "automount.ldconfig",
    "automount.cgroups",
    "filesystem.umask",
    "interop.enabled",
    "interop.appendWindowsPath",
    "network.generateHosts",
    "network.generateResolvConf",
    "network.hostname",
    "time.useWindowsTimezone",
    "fileServer.enabled",
    "fileServer.logFile",
    "fileServer.logLevel",
    "fileServer.logTruncate",
    "gpu.enabled",
    "gpu.appendLibPath",
    "user.default",
    "boot.command",
    "boot.systemd",
    "boot.initTimeout",
    "boot.protectBinfmt",
    "general.guiApplications",
];

/// Names closer than this to a known one are taken for it, from 0 to 1.
const SIMILAR: f64 = 0.8;

/// A value, and whether the file says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting<T> {
    /// What counts.
    pub value: T,
    /// The line that says so, from 1; none for what WSL does by itself.
    pub line: Option<u32>,
}

/// The drives of Windows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Automount {
    /// Whether they are mounted.
    pub enabled: Setting<bool>,
    /// Below which directory; it ends in `/`. What WSL's distros share is mounted there, too.
    pub root: Setting<String>,
    /// How.
    pub options: Setting<Options>,
}

/// The programs of Windows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interop {
    /// Whether they can be run.
    pub enabled: Setting<bool>,
    /// Whether their directories are put on PATH.
    pub append_windows_path: Setting<bool>,
}

/// How the distro starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Boot {
    /// Whether systemd is PID 1.
    pub systemd: Setting<bool>,
    /// What a shell runs, as root.
    pub command: Setting<Option<String>>,
}

/// What matters to Go in a wsl.conf.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WslConf {
    /// `[automount]`.
    pub automount: Automount,
    /// `[interop]`.
    pub interop: Interop,
    /// `[boot]`.
    pub boot: Boot,
    /// `[user] default`.
    pub default_user: Setting<Option<String>>,
    /// What is not as its writer will have meant it, in the order of the lines.
    pub warnings: Vec<Warning>,
}

/// Something WSL does not say, or says where nobody sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// The line, from 1.
    pub line: u32,
    /// What.
    pub kind: WarningKind,
}

/// What is not as its writer will have meant it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WarningKind {
    /// WSL reads no further.
    Stopped(document::Reason),
    /// A carriage return: older releases of WSL stop there (<https://github.com/microsoft/WSL/issues/12502>).
    CarriageReturns,
    /// The key stands further up, and that one counts, whatever it says.
    Duplicate {
        /// The key: `boot.systemd`.
        key: String,
        /// Where it stands first.
        first: u32,
    },
    /// WSL skips it.
    Unknown {
        /// The key as written.
        key: String,
        /// What may be meant.
        suggestion: Option<&'static str>,
    },
    /// Neither `true` nor `false`, `1` nor `0`: what WSL does by itself counts.
    NotABoolean {
        /// The key.
        key: String,
        /// What it says.
        value: String,
    },
}

impl std::fmt::Display for WarningKind {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Stopped(reason) => write!(formatter, "WSL reads no further: {reason}"),
            Self::CarriageReturns => write!(
                formatter,
                "the lines end as those of Windows do, and older releases of WSL stop to read at the first one"
            ),
            Self::Duplicate { key, first } => {
                write!(formatter, "{key} stands in line {first}, too, and that one counts")
            }
            Self::Unknown { key, suggestion } => {
                write!(formatter, "WSL knows no {key} and skips it")?;
                match suggestion {
                    Some(suggestion) => write!(formatter, "; it knows {suggestion}"),
                    None => Ok(()),
                }
            }
            Self::NotABoolean { key, value } => {
                write!(formatter, "{key} is neither true nor false: {}", value.escape_debug())
            }
        }
    }
}

impl Default for WslConf {
    /// What WSL does without a file.
    fn default() -> Self {
        Self::parse(b"")
    }
}

impl WslConf {
    /// Reads a file. Nothing is an error: WSL starts with whatever it could read.
    pub fn parse(content: &[u8]) -> Self {
        let document = Document::parse(content);
        let mut warnings = Vec::new();
        for entry in &document.entries {
            warnings.extend(doubts(&document, entry));
        }
        if let Some(Stop { line, reason }) = document.stop {
            warnings.push(Warning { line, kind: WarningKind::Stopped(reason) });
        }
        let first_return = content.iter().position(|byte| *byte == b'\r');
        let read = |at: usize| document.stop.is_none_or(|stop| line_of(content, at) <= stop.line);
        if let Some(at) = first_return.filter(|at| read(*at)) {
            let line = line_of(content, at);
            warnings.push(Warning { line, kind: WarningKind::CarriageReturns });
        }
        let mut reader = Reader { document: &document, warnings };
        let automount = Automount {
            enabled: reader.boolean("automount.enabled", true),
            root: reader.text("automount.root", |root| {
                let root = root.unwrap_or_else(|| String::from("/mnt/"));
                if root.ends_with('/') { root } else { root + "/" }
            }),
            options: reader
                .text("automount.options", |text| Options::parse(&text.unwrap_or_default())),
        };
        let interop = Interop {
            enabled: reader.boolean("interop.enabled", true),
            append_windows_path: reader.boolean("interop.appendWindowsPath", true),
        };
        let boot = Boot {
            systemd: reader.boolean("boot.systemd", false),
            command: reader.text("boot.command", |command| command),
        };
        let default_user = reader.text("user.default", |user| user);
        let mut warnings = reader.warnings;
        warnings.sort_by_key(|warning| warning.line);
        Self { automount, interop, boot, default_user, warnings }
    }
}

struct Reader<'a> {
    document: &'a Document,
    warnings: Vec<Warning>,
}

impl Reader<'_> {
    fn boolean(&mut self, key: &str, otherwise: bool) -> Setting<bool> {
        let Some(entry) = self.document.first(key) else {
            return Setting { value: otherwise, line: None };
        };
        if let Some(value) = boolean(&entry.value) {
            return Setting { value, line: Some(entry.line) };
        }
        let value = String::from_utf8_lossy(&entry.value).into_owned();
        let kind = WarningKind::NotABoolean { key: key.to_owned(), value };
        self.warnings.push(Warning { line: entry.line, kind });
        Setting { value: otherwise, line: None }
    }

    fn text<T>(&self, key: &str, meaning: impl Fn(Option<String>) -> T) -> Setting<T> {
        let entry = self.document.first(key);
        let text = entry.map(|entry| String::from_utf8_lossy(&entry.value).into_owned());
        Setting { value: meaning(text), line: entry.map(|entry| entry.line) }
    }
}

fn boolean(value: &[u8]) -> Option<bool> {
    let is = |word: &[u8]| value.eq_ignore_ascii_case(word);
    match () {
        () if is(b"true") || is(b"1") => Some(true),
        () if is(b"false") || is(b"0") => Some(false),
        () => None,
    }
}

/// What is to be said of a key, whatever its value.
fn doubts(document: &Document, entry: &Entry) -> Option<Warning> {
    let first = document.first(&entry.name)?;
    let kind = if !KNOWN.iter().any(|known| entry.is(known)) {
        let suggestion = suggestion(&entry.name);
        WarningKind::Unknown { key: entry.name.clone(), suggestion }
    } else if first.whole != entry.whole {
        WarningKind::Duplicate { key: entry.name.clone(), first: first.line }
    } else {
        return None;
    };
    Some(Warning { line: entry.line, kind })
}

/// The known key that is meant: the same one of another section, else one that is spelled nearly so.
fn suggestion(name: &str) -> Option<&'static str> {
    let key = |name: &str| name.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    let mut namesakes = KNOWN.into_iter().filter(|known| key(known) == key(name));
    if let (Some(known), None) = (namesakes.next(), namesakes.next()) {
        return Some(known);
    }
    let name = name.to_ascii_lowercase();
    let likeness =
        |known: &str| strsim::normalized_damerau_levenshtein(&known.to_ascii_lowercase(), &name);
    KNOWN
        .into_iter()
        .map(|known| (likeness(known), known))
        .filter(|(likeness, _)| *likeness >= SIMILAR)
        .max_by(|one, other| one.0.total_cmp(&other.0))
        .map(|(_, known)| known)
}

fn line_of(content: &[u8], at: usize) -> u32 {
    let lines = content[..at].split(|byte| *byte == b'\n').count();
    u32::try_from(lines).unwrap_or(u32::MAX)
}

/// The file below the root of a file system.
pub(crate) fn file_below(root: &Path) -> PathBuf {
    root.join(PATH.trim_start_matches('/'))
}

/// Says why a key of a file cannot be changed.
pub(crate) fn refused(file: &Path, name: &str, refusal: Refusal) -> Error {
    match refusal {
        Refusal::Unread(Stop { line, reason }) => Error::Refused {
            message: format!(
                "WSL would not read {name} in {}: it stops at line {line}, {reason}",
                file.display()
            ),
            fix: Some(crate::error::edit(file)),
        },
        Refusal::Value(byte) => Error::Refused {
            message: format!(
                "{name} in {} cannot hold the byte {byte:#04x}: WSL may read it as another",
                file.display()
            ),
            fix: None,
        },
    }
}
