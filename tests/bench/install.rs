//! What an install costs: go1.26.9 from a server on loopback, memory to memory, by each way there is on this machine. One
//! after the other, in a fresh random order each round.
//!
//! ```text
//! cargo bench --bench install                  a table in Markdown, about two minutes
//! cargo bench --bench install -- --rounds 3
//! ```
//!
//! Other managers are measured if they are on PATH; these were put there by `npm install @jdxcode/mise-linux-x64`,
//! `cargo install goup-rs`, and `go build` in what `go mod download github.com/voidint/g` gives.

mod cost;
mod floor;
mod goproxy;
mod measure;
mod server;
mod site;
mod ways;

use std::time::Instant;

use cost::Cost;
use measure::{Dice, NEW, goal, machine, median, rounds, scratch};
use server::Server;
use site::Site;
use ways::{Kind, Room, Way};

/// Of cmd/go's wall time and processor time.
const GOAL: f64 = 0.3;
/// Of the fastest peer's wall time.
const PEER_GOAL: f64 = 0.6;
/// In megabytes.
const MEMORY_GOAL: f64 = 150.0;

/// Bytes a second of the slower line.
const RATE: u32 = 100_000_000;
/// Milliseconds from the last byte on that line to the end.
const LAST_BYTE_GOAL: f64 = 60.0;

fn main() {
    if cost::is_runner() || floor::is_worker() {
        return;
    }
    let rounds = rounds(7);
    let scratch = scratch("install");
    println!("{}\n", machine());
    let site = Site::prepare(&scratch);
    let serve = |rate| Server::start(&site.files, rate).expect("loopback can be listened on");
    let (fast, slow) = (serve(None), serve(Some(RATE)));
    let room = Room { path: scratch.join("room"), site: &site };

    let mut ways = room.ways(&fast.address);
    let mut slow_ways =
        [(room.gowr_module(&slow.address), vec![]), (room.gowr_archive(&slow.address), vec![])];
    let mut dice = Dice::new();
    for round in 0..=rounds {
        for index in dice.order(ways.len() + slow_ways.len()) {
            room.clear();
            if let Some(way) = ways.get_mut(index) {
                try_once(way, &room, round > 0);
                continue;
            }
            let index = index - ways.len();
            let (way, waits) = &mut slow_ways[index];
            way.take(&room).expect("as without a limit");
            let wait = Instant::now().duration_since(slow.last_byte());
            if round > 0 {
                waits.push(wait.as_secs_f64() * 1e3);
            }
        }
    }
    report(&ways);
    println!(
        "\n| at {} MB/s (n = {rounds}) | ms after the last byte, median | least |",
        RATE / 1_000_000
    );
    println!("|---|---|---|");
    for (way, waits) in &slow_ways {
        println!("| {} | {:.0} | {:.0} |", way.name, middle(waits), least(waits));
    }
    goals(&ways);
    for (way, waits) in &slow_ways {
        let what = format!("{}, from the last byte at 100 MB/s to the end", way.name);
        println!("{}", goal(&what, middle(waits), LAST_BYTE_GOAL, " ms"));
    }
    println!("\n{}", machine());
    measure::remove(&scratch);
}

/// Takes a way that has not failed before. What is gowr's and Go's must not fail.
fn try_once(way: &mut Way, room: &Room<'_>, counts: bool) {
    if way.failure.is_some() {
        return;
    }
    match way.take(room) {
        Ok(cost) if counts => way.costs.push(cost),
        Ok(_) => {}
        Err(failure) if way.kind == Kind::Peer => way.failure = Some(failure),
        Err(failure) => panic!("{}: {failure}", way.name),
    }
}

const WALL: fn(&Cost) -> f64 = |cost| cost.wall;
const PROCESSOR: fn(&Cost) -> f64 = |cost| cost.processor;

fn middle(values: &[f64]) -> f64 {
    median(values.iter().copied())
}

fn least(values: &[f64]) -> f64 {
    values.iter().copied().fold(f64::INFINITY, f64::min)
}

impl Way {
    fn all(&self, of: fn(&Cost) -> f64) -> Vec<f64> {
        self.costs.iter().map(of).collect()
    }

    fn peak(&self) -> f64 {
        self.costs.iter().map(|cost| cost.memory).fold(0.0, f64::max)
    }
}

fn report(ways: &[Way]) {
    println!(
        "| install of {NEW}, loopback, memory to memory (n = {}) | wall s, median | least | processor s, median | least | peak MB |\n|---|---|---|---|---|---|",
        ways[0].costs.len()
    );
    for way in ways {
        if let Some(failure) = &way.failure {
            eprintln!("{}: {failure}", way.name);
            continue;
        }
        let (wall, processor) = (way.all(WALL), way.all(PROCESSOR));
        println!(
            "| {} | {:.2} | {:.2} | {:.2} | {:.2} | {:.0} |",
            way.name,
            middle(&wall),
            least(&wall),
            middle(&processor),
            least(&processor),
            way.peak()
        );
    }
}

/// How gowr's ways stand to the others. Of several peers the best counts.
fn goals(ways: &[Way]) {
    let best = |kind, of| {
        let others = ways.iter().filter(|way| way.kind == kind && way.failure.is_none());
        others.map(|way| middle(&way.all(of))).fold(f64::INFINITY, f64::min)
    };
    println!();
    for way in ways.iter().filter(|way| way.kind == Kind::Gowr) {
        let ratio = |kind, of| middle(&way.all(of)) / best(kind, of);
        for (what, found, limit) in [
            ("wall time, of cmd/go's", ratio(Kind::Go, WALL), GOAL),
            ("processor time, of cmd/go's", ratio(Kind::Go, PROCESSOR), GOAL),
            ("wall time, of the fastest peer's", ratio(Kind::Peer, WALL), PEER_GOAL),
            ("processor time, of the cheapest peer's", ratio(Kind::Peer, PROCESSOR), 1.0),
        ] {
            println!("{}", goal(&format!("{}: {what}", way.name), found, limit, ""));
        }
        let what = format!("{}: peak of memory", way.name);
        println!("{}", goal(&what, way.peak(), MEMORY_GOAL, " MB"));
    }
}
