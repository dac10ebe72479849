//! Where toolchains come from: modules through GOPROXY, files of the Go project and of mirrors, archives on this machine.
//!
//! Whatever the way, an archive is believed for one reason only: its hash, taken from the very bytes that were unpacked,
//! is the one that is proved for this release. For a module zip the checksum database proves it, now or by a proof that
//! was kept; for a file the Go project's index says it, now or by what was kept of it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use resolver::config;
use resolver::version::ToolchainName;

use crate::download::{Client, Location};
use crate::error::{Error, Kind};
use crate::go_settings::GoSettings;
use crate::install::{Fetched, Source};
use crate::services;
use crate::store::platform;
use crate::unpack::empty;

pub(crate) mod files;
pub(crate) mod goproxy;
mod kept;
mod local;
pub mod mirror_variables;
mod modules;

use files::Files;
pub use local::LocalArchives;
use modules::Modules;

/// Hears how far a download is.
pub trait Progress: Send + Sync {
    /// A download begins; `total` is its size in bytes, where the server says so.
    fn start(&self, total: Option<u64>);
    /// So many more bytes are here.
    fn advance(&self, bytes: u64);
    /// The download has ended, well or not.
    fn finish(&self);
    /// A server could not be read just now, and is asked again after this wait.
    fn retrying(&self, location: &str, problem: &str, wait: Duration) {
        let _ = (location, problem, wait);
    }
    /// A list of releases was read.
    fn listed(&self, releases: &[ToolchainName]) {
        let _ = releases;
    }
    /// An archive on this machine is not used, and why.
    fn passed_over(&self, archive: &Path, error: &Error) {
        let _ = (archive, error);
    }
}

/// Nobody listens.
impl Progress for () {
    fn start(&self, _: Option<u64>) {}
    fn advance(&self, _: u64) {}
    fn finish(&self) {}
}

/// What a [`Fetcher`] needs to know beside Go's own settings.
pub struct FetchOptions {
    /// The directory in which the newest tree head of each checksum database is kept. Made when needed; the heads
    /// in it must outlive all toolchains, since they are what a log must not go back behind.
    pub heads: PathBuf,
    /// The file in which the checksums of the Go project's index are kept. It is believed, so it must be the user's.
    pub checksums: PathBuf,
    /// Where to look, in this order; none is what [`Fetcher`] says.
    pub sources: Option<Vec<config::Source>>,
    /// Who hears of the progress.
    pub progress: Box<dyn Progress>,
}

/// A way to servers, and who hears what comes of it.
struct Connection {
    client: Client,
    progress: Arc<dyn Progress>,
}

/// One place to look for releases.
enum Origin {
    /// The module `golang.org/toolchain`.
    Modules,
    /// Files below this address.
    Files(Location),
}

/// Fetches toolchains and verifies them.
///
/// Unless [`FetchOptions`] say otherwise it asks GOPROXY, and then the Go project's files; the latter only where GOPROXY
/// ends in `direct`, since a list without it means that nobody else is to be asked.
pub struct Fetcher {
    origins: Vec<Origin>,
    modules: Modules,
    files: Files,
    connection: Connection,
}

/// The releases that there are, of all sources that answered.
#[derive(Debug, Default)]
pub struct Listing {
    /// The releases, oldest first, each with the sources that have it: `goproxy`, or an address.
    pub releases: Vec<(ToolchainName, Vec<String>)>,
    /// The sources that did not answer, and why.
    pub failures: Vec<(String, Error)>,
}

impl Fetcher {
    /// Judges the settings; nothing is asked yet.
    pub fn new(settings: &GoSettings, options: FetchOptions) -> Result<Self, Error> {
        let modules = Modules::new(settings, &options.heads)?;
        let sources = options.sources.unwrap_or_else(|| {
            let and_files = modules.goes_direct().then_some(config::Source::Files);
            [config::Source::GoProxy].into_iter().chain(and_files).collect()
        });
        let progress: Arc<dyn Progress> = options.progress.into();
        Ok(Self {
            origins: sources.into_iter().map(Origin::new).collect::<Result<_, _>>()?,
            modules,
            files: Files::new(options.checksums),
            connection: Connection { client: Client::new(settings, progress.clone())?, progress },
        })
    }

    /// The hash that the checksum database gives for a release's zip file, proved.
    pub fn published_hash(&self, name: &ToolchainName) -> Result<String, Error> {
        Ok(self.modules.published(&self.connection, name)?.hash)
    }

    /// All releases of all sources. The error of the first is that of the listing if no source answers.
    pub fn listing(&self) -> Result<Listing, Error> {
        self.allow()?;
        let mut listing = Listing::default();
        // All at once: one that is not there is waited for long enough.
        let answers = thread::scope(|scope| {
            let ask = |origin| scope.spawn(move || self.versions_of(origin));
            let asked: Vec<_> = self.origins.iter().map(ask).collect();
            let answers = asked.into_iter().map(thread::ScopedJoinHandle::join);
            answers
                .map(|answer| answer.unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
                .collect::<Vec<_>>()
        });
        for (origin, answer) in self.origins.iter().zip(answers) {
            match answer {
                Ok(names) => names.into_iter().for_each(|name| listing.add(name, origin)),
                Err(error) => listing.failures.push((origin.to_string(), error)),
            }
        }
        if listing.failures.len() == self.origins.len() {
            return Err(every_source(listing.failures.into_iter().map(|(_, error)| error)));
        }
        listing.releases.sort_by(|(left, _), (right, _)| {
            let by_version = left.version().compare(right.version());
            by_version.then_with(|| left.as_str().cmp(right.as_str()))
        });
        let names: Vec<_> = listing.releases.iter().map(|(name, _)| *name).collect();
        self.connection.progress.listed(&names);
        Ok(listing)
    }

    /// An error if GOPROXY switches downloads off. To sources that have nothing to do with GOPROXY it means nothing.
    fn allow(&self) -> Result<(), Error> {
        let is_asked = self.origins.iter().any(|origin| matches!(origin, Origin::Modules));
        if is_asked { self.modules.allow() } else { Ok(()) }
    }

    fn versions_of(&self, origin: &Origin) -> Result<Vec<ToolchainName>, Error> {
        match origin {
            Origin::Modules => self.modules.versions(&self.connection),
            Origin::Files(_) => self.files.versions(&self.connection),
        }
    }

    /// Asks one source after the other until one answers. Only that something is not there, or that nobody is there to
    /// ask, sends it on: an archive that is not what it must be is reported.
    fn try_each<T>(&self, mut ask: impl FnMut(&Origin) -> Result<T, Error>) -> Result<T, Error> {
        self.allow()?;
        let mut errors = Vec::new();
        for origin in &self.origins {
            match ask(origin) {
                Ok(answer) => return Ok(answer),
                Err(error) if matches!(error.kind(), Kind::NotFound | Kind::Network) => {
                    errors.push(error);
                }
                Err(error) => return Err(error),
            }
        }
        Err(every_source(errors))
    }
}

impl Source for Fetcher {
    /// The releases of the first source that answers, oldest first.
    fn versions(&self) -> Result<Vec<ToolchainName>, Error> {
        let releases = self.try_each(|origin| self.versions_of(origin))?;
        self.connection.progress.listed(&releases);
        Ok(releases)
    }

    fn unpack_kept(
        &self,
        name: &ToolchainName,
        directory: &Path,
        tree: &Path,
    ) -> Result<bool, Error> {
        self.unpack_one_of(name, directory, tree)
    }

    fn fetch(&self, name: &ToolchainName, tree: &Path, archive: &Path) -> Result<Fetched, Error> {
        let mut is_first = true;
        self.try_each(|origin| {
            if !std::mem::take(&mut is_first) {
                empty(tree)?;
            }
            match origin {
                Origin::Modules => self.modules.fetch(&self.connection, name, tree, archive),
                Origin::Files(base) => {
                    self.files.fetch(&self.connection, base, name, tree, archive)
                }
            }
        })
    }
}

impl Origin {
    fn new(source: config::Source) -> Result<Self, Error> {
        let base = match source {
            config::Source::GoProxy => return Ok(Self::Modules),
            config::Source::Files => services::DOWNLOADS,
            config::Source::Mirror(base) => base,
        };
        Location::parse(base).map(Self::Files).map_err(|problem| Error::Setting {
            name: String::from("sources"),
            problem,
            cause: "in the user's configuration".into(),
            fix: None,
        })
    }
}

impl std::fmt::Display for Origin {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Modules => formatter.write_str("goproxy"),
            Self::Files(base) => base.fmt(formatter),
        }
    }
}

impl Listing {
    fn add(&mut self, name: ToolchainName, origin: &Origin) {
        let origin = origin.to_string();
        match self.releases.iter_mut().find(|(known, _)| *known == name) {
            Some((_, origins)) => origins.push(origin),
            None => self.releases.push((name, vec![origin])),
        }
    }
}

/// The error that no source has what is asked for: the first one's, and what the others said.
fn every_source(errors: impl IntoIterator<Item = Error>) -> Error {
    let mut errors = errors.into_iter();
    let first = errors.next().unwrap_or(Error::Stopped);
    let others: Vec<_> = errors.collect();
    if others.is_empty() { first } else { Error::EverySource { first: Box::new(first), others } }
}

/// Says what is not published, not only which document is not there.
fn unpublished(error: Error, name: &ToolchainName) -> Error {
    match error {
        Error::Absent { location, cause } => Error::NotPublished {
            name: *name,
            platform: platform(),
            cause: format!("{location}: {cause}").into(),
        },
        error => error,
    }
}

/// Says what was to be proved when it failed. What is wrong with a proof, or not there, says so itself.
fn unproved(archive: impl Into<String>, error: Error) -> Error {
    match error.kind() {
        Kind::Network | Kind::Configuration => {
            Error::Unproved { archive: archive.into(), source: Box::new(error) }
        }
        _ => error,
    }
}
