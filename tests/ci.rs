//! `gowr ci github`: the workflow is one that GitHub would take, and it is the one that this repository uses.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use snapbox::{assert_data_eq, str};

use crate::support::{NEW, Run, World, scratch, toolchains};

/// A checker of workflows that knows GitHub's rules, by the version of its Go module.
const ACTIONLINT: &str = "github.com/rhysd/actionlint/cmd/actionlint@v1.7.12";

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

/// How this repository's own workflow is written.
const OWN: [&str; 6] = ["ci", "github", "--source", ".", "--run", "go version"];

#[test]
fn our_own_workflow_is_generated() {
    let written = fs::read_to_string(repository().join(".github/workflows/gowr.yml")).unwrap();
    let text = World::new().gowr(OWN).args(["--write", "stdout"]).run().quiet().stdout();
    assert!(
        written == text,
        "run: gowr {} --force, for .github/workflows/gowr.yml is not as it would be written now",
        OWN.join(" ")
    );
}

#[test]
fn a_file_is_written_once_and_never_replaced_unasked() {
    let world = World::new();
    fs::create_dir_all(world.path("project/.git")).unwrap();
    fs::create_dir_all(world.path("project/below")).unwrap();
    let gowr = |words: &[&str]| {
        world.gowr(["ci", "github"]).args(words).at(world.path("project/below")).run()
    };
    assert_data_eq!(
        gowr(&[]).snapshot(),
        str![[r#"
[HOME]/project/.github/workflows/gowr.yml

"#]]
    );
    let written = world.read("project/.github/workflows/gowr.yml");
    assert!(
        written.contains("alpine:3.19") && written.contains("repository: gowr/gowr"),
        "{written}"
    );
    gowr(&[]).success();
    assert_data_eq!(
        gowr(&["--image", "debian:13"]).snapshot(),
        str![[r#"
------- stderr -------
gowr: [HOME]/project/.github/workflows/gowr.yml is there already, and says something else
  run: gowr ci github --force
[exit status: 1]

"#]]
    );
    assert_eq!(world.read("project/.github/workflows/gowr.yml"), written);
    gowr(&["--image", "debian:13", "--force"]).quiet();
    assert!(world.read("project/.github/workflows/gowr.yml").contains("'debian-13'"));
    gowr(&["--write", "other.yml"]).quiet();
    assert_eq!(world.read("project/below/other.yml"), written);
    for words in [["--image", "a b"], ["--image", "x'\n"], ["--source", "../x"], ["--run", ""]] {
        assert_eq!(gowr(&words).code(), Some(2), "{words:?}");
    }
}

#[test]
fn github_would_take_it() {
    let world = World::new();
    let file = world.path("project/.github/workflows/gowr.yml");
    world
        .gowr([
            "ci",
            "github",
            "--image",
            "ghcr.io/o/n@sha256:00",
            "--image",
            "debian:13",
            "--run",
            "go vet ./... && : 'x' # \"y\"",
        ])
        .args(["--write".as_ref(), file.as_os_str()])
        .run()
        .success();
    let own = fs::read_dir(repository().join(".github/workflows")).unwrap();
    let files: Vec<_> = own.map(|entry| entry.unwrap().path()).chain([file.clone()]).collect();
    world.run(actionlint()).args(&files).run().quiet();
    // It does find what is wrong.
    let broken = fs::read_to_string(&file).unwrap().replace("matrix.image", "matrix.imago");
    fs::write(&file, broken).unwrap();
    let outcome = world.run(actionlint()).args([&file]).run();
    assert_eq!(outcome.code(), Some(1), "{}", outcome.report());
    assert!(outcome.stdout().contains("imago"), "{}", outcome.report());
}

/// The program, built once.
fn actionlint() -> PathBuf {
    let directory = scratch().join("actionlint");
    fs::create_dir_all(&directory).unwrap();
    let lock = File::create(directory.join("lock")).unwrap();
    lock.lock().unwrap();
    let (_, version) = ACTIONLINT.split_once('@').unwrap();
    let program = directory.join(version).join("actionlint");
    if !program.exists() {
        Run::new(toolchains::installed(NEW).join("bin/go"))
            .args(["install", ACTIONLINT])
            .env("HOME", &directory)
            .env("GOBIN", program.parent().unwrap())
            .env("GOTOOLCHAIN", "local")
            .env("CGO_ENABLED", "0")
            .env("GOFLAGS", "-modcacherw")
            .env("PATH", "/usr/bin:/bin")
            .online()
            .run()
            .success();
        // A hundred megabytes that nobody needs again.
        for made in [".cache", "go"] {
            fs::remove_dir_all(directory.join(made)).unwrap();
        }
    }
    program
}
