//! The same machines seen by the proxy, with raw system calls in a chroot, and by `gowr which`: the same answer, always.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::symlink;

use serde_json::Value;

use crate::support::{Handed, Outcome, Run, World};
use crate::userland::Root;

/// A machine: what is unusual about it is done by `change`.
struct Fixture {
    name: &'static str,
    os_release: &'static str,
    change: fn(&Root, &World),
    environment: &'static [(&'static str, &'static str)],
}

const DEBIAN: &str = "NAME=\"Debian GNU/Linux\"\nID=debian\nVERSION_ID=\"13\"\n";

const FIXTURES: [Fixture; 21] = [
    Fixture {
        name: "nothing but a store",
        os_release: DEBIAN,
        change: |_, _| (),
        environment: &[],
    },
    Fixture {
        name: "Fedora, with its own Go",
        os_release: "NAME=\"Fedora Linux\"\nID=fedora\nVERSION_ID=43\n",
        change: |root, _| {
            root.fake("/usr/lib/golang", "go1.25.3");
            fs::create_dir_all(root.changeable("/usr/bin")).unwrap();
            symlink("../lib/golang/bin/go", root.changeable("/usr/bin/go")).unwrap();
        },
        environment: &[("GOTOOLCHAIN", "local")],
    },
    Fixture {
        name: "RHEL, whose VERSION says more",
        os_release: "ID=\"rhel\"\nID_LIKE=\"fedora\"\nVERSION_ID=\"10.1\"\n",
        change: |root, _| {
            root.fake("/usr/lib/golang", "go1.26.2");
            root.write("/usr/lib/golang/VERSION", "go1.26.2 (Red Hat 1.26.2-2.el10)\n");
        },
        environment: &[],
    },
    Fixture {
        name: "Debian, several of its own",
        os_release: DEBIAN,
        change: |root, _| {
            root.fake("/usr/lib/go-1.9", "go1.9");
            root.fake("/usr/lib/go-1.24", "go1.24.4");
        },
        environment: &[],
    },
    Fixture {
        name: "Debian sid, no version",
        os_release: "PRETTY_NAME=\"Debian GNU/Linux forky/sid\"\nID=debian\n",
        change: |_, world| drop(world.write("project/.go-version", "1.22\n")),
        environment: &[],
    },
    Fixture {
        name: "Void, whose bin is elsewhere and which has no VERSION",
        os_release: "ID=\"void\"\n",
        change: |root, _| {
            root.fake("/usr/lib/go", "go1.26.1");
            root.remove("/usr/lib/go/VERSION");
            fs::create_dir_all(root.changeable("/usr/bin")).unwrap();
            fs::rename(root.changeable("/usr/lib/go/bin/go"), root.changeable("/usr/bin/go"))
                .unwrap();
            root.remove("/usr/lib/go/bin");
            symlink("/usr/bin", root.changeable("/usr/lib/go/bin")).unwrap();
        },
        environment: &[],
    },
    Fixture {
        name: "openSUSE, by alternatives",
        os_release: "ID=\"opensuse-leap\"\nID_LIKE=\"suse opensuse\"\nVERSION_ID=\"16.0\"\n",
        change: |root, _| {
            root.fake("/usr/lib64/go/1.24", "go1.24.9");
            root.fake("/usr/lib64/go/1.25", "go1.25.4");
            fs::create_dir_all(root.changeable("/usr/bin")).unwrap();
            fs::create_dir_all(root.changeable("/etc/alternatives")).unwrap();
            symlink("/usr/lib64/go/1.24/bin/go", root.changeable("/etc/alternatives/go")).unwrap();
            symlink("/etc/alternatives/go", root.changeable("/usr/bin/go")).unwrap();
        },
        environment: &[],
    },
    Fixture {
        name: "WSL2, Windows directories on PATH",
        os_release: "ID=ubuntu\nID_LIKE=debian\nVERSION_ID=\"24.04\"\n",
        change: wsl,
        environment: &[
            ("WSL_DISTRO_NAME", "Ubuntu-24.04"),
            ("PATH", "/usr/bin:/mnt/c/Windows/System32:/mnt/c/Program Files/Go/bin"),
        ],
    },
    Fixture {
        name: "WSL2, Windows directories dropped",
        os_release: "ID=ubuntu\nID_LIKE=debian\nVERSION_ID=\"24.04\"\n",
        change: |root, world| {
            wsl(root, world);
            world.write(".config/gowr/config.yaml", "windows-path: drop\ndefault: 1.22\n");
        },
        environment: &[("PATH", "/usr/bin:/mnt/c/Windows/System32:/opt/bin")],
    },
    Fixture {
        name: "a toolbox",
        os_release: "ID=fedora\nVERSION_ID=43\n",
        change: |root, _| {
            root.write("/run/.toolboxenv", "");
            root.write("/run/.containerenv", "engine=\"podman\"\nname=\"box one\"\nrootless=1\n");
        },
        environment: &[
            ("GOCACHE", "/h/.cache/go-build-debian-13"),
            ("GOWR_GOCACHE", "/h/.cache/go-build-debian-13"),
        ],
    },
    Fixture {
        name: "a nameless distro",
        os_release: "ID=../../evil\nVERSION_ID=$(x)\n",
        change: |_, _| (),
        environment: &[],
    },
    Fixture {
        name: "a pin that is not installed",
        os_release: DEBIAN,
        change: |_, world| drop(world.write("project/.gowr.yaml", "go: \"1.99\"\n")),
        environment: &[],
    },
    Fixture {
        name: "a pin that is none",
        os_release: DEBIAN,
        change: |_, world| drop(world.write("project/.go-version", "latest\n")),
        environment: &[],
    },
    Fixture {
        name: "a name that was registered, and a distro's entry",
        os_release: "ID=alpine\nVERSION_ID=3.23.2\n",
        change: |_, world| {
            let named = world.gowr_home().join("distros/alpine-3.23/named");
            fs::create_dir_all(&named).unwrap();
            symlink(world.goroot("go1.22.11"), named.join("work")).unwrap();
            world.write("project/.gowr.yaml", "go: 1.26\ndistros:\n  alpine-3.23: work\n");
        },
        environment: &[],
    },
    Fixture {
        name: "a name that was registered for what is gone",
        os_release: "ID=alpine\nVERSION_ID=3.23.2\n",
        change: |_, world| {
            let named = world.gowr_home().join("distros/alpine-3.23/named");
            fs::create_dir_all(&named).unwrap();
            symlink("/opt/gone", named.join("work")).unwrap();
            world.write("project/.go-version", "work\n");
        },
        environment: &[],
    },
    Fixture {
        name: "a directory that was named and is no GOROOT",
        os_release: DEBIAN,
        change: |_, _| (),
        environment: &[("GOWR_TOOLCHAIN", "/etc")],
    },
    Fixture {
        name: "an explicit GOROOT",
        os_release: DEBIAN,
        change: |root, _| root.fake("/opt/go", "go1.23.4"),
        environment: &[("GOWR_TOOLCHAIN", "/opt/go"), ("GOROOT", "/elsewhere")],
    },
    Fixture {
        name: "GOTOOLCHAIN of what is not installed, and a default that cannot switch",
        os_release: DEBIAN,
        change: |root, _| root.fake("/usr/lib/go", "go1.19.8"),
        environment: &[("GOTOOLCHAIN", "go1.30.0+auto")],
    },
    Fixture {
        name: "several choices, the first that is installed",
        os_release: DEBIAN,
        change: |_, world| {
            drop(
                world.write("project/.tool-versions", "nodejs 20\ngolang 1.99.1 1.22.11 system\n"),
            );
        },
        environment: &[("GOWR_CEILING_DIRS", "/tmp")],
    },
    Fixture {
        name: "caches for each version, elsewhere",
        os_release: DEBIAN,
        change: |_, world| {
            drop(world.write(
                ".config/gowr/config.yaml",
                "cache: per-version\ncache-dir: ~/caches\ndefault: 1.22\n",
            ));
        },
        environment: &[],
    },
    Fixture {
        name: "a distro's own Go that cannot start",
        os_release: DEBIAN,
        change: |root, _| {
            root.fake("/usr/lib/go", "go1.24.4");
            root.remove("/usr/lib/go/bin/go");
            root.write("/usr/lib/go/bin/go", "no program");
        },
        environment: &[],
    },
];

fn wsl(root: &Root, _: &World) {
    root.write("/proc/sys/kernel/osrelease", "6.6.87.2-microsoft-standard-WSL2\n");
    root.write(
        "/proc/self/mountinfo",
        "1 0 8:32 / / rw,relatime - ext4 /dev/sdc rw\n\
         2 1 0:52 / /mnt/c rw,noatime - 9p C:\\134 rw,dirsync,aname=drvfs;path=C:\\;uid=1000;gid=1000;symlinkroot=/mnt/,mmap,access=client\n",
    );
    fs::create_dir_all(root.changeable("/mnt/c/Windows/System32")).unwrap();
}

#[test]
fn on_every_machine() {
    for fixture in &FIXTURES {
        let root = Root::bare(fixture.os_release).without_proc();
        let world = World::with_fakes(&["go1.22.11", "go1.22.12", "go1.26.9"]).inside(&root);
        (fixture.change)(&root, &world);
        let run = |run: Run| {
            fixture.environment.iter().fold(run, |run, (name, value)| run.env(name, value))
        };
        // Once where this userland is new to gowr, once where it is known.
        for _ in 0..2 {
            agree(fixture.name, &run(world.go(["version"])), &run(world.gowr(["which", "--json"])));
        }
    }
}

#[test]
fn on_machines_thrown_together() {
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    for round in 0..150 {
        let root = Root::bare(dice.pick(&[
            DEBIAN,
            "ID=fedora\nVERSION_ID=43\n",
            "ID=alpine\nVERSION_ID=3.23.2\n",
            "ID=arch\n",
            "",
            "ID=\"sles\"\nVERSION_ID=\"15.7\"\n",
        ]));
        let root = if dice.pick(&[true, false]) { root } else { root.without_proc() };
        let mut world = World::new().inside(&root);
        for name in ["go1.20.14", "go1.21.0", "go1.22.11", "go1.22.12", "go1.25rc1", "go1.26.9"] {
            if dice.pick(&[true, false]) {
                world.fake(name);
            }
        }
        for (path, version) in [
            ("/usr/lib/go", "go1.19.8"),
            ("/usr/lib/golang", "go1.24.4"),
            ("/usr/local/go", "go1.25.1"),
            ("/opt/go", "go1.23.1"),
        ] {
            if dice.pick(&[true, false, false]) {
                root.fake(path, version);
            }
        }
        scatter(&mut dice, &root, &mut world);
        let mut variables: Vec<(&str, &str)> = Vec::new();
        for (name, values) in [
            (
                "GOWR_TOOLCHAIN",
                &["", "1.22", "1.99", "work", "/opt/go", "/etc", "../x", "latest"][..],
            ),
            (
                "GOTOOLCHAIN",
                &["auto", "local", "go1.22.11", "go1.26.9+auto", "go1.99.9", "path", "nonsense"],
            ),
            ("GOCACHE", &["/c", "off", ""]),
            ("GOROOT", &["/x", ""]),
            ("GO111MODULE", &["off", "on"]),
            ("GOWORK", &["off"]),
            ("GOWR_DEPTH", &["1", "99", "100", "x"]),
            ("GOENV", &["off"]),
            ("GOWR_HOME", &["relative"]),
            ("XDG_CACHE_HOME", &["/cache", "relative"]),
            ("XDG_CONFIG_HOME", &["/config"]),
            ("PATH", &["", "/opt/go/bin", "/usr/bin:/mnt/c/x:/opt/go/bin"]),
            ("PWD", &["/", "relative"]),
        ] {
            if dice.pick(&[false, false, false, true]) {
                variables.push((name, dice.pick(values)));
            }
        }
        let below = dice.pick(&["project", "project/below", ""]);
        let run = |run: Run| {
            let run = variables.iter().fold(run, |run, (name, value)| run.env(name, value));
            run.at(world.path(below))
        };
        let what = format!("round {round}, {variables:?} in {below:?}");
        agree(&what, &run(world.go(["version"])), &run(world.gowr(["which", "--json"])));
    }
}

/// Puts files that ask for something in places where they may.
fn scatter(dice: &mut Dice, root: &Root, world: &mut World) {
    world.write("project/below/x", "");
    let versions =
        ["1.22", "1.22.11", "go1.26.9", "1.20", "1.99", "system", "work", "latest", "../x", ""];
    for directory in ["", "project/", "project/below/"] {
        if dice.pick(&[true, false, false]) {
            world.write(format!("{directory}.go-version"), format!("{}\n", dice.pick(&versions)));
        }
        if dice.pick(&[true, false, false, false]) {
            let (version, distro) =
                (dice.pick(&versions), dice.pick(&["debian", "alpine-3.23", "fedora"]));
            world.write(
                format!("{directory}.gowr.yaml"),
                format!("go: \"{version}\"\ndistros:\n  {distro}: 1.26\n"),
            );
        }
        if dice.pick(&[true, false, false, false]) {
            world.write(
                format!("{directory}.tool-versions"),
                format!("ruby 3\ngolang {} 1.22\n", dice.pick(&versions)),
            );
        }
        if dice.pick(&[true, false]) {
            let floor = dice.pick(&[
                "go 1.21",
                "go 1.22.12",
                "go 1.99",
                "go 1.20\n\ntoolchain go1.26.9",
                "// nothing",
            ]);
            world.write(
                format!("{directory}{}", dice.pick(&["go.mod", "go.mod", "go.work"])),
                format!("module m\n\n{floor}\n"),
            );
        }
    }
    if dice.pick(&[true, false]) {
        let value = dice.pick(&["1.22", "1.26.9", "1.99", "system", "work"]);
        world.write(
            ".config/gowr/config.yaml",
            format!(
                "cache: {}\ndefault: {value}\n",
                dice.pick(&["plain", "distro", "per-version", "x"])
            ),
        );
    }
    if dice.pick(&[true, false]) {
        root.write("/etc/gowr/config.yaml", format!("default: {}\n", dice.pick(&["1.22", "1.99"])));
    }
    if dice.pick(&[true, false, false]) {
        let line = dice.pick(&[
            "GOTOOLCHAIN=go1.22.11",
            "GOCACHE=/stored",
            "GOROOT=/stored",
            "GOTOOLCHAIN=go1.99.0",
        ]);
        world.write(".config/go/env", format!("# written by hand\n{line}\n"));
    }
}

/// Fails unless the proxy did what `gowr which --json` says.
pub(crate) fn agree(machine: &str, proxy: &Run, which: &Run) {
    let (proxied, said) = (proxy.run(), which.run());
    let document = said.which();
    let context = || format!("{machine}\n{}\n{document:#}", proxied.report());
    if document["error"] == Value::Null {
        assert_eq!(proxied.code(), Some(0), "{}", context());
        assert_eq!(said.code(), Some(0), "{}", context());
        let handed = proxied.handed();
        assert_eq!(handed.execution_path, document["go"].as_str().unwrap(), "{}", context());
        assert_eq!(environment(&handed), changed(proxy, &document), "{}", context());
    } else {
        let error = &document["error"];
        assert_eq!(proxied.code().map(i64::from), error["exit"].as_i64(), "{}", context());
        assert_eq!(said.code(), proxied.code(), "{}", context());
        assert_eq!(proxied.stderr(), words(&proxied, error), "{}", context());
    }
}

fn environment(handed: &Handed) -> BTreeSet<String> {
    handed.environment.iter().cloned().collect()
}

/// What the environment must be after the changes that the document lists.
fn changed(run: &Run, document: &Value) -> BTreeSet<String> {
    let mut entries: BTreeSet<String> =
        run.entries().map(|entry| entry.into_string().unwrap()).collect();
    for change in document["environment"].as_array().unwrap() {
        let name = change["name"].as_str().unwrap();
        let old = entries.iter().find(|entry| entry.split_once('=').unwrap().0 == name).cloned();
        let was = old.as_ref().map(|entry| entry.split_once('=').unwrap().1.to_owned());
        assert_eq!(was.as_deref(), change["was"].as_str(), "{name} was");
        if let Some(old) = old {
            entries.remove(&old);
        }
        if change["action"] == "set" {
            entries.insert(format!("{name}={}", change["value"].as_str().unwrap()));
        }
    }
    entries
}

/// An error's three lines, out of the document.
fn words(outcome: &Outcome, error: &Value) -> String {
    let mut text = format!("gowr: {}\n", error["message"].as_str().unwrap());
    for (prefix, key) in [("  ", "cause"), ("  run: ", "fix")] {
        if let Some(words) = error[key].as_str() {
            text += &format!("{prefix}{words}\n");
        }
    }
    outcome.named(text.as_bytes())
}

/// The same throws on each run: xorshift.
struct Dice(u64);

impl Dice {
    fn pick<T: Copy>(&mut self, sides: &[T]) -> T {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        sides[usize::try_from(self.0 >> 33).unwrap() % sides.len()]
    }
}
