//! `gowr install`, `list` and `uninstall` against servers on loopback, with a checksum database of our own that signs as
//! the real one does. Real toolchains come from the real services in `support/toolchains.rs`.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};

use snapbox::{assert_data_eq, str};

use crate::support::log::Log;
use crate::support::module::{Module, TOOLCHAIN};
use crate::support::server::{Request, Response, Server};
use crate::support::{Outcome, Run, World, host_key, tool};
use crate::userland::user_namespace;

/// What a GOPROXY serves: modules, and the checksum database beside them.
#[derive(Clone)]
struct Service {
    modules: Vec<Module>,
    /// Names that the list has and that are no versions, or not for us.
    noise: Vec<&'static str>,
    log: Log,
}

impl Service {
    fn new(names: &[&str]) -> Self {
        let mut log = Log::new("sum.example.com");
        log.fill(300);
        let modules: Vec<Module> = names.iter().map(|name| Module::toolchain(name)).collect();
        for module in &modules {
            log.append(TOOLCHAIN, &module.version, &module.h1());
        }
        log.fill(700);
        Self { modules, noise: Vec::new(), log }
    }

    fn answer(&self, request: &Request) -> Response {
        match self.content(request.path.trim_start_matches('/')) {
            Some(content) if is_archive(&request.path) => {
                Response::file(request, &content, "\"one\"")
            }
            Some(content) => Response::ok(content),
            None => Response::status(404),
        }
    }

    fn content(&self, path: &str) -> Option<Vec<u8>> {
        if let Some(path) = path.strip_prefix("sumdb/sum.example.com/") {
            return self.log.serve(path);
        }
        let name = path.strip_prefix("golang.org/toolchain/@v/")?;
        if name == "list" {
            let versions = self.modules.iter().map(|module| module.version.as_str());
            let lines: Vec<_> = versions.chain(self.noise.iter().copied()).collect();
            return Some((lines.join("\n") + "\n").into());
        }
        let is_of = |module: &&Module| name.starts_with(&format!("{}.", module.version));
        let module = self.modules.iter().find(is_of)?;
        match name.strip_prefix(&module.version)? {
            ".zip" => Some(module.zip()),
            ".mod" => Some(b"module golang.org/toolchain\n".to_vec()),
            ".info" => Some(format!("{{\"Version\":\"{}\"}}", module.version).into()),
            _ => None,
        }
    }

    fn start(self) -> Server {
        Server::start(move |request| self.answer(request))
    }
}

fn install(world: &World, server: &Server, log: &Log, words: &[&str]) -> Run {
    world.gowr(["install"]).args(words).env("GOPROXY", server.url()).env("GOSUMDB", log.key())
}

/// Names in gowr's home, two levels deep, that tell whether anything was left behind.
fn contents(home: &Path) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for directory in ["toolchains", "links", "staging", "downloads"] {
        for entry in fs::read_dir(home.join(directory)).into_iter().flatten() {
            names.insert(format!("{directory}/{}", entry.unwrap().file_name().display()));
        }
    }
    for entry in fs::read_dir(home.join("distros").join(host_key())).into_iter().flatten() {
        names.insert(format!("distro/{}", entry.unwrap().file_name().display()));
    }
    names
}

fn without_downloads(home: &Path) -> Vec<String> {
    contents(home).into_iter().filter(|name| !name.starts_with("downloads/")).collect()
}

#[test]
fn the_newest_of_a_line() {
    let mut service =
        Service::new(&["go1.22.3", "go1.22.10", "go1.22.9", "go1.23rc1", "go1.21.13"]);
    service.noise =
        vec!["v0.0.1-go1.9.2rc2.linux-amd64", "v0.0.1-go1.22.99.windows-amd64", "nonsense"];
    let log = service.log.clone();
    let server = service.start();
    let world = World::new();
    let outcome = install(&world, &server, &log, &["1.22"]).run();
    // The first one becomes the default, and that is said.
    assert!(outcome.success().stderr().contains("default"), "{}", outcome.report());
    assert_eq!(
        without_downloads(&world.gowr_home()),
        [
            "distro/1.22",
            "distro/go1.22.10",
            "distro/newest",
            "links/go1.22.10",
            "toolchains/go1.22.10"
        ]
    );
    assert_data_eq!(
        world.gowr(["which"]).run().snapshot(),
        str![[r#"
[GOWR]/toolchains/go1.22.10/bin/go

"#]]
    );
    assert_eq!(world.go(["version"]).run().quiet().stdout(), "go version go1.22.10 linux\n");

    install(&world, &server, &log, &["1.21", "1.23rc1"]).run().success();
    assert_eq!(world.go(["version"]).run().quiet().stdout(), "go version go1.22.10 linux\n");
    let listed = world.gowr(["list"]).run().success().stdout();
    for name in ["1.22.10", "1.21.13", "1.23rc1"] {
        assert!(listed.contains(name), "{listed}");
    }
    let json = world.gowr(["list", "--json"]).run().success().json();
    assert!(json.to_string().contains("go1.23rc1"), "{json:#}");
    let remote =
        world.gowr(["list", "--remote"]).env("GOPROXY", server.url()).run().success().stdout();
    assert!(
        remote.contains("1.22.9") && !remote.contains("1.9.2rc2") && !remote.contains("1.22.99"),
        "{remote}"
    );

    // Newer than what is there: a line's link follows.
    world.gowr(["uninstall", "1.22.10"]).run().success();
    assert!(!world.goroot("go1.22.10").exists());
    install(&world, &server, &log, &["1.22.9"]).run().success();
    let link = |name: &str| {
        fs::read_link(world.gowr_home().join("distros").join(host_key()).join(name)).unwrap()
    };
    assert_eq!(link("1.22").to_str(), Some("go1.22.9"));
    assert_eq!(
        fs::read_link(world.gowr_home().join("links/go1.22.9")).unwrap().to_str(),
        Some("../toolchains/go1.22.9/bin/go")
    );
}

#[test]
fn the_tree_is_that_of_the_module() {
    let service = Service::new(&["go1.22.3"]);
    let (log, module) = (service.log.clone(), service.modules[0].clone());
    let server = service.start();
    let world = World::new();
    install(&world, &server, &log, &["1.22.3"]).run().success();
    for (name, content) in &module.files {
        let path = world.goroot("go1.22.3").join(name.replace("_go.mod", "go.mod"));
        assert_eq!(&fs::read(&path).unwrap(), content, "{name}");
        let mode =
            std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&path).unwrap().permissions());
        let is_program = name.starts_with("bin/")
            || name.starts_with("pkg/tool/")
            || name.ends_with("go_js_wasm_exec");
        assert_eq!(mode & 0o111 != 0, is_program, "{name} has mode {mode:o}");
    }
}

#[test]
fn what_the_project_asks_for() {
    let service = Service::new(&["go1.22.3", "go1.23.4"]);
    let log = service.log.clone();
    let server = service.start();
    let world = World::new();
    world.write("project/.go-version", "1.22\n");
    install(&world, &server, &log, &[]).run().success();
    assert!(world.goroot("go1.22.3").exists());
    fs::remove_file(world.path("project/.go-version")).unwrap();
    world.write("project/go.mod", "module m\n\ngo 1.23.4\n");
    install(&world, &server, &log, &[]).run().success();
    assert!(world.goroot("go1.23.4").exists());

    // `pin` installs first and writes after.
    let run = world.gowr(["pin", "1.22.3"]).env("GOPROXY", server.url()).env("GOSUMDB", log.key());
    run.run().success();
    assert_eq!(world.read("project/.gowr.yaml"), "go: \"1.22.3\"\n");
    // Twice is once.
    install(&world, &server, &log, &["1.22.3"]).run().success();
}

fn is_archive(path: &str) -> bool {
    Path::new(path).extension().is_some_and(|extension| extension == "zip")
}

/// Fails unless an install was refused in three lines, said this, and left nothing behind.
fn refused(world: &World, outcome: &Outcome, said: &str, before: &BTreeSet<String>) {
    assert_eq!(outcome.code(), Some(1), "{}", outcome.report());
    let stderr = outcome.stderr();
    let lines: Vec<&str> = stderr
        .lines()
        .filter(|line| line.starts_with("gowr: ") || line.starts_with("  "))
        .collect();
    assert_eq!(lines.len(), 3, "{}", outcome.report());
    assert!(lines[0].starts_with("gowr: ") && !lines[0].ends_with('.'), "{}", outcome.report());
    assert!(stderr.contains(said), "no {said:?}: {}", outcome.report());
    assert_eq!(&contents(&world.gowr_home()), before, "{}", outcome.report());
}

#[test]
fn a_zip_that_is_not_what_the_log_says() {
    let mut service = Service::new(&["go1.22.3"]);
    let log = service.log.clone();
    service.modules[0].files[10].1.push(b'!');
    let server = service.start();
    let world = World::new();
    let before = contents(&world.gowr_home());
    for settings in [
        &[][..],
        &[("GONOSUMDB", "*")],
        // Alone it would also send this past the proxy.
        &[("GOPRIVATE", "golang.org/toolchain"), ("GONOPROXY", "none")],
        &[("GOFLAGS", "-insecure")],
        &[("GONOSUMCHECK", "1")],
    ] {
        let run = install(&world, &server, &log, &["1.22.3"]);
        let run = settings.iter().fold(run, |run, (name, value)| run.env(name, value));
        refused(&world, &run.run(), "checksum", &before);
    }
}

#[test]
fn the_checksum_database_cannot_be_turned_off() {
    let mut service = Service::new(&["go1.22.3"]);
    let log = service.log.clone();
    service.modules[0].files[10].1.push(b'!');
    let server = service.start();
    let world = World::new();
    let before = contents(&world.gowr_home());
    // Off means Go's own: it is asked, and this is no way to it.
    let run = install(&world, &server, &log, &["1.22.3"]).env("GOSUMDB", "off");
    let outcome = run.env("HTTPS_PROXY", "http://127.0.0.1:1").run();
    refused(&world, &outcome, "https://sum.golang.org/", &before);
}

#[test]
fn a_log_that_somebody_else_signed() {
    let service = Service::new(&["go1.22.3"]);
    let log = service.log.clone();
    let server = Service { log: service.log.clone().with_seed(9), ..service }.start();
    let world = World::new();
    let before = contents(&world.gowr_home());
    refused(&world, &install(&world, &server, &log, &["1.22.3"]).run(), "signature", &before);
}

#[test]
fn a_log_that_is_not_an_extension_of_the_one_seen_before() {
    let service = Service::new(&["go1.22.3", "go1.22.4"]);
    let log = service.log.clone();
    let honest = service.clone();
    let mut forked = Service { log: log.fork(100), ..service };
    forked.log.fill(1500);
    let current = Arc::new(Mutex::new(honest));
    let server = {
        let current = current.clone();
        Server::start(move |request| current.lock().unwrap().answer(request))
    };
    let world = World::new();
    install(&world, &server, &log, &["1.22.3"]).run().success();
    let before = contents(&world.gowr_home());
    *current.lock().unwrap() = forked;
    refused(
        &world,
        &install(&world, &server, &log, &["1.22.4"]).run(),
        "SECURITY ERROR: go.sum database server misbehavior detected",
        &before,
    );
}

#[test]
fn a_record_for_another_version() {
    let service = Service::new(&["go1.22.3", "go1.22.4"]);
    let log = service.log.clone();
    let server = Server::start(move |request| {
        let mut request = request.clone();
        if request.path.contains("/lookup/") {
            request.path = request.path.replace("go1.22.4", "go1.22.3");
        }
        service.answer(&request)
    });
    let world = World::new();
    let before = contents(&world.gowr_home());
    refused(&world, &install(&world, &server, &log, &["1.22.4"]).run(), "1.22.4", &before);
}

#[test]
fn a_version_that_is_nowhere() {
    let service = Service::new(&["go1.22.3"]);
    let log = service.log.clone();
    let server = service.start();
    let world = World::new();
    let before = contents(&world.gowr_home());
    for version in ["1.22.4", "1.30"] {
        refused(&world, &install(&world, &server, &log, &[version]).run(), version, &before);
    }
    for word in ["../x", "latest/../x", "1.22.3.4"] {
        let outcome = install(&world, &server, &log, &[word]).run();
        assert!(matches!(outcome.code(), Some(1 | 2)), "{}", outcome.report());
        assert_eq!(contents(&world.gowr_home()), before);
    }
}

#[test]
fn a_connection_that_breaks_is_an_error_that_leaves_nothing() {
    let service = Service::new(&["go1.22.3"]);
    let log = service.log.clone();
    let breaks = Mutex::new(3);
    let server = Server::start(move |request| {
        let mut response = service.answer(request);
        let mut left = breaks.lock().unwrap();
        if is_archive(&request.path) && *left > 0 && response.body.len() > 100_000 {
            *left -= 1;
            response.cut = Some(response.body.len() / 2);
        }
        response
    });
    let world = World::new();
    let before = contents(&world.gowr_home());
    for _ in 0..3 {
        let outcome = install(&world, &server, &log, &["1.22.3"]).run();
        refused(&world, &outcome, "the answer broke off", &before);
    }
    install(&world, &server, &log, &["1.22.3"]).run().success();
    assert_eq!(world.go(["version"]).run().quiet().stdout(), "go version go1.22.3 linux\n");
}

#[test]
fn a_server_without_ranges() {
    let service = Service::new(&["go1.22.3"]);
    let log = service.log.clone();
    let server = Server::start(move |request| {
        let mut response = service.answer(request);
        if is_archive(&request.path) {
            response = Response::ok(service.modules[0].zip());
            response.is_chunked = true;
        }
        response
    });
    let world = World::new();
    install(&world, &server, &log, &["1.22.3"]).run().success();
    assert_eq!(world.go(["version"]).run().quiet().stdout(), "go version go1.22.3 linux\n");
}

#[test]
fn a_proxy_of_files_and_lists_of_proxies() {
    let service = Service::new(&["go1.22.3"]);
    let log = service.log.clone();
    let world = World::new();
    let place = "golang.org/toolchain/@v";
    let version = service.modules[0].version.clone();
    for name in [
        "list".to_owned(),
        format!("{version}.zip"),
        format!("{version}.mod"),
        format!("{version}.info"),
    ] {
        world.write(
            format!("proxy/{place}/{name}"),
            service.content(&format!("{place}/{name}")).unwrap(),
        );
    }
    let files = format!("file://{}", world.path("proxy").display());
    let server = service.clone().start();
    // The database is asked through a proxy that offers one.
    let missing = Server::start(|_| Response::status(404));
    let broken = Server::start(|_| Response::status(500));
    for (proxies, is_found) in [
        (format!("{},{}", missing.url(), server.url()), true),
        (format!("{},{}", broken.url(), server.url()), false),
        (format!("{}|{}", broken.url(), server.url()), true),
        (format!("{files},{}", server.url()), true),
        (format!("off,{}", server.url()), false),
    ] {
        let outcome = install(&world, &server, &log, &["1.22.3"]).env("GOPROXY", &proxies).run();
        assert_eq!(outcome.status().success(), is_found, "{proxies}: {}", outcome.report());
        if is_found {
            world.gowr(["uninstall", "1.22.3"]).run().success();
        }
    }
}

#[test]
fn a_full_disk() {
    let service = Service::new(&["go1.22.3"]);
    let log = service.log.clone();
    let server = service.start();
    let world = World::new();
    let gowr_home = world.path("small");
    fs::create_dir(&gowr_home).unwrap();
    let script = "mount -t tmpfs -o size=1m small \"$GOWR_HOME\"; \"$@\"; status=$?; find \"$GOWR_HOME\" -name 'go1*'; exit $status";
    let mut words = vec!["unshare", "--mount"];
    words.extend(user_namespace());
    words.extend(["--propagation=private", "sh", "-c", script, "sh"]);
    let outcome = install(&world, &server, &log, &["1.22.3"])
        .program(env!("CARGO_BIN_EXE_gowr"))
        .env("GOWR_HOME", &gowr_home)
        .under(words)
        .run();
    assert_eq!(outcome.code(), Some(1), "{}", outcome.report());
    assert!(outcome.stderr().to_lowercase().contains("no space left"), "{}", outcome.report());
    assert_eq!(outcome.stdout(), "", "left behind: {}", outcome.report());
}

#[test]
fn two_at_once() {
    let service = Service::new(&["go1.22.3", "go1.22.4"]);
    let log = service.log.clone();
    let server = service.start();
    let world = World::new();
    std::thread::scope(|scope| {
        for words in [["1.22.3"], ["1.22.3"], ["1.22.4"], ["1.22.4"]] {
            let run = install(&world, &server, &log, &words);
            scope.spawn(move || run.run().success().code());
        }
    });
    assert_eq!(
        without_downloads(&world.gowr_home()),
        [
            "distro/1.22",
            "distro/go1.22.3",
            "distro/go1.22.4",
            "distro/newest",
            "links/go1.22.3",
            "links/go1.22.4",
            "toolchains/go1.22.3",
            "toolchains/go1.22.4"
        ]
    );
}

/// Killed at the Nth of these calls: what was there is there, or what was to be there is there whole.
#[test]
fn killed_at_any_instant() {
    let service = Service::new(&["go1.22.3"]);
    let log = service.log.clone();
    let server = service.start();
    let complete = {
        let world = World::new();
        install(&world, &server, &log, &["1.22.3"]).run().success();
        without_downloads(&world.gowr_home())
    };
    for (calls, step) in [
        ("rename,renameat,renameat2", 1),
        ("symlink,symlinkat", 1),
        ("mkdir,mkdirat", 7),
        ("write", 23),
        ("openat", 61),
    ] {
        for number in (1..).step_by(step) {
            let world = World::new();
            let inject = format!("inject={calls}:signal=SIGKILL:when={number}");
            let trace = ["-f", "-qq", "-o", "/dev/null", "-e", &inject];
            let killed = install(&world, &server, &log, &["1.22.3"])
                .under(trace)
                .under([tool("strace")])
                .run();
            if killed.status().success() {
                assert!(number > 1, "{calls} is never called");
                break;
            }
            // Either is whole.
            if world.goroot("go1.22.3").exists() {
                assert_eq!(
                    world.go(["version"]).env("GOWR_TOOLCHAIN", "1.22.3").run().quiet().stdout(),
                    "go version go1.22.3 linux\n"
                );
            } else {
                assert_eq!(
                    world.go(["version"]).env("GOWR_TOOLCHAIN", "1.22.3").run().code(),
                    Some(127)
                );
            }
            let again = install(&world, &server, &log, &["1.22.3"]).run();
            again.success();
            assert_eq!(
                without_downloads(&world.gowr_home()),
                complete,
                "{calls} {number}: {}",
                again.report()
            );
        }
    }
}
