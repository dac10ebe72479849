//! What WSL calls a distro.
//!
//! A shell that Windows has started has it in `WSL_DISTRO_NAME`; under `sudo`, and in what systemd or cron start, nobody
//! has (<https://github.com/microsoft/WSL/issues/9719>). WSL's first process carries it as its name, which the kernel cuts
//! to 15 bytes. What these say is for people to read: anybody can set a variable.

use alloc::format;
use alloc::string::String;

use crate::machine::{Follow, Machine};
use crate::path::{self, Bytes};
use crate::text::{known_text, split};
use crate::variables::{self, Variables};

use super::process;

/// The kernel's `TASK_COMM_LEN`, without the NUL.
const LONGEST_PROCESS_NAME: usize = 15;
const PROCESS_NAME_LIMIT: usize = 64;
const ENVIRONMENT_LIMIT: usize = 256 * 1024;
const VARIABLE: &[u8] = b"WSL_DISTRO_NAME=";

/// A name, and where it is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Name {
    /// It, or its beginning: of the bytes that WSL allows in one (`^[a-zA-Z0-9._-]+$`).
    pub text: &'static str,
    /// Where it stands.
    pub source: NameSource,
    /// Whether more may follow, that the kernel has cut off.
    pub is_cut: bool,
}

/// Where a name stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameSource {
    /// `WSL_DISTRO_NAME` of this process.
    Environment,
    /// The name of WSL's own first process.
    Init,
    /// The name of WSL's own process beside systemd.
    InitSystemd,
    /// `WSL_DISTRO_NAME` of a process above, of this number.
    Ancestor(u32),
}

impl NameSource {
    /// It in words: a variable, or a file.
    pub fn detail(self) -> String {
        match self {
            Self::Environment => String::from("WSL_DISTRO_NAME"),
            Self::Init => String::from("/proc/1/comm"),
            Self::InitSystemd => String::from("/proc/2/comm"),
            Self::Ancestor(number) => format!("/proc/{number}/environ"),
        }
    }
}

/// Whether this is a name WSL would give a distro.
pub fn is_valid(text: &[u8]) -> bool {
    let is_allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b"._-".contains(byte);
    !text.is_empty() && text.iter().all(is_allowed)
}

/// Looks for a name; a whole one anywhere is better than the beginning of one.
pub(super) fn find<M: Machine>(machine: &M, variables: &Variables) -> Option<Name> {
    let of_init = of_init(machine);
    of_environment(variables)
        .or_else(|| of_init.filter(|name| !name.is_cut))
        .or_else(|| of_ancestors(machine))
        .or(of_init)
}

fn of_environment(variables: &Variables) -> Option<Name> {
    let text = variables.get(variables::Name::WslDistroName).filter(|name| is_valid(name))?;
    Some(Name { text: known_text(text), source: NameSource::Environment, is_cut: false })
}

/// `init(Debian)`, or with systemd the process beside it, `init-systemd(Debian)`: there the kernel leaves two letters.
fn of_init<M: Machine>(machine: &M) -> Option<Name> {
    let read = |file: &[u8], prefix: &[u8], source| {
        let file = machine.read_file(None, file, PROCESS_NAME_LIMIT).ok()?;
        let name = file.content.strip_suffix(b"\n").unwrap_or(file.content);
        let text = name.strip_prefix(prefix)?;
        let (text, is_cut) = match text.strip_suffix(b")") {
            Some(whole) => (whole, false),
            None if name.len() >= LONGEST_PROCESS_NAME => (text, true),
            None => return None,
        };
        is_valid(text).then(|| Name { text: known_text(text), source, is_cut })
    };
    read(b"/proc/1/comm", b"init(", NameSource::Init)
        .or_else(|| read(b"/proc/2/comm", b"init-systemd(", NameSource::InitSystemd))
}

/// Processes of another user are passed over: their environment is theirs.
fn of_ancestors<M: Machine>(machine: &M) -> Option<Name> {
    process::ancestors(machine).find_map(|(number, directory)| {
        let owner = machine.metadata(None, directory, Follow::Links).ok()?.owner;
        if owner != machine.effective_user() {
            return None;
        }
        let file = path::concat(&[directory, b"/environ"]);
        let environment = machine.read_file(None, file, ENVIRONMENT_LIMIT).ok()?.content;
        let text = in_environment(environment)?;
        Some(Name { text, source: NameSource::Ancestor(number), is_cut: false })
    })
}

fn in_environment(environment: Bytes) -> Option<&'static str> {
    let value = split(environment, b'\0').find_map(|entry| entry.strip_prefix(VARIABLE))?;
    is_valid(value).then(|| known_text(value))
}
