//! Boxes of distrobox, Debian and Alpine, of one rootless user over one home: real ones, made by distrobox itself.

use std::fs;

use crate::support::podman::Podman;
use crate::support::{OLD, Outcome, Run, World};
use crate::userland::Root;

const SOURCE: &str =
    "package main\n\nimport \"runtime\"\n\nfunc main() { println(runtime.Version(), forwarded) }\n";
const TAGGED: &str = "//go:build forwarded\n\npackage main\n\nconst forwarded = true\n";
const UNTAGGED: &str = "//go:build !forwarded\n\npackage main\n\nconst forwarded = false\n";

/// A rootless user's boxes, and the home that they share.
struct Boxes {
    world: World,
    podman: Podman,
}

impl Boxes {
    fn new() -> Self {
        let podman = Podman::rootless();
        let world = podman.world();
        let boxes = Self { world, podman };
        for (name, root) in
            [("trixie", Root::trixie_for_boxes()), ("alpine", Root::alpine_for_boxes())]
        {
            let image = format!("localhost/{name}");
            boxes.podman.import(&root, &image, &[]);
            let words = ["--yes", "--no-entry", "--name", name, "--image", &image];
            boxes.distrobox("create").args(words).run().success();
        }
        boxes
    }

    /// A command of distrobox's, as the user has it: gowr first on PATH.
    fn distrobox(&self, verb: &str) -> Run {
        let program = Root::distrobox().join(format!("distrobox-{verb}"));
        let path = format!("{}/bin:/usr/local/bin:/usr/bin:/bin", self.world.gowr_home().display());
        let run = self
            .world
            .run(program)
            .env("PATH", path)
            .env("DBX_CONTAINER_MANAGER", "podman")
            .env("DBX_NON_INTERACTIVE", "1")
            .env("SHELL", "/bin/sh")
            .env("USER", self.podman.user_name().unwrap_or("root"));
        self.podman.with(run)
    }

    /// Runs a script in a box; `change` adds to the environment on the host.
    fn inside(&self, name: &str, script: &str, change: impl FnOnce(Run) -> Run) -> Outcome {
        let words = ["--name", name, "--", "sh", "-c", script];
        change(self.distrobox("enter").args(words)).run()
    }

    /// The same, of what must succeed: what it printed.
    fn said(&self, name: &str, script: &str, change: impl FnOnce(Run) -> Run) -> String {
        self.inside(name, script, change).success().stdout()
    }
}

#[test]
fn each_box_has_its_own_go_and_cache_whatever_the_host_exports() {
    let boxes = Boxes::new();
    let world = &boxes.world;
    world.real(OLD);
    for (name, text) in [
        ("go.mod", "module example.com/m\n\ngo 1.21\n"),
        ("main.go", SOURCE),
        ("tagged.go", TAGGED),
        ("untagged.go", UNTAGGED),
    ] {
        world.write(format!("project/{name}"), text);
    }
    let goroot = world.goroot(OLD);
    let exported = |run: Run| run.env("GOROOT", &goroot).env("GOFLAGS", "-tags=forwarded");

    // distrobox forwards both, and Alpine's own Go is broken by the one.
    let alone = boxes.inside("alpine", "/usr/lib/go/bin/go build -o alone .", exported);
    assert_eq!(alone.code(), Some(1), "{}", alone.report());
    let mismatch = r#"compile: version "go1.22.12" does not match go tool version "go1.26.9""#;
    assert!(alone.stderr().contains(mismatch), "{}", alone.report());

    // With gowr, GOROOT is no wish, and GOFLAGS is the user's.
    for (name, version) in [("trixie", "go1.24.4"), ("alpine", "go1.26.9")] {
        let script = format!("go build -o in-{name} . && ./in-{name} 2>&1");
        assert_eq!(boxes.said(name, &script, exported), format!("{version} true\n"));
    }
    let caches = fs::read_dir(world.path(".cache")).unwrap();
    let mut names: Vec<_> = caches.map(|entry| entry.unwrap().file_name()).collect();
    names.retain(|name| name.to_str().is_some_and(|name| name.starts_with("go-build-")));
    names.sort();
    assert_eq!(names, ["go-build-alpine-3.23", "go-build-debian-13"]);

    // What a `go` on the host set is worked out again; what its user set is kept.
    let ours = |run: Run| {
        let cache = world.path(".cache/go-build-elsewhere-1");
        run.env("GOCACHE", &cache).env("GOWR_GOCACHE", cache)
    };
    let cache = "go env GOCACHE";
    assert_eq!(boxes.said("alpine", cache, ours), "[HOME]/.cache/go-build-alpine-3.23\n");
    let mine = |run: Run| run.env("GOCACHE", world.path("mine"));
    assert_eq!(boxes.said("alpine", cache, mine), "[HOME]/mine\n");

    // A box has links of its own: what is adopted in one is not there in the other.
    for (name, key) in [("trixie", "debian-13"), ("alpine", "alpine-3.23")] {
        let which = boxes.inside(name, "gowr which --json", |run| run);
        let document = which.success().which();
        assert_eq!(document["distro"]["key"], key);
        assert_eq!(document["distro"]["container"]["kind"], "distrobox");
        assert_eq!(document["distro"]["container"]["name"], name);
        boxes.said(name, "go +1.22 version", |run| run);
        assert!(world.gowr_home().join(format!("distros/{key}+{name}/1.22")).is_symlink(), "{key}");
    }
}
