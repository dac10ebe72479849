//! `gowr share`: toolchains that distros have in common, and what a `go` does when they are gone.
//!
//! There is no WSL2 here. What it does with mounts the kernel does here as well: see `share/wsl.rs`.

#[cfg(feature = "long")]
mod boot;
#[cfg(feature = "long")]
mod dead_disk;
mod wsl;

use std::collections::BTreeMap;
use std::fs;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use installer::invariants;
use installer::store::{Home, Key};
use nix::unistd::geteuid;
use serde_json::{Value, json};
use snapbox::{assert_data_eq, str};

use crate::support::tracer::Blow;
use crate::support::{OLD, World};
use wsl::{Distro, Wsl};

/// An older patch of the line of [`OLD`].
const OLDER: &str = "go1.22.3";

const PROGRAM: &str =
    "package main\n\nimport \"runtime\"\n\nfunc main() { println(runtime.Version()) }\n";

/// What was built, by the version that did it.
#[derive(Default)]
struct Builds {
    by_version: Mutex<BTreeMap<String, usize>>,
    is_over: AtomicBool,
}

impl Builds {
    /// Builds and runs the program again and again.
    fn run(&self, distro: &Distro) {
        let build = distro.sh("go build -o hello . && ./hello");
        while !self.is_over.load(Ordering::Relaxed) {
            let outcome = build.run();
            // println writes to stderr, and nothing else may have.
            let version = outcome.success().stderr().trim_end().to_owned();
            *self.by_version.lock().unwrap().entry(version).or_default() += 1;
        }
    }

    fn of(&self, version: &str) -> usize {
        self.by_version.lock().unwrap().get(version).copied().unwrap_or_default()
    }

    /// Waits until this version has built three times more; no other one may have from the second on.
    fn wait_for(&self, version: &str) {
        let all = || self.by_version.lock().unwrap().values().sum::<usize>();
        let begun = Instant::now();
        // What was going on is let come to its end.
        let first = all() + 1;
        let wait = |until: usize| {
            while all() < until {
                assert!(!self.is_over.load(Ordering::Relaxed), "a build has failed");
                assert!(begun.elapsed() < Duration::from_mins(2), "no build comes to its end");
                thread::sleep(Duration::from_millis(10));
            }
        };
        wait(first);
        let (of_it, of_all) = (self.of(version), all());
        wait(of_all + 3);
        assert!(self.of(version) - of_it >= 3, "{version}: {:?}", self.by_version.lock().unwrap());
    }
}

/// Ends the builds, whatever becomes of the test.
struct Ending<'a>(&'a Builds);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.0.is_over.store(true, Ordering::Relaxed);
    }
}

/// What WSL does with a distro's `[boot] command` when it starts it.
fn run_boot_command(distro: &Distro) {
    let conf = installer::wsl_conf::WslConf::parse(&fs::read(distro.path("etc/wsl.conf")).unwrap());
    let command = conf.boot.command.value.expect("a command");
    distro.inside(&distro.world().run("/bin/sh").args(["-c", &command])).run().quiet();
}

/// The proxy looks, and starts a `go`: in between the share can go.
#[test]
fn a_go_is_started_while_the_share_comes_and_goes() {
    let wsl = Wsl::start();
    let ubuntu = wsl.distro(World::with_fakes(&[OLD]), "ubuntu", "");
    let debian = wsl.distro(World::with_fakes(&[OLDER]), "debian", "");
    debian.world().write("project/.gowr.yaml", "go: \"1.22\"\n");
    ubuntu.gowr(["share"]).run().success();
    debian.gowr(["share", "use"]).run().success();
    debian.world().write("busy", "");
    let goes = thread::scope(|scope| {
        let go = "count=0; while [ -e ../busy ]; do go version > ../said$1 || exit 1; count=$((count + 1)); done; echo $count";
        let go = |number: &str| {
            debian.inside(&debian.world().run("sh").args(["-c", go, "sh", number])).run()
        };
        let goes = [scope.spawn(move || go("1")), scope.spawn(move || go("2"))];
        let toolchains = ubuntu.world().gowr_home().join("toolchains");
        let toggle = "set -e; for time in $(seq 150); do
            until umount /mnt/wsl/gowr 2>/dev/null; do :; done
            sleep 0.00$((time % 4))
            mount --bind \"$1\" /mnt/wsl/gowr
            sleep 0.00$((time % 5))
        done";
        let toggle = ubuntu.world().run("sh").args([
            "-c".as_ref(),
            toggle.as_ref(),
            "sh".as_ref(),
            toolchains.as_os_str(),
        ]);
        let toggled = ubuntu.inside(&toggle).run();
        fs::remove_file(debian.path("busy")).unwrap();
        toggled.quiet();
        goes.map(|it| it.join().unwrap().quiet().line().parse::<usize>().unwrap())
    });
    eprintln!("started: {goes:?}, failures: 0");
    assert!(goes.iter().all(|count| *count > 20), "{goes:?}");
}

/// The disk of the distro that shares; its toolchains are a directory of it.
const DISK: &str = r#"
    cd ".$3"
    mkdir disk
    mount -t tmpfs /dev/sdg disk
    mv .local/share/gowr/toolchains disk/toolchains
    mkdir .local/share/gowr/toolchains
    mount --bind disk/toolchains .local/share/gowr/toolchains
    cd "$3/root"
"#;

/// Devices that can be taken away.
const DEVICES: &str = r#"
    umount -l dev
    mount -t tmpfs none dev
    for name in null zero urandom tty; do
        touch dev/$name
        mount --bind /dev/$name dev/$name
    done
    touch dev/sdg
"#;

/// What a distro that uses a share comes to.
struct Using {
    debian: Distro,
}

impl Using {
    /// Which toolchain a `go` gets, and the calls until it is started.
    fn start(&self, strace: &str) -> (String, Vec<String>) {
        let trace = self.debian.path("trace");
        let script = format!("exec strace -qq -s256 -o \"$1\" {strace} go version");
        let run = self.debian.world().run("sh");
        let run = run.args(["-c".as_ref(), script.as_ref(), "sh".as_ref(), trace.as_os_str()]);
        let handed = self.debian.inside(&run).run().handed();
        let root = handed.execution_path.strip_suffix("/bin/go").unwrap();
        let calls: Vec<_> = fs::read_to_string(trace).unwrap().lines().map(String::from).collect();
        (root.rsplit('/').next().unwrap().to_owned(), calls)
    }

    /// Asserts that the share is used, within the proxy's budget.
    fn is_shared(&self) {
        self.is_within_budget(OLD);
    }

    /// Asserts that this home's own toolchain stands in, within the same budget.
    fn is_local(&self) {
        self.is_within_budget(OLDER);
    }

    fn is_within_budget(&self, toolchain: &str) {
        let (started, calls) = self.start("");
        assert_eq!(started, toolchain, "{calls:#?}");
        let executed: Vec<_> =
            calls.iter().enumerate().filter(|(_, call)| call.starts_with("execve(")).collect();
        assert_eq!(executed.len(), 2, "the proxy and the go: {calls:#?}");
        let count = executed[1].0 - executed[0].0;
        assert!(count <= 50, "{count} calls: {calls:#?}");
    }

    /// What `gowr doctor` says of the share: its code, its message, the first evidence and the command.
    fn problem(&self) -> String {
        let outcome = self.debian.gowr(["doctor", "--json"]).run();
        let document = outcome.json();
        let problems = document["problems"].as_array().unwrap().iter();
        let of_share = |problem: &&Value| problem["code"].as_str().unwrap().starts_with("share-");
        let lines = problems.filter(of_share).map(|problem| {
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            let evidence = problem["evidence"].as_array().unwrap().iter();
            let evidence = evidence.map(|it| format!("  {}\n", text(&it["text"])));
            format!(
                "{}: {}\n{}  run: {}\n",
                text(&problem["code"]),
                text(&problem["message"]),
                evidence.collect::<String>(),
                text(&problem["fix"])
            )
        });
        outcome.named(lines.collect::<String>().as_bytes())
    }
}

#[test]
fn what_is_copied_to_a_disk_is_used() {
    let wsl = Wsl::start();
    let ubuntu = wsl.distro(World::with_fakes(&["go1.20.14", "go1.21.1", OLD]), "ubuntu", "");
    let debian = wsl.distro(World::with_fakes(&[OLDER]), "debian", "");
    debian.world().write("project/.gowr.yaml", "go: \"1.22\"\n");
    let printed = ubuntu.gowr(["share", "--vhd", r"C:\wsl\gowr.vhdx"]).run().quiet().stdout();
    let printed = printed.replace("[GOWR]", ubuntu.world().gowr_home().to_str().unwrap());
    // What Windows does is done in another way: the directory is there.
    let copy = printed.split("\n\n").find(|step| step.contains("cp -a")).unwrap();
    let copy = format!("mkdir -p /mnt/wsl/gowr; sudo() {{ \"$@\"; }}; set -e\n{copy}");
    ubuntu.sh(&copy).run().quiet();
    debian.gowr(["share", "use"]).run().success();
    assert!(debian.go(["version"]).run().handed().execution_path.contains(OLD));
    // A copy that is not the same gets no name; and once more nothing is to be done.
    ubuntu.sh("rm -r /mnt/wsl/gowr/go1.21.1").run().quiet();
    let broken = copy.replace("cp -a \"$go\"", "broken \"$go\"");
    let broken = format!("broken() {{ cp -a \"$1\" \"$2\"; echo x >> \"$2/VERSION\"; }}\n{broken}");
    assert_ne!(ubuntu.sh(&broken).run().stdout(), "");
    assert_eq!(ubuntu.sh("ls /mnt/wsl/gowr").run().quiet().stdout(), "go1.20.14\ngo1.22.12\n");
    ubuntu.sh(&copy).run().quiet();
    ubuntu.sh(&copy).run().quiet();

    let document = debian.gowr(["share", "list", "--json"]).run().quiet().json();
    let share = &document["shares"][0];
    let toolchains = json!([
        {"name": "go1.21.1", "shared": true, "used": true},
        {"name": OLD, "shared": true, "used": true},
    ]);
    assert_eq!(share["toolchains"], toolchains);
    let expected = json!(["/mnt/wsl/gowr", "plain", true, false, "good", null]);
    let keys = ["path", "kind", "used", "own", "state", "detail"].map(|key| share[key].clone());
    assert_eq!(json!(keys), expected);
    let refused = ubuntu.gowr(["share", "--vhd", "/mnt/c/gowr.vhdx"]).run();
    assert_data_eq!(
        refused.snapshot(),
        str![[r#"
------- stderr -------
gowr: /mnt/c/gowr.vhdx is no file for a virtual disk
  it is a path of Linux; Windows mounts it, and knows it as C:/…
  run: gowr share --vhd 'C:/wsl/gowr.vhdx'
[exit status: 1]

"#]]
    );
}

/// Asserts that what must hold at every instant does in a distro's home; and, where nobody was killed, all of it.
fn assert_holds(distro: &Distro, was_killed: bool) {
    let home = Home::new(distro.world().gowr_home()).unwrap();
    let mut found = invariants::check(&home, &Key::parse("debian-1").unwrap()).unwrap();
    found.retain(|it| !was_killed || it.rule.holds_always());
    assert_eq!(found, []);
}

#[test]
fn a_kill_at_any_call_leaves_no_link_astray() {
    let wsl = Wsl::start();
    let ubuntu = wsl.distro(World::with_fakes(&["go1.21.1", OLD]), "ubuntu", "");
    let debian = wsl.distro(World::with_fakes(&[OLDER]), "debian", "");
    debian.world().write("project/.gowr.yaml", "go: \"1.22\"\n");
    ubuntu.gowr(["share"]).run().success();
    let [begin, end] = [debian.gowr(["share", "use"]), debian.gowr(["share", "--remove"])];
    debian.go(["version"]).run().handed();
    let mut kills = 0;
    for (killed, back, after) in [(&begin, &end, OLD), (&end, &begin, OLDER)] {
        for number in 0.. {
            let traced = killed.traced(number, Blow::Kill);
            let was_killed = traced.hit.is_some();
            assert_holds(&debian, was_killed);
            let root = debian.go(["version"]).run().handed().execution_path;
            assert!([OLD, OLDER].iter().any(|name| root.contains(name)), "{root}");
            if !was_killed {
                traced.outcome.success();
                back.run().success();
                killed.run().success();
                break;
            }
            kills += 1;
            killed.run().success();
            assert_holds(&debian, false);
            let root = debian.go(["version"]).run().handed().execution_path;
            assert!(root.contains(after), "{root}");
            back.run().success();
        }
    }
    eprintln!("kills: {kills}");
    assert!(kills > 20);
}

#[test]
fn every_flaw_of_a_share_has_a_stand_in_and_a_name() {
    let wsl = Wsl::start();
    let ubuntu = wsl.distro(World::with_fakes(&[OLD]), "ubuntu", DISK);
    let debian = wsl.distro(World::with_fakes(&[OLDER]), "debian", DEVICES);
    debian.world().write("project/.gowr.yaml", "go: \"1.22\"\n");
    ubuntu.gowr(["share"]).run().success();
    let using = Using { debian };
    let debian = &using.debian;
    debian.go(["version"]).run().handed();
    using.is_local();
    debian.gowr(["share", "use"]).run().success();
    using.is_shared();
    assert_eq!(using.problem(), "");

    // The distro has stopped, and its disk was taken away.
    debian.sh("rm /dev/sdg").run().quiet();
    using.is_local();
    assert_data_eq!(
        using.problem(),
        str![[r#"
share-stale: the share /mnt/wsl/gowr is stale
  its device /dev/sdg is gone: the distro it is of has stopped
  the distro that shares has stopped
  run: gowr share, in the distro that has the toolchains

"#]]
    );
    let listed = debian.gowr(["list", "1.22.12"]).run().quiet().stdout();
    let words = ["store (shared)", "not usable here: its device /dev/sdg is gone"];
    assert!(words.iter().all(|words| listed.contains(words)), "{listed}");
    debian.sh("touch /dev/sdg").run().quiet();
    using.is_shared();
    // What the kernel says of such a disk, sooner or later.
    for error in ["EIO", "ENXIO", "ESTALE"] {
        for path in ["/mnt/wsl/gowr", "/mnt/wsl/gowr/go1.22.12"] {
            let inject = format!("-P {path} -e inject=%file:error={error} -e trace=all");
            assert_eq!(using.start(&inject).0, OLDER, "{error} {path}");
        }
    }
    // Its directories are remembered, and its files are not; or it has gone between the look at it and the start.
    for error in ["ENOENT", "EIO", "ENXIO", "ESTALE"] {
        let inject = |calls: &str, when: &str| {
            let program = "/mnt/wsl/gowr/go1.22.12/bin/go";
            using.start(&format!("-f -P {program} -e inject={calls}:error={error}{when}")).0
        };
        assert_eq!(inject("execve,openat", ""), OLDER, "{error}");
        assert_eq!(inject("execve", ":when=1"), OLD, "{error}: and is there again");
    }

    // Somebody else's, where there is anybody else.
    let theirs = if geteuid().is_root() { "chown 1234" } else { "mount --bind /usr" };
    for path in ["/mnt/wsl/gowr", "/mnt/wsl/gowr/go1.22.12"] {
        ubuntu.sh(&format!("{theirs} {path}")).run().quiet();
        using.is_local();
        if path == "/mnt/wsl/gowr" {
            assert_data_eq!(
                using.problem(),
                str![[r#"
share-owner: the share /mnt/wsl/gowr is not used
  /mnt/wsl/gowr belongs to user [..], neither root nor you
  who it belongs to could put anything into a build
  run: ls -ld /mnt/wsl/gowr /mnt/wsl/gowr/*

"#]]
            );
        }
        let ours = if geteuid().is_root() { "chown 0" } else { "umount" };
        ubuntu.sh(&format!("{ours} {path}")).run().quiet();
        using.is_shared();
        ubuntu.sh(&format!("chmod o+w {path}")).run().quiet();
        using.is_local();
        ubuntu.sh(&format!("chmod o-w {path}")).run().quiet();
        using.is_shared();
    }

    // Upgraded there.
    ubuntu.sh("mv /mnt/wsl/gowr/go1.22.12 /mnt/wsl/gowr/go1.23.4").run().quiet();
    using.is_local();
    assert_data_eq!(
        using.problem(),
        str![[r#"
share-outdated: the share has other toolchains than what is linked here
  is new there
  is not there any more
  run: gowr share use

"#]]
    );
    assert_data_eq!(
        debian.gowr(["share", "use"]).run().snapshot(),
        str![[r#"
------- stderr -------
go1.23.4 is used from /mnt/wsl/gowr
go1.22.12 is not here any more

"#]]
    );
    ubuntu.sh("mv /mnt/wsl/gowr/go1.23.4 /mnt/wsl/gowr/go1.22.12").run().quiet();
    debian.gowr(["share", "use"]).run().success();
    using.is_shared();

    // Unmounted by another distro, and not there at all.
    ubuntu.unmount_share();
    using.is_local();
    assert_data_eq!(
        using.problem(),
        str![[r#"
share-missing: the share /mnt/wsl/gowr was unmounted
  nothing is mounted on /mnt/wsl/gowr any more
  the distro that shares has stopped, or another one with systemd has
  run: gowr share, in the distro that has the toolchains

"#]]
    );
    assert_data_eq!(
        debian.gowr(["share", "use"]).run().snapshot(),
        str![[r#"
------- stderr -------
gowr: no distro that runs shares its toolchains
  nothing is mounted on /mnt/wsl/gowr any more
  run: gowr share, in the distro that has the toolchains
[exit status: 1]

"#]]
    );
    ubuntu.sh("rmdir /mnt/wsl/gowr").run().quiet();
    using.is_local();
    assert_data_eq!(
        using.problem(),
        str![[r#"
share-missing: the share /mnt/wsl/gowr is not there
  /mnt/wsl/gowr is not there
  the distro that shares has not been started since WSL was
  run: gowr share, in the distro that has the toolchains

"#]]
    );
    ubuntu.sh("ln -s /usr /mnt/wsl/gowr").run().quiet();
    using.is_local();
    assert_data_eq!(
        ubuntu.gowr(["share"]).run().snapshot(),
        str![[r#"
------- stderr -------
gowr: /mnt/wsl/gowr is taken
  /mnt/wsl/gowr is no directory
  run: ls -ld /mnt/wsl/gowr
[exit status: 1]

"#]]
    );
    ubuntu.sh("rm /mnt/wsl/gowr").run().quiet();
    let provider = Using { debian: ubuntu };
    assert_data_eq!(
        provider.problem(),
        str![[r#"
share-missing: this distro shares its toolchains, and the others do not see them
  /mnt/wsl/gowr is not there
  run: sudo [GOWR]/bin/gowr share

"#]]
    );
}

#[test]
#[expect(clippy::too_many_lines, reason = "one story")]
fn builds_go_on_whatever_becomes_of_the_share() {
    let wsl = Wsl::start();
    let mut ubuntu = wsl.distro(World::with(&[OLD]), "ubuntu", "");
    let debian = wsl.distro(World::with(&[OLDER]), "debian", "");
    let alpine = wsl.distro(World::new(), "alpine", "");
    debian.world().share_builds("debian-1");
    debian.world().write("project/go.mod", "module example.com/m\n\ngo 1.22\n");
    debian.world().write("project/.gowr.yaml", "go: \"1.22\"\n");
    debian.world().write("project/main.go", PROGRAM);

    let none = debian.gowr(["share", "use"]).run();
    assert_data_eq!(
        none.snapshot(),
        str![[r#"
------- stderr -------
gowr: no distro that runs shares its toolchains
  /mnt/wsl/gowr is not there
  run: gowr share, in the distro that has the toolchains
[exit status: 1]

"#]]
    );
    ubuntu.world().write("etc/wsl.conf", "# mine\n[boot]\ncommand = echo started >> /run/log\n");
    assert_data_eq!(
        ubuntu.gowr(["share"]).run().snapshot(),
        str![[r#"
diff --git a/etc/wsl.conf b/etc/wsl.conf
--- a/etc/wsl.conf
+++ b/etc/wsl.conf
@@ -1,3 +1,3 @@
 # mine
 [boot]
-command = echo started >> /run/log
+command = ": gowr-share begin; [ [GOWR]/toolchains -ef /mnt/wsl/gowr ] || { /usr/bin/mkdir -p /mnt/wsl/gowr && /usr/bin/mount --bind [GOWR]/toolchains /mnt/wsl/gowr; }; : gowr-share end; "echo started >> /run/log
------- stderr -------
runs mkdir -p -m 755 /mnt/wsl/gowr
runs mount --bind [GOWR]/toolchains /mnt/wsl/gowr
the toolchains of this distro are in /mnt/wsl/gowr, for all that run
to use them in another distro, run there: gowr share use
gowr: warning: it goes when this distro stops, and WSL may take it off when any distro with systemd stops

"#]]
    );
    assert_data_eq!(
        ubuntu.gowr(["share"]).run().snapshot(),
        str![[r#"
------- stderr -------
the toolchains of this distro are in /mnt/wsl/gowr already

"#]]
    );
    assert_data_eq!(
        alpine.gowr(["share"]).run().snapshot(),
        str![[r#"
------- stderr -------
gowr: another distro shares its toolchains
  /mnt/wsl/gowr is [..]/.local/share/gowr/toolchains of it
  run: gowr share use
[exit status: 1]

"#]]
    );
    assert_data_eq!(
        debian.gowr(["share", "use"]).run().snapshot(),
        str![[r#"
------- stderr -------
go1.22.12 is used from /mnt/wsl/gowr

"#]]
    );

    let builds = Builds::default();
    thread::scope(|scope| {
        scope.spawn(|| {
            let _ending = Ending(&builds);
            builds.run(&debian);
        });
        let _ending = Ending(&builds);
        builds.wait_for(OLD);
        // The distro that shares ends. What it has mounted stays, as it does on WSL2 until its disk is taken away.
        ubuntu.stop();
        builds.wait_for(OLD);
        // Another distro with systemd stops.
        alpine.unmount_share();
        builds.wait_for(OLDER);
        // It is started again.
        wsl.boot_again(&mut ubuntu);
        run_boot_command(&ubuntu);
        builds.wait_for(OLD);
        alpine.unmount_share();
        builds.wait_for(OLDER);
        assert_data_eq!(
            ubuntu.gowr(["share"]).run().snapshot(),
            str![[r#"
------- stderr -------
runs mkdir -p -m 755 /mnt/wsl/gowr
runs mount --bind [GOWR]/toolchains /mnt/wsl/gowr
the toolchains of this distro are in /mnt/wsl/gowr, for all that run
to use them in another distro, run there: gowr share use
gowr: warning: it goes when this distro stops, and WSL may take it off when any distro with systemd stops

"#]]
        );
        builds.wait_for(OLD);
    });
    let counts = builds.by_version.into_inner().unwrap();
    assert_eq!(counts.keys().collect::<Vec<_>>(), [OLD, OLDER], "{counts:?}");
    eprintln!("builds: {counts:?}, failures: 0");

    // What only the share has is that, or an error; never another one.
    debian.world().write("project/.gowr.yaml", "go: \"1.22.12\"\n");
    assert_eq!(debian.go(["env", "GOVERSION"]).run().quiet().line(), OLD);
    assert_data_eq!(
        debian.gowr(["share", "list"]).run().snapshot(),
        str![[r#"
/mnt/wsl/gowr (bind of [..]/.local/share/gowr/toolchains; used here)
  go1.22.12  used here

"#]]
    );
    alpine.unmount_share();
    assert_data_eq!(
        debian.go(["version"]).run().snapshot(),
        str![[r#"
------- stderr -------
gowr: go 1.22.12 is not installed
  asked for by [HOME]/project/.gowr.yaml:1: go: "1.22.12"
  run: gowr install 1.22.12
[exit status: 127]

"#]]
    );
    assert_data_eq!(
        debian.gowr(["share", "list"]).run().snapshot(),
        str![[r#"
/mnt/wsl/gowr (used here; nothing is mounted on /mnt/wsl/gowr any more)
  go1.22.12  missing

"#]]
    );
    assert_data_eq!(
        debian.gowr(["uninstall", "1.22.12"]).run().snapshot(),
        str![[r#"
------- stderr -------
gowr: go1.22.12 is not installed in this distro
  another distro shares it: /mnt/wsl/gowr/go1.22.12
  run: gowr share --remove
[exit status: 1]

"#]]
    );

    assert_data_eq!(
        debian.gowr(["share", "--remove"]).run().snapshot(),
        str![[r#"
------- stderr -------
/mnt/wsl/gowr is not used any more
go1.22.12 is not here any more

"#]]
    );
    assert!(!debian.path(".local/share/gowr/shared").exists());
    assert_data_eq!(
        ubuntu.gowr(["share", "--remove"]).run().snapshot(),
        str![[r#"
diff --git a/etc/wsl.conf b/etc/wsl.conf
--- a/etc/wsl.conf
+++ b/etc/wsl.conf
@@ -1,3 +1,3 @@
 # mine
 [boot]
-command = ": gowr-share begin; [ [GOWR]/toolchains -ef /mnt/wsl/gowr ] || { /usr/bin/mkdir -p /mnt/wsl/gowr && /usr/bin/mount --bind [GOWR]/toolchains /mnt/wsl/gowr; }; : gowr-share end; "echo started >> /run/log
+command = echo started >> /run/log
------- stderr -------
nothing is shared when this distro starts

"#]]
    );
    assert_eq!(
        ubuntu.world().read("etc/wsl.conf"),
        "# mine\n[boot]\ncommand = echo started >> /run/log\n"
    );
    assert_data_eq!(
        ubuntu.gowr(["share", "--remove"]).run().snapshot(),
        str![[r#"
------- stderr -------
nothing is shared here, and no share is used

"#]]
    );
}
