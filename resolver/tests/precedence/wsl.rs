//! Distros of WSL: what is seen from the environment of a shell, of sudo and of a service, and what is chosen there.
//!
//! The texts are those of real machines, as far as they have been published; no WSL was at hand.

use resolver::Invocation;
use resolver::distro::{ContainerKind, Distro, container};
use resolver::machine::Machine;
use resolver::machine::memory::{MemoryMachine, elf_program};
use resolver::mounts::WindowsDrives;
use resolver::os_release;
use resolver::witness::Losers;
use resolver::wsl::{Wsl, shared_root};

use crate::layouts;
use crate::support::{resolve, store, variable, winner};

const WSL2: &str = "6.6.87.2-microsoft-standard-WSL2\n";
const OSRELEASE: &str = "/proc/sys/kernel/osrelease";
const MOUNTINFO: &str = "/proc/self/mountinfo";

/// The mount table of a distro, but for the drive (<https://github.com/microsoft/WSL/issues/7152>).
const MOUNTS: &str = include_str!("../machines/wsl2.mountinfo");
const DRIVE: &str = r"84 51 0:58 / /mnt/c rw,noatime - 9p C:\134 rw,dirsync,aname=drvfs;path=C:\;uid=1000;gid=1000;symlinkroot=/mnt/,mmap,access=client,msize=65536,trans=fd,rfd=5,wfd=5
";

/// What a shell has that Windows has started.
const SHELL: [&str; 20] = [
    "SHELL=/bin/bash",
    "WSL2_GUI_APPS_ENABLED=1",
    "WSL_DISTRO_NAME=Ubuntu",
    "NAME=LAPTOP-CHVMGVOQ",
    "PWD=/mnt/c/Users/Gnoy",
    "LOGNAME=gnoy",
    "HOME=/home/gnoy",
    "LANG=C.UTF-8",
    "WSL_INTEROP=/run/WSL/909_interop",
    "WAYLAND_DISPLAY=wayland-0",
    "TERM=xterm-256color",
    "USER=gnoy",
    "DISPLAY=:0",
    "SHLVL=0",
    "XDG_RUNTIME_DIR=/mnt/wslg/runtime-dir",
    "WSLENV=",
    "HOSTTYPE=x86_64",
    "PULSE_SERVER=unix:/mnt/wslg/PulseServer",
    "GOWR_HOME=/gowr",
    "PATH=/gowr/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/games:/usr/local/games:/usr/lib/wsl/lib:/mnt/c/Program Files (x86)/NVIDIA Corporation/PhysX/Common:/mnt/c/WINDOWS/system32:/mnt/c/WINDOWS:/mnt/c/WINDOWS/System32/Wbem:/mnt/c/WINDOWS/System32/WindowsPowerShell/v1.0/:/mnt/c/Program Files/Go/bin:/mnt/c/Users/me/AppData/Local/Microsoft/WindowsApps:/snap/bin",
];

/// Ubuntu 24.04 on WSL2 with its own Go and two of gowr's, and the Go for Windows on a drive.
fn ubuntu() -> MemoryMachine {
    let machine = MemoryMachine::new()
        .file("/etc/os-release", "ID=ubuntu\nID_LIKE=debian\nVERSION_ID=\"24.04\"\n")
        .file(OSRELEASE, WSL2)
        .file(MOUNTINFO, [MOUNTS, DRIVE].concat())
        .program("/gowr/bin/go", "gowr")
        .program("/mnt/c/Program Files/Go/bin/go.exe", "MZ")
        .directory("/mnt/c/Users/Gnoy")
        .directory("/home/gnoy/p")
        .current("/home/gnoy/p");
    let machine = layouts::default(layouts::debian(machine, "1.22", "go1.22.2"), "1.22");
    store(machine, "ubuntu-24.04", &["go1.22.12", "go1.26.9"])
}

fn shell(machine: MemoryMachine) -> MemoryMachine {
    machine.environment(SHELL)
}

fn wsl(machine: &MemoryMachine) -> Option<(u8, Option<&'static str>)> {
    let wsl = Wsl::detect(machine, machine.variables())?;
    Some((wsl.version, wsl.exact_name()))
}

/// The drives: where, and their letters.
fn drives(machine: &MemoryMachine) -> String {
    let table = machine.read_file(None, MOUNTINFO.as_bytes(), 1 << 20).expect("a table").content;
    let drive = |it: &resolver::mounts::Drive<'_>| {
        let letter = it.letter(machine).map_or(String::from("?"), String::from);
        format!("{letter}:{}", String::from_utf8_lossy(it.mount().point))
    };
    WindowsDrives::each(table).iter().map(drive).collect::<Vec<_>>().join(" ")
}

#[test]
fn a_shell_on_wsl2() {
    let machine = shell(ubuntu());
    assert_eq!(wsl(&machine), Some((2, Some("Ubuntu"))));
    assert_eq!(shared_root(&machine), Some(&b"/mnt/wsl"[..]));
    assert_eq!(drives(&machine), "C:/mnt/c");
    assert_eq!(winner(&machine, "go build"), "distro go1.22.2");
    assert_eq!(variable(&machine, "go build", "GCCGO").as_deref(), Some("/usr/bin/gccgo"));
    let path = variable(&machine, "go build", "PATH").expect("PATH");
    assert!(path.contains(":/mnt/c/Program Files/Go/bin:"), "what tests may need is kept: {path}");
}

#[test]
fn sudo_cron_and_services_choose_the_same() {
    let project = |machine: MemoryMachine| machine.file("/home/gnoy/p/.go-version", "1.26\n");
    let answer = |machine: &MemoryMachine| {
        let resolution = resolve(machine, "go build").expect("a Go");
        let executable = String::from_utf8_lossy(resolution.executable()).into_owned();
        (executable, variable(machine, "go build", "GOCACHE"))
    };
    let (go, cache) = answer(&project(shell(ubuntu())));
    assert_eq!(go, "/gowr/toolchains/go1.26.9/bin/go");
    assert_eq!(cache.as_deref(), Some("/home/gnoy/.cache/go-build-ubuntu-24.04"));
    let secure = "PATH=/gowr/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    let (home, ours) = ("HOME=/home/gnoy", "GOWR_HOME=/gowr");
    for (what, environment, machine, name) in [
        ("sudo", vec![secure, home, ours, "SUDO_USER=gnoy"], ubuntu(), None),
        ("cron", vec!["PATH=/gowr/bin:/usr/bin:/bin", home, ours], ubuntu(), None),
        (
            "a unit: PID 1 is systemd, WSL's init beside it",
            vec![secure, home, ours, "INVOCATION_ID=1"],
            ubuntu().file("/proc/1/comm", "systemd\n").file("/proc/2/comm", "init-systemd(Ub\n"),
            None,
        ),
        (
            "su: PID 1 is WSL's init",
            vec![secure, home, ours],
            ubuntu().file("/proc/1/comm", "init(Ubuntu)\n"),
            Some("Ubuntu"),
        ),
        (
            "a terminal that outlived its session",
            vec![secure, home, ours, "WSL_DISTRO_NAME=Ubuntu", "WSL_INTEROP=/run/WSL/1_interop"],
            ubuntu(),
            Some("Ubuntu"),
        ),
    ] {
        let machine =
            environment.into_iter().fold(project(machine), |it, entry| it.environment([entry]));
        assert_eq!(wsl(&machine), Some((2, name)), "{what}");
        assert_eq!(answer(&machine), (go.clone(), cache.clone()), "{what}");
    }
}

#[test]
fn kernels_and_what_they_have() {
    for (release, mounts, version, shared, expected) in [
        (WSL2, [MOUNTS, DRIVE].concat(), 2, Some("/mnt/wsl"), "C:/mnt/c"),
        ("4.19.104-microsoft-standard\n", [MOUNTS, DRIVE].concat(), 2, Some("/mnt/wsl"), "C:/mnt/c"),
        (
            "4.4.0-19041-Microsoft\n",
            "1 0 0:2 / / rw,noatime - wslfs rootfs rw\n2 1 0:3 / /mnt/c rw,noatime - drvfs C: rw,noatime,uid=1000,gid=1000,case=off\n".to_owned(),
            1,
            None,
            "C:/mnt/c",
        ),
        ("3.4.0+\n", "2 1 0:3 / /mnt/d rw - drvfs D: rw\n".to_owned(), 1, None, "D:/mnt/d"),
        (
            WSL2,
            [MOUNTS, DRIVE].concat().replace("/mnt/", "/"),
            2,
            Some("/wsl"),
            "C:/c",
        ),
        (
            WSL2,
            [MOUNTS, "84 51 0:58 / /mnt/c rw - virtiofs drvfsC0 rw\n"].concat(),
            2,
            Some("/mnt/wsl"),
            "C:/mnt/c",
        ),
        (
            WSL2,
            [MOUNTS, "84 51 0:58 / /mnt/c rw - virtiofs 9f2b0a3e-0c1d-4e5f-8a9b-0123456789ab rw\n"].concat(),
            2,
            Some("/mnt/wsl"),
            "C:/mnt/c",
        ),
        (
            WSL2,
            [MOUNTS, "84 51 0:58 /9f2b0a3e-0c1d-4e5f-8a9b-0123456789ab/x /mnt/c rw - virtiofs drvfs rw\n"].concat(),
            2,
            Some("/mnt/wsl"),
            "C:/mnt/c",
        ),
        (
            WSL2,
            [MOUNTS, "84 51 0:58 / /Docker/host rw - 9p drvfs rw,aname=drvfs;path=C:\\Program Files\\Docker\n"].concat(),
            2,
            Some("/mnt/wsl"),
            "C:/Docker/host",
        ),
        // A directory of that name, and the store of drivers: neither is a drive.
        (WSL2, MOUNTS.to_owned(), 2, Some("/mnt/wsl"), ""),
        (
            WSL2,
            [MOUNTS, "84 51 8:48 / /mnt/c rw - ext4 /dev/sdd rw\n"].concat(),
            2,
            Some("/mnt/wsl"),
            "",
        ),
    ] {
        let machine = ubuntu()
            .file(OSRELEASE, release)
            .file(MOUNTINFO, &mounts)
            .link("/run/wsl/virtiofs/9f2b0a3e-0c1d-4e5f-8a9b-0123456789ab", r"C:\");
        assert_eq!(wsl(&machine), Some((version, None)), "{release}{mounts}");
        let found = shared_root(&machine);
        assert_eq!(found, shared.map(str::as_bytes), "{release}{mounts}");
        assert_eq!(drives(&machine), expected, "{release}{mounts}");
        // And so does the proxy see them.
        let path = "PATH=/gowr/bin:/usr/bin:/mnt/c/Windows:/c/Windows:/mnt/d/x";
        let shell = machine.environment(["HOME=/home/gnoy", path]);
        let is_set = variable(&shell, "go build", "GCCGO").is_some();
        // A kernel without the word is none of WSL's to it, which costs look-ups and nothing else.
        let is_seen = !expected.is_empty() && !expected.ends_with("/host") && release != "3.4.0+\n";
        assert_eq!(is_set, is_seen, "{release}{mounts}");
    }
}

#[test]
fn containers_come_before_wsl() {
    let full = "engine=\"podman-5.4\"\nname=\"box\"\nid=\"0\"\nimage=\"x\"\nrootless=1\n";
    for (what, machine, kind, name, links) in [
        (
            "podman",
            shell(ubuntu().file("/run/.containerenv", "")),
            ContainerKind::Podman,
            None,
            "ubuntu-24.04",
        ),
        (
            "podman, named",
            shell(ubuntu().file("/run/.containerenv", full)),
            ContainerKind::Podman,
            Some("box"),
            "ubuntu-24.04",
        ),
        (
            "distrobox, which inherits the variables of the distro around it",
            shell(ubuntu())
                .file("/run/.containerenv", full)
                .program("/usr/bin/distrobox-export", "#!/bin/sh\n")
                .environment(["CONTAINER_ID=box", "container=podman"]),
            ContainerKind::Distrobox,
            Some("box"),
            "ubuntu-24.04+box",
        ),
    ] {
        let found = container(&machine, machine.variables()).expect(what);
        assert_eq!((found.kind, found.name), (kind, name), "{what}");
        assert_eq!(wsl(&machine), Some((2, None)), "{what}: Ubuntu is around it");
        let around = Wsl::detect(&machine, machine.variables()).and_then(|wsl| wsl.name);
        assert_eq!(around.map(|name| name.text), Some("Ubuntu"), "{what}");
        let distro = Distro::detect(&machine, machine.variables());
        assert_eq!(distro.links_key(), links.as_bytes(), "{what}");
    }
}

#[test]
fn a_hostile_path() {
    let entries = [
        "",
        "/gowr/bin",
        "/mnt/c/Program Files (x86)/Go/bin/",
        "relative",
        "",
        "/gowr/bin/",
        "//gowr/./bin",
        "/home/gnoy/links",
        "/mnt/c/Program Files/Go/bin",
        "/mnt/c/Program Files/Go/bin",
        "/home/gnoy/(a b)/bin",
        "/home/gnoy/directory",
        "/real/go/bin/",
        "/real/go/bin",
        "/other/go/bin",
        ".",
        "",
    ];
    let path: &str = format!("PATH={}", entries.join(":")).leak();
    let machine = MemoryMachine::new()
        .file("/etc/os-release", "ID=nosuch\n")
        .file(OSRELEASE, WSL2)
        .file(MOUNTINFO, [MOUNTS, DRIVE].concat())
        .program("/gowr/bin/go", "gowr")
        .program("/gowr/bin/gowr", "gowr")
        .program("/mnt/c/Program Files/Go/bin/go.exe", "MZ")
        .program("/mnt/c/Program Files (x86)/Go/bin/go.exe", "MZ")
        .link("/home/gnoy/links/go", "/gowr/bin/go")
        .program("/home/gnoy/(a b)/bin/go", "#!/bin/sh\nexec go.exe \"$@\"\n")
        .directory("/home/gnoy/directory/go")
        .goroot("/real/go", "go1.24.1")
        .goroot("/other/go", "go1.25.1")
        .environment(["HOME=/home/gnoy", path])
        .current("/home/gnoy");
    assert_eq!(winner(&machine, "go build"), "path go1.24.1");
    let resolution = resolve(&machine, "go build").expect("the first real one");
    assert_eq!(resolution.executable(), b"/real/go/bin/go");
    assert_eq!(variable(&machine, "go build", "GCCGO").as_deref(), Some("/usr/bin/gccgo"));
    // Of the entries none is lost, doubled or put elsewhere; gowr's links come last.
    let with_links = |entries: &[&str]| {
        Some([entries.join(":").as_str(), ":/home/gnoy/.local/share/gowr/links"].concat())
    };
    assert_eq!(variable(&machine, "go build", "PATH"), with_links(&entries));
    let alone = machine.without("/real").without("/other");
    assert_eq!(winner(&alone, "go build"), "nothing-found", "gowr is no Go");
    let dropped = alone
        .goroot("/usr/local/go", "go1.26.1")
        .file("/home/gnoy/.config/gowr/config.yaml", "windows-path: drop\n");
    let kept: Vec<_> = entries.into_iter().filter(|entry| !entry.starts_with("/mnt/c")).collect();
    assert_eq!(variable(&dropped, "go build", "PATH"), with_links(&kept));
}

#[test]
fn trees_that_are_split_are_toolchains() {
    let machine = |os_release: &str| {
        MemoryMachine::new()
            .file("/etc/os-release", os_release)
            .program("/gowr/bin/go", "gowr")
            .environment(["HOME=/home/u", "PATH=/gowr/bin:/usr/bin"])
    };
    let go_env = "GOPROXY=https://proxy.golang.org,direct\nGOTOOLCHAIN=local\n";
    for (what, machine, root, version_text, goroot) in [
        (
            "Debian: relative links",
            layouts::default(
                layouts::debian(machine("ID=debian\nVERSION_ID=13\n"), "1.24", "go1.24.4"),
                "1.24",
            ),
            "/usr/lib/go",
            Some("go1.24.4"),
            None,
        ),
        (
            "SUSE: absolute links",
            layouts::alternatives(
                layouts::suse(machine("ID=sles\nID_LIKE=suse\n"), "1.25", "go1.25.1"),
                "1.25",
            ),
            "/usr/lib64/go/1.25",
            Some("go1.25.1"),
            None,
        ),
        (
            "Void: its programs are elsewhere",
            layouts::void(machine("ID=\"void\"\n")),
            "/usr/lib/go",
            None,
            Some("/usr/lib/go"),
        ),
        (
            "no VERSION",
            layouts::plain(machine("ID=alpine\nVERSION_ID=3.17.0\n"), ""),
            "/usr/lib/go",
            None,
            None,
        ),
        (
            "VERSION with more on its line",
            layouts::fedora(
                machine("ID=\"almalinux\"\nID_LIKE=\"rhel centos fedora\"\nVERSION_ID=\"8.10\"\n"),
                "go1.25.8 (Red Hat 1.25.8-1.module_el8.10.0+4156+92f0ae2f)\ntime 2026-03-01T00:00:00Z\n",
            ),
            "/usr/lib/golang",
            Some("go1.25.8 (Red Hat 1.25.8-1.module_el8.10.0+4156+92f0ae2f)"),
            None,
        ),
        (
            "a go.env of the distro's",
            layouts::fedora(machine("ID=fedora\nVERSION_ID=43\n"), "go1.25.4")
                .file("/usr/lib/golang/go.env", go_env),
            "/usr/lib/golang",
            Some("go1.25.4"),
            None,
        ),
    ] {
        let resolution = resolve(&machine, "go build").expect(what);
        let toolchain = resolution.toolchain;
        assert_eq!(resolution.source.kind.as_str(), "distro", "{what}");
        assert_eq!(toolchain.root, Some(root.as_bytes()), "{what}");
        assert_eq!(toolchain.version_text, version_text, "{what}");
        assert_eq!(variable(&machine, "go build", "GOROOT").as_deref(), goroot, "{what}");
        let mut losers = Losers::default();
        let invocation = Invocation::parse(b"/gowr/bin/go", &[b"build"]);
        resolver::resolve(&machine, &invocation, &mut losers).expect(what);
    }
    let broken = layouts::default(
        layouts::debian(machine("ID=debian\nVERSION_ID=13\n"), "1.24", "go1.24.4"),
        "1.24",
    )
    .program("/usr/lib/go-1.24/bin/go", elf_program(Some(layouts::MUSL)));
    assert_eq!(winner(&broken, "go build"), "nothing-found", "a go of another C library");
}

/// A distro's name, its os-release, and what that says: `ID`, `VERSION_ID`, the words of `ID_LIKE`.
type OsRelease =
    (&'static str, &'static str, &'static str, Option<&'static str>, &'static [&'static str]);

/// What distros write there, quotes and order included.
#[rustfmt::skip] // a line a distro
const OS_RELEASES: [OsRelease; 33] = [
    ("Debian 12", "VERSION_ID=\"12\"\nID=debian\n", "debian", Some("12"), &[]),
    ("Debian 13", "VERSION_ID=\"13\"\nID=debian\n", "debian", Some("13"), &[]),
    ("Debian sid", "PRETTY_NAME=\"Debian GNU/Linux forky/sid\"\nID=debian\n", "debian", None, &[]),
    ("Ubuntu 22.04", "VERSION_ID=\"22.04\"\nID=ubuntu\nID_LIKE=debian\n", "ubuntu", Some("22.04"), &["debian"]),
    ("Ubuntu 24.04", "VERSION_ID=\"24.04\"\nID=ubuntu\nID_LIKE=debian\n", "ubuntu", Some("24.04"), &["debian"]),
    ("Ubuntu 26.04", "VERSION_ID=\"26.04\"\nID=ubuntu\nID_LIKE=debian\n", "ubuntu", Some("26.04"), &["debian"]),
    ("Kali", "ID=kali\nVERSION_ID=\"2019.4\"\nID_LIKE=debian\n", "kali", Some("2019.4"), &["debian"]),
    ("Mint 22", "ID=linuxmint\nID_LIKE=\"ubuntu debian\"\nVERSION_ID=\"22\"\n", "linuxmint", Some("22"), &["ubuntu", "debian"]),
    ("Pop", "ID=pop\nID_LIKE=\"ubuntu debian\"\nVERSION_ID=\"22.04\"\n", "pop", Some("22.04"), &["ubuntu", "debian"]),
    ("Fedora 40", "ID=fedora\nVERSION_ID=40\n", "fedora", Some("40"), &[]),
    ("RHEL 10", "ID=\"rhel\"\nID_LIKE=\"centos fedora\"\nVERSION_ID=\"10.0\"\n", "rhel", Some("10.0"), &["centos", "fedora"]),
    ("CentOS 9", "ID=\"centos\"\nID_LIKE=\"rhel fedora\"\nVERSION_ID=\"9\"\n", "centos", Some("9"), &["rhel", "fedora"]),
    ("Alma 10", "ID=\"almalinux\"\nID_LIKE=\"rhel centos fedora\"\nVERSION_ID=\"10.0\"\n", "almalinux", Some("10.0"), &["rhel", "centos", "fedora"]),
    ("Rocky 10", "ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"\nVERSION_ID=\"10.0\"\n", "rocky", Some("10.0"), &["rhel", "centos", "fedora"]),
    ("Oracle 9.5", "ID=\"ol\"\nID_LIKE=\"fedora\"\nVERSION_ID=\"9.5\"\n", "ol", Some("9.5"), &["fedora"]),
    ("Amazon 2023", "ID=\"amzn\"\nID_LIKE=\"fedora\"\nVERSION_ID=\"2023\"\n", "amzn", Some("2023"), &["fedora"]),
    ("Tumbleweed", "ID=\"opensuse-tumbleweed\"\nID_LIKE=\"opensuse suse\"\nVERSION_ID=\"20240112\"\n", "opensuse-tumbleweed", Some("20240112"), &["opensuse", "suse"]),
    ("Leap 16", "ID=\"opensuse-leap\"\nID_LIKE=\"suse opensuse\"\nVERSION_ID=\"16.0\"\n", "opensuse-leap", Some("16.0"), &["suse", "opensuse"]),
    ("SLES 15.7", "VERSION_ID=\"15.7\"\nID=\"sles\"\nID_LIKE=\"suse\"\n", "sles", Some("15.7"), &["suse"]),
    ("Alpine", "ID=alpine\nVERSION_ID=3.23.2\n", "alpine", Some("3.23.2"), &[]),
    ("Arch", "ID=arch\nVERSION_ID=TEMPLATE_VERSION_ID\n", "arch", Some("TEMPLATE_VERSION_ID"), &[]),
    ("Void", "ID=\"void\"\n", "void", None, &[]),
    ("Gentoo", "ID=gentoo\n", "gentoo", None, &[]),
    ("NixOS", "ID=nixos\nID_LIKE=\"\"\nVERSION_ID=\"25.05\"\n", "nixos", Some("25.05"), &[]),
    ("Manjaro", "ID=manjaro\nID_LIKE=arch\n", "manjaro", None, &["arch"]),
    ("Deepin", "ID=Deepin\n", "Deepin", None, &[]),
    ("openEuler", "ID=\"openEuler\"\n", "openEuler", None, &[]),
    ("XCP-ng", "ID=\"XCP-ng\"\n", "XCP-ng", None, &[]),
    ("Slackware, CR", "ID=slackware\rVERSION_ID=\"15.0\"\r", "slackware", Some("15.0"), &[]),
    ("CRLF", "ID=debian\r\nVERSION_ID=\"13\"\r\nID_LIKE='a b'\r\n", "debian", Some("13"), &["a", "b"]),
    ("single quotes", "ID='debian'\nVERSION_ID='13'\n", "debian", Some("13"), &[]),
    ("escapes", "ID=\"a\\\"b\\$c\\\\d\\`e\"\nVERSION_ID=\"1\\2\"\n", "a\"b$c\\d`e", Some("1\\2"), &[]),
    ("nothing", "", "linux", None, &[]),
];

#[test]
fn each_os_release_is_read_for_what_it_says() {
    for (what, content, id, version_id, id_like) in OS_RELEASES {
        let release = os_release::parse(content.as_bytes());
        assert_eq!((release.id, release.version_id), (id, version_id), "{what}");
        assert!(release.id_like().eq(id_like.iter().copied()), "{what}");
        // The same by either of the two places, and the first one alone where both are.
        let key = |machine: &MemoryMachine| Distro::detect(machine, machine.variables()).key;
        let etc = MemoryMachine::new().file("/etc/os-release", content);
        let lib = MemoryMachine::new().file("/usr/lib/os-release", content);
        let both = etc.clone().file("/usr/lib/os-release", "ID=another\nVERSION_ID=7\n");
        assert_eq!(key(&etc), key(&lib), "{what}");
        assert_eq!(key(&etc), key(&both), "{what}: they are never merged");
    }
    let machine = MemoryMachine::new();
    assert_eq!(Distro::detect(&machine, machine.variables()).key, "linux", "neither file");
}
