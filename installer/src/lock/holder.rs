//! Who has a lock: written down so that people can find the process, and other processes can tell whether it lives.

use std::fmt;
use std::fs::{self, File};
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// Longer than any text of ours; the file is ours but anyone may have written to it.
const TEXT_LIMIT: u64 = 512;

/// After this time a process that cannot be asked about is taken for dead: no install takes a day.
pub(crate) const LONGEST_WORK: Duration = Duration::from_hours(24);

/// Who has a lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// Its process id, where it got as far as writing it down.
    pub process: Option<u32>,
    /// The machine it runs on.
    pub host: Option<String>,
    /// How long it has had the lock.
    pub age: Duration,
    /// When it started, in the kernel's ticks after boot: another process may get its id.
    started: Option<u64>,
    /// The boot and the process namespace in which its id means something.
    world: Option<String>,
    /// What says so.
    file: PathBuf,
}

impl Holder {
    /// What [`Lock`](super::Lock) wrote into its file.
    pub(super) fn of_file(path: &Path, mut file: &File) -> Self {
        let mut text = String::new();
        let _ = std::io::Seek::rewind(&mut file)
            .and_then(|()| file.take(TEXT_LIMIT).read_to_string(&mut text));
        let since = file.metadata().and_then(|metadata| metadata.modified());
        Self::parse(path, &text, since.ok())
    }

    /// `since` is when it was written.
    pub(super) fn parse(file: &Path, text: &str, since: Option<SystemTime>) -> Self {
        let mut words = text.split_whitespace();
        let age = since.and_then(|since| SystemTime::now().duration_since(since).ok());
        Self {
            process: words.next().and_then(|word| word.parse().ok()),
            host: words.next().map(str::to_owned),
            started: words.next().and_then(|word| word.parse().ok()),
            world: words.next().map(str::to_owned),
            age: age.unwrap_or_default(),
            file: file.to_path_buf(),
        }
    }

    /// `4711 box 81734 2f1c…/4026531836`: process, machine, start, boot and namespace. What the system does not tell
    /// is left out, from there on.
    pub(super) fn text_of_this_process() -> String {
        let process = std::process::id();
        match (started(process), world()) {
            (Some(started), Some(world)) => format!("{process} {} {started} {world}", host()),
            _ => format!("{process} {}", host()),
        }
    }

    /// Whether it may still be at work. One that cannot be asked about, on another machine or in another container, is
    /// believed for a day.
    pub(super) fn may_live(&self) -> bool {
        match (self.process, self.started) {
            (Some(process), Some(since)) if self.is_here() => started(process) == Some(since),
            _ => self.age < LONGEST_WORK,
        }
    }

    /// Whether its process id means the same to this process.
    fn is_here(&self) -> bool {
        self.world.is_some() && self.world == world()
    }

    /// The command that ends the wait, if the process hangs or is gone.
    pub fn way_out(&self) -> String {
        match self.process {
            Some(process) if self.is_here() => format!("kill {process}"),
            _ => {
                let file = self.file.as_os_str().as_bytes();
                format!("rm {}", resolver::path::shell_quoted(file))
            }
        }
    }
}

impl fmt::Display for Holder {
    /// `process 4711 on box, for 12 s (if it hangs: kill 4711)`
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.process {
            Some(process) => write!(formatter, "process {process}")?,
            None => formatter.write_str("another process")?,
        }
        if let Some(host) = &self.host {
            write!(formatter, " on {host}")?;
        }
        write!(formatter, ", for {} s", self.age.as_secs())?;
        match self.process {
            Some(_) if self.is_here() => write!(formatter, " (if it hangs: {})", self.way_out()),
            Some(_) => write!(
                formatter,
                ", on another machine or in another container (if it is gone: {})",
                self.way_out()
            ),
            None => write!(formatter, " (if it is gone: {})", self.way_out()),
        }
    }
}

/// One word.
pub(super) fn host() -> String {
    let name = nix::unistd::gethostname().unwrap_or_default();
    let name = name.to_string_lossy();
    name.split_whitespace().next().unwrap_or("localhost").to_owned()
}

/// When a process of this namespace started; none where there is no such process, or no `/proc`.
fn started(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The second field is a name in parentheses with anything in it; the third is the state, and the 22nd the start
    // (proc_pid_stat(5)).
    let (_, after_name) = status.rsplit_once(')')?;
    let mut fields = after_name.split_whitespace();
    // Ended, though nobody has asked how: in a container there may be nobody who does.
    let is_dead = matches!(fields.next()?, "Z" | "X" | "x");
    if is_dead { None } else { fields.nth(18)?.parse().ok() }
}

fn world() -> Option<String> {
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let namespace = fs::read_link("/proc/self/ns/pid").ok()?;
    let namespace: String = namespace.to_str()?.chars().filter(char::is_ascii_digit).collect();
    Some(format!("{}/{namespace}", boot.trim()))
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    fn holder(text: &str, age: Duration) -> Holder {
        Holder::parse(Path::new("/home/u/work.lock"), text, Some(SystemTime::now() - age))
    }

    const MINUTE: Duration = Duration::from_mins(1);
    const DAYS: Duration = Duration::from_hours(48);

    #[test]
    fn this_process_lives_and_its_successor_is_another() {
        let text = Holder::text_of_this_process();
        assert!(holder(&text, DAYS).may_live(), "{text}");
        let words: Vec<_> = text.split(' ').collect();
        let [process, host, started, world] = words[..] else { panic!("four words: {text}") };
        let later = started.parse::<u64>().expect("a number") + 1;
        let successor = format!("{process} {host} {later} {world}");
        assert!(!holder(&successor, Duration::ZERO).may_live());
    }

    #[test]
    fn one_that_ended_is_dead_at_once() {
        let mut child = Command::new("sleep").arg("60").spawn().expect("started");
        let world = world().expect("/proc");
        let text = format!("{} box {} {world}", child.id(), started(child.id()).expect("it runs"));
        assert!(holder(&text, MINUTE).may_live());
        child.kill().expect("killed");
        while holder(&text, MINUTE).may_live() {
            std::thread::yield_now();
        }
        child.wait().expect("ended");
        assert!(!holder(&text, MINUTE).may_live());
    }

    #[test]
    fn one_that_cannot_be_asked_about_is_believed_for_a_day() {
        for text in ["4711 elsewhere 12345 another-boot/4026531836", "4711 box", "", "nonsense"] {
            assert!(holder(text, MINUTE).may_live(), "{text}");
            assert!(!holder(text, DAYS).may_live(), "{text}");
        }
    }

    #[test]
    fn the_way_out_is_told() {
        let shown = |text: &str| holder(text, MINUTE).to_string();
        let here = shown(&Holder::text_of_this_process());
        let process = std::process::id();
        let expected =
            format!("process {process} on {}, for 60 s (if it hangs: kill {process})", host());
        assert_eq!(here, expected);
        assert_eq!(
            shown("4711 box 1 another/1"),
            "process 4711 on box, for 60 s, on another machine or in another container \
             (if it is gone: rm /home/u/work.lock)"
        );
        assert_eq!(shown(""), "another process, for 60 s (if it is gone: rm /home/u/work.lock)");
    }
}
