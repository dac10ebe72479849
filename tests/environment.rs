//! The environment of the real go: what changes, why, and what stays as the user has it.

use snapbox::{assert_data_eq, str};

use crate::support::{World, host_key};
use crate::userland::Root;

#[test]
fn what_the_real_go_gets() {
    let root = Root::bare("ID=debian\nVERSION_ID=\"13\"\n");
    let world = World::with_fakes(&["go1.22.12"]).inside(&root);
    world.write("project/.gowr.yaml", "go: \"1.22\"\n");
    let run = world
        .go(["build", "-v"])
        .env("GOROOT", "/usr/lib/go")
        .env("GOTOOLDIR", "/x")
        .env("GOROOT_FINAL", "/x")
        .env("GOTOOLCHAIN_INTERNAL_SWITCH_VERSION", "go1.21.0")
        .env("GOTOOLCHAIN_INTERNAL_SWITCH_COUNT", "3")
        .env("GOFLAGS", "-mod=mod")
        .env("GOPATH", "/p")
        .env("CGO_CFLAGS", "-O2")
        .env("CC", "clang")
        .env("EMPTY", "");
    assert_data_eq!(
        run.run().handed_environment(),
        str![[r#"
CC=clang
CGO_CFLAGS=-O2
EMPTY=
GOCACHE=[HOME]/.cache/go-build-debian-13
GOFLAGS=-mod=mod
GOPATH=/p
GOTOOLCHAIN=local
GOTOOLCHAIN_INTERNAL_SWITCH_COUNT=3
GOWR_DEPTH=1
GOWR_GOCACHE=[HOME]/.cache/go-build-debian-13
GOWR_GOTOOLCHAIN=local
HOME=[HOME]
PATH=[GOWR]/bin:/usr/bin:/bin:[GOWR]/links

"#]]
    );

    // The same in words.
    let document =
        world.gowr(["which", "--json"]).env("GOROOT", "/usr/lib/go").run().success().which();
    let changes: Vec<String> = document["environment"]
        .as_array()
        .unwrap()
        .iter()
        .map(|change| {
            format!(
                "{} {} {}",
                change["action"].as_str().unwrap(),
                change["name"].as_str().unwrap(),
                change["reason"]
            )
        })
        .collect();
    for expected in [
        "unset GOROOT \"inherited-goroot\"",
        "set GOCACHE \"distro-cache\"",
        "set GOTOOLCHAIN \"pin\"",
        "set PATH \"links\"",
        "set GOWR_GOCACHE \"marker\"",
    ] {
        assert!(changes.iter().any(|change| change == expected), "no {expected} in {changes:#?}");
    }
}

#[test]
fn the_users_own_settings_are_kept() {
    let world = World::with_fakes(&["go1.22.12"]);
    world.write("project/.gowr.yaml", "go: \"1.22\"\n");
    let handed = world
        .go(["build"])
        .env("GOCACHE", "/their/cache")
        .env("GOTOOLCHAIN", "auto")
        .env("PATH", "")
        .run()
        .handed();
    assert_eq!(handed.variable("GOCACHE"), Some("/their/cache"));
    assert_eq!(handed.variable("GOTOOLCHAIN"), Some("auto"));
    assert_eq!(handed.variable("GOWR_GOCACHE"), None);
    assert_eq!(handed.variable("PATH"), Some(""));

    // Our own values of another distro, carried here by a container tool, are worked out again.
    let ours = world.go(["build"]).run().handed();
    let carried = world
        .go(["build"])
        .env("GOCACHE", "/home/me/.cache/go-build-alpine-3.23")
        .env("GOWR_GOCACHE", "/home/me/.cache/go-build-alpine-3.23")
        .run()
        .handed();
    assert!(ours.variable("GOCACHE").unwrap().ends_with(&host_key()), "{ours:?}");
    assert_eq!(carried.variable("GOCACHE"), ours.variable("GOCACHE"));

    // PATH enters the keys of cached test results: what was done once is not done again.
    let links = world.gowr_home().join("links");
    for path in [format!("/usr/bin:{}", links.display()), format!("{}:/usr/bin", links.display())] {
        let handed = world.go(["build"]).env("PATH", &path).run().handed();
        assert_eq!(handed.variable("PATH"), Some(path.as_str()));
    }

    world.write(".config/go/env", "GOCACHE=/stored/cache\nGOROOT=/stored/root\n");
    let handed = world.go(["build"]).run().handed();
    assert_eq!(handed.variable("GOCACHE"), None, "Go reads its own file");
    assert_eq!(
        handed.variable("GOROOT"),
        world.goroot("go1.22.12").to_str(),
        "only this beats that file's"
    );

    let handed = world.go(["env", "-w", "GOFLAGS=-v"]).env("GOENV", "off").run().handed();
    assert_eq!(
        (handed.variable("GOCACHE"), handed.variable("GOTOOLCHAIN")),
        (None, None),
        "Go would warn of them"
    );
}

#[test]
fn packages_at_a_version_may_switch() {
    let world = World::with_fakes(&["go1.22.12"]);
    world.write("project/.gowr.yaml", "go: \"1.22\"\n");
    for words in [
        &["install", "golang.org/x/tools/gopls@latest"][..],
        &["run", "-tags", "x", "example.com/x@v1"],
    ] {
        let handed = world.go(words).run().handed();
        assert_eq!(handed.variable("GOTOOLCHAIN"), None, "{words:?}");
        let handed = world.go(words).env("GOTOOLCHAIN", "local").run().handed();
        assert_eq!(handed.variable("GOTOOLCHAIN"), Some("local"), "{words:?}: the user said so");
    }
    let handed = world.go(["run", ".", "user@example.com"]).run().handed();
    assert_eq!(handed.variable("GOTOOLCHAIN"), Some("local"));
}
