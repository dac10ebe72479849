//! What takes minutes: every line of Go that can switch, and the newest of other people's tools.

use std::fs;

use crate::support::{NEW, OLD, World, host_key};

/// The lines of Go from the first that is static to the newest that this suite knows.
const LINES: [&str; 7] = ["1.21", "1.22", "1.23", "1.24", "1.25", "1.26", "1.27"];

const PROGRAM: &str = r#"package main

import (
	"fmt"
	"os/exec"
	"runtime"
)

func main() {
	nested, err := exec.Command("go", "env", "GOVERSION").Output()
	fmt.Printf("%s %s %v\n", runtime.Version(), nested[:len(nested)-1], err)
}
"#;

const TEST: &str = r#"package main

import (
	"os/exec"
	"runtime"
	"strings"
	"testing"
)

func TestNested(t *testing.T) {
	nested, err := exec.Command("go", "env", "GOVERSION").CombinedOutput()
	if err != nil || strings.TrimSpace(string(nested)) != runtime.Version() {
		t.Fatalf("%s: %v", nested, err)
	}
}
"#;

#[test]
fn every_line_installs_builds_tests_and_nests() {
    let world = World::new();
    world.write("project/main.go", PROGRAM);
    world.write("project/main_test.go", TEST);
    for line in LINES {
        world.gowr(["install", line]).online().run().success();
        world.gowr(["pin", line, "--no-install"]).run().success();
        world.write("project/go.mod", "module example.com/m\n\ngo 1.21\n");
        let version = world.go(["env", "GOVERSION"]).run().quiet().stdout();
        assert!(version.starts_with(&format!("go{line}.")), "{version}");
        let said = world.go(["run", "."]).run().quiet().stdout();
        assert_eq!(said, format!("{0} {0} <nil>\n", version.trim_end()));
        world.go(["test", "."]).run().success();
        world.go(["vet", "."]).run().success();
        // A cache of 100 MB a line is not kept.
        fs::remove_dir_all(world.path(format!(".cache/go-build-{}", host_key()))).unwrap();
    }
    let listed = world.gowr(["list"]).run().success().stdout();
    for line in LINES {
        assert!(listed.contains(&format!("{line}.")), "no {line} in\n{listed}");
    }
}

#[test]
fn the_newest_gopls_and_a_real_editors_questions() {
    let world = World::with(&[NEW]);
    world.share_builds(&host_key());
    world.write("project/.go-version", "1.26\n");
    world.write("project/go.mod", "module example.com/m\n\ngo 1.26\n");
    world.write("project/main.go", "package main\n\nfunc main() {\n\tvar unused int\n}\n");
    let install = ["install", "golang.org/x/tools/gopls@v0.23.0"];
    world.go(install).env("GOBIN", world.path("bin")).online().run().success();
    let gopls = world.run(world.path("bin/gopls"));
    assert!(gopls.clone().args(["version"]).run().quiet().stdout().contains("v0.23.0"));
    let checked = gopls.args(["check", "main.go"]).run();
    assert!(checked.stdout().contains("main.go:4:6"), "{}", checked.report());

    // As the extension of VS Code asks, whose server fails on anything on stderr.
    for words in [
        &["env", "-json", "GOMOD", "GOROOT", "GOVERSION"][..],
        &["version"],
        &["list", "-m", "-json"],
    ] {
        world.go(words).run().quiet();
    }
}

#[test]
fn go_fetches_a_newer_toolchain_itself_where_it_may() {
    let world = World::with(&[OLD]);
    world.write(".config/gowr/config.yaml", "default: 1.22\n");
    world.write("project/go.mod", "module example.com/m\n\ngo 1.25.5\n");
    let version = world.go(["env", "GOVERSION"]).online().run().success().stdout();
    assert_eq!(version, "go1.25.5\n");
    // The module cache is read-only; what made it can take it away.
    world.go(["clean", "-modcache"]).env("GOTOOLCHAIN", "local").run().success();
    assert!(!world.path("go/pkg/mod").exists());
}
