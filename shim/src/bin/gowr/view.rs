//! What `which` and `doctor` look at together.

use std::fs;
use std::io::Read;

use installer::doctor::View;
use resolver::path;
use resolver::survey::Survey;
use resolver::{Failure, Resolution};
use shim::machine::LinuxMachine;
use shim::proxy_version;

use crate::context::{Context, to_path};

/// A proxy has some dozen KiB; a real Go is no file to be read whole.
const PROXY_LIMIT: u64 = 1024 * 1024;

/// The version that the `go` beside this gowr says it has.
pub(crate) fn proxy_version(context: &Context) -> Option<String> {
    let program = path::join(context.directory, b"go");
    let mut bytes = Vec::new();
    let file = fs::File::open(to_path(program)).ok()?;
    file.take(PROXY_LIMIT).read_to_end(&mut bytes).ok()?;
    proxy_version::find(&bytes).map(str::to_owned)
}

/// The machine with a choice made on it.
pub(crate) fn view<'a>(
    context: &'a Context,
    survey: Option<&'a Survey<'static, LinuxMachine>>,
    choice: Result<&'a Resolution, &'static Failure>,
    proxy_version: Option<&'a str>,
) -> View<'a, LinuxMachine> {
    View {
        machine: context.machine,
        variables: context.variables,
        places: &context.places,
        program_directory: context.directory,
        proxy_version,
        survey,
        choice,
    }
}
