//! The table of choices, row by row: what `go` runs and what `gowr which` says about it.

use std::fs;
use std::os::unix::fs::symlink;

use snapbox::{assert_data_eq, str};

use crate::support::{Handed, Run, World};
use crate::userland::Root;

const DEBIAN: &str = "ID=debian\nVERSION_ID=\"13\"\n";

/// A Debian with a Go in every place that a row of the table knows.
fn machine_with_every_row() -> (Root, World) {
    let root = Root::bare(DEBIAN);
    root.fake("/usr/lib/go-1.20", "go1.20.12");
    symlink("go-1.20", root.changeable("/usr/lib/go")).unwrap();
    root.fake("/opt/go", "go1.19.13");
    root.write("/etc/gowr/config.yaml", "default: 1.21.11\ndistros:\n  debian: 1.21.10\n");

    let world = World::with_fakes(&[
        "go1.21.1",
        "go1.21.2",
        "go1.21.3",
        "go1.21.4",
        "go1.21.5",
        "go1.21.6",
        "go1.21.7",
        "go1.21.8",
        "go1.21.9",
        "go1.21.10",
        "go1.21.11",
        "go1.21.13",
        "go1.22.1",
    ])
    .inside(&root);
    world.write("project/.gowr.yaml", "go: 1.21.4\n");
    world.write("project/.go-version", "1.21.5\n");
    world.write("project/.tool-versions", "nodejs 20\ngolang 1.21.6\n");
    world.write(".config/go/env", "GOTOOLCHAIN=go1.21.7\n");
    world.write(".go-version", "1.21.8\n");
    world.write(".config/gowr/config.yaml", "default: 1.21.13\ndistros:\n  debian: 1.21.9\n");
    (root, world)
}

/// The variables of rows 2 and 3, and PATH with the Go of row 11 behind gowr.
fn with_variables(run: Run, world: &World) -> Run {
    run.env("GOWR_TOOLCHAIN", "1.21.2")
        .env("GOTOOLCHAIN", "go1.21.3")
        .env("PATH", format!("{}:/opt/go/bin", world.gowr_home().join("bin").display()))
}

#[test]
fn the_first_row_that_answers_wins() {
    let (root, world) = machine_with_every_row();
    let go = |words: &[&str]| with_variables(world.go(words), &world);
    let toolchain_of = |handed: &Handed| {
        let place = handed.execution_path.strip_suffix("/bin/go").unwrap();
        place.rsplit('/').next().unwrap().to_owned()
    };

    // Row 1 is in the command line alone, and is exported for the children.
    let handed = go(&["+1.21.1", "version", "+1.21.9"]).run().handed();
    assert_eq!(toolchain_of(&handed), "go1.21.1");
    assert_eq!(handed.arguments[1..], ["version", "+1.21.9"]);
    assert_eq!(handed.variable("GOTOOLCHAIN"), Some("local"));
    assert!(matches!(handed.variable("GOWR_TOOLCHAIN"), Some("1.21.1" | "go1.21.1")), "{handed:?}");

    // The others lose one after another.
    let config = ".config/gowr/config.yaml";
    let lose: [(&str, &str, &str, &dyn Fn()); 14] = [
        ("GOWR_TOOLCHAIN", "go1.21.2", "local", &|| ()),
        ("GOTOOLCHAIN", "go1.21.3", "go1.21.3", &|| ()),
        ("gowr.yaml", "go1.21.4", "local", &|| {
            fs::remove_file(world.path("project/.gowr.yaml")).unwrap();
        }),
        ("go-version", "go1.21.5", "local", &|| {
            fs::remove_file(world.path("project/.go-version")).unwrap();
        }),
        ("tool-versions", "go1.21.6", "local", &|| {
            fs::remove_file(world.path("project/.tool-versions")).unwrap();
        }),
        ("go-env-file", "go1.21.7", "-", &|| {
            fs::remove_file(world.path(".config/go/env")).unwrap();
        }),
        ("home-pin", "go1.21.8", "-", &|| fs::remove_file(world.path(".go-version")).unwrap()),
        ("user-config", "go1.21.9", "-", &|| drop(world.write(config, "default: 1.21.13\n"))),
        ("user-config", "go1.21.13", "-", &|| fs::remove_file(world.path(config)).unwrap()),
        ("system-config", "go1.21.10", "-", &|| {
            root.write("/etc/gowr/config.yaml", "default: 1.21.11\n");
        }),
        ("system-config", "go1.21.11", "-", &|| root.remove("/etc/gowr/config.yaml")),
        ("distro", "go", "-", &|| {
            root.remove("/usr/lib/go");
            root.remove("/usr/lib/go-1.20");
        }),
        ("newest", "go1.22.1", "-", &|| {
            for name in ["toolchains", "distros", "links"] {
                fs::remove_dir_all(world.gowr_home().join(name)).unwrap();
            }
        }),
        ("path", "go", "-", &|| ()),
    ];
    for (index, (kind, toolchain, gotoolchain, lose)) in lose.into_iter().enumerate() {
        let as_asked = |run: Run| {
            let run = if index > 0 { run.env_remove("GOWR_TOOLCHAIN") } else { run };
            if index > 1 { run.env_remove("GOTOOLCHAIN") } else { run }
        };
        let handed = as_asked(go(&["version"])).run().handed();
        let which = as_asked(with_variables(world.gowr(["which", "--json"]), &world)).run();
        let which = which.success().which();
        assert_eq!(which["source"]["kind"], kind, "{which:#}");
        assert_eq!(toolchain_of(&handed), toolchain, "{kind}");
        assert_eq!(which["go"], handed.execution_path.as_str(), "{kind}");
        assert_eq!(handed.variable("GOTOOLCHAIN").unwrap_or("-"), gotoolchain, "{kind}");
        lose();
    }
}

#[test]
fn nothing_found() {
    let root = Root::bare(DEBIAN);
    let world = World::new().inside(&root);
    let expected = str![[r#"
------- stderr -------
gowr: no Go was found
  [..]
  run: gowr install[..]
[exit status: 127]

"#]];
    assert_data_eq!(world.go(["version"]).run().snapshot(), expected.clone());
    assert_data_eq!(world.gowr(["which"]).run().snapshot(), expected);
    let document = world.gowr(["which", "--json"]).run();
    assert_eq!(document.code(), Some(127));
    let document = document.which();
    assert_eq!(document["error"]["code"], "nothing-found");
    assert_eq!(document["error"]["exit"], 127);
    assert_eq!(document["goroot"], serde_json::Value::Null);
}

#[test]
fn the_path_alone() {
    let world = World::with_fakes(&["go1.22.12", "go1.26.9"]);
    world.write("project/.gowr.yaml", "go: \"1.22\"\n");
    assert_data_eq!(
        world.gowr(["which"]).run().snapshot(),
        str![[r#"
[GOWR]/toolchains/go1.22.12/bin/go

"#]]
    );
    assert_data_eq!(
        world.gowr(["which", "go"]).run().snapshot(),
        str![[r#"
[GOWR]/toolchains/go1.22.12/bin/go

"#]]
    );
    assert_data_eq!(
        world.gowr(["which", "gofmt"]).run().snapshot(),
        str![[r#"
[GOWR]/toolchains/go1.22.12/bin/gofmt

"#]]
    );
    assert_data_eq!(
        world.gowr(["-C", "..", "which"]).env("GOWR_TOOLCHAIN", "1.26").run().snapshot(),
        str![[r#"
[GOWR]/toolchains/go1.26.9/bin/go

"#]]
    );
}

#[test]
fn tools_of_go_install() {
    let world = World::with_fakes(&["go1.22.12"]);
    world.write("project/.gowr.yaml", "go: \"1.22\"\n");
    for (directory, variable) in [("go/bin", None), ("bin", Some(("GOBIN", world.path("bin"))))] {
        let tool = world.path(directory).join("stringer");
        fs::create_dir_all(world.path(directory)).unwrap();
        fs::hard_link(crate::support::fakes::program(), &tool).unwrap();
        let mut run = world.gowr(["which", "stringer"]);
        if let Some((name, value)) = variable {
            run = run.env(name, value);
        }
        assert_eq!(run.run().success().line(), tool.to_str().unwrap());
    }
    assert_eq!(world.gowr(["which", "nosuch"]).run().code(), Some(127));
}

#[test]
fn go_mod_raises_a_default_but_no_pin() {
    let world = World::with_fakes(&["go1.22.12", "go1.24.3", "go1.26.8", "go1.26.9"]);
    world.write(".config/gowr/config.yaml", "default: \"1.22\"\n");
    let chosen = |go_mod: &str| {
        world.write("project/go.mod", go_mod);
        let handed = world.go(["build"]).run().handed();
        let which = world.gowr(["which", "--json"]).run().success().which();
        assert_eq!(which["go"], handed.execution_path.as_str(), "{which:#}");
        (
            which["version"].as_str().unwrap().to_owned(),
            which["source"]["kind"].as_str().unwrap().to_owned(),
        )
    };
    for (go_mod, version, kind) in [
        ("module m\n\ngo 1.21\n", "go1.22.12", "user-config"),
        ("module m\n\ngo 1.24\n", "go1.24.3", "go.mod"),
        ("module m\n\ngo 1.23.1\n", "go1.26.9", "go.mod"),
        ("module m\n\ngo 1.24.5\n", "go1.26.9", "go.mod"),
        ("module m\n\ngo 1.26.8\n", "go1.26.8", "go.mod"),
        ("module m\n\ngo 1.21\n\ntoolchain go1.24.3\n", "go1.24.3", "go.mod"),
        ("module m\n\ngo 1.27\n", "go1.22.12", "user-config"),
    ] {
        assert_eq!(chosen(go_mod), (version.to_owned(), kind.to_owned()), "{go_mod}");
    }

    let document = world.gowr(["which", "--json"]).run().success().which();
    assert_eq!(document["floor"]["satisfied"], false);
    assert_eq!(document["floor"]["line"], 3);
    assert_eq!(document["floor"]["version"], "1.27");
    assert!(!document["warnings"].as_array().unwrap().is_empty(), "{document:#}");

    world.write("project/go.work", "go 1.24.3\n");
    assert_eq!(world.gowr(["which", "--json"]).run().which()["source"]["kind"], "go.work");
    let off = world.gowr(["which", "--json"]).env("GO111MODULE", "off").run().which();
    assert_eq!(off["source"]["kind"], "user-config");

    world.write("project/.go-version", "1.22\n");
    let pinned = world.gowr(["which", "--json"]).run().which();
    assert_eq!(pinned["version"], "go1.22.12");
    assert_eq!(pinned["source"]["kind"], "go-version");
}

#[test]
fn explained() {
    let (_root, world) = machine_with_every_row();
    let run = with_variables(world.gowr(["which", "--explain"]), &world);
    let text = run.run().success().stdout();
    for shown in [
        "GOWR_TOOLCHAIN",
        "GOTOOLCHAIN",
        ".gowr.yaml:1",
        ".go-version:1",
        ".tool-versions:2",
        ".config/go/env:1",
        "config.yaml:3",
        "/etc/gowr/config.yaml:3",
        "/usr/lib/go",
        "newest",
        "/opt/go",
    ] {
        assert!(text.contains(shown), "no {shown} in\n{text}");
    }
}

#[test]
fn a_prerelease_counts_only_where_there_is_nothing_else() {
    let root = Root::bare(DEBIAN);
    let world = World::with_fakes(&["go1.25rc2", "go1.26.1", "go1.26rc1", "go1.27rc1"]);
    let world = world.inside(&root);
    let answer =
        |request: &str| world.gowr(["which"]).env("GOWR_TOOLCHAIN", request).run().stdout();
    assert_eq!(answer("1.26"), "[GOWR]/toolchains/go1.26.1/bin/go\n");
    assert_eq!(answer("1.25"), "[GOWR]/toolchains/go1.25rc2/bin/go\n");
    assert_eq!(answer("1.26rc1"), "[GOWR]/toolchains/go1.26rc1/bin/go\n");
    // And so for the newest of all.
    assert_eq!(answer(""), "[GOWR]/toolchains/go1.26.1/bin/go\n");
    let first = world.go(["version"]).run().handed();
    assert!(first.execution_path.ends_with("go1.26.1/bin/go"), "{first:?}");
}

#[test]
fn what_is_not_part_of_the_project() {
    let world = World::with_fakes(&["go1.22.12", "go1.26.9"]);
    world.write("project/.config/gowr/config.yaml", "default: 1.22\n");
    world.write("project/deep/x", "");
    let version = |run: Run| {
        let handed = run.env("HOME", world.path("project")).at(world.path("project/deep")).run();
        handed.handed().execution_path.rsplit('/').nth(2).unwrap().to_owned()
    };
    // A pin above the home directory.
    let pin = world.write(".go-version", "1.26\n");
    assert_eq!(version(world.go(["version"])), "go1.22.12");
    fs::remove_file(pin).unwrap();
    // go.mod is searched there too, as Go does; but not one left in the directory for temporary files.
    world.write("go.mod", "module m\n\ngo 1.26\n");
    assert_eq!(version(world.go(["build"])), "go1.26.9");
    assert_eq!(version(world.go(["build"]).env("TMPDIR", world.home())), "go1.22.12");
}
