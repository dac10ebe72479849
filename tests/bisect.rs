//! `gowr bisect`: the first release that changes a result, whatever interrupts the search.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use snapbox::{assert_data_eq, str};

use crate::support::goproxy::Service;
use crate::support::server::Server;
use crate::support::tracer::Blow;
use crate::support::{OLD, Run, World, host_key};

const RELEASES: [&str; 9] = [
    "go1.21.0",
    "go1.21.1",
    "go1.21.2",
    "go1.22rc1",
    "go1.22.0",
    "go1.22.1",
    "go1.22.2",
    "go1.23.0",
    "go1.23.1",
];

/// A list of releases on loopback.
struct Bed {
    server: Server,
    key: String,
}

impl Bed {
    fn new() -> Self {
        let service = Service::new(&RELEASES);
        let key = service.log.key();
        Self { server: service.start(), key }
    }

    /// `gowr bisect`, by a script that writes down each release that it is run with.
    fn bisect(&self, world: &World, words: &[&str], script: &str) -> Run {
        let script = format!("echo $GOWR_TOOLCHAIN >> tried; {script}");
        let run = world.gowr(["bisect"]).args(words).args(["--", "sh", "-c", &script]);
        run.env("GOPROXY", self.server.url()).env("GOSUMDB", &self.key)
    }
}

/// A project on a machine that has stand-ins for all of them.
fn world() -> World {
    let world = World::with_fakes(&RELEASES);
    world.write("project/go.mod", "module example.com/m\n\ngo 1.21\n");
    world.go(["version"]).run().success();
    world
}

fn tried(world: &World) -> Vec<String> {
    let tried = fs::read_to_string(world.path("project/tried")).unwrap_or_default();
    let _ = fs::remove_file(world.path("project/tried"));
    tried.lines().map(str::to_owned).collect()
}

/// Bad from 1.22.1 on.
const BAD_SINCE: &str = "case $GOWR_TOOLCHAIN in 1.21.*|1.22.0) exit 0;; *) exit 1;; esac";
const ENDS: [&str; 4] = ["--good", "1.21.0", "--bad", "1.23"];

#[test]
fn the_first_release_that_fails_is_found() {
    let bed = Bed::new();
    let world = world();
    assert_data_eq!(
        bed.bisect(&world, &ENDS, BAD_SINCE).run().snapshot(),
        str![[r#"
go1.22.1
------- stderr -------
trying go1.21.0 (about 5 steps left)
go1.21.0 is good: exit status 0, [..] s
trying go1.23.1 (about 4 steps left)
go1.23.1 is bad: exit status 1, [..] s
trying go1.22.0 (about 3 steps left)
go1.22.0 is good: exit status 0, [..] s
trying go1.22.2 (about 2 steps left)
go1.22.2 is bad: exit status 1, [..] s
trying go1.22.1 (about 1 step left)
go1.22.1 is bad: exit status 1, [..] s
the first bad release is go1.22.1; go1.22.0 is good

"#]]
    );
    assert_eq!(tried(&world), ["1.21.0", "1.23.1", "1.22.0", "1.22.2", "1.22.1"]);
    let log = world.gowr(["bisect", "--log"]).run().quiet().stdout();
    assert_eq!(log.lines().count(), 5, "{log}");
    assert!(log.starts_with("good  go1.21.0  exit status 0, "), "{log}");
    // What was told is not told again: the project may be another by now.
    let outcome = bed.bisect(&world, &[&ENDS[..], &["--json"]].concat(), "exit 1").run();
    assert_eq!(tried(&world), ["1.21.0"], "{}", outcome.report());
    assert_data_eq!(
        outcome.snapshot(),
        str![[r#"
------- stderr -------
trying go1.21.0 (about 5 steps left)
go1.21.0 is bad: exit status 1, [..] s
gowr: go1.21.0 is said to be good, and is bad
  exit status 1, [..] s
  run: gowr exec --go 1.21.0 -- sh -c [..]
[exit status: 1]

"#]]
    );
}

#[test]
fn in_other_ways() {
    let bed = Bed::new();
    let world = world();
    // Mended, not broken; and prereleases, too.
    let mended = "case $GOWR_TOOLCHAIN in 1.21.*) exit 1;; esac";
    let words = ["--bad", "1.21.0", "--good", "1.23.1"];
    let outcome = bed.bisect(&world, &words, mended).run();
    assert_eq!(outcome.success().stdout(), "go1.22.0\n", "{}", outcome.report());
    assert!(outcome.stderr().contains("the first good release is go1.22.0; go1.21.2 is bad"));
    let outcome = bed.bisect(&world, &[&words[..], &["--prereleases"]].concat(), mended).run();
    assert_eq!(outcome.success().stdout(), "go1.22rc1\n", "{}", outcome.report());
    tried(&world);

    // Skipped ones leave it open.
    let skips = "case $GOWR_TOOLCHAIN in 1.21.*) exit 0;; 1.22.[01]) exit 125;; *) exit 1;; esac";
    let outcome = bed.bisect(&world, &[&ENDS[..], &["--json"]].concat(), skips).run();
    assert_eq!(outcome.code(), Some(1));
    let document = outcome.json();
    assert_eq!(document["first"], Value::Null);
    assert_eq!(document["candidates"], serde_json::json!(["go1.22.0", "go1.22.1", "go1.22.2"]));
    let skipped = [&ENDS[..], &["--skip", "1.22,1.21.1"]].concat();
    tried(&world);
    let outcome = bed.bisect(&world, &skipped, BAD_SINCE).run();
    assert_eq!(tried(&world), ["1.21.0", "1.23.1", "1.21.2", "1.23.0"], "{}", outcome.report());
    assert_eq!(outcome.stdout(), "go1.22.0\ngo1.22.1\ngo1.22.2\ngo1.23.0\n");

    // 128 and more end it; the same goes on, and another does not begin.
    let ends_once = format!("[ -e once ] || {{ touch once; exit 200; }}; {BAD_SINCE}");
    let outcome = bed.bisect(&world, &ENDS, &ends_once).run();
    assert_eq!(outcome.code(), Some(1));
    assert!(outcome.stderr().contains("the command ends the search, with go1.21.0"));
    let outcome = bed.bisect(&world, &words, &ends_once).run();
    assert_eq!(outcome.code(), Some(1));
    assert!(outcome.stderr().contains("run: gowr bisect --reset"), "{}", outcome.report());
    world.gowr(["bisect", "--reset"]).run().quiet();
    world.write("project/once", "");
    assert_eq!(bed.bisect(&world, &ENDS, &ends_once).run().success().stdout(), "go1.22.1\n");

    // Below the project it is the same search.
    fs::create_dir(world.path("project/below")).unwrap();
    let log = world.gowr(["bisect", "--log"]).at(world.path("project/below")).run();
    assert_eq!(log.quiet().stdout().lines().count(), 5);
}

#[test]
fn what_is_missing_is_installed_and_taken_away_again() {
    let service = Service::new(&["go1.21.1", "go1.21.2", "go1.21.3"]);
    let key = service.log.key();
    let server = service.start();
    let world = World::new();
    // Of which the proxy has no archive.
    let words = ["--good", "1.21.1", "--bad", "1.21.3", "--clean"];
    let script = "go version | grep -q 1.21.1";
    let run = world.gowr(["bisect"]).args(words).args(["--", "sh", "-c", script]);
    let outcome = run.env("GOPROXY", server.url()).env("GOSUMDB", &key).run();
    assert_eq!(outcome.success().stdout(), "go1.21.2\n", "{}", outcome.report());
    for name in ["go1.21.1", "go1.21.2", "go1.21.3"] {
        assert!(!world.goroot(name).exists(), "{name}");
    }
}

#[test]
fn an_interrupted_search_goes_on() {
    let bed = Bed::new();
    let world = world();
    // The third one hangs the first time.
    let script =
        format!("[ $(wc -l < tried) != 3 ] || {{ touch hangs; exec sleep 300; }}; {BAD_SINCE}");
    let run = bed.bisect(&world, &ENDS, &script);
    let child = run.command().spawn().unwrap();
    let begun = Instant::now();
    while !world.path("project/hangs").exists() {
        assert!(begun.elapsed() < Duration::from_mins(1), "it does not begin");
        thread::sleep(Duration::from_millis(10));
    }
    // Nobody else searches meanwhile.
    let outcome = run.run();
    assert!(outcome.stderr().contains("is held by process"), "{}", outcome.report());
    kill(Pid::from_raw(i32::try_from(child.id()).unwrap()), Signal::SIGINT).unwrap();
    let outcome = run.outcome(child.wait_with_output().unwrap());
    assert_eq!(outcome.status().signal(), Some(Signal::SIGINT as i32), "{}", outcome.report());
    assert!(outcome.stderr().ends_with("interrupted; the same command line goes on\n"));
    assert_eq!(run.run().success().stdout(), "go1.22.1\n");
    let all = tried(&world);
    assert_eq!(all, ["1.21.0", "1.23.1", "1.22.0", "1.22.0", "1.22.2", "1.22.1"]);
}

fn state(world: &World) -> Option<Value> {
    let directory = fs::read_dir(world.path(".local/state/gowr/bisect")).ok()?;
    let files: Vec<PathBuf> = directory.map(|entry| entry.unwrap().path()).collect();
    let file = files.iter().find(|file| file.extension().is_some_and(|it| it == "json"))?;
    let is_temporary = |file: &&PathBuf| file.file_name().unwrap().as_encoded_bytes()[0] == b'.';
    assert!(!is_temporary(&file));
    Some(serde_json::from_slice(&fs::read(file).unwrap()).unwrap())
}

fn steps(state: Option<&Value>) -> Vec<Value> {
    state.map(|state| state["steps"].as_array().unwrap().clone()).unwrap_or_default()
}

/// Kills it at these calls that write, each time in a new world, and lets it go on: what was learned before is still known,
/// at most the release that was being tried is tried again, and the answer is the same.
fn killed(numbers: impl Iterator<Item = usize>) -> usize {
    let bed = Bed::new();
    let mut count = 0;
    for number in numbers {
        let world = world();
        let run = bed.bisect(&world, &ENDS, BAD_SINCE);
        let traced = run.traced(number, Blow::Kill);
        let Some(hit) = traced.hit else { break };
        count += 1;
        let report = format!("killed at call {number}, {hit:?}");
        let before = state(&world);
        let known = steps(before.as_ref());
        let first = tried(&world);
        assert!(first.len() - known.len() <= 1, "{report}: {first:?} {known:?}");
        let outcome = run.run();
        assert_eq!(outcome.success().stdout(), "go1.22.1\n", "{report}\n{}", outcome.report());
        let after = steps(state(&world).as_ref());
        let was_told = before.is_some_and(|state| state["is_told"] == true);
        if !was_told {
            assert_eq!(after[..known.len()], known, "{report}");
            assert_eq!(tried(&world).len(), 5 - known.len(), "{report}");
        }
        let directory = fs::read_dir(world.path(".local/state/gowr/bisect")).unwrap();
        assert_eq!(directory.count(), 1, "{report}: something is left behind");
    }
    count
}

#[test]
fn killed_at_some_calls_it_goes_on() {
    // A prime, so that calls of all kinds are among them.
    assert!(killed((0..).step_by(13)) > 3);
}

#[cfg(feature = "long")]
#[test]
fn killed_at_every_call_it_goes_on() {
    let count = killed(0..);
    println!("a search of five steps: killed {count} times, at each call that writes");
    assert!(count > 50, "{count}");
}

/// `net/netip` takes IPv4-mapped loopback addresses for such since go1.22.4 (CVE-2024-24790).
const LOOPBACK: &str = r#"package main

import (
	"net/netip"
	"os"
)

func main() {
	if !netip.MustParseAddr("::ffff:127.0.0.1").IsLoopback() {
		println("a loopback address is not taken for one")
		os.Exit(1)
	}
}
"#;

/// The releases of 1.22 that the list here has after go1.22.3, oldest first.
fn after_the_fault(world: &World) -> Vec<String> {
    let listed = world.gowr(["list", "--remote", "1.22", "--json"]).online().run().json();
    let names = listed["releases"].as_array().unwrap().iter();
    let names = names.map(|it| it["name"].as_str().unwrap().trim_start_matches("go").to_owned());
    let patch = |name: &String| name.strip_prefix("1.22.").and_then(|it| it.parse::<u32>().ok());
    names.filter(|name| patch(name).is_some_and(|patch| patch > 3)).collect()
}

#[test]
fn a_real_fault_that_a_real_release_mends() {
    let world = World::with(&["go1.22.3", OLD]);
    world.share_builds(&host_key());
    world.write("project/go.mod", "module example.com/m\n\ngo 1.20\n");
    world.write("project/main.go", LOOPBACK);
    let later = after_the_fault(&world);
    let skip = later[1..later.len() - 1].join(",");
    let words = ["--bad", "1.22.3", "--good", "1.22", "--skip", &skip, "--clean"];
    let run = world.gowr(["bisect"]).args(words).args(["--", "go", "run", "."]).online();
    let outcome = run.run();
    let expected = format!("go{}\n", later[0]);
    assert_eq!(outcome.success().stdout(), expected, "{}", outcome.report());
    assert!(outcome.stderr().contains("a loopback address is not taken for one"));
    let run = world.gowr(["matrix", "--go", "1.22.3,1.22", "-k", "--", "go", "run", "."]).run();
    assert_eq!(run.code(), Some(1));
    let lines: Vec<_> = run.stdout().lines().map(str::to_owned).collect();
    assert!(lines[0].starts_with("go1.22.3   failed"), "{}", run.report());
    assert!(lines[1].starts_with("go1.22.12  passed"), "{}", run.report());
}

#[cfg(feature = "long")]
#[test]
fn a_real_module_whose_tests_change_between_two_releases() {
    let world = World::with(&[OLD]);
    world.share_builds(&host_key());
    world.write("project/go.mod", "module example.com/m\n\ngo 1.20\n");
    world.write(
        "project/m_test.go",
        "package m\n\nimport (\n\t\"net/netip\"\n\t\"testing\"\n)\n\nfunc TestLoopback(t *testing.T) {\n\t\
         if !netip.MustParseAddr(\"::ffff:127.0.0.1\").IsLoopback() {\n\t\tt.Error(\"none\")\n\t}\n}\n",
    );
    // The list of releases may lack some: the first that it has from go1.22.4 on.
    let first = format!("go{}\n", after_the_fault(&world)[0]);
    let run = world.gowr(["bisect", "--bad", "1.22.2", "--good", "1.22.8", "--", "go", "test"]);
    let outcome = run.online().run();
    assert_eq!(outcome.success().stdout(), first, "{}", outcome.report());
    let words = ["matrix", "--go", "1.21,1.22.2,1.23", "-k", "--json", "--"];
    let document = world.gowr(words).args(["go", "test", "./..."]).online().run().json();
    let runs = document["runs"].as_array().unwrap();
    let statuses: Vec<_> = runs.iter().map(|run| run["status"].as_str().unwrap()).collect();
    assert_eq!(statuses, ["passed", "failed", "passed"]);
}
