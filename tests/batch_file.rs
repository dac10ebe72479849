//! The batch file of `gowr run --write-cmd`, read by an interpreter of batch files: Wine's, as there is no Windows here.
//! With `--features long` only: Wine takes 700 MB, and half a minute to get ready.
//!
//! `wsl.exe` is `programs/wsl_exe.go`, compiled by a Go whose programs Wine can run. That the words of a batch file are
//! what `cmd.exe` hands on is shown for all that Wine reads as `cmd.exe` does; it does not for a `%` among the arguments.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use crate::support::{Outcome, Run, World, tool};
use crate::userland::Root;

#[test]
fn what_windows_hands_on() {
    let world = World::empty();
    world.write("project/main.go", include_str!("programs/wsl_exe.go"));
    compile(&world);
    let wine = |words: &[&str]| {
        let run = Run::new(tool("wine")).args(words).at(world.path("project"));
        run.env("PATH", "/usr/bin:/bin")
            .env("HOME", world.home())
            .env("WINEPREFIX", world.path("wine"))
            .env("WINEDEBUG", "-all")
            // Neither .NET nor a browser, which it would ask for, and no menus.
            .env("WINEDLLOVERRIDES", "mscoree=;mshtml=;winemenubuilder.exe=")
            .run()
    };
    wine(&["wineboot", "--init"]).success();
    let windows = world.path("wine/drive_c/windows/system32");
    fs::rename(world.path("project/wsl.exe"), windows.join("wsl.exe")).unwrap();

    // A path that has to be written in another way than it is read.
    let bin = world.path("50% off/bin");
    fs::create_dir_all(&bin).unwrap();
    fs::hard_link(env!("CARGO_BIN_EXE_gowr"), bin.join("gowr")).unwrap();
    fs::create_dir(world.path("go")).unwrap();
    symlink(&bin, world.path("go/bin")).unwrap();
    let write = world.run(bin.join("gowr")).args(["run", "--write-cmd", "tool.cmd", "gowr"]);
    write.env("WSL_DISTRO_NAME", "Ubuntu-24.04").run().success();

    for (written, read) in CASES {
        let caller = format!("@echo off\r\ntool.cmd {written}\r\n");
        world.write("project/caller.cmd", caller);
        let outcome = wine(&["cmd", "/c", "caller.cmd"]);
        assert_eq!(outcome.code(), Some(3), "{}", outcome.report());
        assert_eq!(arguments(&outcome, &bin), *read, "{}", outcome.report());
    }
    // And with no other batch file around it.
    let outcome = wine(&["cmd", "/c", "tool.cmd", "one", "two words"]);
    assert_eq!(outcome.code(), Some(3), "{}", outcome.report());
    assert_eq!(arguments(&outcome, &bin), ["one", "two words"], "{}", outcome.report());
    wine(&["wineboot", "--kill"]);
}

/// What stands in a batch file, and what a program gets.
const CASES: &[(&str, &[&str])] = &[
    ("", &[]),
    ("one \"two  words\" \"\" *", &["one", "two  words", "", "*"]),
    ("1 2 3 4 5 6 7 8 9 10 11", &["1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11"]),
    ("\"a&b\" \"a|b<c>d\" \"x^y\" (z) a;b,c=d", &["a&b", "a|b<c>d", "x^y", "(z)", "a;b,c=d"]),
    ("\"hi!\" bang! !PATH!", &["hi!", "bang!", "!PATH!"]),
    (
        "-flag=\"x y\" --go C:\\a\\b \"C:\\a b\\\\\"",
        &["-flag=x y", "--go", "C:\\a\\b", "C:\\a b\\"],
    ),
];

/// The arguments after those that the batch file has itself, which are looked at too.
fn arguments(outcome: &Outcome, bin: &Path) -> Vec<String> {
    let text = outcome.raw_stdout().replace('\r', "");
    let words = text.lines().filter_map(|line| line.strip_prefix('[')?.strip_suffix(']'));
    let words: Vec<String> = words.map(str::to_owned).collect();
    let gowr = bin.join("gowr");
    let own = ["--distribution", "Ubuntu-24.04", "--exec", gowr.to_str().unwrap(), "run", "gowr"];
    assert_eq!(words[..own.len()], own, "{}", outcome.report());
    words[own.len()..].to_vec()
}

/// Makes `wsl.exe` with Debian's Go 1.19: programs of a newer one ask for a library that this Wine has not.
fn compile(world: &World) {
    let root = Root::bookworm();
    let goroot = root.outside("/usr/lib/go-1.19");
    let build = world.run(goroot.join("bin/go")).args(["build", "-o", "wsl.exe", "main.go"]);
    let build = build.env("GOROOT", &goroot).env("GOOS", "windows").env("GO111MODULE", "off");
    build.env("GOCACHE", world.path("cache")).run().success();
}
