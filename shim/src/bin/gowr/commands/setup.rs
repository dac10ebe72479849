//! `gowr setup`: puts gowr on the machine, and takes it off again.

use std::process::ExitCode;

use clap::ValueEnum;
use installer::link;
use installer::setup::findings::{self, What};
use installer::setup::previous::{self, Kept, PreviousGo};
use installer::setup::{self, Outcome, Shell, Step, User};
use installer::store::{Home, Key};
use resolver::cache::CacheSource;
use resolver::invocation::Program;
use resolver::path::{self, shell_quoted};
use resolver::resolution::resolve_survey;

use crate::context::{Context, to_bytes, to_path};
use crate::environment::{variable, with_variable};
use crate::error::CommandError;
use crate::goroot_links;
use crate::installation::state_directory;
use crate::output;

/// Put gowr on this machine, or take it off again
///
/// Copies gowr and its go into gowr's home, and puts that first on PATH in new shells. To be run again after an update,
/// or to mend what is there.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Change nothing; print code that puts gowr first on PATH in a running shell
    #[arg(long, value_name = "SHELL", conflicts_with = "remove")]
    print: Option<ShellName>,

    /// Take gowr off: its lines in shells' files and its programs; toolchains stay
    #[arg(long)]
    remove: bool,

    /// Take the toolchains and downloads off, too
    #[arg(long, requires = "remove")]
    purge: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum ShellName {
    #[value(aliases = ["sh", "dash"])]
    Bash,
    Zsh,
    Fish,
}

impl ShellName {
    const fn shell(self) -> Shell {
        match self {
            Self::Bash => Shell::Bash,
            Self::Zsh => Shell::Zsh,
            Self::Fish => Shell::Fish,
        }
    }
}

/// Does it.
pub(crate) fn run(context: &Context, arguments: &Arguments) -> Result<ExitCode, CommandError> {
    let home = context.home()?;
    if let Some(name) = arguments.print {
        return output::data(&name.shell().code(&home)).map(|()| ExitCode::SUCCESS);
    }
    let user = User::detect()?;
    if arguments.remove {
        let steps = setup::remove(&home, &user, arguments.purge)?;
        let code = report(steps, "gowr is not on this machine");
        if arguments.purge && code == ExitCode::SUCCESS {
            goroot_links::remove_all(context, &home);
            forget();
        }
        return Ok(code);
    }
    let path_variable = std::env::var_os("PATH").unwrap_or_default();
    let previous = previous::find(&path_variable);
    let steps = setup::apply(&home, &user, to_path(context.directory))?;
    link::create(&home, &context.key()?)?;
    let code = report(steps, "everything is in place already");
    if let Some(previous) = &previous {
        keep(context, &home, previous)?;
    }
    for finding in findings::find(&user) {
        let what = match finding.what {
            What::Goroot => String::from("GOROOT is set"),
            What::Manager(name) => format!("{name} is set up"),
            What::Path => String::from("another Go is put on PATH"),
            What::WindowsGo => String::from("`go` is made a Go for Windows"),
        };
        let place = format!("{}:{}: {}", finding.file.display(), finding.line, finding.text);
        output::warn(&format!("{what} by {place}\n  {}", finding.advice));
    }
    offer_cache(context, &home);
    advise(context, &home);
    Ok(code)
}

/// Says what happened to which file.
fn report(steps: Vec<Step>, nothing: &str) -> ExitCode {
    let mut code = ExitCode::SUCCESS;
    let mut is_anything = false;
    for step in steps {
        let did = match step.outcome {
            Outcome::Unchanged => continue,
            Outcome::Created => "created",
            Outcome::Changed => "changed",
            Outcome::Removed => "removed",
            Outcome::Failed(error) => {
                CommandError::from(error).report();
                code = ExitCode::FAILURE;
                is_anything = true;
                continue;
            }
        };
        is_anything = true;
        output::say(&format!("{did} {}", step.file.display()));
    }
    if !is_anything {
        output::say(nothing);
    }
    code
}

/// The Go that PATH gave before stays this distro's default, and that is said.
fn keep(context: &Context, home: &Home, previous: &PreviousGo) -> Result<(), CommandError> {
    let distro = context.distro();
    let key: Key = context.key()?;
    let file = context.configuration_file()?;
    let found = found_by_itself(context);
    let found = found.as_deref().map(to_path);
    let kept = previous::keep(home, &key, &file, &distro.names(), distro.key, previous, found)?;
    let what = previous.version_text.as_deref().unwrap_or("the Go");
    let place = previous.goroot.display();
    output::say(&match kept {
        Kept::Found => format!("{what} in {place} stays the default on {}", distro.key),
        Kept::Recorded(request) => format!(
            "{what} in {place} stays the default on {} ({}: {request})",
            distro.key,
            file.display()
        ),
        Kept::Configured => {
            format!("the default stays what {} says, and not {what} in {place}", file.display())
        }
    });
    Ok(())
}

/// The GOROOT that is chosen where nobody asks for one, and PATH leads to none.
fn found_by_itself(context: &Context) -> Option<Vec<u8>> {
    let asking = ["GOWR_TOOLCHAIN", "GOTOOLCHAIN", "PATH"];
    let process = asking.iter().fold(context.process, |it, name| with_variable(&it, name, None));
    let survey =
        context.with_process(&process).survey(Program::Go, &[b"-C", b"/", b"version"]).ok()?;
    let root = resolve_survey(&survey, &mut ()).ok()?.toolchain.root?;
    Some(root.to_vec())
}

/// Where one distro alone uses this home, its cache may serve a Go that is started by its own path as well.
fn offer_cache(context: &Context, home: &Home) {
    let is_alone = home.keys().is_ok_and(|keys| keys.len() < 2);
    let Ok((survey, resolution)) = context.resolve() else { return };
    let (Some(caches), Some(cache)) = (survey.places.cache, resolution.cache.path) else { return };
    let plain = path::join(caches, b"go-build");
    let is_free = to_path(plain).symlink_metadata().is_err();
    if is_alone && is_free && resolution.cache.source == CacheSource::Distro {
        let (cache, plain) = (shell_quoted(cache), shell_quoted(plain));
        output::say(&format!(
            "a Go that is started by its own path has another build cache; to share this distro's, \
             run: mkdir -p {cache} && ln -s {cache} {plain}"
        ));
    }
}

/// What is left for the person to do.
fn advise(context: &Context, home: &Home) {
    let is_first = variable(&context.process, "PATH").is_some_and(|path_variable| {
        path_variable.split(|byte| *byte == b':').next() == Some(to_bytes(&home.bin()))
    });
    if is_first {
        return;
    }
    let is_fish = variable(&context.process, "SHELL").is_some_and(|shell| shell.ends_with(b"fish"));
    let (command, file) = if is_fish { ("source", "env.fish") } else { (".", "env") };
    let file = shell_quoted(to_bytes(&home.path().join(file)));
    output::say(&format!("a new shell finds gowr's go first; for this one, run: {command} {file}"));
}

/// Takes away what gowr remembers, after everything else is gone.
fn forget() {
    if let Some(state) = state_directory() {
        let _ = std::fs::remove_dir_all(state.join("sumdb"));
        let _ = std::fs::remove_dir_all(state.join("doctor"));
        let _ = std::fs::remove_dir(state);
    }
}
