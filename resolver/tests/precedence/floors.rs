//! go.mod and go.work raise defaults, and nothing else.

use crate::support::{debian, resolve, winner};

#[test]
fn floors_raise_defaults_only() {
    let with = |go_mod: &str| debian().file("/home/u/p/go.mod", format!("module m\n{go_mod}"));
    for (go_mod, line, expected) in [
        ("go 1.19\n", "go build", "distro go1.19.8"),
        ("go 1.20\n", "go build", "go.mod go1.20.14"),
        ("go 1.22\n", "go build", "go.mod go1.22.12"),
        ("go 1.22.10\n", "go build", "go.mod go1.22.10"),
        ("go 1.22.11\n", "go build", "go.mod go1.22.12"),
        ("go 1.22\ntoolchain go1.26.9\n", "go build", "go.mod go1.26.9"),
        ("go 1.22\ntoolchain default\n", "go build", "go.mod go1.22.12"),
        ("go 1.23\n", "go build", "go.mod go1.26.9"),
        ("go 1.27\n", "go build", "distro go1.19.8"),
        ("go 1.27.1\n", "go build", "floor"),
        ("go 1.27.1\n", "go version", "distro go1.19.8"),
        ("go 1.27.1\n", "go mod edit -json", "distro go1.19.8"),
        ("go 1.27\ntoolchain default\n", "go build", "floor"),
        ("toolchain go1.27.0\n", "go test", "floor"),
        ("go nonsense\n", "go build", "distro go1.19.8"),
    ] {
        assert_eq!(winner(&with(go_mod), line), expected, "{go_mod:?} {line}");
    }
    let pinned = with("go 1.27.1\n").file("/home/u/p/.go-version", "1.22\n");
    assert_eq!(winner(&pinned, "go build"), "go-version go1.22.12");
    let resolution = resolve(&pinned, "go build").expect("the pin runs");
    assert!(!resolution.is_floor_satisfied(), "gowr which still says so");
}

#[test]
fn a_default_new_enough_to_switch_runs_and_switches() {
    let machine = debian()
        .file("/home/u/.config/gowr/config.yaml", "default: 1.22\n")
        .file("/home/u/p/go.mod", "go 1.27.1\n");
    assert_eq!(winner(&machine, "go build"), "user-config go1.22.12");
}

#[test]
fn go_work_comes_before_go_mod() {
    let machine =
        debian().file("/home/u/p/go.mod", "go 1.26\n").file("/home/u/go.work", "go 1.22\n");
    assert_eq!(winner(&machine, "go build"), "go.work go1.22.12");
    let off = machine.clone().environment(["GOWORK=off"]);
    assert_eq!(winner(&off, "go build"), "go.mod go1.26.9");
    let named = machine.file("/x/go.work", "go 1.20\n").environment(["GOWORK=/x/go.work"]);
    assert_eq!(winner(&named, "go build"), "go.work go1.20.14");
    let off = debian().file("/home/u/p/go.mod", "go 1.26\n").environment(["GO111MODULE=off"]);
    assert_eq!(winner(&off, "go build"), "distro go1.19.8");
    let temporary = debian().file("/tmp/go.mod", "go 1.26\n").current("/tmp/x");
    assert_eq!(winner(&temporary, "go build"), "distro go1.19.8", "Go ignores it too");
    let elsewhere = temporary.environment(["TMPDIR=/var/tmp"]);
    assert_eq!(winner(&elsewhere, "go build"), "go.mod go1.26.9");
    let file = debian().file("/home/u/.config/go/env", "GO111MODULE=off\n");
    let file = file.file("/home/u/p/go.mod", "go 1.26\n");
    assert_eq!(winner(&file, "go build"), "distro go1.19.8", "go env -w GO111MODULE=off");
}
