//! Tools that `go install` put somewhere, found where Go itself would put them, whatever PATH says.

use resolver::go_env;
use resolver::machine::{Follow, Kind, Machine};
use resolver::path::{self, Bytes};

use crate::context::Context;
use crate::environment;
use crate::error::CommandError;

const GO_ENV_LIMIT: usize = 1024 * 1024;

/// The tool's program.
pub(crate) fn find(context: &Context, name: &str) -> Result<Bytes, CommandError> {
    if name.is_empty() || name.contains('/') {
        let quoted = path::shell_quoted(name.as_bytes());
        return Err(CommandError::user(format!("{quoted} is not the name of a program"))
            .fixed_by("gowr which"));
    }
    let directories = directories(context);
    let is_program = |program: &Bytes| {
        let found = context.machine.metadata(None, program, Follow::Links);
        found.is_ok_and(|found| found.kind == Kind::File)
            && context.machine.may_execute(program).is_ok()
    };
    let programs = directories.iter().map(|directory| path::join(directory, name.as_bytes()));
    programs.filter(|program| path::is_absolute(program)).find(is_program).ok_or_else(|| {
        let shown: Vec<_> = directories.iter().map(|it| String::from_utf8_lossy(it)).collect();
        let cause = match shown[..] {
            [] => String::from("there is no GOBIN, no GOPATH and no HOME to look in"),
            _ => format!("looked for in {}", shown.join(", ")),
        };
        CommandError::not_found(format!("{name} is not installed"))
            .caused_by(&cause)
            .fixed_by(format!("go install PACKAGE/{name}@latest"))
    })
}

/// GOBIN, else `bin` in each directory of GOPATH: settings read as cmd/go reads them (`cfg.Getenv`; `go help install`).
fn directories(context: &Context) -> Vec<Bytes> {
    let file = context.places.go_env.and_then(|file| {
        context.machine.read_file(None, file, GO_ENV_LIMIT).ok().map(|file| file.content)
    });
    let setting = |name| {
        let set = environment::variable(&context.process, name).filter(|value| !value.is_empty());
        let stored = || go_env::lookup(file?, name).map(|setting| setting.value);
        set.or_else(stored).filter(|value| !value.is_empty())
    };
    if let Some(directory) = setting("GOBIN") {
        return vec![directory];
    }
    let home = || {
        let home = environment::variable(&context.process, "HOME").filter(|home| !home.is_empty());
        home.map(|home| path::join(home, b"go"))
    };
    let path_list = setting("GOPATH").or_else(home).unwrap_or_default();
    let entries = path_list.split(|byte| *byte == b':').filter(|entry| !entry.is_empty());
    entries.map(|entry| path::join(entry, b"bin")).collect()
}
