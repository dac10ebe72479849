//! What gowr has on one machine, on another: toolchains without a network and without belief, and all else that was told.

mod hostile;
mod interrupted;
mod moved;
mod windows;

use std::io::Read;

use tar::Archive;

use crate::support::goproxy::{Service, install};
use crate::support::log::Log;
use crate::support::stage::{difference, tree};
use crate::support::{Outcome, Run, World};

/// Nobody listens there.
const NOWHERE: &str = "http://127.0.0.1:1";
const CONFIGURATION: &str = ".config/gowr/config.yaml";

/// `gowr snapshot` without a network.
fn snapshot(world: &World, log: &Log, words: &[&str]) -> Run {
    let run = world.gowr(["snapshot"]).args(words).env("GOSUMDB", log.key());
    run.env("GOPROXY", "off").env("HTTPS_PROXY", NOWHERE)
}

/// A machine with two toolchains, a default and a pin.
fn furnished(service: &Service) -> World {
    let world = World::new();
    let server = service.clone().start();
    install(&world, &server, &service.log, &["1.22.3", "1.23.4"]).run().success();
    world.write(CONFIGURATION, "# mine\ndefault: \"1.22\"\n");
    world.write("project/.go-version", "1.23\n");
    world
}

fn two() -> Service {
    Service::new(&["go1.22.3", "go1.23.4"])
}

fn runs(world: &World, version: &str) {
    let run = world.go(["version"]).run();
    assert_eq!(run.quiet().stdout(), format!("go version {version} linux\n"));
}

/// What a tar file has in it.
fn members(tar: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut archive = Archive::new(tar);
    let entries = archive.entries().unwrap();
    let member = |entry: std::io::Result<tar::Entry<'_, &[u8]>>| {
        let mut entry = entry.unwrap();
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        (entry.path().unwrap().to_str().unwrap().to_owned(), content)
    };
    entries.map(member).collect()
}

fn is_refused(world: &World, log: &Log, snapshot_path: &str, what: &str, said: &str) {
    let before = tree(world.home());
    let run = snapshot(world, log, &["load", snapshot_path, "--pins", "--replace-configuration"]);
    let outcome = run.under(["prlimit", "--as=1000000000", "timeout", "60"]).run();
    three_lines(&outcome, what, said);
    let mut difference = difference(&before, &tree(world.home()));
    // The tree head of a proof that proves something else is remembered, as always.
    let is_head = |line: &str| line.starts_with("left behind: .local/state");
    difference = difference.split_inclusive('\n').filter(|line| !is_head(line)).collect();
    assert_eq!(difference, "", "{what}: {}", outcome.report());
}

fn three_lines(outcome: &Outcome, what: &str, said: &str) {
    let (code, report) = (outcome.code(), outcome.report());
    assert_eq!(code, Some(1), "{what}: {report}");
    let stderr = outcome.stderr();
    let is_error = |line: &&str| line.starts_with("gowr: ") || line.starts_with("  ");
    assert_eq!(stderr.lines().filter(is_error).count(), 3, "{what}: {report}");
    assert!(stderr.contains(said), "{what}: no {said:?}: {report}");
}
