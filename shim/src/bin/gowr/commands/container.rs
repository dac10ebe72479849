//! `gowr container run`: one command in a container, with the Go of this project.

use std::env;
use std::ffi::OsString;
use std::io::{self, IsTerminal};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Subcommand, ValueEnum};
use installer::container::command::{Caller, Look, Run, USUAL_GOROOT};
use installer::container::engine::{Engine, Name as EngineName};
use installer::container::image::Image;
use installer::container::{links, module_cache, volume};
use nix::unistd::{getegid, geteuid};
use resolver::failure::{Code, Failure, Problem};
use resolver::invocation::Program;
use resolver::machine::{Follow, Machine};
use resolver::path::{self, Bytes, shell_quoted};
use resolver::real_path::real_path;
use resolver::resolution::{self, Resolution};
use resolver::survey::Survey;
use resolver::variables::Name;
use resolver::witness::Losers;
use shim::exec;
use shim::machine::LinuxMachine;
use shim::sys::ThinStr;

use super::{exec as exec_command, pin};
use crate::context::{Context, to_bytes, to_path};
use crate::environment::with_variable;
use crate::error::{CommandError, Kind};
use crate::execute;
use crate::output;

/// Where the kernel says whether `SELinux` decides who may read what.
const SELINUX: &[u8] = b"/sys/fs/selinux/enforce";
/// A home directory that nothing is below.
const NO_HOME: &str = "/dev/null";

/// Containers with a Go of this machine
#[derive(Debug, clap::Args)]
#[command(subcommand_required = true, arg_required_else_help = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    verb: ContainerVerb,
}

#[derive(Debug, Subcommand)]
enum ContainerVerb {
    Run(RunArguments),
}

/// Run one command in a container, with the Go of this project
///
/// The image need not have a Go: this project's is mounted into it, read-only, at its own path and as /usr/local/go.
/// The project and Go's module cache are mounted too; the build cache is a volume for the image's distro. What the
/// command writes is yours. Of your environment it gets what --env names.
#[derive(Debug, clap::Args)]
struct RunArguments {
    /// The engine; without it, the first that is there
    #[arg(long, value_name = "ENGINE")]
    engine: Option<EngineArgument>,

    /// The Go for this command: a version, or a registered name
    #[arg(long = "go", value_name = "VERSION")]
    version: Option<String>,

    /// A variable for the command; without a value, yours
    #[arg(short, long = "env", value_name = "NAME[=VALUE]")]
    environment: Vec<OsString>,

    /// Mount more: a directory or a volume
    #[arg(short, long = "volume", value_name = "SOURCE:TARGET[:OPTIONS]")]
    volumes: Vec<OsString>,

    /// Connect it to a network: none, host, or one of the engine's
    #[arg(long)]
    network: Option<String>,

    /// Run an init of the engine's around the command: one that does not look after signals is then ended by them
    #[arg(long)]
    init: bool,

    /// Show the engine's command line, and do not run it
    #[arg(long, visible_alias = "print")]
    dry_run: bool,

    /// The image
    image: String,

    /// The command, and its arguments
    #[arg(
        required = true,
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_name = "COMMAND"
    )]
    command: Vec<OsString>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum EngineArgument {
    Podman,
    Docker,
}

/// Becomes the engine; an exit code comes back only from a dry run.
pub(crate) fn run(context: &Context, arguments: &Arguments) -> Result<ExitCode, CommandError> {
    match &arguments.verb {
        ContainerVerb::Run(arguments) => run_command(context, arguments),
    }
}

fn run_command(context: &Context, arguments: &RunArguments) -> Result<ExitCode, CommandError> {
    let (survey, resolution) = resolve(context, arguments.version.as_deref())?;
    let goroot = goroot(context, &resolution)?;
    let targets = links::outside(&goroot, &[&goroot, Path::new(USUAL_GOROOT)])?;
    let module_cache = module_cache::find(context.machine, &|name| env::var_os(name))?;
    let project = pin::directory(&survey)?;
    let labelled_home = labelled_home(context);

    let (user, group) = (geteuid().as_raw(), getegid().as_raw());
    let caller = Caller { user, group, labelled_home: labelled_home.as_deref() };
    let wanted = arguments.engine.map(|engine| match engine {
        EngineArgument::Podman => EngineName::Podman,
        EngineArgument::Docker => EngineName::Docker,
    });
    let engine = Engine::find(wanted, &env::var_os("PATH").unwrap_or_default(), user)?;
    let program = to_path(context.process.execution_path);
    let look = Look { caller, program, goroot: &goroot, targets: &targets };
    let image = Image::ask(&engine, &arguments.image, &look)?;
    image.refuse(&engine, &arguments.image, &goroot, context.machine.architecture())?;

    let run = Run {
        caller,
        goroot: &goroot,
        targets: &targets,
        module_cache: &module_cache,
        project: &project,
        directory: to_path(survey.project.directory()),
        is_pinned: is_pinned(&resolution),
        has_terminal: io::stdin().is_terminal() && io::stdout().is_terminal(),
        network: arguments.network.as_deref(),
        variables: &arguments.environment,
        volumes: &arguments.volumes,
        has_init: arguments.init,
        command: &arguments.command,
    };
    let words = run.arguments(&engine, &arguments.image, &image)?;
    if arguments.dry_run {
        return show(&engine.program, &words);
    }
    module_cache::create(&module_cache)?;
    volume::prepare(&engine, &arguments.image, &image, &caller, program)?;
    Err(become_engine(context, &engine.program, &words))
}

/// What a plain `go` gets here, or the Go that was named.
fn resolve(
    context: &Context,
    version: Option<&str>,
) -> Result<(Survey<'static, LinuxMachine>, Resolution), CommandError> {
    let Some(version) = version else { return Ok(context.resolve()?) };
    let request = path::keep_text(version).as_bytes();
    let process = with_variable(&context.process, Name::GowrToolchain.as_str(), Some(request));
    let survey = context.with_process(&process).survey(Program::Go, &[])?;
    let resolution = resolution::resolve_survey(&survey, &mut Losers::default());
    let argument = format!("--go {version}");
    let resolution =
        resolution.map_err(|failure| exec_command::as_argument(*failure, &argument))?;
    Ok((survey, resolution))
}

/// The real path of the toolchain's root. One that cannot be told, or whose program lies elsewhere, cannot be mounted.
fn goroot(context: &Context, resolution: &Resolution) -> Result<PathBuf, CommandError> {
    let toolchain = resolution.toolchain;
    let root = toolchain.root.filter(|_| !toolchain.is_split);
    let root = root.and_then(|root| real_path(context.machine, root).ok());
    root.map(|root| to_path(root).to_path_buf()).ok_or_else(|| {
        let go = String::from_utf8_lossy(toolchain.executable).into_owned();
        CommandError::new(Kind::CannotRun, format!("{go} cannot be mounted into a container"))
            .caused_by("its program and the rest of it are in different places")
            .fixed_by("gowr install VERSION, and add --go VERSION")
    })
}

/// Whether the proxy would not let this toolchain be switched away from.
fn is_pinned(resolution: &Resolution) -> bool {
    let changes = &resolution.changes;
    changes.iter().any(|it| it.name == Name::GoToolchain && it.value == Some(b"local"))
}

/// The home directory, where what is mounted must be labelled.
fn labelled_home(context: &Context) -> Option<PathBuf> {
    context.machine.metadata(None, SELINUX, Follow::Links).ok()?;
    let home = context.variables.absolute_path(Name::Home).map(path::clean);
    Some(home.map_or(PathBuf::from(NO_HOME), |home| to_path(home).to_path_buf()))
}

fn show(program: &Path, words: &[OsString]) -> Result<ExitCode, CommandError> {
    let words = words.iter().map(|word| shell_quoted(word.as_bytes()));
    let line: Vec<_> = [shell_quoted(to_bytes(program))].into_iter().chain(words).collect();
    output::data((line.join(" ") + "\n").as_bytes()).map(|()| ExitCode::SUCCESS)
}

fn become_engine(context: &Context, program: &Path, words: &[OsString]) -> CommandError {
    let name = to_bytes(program);
    let words = words.iter().map(|word| word.as_bytes());
    let words = std::iter::once(name).chain(words);
    let words: Vec<Bytes> = words.map(|word| path::concat(&[word, b"\0"])).collect();
    let words: Vec<ThinStr<'static>> = words.into_iter().filter_map(ThinStr::new).collect();
    let errno = exec::exec(name, &words, context.process.environment, &[]);
    execute::refused(context.machine, name, errno)
}

/// What this program does in a container, for the one outside: it looks around, or gives a volume away.
pub(crate) fn inside(
    context: &Context,
    words: &[ThinStr<'static>],
) -> Result<ExitCode, CommandError> {
    let words: Vec<Bytes> = words.iter().map(|word| word.to_bytes()).collect();
    let number = |word: &[u8]| std::str::from_utf8(word).ok()?.parse().ok();
    match words[..] {
        [b"look", goroot] => {
            output::json(&Image::look(context.machine, goroot))?;
        }
        [b"own", place, user, group] => {
            let (Some(user), Some(group)) = (number(user), number(group)) else {
                return Err(not_for_people());
            };
            volume::give(to_path(place), user, group).map_err(|error| {
                CommandError::internal("cannot give the volume away").caused_by(&error.to_string())
            })?;
        }
        _ => return Err(not_for_people()),
    }
    Ok(ExitCode::SUCCESS)
}

fn not_for_people() -> CommandError {
    let message = "this verb is for gowr in a container, not for people";
    let message = Problem::Told(message);
    CommandError::from(&Failure::of(Code::BadPin, message)).fixed_by("gowr container run --help")
}
