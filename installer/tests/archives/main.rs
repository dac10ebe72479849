//! Archives that lie, by the thousand, each made by a few changes to an honest one: nothing is written outside of the
//! tree, nothing is believed that is not what was published, nothing panics, and memory stays small.
//!
//! The publisher is as bad as the archive half of the time: then the hash is right, and only the archive's form protects.
//! `--features gowr/long` makes it ten thousand.

#[allow(dead_code, reason = "other suites use more of it")]
#[path = "../../../tests/support/log.rs"]
mod log;
#[allow(dead_code, reason = "likewise")]
#[path = "../../../tests/support/module.rs"]
mod module;

mod place;
mod tar;
mod zip;

use std::fs;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use place::Verdict;

/// How many of each kind.
const CASES: u64 = if cfg!(feature = "long") { 6000 } else { 300 };

/// How many are judged at once.
const WORKERS: u64 = 2;

/// What the whole process may take, in KiB: an install may take 150 MB, and some archives here have 70 000 entries, which
/// are in memory a second time where they are made. What archives claim is not believed.
const MAXIMUM_MEMORY: u64 = WORKERS * (150 << 10);

/// Numbers that look like chance and are the same each time.
struct Dice(u64);

impl Dice {
    fn new(case: u64) -> Self {
        // Neighbours have nothing in common.
        let mut dice = Self((case + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        dice.next();
        dice
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// A number below `end`.
    fn below(&mut self, end: usize) -> usize {
        usize::try_from((self.next() >> 16) % u64::try_from(end).expect("small")).expect("small")
    }

    fn one_of<T: Clone>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())].clone()
    }

    fn is_one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }
}

/// Plays all cases; says how many archives were accepted.
fn all(cases: u64, play: impl Fn(u64) -> Verdict + Sync) -> u64 {
    let (next, accepted) = (AtomicU64::new(0), AtomicU64::new(0));
    thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                loop {
                    let case = next.fetch_add(1, Ordering::SeqCst);
                    if case >= cases {
                        break;
                    }
                    if play(case) == Verdict::Accepted {
                        accepted.fetch_add(1, Ordering::SeqCst);
                    }
                }
            });
        }
    });
    accepted.into_inner()
}

/// Names that lead somewhere else, or to nowhere, or to two places at once. `outside` is a directory that must stay as
/// it is.
fn hostile_name(dice: &mut Dice, prefix: &str, outside: &str) -> Vec<u8> {
    let plain: [&[u8]; 22] = [
        b"../evil",
        b"../../evil",
        b"bin/../../evil",
        b"..",
        b".",
        b"./evil",
        b"bin/./go",
        b"bin//go",
        b"bin/",
        b"/evil",
        b"",
        b"..\\evil",
        b"C:\\evil",
        b"a\0b",
        b"\0",
        b"caf\xe9",
        b"\xff\xfe",
        b"a\x1b[31mb",
        b"a\nb",
        b"con:stream",
        b"src/GO.MOD",
        b"e\xcc\x81vil",
    ];
    match dice.below(26) {
        0 => format!("{outside}/evil").into_bytes(),
        1 => format!("{prefix}{outside}/evil").into_bytes(),
        2 => [prefix.as_bytes(), &b"x/".repeat(dice.below(3000))].concat(),
        3 => [prefix.as_bytes(), &b"x".repeat(dice.below(60_000))].concat(),
        case => [prefix.as_bytes(), plain[case - 4]].concat(),
    }
}

/// The most memory that this process has had, in KiB.
fn peak_memory() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("there");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a peak");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}

#[test]
fn hostile_archives() {
    // One after the other: what memory they take is that of one kind at a time.
    for (kind, play) in [("zip", zip::play as fn(u64) -> Verdict), ("tar", tar::play)] {
        let accepted = all(CASES, play);
        println!(
            "{kind}: {CASES} archives, {accepted} of them as published, {} refused",
            CASES - accepted
        );
        // Changes that change nothing, and lies of a publisher about content alone, are accepted: the test sees through.
        assert!(accepted > CASES / 100 && accepted < CASES * 4 / 5, "{accepted}");
        let peak = peak_memory();
        println!("memory: {} MB", peak >> 10);
        assert!(peak < MAXIMUM_MEMORY, "{peak} KiB");
    }
}
