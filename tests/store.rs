//! What changes the store, against a server on loopback: `upgrade`, `uninstall`, locks, and what an install touches.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use installer::invariants;
use installer::store::{Home, Key};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::json;
use snapbox::{assert_data_eq, str};

use crate::support::goproxy::{Service, install, is_archive};
use crate::support::log::Log;
use crate::support::server::Server;
use crate::support::{Outcome, Run, World, fakes, host_key, tool};

/// A world and a server with these toolchains, none of them installed.
struct Scene {
    world: World,
    server: Server,
    log: Log,
}

impl Scene {
    fn new(names: &[&str]) -> Self {
        let service = Service::new(names);
        let log = service.log.clone();
        Self { world: World::new(), server: service.start(), log }
    }

    fn gowr(&self, words: &[&str]) -> Run {
        let run = self.world.gowr(words);
        run.env("GOPROXY", self.server.url()).env("GOSUMDB", self.log.key())
    }

    fn install(&self, versions: &[&str]) -> Outcome {
        let outcome = install(&self.world, &self.server, &self.log, versions).run();
        outcome.success();
        outcome
    }

    fn home(&self) -> Home {
        Home::new(self.world.gowr_home()).unwrap()
    }

    fn installed(&self) -> Vec<String> {
        self.home().installed().unwrap().iter().map(ToString::to_string).collect()
    }

    fn assert_sound(&self) {
        assert_sound(&self.world);
    }
}

fn assert_sound(world: &World) {
    let home = Home::new(world.gowr_home()).unwrap();
    let violations = invariants::check(&home, &Key::parse(&host_key()).unwrap()).unwrap();
    let violations: Vec<_> = violations.iter().map(ToString::to_string).collect();
    assert!(violations.is_empty(), "{}", violations.join("\n"));
}

/// Every name below a directory.
fn names(directory: &Path) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(directory).into_iter().flatten() {
        let path = entry.unwrap().path();
        if fs::symlink_metadata(&path).unwrap().is_dir() {
            found.extend(names(&path));
        }
        found.insert(path);
    }
    found
}

#[test]
fn each_line_is_upgraded_to_its_newest_patch() {
    let scene =
        Scene::new(&["go1.21.1", "go1.21.2", "go1.22.3", "go1.22.4", "go1.22.5", "go1.23.0"]);
    let nothing = scene.gowr(&["upgrade"]).env("GOPROXY", "off").run();
    assert_data_eq!(
        nothing.success().snapshot(),
        str![[r#"
------- stderr -------
nothing to upgrade: gowr has installed no Go here

"#]]
    );
    scene.install(&["1.21.1", "1.22.3", "1.22.4"]);
    assert_data_eq!(
        scene.gowr(&["upgrade", "--dry-run"]).run().success().snapshot(),
        str![[r#"
------- stderr -------
go1.21.2 would be installed, for 1.21; go1.21.1 is here
go1.22.5 would be installed, for 1.22; go1.22.4 is here

"#]]
    );
    assert_eq!(scene.installed(), ["go1.21.1", "go1.22.3", "go1.22.4"]);

    let one = scene.gowr(&["upgrade", "1.21", "--json"]).run();
    assert_eq!(
        one.success().json(),
        json!({"schema": 1, "dry_run": false,
            "lines": [{"line": "1.21", "from": "go1.21.1", "to": "go1.21.2"}]})
    );
    // 1.21.1 is the default, as the first that was installed.
    assert!(one.stderr().contains("nothing known asks for go1.22.3 any"), "{}", one.report());
    let all = scene.gowr(&["upgrade"]).run();
    assert_data_eq!(
        all.success().snapshot(),
        str![[r#"
------- stderr -------
go1.21.2 is the newest of 1.21
downloading go1.22.5 (717.4[..] KiB)
go1.22.5 is installed in [GOWR]/toolchains/go1.22.5
nothing known asks for go1.22.3, go1.22.4 any more; to take that away, run: gowr uninstall --unused

"#]]
    );
    assert_eq!(
        scene.installed(),
        ["go1.21.1", "go1.21.2", "go1.22.3", "go1.22.4", "go1.22.5"],
        "what was there stays"
    );
    scene.world.write("project/.go-version", "1.22\n");
    assert_eq!(scene.world.go(["version"]).run().quiet().stdout(), "go version go1.22.5 linux\n");
    let unchanged = scene.gowr(&["upgrade", "--json"]).run().success().json();
    assert_eq!(
        unchanged["lines"][1],
        json!({"line": "1.22", "from": "go1.22.5", "to": "go1.22.5"})
    );
    scene.assert_sound();
}

#[test]
fn only_lines_that_are_installed_are_upgraded() {
    let scene = Scene::new(&["go1.22.3", "go1.23.0"]);
    scene.install(&["1.22.3"]);
    for (word, said, fix) in [
        ("1.23", "no go 1.23 is installed by gowr", "gowr install 1.23"),
        ("1.22.3", "go1.22.3 is a release, and cannot be upgraded", "gowr upgrade 1.22"),
    ] {
        let outcome = scene.gowr(&["upgrade", word]).run();
        assert_eq!(outcome.code(), Some(1));
        assert!(outcome.stderr().contains(said), "{}", outcome.report());
        assert!(outcome.stderr().contains(&format!("run: {fix}")), "{}", outcome.report());
    }
    assert_eq!(scene.installed(), ["go1.22.3"]);
}

#[test]
fn unused_is_what_nothing_known_asks_for() {
    let scene = Scene::new(&[
        "go1.21.1", "go1.21.2", "go1.21.3", "go1.22.1", "go1.22.2", "go1.22.3", "go1.22.4",
        "go1.22.5", "go1.22.6", "go1.23.1",
    ]);
    let all: Vec<String> =
        scene.server_names().into_iter().map(|name| name[2..].to_owned()).collect();
    scene.install(&all.iter().map(String::as_str).collect::<Vec<_>>());
    let world = &scene.world;
    world.write(
        ".config/gowr/config.yaml",
        "default: 1.22\ndistros:\n  alpine: 1.21.1\n  debian: 1.22.1\n",
    );
    world.write("project/.gowr.yaml", "go: 1.22.2\n");
    world.write("project/.go-version", "1.22.3\n");
    world.write(".tool-versions", "golang 1.22.4\n");
    world.write(".config/go/env", "GOTOOLCHAIN=go1.22.5+auto\n");
    let before = names(world.home());
    let rehearsal = scene.gowr(&["uninstall", "--unused", "--dry-run", "--json"]).run();
    let goroot = world.goroot("go1.21.2");
    assert_eq!(
        rehearsal.success().json(),
        json!({"schema": 1, "dry_run": true,
            "toolchains": [{"name": "go1.21.2", "goroot": goroot}]})
    );
    assert_eq!(names(world.home()), before);
    let outcome = scene.gowr(&["uninstall", "--unused"]).run();
    assert_data_eq!(
        outcome.success().snapshot(),
        str![[r#"
------- stderr -------
go1.21.2 is uninstalled

"#]]
    );
    // Elsewhere, the pins of that project are not known.
    let outcome = scene.gowr(&["uninstall", "--unused"]).at(world.home()).run();
    assert_data_eq!(
        outcome.success().snapshot(),
        str![[r#"
------- stderr -------
go1.22.2 is uninstalled
go1.22.3 is uninstalled

"#]]
    );
    assert_data_eq!(
        scene.gowr(&["uninstall", "--unused"]).at(world.home()).run().success().snapshot(),
        str![[r#"
------- stderr -------
nothing is unused

"#]]
    );
    // A file that cannot be read may ask for anything.
    world.write("project/.gowr.yaml", "go: [1]\n");
    assert_eq!(scene.gowr(&["uninstall", "--unused"]).run().code(), Some(1));
    assert_eq!(scene.gowr(&["uninstall", "--unused", "1.22.1"]).run().code(), Some(2));
    scene.assert_sound();
}

impl Scene {
    fn server_names(&self) -> Vec<String> {
        let listed = self.gowr(&["list", "--remote", "--json"]).run().success().json();
        let names = listed["releases"].as_array().unwrap().iter();
        names.map(|release| release["name"].as_str().unwrap().to_owned()).collect()
    }
}

#[test]
fn what_still_asks_for_an_uninstalled_one_is_named() {
    let scene = Scene::new(&["go1.22.3", "go1.22.4"]);
    scene.install(&["1.22.3", "1.22.4"]);
    scene.world.write("project/.go-version", "# ours\n1.22.3\n");
    let outcome = scene.gowr(&["uninstall", "1.22.3"]).run();
    assert_data_eq!(
        outcome.success().snapshot().replace(&host_key(), "[DISTRO]"),
        str![[r#"
------- stderr -------
go1.22.3 is uninstalled
go 1.22.3 was the default on [DISTRO]; there is none now
gowr: warning: go 1.22.3 is still asked for by [HOME]/project/.go-version:2: 1.22.3
  run: gowr install 1.22.3

"#]]
    );
    // What is answered by another is not.
    scene.install(&["1.22.3"]);
    scene.world.write("project/.go-version", "1.22\n");
    let outcome = scene.gowr(&["uninstall", "1.22.3"]).run();
    assert!(!outcome.success().stderr().contains("asked for"), "{}", outcome.report());
    let outcome = scene.gowr(&["uninstall", "1.22.4", "--dry-run"]).run();
    assert!(outcome.success().stderr().contains("would be"), "{}", outcome.report());
    assert_eq!(scene.installed(), ["go1.22.4"]);
    let outcome = scene.gowr(&["uninstall", "1.22"]).run();
    assert!(
        outcome.success().stderr().contains("go 1.22 is still asked for"),
        "{}",
        outcome.report()
    );
    assert_eq!(scene.installed(), [""; 0]);
    scene.assert_sound();
}

#[test]
fn a_registered_name_that_leads_nowhere_any_more_is_told() {
    let scene = Scene::new(&["go1.22.3"]);
    let world = &scene.world;
    scene.install(&["1.22.3"]);
    // Registered are paths: where this one is a link, it may lead elsewhere tomorrow, as it does here.
    let (mine, current) = (world.path("mine"), world.path("current"));
    fakes::lay_out(&mine, "go1.20.7");
    symlink(&mine, &current).unwrap();
    world.gowr(["adopt", "../current", "--name", "work"]).run().success();
    fs::remove_file(&current).unwrap();
    symlink(world.gowr_home().join("toolchains/go1.22.3"), &current).unwrap();

    let outcome = scene.gowr(&["uninstall", "1.22.3"]).run();
    let warning = "gowr: warning: work is registered for what is gone, and leads nowhere\n  \
                   run: gowr adopt --remove work\n";
    assert!(outcome.success().stderr().contains(warning), "{}", outcome.report());
    world.gowr(["adopt", "--remove", "work"]).run().success();
    scene.assert_sound();
}

#[test]
fn a_failed_install_leaves_nothing_at_all() {
    let scene = Scene::new(&["go1.22.3"]);
    let wrong = Log::new("sum.example.com").with_seed(9).key();
    let before = names(scene.world.home());
    for (proxy, database) in [
        (String::from("off"), scene.log.key()),
        (String::from("http://127.0.0.1:1"), scene.log.key()),
        (format!("{}/nowhere", scene.server.url()), scene.log.key()),
        (scene.server.url(), wrong),
    ] {
        // In a home that there is, and in one that there is not.
        for home in [None, Some(scene.world.path("new/gowr"))] {
            let mut run = scene.gowr(&["install", "1.22.3"]);
            run = run.env("GOPROXY", &proxy).env("GOSUMDB", &database);
            if let Some(home) = home {
                run = run.env("GOWR_HOME", home);
            }
            let outcome = run.run();
            assert_eq!(outcome.code(), Some(1), "{}", outcome.report());
            assert_eq!(names(scene.world.home()), before, "{}", outcome.report());
        }
    }
}

/// A server that sends no archive before it is told to, and says when it is asked for one.
fn reluctant(names: &[&str]) -> (Scene, mpsc::Receiver<()>, mpsc::Sender<()>) {
    let service = Service::new(names);
    let log = service.log.clone();
    let (asked, was_asked) = mpsc::channel();
    let (go_on, may_go_on) = mpsc::channel();
    let gate = Mutex::new((asked, Some(may_go_on)));
    let server = Server::start(move |request| {
        if is_archive(&request.path) && request.path.contains("go1.22.3") {
            let may_go_on = {
                let mut gate = gate.lock().unwrap();
                let _ = gate.0.send(());
                gate.1.take()
            };
            if let Some(may_go_on) = may_go_on {
                let _ = may_go_on.recv_timeout(Duration::from_mins(1));
            }
        }
        service.answer(request)
    });
    (Scene { world: World::new(), server, log }, was_asked, go_on)
}

const PATIENCE: Duration = Duration::from_mins(1);

#[test]
fn who_waits_says_for_whom_and_what_to_do() {
    let (scene, was_asked, go_on) = reluctant(&["go1.22.3"]);
    let first = scene.gowr(&["install", "1.22.3"]).command().spawn().unwrap();
    was_asked.recv_timeout(PATIENCE).unwrap();
    let second = scene.gowr(&["install", "1.22.3"]).command().spawn().unwrap();
    let process = first.id();
    // It has told, and waits, as soon as it has opened the lock.
    let lock = scene.world.gowr_home().join("staging/go1.22.3.lock");
    let opened = |process: u32| {
        let descriptors = fs::read_dir(format!("/proc/{process}/fd")).into_iter().flatten();
        descriptors.flatten().any(|it| fs::read_link(it.path()).is_ok_and(|to| to == lock))
    };
    while !opened(second.id()) {
        thread::sleep(Duration::from_millis(5));
    }
    thread::sleep(Duration::from_millis(50));
    go_on.send(()).unwrap();
    assert!(first.wait_with_output().unwrap().status.success());
    let said = second.wait_with_output().unwrap();
    assert!(said.status.success());
    let said = String::from_utf8(said.stderr).unwrap();
    let host = nix::unistd::gethostname().unwrap();
    let expected = format!(
        "waiting for process {process} on {}, for 0 s (if it hangs: kill {process})\n",
        host.display()
    );
    assert!(said.starts_with(&expected), "{said}");
    assert!(said.contains("go1.22.3 is already in"), "{said}");
    scene.assert_sound();
}

/// As on an NFS server without locks.
fn without_locks(run: Run) -> Run {
    let words = ["-f", "-qq", "-o", "/dev/null", "-e", "inject=flock:error=ENOLCK"];
    run.under([tool("strace").into_os_string()].into_iter().chain(words.map(OsString::from)))
}

#[test]
fn without_locks_the_living_are_spared_and_the_dead_are_not() {
    let (scene, was_asked, go_on) = reluctant(&["go1.22.3", "go1.22.4"]);
    let first = without_locks(scene.gowr(&["install", "1.22.3"])).command().spawn().unwrap();
    was_asked.recv_timeout(PATIENCE).unwrap();
    // It sweeps, as every install does.
    without_locks(scene.gowr(&["install", "1.22.4"])).run().success();
    let staging = scene.world.gowr_home().join("staging");
    assert!(names(&staging).iter().any(|path| path.ends_with("go1.22.3")), "{:?}", names(&staging));
    go_on.send(()).unwrap();
    assert!(first.wait_with_output().unwrap().status.success());
    scene.assert_sound();
    assert_eq!(scene.installed(), ["go1.22.3", "go1.22.4"]);

    let (scene, was_asked, _go_on) = reluctant(&["go1.22.3", "go1.22.4"]);
    let run = without_locks(scene.gowr(&["install", "1.22.3"]));
    let mut first = run.command().spawn().unwrap();
    was_asked.recv_timeout(PATIENCE).unwrap();
    // With what watches it.
    nix::sys::signal::killpg(Pid::from_raw(i32::try_from(first.id()).unwrap()), Signal::SIGKILL)
        .unwrap();
    first.wait().unwrap();
    let left = names(&scene.world.gowr_home().join("staging"));
    assert!(!left.is_empty(), "it was killed at work");
    without_locks(scene.gowr(&["install", "1.22.4"])).run().success();
    let left = names(&scene.world.gowr_home().join("staging"));
    assert!(left.is_empty(), "{left:?}");
    assert_eq!(scene.installed(), ["go1.22.4"]);
}

#[test]
fn a_go_does_not_wait_for_who_changes_links() {
    let scene = Scene::new(&["go1.22.3"]);
    // Stopped at its first link, with the lock of all links.
    let trace =
        ["-f", "-qq", "-o", "/dev/null", "-e", "inject=symlink,symlinkat:signal=SIGSTOP:when=1"];
    let run = scene.gowr(&["install", "1.22.3"]).under(trace).under([tool("strace")]);
    let mut first = run.command().spawn().unwrap();
    let lock = scene.world.gowr_home().join("staging/links.lock");
    let mut process = String::new();
    while process.is_empty() {
        thread::sleep(Duration::from_millis(5));
        process = fs::read_to_string(&lock).unwrap_or_default();
    }
    let process: i32 = process.split(' ').next().unwrap().parse().unwrap();
    // It finds the toolchain without links, long before it would be an error that they are not there.
    let begun = Instant::now();
    let run = scene.world.go(["version"]).env("GOWR_TOOLCHAIN", "1.22");
    assert_eq!(run.run().quiet().stdout(), "go version go1.22.3 linux\n");
    assert!(begun.elapsed() < Duration::from_secs(30));
    kill(Pid::from_raw(process), Signal::SIGCONT).unwrap();
    first.wait().unwrap();
    scene.gowr(&["install", "1.22.3"]).run().success();
    scene.assert_sound();
}

/// Between the choice of a toolchain and its execution, another process takes it away.
#[test]
fn a_go_that_loses_the_race_with_uninstall_runs_the_next_best() {
    let scene = Scene::new(&["go1.22.3", "go1.22.4"]);
    scene.install(&["1.22.3", "1.22.4"]);
    scene.world.write("project/.go-version", "1.22\n");
    assert_eq!(scene.world.go(["version"]).run().quiet().stdout(), "go version go1.22.4 linux\n");
    let delay = ["-qq", "-o", "/dev/null", "-e", "inject=execve:delay_enter=3000000:when=1"];
    let run = scene.world.go(["version"]).under(delay).under([tool("strace")]);
    let slow = run.command().spawn().unwrap();
    thread::sleep(Duration::from_millis(500));
    scene.gowr(&["uninstall", "1.22.4"]).run().success();
    let mut slow = slow;
    assert!(slow.try_wait().unwrap().is_none(), "it was too fast");
    let output = slow.wait_with_output().unwrap();
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "go version go1.22.3 linux\n");
}

/// A toolchain comes from strangers, and so may the project in which it is installed.
#[test]
fn an_install_executes_nothing_and_writes_only_where_it_should() {
    let scene = Scene::new(&["go1.22.3", "go1.22.4"]);
    scene.world.write("project/go.mod", "module m\n\ngo 1.22\n");
    scene.world.write("project/.go-version", "1.22.3\n");
    for (words, writes_anything) in [
        (&["install"][..], true),
        (&["upgrade"], true),
        (&["uninstall", "1.22.4"], true),
        (&["uninstall", "--unused"], false),
        (&["list"], false),
    ] {
        let log = scene.world.path("trace");
        let calls = "execve,execveat,open,openat,creat,mkdir,mkdirat,rename,renameat,renameat2,link,\
                     linkat,symlink,symlinkat,unlink,unlinkat,rmdir,chmod,fchmodat,truncate";
        let trace = ["-f", "-qq", "-y", "-o", log.to_str().unwrap(), "-e", calls];
        scene.gowr(words).under(trace).under([tool("strace")]).run().success();
        let text = fs::read_to_string(&log).unwrap();
        let executions: Vec<_> = text.lines().filter(|line| line.contains("execve")).collect();
        assert_eq!(executions.len(), 1, "{executions:#?}");
        let places = [".local/share/gowr", ".local/state/gowr", ".config/gowr"];
        let places = places.map(|place| scene.world.path(place).display().to_string());
        let writes = text.lines().filter(|line| {
            let is_open = line.contains("open(") || line.contains("openat(");
            !line.contains("execve")
                && !line.contains(" = -1 E")
                && (!is_open
                    || ["O_WRONLY", "O_RDWR", "O_CREAT"].iter().any(|it| line.contains(it)))
        });
        let writes: Vec<_> = writes.collect();
        assert_eq!(!writes.is_empty(), writes_anything, "{words:?}: {writes:#?}");
        for line in writes {
            // In one of them, or in one of the directories above, which are made where they are missing.
            let is_ours = places.iter().any(|place| line.contains(place.as_str()));
            let path = line.split('"').nth(1).unwrap_or_default();
            let is_above = line.contains("mkdir(") && places.iter().any(|it| it.starts_with(path));
            assert!(is_ours || is_above, "{words:?}: {line}");
        }
    }
}

/// How many calls that look at files a command makes.
fn calls(run: Run, log: &Path) -> usize {
    let trace = ["-f", "-qq", "-e", "signal=none", "-e", "trace=%file,getdents64", "-o"];
    let words = [tool("strace").into_os_string()].into_iter().chain(trace.map(OsString::from));
    run.under(words.chain([log.into()])).run().success();
    // A call during which another thread made one has a second line.
    let log = fs::read_to_string(log).unwrap();
    log.lines().filter(|line| !line.contains(" resumed>")).count()
}

#[test]
fn many_toolchains_cost_no_more_than_their_number() {
    const FEW: usize = 10;
    const MANY: usize = 200;
    let service = Service::new(&["go1.21.9"]);
    let log = service.log.clone();
    let server = service.start();
    let counted = |toolchains: usize| {
        let world = World::new();
        for index in 0..toolchains {
            world.fake(&format!("go1.{}.{}", 22 + index % 5, index / 5));
        }
        world.write("project/.go-version", "1.22\n");
        world.go(["version"]).run().handed();
        let trace = world.path("trace");
        let which = calls(world.gowr(["which"]), &trace);
        let list = calls(world.gowr(["list"]), &trace);
        let install = calls(install(&world, &server, &log, &["1.21.9"]), &trace);
        assert_sound(&world);
        (which, list, install)
    };
    let (few, twice, many) = (counted(FEW), counted(2 * FEW), counted(MANY));
    assert_eq!(few.0, many.0, "which");
    let is_linear = |few: usize, twice: usize, many: usize| {
        // A tenth more, since directories are read in blocks.
        let each = (twice - few) * 11 / 10;
        many <= few + each * (MANY - FEW) / FEW
    };
    assert!(is_linear(few.1, twice.1, many.1), "list: {few:?} {twice:?} {many:?}");
    assert!(is_linear(few.2, twice.2, many.2), "install: {few:?} {twice:?} {many:?}");
}
