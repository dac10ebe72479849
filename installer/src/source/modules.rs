//! Releases as versions of the module `golang.org/toolchain`: through GOPROXY, checked by the checksum database.

use std::path::Path;
use std::thread;

use resolver::version::ToolchainName;

use super::goproxy::{ProxyList, TOOLCHAIN_MODULE, direct, module_version, parse_versions};
use super::{Connection, unpublished};
use crate::download::Location;
use crate::downloads::Format;
use crate::error::{Error, Kind};
use crate::go_settings::GoSettings;
use crate::install::Fetched;
use crate::store::platform;
use crate::sumdb::proof::Proof;
use crate::sumdb::{ChecksumDatabase, Module, Published};
use crate::unpack::{self, Cancellation, empty};

/// Larger than any list of versions.
const LIST_LIMIT: u64 = 16 << 20;

/// The hash of the go.mod file that every version of the toolchain module has: `module golang.org/toolchain`.
const TOOLCHAIN_GO_MOD: &str = "h1:8wlg68NqwW7eMnI1aABk/C2pDYXj8mrMY4TyRfiLeS0=";

/// Where the module's versions are, and who says what their hashes are.
pub(super) struct Modules {
    proxies: ProxyList,
    toolchain_proxies: ProxyList,
    database: ChecksumDatabase,
}

impl Modules {
    pub(super) fn new(settings: &GoSettings, heads: &Path) -> Result<Self, Error> {
        let proxies = ProxyList::parse(&settings.goproxy)?;
        let toolchain_proxies = if settings.is_direct(TOOLCHAIN_MODULE) {
            proxies.direct_only()
        } else {
            proxies.clone()
        };
        let database = ChecksumDatabase::new(&settings.gosumdb, heads)?;
        Ok(Self { proxies, toolchain_proxies, database })
    }

    /// Whether GOPROXY lets the module's own server be asked, which is that of all other downloads.
    pub(super) fn goes_direct(&self) -> bool {
        self.toolchain_proxies.goes_direct()
    }

    /// An error if nobody may be asked.
    pub(super) fn allow(&self) -> Result<(), Error> {
        if self.toolchain_proxies.is_off() { Err(self.toolchain_proxies.off()) } else { Ok(()) }
    }

    /// All releases for this platform, oldest first; names that are no version are passed over, as in cmd/go.
    pub(super) fn versions(&self, connection: &Connection) -> Result<Vec<ToolchainName>, Error> {
        let list = self
            .toolchain_proxies
            .try_each(|proxy| connection.client.document(&document(proxy, "list"), LIST_LIMIT))?;
        Ok(parse_versions(&list, &platform()))
    }

    /// What the checksum database says of a release's zip file, proved.
    pub(super) fn published(
        &self,
        connection: &Connection,
        name: &ToolchainName,
    ) -> Result<Published, Error> {
        of_module(name, |module| self.database.lookup(&connection.client, &self.proxies, module))
            .map_err(|error| unpublished(error, name))
    }

    /// The hash of a release's zip file that a kept proof gives; no server is asked.
    pub(super) fn proved(&self, proof: &[u8], name: &ToolchainName) -> Result<String, Error> {
        let proof = Proof::parse(proof).map_err(|error| Error::Integrity {
            message: format!("the proof that is kept for {name} proves nothing"),
            cause: error.into(),
        })?;
        of_module(name, |module| self.database.check(&proof, module))
    }

    /// Fetches, unpacks and verifies.
    pub(super) fn fetch(
        &self,
        connection: &Connection,
        name: &ToolchainName,
        tree: &Path,
        archive: &Path,
    ) -> Result<Fetched, Error> {
        self.allow()?;
        let cancellation = Cancellation::default();
        // The database is asked while the archive arrives. Whoever fails first ends the other.
        let (published, unpacked) = thread::scope(|scope| {
            let published = scope
                .spawn(|| self.published(connection, name).inspect_err(|_| cancellation.cancel()));
            let unpacked = self.unpack(connection, name, tree, archive, &cancellation);
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
        self.compare(name, &unpacked, &published.hash)?;
        let Published { hash, proof } = published;
        Ok(Fetched { hash, format: Format::ModuleZip, proof: Some(proof.to_string()) })
    }

    /// An error unless what was unpacked is what was published.
    pub(super) fn compare(
        &self,
        name: &ToolchainName,
        unpacked: &str,
        published: &str,
    ) -> Result<(), Error> {
        if unpacked == published {
            return Ok(());
        }
        Err(Error::Integrity {
            message: format!(
                "SECURITY ERROR: {name} does not match the checksum database: checksum mismatch"
            ),
            cause: format!(
                "downloaded {unpacked}, but {} says {published}: the bits may have been replaced on \
                 the origin server, or an attacker may have intercepted the download",
                self.database.name()
            )
            .into(),
        })
    }

    /// Downloads and unpacks from one proxy after the other, until one has it.
    fn unpack(
        &self,
        connection: &Connection,
        name: &ToolchainName,
        tree: &Path,
        archive: &Path,
        cancellation: &Cancellation,
    ) -> Result<String, Error> {
        let version = module_version(name);
        let mut is_first = true;
        self.toolchain_proxies
            .try_each(|proxy| {
                if !std::mem::take(&mut is_first) {
                    empty(tree)?;
                }
                let location = document(proxy, &format!("{}.zip", escaped(&version)));
                unpack::fetch(&unpack::Job {
                    client: &connection.client,
                    location: &location,
                    prefix: &prefix(name),
                    tree,
                    archive,
                    progress: &*connection.progress,
                    cancellation,
                })
            })
            .map_err(|error| unpublished(error, name))
    }
}

/// What the names of the files in a release's module zip begin with.
pub(super) fn prefix(name: &ToolchainName) -> String {
    format!("{TOOLCHAIN_MODULE}@{}/", module_version(name))
}

fn of_module<T>(name: &ToolchainName, ask: impl FnOnce(&Module<'_>) -> T) -> T {
    let version = module_version(name);
    ask(&Module { path: TOOLCHAIN_MODULE, version: &version, go_mod: TOOLCHAIN_GO_MOD })
}

/// Where a document about the toolchain module is.
fn document(proxy: Option<&Location>, name: &str) -> Location {
    let path = format!("{TOOLCHAIN_MODULE}/@v/{name}");
    proxy.map_or_else(|| direct().join(&path), |proxy| proxy.join(&path))
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
