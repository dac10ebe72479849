//! Many processes over one home: each toolchain is downloaded once, nobody fails, nobody gets a wrong one.
//!
//! Fewer at a time by default; with `--features long` as many as docs/src/reliability.md says.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use installer::invariants;
use installer::store::{Home, Key};

use crate::support::goproxy::{Service, install, is_archive};
use crate::support::log::Log;
use crate::support::module::{Module, PLATFORM};
use crate::support::server::{Response, Server};
use crate::support::{Outcome, Run, World, fakes, host_key, tool};

const IS_LONG: bool = cfg!(feature = "long");
/// How many install one version.
const SAME: usize = if IS_LONG { 64 } else { 16 };
/// How many install one each, and how many run `go version` meanwhile.
const DIFFERENT: usize = if IS_LONG { 16 } else { 8 };
/// How many run `uninstall --unused` meanwhile, again and again.
const CLEANERS: usize = if IS_LONG { 4 } else { 2 };
/// How often all that is done, from the beginning.
const ROUNDS: usize = if IS_LONG { 5 } else { 1 };

/// The least that is a toolchain; its `go` says by which path it was run.
fn least_module(name: &str) -> Module {
    let platform = PLATFORM.replace('-', "_");
    let mut files = vec![
        (String::from("VERSION"), format!("{name}\ntime 2024-11-27T20:27:20Z\n").into_bytes()),
        (String::from("bin/go"), fs::read(fakes::program()).unwrap()),
        (format!("pkg/tool/{platform}/compile"), b"compile".to_vec()),
        (String::from("src/_go.mod"), b"module std\n".to_vec()),
    ];
    files.sort();
    Module { version: format!("v0.0.1-{name}.{PLATFORM}"), files }
}

/// A world and a server of these toolchains.
struct Scene {
    world: World,
    server: Server,
    log: Log,
}

impl Scene {
    fn new(names: &[String]) -> Self {
        let service = Service::of(names.iter().map(|name| least_module(name)).collect());
        let log = service.log.clone();
        // Deflated once.
        let zips: BTreeMap<String, Vec<u8>> = service
            .modules
            .iter()
            .map(|module| (format!("{}.zip", module.version), module.zip()))
            .collect();
        let server = Server::start(move |request| match request.path.rsplit('/').next() {
            Some(name) if is_archive(&request.path) => zips.get(name).map_or_else(
                || Response::status(404),
                |zip| Response::file(request, zip, "\"one\""),
            ),
            _ => service.answer(request),
        });
        Self { world: World::new(), server, log }
    }

    fn install(&self, version: &str) -> Run {
        bounded(install(&self.world, &self.server, &self.log, &[version]))
    }

    /// How many requests each archive had.
    fn downloads(&self) -> BTreeMap<String, usize> {
        let mut downloads = BTreeMap::new();
        for path in self.server.paths().into_iter().filter(|path| is_archive(path)) {
            *downloads.entry(path).or_default() += 1;
        }
        downloads
    }

    /// How many requests one download of such an archive is.
    fn requests_of_one(name: &String) -> usize {
        let scene = Self::new(std::slice::from_ref(name));
        scene.install(&name[2..]).run().success();
        scene.downloads().into_values().sum()
    }

    fn assert_sound(&self) {
        let home = Home::new(self.world.gowr_home()).unwrap();
        let violations = invariants::check(&home, &Key::parse(&host_key()).unwrap()).unwrap();
        let violations: Vec<_> = violations.iter().map(ToString::to_string).collect();
        assert!(violations.is_empty(), "{}", violations.join("\n"));
    }
}

/// Nothing here may take the machine down.
fn bounded(run: Run) -> Run {
    let limits = [tool("timeout").into(), "120".into(), tool("prlimit").into_os_string()];
    run.watched_by(limits.into_iter().chain(["--nproc=16384".into()]))
}

/// Runs them all at the same time.
fn at_once(runs: &[Run]) -> Vec<Outcome> {
    thread::scope(|scope| {
        let threads: Vec<_> = runs.iter().map(|run| scope.spawn(|| run.run())).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

#[test]
fn one_version_by_many() {
    let names = [String::from("go1.22.3")];
    let one = Scene::requests_of_one(&names[0]);
    let scene = Scene::new(&names);
    let runs: Vec<_> = (0..SAME).map(|_| scene.install("1.22.3")).collect();
    let outcomes = at_once(&runs);
    for outcome in &outcomes {
        outcome.success();
    }
    let did = outcomes.iter().filter(|it| it.stderr().contains("is installed in")).count();
    assert_eq!(did, 1, "one of {SAME} did it");
    assert_eq!(scene.downloads().into_values().collect::<Vec<_>>(), [one]);
    scene.assert_sound();
    scene.world.go(["version"]).run().handed();
}

/// The file system has no locks: the same must come of it.
#[test]
fn one_version_by_many_without_locks() {
    let names = [String::from("go1.22.3")];
    let one = Scene::requests_of_one(&names[0]);
    let scene = Scene::new(&names);
    let runs: Vec<_> = (0..SAME / 2).map(|_| without_locks(scene.install("1.22.3"))).collect();
    for outcome in at_once(&runs) {
        outcome.success();
    }
    assert_eq!(scene.downloads().into_values().collect::<Vec<_>>(), [one]);
    scene.assert_sound();
    scene.world.go(["version"]).run().handed();
}

/// As on an NFS server without them.
fn without_locks(run: Run) -> Run {
    let inject = "inject=flock:error=ENOLCK";
    let words = [tool("strace").into_os_string()].into_iter();
    run.under(words.chain(["-f", "-qq", "-o", "/dev/null", "-e", inject].map(OsString::from)))
}

#[test]
fn different_versions_while_go_runs_and_unused_ones_go() {
    for _ in 0..ROUNDS {
        different_versions();
    }
}

fn different_versions() {
    let lines = DIFFERENT / 4;
    let version = |index: usize| format!("1.{}.{}", 21 + index / 4, 1 + index % 4);
    let names: Vec<_> = (0..DIFFERENT).map(|index| format!("go{}", version(index))).collect();
    let one = Scene::requests_of_one(&names[0]);
    let mut all = names.clone();
    // There from the start: the first of each line, and one that the configuration names.
    all.extend((0..lines).map(|line| format!("go1.{}.0", 21 + line)));
    let scene = Scene::new(&all);
    for line in 0..lines {
        scene.install(&format!("1.{}.0", 21 + line)).run().success();
        scene.world.write(format!("line{line}/.go-version"), format!("1.{}\n", 21 + line));
    }
    scene.world.gowr(["default", "1.21.0"]).run().success();
    let before: usize = scene.downloads().into_values().sum();
    assert_eq!(before, one * lines);

    let is_done = AtomicBool::new(false);
    let (versions, cleanings) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let removed = thread::scope(|scope| {
        let installers: Vec<_> = (0..DIFFERENT)
            .map(|index| {
                let run = scene.install(&version(index));
                scope.spawn(move || run.run().success().code())
            })
            .collect();
        let mut others = Vec::new();
        for index in 0..DIFFERENT {
            // A line whose newest changes all the time, or a release that stays.
            let (directory, prefix) = if index % 2 == 0 {
                let line = (index / 2) % lines;
                (format!("line{line}"), format!("toolchains/go1.{}.", 21 + line))
            } else {
                (String::from("project"), String::from("toolchains/go1.21.0/"))
            };
            let run = scene.world.go(["version"]).at(scene.world.path(directory));
            let (is_done, versions) = (&is_done, &versions);
            others.push(scope.spawn(move || {
                while !is_done.load(Ordering::SeqCst) {
                    let handed = run.run().handed();
                    assert!(is_run_from(&handed.execution_path, &prefix), "{handed:?}");
                    versions.fetch_add(1, Ordering::SeqCst);
                }
            }));
        }
        let cleaners: Vec<_> = (0..CLEANERS)
            .map(|_| {
                let run = bounded(scene.world.gowr(["uninstall", "--unused"]));
                let (is_done, cleanings) = (&is_done, &cleanings);
                scope.spawn(move || {
                    let mut removed = 0;
                    while !is_done.load(Ordering::SeqCst) {
                        let outcome = run.run();
                        removed += outcome.success().stderr().matches("is uninstalled").count();
                        cleanings.fetch_add(1, Ordering::SeqCst);
                    }
                    removed
                })
            })
            .collect();
        let installed: Vec<_> =
            installers.into_iter().map(thread::ScopedJoinHandle::join).collect();
        is_done.store(true, Ordering::SeqCst);
        for thread in others {
            thread.join().unwrap();
        }
        let removed: usize = cleaners.into_iter().map(|thread| thread.join().unwrap()).sum();
        assert!(installed.iter().all(Result::is_ok), "{installed:?}");
        removed
    });
    assert!(versions.load(Ordering::SeqCst) >= DIFFERENT && cleanings.load(Ordering::SeqCst) > 0);

    let rest = scene.world.gowr(["uninstall", "--unused"]).run();
    let removed = removed + rest.success().stderr().matches("is uninstalled").count();
    // 1.21.0 is the default; of the others only the newest of each line stays.
    let mut left: Vec<_> = (0..lines).map(|line| format!("go1.{}.4", 21 + line)).collect();
    left.push(String::from("go1.21.0"));
    left.sort();
    let home = Home::new(scene.world.gowr_home()).unwrap();
    let installed: Vec<_> = home.installed().unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(installed, left);
    assert_eq!(removed, all.len() - left.len(), "each went once");
    assert!(scene.downloads().into_values().all(|requests| requests == one));
    scene.assert_sound();
    eprintln!("{} times go version, {} cleanings", versions.into_inner(), cleanings.into_inner());
}

/// Whether a toolchain whose real path has this in it was run.
fn is_run_from(execution_path: &str, part: &str) -> bool {
    let is_part = |path: &OsStr| path.to_str().is_some_and(|path| path.contains(part));
    is_part(OsStr::new(execution_path))
}
