//! What is not as the checksum database says is refused with one clear error, and nothing is left behind.

use std::sync::{Arc, Mutex};

use crate::support::World;
use crate::support::goproxy::{Service, contents, install, refused};
use crate::support::server::Server;

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
fn a_head_that_was_changed_after_it_was_signed() {
    let service = Service::new(&["go1.22.3"]);
    let log = service.log.clone();
    let server = Server::start(move |request| {
        let mut response = service.answer(request);
        let start = format!("go.sum database tree\n{}\n", service.log.size());
        let body = &mut response.body;
        if let Some(at) = body.windows(start.len()).position(|window| window == start.as_bytes()) {
            // The first letter of the root's hash.
            let letter = &mut body[at + start.len()];
            *letter = if *letter == b'A' { b'B' } else { b'A' };
        }
        response
    });
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
