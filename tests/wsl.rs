//! WSL, as far as it can be had without Windows: plain files for `/proc` in a root of its own, and stand-ins for `wsl.exe`
//! and `wslpath` that print what the real ones print, to the byte. No real WSL was at hand.

mod distros;

use std::fs;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::agree::agree;
use crate::support::{Run, World, tool};
use crate::userland::Root;

const UBUNTU: &str = "ID=ubuntu\nID_LIKE=debian\nVERSION_ID=\"24.04\"\n";
const WSL2: &str = "6.6.87.2-microsoft-standard-WSL2\n";

/// The mount table of a distro, but for its drives (<https://github.com/microsoft/WSL/issues/7152>).
const MOUNTS: &str = include_str!("../resolver/tests/machines/wsl2.mountinfo");
const DRIVE: &str = r"84 51 0:58 / /mnt/c rw,noatime - 9p C:\134 rw,dirsync,aname=drvfs;path=C:\;uid=1000;gid=1000;symlinkroot=/mnt/,mmap,access=client,msize=65536,trans=fd,rfd=5,wfd=5
";
const WINDOWS_PATH: &str = "/usr/lib/wsl/lib:/mnt/c/Program Files (x86)/NVIDIA Corporation/PhysX/Common:/mnt/c/WINDOWS/system32:/mnt/c/WINDOWS/System32/WindowsPowerShell/v1.0/:/mnt/c/Program Files/Go/bin";

/// A machine, and what is to be seen on it.
struct Fixture {
    name: &'static str,
    release: &'static str,
    mounts: &'static [&'static str],
    /// Files of `/proc`, `/run` and others.
    files: &'static [(&'static str, &'static str)],
    environment: &'static [(&'static str, &'static str)],
    /// Of the document: `distro.wsl` and `distro.container`.
    wsl: fn() -> Value,
    container: Option<&'static str>,
    /// Lines of `--explain`.
    explained: &'static [&'static str],
}

const SHELL: &[(&str, &str)] = &[
    ("WSL_DISTRO_NAME", "Ubuntu"),
    ("WSL_INTEROP", "/run/WSL/909_interop"),
    ("WSLENV", ""),
    ("NAME", "LAPTOP-CHVMGVOQ"),
    ("XDG_RUNTIME_DIR", "/mnt/wslg/runtime-dir"),
];
const REGISTERED: (&str, &str) = (
    "/proc/sys/fs/binfmt_misc/WSLInterop",
    "enabled\ninterpreter /init\nflags: PF\noffset 0\nmagic 4d5a\n",
);

const FIXTURES: [Fixture; 12] = [
    Fixture {
        name: "a shell on WSL2",
        release: WSL2,
        mounts: &[MOUNTS, DRIVE],
        files: &[REGISTERED],
        environment: SHELL,
        wsl: || json!({"version": 2, "name": "Ubuntu"}),
        container: None,
        explained: &[
            "distro:   ubuntu-24.04 (unknown C library, WSL2 Ubuntu)",
            "WSL:      2 (by /proc/sys/kernel/osrelease); this distro is Ubuntu (by WSL_DISTRO_NAME)",
            "Windows:  its programs do not start: WSL_INTEROP=/run/WSL/909_interop is of a session that has ended",
            "drives:   C: at /mnt/c",
            "shared:   /mnt/wsl, with the other distros that run",
        ],
    },
    Fixture {
        name: "sudo: a shell of the same user above",
        release: WSL2,
        mounts: &[MOUNTS, DRIVE],
        files: &[
            ("/proc/self/status", "Name:\tgowr\nPPid:\t80\n"),
            ("/proc/80/status", "Name:\tsudo\nPPid:\t70\n"),
            ("/proc/70/environ", "HOME=/home/gnoy\0WSL_DISTRO_NAME=Ubuntu\0"),
        ],
        environment: &[],
        wsl: || json!({"version": 2, "name": "Ubuntu"}),
        container: None,
        explained: &[
            "this distro is Ubuntu (by /proc/70/environ)",
            "Windows:  its programs do not start: the kernel does not know them",
        ],
    },
    Fixture {
        name: "a unit: systemd is the first process",
        release: WSL2,
        mounts: &[MOUNTS, DRIVE],
        files: &[("/proc/1/comm", "systemd\n"), ("/proc/2/comm", "init-systemd(Ub\n"), REGISTERED],
        environment: &[],
        wsl: || json!({"version": 2, "name": null}),
        container: None,
        explained: &[
            "this distro has a name that begins with Ub (by /proc/2/comm)",
            "Windows:  its programs may not start: nothing above this process has a socket",
        ],
    },
    Fixture {
        name: "su: WSL's init is the first process",
        release: "4.19.104-microsoft-standard\n",
        mounts: &[MOUNTS, DRIVE],
        files: &[("/proc/1/comm", "init(Debian)\n")],
        environment: &[],
        wsl: || json!({"version": 2, "name": "Debian"}),
        container: None,
        explained: &["this distro is Debian (by /proc/1/comm)"],
    },
    Fixture {
        name: "cron: nothing is left",
        release: WSL2,
        mounts: &[MOUNTS],
        files: &[],
        environment: &[],
        wsl: || json!({"version": 2, "name": null}),
        container: None,
        explained: &["what it calls this distro cannot be read here", "drives:   none is mounted"],
    },
    Fixture {
        name: "WSL1",
        release: "4.4.0-19041-Microsoft\n",
        mounts: &[
            "1 0 0:2 / / rw,noatime - wslfs rootfs rw,noatime\n",
            "2 1 0:3 / /mnt/c rw,noatime - drvfs C: rw,noatime,uid=1000,gid=1000,case=off\n",
        ],
        files: &[],
        environment: SHELL,
        wsl: || json!({"version": 1, "name": "Ubuntu"}),
        container: None,
        explained: &["WSL:      1 (by", "drives:   C: at /mnt/c", "shared:   nothing"],
    },
    Fixture {
        name: "automount.root=/, virtiofs",
        release: WSL2,
        mounts: &[
            "82 51 0:35 / /wsl rw,relatime shared:1 - tmpfs none rw\n",
            "84 51 0:58 / /c rw - virtiofs drvfsC0 rw\n",
            "85 51 0:59 / /d\\040e rw - virtiofs 9f2b0a3e-0c1d-4e5f-8a9b-0123456789ab rw\n",
        ],
        files: &[],
        environment: SHELL,
        wsl: || json!({"version": 2, "name": "Ubuntu"}),
        container: None,
        explained: &["drives:   C: at /c, /d e", "shared:   /wsl, with"],
    },
    Fixture {
        name: "a kernel that somebody has built",
        release: "6.9.0-mine\n",
        mounts: &[MOUNTS, DRIVE],
        files: &[],
        environment: SHELL,
        wsl: || json!({"version": 2, "name": "Ubuntu"}),
        container: None,
        explained: &["WSL:      2 (by /init, a mount of WSL's own)"],
    },
    Fixture {
        name: "a distrobox, which has the variables of the distro around it",
        release: WSL2,
        mounts: &[MOUNTS, DRIVE],
        files: &[
            ("/run/.containerenv", "engine=\"podman\"\nname=\"box\"\nid=\"0\"\nrootless=1\n"),
            ("/usr/bin/distrobox-export", "#!/bin/sh\n"),
        ],
        environment: &[
            ("WSL_DISTRO_NAME", "Ubuntu"),
            ("CONTAINER_ID", "box"),
            ("container", "podman"),
        ],
        wsl: || json!({"version": 2, "name": null}),
        container: Some("distrobox"),
        explained: &[
            "distro:   ubuntu-24.04 (unknown C library, WSL2, distrobox box)",
            "the distro around this container is Ubuntu (by WSL_DISTRO_NAME)",
        ],
    },
    Fixture {
        name: "docker: its root is its one mount",
        release: WSL2,
        mounts: &["700 600 0:90 / / rw,relatime - overlay overlay rw\n"],
        files: &[("/.dockerenv", "")],
        environment: &[],
        wsl: || json!({"version": 2, "name": null}),
        container: Some("docker"),
        explained: &["distro:   ubuntu-24.04 (unknown C library, WSL2, docker)"],
    },
    Fixture {
        name: "a distro that was made of a container, whose mark is left",
        release: WSL2,
        mounts: &[MOUNTS, DRIVE],
        files: &[("/.dockerenv", "")],
        environment: SHELL,
        wsl: || json!({"version": 2, "name": "Ubuntu"}),
        container: None,
        explained: &["distro:   ubuntu-24.04 (unknown C library, WSL2 Ubuntu)"],
    },
    Fixture {
        name: "no WSL, whatever a variable says",
        release: "6.1.0-18-amd64\n",
        mounts: &["2 1 8:3 / /mnt/c rw - ext4 /dev/sdb rw\n"],
        files: &[],
        environment: SHELL,
        wsl: || Value::Null,
        container: None,
        explained: &["distro:  ubuntu-24.04 (unknown C library)"],
    },
];

impl Fixture {
    fn root(&self) -> Root {
        let root = Root::bare(UBUNTU).without_proc();
        root.write("/proc/sys/kernel/osrelease", self.release);
        root.write("/proc/self/mountinfo", self.mounts.concat());
        for (path, content) in self.files {
            root.write(path, content);
        }
        root
    }
}

#[test]
fn the_proxy_and_which_say_the_same_of_each() {
    for fixture in &FIXTURES {
        let root = fixture.root();
        root.fake("/usr/lib/go-1.22", "go1.22.2");
        let world = World::with_fakes(&["go1.22.12", "go1.26.9"]).inside(&root);
        let path = format!("{}/bin:/usr/bin:{WINDOWS_PATH}", world.gowr_home().display());
        let run = |run: Run| {
            let run = run.env("PATH", &path);
            fixture.environment.iter().fold(run, |run, (name, value)| run.env(name, value))
        };
        let which = run(world.gowr(["which", "--json"]));
        agree(fixture.name, &run(world.go(["version"])), &which);
        let document = which.run().which();
        assert_eq!(document["distro"]["wsl"], (fixture.wsl)(), "{}", fixture.name);
        let container = document["distro"]["container"]["kind"].as_str();
        assert_eq!(container, fixture.container, "{}", fixture.name);
        let explained = run(world.gowr(["which", "--explain"])).run();
        for line in fixture.explained {
            assert!(explained.stdout().contains(line), "{}: {}", fixture.name, explained.report());
        }
    }
}

/// The system calls of the proxy, from its start to the `execve` of the real go.
fn trace(run: &Run) -> Vec<String> {
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("trace");
    let strace = [tool("strace").as_os_str(), "-qq".as_ref(), "-o".as_ref(), file.as_os_str()]
        .map(ToOwned::to_owned);
    run.clone().watched_by(strace).run().quiet();
    let text = fs::read_to_string(file).unwrap();
    let mut calls = text.lines().skip_while(|line| !line.contains("gowr/bin/go\""));
    let start = calls.next().unwrap();
    assert!(start.starts_with("execve("), "{start}");
    let calls: Vec<_> = calls.map(str::to_owned).collect();
    let end = calls.iter().position(|call| call.starts_with("execve(")).unwrap();
    calls[..end].to_vec()
}

#[test]
fn the_proxy_asks_for_drives_only_where_path_may_have_one() {
    let root = FIXTURES[0].root();
    let world = World::with_fakes(&["go1.22.12"]).inside(&root);
    world.write("project/.go-version", "1.22\n");
    let calls = |path: &str| {
        let path = format!("{}/bin:/usr/bin{path}", world.gowr_home().display());
        let run = world.go(["build"]).env("PATH", path);
        run.run().quiet(); // makes the links of this distro
        trace(&run)
    };
    let count = |calls: &[String], word: &str| calls.iter().filter(|it| it.contains(word)).count();
    let plain = calls(":/usr/lib/wsl/lib:/opt/cc/bin:relative::/mnt/cd");
    for word in ["osrelease", "mountinfo", "/mnt/"] {
        assert_eq!(count(&plain, word), 0, "{word}: {plain:#?}");
    }
    let entries: Vec<_> = (0..40).map(|number| format!(":/mnt/c/Program Files/{number}")).collect();
    let windows = calls(&entries.concat());
    assert_eq!(count(&windows, "osrelease"), 1, "{windows:#?}");
    assert_eq!(count(&windows, "mountinfo"), 1, "{windows:#?}");
    assert_eq!(count(&windows, "/mnt/"), 0, "nothing is looked up there: {windows:#?}");
    // Elsewhere such an entry costs a look at the kernel's name.
    root.write("/proc/sys/kernel/osrelease", "6.1.0-18-amd64\n");
    let elsewhere = calls(":/mnt/c/bin");
    assert_eq!(count(&elsewhere, "osrelease"), 1, "{elsewhere:#?}");
    assert_eq!(count(&elsewhere, "mountinfo"), 0, "{elsewhere:#?}");
}
