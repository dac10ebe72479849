//! Saving at any instant, and no further.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, mpsc};
use std::thread;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::{furnished, two};
use crate::support::goproxy::is_archive;
use crate::support::server::Server;
use crate::support::stage::{Tree, difference, tree};
use crate::support::tracer::Blow;
use crate::transactions::{Dice, TestBed, on_all_processors, some_of_each};

#[test]
fn interrupted_it_leaves_nothing() {
    let service = two();
    let world = furnished(&service);
    fs::remove_dir_all(world.gowr_home().join("downloads")).unwrap();
    let (sender, asked) = mpsc::channel();
    let (sender, log) = (Mutex::new(sender), service.log.clone());
    let server = Server::start(move |request| {
        if is_archive(&request.path) {
            sender.lock().unwrap().send(()).unwrap();
            thread::sleep(Duration::from_secs(5));
        }
        service.answer(request)
    });
    let before = tree(world.home());
    for target in ["../x.tar", "../x"] {
        let run = world.gowr(["snapshot", "save", target]).env("GOSUMDB", log.key());
        let mut child = run.env("GOPROXY", server.url()).command().spawn().unwrap();
        asked.recv_timeout(Duration::from_mins(1)).unwrap();
        kill(Pid::from_raw(i32::try_from(child.id()).unwrap()), Signal::SIGINT).unwrap();
        let status = child.wait().unwrap();
        assert!(!status.success(), "{status}");
        assert_eq!(difference(&before, &tree(world.home())), "", "{target}");
    }
}

#[test]
fn saving_is_killed() {
    let bed = TestBed::new();
    let before = bed.stage.world();
    for version in ["1.22.3", "1.21.13"] {
        bed.gowr(&before, &["install", version]).run().success();
    }
    for target in ["../x.tar", "../x"] {
        let words = ["snapshot", "save", target];
        let whole = bed.stage.copy(&before);
        let calls = bed.gowr(&whole, &words).calls();
        calls.outcome.success();
        let end = tree(whole.home());
        let below = |home: &Path| home.join(target.trim_start_matches("../"));
        let read = |path: PathBuf| if path.is_dir() { tree(&path) } else { tree_of_file(&path) };
        let saved = read(below(whole.home()));
        let numbers = some_of_each(&calls.calls, 4, &mut Dice(31));
        let tried = numbers.len();
        let killed = on_all_processors(numbers.into_iter(), |number| {
            let world = bed.stage.copy(&before);
            let traced = bed.gowr(&world, &words).traced(number, Blow::Kill);
            if traced.hit.is_none() {
                return false;
            }
            let report = format!("call {number}, {:?}", traced.hit);
            let path = below(world.home());
            assert!(!path.exists() || read(path) == saved, "{report}");
            // Where it came to its end, a directory is there, and is not replaced.
            let again = bed.gowr(&world, &words).run();
            let is_there = again.stderr().contains("is there already");
            assert!(again.status().success() || is_there, "{report}: {}", again.report());
            assert_eq!(difference(&end, &tree(world.home())), "", "{report}");
            true
        });
        println!(
            "snapshot save {target}: killed {killed} times, at some of {} calls",
            calls.calls.len()
        );
        assert!(killed > tried / 2, "{killed} of {tried}");
    }
}

fn tree_of_file(path: &Path) -> Tree {
    let mode = fs::metadata(path).unwrap().permissions().mode();
    [(PathBuf::new(), (mode, fs::read(path).unwrap()))].into()
}
