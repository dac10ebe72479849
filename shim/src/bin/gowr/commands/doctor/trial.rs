//! One run of the chosen `go`, to hear what it says of settings that no file can judge.

use std::ffi::OsStr;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use installer::doctor::Trial;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use resolver::environment;
use resolver::path::Bytes;
use resolver::resolution::Resolution;

use crate::context::{Context, to_path};

/// `go version` takes milliseconds; on a file system of the network, and a machine that has other work, more.
const PATIENCE: Duration = Duration::from_secs(3);
const PAUSE: Duration = Duration::from_millis(2);
/// What is read of its words.
const LIMIT: u64 = 4096;

/// Runs `go version` as the proxy would, but so that it switches to no other toolchain and asks no network.
pub(super) fn run(context: &Context, resolution: &Resolution) -> Option<Trial> {
    let inherited: Vec<Bytes> = context.machine.environment().collect();
    let entries = environment::apply(&inherited, &resolution.changes);
    let entries = entries.iter().filter_map(|entry| {
        let equals = entry.iter().position(|byte| *byte == b'=')?;
        let (name, value) = entry.split_at(equals);
        Some((OsStr::from_bytes(name), OsStr::from_bytes(value.get(1..)?)))
    });
    let child = Command::new(to_path(resolution.executable()))
        .arg("version")
        .env_clear()
        .envs(entries)
        .env("GOTOOLCHAIN", "local")
        .env("GOPROXY", "off")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn();
    child.ok().map(wait)
}

fn wait(mut child: Child) -> Trial {
    let begun = Instant::now();
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if begun.elapsed() < PATIENCE => thread::sleep(PAUSE),
            _ => {
                let group = Pid::from_raw(i32::try_from(child.id()).unwrap_or(i32::MAX));
                let _ = killpg(group, Signal::SIGKILL);
                let _ = child.wait();
                return Trial::Hangs;
            }
        }
    };
    if status.success() {
        return Trial::Ran;
    }
    // What it started may still hold the pipe: only what is there by now is read.
    let mut words = Vec::new();
    if let Some(stderr) = child.stderr.take() {
        let _ = nix::fcntl::fcntl(
            &stderr,
            nix::fcntl::FcntlArg::F_SETFL(nix::fcntl::OFlag::O_NONBLOCK),
        );
        let _ = stderr.take(LIMIT).read_to_end(&mut words);
    }
    let words = String::from_utf8_lossy(&words).trim().to_owned();
    Trial::Failed(if words.is_empty() { status.to_string() } else { words })
}
