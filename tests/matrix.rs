//! `gowr matrix`: one command with several versions, here and in boxes, and what is told of it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use snapbox::{assert_data_eq, str};

use crate::support::goproxy::Service;
use crate::support::{Handed, World};

/// Fails with one of the versions, and says which it got.
const FAILS_WITH_24: &str = r#"echo "with $GOWR_TOOLCHAIN"; case "$GOWR_TOOLCHAIN" in 1.24*) echo broken >&2; exit 3;; esac"#;

fn world() -> World {
    let world = World::with_fakes(&["go1.22.12", "go1.24.13", "go1.26.9"]);
    world.go(["version"]).run().success();
    world
}

fn matrix(world: &World, words: &[&str], script: &str) -> crate::support::Run {
    world.gowr(["matrix"]).args(words).args(["--", "sh", "-c", script])
}

#[test]
fn it_ends_with_the_first_failure_and_shows_it() {
    let world = world();
    let words = ["--go", "1.22,1.24.13,1.26"];
    assert_data_eq!(
        matrix(&world, &words, FAILS_WITH_24).run().snapshot(),
        str![[r#"
go1.22.12  passed  [..] s
go1.24.13  failed  [..] s  exit status 3
go1.26.9   skipped
------- stderr -------
--- go1.24.13: exit status 3
with 1.24.13
broken
[exit status: 1]

"#]]
    );
    let run = matrix(&world, &[&words[..], &["--keep-going"]].concat(), FAILS_WITH_24).run();
    assert_eq!(run.code(), Some(1));
    assert!(
        run.stdout().lines().nth(2).unwrap().starts_with("go1.26.9   passed"),
        "{}",
        run.report()
    );
    let run = matrix(&world, &[&words[..], &["-k", "--verbose"]].concat(), FAILS_WITH_24).run();
    for version in ["1.22.12", "1.24.13", "1.26.9"] {
        assert!(run.stderr().contains(&format!("with {version}\n")), "{}", run.report());
    }
    matrix(&world, &["--go", "1.22,1.26", "-j", "2"], "exit 0").run().success();
    // By two names, it is one run.
    let run = matrix(&world, &["--go", "1.22,1.22.12,go1.22.12"], "exit 0").run();
    assert_eq!(run.stdout().lines().count(), 1, "{}", run.report());
}

#[test]
fn for_programs() {
    let world = world();
    let words = ["--go", "1.22,1.24,1.26", "--json"];
    let document = matrix(&world, &words, FAILS_WITH_24).run().json();
    let runs = document["runs"].as_array().unwrap();
    let of = |key: &str| runs.iter().map(|run| run[key].to_string()).collect::<Vec<_>>().join(" ");
    assert_eq!(of("go"), r#""go1.22.12" "go1.24.13" "go1.26.9""#);
    assert_eq!(of("in"), "null null null");
    assert_eq!(of("status"), r#""passed" "failed" "skipped""#);
    assert_eq!(of("exit"), "0 3 null");
    assert_eq!(of("output"), r#"null "with 1.24.13\nbroken\n" null"#);
    assert!(runs[1]["seconds"].is_f64() && runs[2]["seconds"].is_null());
    // A signal, as shells tell it.
    let document = matrix(&world, &["--go", "1.22", "--json"], "kill -9 $$").run().json();
    assert_eq!(document["runs"][0]["exit"], 137);
}

#[test]
fn each_run_has_the_environment_of_exec() {
    let world = world();
    for cache in ["distro", "per-version"] {
        world.write(".config/gowr/config.yaml", format!("cache: {cache}\n"));
        let document = world
            .gowr(["matrix", "--go", "1.22,1.26", "--json", "--verbose", "--", "go", "version"])
            .run()
            .json();
        for (index, version) in ["1.22", "1.26"].into_iter().enumerate() {
            let output = document["runs"][index]["output"].as_str().unwrap();
            let handed = Handed::parse(output);
            let exec = world.gowr(["exec", "--go", version, "--", "go", "version"]).run().handed();
            assert_eq!(handed.execution_path, exec.execution_path);
            assert_eq!(handed.environment, exec.environment);
            assert_eq!(handed.directory, exec.directory);
            let has_version = handed.variable("GOCACHE").unwrap().ends_with(&version[2..]);
            assert!(handed.variable("GOCACHE").unwrap().contains("go-build-"), "{has_version}");
        }
    }
}

#[test]
fn what_is_missing_is_installed_first() {
    let service = Service::new(&["go1.22.3", "go1.23.1"]);
    let key = service.log.key();
    let server = service.start();
    let world = World::new();
    let run = |words: &[&str]| {
        let run = world.gowr(["matrix"]).args(words).args(["--", "go", "version"]);
        run.env("GOPROXY", server.url()).env("GOSUMDB", &key).run()
    };
    let outcome = run(&["--go", "1.22.3,1.23", "--verbose"]);
    outcome.success();
    assert!(outcome.stderr().contains("go version go1.23.1 linux"), "{}", outcome.report());
    assert!(world.goroot("go1.22.3").is_dir());
    // Nothing is run where something cannot be had, unless the rest is wanted.
    let outcome = run(&["--go", "1.22.3,1.99.1"]);
    assert_eq!((outcome.code(), outcome.stdout().as_str()), (Some(1), ""), "{}", outcome.report());
    let outcome = run(&["--go", "1.99.1,1.22.3", "--keep-going"]);
    assert_eq!(outcome.code(), Some(1));
    let lines: Vec<_> = outcome.stdout().lines().map(str::to_owned).collect();
    assert!(lines[0].ends_with("failed  not run"), "{}", outcome.report());
    assert!(lines[1].starts_with("go1.22.3  passed"), "{}", outcome.report());
}

#[test]
fn an_interrupt_ends_all_that_runs_and_tells_what_was() {
    let world = world();
    let script = "case $GOWR_TOOLCHAIN in 1.22*) exit;; esac; sleep 300 & echo $! > child; wait";
    let run = matrix(&world, &["--go", "1.22,1.24,1.26"], script);
    for signal in [Signal::SIGINT, Signal::SIGTERM] {
        let child = run.command().spawn().unwrap();
        let file = world.path("project/child");
        let begun = Instant::now();
        while fs::read_to_string(&file).unwrap_or_default().is_empty() {
            assert!(begun.elapsed() < Duration::from_mins(1), "it does not begin");
            thread::sleep(Duration::from_millis(10));
        }
        kill(Pid::from_raw(i32::try_from(child.id()).unwrap()), signal).unwrap();
        let output = child.wait_with_output().unwrap();
        let outcome = run.outcome(output);
        assert_eq!(outcome.status().signal(), Some(signal as i32), "{}", outcome.report());
        let stdout = outcome.stdout();
        for (line, status) in stdout.lines().zip(["passed", "interrupted", "skipped"]) {
            assert!(line.contains(status), "{}", outcome.report());
        }
        assert_eq!(stdout.lines().count(), 3);
        let sleeper = Pid::from_raw(fs::read_to_string(&file).unwrap().trim().parse().unwrap());
        let begun = Instant::now();
        // A zombie may wait for an init that does not care.
        let status = format!("/proc/{sleeper}/status");
        while fs::read_to_string(&status).is_ok_and(|status| !status.contains("State:\tZ")) {
            assert!(begun.elapsed() < Duration::from_mins(1), "it still runs");
            thread::sleep(Duration::from_millis(10));
        }
        fs::remove_file(&file).unwrap();
    }
}

/// A program on PATH that lists boxes, and enters one by running the words after its options.
fn stand_in(world: &World, name: &str, list: &str, options: usize) {
    let script = format!(
        "#!/bin/sh\n[ \"$1\" = list ] && {{ printf '{list}'; exit; }}\necho \"entered: $*\" | head -c 40\necho\nshift {options}\nexec \"$@\"\n"
    );
    let file = world.write(format!(".local/share/gowr/bin/{name}"), script);
    fs::set_permissions(file, fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn in_boxes_over_the_same_home() {
    let world = world();
    stand_in(&world, "distrobox", "ID | NAME | STATUS | IMAGE\\n1 | alp | Up | alpine:3.23\\n", 4);
    stand_in(
        &world,
        "toolbox",
        "CONTAINER ID  CONTAINER NAME  CREATED\\n4711  fedora-42  2 days ago\\n",
        3,
    );
    let script = "echo with $GOWR_TOOLCHAIN; exit 4";
    let words = ["--go", "1.22,1.26", "--in", "alp,fedora-42", "--keep-going"];
    assert_data_eq!(
        matrix(&world, &words, script).run().snapshot(),
        str![[r#"
go1.22.12 in alp        failed  [..] s  exit status 4
go1.26.9 in alp         failed  [..] s  exit status 4
go1.22.12 in fedora-42  failed  [..] s  exit status 4
go1.26.9 in fedora-42   failed  [..] s  exit status 4
------- stderr -------
--- go1.22.12 in alp: exit status 4
entered: enter --name alp -- [..]
with 1.22.12
--- go1.26.9 in alp: exit status 4
entered: enter --name alp -- [..]
with 1.26.9
--- go1.22.12 in fedora-42: exit status 4
entered: run --container fedora-42 [..]
with 1.22.12
--- go1.26.9 in fedora-42: exit status 4
entered: run --container fedora-42 [..]
with 1.26.9
[exit status: 1]

"#]]
    );
    assert_data_eq!(
        matrix(&world, &["--go", "1.22", "--in", "here,nowhere"], "exit 0").run().snapshot(),
        str![[r#"
------- stderr -------
gowr: there is no distro and no box called nowhere
  neither WSL, distrobox nor toolbox lists it; the name of an image has a tag
  run: gowr matrix --in nowhere:latest …
[exit status: 1]

"#]]
    );
}

#[test]
fn in_a_distro_of_wsl_its_own_gowr_runs() {
    let world = world();
    let script = "#!/bin/sh\n\
        [ \"$1\" = --list ] && { printf '  NAME    STATE   VERSION\\n* Ubuntu  Running 2\\n  Debian  Stopped 2\\n'; exit; }\n\
        echo \"$*\"; shift 3; exec \"$@\"\n";
    let file = world.write(".local/share/gowr/bin/wsl.exe", script);
    fs::set_permissions(file, fs::Permissions::from_mode(0o755)).unwrap();
    // What `gowr setup` does for login shells.
    world.write(".profile", "PATH=$HOME/.local/share/gowr/bin:$PATH\n");
    let run =
        matrix(&world, &["--go", "1.22", "--in", "Debian", "-v"], "echo with $GOWR_TOOLCHAIN");
    assert_data_eq!(
        run.clone().env("WSL_DISTRO_NAME", "Ubuntu").run().snapshot(),
        str![[r#"
go1.22.12 in Debian  passed  [..] s
------- stderr -------
--- go1.22.12 in Debian: passed
-d Debian --exec sh -lc exec "$0" "$@" gowr matrix --go 1.22.12 -- true
go1.22.12  passed  [..] s
-d Debian --exec sh -lc exec "$0" "$@" gowr exec --go 1.22.12 -- sh -c echo with $GOWR_TOOLCHAIN
with 1.22.12

"#]]
    );
    // Elsewhere nobody asks for it.
    assert_eq!(run.run().code(), Some(1));
}
