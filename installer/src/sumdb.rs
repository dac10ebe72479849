//! The Go checksum database: a log, signed by its owner, of the one hash that each module version has.
//!
//! A toolchain is believed only if its hash stands in that log, and the log only if it extends the one seen before
//! (<https://go.dev/design/25530-sumdb>). As in cmd/go there is no way around it for toolchains.

use std::path::Path;

use crate::download::{Client, Location};
use crate::error::{Error, Kind};
use crate::go_settings::Setting;
use crate::services;
use crate::source::goproxy::ProxyList;

mod client;
pub mod dirhash;
mod heads;
pub mod note;
pub mod proof;
pub mod tile;
pub mod tree;

use client::{LogClient, Remote};
use heads::Heads;
use note::Verifier;
use proof::Proof;

/// A checksum database as GOSUMDB names it.
#[derive(Debug)]
pub(crate) struct ChecksumDatabase {
    verifier: Verifier,
    /// An address in GOSUMDB itself: asked instead of any proxy.
    address: Option<Location>,
    /// The address that its name is.
    direct: Location,
    heads: Heads,
}

impl ChecksumDatabase {
    /// Reads GOSUMDB: `NAME`, `KEY`, each perhaps with an address after it.
    ///
    /// `off` means the default database: toolchains are always checked. The last head seen is kept in the directory
    /// `heads`.
    pub(crate) fn new(setting: &Setting, heads: &Path) -> Result<Self, Error> {
        let value = match setting.value() {
            "off" => services::DEFAULT_GOSUMDB,
            value => value,
        };
        let alias = [services::DEFAULT_GOSUMDB, services::GOSUMDB_ALIAS_URL].join(" ");
        let value = if value == services::GOSUMDB_ALIAS { alias.as_str() } else { value };
        let mut fields = value.split_whitespace();
        let (key, address, rest) = (fields.next(), fields.next(), fields.next());
        if rest.is_some() {
            return Err(setting.invalid("too many fields"));
        }
        let key = match key.ok_or_else(|| setting.invalid("no checksum database is named"))? {
            services::DEFAULT_GOSUMDB => services::DEFAULT_GOSUMDB_KEY,
            key => key,
        };
        let verifier = Verifier::parse(key).map_err(|error| setting.invalid(error.to_string()))?;
        let direct = Some(verifier.name())
            .filter(|name| is_address(name))
            .and_then(|name| Location::parse(&format!("https://{name}")).ok())
            .ok_or_else(|| setting.invalid("the database's name must be host[/path]"))?;
        let address =
            address.map(Location::parse).transpose().map_err(|error| setting.invalid(error))?;
        let heads = Heads::new(heads, &verifier);
        Ok(Self { verifier, address, direct, heads })
    }

    /// The hash of the zip file of a module version, proved to be in the log.
    pub(crate) fn lookup(
        &self,
        client: &Client,
        proxies: &ProxyList,
        module: &Module<'_>,
    ) -> Result<Published, Error> {
        let (base, is_of_proxy) = self.find(client, proxies)?;
        let remote = At { client, base, is_of_proxy };
        LogClient { verifier: &self.verifier, heads: &self.heads, remote }.lookup(module)
    }

    /// The hash that a proof gives which somebody kept: no server is asked.
    pub(crate) fn check(&self, proof: &Proof, module: &Module<'_>) -> Result<String, Error> {
        let record = proof.verify(&self.verifier).map_err(|error| Error::Integrity {
            message: format!("the proof that is kept for {} proves nothing", module.version),
            cause: error.into(),
        })?;
        client::hash(self.name(), &record, module)
    }

    /// Where to ask, and whether that is a proxy. One that serves this database is asked alone, never the database
    /// beside it.
    fn find(&self, client: &Client, proxies: &ProxyList) -> Result<(Location, bool), Error> {
        if let Some(address) = &self.address {
            return Ok((address.clone(), false));
        }
        let name = self.verifier.name();
        let found = proxies.try_each(|proxy| {
            let Some(proxy) = proxy else { return Ok(None) };
            let base = proxy.join(&format!("sumdb/{name}"));
            client.document(&base.join("supported"), SUPPORTED_LIMIT)?;
            Ok(Some(base))
        });
        match found {
            Ok(Some(base)) => Ok((base, true)),
            Err(error) if error.kind() != Kind::NotFound && !matches!(error, Error::Off { .. }) => {
                Err(error)
            }
            _ => Ok((self.direct.clone(), false)),
        }
    }

    /// Its name: `sum.golang.org`.
    pub(crate) fn name(&self) -> &str {
        self.verifier.name()
    }
}

/// What the database says of a module version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Published {
    /// The hash of its zip file: `h1:…`.
    pub(crate) hash: String,
    /// What proves it again later, without a network.
    pub(crate) proof: Proof,
}

/// A module version, as the database knows it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Module<'a> {
    /// `golang.org/toolchain`
    pub(crate) path: &'a str,
    /// `v0.0.1-go1.22.3.linux-amd64`
    pub(crate) version: &'a str,
    /// The hash of its go.mod file, where that is known beforehand.
    pub(crate) go_mod: &'a str,
}

/// The answer that counts is the status.
const SUPPORTED_LIMIT: u64 = 64 << 10;

struct At<'a> {
    client: &'a Client,
    base: Location,
    is_of_proxy: bool,
}

impl Remote for At<'_> {
    fn read(&self, path: &str, limit: u64) -> Result<Vec<u8>, Error> {
        self.client.document(&self.base.join(path), limit)
    }

    /// Another proxy mends what a proxy did, and whoever installs says so. What the database itself did can only be
    /// looked at.
    fn fix(&self) -> Option<String> {
        let latest = self.base.join("latest").to_string();
        (!self.is_of_proxy)
            .then(|| format!("curl {}", resolver::path::shell_quoted(latest.as_bytes())))
    }
}

/// Whether a database's name can stand in an address and in a file's name: `host[:port][/path]`.
fn is_address(name: &str) -> bool {
    let mut parts = name.split('/');
    let host = parts.next().unwrap_or_default();
    let is_host = host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.:".contains(&b));
    let is_part = |part: &str| {
        !matches!(part, "" | "." | "..")
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b))
    };
    !host.is_empty() && !host.starts_with('.') && is_host && parts.all(is_part)
}

#[cfg(test)]
mod tests;
