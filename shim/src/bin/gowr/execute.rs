//! What to say when the kernel refuses to execute a program.

use resolver::failure::{Code, Failure, Problem};
use resolver::machine::{Errno, Follow, Machine};
use resolver::path::{self, Bytes};
use resolver::toolchain;

use crate::error::{CommandError, Kind};

/// Explains a failed `execve`.
pub(crate) fn refused(machine: &impl Machine, program: Bytes, errno: Errno) -> CommandError {
    let shown = String::from_utf8_lossy(program);
    if errno == Errno::TOO_BIG {
        return CommandError::new(Kind::CannotRun, format!("cannot run {shown}"))
            .caused_by("its arguments and its environment together are too long for the kernel")
            .fixed_by("env | wc -c");
    }
    // The usual reasons have a code of their own; errno alone does not tell a missing file from a missing loader.
    if let Err(unusable) = toolchain::runnable(machine, program) {
        let is_there = machine.metadata(None, program, Follow::Links).is_ok();
        let error = CommandError::from(&Failure::of(unusable.code(), Problem::Unusable(unusable)));
        if is_there {
            return error.caused_by(errno.text());
        }
        return CommandError::not_found(format!("{shown} is not there"))
            .caused_by(errno.text())
            .fixed_by("gowr which --explain");
    }
    let code = Code::NotExecutable;
    let message = path::keep_text(&format!("cannot run {shown}"));
    CommandError::from(&Failure::of(code, Problem::Told(message)))
        .caused_by(errno.text())
        .fixed_by("gowr which --explain")
}
