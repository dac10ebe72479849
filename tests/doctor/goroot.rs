//! A GOROOT that somebody has set: what is told is what a real `go` says.

use std::fs;
use std::os::unix::fs::symlink;

use super::{doctor, problem};
use crate::support::{NEW, OLD, World};

#[test]
fn goroots_flaws_are_told_in_gos_own_words() {
    let world = World::with(&[OLD, NEW]);
    let go = world.goroot(NEW).join("bin/go");
    world.write(
        "project/hello.go",
        "package main\n\nimport \"fmt\"\n\nfunc main() { fmt.Println() }\n",
    );
    // A Go for Windows, as far as that matters: its tools have other names.
    let windows = world.path("windows");
    for directory in ["bin", "pkg/tool/windows_amd64"] {
        fs::create_dir_all(windows.join(directory)).unwrap();
    }
    fs::write(windows.join("bin/go.exe"), "MZ").unwrap();
    fs::write(windows.join("pkg/tool/windows_amd64/compile.exe"), "MZ").unwrap();
    symlink(world.goroot(NEW).join("src"), windows.join("src")).unwrap();
    fs::copy(world.goroot(NEW).join("VERSION"), windows.join("VERSION")).unwrap();
    // PATH gives the newer one, were it not for gowr's.
    let path =
        format!("{}:{}", world.gowr_home().join("bin").display(), go.parent().unwrap().display());

    for (goroot, works) in [
        (String::from("/nowhere"), false),
        (String::from("C:\\Program Files\\Go"), false),
        (String::from("no/such"), false),
        (world.path("project").display().to_string(), true),
        (windows.display().to_string(), true),
        (world.goroot(OLD).display().to_string(), true),
    ] {
        let run = world.run(&go).env("GOROOT", &goroot).env("GOTOOLCHAIN", "local");
        let version = run.clone().args(["version"]).run();
        assert_eq!(version.code() == Some(0), works, "{}", version.report());
        let words = if works { run.args(["build", "hello.go"]).run() } else { version };
        assert_ne!(words.code(), Some(0), "{}", words.report());

        let told = doctor(&world).env("GOROOT", &goroot).env("PATH", &path).run();
        let found = problem(&told, "exported-goroot");
        let evidence = found["evidence"].as_array().unwrap().last().unwrap()["text"].as_str();
        let (when, says) = evidence.unwrap().split_once(" says: ").unwrap();
        assert_eq!(when, if works { "go build" } else { "every command" }, "{found:#}");
        assert!(words.raw_stderr().contains(says), "{says}\n{}", words.report());
    }
    // An empty one is none, to both.
    world.run(&go).env("GOROOT", "").args(["version"]).run().success();
    let told = doctor(&world).env("GOROOT", "").env("PATH", &path).run();
    assert!(!super::codes(&told).contains(&String::from("exported-goroot")), "{}", told.report());
}
