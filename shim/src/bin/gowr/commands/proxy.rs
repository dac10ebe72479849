//! `gowr __proxy NAME ARGUMENTS…`: what the `go` beside this program hands over because it is not the straight way,
//! such as a toolchain that is not among this userland's links, or an error to explain.

use installer::link;
use installer::store::Home;
use resolver::failure::{Code, Failure};
use resolver::invocation::Program;
use resolver::machine::Errno;
use resolver::path::Bytes;
use resolver::resolution::resolve_survey;
use resolver::share;
use resolver::witness::Losers;
use shim::exec;
use shim::proxy_version;
use shim::sys::ThinStr;

use crate::context::{Context, to_path};
use crate::environment;
use crate::error::CommandError;
use crate::execute;

/// Becomes the program; returns only when it cannot.
pub(crate) fn run(context: &Context, words: &'static [ThinStr<'static>]) -> CommandError {
    let error = match words.first().map(|name| name.to_bytes()) {
        Some(b"go") => become_program(context, Program::Go, words),
        Some(b"gofmt") => become_program(context, Program::Gofmt, words),
        _ => CommandError::user("gowr __proxy is for the go beside gowr, not for people")
            .fixed_by("go help"),
    };
    match environment::variable(&context.process, proxy_version::VARIABLE) {
        Some(proxy) if proxy != env!("CARGO_PKG_VERSION").as_bytes() => error.noted(format!(
            "note: go is of gowr {}, and gowr is {}; gowr setup puts matching ones in place",
            String::from_utf8_lossy(proxy),
            env!("CARGO_PKG_VERSION")
        )),
        _ => error,
    }
}

/// Works out what `words` (the program's name, then its arguments) get, and becomes it.
pub(crate) fn become_program(
    context: &Context,
    program: Program,
    words: &[ThinStr<'static>],
) -> CommandError {
    create_missing_links(context);
    let mut refused: Option<Bytes> = None;
    loop {
        let (executable, errno) = match attempt(context, program, words) {
            Ok(refusal) => refusal,
            Err(failure) => return explained(context, failure),
        };
        // A share may be unmounted between the look at it and the start: then the second look has another answer.
        if refused == Some(executable) || errno == Errno::TOO_BIG {
            return execute::refused(context.machine, executable, errno);
        }
        refused = Some(executable);
    }
}

/// A version may be missing because the share that has it is.
fn explained(context: &Context, failure: &'static Failure) -> CommandError {
    let error = CommandError::from(failure);
    let share = context.places.home.and_then(|home| share::find(context.machine, home));
    let flaw = share.and_then(|share| share::flaw(context.machine, share));
    match (failure.code, flaw) {
        (Code::NotInstalled, Some(flaw)) => {
            error.noted(format!("note: the share is not used: {}; gowr share list", flaw.detail()))
        }
        _ => error,
    }
}

/// Returns only where the kernel refuses to execute the answer, or there is none.
fn attempt(
    context: &Context,
    program: Program,
    words: &[ThinStr<'static>],
) -> Result<(Bytes, Errno), &'static Failure> {
    let arguments: Vec<Bytes> = words.iter().skip(1).map(|word| word.to_bytes()).collect();
    let survey = context.survey(program, &arguments)?;
    let resolution = resolve_survey(&survey, &mut Losers::default())?;
    let words = exec::without_dropped(words, resolution.dropped_arguments);
    let environment = context.process.environment;
    let errno = exec::exec(resolution.executable(), &words, environment, &resolution.changes);
    Ok((resolution.executable(), errno))
}

/// Gives a userland that is new over this home its directory of links, as far as that goes: with it, the proxy need
/// not ask here again. An existing one is left as it is.
fn create_missing_links(context: &Context) {
    let Some(home) = context.places.home else { return };
    if let (Ok(home), Ok(key)) = (Home::new(to_path(home)), context.key())
        && home.installed().is_ok_and(|installed| !installed.is_empty())
    {
        let _ = link::create(&home, &key);
    }
}
