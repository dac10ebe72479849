//! A module proxy with a checksum database, and a place to fetch into.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};

use installer::error::Error;
use installer::go_settings::GoSettings;
use installer::install::{Fetched, Source};
use installer::source::{FetchOptions, Fetcher};
use resolver::version::ToolchainName;
use tempfile::TempDir;

use crate::log::Log;
use crate::module::{Module, TOOLCHAIN};
use crate::server::{Request, Response, Server};

/// The toolchain that the sites serve.
pub(crate) const NAME: &str = "go1.99.1";

/// How a server sends files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Files {
    /// In ranges, when asked to.
    Ranges,
    /// Whole, whatever is asked for.
    Whole,
    /// Whole, without a length.
    Chunked,
}

/// What a server has.
#[derive(Clone)]
pub(crate) struct Content {
    pub(crate) log: Log,
    pub(crate) files: Files,
    pub(crate) modules: HashMap<String, Vec<u8>>,
    /// Answers that are given in place of the right ones, by the path's end.
    pub(crate) lies: Vec<(String, Response)>,
}

impl Content {
    /// A toolchain in a log of some hundred records, enough for two levels of tiles.
    pub(crate) fn new() -> Self {
        static CONTENT: OnceLock<Content> = OnceLock::new();
        let make = || {
            let mut content = Self::empty();
            content.log.fill(300);
            content.publish(&Module::toolchain(NAME));
            content.log.fill(700);
            content
        };
        CONTENT.get_or_init(make).clone()
    }

    /// No module, and a log without a record.
    pub(crate) fn empty() -> Self {
        let (log, modules) = (Log::new("sum.test"), HashMap::new());
        Self { log, files: Files::Ranges, modules, lies: Vec::new() }
    }

    /// Serves a module and writes it into the log.
    pub(crate) fn publish(&mut self, module: &Module) {
        self.serve(module, &module.zip());
        self.log.append(TOOLCHAIN, &module.version, &module.h1());
    }

    /// Serves a module, with this for its zip.
    pub(crate) fn serve(&mut self, module: &Module, zip: &[u8]) {
        let version = &module.version;
        let info = format!("{{\"Version\":\"{version}\",\"Time\":\"2024-11-27T20:27:20Z\"}}");
        for (extension, file) in
            [("info", info.as_bytes()), ("mod", b"module golang.org/toolchain\n"), ("zip", zip)]
        {
            self.modules.insert(format!("/{TOOLCHAIN}/@v/{version}.{extension}"), file.to_vec());
        }
        let list = self.modules.entry(format!("/{TOOLCHAIN}/@v/list")).or_default();
        list.extend_from_slice(format!("{version}\n").as_bytes());
    }

    #[must_use]
    pub(crate) fn lie(mut self, path: &str, answer: Response) -> Self {
        self.lies.push((path.to_owned(), answer));
        self
    }

    /// The zip file, where there is one module.
    pub(crate) fn zip(&self) -> Vec<u8> {
        let (_, zip) = self.modules.iter().find(|(path, _)| is_zip(path)).expect("a module");
        zip.clone()
    }

    pub(crate) fn answer(&self, request: &Request) -> Response {
        let path = request.path.as_str();
        if let Some((_, lie)) = self.lies.iter().find(|(end, _)| path.ends_with(end)) {
            return lie.clone();
        }
        let database = format!("/sumdb/{}/", self.log.name());
        if let Some(path) = path.strip_prefix(&database) {
            return self.log.serve(path).map_or_else(|| Response::status(404), Response::ok);
        }
        match (self.modules.get(path), self.files) {
            (Some(content), Files::Ranges) => Response::file(request, content, "\"v1\""),
            (Some(content), Files::Whole) => Response::ok(content.as_slice()),
            (Some(content), Files::Chunked) => {
                Response { is_chunked: true, ..Response::ok(content.as_slice()) }
            }
            (None, _) => Response::status(404),
        }
    }

    /// Writes all that is served into a directory, for `file://`.
    pub(crate) fn write(&self, directory: &Path) {
        let put = |path: &str, content: &[u8]| {
            let file = directory.join(path.trim_start_matches('/'));
            fs::create_dir_all(file.parent().expect("a parent")).expect("made");
            fs::write(file, content).expect("written");
        };
        for (path, content) in &self.modules {
            put(path, content);
        }
        let size = self.log.size();
        let mut served = vec![String::from("supported"), String::from("latest")];
        served.push(format!("lookup/{TOOLCHAIN}@{}", Module::toolchain(NAME).version));
        for level in 0..2 {
            let hashes = size >> (8 * level);
            served.extend((0..hashes / 256).map(|number| format!("tile/8/{level}/{number:03}")));
            served.push(format!("tile/8/{level}/{:03}.p/{}", hashes / 256, hashes % 256));
        }
        for path in served {
            let content = self.log.serve(&path).expect(&path);
            put(&format!("sumdb/{}/{path}", self.log.name()), &content);
        }
    }
}

/// Whether a path is that of a module's zip file.
pub(crate) fn is_zip(path: &str) -> bool {
    path.strip_suffix(".zip").is_some()
}

/// A server with content that can be changed while it runs.
pub(crate) struct Site {
    pub(crate) server: Server,
    content: Arc<Mutex<Content>>,
}

impl Site {
    pub(crate) fn new(content: Content) -> Self {
        let content = Arc::new(Mutex::new(content));
        let served = content.clone();
        let answer = move |request: &Request| served.lock().expect("no panic").answer(request);
        Self { server: Server::start(answer), content }
    }

    pub(crate) fn url(&self) -> String {
        self.server.url()
    }

    pub(crate) fn key(&self) -> String {
        self.content.lock().expect("no panic").log.key()
    }

    pub(crate) fn change(&self, change: impl FnOnce(&mut Content)) {
        change(&mut self.content.lock().expect("no panic"));
    }
}

/// A place to fetch into, and the settings to do so with.
pub(crate) struct Place {
    directory: TempDir,
    variables: Vec<(String, String)>,
}

impl Place {
    pub(crate) fn new(goproxy: &str, gosumdb: &str) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        fs::create_dir(directory.path().join("tree")).expect("made");
        let variables = [
            ("GOPROXY", goproxy),
            ("GOSUMDB", gosumdb),
            ("GOENV", "off"),
            // What fails here fails for good.
            ("GOWR_HTTP_RETRIES", "0"),
        ];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        Self { directory, variables }
    }

    pub(crate) fn of(site: &Site) -> Self {
        Self::new(&site.url(), &site.key())
    }

    #[must_use]
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.retain(|(key, _)| key != name);
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same place, with settings for another site.
    pub(crate) fn turn_to(&mut self, site: &Site) {
        self.variables[0].1 = site.url();
        self.variables[1].1 = site.key();
    }

    pub(crate) fn tree(&self) -> PathBuf {
        self.directory.path().join("tree")
    }

    pub(crate) fn archive(&self) -> PathBuf {
        self.directory.path().join("archive.zip")
    }

    pub(crate) fn heads(&self) -> PathBuf {
        self.directory.path().join("heads")
    }

    pub(crate) fn fetcher(&self) -> Result<Fetcher, Error> {
        let variable = |name: &str| {
            let found = self.variables.iter().find(|(key, _)| key == name);
            found.map(|(_, value)| OsString::from(value))
        };
        let options = FetchOptions {
            heads: self.heads(),
            checksums: self.heads().join("SHA256SUMS"),
            sources: None,
            progress: Box::new(()),
        };
        Fetcher::new(&GoSettings::read_with(&variable)?, options)
    }

    pub(crate) fn fetch(&self) -> Result<Fetched, Error> {
        self.fetch_named(NAME)
    }

    pub(crate) fn fetch_named(&self, name: &str) -> Result<Fetched, Error> {
        let name = ToolchainName::parse(name).expect("a name");
        self.fetcher()?.fetch(&name, &self.tree(), &self.archive())
    }

    /// Fetches in vain. Nothing is left but what the caller takes away anyhow.
    pub(crate) fn fails(&self) -> Error {
        let error = self.fetch().expect_err("refused");
        let names: Vec<_> = fs::read_dir(self.directory.path())
            .expect("listed")
            .map(|entry| entry.expect("listed").file_name().into_string().expect("text"))
            .collect();
        let known = |name: &String| ["tree", "archive.zip", "heads"].contains(&name.as_str());
        assert!(names.iter().all(known), "{names:?}");
        assert!(files(&self.tree()).iter().all(|(_, mode, _)| mode & 0o170_000 == 0o100_000));
        fs::remove_dir_all(self.tree()).expect("removed");
        fs::create_dir(self.tree()).expect("made");
        error
    }
}

/// All that is not a directory below one: path, mode and content, in order.
pub(crate) fn files(directory: &Path) -> Vec<(String, u32, Vec<u8>)> {
    use std::os::unix::fs::MetadataExt;
    let mut found = Vec::new();
    let mut directories = vec![directory.to_path_buf()];
    while let Some(next) = directories.pop() {
        for entry in fs::read_dir(&next).expect("listed") {
            let path = entry.expect("listed").path();
            let metadata = fs::symlink_metadata(&path).expect("there");
            if metadata.is_dir() {
                directories.push(path);
            } else {
                let name =
                    path.strip_prefix(directory).expect("below").to_str().expect("text").to_owned();
                found.push((name, metadata.mode(), fs::read(&path).unwrap_or_default()));
            }
        }
    }
    found.sort();
    found
}

/// An error and all that is behind it.
pub(crate) fn whole(error: &Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
