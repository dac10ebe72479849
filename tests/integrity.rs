//! What is not as the checksum database says is refused with one clear error, and nothing is left behind.

use std::collections::BTreeSet;
use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use crate::support::goproxy::{Service, contents, install, refused};
use crate::support::server::{Response, Server};
use crate::support::{Outcome, Run, World};

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
        let outcome = run.run();
        refused(&world, &outcome, "checksum", &before);
        // Others than this server have it too.
        let fix = "run: GOPROXY=https://proxy.golang.org,direct gowr install 1.22.3";
        assert!(outcome.stderr().contains(fix), "{}", outcome.report());
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

/// What is done to a tile.
type Spoil = fn(Vec<u8>) -> Vec<u8>;

/// Fails unless an install is refused with Go's own words, in lines that can be read.
fn distrusted(world: &World, run: &Run, said: &str, before: &BTreeSet<String>) -> String {
    let outcome = run.run();
    refused(world, &outcome, said, before);
    let stderr = outcome.stderr();
    assert!(stderr.contains("gowr: SECURITY ERROR: "), "{}", outcome.report());
    assert!(stderr.lines().all(|line| line.len() < 200), "{}", outcome.report());
    stderr
}

/// Runs the command that an error names.
fn follow(world: &World, stderr: &str) -> Outcome {
    let (_, command) = stderr.split_once("run: ").unwrap();
    let command = command.replace("[HOME]", world.home().to_str().unwrap());
    world.run("/bin/sh").args(["-c", command.trim_end()]).run()
}

/// A site whose answers are changed: `spoil` gets the path and the right answer.
fn spoiled(
    service: Service,
    spoil: impl Fn(&Service, &str, Response) -> Response + Send + Sync + 'static,
) -> Server {
    Server::start(move |request| spoil(&service, &request.path, service.answer(request)))
}

/// Fails unless go1.22.3 is refused from a site that answers look-ups so, instead of right.
fn distrusted_lookup(service: Service, answer: fn(&Service, Response) -> Response, said: &str) {
    let log = service.log.clone();
    let server =
        spoiled(
            service,
            move |service, path, right| {
                if path.contains("/lookup/") { answer(service, right) } else { right }
            },
        );
    let world = World::new();
    let before = contents(&world.gowr_home());
    distrusted(&world, &install(&world, &server, &log, &["1.22.3"]), said, &before);
}

#[test]
fn a_log_that_somebody_else_signed() {
    let service = Service::new(&["go1.22.3"]);
    let log = service.log.clone();
    let server = Service { log: service.log.clone().with_seed(9), ..service }.start();
    let world = World::new();
    let before = contents(&world.gowr_home());
    distrusted(&world, &install(&world, &server, &log, &["1.22.3"]), "signature", &before);
}

#[test]
fn a_head_that_was_changed_after_it_was_signed() {
    let service = Service::new(&["go1.22.3"]);
    let log = service.log.clone();
    let server = spoiled(service, |service, _, mut response| {
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
    distrusted(&world, &install(&world, &server, &log, &["1.22.3"]), "signature", &before);
}

/// A server that can be turned to another site.
fn turning(service: Service) -> (Server, Arc<Mutex<Service>>) {
    let current = Arc::new(Mutex::new(service));
    let served = current.clone();
    (Server::start(move |request| served.lock().unwrap().answer(request)), current)
}

#[test]
fn a_log_that_is_not_an_extension_of_the_one_seen_before() {
    let service = Service::new(&["go1.22.3", "go1.22.4"]);
    let log = service.log.clone();
    // Larger than the one that was seen, and as large.
    for size in [1500, 700] {
        let (server, current) = turning(service.clone());
        let world = World::new();
        install(&world, &server, &log, &["1.22.3"]).run().success();
        let before = contents(&world.gowr_home());
        let mut forked = Service { log: log.fork(100), ..service.clone() };
        forked.log.fill(size);
        *current.lock().unwrap() = forked;
        let run = install(&world, &server, &log, &["1.22.4"]);
        let said =
            "go.sum database server misbehavior detected: sum.example.com has rewritten its log";
        let stderr = distrusted(&world, &run, said, &before);
        let trees = format!("its tree of 700 records is not the beginning of that of {size}");
        assert!(stderr.contains(&trees), "{stderr}");
        // The command that is named shows both heads, as they were signed.
        let shown = follow(&world, &stderr).success().stdout();
        assert!(shown.contains(&log.head(700)), "{shown}");
        assert_eq!(shown.matches("\u{2014} sum.example.com ").count(), 2, "{shown}");
    }
}

#[test]
fn a_head_that_is_older_than_what_it_should_prove() {
    // A head that was signed before the record was written: nothing shows that it ever was.
    distrusted_lookup(
        Service::new(&["go1.22.3"]),
        |service, _| Response::ok(service.log.lookup(300, 300)),
        "record 300 is not in the tree",
    );
}

#[test]
fn a_head_that_is_only_older_takes_nothing_back() {
    // Servers lag behind one another. As in cmd/go the newest head that was seen is what counts.
    let mut service = Service::new(&["go1.22.3", "go1.22.4"]);
    service.log.fill(1500);
    let log = service.log.clone();
    let is_late = Arc::new(AtomicBool::new(false));
    let late = is_late.clone();
    let server = spoiled(service, move |service, path, right| {
        let is_lookup = path.contains("/lookup/") && late.load(Ordering::SeqCst);
        if is_lookup { Response::ok(service.log.lookup(301, 700)) } else { right }
    });
    let world = World::new();
    let head = || {
        let heads = fs::read_dir(world.path(".local/state/gowr/sumdb")).unwrap();
        let [head] = &heads.map(|head| head.unwrap().path()).collect::<Vec<_>>()[..] else {
            panic!("one head is kept")
        };
        fs::read_to_string(head).unwrap()
    };
    install(&world, &server, &log, &["1.22.3"]).run().success();
    assert_eq!(head(), log.head(1500));
    is_late.store(true, Ordering::SeqCst);
    install(&world, &server, &log, &["1.22.4"]).run().success();
    assert_eq!(head(), log.head(1500));
}

#[test]
fn parts_of_a_log_that_are_cut_or_not_its_own() {
    let service = Service::new(&["go1.22.3"]);
    let log = service.log.clone();
    let cases: [(Spoil, &str); 3] = [
        (|tile| tile[..tile.len() - 1].to_vec(), "a part of its log is truncated"),
        (|_| Vec::new(), "a part of its log is truncated"),
        (|tile| vec![0; tile.len()], "does not belong to its signed head"),
    ];
    for (spoil, said) in cases {
        let server = spoiled(service.clone(), move |_, path, right| {
            if path.contains("/tile/") { Response::ok(spoil(right.body)) } else { right }
        });
        let world = World::new();
        let before = contents(&world.gowr_home());
        distrusted(&world, &install(&world, &server, &log, &["1.22.3"]), said, &before);
    }
}

#[test]
fn a_record_for_another_version() {
    // The record before it is the other toolchain's.
    distrusted_lookup(
        Service::new(&["go1.22.4", "go1.22.3"]),
        |service, _| Response::ok(service.log.lookup(300, 700)),
        "answers without the checksum asked for",
    );
}

#[test]
fn a_record_that_was_changed() {
    distrusted_lookup(
        Service::new(&["go1.22.3"]),
        |service, right| {
            let text = String::from_utf8(right.body).unwrap();
            let other = format!("h1:{}=", "A".repeat(43));
            Response::ok(text.replace(&service.modules[0].h1(), &other))
        },
        "the answer to a lookup is not in its log",
    );
}

#[test]
fn a_kept_head_that_somebody_changed() {
    let service = Service::new(&["go1.22.3", "go1.22.4"]);
    let log = service.log.clone();
    let server = service.start();
    let world = World::new();
    install(&world, &server, &log, &["1.22.3"]).run().success();
    let before = contents(&world.gowr_home());
    let heads = fs::read_dir(world.path(".local/state/gowr/sumdb")).unwrap();
    for head in heads {
        let head = head.unwrap().path();
        let text = fs::read_to_string(&head).unwrap();
        fs::write(&head, text.replace("\n700\n", "\n70\n")).unwrap();
    }
    let run = install(&world, &server, &log, &["1.22.4"]);
    let stderr = distrusted(&world, &run, "is not signed by it", &before);
    // The way out is one.
    follow(&world, &stderr).success();
    run.run().success();
}
