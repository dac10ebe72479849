//! `gowr link`: what it leads to and when that changes, what it does not touch, and that nothing ever sees half a switch.

mod bind;
mod switch;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use snapbox::{assert_data_eq, str};

use crate::support::goproxy::{Service, install};
use crate::support::{Run, World, host_key, install_gowr};

/// Where a link leads, in this world's names.
fn target(world: &World, path: &str) -> String {
    let target = fs::read_link(world.path(path)).unwrap();
    world.gowr(["--version"]).run().named(target.to_str().unwrap().as_bytes())
}

fn world() -> World {
    World::with_fakes(&["go1.22.11", "go1.22.12", "go1.26.9"])
}

#[test]
fn it_follows_the_default() {
    let world = world();
    world.gowr(["default", "1.22"]).run().success();
    assert_data_eq!(
        world.gowr(["link", "../sdk"]).run().success().snapshot(),
        str![[r#"
------- stderr -------
[HOME]/sdk now leads to [GOWR]/toolchains/go1.22.12, and follows the default

"#]]
    );
    assert_eq!(target(&world, "sdk"), "[GOWR]/toolchains/go1.22.12");
    assert_data_eq!(
        world.gowr(["default", "1.26"]).run().success().snapshot(),
        str![[r#"
[HOME]/.config/gowr/config.yaml
------- stderr -------
[HOME]/sdk now leads to [GOWR]/toolchains/go1.26.9

"#]]
    );
    assert_eq!(target(&world, "sdk"), "[GOWR]/toolchains/go1.26.9");
    // For this distro only.
    world.gowr(["default", "1.22.11", "--distro", &host_key()]).run().success();
    assert_eq!(target(&world, "sdk"), "[GOWR]/toolchains/go1.22.11");
    world.gowr(["default", "--remove", "--distro", &host_key()]).run().success();
    assert_eq!(target(&world, "sdk"), "[GOWR]/toolchains/go1.26.9");
    assert_data_eq!(
        world.gowr(["link", "../sdk"]).run().success().snapshot(),
        str![[r#"
------- stderr -------
[HOME]/sdk leads to [GOWR]/toolchains/go1.26.9, and follows the default

"#]]
    );
}

/// What a project or a shell asks for is theirs, and the proxy changes nothing.
#[test]
fn projects_and_shells_do_not_move_it() {
    let world = world();
    world.gowr(["default", "1.26"]).run().success();
    world.gowr(["link", "../sdk"]).run().success();
    world.write("project/.gowr.yaml", "go: \"1.22\"\n");
    world.write("project/go.mod", "module m\n\ngo 1.22\n");
    world.go(["version"]).run().success();
    for (name, value) in [("GOWR_TOOLCHAIN", "1.22"), ("GOTOOLCHAIN", "go1.22.12")] {
        world.gowr(["link", "../sdk"]).env(name, value).run().success();
        assert_eq!(target(&world, "sdk"), "[GOWR]/toolchains/go1.26.9", "{name}");
    }
    world.gowr(["pin", "1.22.11"]).run().success();
    assert_eq!(target(&world, "sdk"), "[GOWR]/toolchains/go1.26.9");
    // A pin in the home directory is a default, as it is for the proxy.
    world.write(".go-version", "1.22.11\n");
    world.gowr(["link", "../sdk"]).run().success();
    assert_eq!(target(&world, "sdk"), "[GOWR]/toolchains/go1.22.11");
}

#[test]
fn a_line_follows_its_newest_release_and_a_release_stays() {
    let service = Service::new(&["go1.22.3", "go1.22.4"]);
    let log = service.log.clone();
    let server = service.start();
    let world = World::new();
    install(&world, &server, &log, &["1.22.3"]).run().success();
    world.gowr(["link", "../line", "1.22"]).run().success();
    world.gowr(["link", "../release", "1.22.3"]).run().success();
    let upgrade =
        world.gowr(["upgrade"]).env("GOPROXY", server.url()).env("GOSUMDB", log.key()).run();
    assert_eq!(target(&world, "line"), "[GOWR]/toolchains/go1.22.4", "{}", upgrade.report());
    assert_eq!(target(&world, "release"), "[GOWR]/toolchains/go1.22.3");
    // Rehearsed, nothing moves.
    world.gowr(["uninstall", "1.22.4", "--dry-run"]).run().success();
    assert_eq!(target(&world, "line"), "[GOWR]/toolchains/go1.22.4");
    world.gowr(["uninstall", "1.22.4"]).run().success();
    assert_eq!(target(&world, "line"), "[GOWR]/toolchains/go1.22.3");
    // Nothing is left that answers: that is said, and no error of what did succeed.
    assert_data_eq!(
        world.gowr(["uninstall", "1.22.3"]).run().success().snapshot(),
        str![[r#"
------- stderr -------
go1.22.3 is uninstalled
go 1.22.3 was the default on [..]; there is none now
gowr: warning: [HOME]/line leads nowhere: go 1.22 is not installed
  run: gowr install 1.22
gowr: warning: [HOME]/release leads nowhere: go 1.22.3 is not installed
  run: gowr install 1.22.3

"#]]
    );
    assert_data_eq!(
        world.gowr(["link"]).run().success().snapshot(),
        str![[r#"
[HOME]/line     1.22    [GOWR]/toolchains/go1.22.3  (leads nowhere)
[HOME]/release  1.22.3  [GOWR]/toolchains/go1.22.3  (leads nowhere)

"#]]
    );
    install(&world, &server, &log, &["1.22.3"]).run().success();
    assert!(world.path("line/bin/go").exists() && world.path("release/bin/go").exists());
}

#[test]
fn with_a_pin() {
    let world = world();
    world.gowr(["default", "1.26"]).run().success();
    assert_data_eq!(
        world.gowr(["pin", "1.22", "--link", "../sdk"]).run().success().snapshot(),
        str![[r#"
[HOME]/project/.gowr.yaml
------- stderr -------
[HOME]/sdk now leads to [GOWR]/toolchains/go1.22.12, and follows the newest 1.22 here

"#]]
    );
    assert_eq!(target(&world, "sdk"), "[GOWR]/toolchains/go1.22.12");
    assert_data_eq!(
        world.gowr(["pin", "1.26", "--link", "../sdk"]).run().success().snapshot(),
        str![[r#"
[HOME]/project/.gowr.yaml
------- stderr -------
[HOME]/sdk now leads to [GOWR]/toolchains/go1.26.9, and follows the newest 1.26 here

"#]]
    );
    // It is the pin's from now on, and not the default's.
    world.gowr(["default", "1.22.11"]).run().success();
    assert_eq!(target(&world, "sdk"), "[GOWR]/toolchains/go1.26.9");
    // What cannot be linked is not pinned either.
    fs::create_dir(world.path("directory")).unwrap();
    for words in [
        &["pin", "1.22", "--link", "../directory"][..],
        &["pin", "system", "--link", "../sdk"],
        &["pin", "1.22", "--distro", "plan9", "--link", "../sdk"],
    ] {
        let outcome = world.gowr(words).run();
        assert_eq!(outcome.code(), Some(1), "{}", outcome.report());
        assert_eq!(outcome.stderr().lines().count(), 3, "{}", outcome.report());
    }
    assert_eq!(world.read("project/.gowr.yaml"), "go: \"1.26\"\n");
}

#[test]
fn what_it_refuses() {
    let world = world();
    world.write("file", "theirs");
    fs::create_dir(world.path("directory")).unwrap();
    symlink("/usr/lib/go", world.path("theirs")).unwrap();
    for (words, expected) in [
        (
            &["link", "../directory"][..],
            str![[r#"
------- stderr -------
gowr: [HOME]/directory is not gowr's to replace
  it is a directory, and not a link
  run: mv [HOME]/directory [HOME]/directory.old
[exit status: 1]

"#]],
        ),
        (
            &["link", "../file"],
            str![[r#"
------- stderr -------
gowr: [HOME]/file is not gowr's to replace
  it is a file, and not a link
  run: mv [HOME]/file [HOME]/file.old
[exit status: 1]

"#]],
        ),
        (
            &["link", "../theirs"],
            str![[r#"
------- stderr -------
gowr: [HOME]/theirs is not gowr's to replace
  it is a link that leads to /usr/lib/go
  run: gowr link --force [HOME]/theirs
[exit status: 1]

"#]],
        ),
        (
            &["link", "../absent/sdk"],
            str![[r#"
------- stderr -------
gowr: cannot find the directory ../absent
  no such file or directory
  run: ls -ld .. ../absent
[exit status: 1]

"#]],
        ),
        (
            &["link", "../sdk", "1.23"],
            str![[r#"
------- stderr -------
gowr: go 1.23 is not installed
  asked for by the argument 1.23
  run: gowr install 1.23
[exit status: 1]

"#]],
        ),
        (
            &["link", "../sdk", "v1.23"],
            str![[r#"
------- stderr -------
gowr: `v1.23` is neither a version nor a name
  write one such as 1.22, 1.22.3 or 1.23rc1
  run: gowr list --remote
[exit status: 1]

"#]],
        ),
        (
            &["link", "../.local/share/gowr/sdk"],
            str![[r#"
------- stderr -------
gowr: [GOWR]/sdk cannot be a link
  what is in gowr's home is made by gowr alone
  run: gowr link ~/go-sdk
[exit status: 1]

"#]],
        ),
        (
            &["link", "--remove", "../theirs"],
            str![[r#"
------- stderr -------
gowr: [HOME]/theirs is no link of gowr's
  those that there are stand in the list
  run: gowr link --list
[exit status: 1]

"#]],
        ),
    ] {
        assert_data_eq!(world.gowr(words).run().snapshot(), expected);
    }
    assert_eq!(world.read("file"), "theirs");
    assert_eq!(target(&world, "theirs"), "/usr/lib/go");
    assert!(!world.path("sdk").exists());
    assert!(!world.gowr_home().join("goroot-links").exists(), "nothing is remembered");
    world.gowr(["link", "--force", "../theirs", "1.26"]).run().success();
    assert_eq!(target(&world, "theirs"), "[GOWR]/toolchains/go1.26.9");
}

/// The directories up to a world's home, which others may look into.
fn open_to_others(world: &World) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(world.home(), fs::Permissions::from_mode(0o755)).unwrap();
}

/// Root may write everywhere: then it is one who is not root that this is about.
fn as_user(world: &World, run: Run) -> Run {
    if !nix::unistd::geteuid().is_root() {
        return run;
    }
    let mut owner = Command::new("chown");
    for path in [world.gowr_home(), world.path("project"), world.path(".config")] {
        assert!(owner.args(["-R", "65534:65534"]).arg(path).status().unwrap().success());
        owner = Command::new("chown");
    }
    run.under(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"])
}

#[test]
fn in_a_directory_of_roots() {
    let world = world();
    open_to_others(&world);
    world.gowr(["default", "1.22"]).run().success();
    let closed = world.path("closed");
    fs::create_dir(&closed).unwrap();
    let mut permissions = fs::metadata(&closed).unwrap().permissions();
    std::os::unix::fs::PermissionsExt::set_mode(&mut permissions, 0o555);
    fs::set_permissions(&closed, permissions).unwrap();
    let run = |words: &[&str]| as_user(&world, world.gowr(words)).run();
    assert_data_eq!(
        run(&["link", "../closed/go-sdk"]).snapshot(),
        str![[r#"
------- stderr -------
gowr: [HOME]/closed/go-sdk cannot be made
  [HOME]/closed: permission denied
  run: sudo install -d -o "$(id -un)" /opt/gowr && gowr link /opt/gowr/go-sdk
[exit status: 1]

"#]]
    );
    assert_data_eq!(
        run(&["link", "--bind", "../closed/go-sdk", "1.22"]).snapshot(),
        str![[r#"
------- stderr -------
gowr: [HOME]/closed/go-sdk cannot be mounted or unmounted
  only root can do that
  run: sudo env HOME=[HOME] [GOWR]/bin/gowr link --bind [HOME]/closed/go-sdk 1.22
[exit status: 1]

"#]]
    );
    // Made by root, and not to be moved by anybody else: that is no error of what else was done.
    if nix::unistd::geteuid().is_root() {
        world.gowr(["link", "../closed/go-sdk"]).run().success();
        assert_data_eq!(
            run(&["default", "1.26"]).success().snapshot(),
            str![[r#"
[HOME]/.config/gowr/config.yaml
------- stderr -------
gowr: warning: [HOME]/closed/go-sdk does not follow the default: its directory is somebody else's
  run: sudo env HOME=[HOME] [GOWR]/bin/gowr link [HOME]/closed/go-sdk

"#]]
        );
        assert_eq!(target(&world, "closed/go-sdk"), "[GOWR]/toolchains/go1.22.12");
        world.gowr(["default", "1.26"]).run().success();
        assert_eq!(target(&world, "closed/go-sdk"), "[GOWR]/toolchains/go1.26.9");
    }
}

#[test]
fn listed_and_removed() {
    let world = world();
    world.gowr(["default", "1.26"]).run().success();
    assert_data_eq!(
        world.gowr(["link", "--list"]).run().success().snapshot(),
        str![[r#"
------- stderr -------
there are no links: make one with gowr link PATH

"#]]
    );
    world.gowr(["link", "../default"]).run().success();
    for (name, version) in [("line", "1.22"), ("gone", "1.22.11"), ("changed", "1.22.11")] {
        world.gowr(["link", &format!("../{name}"), version]).run().success();
    }
    fs::remove_file(world.path("gone")).unwrap();
    fs::remove_file(world.path("changed")).unwrap();
    symlink("/elsewhere", world.path("changed")).unwrap();
    assert_data_eq!(
        world.gowr(["link", "--list"]).run().success().snapshot(),
        str![[r#"
[HOME]/default  default  [GOWR]/toolchains/go1.26.9
[HOME]/line     1.22     [GOWR]/toolchains/go1.22.12
[HOME]/gone     1.22.11  [GOWR]/toolchains/go1.22.11  (gone)
[HOME]/changed  1.22.11  [GOWR]/toolchains/go1.22.11  (changed by somebody else)

"#]]
    );
    assert_data_eq!(
        world.gowr(["link", "--json"]).run().success().snapshot(),
        str![[r#"
{
  "schema": 1,
  "links": [
    {
      "path": "[HOME]/default",
      "kind": "link",
      "follows": "default",
      "goroot": "[GOWR]/toolchains/go1.26.9",
      "version_text": "go1.26.9",
      "state": "right"
    },
    {
      "path": "[HOME]/line",
      "kind": "link",
      "follows": "1.22",
      "goroot": "[GOWR]/toolchains/go1.22.12",
      "version_text": "go1.22.12",
      "state": "right"
    },
    {
      "path": "[HOME]/gone",
      "kind": "link",
      "follows": "1.22.11",
      "goroot": "[GOWR]/toolchains/go1.22.11",
      "version_text": "go1.22.11",
      "state": "gone"
    },
    {
      "path": "[HOME]/changed",
      "kind": "link",
      "follows": "1.22.11",
      "goroot": "[GOWR]/toolchains/go1.22.11",
      "version_text": "go1.22.11",
      "state": "changed"
    }
  ]
}

"#]]
    );
    // Only where it would have been moved is it said that it cannot be.
    assert_data_eq!(
        world.gowr(["default", "1.22"]).run().success().snapshot(),
        str![[r#"
[HOME]/.config/gowr/config.yaml
------- stderr -------
[HOME]/default now leads to [GOWR]/toolchains/go1.22.12

"#]]
    );
    for name in ["default", "line", "gone", "changed"] {
        world.gowr(["link", "--remove", &format!("../{name}")]).run().success();
    }
    let left = |path: &Path| fs::symlink_metadata(path).is_ok();
    let names = ["default", "line", "gone", "changed"].map(|name| left(&world.path(name)));
    assert_eq!(names, [false, false, false, true], "what is somebody else's stays");
    assert!(!world.gowr_home().join("goroot-links").exists());
}

#[test]
fn gone_with_all_else() {
    let world = world();
    world.gowr(["default", "1.26"]).run().success();
    world.gowr(["link", "../sdk"]).run().success();
    world.gowr(["setup", "--remove"]).env("SHELL", "/bin/bash").run().success();
    assert!(world.path("sdk/bin/go").exists(), "the toolchains stay");
    install_gowr(&world.gowr_home());
    world.gowr(["setup", "--remove", "--purge"]).env("SHELL", "/bin/bash").run().success();
    assert!(!world.path("sdk").is_symlink());
    assert!(!world.gowr_home().exists());
}

/// The directory of a world's links, and what else stands there.
fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name());
    let mut names: Vec<_> = entries.map(|name| name.into_string().unwrap()).collect();
    names.sort();
    names
}

/// In memory, for what happens ten thousand times.
fn place(directory: &Path) -> PathBuf {
    directory.canonicalize().unwrap().join("go-sdk")
}
