//! The build cache that goes with a choice: `GOCACHE`, kept apart by distro.
//!
//! cgo objects and cached test results know nothing of the C library or the files they were made with: shared
//! between userlands they leak (<https://go.dev/issue/24355>, `go help cache`).

use crate::config::{CacheMode, Config, Directory};
use crate::distro::Distro;
use crate::go_env::Setting;
use crate::path::{self, Bytes};
use crate::places::Places;
use crate::toolchain::Toolchain;
use crate::variables::{Name, Variables};

/// Who decided where the cache is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CacheSource {
    /// gowr: the distro's key is the suffix.
    Distro,
    /// The user, by GOCACHE in the environment.
    Environment,
    /// The user, by `go env -w GOCACHE=…`.
    GoEnvFile,
    /// The user, by gowr's configuration.
    UserConfiguration,
    /// Nobody: without `HOME` and `XDG_CACHE_HOME` there is no place for one.
    None,
}

impl CacheSource {
    /// Every one.
    pub const ALL: [Self; 5] =
        [Self::Distro, Self::Environment, Self::GoEnvFile, Self::UserConfiguration, Self::None];

    /// The word in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Distro => "distro",
            Self::Environment => "environment",
            Self::GoEnvFile => "go-env-file",
            Self::UserConfiguration => "user-config",
            Self::None => "none",
        }
    }
}

/// The cache that the real go will use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cache {
    /// Its directory.
    pub path: Option<Bytes>,
    /// Who decided.
    pub source: CacheSource,
    /// The file in which they did.
    pub file: Option<Bytes>,
    /// The line there, from 1.
    pub line: Option<u32>,
    /// Whether GOCACHE must be set for it.
    pub is_ours: bool,
}

impl Cache {
    /// Works out the cache for a toolchain.
    pub fn choose(
        variables: &Variables,
        go_env: Option<(Bytes, Setting<'static>)>,
        config: &Config,
        places: &Places,
        distro: &Distro,
        toolchain: &Toolchain,
    ) -> Self {
        let of = |path: Option<Bytes>, source| Self {
            is_ours: false,
            file: None,
            line: None,
            path,
            source,
        };
        if let Some(path) = variables.by_user(Name::GoCache) {
            return of(Some(path), CacheSource::Environment);
        }
        if let Some((file, setting)) = go_env.filter(|(_, setting)| !setting.value.is_empty()) {
            return Self {
                file: Some(file),
                line: Some(setting.line),
                ..of(Some(setting.value), CacheSource::GoEnvFile)
            };
        }
        let home = variables.absolute_path(Name::Home);
        let directory = config.cache_directory.as_ref().and_then(|entry| match &entry.value {
            Directory::Absolute(path) => Some(path::concat(&[path.as_bytes()])),
            Directory::InHome(path) => home.map(|home| path::join(home, path.as_bytes())),
        });
        let mode = config.cache.as_ref().map_or(CacheMode::Distro, |entry| entry.value);
        let line = match mode {
            CacheMode::Distro => config.cache_directory.as_ref().map(crate::config::Setting::line),
            _ => config.cache.as_ref().map(crate::config::Setting::line),
        };
        let source =
            if line.is_some() { CacheSource::UserConfiguration } else { CacheSource::Distro };
        let file = line.and(places.user_configuration);
        let is_set = mode != CacheMode::Plain || directory.is_some();
        let Some(parent) = directory.or(places.cache) else {
            return of(None, CacheSource::None);
        };
        let version = match (mode, toolchain.version) {
            (CacheMode::PerVersion, Some(name)) => name.as_str().strip_prefix("go"),
            _ => None,
        };
        let key = (mode != CacheMode::Plain).then_some(distro.key);
        let dash = |part: Option<&str>| if part.is_some() { &b"-"[..] } else { b"" };
        let path = path::concat(&[
            parent,
            path::slash_after(parent),
            b"go-build",
            dash(key),
            key.unwrap_or_default().as_bytes(),
            dash(version),
            version.unwrap_or_default().as_bytes(),
        ]);
        Self { is_ours: is_set, file, line, ..of(Some(path), source) }
    }
}
