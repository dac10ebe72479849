//! What is not the straight way goes on in `gowr`, which has the words for it; alone, the proxy says one line.

use alloc::vec::Vec;

use resolver::Failure;
use resolver::environment::{Change, Reason};
use resolver::failure::Problem;
use resolver::invocation::Program;
use resolver::machine::{Errno, Machine};
use resolver::path::{self, Bytes};
use resolver::places;
use resolver::variables::Name;
use resolver::version::Request;
use shim::exec;
use shim::process::Process;
use shim::proxy_version;
use shim::sys;

/// Why this is not the straight way.
pub(crate) enum Trouble {
    /// There is no answer.
    Failed(&'static Failure),
    /// The kernel refuses to execute the answer.
    CannotRun(Bytes, Errno),
}

/// Becomes `gowr __proxy NAME ARGUMENTS…`, of the `gowr` beside this program. Where that cannot be, says what the
/// trouble is and returns the exit status.
pub(crate) fn hand_over<M: Machine>(
    machine: &M,
    process: &Process,
    program: Program,
    trouble: &Trouble,
) -> u8 {
    let directory = places::program_directory(machine).unwrap_or(b".");
    let gowr = path::join(directory, b"gowr");
    let name = match program {
        Program::Go => c"go",
        Program::Gofmt => c"gofmt",
    };
    let mut arguments = Vec::with_capacity(process.arguments.len() + 3);
    arguments.extend_from_slice(&[c"gowr".into(), c"__proxy".into(), name.into()]);
    arguments.extend_from_slice(process.arguments.get(1..).unwrap_or_default());
    let errno = exec::exec(
        gowr,
        &arguments,
        process.environment,
        &[Change {
            name: Name::GowrProxyVersion,
            value: Some(proxy_version::VALUE.as_bytes()),
            was: None,
            reason: Reason::Marker,
        }],
    );
    let line = path::concat_mut(&[
        b"gowr: ",
        trouble.line(),
        b" (",
        gowr,
        b" cannot explain more: ",
        errno.text().as_bytes(),
        b")",
    ]);
    // A stranger may have written some of it: nothing reaches a terminal that is not plain text.
    for byte in &mut *line {
        if !matches!(byte, b' '..=b'~') {
            *byte = b'?';
        }
    }
    sys::write_error(path::concat(&[line, b"\n"]));
    trouble.exit_status()
}

impl Trouble {
    fn exit_status(&self) -> u8 {
        match self {
            Self::Failed(failure) => failure.exit_status(),
            Self::CannotRun(_, errno) if errno.is_absent() => 127,
            Self::CannotRun(..) => 126,
        }
    }

    /// One line: what it is, and where it comes from. The words of `gowr` would double the size of this program.
    fn line(&self) -> Bytes {
        match self {
            Self::CannotRun(executable, errno) => {
                path::concat(&[b"cannot run ", executable, b": ", errno.text().as_bytes()])
            }
            Self::Failed(failure) => match wanted(failure) {
                Some(version) => path::concat(&[
                    b"go ",
                    version,
                    b" is not installed",
                    place(failure),
                    b"; run: gowr install ",
                    version,
                ]),
                None => path::concat(&[failure.code.as_str().as_bytes(), place(failure)]),
            },
        }
    }
}

/// The version that is missing, where that is the trouble.
fn wanted(failure: &Failure) -> Option<Bytes> {
    Some(match &failure.problem {
        Problem::Missing(Request::Exact(name)) => name.version().as_str().as_bytes(),
        Problem::Missing(Request::Line(version)) | Problem::BelowFloor(version) => {
            version.as_str().as_bytes()
        }
        _ => return None,
    })
}

/// Where it is written, as `: asked for by FILE:LINE: TEXT`; empty where it is nowhere.
fn place(failure: &Failure) -> Bytes {
    let (by, file, line, text) = match (&failure.problem, failure.source) {
        (Problem::Malformed { file, line, error }, _) => {
            (&b": "[..], Some(*file), Some(error.line), *line)
        }
        (Problem::Unreadable { file, .. }, _) => (&b": "[..], Some(*file), None, None),
        (_, Some(source)) => (&b": asked for by "[..], source.file, source.line, source.text),
        (_, None) => return b"",
    };
    let number = match line {
        None | Some(0) => b"",
        Some(line) => path::concat(&[b":", path::decimal(line)]),
    };
    let file = file.unwrap_or_default();
    let text = text.unwrap_or_default().trim_ascii();
    let colon: &[u8] = if file.is_empty() || text.is_empty() { b"" } else { b": " };
    path::concat(&[by, file, number, colon, text])
}
