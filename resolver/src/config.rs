//! The user's and the system's configuration, `config.yaml`: defaults, and where things are kept.
//!
//! The grammar is that of `.gowr.yaml`. Unlike a project's file, this one is the user's own: it may hold paths.

pub use crate::user_file::{Error, SIZE_LIMIT};

use crate::path::keep_text;
use crate::pin::Choice;
use crate::user_file::{self, Hint};
use crate::yaml::{Scalar, Value};
use alloc::vec::Vec;

/// A configuration file; what it does not say is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Config {
    /// `default`: what runs where nothing else is asked for.
    pub default: Option<Setting<Choice>>,
    /// `distros`: such defaults per distro, by the names of [`DistroNames`](crate::pin::DistroNames).
    pub distros: &'static [(&'static str, Setting<Choice>)],
    /// `cache`: how build caches are kept apart.
    pub cache: Option<Setting<CacheMode>>,
    /// `cache-dir`: where build caches are.
    pub cache_directory: Option<Setting<Directory>>,
    /// `windows-path`: what happens to Windows directories on PATH.
    pub windows_path: Option<Setting<WindowsPath>>,
    /// `downloads`: where verified archives are kept.
    pub downloads: Option<Setting<Directory>>,
    /// `sources`: where toolchains come from, in this order; never empty.
    pub sources: Option<Setting<&'static [Source]>>,
}

/// A value, and where it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setting<T> {
    /// What it means.
    pub value: T,
    /// As written, without quotes.
    pub request: &'static str,
    /// The line, counted from 1.
    pub line: u32,
    /// That line, without white space around it.
    pub text: &'static str,
}

/// How the build caches of distros are kept apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CacheMode {
    /// `distro`: one for each distro.
    #[default]
    Distro,
    /// `plain`: Go's own choice.
    Plain,
    /// `per-version`: one for each distro and Go version.
    PerVersion,
}

/// What happens to Windows directories on PATH.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WindowsPath {
    /// `keep`
    #[default]
    Keep,
    /// `drop`
    Drop,
}

/// A directory in the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Directory {
    /// An absolute path.
    Absolute(&'static str),
    /// `~/…`: a path below the home directory, without a slash at its start; empty for `~` itself.
    InHome(&'static str),
}

/// Where toolchains come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// `goproxy`: modules, as GOPROXY says.
    GoProxy,
    /// `files`: the archives of the Go project.
    Files,
    /// A mirror of those archives, by its base URL.
    Mirror(&'static str),
}

const KEYS: [&str; 8] =
    ["cache", "cache-dir", "default", "distros", "downloads", "format", "sources", "windows-path"];

/// Reads a configuration of up to [`SIZE_LIMIT`] bytes, of which the caller gives one more where there are more.
pub fn parse(content: &[u8]) -> Result<Config, Error> {
    let document = user_file::document(content, "is too large for a configuration")?;
    let mut config = Config::default();
    for (key, value) in &document.entries {
        match key.text {
            "cache" => config.cache = Some(setting(key, value, cache_mode)?),
            "cache-dir" => config.cache_directory = Some(setting(key, value, directory)?),
            "default" => config.default = Some(setting(key, value, Choice::of)?),
            "distros" => {
                let mut distros = Vec::new();
                for (name, value) in user_file::map(key, value)? {
                    let setting = Setting::new(value, Choice::of(value)?);
                    distros.push((keep_text(name.text), setting));
                }
                config.distros = distros.leak();
            }
            "downloads" => config.downloads = Some(setting(key, value, directory)?),
            "format" => {}
            "sources" => config.sources = Some(setting(key, value, sources)?),
            "windows-path" => config.windows_path = Some(setting(key, value, windows_path)?),
            _ => user_file::unknown_key(key, &KEYS)?,
        }
    }
    Ok(config)
}

fn setting<T>(
    key: &Scalar<'_>,
    value: &Value<'_>,
    read: impl FnOnce(&Scalar<'_>) -> Result<T, Error>,
) -> Result<Setting<T>, Error> {
    let scalar = user_file::scalar(key, value)?;
    Ok(Setting::new(scalar, read(scalar)?))
}

impl<T> Setting<T> {
    fn new(scalar: &Scalar<'_>, value: T) -> Self {
        Self {
            value,
            request: keep_text(scalar.text),
            line: scalar.line,
            text: keep_text(scalar.source.trim_ascii()),
        }
    }
}

fn cache_mode(scalar: &Scalar<'_>) -> Result<CacheMode, Error> {
    match scalar.text {
        "distro" => Ok(CacheMode::Distro),
        "plain" => Ok(CacheMode::Plain),
        "per-version" => Ok(CacheMode::PerVersion),
        _ => Err(bad(scalar, "is no way to keep caches", "write distro, plain or per-version")),
    }
}

fn windows_path(scalar: &Scalar<'_>) -> Result<WindowsPath, Error> {
    match scalar.text {
        "keep" => Ok(WindowsPath::Keep),
        "drop" => Ok(WindowsPath::Drop),
        _ => Err(bad(scalar, "is neither keep nor drop", "write keep or drop")),
    }
}

fn directory(scalar: &Scalar<'_>) -> Result<Directory, Error> {
    match scalar.text.split_at_checked(1) {
        Some(("/", _)) => Ok(Directory::Absolute(keep_text(scalar.text))),
        Some(("~", below)) if below.is_empty() || below.starts_with('/') => {
            Ok(Directory::InHome(keep_text(below.trim_start_matches('/'))))
        }
        _ => Err(bad(scalar, "is not an absolute path", "write a path that starts with / or ~/")),
    }
}

fn sources(scalar: &Scalar<'_>) -> Result<&'static [Source], Error> {
    let items = scalar.text.split(',').map(|item| source(scalar, item.trim_matches(' ')));
    items.collect::<Result<Vec<_>, _>>().map(|sources| &*sources.leak())
}

fn source(scalar: &Scalar<'_>, item: &str) -> Result<Source, Error> {
    match item {
        "goproxy" => return Ok(Source::GoProxy),
        "files" => return Ok(Source::Files),
        _ => {}
    }
    let host = ["https://", "http://"].iter().find_map(|scheme| item.strip_prefix(scheme));
    let is_remote = host.is_some_and(|host| !host.is_empty() && !host.starts_with('/'));
    if (is_remote || item.starts_with("file:///")) && !item.contains(' ') {
        return Ok(Source::Mirror(keep_text(item)));
    }
    let hint = "write goproxy, files or the base URL of a mirror, with commas between";
    Err(bad(scalar, "is not a source", hint).about(item))
}

fn bad(scalar: &Scalar<'_>, message: &'static str, hint: &'static str) -> Error {
    Error::at(scalar, message, Hint::Text(hint)).about(scalar.text)
}

#[cfg(test)]
mod tests;
