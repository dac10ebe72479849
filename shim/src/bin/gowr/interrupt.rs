//! Ctrl-C while something is installed: nothing is left behind. While commands are run: they are ended, and what they came
//! to is told.
//!
//! Threads write into staging at that time, and nothing in this process can stop them all at once; becoming another
//! program does. It finds the locks free, takes away what the install left, and ends by the same signal.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Once, OnceLock};
use std::thread;
use std::time::Duration;

use installer::store::Home;
use installer::{child, config_file, install, snapshot};
use nix::sys::signal::{SigSet, Signal, raise};

use crate::context::{Context, to_path};

/// The verb of that program; for nobody else.
pub(crate) const VERB: &[u8] = b"__sweep";

const SIGNALS: [Signal; 3] = [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP];

/// What is made outside of gowr's home, once it is whole.
static TARGET: OnceLock<PathBuf> = OnceLock::new();

/// Whether it is commands that an interrupt ends, and not this process.
static ENDS_COMMANDS: AtomicBool = AtomicBool::new(false);

/// How long commands may take to end by themselves.
const GRACE: Duration = Duration::from_secs(10);

/// From here on, these signals end the commands that run ([`child::run`]); the second one, or ten seconds later, at once.
/// Until [`end_this_process`].
pub(crate) fn end_commands(context: &Context) {
    ENDS_COMMANDS.store(true, Ordering::SeqCst);
    sweep_when_interrupted(context);
}

/// From here on, these signals end this process again.
pub(crate) fn end_this_process() {
    ENDS_COMMANDS.store(false, Ordering::SeqCst);
}

/// Lets an interrupt also take away what is there of this file or directory.
pub(crate) fn also_sweep(target: &Path) {
    let _ = TARGET.set(target.to_path_buf());
}

/// From here on, these signals sweep before they end the process. To be called before any thread is started.
pub(crate) fn sweep_when_interrupted(context: &Context) {
    static ONCE: Once = Once::new();
    let gowr = to_path(context.process.execution_path);
    ONCE.call_once(|| {
        let ignored = ignored_signals();
        let mut signals = SigSet::empty();
        for signal in SIGNALS.into_iter().filter(|signal| ignored & bit(*signal) == 0) {
            signals.add(signal);
        }
        if signals.thread_block().is_err() {
            return;
        }
        thread::spawn(move || {
            let signal = loop {
                let Ok(signal) = signals.wait() else { return };
                if !ENDS_COMMANDS.load(Ordering::SeqCst) {
                    break signal;
                }
                pass_on(signal);
            };
            // Its standard streams, its environment and its locks' files are those of any program started here.
            let verb = std::ffi::OsStr::from_bytes(VERB);
            let _ = Command::new(gowr)
                .arg(verb)
                .arg((signal as i32).to_string())
                .args(TARGET.get())
                .exec();
            end_by(signal);
        });
    });
}

fn pass_on(signal: Signal) {
    if child::interrupted_by().is_some() {
        return child::interrupt(Signal::SIGKILL);
    }
    child::interrupt(signal);
    thread::spawn(|| {
        thread::sleep(GRACE);
        child::interrupt(Signal::SIGKILL);
    });
}

/// Lets these signals end a program that this process becomes: it inherits that they are blocked.
pub(crate) fn unblock() {
    let mut signals = SigSet::empty();
    for signal in SIGNALS {
        signals.add(signal);
    }
    let _ = signals.thread_unblock();
}

/// What is ignored here (`nohup`, a shell's background job) stays ignored.
fn ignored_signals() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}

fn bit(signal: Signal) -> u64 {
    1 << (signal as i32 - 1)
}

/// Takes away what killed commands left in gowr's home and beside the configuration. Best effort.
pub(crate) fn take_leftovers_away(context: &Context) {
    // Without the configuration, at least what stands in the home itself.
    let in_place = || Home::new(to_path(context.places.home?)).ok();
    if let Some(home) = context.home().ok().or_else(in_place) {
        install::sweep(&home);
    }
    if let Some(file) = context.places.user_configuration {
        config_file::sweep(to_path(file));
    }
}

/// Takes away what an interrupted install left, then ends as that did.
pub(crate) fn sweep(context: &Context, signal: Option<&[u8]>, target: Option<&[u8]>) -> ExitCode {
    take_leftovers_away(context);
    if let Some(target) = target {
        snapshot::sweep(to_path(target));
    }
    let number: Option<i32> = signal.and_then(|it| std::str::from_utf8(it).ok()?.parse().ok());
    match number.map(Signal::try_from) {
        Some(Ok(signal)) => end_by(signal),
        _ => ExitCode::FAILURE,
    }
}

/// Ends this process by a signal.
pub(crate) fn end_by(signal: Signal) -> ExitCode {
    let mut signals = SigSet::empty();
    signals.add(signal);
    let _ = signals.thread_unblock();
    let _ = raise(signal);
    ExitCode::from(128_u8.saturating_add(u8::try_from(signal as i32).unwrap_or(0)))
}
