//! WSL2 as far as sharing goes: distros are mount namespaces, and all see one tmpfs, in one peer group. What one mounts or
//! unmounts below it, every one sees, as on WSL2; each has its own home, `/etc` and `/run`.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use tempfile::TempDir;

use crate::support::{Run, World, scratch, tool};
use crate::userland::user_namespace;

/// The kernel of a real one (<https://github.com/microsoft/WSL/issues/41084>).
const RELEASE: &str = "6.18.33.2-microsoft-standard-WSL2\n";
/// A root of its own, with this machine's programs: `$2` is the virtual machine's directory, `$3` the home, `$4` where all
/// homes are. This machine may be a container, and have marks of one in its root.
const ROOT: &str = r#"
mkdir -p "$3/root"
mount -t tmpfs none "$3/root"
cd "$3/root"
mkdir -p usr dev proc etc run tmp mnt/wsl ".$4"
for name in bin sbin lib lib64; do
    if [ -L "/$name" ]; then
        ln -s "$(readlink "/$name")" "$name"
    elif [ -d "/$name" ]; then
        mkdir "$name"
        mount --bind "/$name" "$name"
    fi
done
mount --bind /usr usr
mount --rbind /dev dev
mount --rbind /proc proc
mount --bind "$2/osrelease" proc/sys/kernel/osrelease
mount --bind "$3/etc" etc
mount --bind "$4" ".$4"
mount --bind "$2/wsl" mnt/wsl
"#;
/// No test stands longer than that.
const SECONDS: &str = "900";

/// The virtual machine: it holds the tmpfs.
pub(super) struct Wsl {
    directory: TempDir,
    keeper: Namespace,
}

/// One distro that runs.
pub(super) struct Distro {
    world: World,
    namespace: Option<Namespace>,
}

/// A process that keeps a mount namespace; both end when dropped.
struct Namespace(Child);

impl Namespace {
    /// `script` goes on with its own first argument: that says it is ready, and sleeps.
    fn new(words: &[String], script: &str, arguments: &[&Path]) -> Self {
        let script = format!("set -e\n{script}");
        let mut command = Command::new(&words[0]);
        let ready = format!("echo ready; exec sleep {SECONDS} >/dev/null");
        command.args(&words[1..]).args(["sh", "-c", &script, "sh", &ready]).args(arguments);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).process_group(0);
        let mut namespace = Self(command.spawn().unwrap());
        let mut line = String::new();
        BufReader::new(namespace.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(line, "ready\n", "a namespace could not be made");
        namespace
    }

    /// The words that run what comes after them in it.
    fn enter(&self) -> Vec<String> {
        let target = self.0.id().to_string();
        let mut words = vec![tool("nsenter").display().to_string(), format!("--target={target}")];
        if !user_namespace().is_empty() {
            words.extend(["--user", "--preserve-credentials"].map(String::from));
        }
        words.extend(["--mount", "--root", "--wd"].map(String::from));
        words
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        let _ = killpg(Pid::from_raw(i32::try_from(self.0.id()).unwrap()), Signal::SIGKILL);
        let _ = self.0.wait();
    }
}

impl Wsl {
    pub(super) fn start() -> Self {
        let homes = scratch().join("worlds");
        fs::create_dir_all(&homes).unwrap();
        let directory = TempDir::new_in(homes).unwrap();
        fs::create_dir(directory.path().join("wsl")).unwrap();
        fs::write(directory.path().join("osrelease"), RELEASE).unwrap();
        let mut words = vec![tool("unshare").display().to_string(), String::from("--mount")];
        words.extend(user_namespace().iter().map(ToString::to_string));
        words.push(String::from("--propagation=private"));
        // As WSL makes it: src/linux/init/main.cpp.
        let script =
            "cd \"$2\"; mount -t tmpfs -o mode=1777 none wsl; mount --make-shared wsl; eval \"$1\"";
        let keeper = Namespace::new(&words, script, &[directory.path()]);
        Self { directory, keeper }
    }

    /// Starts a distro with this home; `mounts` are its own.
    pub(super) fn distro(&self, world: World, id: &str, mounts: &str) -> Distro {
        world.write("etc/os-release", format!("ID={id}\nVERSION_ID=\"1\"\n"));
        world.write("etc/passwd", "root:x:0:0:root:/root:/bin/sh\n");
        let namespace = Some(self.boot(&world, mounts));
        Distro { world, namespace }
    }

    fn boot(&self, world: &World, mounts: &str) -> Namespace {
        let mut words = self.keeper.enter();
        words.push(tool("unshare").display().to_string());
        words.extend(["--mount", "--propagation=unchanged"].map(String::from));
        let script =
            format!("{ROOT}\n{mounts}\nexec {} --root=. sh -c \"$1\"", tool("unshare").display());
        let homes = world.home().parent().unwrap();
        Namespace::new(&words, &script, &[self.directory.path(), world.home(), homes])
    }

    /// Starts a distro again that was stopped.
    pub(super) fn boot_again(&self, distro: &mut Distro) {
        assert!(distro.namespace.is_none());
        distro.namespace = Some(self.boot(&distro.world, ""));
    }
}

impl Distro {
    pub(super) fn world(&self) -> &World {
        &self.world
    }

    pub(super) fn path(&self, path: &str) -> PathBuf {
        self.world.path(path)
    }

    /// Ends all that runs in it. What it mounted below `/mnt/wsl` the others keep.
    pub(super) fn stop(&mut self) {
        self.namespace = None;
    }

    /// Lets a command run in this distro.
    pub(super) fn inside(&self, run: &Run) -> Run {
        let mut words = self.namespace.as_ref().expect("it runs").enter();
        let script = "cd \"$1\" && shift && exec \"$@\"";
        words.extend(["--", "sh", "-c", script, "sh"].map(String::from));
        words.push(self.path("project").display().to_string());
        run.clone().under(words)
    }

    pub(super) fn gowr<const N: usize>(&self, words: [&str; N]) -> Run {
        self.inside(&self.world.gowr(words))
    }

    pub(super) fn go<const N: usize>(&self, words: [&str; N]) -> Run {
        self.inside(&self.world.go(words))
    }

    pub(super) fn sh(&self, script: &str) -> Run {
        self.inside(&self.world.run("sh").args(["-c", script]))
    }

    /// Takes the share off, as systemd does in a distro that stops; a `go` that runs from it is waited for. Says how often
    /// that was tried.
    pub(super) fn unmount_share(&self) -> usize {
        let begun = Instant::now();
        for tries in 1.. {
            if self.sh("umount /mnt/wsl/gowr").run().status().success() {
                return tries;
            }
            assert!(begun.elapsed() < Duration::from_mins(1), "always busy");
        }
        unreachable!()
    }
}
