//! Which failures are worth another try, how many, and how long to wait before each.

use std::hash::{BuildHasher, RandomState};
use std::io::{self, ErrorKind};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use super::{Location, failed};
use crate::error::Error;
use crate::go_settings::{PatienceSettings, Setting};
use crate::source::Progress;

/// For one try, where `GOWR_HTTP_TIMEOUT` does not say otherwise.
const DEFAULT_TIMEOUT: Duration = Duration::from_mins(1);
/// After the first try, where `GOWR_HTTP_RETRIES` does not say otherwise: as many as cargo and uv.
const DEFAULT_RETRIES: u32 = 3;
/// Before the second try. It doubles with each.
const FIRST_WAIT: Duration = Duration::from_millis(500);
/// Also where a server asks for more.
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// A download that came so much further, in bytes, has all its tries again: a line that breaks each minute brings a
/// large file home all the same.
const PROGRESS: u64 = 1 << 20;

/// How long and how often to wait for a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Patience {
    /// To find, reach and greet a server; until it answers; between two pieces of an answer. There is no limit to
    /// the whole: a slow line is not an error.
    pub(super) timeout: Duration,
    /// How many tries there are after the first.
    retries: u32,
}

impl Patience {
    /// Reads `GOWR_HTTP_TIMEOUT`, in seconds, and `GOWR_HTTP_RETRIES`.
    pub(super) fn new(settings: &PatienceSettings) -> Result<Self, Error> {
        let number = |setting: &Option<Setting>| {
            let Some(setting) = setting else { return Ok(None) };
            let number = setting.value().parse::<u32>();
            number.map(Some).map_err(|_| setting.invalid("it is not a whole number"))
        };
        let timeout = match (number(&settings.timeout)?, &settings.timeout) {
            (Some(0), Some(setting)) => return Err(setting.invalid("nothing takes no time")),
            (Some(seconds), _) => Duration::from_secs(seconds.into()),
            (None, _) => DEFAULT_TIMEOUT,
        };
        let retries = number(&settings.retries)?.unwrap_or(DEFAULT_RETRIES);
        Ok(Self { timeout, retries })
    }
}

/// How one try ended.
#[derive(Debug)]
pub(super) enum Failure {
    /// It would end so again.
    Final(Error),
    /// It may end better a little later.
    Passing {
        /// What went wrong.
        problem: String,
        /// How long the server asks to wait.
        wait: Option<Duration>,
    },
    /// The part that was asked for is not to be had, and why.
    NoSuchPart(&'static str),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Final(error)
    }
}

impl Failure {
    /// A request without an answer.
    pub(super) fn of(location: &Location, error: ureq::Error, patience: Patience) -> Self {
        let is_passing = is_passing(&error);
        let problem = words(error, patience.timeout);
        if is_passing { Self::passing(problem) } else { failed(location, problem).into() }
    }

    /// An answer that broke off.
    pub(super) fn broke_off(error: io::Error, patience: Patience) -> Self {
        Self::passing(broken_off_after(error.into(), patience.timeout))
    }

    /// An answer of which next to nothing came.
    pub(super) fn stalled(timeout: Duration) -> Self {
        Self::passing(format!("the server sent next to nothing for {}", seconds(timeout)))
    }

    fn passing(problem: String) -> Self {
        Self::Passing { problem, wait: None }
    }
}

/// The tries for one file.
pub(super) struct Attempts {
    patience: Patience,
    listener: Arc<dyn Progress>,
    /// How many failed, since the last progress.
    failed: u32,
    /// How far it was then.
    position: u64,
}

impl Attempts {
    pub(super) fn new(patience: Patience, listener: Arc<dyn Progress>) -> Self {
        Self { patience, listener, failed: 0, position: 0 }
    }

    /// Waits until it is time for the next try, of a download that is at `position`; an error if there is none.
    pub(super) fn again(
        &mut self,
        location: &Location,
        failure: Failure,
        position: u64,
    ) -> Result<(), Error> {
        let (problem, wait) = match failure {
            Failure::Final(error) => return Err(error),
            Failure::Passing { problem, wait } => (problem, wait),
            Failure::NoSuchPart(problem) => return Err(failed(location, problem)),
        };
        if position >= self.position.saturating_add(PROGRESS) {
            (self.failed, self.position) = (0, position);
        }
        self.failed += 1;
        if self.failed > self.patience.retries {
            let problem = match self.failed {
                1 => problem,
                times => format!("{problem} (tried {times} times)"),
            };
            return Err(failed(location, problem));
        }
        let wait = wait.unwrap_or_else(|| back_off(self.failed)).min(LONGEST_WAIT);
        self.listener.retrying(&location.to_string(), &problem, wait);
        thread::sleep(wait);
        Ok(())
    }
}

/// How long to wait after so many failures: twice as long each time, give or take a half, so that those who failed
/// together do not come back together.
fn back_off(failed: u32) -> Duration {
    let wait = FIRST_WAIT.saturating_mul(1 << (failed - 1).min(16)).min(LONGEST_WAIT);
    // Each of these has a key of its own, by chance.
    let chance = RandomState::new().hash_one(failed) % 1024;
    wait.mul_f64(0.5 + f64::from(u32::try_from(chance).unwrap_or(0)) / 1024.0)
}

/// Whether a request may go through a little later.
fn is_passing(error: &ureq::Error) -> bool {
    match error {
        ureq::Error::Timeout(_) | ureq::Error::HostNotFound | ureq::Error::ConnectionFailed => true,
        ureq::Error::Io(error) => !matches!(
            error.kind(),
            // A certificate that is not good, an answer that is not HTTP, an address that is none.
            ErrorKind::InvalidData | ErrorKind::InvalidInput | ErrorKind::Unsupported
        ),
        _ => false,
    }
}

/// What went wrong with an answer.
pub(super) fn broken_off(error: ureq::Error) -> String {
    format!("the answer broke off: {}", words(error, DEFAULT_TIMEOUT))
}

fn broken_off_after(error: ureq::Error, timeout: Duration) -> String {
    format!("the answer broke off: {}", words(error, timeout))
}

/// What went wrong, in lower case as all messages are.
fn words(error: ureq::Error, timeout: Duration) -> String {
    let text = match error {
        ureq::Error::Io(error) => match error.raw_os_error() {
            Some(number) => nix::errno::Errno::from_raw(number).desc().to_owned(),
            None if error.kind() == ErrorKind::UnexpectedEof => {
                String::from("the connection was closed")
            }
            None => error.to_string(),
        },
        ureq::Error::Timeout(_) => format!("nothing came for {}", seconds(timeout)),
        error => error.to_string(),
    };
    let mut characters = text.chars();
    let first = characters.next().map(|first| first.to_ascii_lowercase());
    first.into_iter().chain(characters).collect()
}

fn seconds(timeout: Duration) -> String {
    match timeout.as_secs() {
        1 => String::from("a second"),
        seconds => format!("{seconds} seconds"),
    }
}
