//! Toolchains that others installed, used where they are.

mod managers;
mod mirror;

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use serde_json::Value;
use snapbox::{assert_data_eq, str};

use crate::support::goproxy::{Service, install};
use crate::support::{Outcome, World, fakes, host_key};
use crate::userland::Root;

const DEBIAN: &str = "ID=debian\nVERSION_ID=13\n";

/// A userland with nothing in it but the world's home directory.
fn bare() -> World {
    World::new().inside(&Root::bare(DEBIAN))
}

/// Lays out a stand-in below the home directory.
fn put(world: &World, path: &str, version: &str) -> PathBuf {
    let goroot = world.path(path);
    fakes::lay_out(&goroot, version);
    goroot
}

/// Gives a GOROOT another `go`, and not all of those who share it.
fn replace_go(goroot: &Path, program: &[u8]) {
    let go = goroot.join("bin/go");
    fs::remove_file(&go).unwrap();
    fs::write(&go, program).unwrap();
    fs::set_permissions(&go, fs::Permissions::from_mode(0o755)).unwrap();
}

/// The userland's links, `name -> target`, sorted.
fn links(world: &World, key: &str) -> Vec<String> {
    let directory = world.gowr_home().join("distros").join(key);
    let mut links = Vec::new();
    for entry in fs::read_dir(&directory).into_iter().flatten() {
        let entry = entry.unwrap();
        if let Ok(target) = fs::read_link(entry.path()) {
            let name = entry.file_name();
            links.push(format!("{} -> {}", name.display(), target.display()));
        }
    }
    links.sort();
    let home = world.home().display().to_string();
    links.iter().map(|link| link.replace(&home, "[HOME]")).collect()
}

/// Which `go` runs where the project asks for `request`.
fn runs(world: &World, request: &str) -> String {
    world.write("project/.go-version", format!("{request}\n"));
    let path = world.go(["version"]).run().handed().execution_path;
    fs::remove_file(world.path("project/.go-version")).unwrap();
    path.replace(&world.home().display().to_string(), "[HOME]")
}

#[test]
fn all_that_others_put_here() {
    let world = bare();
    put(&world, ".goenv/versions/1.22.3", "go1.22.3");
    put(&world, ".asdf/installs/golang/1.21.13/go", "go1.21.13");
    put(&world, ".local/share/mise/installs/go/1.22.3", "go1.22.3");
    put(&world, "sdk/gotip", "devel go1.28-3f01a2b");
    put(&world, ".goup/go1.20.1", "go1.20.1");
    let dry = world.gowr(["adopt", "--dry-run"]).run();
    assert!(links(&world, "debian-13").is_empty(), "{}", dry.report());
    assert_data_eq!(
        world.gowr(["adopt"]).run().snapshot(),
        str![[r#"
------- stderr -------
passed over [HOME]/sdk/gotip (golang.org/dl): no file VERSION says which Go it is
go1.22.3 is adopted from [HOME]/.goenv/versions/1.22.3 (goenv)
passed over [HOME]/.goup/go1.20.1 (goup): it is not whole: there is no [HOME]/.goup/go1.20.1/.unpacked-success
go1.21.13 is adopted from [HOME]/.asdf/installs/golang/1.21.13/go (asdf)
passed over [HOME]/.local/share/mise/installs/go/1.22.3 (mise): [HOME]/.goenv/versions/1.22.3 is the same version

"#]]
    );
    let said = dry.stderr().replace("would be adopted", "is adopted");
    let adopted = [
        "1.21 -> go1.21.13",
        "1.22 -> go1.22.3",
        "go1.21.13 -> [HOME]/.asdf/installs/golang/1.21.13/go",
        "go1.22.3 -> [HOME]/.goenv/versions/1.22.3",
        "newest -> go1.22.3",
    ];
    assert_eq!(links(&world, "debian-13"), adopted);
    assert!(said.contains("go1.22.3 is adopted from"), "{said}");

    assert_eq!(runs(&world, "1.22"), "[HOME]/.goenv/versions/1.22.3/bin/go");
    assert_eq!(runs(&world, "1.21.13"), "[HOME]/.asdf/installs/golang/1.21.13/go/bin/go");
    assert_data_eq!(
        world.gowr(["list"]).run().snapshot(),
        str![[r#"
   go1.21.13  adopted (asdf)     1.21         [HOME]/.asdf/installs/golang/1.21.13/go
*  go1.22.3   adopted (goenv)    1.22 newest  [HOME]/.goenv/versions/1.22.3

"#]]
    );
    world.write("project/.go-version", "1.21\n");
    let document = world.gowr(["which", "--json"]).run().success().which();
    assert_eq!(document["origin"]["kind"], "adopted");
    assert_eq!(document["origin"]["manager"], "asdf");
    let listed = world.gowr(["list", "--json"]).run().success().json();
    assert_eq!(listed["toolchains"][1]["manager"], "goenv");

    // Whoever has nothing to change says so, and writes nothing.
    let again = world.gowr(["adopt"]).run();
    assert!(again.stderr().contains("nothing new: 2 toolchains"), "{}", again.report());
    assert_eq!(links(&world, "debian-13"), adopted);
}

#[test]
fn what_gowr_installed_comes_first() {
    let world = World::with_fakes(&["go1.22.3"]).inside(&Root::bare(DEBIAN));
    let other = put(&world, ".goenv/versions/1.22.3", "go1.22.3");
    let outcome = world.gowr(["adopt", "--json"]).run();
    let document = outcome.success().json();
    assert_eq!(document["toolchains"].as_array().map(Vec::len), Some(1));
    let row = &document["toolchains"][0];
    assert_eq!(row["action"], "passed-over");
    assert_eq!(row["reason"], "duplicate");
    assert_eq!(row["goroot"].as_str(), other.to_str());
    assert_data_eq!(
        world.gowr(["adopt".as_ref(), other.as_os_str()]).run().snapshot(),
        str![[r#"
------- stderr -------
gowr: cannot adopt [HOME]/.goenv/versions/1.22.3
  [GOWR]/toolchains/go1.22.3 is the same version
  run: gowr adopt [HOME]/.goenv/versions/1.22.3 --name NAME
[exit status: 1]

"#]]
    );
    let stored = world.goroot("go1.22.3");
    let outcome = world.gowr(["adopt".as_ref(), stored.as_os_str()]).run();
    assert!(outcome.stderr().contains("gowr installed it itself"), "{}", outcome.report());
    // Under a name both may be had.
    world.gowr(["adopt".as_ref(), other.as_os_str(), "--name=theirs".as_ref()]).run().success();
    assert_eq!(runs(&world, "theirs"), "[HOME]/.goenv/versions/1.22.3/bin/go");
    assert_eq!(runs(&world, "1.22.3"), "[HOME]/.local/share/gowr/toolchains/go1.22.3/bin/go");
}

#[test]
fn others_upgrade_and_remove_what_is_theirs() {
    let world = bare();
    let upgraded = put(&world, ".local/opt/go-1.24", "go1.24.4");
    let removed = put(&world, ".goenv/versions/1.22.3", "go1.22.3");
    let locked = put(&world, ".goenv/versions/1.21.1", "go1.21.1");
    world.gowr(["adopt"]).run().success();
    fs::write(upgraded.join("VERSION"), "go1.24.6\n").unwrap();
    fs::remove_dir_all(&removed).unwrap();
    let program = locked.join("bin/go");
    fs::remove_file(&program).unwrap();
    fs::write(&program, "#!/bin/sh\n").unwrap();

    // Until somebody looks again, what is not what it was is not used, and the list says why.
    let listed = world.gowr(["list"]).run().success().stdout();
    for said in ["it is go1.24.6 now", "it is not there any more", "is not executable"] {
        assert!(listed.contains(said), "no {said:?} in\n{listed}");
    }
    world.write("project/.go-version", "1.24.4\n");
    assert_eq!(world.go(["version"]).run().code(), Some(127));
    fs::remove_file(world.path("project/.go-version")).unwrap();

    assert_data_eq!(
        world.gowr(["adopt"]).run().snapshot(),
        str![[r#"
------- stderr -------
go1.21.1 is adopted no more from [HOME]/.goenv/versions/1.21.1 (goenv): [HOME]/.goenv/versions/1.21.1/bin/go is not executable
go1.22.3 is adopted no more from [HOME]/.goenv/versions/1.22.3: it is not there any more
go1.24.4 is adopted no more from [HOME]/.local/opt/go-1.24 (webi): it is go1.24.6 now
go1.24.6 is adopted from [HOME]/.local/opt/go-1.24 (webi)

"#]]
    );
    let expected =
        ["1.24 -> go1.24.6", "go1.24.6 -> [HOME]/.local/opt/go-1.24", "newest -> go1.24.6"];
    assert_eq!(links(&world, "debian-13"), expected);
}

#[test]
fn one_directory() {
    let world = bare();
    put(&world, ".goenv/versions/1.22.3", "go1.22.3");
    let own = put(&world, "work/go", "go1.22.3");
    world.gowr(["adopt"]).run().success();
    // By a relative path, through a link: it is known by its real path.
    symlink("../work/go", world.path("project/link")).unwrap();
    assert_data_eq!(
        world.gowr(["adopt", "link"]).run().snapshot(),
        str![[r#"
------- stderr -------
go1.22.3 is adopted no more from [HOME]/.goenv/versions/1.22.3: [HOME]/work/go is in its place
go1.22.3 is adopted from [HOME]/work/go

"#]]
    );
    assert_eq!(runs(&world, "1.22.3"), "[HOME]/work/go/bin/go");
    // It stays, though a manager has the same version.
    world.gowr(["adopt"]).run().success();
    assert_eq!(runs(&world, "1.22.3"), "[HOME]/work/go/bin/go");
    assert_data_eq!(
        world.gowr(["uninstall", "1.22.3"]).run().snapshot(),
        str![[r#"
------- stderr -------
gowr: go1.22.3 was not installed by gowr: [HOME]/work/go
  run: gowr adopt --remove go1.22.3
[exit status: 1]

"#]]
    );
    for (directory, said) in [
        ("/etc", "is not a GOROOT: it has no pkg/tool"),
        ("nowhere", "there is no such directory"),
        (world.home().to_str().unwrap(), "it has no pkg/tool"),
    ] {
        let outcome = world.gowr(["adopt", directory]).run();
        assert_eq!(outcome.code(), Some(1), "{}", outcome.report());
        assert!(outcome.stderr().contains(said), "{}", outcome.report());
        assert_eq!(outcome.stderr().lines().count(), 3, "{}", outcome.report());
    }
    fs::write(own.join("VERSION"), "devel go1.28-3f01a2b\n").unwrap();
    assert_data_eq!(
        world.gowr(["adopt".as_ref(), own.as_os_str()]).run().snapshot(),
        str![[r#"
------- stderr -------
gowr: cannot adopt [HOME]/work/go
  no file VERSION says which Go it is
  run: gowr adopt [HOME]/work/go --name NAME
[exit status: 1]

"#]]
    );
}

#[test]
fn names() {
    let world = bare();
    let tip = put(&world, "src/go", "devel go1.28-3f01a2b");
    world.write("project/.gowr.yaml", "go: work\n");
    assert_data_eq!(
        world.go(["version"]).run().snapshot(),
        str![[r#"
------- stderr -------
gowr: no toolchain is registered as work
  asked for by [HOME]/project/.gowr.yaml:1: go: work
  run: gowr adopt DIR --name work
[exit status: 127]

"#]]
    );
    world.gowr(["adopt".as_ref(), tip.as_os_str(), "--name=work".as_ref()]).run().success();
    let handed = world.go(["version"]).run().handed();
    assert!(handed.execution_path.ends_with("src/go/bin/go"), "{handed:?}");
    assert_data_eq!(
        world.gowr(["list"]).run().snapshot(),
        str![[r#"
*  devel go1.28-3f01a2b  adopted    work  [HOME]/src/go

"#]]
    );
    // A link is kept as it was given, and may lead elsewhere tomorrow.
    put(&world, "one", "go1.22.3");
    put(&world, "two", "go1.22.4");
    symlink("one", world.path("current")).unwrap();
    world.gowr(["adopt", "../current", "--name", "work"]).run().success();
    assert_eq!(world.gowr(["which", "--json"]).run().which()["version"], "go1.22.3");
    fs::remove_file(world.path("current")).unwrap();
    symlink("two", world.path("current")).unwrap();
    assert_eq!(world.gowr(["which", "--json"]).run().which()["version"], "go1.22.4");
    // What is gone for a while is not forgotten: it is a person's word, and no cache.
    fs::remove_file(world.path("current")).unwrap();
    world.gowr(["adopt"]).run().success();
    let listed = world.gowr(["list"]).run().success().stdout();
    assert!(listed.contains("not usable here: it is not there any more"), "{listed}");

    for name in ["Work", "1.22", "go1.22", "latest", "a/b", "", "-x", "system"] {
        let argument = format!("--name={name}");
        let outcome = world.gowr(["adopt".as_ref(), tip.as_os_str(), argument.as_ref()]).run();
        assert_eq!(outcome.code(), Some(1), "{name}: {}", outcome.report());
    }
}

#[test]
fn taking_away() {
    let world = bare();
    let first = put(&world, ".goenv/versions/1.22.3", "go1.22.3");
    put(&world, ".goenv/versions/1.22.4", "go1.22.4");
    world.gowr(["adopt"]).run().success();
    world.gowr(["adopt".as_ref(), first.as_os_str(), "--name=work".as_ref()]).run().success();
    let refused = |words: &[&str], said: &str| {
        let outcome = world.gowr(["adopt", "--remove"]).args(words).run();
        assert_eq!(outcome.code(), Some(1), "{}", outcome.report());
        assert!(outcome.stderr().contains(said), "{}", outcome.report());
    };
    refused(&["1.22"], "go 1.22 may be go1.22.3 or go1.22.4");
    refused(&["1.21.1"], "go 1.21.1 is not adopted");
    refused(&["other"], "no toolchain is registered as other");
    refused(&["/nowhere"], "nothing is adopted from /nowhere");
    assert_eq!(world.gowr(["adopt", "--remove"]).run().code(), Some(2));

    world.write(".config/gowr/config.yaml", "default: 1.22.4\ndistros:\n  debian: work\n");
    world.gowr(["adopt", "--dry-run", "--remove", "1.22.4"]).run().success();
    assert_eq!(links(&world, "debian-13").len(), 4);
    assert_data_eq!(
        world.gowr(["adopt", "--remove", "1.22.4"]).run().snapshot(),
        str![[r#"
------- stderr -------
go 1.22.4 was the default everywhere; there is none now
go1.22.4 is adopted no more from [HOME]/.goenv/versions/1.22.4

"#]]
    );
    // By its directory, also when that is gone: the version and the name.
    fs::remove_dir_all(&first).unwrap();
    assert_data_eq!(
        world.gowr(["adopt", "--remove", "../.goenv/versions/1.22.3"]).run().snapshot(),
        str![[r#"
------- stderr -------
go work was the default on debian; there is none now
go1.22.3 is adopted no more from [HOME]/.goenv/versions/1.22.3
work is adopted no more from [HOME]/.goenv/versions/1.22.3

"#]]
    );
    assert!(links(&world, "debian-13").is_empty());
    assert!(
        !world.path(".config/gowr/config.yaml").exists()
            || !world.read(".config/gowr/config.yaml").contains("work")
    );
    assert!(world.path(".goenv/versions/1.22.4/bin/go").exists(), "theirs stays");
}

#[test]
fn json() {
    let world = bare();
    put(&world, ".goenv/versions/1.22.3", "go1.22.3");
    let document = |words: &[&str]| world.gowr(words).run().quiet().json();
    let rehearsed = document(&["adopt", "--json", "--dry-run"]);
    assert_eq!(rehearsed["dry_run"], true);
    let adopted = document(&["adopt", "--json"]);
    let goroot = world.path(".goenv/versions/1.22.3");
    let expected = serde_json::json!({
        "schema": 1,
        "dry_run": false,
        "toolchains": [{
            "goroot": goroot,
            "name": "go1.22.3",
            "registered": null,
            "version_text": "go1.22.3",
            "manager": "goenv",
            "action": "adopted",
            "reason": null,
            "detail": null,
        }],
    });
    assert_eq!(adopted, expected);
    assert_eq!(rehearsed["toolchains"], expected["toolchains"]);
    let named = document(&["adopt", "--json", "../.goenv/versions/1.22.3", "--name", "work"]);
    assert_eq!(named["toolchains"][0]["registered"], "work");
    let removed = document(&["adopt", "--json", "--remove", "work"]);
    assert_eq!(removed["toolchains"][0]["action"], "forgotten");
}

#[test]
fn an_install_looks_at_what_is_adopted_too() {
    let service = Service::new(&["go1.22.3"]);
    let log = service.log.clone();
    let server = service.start();
    let world = World::new();
    let adopted = put(&world, "one", "go1.22.3");
    let gone = put(&world, "two", "go1.21.1");
    for goroot in [&adopted, &gone] {
        world.gowr(["adopt".as_ref(), goroot.as_os_str()]).run().success();
    }
    fs::remove_dir_all(&gone).unwrap();
    let outcome = install(&world, &server, &log, &["1.22.3"]).run();
    outcome.success();
    assert!(outcome.stderr().contains("go1.21.1 is adopted no more"), "{}", outcome.report());
    // What gowr installed takes the place of what was adopted.
    let links = links(&world, &host_key());
    assert!(links.contains(&"go1.22.3 -> ../../toolchains/go1.22.3".to_owned()), "{links:?}");
    assert!(links.iter().all(|link| !link.starts_with("go1.21.1")), "{links:?}");
}

#[test]
fn each_distro_its_own() {
    let (trixie, alpine) = (Root::trixie(), Root::alpine());
    let world = World::new();
    world.write("project/go.mod", "module example.com/m\n\ngo 1.21\n");
    world.gowr(["adopt"]).inside(&trixie).run().success();
    world.gowr(["adopt"]).inside(&alpine).run().success();
    assert_eq!(
        links(&world, "debian-13"),
        ["1.24 -> go1.24.4", "go1.24.4 -> /usr/lib/go-1.24", "newest -> go1.24.4"]
    );
    assert_eq!(
        links(&world, "alpine-3.23"),
        ["1.26 -> go1.26.9", "go1.26.9 -> /usr/lib/go", "newest -> go1.26.9"]
    );
    // Debian's tree is half of links into /usr/share, and works where it is.
    world.write("project/.gowr.yaml", "go: \"1.24\"\ndistros:\n  alpine: \"1.26\"\n");
    world.write("project/main.go", "package main\n\nfunc main() { println(\"built\") }\n");
    for (root, version) in [(&trixie, "go1.24.4\n"), (&alpine, "go1.26.9\n")] {
        assert_eq!(world.go(["env", "GOVERSION"]).inside(root).run().quiet().stdout(), version);
        world.go(["build", "-o", "m", "."]).inside(root).run().quiet();
        let document = world.gowr(["which", "--json"]).inside(root).run().success().which();
        assert_eq!(document["origin"]["kind"], "adopted");
        assert_eq!(document["origin"]["manager"], "distro");
    }
    // What one has adopted is nothing to the other.
    world.write("project/.gowr.yaml", "go: \"1.24\"\n");
    assert_eq!(world.go(["version"]).inside(&alpine).run().code(), Some(127));
}

#[test]
fn what_cannot_run_here_is_passed_over() {
    let (bookworm, alpine) = (Root::bookworm(), Root::alpine());
    let world = World::new();
    // Debian 12's `go` needs glibc's loader. In Alpine it is a file that cannot start.
    let goroot = put(&world, ".goenv/versions/1.19.7", "go1.19.7");
    replace_go(&goroot, &fs::read(bookworm.outside("/usr/lib/go-1.19/bin/go")).unwrap());
    let row = |outcome: &Outcome| -> Value {
        let document = outcome.success().json();
        let rows = document["toolchains"].as_array().unwrap().clone();
        let is_it = |row: &&Value| row["manager"] == "goenv";
        rows.iter().find(is_it).unwrap_or_else(|| panic!("{document:#}")).clone()
    };
    let foreign = row(&world.gowr(["adopt", "--json"]).inside(&alpine).run());
    assert_eq!(foreign["action"], "passed-over");
    assert_eq!(foreign["reason"], "wrong-libc");
    let native = row(&world.gowr(["adopt", "--json"]).inside(&bookworm).run());
    assert_eq!(native["action"], "adopted");
    let outcome = world.gowr(["adopt".as_ref(), goroot.as_os_str()]).inside(&alpine).run();
    assert_eq!(outcome.code(), Some(1));
    assert!(outcome.stderr().contains("run: gowr install 1.19.7"), "{}", outcome.report());

    // On a mount that forbids execution, and there adopted before.
    let world = World::new();
    put(&world, ".goenv/versions/1.22.3", "go1.22.3");
    let mounted = "mount --bind ~/.goenv ~/.goenv; mount -o remount,bind,noexec ~/.goenv";
    let script = format!("set -e; gowr adopt; {mounted}; gowr list; gowr adopt --json");
    let outcome = world.run("/bin/sh").args(["-c", &script]).inside(&alpine).run();
    let said = outcome.success().stdout();
    assert!(said.contains("not usable here"), "{}", outcome.report());
    assert!(said.contains("\"reason\": \"noexec\""), "{}", outcome.report());
    // Of another machine.
    let world = bare();
    let goroot = put(&world, ".goenv/versions/1.22.3", "go1.22.3");
    let mut program = fs::read(goroot.join("bin/go")).unwrap();
    program[18] ^= 0xff;
    replace_go(&goroot, &program);
    let foreign = row(&world.gowr(["adopt", "--json"]).run());
    assert_eq!(foreign["reason"], "wrong-arch");
}

#[test]
fn a_home_that_cannot_be_written_to() {
    let alpine = Root::alpine();
    let world = World::new();
    put(&world, ".goenv/versions/1.22.3", "go1.22.3");
    let mounted = "mount --bind ~/.local ~/.local; mount -o remount,bind,ro ~/.local";
    let script = format!("{mounted}; gowr adopt");
    let outcome = world.run("/bin/sh").args(["-c", &script]).inside(&alpine).run();
    assert_eq!(outcome.code(), Some(1), "{}", outcome.report());
    assert!(outcome.stderr().contains("read-only file system"), "{}", outcome.report());
    // With nothing to change it has nothing to write.
    world.gowr(["adopt"]).inside(&alpine).run().success();
    world.run("/bin/sh").args(["-c", &script]).inside(&alpine).run().success();
}

#[test]
fn setup_keeps_the_go_that_was_there_and_adopting_it_changes_nothing() {
    let world = bare();
    put(&world, "go", "go1.22.3");
    let path = format!("{}:/usr/bin", world.path("go/bin").display());
    world.gowr(["setup"]).env("PATH", &path).run().success();
    assert_eq!(
        world.read(".config/gowr/config.yaml").trim(),
        "distros:\n  debian-13: \"previous\""
    );
    world.gowr(["adopt"]).run().success();
    let handed = world.go(["version"]).run().handed();
    assert!(handed.execution_path.ends_with("/go/bin/go"), "{handed:?}");
    // Taking the name away takes the default away, which nothing could answer.
    world.gowr(["adopt", "--remove", "previous"]).run().success();
    assert_eq!(world.go(["version"]).run().code(), Some(127));
}
