//! Killed at any instant, each command that writes leaves the old state or the new one, and its next run does the rest.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::support::OLD;
use crate::support::tracer::Blow;
use crate::transactions::{Dice, Scenario, TestBed, on_all_processors, run_all, some_of_each};

/// Kills it at these calls, until it ended by itself some times; says how often it was killed.
fn kill(bed: &TestBed, scenario: &Scenario, numbers: impl Iterator<Item = usize> + Send) -> usize {
    let misses = AtomicUsize::new(0);
    // Two runs may differ in a few calls.
    let numbers = numbers.take_while(|_| misses.load(Ordering::SeqCst) < 4);
    on_all_processors(numbers, |number| {
        let Some(struck) = scenario.strike(bed, number, Blow::Kill) else {
            misses.fetch_add(1, Ordering::SeqCst);
            return false;
        };
        assert_eq!(struck.outcome().code(), None, "{}", struck.report());
        struck.is_old_or_new(bed);
        struck.is_mended(bed);
        true
    })
}

#[test]
fn killed_at_some_call_of_each_kind() {
    let bed = TestBed::new();
    let mut dice = Dice(4);
    run_all(&bed.scenarios(), |scenario| {
        let numbers = some_of_each(&scenario.calls(&bed).1, 4, &mut dice);
        kill(&bed, scenario, numbers.into_iter())
    });
}

/// A kill takes nothing away that was written; a machine that stops does. So whatever gets its name was brought to the disk
/// before, and its name after that.
#[test]
fn what_gets_its_name_is_on_the_disk() {
    let bed = TestBed::new();
    for scenario in bed.scenarios() {
        let (mut unsynced, mut unnamed) = (BTreeSet::new(), BTreeSet::new());
        let (_world, calls) = scenario.calls(&bed);
        for call in calls {
            let files = &call.files;
            match call.name {
                "write" | "pwrite64" | "writev" | "copy_file_range" | "sendfile" | "ftruncate" => {
                    unsynced.insert(PathBuf::from(&files[0]));
                }
                "fsync" | "fdatasync" => {
                    unsynced.remove(Path::new(&files[0]));
                    unnamed.remove(Path::new(&files[0]));
                }
                "syncfs" => unsynced.clear(),
                "rename" | "renameat" | "renameat2" => {
                    let lost = unsynced.iter().find(|file| file.starts_with(&files[0]));
                    assert_eq!(lost, None, "{}: {call:?}", scenario.name);
                    unnamed.insert(Path::new(&files[1]).parent().unwrap().to_owned());
                }
                _ => {}
            }
        }
        // What is on its way out needs no name.
        unnamed.retain(|directory| directory.is_dir() && !directory.ends_with("staging"));
        assert!(unnamed.is_empty(), "{}: {unnamed:?}", scenario.name);
    }
}

/// A real toolchain has so many calls that only a few of them, at random, can be tried.
fn kill_real_install(times: usize, dice: &mut Dice) {
    let bed = TestBed::real(OLD);
    let scenario = bed.scenario("install of a real toolchain", &["install", "1.22.12"], |_| {});
    let calls = scenario.calls(&bed).1.len();
    assert!(calls > 10_000, "{calls}");
    let count = kill(&bed, &scenario, (0..times).map(|_| dice.below(calls)));
    println!("install of a real toolchain: {count} times at one of {calls} calls");
    assert!(count > times / 2, "{count}");
}

#[test]
fn a_real_install_is_killed_once() {
    kill_real_install(1, &mut Dice(7));
}

#[cfg(feature = "long")]
#[test]
fn a_real_install_is_killed_at_random() {
    kill_real_install(20, &mut Dice(20));
}

/// Every call of every thread, and as many more as it takes until none is left to be killed at.
#[cfg(feature = "long")]
#[test]
fn killed_at_every_call() {
    let bed = TestBed::new();
    let total = run_all(&bed.scenarios(), |scenario| kill(&bed, scenario, 0..));
    assert!(total >= 1000, "{total}");
}
