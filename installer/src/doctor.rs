//! Finds what is wrong on this machine, as far as it concerns Go: never by running `go`, which may be what is broken.
//!
//! One file a theme, one function a check. Nothing is changed and no network is asked; what can be mended without asking
//! comes with a [`Mend`].

mod clock;
pub mod code;
mod drives;
mod environment;
mod go_env_causes;
mod go_env_file;
mod go_setting;
mod goland;
mod goroot;
mod goroot_links;
mod interop;
pub mod journal;
mod memory;
pub mod mend;
mod mounts;
mod path;
mod project;
mod share;
mod startup_files;
mod storage;
mod store;
mod toolchains;
mod tools;
pub mod warnings;
mod windows_path;
mod wsl_conf;
mod wslenv;

use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use resolver::failure::Failure;
use resolver::machine::{Follow, Kind, Machine, Metadata};
use resolver::path::Bytes;
use resolver::places::Places;
use resolver::resolution::Resolution;
use resolver::survey::Survey;
use resolver::variables::Variables;
use resolver::wsl::Wsl;

use crate::problem::{Evidence, Problem};
use crate::setup::User;
use crate::store::{Home, Key};
use crate::support_status::KnownReleases;
pub use code::Code;
use go_setting::GoEnvFile;
pub use mend::Mend;
use mounts::Mounts;
pub use path::{GoOnPath, go_on_path};
pub use share::code as code_of_share;
use wsl_conf::WslConfFile;

/// The command for what a [`Mend`] is there for.
const FIX: &str = "gowr doctor --fix";

/// What a plain `go` gets here, and what it was worked out from: what the warnings of `gowr which` are about.
pub struct View<'a, M: Machine> {
    /// The machine.
    pub machine: &'a M,
    /// The environment variables that gowr knows.
    pub variables: &'a Variables,
    /// This user's directories.
    pub places: &'a Places,
    /// Where the running `gowr` stands.
    pub program_directory: Bytes,
    /// The version that the `go` beside it says it has; none where there is none.
    pub proxy_version: Option<&'a str>,
    /// What was looked at; none where a configuration cannot be read.
    pub survey: Option<&'a Survey<'a, M>>,
    /// The choice.
    pub choice: Result<&'a Resolution, &'static Failure>,
}

/// What a trial run of the chosen `go` came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trial {
    /// It told its version.
    Ran,
    /// It failed with these words.
    Failed(String),
    /// It did not end in time.
    Hangs,
}

/// What a server said of the time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetworkTime {
    /// The server.
    pub server: String,
    /// The time it gave.
    pub time: SystemTime,
}

/// All that is examined.
pub struct Patient<'a, M: Machine> {
    /// The choice.
    pub view: View<'a, M>,
    /// The environment, where a name is not among gowr's own.
    pub variable: &'a dyn Fn(&str) -> Option<Bytes>,
    /// gowr's home, and the key of this userland.
    pub home: Option<(&'a Home, &'a Key)>,
    /// The releases that are known without asking anybody.
    pub releases: &'a KnownReleases,
    /// Whose shells are looked at.
    pub user: Option<&'a User>,
    /// Tries whether files below a directory can be locked.
    pub try_lock: &'a dyn Fn(&Path) -> io::Result<()>,
    /// Runs `go version` as the proxy would, with a limit of time and without a network. Asked for only where settings
    /// are there that no file can judge.
    pub try_go: &'a dyn Fn(&Resolution) -> Option<Trial>,
    /// What the clock says.
    pub now: SystemTime,
    /// What a server says, where one was asked.
    pub network_time: Option<NetworkTime>,
}

impl<M: Machine> Patient<'_, M> {
    /// A variable that is text and not empty.
    fn variable_text(&self, name: &str) -> Option<&'static str> {
        std::str::from_utf8((self.variable)(name)?).ok().filter(|value| !value.is_empty())
    }
}

/// One thing found, and what `--fix` would do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What is wrong.
    pub problem: Problem,
    /// How it is mended without asking, if it can be.
    pub mend: Option<Mend>,
}

impl From<Problem> for Finding {
    fn from(problem: Problem) -> Self {
        Self { problem, mend: None }
    }
}

impl Finding {
    fn mended_by(mut problem: Problem, mend: Mend) -> Self {
        problem.fix = Some(FIX.to_owned());
        Self { problem, mend: Some(mend) }
    }
}

/// All of one examination; what the checks share is read once.
struct Examination<'a, M: Machine> {
    patient: &'a Patient<'a, M>,
    go_env: Option<GoEnvFile>,
    mounts: Mounts,
    wsl: Option<Wsl>,
    /// None outside of WSL, and in a container, whose wsl.conf nobody reads.
    wsl_conf: Option<WslConfFile>,
}

/// Examines everything; what counts comes first.
pub fn examine<M: Machine>(patient: &Patient<'_, M>) -> Vec<Finding> {
    let view = &patient.view;
    let go_env = GoEnvFile::read(view.machine, view.places);
    let wsl = Wsl::detect(view.machine, view.variables);
    let mounts = Mounts::read(view.machine, wsl.is_some());
    let is_distro = wsl.is_some_and(|wsl| !wsl.is_container);
    let wsl_conf = is_distro.then(|| WslConfFile::read(view.machine));
    let examination = &Examination { patient, go_env, mounts, wsl, wsl_conf };
    let mut findings = [
        environment::check(examination),
        wslenv::check(examination).into_iter().collect(),
        go_env_file::check(examination),
        go_env_causes::check(examination),
        windows_path::check(examination),
        path::check(examination),
        project::check(examination),
        drives::check(examination),
        wsl_conf::check(examination),
        interop::check(examination).into_iter().collect(),
        clock::check(examination).into_iter().collect(),
        memory::check(examination).into_iter().collect(),
        toolchains::check(examination),
        tools::check(examination),
        storage::check(examination),
        store::check(examination),
        share::check(examination),
        goroot_links::check(examination),
        startup_files::check(examination),
        goland::check(examination).into_iter().collect(),
    ]
    .concat();
    findings.sort_by_key(|finding| finding.problem.severity);
    findings
}

impl<'a, M: Machine> Examination<'a, M> {
    fn view(&self) -> &'a View<'a, M> {
        &self.patient.view
    }

    fn metadata(&self, path: &[u8]) -> Option<Metadata> {
        self.patient.view.machine.metadata(None, path, Follow::Links).ok()
    }

    fn is_directory(&self, path: &[u8]) -> bool {
        self.metadata(path).is_some_and(|found| found.kind == Kind::Directory)
    }

    fn is_of_a_drive(&self, path: Bytes) -> bool {
        self.mounts.drive(self.patient.view.machine, path).is_some()
    }

    /// Whether this user may write there, as far as owner and mode tell.
    fn may_write(&self, found: &Metadata) -> bool {
        match self.patient.view.machine.effective_user() {
            0 => true,
            user if user == found.owner => found.mode & 0o200 != 0,
            _ => found.mode & 0o022 != 0,
        }
    }
}

fn problem(code: Code, message: impl Into<String>) -> Problem {
    Problem::new(code.as_str(), message)
}

fn note(code: Code, message: impl Into<String>) -> Problem {
    Problem::note(code.as_str(), message)
}

fn file_line(file: &[u8], line: u32, text: &[u8]) -> Evidence {
    Evidence::line(to_path(file), line as usize, printable(text))
}

/// The text of a stranger's bytes, on one line and without characters that steer a terminal.
fn printable(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    text.trim()
        .chars()
        .map(|it| if it.is_control() { char::REPLACEMENT_CHARACTER } else { it })
        .collect()
}

fn to_path(bytes: &[u8]) -> PathBuf {
    PathBuf::from(OsStr::from_bytes(bytes))
}

fn shown(path: &[u8]) -> String {
    String::from_utf8_lossy(path).into_owned()
}

#[cfg(test)]
mod tests;
