//! Which directories and programs count as a toolchain here.

use resolver::Invocation;
use resolver::machine::memory::{MemoryMachine, elf_program};
use resolver::witness::Losers;

use crate::support::{debian, resolve, winner};

#[test]
fn candidates_that_cannot_run_are_passed_over() {
    let loader = "/lib64/ld-linux-x86-64.so.2";
    let alpine = MemoryMachine::new()
        .file("/etc/os-release", "ID=alpine\nVERSION_ID=3.23.2\n")
        .goroot("/usr/lib/go", "go1.19.8")
        .program("/usr/lib/go/bin/go", elf_program(Some(loader)))
        .goroot("/opt/go", "go1.25.0")
        .environment(["PATH=/usr/bin:/opt/go/bin"]);
    assert_eq!(winner(&alpine, "go build"), "path go1.25.0");
    let mut losers = Losers::default();
    let invocation = Invocation::parse(b"/gowr/bin/go", &[]);
    resolver::resolve(&alpine, &invocation, &mut losers).expect("the one on PATH");
    let loser = losers.0.first().expect("a loser");
    assert_eq!(loser.reason.as_str(), "wrong-libc");
    let named = alpine.environment(["GOWR_TOOLCHAIN=/usr/lib/go"]);
    assert_eq!(winner(&named, "go build"), "wrong-libc", "asked for, it is an error");
}

#[test]
fn the_next_go_on_path_is_a_real_one() {
    let machine = MemoryMachine::new()
        .file("/etc/os-release", "ID=nixos\n")
        .program("/gowr/bin/go", "gowr")
        .program("/shims/go", "#!/bin/sh\n")
        .goroot("/other", "go1.1")
        .program("/other/bin/gowr", "another gowr")
        .goroot("/real/go", "go1.24.1")
        .link("/usr/bin/go", "/real/go/bin/go")
        .environment(["PATH=:relative:/gowr/bin:/shims:/nothing:/other/bin:/usr/bin"]);
    assert_eq!(winner(&machine, "go build"), "path go1.24.1");
    let gofmt = machine.program("/gowr/bin/gofmt", "x").started_as("/gowr/bin/gofmt");
    let resolution = resolve(&gofmt, "gofmt -l").expect("gofmt");
    assert_eq!(resolution.executable(), b"/real/go/bin/gofmt");
    let snap = MemoryMachine::new()
        .link("/snap/bin/go", "/usr/bin/snap")
        .program("/usr/bin/snap", elf_program(None))
        .environment(["PATH=/snap/bin"]);
    let resolution = resolve(&snap, "go build").expect("a snap");
    assert_eq!(resolution.executable(), b"/snap/bin/go");
    assert_eq!(resolution.toolchain.root, None);
}

#[test]
fn adopted_toolchains_are_read_again_each_time() {
    let adopted = debian()
        .goroot("/usr/lib/go-1.23", "go1.23.4")
        .link("/gowr/distros/debian-12/go1.23.4", "/usr/lib/go-1.23")
        .link("/gowr/distros/debian-12/1.23", "go1.23.4")
        .file("/home/u/p/.go-version", "1.23.4\n");
    assert_eq!(winner(&adopted, "go build"), "go-version go1.23.4");
    let upgraded = adopted.clone().file("/usr/lib/go-1.23/VERSION", "go1.23.5");
    assert_eq!(winner(&upgraded, "go build"), "not-installed", "it is another version now");
    let gone = adopted.without("/usr/lib/go-1.23");
    assert_eq!(winner(&gone, "go build"), "not-installed");
    let named = debian()
        .goroot("/src/go", "devel go1.28-abc")
        .link("/gowr/distros/debian-12/named/work", "/src/go")
        .file("/home/u/p/.gowr.yaml", "go: work\n");
    assert_eq!(winner(&named, "go build"), "gowr.yaml ?");
}

#[test]
fn a_second_userland_over_one_home_finds_the_store() {
    let alpine = |machine: MemoryMachine| {
        machine.file("/etc/os-release", "ID=alpine\nVERSION_ID=3.23.2\n").without("/usr/lib/go")
    };
    let pinned = alpine(debian()).file("/home/u/p/.go-version", "1.22\n");
    let invocation = Invocation::parse(b"/gowr/bin/go", &[b"build"]);
    assert!(resolver::resolve(&pinned, &invocation, &mut ()).is_err(), "the proxy hands over");
    assert_eq!(winner(&pinned, "go build"), "go-version go1.22.12");
    let unpinned = alpine(debian()).without("/usr/lib/go-1.19").without("/usr/bin/go");
    assert_eq!(winner(&unpinned, "go build"), "newest go1.26.9");
    let stale =
        debian().without("/gowr/toolchains/go1.22.12").file("/home/u/p/.go-version", "1.22\n");
    assert_eq!(winner(&stale, "go build"), "go-version go1.22.10", "the tree was deleted by hand");
}

#[test]
fn each_of_a_distros_versions_can_be_asked_for() {
    let ubuntu = MemoryMachine::new()
        .file("/etc/os-release", "ID=ubuntu\nID_LIKE=debian\nVERSION_ID=\"22.04\"\n")
        .goroot("/usr/lib/go-1.18", "go1.18.1")
        .link("/usr/lib/go", "go-1.18")
        .goroot("/usr/lib/go-1.21", "go1.21.1")
        .goroot("/usr/lib/go-1.23", "go1.23.1")
        .current("/p");
    for (pin, expected) in [
        ("1.18\n", "go-version go1.18.1"),
        ("1.21\n", "go-version go1.21.1"),
        ("1.23.1\n", "go-version go1.23.1"),
        ("1.22\n", "not-installed"),
        ("system\n", "distro go1.18.1"),
    ] {
        assert_eq!(winner(&ubuntu.clone().file("/p/.go-version", pin), "go build"), expected);
    }
}
