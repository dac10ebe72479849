//! Go's own settings for fetching, read as Go reads them: the environment, else the GOENV file, else the default.

use std::env;
use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use resolver::go_env;

use crate::error::{self, Error};
use crate::services;

mod pattern;

/// All settings that decide where a toolchain comes from and how it is checked.
#[derive(Clone, Debug)]
pub struct GoSettings {
    pub(crate) goproxy: Setting,
    pub(crate) gosumdb: Setting,
    gonoproxy: Setting,
    goauth: Setting,
    netrc: Option<PathBuf>,
    pub(crate) web_proxies: WebProxies,
    pub(crate) trust_store: TrustStore,
    pub(crate) patience: PatienceSettings,
}

impl GoSettings {
    /// Reads this process's environment and the GOENV file.
    pub fn read() -> Result<Self, Error> {
        Self::read_with(&|name| env::var_os(name))
    }

    /// Reads an environment, given as a function, and its GOENV file.
    pub fn read_with(variable: &dyn Fn(&str) -> Option<OsString>) -> Result<Self, Error> {
        let reader = Reader::new(variable);
        let goprivate = reader.setting("GOPRIVATE", "")?;
        let home = || variable("HOME").filter(|home| !home.is_empty()).map(PathBuf::from);
        let named = variable("NETRC").filter(|netrc| !netrc.is_empty()).map(PathBuf::from);
        Ok(Self {
            goproxy: reader.setting("GOPROXY", services::DEFAULT_GOPROXY)?,
            gosumdb: reader.setting("GOSUMDB", services::DEFAULT_GOSUMDB)?,
            gonoproxy: reader.setting("GONOPROXY", goprivate.value())?,
            goauth: reader.setting("GOAUTH", "netrc")?,
            netrc: named.or_else(|| home().map(|home| home.join(".netrc"))),
            web_proxies: WebProxies {
                https: reader.variable(&["HTTPS_PROXY", "https_proxy"])?,
                http: reader.variable(&["HTTP_PROXY", "http_proxy"])?,
                none: reader.variable(&["NO_PROXY", "no_proxy"])?,
                // Whoever sends a request to a CGI program chooses its HTTP_PROXY (<https://go.dev/s/cgihttpproxy>).
                is_cgi: variable("REQUEST_METHOD").is_some(),
            },
            trust_store: TrustStore {
                file: reader.variable(&["SSL_CERT_FILE"])?,
                directories: reader.variable(&["SSL_CERT_DIR"])?,
            },
            patience: PatienceSettings {
                timeout: reader.variable(&["GOWR_HTTP_TIMEOUT"])?,
                retries: reader.variable(&["GOWR_HTTP_RETRIES"])?,
            },
        })
    }

    /// A GOPROXY that asks others than this one does, for a release that it does not serve as it was published.
    pub fn other_goproxy(&self) -> &'static str {
        let first = |list: &str| list.split([',', '|']).next().map(|proxy| proxy.trim().to_owned());
        let is_default = first(self.goproxy.value()) == first(services::DEFAULT_GOPROXY);
        if is_default { "direct" } else { services::DEFAULT_GOPROXY }
    }

    /// Whether GONOPROXY, or GOPRIVATE in its place, keeps this module away from the proxies.
    pub(crate) fn is_direct(&self, module: &str) -> bool {
        pattern::matches_prefix(self.gonoproxy.value(), module)
    }

    /// The file with passwords for servers, if GOAUTH lets it be used.
    pub(crate) fn netrc(&self) -> Option<&PathBuf> {
        self.netrc.as_ref().filter(|_| self.authentications().any(|method| method == "netrc"))
    }

    /// GOAUTH, if it has a form that is not known here: `git`, or a command of one's own.
    ///
    /// That is no error by itself. Most of those who set it do so for servers that no toolchain comes from.
    pub(crate) fn unknown_authentication(&self) -> Option<&Setting> {
        let is_known = |method| matches!(method, "" | "netrc" | "off");
        (!self.authentications().all(is_known)).then_some(&self.goauth)
    }

    fn authentications(&self) -> impl Iterator<Item = &str> {
        self.goauth.value().split(';').map(str::trim)
    }
}

/// The proxies of the web, as `net/http` takes them from the environment. No file names them.
#[derive(Clone, Debug, Default)]
pub(crate) struct WebProxies {
    pub(crate) https: Option<Setting>,
    pub(crate) http: Option<Setting>,
    pub(crate) none: Option<Setting>,
    pub(crate) is_cgi: bool,
}

/// Where the certificates of those who are trusted are, if not where the system has them.
#[derive(Clone, Debug, Default)]
pub(crate) struct TrustStore {
    pub(crate) file: Option<Setting>,
    /// One or more, with colons between them.
    pub(crate) directories: Option<Setting>,
}

/// How long and how often a server is waited for: gowr's own, since Go waits for ever.
#[derive(Clone, Debug, Default)]
pub(crate) struct PatienceSettings {
    pub(crate) timeout: Option<Setting>,
    pub(crate) retries: Option<Setting>,
}

/// One setting, and who made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    name: String,
    value: String,
    origin: Origin,
}

/// Who made a setting.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Origin {
    Environment,
    File { path: PathBuf, line: u32 },
    Default,
}

impl Setting {
    /// The name: `GOPROXY`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The value, never empty unless the default is.
    pub fn value(&self) -> &str {
        &self.value
    }

    /// The error that this value cannot be used.
    pub(crate) fn invalid(&self, problem: impl Into<String>) -> Error {
        let problem = problem.into();
        let (name, cause) = (self.name.clone(), self.to_string().into());
        Error::Setting { name, problem, cause, fix: self.fix() }
    }

    /// The command that takes the setting back.
    pub(crate) fn fix(&self) -> Option<String> {
        match &self.origin {
            Origin::Environment => Some(format!("unset {}", self.name)),
            Origin::File { path, .. } => Some(error::edit(path)),
            Origin::Default => None,
        }
    }
}

impl fmt::Display for Setting {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, value, origin } = self;
        match origin {
            Origin::Environment => write!(formatter, "{name}={value} in the environment"),
            Origin::File { path, line } => {
                write!(formatter, "{}:{line}: {name}={value}", path.display())
            }
            Origin::Default => write!(formatter, "{name}={value} by default"),
        }
    }
}

struct Reader<'a> {
    variable: &'a dyn Fn(&str) -> Option<OsString>,
    file: Option<(PathBuf, Vec<u8>)>,
}

impl<'a> Reader<'a> {
    fn new(variable: &'a dyn Fn(&str) -> Option<OsString>) -> Self {
        // To Go a file that cannot be read is one that is not there (cmd/go/internal/cfg.readEnvFile).
        let file = goenv_path(variable).and_then(|path| {
            let content = fs::read(&path).ok()?;
            Some((path, content))
        });
        Self { variable, file }
    }

    fn setting(&self, name: &str, default: &str) -> Result<Setting, Error> {
        if let Some(setting) = self.variable(&[name])? {
            return Ok(setting);
        }
        let name = name.to_owned();
        if let Some((path, content)) = &self.file
            && let Some(found) = go_env::lookup(content, &name)
            && !found.value.is_empty()
        {
            let origin = Origin::File { path: path.clone(), line: found.line };
            return text(name, found.value, origin);
        }
        Ok(Setting { name, value: default.to_owned(), origin: Origin::Default })
    }

    /// The first of these variables that is set to something.
    fn variable(&self, names: &[&str]) -> Result<Option<Setting>, Error> {
        for name in names {
            if let Some(value) = (self.variable)(name).filter(|value| !value.is_empty()) {
                return text((*name).to_owned(), value.as_bytes(), Origin::Environment).map(Some);
            }
        }
        Ok(None)
    }
}

fn text(name: String, value: &[u8], origin: Origin) -> Result<Setting, Error> {
    let setting = Setting { name, value: String::from_utf8_lossy(value).into_owned(), origin };
    match std::str::from_utf8(value) {
        Ok(_) => Ok(setting),
        Err(_) => Err(setting.invalid("it is not UTF-8")),
    }
}

/// Where the GOENV file is (`cmd/go/internal/cfg.EnvFile`, `os.UserConfigDir`).
pub(crate) fn goenv_path(variable: &dyn Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let set = |name: &str| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    match set("GOENV") {
        Some(path) if path.as_os_str() == "off" => None,
        Some(path) => Some(path),
        None => match set("XDG_CONFIG_HOME") {
            Some(directory) => directory.is_absolute().then(|| directory.join("go/env")),
            None => set("HOME").map(|home| home.join(".config/go/env")),
        },
    }
}

#[cfg(test)]
mod tests;
