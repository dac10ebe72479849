//! What the program that `exec` becomes gets to see.
//!
//! `exec` ends the process it is called in, so each case runs in a process of its own: this test program again, which
//! becomes `env` and prints what it was given.

use std::ffi::CString;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Output};
use std::{env, process};

use resolver::environment::{Change, Reason};
use resolver::machine::Errno;
use resolver::path;
use resolver::variables::Name;
use shim::exec;
use shim::sys::ThinStr;

/// The variable that names the case to a process that is to become another.
const CASE: &str = "EXEC_TEST_CASE";

const ENV: &[u8] = b"/usr/bin/env";

fn set(name: Name, value: &str, reason: Reason) -> Change {
    Change { name, value: Some(path::keep(value.into())), was: None, reason }
}

fn unset(name: Name) -> Change {
    Change { name, value: None, was: None, reason: Reason::InheritedGoroot }
}

fn strings(texts: &[&str]) -> Vec<CString> {
    texts.iter().map(|text| CString::new(*text).expect("no NUL")).collect()
}

fn thin(strings: &[CString]) -> Vec<ThinStr<'_>> {
    strings.iter().map(|string| string.as_c_str().into()).collect()
}

/// Becomes `program` with this environment and these changes; an error number is the exit status.
fn become_program(program: &[u8], environment: &[CString], changes: &[Change]) -> ! {
    let arguments = strings(&["a name of our own"]);
    let Errno(errno) = exec::exec(program, &thin(&arguments), &thin(environment), changes);
    process::exit(i32::from(errno))
}

fn run(case: &str, shell_before: &str) -> Output {
    let this = env::current_exe().expect("this program");
    Command::new("/bin/sh")
        .args(["-c", &format!("{shell_before} exec \"$0\" --exact becomes --nocapture")])
        .arg(this)
        .env(CASE, case)
        .output()
        .expect("started")
}

/// The environment that a case ends with, one entry a line; `env` prints after what the test harness has printed.
fn environment_of(case: &str) -> Vec<String> {
    let output = run(case, "");
    assert!(output.status.success(), "{case}: {:?}", output.status);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let (_, entries) = text.split_once("FIRST=1\n").expect("the environment");
    entries.lines().map(String::from).collect()
}

/// Not a test by itself: the process that becomes another.
#[test]
fn becomes() {
    let Ok(case) = env::var(CASE) else { return };
    let filler = |length| "f".repeat(length);
    match case.as_str() {
        "edited" => become_program(
            ENV,
            &strings(&[
                "FIRST=1",
                "GOROOT=/one",
                "no equals sign",
                "GOROOT_FINAL=kept",
                "GOROOT=/two",
                "GOROO=kept",
                "GOCACHE=/old",
                "GOCACHE",
                "=odd",
                "",
                "GOWR_PROXY_VERSION=9",
                "HOME=/h",
                "GOCACHE=/older",
            ]),
            &[
                unset(Name::GoRoot),
                unset(Name::GoToolDirectory),
                unset(Name::GowrProxyVersion),
                set(Name::GoCache, "/new", Reason::DistroCache),
                set(Name::GoToolchain, "", Reason::Pin),
            ],
        ),
        "bytes" => {
            let entry = CString::new(b"X\xFF=\xFE\x80".to_vec()).expect("no NUL");
            become_program(ENV, &[strings(&["FIRST=1"]), vec![entry]].concat(), &[])
        }
        "too long" => {
            let entries: Vec<CString> =
                (0..9).flat_map(|_| strings(&[&format!("F={}", filler(100_000))])).collect();
            become_program(
                ENV,
                &[strings(&["FIRST=1", "PATH=/original"]), entries].concat(),
                &[
                    set(Name::Path, &filler(120_000), Reason::Links),
                    set(Name::GowrGoCache, &filler(100_000), Reason::Marker),
                    set(Name::GoToolchain, "local", Reason::Pin),
                ],
            )
        }
        "far too long" => {
            let entries: Vec<CString> =
                (0..12).flat_map(|_| strings(&[&format!("F={}", filler(100_000))])).collect();
            become_program(ENV, &entries, &[set(Name::Path, "/links", Reason::Links)])
        }
        "missing" => become_program(b"/nowhere/go", &[], &[]),
        "not a program" => become_program(b"/etc/passwd", &[], &[]),
        other => unreachable!("no case {other}"),
    }
}

#[test]
fn every_entry_of_a_changed_name_goes_and_the_others_stay() {
    let expected = [
        "no equals sign",
        "GOROOT_FINAL=kept",
        "GOROO=kept",
        "GOCACHE",
        "=odd",
        "",
        "HOME=/h",
        "GOCACHE=/new",
        "GOTOOLCHAIN=",
    ];
    assert_eq!(environment_of("edited"), expected);
}

#[test]
fn bytes_pass_through() {
    let output = run("bytes", "");
    assert!(output.stdout.ends_with(b"FIRST=1\nX\xFF=\xFE\x80\n"), "{:?}", output.stdout);
}

/// A stack of 4 MiB leaves 1 MiB to arguments and environment (execve(2)).
const ONE_MEBIBYTE: &str = "ulimit -s 4096;";

#[test]
fn what_go_can_do_without_is_left_out_where_it_is_too_long() {
    let output = run("too long", ONE_MEBIBYTE);
    assert!(output.status.success(), "{:?}", output.status);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.contains("\nPATH=/original\n"), "as it was");
    assert!(text.contains("\nGOTOOLCHAIN=local\n"), "needed");
    assert!(!text.contains("GOWR_GOCACHE"), "left out");
}

#[test]
fn a_failure_comes_back_as_the_kernels_number() {
    for (case, errno) in [
        ("far too long", Errno::TOO_BIG),
        ("missing", Errno::NOT_FOUND),
        ("not a program", Errno::PERMISSION),
    ] {
        let output = run(case, ONE_MEBIBYTE);
        assert_eq!(output.status.into_raw() >> 8, i32::from(errno.0), "{case}");
    }
}

#[test]
fn arguments_are_dropped_after_the_name() {
    let arguments = strings(&["go", "+1.22", "build"]);
    let kept = |count| {
        let all = thin(&arguments);
        let kept = exec::without_dropped(&all, count);
        kept.iter().map(|argument| argument.to_bytes()).collect::<Vec<_>>()
    };
    assert_eq!(kept(0), [&b"go"[..], b"+1.22", b"build"]);
    assert_eq!(kept(1), [&b"go"[..], b"build"]);
    assert!(exec::without_dropped(&[], 1).is_empty());
}
