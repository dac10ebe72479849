//! What is wrong with the input: one error of three lines, its code and exit status, and nothing changed.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use nix::sys::stat::Mode;
use nix::unistd::mkfifo;
use snapbox::{assert_data_eq, str};

use crate::support::{Outcome, Run, World, tool};

fn world() -> World {
    let world = World::with_fakes(&["go1.22.12", "go1.26.9"]);
    world.go(["version"]).env("GOWR_TOOLCHAIN", "1.22").run().handed();
    world
}

/// All files below a home, by content and mode.
fn files(directory: &Path) -> BTreeMap<PathBuf, (u32, Option<Vec<u8>>)> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let metadata = fs::symlink_metadata(&path).unwrap();
        if metadata.is_dir() && !path.ends_with("toolchains") {
            found.extend(files(&path));
        }
        let content = (metadata.is_file() && metadata.len() < 1_000_000)
            .then(|| fs::read(&path).unwrap_or_default());
        found.insert(path, (metadata.permissions().mode(), content));
    }
    found
}

/// Without the right of root to read everything.
fn as_anyone(run: Run) -> Run {
    if nix::unistd::geteuid().is_root() {
        run.under([
            tool("setpriv").as_os_str(),
            OsStr::new("--bounding-set=-dac_override,-dac_read_search"),
            OsStr::new("--inh-caps=-dac_override,-dac_read_search"),
        ])
    } else {
        run
    }
}

/// Fails unless a run ended in an error of three lines; gives them.
fn three_lines(outcome: &Outcome, exit: i32) -> [String; 3] {
    assert_eq!(outcome.code(), Some(exit), "{}", outcome.report());
    assert_eq!(outcome.stdout(), "", "{}", outcome.report());
    let stderr = outcome.stderr();
    // What is told while something is still being tried is no part of the error.
    let lines = stderr.lines().filter(|line| !line.starts_with("trying again in "));
    let lines: Vec<String> = lines.map(str::to_owned).collect();
    let lines: [String; 3] =
        lines.try_into().unwrap_or_else(|_| panic!("not three lines: {}", outcome.report()));
    assert!(lines[0].starts_with("gowr: "), "{}", outcome.report());
    assert!(lines[1].starts_with("  ") && lines[2].starts_with("  "), "{}", outcome.report());
    // The second line may quote a file, and what stands there ends as it ends.
    for line in [&lines[0], &lines[2]] {
        assert!(!line.ends_with('.'), "{}", outcome.report());
    }
    assert!(!outcome.stderr().contains('\u{1b}'), "{}", outcome.report());
    lines
}

/// The proxy and `gowr which` on the same machine: the same error, with this code, and no file changed.
fn refused(world: &World, code: &str, exit: i32, place: &str) -> [String; 3] {
    let before = files(world.home());
    let outcome = as_anyone(world.go(["build"])).run();
    let lines = three_lines(&outcome, exit);
    assert!(lines.iter().any(|line| line.contains(place)), "no {place}: {}", outcome.report());
    let document = as_anyone(world.gowr(["which", "--json"])).run().which();
    assert_eq!(document["error"]["code"], code, "{}", outcome.report());
    assert_eq!(document["error"]["exit"], exit);
    assert_eq!(three_lines(&as_anyone(world.gowr(["which"])).run(), exit), lines);
    assert_eq!(files(world.home()), before);
    lines
}

#[test]
fn malformed_gowr_yaml() {
    let world = world();
    for (content, line) in [
        ("go: ../../evil\n", 1),
        ("go: ..\n", 1),
        ("go: /usr/lib/go\n", 1),
        ("go: ~/sdk/go1.22\n", 1),
        ("go: https://example.com/go.tar.gz\n", 1),
        ("# tab\n\tgo: 1.22\n", 2),
        ("distros:\n\tdebian: 1.22\n", 2),
        ("go: &anchor 1.22\n", 1),
        ("go: *alias\n", 1),
        ("go: !!str 1.22\n", 1),
        ("go: {a: b}\n", 1),
        ("go: [1.22]\n", 1),
        ("go: |\n  1.22\n", 1),
        ("go: \"1.22\\n\"\n", 1),
        ("go: 1.22\ngo: 1.22\n", 2),
        ("go: 1.22\ndistros:\n  debian: 1.22\n  debian: 1.22\n", 4),
        ("go: 1.22\nhooks: true\n", 2),
        ("go: 1.22\n---\ngo: 1.26\n", 2),
        ("distros:\n  debian: ../x\ngo: 1.22\n", 2),
        ("go: latest\n", 1),
        ("go: ^1.22\n", 1),
        ("go: 1.22.3.4\n", 1),
        ("go: 1.022\n", 1),
        ("go: $(touch evil)\n", 1),
        ("go:\n", 1),
        ("just words\n", 1),
        ("format: x\ngo: 1.22\n", 1),
    ] {
        world.write("project/.gowr.yaml", content);
        refused(&world, "bad-pin", 125, &format!("[HOME]/project/.gowr.yaml:{line}"));
    }
    world.write("project/.gowr.yaml", "format: 2\nsomething: new\n");
    refused(&world, "newer-format", 125, "[HOME]/project/.gowr.yaml:1");
}

#[test]
fn malformed_go_version_and_tool_versions() {
    let world = world();
    for content in [
        "../x\n",
        "/usr/lib/go\n",
        "latest\n",
        "stable\n",
        "oldstable\n",
        "tip\n",
        "^1.22\n",
        "ref:main\n",
        "path:~/go\n",
        "1.22.3.4\n",
        "A\n",
        "1.22 ../x\n",
    ] {
        world.write("project/.go-version", content);
        refused(&world, "bad-pin", 125, "[HOME]/project/.go-version:1");
        fs::remove_file(world.path("project/.go-version")).unwrap();
        world.write("project/.tool-versions", format!("nodejs 20\ngolang {content}"));
        refused(&world, "bad-pin", 125, "[HOME]/project/.tool-versions:2");
        fs::remove_file(world.path("project/.tool-versions")).unwrap();
    }
    world.write("project/.tool-versions", "golang\n");
    refused(&world, "bad-pin", 125, "[HOME]/project/.tool-versions:1");
}

#[test]
fn files_that_are_no_text_or_no_files() {
    for name in [".gowr.yaml", ".go-version", ".tool-versions"] {
        let world = world();
        let path = world.path("project").join(name);
        fs::write(&path, fs::read(env!("CARGO_BIN_EXE_go")).unwrap()).unwrap();
        refused(&world, "bad-pin", 125, name);
        fs::write(&path, "golang 1.22\n".repeat(900_000)).unwrap();
        refused(&world, "bad-pin", 125, name);
        fs::remove_file(&path).unwrap();

        fs::create_dir(&path).unwrap();
        refused(&world, "unreadable", 125, name);
        fs::remove_dir(&path).unwrap();
        mkfifo(&path, Mode::S_IRWXU).unwrap();
        refused(&world, "unreadable", 125, name);
        fs::remove_file(&path).unwrap();

        world.write(path.strip_prefix(world.home()).unwrap(), "golang 1.22\n");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o0)).unwrap();
        refused(&world, "unreadable", 125, name);
    }
}

#[test]
fn malformed_configuration() {
    let world = world();
    for (content, line) in [
        ("default: ../x\n", 1),
        ("cache: elsewhere\n", 1),
        ("cache-dir: relative\n", 1),
        ("windows-path: maybe\n", 1),
        ("defualt: 1.22\n", 1),
        ("default: 1.22\nsources: ftp://x\n", 2),
    ] {
        world.write(".config/gowr/config.yaml", content);
        let lines =
            refused(&world, "bad-pin", 125, &format!("[HOME]/.config/gowr/config.yaml:{line}"));
        if content.starts_with("defualt") {
            assert!(lines.concat().contains("default"), "no suggestion: {lines:?}");
        }
    }
}

#[test]
fn versions_that_are_not_here() {
    let world = world();
    world.write("project/.gowr.yaml", "go: \"1.25\"\n");
    let lines = refused(&world, "not-installed", 127, "[HOME]/project/.gowr.yaml:1");
    assert_data_eq!(
        lines.join("\n"),
        str![[r#"
gowr: go 1.25 is not installed
  asked for by [HOME]/project/.gowr.yaml:1: go: "1.25"
  run: gowr install 1.25
"#]]
    );
    world.write("project/.gowr.yaml", "go: work\n");
    let lines = refused(&world, "not-installed", 127, "[HOME]/project/.gowr.yaml:1");
    assert_eq!(lines[2], "  run: gowr adopt DIR --name work");
    fs::remove_file(world.path("project/.gowr.yaml")).unwrap();

    for (file, content) in
        [(".go-version", "1.25\n"), (".config/gowr/config.yaml", "default: 1.25\n")]
    {
        world.write(file, content);
        let lines = refused(&world, "not-installed", 127, &format!("[HOME]/{file}:1"));
        assert_eq!(lines[2], "  run: gowr install 1.25");
        fs::remove_file(world.path(file)).unwrap();
    }

    for (word, exit) in
        [("+1.25", 127), ("+nosuch", 127), ("+../x", 125), ("+", 125), ("+latest", 125)]
    {
        three_lines(&world.go([word, "version"]).run(), exit);
    }
    for (value, exit) in
        [("1.25", 127), ("nosuch", 127), ("../x", 125), ("/nonexistent", 126), ("/etc", 126)]
    {
        three_lines(&world.go(["version"]).env("GOWR_TOOLCHAIN", value).run(), exit);
    }
}

#[test]
fn programs_that_cannot_run() {
    let world = world();
    world.write("project/.go-version", "1.22\n");
    let go = world.goroot("go1.22.12").join("bin/go");
    let replace = |content: &[u8], mode: u32| {
        fs::remove_file(&go).unwrap();
        let file = world.write("content", content);
        // By another process: nothing of ours may hold it open for writing.
        let mode = format!("-m{mode:o}");
        world
            .run(tool("install"))
            .args([OsStr::new(&mode), file.as_os_str(), go.as_os_str()])
            .run()
            .quiet();
    };
    let program = fs::read(env!("CARGO_BIN_EXE_go")).unwrap();
    let mut for_arm = program.clone();
    for_arm[18] = 183;
    let empty: &[u8] = b"";
    for (content, mode, code) in [
        (&program[..], 0o644, "not-executable"),
        (&for_arm, 0o755, "wrong-arch"),
        (empty, 0o755, "not-executable"),
        (b"words\n", 0o755, "not-executable"),
    ] {
        replace(content, mode);
        let lines = three_lines(&world.go(["version"]).run(), 126);
        assert!(lines[0].contains("[GOWR]/toolchains/go1.22.12/bin/go"), "{lines:?}");
        let document = world.gowr(["which", "--json"]).run().which();
        assert_eq!(document["error"]["code"], code, "{lines:?}");
    }
}

#[test]
fn no_network() {
    let world = world();
    let before = files(world.home());
    for settings in [
        [("GOPROXY", "http://127.0.0.1:1"), ("GOSUMDB", "sum.golang.org")],
        [("GOPROXY", "off"), ("GOSUMDB", "sum.golang.org")],
        [("GOPROXY", "http://nosuch.invalid"), ("GOSUMDB", "sum.golang.org")],
    ] {
        let run = settings
            .iter()
            .fold(world.gowr(["install", "1.25.3"]), |run, (name, value)| run.env(name, value));
        three_lines(&run.run(), 1);
    }
    let (before, after) = (before.into_keys(), files(world.home()).into_keys());
    assert!(after.eq(before), "nothing is left behind");
}

#[test]
fn homes_that_cannot_be_used() {
    let world = world();
    fs::create_dir_all(world.path("locked")).unwrap();
    fs::set_permissions(world.path("locked"), fs::Permissions::from_mode(0o555)).unwrap();
    let gowr = |home: Option<OsString>| {
        // A gowr that stands in no home of its own.
        let run =
            world.run(env!("CARGO_BIN_EXE_gowr")).args(["install", "1.25.3"]).env("GOPROXY", "off");
        as_anyone(match home {
            Some(home) => run.env("GOWR_HOME", home),
            None => run.env_remove("HOME"),
        })
    };
    let not_writable = gowr(Some(world.path("locked").into_os_string())).run();
    let lines = three_lines(&not_writable, 1);
    assert!(lines.concat().contains("[HOME]/locked"), "{lines:?}");
    let lines = three_lines(&gowr(None).run(), 1);
    assert!(lines.concat().contains("HOME"), "{lines:?}");
    assert!(gowr(Some("relative".into())).run().stderr().contains("GOWR_HOME"), "reported");
    assert!(!world.path("project/relative").exists());

    // The proxy ignores a relative one, and runs.
    world.write("project/.go-version", "1.22\n");
    world.go(["version"]).env("GOWR_HOME", "relative").run().handed();
}
