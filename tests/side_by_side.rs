//! Several userlands over one home: Debian and Alpine, one static proxy, each with its own Go and its own build cache.

mod leaks;

use std::fs;
use std::path::PathBuf;

use snapbox::{assert_data_eq, str};

use crate::support::{OLD, World};
use crate::userland::Root;

const SOURCE: &str =
    "package main\n\nimport \"runtime\"\n\nfunc main() { println(runtime.Version()) }\n";

/// The `go` of Debian 12, which needs glibc's loader, unpacked into the home.
fn go_of_glibc(world: &World, bookworm: &Root) -> PathBuf {
    let root = world.path("sdk/go1.19.8");
    fs::create_dir_all(root.join("pkg/tool")).unwrap();
    fs::create_dir_all(root.join("bin")).unwrap();
    fs::write(root.join("VERSION"), "go1.19.8").unwrap();
    fs::copy(bookworm.outside("/usr/lib/go-1.19/bin/go"), root.join("bin/go")).unwrap();
    root
}

#[test]
fn each_has_its_own_go_and_its_own_cache() {
    let (bookworm, trixie, alpine) = (Root::bookworm(), Root::trixie(), Root::alpine());
    let world = World::new();
    world.write("project/go.mod", "module example.com/m\n\ngo 1.19\n");
    world.write("project/main.go", SOURCE);
    let built = |root: &Root, name: &str| {
        world.go(["build", "-o", name, "."]).inside(root).run().quiet();
        let program = world.run(world.path("project").join(name)).inside(root).run();
        program.success().stderr()
    };
    assert_eq!(built(&bookworm, "on-debian-12"), "go1.19.8\n");
    assert_eq!(built(&trixie, "on-debian-13"), "go1.24.4\n");
    assert_eq!(built(&alpine, "on-alpine"), "go1.26.9\n");

    let caches = fs::read_dir(world.path(".cache")).unwrap();
    let mut names: Vec<_> = caches.map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["go-build-alpine-3.23", "go-build-debian-12", "go-build-debian-13"]);

    // The project may ask for one Go here and another there.
    world.real(OLD);
    world.write("project/.gowr.yaml", "go: \"1.22\"\ndistros:\n  debian: system\n");
    let version = |root: &Root| world.go(["env", "GOVERSION"]).inside(root).run().quiet().stdout();
    assert_eq!(version(&trixie), "go1.24.4\n");
    assert_eq!(version(&alpine), "go1.22.12\n");
    world.write(
        "project/.gowr.yaml",
        "go: \"1.22\"\ndistros:\n  alpine: system\n  alpine-3.23: 1.22.12\n",
    );
    assert_eq!(version(&trixie), "go1.22.12\n");
    assert_eq!(version(&alpine), "go1.22.12\n", "the longest name wins");
}

#[test]
fn gowr_starts_everywhere() {
    for root in [
        Root::trixie(),
        Root::alpine(),
        Root::bare("ID=void\n"),
        Root::bare("ID=void\n").without_proc(),
    ] {
        let world = World::with_fakes(&["go1.22.12"]).inside(&root);
        world.write("project/.go-version", "1.22\n");
        assert_data_eq!(
            world.gowr(["which"]).run().snapshot(),
            str![[r#"
[GOWR]/toolchains/go1.22.12/bin/go

"#]]
        );
        world.gowr(["list"]).run().success();
        world.gowr(["--version"]).run().success();
    }
}

#[test]
fn what_each_is_called() {
    let world = World::with_fakes(&["go1.22.12"]);
    world.write("project/.go-version", "1.22\n");
    for (root, key, libc) in
        [(Root::trixie(), "debian-13", "glibc"), (Root::alpine(), "alpine-3.23", "musl")]
    {
        let document = world.gowr(["which", "--json"]).inside(&root).run().success().which();
        assert_eq!(document["distro"]["key"], key);
        assert_eq!(document["distro"]["libc"], libc);
    }
}

#[test]
fn a_new_userland_finds_what_another_installed() {
    let world = World::with_fakes(&["go1.22.11", "go1.22.12"]);
    world.write("project/.go-version", "1.22\n");
    for (os_release, key) in [
        ("ID=debian\nVERSION_ID=13\n", "debian-13"),
        ("ID=alpine\nVERSION_ID=3.23.6\n", "alpine-3.23"),
    ] {
        let root = Root::bare(os_release);
        let handed = world.go(["version"]).inside(&root).run().handed();
        assert!(handed.execution_path.ends_with("go1.22.12/bin/go"), "{handed:?}");
        let line = fs::read_link(world.gowr_home().join("distros").join(key).join("1.22")).unwrap();
        assert_eq!(line.to_str(), Some("go1.22.12"));
    }
    // A toolchain that came later is found too, and a project's wish writes nothing.
    world.fake("go1.23.4");
    world.write("project/.go-version", "1.23\n");
    let root = Root::bare("ID=debian\nVERSION_ID=13\n");
    let handed = world.go(["version"]).inside(&root).run().handed();
    assert!(handed.execution_path.ends_with("go1.23.4/bin/go"), "{handed:?}");
    assert!(!world.gowr_home().join("distros/debian-13/1.23").exists());
}

#[test]
fn an_adopted_go_that_cannot_start_here_is_passed_over() {
    // Debian 12's `go` needs glibc's loader: seen from Alpine it is a file that cannot start.
    let (bookworm, alpine) = (Root::bookworm(), Root::alpine());
    let world = World::new();
    let root = go_of_glibc(&world, &bookworm);
    let which = |userland: &Root| {
        let run =
            world.gowr(["which", "--json"]).env("GOWR_TOOLCHAIN", &root).inside(userland).run();
        (run.code(), run.which())
    };
    let (code, document) = which(&bookworm);
    assert_eq!(code, Some(0), "{document:#}");
    assert_eq!(document["version"], "go1.19.8");
    let (code, document) = which(&alpine);
    assert_eq!(code, Some(126), "{document:#}");
    assert_eq!(document["error"]["code"], "wrong-libc");
}
