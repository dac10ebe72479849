use std::string::String;
use std::{format, vec};

use super::*;
use crate::machine::memory::MemoryMachine;

/// The mounts of a distro of WSL2, as in <https://github.com/microsoft/WSL/issues/7152>.
const MOUNTS: &str = concat!(
    include_str!("../../tests/machines/wsl2.mountinfo"),
    r"84 51 0:58 / /mnt/c rw,noatime - 9p C:\134 rw,dirsync,aname=drvfs;path=C:\;uid=1000;gid=1000;symlinkroot=/mnt/,mmap,access=client,msize=65536,trans=fd,rfd=5,wfd=5
",
);
const FIRST: &str = "1 0 0:2 / / rw,noatime - wslfs rootfs rw,noatime
2 1 0:3 / /mnt/c rw,noatime - drvfs C: rw,noatime,uid=1000,gid=1000,case=off
";

fn wsl2() -> MemoryMachine {
    MemoryMachine::new()
        .file("/proc/sys/kernel/osrelease", "6.6.87.2-microsoft-standard-WSL2\n")
        .file("/proc/self/mountinfo", MOUNTS)
}

/// The same, in a shell that Windows has started.
fn shell() -> MemoryMachine {
    wsl2().environment(["WSL_DISTRO_NAME=Ubuntu"])
}

fn detect(machine: &MemoryMachine) -> Option<Wsl> {
    Wsl::detect(machine, machine.variables())
}

/// The version and what told it.
fn version_of(release: &str, mounts: &str) -> Option<(u8, &'static str)> {
    let machine = MemoryMachine::new()
        .file("/proc/sys/kernel/osrelease", release)
        .file("/proc/self/mountinfo", mounts);
    detect(&machine).map(|wsl| (wsl.version, wsl.evidence))
}

fn name_of(machine: &MemoryMachine) -> Option<(&'static str, String, bool)> {
    let name = detect(machine)?.name?;
    Some((name.text, name.source.detail(), name.is_cut))
}

#[test]
fn versions_by_the_kernels_release() {
    let release = "/proc/sys/kernel/osrelease";
    for (text, expected) in [
        ("6.6.87.2-microsoft-standard-WSL2\n", Some(2)),
        ("6.18.33.2-microsoft-standard-WSL2\n", Some(2)),
        ("5.15.90.1-microsoft-standard-WSL2", Some(2)),
        ("5.10.55-xanmod1-microsoft-standard-WSL2\n", Some(2)),
        ("4.19.104-microsoft-standard\n", Some(2)),
        ("4.4.0-19041-Microsoft\n", Some(1)),
        ("4.4.0-22621-Microsoft\n", Some(1)),
        // Its own kernel, named by somebody who likes capitals.
        ("6.6.1-Microsoft-mine\n", Some(2)),
        ("6.1.0-18-amd64\n", None),
        ("4.4.0-210-generic\n", None),
        ("", None),
    ] {
        assert_eq!(version_of(text, ""), expected.map(|version| (version, release)), "{text:?}");
    }
    assert_eq!(detect(&MemoryMachine::new()), None, "no /proc at all");
}

#[test]
fn versions_by_what_wsl_leaves() {
    let own = "6.9.0-mine\n";
    let init = "132 51 0:2 /init /init ro - rootfs rootfs rw\n";
    assert_eq!(version_of(own, init), Some((2, "/init, a mount of WSL's own")));
    for drive in [
        r"1 0 0:58 / /mnt/c rw - 9p drvfs rw,aname=drvfs;path=C:\",
        "1 0 0:58 / /mnt/c rw - virtiofs drvfsC0 rw",
    ] {
        assert_eq!(version_of(own, drive), Some((2, "a Windows drive that is mounted")), "{drive}");
    }
    assert_eq!(version_of("3.4.0+\n", FIRST), Some((1, "a Windows drive that is mounted")));
    for other in [
        "1 0 0:58 / /init ro - ext4 /dev/sda rw",
        "1 0 0:58 / /usr/lib/wsl/drivers ro - 9p drivers ro,aname=drivers;fmask=222",
        "1 0 0:58 / /home rw - virtiofs 9f2b0a3e-0c1d-4e5f-8a9b-0123456789ab rw",
        "1 0 0:58 / /mnt/wsl rw shared:1 - tmpfs none rw",
    ] {
        assert_eq!(version_of(own, other), None, "{other}");
    }
    let machine = MemoryMachine::new().file("/proc/sys/kernel/osrelease", own);
    let interop = machine.clone().file(
        "/proc/sys/fs/binfmt_misc/WSLInterop",
        "enabled\ninterpreter /init\nflags: PF\noffset 0\nmagic 4d5a\n",
    );
    let by = |machine: &MemoryMachine| detect(machine).map(|wsl| (wsl.version, wsl.evidence));
    assert_eq!(by(&interop), Some((2, "/proc/sys/fs/binfmt_misc/WSLInterop")));
    assert_eq!(by(&machine.clone().directory("/run/WSL")), Some((2, "/run/WSL")));
    assert_eq!(by(&machine.environment(["WSL_DISTRO_NAME=Ubuntu"])), None, "a variable is nothing");
}

#[test]
fn names_with_all_that_stands_for_the_variable() {
    assert_eq!(name_of(&shell()), Some(("Ubuntu", "WSL_DISTRO_NAME".into(), false)));
    // As sudo, cron and systemd leave it.
    let bare = wsl2();
    assert_eq!(name_of(&bare), None);
    assert_eq!(detect(&bare).map(|wsl| wsl.version), Some(2));
    for (file, comm, expected) in [
        ("/proc/1/comm", "init(Ubuntu)\n", Some(("Ubuntu", false))),
        ("/proc/1/comm", "init(Debian-12)", Some(("Debian-12", false))),
        ("/proc/1/comm", "init(Ubuntu-24.\n", Some(("Ubuntu-24.", true))),
        ("/proc/2/comm", "init-systemd(A)\n", Some(("A", false))),
        ("/proc/2/comm", "init-systemd(Ub\n", Some(("Ub", true))),
        ("/proc/2/comm", "init-systemd(\n", None),
        ("/proc/1/comm", "init()\n", None),
        ("/proc/1/comm", "init(a b)\n", None),
        ("/proc/1/comm", "init(../x)\n", None),
        ("/proc/1/comm", "init(Ubuntu\n", None),
        ("/proc/1/comm", "systemd\n", None),
        ("/proc/2/comm", "init(Ubuntu)\n", None),
        ("/proc/3/comm", "init(Ubuntu)\n", None),
    ] {
        let expected = expected.map(|(text, is_cut)| (text, file.into(), is_cut));
        assert_eq!(name_of(&bare.clone().file(file, comm)), expected, "{file}: {comm:?}");
    }
    for odd in ["", "a b", "a/b", "ä", "a\n", "$(id)"] {
        let variable = path::keep_text(&format!("WSL_DISTRO_NAME={odd}"));
        assert_eq!(name_of(&bare.clone().environment([variable])), None, "{odd:?}");
    }
}

#[test]
fn names_of_the_processes_above() {
    let environ = "HOME=/root\0WSL_DISTRO_NAME=Debian\0PATH=/bin\0";
    let chain = wsl2()
        .file("/proc/self/status", "Name:\tgowr\nPid:\t90\nPPid:\t80\n")
        .file("/proc/80/status", "Name:\tsudo\nPPid:\t70\n")
        .file("/proc/80/environ", "HOME=/root\0")
        .file("/proc/70/status", "Name:\tbash\nPPid:\t1\n")
        .file("/proc/70/environ", environ)
        .file("/proc/1/status", "Name:\tinit\nPPid:\t0\n");
    assert_eq!(name_of(&chain), Some(("Debian", "/proc/70/environ".into(), false)));
    // The beginning of a name is worse than a whole one, and better than none.
    let cut = chain.clone().file("/proc/2/comm", "init-systemd(De\n");
    assert_eq!(name_of(&cut), Some(("Debian", "/proc/70/environ".into(), false)));
    let whole = chain.clone().file("/proc/1/comm", "init(Debian)\n");
    assert_eq!(name_of(&whole), Some(("Debian", "/proc/1/comm".into(), false)));
    for (what, machine) in [
        ("another user's", chain.clone().owned_by("/proc/70", 0)),
        ("not to be read", chain.clone().mode("/proc/70/environ", 0)),
        ("no name", chain.clone().file("/proc/70/environ", "WSL_DISTRO_NAME=a b\0")),
        ("another variable", chain.clone().file("/proc/70/environ", "XWSL_DISTRO_NAME=a\0")),
        ("no way up", chain.clone().without("/proc/80/status")),
        ("a loop", chain.clone().file("/proc/80/status", "PPid:\t80\n")),
        ("no number", chain.clone().file("/proc/80/status", "PPid:\t../70\n")),
        ("nothing", chain.clone().file("/proc/self/status", "")),
    ] {
        assert_eq!(name_of(&machine), None, "{what}");
        let cut = machine.file("/proc/2/comm", "init-systemd(De\n");
        assert_eq!(name_of(&cut), Some(("De", "/proc/2/comm".into(), true)), "{what}");
        assert_eq!(detect(&cut).and_then(|wsl| wsl.exact_name()), None, "{what}");
    }
}

#[test]
fn a_container_is_not_the_distro_around_it() {
    for (what, machine) in [
        ("podman", shell().file("/run/.containerenv", "")),
        (
            "docker",
            shell()
                .file("/.dockerenv", "")
                .file("/proc/self/mountinfo", "700 600 0:90 / / rw - overlay overlay rw\n"),
        ),
        (
            "distrobox",
            shell()
                .file("/run/.containerenv", "engine=\"podman\"\nname=\"box\"\n")
                .program("/usr/bin/distrobox-export", "")
                .environment(["CONTAINER_ID=box"]),
        ),
    ] {
        let wsl = detect(&machine).expect(what);
        assert!(wsl.is_container && wsl.version == 2, "{what}: {wsl:?}");
        assert_eq!(wsl.name.map(|name| name.text), Some("Ubuntu"), "{what}: the one around it");
        assert_eq!(wsl.exact_name(), None, "{what}");
    }
    // `docker export` leaves the mark in what becomes a distro.
    let imported = shell().file("/.dockerenv", "");
    assert_eq!(container(&imported, imported.variables()), None);
    assert_eq!(detect(&imported).and_then(|wsl| wsl.exact_name()), Some("Ubuntu"));
    for started in [
        MemoryMachine::new().file("/proc/sys/kernel/osrelease", "4.4.0-19041-Microsoft\n"),
        wsl2().without("/proc/self/mountinfo").directory("/run/WSL"),
    ] {
        let imported = started.file("/.dockerenv", "");
        assert_eq!(container(&imported, imported.variables()), None);
    }
    let linux = MemoryMachine::new().file("/.dockerenv", "");
    assert!(container(&linux, linux.variables()).is_some());
    let systemd = shell().environment(["container=wsl"]);
    assert_eq!(detect(&systemd).and_then(|wsl| wsl.exact_name()), Some("Ubuntu"));
}

#[test]
fn the_shared_root_is_found_wherever_it_is_mounted() {
    let root = |mounts: &str| shared_root(&wsl2().file("/proc/self/mountinfo", mounts));
    assert_eq!(root(MOUNTS), Some(&b"/mnt/wsl"[..]));
    assert_eq!(root(&MOUNTS.replace("/mnt/", "/")), Some(&b"/wsl"[..]), "automount.root=/");
    let elsewhere = MOUNTS.replace("/mnt/", "/windir/my\\040drives/");
    assert_eq!(root(&elsewhere), Some(&b"/windir/my drives/wsl"[..]));
    for drive in ["virtiofs drvfsC0 rw", "virtiofs 9f2b0a3e-0c1d-4e5f-8a9b-0123456789ab rw"] {
        let line = format!("84 51 0:58 / /mnt/c rw - {drive}\n");
        let other = "80 51 0:34 / /opt/wsl rw shared:9 - tmpfs none rw\n";
        let shared = "82 51 0:35 / /mnt/wsl rw shared:1 - tmpfs none rw\n";
        for order in [[other, shared, &line], [&line, shared, other], [shared, &line, other]] {
            assert_eq!(root(&order.concat()), Some(&b"/mnt/wsl"[..]), "beside a drive: {order:?}");
        }
    }
    let without_drives: String =
        MOUNTS.split_inclusive('\n').filter(|line| !line.contains("aname=drvfs")).collect();
    assert_eq!(root(&without_drives), Some(&b"/mnt/wsl"[..]), "automount.enabled=false");
}

#[test]
fn what_is_no_shared_root() {
    let root = |mounts: &str| shared_root(&wsl2().file("/proc/self/mountinfo", mounts));
    for (what, line) in [
        ("a tmpfs of this distro's", "82 51 0:35 / /mnt/wsl rw - tmpfs none rw"),
        ("one that follows another", "82 51 0:35 / /mnt/wsl rw master:1 - tmpfs none rw"),
        ("a group of its own", "82 51 0:35 / /mnt/wsl rw shared:4 master:1 - tmpfs none rw"),
        ("a part of it", "82 51 0:35 /x /mnt/wsl rw shared:1 - tmpfs none rw"),
        ("no tmpfs", "82 51 0:35 / /mnt/wsl rw shared:1 - ext4 /dev/sdd rw"),
        ("another name", "82 51 0:35 / /mnt/wslg rw shared:2 - tmpfs none rw"),
        ("another name", "82 51 0:35 / /mnt/wsl2 rw shared:2 - tmpfs none rw"),
        ("shared in words", "82 51 0:35 / /mnt/wsl rw - tmpfs shared:1 rw"),
        ("nothing", ""),
    ] {
        assert_eq!(root(line), None, "{what}");
    }
    let covered = "82 51 0:35 / /mnt/wsl rw shared:1 - tmpfs none rw
99 82 8:1 / /mnt/wsl rw - ext4 /dev/sdd rw
";
    assert_eq!(root(covered), None, "covered by something else");
    let first = MemoryMachine::new()
        .file("/proc/sys/kernel/osrelease", "4.4.0-19041-Microsoft\n")
        .file("/proc/self/mountinfo", [FIRST, MOUNTS].concat());
    assert_eq!(shared_root(&first), None, "WSL1 has none");
    let linux = MemoryMachine::new()
        .file("/proc/sys/kernel/osrelease", "6.1.0-18-amd64\n")
        .file("/proc/self/mountinfo", "82 51 0:35 / /mnt/wsl rw shared:1 - tmpfs none rw\n");
    assert_eq!(shared_root(&linux), None, "no WSL");
}

#[test]
fn interop_states() {
    use interop::interop;
    let entry = "/proc/sys/fs/binfmt_misc/WSLInterop";
    let socket: &[u8] = b"/run/WSL/9_interop";
    let state = |machine: &MemoryMachine, variable| interop(machine, variable);
    let bare = wsl2();
    assert_eq!(state(&bare, Some(socket)), Interop::Unregistered);
    let off = bare.clone().file(entry, "disabled\n");
    assert_eq!(state(&off, Some(socket)), Interop::Disabled);
    for name in [entry, "/proc/sys/fs/binfmt_misc/WSLInterop-late"] {
        let on = bare.clone().file(name, "enabled\ninterpreter /init\n");
        assert_eq!(state(&on, None), Interop::NoSocket, "{name}");
        assert_eq!(state(&on, Some(b"")), Interop::NoSocket, "{name}");
        assert_eq!(state(&on, Some(socket)), Interop::StaleSocket(socket), "{name}");
        let file = on.clone().file("/run/WSL/9_interop", "");
        assert_eq!(state(&file, Some(socket)), Interop::StaleSocket(socket), "{name}: no socket");
        let there = on.clone().fifo("/run/WSL/9_interop");
        assert_eq!(state(&there, Some(socket)), Interop::Available(socket), "{name}");
        // Under sudo the variable is gone, and in tmux an old one may stand there.
        let above = on
            .file("/proc/self/status", "PPid:\t12\n")
            .file("/proc/12/status", "PPid:\t7\n")
            .fifo("/run/WSL/7_interop");
        let expected = Interop::Available(b"/run/WSL/7_interop");
        assert_eq!(state(&above, None), expected, "{name}");
        assert_eq!(state(&above, Some(socket)), expected, "{name}");
    }
    let late = off.file("/proc/sys/fs/binfmt_misc/WSLInterop-late", "enabled\n");
    assert_eq!(state(&late, None), Interop::NoSocket, "one of both is enough");
    let words: vec::Vec<_> = [
        Interop::Available(socket),
        Interop::Unregistered,
        Interop::Disabled,
        Interop::NoSocket,
        Interop::StaleSocket(socket),
    ]
    .map(Interop::as_str)
    .into();
    assert_eq!(words, ["available", "unregistered", "disabled", "no-socket", "stale-socket"]);
}

proptest::proptest! {
    #[test]
    fn whatever_stands_there_is_read(
        release in ".*", mounts in ".*", comm in ".*", status in "(PPid:)?.*", environ in ".*",
    ) {
        let machine = MemoryMachine::new()
            .file("/proc/sys/kernel/osrelease", format!("microsoft{release}"))
            .file("/proc/self/mountinfo", mounts)
            .file("/proc/1/comm", format!("init({comm}"))
            .file("/proc/self/status", status)
            .file("/proc/1/environ", format!("WSL_DISTRO_NAME={environ}"));
        let wsl = detect(&machine).expect("the word is there");
        if let Some(name) = wsl.name {
            proptest::prop_assert!(name::is_valid(name.text.as_bytes()));
        }
        let _ = shared_root(&machine);
    }
}
