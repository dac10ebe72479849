//! Where the proxy does not go the straight way: it hands over to `gowr`, or refuses, and never goes in circles.

use std::ffi::OsStr;
use std::fs;
use std::process::Command;

use crate::support::{World, install_gowr, tool};
use crate::userland::Root;

/// A project pinned to a stand-in, in a userland that gowr knows.
fn pinned() -> World {
    let world = World::with_fakes(&["go1.22.12"]);
    world.write("project/.go-version", "1.22\n");
    world.go(["version"]).run().handed();
    world
}

#[test]
fn the_proxy_without_gowr_beside_it() {
    let world = pinned();
    fs::remove_file(world.gowr_home().join("bin/gowr")).unwrap();
    world.go(["version"]).run().handed();
    world.write("project/.go-version", "1.99\n");
    let outcome = world.go(["version"]).run();
    assert_eq!(outcome.code(), Some(127), "{}", outcome.report());
    assert_eq!(outcome.stderr().lines().count(), 1, "{}", outcome.report());
    assert!(outcome.stderr().starts_with("gowr: "), "{}", outcome.report());
}

#[test]
fn two_homes_on_path_do_not_call_each_other() {
    let world = World::new().inside(&Root::bare("ID=debian\n"));
    let second = world.path("second");
    install_gowr(&second);
    let path =
        format!("{}:{}", world.gowr_home().join("bin").display(), second.join("bin").display());
    let outcome = world.go(["version"]).env("PATH", path).bounded().run();
    assert_eq!(outcome.code(), Some(127), "{}", outcome.report());
}

#[test]
fn endless_recursion_ends() {
    let world = World::new();
    // A GOROOT whose go is a script that calls `go` again: gowr is first on PATH, so it comes back here.
    let root = world.goroot("go1.22.12");
    fs::create_dir_all(root.join("pkg/tool")).unwrap();
    fs::create_dir_all(root.join("bin")).unwrap();
    fs::write(root.join("VERSION"), "go1.22.12\n").unwrap();
    let script = world.write("script", "#!/bin/sh\nexec go \"$@\"\n");
    assert!(
        Command::new("install")
            .args(["-m755".as_ref(), script.as_os_str(), root.join("bin/go").as_os_str()])
            .status()
            .unwrap()
            .success()
    );
    world.write("project/.go-version", "1.22\n");
    let outcome = world.go(["version"]).bounded().run();
    assert_eq!(outcome.code(), Some(126), "{}", outcome.report());
    assert!(outcome.stderr().starts_with("gowr: "), "{}", outcome.report());
    assert_eq!(outcome.stderr().lines().count(), 3, "{}", outcome.report());
}

#[test]
fn more_rights_than_the_caller_are_refused() {
    use std::os::unix::fs::{PermissionsExt, chown};
    let world = pinned();
    let go = world.gowr_home().join("bin/go");
    // A copy of its own: the file is shared with all other worlds.
    world.run(tool("cp")).args([&go, &world.path("copy")]).run().quiet();
    fs::rename(world.path("copy"), &go).unwrap();
    chown(&go, Some(1234), Some(1234)).expect("this test needs root: only root gives a file away");
    fs::set_permissions(&go, fs::Permissions::from_mode(0o6755)).unwrap();
    let outcome = world.go(["version"]).run();
    assert_eq!(outcome.code(), Some(126), "{}", outcome.report());
    assert!(outcome.stderr().starts_with("gowr: "), "{}", outcome.report());
    assert_eq!(outcome.stderr().lines().count(), 1, "{}", outcome.report());
}

#[test]
fn programs_of_different_versions_notice() {
    let world = pinned();
    let go = world.gowr_home().join("bin/go");
    let mut program = fs::read(&go).unwrap();
    let ours = concat!("GOWR_PROXY_VERSION=", env!("CARGO_PKG_VERSION"), "\0");
    let theirs = "GOWR_PROXY_VERSION=0.0.0\0";
    assert_eq!(ours.len(), theirs.len(), "a version of another length needs another here");
    let at = program.windows(ours.len()).position(|window| window == ours.as_bytes()).unwrap();
    program[at..at + theirs.len()].copy_from_slice(theirs.as_bytes());
    let file = world.write("other", program);
    fs::remove_file(&go).unwrap();
    // By another process: nothing of ours may hold it open for writing.
    world
        .run(tool("install"))
        .args([OsStr::new("-m755"), file.as_os_str(), go.as_os_str()])
        .run()
        .quiet();

    world.go(["version"]).run().handed();
    world.write("project/.go-version", "1.99\n");
    let outcome = world.go(["version"]).run();
    assert_eq!(outcome.code(), Some(127), "{}", outcome.report());
    let stderr = outcome.stderr();
    assert!(stderr.contains("0.0.0") && stderr.contains("gowr setup"), "{}", outcome.report());
    let document = world.gowr(["which", "--json"]).run().which();
    assert!(document["warnings"].to_string().contains("0.0.0"), "{document:#}");
}

#[test]
fn out_of_memory_is_one_line() {
    let world = pinned();
    world.write(".config/go/env", "# as long as a file of settings may be\n".repeat(25_000));
    let limits = [tool("prlimit").into_os_string(), "--data=800000".into()];
    let outcome = world.go(["version"]).under(limits).run();
    assert_eq!(
        outcome.snapshot(),
        "------- stderr -------\ngowr: out of memory\n[exit status: 125]\n"
    );
}
