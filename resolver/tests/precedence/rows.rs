//! The rows in their order, and what becomes of a wish that cannot be met.

use resolver::machine::memory::{MemoryMachine, elf_program};

use crate::support::{debian, resolve, store, variable, winner};

#[test]
fn rows_in_their_order() {
    let next = |machine: MemoryMachine| machine.environment(["PATH=/opt/go/bin"]);
    let bare = MemoryMachine::new()
        .file("/etc/os-release", "ID=debian\nVERSION_ID=\"12\"\n")
        .directory("/home/u/p")
        .current("/home/u/p");
    assert_eq!(winner(&bare, "go build"), "nothing-found");
    let on_path = next(bare.goroot("/opt/go", "go1.18.1"));
    assert_eq!(winner(&on_path, "go build"), "path go1.18.1");
    let on_path = on_path.environment(["HOME=/home/u"]).program("/gowr/bin/go", "gowr");
    let newest = store(on_path, "debian-12", &["go1.21.0", "go1.22.12", "go1.26.9"]);
    assert_eq!(winner(&newest, "go build"), "newest go1.26.9");
    let distro = newest.goroot("/usr/lib/go", "go1.19.8");
    assert_eq!(winner(&distro, "go build"), "distro go1.19.8");
    let system = distro.file("/etc/gowr/config.yaml", "default: 1.22\n");
    assert_eq!(winner(&system, "go build"), "system-config go1.22.12");
    let user = system.file("/home/u/.config/gowr/config.yaml", "default: 1.26.9\n");
    assert_eq!(winner(&user, "go build"), "user-config go1.26.9");
    let home = user.file("/home/u/.tool-versions", "golang 1.21.0\n");
    assert_eq!(winner(&home, "go build"), "home-pin go1.21.0");
    let go_env = home.file("/home/u/.config/go/env", "GOTOOLCHAIN=go1.22.12\n");
    assert_eq!(winner(&go_env, "go build"), "go-env-file go1.22.12");
    let pinned = go_env.file("/home/u/p/.go-version", "1.26\n");
    assert_eq!(winner(&pinned, "go build"), "go-version go1.26.9");
    let switched = pinned.environment(["GOTOOLCHAIN=go1.21.0+auto"]);
    assert_eq!(winner(&switched, "go build"), "GOTOOLCHAIN go1.21.0");
    let variable = switched.environment(["GOWR_TOOLCHAIN=1.22"]);
    assert_eq!(winner(&variable, "go build"), "GOWR_TOOLCHAIN go1.22.12");
    assert_eq!(winner(&variable, "go +1.26 build"), "argument go1.26.9");
}

#[test]
fn what_cannot_be_met_is_an_error_and_never_another_version() {
    let pinned = |pin: &str| debian().file("/home/u/p/.go-version", pin);
    for (pin, expected) in [
        ("1.23\n", "not-installed"),
        ("1.22.11\n", "not-installed"),
        ("work\n", "not-installed"),
        ("latest\n", "bad-pin"),
        ("../../etc\n", "bad-pin"),
        ("1.23\n1.22.10\n", "go-version go1.22.10"),
        ("1.23\nsystem\n", "distro go1.19.8"),
        ("system\n", "distro go1.19.8"),
        ("1.19\n", "go-version go1.19.8"),
        ("1.19.8\n", "go-version go1.19.8"),
    ] {
        assert_eq!(winner(&pinned(pin), "go build"), expected, "{pin:?}");
    }
    let config = |value: &str| {
        debian().file("/home/u/.config/gowr/config.yaml", format!("default: {value}\n"))
    };
    assert_eq!(winner(&config("1.23"), "go build"), "not-installed");
    assert_eq!(winner(&config("system"), "go build"), "distro go1.19.8");
    assert_eq!(winner(&config("[1]"), "go build"), "bad-pin");
    assert_eq!(winner(&config("[1]"), "go +1.22 build"), "bad-pin");
    assert_eq!(winner(&debian(), "go +1.23 build"), "not-installed");
    assert_eq!(winner(&debian(), "go +nonsense/ build"), "bad-pin");
    assert_eq!(winner(&debian(), "go + build"), "bad-pin");
    for (variable, expected) in [
        ("GOWR_TOOLCHAIN=1.23", "not-installed"),
        ("GOWR_TOOLCHAIN=./go", "bad-pin"),
        ("GOWR_TOOLCHAIN=/nothing", "not-a-goroot"),
        ("GOWR_TOOLCHAIN=/usr/lib/go", "GOWR_TOOLCHAIN go1.19.8"),
        ("GOWR_TOOLCHAIN=", "distro go1.19.8"),
    ] {
        assert_eq!(winner(&debian().environment([variable]), "go build"), expected, "{variable}");
    }
}

#[test]
fn an_error_says_what_why_and_how() {
    let machine = debian().file("/home/u/p/.gowr.yaml", "# pinned\ngo: \"1.23\"\n");
    let failure = resolve(&machine, "go build").expect_err("1.23 is not there");
    assert_eq!(failure.message(), "go 1.23 is not installed");
    assert_eq!(
        failure.cause().as_deref(),
        Some("asked for by /home/u/p/.gowr.yaml:2: go: \"1.23\"")
    );
    assert_eq!(failure.fix().as_deref(), Some("gowr install 1.23"));
    assert_eq!(failure.exit_status(), 127);
}

#[test]
fn prereleases_only_where_there_is_nothing_else() {
    let machine = MemoryMachine::new()
        .file("/etc/os-release", "ID=debian\nVERSION_ID=12\n")
        .goroot("/gowr/toolchains/go1.27rc1", "go1.27rc1")
        .goroot("/gowr/toolchains/go1.26.9", "go1.26.9")
        .environment(["HOME=/h"]);
    assert_eq!(winner(&machine, "go +1.27 build"), "argument go1.27rc1");
    assert_eq!(winner(&machine, "go build"), "newest go1.26.9");
}

#[test]
fn loops_end() {
    let deep = debian().environment(["GOWR_DEPTH=100"]);
    assert_eq!(winner(&deep, "go build"), "loop");
    let almost = debian().environment(["GOWR_DEPTH=99"]);
    assert_eq!(variable(&almost, "go build", "GOWR_DEPTH").as_deref(), Some("100"));
    let garbage = debian().environment(["GOWR_DEPTH=many"]);
    assert_eq!(variable(&garbage, "go build", "GOWR_DEPTH").as_deref(), Some("1"));
    let itself = MemoryMachine::new()
        .program("/gowr/bin/go", elf_program(None))
        .directory("/gowr/toolchains")
        .goroot("/bad", "go1.22.3")
        .without("/bad/bin/go")
        .link("/bad/bin/go", "/gowr/bin/go")
        .environment(["GOWR_TOOLCHAIN=/bad"]);
    assert_eq!(winner(&itself, "go build"), "loop");
}
