//! One home seen from several userlands: what one of them put into the environment is worked out again in the next.

use resolver::distro::{Container, ContainerKind, Distro, container};
use resolver::machine::Machine;
use resolver::machine::memory::{MemoryMachine, elf_program};

use crate::layouts::{GLIBC, MUSL, debian, default, dynamic, plain};
use crate::support::{environment, resolve, variable, winner};

/// A home on Debian 12, whose own Go needs glibc.
fn host() -> MemoryMachine {
    let machine = default(debian(home(), "1.19", "go1.19.8"), "1.19")
        .file("/etc/os-release", "ID=debian\nVERSION_ID=\"12\"\n");
    dynamic(machine, "/usr/lib/go-1.19", GLIBC).file(GLIBC, "")
}

/// The same home on Alpine, in a box of distrobox called `work`.
fn alpine_box() -> MemoryMachine {
    let machine = plain(home(), "go1.25.5")
        .file("/etc/os-release", "ID=alpine\nVERSION_ID=3.23.2\n")
        .program("/usr/bin/distrobox-export", "#!/bin/sh\n")
        .file("/run/.containerenv", "engine=\"podman-5.4\"\nname=\"work\"\nid=\"0\"\n")
        .environment(["CONTAINER_ID=work", "container=podman"]);
    dynamic(machine, "/usr/lib/go", MUSL).file(MUSL, "")
}

fn home() -> MemoryMachine {
    MemoryMachine::new()
        .program("/home/u/.local/share/gowr/bin/go", "gowr")
        .directory("/home/u/.local/share/gowr/toolchains")
        .started_as("/home/u/.local/share/gowr/bin/go")
        .environment(["HOME=/home/u"])
        .directory("/home/u/p")
        .current("/home/u/p")
}

/// All that a `go` on `from` hands to its children, as distrobox forwards it.
fn forwarded(from: &MemoryMachine, to: MemoryMachine) -> MemoryMachine {
    environment(from, "go build").into_iter().fold(to, |machine, entry| {
        let own = ["HOME=", "PWD="].iter().any(|name| entry.starts_with(name));
        if own { machine } else { machine.environment([&*entry.leak()]) }
    })
}

#[test]
fn what_is_ours_is_worked_out_again() {
    let path = "PATH=/home/u/.local/share/gowr/bin:/usr/bin";
    let host =
        host().environment([path]).file("/home/u/p/.gowr.yaml", "distros:\n  debian: 1.19\n");
    assert_eq!(winner(&host, "go build"), "gowr.yaml go1.19.8");
    let boxed = forwarded(&host, alpine_box());
    let here = |name: &str| variable(&boxed, "go build", name);
    assert_eq!(winner(&boxed, "go build"), "distro go1.25.5");
    let cache = Some("/home/u/.cache/go-build-alpine-3.23");
    assert_eq!(here("GOCACHE").as_deref(), cache);
    assert_eq!(here("GOWR_GOCACHE").as_deref(), cache);
    assert_eq!(here("GOTOOLCHAIN"), None, "the pin holds on Debian alone");
    assert_eq!(here("GOWR_GOTOOLCHAIN"), None);
    assert_eq!(here("GOWR_DEPTH").as_deref(), Some("2"));
    let path = "/home/u/.local/share/gowr/bin:/usr/bin:/home/u/.local/share/gowr/links";
    assert_eq!(here("PATH").as_deref(), Some(path), "added once");
}

#[test]
fn what_is_the_users_is_kept() {
    let boxed = forwarded(
        &host().environment(["GOFLAGS=-mod=mod", "GOCACHE=/c", "GOTOOLCHAIN=local", "GOPATH=/g"]),
        alpine_box(),
    );
    for (name, value) in
        [("GOFLAGS", "-mod=mod"), ("GOCACHE", "/c"), ("GOTOOLCHAIN", "local"), ("GOPATH", "/g")]
    {
        assert_eq!(variable(&boxed, "go build", name).as_deref(), Some(value));
    }
    // Between the two the user changed what was ours.
    let changed = forwarded(&host(), alpine_box());
    let entries = changed.entries().iter();
    let changed = entries.fold(alpine_box(), |machine, entry| {
        let entry = std::str::from_utf8(entry).expect("text");
        let entry = if entry.starts_with("GOCACHE=") { "GOCACHE=/mine" } else { entry };
        machine.environment([&*entry.to_owned().leak()])
    });
    assert_eq!(variable(&changed, "go build", "GOCACHE").as_deref(), Some("/mine"));
    assert_eq!(variable(&changed, "go build", "GOWR_GOCACHE"), None);
}

#[test]
fn a_goroot_of_the_host_is_no_wish() {
    let boxed = alpine_box().environment(["GOROOT=/usr/lib/go-1.19", "GOTOOLDIR=/usr/lib/go-1.19"]);
    assert_eq!(winner(&boxed, "go build"), "distro go1.25.5");
    assert_eq!(variable(&boxed, "go build", "GOROOT"), None);
    assert_eq!(variable(&boxed, "go build", "GOTOOLDIR"), None);
    // Asked for by gowr's own variable it is one, and cannot be met here.
    let asked = alpine_box().goroot("/usr/lib/go-1.19", "go1.19.8");
    let asked = dynamic(asked, "/usr/lib/go-1.19", GLIBC);
    let asked = asked.environment(["GOWR_TOOLCHAIN=/usr/lib/go-1.19"]);
    assert_eq!(winner(&asked, "go build"), "wrong-libc");
}

#[test]
fn what_another_userland_adopted_is_not_adopted_here() {
    let adopted = |machine: MemoryMachine| {
        machine
            .goroot("/home/u/sdk/go1.20.1", "go1.20.1")
            .program("/home/u/sdk/go1.20.1/bin/go", elf_program(Some(GLIBC)))
            .link("/home/u/.local/share/gowr/distros/debian-12/go1.20.1", "/home/u/sdk/go1.20.1")
            .link("/home/u/.local/share/gowr/distros/debian-12/1.20", "go1.20.1")
            .file("/home/u/p/.go-version", "1.20\n")
    };
    assert_eq!(winner(&adopted(host()), "go build"), "go-version go1.20.1");
    assert_eq!(winner(&adopted(alpine_box()), "go build"), "not-installed");
    // Registered in the box too, it is found and cannot start.
    let here = "/home/u/.local/share/gowr/distros/alpine-3.23+work";
    let both = adopted(alpine_box())
        .link(&format!("{here}/go1.20.1"), "/home/u/sdk/go1.20.1")
        .link(&format!("{here}/1.20"), "go1.20.1");
    assert_eq!(winner(&both, "go build"), "wrong-libc");
    let failure = resolve(&both, "go build").expect_err("it needs glibc");
    assert_eq!(failure.exit_status(), 126);
}

#[test]
fn containers_and_their_names() {
    let plain = || MemoryMachine::new().file("/etc/os-release", "ID=fedora\nVERSION_ID=43\n");
    let named = "engine=\"podman-5.4\"\nname=\"work\"\nid=\"0\"\nimage=\"x\"\nrootless=1\n";
    let export =
        |machine: MemoryMachine| machine.program("/usr/bin/distrobox-export", "#!/bin/sh\n");
    let (kinds, cases) = (
        [ContainerKind::Podman, ContainerKind::Toolbox, ContainerKind::Distrobox],
        [
            ("none", plain(), None, "fedora-43"),
            ("systemd of WSL", plain().environment(["container=wsl"]), None, "fedora-43"),
            (
                "rootful podman, an empty file",
                plain().file("/run/.containerenv", ""),
                Some((0, None)),
                "fedora-43",
            ),
            (
                "rootless podman",
                plain().file("/run/.containerenv", named),
                Some((0, Some("work"))),
                "fedora-43",
            ),
            (
                "toolbox",
                plain().file("/run/.containerenv", named).file("/run/.toolboxenv", ""),
                Some((1, Some("work"))),
                "fedora-43+work",
            ),
            (
                "toolbox, nameless",
                plain().file("/run/.containerenv", "").file("/run/.toolboxenv", ""),
                Some((1, None)),
                "fedora-43",
            ),
            (
                "distrobox on podman, with toolbox's mark",
                export(plain().file("/run/.containerenv", named))
                    .file("/run/.toolboxenv", "")
                    .environment(["CONTAINER_ID=work"]),
                Some((2, Some("work"))),
                "fedora-43+work",
            ),
            (
                "distrobox, under sudo: no variable",
                export(plain().file("/run/.containerenv", named)),
                Some((2, Some("work"))),
                "fedora-43+work",
            ),
            (
                "distrobox on docker",
                export(plain()).file("/.dockerenv", "").environment(["CONTAINER_ID=Other Box"]),
                Some((2, Some("Other Box"))),
                "fedora-43+other-box",
            ),
            (
                "podman in a box: the variable is the outer one's",
                plain().file("/run/.containerenv", "").environment(["CONTAINER_ID=work"]),
                Some((0, None)),
                "fedora-43",
            ),
            (
                "the variable leaked to the host",
                plain().environment(["CONTAINER_ID=work"]),
                None,
                "fedora-43",
            ),
            (
                "a hostile name",
                plain()
                    .file("/run/.containerenv", "name=\"../../x/\"\n")
                    .file("/run/.toolboxenv", ""),
                Some((1, Some("../../x/"))),
                "fedora-43+..-..-x-",
            ),
        ],
    );
    for (what, machine, expected, links) in cases {
        let expected =
            expected.map(|(kind, name): (usize, _)| Container { kind: kinds[kind], name });
        assert_eq!(container(&machine, machine.variables()), expected, "{what}");
        let distro = Distro::detect(&machine, machine.variables());
        assert_eq!(distro.key, "fedora-43", "{what}: the cache is the distro's");
        assert_eq!(distro.links_key(), links.as_bytes(), "{what}");
    }
}
