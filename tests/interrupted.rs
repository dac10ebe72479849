//! An install that breaks off, whatever breaks it: what was there is there, or what was to be there is there whole.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::sync::{Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::support::World;
use crate::support::goproxy::{Service, install, is_archive, without_downloads};
use crate::support::server::{Ending, Server};

#[test]
fn a_connection_that_breaks_is_taken_up_again() {
    let service = Service::new(&["go1.22.3"]);
    let log = service.log.clone();
    let breaks = Mutex::new(3);
    let server = Server::start(move |request| {
        let response = service.answer(request);
        let mut left = breaks.lock().unwrap();
        if is_archive(&request.path) && *left > 0 {
            *left -= 1;
            let half = response.body.len() / 2;
            return response.cut(half, Ending::Close);
        }
        response
    });
    let world = World::new();
    install(&world, &server, &log, &["1.22.3"]).run().success();
    assert_eq!(world.go(["version"]).run().quiet().stdout(), "go version go1.22.3 linux\n");
    let requests = server.requests();
    let archive = requests.iter().filter(|request| is_archive(&request.path));
    assert_eq!(archive.filter(|request| request.header("If-Range").is_some()).count(), 3);
}

#[test]
fn interrupted_it_leaves_nothing() {
    let service = Service::new(&["go1.22.3"]);
    let log = service.log.clone();
    let (sender, asked) = mpsc::channel();
    let sender = Mutex::new(sender);
    let server = Server::start(move |request| {
        if is_archive(&request.path) {
            sender.lock().unwrap().send(()).unwrap();
            thread::sleep(Duration::from_secs(5));
        }
        service.answer(request)
    });
    let world = World::new();
    for signal in [Signal::SIGINT, Signal::SIGTERM] {
        let mut child = install(&world, &server, &log, &["1.22.3"]).command().spawn().unwrap();
        asked.recv_timeout(Duration::from_mins(1)).unwrap();
        let begun = Instant::now();
        kill(Pid::from_raw(i32::try_from(child.id()).unwrap()), signal).unwrap();
        let status = child.wait().unwrap();
        assert!(begun.elapsed() < Duration::from_secs(3), "it waited for the server");
        let ended = status.signal().or(status.code().map(|code| code - 128));
        assert_eq!(ended, Some(signal as i32), "{status}");
        let left = fs::read_dir(world.gowr_home().join("staging")).map_or(0, Iterator::count);
        assert_eq!(left, 0, "{signal}");
        assert!(!world.goroot("go1.22.3").exists());
        asked.try_iter().count();
    }
}

#[test]
fn two_at_once() {
    let service = Service::new(&["go1.22.3", "go1.22.4"]);
    let log = service.log.clone();
    let server = service.start();
    let world = World::new();
    thread::scope(|scope| {
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
