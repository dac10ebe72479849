//! The Go that a distro brings: Debian's, from Debian's own packages.

use snapbox::{assert_data_eq, str};

use crate::support::{NEW, World};
use crate::userland::Root;

#[test]
fn it_is_the_default_where_nothing_is_asked_for() {
    let root = Root::trixie();
    let world = World::new().inside(&root);
    assert_data_eq!(
        world.go(["version"]).run().snapshot(),
        str![[r#"
go version go1.24.4 linux/amd64

"#]]
    );
    assert_data_eq!(
        world.gowr(["which"]).run().snapshot(),
        str![[r#"
/usr/lib/go[..]/bin/go

"#]]
    );
    let document = world.gowr(["which", "--json"]).run().success().which();
    assert_eq!(document["goroot"], "/usr/lib/go-1.24", "the real path");
    assert_eq!(document["version"], "go1.24.4");
    assert_eq!(document["source"]["kind"], "distro");
    assert_eq!(document["origin"]["kind"], "distro");
    assert_eq!(document["distro"]["key"], "debian-13");
    assert_eq!(document["distro"]["libc"], "glibc");
}

#[test]
fn a_newer_go_mod_is_left_to_a_go_that_can_switch() {
    let root = Root::trixie();
    let world = World::new().inside(&root);
    world.write("project/go.mod", "module example.com/m\n\ngo 1.27.1\n");
    // The words of Go, which gopls and VS Code read.
    assert_data_eq!(
        world.go(["build"]).env("GOTOOLCHAIN", "local").run().snapshot(),
        str![[r#"
------- stderr -------
go: go.mod requires go >= 1.27.1 (running go 1.24.4; GOTOOLCHAIN=local)
[exit status: 1]

"#]]
    );
    // What is installed is taken before Go starts, and a pin is not.
    world.real(NEW);
    world.write("project/go.mod", "module example.com/m\n\ngo 1.26\n");
    assert_data_eq!(world.go(["env", "GOVERSION"]).run().snapshot(), format!("{NEW}\n"));
}

#[test]
fn a_go_that_cannot_switch_is_not_given_a_newer_go_mod() {
    let root = Root::bookworm();
    let world = World::new().inside(&root);
    world.write("project/go.mod", "module example.com/m\n\ngo 1.27.1\n");
    let expected = str![[r#"
------- stderr -------
gowr: [..]1.27.1[..]
  [..][HOME]/project/go.mod:3: go 1.27.1
  run: gowr install 1.27.1
[exit status: 127]

"#]];
    for words in [
        &["build"][..],
        &["test", "./..."],
        &["run", "."],
        &["list", "-m"],
        &["mod", "tidy"],
        &["vet"],
    ] {
        assert_data_eq!(world.go(words).run().snapshot(), expected.clone());
    }
    let document = world.gowr(["which", "--json"]).run();
    let document = document.which();
    assert_eq!(document["floor"]["satisfied"], false);

    // What loads no module runs.
    assert_data_eq!(
        world.go(["version"]).run().snapshot(),
        str![[r#"
go version go1.19.8 linux/amd64

"#]]
    );
    // Go 1.19 cannot edit such a file, and says so in words of its own.
    let edit = world.go(["mod", "edit", "-print"]).run();
    assert_eq!(edit.code(), Some(1), "{}", edit.report());
    assert!(edit.stderr().contains("invalid go version '1.27.1'"), "{}", edit.report());
    world.write("project/x.go", "package  x\n");
    let gofmt = world.run(world.gowr_home().join("bin/gofmt")).args(["-l", "."]).run();
    assert_eq!(gofmt.quiet().stdout(), "x.go\n");

    // A line of two numbers is what every Go accepts.
    world.write("project/go.mod", "module example.com/m\n\ngo 1.22\n");
    assert_eq!(world.go(["list", "-m"]).run().quiet().stdout(), "example.com/m\n");
    // But this one cannot read the other line.
    world.write("project/go.mod", "module example.com/m\n\ngo 1.22\n\ntoolchain go1.22\n");
    assert_eq!(world.go(["list", "-m"]).run().code(), Some(127));
}

#[test]
fn gotoolchain_is_not_given_to_a_go_that_does_not_know_it() {
    let root = Root::bookworm();
    let world = World::new().inside(&root);
    assert_data_eq!(
        world.go(["version"]).env("GOTOOLCHAIN", "go1.27.1").run().snapshot(),
        str![[r#"
------- stderr -------
gowr: go 1.27.1 is not installed
  asked for by GOTOOLCHAIN=go1.27.1 in the environment
  run: gowr install 1.27.1
[exit status: 127]

"#]]
    );
    world.real(NEW);
    let version = world.go(["env", "GOVERSION"]).env("GOTOOLCHAIN", NEW).run();
    assert_eq!(version.quiet().stdout(), format!("{NEW}\n"));
    // Not installed: the newest that can switch is given the word, and says that it may not.
    let outcome = world.go(["version"]).env("GOTOOLCHAIN", "go1.27.1").env("GOPROXY", "off").run();
    assert!(outcome.stderr().starts_with("go: download"), "{}", outcome.report());
}

#[test]
fn what_a_distro_decides_is_shown() {
    let root = Root::bare("ID=fedora\nVERSION_ID=42\n");
    root.fake("/usr/lib/golang", "go1.24.9 (Red Hat 1.24.9-1.fc42)");
    root.write(
        "/usr/lib/golang/go.env",
        "# Fedora\nGOPROXY=direct\nGOSUMDB=off\nGOTOOLCHAIN=local\n",
    );
    let world = World::new().inside(&root);
    let listed = world.gowr(["list"]).run().success().stdout();
    let policy = "/usr/lib/golang  (GOTOOLCHAIN=local GOPROXY=direct GOSUMDB=off)";
    assert!(listed.contains("go1.24.9") && listed.contains(policy), "{listed}");
    let document = world.gowr(["list", "--json"]).run().success().json();
    let go_env = &document["toolchains"][0]["go_env"];
    assert_eq!(go_env["file"], "/usr/lib/golang/go.env");
    for (name, line, value) in
        [("GOPROXY", 2, "direct"), ("GOSUMDB", 3, "off"), ("GOTOOLCHAIN", 4, "local")]
    {
        assert_eq!(go_env["settings"][name]["line"], line, "{document:#}");
        assert_eq!(go_env["settings"][name]["value"], value);
    }

    // Without the file there is nothing to say.
    root.remove("/usr/lib/golang/go.env");
    let document = world.gowr(["list", "--json"]).run().success().json();
    assert!(document["toolchains"][0]["go_env"].is_null(), "{document:#}");
}
