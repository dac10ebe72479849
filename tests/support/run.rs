//! One run of a program in an environment of our choosing, bounded in time, and what came of it.

use std::ffi::{OsStr, OsString};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Output, Stdio};
use std::sync::mpsc;
use std::time::Duration;
use std::{env, fmt, io, thread};

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use serde_json::Value;

use super::{schema, tool};
use crate::userland::Root;

/// No test waits longer than this for one command.
pub(crate) const PATIENCE: Duration = Duration::from_mins(5);

/// Settings by which programs reach the network on this machine: a company's proxy, its certificates, its module proxy.
const ONLINE: [&str; 10] = [
    "GOPROXY",
    "GOSUMDB",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
    "http_proxy",
    "https_proxy",
    "no_proxy",
];

/// A command to run: nothing of the test's own environment reaches it.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    words: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
    directory: PathBuf,
    root: Option<Root>,
    /// Words before all else, outside of `root`.
    watcher: Vec<OsString>,
    /// Text that stands for a path in snapshots, the longest path first.
    names: Vec<(String, &'static str)>,
}

impl Run {
    pub(crate) fn new(program: impl AsRef<OsStr>) -> Self {
        Self {
            words: vec![program.as_ref().to_owned()],
            environment: Vec::new(),
            directory: PathBuf::from("/"),
            root: None,
            watcher: Vec::new(),
            names: Vec::new(),
        }
    }

    pub(crate) fn args<S: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = S>) -> Self {
        self.words.extend(arguments.into_iter().map(|argument| argument.as_ref().to_owned()));
        self
    }

    /// Puts `words` before the command: `strace -f`, `setpriv …`, `prlimit …`.
    pub(crate) fn under<S: AsRef<OsStr>>(mut self, words: impl IntoIterator<Item = S>) -> Self {
        self.words.splice(0..0, words.into_iter().map(|word| word.as_ref().to_owned()));
        self
    }

    /// Another program with the same arguments and in the same state.
    pub(crate) fn program(mut self, program: impl AsRef<OsStr>) -> Self {
        program.as_ref().clone_into(&mut self.words[0]);
        self
    }

    /// Lets a program of this machine watch or limit it, also where it runs inside another userland: `strace …`.
    pub(crate) fn watched_by<S: AsRef<OsStr>>(
        mut self,
        words: impl IntoIterator<Item = S>,
    ) -> Self {
        self.watcher = words.into_iter().map(|word| word.as_ref().to_owned()).collect();
        self
    }

    /// Limits a command that may start itself again and again.
    pub(crate) fn bounded(self) -> Self {
        let limits = [tool("timeout").into(), "60".into(), tool("prlimit").into_os_string()];
        self.watched_by(limits.into_iter().chain(["--nproc=8192".into(), "--cpu=30".into()]))
    }

    /// Sets a variable; one that is set already keeps its place in the order.
    pub(crate) fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        let (name, value) = (name.as_ref().to_owned(), value.as_ref().to_owned());
        match self.environment.iter_mut().find(|entry| entry.0 == name) {
            Some(entry) => entry.1 = value,
            None => self.environment.push((name, value)),
        }
        self
    }

    pub(crate) fn env_remove(mut self, name: &str) -> Self {
        self.environment.retain(|entry| entry.0 != name);
        self
    }

    /// Lets this machine's own ways to the network through ([`ONLINE`]).
    pub(crate) fn online(self) -> Self {
        let settings = ONLINE.iter().filter_map(|name| Some((name, env::var_os(name)?)));
        settings.fold(self, |run, (name, value)| run.env(name, value))
    }

    /// The directory it runs in.
    pub(crate) fn at(mut self, directory: impl AsRef<Path>) -> Self {
        directory.as_ref().clone_into(&mut self.directory);
        self
    }

    /// Runs it in another userland.
    pub(crate) fn inside(mut self, root: &Root) -> Self {
        self.root = Some(root.clone());
        self
    }

    /// Shows `path` as `name` in snapshots.
    pub(crate) fn name(mut self, path: &Path, name: &'static str) -> Self {
        self.names.push((path.display().to_string(), name));
        self.names.sort_by_key(|(path, _)| std::cmp::Reverse(path.len()));
        self
    }

    /// The environment it gets, `NAME=value`.
    pub(crate) fn entries(&self) -> impl Iterator<Item = OsString> {
        self.environment.iter().map(|(name, value)| {
            let mut entry = name.clone();
            entry.push("=");
            entry.push(value);
            entry
        })
    }

    /// The command, for a caller that starts it in its own way: with no stdin, in a process group of its own.
    pub(crate) fn command(&self) -> Command {
        let mut words = self.watcher.clone();
        let mut command;
        if let Some(root) = &self.root {
            words.extend(root.enter(&self.directory, self.entries(), &self.words));
            command = Command::new(&words[0]);
            command.env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").current_dir("/");
        } else {
            words.extend_from_slice(&self.words);
            command = Command::new(&words[0]);
            command.env_clear().envs(self.environment.iter().map(|(name, value)| (name, value)));
            command.current_dir(&self.directory);
        }
        command.args(&words[1..]);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
        command
    }

    /// Runs to the end; a command that does not end is killed with all it started, and fails the test.
    pub(crate) fn run(&self) -> Outcome {
        self.try_run().unwrap_or_else(|error| panic!("{self}: {error}"))
    }

    /// The same where the kernel may refuse to start it.
    pub(crate) fn try_run(&self) -> io::Result<Outcome> {
        let child = self.command().spawn()?;
        let group = Pid::from_raw(i32::try_from(child.id()).unwrap());
        let (sender, receiver) = mpsc::channel();
        thread::spawn(move || sender.send(child.wait_with_output()));
        let Ok(output) = receiver.recv_timeout(PATIENCE) else {
            let _ = killpg(group, Signal::SIGKILL);
            panic!("{self}: still running after {PATIENCE:?}");
        };
        Ok(self.outcome(output?))
    }

    /// What came of this command, when it was run in another way.
    pub(crate) fn outcome(&self, output: Output) -> Outcome {
        Outcome { command: self.to_string(), output, names: self.names.clone() }
    }
}

impl fmt::Display for Run {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<_> = self.words.iter().map(|word| word.to_string_lossy()).collect();
        formatter.write_str(&words.join(" "))
    }
}

/// How a run ended and what it said.
#[derive(Clone, Debug)]
pub(crate) struct Outcome {
    command: String,
    output: Output,
    names: Vec<(String, &'static str)>,
}

impl Outcome {
    pub(crate) fn status(&self) -> ExitStatus {
        self.output.status
    }

    pub(crate) fn code(&self) -> Option<i32> {
        self.output.status.code()
    }

    /// Standard output as text, paths shown by their names.
    pub(crate) fn stdout(&self) -> String {
        self.named(&self.output.stdout)
    }

    /// Standard error as text, paths shown by their names.
    pub(crate) fn stderr(&self) -> String {
        self.named(&self.output.stderr)
    }

    /// Standard output as it came.
    pub(crate) fn raw_stdout(&self) -> &str {
        std::str::from_utf8(&self.output.stdout).unwrap()
    }

    /// Standard error as it came.
    pub(crate) fn raw_stderr(&self) -> &str {
        std::str::from_utf8(&self.output.stderr).unwrap()
    }

    /// Standard output as it came, one line without its end.
    pub(crate) fn line(&self) -> &str {
        self.raw_stdout()
            .strip_suffix('\n')
            .unwrap_or_else(|| panic!("one line was expected: {}", self.report()))
    }

    /// Standard output as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.output.stdout)
            .unwrap_or_else(|error| panic!("{error}\n{}", self.report()))
    }

    /// What `gowr which --json` printed; it must be what the schema in docs/ says.
    pub(crate) fn which(&self) -> Value {
        let document = self.json();
        schema::check(&document);
        document
    }

    /// Fails the test unless the exit status is 0 and nothing stands on stderr; gives itself back.
    pub(crate) fn quiet(&self) -> &Self {
        assert!(self.output.stderr.is_empty(), "{}", self.report());
        self.success()
    }

    /// Fails the test unless the exit status is 0; gives itself back.
    pub(crate) fn success(&self) -> &Self {
        assert!(self.output.status.success(), "{}", self.report());
        self
    }

    /// All of interest as one text for an inline snapshot: stdout, stderr, exit status; what is empty or 0 is left out.
    pub(crate) fn snapshot(&self) -> String {
        let mut text = self.stdout();
        let stderr = self.stderr();
        if !stderr.is_empty() {
            text += "------- stderr -------\n";
            text += &stderr;
        }
        if let Some(signal) = self.output.status.signal() {
            text += &format!("[signal: {signal}]\n");
        } else if self.code() != Some(0) {
            text += &format!("[exit status: {}]\n", self.code().unwrap());
        }
        text
    }

    /// The command and the snapshot, for a failed test's message.
    pub(crate) fn report(&self) -> String {
        format!("{}\n{}", self.command, self.snapshot())
    }

    /// Bytes as text, paths shown by their names.
    pub(crate) fn named(&self, bytes: &[u8]) -> String {
        let text = String::from_utf8_lossy(bytes).into_owned();
        self.names.iter().fold(text, |text, (path, name)| text.replace(path, name))
    }
}
