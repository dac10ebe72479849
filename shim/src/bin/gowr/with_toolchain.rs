//! A command with one toolchain, in a process of its own: what `gowr matrix` and `gowr bisect` run.
//!
//! It is `gowr exec --go VERSION -- COMMAND`, which alone knows what that means; started by a verb that is for nobody else,
//! because it also undoes what it inherits of a parent that waits for signals.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;
use std::process::Command;

use nix::sys::prctl;
use nix::sys::signal::Signal;
use shim::sys::ThinStr;

use crate::commands::exec;
use crate::context::Context;
use crate::error::CommandError;
use crate::interrupt;

/// The verb of that program.
pub(crate) const VERB: &[u8] = b"__with";

/// The command, not started yet. `gowr` is this program; `version` is without `go`, or a registered name. Without one, each
/// `go` chooses as always.
pub(crate) fn command(
    gowr: &Path,
    version: Option<&str>,
    words: impl IntoIterator<Item = impl AsRef<OsStr>>,
) -> Command {
    let version = version.unwrap_or_default();
    let mut command = Command::new(gowr);
    command.arg(OsStr::from_bytes(VERB)).arg(version).args(words);
    command
}

/// Becomes the command; returns only when it cannot.
pub(crate) fn run(context: &Context, words: &[ThinStr<'static>]) -> CommandError {
    interrupt::unblock();
    // Whoever waits for it may be killed; nobody would know what it came to.
    let _ = prctl::set_pdeathsig(Signal::SIGTERM);
    let mut words = words.iter().map(|word| OsString::from_vec(word.to_bytes().to_vec()));
    let version = words.next().and_then(|version| version.into_string().ok());
    let (Some(version), command @ [_, ..]) = (version, &words.collect::<Vec<_>>()[..]) else {
        return CommandError::user(
            "gowr __with is for gowr matrix and gowr bisect, not for people",
        )
        .fixed_by("gowr exec --help");
    };
    let version = Some(version).filter(|version| !version.is_empty());
    let arguments = exec::Arguments::new(version, command.to_vec());
    match exec::run(context, &arguments) {
        Err(error) => error,
        Ok(_) => CommandError::internal("the command did not start"),
    }
}
