//! What one run of a command costs: wall time, processor time, memory.

use std::env;
use std::process::{Command, Stdio};
use std::time::Instant;

use nix::sys::resource::{UsageWho, getrusage};

/// The word by which this program runs one command for itself and prints what it cost ([`Cost`]).
const RUN: &str = "--run-and-measure";

/// What one run cost.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cost {
    /// Seconds.
    pub(crate) wall: f64,
    /// Seconds on all processors, user and system.
    pub(crate) processor: f64,
    /// Peak of the largest process, in megabytes.
    pub(crate) memory: f64,
}

/// To be called first in `main`: whether this is a process that only runs one command.
pub(crate) fn is_runner() -> bool {
    let mut words = env::args().skip(1);
    if words.next().as_deref() != Some(RUN) {
        return false;
    }
    run_and_print(&words.collect::<Vec<_>>());
    true
}

/// Runs a command in a process of its own, whose only child it is: so its peak of memory is its own. Gives what it said
/// if it failed.
pub(crate) fn run(words: &[String], environment: &[(&str, String)]) -> Result<Cost, String> {
    let mut command = Command::new(env::current_exe().expect("there is a /proc"));
    command.arg(RUN).args(words).env_clear();
    command.envs(environment.iter().map(|(name, value)| (name, value)));
    let output = command.output().expect("this program starts");
    let text = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() {
        return Err(format!(
            "{}: {text}{}",
            output.status,
            String::from_utf8_lossy(&output.stderr)
        ));
    }
    let numbers: Vec<f64> = text.split_whitespace().flat_map(str::parse).collect();
    let [wall, processor, memory] = numbers[..] else { return Err(text.into_owned()) };
    Ok(Cost { wall, processor, memory })
}

fn run_and_print(words: &[String]) {
    let start = Instant::now();
    let mut command = Command::new(&words[0]);
    command.args(&words[1..]).stdin(Stdio::null()).stdout(Stdio::null());
    let status = command.status().expect("it can be executed");
    let wall = start.elapsed().as_secs_f64();
    assert!(status.success(), "{status}");
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).expect("it is always known");
    let seconds = |time: nix::sys::time::TimeVal| {
        #[expect(clippy::cast_precision_loss, reason = "seconds and microseconds of one run")]
        let seconds = time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6;
        seconds
    };
    let processor = seconds(usage.user_time()) + seconds(usage.system_time());
    #[expect(clippy::cast_precision_loss, reason = "kilobytes of one process")]
    let memory = usage.max_rss() as f64 * 1024.0 / 1e6;
    println!("{wall} {processor} {memory}");
}
