//! Projects and directories of PATH where each look costs a round trip, as on a Windows drive in WSL2: how many there are,
//! counted by the file system itself. What they take in time is for the benchmark (`cargo bench --bench slow`).
//!
//! The file system is served through `/dev/fuse`, a device that not every machine and container has: without it these
//! tests say so, and that nothing was tested.

use std::env;
use std::ffi::OsString;
use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};
use std::process;

use crate::support::{OLD, Run, World, slow_file_system, tool};
use crate::userland::{Root, user_namespace};

const DEPTH: usize = 12;

#[test]
fn lookups_in_a_project_twelve_directories_deep() {
    if !has_fuse() {
        return;
    }
    // Twelve to come down there; for each of the thirteen directories one for each name; those that are found are read.
    for (pin, goal) in [(Some("go: \"1.22\"\n"), 49), (None, 80)] {
        let world = World::with_fakes(&[OLD]);
        world.write(".config/gowr/config.yaml", "default: \"1.22\"\n");
        world.go(["version"]).at("/").run().quiet(); // makes the links of this distro
        let drive = Drive::new(world.path("drive"), world.path("project"));
        fs::create_dir_all(drive.source.join(below(DEPTH))).unwrap();
        fs::write(drive.source.join("go.mod"), "module example.com/m\n\ngo 1.21\n").unwrap();
        if let Some(pin) = pin {
            fs::write(drive.source.join(".gowr.yaml"), pin).unwrap();
        }

        let directory = drive.mount_point.join(below(DEPTH));
        let version = world.go(["version"]);
        let asked = drive.asked(&version, &directory);
        let lookups = asked.iter().filter(|line| line.starts_with("lookup ")).count();
        assert!(lookups <= goal, "{lookups} lookups, {pin:?}:\n{}", asked.join("\n"));
        // A name is looked up once; of what is open, more is asked only where something was found.
        assert!(asked.len() - lookups <= 20, "{pin:?}:\n{}", asked.join("\n"));
        // That `$PWD` is right is seen by the kernel's own name, for which nothing is looked up.
        let named = drive.asked(&version.env("PWD", &directory), &directory);
        assert!(named.len() <= asked.len(), "{pin:?}:\n{}", named.join("\n"));
    }
}

#[test]
fn directories_of_windows_on_path_are_not_looked_into() {
    const ENTRIES: usize = 40;
    if !has_fuse() {
        return;
    }
    let root = Root::trixie_with_gcc().without_proc();
    let world = World::with(&[OLD]).inside(&root);
    world.share_builds("debian-13");
    world.write("project/.gowr.yaml", "go: \"1.22\"\n");
    world.write("project/go.mod", "module example.com/m\n\ngo 1.21\n");
    world.write("project/main.go", "package main\n\nfunc main() {}\n");
    world.write(
        "project/c/main.go",
        "package main\n\n// int answer(void) { return 42; }\nimport \"C\"\n\nfunc main() { println(C.answer()) }\n",
    );

    // The kernel and the mount table of WSL2, for the way from there into the root; in it they are plain files.
    let drive = Drive::new(world.path("drive"), root.outside("/mnt/c"));
    let mut path = format!("{}:/usr/bin:/bin", world.gowr_home().join("bin").display());
    for entry in 1..=ENTRIES {
        fs::create_dir_all(drive.source.join(format!("Program Files/App {entry}/bin"))).unwrap();
        path += &format!(":/mnt/c/Program Files/App {entry}/bin");
    }
    let kernel = world.write("osrelease", "6.6.87.2-microsoft-standard-WSL2\n");
    let mounts = world.write(
        "mountinfo",
        "1 0 8:32 / / rw,relatime - ext4 /dev/sdc rw\n\
         2 1 0:52 / /mnt/c rw,noatime - 9p C:\\134 rw,dirsync,aname=drvfs;path=C:\\;uid=1000;gid=1000;symlinkroot=/mnt/,mmap,access=client\n",
    );
    let script = "set -e; root=$1; mount -t tmpfs none \"$root/proc\"; mount -t tmpfs none \"$root/mnt\"; \
        mkdir -p \"$root/proc/self\" \"$root/proc/sys/kernel\" \"$root/mnt/c\"; \
        cp \"$2\" \"$root/proc/sys/kernel/osrelease\"; cp \"$3\" \"$root/proc/self/mountinfo\"; shift 3; exec \"$@\"";
    let words = ["sh", "-c", script, "sh"].map(OsString::from);
    let stage: Vec<OsString> =
        words.into_iter().chain([root.outside("/"), kernel, mounts].map(OsString::from)).collect();
    let asked = |run: Run| {
        let run = run.env("PATH", &path);
        let words = [namespace(), stage.clone(), drive.serve(Path::new("/"))].concat();
        run.watched_by(words).run().success();
        drive.log()
    };

    // The real go alone looks into each of them.
    let goroot = world.goroot(OLD);
    let alone = world.run(goroot.join("bin/go")).args(["env", "GOOS"]).env("GOROOT", goroot);
    let alone = asked(alone);
    let looks = alone.iter().filter(|line| line.ends_with("/gccgo")).count();
    assert_eq!(looks, ENTRIES, "{}", alone.join("\n"));

    for words in [&["version"][..], &["env", "GOOS"], &["build", "-o", "/dev/null", "."]] {
        let found = asked(world.go(words));
        assert!(found.is_empty(), "go {words:?}:\n{}", found.join("\n"));
    }
    // Where C is linked, GCC's collect2 looks for two programs of its own, whoever called it. Only without these
    // directories it does not.
    let build = ["build", "-o", "/dev/null", "./c"];
    let found = asked(world.go(build));
    let is_of_gcc = |line: &str| line.ends_with("/gnm") || line.ends_with("/gstrip");
    let others = found.iter().filter(|line| line.contains("/bin/") && !is_of_gcc(line));
    assert_eq!(others.count(), 0, "{}", found.join("\n"));
    world.write(".config/gowr/config.yaml", "windows-path: drop\n");
    let found = asked(world.go(build));
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// Whether a file system can be served here; says so where not.
fn has_fuse() -> bool {
    let opened = OpenOptions::new().read(true).write(true).open("/dev/fuse");
    if let Err(error) = &opened {
        eprintln!("skipped: a slow file system cannot be served: /dev/fuse: {error}");
    }
    opened.is_ok()
}

/// No test: the process that serves the file system, started by the tests below with words after `--`.
#[test]
fn serves() {
    let words: Vec<OsString> = env::args_os().skip_while(|word| word != "--").skip(1).collect();
    if !words.is_empty() {
        process::exit(slow_file_system::run(&words).unwrap());
    }
}

/// A directory that is served by [`slow_file_system`], without a delay.
struct Drive {
    source: PathBuf,
    mount_point: PathBuf,
}

impl Drive {
    fn new(source: PathBuf, mount_point: PathBuf) -> Self {
        fs::create_dir_all(&source).unwrap();
        Self { source, mount_point }
    }

    /// What a command that runs in `directory` asks this file system.
    fn asked(&self, run: &Run, directory: &Path) -> Vec<String> {
        run.clone().under([namespace(), self.serve(directory)].concat()).run().success();
        self.log()
    }

    /// The words that serve it, before a command that is to run in `directory`.
    fn serve(&self, directory: &Path) -> Vec<OsString> {
        let log = self.source.with_extension("log");
        let mut words = vec![env::current_exe().unwrap().into_os_string()];
        words.extend(["slow::serves", "--exact", "--nocapture", "--", "0"].map(OsString::from));
        words.push(log.into());
        words.extend([&self.source, &self.mount_point, directory].map(OsString::from));
        words
    }

    fn log(&self) -> Vec<String> {
        let log = fs::read_to_string(self.source.with_extension("log")).unwrap();
        log.lines().skip(1).map(str::to_owned).collect()
    }
}

/// The words that make a mount namespace: no mount outlives the command.
fn namespace() -> Vec<OsString> {
    let mut words = vec![tool("unshare").into_os_string(), "--mount".into()];
    words.extend(user_namespace().iter().map(OsString::from));
    words.push("--propagation=private".into());
    words
}

fn below(depth: usize) -> PathBuf {
    (1..=depth).map(|level| format!("level{level}")).collect()
}
