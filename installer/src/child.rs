//! Commands that are run for somebody who waits for what comes of them, each with all that it starts.
//!
//! Each is a process group of its own, so that a test that hangs ends together with the `go` that started it; and each
//! reads nothing, since nobody could tell whose turn it is to be answered.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, killpg};
use nix::sys::wait::{Id, WaitPidFlag, waitid};
use nix::unistd::Pid;

/// All that run now, and whether no more may be started.
static RUNNING: Mutex<Running> = Mutex::new(Running { groups: Vec::new(), interrupted_by: None });

struct Running {
    groups: Vec<Pid>,
    interrupted_by: Option<Signal>,
}

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Its exit status; as a shell has it, 128 and more for a signal.
    pub status: i32,
    /// Whether a signal ended it.
    pub by_signal: bool,
    /// How long it ran.
    pub elapsed: Duration,
}

/// Runs a command to its end; what it writes goes to `output`.
///
/// An error is that it could not be started. After [`interrupt`] none is.
pub fn run(mut command: Command, output: &File) -> io::Result<Ended> {
    command.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output.try_clone()?);
    command.process_group(0);
    let begun = Instant::now();
    let mut child = {
        // Held while it is started: an interrupt comes before it, or finds it.
        let mut running = lock();
        if running.interrupted_by.is_some() {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let child = command.spawn()?;
        running.groups.push(group(&child));
        child
    };
    // Its number stays its own until it is waited for.
    let ended = waitid(Id::Pid(group(&child)), WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT);
    if ended.is_ok() && interrupted_by().is_some() {
        // What it started in the background of a shell does not hear of a Ctrl-C.
        let _ = killpg(group(&child), Signal::SIGKILL);
    }
    lock().groups.retain(|it| *it != group(&child));
    let status = child.wait()?;
    let by_signal = status.code().is_none();
    let status = status.code().or(status.signal().map(|signal| 128 + signal)).unwrap_or(-1);
    Ok(Ended { status, by_signal, elapsed: begun.elapsed() })
}

/// Of what commands write, so much at its end is kept.
const OUTPUT_LIMIT: u64 = 4 << 20;

/// Runs commands one after the other until one fails; gives how the last one ended, and what they wrote.
///
/// That goes through a file, not a pipe: a server that a test left behind keeps a pipe open.
pub fn run_captured(commands: Vec<Command>) -> io::Result<(Option<Ended>, String)> {
    let file = tempfile::tempfile()?;
    let mut last = None;
    for command in commands {
        let ended = run(command, &file)?;
        last = Some(ended);
        if ended.status != 0 {
            break;
        }
    }
    Ok((last, read_end(file, OUTPUT_LIMIT)?))
}

/// What was written, or the end of it where that is much.
fn read_end(mut file: File, limit: u64) -> io::Result<String> {
    let passed_over = file.metadata()?.len().saturating_sub(limit);
    file.seek(SeekFrom::Start(passed_over))?;
    let mut content = Vec::new();
    file.take(limit).read_to_end(&mut content)?;
    let text = String::from_utf8_lossy(&content);
    Ok(match passed_over {
        0 => text.into_owned(),
        bytes => format!("[{bytes} bytes before this are not shown]\n{text}"),
    })
}

/// Sends a signal to all that run, and lets no more be started.
pub fn interrupt(signal: Signal) {
    let mut running = lock();
    running.interrupted_by.get_or_insert(signal);
    for group in &running.groups {
        // Gone by itself, perhaps.
        let _ = killpg(*group, signal);
    }
}

/// The first signal of [`interrupt`], if there was any.
pub fn interrupted_by() -> Option<Signal> {
    lock().interrupted_by
}

fn group(child: &std::process::Child) -> Pid {
    Pid::from_raw(i32::try_from(child.id()).unwrap_or(i32::MAX))
}

fn lock() -> std::sync::MutexGuard<'static, Running> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn what_is_written_is_kept_in_its_order_until_one_fails() {
        let scripts = ["echo one; echo two >&2", "echo three; exit 3", "echo four"];
        let (ended, output) = run_captured(scripts.map(shell).into()).expect("run");
        assert_eq!(ended.map(|ended| ended.status), Some(3));
        assert_eq!(output, "one\ntwo\nthree\n");
        // What is left behind is not waited for.
        let begun = Instant::now();
        run_captured(vec![shell("sleep 30 &")]).expect("run");
        assert!(begun.elapsed() < Duration::from_secs(20));
    }

    #[test]
    fn of_much_the_end_is_kept() {
        let mut file = tempfile::tempfile().expect("a file");
        std::io::Write::write_all(&mut file, b"0123456789").expect("written");
        let text = read_end(file, 4).expect("read");
        assert_eq!(text, "[6 bytes before this are not shown]\n6789");
    }

    #[test]
    fn exit_statuses_are_those_of_shells() {
        for (script, status, by_signal) in
            [("exit 0", 0, false), ("exit 42", 42, false), ("kill -9 $$", 137, true)]
        {
            let ended = run(shell(script), &tempfile::tempfile().expect("a file")).expect("run");
            assert_eq!((ended.status, ended.by_signal), (status, by_signal), "{script}");
        }
        run(Command::new("/nonexistent"), &tempfile::tempfile().expect("a file"))
            .expect_err("there is none");
    }
}
