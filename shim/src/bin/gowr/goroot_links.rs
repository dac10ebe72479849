//! The stable paths that lead to a GOROOT (`gowr link`), as several commands move them.

use std::fs;
use std::path::{Path, PathBuf};

use installer::goroot_link::{
    Followed, Follows, GorootLink, GorootLinks, Kind, Removed, State, bind,
};
use installer::store::{Home, Key};
use resolver::failure::{Code, Failure, Problem};
use resolver::installed::Found;
use resolver::invocation::Program;
use resolver::path::{Bytes, shell_quoted};
use resolver::real_path::real_path;
use resolver::resolution::resolve_survey;
use resolver::toolchain::Toolchain;
use resolver::variables::Name;
use resolver::version::Request;
use resolver::witness::Losers;
use shim::machine::LinuxMachine;

use crate::context::{Context, to_bytes, to_path};
use crate::environment::{variable, with_variable};
use crate::error::CommandError;
use crate::output;

/// What a mount needs to know of who asks for it, where root is to do so.
const KEPT_FOR_ROOT: [&str; 4] = ["HOME", "GOWR_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"];

/// The links of this userland.
pub(crate) fn links<'a>(
    context: &Context,
    home: &'a Home,
    here: &'a Key,
) -> GorootLinks<'a, LinuxMachine> {
    GorootLinks { machine: context.machine, home, here }
}

/// Whether this user can mount.
pub(crate) const fn is_root(context: &Context) -> bool {
    context.process.effective_user == 0
}

/// A toolchain's GOROOT, by its real path.
pub(crate) fn goroot(context: &Context, toolchain: &Toolchain) -> Result<PathBuf, CommandError> {
    let root = toolchain.root.ok_or_else(|| {
        CommandError::user("a snap's Go has no GOROOT that could be linked")
            .caused_by("it works only when snap starts it")
            .fixed_by("gowr install 1.26 && gowr default 1.26")
    })?;
    Ok(to_path(real_path(context.machine, root).unwrap_or(root)).to_path_buf())
}

/// The toolchain that a link leads to.
pub(crate) fn toolchain(
    context: &Context,
    follows: Follows,
) -> Result<&'static Toolchain, CommandError> {
    match follows {
        Follows::Default => default(context),
        Follows::Request(request) => requested(context, request),
    }
}

fn requested(context: &Context, request: Request) -> Result<&'static Toolchain, CommandError> {
    let problem = match context.find(request) {
        Found::Usable(toolchain) => return Ok(toolchain),
        Found::Unusable(unusable) => Failure::of(unusable.code(), Problem::Unusable(unusable)),
        Found::Absent | Found::Unknown => {
            Failure::of(Code::NotInstalled, Problem::Missing(request))
        }
    };
    Err(CommandError::from(&problem))
}

/// What runs where nothing is asked for: outside of all projects, and without what this shell has set.
fn default(context: &Context) -> Result<&'static Toolchain, CommandError> {
    let mut process = context.process;
    for (name, value) in [
        ("GOWR_TOOLCHAIN", None),
        ("GOTOOLCHAIN", None),
        // Neither a GOTOOLCHAIN in its file nor a go.mod in the home directory makes a default.
        ("GOENV", Some(&b"off"[..])),
        ("GO111MODULE", Some(&b"off"[..])),
    ] {
        process = with_variable(&process, name, value);
    }
    let home: Bytes = context.variables.absolute_path(Name::Home).unwrap_or(b"/");
    let survey = context.with_process(&process).survey(Program::Go, &[b"-C", home, b"version"])?;
    Ok(resolve_survey(&survey, &mut Losers::default())?.toolchain)
}

/// Makes all links of this userland lead to what they follow, after something else was done: that succeeded, so nothing
/// that goes wrong here is an error.
pub(crate) fn follow(context: &Context) {
    // Without the warnings that go with a home: they were given.
    let home = context.places.home.and_then(|home| Home::new(to_path(home)).ok());
    let (Some(home), Ok(key)) = (home, context.key()) else { return };
    let links = links(context, &home, &key);
    let goroot_of =
        |follows| toolchain(context, follows).and_then(|toolchain| goroot(context, toolchain));
    match links.follow(is_root(context), goroot_of) {
        Ok(followed) => {
            for (link, became) in followed {
                tell(context, &links, &link, became);
            }
        }
        Err(error) => warn("the links to a GOROOT are not moved", error.into()),
    }
}

fn tell(
    context: &Context,
    links: &GorootLinks<'_, LinuxMachine>,
    link: &GorootLink,
    became: Followed<CommandError>,
) {
    let path = link.path.display();
    let quoted = shell_quoted(to_bytes(&link.path));
    match became {
        Followed::Kept => {}
        Followed::Moved => {
            output::say(&format!("{path} now leads to {}", link.goroot.display()));
            keep_mounted(links, link);
        }
        Followed::NotOurs(state) => {
            let what = match state {
                State::Gone => "is gone",
                State::Right | State::Changed | State::Astray => "was changed by somebody else",
            };
            output::warn_with_fix(
                &format!("{path} {what}, and follows {} no more", words(link.follows)),
                &format!("gowr link --remove {quoted}"),
            );
        }
        Followed::NotAllowed => {
            let why = match link.kind {
                Kind::Bind => "only root can mount",
                Kind::Link => "its directory is somebody else's",
            };
            output::warn_with_fix(
                &format!("{path} does not follow {}: {why}", words(link.follows)),
                &as_root(context, link),
            );
        }
        Followed::Unanswered(error) => warn(&format!("{path} leads nowhere"), error),
        Followed::Failed(error) => warn(&format!("{path} is not moved"), error.into()),
    }
}

fn warn(what: &str, error: CommandError) {
    let error = error.or_fixed_by(|| String::from("gowr link --list"));
    output::warn(&format!("{what}: {}", error.line()));
    if let Some(fix) = error.fix() {
        output::say(&format!("  run: {fix}"));
    }
}

/// Sees to it that a mount is made again when the machine starts. That it may not be is told: it is there now.
pub(crate) fn keep_mounted(links: &GorootLinks<'_, LinuxMachine>, link: &GorootLink) {
    if link.kind == Kind::Bind
        && let Err(error) = links.mount_at_boot(link)
    {
        let what = format!("{} will be gone when this machine starts again", link.path.display());
        let [goroot, path] = [&link.goroot, &link.path].map(|path| path.display());
        let command = format!("echo '{goroot} {path} none bind 0 0' >> /etc/fstab");
        warn(&what, CommandError::from(error).or_fixed_by(|| command));
    }
}

/// The command that makes a link as root, for this user.
fn as_root(context: &Context, link: &GorootLink) -> String {
    let options = if link.kind == Kind::Bind { "--bind " } else { "" };
    sudo(context, &words_of_link(options, &link.path, link.follows))
}

/// The words of `gowr link`.
pub(crate) fn words_of_link(options: &str, path: &Path, follows: Follows) -> String {
    let follows = match follows {
        Follows::Default => String::new(),
        Follows::Request(request) => format!(" {request}"),
    };
    format!("link {options}{}{follows}", shell_quoted(to_bytes(path)))
}

/// A command of gowr's, as root, for this user.
pub(crate) fn sudo(context: &Context, words: &str) -> String {
    let kept = KEPT_FOR_ROOT.into_iter().filter_map(|name| {
        let value = variable(&context.process, name)?;
        Some(format!("{name}={} ", shell_quoted(value)))
    });
    let program = shell_quoted(context.process.execution_path);
    format!("sudo env {}{program} {words}", kept.collect::<String>())
}

/// Takes all links of this userland away, whose toolchains are gone. What cannot be is told.
pub(crate) fn remove_all(context: &Context, home: &Home) {
    let Ok(key) = context.key() else { return };
    let links = links(context, home, &key);
    for link in links.list().unwrap_or_default() {
        let path = link.path.display();
        match links.remove(&link.path) {
            Ok(Some(Removed::Link)) => output::say(&format!("{path} is removed")),
            Ok(Some(Removed::Entry) | None) => {}
            Err(error) => warn(&format!("{path} stays"), error.into()),
        }
    }
    // If it was the last thing in there.
    let _ = fs::remove_dir(home.path());
}

/// What a link follows, in words.
pub(crate) fn words(follows: Follows) -> String {
    match follows {
        Follows::Default => String::from("the default"),
        Follows::Request(Request::Line(line)) => format!("the newest {} here", line.as_str()),
        Follows::Request(request) => request.to_string(),
    }
}

/// Fails where a path is not ours to make a link of: before anything else is done.
pub(crate) fn may_make(context: &Context, path: &Path) -> Result<(), CommandError> {
    let (home, key) = (context.home()?, context.key()?);
    let links = links(context, &home, &key);
    Ok(links.may_make(&links.place(path)?, Kind::Link, false)?)
}

/// Makes a path lead to a toolchain, and says so.
pub(crate) fn make(
    context: &Context,
    path: &Path,
    kind: Kind,
    follows: Follows,
    is_forced: bool,
) -> Result<(), CommandError> {
    let (home, key) = (context.home()?, context.key()?);
    let links = links(context, &home, &key);
    let path = links.place(path)?;
    let found = toolchain(context, follows)
        .map_err(|error| error.or_caused_by(&format!("asked for by the argument {follows}")))?;
    let goroot = goroot(context, found)?;
    if kind == Kind::Bind {
        bind::may_bind(&goroot, format!("gowr {}", words_of_link("", &path, follows)))?;
    }
    let is_new = links.make(&path, kind, follows, &goroot, is_forced)?;
    let leads = if is_new { "now leads to" } else { "leads to" };
    let then = match follows {
        Follows::Request(Request::Exact(_) | Request::Named(_)) => String::new(),
        follows => format!(", and follows {}", words(follows)),
    };
    output::say(&format!("{} {leads} {}{then}", path.display(), goroot.display()));
    if found.is_split && kind == Kind::Link {
        output::warn(&format!(
            "its go lies elsewhere, and knows one GOROOT of its own: a program that is told of {0} must also set \
             GOROOT={0}",
            path.display()
        ));
    }
    if let Some(link) = links.find(&path)? {
        keep_mounted(&links, &link);
    }
    Ok(())
}
