//! What goes wrong where userlands share a home, shown once with Go alone; and that it does not with gowr.

use super::go_of_glibc;
use crate::support::{NEW, OLD, Run, World};
use crate::userland::Root;

/// Which C library's headers it was compiled with.
const C_LIBRARY: &str = r#"package main

// #include <features.h>
// #ifdef __GLIBC__
// static int is_glibc(void) { return 1; }
// #else
// static int is_glibc(void) { return 0; }
// #endif
import "C"

func main() {
	if C.is_glibc() == 1 {
		println("glibc")
	} else {
		println("musl")
	}
}
"#;

/// A test whose result hangs on a file outside of its module, which is no input of it to Go.
const USERLAND_TEST: &str = r#"package m

import (
	"os"
	"testing"
)

func TestUserland(t *testing.T) {
	text, err := os.ReadFile("/etc/os-release")
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%s", text)
}
"#;

const VERSION: &str =
    "package main\n\nimport \"runtime\"\n\nfunc main() { println(runtime.Version()) }\n";

/// Builds the project, in a userland, and gives what the program says there. Each has a name of its own: a program that
/// is there already Go takes for up to date, whatever cache it has.
fn built(world: &World, go: &Run, root: &Root, name: &str) -> String {
    let program = world.path("project").join(name);
    let build = go.clone().args(["build", "-o"]).args([&program]).inside(root);
    build.run().success();
    world.run(&program).inside(root).run().success().stderr()
}

#[test]
fn c_objects_do_not_cross() {
    let (debian, alpine) = (Root::trixie_with_gcc(), Root::alpine_with_gcc());
    let world = World::with(&[NEW]);
    world.write("project/go.mod", "module example.com/m\n\ngo 1.21\n");
    world.write("project/main.go", C_LIBRARY);
    world.write("project/.go-version", "1.26\n");

    // To Go it is the same compiler, and the headers are no part of the key: Alpine is given Debian's object.
    let alone = world.run(world.goroot(NEW).join("bin/go"));
    let alone = alone.env("GOCACHE", world.path(".cache/go-build"));
    assert_eq!(built(&world, &alone, &debian, "1"), "glibc\n");
    assert_eq!(
        built(&world, &alone, &alpine, "2"),
        "glibc\n",
        "the failure that this test is about"
    );

    let go = world.go([] as [&str; 0]);
    assert_eq!(built(&world, &go, &debian, "3"), "glibc\n");
    // What was built on Debian is not even a program on Alpine.
    let program = world.path("project/3");
    let outcome = world.run("/bin/sh").args(["-c", "\"$0\""]).args([&program]);
    let outcome = outcome.inside(&alpine).run();
    assert_eq!(outcome.code(), Some(127), "{}", outcome.report());
    assert_eq!(built(&world, &go, &alpine, "4"), "musl\n");
    assert_eq!(built(&world, &go, &debian, "5"), "glibc\n");
    for key in ["alpine-3.23", "debian-13"] {
        assert!(world.path(format!(".cache/go-build-{key}")).is_dir(), "{key}");
    }
}

#[test]
fn results_of_tests_do_not_cross() {
    let (debian, alpine) = (Root::trixie(), Root::alpine());
    let world = World::with(&[NEW]);
    world.share_builds("debian-13");
    world.share_builds("alpine-3.23");
    world.write("project/go.mod", "module example.com/m\n\ngo 1.21\n");
    world.write("project/m_test.go", USERLAND_TEST);
    world.write("project/.go-version", "1.26\n");
    let test = |go: &Run, root: &Root| {
        let run = go.clone().args(["test", "-vet=off", "-v", "."]).inside(root).run();
        run.success().stdout()
    };

    let alone = world.run(world.goroot(NEW).join("bin/go"));
    let alone = alone.env("GOCACHE", world.path(".cache/go-build-debian-13"));
    assert!(test(&alone, &debian).contains("ID=debian"));
    let served = test(&alone, &alpine);
    assert!(served.contains("ID=debian") && served.contains("(cached)"), "{served}");

    let go = world.go([] as [&str; 0]);
    let own = test(&go, &alpine);
    assert!(own.contains("ID=alpine") && !own.contains("(cached)"), "{own}");
    let again = test(&go, &alpine);
    assert!(again.contains("ID=alpine") && again.contains("(cached)"), "{again}");
    assert!(test(&go, &debian).contains("ID=debian"));
}

#[test]
fn an_exported_goroot_breaks_nothing() {
    let (debian, alpine) = (Root::trixie(), Root::alpine());
    let world = World::with(&[OLD]);
    world.write("project/go.mod", "module example.com/m\n\ngo 1.21\n");
    world.write("project/main.go", VERSION);

    let exported = |go: Run| go.env("GOROOT", world.goroot(OLD));
    let alone = exported(world.run("/usr/lib/go/bin/go")).args(["build", "."]).inside(&alpine);
    let outcome = alone.run();
    let mismatch = r#"compile: version "go1.22.12" does not match go tool version "go1.26.9""#;
    assert_eq!(outcome.code(), Some(1), "{}", outcome.report());
    assert!(outcome.stderr().contains(mismatch), "{}", outcome.report());
    // A path of another userland: there is no such directory at all.
    let alone = world.run("/usr/lib/go/bin/go").env("GOROOT", "/usr/lib/go-1.24");
    let outcome = alone.args(["version"]).inside(&alpine).run();
    assert!(outcome.stderr().contains("cannot find GOROOT directory"), "{}", outcome.report());

    let go = world.go([] as [&str; 0]);
    assert_eq!(built(&world, &exported(go.clone()), &alpine, "1"), "go1.26.9\n");
    assert_eq!(built(&world, &exported(go.clone()), &debian, "2"), "go1.24.4\n");
    assert_eq!(built(&world, &go.env("GOROOT", "/usr/lib/go-1.24"), &alpine, "3"), "go1.26.9\n");
}

#[test]
fn a_go_of_another_c_library_is_passed_over_with_the_reason() {
    // Somebody unpacked Debian 12's Go into the home that Alpine sees too, and has it first on PATH.
    let (bookworm, alpine) = (Root::bookworm(), Root::alpine());
    let world = World::new();
    let root = go_of_glibc(&world, &bookworm);
    let alone = world.run("/bin/sh").args(["-c", "go version"]).env("PATH", root.join("bin"));
    let outcome = alone.inside(&alpine).run();
    assert_eq!(outcome.code(), Some(127), "{}", outcome.report());

    let path = format!("{}/bin:{}/bin:/usr/bin", root.display(), world.gowr_home().display());
    let which = |words: &[&str], userland: &Root| {
        world.gowr(["which"]).args(words).env("PATH", &path).inside(userland).run()
    };
    let document = which(&["--json"], &alpine).success().which();
    assert_eq!(document["goroot"], "/usr/lib/go");
    let losers = document["losers"].as_array().unwrap();
    let loser = losers.iter().find(|loser| loser["reason"] == "wrong-libc").unwrap();
    assert_eq!(loser["kind"], "path");
    let detail = loser["detail"].as_str().unwrap();
    assert!(detail.ends_with("needs /lib64/ld-linux-x86-64.so.2, which is not here"), "{detail}");
    let explained = which(&["--explain"], &alpine).success().stdout();
    assert!(explained.contains("needs /lib64/ld-linux-x86-64.so.2"), "{explained}");
    let document = which(&["--json"], &bookworm).success().which();
    assert!(document["losers"].as_array().unwrap().iter().all(|it| it["reason"] == "shadowed"));
}
