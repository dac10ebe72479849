//! What is not the straight way goes on in `gowr`, which has the words for it; alone, the proxy says one line.

use alloc::string::ToString;
use alloc::vec::Vec;

use resolver::Failure;
use resolver::failure::Problem;
use resolver::invocation::Program;
use resolver::machine::{Errno, Machine};
use resolver::path::{self, Bytes};
use resolver::version::Request;
use shim::exec;
use shim::process::Process;
use shim::proxy_version;
use shim::sys::{self, ThinStr};

/// `MAXSYMLINKS` of the kernel.
const MAXIMUM_LINKS: usize = 40;

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
    let this = real_file(machine, process.execution_path);
    let gowr = path::join(path::parent(this).unwrap_or(b"."), b"gowr");
    let name = match program {
        Program::Go => c"go",
        Program::Gofmt => c"gofmt",
    };
    let mut arguments: Vec<ThinStr<'_>> = [c"gowr", c"__proxy", name].map(ThinStr::from).into();
    arguments.extend(process.arguments.iter().skip(1));
    let errno = exec::exec_edited(
        gowr,
        &arguments,
        process.environment,
        &[proxy_version::VARIABLE],
        &[proxy_version::ENTRY.into()],
    );
    let note: &[&[u8]] = if errno.is_absent() {
        &[b" (no gowr beside ", this, b" to explain more)"]
    } else {
        &[b" (", gowr, b" could explain more: ", errno.text().as_bytes(), b")"]
    };
    let mut line = [b"gowr: ", trouble.line(), path::concat(note)].concat();
    line.iter_mut().filter(|byte| byte.is_ascii_control()).for_each(|byte| *byte = b'?');
    line.push(b'\n');
    sys::write_error(&line);
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
            Self::Failed(failure) => {
                let install = wanted(failure).map(|version| {
                    let what = path::concat(&[b"go ", version, b" is not installed"]);
                    (what, path::concat(&[b"; run: gowr install ", version]))
                });
                let (what, fix) = install.unwrap_or((failure.code.as_str().as_bytes(), b""));
                path::concat(&[what, place(failure), fix])
            }
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
            (": ", Some(*file), Some(error.line), *line)
        }
        (Problem::Unreadable { file, .. }, _) => (": ", Some(*file), None, None),
        (_, Some(source)) => (": asked for by ", source.file, source.line, source.text),
        (_, None) => return b"",
    };
    let mut place = Vec::from(by);
    place.extend_from_slice(file.unwrap_or_default());
    if let Some(line) = line.filter(|line| *line > 0) {
        place.push(b':');
        place.extend_from_slice(line.to_string().as_bytes());
    }
    if let Some(text) = text {
        place.extend_from_slice(if file.is_some() { b": " } else { b"" });
        // A stranger may have written it: nothing of it reaches a terminal that is not plain text.
        let plain = |byte: &u8| if matches!(byte, b' '..=b'~') { *byte } else { b'?' };
        place.extend(text.trim_ascii().iter().map(plain));
    }
    path::keep(place)
}

/// The file that `started` is a link to, or is.
fn real_file<M: Machine>(machine: &M, started: Bytes) -> Bytes {
    let mut file = started;
    for _ in 0..MAXIMUM_LINKS {
        let Ok(target) = machine.read_link(None, file) else { break };
        file = match path::parent(file) {
            Some(directory) => path::absolute(directory, target),
            None => target,
        };
    }
    file
}
