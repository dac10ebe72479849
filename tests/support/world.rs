//! A machine for one test: a home directory of its own, gowr installed in it, an empty environment.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::{Run, fakes, scratch, toolchains};
use crate::userland::Root;

const GO: &str = env!("CARGO_BIN_EXE_go");
const GOWR: &str = env!("CARGO_BIN_EXE_gowr");

/// A home directory with gowr in it, gone when the test ends.
#[derive(Debug)]
pub(crate) struct World {
    directory: TempDir,
    root: Option<Root>,
}

impl World {
    /// A home directory with nothing in it but an empty `project`.
    pub(crate) fn empty() -> Self {
        let worlds = scratch().join("worlds");
        fs::create_dir_all(&worlds).unwrap();
        Self::empty_in(&worlds)
    }

    /// The same, somewhere else.
    pub(crate) fn empty_in(directory: &Path) -> Self {
        let world = Self { directory: TempDir::new_in(directory).unwrap(), root: None };
        fs::create_dir(world.path("project")).unwrap();
        world
    }

    /// gowr alone, in the place it has by default: no toolchain, no configuration, no pin.
    pub(crate) fn new() -> Self {
        let world = Self::empty();
        install_gowr(&world.gowr_home());
        world
    }

    /// A world with real toolchains, as `gowr install` leaves them.
    pub(crate) fn with(toolchains: &[&str]) -> Self {
        let world = Self::new();
        for name in toolchains {
            world.real(name);
        }
        world
    }

    /// A world with stand-ins (`support/fakes.rs`) for these toolchains.
    pub(crate) fn with_fakes(toolchains: &[&str]) -> Self {
        let world = Self::new();
        for name in toolchains {
            world.fake(name);
        }
        world
    }

    /// The same world, all commands of which run in another userland.
    pub(crate) fn inside(mut self, root: &Root) -> Self {
        self.root = Some(root.clone());
        self
    }

    pub(crate) fn home(&self) -> &Path {
        self.directory.path()
    }

    pub(crate) fn gowr_home(&self) -> PathBuf {
        self.path(".local/share/gowr")
    }

    /// A path below the home directory.
    pub(crate) fn path(&self, path: impl AsRef<Path>) -> PathBuf {
        self.home().join(path)
    }

    /// Where a toolchain of this world's store lies.
    pub(crate) fn goroot(&self, name: &str) -> PathBuf {
        self.gowr_home().join("toolchains").join(name)
    }

    /// Puts a real toolchain into the store.
    pub(crate) fn real(&self, name: &str) {
        toolchains::hard_link_tree(&toolchains::installed(name), &self.goroot(name));
        self.link(name);
    }

    /// Puts a stand-in into the store.
    pub(crate) fn fake(&self, name: &str) {
        fakes::lay_out(&self.goroot(name), name);
        self.link(name);
    }

    /// What `gowr install` adds for Go's own switching. The links of each distro gowr makes on the first call.
    fn link(&self, name: &str) {
        let links = self.gowr_home().join("links");
        fs::create_dir_all(&links).unwrap();
        symlink(format!("../toolchains/{name}/bin/go"), links.join(name)).unwrap();
    }

    /// Shares what real builds make with all tests that do so, in the place where a build of this userland has it:
    /// `key` is the distro's. Modules are shared too.
    pub(crate) fn share_builds(&self, key: &str) {
        for (path, shared) in [
            (format!(".cache/go-build-{key}"), format!("go-build-{key}")),
            ("go/pkg/mod".into(), "modules".into()),
        ] {
            let shared = scratch().join("worlds/shared").join(shared);
            fs::create_dir_all(&shared).unwrap();
            let path = self.path(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            // Another userland of this world has shared the modules already.
            if !path.is_symlink() {
                symlink(shared, path).unwrap();
            }
        }
    }

    /// Writes a file below the home directory, and the directories above it.
    pub(crate) fn write(&self, path: impl AsRef<Path>, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    pub(crate) fn read(&self, path: impl AsRef<Path>) -> String {
        fs::read_to_string(self.path(path)).unwrap()
    }

    /// Runs gowr's `go`, as found first on PATH.
    pub(crate) fn go<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Run {
        self.run(self.gowr_home().join("bin/go")).args(arguments)
    }

    /// Runs `gowr`.
    pub(crate) fn gowr<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Run {
        self.run(self.gowr_home().join("bin/gowr")).args(arguments)
    }

    /// Runs any program in this world's environment, in `project`: HOME, and gowr first on PATH.
    pub(crate) fn run(&self, program: impl AsRef<OsStr>) -> Run {
        let mut path = self.gowr_home().join("bin").into_os_string();
        path.push(":/usr/bin:/bin");
        let run = Run::new(program)
            .env("HOME", self.home())
            .env("PATH", path)
            .at(self.path("project"))
            .name(self.home(), "[HOME]")
            .name(&self.gowr_home(), "[GOWR]");
        match &self.root {
            Some(root) => run.inside(root),
            None => run,
        }
    }
}

/// Puts gowr's programs into a home of gowr's.
pub(crate) fn install_gowr(gowr_home: &Path) {
    fs::create_dir_all(gowr_home.join("bin")).unwrap();
    fs::create_dir_all(gowr_home.join("toolchains")).unwrap();
    for (name, program) in [("go", GO), ("gofmt", GO), ("gowr", GOWR)] {
        fs::hard_link(program, gowr_home.join("bin").join(name)).unwrap();
    }
}

/// The key of the distro that the tests run on, where it is a plain one (Debian, Ubuntu, Fedora).
pub(crate) fn host_key() -> String {
    let text = fs::read_to_string("/etc/os-release").unwrap();
    let value = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        line.unwrap_or_else(|| panic!("no {name} in /etc/os-release")).trim_matches('"').to_owned()
    };
    format!("{}-{}", value("ID"), value("VERSION_ID"))
}
