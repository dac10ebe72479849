//! Where toolchains come from: the module `golang.org/toolchain`, through GOPROXY, checked by the checksum database.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::thread;

use resolver::version::ToolchainName;

use crate::download::{Client, Location};
use crate::error::{During, Error, Kind};
use crate::go_settings::GoSettings;
use crate::install::{Fetched, Source};
use crate::store::platform;
use crate::sumdb::{ChecksumDatabase, Module};
use crate::unpack::{self, Cancellation};

pub(crate) mod goproxy;

use goproxy::{ProxyList, TOOLCHAIN_MODULE, direct, module_version, parse_versions};

/// Larger than any list of versions.
const LIST_LIMIT: u64 = 16 << 20;

/// The hash of the go.mod file that every version of the toolchain module has: `module golang.org/toolchain`.
const TOOLCHAIN_GO_MOD: &str = "h1:8wlg68NqwW7eMnI1aABk/C2pDYXj8mrMY4TyRfiLeS0=";

/// Hears how far a download is.
pub trait Progress: Send + Sync {
    /// A download begins; `total` is its size in bytes, where the server says so.
    fn start(&self, total: Option<u64>);
    /// So many more bytes are here.
    fn advance(&self, bytes: u64);
    /// The download has ended, well or not.
    fn finish(&self);
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
    /// Who hears of the progress.
    pub progress: Box<dyn Progress>,
}

/// Fetches toolchains and verifies them.
pub struct Fetcher {
    proxies: ProxyList,
    toolchain_proxies: ProxyList,
    database: ChecksumDatabase,
    client: Client,
    progress: Box<dyn Progress>,
}

impl Fetcher {
    /// Judges the settings; nothing is asked yet.
    pub fn new(settings: &GoSettings, options: FetchOptions) -> Result<Self, Error> {
        let proxies = ProxyList::parse(&settings.goproxy)?;
        let toolchain_proxies = if settings.is_direct(TOOLCHAIN_MODULE) {
            proxies.direct_only()
        } else {
            proxies.clone()
        };
        Ok(Self {
            proxies,
            toolchain_proxies,
            database: ChecksumDatabase::new(&settings.gosumdb, &options.heads)?,
            client: Client::new(settings)?,
            progress: options.progress,
        })
    }

    /// The hash that the checksum database gives for a release's zip file, proved.
    pub fn published_hash(&self, name: &ToolchainName) -> Result<String, Error> {
        let version = module_version(name);
        let module = Module { path: TOOLCHAIN_MODULE, version: &version, go_mod: TOOLCHAIN_GO_MOD };
        self.database
            .lookup(&self.client, &self.proxies, &module)
            .map_err(|error| unpublished(error, name))
    }

    /// Downloads and unpacks from one proxy after the other, until one has it.
    fn unpack(
        &self,
        name: &ToolchainName,
        tree: &Path,
        archive: &Path,
        cancellation: &Cancellation,
    ) -> Result<String, Error> {
        let version = module_version(name);
        let prefix = format!("{TOOLCHAIN_MODULE}@{version}/");
        let mut is_first = true;
        self.toolchain_proxies
            .try_each(|proxy| {
                if !std::mem::take(&mut is_first) {
                    empty(tree)?;
                }
                let location = document(proxy, &format!("{}.zip", escaped(&version)));
                unpack::fetch(&unpack::Job {
                    client: &self.client,
                    location: &location,
                    prefix: &prefix,
                    tree,
                    archive,
                    progress: &*self.progress,
                    cancellation,
                })
            })
            .map_err(|error| unpublished(error, name))
    }
}

impl Source for Fetcher {
    /// All releases for this platform, oldest first; names that are no version are passed over, as in cmd/go.
    fn versions(&self) -> Result<Vec<ToolchainName>, Error> {
        let list = self
            .toolchain_proxies
            .try_each(|proxy| self.client.document(&document(proxy, "list"), LIST_LIMIT))?;
        Ok(parse_versions(&list, &platform()))
    }

    fn fetch(&self, name: &ToolchainName, tree: &Path, archive: &Path) -> Result<Fetched, Error> {
        if self.toolchain_proxies.is_off() {
            return Err(self.toolchain_proxies.off());
        }
        let cancellation = Cancellation::default();
        // The database is asked while the archive arrives. Whoever fails first ends the other.
        let (published, unpacked) = thread::scope(|scope| {
            let published =
                scope.spawn(|| self.published_hash(name).inspect_err(|_| cancellation.cancel()));
            let unpacked = self.unpack(name, tree, archive, &cancellation);
            let published =
                published.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            (published, unpacked)
        });
        let (published, unpacked) = match (published, unpacked) {
            (Ok(published), Ok(unpacked)) => (published, unpacked),
            // What the proxy says is nearer to the cause, unless it is that it was stopped.
            (Err(error), _) if error.kind() == Kind::Integrity || cancellation.was_heeded() => {
                return Err(error);
            }
            (_, Err(error)) | (Err(error), _) => return Err(error),
        };
        if unpacked != published {
            return Err(Error::Integrity {
                message: format!(
                    "SECURITY ERROR: {name} does not match the checksum database: checksum mismatch"
                ),
                cause: format!(
                    "downloaded {unpacked}, but {} says {published}: the bits may have been replaced on \
                     the origin server, or an attacker may have intercepted the download",
                    self.database.name()
                )
                .into(),
            });
        }
        Ok(Fetched { hash: published, extension: "zip" })
    }
}

/// Where a document about the toolchain module is.
fn document(proxy: Option<&Location>, name: &str) -> Location {
    let path = format!("{TOOLCHAIN_MODULE}/@v/{name}");
    proxy.map_or_else(|| direct().join(&path), |proxy| proxy.join(&path))
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

/// A capital letter in a path is `!` and the small one (`golang.org/x/mod/module.EscapeVersion`).
fn escaped(version: &str) -> String {
    let mut escaped = String::new();
    for character in version.chars() {
        if character.is_ascii_uppercase() {
            escaped.push('!');
        }
        escaped.push(character.to_ascii_lowercase());
    }
    escaped
}

/// Takes away what an attempt that failed left.
fn empty(directory: &Path) -> Result<(), Error> {
    let remove = || -> io::Result<()> {
        for entry in fs::read_dir(directory)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                fs::remove_dir_all(entry.path())?;
            } else {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    };
    remove().during("empty", directory)
}
