//! Other people's code, fetched from the module proxy and built through gowr's under a pin, then run.

use crate::support::{NEW, OLD, World, host_key, tool};

/// A project pinned to the older Go, on a machine that has both.
fn project() -> World {
    let world = World::with(&[OLD, NEW]);
    world.share_builds(&host_key());
    world.write("project/.gowr.yaml", "go: \"1.22\"\n");
    world.write("project/go.mod", "module example.com/m\n\ngo 1.21\n");
    world
}

#[test]
fn a_program_with_many_dependencies() {
    let world = project();
    let package = "github.com/mikefarah/yq/v4";
    world.go(["get", &format!("{package}@v4.44.6")]).online().run().success();
    world.go(["build", "-o", "yq", package]).online().run().quiet();
    let modules = world.go(["list", "-m", "all"]).online().run().quiet().stdout();
    assert!(modules.lines().count() > 40, "{modules}");
    world.write("project/input.yaml", "a: {b: [1, 2]}\n");
    assert_eq!(
        world.run(world.path("project/yq")).args([".a.b[1]", "input.yaml"]).run().quiet().stdout(),
        "2\n"
    );
    let built = world.go(["version", "yq"]).run().quiet().stdout();
    assert_eq!(built, "yq: go1.22.12\n");
}

#[test]
fn a_program_with_c_in_it() {
    let world = project();
    let source = r#"package main

import (
	"database/sql"

	_ "github.com/mattn/go-sqlite3"
)

func main() {
	database, err := sql.Open("sqlite3", ":memory:")
	if err != nil {
		panic(err)
	}
	var version string
	if err := database.QueryRow("select sqlite_version()").Scan(&version); err != nil {
		panic(err)
	}
	println(version)
}
"#;
    world.write("project/main.go", source);
    world.go(["get", "github.com/mattn/go-sqlite3@v1.14.24"]).online().run().success();
    // Unoptimised, for SQLite is one file of nine megabytes.
    world.go(["build", "-o", "m", "."]).env("CGO_CFLAGS", "-O0").online().run().quiet();
    assert_eq!(world.run(world.path("project/m")).run().success().stderr(), "3.46.1\n");
}

#[test]
fn gopls_finds_the_projects_go_through_the_proxy() {
    let world = project();
    let install = ["install", "golang.org/x/tools/gopls@v0.15.3"];
    world.go(install).env("GOBIN", world.path("bin")).online().run().success();
    assert!(
        world
            .run(world.path("bin/gopls"))
            .args(["version"])
            .run()
            .quiet()
            .stdout()
            .contains("v0.15.3")
    );

    let checked =
        |world: &World| world.run(world.path("bin/gopls")).args(["check", "main.go"]).run();
    world.write("project/main.go", "package main\n\nfunc main() {\n\tvar unused int\n}\n");
    let outcome = checked(&world);
    assert!(outcome.stdout().contains("main.go:4:6"), "{}", outcome.report());
    // `range` over a function is Go 1.23's: what the pin says is what gopls checks by.
    world.write("project/main.go", "package main\n\nfunc main() {\n\tfor range 3 {\n\t}\n}\n");
    let outcome = checked(&world);
    assert!(outcome.stdout().contains("1.22"), "go.mod says 1.21: {}", outcome.report());
    world.write("project/go.mod", "module example.com/m\n\ngo 1.22\n");
    assert_eq!(checked(&world).success().stdout(), "");
}

#[test]
fn the_latest_of_a_tool_under_an_old_pin() {
    let world = project();
    world
        .go(["install", "golang.org/x/example/hello@latest"])
        .env("GOBIN", world.path("bin"))
        .online()
        .run()
        .success();
    let said = world.run(world.path("bin/hello")).run();
    assert_eq!(said.success().stdout(), "Hello, world!\n");

    // A tool that wants a newer Go than the pin: Go may switch, and finds that Go among the installed ones.
    let go_mod = "module example.com/tool\n\ngo 1.26.9\n";
    serve(
        &world,
        "example.com/tool",
        "v1.0.0",
        go_mod,
        &[("main.go", "package main\n\nfunc main() {}\n")],
    );
    let proxy = format!("file://{}", world.path("modules").display());
    world.write("modules/golang.org/toolchain/@v/list", format!("v0.0.1-{NEW}.linux-amd64\n"));
    let install = world
        .go(["install", "example.com/tool@latest"])
        .env("GOBIN", world.path("bin"))
        .env("GOPROXY", proxy)
        .env("GONOSUMDB", "example.com");
    let outcome = install.run();
    assert!(outcome.success().stderr().contains("switching to go1.26.9"), "{}", outcome.report());
    assert!(
        world
            .go(["version", world.path("bin/tool").to_str().unwrap()])
            .run()
            .stdout()
            .ends_with("go1.26.9\n")
    );
}

/// Writes a module into a GOPROXY tree at `modules` in the world.
fn serve(world: &World, module: &str, version: &str, go_mod: &str, files: &[(&str, &str)]) {
    let place = format!("modules/{module}/@v");
    world.write(format!("{place}/list"), format!("{version}\n"));
    world.write(
        format!("{place}/{version}.info"),
        format!("{{\"Version\":\"{version}\",\"Time\":\"2026-01-01T00:00:00Z\"}}"),
    );
    world.write(format!("{place}/{version}.mod"), go_mod);
    let mut names = Vec::new();
    for (name, content) in files.iter().chain([&("go.mod", go_mod)]) {
        names.push(format!("{module}@{version}/{name}"));
        world.write(format!("zip/{module}@{version}/{name}"), content);
    }
    let script = "import sys, zipfile\nwith zipfile.ZipFile(sys.argv[1], 'w') as archive:\n    for name in sys.argv[2:]: archive.write(name)";
    let archive = world.path(place).join(format!("{version}.zip"));
    world
        .run(tool("python3"))
        .args(["-c", script])
        .args([archive])
        .args(names)
        .at(world.path("zip"))
        .run()
        .quiet();
}
