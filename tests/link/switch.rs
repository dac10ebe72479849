//! Ten thousand switches, and a kill at every call of one: whoever looks sees the old GOROOT or the new one, whole.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::os::fd::AsRawFd;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use installer::goroot_link::{Follows, GorootLinks, Kind};
use installer::store::{Home, Key};
use nix::errno::Errno;
use resolver::machine::memory::MemoryMachine;

use super::{names, place, target};
use crate::support::stage::Stage;
use crate::support::tracer::Blow;
use crate::support::{NEW, OLD, World, host_key};

/// How many processes run `go` meanwhile.
const READERS: usize = 4;

/// Runs the `go` of a link until a file appears: what it says each time.
const READER: &str = r#"while [ ! -e "$STOP" ]; do
    "$SDK/bin/go" version || echo "failed: $?"
    "$SDK/bin/go" env GOROOT GOVERSION || echo "failed: $?"
done"#;

/// What [`READERS`] saw.
#[derive(Default)]
struct Seen {
    /// How often each line came.
    lines: BTreeMap<String, usize>,
}

struct Readers {
    children: Vec<Child>,
    stop: PathBuf,
}

impl Readers {
    fn start(world: &World, sdk: &Path) -> Self {
        let stop = world.path("stop");
        let run = world
            .run("sh")
            .args(["-c", READER])
            .env("SDK", sdk)
            .env("STOP", &stop)
            .env("GOTOOLCHAIN", "local");
        let children = (0..READERS)
            .map(|number| {
                let mut command = run.command();
                let output = File::create(world.path(format!("output-{number}"))).unwrap();
                command.stderr(output.try_clone().unwrap()).stdout(output).spawn().unwrap()
            })
            .collect();
        Self { children, stop }
    }

    fn end(self, world: &World) -> Seen {
        fs::write(&self.stop, "").unwrap();
        let mut seen = Seen::default();
        for (number, mut child) in self.children.into_iter().enumerate() {
            assert!(child.wait().unwrap().success());
            let output = world.read(format!("output-{number}"));
            let mut lines = output.lines();
            while let Some(line) = lines.next() {
                // Two lines of one call.
                let second = if line.starts_with('/') { lines.next().unwrap_or("") } else { "" };
                *seen.lines.entry(format!("{line} {second}").trim_end().to_owned()).or_default() +=
                    1;
            }
        }
        seen
    }
}

impl Seen {
    /// Fails if anything was seen but these two GOROOTs; how often a `go` was run.
    fn check(&self, goroots: &[PathBuf; 2]) -> usize {
        let expected: BTreeSet<String> = goroots
            .iter()
            .flat_map(|goroot| {
                let name = goroot.file_name().unwrap().to_str().unwrap();
                let architecture = if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" };
                [
                    format!("go version {name} linux/{architecture}"),
                    format!("{} {name}", goroot.display()),
                ]
            })
            .collect();
        let found: BTreeSet<String> = self.lines.keys().cloned().collect();
        assert_eq!(found, expected);
        self.lines.values().sum()
    }
}

/// Opens what a link leads to, again and again, and looks whether it is one tree: how often.
fn look(sdk: &Path, trees: &BTreeMap<String, u64>, is_over: &AtomicBool) -> usize {
    let mut looks = 0;
    while !is_over.load(Ordering::SeqCst) {
        let directory = File::open(sdk).unwrap();
        let inside = PathBuf::from(format!("/proc/self/fd/{}", directory.as_raw_fd()));
        let version = fs::read_to_string(inside.join("VERSION")).unwrap();
        let go = fs::metadata(inside.join("bin/go")).unwrap().ino();
        assert_eq!(trees[version.lines().next().unwrap()], go);
        looks += 1;
    }
    looks
}

/// Switches a link in `directory` this often, by what `gowr link` does, while others look; says what came of it.
fn switch(world: &World, directory: &Path, times: usize) {
    let goroots = [OLD, NEW].map(|name| world.goroot(name).canonicalize().unwrap());
    let trees = goroots.iter().map(|goroot| {
        let version = fs::read_to_string(goroot.join("VERSION")).unwrap();
        let go = fs::metadata(goroot.join("bin/go")).unwrap().ino();
        (version.lines().next().unwrap().to_owned(), go)
    });
    let trees: BTreeMap<_, _> = trees.collect();
    let sdk = place(directory);
    let home = Home::new(directory.join("home")).unwrap();
    let (machine, here) = (MemoryMachine::new(), Key::parse(&host_key()).unwrap());
    let links = GorootLinks { machine: &machine, home: &home, here: &here };
    let make = |goroot: &Path| {
        links.make(&sdk, Kind::Link, Follows::Default, goroot, false).unwrap();
    };
    make(&goroots[0]);
    let (is_over, looks) = (AtomicBool::new(false), AtomicUsize::new(0));
    let readers = Readers::start(world, &sdk);
    thread::scope(|scope| {
        scope.spawn(|| looks.fetch_add(look(&sdk, &trees, &is_over), Ordering::SeqCst));
        for time in 0..times {
            make(&goroots[(time + 1) % 2]);
        }
        is_over.store(true, Ordering::SeqCst);
    });
    let ran = readers.end(world).check(&goroots);
    let looks = looks.into_inner();
    println!("{times} switches: go ran {ran} times, the tree was opened {looks} times, 0 errors");
    assert!(ran > 100 && looks > 1000, "too few to tell: {ran}, {looks}");
    assert_eq!(names(directory), ["go-sdk", "home"], "nothing is left behind");
}

#[test]
fn ten_thousand_switches_in_memory() {
    let world = World::with(&[OLD, NEW]);
    let stage = Stage::new(16 << 20);
    let directory = stage.path("links");
    fs::create_dir(&directory).unwrap();
    switch(&world, &directory, 10_000);
}

/// The same on the disk, where each is brought to it.
#[cfg(feature = "long")]
#[test]
fn ten_thousand_switches_on_the_disk() {
    let world = World::with(&[OLD, NEW]);
    let directory = world.path("links");
    fs::create_dir(&directory).unwrap();
    switch(&world, &directory, 10_000);
}

/// By the commands that people type.
#[test]
fn switched_by_commands() {
    let times = if cfg!(feature = "long") { 500 } else { 10 };
    let world = World::with(&[OLD, NEW]);
    let goroots = [OLD, NEW].map(|name| world.goroot(name).canonicalize().unwrap());
    world.gowr(["default", "1.22"]).run().success();
    world.gowr(["link", "../go-sdk"]).run().success();
    let readers = Readers::start(&world, &world.path("go-sdk"));
    for _ in 0..times {
        world.gowr(["default", "1.26"]).run().success();
        assert_eq!(fs::read_link(world.path("go-sdk")).unwrap(), goroots[1]);
        world.gowr(["link", "../go-sdk", "1.22"]).run().success();
        world.gowr(["pin", "1.26", "--link", "../go-sdk"]).run().success();
        world.gowr(["default", "1.22"]).run().success();
        world.gowr(["link", "../go-sdk"]).run().success();
        assert_eq!(fs::read_link(world.path("go-sdk")).unwrap(), goroots[0]);
    }
    let ran = readers.end(&world).check(&goroots);
    println!("{} switches by commands: go ran {ran} times, 0 errors", 4 * times);
}

/// `gowr default`, which moves a link, is stopped at each of its calls: killed there, or refused what it asks for.
#[test]
fn stopped_at_every_call() {
    let world = World::with_fakes(&["go1.22.12", "go1.26.9"]);
    world.gowr(["default", "1.22"]).run().success();
    world.gowr(["link", "../sdk"]).run().success();
    let both = ["[GOWR]/toolchains/go1.22.12", "[GOWR]/toolchains/go1.26.9"];
    let beside = names(world.home());
    let errors = [Errno::EIO, Errno::ENOSPC, Errno::EROFS, Errno::EACCES];
    let (mut struck, mut number) = (0, 0);
    loop {
        let error = errors[number % errors.len()];
        let mut is_hit = false;
        for blow in [Blow::Kill, Blow::Fail(error)] {
            let run = world.gowr(["default", "1.26"]).traced(number, blow);
            let report =
                || format!("{blow:?} at {number}, {:?}: {}", run.hit, run.outcome.report());
            let found = target(&world, "sdk");
            assert!(both.contains(&found.as_str()), "{found}: {}", report());
            assert!(world.path("sdk/bin/go").exists(), "{}", report());
            if blow != Blow::Kill {
                // What cannot be moved is told, and no error of what was done.
                let is_default = world.read(".config/gowr/config.yaml").contains("1.26");
                assert_eq!(run.outcome.code() == Some(0), is_default, "{}", report());
                let is_told = run.outcome.stderr().contains("warning: ");
                let is_moved = found == both[1];
                assert!(!is_default || is_moved || is_told, "{}", report());
            }
            is_hit |= run.hit.is_some();
            struck += usize::from(run.hit.is_some());
            // The same command does the rest, and nothing is left behind.
            world.gowr(["default", "1.26"]).run().success();
            assert_eq!(target(&world, "sdk"), both[1], "{}", report());
            assert_eq!(names(world.home()), beside, "{}", report());
            world.gowr(["default", "1.22"]).run().quiet_but_moved();
            assert_eq!(target(&world, "sdk"), both[0], "{}", report());
        }
        number += 1;
        if !is_hit {
            break;
        }
    }
    println!("stopped {struck} times at {number} calls");
    assert!(struck > 40, "{struck}");
}

impl crate::support::Outcome {
    /// Nothing was said but that the link was moved.
    fn quiet_but_moved(&self) {
        let stderr = self.success().stderr();
        assert_eq!(stderr.lines().count(), 1, "{}", self.report());
        assert!(stderr.contains("now leads to"), "{}", self.report());
    }
}
