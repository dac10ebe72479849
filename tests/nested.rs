//! A `go` that runs a `go`: programs, generators and tests that call the command again.

use snapbox::{assert_data_eq, str};

use crate::support::{NEW, OLD, World, host_key};

/// Runs the words it is given with the first of that name on PATH. No `fmt`, so that little is compiled.
const RUNNER: &str = r#"package main

import (
	"os"
	"os/exec"
)

func main() {
	command := exec.Command(os.Args[1], os.Args[2:]...)
	command.Stdout, command.Stderr = os.Stdout, os.Stderr
	if err := command.Run(); err != nil {
		println(err.Error())
		os.Exit(1)
	}
}
"#;

/// Two projects: `project` pinned to one Go, `other` to the other.
fn two_projects(first: &str, second: &str) -> World {
    let world = World::with(&[OLD, NEW]);
    world.share_builds(&host_key());
    for (directory, pin) in [("project", first), ("other", second)] {
        world.write(format!("{directory}/.go-version"), pin);
        world.write(format!("{directory}/go.mod"), "module example.com/m\n\ngo 1.21\n");
        world.write(format!("{directory}/main.go"), RUNNER);
    }
    world
}

#[test]
fn before_1_24_go_run_comes_back_to_the_proxy() {
    let world = two_projects(OLD, NEW);
    let other = world.path("other");
    let nested = ["run", ".", "go", "-C", other.to_str().unwrap(), "env", "GOVERSION"];
    assert_data_eq!(
        world.go(nested).run().snapshot(),
        str![[r#"
go1.26.9

"#]]
    );
    // Asked for by argument, it holds for the children.
    let mut asked = vec!["+1.22"];
    asked.extend(nested);
    assert_data_eq!(
        world.go(&asked).run().snapshot(),
        str![[r#"
go1.22.12

"#]]
    );
    // The nested proxy adds nothing a second time, and finds the cache again.
    let run = world.go(["run", ".", "sh", "-c", "go env GOCACHE GOTOOLCHAIN GOROOT; echo $PATH"]);
    let text = run.run().quiet().stdout().replace(&host_key(), "[KEY]");
    assert_data_eq!(
        text,
        str![[r#"
[HOME]/.cache/go-build-[KEY]
local
[GOWR]/toolchains/go1.22.12
[GOWR]/bin:/usr/bin:/bin:[GOWR]/links

"#]]
    );
}

#[test]
fn since_1_24_a_nested_go_is_its_own() {
    let world = two_projects(NEW, OLD);
    let other = world.path("other");
    let run = world.go(["run", ".", "go", "-C", other.to_str().unwrap(), "env", "GOVERSION"]);
    assert_data_eq!(
        run.run().snapshot(),
        str![[r#"
go1.26.9

"#]]
    );
}

#[test]
fn what_a_child_sets_itself_is_kept() {
    let world = two_projects(OLD, NEW);
    let script = format!(
        "GOCACHE={0}/mine GOTOOLCHAIN={NEW} go env GOCACHE GOVERSION GOTOOLCHAIN",
        world.home().display()
    );
    assert_data_eq!(
        world.go(["run", ".", "sh", "-c", &script]).run().snapshot(),
        str![[r#"
[HOME]/mine
go1.26.9
go1.26.9

"#]]
    );
}

#[test]
fn go_generate() {
    let world = World::with(&[OLD]);
    world.share_builds(&host_key());
    world.write("project/.go-version", "1.22\n");
    world.write("project/go.mod", "module example.com/m\n\ngo 1.21\n");
    world.write("project/main.go", "package main\n\n//go:generate go version\n//go:generate sh -c \"go env GOROOT\"\nfunc main() {}\n");
    assert_data_eq!(
        world.go(["generate"]).run().snapshot(),
        str![[r#"
go version go1.22.12 linux/amd64
[GOWR]/toolchains/go1.22.12

"#]]
    );
}

#[test]
fn go_test() {
    let world = World::with(&[OLD]);
    world.share_builds(&host_key());
    world.write("project/.go-version", "1.22\n");
    world.write("project/go.mod", "module example.com/m\n\ngo 1.21\n");
    let source = r#"package m

import (
	"os"
	"os/exec"
	"testing"
)

func TestNested(t *testing.T) {
	for _, words := range [][]string{{"version"}, {"build", "std"}} {
		command := exec.Command("go", words...)
		command.Env = append(os.Environ(), "GOFLAGS=-n")
		if words[0] == "version" {
			command.Env = append(os.Environ(), "GOCACHE=/nonexistent", "GOTOOLCHAIN=local")
		}
		output, err := command.CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, output)
		}
		if words[0] == "version" {
			t.Logf("%s", output)
		}
	}
}
"#;
    world.write("project/m_test.go", source);
    let output = world.go(["test", "-vet=off", "-v", "."]).run();
    let text = output.success().stdout();
    assert!(text.contains("go version go1.22.12 linux/amd64"), "{text}");
    // What PATH is enters the key of a cached result: the proxy's PATH must be the same each time.
    let again = world.go(["test", "-vet=off", "."]).run();
    let again = world.go(["test", "-vet=off", "."]).run().success().stdout() + &again.stderr();
    assert!(again.contains("(cached)"), "{again}");
}
