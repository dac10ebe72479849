//! `gowr install`, `list` and `uninstall` against servers on loopback, with a checksum database of our own that signs as
//! the real one does. Real toolchains come from the real services in `support/toolchains.rs`.

use std::fs;

use snapbox::{assert_data_eq, str};

use crate::support::goproxy::{Service, contents, install, is_archive, refused, without_downloads};
use crate::support::server::{Response, Server};
use crate::support::{World, host_key};

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
