//! The first release that changes a result: a binary search that can be killed at any instant and goes on.
//!
//! All that was learned is in one file a project, replaced as a whole after each step ([`State::save`]). What to try next
//! follows from it alone ([`State::next`]), so that whoever comes after a kill goes on where it ended.

mod search;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use resolver::version::ToolchainName;
use ring::digest;
use serde::{Deserialize, Serialize};

use crate::atomic::{self, NewFile};
use crate::error::{During, Error};
use crate::lock::Lock;
use crate::store::create_directory;

pub use search::{Answer, Next};

/// The form of the file. A higher one is of a newer gowr.
const SCHEMA: u32 = 1;

/// What a command says of a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// As with the release that is good.
    Good,
    /// As with the release that is bad.
    Bad,
    /// It cannot be told with this release.
    Skip,
}

impl Verdict {
    /// What an exit status says, as with `git bisect run`; nothing where the search is to end.
    pub fn of_exit_status(status: i32) -> Option<Self> {
        match status {
            0 => Some(Self::Good),
            125 => Some(Self::Skip),
            1..=127 => Some(Self::Bad),
            _ => None,
        }
    }

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Bad => "bad",
            Self::Skip => "skip",
        }
    }
}

/// What is to be found out: the same question goes on where it was left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// The release, or the line, with which the command succeeds; as it was typed.
    pub good: String,
    /// The one with which it fails.
    pub bad: String,
    /// Whether prereleases are tried.
    pub prereleases: bool,
    /// Releases and lines that are passed over, as they were typed.
    pub skip: Vec<String>,
    /// The command. Bytes that are no text are replaced: this is to compare and to show, and not to run.
    pub command: Vec<String>,
}

/// One release that was tried.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// The release: `go1.22.3`.
    pub go: String,
    /// What came of it.
    pub verdict: Verdict,
    /// The exit status of the command; none where the release could not be tried.
    pub exit: Option<i32>,
    /// How long the command ran.
    pub seconds: f64,
    /// Why it could not be tried.
    pub reason: Option<String>,
}

/// All that is known of a search.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct State {
    schema: u32,
    /// What is to be found out.
    pub question: Question,
    /// The releases from the older end to the newer, both among them; fixed when the search begins.
    pub releases: Vec<String>,
    /// What must come of the older end.
    pub older: Verdict,
    /// What was tried, in this order.
    pub steps: Vec<Step>,
    /// What the search installs, each written down before it is installed.
    pub installed: Vec<String>,
    /// Whether the answer was given: the same question begins anew.
    pub is_told: bool,
}

/// The file in which a project's search is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateFile(PathBuf);

/// One search at a time in a project; over when this is dropped.
#[derive(Debug)]
#[expect(dead_code, reason = "held until it is dropped")]
pub struct Turn(Lock);

impl StateFile {
    /// The file for a project, in gowr's state directory.
    pub fn of_project(state: &Path, project: &Path) -> Self {
        let hash = digest::digest(&digest::SHA256, project.as_os_str().as_bytes());
        let hash = hash.as_ref()[..16].iter().fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        });
        Self(state.join("bisect").join(format!("{hash}.json")))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Takes this project's turn, or says who has it.
    pub fn take_turn(&self) -> Result<Turn, Error> {
        create_directory(atomic::parent(&self.0))?;
        let path = self.0.with_extension("lock");
        Lock::acquire_at_once(&path).map(Turn)
    }

    /// What is known, if a search was begun. A file that says nothing (another's, or of a newer gowr) is an error.
    pub fn read(&self) -> Result<Option<State>, Error> {
        let content = match fs::read(&self.0) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            content => content.during("read", &self.0)?,
        };
        let is_known = |state: &State| state.schema == SCHEMA && state.is_sound();
        match serde_json::from_slice(&content).ok().filter(is_known) {
            Some(state) => Ok(Some(state)),
            None => Err(Error::Refused {
                message: format!("{} is not the state of a search of this gowr", self.0.display()),
                fix: Some(String::from("gowr bisect --reset")),
            }),
        }
    }

    /// Forgets the search.
    pub fn forget(&self) -> Result<(), Error> {
        match fs::remove_file(&self.0) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(error).during("remove", &self.0)
            }
            _ => {
                atomic::sweep(&self.0);
                Ok(())
            }
        }
    }
}

impl State {
    /// A search that begins: `all` are the releases there are, in any order.
    ///
    /// Both ends are among the releases, though one be a prerelease and prereleases not wanted.
    pub fn new(
        question: Question,
        all: &[ToolchainName],
        good: ToolchainName,
        bad: ToolchainName,
    ) -> Result<Self, Error> {
        let good_to_bad = good.version().compare(bad.version());
        if good_to_bad.is_eq() {
            return Err(Error::Refused {
                message: format!("{good} cannot be both good and bad"),
                fix: Some(String::from("gowr list --remote")),
            });
        }
        let (first, last, older) = if good_to_bad.is_lt() {
            (good, bad, Verdict::Good)
        } else {
            (bad, good, Verdict::Bad)
        };
        let is_between = |name: &ToolchainName| {
            let version = name.version();
            version.compare(first.version()).is_gt()
                && version.compare(last.version()).is_lt()
                && !name.has_suffix()
                && (question.prereleases || !version.is_prerelease())
        };
        let mut releases: Vec<_> = all.iter().copied().filter(is_between).collect();
        releases.extend([first, last]);
        releases.sort_by(|left, right| left.version().compare(right.version()));
        releases.dedup();
        let releases = releases.into_iter().map(|name| name.as_str().to_owned()).collect();
        Ok(Self {
            schema: SCHEMA,
            question,
            releases,
            older,
            steps: Vec::new(),
            installed: Vec::new(),
            is_told: false,
        })
    }

    /// Writes it, whole.
    pub fn save(&self, file: &StateFile) -> Result<(), Error> {
        create_directory(atomic::parent(&file.0))?;
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        atomic::replace_file(&file.0, text.as_bytes(), NewFile::Plain)
    }

    /// What is to be done next.
    pub fn next(&self) -> Next {
        search::next(&self.verdicts(), self.older)
    }

    /// How many more releases will be tried at most, if none of them has to be skipped.
    pub fn remaining(&self) -> u32 {
        search::remaining(&self.verdicts(), self.older)
    }

    /// A release by its place among [`State::releases`].
    pub fn release(&self, index: usize) -> Option<ToolchainName> {
        ToolchainName::parse(self.releases.get(index)?)
    }

    fn verdicts(&self) -> Vec<Option<Verdict>> {
        let known: BTreeMap<_, _> =
            self.steps.iter().map(|step| (step.go.as_str(), step.verdict)).collect();
        self.releases.iter().map(|release| known.get(release.as_str()).copied()).collect()
    }

    fn is_sound(&self) -> bool {
        let is_name = |it: &String| ToolchainName::parse(it).is_some();
        self.releases.len() >= 2
            && self.older != Verdict::Skip
            && self.releases.iter().chain(&self.installed).all(is_name)
    }
}

#[cfg(test)]
mod tests;
