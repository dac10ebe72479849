//! The environment of the real `go`.

use resolver::machine::memory::{MemoryMachine, elf_program};

use crate::support::{debian, environment, variable};

#[test]
fn the_cache_goes_with_the_distro() {
    let value = |machine: &MemoryMachine, line: &'static str| variable(machine, line, "GOCACHE");
    let here = "/home/u/.cache/go-build-debian-12";
    assert_eq!(value(&debian(), "go build").as_deref(), Some(here));
    assert_eq!(variable(&debian(), "go build", "GOWR_GOCACHE").as_deref(), Some(here));
    let user = debian().environment(["GOCACHE=/c"]);
    assert_eq!(value(&user, "go build").as_deref(), Some("/c"));
    assert_eq!(variable(&user, "go build", "GOWR_GOCACHE"), None);
    let forwarded =
        debian().environment(["GOCACHE=/a/go-build-alpine", "GOWR_GOCACHE=/a/go-build-alpine"]);
    assert_eq!(value(&forwarded, "go build").as_deref(), Some(here));
    let go_env = debian().file("/home/u/.config/go/env", "GOCACHE=/e\n");
    assert_eq!(value(&go_env, "go build"), None, "the real go reads that file itself");
    assert_eq!(value(&debian(), "go env -w GOCACHE=/x"), None, "Go would warn of it");
    let xdg = debian().environment(["XDG_CACHE_HOME=/x"]);
    assert_eq!(value(&xdg, "go build").as_deref(), Some("/x/go-build-debian-12"));
    let relative = debian().environment(["XDG_CACHE_HOME=x"]);
    assert_eq!(value(&relative, "go build"), None, "Go says what is wrong with it");
    for (config, expected) in [
        ("cache: plain\n", None),
        ("cache: plain\ncache-dir: /d\n", Some("/d/go-build")),
        ("cache: distro\ncache-dir: /d\n", Some("/d/go-build-debian-12")),
        ("cache-dir: ~/d\n", Some("/home/u/d/go-build-debian-12")),
        ("cache: per-version\n", Some("/home/u/.cache/go-build-debian-12-1.19.8")),
    ] {
        let machine = debian().file("/home/u/.config/gowr/config.yaml", config);
        assert_eq!(value(&machine, "go build").as_deref(), expected, "{config:?}");
    }
}

#[test]
fn the_environment_is_cleaned_and_otherwise_kept() {
    let machine = debian().environment([
        "GOROOT=/old",
        "GOTOOLDIR=/old/tool",
        "GOROOT_FINAL=/f",
        "GOTOOLCHAIN_INTERNAL_SWITCH_VERSION=go1.1",
        "GOTOOLCHAIN_INTERNAL_SWITCH_COUNT=3",
        "GOFLAGS=-mod=mod",
        "GOROOT=/twice",
        "odd entry",
        "=:=",
        "LANG=C",
    ]);
    assert_eq!(
        environment(&machine, "go build"),
        [
            "HOME=/home/u",
            "GOTOOLCHAIN_INTERNAL_SWITCH_COUNT=3",
            "GOFLAGS=-mod=mod",
            "odd entry",
            "=:=",
            "LANG=C",
            "GOCACHE=/home/u/.cache/go-build-debian-12",
            "GOWR_GOCACHE=/home/u/.cache/go-build-debian-12",
            "PATH=/gowr/bin:/usr/bin:/gowr/links",
            "GOWR_DEPTH=1",
        ]
    );
}

#[test]
fn goroot_is_set_only_where_go_cannot_find_itself() {
    let value = |machine: &MemoryMachine| variable(machine, "go build", "GOROOT");
    assert_eq!(value(&debian().environment(["GOROOT=/old"])), None);
    let no_proc = debian().without("/proc");
    assert_eq!(value(&no_proc).as_deref(), Some("/usr/lib/go-1.19"));
    let go_env = debian().file("/home/u/.config/go/env", "GOROOT=/bogus\n");
    assert_eq!(value(&go_env).as_deref(), Some("/usr/lib/go-1.19"));
    let void = MemoryMachine::new()
        .file("/etc/os-release", "ID=\"void\"\n")
        .directory("/usr/lib/go/pkg/tool")
        .link("/usr/lib/go/bin", "/usr/bin")
        .program("/usr/bin/go", elf_program(None))
        .environment(["PATH=/usr/bin"]);
    assert_eq!(value(&void).as_deref(), Some("/usr/lib/go"));
}

#[test]
fn the_change_of_path_is_idempotent() {
    let once = variable(&debian(), "go build", "PATH").expect("PATH");
    assert_eq!(once, "/gowr/bin:/usr/bin:/gowr/links");
    let again = MemoryMachine::new()
        .file("/etc/os-release", "ID=debian\n")
        .directory("/gowr/toolchains")
        .goroot("/usr/lib/go", "go1.24.4")
        .environment(["PATH=/gowr/bin:/usr/bin:/gowr/links"]);
    assert_eq!(variable(&again, "go build", "PATH").expect("PATH"), once);
    let unset =
        MemoryMachine::new().goroot("/usr/lib/go", "go1.24.4").directory("/gowr/toolchains");
    assert_eq!(variable(&unset, "go build", "PATH"), None);
    let empty = unset.environment(["PATH="]);
    assert_eq!(variable(&empty, "go build", "PATH").as_deref(), Some(""));
}

#[test]
fn windows_directories_on_path() {
    let drive = "84 51 0:58 / /mnt/c rw - 9p C:\\134 rw,aname=drvfs;path=C:\\;uid=1000\n";
    let plain = MemoryMachine::new()
        .environment(["PATH=/usr/bin:/mnt/c/Windows:/mnt/c/Program Files/Go/bin", "HOME=/home/u"])
        .goroot("/usr/lib/go", "go1.24.4")
        .file("/proc/self/mountinfo", drive);
    assert_eq!(variable(&plain, "go build", "GCCGO"), None, "not WSL");
    let release = "6.6.87.2-microsoft-standard-WSL2\n";
    let wsl = plain.file("/proc/sys/kernel/osrelease", release);
    assert_eq!(variable(&wsl, "go build", "GCCGO").as_deref(), Some("/usr/bin/gccgo"));
    let unmounted = wsl.clone().file("/proc/self/mountinfo", "");
    assert_eq!(variable(&unmounted, "go build", "GCCGO"), None, "a directory of that name");
    let by_user = wsl.clone().environment(["GCCGO=mine"]);
    assert_eq!(variable(&by_user, "go build", "GCCGO").as_deref(), Some("mine"));
    let dropped = wsl.file("/home/u/.config/gowr/config.yaml", "windows-path: drop\n");
    assert_eq!(variable(&dropped, "go build", "GCCGO"), None);
    let path = variable(&dropped, "go build", "PATH").expect("PATH");
    assert_eq!(path, "/usr/bin:/home/u/.local/share/gowr/links");
}
