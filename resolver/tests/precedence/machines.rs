//! Every kind of Linux that is known to us, as a line each: what key it has, which Go, and why not another.
//!
//! The os-release values are those of the distros themselves, capitals, quotes, line ends and leaks included.

use std::collections::BTreeSet;

use resolver::machine::Machine;
use resolver::machine::memory::{MemoryMachine, elf_program};
use resolver::variables::Name;
use resolver::witness::Losers;
use resolver::{Invocation, distro::Distro};

use crate::layouts::{
    GLIBC, MUSL, alternatives, debian, default, dynamic, fedora, plain, suse, void,
};

/// What is on a machine besides its os-release.
type Change = fn(MemoryMachine) -> MemoryMachine;

/// A distro's name, its os-release, what is there, its key, its Go (`source root version`, or an error's code), and
/// the reasons of what was passed over.
struct Row(&'static str, &'static str, Change, &'static str, &'static str, &'static str);

fn nothing(machine: MemoryMachine) -> MemoryMachine {
    machine
}

#[rustfmt::skip] // two lines a machine
const ROWS: &[Row] = &[
    // Debian and its kin.
    Row("Debian 11", "ID=debian\nVERSION_ID=\"11\"\n",
        |m| default(debian(m, "1.15", "go1.15.15"), "1.15"),
        "debian-11", "distro /usr/lib/go go1.15.15", ""),
    Row("Debian 12, its go linked with glibc", "ID=debian\nVERSION_ID=\"12\"\n",
        |m| dynamic(default(debian(m, "1.19", "go1.19.8"), "1.19"), "/usr/lib/go-1.19", GLIBC)
            .file(GLIBC, ""),
        "debian-12", "distro /usr/lib/go go1.19.8", ""),
    Row("Debian 12 with backports, the default linked", "ID=debian\nVERSION_ID=\"12\"\n",
        |m| default(debian(debian(m, "1.19", "go1.19.8"), "1.23", "go1.23.8"), "1.19"),
        "debian-12", "distro /usr/lib/go go1.19.8", ""),
    Row("Debian 13", "ID=debian\nVERSION_ID=\"13\"\n",
        |m| default(debian(m, "1.24", "go1.24.4"), "1.24"),
        "debian-13", "distro /usr/lib/go go1.24.4", ""),
    Row("Debian sid, no VERSION_ID", "ID=debian\nVERSION_CODENAME=sid\n",
        |m| default(debian(m, "1.27", "go1.27.3"), "1.27"),
        "debian", "distro /usr/lib/go go1.27.3", ""),
    Row("Debian without the default's package", "ID=debian\nVERSION_ID=\"13\"\n",
        |m| debian(debian(m, "1.9", "go1.9"), "1.25", "go1.25.3").directory("/usr/lib/go-mode"),
        "debian-13", "distro /usr/lib/go-1.25 go1.25.3", ""),
    Row("Debian, the newest broken: the next", "ID=debian\nVERSION_ID=\"13\"\n",
        |m| debian(debian(m, "1.24", "go1.24.4"), "1.25", "go1.25.3")
            .without("/usr/lib/go-1.25/pkg"),
        "debian-13", "distro /usr/lib/go-1.24 go1.24.4", "not-a-goroot"),
    Row("Debian, the default's link dangles", "ID=debian\nVERSION_ID=\"13\"\n",
        |m| debian(m, "1.25", "go1.25.3").link("/usr/lib/go", "go-1.24"),
        "debian-13", "distro /usr/lib/go-1.25 go1.25.3", ""),
    Row("Debian, its go without the execute bit", "ID=debian\nVERSION_ID=\"13\"\n",
        |m| default(debian(m, "1.24", "go1.24.4"), "1.24").mode("/usr/lib/go-1.24/bin/go", 0o644),
        "debian-13", "nothing-found", "not-executable not-executable"),
    Row("Debian, /usr mounted noexec", "ID=debian\nVERSION_ID=\"13\"\n",
        |m| default(debian(m, "1.24", "go1.24.4"), "1.24").no_execution_below("/usr"),
        "debian-13", "nothing-found", "noexec noexec"),
    Row("Ubuntu 20.04",
        "NAME=\"Ubuntu\"\nVERSION=\"20.04.6 LTS (Focal Fossa)\"\nID=ubuntu\nID_LIKE=debian\nVERSION_ID=\"20.04\"\n",
        |m| default(debian(m, "1.13", "go1.13.8"), "1.13"),
        "ubuntu-20.04", "distro /usr/lib/go go1.13.8", ""),
    Row("Ubuntu 22.04 with two more", "ID=ubuntu\nID_LIKE=debian\nVERSION_ID=\"22.04\"\n",
        |m| default(debian(debian(debian(m, "1.18", "go1.18.1"), "1.21", "go1.21.1"), "1.23", "go1.23.1"), "1.18"),
        "ubuntu-22.04", "distro /usr/lib/go go1.18.1", ""),
    Row("Ubuntu 24.04", "ID=ubuntu\nID_LIKE=debian\nVERSION_ID=\"24.04\"\n",
        |m| default(debian(m, "1.22", "go1.22.2"), "1.22"),
        "ubuntu-24.04", "distro /usr/lib/go go1.22.2", ""),
    Row("Ubuntu 26.04", "ID=ubuntu\nID_LIKE=debian\nVERSION_ID=\"26.04\"\n",
        |m| default(debian(m, "1.26", "go1.26.0"), "1.26"),
        "ubuntu-26.04", "distro /usr/lib/go go1.26.0", ""),
    Row("Ubuntu with a snap alone", "ID=ubuntu\nID_LIKE=debian\nVERSION_ID=\"24.04\"\n",
        |m| m.link("/snap/bin/go", "/usr/bin/snap").program("/usr/bin/snap", elf_program(None)),
        "ubuntu-24.04", "path ? ?", ""),
    Row("Kali, a rolling one with a VERSION_ID", "ID=kali\nID_LIKE=debian\nVERSION_ID=\"2019.4\"\n",
        |m| default(debian(m, "1.26", "go1.26.2"), "1.26"),
        "kali", "distro /usr/lib/go go1.26.2", ""),
    Row("Linux Mint 22", "ID=linuxmint\nID_LIKE=\"ubuntu debian\"\nVERSION_ID=\"22\"\n",
        |m| default(debian(m, "1.22", "go1.22.2"), "1.22"),
        "linuxmint-22", "distro /usr/lib/go go1.22.2", ""),
    Row("Pop!_OS", "ID=pop\nID_LIKE=\"ubuntu debian\"\nVERSION_ID=\"22.04\"\n",
        |m| default(debian(m, "1.18", "go1.18.1"), "1.18"),
        "pop-22.04", "distro /usr/lib/go go1.18.1", ""),
    Row("Deepin, its ID in capitals", "ID=Deepin\nID_LIKE=debian\nVERSION_ID=\"23\"\n",
        |m| debian(m, "1.21", "go1.21.9"),
        "deepin-23", "distro /usr/lib/go-1.21 go1.21.9", ""),
    Row("Raspberry Pi OS, by ID_LIKE", "ID=raspbian\nID_LIKE=debian\nVERSION_ID=\"12\"\n",
        |m| debian(m, "1.19", "go1.19.8"),
        "raspbian-12", "distro /usr/lib/go-1.19 go1.19.8", ""),
    Row("Tails, by ID_LIKE, no VERSION_ID", "ID=\"tails\"\nID_LIKE=\"debian\"\n",
        |m| debian(m, "1.24", "go1.24.4"),
        "tails", "distro /usr/lib/go-1.24 go1.24.4", ""),
    Row("DEBIAN in capitals, CRLF", "ID=DEBIAN\r\nVERSION_ID=\"13\"\r\n",
        |m| default(debian(m, "1.24", "go1.24.4"), "1.24"),
        "debian-13", "distro /usr/lib/go go1.24.4", ""),
    // Fedora and its kin.
    Row("Fedora 40, unquoted", "ID=fedora\nVERSION_ID=40\n", |m| fedora(m, "go1.22.10"),
        "fedora-40", "distro /usr/lib/golang go1.22.10", ""),
    Row("Fedora 43",
        "NAME=\"Fedora Linux\"\nVERSION=\"43 (Container Image)\"\nID=fedora\nVERSION_ID=43\n",
        |m| fedora(m, "go1.25.4 (Red Hat 1.25.4-1.fc43)"),
        "fedora-43", "distro /usr/lib/golang go1.25.4", ""),
    Row("RHEL 10", "ID=\"rhel\"\nID_LIKE=\"centos fedora\"\nVERSION_ID=\"10.0\"\n",
        |m| fedora(m, "go1.26.2 (Red Hat 1.26.2-2.el10)"),
        "rhel-10", "distro /usr/lib/golang go1.26.2", ""),
    Row("RHEL 8", "ID=\"rhel\"\nID_LIKE=\"fedora\"\nVERSION_ID=\"8.10\"\n",
        |m| fedora(m, "go1.25.8 (Red Hat 1.25.8-1.module_el8.10.0+4156+92f0ae2f)"),
        "rhel-8", "distro /usr/lib/golang go1.25.8", ""),
    Row("CentOS Stream 9", "ID=\"centos\"\nID_LIKE=\"rhel fedora\"\nVERSION_ID=\"9\"\n",
        |m| fedora(m, "go1.25.3"),
        "centos-9", "distro /usr/lib/golang go1.25.3", ""),
    Row("AlmaLinux 10", "ID=\"almalinux\"\nID_LIKE=\"rhel centos fedora\"\nVERSION_ID=\"10.0\"\n",
        |m| fedora(m, "go1.25.3"),
        "almalinux-10", "distro /usr/lib/golang go1.25.3", ""),
    Row("Rocky 10", "ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"\nVERSION_ID=\"10.0\"\n",
        |m| fedora(m, "go1.25.3"),
        "rocky-10", "distro /usr/lib/golang go1.25.3", ""),
    Row("Oracle 7.9", "ID=\"ol\"\nID_LIKE=\"fedora\"\nVERSION_ID=\"7.9\"\n",
        |m| fedora(m, "go1.19.13"),
        "ol-7", "distro /usr/lib/golang go1.19.13", ""),
    Row("Oracle 9.5", "ID=\"ol\"\nID_LIKE=\"fedora\"\nVERSION_ID=\"9.5\"\n",
        |m| fedora(m, "go1.25.3"),
        "ol-9", "distro /usr/lib/golang go1.25.3", ""),
    Row("Amazon Linux 2023", "ID=\"amzn\"\nID_LIKE=\"fedora\"\nVERSION_ID=\"2023\"\n",
        |m| fedora(m, "go1.24.9"),
        "amzn-2023", "distro /usr/lib/golang go1.24.9", ""),
    Row("EuroLinux, by ID_LIKE",
        "ID=eurolinux\nID_LIKE=\"rhel fedora centos\"\nVERSION_ID=\"9.2\"\n",
        |m| fedora(m, "go1.25.3"),
        "eurolinux-9", "distro /usr/lib/golang go1.25.3", ""),
    Row("XCP-ng, its ID in capitals",
        "ID=\"XCP-ng\"\nID_LIKE=\"centos rhel fedora\"\nVERSION_ID=\"8.2.1\"\n",
        |m| fedora(m, "go1.18.9"),
        "xcp-ng-8", "distro /usr/lib/golang go1.18.9", ""),
    Row("openEuler, no ID_LIKE: probed", "ID=\"openEuler\"\nVERSION_ID=\"24.03\"\n",
        |m| fedora(m, "go1.21.4"),
        "openeuler-24.03", "distro /usr/lib/golang go1.21.4", ""),
    Row("Fedora with the archive of go.dev beside it", "ID=fedora\nVERSION_ID=43\n",
        |m| fedora(m, "go1.25.4").goroot("/usr/local/go", "go1.27.3"),
        "fedora-43", "distro /usr/lib/golang go1.25.4", ""),
    Row("a container of Fedora with /usr/local/go", "ID=fedora\nVERSION_ID=43\n",
        |m| m.goroot("/usr/local/go", "go1.26.9"),
        "fedora-43", "distro /usr/local/go go1.26.9", ""),
    // SUSE.
    Row("openSUSE Tumbleweed",
        "ID=\"opensuse-tumbleweed\"\nID_LIKE=\"opensuse suse\"\nVERSION_ID=\"20240112\"\n",
        |m| alternatives(suse(m, "1.25", "go1.25.1"), "1.25"),
        "opensuse-tumbleweed", "distro /usr/lib64/go/1.25 go1.25.1", ""),
    Row("openSUSE Leap 16, alternatives decide",
        "ID=\"opensuse-leap\"\nID_LIKE=\"suse opensuse\"\nVERSION_ID=\"16.0\"\n",
        |m| alternatives(suse(suse(m, "1.24", "go1.24.9"), "1.25", "go1.25.1"), "1.24"),
        "opensuse-leap-16.0", "distro /usr/lib64/go/1.24 go1.24.9", ""),
    Row("openSUSE Leap 15, without alternatives the newest",
        "ID=\"opensuse-leap\"\nID_LIKE=\"suse opensuse\"\nVERSION_ID=\"15.6\"\n",
        |m| suse(suse(m, "1.9", "go1.9.7"), "1.21", "go1.21.9"),
        "opensuse-leap-15.6", "distro /usr/lib64/go/1.21 go1.21.9", ""),
    Row("SLES 15.7, VERSION_ID before ID", "VERSION_ID=\"15.7\"\nID=\"sles\"\nID_LIKE=\"suse\"\n",
        |m| alternatives(suse(m, "1.24", "go1.24.9"), "1.24"),
        "sles-15.7", "distro /usr/lib64/go/1.24 go1.24.9", ""),
    Row("openSUSE MicroOS, by ID_LIKE",
        "ID=\"opensuse-microos\"\nID_LIKE=\"suse opensuse opensuse-tumbleweed microos\"\nVERSION_ID=\"20240112\"\n",
        |m| alternatives(suse(m, "1.25", "go1.25.1"), "1.25"),
        "opensuse-microos", "distro /usr/lib64/go/1.25 go1.25.1", ""),
    Row("SUSE, alternatives lead to gowr itself",
        "ID=\"sles\"\nID_LIKE=\"suse\"\nVERSION_ID=\"15.7\"\n",
        |m| suse(m, "1.24", "go1.24.9").link("/usr/bin/go", "/gowr/bin/go"),
        "sles-15.7", "distro /usr/lib64/go/1.24 go1.24.9", "not-a-goroot"),
    // Those with real files in /usr/lib/go.
    Row("Alpine 3.19", "ID=alpine\nVERSION_ID=3.19.1\n", |m| plain(m, "go1.21.10"),
        "alpine-3.19", "distro /usr/lib/go go1.21.10", ""),
    Row("Alpine 3.23, its go a PIE of musl",
        "NAME=\"Alpine Linux\"\nID=alpine\nVERSION_ID=3.23.2\n",
        |m| dynamic(plain(m, "go1.25.5"), "/usr/lib/go", MUSL).file(MUSL, ""),
        "alpine-3.23", "distro /usr/lib/go go1.25.5", ""),
    Row("Alpine edge", "ID=alpine\nVERSION_ID=3.24.0_alpha20260101\n", |m| plain(m, "go1.26.0"),
        "alpine", "distro /usr/lib/go go1.26.0", ""),
    Row("Alpine 3.17, no VERSION", "ID=alpine\nVERSION_ID=3.17.0\n", |m| plain(m, ""),
        "alpine-3.17", "distro /usr/lib/go ?", ""),
    Row("golang:alpine, a container", "ID=alpine\nVERSION_ID=3.23.2\n",
        |m| m.goroot("/usr/local/go", "go1.26.9"),
        "alpine-3.23", "distro /usr/local/go go1.26.9", ""),
    Row("Alpine with a Go of glibc", "ID=alpine\nVERSION_ID=3.23.2\n",
        |m| dynamic(plain(m, "go1.19.8"), "/usr/lib/go", GLIBC),
        "alpine-3.23", "nothing-found", "wrong-libc wrong-libc"),
    Row("Alpine with a Go of glibc, and the archive of go.dev", "ID=alpine\nVERSION_ID=3.23.2\n",
        |m| dynamic(plain(m, "go1.19.8"), "/usr/lib/go", GLIBC).goroot("/usr/local/go", "go1.26.9"),
        "alpine-3.23", "distro /usr/local/go go1.26.9", "wrong-libc wrong-libc"),
    Row("Debian with a Go of musl", "ID=debian\nVERSION_ID=\"13\"\n",
        |m| dynamic(m.goroot("/usr/local/go", "go1.25.5"), "/usr/local/go", MUSL),
        "debian-13", "nothing-found", "wrong-libc"),
    Row("Alpine, an old Go of glibc installed by another distro", "ID=alpine\nVERSION_ID=3.23.2\n",
        |m| dynamic(m.goroot("/gowr/toolchains/go1.20.14", "go1.20.14"), "/gowr/toolchains/go1.20.14", GLIBC),
        "alpine-3.23", "nothing-found", "wrong-libc"),
    Row("Alpine, a static Go installed by another distro", "ID=alpine\nVERSION_ID=3.23.2\n",
        |m| m.goroot("/gowr/toolchains/go1.22.12", "go1.22.12"),
        "alpine-3.23", "newest /gowr/toolchains/go1.22.12 go1.22.12", ""),
    Row("Wolfi, no ID_LIKE: probed", "ID=wolfi\nVERSION_ID=\"20230201\"\n",
        |m| plain(m, "go1.26.0"),
        "wolfi", "distro /usr/lib/go go1.26.0", ""),
    Row("Arch, a template's leak", "ID=arch\nVERSION_ID=TEMPLATE_VERSION_ID\n",
        |m| plain(m, "go1.27.3"),
        "arch", "distro /usr/lib/go go1.27.3", ""),
    Row("Manjaro", "ID=manjaro\nID_LIKE=arch\n", |m| plain(m, "go1.27.2"),
        "manjaro", "distro /usr/lib/go go1.27.2", ""),
    Row("EndeavourOS", "ID=\"endeavouros\"\nID_LIKE=\"arch\"\n", |m| plain(m, "go1.27.3"),
        "endeavouros", "distro /usr/lib/go go1.27.3", ""),
    Row("CachyOS", "ID=cachyos\nID_LIKE=arch\n", |m| plain(m, "go1.27.3"),
        "cachyos", "distro /usr/lib/go go1.27.3", ""),
    Row("Garuda, by ID_LIKE", "ID=garuda\nID_LIKE=arch\n", |m| plain(m, "go1.27.3"),
        "garuda", "distro /usr/lib/go go1.27.3", ""),
    Row("Artix, probed", "ID=\"artix\"\n", |m| plain(m, "go1.27.3"),
        "artix", "distro /usr/lib/go go1.27.3", ""),
    Row("Chimera, probed", "ID=\"chimera\"\n", |m| plain(m, "go1.26.0"),
        "chimera", "distro /usr/lib/go go1.26.0", ""),
    Row("Gentoo, neither VERSION nor go.env", "ID=gentoo\n", |m| plain(m, ""),
        "gentoo", "distro /usr/lib/go ?", ""),
    Row("Void", "ID=\"void\"\n", void,
        "void", "distro /usr/lib/go ?", "not-a-goroot"),
    Row("Void, from /usr/lib alone", "",
        |m| void(m).without("/etc/os-release").file("/usr/lib/os-release", "ID=\"void\"\n"),
        "void", "distro /usr/lib/go ?", "not-a-goroot"),
    // NixOS, Guix, Slackware, and what is no distro at all.
    Row("NixOS, the system's Go", "ID=nixos\nID_LIKE=\"\"\nVERSION_ID=\"25.05\"\n",
        |m| m.goroot("/nix/store/h-go-1.24.9/share/go", "go1.24.9")
            .link("/nix/store/h-go-1.24.9/bin/go", "/nix/store/h-go-1.24.9/share/go/bin/go")
            .link("/nix/store/s-system-path/bin/go", "/nix/store/h-go-1.24.9/bin/go")
            .link("/run/current-system/sw", "/nix/store/s-system-path"),
        "nixos-25.05", "distro /nix/store/h-go-1.24.9/share/go go1.24.9", ""),
    Row("NixOS, a profile's Go on PATH", "ID=nixos\nID_LIKE=\"\"\nVERSION_ID=\"25.05\"\n",
        |m| m.goroot("/nix/store/h-go-1.24.9/share/go", "go1.24.9")
            .link("/usr/bin/go", "/nix/store/h-go-1.24.9/share/go/bin/go"),
        "nixos-25.05", "path /nix/store/h-go-1.24.9/share/go go1.24.9", ""),
    Row("Guix, a Go on PATH", "ID=guix\n",
        |m| m.goroot("/gnu/store/h-go-1.23/lib/go", "go1.23.4")
            .link("/usr/bin/go", "/gnu/store/h-go-1.23/lib/go/bin/go"),
        "guix", "path /gnu/store/h-go-1.23/lib/go go1.23.4", ""),
    Row("Slackware, CR line ends", "NAME=Slackware\rID=slackware\rVERSION_ID=15.0\r",
        |m| m.goroot("/usr/local/go", "go1.26.9"),
        "slackware-15.0", "distro /usr/local/go go1.26.9", ""),
    Row("Homebrew alone", "ID=fedora\nVARIANT_ID=silverblue\nVERSION_ID=43\n",
        |m| m.goroot("/home/linuxbrew/.linuxbrew/opt/go/libexec", "go1.27.3"),
        "fedora-43", "distro /home/linuxbrew/.linuxbrew/opt/go/libexec go1.27.3", ""),
    Row("a distro nobody has heard of", "ID=nosuch\nVERSION_ID=1\n",
        |m| suse(m, "1.25", "go1.25.1"),
        "nosuch-1", "distro /usr/lib64/go/1.25 go1.25.1", ""),
    Row("a relative that nobody has heard of, then one that is known",
        "ID=nosuch\nID_LIKE=\"other Fedora\"\n", |m| plain(fedora(m, "go1.25.4"), "go1.20.1"),
        "nosuch", "distro /usr/lib/golang go1.25.4", ""),
    Row("no os-release", "", |m| plain(m.without("/etc/os-release"), "go1.24.4"),
        "linux", "distro /usr/lib/go go1.24.4", ""),
    Row("an empty os-release", "", |m| plain(m, "go1.24.4"),
        "linux", "distro /usr/lib/go go1.24.4", ""),
    Row("os-release is a directory", "",
        |m| plain(m.without("/etc/os-release").directory("/etc/os-release"), "go1.24.4"),
        "linux", "distro /usr/lib/go go1.24.4", ""),
    Row("a hostile ID: a path", "ID=../../../etc\nVERSION_ID=12\n", |m| plain(m, "go1.24.4"),
        "linux", "distro /usr/lib/go go1.24.4", ""),
    Row("a hostile ID: an absolute path", "ID=/tmp/x\nVERSION_ID=12\n", nothing,
        "linux", "nothing-found", ""),
    Row("a hostile ID: hidden", "ID=.ssh\n", nothing,
        "linux", "nothing-found", ""),
    Row("a hostile ID: a shell's words", "ID=\"$(touch /tmp/x)\"\nVERSION_ID=`id`\n", nothing,
        "linux", "nothing-found", ""),
    Row("a hostile ID: two lines in one", "ID='debian\nVERSION_ID=12'\n", nothing,
        "debian", "nothing-found", ""),
    Row("a hostile VERSION_ID: a path", "ID=debian\nVERSION_ID=\"../../x\"\n", nothing,
        "debian", "nothing-found", ""),
    Row("a hostile VERSION_ID: without end",
        "ID=debian\nVERSION_ID=111111111111111111111111111111111\n", nothing,
        "debian", "nothing-found", ""),
    Row("an ID that is no text", "ID=d\u{e9}bian\nVERSION_ID=12\n", nothing,
        "linux", "nothing-found", ""),
    Row("single quotes, comments, junk, no final line end",
        "# ID=no\nthis is junk\n=\nID='debian' \nVERSION_ID='13'", nothing,
        "debian-13", "nothing-found", ""),
    Row("the later of two", "ID=ubuntu\nID=debian\nVERSION_ID=13\n", nothing,
        "debian-13", "nothing-found", ""),
];

fn machine(row: &Row) -> MemoryMachine {
    let machine = MemoryMachine::new()
        .program("/gowr/bin/go", "gowr")
        .environment(["HOME=/home/u", "PATH=/gowr/bin:/usr/bin:/snap/bin"])
        .directory("/home/u/p")
        .current("/home/u/p")
        .file("/etc/os-release", row.1);
    (row.2)(machine)
}

/// What [`Row`] says of a machine: its key, its Go, the reasons.
fn seen(machine: &MemoryMachine) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let key = Distro::detect(machine, machine.variables()).key.to_owned();
    let mut losers = Losers::default();
    let invocation = Invocation::parse(machine.execution_path(), &[b"build"]);
    let go = match resolver::resolve(machine, &invocation, &mut losers) {
        Ok(resolution) => {
            let toolchain = resolution.toolchain;
            let version = toolchain.version.map_or("?", |name| name.as_str());
            let root = toolchain.root.map_or_else(|| "?".to_owned(), text);
            format!("{} {root} {version}", resolution.source.kind.as_str())
        }
        Err(failure) => failure.code.as_str().to_owned(),
    };
    let reasons = losers.0.iter().map(|loser| loser.reason.as_str());
    let reasons: Vec<_> = reasons.filter(|reason| *reason != "shadowed").collect();
    format!("{key}, {go}, {}", reasons.join(" "))
}

#[test]
fn each_has_its_key_its_go_and_its_reasons() {
    let mut wrong = Vec::new();
    for row in ROWS {
        let Row(name, _, _, key, go, reasons) = *row;
        let (expected, found) = (format!("{key}, {go}, {reasons}"), seen(&machine(row)));
        if found != expected {
            wrong.push(format!("{name}:\n  {found}\n  {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn there_are_enough_of_them_and_each_once() {
    let names: BTreeSet<&str> = ROWS.iter().map(|row| row.0).collect();
    assert_eq!(names.len(), ROWS.len());
    assert!(ROWS.len() >= 60, "{} machines", ROWS.len());
}

#[test]
fn a_hostile_machine_leaves_the_cache_where_it_belongs() {
    for row in ROWS {
        let machine = machine(row).goroot("/opt/go", "go1.26.9");
        let machine = machine.environment(["GOWR_TOOLCHAIN=/opt/go"]);
        let invocation = Invocation::parse(machine.execution_path(), &[b"build"]);
        let resolution = resolver::resolve(&machine, &invocation, &mut ()).expect(row.0);
        let cache = resolution.changes.iter().find(|change| change.name == Name::GoCache);
        let cache = cache.and_then(|change| change.value).expect(row.0);
        let key = cache.strip_prefix(b"/home/u/.cache/go-build-".as_slice()).expect(row.0);
        assert_eq!(key, row.3.as_bytes(), "{}", row.0);
    }
}
