//! `gowr env`: what the proxy would change in the environment.

use std::process::ExitCode;

use resolver::Resolution;
use resolver::environment::Change;
use resolver::path::{self, Bytes};
use resolver::real_path::real_path;
use resolver::survey::Survey;
use resolver::variables::Name;
use resolver::{environment, go_env};
use shim::machine::LinuxMachine;

use crate::context::Context;
use crate::error::CommandError;
use crate::json::{Object, entry};
use crate::output;
use crate::shell::Language;

const GO_ENV_LIMIT: usize = 1024 * 1024;

/// Show what the real go gets in its environment
///
/// Without a name, code for a shell: eval "$(gowr env)". With names, the value of each, as with go env.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Variables, such as GOROOT, GOCACHE, GOTOOLCHAIN, PATH
    #[arg(value_name = "NAME")]
    names: Vec<String>,

    /// Print JSON: an object of names and values, null for one that is taken away
    #[arg(long, conflicts_with_all = ["diff", "shell"])]
    json: bool,

    /// Show each change with its reason
    #[arg(long, conflicts_with_all = ["names", "shell"])]
    diff: bool,

    /// The language of the code
    #[arg(long, value_enum, default_value_t = Language::Sh, conflicts_with = "names")]
    shell: Language,
}

/// Shows.
pub(crate) fn run(context: &Context, arguments: Arguments) -> Result<ExitCode, CommandError> {
    let (survey, resolution) = context.resolve()?;
    let changes = || resolution.changes.iter().filter(|change| is_for_shells(change));
    if !arguments.names.is_empty() {
        let names =
            arguments.names.into_iter().map(|name| -> &'static str { path::keep_text(&name) });
        let values = names.map(|name| (name, value(&survey, &resolution, name)));
        if arguments.json {
            let entries = values.map(|(name, value)| entry(name, value));
            output::json(&Object(entries.collect()))?;
        } else {
            let lines: Vec<_> = values.map(|(_, value)| value.unwrap_or_default()).collect();
            output::data(&[&lines.join(&b'\n')[..], b"\n"].concat())?;
        }
    } else if arguments.json {
        let entries = changes().map(|change| entry(change.name.as_str(), change.value));
        output::json(&Object(entries.collect()))?;
    } else if arguments.diff {
        output::data(&changes().flat_map(difference).collect::<Vec<_>>())?;
    } else {
        let lines = changes().flat_map(|it| arguments.shell.assignment(it.name.as_str(), it.value));
        output::data(&lines.collect::<Vec<_>>())?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The depth counts proxies above a process: a shell that was given one would count itself as one, again and again.
fn is_for_shells(change: &Change) -> bool {
    change.name != Name::GowrDepth
}

/// `-NAME=before  # reason` and `+NAME=after  # reason`.
fn difference(change: &Change) -> Vec<u8> {
    let line = |sign: &str, value: Option<Bytes>| match value {
        Some(value) => {
            let name = change.name.as_str();
            let reason = change.reason.as_str();
            [sign.as_bytes(), name.as_bytes(), b"=", value, b"  # ", reason.as_bytes(), b"\n"]
                .concat()
        }
        None => Vec::new(),
    };
    [line("-", change.was), line("+", change.value)].concat()
}

/// A variable as the real go will see it, settings of `go env -w` included; GOROOT and GOCACHE are told also where
/// nobody sets them.
pub(crate) fn value(
    survey: &Survey<'static, LinuxMachine>,
    resolution: &Resolution,
    name: &str,
) -> Option<Bytes> {
    match name {
        "GOROOT" => {
            return resolution.toolchain.root.map(|it| real_path(survey.machine, it).unwrap_or(it));
        }
        "GOCACHE" => return resolution.cache.path,
        "GOVERSION" => return resolution.toolchain.version.map(|name| name.as_str().as_bytes()),
        _ => {}
    }
    let machine: &LinuxMachine = survey.machine;
    let inherited: Vec<Bytes> = machine.environment().collect();
    let entries = environment::apply(&inherited, &resolution.changes);
    let set =
        entries.into_iter().find_map(|it| it.strip_prefix(name.as_bytes())?.strip_prefix(b"="));
    let stored = || {
        let file = resolver::machine::Machine::read_file(
            machine,
            None,
            survey.places.go_env?,
            GO_ENV_LIMIT,
        );
        Some(go_env::lookup(file.ok()?.content, name)?.value)
    };
    set.filter(|value| !value.is_empty()).or_else(stored)
}
