//! The odd states of a process and a machine, each compared with what the `go` behind the proxy does by itself.

use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::os::unix::process::ExitStatusExt;
use std::thread;
use std::time::Duration;

use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::{Pid, geteuid};

use crate::support::{Handed, NEW, OLD, Run, World, host_key, tool};
use crate::userland::Root;

/// A project pinned to a stand-in.
fn pinned() -> World {
    let world = World::with_fakes(&["go1.22.12"]);
    world.write("project/.go-version", "1.22\n");
    world.go(["version"]).run().handed();
    world
}

/// Runs the proxy by a shell script that brings the process into some state; `$GO` is the proxy.
fn by_shell(world: &World, shell: &str, script: &str) -> Run {
    world.run(tool(shell)).args(["-c", script]).env("GO", world.gowr_home().join("bin/go"))
}

#[test]
fn closed_descriptors_stay_closed() {
    let world = pinned();
    let output = world.path("output");
    for closed in ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"] {
        let run = |go: &OsStr| {
            let outcome = by_shell(&world, "bash", &format!("exec \"$GO\" version {closed}"))
                .env("GO", go)
                .env("FAKE_GO_OUTPUT", &output)
                .run();
            assert_eq!(outcome.quiet().stdout(), "", "{closed}");
            Handed::parse(&fs::read_to_string(&output).unwrap()).descriptors
        };
        let proxy = run(world.gowr_home().join("bin/go").as_os_str());
        let direct = run(world.goroot("go1.22.12").join("bin/go").as_os_str());
        assert_eq!(proxy, direct, "{closed}");
    }
}

#[test]
fn an_error_with_closed_stderr_is_still_an_error() {
    let world = pinned();
    world.write("project/.go-version", "1.99\n");
    let outcome = by_shell(&world, "bash", "exec \"$GO\" version <&- >&- 2>&-").run();
    assert_eq!(outcome.snapshot(), "[exit status: 127]\n");
}

#[test]
fn bytes_pass_through() {
    let world = pinned();
    let odd = OsStr::from_bytes(b"caf\xe9 \"'\n\\$(x)");
    let handed = world
        .go([OsStr::new("build"), odd, OsStr::new("")])
        .env(OsStr::from_bytes(b"N\xff"), odd)
        .run()
        .handed();
    let shown = odd.as_bytes().escape_ascii().to_string();
    assert_eq!(handed.arguments[1..], ["build", &shown, ""]);
    assert!(handed.environment.contains(&format!("N\\xff={shown}")), "{handed:?}");
}

#[test]
fn paths_that_are_not_utf_8() {
    let world = World::with_fakes(&["go1.22.12", "go1.26.9"]);
    let directory = world.path(OsStr::from_bytes(b"proj\xe9t"));
    fs::create_dir(&directory).unwrap();
    fs::write(directory.join(".go-version"), "1.22\n").unwrap();
    let handed = world.go(["version"]).at(&directory).run().handed();
    assert!(handed.execution_path.ends_with("go1.22.12/bin/go"), "{handed:?}");
    let document = world.gowr(["which", "--json"]).at(&directory).run().success().which();
    let file = document["source"]["file"].as_str().unwrap();
    assert!(file.ends_with("proj\u{fffd}t/.go-version"), "{file}");
    assert!(document["source"]["file_b64"].is_string(), "{document:#}");
}

#[test]
fn two_megabytes_of_environment() {
    let world = pinned();
    // The kernel takes a quarter of the stack limit for arguments and environment; one string may have 128 KiB.
    let filled = |rest: usize| {
        let run = world
            .go(["version"])
            .under([tool("prlimit").as_os_str(), OsStr::new("--stack=8388608")]);
        let run =
            (0..17).fold(run, |run, index| run.env(format!("BIG{index}"), "x".repeat(120_000)));
        run.env("REST", "x".repeat(rest))
    };
    let handed = filled(0).run().handed();
    assert_eq!(handed.variable("BIG16").map(str::len), Some(120_000));
    assert!(handed.variable("GOWR_GOCACHE").is_some());
    assert!(handed.variable("PATH").unwrap().ends_with("/links"));

    // Where that is too much it is tried once more without what can be missed, and the choice is the same.
    let runs = |rest: usize| match filled(rest).try_run() {
        Ok(outcome) => outcome.status().success(),
        Err(error) => {
            assert_eq!(error.raw_os_error(), Some(nix::errno::Errno::E2BIG as i32), "{error}");
            false
        }
    };
    let (mut fits, mut too_much) = (0, 100_000);
    assert!(!runs(too_much), "the limit is not where it was thought to be");
    while too_much - fits > 1 {
        let middle = usize::midpoint(fits, too_much);
        if runs(middle) { fits = middle } else { too_much = middle }
    }
    let handed = filled(fits).run().handed();
    assert_eq!(handed.variable("GOTOOLCHAIN"), Some("local"));
    assert!(handed.variable("GOCACHE").is_some());
    assert_eq!(handed.variable("GOWR_GOCACHE"), None);
    assert!(!handed.variable("PATH").unwrap().contains("links"));

    let outcome = filled(too_much).run();
    assert_eq!(outcome.code(), Some(126), "{}", outcome.stderr());
    assert!(outcome.stderr().starts_with("gowr: "), "{}", outcome.stderr());
}

#[test]
fn a_directory_that_is_gone() {
    let world = World::with_fakes(&["go1.22.12"]);
    world.write(".config/gowr/config.yaml", "default: 1.22\n");
    fs::create_dir(world.path("gone")).unwrap();
    let script = "cd \"$HOME/gone\" && rmdir \"$HOME/gone\" && exec \"$GO\" version";
    let handed = by_shell(&world, "bash", script).run().handed();
    assert!(handed.execution_path.ends_with("go1.22.12/bin/go"), "{handed:?}");
    assert_eq!(handed.directory, "No such file or directory (os error 2)");
}

#[test]
fn pwd_counts_where_it_is_true() {
    let world = World::with_fakes(&["go1.22.12", "go1.26.9"]);
    world.write("real/deep/x", "");
    world.write("real/.go-version", "1.26\n");
    world.write("project/.go-version", "1.22\n");
    symlink(world.path("real/deep"), world.path("project/linked")).unwrap();
    let version = |directory: &str, pwd: Option<&str>| {
        let standing = |run: Run| {
            let run = run.at(world.path(directory));
            // `path` leaves an absolute one as it is.
            if let Some(pwd) = pwd { run.env("PWD", world.path(pwd)) } else { run }
        };
        let handed = standing(world.go(["version"])).run().handed();
        assert_eq!(
            standing(world.gowr(["which", "--json"])).run().which()["go"],
            handed.execution_path.as_str()
        );
        handed.execution_path.rsplit('/').nth(2).unwrap().to_owned()
    };
    // As in Go: parents are those of the path by which one came, if PWD says so truly.
    assert_eq!(version("project/linked", Some("project/linked")), "go1.22.12");
    assert_eq!(version("project/linked", None), "go1.26.9");
    assert_eq!(version("real/deep", Some("project")), "go1.26.9");
    assert_eq!(version("real/deep", Some("nowhere")), "go1.26.9");
    assert_eq!(version("real/deep", Some("/")), "go1.26.9");
}

#[test]
fn without_home() {
    let root = Root::bare("ID=debian\nVERSION_ID=\"13\"\n");
    let world = World::with_fakes(&["go1.22.12"]).inside(&root);
    world.write("project/.go-version", "1.22\n");
    let handed = world.go(["version"]).env_remove("HOME").run().handed();
    assert_eq!(handed.execution_path, world.goroot("go1.22.12").join("bin/go").to_str().unwrap());
    assert_eq!(handed.variable("GOCACHE"), None, "no HOME is invented");
    assert_eq!(handed.variable("HOME"), None);
}

#[test]
fn the_name_comes_from_the_file_not_from_argv() {
    let world = pinned();
    let handed = by_shell(&world, "bash", "exec -a gofmt \"$GO\" version").run().handed();
    assert!(handed.execution_path.ends_with("/bin/go"), "{handed:?}");
    let handed =
        world.run(world.gowr_home().join("bin/gofmt")).args(["-l", "+1.22"]).run().handed();
    assert!(handed.execution_path.ends_with("go1.22.12/bin/gofmt"), "{handed:?}");
    assert_eq!(handed.arguments[1..], ["-l", "+1.22"]);
}

#[test]
fn started_by_a_link() {
    let world = pinned();
    symlink(world.gowr_home().join("bin/go"), world.path("mygo")).unwrap();
    let handed = world.run(world.path("mygo")).args(["version"]).run().handed();
    assert!(handed.execution_path.ends_with("go1.22.12/bin/go"), "{handed:?}");
}

#[test]
fn ends_as_go_ends() {
    let world = pinned();
    for words in [["exit", "0"], ["exit", "3"], ["exit", "125"], ["raise", "6"], ["raise", "15"]] {
        let proxy = world.go(words).run().status();
        let direct = world.run(world.goroot("go1.22.12").join("bin/go")).args(words).run().status();
        assert_eq!(proxy, direct, "{words:?}");
    }
}

#[test]
fn signals_reach_the_real_go() {
    let world = pinned();
    for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
        let mut child = world.go(["sleep"]).command().spawn().unwrap();
        let pid = Pid::from_raw(i32::try_from(child.id()).unwrap());
        let program = format!("/proc/{pid}/exe");
        let target = world.goroot("go1.22.12").join("bin/go");
        for _ in 0..500 {
            if fs::read_link(&program).is_ok_and(|program| program == target) {
                break;
            }
            thread::sleep(Duration::from_millis(10));
        }
        assert_eq!(fs::read_link(&program).unwrap(), target, "it is the same process");
        kill(pid, signal).unwrap();
        assert_eq!(child.wait().unwrap().signal(), Some(signal as i32));
    }
}

#[test]
fn a_real_go_run_is_interrupted_like_any() {
    let world = World::with(&[NEW]);
    world.share_builds(&host_key());
    world.write("project/.go-version", NEW);
    world.write("project/go.mod", "module example.com/m\n\ngo 1.21\n");
    world
        .write("project/main.go", "package main\n\nfunc main() { println(\"started\"); for {} }\n");
    let ends = |go: &OsStr| {
        let run = world.go(["run", "."]).program(go).env("GOTOOLCHAIN", "local");
        // Interrupted, Go leaves its temporary directory behind.
        let mut child = run.env("TMPDIR", world.home()).command().spawn().unwrap();
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut said = String::new();
        stderr.read_line(&mut said).unwrap();
        assert_eq!(said, "started\n");
        // As a terminal does: to the whole group.
        killpg(Pid::from_raw(i32::try_from(child.id()).unwrap()), Signal::SIGINT).unwrap();
        stderr.read_to_string(&mut said).unwrap();
        (child.wait().unwrap(), said)
    };
    let proxy = ends(world.gowr_home().join("bin/go").as_os_str());
    let direct = ends(world.goroot(NEW).join("bin/go").as_os_str());
    assert_eq!(proxy, direct);
}

#[test]
fn in_a_root_without_proc() {
    let root = Root::bare("ID=debian\nVERSION_ID=\"13\"\n").without_proc();
    let world = World::with(&[NEW]).inside(&root);
    world.write("project/.go-version", NEW);
    // Go itself says once a week that it cannot start its telemetry there.
    let direct = world.run(world.goroot(NEW).join("bin/go")).args(["env"]);
    direct.env("GOROOT", world.goroot(NEW)).run().success();
    let outcome = world.go(["env", "GOROOT", "GOVERSION"]).run();
    assert_eq!(outcome.quiet().stdout(), format!("[GOWR]/toolchains/{NEW}\n{NEW}\n"));
}

#[test]
fn old_and_new_real_go_agree_on_nothing_being_said() {
    let world = World::with(&[OLD, NEW]);
    for name in [OLD, NEW] {
        world.write("project/.go-version", name);
        assert_eq!(
            world.go(["version"]).run().quiet().stdout(),
            format!("go version {name} linux/amd64\n")
        );
        assert_eq!(
            world.go(["env", "GOROOT"]).run().quiet().stdout(),
            format!("[GOWR]/toolchains/{name}\n")
        );
    }
}

#[test]
fn a_strangers_pin_where_anyone_may_write_is_passed_over() {
    use std::os::unix::fs::{PermissionsExt, chown};
    let world = World::with_fakes(&["go1.22.12", "go1.26.9"]);
    world.write(".config/gowr/config.yaml", "default: 1.22\n");
    let pin = world.write("project/.go-version", "1.26\n");
    fs::set_permissions(world.path("project"), fs::Permissions::from_mode(0o1777)).unwrap();
    world.write("project/below/x", "");
    let version = || {
        let handed = world.go(["version"]).at(world.path("project/below")).run().handed();
        handed.execution_path.rsplit('/').nth(2).unwrap().to_owned()
    };
    assert_eq!(version(), "go1.26.9", "one's own counts");
    if geteuid().is_root() {
        chown(&pin, Some(1234), None).unwrap();
    } else {
        // Nothing can be given away, but another's file can be pointed to.
        fs::remove_file(&pin).unwrap();
        symlink("/etc/passwd", &pin).unwrap();
    }
    assert_eq!(version(), "go1.22.12");
    let document =
        world.gowr(["which", "--json"]).at(world.path("project/below")).run().success().which();
    let losers = document["losers"].as_array().unwrap();
    assert!(losers.iter().any(|loser| loser["reason"] == "foreign-sticky"), "{document:#}");
}

#[test]
fn a_ceiling_bounds_the_search_for_pins() {
    let world = World::with_fakes(&["go1.22.12", "go1.26.9"]);
    world.write(".config/gowr/config.yaml", "default: 1.26\n");
    world.write("project/.go-version", "1.22\n");
    world.write("project/a/b/x", "");
    let version = |ceiling: &str| {
        let run = world.go(["version"]).at(world.path("project/a/b"));
        let handed = run.env("GOWR_CEILING_DIRS", ceiling).run().handed();
        handed.execution_path.rsplit('/').nth(2).unwrap().to_owned()
    };
    let at = |path: &str| world.path(path).display().to_string();
    assert_eq!(version(""), "go1.22.12");
    assert_eq!(version(&at("project/a")), "go1.26.9");
    assert_eq!(version(&format!("/nowhere:{}", at("project"))), "go1.26.9");
    assert_eq!(version(&at("")), "go1.22.12");
}
