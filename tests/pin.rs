//! `gowr pin` and `gowr default`: what is written, where, and what stays as it was.

use snapbox::{assert_data_eq, str};

use crate::support::{Outcome, World};

fn world() -> World {
    World::with_fakes(&["go1.22.11", "go1.22.12", "go1.26.9"])
}

#[test]
fn a_new_pin() {
    let world = world();
    assert_data_eq!(
        world.gowr(["pin", "1.22"]).run().success().stdout(),
        "[HOME]/project/.gowr.yaml\n"
    );
    assert_data_eq!(
        world.read("project/.gowr.yaml"),
        str![[r#"
go: "1.22"

"#]]
    );
    assert_data_eq!(
        world.gowr(["pin"]).run().success().stdout(),
        str![[r#"
[..]1.22[..]
"#]]
    );
    assert_eq!(
        world.go(["version"]).run().handed().execution_path,
        world.goroot("go1.22.12").join("bin/go").to_str().unwrap()
    );
    // The version as typed, without `go`.
    world.gowr(["pin", "go1.22.11"]).run().success();
    assert_data_eq!(
        world.read("project/.gowr.yaml"),
        str![[r#"
go: "1.22.11"

"#]]
    );
}

#[test]
fn beside_the_nearest_go_mod() {
    let world = world();
    world.write("project/go.mod", "module m\n");
    world.write("project/deep/er/x", "");
    let run = world.gowr(["pin", "1.22"]).at(world.path("project/deep/er"));
    assert_data_eq!(run.run().success().stdout(), "[HOME]/project/.gowr.yaml\n");
    world.write("project/deep/go.work", "go 1.22\n");
    assert_data_eq!(run.run().success().stdout(), "[HOME]/project/deep/.gowr.yaml\n");
}

#[test]
fn into_the_file_that_is_there() {
    let world = world();
    for (file, before, after) in [
        (".go-version", "1.21.5\n", "1.22\n"),
        (".go-version", "1.21.5", "1.22"),
        (
            ".tool-versions",
            "# tools\r\nnodejs 20\r\ngolang 1.21.5 # old\r\n",
            "# tools\r\nnodejs 20\r\ngolang 1.22 # old\r\n",
        ),
        (
            ".gowr.yaml",
            "# why\n'go': '1.21' # here\ndistros:\n  nosuch: 1.20\n",
            "# why\n'go': '1.22' # here\ndistros:\n  nosuch: 1.20\n",
        ),
        (".gowr.yaml", "format: 1\r\ngo:   1.21\r\n", "format: 1\r\ngo:   1.22\r\n"),
    ] {
        world.write(format!("project/{file}"), before);
        let printed = world.gowr(["pin", "1.22"]).run().success().stdout();
        assert_eq!(printed, format!("[HOME]/project/{file}\n"));
        assert_eq!(world.read(format!("project/{file}")), after, "{before:?}");
        std::fs::remove_file(world.path(format!("project/{file}"))).unwrap();
    }
}

#[test]
fn never_a_file_above() {
    let world = world();
    world.write(".go-version", "1.26\n");
    world.write("src/.go-version", "1.26\n");
    world.write("src/project/go.mod", "module m\n");
    let run = world.gowr(["pin", "1.22"]).at(world.path("src/project"));
    assert_eq!(run.run().success().stdout(), "[HOME]/src/project/.gowr.yaml\n");
    assert_eq!(world.read("src/.go-version"), "1.26\n");
}

#[test]
fn other_files_and_distros() {
    let world = world();
    world.gowr(["pin", "1.22.12", "--file", ".tool-versions"]).run().success();
    assert_eq!(world.read("project/.tool-versions"), "golang 1.22.12\n");
    std::fs::remove_file(world.path("project/.tool-versions")).unwrap();
    world.gowr(["pin", "1.22.12", "--file", ".go-version"]).run().success();
    assert_eq!(world.read("project/.go-version"), "1.22.12\n");
    std::fs::remove_file(world.path("project/.go-version")).unwrap();

    world.gowr(["pin", "1.26"]).run().success();
    world.gowr(["pin", "1.22", "--distro", "alpine"]).run().success();
    assert_data_eq!(
        world.read("project/.gowr.yaml"),
        str![[r#"
go: "1.26"
distros:
  alpine: "1.22"

"#]]
    );
    world.gowr(["pin", "--remove", "--distro", "alpine"]).run().success();
    assert_eq!(world.read("project/.gowr.yaml"), "go: \"1.26\"\n");
    world.gowr(["pin", "--remove"]).run().success();
    assert!(!world.path("project/.gowr.yaml").exists());
}

#[test]
fn what_wins_anyway_is_said() {
    let world = world();
    let key = crate::support::host_key();
    world.write("project/.gowr.yaml", format!("go: \"1.22\"\ndistros:\n  {key}: \"1.22.11\"\n"));
    let outcome = world.gowr(["pin", "1.26"]).run();
    assert!(outcome.success().stderr().contains(&key), "{}", outcome.report());

    std::fs::remove_file(world.path("project/.gowr.yaml")).unwrap();
    world.write("project/go.mod", "module m\n\ngo 1.26\n");
    let outcome = world.gowr(["pin", "1.22"]).run();
    let said = outcome.success().stderr();
    assert!(said.contains("go.mod:3") && said.contains("1.26"), "{}", outcome.report());
}

#[test]
fn a_failed_install_changes_nothing() {
    let world = world();
    world.write("project/.go-version", "1.22\n");
    let outcome = world.gowr(["pin", "1.25"]).env("GOPROXY", "off").run();
    assert_eq!(outcome.code(), Some(1), "{}", outcome.report());
    assert_eq!(world.read("project/.go-version"), "1.22\n");
    world.gowr(["pin", "1.25", "--no-install"]).env("GOPROXY", "off").run().success();
    assert_eq!(world.read("project/.go-version"), "1.25\n");
}

#[test]
fn defaults() {
    let world = world();
    world.gowr(["default", "1.22"]).run().success();
    let which = |world: &World| -> Outcome { world.gowr(["which"]).run() };
    assert_data_eq!(which(&world).success().stdout(), "[GOWR]/toolchains/go1.22.12/bin/go\n");
    let key = crate::support::host_key();
    world.gowr(["default", "1.26", "--distro", &key]).run().success();
    assert_data_eq!(which(&world).success().stdout(), "[GOWR]/toolchains/go1.26.9/bin/go\n");
    assert!(world.gowr(["default"]).run().success().stdout().contains("1.26"));
    let text = world.read(".config/gowr/config.yaml");
    assert!(text.contains("default: \"1.22\"") && text.contains(&key), "{text}");
}

#[test]
fn words_of_other_tools_get_a_hint() {
    let world = world();
    for (word, verb) in [
        ("use", "pin"),
        ("local", "pin"),
        ("global", "default"),
        ("ls", "list"),
        ("current", "which"),
        ("remove", "uninstall"),
        ("exec-env", "env"),
    ] {
        let outcome = world.gowr([word, "1.22"]).run();
        assert_eq!(outcome.code(), Some(2), "{}", outcome.report());
        assert!(outcome.stderr().contains(&format!("gowr {verb}")), "{}", outcome.report());
    }
}
