//! podman with a configuration, a storage and a runtime directory of its own: of whoever runs the tests, and of a user
//! made for one test. All of it goes with the value, also where the test fails.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, getegid, geteuid};
use tempfile::TempDir;

use super::{Run, World, install_gowr, scratch, tool};
use crate::userland::Root;

/// What every user made here is called, before the number of the test's process.
const USER_PREFIX: &str = "gowr-test-";

/// Where podman looks for its own programs.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// No command of these tests takes longer; a container that does is killed.
const PATIENCE: Duration = Duration::from_mins(3);

/// podman, as one user has it.
pub(crate) struct Podman {
    /// Images and containers, the user's home directory, the worlds of tests.
    directory: TempDir,
    /// Sockets and what ends with the machine: a short path, since the kernel takes no longer one for a socket.
    runtime: TempDir,
    user: Option<User>,
}

impl Podman {
    /// That of whoever runs the tests: rootful for root.
    pub(crate) fn own() -> Self {
        Self::of(None)
    }

    /// That of a user without rights: rootless. Whoever runs the tests is one, unless that is root.
    pub(crate) fn rootless() -> Self {
        Self::of(geteuid().is_root().then(User::new))
    }

    fn of(user: Option<User>) -> Self {
        let kept = scratch().join("podman");
        fs::create_dir_all(&kept).unwrap();
        let directory = TempDir::new_in(&kept).unwrap();
        let runtime = TempDir::with_prefix("gowr-").unwrap();
        let podman = Self { directory, runtime, user };
        podman.configure();
        podman
    }

    fn configure(&self) {
        for path in [self.path(""), self.path("home"), self.path("networks")] {
            fs::create_dir_all(&path).unwrap();
            self.give(&path);
        }
        for path in [self.runtime.path(), &self.runtime.path().join("storage")] {
            fs::create_dir_all(path).unwrap();
            self.give(path);
        }
        if self.user.is_some() {
            assert_reachable(&self.path(""));
        }
        // Root's is the machine's; a user's is in XDG_RUNTIME_DIR, and elsewhere no signal reaches a container.
        let place = if self.is_rootful() {
            format!("tmp_dir = \"{}/libpod\"\n", self.runtime.path().display())
        } else {
            String::new()
        };
        // podman wishes for more than a limit may allow; crun does not know cgroups in hybrid mode; nobody has a
        // systemd here; and with locks in a file, two stores do not share them.
        let configuration = format!(
            "[containers]\n\
             default_ulimits = [\"nofile=1024:1024\", \"nproc=8192:8192\"]\n\
             netns = \"none\"\n\
             [engine]\n\
             cgroup_manager = \"cgroupfs\"\n\
             events_logger = \"file\"\n\
             lock_type = \"file\"\n\
             runtime = \"runc\"\n\
             {place}\
             [network]\n\
             network_backend = \"netavark\"\n\
             network_config_dir = \"{directory}/networks\"\n",
            directory = self.directory.path().display(),
        );
        // A user's own storage is in the home directory, whatever `graphroot` says.
        let storage = format!(
            "[storage]\n\
             driver = \"overlay\"\n\
             runroot = \"{runtime}/storage\"\n\
             graphroot = \"{directory}/storage\"\n\
             rootless_storage_path = \"{directory}/storage\"\n\
             [storage.options.overlay]\n\
             skip_mount_home = \"true\"\n",
            runtime = self.runtime.path().display(),
            directory = self.directory.path().display(),
        );
        fs::write(self.path("containers.conf"), configuration).unwrap();
        fs::write(self.path("storage.conf"), storage).unwrap();
    }

    /// A path in the directory that this podman's user may enter.
    pub(crate) fn path(&self, path: impl AsRef<Path>) -> PathBuf {
        self.directory.path().join(path)
    }

    /// The user id, and the group's, of this podman's user.
    pub(crate) fn ids(&self) -> (u32, u32) {
        match &self.user {
            Some(user) => (user.id, user.id),
            None => (geteuid().as_raw(), getegid().as_raw()),
        }
    }

    /// The name of the user made for this podman.
    pub(crate) fn user_name(&self) -> Option<&str> {
        self.user.as_ref().map(|user| user.name.as_str())
    }

    /// Makes this podman's user the owner of what is at a path; not of what is below it.
    pub(crate) fn give(&self, path: &Path) {
        if let Some(user) = &self.user {
            chown(path, Some(user.id), Some(user.id)).unwrap();
        }
    }

    /// A home directory of this podman's user with gowr in it, as [`World::new`] makes one.
    pub(crate) fn world(&self) -> World {
        let world = World::empty_in(&self.path(""));
        install_gowr(&world.gowr_home());
        for path in ["", "project", ".local", ".local/share", ".local/share/gowr"] {
            self.give(&world.path(path));
        }
        world
    }

    /// Runs a command as this podman's user, in an environment where `podman` is this one.
    pub(crate) fn with(&self, run: Run) -> Run {
        let run = run
            .env("CONTAINERS_CONF", self.path("containers.conf"))
            .env("CONTAINERS_STORAGE_CONF", self.path("storage.conf"))
            .env("XDG_RUNTIME_DIR", self.runtime.path());
        match &self.user {
            Some(user) => run.under(user.become_it()),
            None => run,
        }
    }

    /// `podman`, as this podman's user.
    pub(crate) fn run<const COUNT: usize>(&self, words: [&str; COUNT]) -> Run {
        let run = Run::new(tool("podman")).args(words).env("PATH", PATH);
        self.with(run.env("HOME", self.path("home")).at(self.path("")))
            .name(self.directory.path(), "[PODMAN]")
    }

    /// Makes an image of a userland, without what matches one of these patterns of tar: `./usr/lib/go`.
    pub(crate) fn import(&self, root: &Root, image: &str, without: &[&str]) {
        let mut tar = Command::new(tool("tar"));
        tar.arg("-C").arg(root.outside("/")).args(["--numeric-owner", "--owner=0", "--group=0"]);
        tar.args(["./proc/*", "./dev/*", "./sys/*"].map(|pattern| format!("--exclude={pattern}")));
        tar.args(without.iter().map(|pattern| format!("--exclude={pattern}")));
        let mut tar = tar.args(["-cf", "-", "."]).stdout(Stdio::piped()).spawn().unwrap();
        let run = self.run(["import", "--quiet", "-", image]);
        let output = run.command().stdin(tar.stdout.take().unwrap()).output().unwrap();
        run.outcome(output).success();
        // 1: a directory changed meanwhile, such as that in which another test's `/proc` is mounted.
        let status = tar.wait().unwrap();
        assert!(matches!(status.code(), Some(0 | 1)), "{image} is packed: {status}");
    }

    /// Makes an image of a userland without the Go that is in it.
    pub(crate) fn import_without_go(&self, root: &Root, image: &str) {
        let go = ["./usr/lib/go", "./usr/lib/go-*", "./usr/share/go-*", "./usr/bin/go*"];
        self.import(root, image, &go);
    }

    /// Serves docker's protocol on a socket.
    pub(crate) fn serve(&self) -> Service {
        let socket = self.runtime.path().join("podman.sock");
        let address = format!("unix://{}", socket.display());
        let run = self.run(["system", "service", "--time=0", &address]);
        let mut command = run.command();
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let started = Instant::now();
        while !socket.exists() {
            assert!(child.try_wait().unwrap().is_none(), "podman's service has ended");
            assert!(started.elapsed() < PATIENCE, "podman's service does not answer");
            sleep(Duration::from_millis(20));
        }
        Service { child, address }
    }

    /// Lets the user of another podman ask this one's service, as members of the group `docker` may ask its daemon.
    pub(crate) fn admit(&self, service: &Service, other: &Self) {
        let (user, group) = other.ids();
        let socket = service.address.strip_prefix("unix://").unwrap();
        chown(socket, Some(user), Some(group)).unwrap();
        fs::set_permissions(self.runtime.path(), Permissions::from_mode(0o711)).unwrap();
    }
}

impl Drop for Podman {
    fn drop(&mut self) {
        let end = |words: &[&str]| {
            let run = self.run([]).args(words).watched_by([
                tool("timeout").as_os_str(),
                "--kill-after=5".as_ref(),
                "60".as_ref(),
            ]);
            let _ = run.command().stdout(Stdio::null()).stderr(Stdio::null()).status();
        };
        end(&["rm", "--force", "--all", "--time=0"]);
        if !self.is_rootful() {
            // Files of users that exist in its namespace only.
            let storage = self.path("storage");
            end(&["unshare", "rm", "-rf", storage.to_str().unwrap()]);
            // Ends the process that holds the namespace.
            end(&["system", "migrate"]);
        }
    }
}

impl Podman {
    fn is_rootful(&self) -> bool {
        self.ids().0 == 0
    }
}

/// podman as a server of docker's protocol.
pub(crate) struct Service {
    child: Child,
    address: String,
}

impl Service {
    /// The value of `DOCKER_HOST`.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let group = Pid::from_raw(i32::try_from(self.child.id()).unwrap());
        let _ = kill(group, Signal::SIGTERM);
        let started = Instant::now();
        while self.child.try_wait().is_ok_and(|ended| ended.is_none()) {
            if started.elapsed() > Duration::from_secs(10) {
                let _ = self.child.kill();
            }
            sleep(Duration::from_millis(20));
        }
    }
}

/// A user of this machine that is there for one test.
struct User {
    name: String,
    id: u32,
}

impl User {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        Self::take_leftovers_away();
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("{USER_PREFIX}{}-{number}", std::process::id());
        // The users' file is locked for as long as one is added, and whoever comes meanwhile is sent away.
        let started = Instant::now();
        loop {
            let mut useradd = Command::new(tool("useradd"));
            useradd.args(["--no-create-home", "--home-dir", "/nonexistent", "--shell", "/bin/sh"]);
            let output = useradd.arg(&name).output().unwrap();
            if output.status.success() {
                break;
            }
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(said.contains("lock") && started.elapsed() < PATIENCE, "useradd: {said}");
            sleep(Duration::from_millis(100));
        }
        let found = nix::unistd::User::from_name(&name).unwrap().unwrap();
        Self { name, id: found.uid.as_raw() }
    }

    /// Removes the users of tests that were killed.
    fn take_leftovers_away() {
        for line in fs::read_to_string("/etc/passwd").unwrap().lines() {
            let name = line.split(':').next().unwrap();
            let process = name.strip_prefix(USER_PREFIX).and_then(|rest| rest.split('-').next());
            if process.is_some_and(|process| !Path::new("/proc").join(process).exists()) {
                let id = line.split(':').nth(2).and_then(|id| id.parse().ok()).unwrap();
                drop(Self { name: name.to_owned(), id });
            }
        }
    }

    /// What runs a command as this user, in the environment that it is given.
    fn become_it(&self) -> [String; 5] {
        let setpriv = tool("setpriv").to_str().unwrap().to_owned();
        let ids = [format!("--reuid={}", self.id), format!("--regid={}", self.id)];
        let [user, group] = ids;
        [setpriv, user, group, "--init-groups".to_owned(), "--".to_owned()]
    }

    /// Ends what still runs as this user: nobody else does.
    fn end_processes(&self) {
        for entry in fs::read_dir("/proc").unwrap().flatten() {
            let name = entry.file_name();
            let Some(process) = name.to_str().and_then(|name| name.parse().ok()) else { continue };
            let status = fs::read_to_string(entry.path().join("status")).unwrap_or_default();
            let users = status.lines().find_map(|line| line.strip_prefix("Uid:"));
            let is_theirs = |id: &str| id.parse() == Ok(self.id);
            if users.is_some_and(|users| users.split_whitespace().any(is_theirs)) {
                let _ = kill(Pid::from_raw(process), Signal::SIGKILL);
            }
        }
    }
}

impl Drop for User {
    fn drop(&mut self) {
        self.end_processes();
        for _ in 0..100 {
            let mut userdel = Command::new(tool("userdel"));
            let output = userdel.arg("--force").arg(&self.name).stdout(Stdio::null()).output();
            if output.is_ok_and(|output| output.status.success()) {
                return;
            }
            sleep(Duration::from_millis(100));
        }
    }
}

/// A user made for a test must come to what a test makes.
fn assert_reachable(path: &Path) {
    for directory in path.ancestors().skip(1) {
        let mode = fs::metadata(directory).unwrap().permissions().mode();
        assert!(
            mode & 0o001 != 0,
            "{} keeps other users out, and a test makes one: set CARGO_TARGET_DIR elsewhere",
            directory.display()
        );
    }
    fs::set_permissions(path, Permissions::from_mode(0o755)).unwrap();
}
