//! `gowr doctor`: real things that are wrong, one after the other, and a `go` that cannot run.

mod goroot;
mod online;
mod windows;

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use installer::doctor::Code;
use resolver::failure;
use resolver::machine::memory::elf_program;
use serde_json::Value;
use snapbox::{assert_data_eq, str};

use crate::support::{Outcome, Run, World, fakes, host_key, tool};

const GO_ENV: &str =
    "GOPROXY=https://proxy.golang.org,direct\nGOSUMDB=sum.golang.org\nGOTOOLCHAIN=auto\n";

/// A world of stand-ins in which nothing is wrong: set up, linked, each with its `go.env`.
fn healthy(names: &[&str]) -> World {
    let world = World::with_fakes(names);
    for name in names {
        fs::write(world.goroot(name).join("go.env"), GO_ENV).unwrap();
    }
    world.gowr(["setup"]).run().success();
    world.gowr(["default", "1.22"]).run().success();
    world
}

fn doctor(world: &World) -> Run {
    world.gowr(["doctor", "--json"])
}

fn codes(outcome: &Outcome) -> Vec<String> {
    let document = outcome.json();
    let problems = document["problems"].as_array().unwrap().iter();
    problems.map(|problem| problem["code"].as_str().unwrap().to_owned()).collect()
}

/// The problem of this code, which must be there with evidence and a command.
fn problem(outcome: &Outcome, code: &str) -> Value {
    let document = outcome.json();
    let problems = document["problems"].as_array().unwrap();
    let found = problems.iter().find(|problem| problem["code"] == code);
    let found = found.unwrap_or_else(|| panic!("no {code}: {document:#}")).clone();
    assert!(found["evidence"][0]["text"].is_string() && found["fix"].is_string(), "{found:#}");
    let is_problem = found["severity"] == "problem";
    assert!(!is_problem || outcome.code() == Some(1), "{}", outcome.report());
    found
}

#[test]
fn nothing_is_wrong() {
    let world = healthy(&["go1.22.1", "go1.21.1"]);
    let outcome = world.gowr(["doctor"]).run();
    assert_data_eq!(
        outcome.snapshot(),
        str![[r#"
------- stderr -------
nothing is wrong

"#]]
    );
    let outcome = doctor(&world).run();
    assert!(codes(outcome.quiet()).is_empty(), "{}", outcome.report());
    // And there is nothing to mend, nor to undo.
    let outcome = world.gowr(["doctor", "--fix"]).run();
    assert_data_eq!(
        outcome.snapshot(),
        str![[r#"
------- stderr -------
nothing is wrong
there is nothing that --fix can mend

"#]]
    );
    let outcome = world.gowr(["doctor", "--undo"]).run();
    assert_data_eq!(
        outcome.snapshot(),
        str![[r#"
------- stderr -------
gowr: there is nothing to undo
  gowr doctor --fix has written nothing in [HOME]/.local/state/gowr/doctor
  run: gowr doctor
[exit status: 1]

"#]]
    );
    assert!(!world.path(".local/state/gowr/doctor").exists());
}

#[test]
fn a_go_that_cannot_run_is_examined_and_mended() {
    let world = World::with(&["go1.22.12"]);
    let go = world.goroot("go1.22.12").join("bin/go");
    for (content, code, is_mendable) in [
        ("GOPRIVATE=a\nGOROOT=/bogus\nGONOSUMDB=b", "go-env-goroot", true),
        ("GOTOOLCHAIN=garbage\n", "bad-gotoolchain", true),
        ("GOFLAGS=-nonsense\n", "unknown-goflags", false),
        ("GOEXPERIMENT=nonsense\n", "unknown-goexperiment", false),
    ] {
        let file = world.write(".config/go/env", content);
        let version = world.run(&go).args(["version"]);
        assert_ne!(version.run().code(), Some(0), "{content} did not brick go");
        let found = problem(&doctor(&world).run(), code);
        let evidence = found["evidence"].as_array().unwrap();
        let at = evidence.iter().find(|it| it["file"] == file.to_str().unwrap());
        let at = at.unwrap_or_else(|| panic!("{found:#}"));
        let line = usize::try_from(at["line"].as_u64().unwrap()).unwrap();
        assert_eq!(at["text"], content.lines().nth(line - 1).unwrap(), "{found:#}");
        assert_eq!(found["mendable"], is_mendable, "{found:#}");
        if !is_mendable {
            continue;
        }
        // What it would do is only said.
        let dry_run = world.gowr(["doctor", "--fix", "--dry-run"]).run();
        assert!(dry_run.stderr().contains("would do:\n  take out "), "{}", dry_run.report());
        assert_eq!(fs::read_to_string(&file).unwrap(), content);

        let fixed = world.gowr(["doctor", "--fix"]).run();
        assert!(fixed.stderr().contains("doing:\n  take out "), "{}", fixed.report());
        assert_eq!(fixed.success().code(), Some(0));
        version.run().success();
        assert!(!codes(&doctor(&world).run()).contains(&code.to_owned()));
        world.gowr(["doctor", "--undo"]).run().success();
        assert_eq!(fs::read_to_string(&file).unwrap(), content);
    }
}

/// A program that never answers is given up, with all that it has started.
#[test]
fn a_go_that_hangs_is_given_up() {
    let world = healthy(&["go1.22.1"]);
    let root = world.path("hanging");
    fakes::lay_out(&root, "go1.22.9");
    let go = root.join("bin/go");
    fs::remove_file(&go).unwrap();
    fs::write(&go, "#!/bin/sh\nsleep 600 & sleep 600\n").unwrap();
    fs::set_permissions(&go, Permissions::from_mode(0o755)).unwrap();
    fs::write(root.join("go.env"), GO_ENV).unwrap();
    let run = doctor(&world).env("GOWR_TOOLCHAIN", &root);
    // Without such a setting it is not run at all.
    assert!(codes(&run.run()).is_empty());
    let found = problem(&run.env("GOFLAGS", "-mod=mod").run(), "go-fails");
    assert_eq!(found["evidence"][0]["text"], "it does not end");
}

#[test]
fn nothing_is_changed_and_nobody_is_asked() {
    let world = healthy(&["go1.22.1", "go1.21.1"]);
    // Something of everything that `doctor` looks at.
    world.write(".config/go/env", "GOROOT=/bogus\nGOBIN=/nowhere\n");
    world.write("project/go.mod", "module m\n\ngo 1.99\n");
    symlink(
        "../../toolchains/go1.1.1",
        world.gowr_home().join(format!("distros/{}/go1.1.1", host_key())),
    )
    .unwrap();
    let trace = world.path("trace");
    let strace = ["-f", "-e", "trace=%network,%process,%file,write", "-o"].map(Path::new);
    let watched =
        [tool("strace")].into_iter().chain(strace.map(Path::to_path_buf)).chain([trace.clone()]);
    let outcome = world.gowr(["doctor"]).under(watched.map(PathBuf::into_os_string)).run();
    assert_eq!(outcome.code(), Some(1), "{}", outcome.report());
    let trace = fs::read_to_string(trace).unwrap();
    assert!(trace.lines().count() > 100, "{trace}");
    for line in trace.lines() {
        let call = line.split_once(' ').unwrap().1.trim_start();
        let name = call.split('(').next().unwrap();
        let is_harmless = match name {
            "open" | "openat" => {
                !["O_WRONLY", "O_RDWR", "O_CREAT"].iter().any(|flag| call.contains(flag))
            }
            "write" => call.starts_with("write(1,") || call.starts_with("write(2,"),
            "execve" | "exit" | "exit_group" | "access" | "faccessat" | "faccessat2" | "fstat"
            | "getcwd" | "lstat" | "newfstatat" | "readlink" | "readlinkat" | "stat" | "statx"
            | "fstatfs" | "statfs" => true,
            _ => call.starts_with("+++"),
        };
        assert!(is_harmless, "{line}");
    }
    assert_eq!(trace.matches("execve(").count(), 1, "it starts nothing");
}

#[test]
fn real_things_that_are_wrong() {
    let world = healthy(&["go1.22.1", "go1.21.1"]);
    let home = world.gowr_home();
    let named = |code: &str, run: Run| problem(&run.run(), code);

    named("exported-goroot", doctor(&world).env("GOROOT", "/usr/lib/go"));
    named("stale-switch", doctor(&world).env("GOTOOLCHAIN_INTERNAL_SWITCH_VERSION", "go1.22.1"));
    named("temporary-directory", doctor(&world).env("TMPDIR", "/nowhere"));
    named("cache-off", doctor(&world).env("GOCACHE", "off"));
    named("not-on-path", doctor(&world).env("PATH", "/nowhere"));
    named("no-home", doctor(&world).env_remove("HOME"));
    named("not-installed", doctor(&world).env("GOWR_TOOLCHAIN", "1.99"));
    assert_eq!(named("gosumdb-on", doctor(&world).env("GOSUMDB", "on"))["fix"], "unset GOSUMDB");

    // Locks: what strace makes of the file system's answer.
    let inject = ["-f", "-o", "/dev/null", "-e", "inject=flock:error=ENOLCK"];
    let strace = [tool("strace").into_os_string()].into_iter().chain(inject.map(Into::into));
    named("cache-without-locks", doctor(&world).under(strace));

    // A tool of Go for another machine, told by the package it was built from.
    let toolchain = crate::support::toolchains::installed("go1.22.12");
    let mut program = fs::read(toolchain.join("bin/gofmt")).unwrap();
    program[18..20].copy_from_slice(if cfg!(target_arch = "aarch64") {
        &[62, 0]
    } else {
        &[183, 0]
    });
    let tool = world.write("go/bin/tool", &program);
    fs::set_permissions(&tool, Permissions::from_mode(0o755)).unwrap();
    let found = named("tool-cannot-start", doctor(&world));
    assert_eq!(found["fix"], "CGO_ENABLED=0 go install cmd/gofmt@latest");
    // And one for another C library.
    fs::write(&tool, elf_program(Some("/lib/ld-nosuch.so.1"))).unwrap();
    let found = named("tool-cannot-start", doctor(&world));
    assert_eq!(found["evidence"][0]["text"], "wrong-libc");
    fs::remove_file(&tool).unwrap();

    // A real go, copied out of its GOROOT.
    let copied = world.path("copied/go");
    fs::create_dir(world.path("copied")).unwrap();
    fs::copy(toolchain.join("bin/go"), &copied).unwrap();
    let path = format!("{}:{}", home.join("bin").display(), world.path("copied").display());
    named("go-outside-goroot", doctor(&world).env("PATH", path));

    // Files that cannot be read as what they are.
    let configuration = world.read(".config/gowr/config.yaml");
    world.write(".config/gowr/config.yaml", "defualt: 1.22\n");
    world.write(".profile", "export GOROOT=/x\n");
    let outcome = doctor(&world).run();
    assert_eq!(problem(&outcome, "bad-pin")["evidence"][0]["line"], 1);
    problem(&outcome, "startup-goroot");
    world.write(".config/gowr/config.yaml", configuration);
    let pin = world.write("project/.go-version", [0xff, 0xfe, b'1']);
    problem(&doctor(&world).run(), "bad-pin");
    fs::remove_file(&pin).unwrap();
    fs::create_dir(&pin).unwrap();
    problem(&doctor(&world).run(), "unreadable");
    fs::remove_dir(&pin).unwrap();

    // A repository of somebody else.
    fs::create_dir(world.path("project/.git")).unwrap();
    std::os::unix::fs::chown(world.path("project/.git"), Some(12345), None).unwrap();
    named("dubious-ownership", doctor(&world));
    fs::remove_dir(world.path("project/.git")).unwrap();
}

/// gowr's home and the file of `go env -w`, all of it broken at once, mended, and back again.
#[test]
fn what_is_mended_can_be_undone() {
    let world = healthy(&["go1.22.1", "go1.21.1"]);
    let home = world.gowr_home();
    let links = home.join("distros").join(host_key());
    let content = "GOPRIVATE=a\r\nGOROOT=/bogus\r\nGOSUMDB=on\r\nGONOSUMDB=b";
    let file = world.write(".config/go/env", content);
    fs::set_permissions(&file, Permissions::from_mode(0o640)).unwrap();
    fs::set_permissions(home.join("toolchains"), Permissions::from_mode(0o777)).unwrap();
    fs::remove_file(links.join("newest")).unwrap();
    symlink("../../toolchains/go1.1.1", links.join("go1.1.1")).unwrap();
    symlink("/nowhere/go", links.join("go1.20.1")).unwrap();
    fs::remove_file(home.join("links/go1.22.1")).unwrap();
    fs::create_dir_all(home.join("staging")).unwrap();
    fs::create_dir(home.join("staging/go1.22.5@old")).unwrap();
    let state = || {
        let listed = world.run("/bin/sh").args([
            "-c",
            "cd ~/.local/share/gowr && find . -path ./staging -prune -o -printf '%p %m %l\\n' | sort; cat ~/.config/go/env",
        ]);
        listed.run().quiet().stdout()
    };
    let broken = state();
    let outcome = world.gowr(["doctor", "--fix"]).run();
    assert_data_eq!(
        outcome.snapshot(),
        str![[r#"
1. go-env-goroot: `go env -w` has set GOROOT=/bogus, and it is not there
     [HOME]/.config/go/env:2: GOROOT=/bogus
     /bogus: is not there
     every command says: go: cannot find GOROOT directory: /bogus
     run: gowr doctor --fix
2. go-env-carriage-return: [HOME]/.config/go/env has the line ends of Windows, which Go takes for a part of each value
     [HOME]/.config/go/env:1: GOPRIVATE=a/r
     run: gowr doctor --fix
3. gosumdb-on: GOSUMDB is on by default; `on` itself is no value of it
     [HOME]/.config/go/env:3: GOSUMDB=on
     run: gowr doctor --fix
4. store-link: [GOWR]/distros/[..]/go1.1.1 leads nowhere
     [GOWR]/distros/[..]/go1.1.1: leads nowhere
     run: gowr doctor --fix
5. store-mode: [GOWR]/toolchains can be changed by everyone
     [GOWR]/toolchains: can be changed by everyone
     run: gowr doctor --fix
6. store-unlinked: [GOWR]/links/go1.22.1 is missing
     [GOWR]/links/go1.22.1: is missing
     run: gowr doctor --fix
7. store-outdated: [GOWR]/distros/[..]/newest is missing, not go1.22.1
     [GOWR]/distros/[..]/newest: is missing, not go1.22.1
     run: gowr doctor --fix
8. store-leftover: [GOWR]/staging/go1.22.5@old is nobody's work
     [GOWR]/staging/go1.22.5@old: is nobody's work
     run: rm -rf [GOWR]/staging/go1.22.5@old
9. adopted-gone: [GOWR]/distros/[..]/go1.20.1 /nowhere/go is not there
     [GOWR]/distros/[..]/go1.20.1: /nowhere/go is not there
     run: gowr doctor --fix
------- stderr -------
doing:
  take out [HOME]/.config/go/env:2: GOROOT=/bogus
  take out [HOME]/.config/go/env:3: GOSUMDB=on
  take the carriage returns out of [HOME]/.config/go/env
  chmod o-w [GOWR]/toolchains
  link [GOWR]/distros/[..]/go1.1.1 anew
  link [GOWR]/distros/[..]/newest anew
  link [GOWR]/links/go1.22.1 anew
  remove the link [GOWR]/distros/[..]/go1.20.1
  remove [GOWR]/staging/go1.22.5@old (cannot be undone)
`gowr doctor --undo` takes it back, from [HOME]/.local/state/gowr/doctor/000001

"#]]
    );
    assert_eq!(fs::read_to_string(&file).unwrap(), "GOPRIVATE=a\nGONOSUMDB=b");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o640);
    assert_eq!(codes(&doctor(&world).run()), [""; 0]);
    let mended = state();
    // Once more: nothing is left to do.
    let again = world.gowr(["doctor", "--fix"]).run();
    assert!(again.success().stderr().contains("nothing that --fix can mend"), "{}", again.report());
    assert_eq!(state(), mended);

    let outcome = world.gowr(["doctor", "--undo"]).run();
    assert_data_eq!(
        outcome.snapshot(),
        str![[r#"
------- stderr -------
[GOWR]/distros/[..]/go1.1.1 is as it was
[GOWR]/distros/[..]/go1.20.1 is as it was
[GOWR]/distros/[..]/newest is as it was
[GOWR]/links/go1.22.1 is as it was
[HOME]/.config/go/env is as it was
[GOWR]/toolchains is as it was

"#]]
    );
    assert_eq!(state(), broken);
    assert_eq!(world.gowr(["doctor", "--undo"]).run().code(), Some(1));

    // What somebody has changed since stays as it is.
    world.gowr(["doctor", "--fix", "--json"]).run().success();
    fs::write(&file, "GOPRIVATE=other\n").unwrap();
    let outcome = world.gowr(["doctor", "--undo"]).run();
    assert_eq!(outcome.code(), Some(1), "{}", outcome.report());
    let told = outcome.stderr();
    assert!(told.contains("has changed since, and stays as it is"), "{told}");
    assert_eq!(fs::read_to_string(&file).unwrap(), "GOPRIVATE=other\n");
    assert!(links.join("go1.1.1").is_symlink(), "the rest is undone");
}

/// A path that is no text, and a home that is nowhere.
#[test]
fn it_does_not_die_of_odd_places() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    let world = healthy(&["go1.22.1"]);
    let odd = world.path(OsStr::from_bytes(b"odd\xff"));
    fs::create_dir_all(&odd).unwrap();
    fs::write(odd.join("mise.toml"), "[tools]\ngo = \"1.22\"\n").unwrap();
    let found = problem(&doctor(&world).at(&odd).env("PWD", &odd).run(), "mise");
    assert!(found["evidence"][0]["file_b64"].is_string(), "{found:#}");
    let bare = Run::new(world.gowr_home().join("bin/gowr")).args(["doctor", "--json"]);
    problem(&bare.run(), "no-home");
    let gone = world.path("gone");
    fs::create_dir(&gone).unwrap();
    let script = "cd ~/gone && rmdir ~/gone && exec gowr doctor --json";
    let outcome = world.run("/bin/sh").args(["-c", script]).run();
    assert!(outcome.json()["problems"].is_array(), "{}", outcome.report());
}

#[test]
fn every_code_has_its_paragraph() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/src/doctor.md");
    let text = fs::read_to_string(page).unwrap();
    let sections: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("### ")).collect();
    let codes = Code::ALL.map(|code| format!("`{}`", code.as_str()));
    assert_eq!(sections, codes, "the sections of doctor.md, in the order of `Code::ALL`");
    for code in failure::Code::ALL {
        let link = format!("[`{0}`](error-codes.md#{0})", code.as_str());
        assert!(text.contains(&link), "{link}");
    }
}
