//! What the system refuses, at every call that writes: one clear error, or none where it does not matter; nothing half
//! done; and once the system is well again, the same command does all of it.

use std::fs;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};

use nix::errno::Errno;

use crate::support::stage::tree;
use crate::support::tracer::Blow;
use crate::support::{Outcome, Run};
use crate::transactions::{
    Dice, Scenario, Struck, TestBed, on_all_processors, run_all, small_module, some_of_each,
};
use crate::userland::user_namespace;

const ERRORS: [Errno; 6] =
    [Errno::EIO, Errno::ENOSPC, Errno::EROFS, Errno::EACCES, Errno::EINTR, Errno::EDQUOT];

/// Lets these calls fail, each with that error; says how often one did.
fn fail(
    bed: &TestBed,
    scenario: &Scenario,
    faults: impl Iterator<Item = (usize, Errno)> + Send,
) -> usize {
    let misses = AtomicUsize::new(0);
    // Two runs may differ in a few calls.
    let faults = faults.take_while(|_| misses.load(Ordering::SeqCst) < 4 * ERRORS.len());
    on_all_processors(faults, |(number, error)| {
        let Some(struck) = scenario.strike(bed, number, Blow::Fail(error)) else {
            misses.fetch_add(1, Ordering::SeqCst);
            return false;
        };
        judge(bed, &struck, error);
        struck.is_mended(bed);
        true
    })
}

/// Calls that are made again when a signal came between. The others do not wait, and no signal has a handler.
const TRIED_AGAIN: [&str; 7] =
    ["write", "pwrite64", "openat", "fsync", "ftruncate", "fchmod", "flock"];

fn judge(bed: &TestBed, struck: &Struck<'_>, error: Errno) {
    let outcome = struck.outcome();
    struck.is_old_or_new(bed);
    // What could not be removed, or not be locked and so not be known for one's own, is left for the next run.
    if !["unlink", "unlinkat", "rmdir", "flock"].contains(&struck.call()) {
        struck.leaves_nothing();
    }
    match outcome.code() {
        Some(0) => struck.is_new(bed),
        Some(1) => {
            let must_go_on = error == Errno::EINTR && TRIED_AGAIN.contains(&struck.call());
            assert!(!must_go_on, "not tried again: {}", struck.report());
            let said = three_lines(outcome).unwrap_or_else(|| panic!("{}", struck.report()));
            let reason = io::Error::from(error).to_string().to_lowercase();
            let reason = reason.split(" (os error").next().unwrap();
            assert!(said.to_lowercase().contains(reason), "no {reason:?}: {}", struck.report());
        }
        _ => panic!("{}", struck.report()),
    }
}

/// The error, if it is one, and has what, why, and the command that mends it.
fn three_lines(outcome: &Outcome) -> Option<String> {
    let stderr = outcome.stderr();
    let lines: Vec<&str> = stderr
        .lines()
        .filter(|line| line.starts_with("gowr: ") || line.starts_with("  "))
        .collect();
    let [what, why, fix] = lines[..] else { return None };
    let is_whole =
        what.starts_with("gowr: ") && why.starts_with("  ") && fix.starts_with("  run: ");
    is_whole.then(|| lines.join("\n"))
}

/// Runs a command where `mount` has been done before, and `then` is done after: as a shell's lines, for which `"$@"` is
/// the command. Mounts are the command's own.
fn mounted(run: Run, mount: &str, then: &str) -> Outcome {
    let script = format!("{mount} || exit 99\n\"$@\"\nstatus=$?\n{then}\nexit $status\n");
    let mut words = vec!["unshare", "--mount"];
    words.extend(user_namespace());
    words.extend(["--propagation=private", "sh", "-c", &script, "sh"]);
    run.under(words).run()
}

#[test]
fn some_call_of_each_kind_fails() {
    let bed = TestBed::new();
    let mut dice = Dice(5);
    run_all(&bed.scenarios(), |scenario| {
        let numbers = some_of_each(&scenario.calls(&bed).1, 3, &mut dice);
        let errors = ERRORS.into_iter().cycle().skip(dice.below(ERRORS.len()));
        fail(&bed, scenario, numbers.into_iter().zip(errors))
    });
}

#[cfg(feature = "long")]
#[test]
fn every_call_fails() {
    let bed = TestBed::new();
    run_all(&bed.scenarios(), |scenario| {
        let faults = (0..).flat_map(|number| ERRORS.map(|error| (number, error)));
        fail(&bed, scenario, faults)
    });
}

/// Full at every point, of bytes and of files: nothing is left, and with more room the same command does it.
#[test]
fn a_full_file_system() {
    let bed = TestBed::new();
    let files_of_toolchain = small_module("go1.22.4").files.len();
    let bytes = (0..24).map(|step| format!("size={}k", 8 + 28 * step));
    let files = (0..20).map(|step| format!("size=16m,nr_inodes={}", 2 + 8 * step));
    let full = on_all_processors(bytes.chain(files), |limit| {
        let world = bed.stage.world();
        let home = world.path("small");
        fs::create_dir(&home).unwrap();
        let run = bed.gowr(&world, &["install", "1.22.4"]).env("GOWR_HOME", &home);
        let mount = format!("mount -t tmpfs -o {limit} small \"$GOWR_HOME\"");
        // An archive that was proved is kept, and a toolchain is there whole or not at all.
        let then = "cd \"$GOWR_HOME\" && find . -path '*/staging*' -o -name '*.gowr-*'\n\
            find . -path './toolchains/*' -type f | wc -l\n\
            mount -o remount,size=16m,nr_inodes=10000 \"$GOWR_HOME\" && \"$@\" 2>/dev/null || exit 98\n\
            test -x \"$GOWR_HOME/distros/\"*/1.22/bin/go || exit 97";
        let outcome = mounted(run, &mount, then);
        if outcome.code() == Some(0) {
            return false;
        }
        assert_eq!(outcome.code(), Some(1), "{limit}: {}", outcome.report());
        let said = three_lines(&outcome).unwrap_or_else(|| panic!("{limit}: {}", outcome.report()));
        assert!(said.contains("no space left on device"), "{limit}: {said}");
        let left = outcome.stdout();
        let is_whole = ["0\n".to_owned(), format!("{files_of_toolchain}\n")].contains(&left);
        assert!(is_whole, "{limit}: {left}{}", outcome.report());
        true
    });
    println!("full {full} times");
    assert!((30..44).contains(&full), "{full}");
}

/// Nothing can be changed, and nothing is; what asks is answered as ever.
#[test]
fn a_read_only_file_system() {
    let bed = TestBed::new();
    let scenarios = bed.scenarios();
    let refused = on_all_processors(scenarios.iter(), |scenario| {
        let (world, run) = scenario.begin(&bed);
        let before = tree(world.home());
        let mount = "mount --bind \"$HOME\" \"$HOME\" && mount -o remount,ro,bind \"$HOME\"";
        let outcome = mounted(run.clone(), mount, "");
        assert_eq!(outcome.code(), Some(1), "{}: {}", scenario.name, outcome.report());
        let stderr = outcome.stderr();
        assert!(
            stderr.contains("read-only file system"),
            "{}: {}",
            scenario.name,
            outcome.report()
        );
        assert!(stderr.contains("\n  run: "), "{}: {}", scenario.name, outcome.report());
        scenario.is_untouched(&bed, &world, &before);
        for (program, words) in [("gowr", ["which"]), ("gowr", ["list"]), ("go", ["version"])] {
            let run = bed.stage.gowr(&world, words).program(bed.stage.programs().join(program));
            let (there, before) = (mounted(run.clone(), mount, ""), run.run());
            assert_eq!(there.snapshot(), before.snapshot(), "{}", scenario.name);
        }
        true
    });
    println!("{refused} commands refused");
}

/// What cannot be executed is said to be that, by everyone who would execute it.
#[test]
fn a_file_system_without_programs() {
    let bed = TestBed::new();
    let world = bed.stage.world();
    let home = world.path("noexec");
    fs::create_dir(&home).unwrap();
    let install = bed.gowr(&world, &["install", "1.22.4"]).env("GOWR_HOME", &home);
    let programs = bed.stage.programs();
    for (program, word, status) in
        [("go", "version", 126), ("gowr", "which", 126), ("gowr", "list", 0)]
    {
        let program = programs.join(program);
        let then = format!("GOWR_TOOLCHAIN=1.22.4 '{}' {word}; exit $?", program.display());
        let mount = "mount -t tmpfs -o noexec noexec \"$GOWR_HOME\"";
        let outcome = mounted(install.clone(), mount, &then);
        assert_eq!(outcome.code(), Some(status), "{word}: {}", outcome.report());
        if status == 126 {
            let stderr = outcome.stderr();
            let said = stderr.lines().rev().take(3).collect::<Vec<_>>().concat();
            assert!(said.contains("noexec") && said.contains("run: "), "{}", outcome.report());
        }
    }
}
