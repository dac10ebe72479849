//! A module proxy on loopback with a checksum database of its own, and `gowr install` from it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::log::Log;
use super::module::{Module, TOOLCHAIN};
use super::server::{Request, Response, Server};
use super::{Outcome, Run, World, host_key};

/// What a GOPROXY serves: modules, and the checksum database beside them.
#[derive(Clone)]
pub(crate) struct Service {
    pub(crate) modules: Vec<Module>,
    /// Names that the list has and that are no versions, or not for us.
    pub(crate) noise: Vec<&'static str>,
    pub(crate) log: Log,
}

impl Service {
    /// These toolchains, somewhere in a log of 700 records.
    pub(crate) fn new(names: &[&str]) -> Self {
        Self::of(names.iter().map(|name| Module::toolchain(name)).collect())
    }

    /// The same of other modules.
    pub(crate) fn of(modules: Vec<Module>) -> Self {
        let mut log = Log::new("sum.example.com");
        log.fill(300);
        for module in &modules {
            log.append(TOOLCHAIN, &module.version, &module.h1());
        }
        log.fill(700);
        Self { modules, noise: Vec::new(), log }
    }

    pub(crate) fn answer(&self, request: &Request) -> Response {
        match self.content(request.path.trim_start_matches('/')) {
            Some(content) if is_archive(&request.path) => {
                Response::file(request, &content, "\"one\"")
            }
            Some(content) => Response::ok(content),
            None => Response::status(404),
        }
    }

    /// What stands at a path, without the slash at its start.
    pub(crate) fn content(&self, path: &str) -> Option<Vec<u8>> {
        if let Some(path) = path.strip_prefix("sumdb/sum.example.com/") {
            return self.log.serve(path);
        }
        let name = path.strip_prefix("golang.org/toolchain/@v/")?;
        if name == "list" {
            let versions = self.modules.iter().map(|module| module.version.as_str());
            let lines: Vec<_> = versions.chain(self.noise.iter().copied()).collect();
            return Some((lines.join("\n") + "\n").into());
        }
        let is_of = |module: &&Module| name.starts_with(&format!("{}.", module.version));
        let module = self.modules.iter().find(is_of)?;
        match name.strip_prefix(&module.version)? {
            ".zip" => Some(module.zip()),
            ".mod" => Some(b"module golang.org/toolchain\n".to_vec()),
            ".info" => Some(format!("{{\"Version\":\"{}\"}}", module.version).into()),
            _ => None,
        }
    }

    pub(crate) fn start(self) -> Server {
        Server::start(move |request| self.answer(request))
    }
}

/// `gowr install`, from that server alone.
pub(crate) fn install(world: &World, server: &Server, log: &Log, words: &[&str]) -> Run {
    world.gowr(["install"]).args(words).env("GOPROXY", server.url()).env("GOSUMDB", log.key())
}

/// Names in gowr's home, two levels deep, that tell whether anything was left behind.
pub(crate) fn contents(home: &Path) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for directory in ["toolchains", "links", "staging", "downloads"] {
        for entry in fs::read_dir(home.join(directory)).into_iter().flatten() {
            names.insert(format!("{directory}/{}", entry.unwrap().file_name().display()));
        }
    }
    for entry in fs::read_dir(home.join("distros").join(host_key())).into_iter().flatten() {
        names.insert(format!("distro/{}", entry.unwrap().file_name().display()));
    }
    names
}

/// The same without the archives, which are kept.
pub(crate) fn without_downloads(home: &Path) -> Vec<String> {
    contents(home).into_iter().filter(|name| !name.starts_with("downloads/")).collect()
}

/// Whether a request is for a zip.
pub(crate) fn is_archive(path: &str) -> bool {
    Path::new(path).extension().is_some_and(|extension| extension == "zip")
}

/// Fails unless an install was refused in three lines, said this, and left nothing behind.
pub(crate) fn refused(world: &World, outcome: &Outcome, said: &str, before: &BTreeSet<String>) {
    assert_eq!(outcome.code(), Some(1), "{}", outcome.report());
    let stderr = outcome.stderr();
    let lines: Vec<&str> = stderr
        .lines()
        .filter(|line| line.starts_with("gowr: ") || line.starts_with("  "))
        .collect();
    assert_eq!(lines.len(), 3, "{}", outcome.report());
    assert!(lines[0].starts_with("gowr: ") && !lines[0].ends_with('.'), "{}", outcome.report());
    assert!(stderr.contains(said), "no {said:?}: {}", outcome.report());
    assert_eq!(&contents(&world.gowr_home()), before, "{}", outcome.report());
}
