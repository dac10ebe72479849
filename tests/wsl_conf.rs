//! `/etc/wsl.conf`, and what gowr lets a distro do when it starts: changed whole or not at all, and right for the programs
//! that read it.

use std::fs;
use std::path::{Path, PathBuf};

use installer::at_boot::{self, Bind, Task, TaskName, Way};
use installer::wsl_conf::WslConf;
use nix::errno::Errno;
use resolver::machine::memory::MemoryMachine;
use tempfile::TempDir;

use crate::support::tracer::Blow;
use crate::support::{Run, World, scratch, tool};
use crate::userland::{Root, user_namespace};

const WSL2: &str = "6.6.87.2-microsoft-standard-WSL2\n";
/// As an editor of Windows saves it: WSL reads none of it.
const BEFORE: &[u8] = b"\xef\xbb\xbf# mine\r\n[boot]\r\nsystemd=true\r\n";
const AFTER: &[u8] = b"# mine\n[boot]\nsystemd=true\n";

/// What may be in a path, and means something to a shell, to systemd or to wsl.conf.
const HOSTILE: &str = "it's 100% \"$HOME\" \\n; `x`#1";

/// A distro of WSL2 whose wsl.conf cannot be read, and `gowr doctor --fix` for it.
struct Distro {
    root: Root,
    world: World,
}

impl Distro {
    fn new() -> Self {
        let root = Root::bare("ID=debian\nVERSION_ID=\"12\"\n").without_proc();
        root.write("/proc/sys/kernel/osrelease", WSL2);
        let distro = Self { root, world: World::with_fakes(&["go1.22.12"]) };
        distro.reset();
        distro
    }

    fn reset(&self) {
        for name in self.names() {
            self.root.remove(&format!("/etc/{name}"));
        }
        self.root.write("/etc/wsl.conf", BEFORE);
        // What it remembers of each time takes one call more.
        let _ = fs::remove_dir_all(self.world.path(".local/state"));
    }

    /// Entered from outside: there is no shell in the root, by which the tracer begins.
    fn fix(&self) -> Run {
        let run = self.world.gowr(["doctor", "--fix", "wsl-conf-stops"]);
        let words = self.root.enter(self.world.home(), run.entries(), &[]);
        run.under(words)
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.root.outside("/etc")).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> = names.filter(|name| name.contains("wsl.conf")).collect();
        names.sort();
        names
    }

    fn read(&self, name: &str) -> Option<Vec<u8>> {
        fs::read(self.root.outside("/etc").join(name)).ok()
    }

    fn is_old_or_new(&self, report: &str) -> bool {
        let now = self.read("wsl.conf").unwrap_or_else(|| panic!("the file is gone: {report}"));
        let backup = self.read("wsl.conf.gowr-backup");
        assert!(backup.as_deref().is_none_or(|backup| backup == BEFORE), "half a backup: {report}");
        let is_new = now == AFTER;
        assert!(is_new || now == BEFORE, "half a file: {report}");
        assert!(!is_new || backup.is_some(), "no backup: {report}");
        is_new
    }
}

#[test]
fn a_wsl_conf_is_old_or_new_whatever_happens() {
    let distro = Distro::new();
    let traced = distro.fix().calls();
    assert!(distro.is_old_or_new(&traced.outcome.report()), "{}", traced.outcome.report());
    assert_eq!(distro.names(), ["wsl.conf", "wsl.conf.gowr-backup"]);
    // The change is shown before it is made.
    let said = traced.outcome.report();
    assert!(said.contains("--- a/etc/wsl.conf") && said.contains("+[boot]"), "{said}");

    let is_there =
        |file: &String| file.contains("/etc/.wsl.conf") || file.contains("/etc/wsl.conf");
    let is_etc = |file: &String| file.ends_with("/etc");
    let calls = traced.calls.iter().enumerate();
    let calls: Vec<_> = calls
        .filter(|(_, call)| call.files.iter().any(|file| is_there(file) || is_etc(file)))
        .map(|(number, _)| number)
        .collect();
    assert!(calls.len() > 8, "{:?}", traced.calls);
    let (mut old, mut new) = (0, 0);
    for number in calls {
        let error = if number % 2 == 0 { Errno::ENOSPC } else { Errno::EIO };
        for blow in [Blow::Fail(error), Blow::Kill] {
            distro.reset();
            let traced = distro.fix().traced(number, blow);
            let report = format!("{blow:?} {:?}: {}", traced.hit, traced.outcome.report());
            *if distro.is_old_or_new(&report) { &mut new } else { &mut old } += 1;
            if blow != Blow::Kill {
                assert!(traced.outcome.code().is_some_and(|code| code < 2), "{report}");
                continue;
            }
            // Once more, and all is well, and nothing is left of what was killed.
            distro.fix().run();
            assert!(distro.is_old_or_new(&report), "not mended: {report}");
            assert_eq!(distro.names(), ["wsl.conf", "wsl.conf.gowr-backup"], "{report}");
        }
    }
    assert!(old > 0 && new > 0, "{old} {new}");
}

/// The words that run what follows them in a mount namespace of its own.
fn namespace() -> Vec<String> {
    let mut words = vec![tool("unshare").display().to_string(), String::from("--mount")];
    words.extend(user_namespace().iter().map(ToString::to_string));
    words.push(String::from("--propagation=private"));
    words
}

/// A root whose programs are in this directory, and what gowr has it do when it starts.
fn planned(programs: &str, way: Way, source: &Path, target: &Path) -> TempDir {
    let root = TempDir::new_in(scratch()).unwrap();
    let programs = root.path().join(programs);
    fs::create_dir_all(&programs).unwrap();
    fs::create_dir(root.path().join("etc")).unwrap();
    for name in ["sh", "mkdir", "mount", "umount"] {
        fs::write(programs.join(name), "").unwrap();
    }
    let conf = "[boot]\ncommand = echo theirs; true & # mine\n";
    fs::write(root.path().join("etc/wsl.conf"), conf).unwrap();
    let task = Task {
        name: TaskName::link("test").unwrap(),
        description: String::from("a test"),
        mounts: vec![Bind { source: source.into(), target: target.into() }],
    };
    let machine = MemoryMachine::new();
    at_boot::plan_add(&machine, root.path(), &task, way).unwrap().carry_out().unwrap();
    root
}

/// A directory with a mark in it, and a place to mount it.
fn directories(world: &World, name: &str) -> (PathBuf, PathBuf) {
    let source = world.path(name);
    fs::create_dir(&source).unwrap();
    fs::write(source.join("mark"), "seen\n").unwrap();
    (source, world.path("made").join(name))
}

#[test]
fn a_boot_command_mounts_once_in_every_shell() {
    let world = World::new();
    // As WSL runs it, and once more in the same distro.
    let script = "\"$@\"; \"$@\"; cat \"$TARGET/mark\"; grep -c made/ /proc/self/mountinfo";
    for (shell, programs) in [("dash", "usr/bin"), ("bash", "usr/bin"), ("busybox", "bin")] {
        // The mount of busybox takes a `#` in a source for the beginning of a comment.
        let name = HOSTILE.trim_end_matches(if shell == "busybox" { "#1" } else { "" });
        let (source, target) = directories(&world, &format!("{shell} {name}"));
        let root = planned(programs, Way::BootCommand, &source, &target);
        let conf = WslConf::parse(&fs::read(root.path().join("etc/wsl.conf")).unwrap());
        let command = conf.boot.command.value.unwrap();
        assert!(command.ends_with("; echo theirs; true &"), "{command}");
        let shell: &[&str] = if shell == "busybox" { &["busybox", "sh"] } else { &[shell] };
        let run =
            world.run("/bin/sh").args(["-c", script, "sh"]).args(shell).args(["-c", &command]);
        let run = run.env("TARGET", &target).env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        // Alpine's busybox mounts in Alpine; the namespace is the root's.
        let run = match shell {
            ["busybox", ..] => run.inside(&Root::alpine()),
            _ => run.under(namespace()),
        };
        assert_eq!(run.run().success().stdout(), "theirs\ntheirs\nseen\n1\n", "{shell:?}");
    }
}

#[test]
fn systemd_understands_a_unit() {
    let world = World::new();
    let (source, target) = directories(&world, HOSTILE);
    let root = planned("usr/bin", Way::Unit, &source, &target);
    let unit = root.path().join("etc/systemd/system/gowr-link-test.service");
    let verify = |unit: &Path| {
        world.run(tool("systemd-analyze")).args(["verify".as_ref(), unit.as_os_str()]).run()
    };
    let outcome = verify(&unit);
    assert_eq!(
        (outcome.code(), outcome.stderr()),
        (Some(0), String::new()),
        "{}",
        outcome.report()
    );
    // It is looked at closely.
    let text = fs::read_to_string(&unit).unwrap();
    fs::write(&unit, text.replace("ExecStart=", "ExecStart=\"")).unwrap();
    let outcome = verify(&unit);
    assert!(!outcome.stderr().is_empty(), "{}", outcome.report());
}
