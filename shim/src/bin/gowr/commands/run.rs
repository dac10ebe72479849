//! `gowr run`: a tool that `go install` put somewhere, whatever PATH says.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use installer::{windows_wrapper, wsl};
use resolver::path::{self, Bytes};
use shim::exec;
use shim::sys::ThinStr;

use crate::context::{Context, to_bytes, to_path};
use crate::environment::with_variable;
use crate::error::CommandError;
use crate::execute;
use crate::output;
use crate::tool;

/// Run a tool that `go install` put into GOBIN or GOPATH/bin, whatever PATH says
///
/// Directories on Windows drives are taken off its PATH, and gowr's go comes first.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Write a batch file, with which Windows runs the tool in this distro
    #[arg(long, value_name = "FILE")]
    write_cmd: Option<PathBuf>,

    /// Write over a file that is there
    #[arg(long, requires = "write_cmd")]
    force: bool,

    /// The tool, and its arguments
    #[arg(
        required = true,
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_name = "TOOL"
    )]
    command: Vec<OsString>,
}

/// Becomes the tool, or writes its batch file.
pub(crate) fn run(context: &Context, arguments: &Arguments) -> Result<ExitCode, CommandError> {
    let name = arguments.command[0].to_str().unwrap_or_default();
    let program = tool::find(context, name)?;
    if let Some(file) = &arguments.write_cmd {
        return write_cmd(context, arguments, name, file);
    }
    let path_variable = super::exec::path_variable(context, true);
    let process = with_variable(&context.process, "PATH", Some(path_variable));
    let words: Vec<Bytes> =
        arguments.command.iter().map(|word| path::concat(&[word.as_bytes(), b"\0"])).collect();
    let words: Vec<ThinStr<'static>> = words.into_iter().filter_map(ThinStr::new).collect();
    let errno = exec::exec(program, &words, process.environment, &[]);
    Err(execute::refused(context.machine, program, errno))
}

fn write_cmd(
    context: &Context,
    arguments: &Arguments,
    name: &str,
    file: &Path,
) -> Result<ExitCode, CommandError> {
    if arguments.command.len() > 1 {
        return Err(CommandError::user("a batch file takes its arguments when it is run")
            .caused_by("--write-cmd is followed by the tool alone")
            .fixed_by(format!("gowr run --write-cmd {} {name}", shown(file))));
    }
    let distro = wsl::this_distro(context.machine, context.variables).map_err(|error| {
        CommandError::from(error)
            .fixed_by(format!("WSL_DISTRO_NAME=NAME gowr run --write-cmd {} {name}", shown(file)))
    })?;
    let gowr = path::join(context.directory, b"gowr");
    let text = windows_wrapper::batch_file(&distro, to_path(gowr), name)?;
    if !arguments.force && file.symlink_metadata().is_ok() {
        return Err(CommandError::user(format!("cannot write {}", file.display()))
            .caused_by("it is there already")
            .fixed_by(format!("gowr run --force --write-cmd {} {name}", shown(file))));
    }
    windows_wrapper::write(file, &text)?;
    output::data(&[to_bytes(file), b"\n"].concat())?;
    Ok(ExitCode::SUCCESS)
}

fn shown(file: &Path) -> String {
    path::shell_quoted(to_bytes(file))
}
