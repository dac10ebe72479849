//! The environment of this process, changed for a program that it becomes.

use resolver::path;
use shim::process::Process;
use shim::sys::ThinStr;

/// The process with a variable set, in place of every entry of that name; with `None` it is taken away.
pub(crate) fn with_variable(process: &Process, name: &str, value: Option<&[u8]>) -> Process {
    let kept = process.environment.iter().copied().filter(|entry| !entry.is_variable(name));
    let entry = value.and_then(|value| {
        // None where the value holds a NUL, which no argument or variable can.
        ThinStr::new(path::concat(&[name.as_bytes(), b"=", value, b"\0"]))
    });
    let environment: Vec<_> = kept.chain(entry).collect();
    Process { environment: environment.leak(), ..*process }
}

/// The value of a variable; of a name that stands there twice the first counts.
pub(crate) fn variable(process: &Process, name: &str) -> Option<&'static [u8]> {
    let entry = process.environment.iter().find(|entry| entry.is_variable(name))?;
    Some(&entry.to_bytes()[name.len() + 1..])
}
