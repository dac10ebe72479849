//! `gowr exec` and `gowr env`: what the proxy does, for one command and for a shell.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;

use snapbox::{assert_data_eq, str};

use crate::support::{Run, World, tool};
use crate::userland::Root;

/// A project pinned to one stand-in, on a machine that has two.
fn world() -> World {
    let world = World::with_fakes(&["go1.22.12", "go1.26.9"]);
    world.write("project/.go-version", "1.22\n");
    world.go(["version"]).run().handed();
    world
}

fn chosen(run: &Run) -> String {
    run.run().handed().execution_path.rsplit('/').nth(2).unwrap().to_owned()
}

#[test]
fn every_go_in_a_command_is_the_one_that_was_named() {
    let world = world();
    let other = world.path("other");
    world.write("other/.go-version", "1.22\n");
    let script = format!("cd {} && go version", other.display());
    for (words, toolchain) in [
        (&[][..], "go1.22.12"),
        (&["--go", "1.26"], "go1.26.9"),
        (&["--go", "go1.26.9"], "go1.26.9"),
        (&["--goroot", world.goroot("go1.26.9").to_str().unwrap()], "go1.26.9"),
    ] {
        let run = world.gowr(["exec"]).args(words).args(["--", "sh", "-c", &script]);
        assert_eq!(chosen(&run), toolchain, "{words:?}");
    }
    // A shell without gowr on PATH has it then.
    let run = world.gowr(["exec", "--", "go", "version"]).env("PATH", "/usr/bin:/bin");
    assert_eq!(chosen(&run), "go1.22.12");
}

#[test]
fn it_ends_as_the_command_ends() {
    let world = world();
    let exec = |words: &[&str]| world.gowr(["exec", "--"]).args(words).run();
    for code in ["0", "1", "42", "255"] {
        assert_eq!(
            exec(&["go", "exit", code]).snapshot(),
            exec(&["sh", "-c", &format!("exit {code}")]).snapshot()
        );
        assert_eq!(exec(&["go", "exit", code]).code(), code.parse().ok());
    }
    assert_eq!(exec(&["go", "raise", "15"]).status().signal(), Some(15));
    assert_eq!(exec(&["no-such-command"]).code(), Some(127));
    world.write("project/words", "no program");
    assert_eq!(exec(&["./words"]).code(), Some(126));
    assert_data_eq!(
        world.gowr(["exec", "--go", "1.99", "--", "true"]).run().snapshot(),
        str![[r#"
------- stderr -------
gowr: go 1.99 is not installed
  asked for by the argument --go 1.99
  run: gowr install 1.99
[exit status: 127]

"#]]
    );
    assert_eq!(world.gowr(["exec", "--goroot", "/etc", "--", "true"]).run().code(), Some(126));
    assert_eq!(world.gowr(["exec"]).run().code(), Some(2));
}

#[test]
fn env_is_what_the_proxy_hands_on() {
    let world = world();
    let handed = world.go(["version"]).env("GOROOT", "/x").run().handed();
    let words = ["GOCACHE", "GOTOOLCHAIN", "PATH"];
    let said =
        world.gowr(["env"]).args(words).env("GOROOT", "/x").run().quiet().raw_stdout().to_owned();
    let expected: Vec<_> = words.iter().map(|name| handed.variable(name).unwrap()).collect();
    assert_eq!(said.lines().collect::<Vec<_>>(), expected);
    assert_eq!(
        world.gowr(["env", "GOROOT"]).run().quiet().stdout(),
        "[GOWR]/toolchains/go1.22.12\n"
    );
    let json = world.gowr(["env", "--json"]).env("GOROOT", "/x").run().quiet().json();
    assert_eq!(json["GOCACHE"], handed.variable("GOCACHE").unwrap());
    assert_eq!(json["GOROOT"], serde_json::Value::Null, "it is taken away");
    let diff = world.gowr(["env", "--diff"]).env("GOROOT", "/x").run().quiet().stdout();
    assert!(diff.contains("-GOROOT=/x") && diff.contains("inherited-goroot"), "{diff}");
}

#[test]
fn env_is_code_for_each_shell() {
    // A home with everything in its name that a shell would take for its own.
    let world = world();
    let odd = world.path("it's $HOME `x` \"q\" \\ *");
    fs::create_dir_all(&odd).unwrap();
    fs::write(odd.join(".go-version"), "1.22\n").unwrap();
    let cache = odd.join("cache");
    for (shell, flags, language) in [
        ("bash", "--norc", "sh"),
        ("zsh", "-f", "sh"),
        ("sh", "-u", "sh"),
        ("fish", "--no-config", "fish"),
    ] {
        let script = if language == "fish" {
            "gowr env --shell fish | source; printf '%s\\n' $GOCACHE $GOTOOLCHAIN"
        } else {
            "eval \"$(gowr env)\"; printf '%s\\n' \"$GOCACHE\" \"$GOTOOLCHAIN\""
        };
        let run = world
            .run(tool(shell))
            .args([flags, "-c", script])
            .at(&odd)
            .env("XDG_CACHE_HOME", &cache);
        let said = run.run();
        let lines: Vec<_> = said.quiet().raw_stdout().lines().collect();
        let directory = lines[0].rsplit_once("/go-build-").unwrap().0;
        assert_eq!(directory, cache.to_str().unwrap(), "{shell}");
        assert_eq!(lines[1], "local", "{shell}");
    }
}

#[test]
fn windows_directories_are_taken_off_where_that_is_asked_for() {
    let root = Root::bare("ID=ubuntu\nVERSION_ID=\"24.04\"\n").without_proc();
    root.write("/proc/sys/kernel/osrelease", "6.6.87.2-microsoft-standard-WSL2\n");
    root.write(
        "/proc/self/mountinfo",
        "1 0 8:32 / / rw - ext4 /dev/sdc rw\n2 1 0:52 / /mnt/c rw - 9p C:\\134 rw,aname=drvfs;path=C:\\\n",
    );
    let world = World::with_fakes(&["go1.22.12"]).inside(&root);
    world.write("project/.go-version", "1.22\n");
    let path = format!("{}:/mnt/c/Windows:/usr/bin", world.gowr_home().join("bin").display());
    let handed = world.go(["version"]).env("PATH", &path).run().handed();
    assert!(handed.variable("PATH").unwrap().contains(":/mnt/c/Windows:"), "{handed:?}");
    assert_eq!(handed.variable("GCCGO"), Some("/usr/bin/gccgo"));
    let run = world.gowr(["exec", "--clean-path", "--", "go", "version"]).env("PATH", &path);
    let handed = run.run().handed();
    assert!(!handed.variable("PATH").unwrap().contains("/mnt/c"), "{handed:?}");
}

#[test]
fn a_tool_is_run_from_where_go_puts_it() {
    let world = world();
    let shown = "#!/bin/sh\necho \"$0 $*\"\nexit 7\n";
    for directory in ["go/bin", "elsewhere", "on-path"] {
        let tool = world.write(format!("{directory}/tool"), shown);
        fs::set_permissions(&tool, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let on_path = format!("{}:/usr/bin:/bin", world.path("on-path").display());
    let run = world.gowr(["run", "tool", "--version", "a b"]).env("PATH", on_path);
    assert_data_eq!(
        run.run().snapshot(),
        str![[r#"
[HOME]/go/bin/tool --version a b
[exit status: 7]

"#]]
    );
    let elsewhere = run.env("GOBIN", world.path("elsewhere")).run();
    assert!(elsewhere.stdout().contains("/elsewhere/tool --version"), "{}", elsewhere.report());
    assert_data_eq!(
        world.gowr(["run", "nothing"]).run().snapshot(),
        str![[r#"
------- stderr -------
gowr: nothing is not installed
  looked for in [HOME]/go/bin
  run: go install PACKAGE/nothing@latest
[exit status: 127]

"#]]
    );
}

#[test]
fn windows_runs_a_tool_by_a_batch_file() {
    let world = world();
    let tool = world.write("go/bin/tool", "#!/bin/sh\n");
    fs::set_permissions(&tool, fs::Permissions::from_mode(0o755)).unwrap();
    let write = world.gowr(["run", "--write-cmd", "tool.cmd", "tool"]);
    assert_data_eq!(
        write.run().snapshot(),
        str![[r#"
------- stderr -------
gowr: the name of this distro in WSL is not known
  this is no WSL
  run: WSL_DISTRO_NAME=NAME gowr run --write-cmd tool.cmd tool
[exit status: 125]

"#]]
    );
    let write = write.env("WSL_DISTRO_NAME", "Debian");
    assert_data_eq!(
        write.run().snapshot(),
        str![[r#"
tool.cmd

"#]]
    );
    assert_data_eq!(
        write.run().snapshot(),
        str![[r#"
------- stderr -------
gowr: cannot write tool.cmd
  it is there already
  run: gowr run --force --write-cmd tool.cmd tool
[exit status: 125]

"#]]
    );
    assert_eq!(
        write.args(["--force"]).run().code(),
        Some(125),
        "an option of the tool's is no option of ours"
    );
    let text = world.read("project/tool.cmd");
    let programs = world.gowr_home().join("bin/gowr");
    let call = format!("--exec \"{}\" run \"tool\" %*\r\n", programs.display());
    assert!(text.contains(&call), "{text}");
}
