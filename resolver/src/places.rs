//! Where things live for this process: gowr's home, the user's configuration and cache directories.

use crate::machine::{Follow, Kind, Machine};
use crate::path::{self, Bytes};
use crate::text::find_byte;
use crate::variables::{Name, Variables};

/// Links followed from a program's name to its file before giving up, as the kernel does.
const MAXIMUM_LINKS: usize = 40;

/// How gowr's home was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HomeSource {
    /// `GOWR_HOME`.
    Variable,
    /// The running program stands in its `bin`.
    Program,
    /// `$XDG_DATA_HOME/gowr` or `~/.local/share/gowr`.
    Default,
}

/// Directories of this user and this gowr. Paths are absolute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Places {
    /// gowr's home: `bin`, `toolchains`, `distros`, `links`. None without `HOME` and everything else.
    pub home: Option<Bytes>,
    /// How it was found.
    pub home_source: HomeSource,
    /// The directory of the running program's file, links resolved.
    pub program_directory: Option<Bytes>,
    /// The user's `gowr/config.yaml`.
    pub user_configuration: Option<Bytes>,
    /// Where caches go: `$XDG_CACHE_HOME` or `~/.cache`.
    pub cache: Option<Bytes>,
    /// The file of `go env -w` (`go env GOENV`).
    pub go_env: Option<Bytes>,
}

/// The system-wide configuration.
pub const SYSTEM_CONFIGURATION: &[u8] = b"/etc/gowr/config.yaml";

impl Places {
    /// Works them out from the environment and the running program's own path.
    pub fn find<M: Machine>(machine: &M, variables: &Variables) -> Self {
        let program_directory = program_directory(machine);
        let (home, home_source) = home(machine, variables, program_directory);
        let config = |file| below_user_directory(variables, Name::XdgConfigHome, b".config", file);
        let go_env = match variables.get(Name::GoEnv) {
            Some(b"off") => None,
            Some(file) => Some(file),
            None => config(b"go/env"),
        };
        Self {
            home,
            home_source,
            program_directory,
            user_configuration: config(b"gowr/config.yaml"),
            cache: below_user_directory(variables, Name::XdgCacheHome, b".cache", b""),
            go_env,
        }
    }

    /// A path below gowr's home.
    pub fn in_home(&self, name: &[u8]) -> Option<Bytes> {
        self.home.map(|home| path::join(home, name))
    }
}

/// A name in a directory of the XDG base directory specification. A relative value counts as none: Go refuses it with
/// words of its own, and nothing may hide them.
#[inline(never)]
fn below_user_directory(
    variables: &Variables,
    variable: Name,
    default: &[u8],
    name: &[u8],
) -> Option<Bytes> {
    let (directory, default) = match variables.get(variable) {
        Some(directory) => (path::is_absolute(directory).then_some(directory)?, &b""[..]),
        None => (variables.absolute_path(Name::Home)?, default),
    };
    let slash = |before: &[u8], after: &[u8]| {
        if before.is_empty() || after.is_empty() { b"" } else { path::slash_after(before) }
    };
    let middle = if default.is_empty() { directory } else { default };
    Some(path::concat(&[directory, slash(directory, default), default, slash(middle, name), name]))
}

fn home<M: Machine>(
    machine: &M,
    variables: &Variables,
    program_directory: Option<Bytes>,
) -> (Option<Bytes>, HomeSource) {
    if let Some(home) = variables.absolute_path(Name::GowrHome) {
        return (Some(home), HomeSource::Variable);
    }
    let above = program_directory.filter(|directory| path::file_name(directory) == b"bin");
    if let Some(above) = above.and_then(path::parent) {
        let toolchains = path::join(above, b"toolchains");
        let found = machine.metadata(None, toolchains, Follow::Links);
        if found.is_ok_and(|found| found.kind == Kind::Directory) {
            return (Some(above), HomeSource::Program);
        }
    }
    let home = below_user_directory(variables, Name::XdgDataHome, b".local/share", b"gowr");
    (home, HomeSource::Default)
}

/// The directory of this program's file. Found by the path it was started with, since there may be no `/proc`.
pub fn program_directory<M: Machine>(machine: &M) -> Option<Bytes> {
    let mut program = machine.execution_path();
    if !path::is_absolute(program) {
        // What was looked up on PATH has a slash, and a name alone is in no directory.
        find_byte(program, b'/')?;
        program = path::clean(path::join(machine.current_directory().ok()?, program));
    }
    for _ in 0..MAXIMUM_LINKS {
        let directory = path::parent(program)?;
        match machine.read_link(None, program) {
            Ok(target) => program = path::clean(path::absolute(directory, target)),
            Err(_) => return Some(directory),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::memory::MemoryMachine;

    fn find(machine: &MemoryMachine) -> Places {
        Places::find(machine, machine.variables())
    }

    #[test]
    fn home_is_the_variable_then_the_program_then_the_default() {
        let machine = MemoryMachine::new().environment(["HOME=/home/u"]);
        assert_eq!(find(&machine).home, Some(&b"/home/u/.local/share/gowr"[..]));
        let machine = machine.directory("/gowr/toolchains").program("/gowr/bin/go", "");
        assert_eq!(find(&machine).home, Some(&b"/gowr"[..]));
        let linked =
            machine.clone().link("/usr/bin/go", "../../gowr/bin/go").started_as("/usr/bin/go");
        assert_eq!(find(&linked).home, Some(&b"/gowr"[..]));
        let relative = machine.clone().current("/gowr").started_as("./bin/go");
        assert_eq!(find(&relative).home, Some(&b"/gowr"[..]));
        let named = machine.clone().environment(["GOWR_HOME=/x"]);
        assert_eq!(find(&named).home, Some(&b"/x"[..]));
        let ignored = machine.environment(["GOWR_HOME=x"]);
        assert_eq!(find(&ignored).home, Some(&b"/gowr"[..]));
    }

    #[test]
    fn without_home_there_is_nothing() {
        let places = find(&MemoryMachine::new());
        assert_eq!((places.home, places.cache, places.go_env), (None, None, None));
    }

    #[test]
    fn relative_xdg_directories_are_left_to_go() {
        let machine = MemoryMachine::new().environment(["HOME=/h", "XDG_CACHE_HOME=rel"]);
        assert_eq!(find(&machine).cache, None);
    }
}
