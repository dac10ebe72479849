//! The command lines of an engine, made out of what is known; nothing is read or run here.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use super::engine::{Engine, Identity, Name};
use super::image::Image;
use super::links::Target;
use super::{PROGRAM, VERB};
use crate::error::{Error, Kind};

/// Where people and tools expect a Go in a container.
pub const USUAL_GOROOT: &str = "/usr/local/go";
/// Where programs may write what nobody keeps.
const TEMPORARY: &str = "/tmp";
/// What an image without PATH gets, as the engines have it.
const DEFAULT_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// The caller, for whom a container runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caller<'a> {
    /// The user's number.
    pub user: u32,
    /// The group's number.
    pub group: u32,
    /// The home directory, where `SELinux` is in force: what is below it is the caller's to relabel.
    pub labelled_home: Option<&'a Path>,
}

/// A look at an image.
#[derive(Clone, Copy, Debug)]
pub struct Look<'a> {
    /// The caller.
    pub caller: Caller<'a>,
    /// This program's file.
    pub program: &'a Path,
    /// The toolchain.
    pub goroot: &'a Path,
    /// What it needs outside of itself.
    pub targets: &'a [Target],
}

impl Look<'_> {
    /// The engine's arguments.
    pub fn arguments(&self, engine: &Engine, image: &str) -> Result<Vec<OsString>, Error> {
        let mut line = Line::run(engine, &self.caller);
        line.option("--network", "none");
        line.labels(false);
        line.mount(self.program, Path::new(PROGRAM), Access::Read)?;
        line.goroot(self.goroot, &[], self.targets)?;
        Ok(line.finish(image, &[PROGRAM.into(), VERB.into(), "look".into(), self.goroot.into()]))
    }
}

/// A volume that is given to the caller.
#[derive(Clone, Copy, Debug)]
pub(super) struct Gift<'a> {
    pub(super) caller: Caller<'a>,
    pub(super) program: &'a Path,
    pub(super) volume: &'a str,
}

impl Gift<'_> {
    /// The engine's arguments: root in the container gives the volume away.
    pub(super) fn arguments(&self, engine: &Engine, image: &str) -> Result<Vec<OsString>, Error> {
        const PLACE: &str = "/volume";
        let mut line = Line::new(engine, &self.caller);
        line.option("--user", "0:0");
        line.option("--network", "none");
        line.labels(false);
        line.mount(self.program, Path::new(PROGRAM), Access::Read)?;
        line.option("--volume", format!("{}:{PLACE}", self.volume));
        let owner = [self.caller.user, self.caller.group].map(|id| OsString::from(id.to_string()));
        let [user, group] = owner;
        Ok(line
            .finish(image, &[PROGRAM.into(), VERB.into(), "own".into(), PLACE.into(), user, group]))
    }
}

/// A command in a container.
#[derive(Clone, Debug)]
pub struct Run<'a> {
    /// The caller.
    pub caller: Caller<'a>,
    /// The toolchain, by its real path.
    pub goroot: &'a Path,
    /// What it needs outside of itself.
    pub targets: &'a [Target],
    /// Go's module cache, shared with this machine.
    pub module_cache: &'a Path,
    /// The project.
    pub project: &'a Path,
    /// The directory that the command runs in.
    pub directory: &'a Path,
    /// Whether the toolchain may not be switched away from.
    pub is_pinned: bool,
    /// Whether there is a terminal at both ends.
    pub has_terminal: bool,
    /// `--network`.
    pub network: Option<&'a str>,
    /// `--env`, as typed.
    pub variables: &'a [OsString],
    /// `--volume`, as typed.
    pub volumes: &'a [OsString],
    /// `--init`.
    pub has_init: bool,
    /// The command, and its arguments.
    pub command: &'a [OsString],
}

impl Run<'_> {
    /// The engine's arguments.
    pub fn arguments(
        &self,
        engine: &Engine,
        name: &str,
        image: &Image,
    ) -> Result<Vec<OsString>, Error> {
        let mut line = Line::run(engine, &self.caller);
        line.flag("--interactive");
        if self.has_terminal {
            line.flag("--tty");
        }
        if self.has_init {
            line.flag("--init");
        }
        if let Some(network) = self.network {
            line.option("--network", network);
        }
        let caches = [self.project, self.module_cache];
        let is_separable = caches.iter().all(|path| line.may_label(path))
            && self.targets.is_empty()
            && line.may_label(self.goroot);
        line.labels(is_separable);
        line.goroot(self.goroot, &[Path::new(USUAL_GOROOT)], self.targets)?;
        line.mount(self.project, self.project, Access::Write)?;
        if !self.module_cache.starts_with(self.project) {
            line.mount(self.module_cache, self.module_cache, Access::Write)?;
        }
        let cache = format!("/var/cache/go-build-{}", image.key);
        line.option("--volume", format!("{}:{cache}", volume(&self.caller, image)));
        if !image.has_temporary {
            // Docker's own default is 64 MB without the right to run what is there: too little for `go run`.
            line.option("--tmpfs", format!("{TEMPORARY}:exec,mode=1777"));
        }
        line.option("--workdir", self.directory);
        self.environment(&mut line, image, &cache);
        for variable in self.variables {
            line.option("--env", variable);
        }
        for volume in self.volumes {
            line.option("--volume", volume);
        }
        Ok(line.finish(name, self.command))
    }

    /// What the command finds in its environment besides what the image sets: nothing of this machine's.
    fn environment(&self, line: &mut Line, image: &Image, cache: &str) {
        for name in &image.misleading {
            // To Go an empty variable is none, and docker cannot take one away.
            line.option("--env", format!("{name}="));
        }
        let path = image.path.as_deref().unwrap_or(DEFAULT_PATH);
        line.option("--env", format!("PATH={USUAL_GOROOT}/bin:{path}"));
        // The caller need not be anybody there, and so have no home.
        line.option("--env", format!("HOME={TEMPORARY}"));
        line.option("--env", format!("GOCACHE={cache}"));
        let mut modules = OsString::from("GOMODCACHE=");
        modules.push(self.module_cache);
        line.option("--env", modules);
        if self.is_pinned {
            line.option("--env", "GOTOOLCHAIN=local");
        }
    }
}

/// The name of the volume that has the build cache of a caller for an image's distro. Root's engine has one namespace of
/// volumes for all users.
pub fn volume(caller: &Caller<'_>, image: &Image) -> String {
    // A volume's name has no plus.
    format!("gowr-{}-go-build-{}", caller.user, image.key.replace('+', "_"))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Access {
    Read,
    Write,
}

/// A command line as it grows.
struct Line {
    words: Vec<OsString>,
    mounted: Vec<PathBuf>,
    /// Where what is mounted may be relabelled.
    labelled_home: Option<PathBuf>,
    relabels: bool,
}

impl Line {
    fn new(engine: &Engine, caller: &Caller<'_>) -> Self {
        let words = ["run", "--rm"].map(OsString::from).to_vec();
        let labelled_home = caller.labelled_home.map(Path::to_path_buf);
        let mut line = Self { words, mounted: Vec::new(), labelled_home, relabels: false };
        if engine.identity == Identity::KeepId && engine.name == Name::Podman {
            line.option("--userns", "keep-id");
        }
        line
    }

    /// A run as the caller.
    fn run(engine: &Engine, caller: &Caller<'_>) -> Self {
        let mut line = Self::new(engine, caller);
        let user = match engine.identity {
            Identity::Same | Identity::KeepId => format!("{}:{}", caller.user, caller.group),
            Identity::Root => String::from("0:0"),
        };
        line.option("--user", user);
        line
    }

    fn flag(&mut self, name: &str) {
        self.words.push(name.into());
    }

    fn option(&mut self, name: &str, value: impl AsRef<OsStr>) {
        let mut word = OsString::from(name);
        word.push("=");
        word.push(value);
        self.words.push(word);
    }

    /// Whether a path is the caller's to relabel: what belongs to the system keeps its labels, and a whole home
    /// directory too.
    fn may_label(&self, path: &Path) -> bool {
        let is_below = |home: &PathBuf| path.starts_with(home) && path != home;
        self.labelled_home.as_ref().is_none_or(is_below)
    }

    /// Decides how a container comes to files of this machine where `SELinux` is in force: by their labels, if all may
    /// be changed, else without any.
    fn labels(&mut self, is_separable: bool) {
        if self.labelled_home.is_none() {
            return;
        }
        self.relabels = is_separable;
        if !is_separable {
            self.option("--security-opt", "label=disable");
        }
    }

    fn goroot(&mut self, goroot: &Path, places: &[&Path], targets: &[Target]) -> Result<(), Error> {
        for place in [goroot].iter().chain(places) {
            self.mount(goroot, place, Access::Read)?;
        }
        targets.iter().try_for_each(|it| self.mount(&it.source, &it.target, Access::Read))
    }

    /// Mounts a file or directory, unless something is mounted there already.
    fn mount(&mut self, source: &Path, target: &Path, access: Access) -> Result<(), Error> {
        if self.mounted.iter().any(|mounted| mounted == target) {
            return Ok(());
        }
        let has_colon = |path: &Path| path.as_os_str().as_encoded_bytes().contains(&b':');
        if let Some(path) = [source, target].into_iter().find(|path| has_colon(path)) {
            return Err(Error::Container {
                kind: Kind::User,
                message: format!("{} cannot be mounted into a container", path.display()),
                cause: "a colon ends a path in what engines are told to mount".into(),
                fix: Some(format!("mv {}", super::quoted(path))),
            });
        }
        if target == Path::new("/") {
            return Err(Error::Container {
                kind: Kind::User,
                message: String::from("/ cannot be mounted into a container"),
                cause: "the project is the current directory where no go.mod is found".into(),
                fix: Some(String::from("cd PROJECT")),
            });
        }
        self.mounted.push(target.to_path_buf());
        let mut value = source.as_os_str().to_owned();
        value.push(":");
        value.push(target);
        let options = match (access, self.relabels) {
            (Access::Read, true) => ":ro,z",
            (Access::Read, false) => ":ro",
            (Access::Write, true) => ":z",
            (Access::Write, false) => "",
        };
        value.push(options);
        self.option("--volume", value);
        Ok(())
    }

    /// Adds the image and the command, which takes the place of an entry point of the image's own.
    fn finish(mut self, image: &str, command: &[OsString]) -> Vec<OsString> {
        if let Some((program, arguments)) = command.split_first() {
            self.option("--entrypoint", program);
            self.words.push(image.into());
            self.words.extend_from_slice(arguments);
        }
        self.words
    }
}

#[cfg(test)]
mod tests;
