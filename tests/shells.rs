//! `gowr setup` and the shells people use: real bash, zsh, fish and sh, login and not.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use crate::support::{Run, World, fakes, tool};

/// A home with what people have in their shells' files, and a gowr that is not set up yet.
fn home() -> World {
    let world = World::empty();
    world.write(".profile", "# no newline at the end\nexport PROFILE=1");
    world.write("dotfiles/bashrc", "# kept elsewhere\r\nalias ll='ls -l'\r\n");
    symlink("dotfiles/bashrc", world.path(".bashrc")).unwrap();
    world.write(".zshrc", "setopt auto_cd\n");
    fs::set_permissions(world.path(".zshrc"), fs::Permissions::from_mode(0o600)).unwrap();
    world.write(".config/fish/config.fish", "set -g fish_greeting\n");
    world
}

fn setup(world: &World, words: &[&str]) -> Run {
    world
        .run(env!("CARGO_BIN_EXE_gowr"))
        .args(["setup"])
        .args(words)
        .env("PATH", "/usr/bin:/bin")
        .env("SHELL", "/bin/bash")
}

/// A new shell, as `sshd`, a terminal or a desktop starts it: with the system's PATH.
fn shell(world: &World, name: &str, flags: &[&str], script: &str) -> Run {
    world
        .run(tool(name))
        .args(flags)
        .args(["-c", script])
        .env("PATH", "/usr/local/bin:/usr/bin:/bin")
        .env("USER", "user")
}

/// Each kind of shell that must find gowr's `go` first. A bash that is neither login nor interactive reads no file.
const SHELLS: [(&str, &[&str]); 9] = [
    ("bash", &["-l"]),
    ("bash", &["-i"]),
    ("bash", &["-l", "-i"]),
    ("sh", &["-l"]),
    ("zsh", &[]),
    ("zsh", &["-l"]),
    ("zsh", &["-i"]),
    ("fish", &[]),
    ("fish", &["-l"]),
];

/// Every file, link and mode below a home, without gowr's own home.
fn tree(world: &World) -> BTreeMap<PathBuf, (u32, Vec<u8>)> {
    fn walk(directory: &Path, skip: &Path, found: &mut BTreeMap<PathBuf, (u32, Vec<u8>)>) {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path == skip {
                continue;
            }
            let metadata = fs::symlink_metadata(&path).unwrap();
            let content = if metadata.is_symlink() {
                fs::read_link(&path).unwrap().into_os_string().into_encoded_bytes()
            } else if metadata.is_dir() {
                walk(&path, skip, found);
                Vec::new()
            } else {
                fs::read(&path).unwrap()
            };
            found.insert(path, (metadata.permissions().mode(), content));
        }
    }
    let mut found = BTreeMap::new();
    walk(world.home(), &world.path(".local"), &mut found);
    found
}

#[test]
fn every_new_shell_finds_go() {
    let world = home();
    setup(&world, &[]).run().success();
    let go = world.gowr_home().join("bin/go");
    assert!(
        go.exists()
            && world.gowr_home().join("bin/gowr").exists()
            && world.gowr_home().join("bin/gofmt").exists()
    );
    for (name, flags) in SHELLS {
        let outcome = shell(&world, name, flags, "command -v go").run();
        assert_eq!(
            outcome.success().line(),
            go.to_str().unwrap(),
            "{name} {flags:?}: {}",
            outcome.report()
        );
        // A shell in a shell does not make PATH grow.
        let nested = format!("{name} {} -c 'echo $PATH'", flags.join(" "));
        let path = shell(&world, name, flags, &nested).run().stdout();
        assert_eq!(path.matches("[GOWR]/bin").count(), 1, "{name} {flags:?}: {path}");
    }
    assert_eq!(shell(&world, "bash", &["-l"], "echo $PROFILE").run().stdout(), "1\n");
}

#[test]
fn twice_is_once() {
    let world = home();
    setup(&world, &[]).run().success();
    let once = tree(&world);
    setup(&world, &[]).run().success();
    assert_eq!(tree(&world), once);
}

#[test]
fn removed_without_a_trace() {
    let world = home();
    let before = tree(&world);
    setup(&world, &[]).run().success();
    assert_ne!(tree(&world), before);
    fs::create_dir_all(world.goroot("go1.22.12")).unwrap();
    setup(&world, &["--remove"]).run().success();
    assert_eq!(tree(&world), before);
    assert!(!world.gowr_home().join("bin/go").exists());
    assert!(world.goroot("go1.22.12").exists(), "toolchains stay");

    // From the installed gowr too, and with all there is.
    setup(&world, &[]).run().success();
    world.gowr(["setup", "--remove", "--purge"]).run().success();
    assert_eq!(tree(&world), before);
    assert!(!world.gowr_home().exists());
}

#[test]
fn a_home_with_nothing_in_it() {
    let world = World::empty();
    let before = tree(&world);
    setup(&world, &[]).run().success();
    let go = world.gowr_home().join("bin/go");
    for (name, flags) in SHELLS {
        let outcome = shell(&world, name, flags, "command -v go").run();
        assert_eq!(
            outcome.success().line(),
            go.to_str().unwrap(),
            "{name} {flags:?}: {}",
            outcome.report()
        );
    }
    setup(&world, &["--remove"]).run().success();
    let mut after = tree(&world);
    // zsh and fish write files of their own when they start.
    after.retain(|path, _| {
        !path.starts_with(world.path(".config/fish")) && !path.starts_with(world.path(".cache"))
    });
    after.retain(|path, _| path != &world.path(".config") && !path.ends_with(".zcompdump"));
    assert_eq!(after, before);
}

#[test]
fn what_stands_in_the_way_is_named() {
    let world = home();
    world.write(".bashrc", "alias ll='ls -l'\nexport GOROOT=/usr/local/go\n");
    world.write(".zshrc", "eval \"$(goenv init -)\"\n");
    world.write(
        ".profile",
        "[[ -s \"$HOME/.gvm/scripts/gvm\" ]] && source \"$HOME/.gvm/scripts/gvm\"\n",
    );
    world.write(".config/fish/config.fish", "set -gx GOROOT /usr/local/go\n");
    let outcome = setup(&world, &[]).run();
    let said = outcome.success().stderr();
    for place in [".bashrc:2", ".zshrc:1", ".profile:1", "config.fish:1", "GOROOT", "goenv", "gvm"]
    {
        assert!(said.contains(place), "no {place} in\n{}", outcome.report());
    }
}

#[test]
fn the_go_that_was_there_stays_the_default() {
    let world = home();
    let root = world.path("opt/go");
    fakes::lay_out(&root, "go1.21.5");
    let path = format!("{}:/usr/bin:/bin", root.join("bin").display());
    let outcome = setup(&world, &[]).env("PATH", path).run();
    assert!(outcome.success().stderr().contains("[HOME]/opt/go"), "{}", outcome.report());
    let handed = world.go(["version"]).run().handed();
    assert_eq!(handed.execution_path, root.join("bin/go").to_str().unwrap());
}

#[test]
fn while_a_go_is_running() {
    let world = home();
    setup(&world, &[]).run().success();
    world.fake("go1.22.12");
    world.write("project/.go-version", "1.22\n");
    let mut running = world.go(["sleep"]).command().spawn().unwrap();
    // Busy text files are replaced, not written.
    let mut holds = world
        .run(world.gowr_home().join("bin/gowr"))
        .args(["which", "--json"])
        .command()
        .spawn()
        .unwrap();
    setup(&world, &[]).run().success();
    holds.wait().unwrap();
    assert!(running.try_wait().unwrap().is_none());
    running.kill().unwrap();
    running.wait().unwrap();
    world.go(["version"]).run().handed();
}

#[test]
fn for_the_shell_to_read() {
    let world = home();
    let before = tree(&world);
    for name in ["bash", "zsh", "fish"] {
        let text = setup(&world, &["--print", name]).run().quiet().stdout();
        let code = text
            .replace("[GOWR]", world.gowr_home().to_str().unwrap())
            .replace("[HOME]", world.home().to_str().unwrap());
        let script = format!("{code}\necho $PATH");
        let flags: &[&str] = match name {
            "bash" => &["--norc", "--noprofile"],
            "zsh" => &["-f"],
            _ => &["--no-config"],
        };
        let outcome = shell(&world, name, flags, &script).run();
        let path = outcome.quiet().stdout();
        let first = path.split([':', ' ']).next().unwrap();
        assert_eq!(first, "[GOWR]/bin", "{name}");
    }
    assert_eq!(tree(&world), before);
}

#[test]
fn completions() {
    let world = World::new();
    for name in ["bash", "zsh", "fish"] {
        let script = world.gowr(["completions", name]).run().quiet().stdout();
        world.write("completions", script);
        let check = if name == "fish" { "--no-execute" } else { "-n" };
        world.run(tool(name)).args([check, "../completions"]).run().quiet();
    }
}
