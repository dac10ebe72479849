//! `gowr check`: a project that says one thing everywhere and one that does not, toolchains that are of one piece or not,
//! and the fingerprint, which is the same in two userlands exactly when the toolchain is.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use installer::check::Code;
use nix::sys::stat::Mode;
use resolver::failure::Code as ErrorCode;
use snapbox::{assert_data_eq, str};

use crate::support::stage::tree;
use crate::support::{NEW, OLD, World, tool, toolchains};
use crate::userland::Root;

/// A stand-in with what makes a toolchain whole, as far as that can be seen without running it.
fn world() -> World {
    let world = World::with_fakes(&["go1.22.12"]);
    let root = world.goroot("go1.22.12");
    for name in ["asm", "cgo", "compile", "link"] {
        write(&root.join("pkg/tool/linux_amd64").join(name), name);
        write(&root.join("pkg/tool/linux_arm64").join(name), name);
    }
    for name in ["fmt/print.go", "runtime/proc.go"] {
        write(&root.join("src").join(name), "package x\n");
    }
    world
}

fn write(path: &Path, content: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

/// Files that all name Go 1.22, each in its own way.
const AGREEING: [(&str, &str); 9] = [
    (".gowr.yaml", "go: \"1.22\"\ndistros:\n  alpine: \"1.21\"\n"),
    (".go-version", "1.22.12\n"),
    ("go.mod", "module example.com/m\n\ngo 1.21\n"),
    (
        "Dockerfile",
        "ARG GO=1.22\nFROM golang:${GO}-bookworm AS build\nFROM golang:1.21-alpine3.19\n",
    ),
    (
        ".github/workflows/ci.yml",
        "jobs:\n  test:\n    strategy:\n      matrix:\n        go: ['1.21', '1.22.x', '1.23']\n    steps:\n      \
         - uses: actions/setup-go@v5\n        with:\n          go-version: ${{ matrix.go }}\n      \
         - uses: actions/setup-go@v5\n        with:\n          go-version-file: .go-version\n",
    ),
    (
        ".devcontainer/devcontainer.json",
        "{ // for VS Code\n\"features\": { \"ghcr.io/devcontainers/features/go:1\": { \"version\": \"1.22\" }, } }\n",
    ),
    ("mise.toml", "[tools]\ngo = \"1.22\"\n"),
    (".tool-versions", "golang 1.22.12 1.21.0\n"),
    (".gitlab-ci.yml", "image: golang:1.22\n"),
];

fn lay_out(world: &World, files: &[(&str, &str)]) {
    fs::create_dir_all(world.path("project/.git")).unwrap();
    for (name, content) in files {
        world.write(Path::new("project").join(name), content);
    }
}

#[test]
fn a_project_that_agrees() {
    let world = world();
    lay_out(&world, &AGREEING);
    let before = tree(world.home());
    let document = world.gowr(["check", "--json"]).run().quiet().json();
    assert_eq!(document["problems"].as_array().unwrap().len(), 0, "{document:#}");
    assert_eq!(document["version"], "go1.22.12");
    assert_eq!(document["repository"], document["project"]);
    let kinds: Vec<_> =
        document["statements"].as_array().unwrap().iter().map(|it| &it["kind"]).collect();
    let expected = [
        "pin",
        "pin",
        "devcontainer",
        "dockerfile",
        "dockerfile",
        "github-workflow",
        "github-workflow",
        "gitlab-ci",
        "mise",
    ];
    let mut sorted: Vec<_> = kinds.iter().map(|kind| kind.as_str().unwrap()).collect();
    sorted.sort_unstable();
    let mut wanted = expected;
    wanted.sort_unstable();
    assert_eq!(sorted, wanted);
    let line = world.gowr(["check", "--fingerprint"]).run().quiet().stdout();
    assert_eq!(line.trim_end(), document["fingerprint"]);
    assert_data_eq!(
        world.gowr(["check"]).run().snapshot(),
        str![[r#"
go1.22.12 in [GOWR]/toolchains/go1.22.12
fingerprint: gowr1-[..]

"#]]
    );
    assert!(before == tree(world.home()), "a check writes nothing");
}

#[test]
fn each_file_that_differs_is_named_with_its_line() {
    let world = world();
    lay_out(&world, &AGREEING);
    lay_out(
        &world,
        &[
            (".gowr.yaml", "go: \"1.22\"\n"),
            ("go.mod", "module example.com/m\n\ngo 1.22\n"),
            (".tool-versions", "golang 1.20\n"),
            ("mise.toml", "[tools]\nnode = \"20\"\ngo = \"1.23\"\n"),
            (
                ".github/workflows/release.yml",
                "jobs:\n  a:\n    steps:\n      - uses: actions/setup-go@v5\n        with:\n          go-version: stable\n  b:\n    steps:\n      - uses: actions/setup-go@v5\n        with: { go-version-file: none }\n",
            ),
            (".github/workflows/broken.yml", "jobs: [\n"),
            ("tools/go.mod", "module example.com/tools\n"),
            ("tools/Dockerfile", "FROM golang:1.1\n"),
        ],
    );
    let outcome = world.gowr(["check"]).run();
    assert_data_eq!(
        outcome.snapshot(),
        str![[r#"
go1.22.12 in [GOWR]/toolchains/go1.22.12
fingerprint: gowr1-[..]
1. missing-file: a workflow reads the version of Go from a file that is not there
     [HOME]/project/.github/workflows/release.yml:10: go-version-file: none
     run: ${EDITOR:-vi} [HOME]/project/.github/workflows/release.yml
2. drift: a file names another Go than the pin, which asks for 1.22
     [HOME]/project/.tool-versions:1: golang 1.20
     [HOME]/project/.gowr.yaml:1: go: "1.22"
     run: ${EDITOR:-vi} [HOME]/project/.tool-versions
3. drift: a file names another Go than the pin, which asks for 1.22
     [HOME]/project/Dockerfile:3: FROM golang:1.21-alpine3.19
     [HOME]/project/.gowr.yaml:1: go: "1.22"
     run: ${EDITOR:-vi} [HOME]/project/Dockerfile
4. below-floor: a file names a Go that is too old: go 1.22 is needed
     [HOME]/project/.github/workflows/ci.yml:5: go-version: 1.21
     [HOME]/project/go.mod:3: go 1.22
     run: ${EDITOR:-vi} [HOME]/project/.github/workflows/ci.yml
5. drift: a file names another Go than the pin, which asks for 1.22
     [HOME]/project/mise.toml:3: go = "1.23"
     [HOME]/project/.gowr.yaml:1: go: "1.22"
     run: ${EDITOR:-vi} [HOME]/project/mise.toml
6. moving-version (note): these ask for whatever is newest on the day they are read
     [HOME]/project/.github/workflows/release.yml:6: go-version: stable
7. unparsed (note): what these say about Go is not known: they cannot be read
     [HOME]/project/.github/workflows/broken.yml:1: not well-formed YAML
[exit status: 1]

"#]]
    );
}

#[test]
fn what_go_will_refuse_is_told_before() {
    let world = world();
    lay_out(
        &world,
        &[
            ("go.work", "go 1.23\n\nuse (\n\t./a\n\t./gone\n)\n"),
            ("a/go.mod", "module example.com/a\n\ngo 1.24.1\n"),
            (".go-version", "1.22\n"),
        ],
    );
    let run = world.gowr(["check"]).env("GOCACHE", world.path(".cache/go-build-alpine-3.19"));
    let outcome = run.run();
    assert_eq!(outcome.code(), Some(1));
    assert_data_eq!(
        outcome.snapshot(),
        str![[r#"
go1.22.12 in [GOWR]/toolchains/go1.22.12
fingerprint: gowr1-[..]
1. floor: go 1.23 is needed, and go1.22.12 runs here
     [HOME]/project/go.work:1: go 1.23
     [HOME]/project/.go-version:1: 1.22
     run: gowr pin 1.23
2. foreign-cache: the build cache is another distro's, and this is debian-12
     GOCACHE=[HOME]/.cache/go-build-alpine-3.19
     run: unset GOCACHE
3. workspace-floor: a module needs a newer Go than its go.work, and Go will refuse to work
     [HOME]/project/a/go.mod:3: go 1.24.1
     [HOME]/project/go.work:1: go 1.23
     run: go work use
4. missing-file: go.work names a directory that has no go.mod
     [HOME]/project/go.work:5: use ./gone
     run: go work use -r .
[exit status: 1]

"#]]
    );
    // A Go that cannot be had is a problem with the error's code.
    world.write("project/.go-version", "1.99\n");
    let outcome = world.gowr(["check", "--json"]).run();
    assert_eq!(outcome.code(), Some(1));
    let document = outcome.json();
    assert_eq!(document["problems"][0]["code"], "not-installed");
    assert!(document["fingerprint"].is_null() && document["goroot"].is_null(), "{document:#}");
    assert_eq!(world.gowr(["check", "--fingerprint"]).run().code(), Some(1));
    assert_eq!(world.gowr(["check", "--fingerprint", "--json"]).run().code(), Some(2));
}

#[test]
fn tools_of_another_release() {
    let world = World::with(&[OLD]);
    world.write("project/.go-version", "1.22\n");
    world.write("project/go.mod", "module example.com/m\n\ngo 1.22\n");
    world.write("project/main.go", "package main\n\nfunc main() {}\n");
    world.gowr(["check"]).run().success();
    let fingerprint = || world.gowr(["check", "--fingerprint"]).run().success().stdout();
    let whole = fingerprint();

    let architecture = if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" };
    let compile = format!("pkg/tool/linux_{architecture}/compile");
    let ours = world.goroot(OLD).join(&compile);
    fs::remove_file(&ours).unwrap();
    fs::hard_link(toolchains::installed(NEW).join(&compile), &ours).unwrap();
    let outcome = world.gowr(["check"]).run();
    assert_eq!(outcome.code(), Some(1));
    assert!(outcome.stdout().contains("tools-version: "), "{}", outcome.report());
    assert!(
        outcome.stdout().contains(&format!("{compile}: built by {NEW}")),
        "{}",
        outcome.report()
    );
    assert_ne!(fingerprint(), whole);
    // As Go says it itself, when it is too late.
    let built = world.go(["build", "."]).run();
    assert!(built.stderr().contains("does not match go tool version"), "{}", built.report());

    fs::remove_dir_all(world.goroot(OLD).join("src/fmt")).unwrap();
    let outcome = world.gowr(["check"]).run();
    assert!(outcome.stdout().contains("std-missing: "), "{}", outcome.report());
}

#[test]
fn a_fingerprint_is_the_toolchains_and_not_the_userlands() {
    let (trixie, alpine) = (Root::trixie(), Root::alpine());
    let world = World::with(&[OLD]);
    world.write("project/go.mod", "module example.com/m\n\ngo 1.21\n");
    world.write("project/.go-version", "1.22\n");
    let run = |root: &Root| world.gowr(["check", "--json"]).inside(root);
    let fingerprint = |root: &Root| {
        let document = run(root).run().success().json();
        (document["fingerprint"].as_str().unwrap().to_owned(), document)
    };
    let (here, there) = (fingerprint(&trixie), fingerprint(&alpine));
    assert_eq!(here.0, there.0, "one SDK, two userlands");
    assert_ne!(here.1["gocache"], there.1["gocache"]);

    // The same release, unpacked at another place: it is the content that counts.
    let copy = world.path("elsewhere/go");
    toolchains::hard_link_tree(&world.goroot(OLD), &copy);
    let named = run(&alpine).env("GOWR_TOOLCHAIN", &copy).run().success().json();
    assert_eq!(named["fingerprint"], there.0.as_str());
    assert_eq!(named["problems"][0]["code"], "overridden");
    // One byte of the standard library.
    let source = copy.join("src/strings/strings.go");
    let patched =
        fs::read_to_string(&source).unwrap().replace("package strings", "package strings ");
    fs::remove_file(&source).unwrap();
    fs::write(&source, patched).unwrap();
    let named = run(&alpine).env("GOWR_TOOLCHAIN", &copy).run().success().json();
    assert_ne!(named["fingerprint"], there.0.as_str());

    // Settings that change what is built, from wherever they come.
    for (name, value) in [
        ("GOFLAGS", "-tags=x"),
        ("GOEXPERIMENT", "rangefunc"),
        ("CGO_ENABLED", "0"),
        ("GOTOOLCHAIN", "auto"),
    ] {
        let set = run(&trixie).env(name, value).run().success().json();
        assert_ne!(set["fingerprint"], here.0.as_str(), "{name}");
    }
    // And those that do not.
    for (name, value) in [("GOPROXY", "off"), ("LANG", "C"), ("GOCACHE", "/tmp/go-build")] {
        let set = run(&trixie).env(name, value).run().success().json();
        assert_eq!(set["fingerprint"], here.0.as_str(), "{name}");
    }
    world.write(".config/go/env", "GOFLAGS=-tags=x\n");
    assert_ne!(fingerprint(&trixie).0, here.0);
    assert_eq!(fingerprint(&trixie).0, fingerprint(&alpine).0);
    fs::remove_file(world.path(".config/go/env")).unwrap();

    // Unpinned, each has its own distro's Go.
    fs::remove_file(world.path("project/.go-version")).unwrap();
    let (here, there) = (fingerprint(&trixie), fingerprint(&alpine));
    assert_ne!(here.1["version"], there.1["version"]);
    assert_ne!(here.0, there.0);
}

#[test]
fn hostile_projects_are_bounded_and_run_nothing() {
    let world = world();
    lay_out(
        &world,
        &[(".go-version", "1.22\n"), ("go.work", "go 1.21\nuse ../../..\nuse /proc/self\n")],
    );
    let project = world.path("project");
    fs::create_dir_all(project.join("loop/a")).unwrap();
    symlink("..", project.join("loop/a/up")).unwrap();
    symlink("Dockerfile", project.join("loop/Dockerfile")).unwrap();
    symlink("/dev/zero", project.join("Dockerfile")).unwrap();
    nix::unistd::mkfifo(&project.join("mise.toml"), Mode::S_IRWXU).unwrap();
    fs::write(project.join("Containerfile"), [0xff; 1000]).unwrap();
    fs::write(project.join("a.dockerfile"), "FROM golang:1.22\n".repeat(100_000)).unwrap();
    world.write("project/b.dockerfile", "FROM golang:1.20 AS \u{1b}[2J\n");
    let workflows = project.join(".github/workflows");
    fs::create_dir_all(&workflows).unwrap();
    fs::write(workflows.join("0.yml"), "[".repeat(100_000)).unwrap();
    for number in 1..25_000 {
        fs::hard_link(workflows.join("0.yml"), workflows.join(format!("{number}.yml"))).unwrap();
    }
    let log = world.path("strace");
    let mut watcher = vec![tool("prlimit"), "--cpu=20".into(), "--as=1000000000".into()];
    watcher.push(tool("strace"));
    let calls = "trace=%network,execve,fork,vfork,clone,clone3";
    watcher.extend(["-f", "-e", calls, "-o"].map(PathBuf::from));
    watcher.push(log.clone());
    let outcome = world.gowr(["check", "--json"]).watched_by(watcher).run();
    assert_eq!(outcome.code(), Some(1), "{}", outcome.report());
    let document = outcome.json();
    let codes: Vec<_> = document["problems"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["code"].as_str().unwrap())
        .collect();
    assert_eq!(codes[0], "drift", "{codes:?}");
    assert!(codes.contains(&"left-out") && codes.contains(&"unparsed"), "{codes:?}");
    assert!(!outcome.raw_stdout().contains('\u{1b}'));
    let calls = fs::read_to_string(log).unwrap();
    let calls: Vec<_> = calls.lines().filter(|line| line.contains('(')).collect();
    assert_eq!(calls.len(), 1, "only its own execve: {calls:#?}");
}

#[test]
fn the_book_tells_about_each_code() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/src/check.md");
    let text = fs::read_to_string(page).unwrap();
    let sections: Vec<_> =
        text.lines().filter_map(|line| line.strip_prefix("### `")?.strip_suffix('`')).collect();
    assert_eq!(
        sections,
        Code::ALL.map(Code::as_str),
        "the sections of check.md, in the order of `Code::ALL`"
    );
    for code in ErrorCode::ALL.map(ErrorCode::as_str).into_iter().filter(|code| *code != "floor") {
        assert!(!sections.contains(&code), "{code} would mean two things");
    }
}
