//! The user's and the system's configuration, `config.yaml`: defaults, and where things are kept.
//!
//! The grammar is that of `.gowr.yaml`. Unlike a project's file, this one is the user's own: it may hold paths.

pub use crate::user_file::{Error, SIZE_LIMIT};

use alloc::vec::Vec;

use crate::path::{Bytes, keep_mut};
use crate::pin::Choice;
use crate::text::{find_byte, known_text, split};
use crate::user_file::{self, Hint};
use crate::yaml::Scalar;

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

impl Config {
    /// What a file that is not there says.
    pub const NOTHING: Self = Self {
        default: None,
        distros: &[],
        cache: None,
        cache_directory: None,
        windows_path: None,
        downloads: None,
        sources: None,
    };
}

/// A value, and where it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setting<T> {
    /// What it means.
    pub value: T,
    /// As written.
    written: &'static Scalar<'static>,
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
pub fn parse(content: Bytes) -> Result<&'static Config, &'static Error> {
    let config = keep_mut(Config::NOTHING);
    let mut distros = Vec::new();
    for entry in user_file::entries(content, "is too large for a configuration")? {
        let key = entry.key.text;
        match entry.parent {
            Some("distros") => {
                let written = user_file::value(entry)?;
                distros.push((key, Setting { value: Choice::of(written)?, written }));
            }
            // All else with keys below it is `x-…`.
            Some(_) => {}
            None if !KEYS.contains(&key) => user_file::unknown_key(&entry.key, &KEYS)?,
            None if key == "distros" => user_file::no_value(entry)?,
            None => config.set(key, user_file::value(entry)?)?,
        }
    }
    config.distros = distros.leak();
    Ok(config)
}

impl Config {
    #[inline(never)]
    fn set(&mut self, key: &str, written: &'static Scalar<'static>) -> Result<(), &'static Error> {
        match key {
            "cache" => self.cache = Some(Setting { value: cache_mode(written)?, written }),
            "cache-dir" => {
                self.cache_directory = Some(Setting { value: directory(written)?, written });
            }
            "default" => self.default = Some(Setting { value: Choice::of(written)?, written }),
            "downloads" => self.downloads = Some(Setting { value: directory(written)?, written }),
            "sources" => self.sources = Some(Setting { value: sources(written)?, written }),
            "windows-path" => {
                self.windows_path = Some(Setting { value: windows_path(written)?, written });
            }
            // `format` was judged before.
            _ => {}
        }
        Ok(())
    }
}

impl<T> Setting<T> {
    /// As written, without quotes.
    pub const fn request(&self) -> &'static str {
        self.written.text
    }

    /// The line, counted from 1.
    pub const fn line(&self) -> u32 {
        self.written.line
    }

    /// That line, without white space around it.
    pub const fn text(&self) -> &'static str {
        self.written.source.trim_ascii()
    }
}

fn cache_mode(scalar: &Scalar<'_>) -> Result<CacheMode, &'static Error> {
    match scalar.text {
        "distro" => Ok(CacheMode::Distro),
        "plain" => Ok(CacheMode::Plain),
        "per-version" => Ok(CacheMode::PerVersion),
        _ => {
            let hint = Hint::Text("write distro, plain or per-version");
            Err(Error::about(scalar, "is no way to keep caches", hint))
        }
    }
}

fn windows_path(scalar: &Scalar<'_>) -> Result<WindowsPath, &'static Error> {
    match scalar.text {
        "keep" => Ok(WindowsPath::Keep),
        "drop" => Ok(WindowsPath::Drop),
        _ => {
            let hint = Hint::Text("write keep or drop");
            Err(Error::about(scalar, "is neither keep nor drop", hint))
        }
    }
}

#[inline(never)]
fn directory(scalar: &Scalar<'static>) -> Result<Directory, &'static Error> {
    match scalar.text.as_bytes() {
        [b'/', ..] => Ok(Directory::Absolute(scalar.text)),
        [b'~', below @ ..] if matches!(below, [] | [b'/', ..]) => {
            let mut below = below;
            while let [b'/', after @ ..] = below {
                below = after;
            }
            Ok(Directory::InHome(known_text(below)))
        }
        _ => {
            let hint = Hint::Text("write a path that starts with / or ~/");
            Err(Error::about(scalar, "is not an absolute path", hint))
        }
    }
}

fn sources(scalar: &Scalar<'static>) -> Result<&'static [Source], &'static Error> {
    let mut sources = Vec::new();
    for item in split(scalar.text.as_bytes(), b',') {
        let item = known_text(item.trim_ascii());
        let Some(source) = source(item) else {
            let hint = "write goproxy, files or the base URL of a mirror, with commas between";
            let item = Scalar { text: item, ..scalar.clone() };
            return Err(Error::about(&item, "is not a source", Hint::Text(hint)));
        };
        sources.push(source);
    }
    Ok(sources.leak())
}

#[inline(never)]
fn source(item: &'static str) -> Option<Source> {
    match item {
        "goproxy" => return Some(Source::GoProxy),
        "files" => return Some(Source::Files),
        _ => {}
    }
    let url = item.as_bytes();
    let host = url.strip_prefix(b"https://").or_else(|| url.strip_prefix(b"http://"));
    let is_remote = host.is_some_and(|host| !matches!(host, [] | [b'/', ..]));
    let is_base = is_remote || url.starts_with(b"file:///");
    (is_base && find_byte(url, b' ').is_none()).then_some(Source::Mirror(item))
}

#[cfg(test)]
mod tests;
