//! The GOPROXY protocol: the list of proxies, and what the toolchain module is called there.

use resolver::version::ToolchainName;

use crate::download::Location;
use crate::error::{Error, Kind};
use crate::go_settings::Setting;
use crate::services;
use crate::store::platform;

/// The module whose versions are toolchains (`cmd/go/internal/toolchain`).
pub(crate) const TOOLCHAIN_MODULE: &str = "golang.org/toolchain";
/// What every version of it begins with.
pub(crate) const VERSION_PREFIX: &str = "v0.0.1-";

/// One entry of GOPROXY.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Entry {
    /// A proxy.
    Proxy {
        location: Location,
        /// Whether the next one is asked after any error, and not only when the module is not there.
        falls_back: bool,
    },
    /// The module's own server.
    Direct,
    /// Nobody.
    Off,
}

/// The proxies to ask, in their order (`cmd/go/internal/modfetch.proxyList`).
#[derive(Clone, Debug)]
pub(crate) struct ProxyList {
    entries: Vec<Entry>,
    setting: Setting,
}

impl ProxyList {
    /// Parses GOPROXY: addresses, `direct` and `off`, with `,` (go on if it is not there) or `|` (go on after any
    /// error) between them.
    pub(crate) fn parse(setting: &Setting) -> Result<Self, Error> {
        let mut entries = Vec::new();
        let mut rest = setting.value();
        while !rest.is_empty() {
            let (word, separator) = match rest.find([',', '|']) {
                Some(end) => (&rest[..end], Some(rest.as_bytes()[end])),
                None => (rest, None),
            };
            rest = rest.get(word.len() + 1..).unwrap_or_default();
            match word.trim() {
                "" => {}
                // Nothing that follows these is ever asked.
                "off" => {
                    entries.push(Entry::Off);
                    break;
                }
                "direct" => {
                    entries.push(Entry::Direct);
                    break;
                }
                word => {
                    let location = Location::parse(&with_scheme(word))
                        .map_err(|problem| setting.invalid(problem))?;
                    entries.push(Entry::Proxy { location, falls_back: separator == Some(b'|') });
                }
            }
        }
        if entries.is_empty() {
            return Err(setting.invalid("the list has no entries"));
        }
        Ok(Self { entries, setting: setting.clone() })
    }

    /// The list without proxies, for a module that GONOPROXY keeps away from them.
    pub(crate) fn direct_only(&self) -> Self {
        Self { entries: vec![Entry::Direct], setting: self.setting.clone() }
    }

    /// Asks one after the other until one answers; else the most telling error. None is `direct`.
    pub(crate) fn try_each<T>(
        &self,
        mut ask: impl FnMut(Option<&Location>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let mut telling: Option<(Rank, Error)> = None;
        for entry in &self.entries {
            let (result, falls_back, is_direct) = match entry {
                Entry::Proxy { location, falls_back } => (ask(Some(location)), *falls_back, false),
                Entry::Direct => (ask(None), false, true),
                Entry::Off => (Err(self.off()), false, false),
            };
            let error = match result {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            let is_absent = error.kind() == Kind::NotFound || matches!(error, Error::Off { .. });
            let goes_on = is_absent || falls_back && error.kind() == Kind::Network;
            let rank = match (is_direct, is_absent) {
                (true, _) => Rank::Direct,
                (false, false) => Rank::Failed,
                (false, true) => Rank::Absent,
            };
            let is_first_absent = rank == Rank::Absent && telling.is_none();
            if is_first_absent
                || rank > Rank::Absent && telling.as_ref().is_none_or(|(best, _)| rank >= *best)
            {
                telling = Some((rank, error));
            }
            if !goes_on {
                break;
            }
        }
        Err(telling.map_or_else(|| self.off(), |(_, error)| error))
    }

    /// Whether the module's own server may be asked.
    pub(crate) fn goes_direct(&self) -> bool {
        self.entries.contains(&Entry::Direct)
    }

    /// Whether nobody may be asked.
    pub(crate) fn is_off(&self) -> bool {
        self.entries.first() == Some(&Entry::Off)
    }

    /// The error that nobody may be asked; to a list it is as if there were nothing.
    pub(crate) fn off(&self) -> Error {
        let (name, cause) = (self.setting.name().to_owned(), self.setting.to_string().into());
        Error::Off { name, cause, fix: self.setting.fix() }
    }
}

/// How much an error tells (`cmd/go/internal/modfetch.TryProxies`): the last of the highest rank is shown, and of
/// those that say "not there" the first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Absent,
    Failed,
    Direct,
}

/// What `direct` means for the toolchain module.
pub(crate) fn direct() -> Location {
    Location::parse(services::TOOLCHAIN_DIRECT).expect("the address of a public service")
}

/// `proxy.example/path` means `https://`; other words are left for meanings of their own.
fn with_scheme(word: &str) -> String {
    let is_address = word.contains(['.', ':', '/']);
    if is_address && !word.contains(":/") && !word.starts_with('/') {
        format!("https://{word}")
    } else {
        word.to_owned()
    }
}

/// The module version of a toolchain on this platform: `v0.0.1-go1.22.3.linux-amd64`.
pub(crate) fn module_version(name: &ToolchainName) -> String {
    format!("{VERSION_PREFIX}{name}.{}", platform())
}

/// The toolchains for a platform in the list a proxy serves, oldest first, each once.
pub(crate) fn parse_versions(list: &[u8], platform: &str) -> Vec<ToolchainName> {
    let list = String::from_utf8_lossy(list);
    let mut names: Vec<_> = list
        .lines()
        .filter_map(|line| {
            let version = line.split_whitespace().next()?;
            let name = version.strip_prefix(VERSION_PREFIX)?.strip_suffix(platform)?;
            ToolchainName::parse(name.strip_suffix('.')?)
        })
        .collect();
    names.sort_by(|left, right| {
        let by_version = left.version().compare(right.version());
        by_version.then_with(|| left.as_str().cmp(right.as_str()))
    });
    names.dedup();
    names
}

#[cfg(test)]
mod tests;
