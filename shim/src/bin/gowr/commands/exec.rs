//! `gowr exec`: one command with a toolchain.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::process::ExitCode;

use resolver::invocation::Program;
use resolver::machine::{Errno, Follow, Kind as FileKind, Machine};
use resolver::mounts::{self, WindowsDrives};
use resolver::path::{self, Bytes};
use resolver::source::{Source, SourceKind};
use resolver::version::Request;
use resolver::witness::Losers;
use resolver::{resolution, windows_path};
use shim::exec;
use shim::sys::ThinStr;

use crate::context::{Context, to_bytes};
use crate::environment::{variable, with_variable};
use crate::error::CommandError;
use crate::execute;

/// Where a program is looked for where there is no PATH (`confstr(_CS_PATH)`, as `execvp` has it).
const DEFAULT_PATH: &[u8] = b"/bin:/usr/bin";

/// Run one command with gowr's go first on PATH
///
/// With --go or --goroot, every go in it is that one. Without, each go chooses as always.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The Go for this command: a version, or a registered name
    #[arg(long = "go", value_name = "VERSION", conflicts_with = "goroot")]
    version: Option<String>,

    /// The Go for this command: a directory
    #[arg(long, value_name = "DIR")]
    goroot: Option<PathBuf>,

    /// Take directories on Windows drives off PATH
    #[arg(long)]
    clean_path: bool,

    /// The command, and its arguments
    #[arg(
        required = true,
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_name = "COMMAND"
    )]
    command: Vec<OsString>,
}

impl Arguments {
    /// `gowr exec --go VERSION -- COMMAND`.
    pub(crate) fn new(version: Option<String>, command: Vec<OsString>) -> Self {
        Self { version, goroot: None, clean_path: false, command }
    }
}

/// Becomes the command; an exit code comes back from none.
pub(crate) fn run(context: &Context, arguments: &Arguments) -> Result<ExitCode, CommandError> {
    let mut process = context.process;
    if let Some(toolchain) = toolchain(context, arguments)? {
        process = with_variable(&process, "GOWR_TOOLCHAIN", Some(toolchain));
    }
    let path_variable = path_variable(context, arguments.clean_path);
    process = with_variable(&process, "PATH", Some(path_variable));
    let context = context.with_process(&process);

    let words: Vec<Bytes> =
        arguments.command.iter().map(|word| path::concat(&[word.as_bytes(), b"\0"])).collect();
    let words: Vec<ThinStr<'static>> = words.into_iter().filter_map(ThinStr::new).collect();
    let program = arguments.command[0].as_bytes();
    Err(match program {
        b"go" => super::proxy::become_program(&context, Program::Go, &words),
        b"gofmt" => super::proxy::become_program(&context, Program::Gofmt, &words),
        _ => become_command(&context, program, &words, path_variable),
    })
}

/// The value of `GOWR_TOOLCHAIN` for the command: exact, so that every `go` in it agrees. What cannot be had is an
/// error now, and not one of the command's.
fn toolchain(context: &Context, arguments: &Arguments) -> Result<Option<Bytes>, CommandError> {
    let (request, argument) = match (&arguments.version, &arguments.goroot) {
        (Some(version), _) => (path::keep_text(version).as_bytes(), format!("--go {version}")),
        (None, Some(directory)) => {
            let current = context.machine.current_directory().unwrap_or(b"/");
            let absolute = path::clean(path::absolute(current, to_bytes(directory)));
            (absolute, format!("--goroot {}", directory.display()))
        }
        (None, None) => return Ok(None),
    };
    let process = with_variable(&context.process, "GOWR_TOOLCHAIN", Some(request));
    let survey = context.with_process(&process).survey(Program::Go, &[])?;
    let resolution = resolution::resolve_survey(&survey, &mut Losers::default())
        .map_err(|failure| as_argument(*failure, &argument))?;
    let is_named = arguments
        .version
        .as_deref()
        .is_some_and(|it| matches!(Request::parse(it), Some(Request::Named(_))));
    let exact = resolution.toolchain.version.filter(|_| arguments.goroot.is_none() && !is_named);
    Ok(Some(match exact.and_then(|name| name.as_str().strip_prefix("go")) {
        Some(version) => path::keep_text(version).as_bytes(),
        None => request,
    }))
}

/// A failure of `GOWR_TOOLCHAIN`, told as what it is for the caller: one of their argument.
pub(super) fn as_argument(mut failure: resolver::Failure, argument: &str) -> CommandError {
    if let Some(source) = failure.source.filter(|it| it.kind == SourceKind::GowrToolchain) {
        let text = Some(path::keep_text(argument).as_bytes());
        failure.source =
            Some(path::keep_value(Source { kind: SourceKind::Argument, text, ..*source }));
    }
    CommandError::from(&failure)
}

/// PATH with gowr's programs first, so that `go` is the proxy.
pub(super) fn path_variable(context: &Context, without_windows: bool) -> Bytes {
    let inherited = variable(&context.process, "PATH").filter(|path| !path.is_empty());
    let inherited = inherited.unwrap_or(DEFAULT_PATH);
    let drives =
        if without_windows { windows_drives(context.machine) } else { WindowsDrives::default() };
    let is_kept = |entry: &&[u8]| *entry != context.directory && !drives.contains(entry);
    let kept = inherited.split(|byte| *byte == b':').filter(is_kept);
    let entries: Vec<&[u8]> = std::iter::once(context.directory).chain(kept).collect();
    path::keep(entries.join(&b':'))
}

fn windows_drives(machine: &impl Machine) -> WindowsDrives {
    if !windows_path::is_wsl(machine) {
        return WindowsDrives::default();
    }
    WindowsDrives::new(mounts::table(machine))
}

/// Becomes a command that is found as `execvp` finds it.
fn become_command(
    context: &Context,
    program: &[u8],
    words: &[ThinStr<'static>],
    path_variable: Bytes,
) -> CommandError {
    let candidates: Vec<Bytes> = if program.contains(&b'/') {
        vec![path::concat(&[program])]
    } else {
        let entries = path_variable.split(|byte| *byte == b':');
        entries
            .map(|entry| path::join(if entry.is_empty() { b"." } else { entry }, program))
            .collect()
    };
    let mut refused = None;
    for candidate in candidates {
        let found = context.machine.metadata(None, candidate, Follow::Links);
        if found.is_ok_and(|found| found.kind == FileKind::Directory) && !program.contains(&b'/') {
            continue;
        }
        let environment = context.process.environment;
        let mut errno = exec::exec(candidate, words, environment, &[]);
        if errno == Errno::NOT_EXECUTABLE {
            // A script without a first line that names its interpreter is the shell's.
            errno = become_script(context, candidate, words);
        }
        match errno {
            Errno::NOT_FOUND | Errno::NOT_A_DIRECTORY if found.is_err() => {}
            _ if refused.is_none() => refused = Some((candidate, errno)),
            _ => {}
        }
    }
    if let Some((candidate, errno)) = refused {
        return execute::refused(context.machine, candidate, errno);
    }
    let is_path = program.contains(&b'/');
    CommandError::not_found(format!("there is no {}", String::from_utf8_lossy(program)))
        .caused_by(if is_path { "no such file" } else { "it is in no directory of PATH" })
        .fixed_by(format!("gowr which {}", path::shell_quoted(path::file_name(program))))
}

fn become_script(context: &Context, script: Bytes, words: &[ThinStr<'static>]) -> Errno {
    let Some(file) = ThinStr::new(path::concat(&[script, b"\0"])) else { return Errno::INVALID };
    let mut arguments = vec![ThinStr::from(c"sh"), file];
    arguments.extend(words.iter().skip(1));
    exec::exec(b"/bin/sh", &arguments, context.process.environment, &[])
}
