//! Each code, made by a machine that has just that: the codes of a healthy machine are none.

mod drives;
mod go_env;
mod mending;
mod situations;
mod store;
mod windows;
mod wsl_conf;

use std::collections::BTreeSet;
use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

use nix::errno::Errno;
use resolver::invocation::Invocation;
use resolver::machine::memory::{MemoryMachine, elf_program};
use resolver::resolution::resolve_survey;
use resolver::witness::Losers;

use super::*;
use crate::problem::Severity;

const MOUNTS: &str = "20 1 8:1 / / rw - ext4 /dev/sda1 rw\n";
/// What the clock says.
const NOW: Duration = Duration::from_secs(1_700_000_000);
const GO_ENV: &str =
    "GOPROXY=https://proxy.golang.org,direct\nGOSUMDB=sum.golang.org\nGOTOOLCHAIN=auto\n";

/// A toolchain of a real home, whose `go` may be executed as a real one may.
fn put(home: &Home, key: &Key, name: &str) {
    let goroot = crate::install::tests::put(home, key, name).goroot;
    fs::set_permissions(goroot.join("bin/go"), Permissions::from_mode(0o755)).expect("mode");
}

/// A home with one toolchain in it, and nothing that anybody could complain of.
fn healthy() -> MemoryMachine {
    machine(["HOME=/h", "PATH=/gowr/bin:/usr/bin", "PWD=/h/p"])
}

/// The same with another environment.
fn machine<const N: usize>(environment: [&'static str; N]) -> MemoryMachine {
    MemoryMachine::new()
        .environment(environment)
        .program("/gowr/bin/go", elf_program(None))
        .program("/gowr/bin/gowr", elf_program(None))
        .goroot("/gowr/toolchains/go1.22.3", "go1.22.3\n")
        .file("/gowr/toolchains/go1.22.3/go.env", GO_ENV)
        .file("/proc/self/mountinfo", MOUNTS)
        .directory("/tmp")
        .directory("/h/.cache")
        .directory("/usr/bin")
        .current("/h/p")
}

/// What a test adds to a machine in memory.
#[derive(Clone, Copy, Default)]
struct Besides<'a> {
    home: Option<(&'a Home, &'a Key)>,
    user: Option<&'a User>,
    proxy_version: Option<&'a str>,
    lock_error: Option<Errno>,
    trial: Option<&'a Trial>,
    releases: Option<&'a KnownReleases>,
    network_time: Option<&'a NetworkTime>,
}

fn findings_with(machine: &MemoryMachine, besides: Besides<'_>) -> Vec<Finding> {
    let places = Places::find(machine, machine.variables());
    let invocation = Invocation::parse(b"/gowr/bin/go", &[]);
    let survey = Survey::take(machine, &invocation);
    let choice = match &survey {
        Ok(survey) => resolve_survey(survey, &mut Losers::default()),
        Err(failure) => Err(*failure),
    };
    let variable = |name: &str| {
        machine.entries().iter().find_map(|it| it.strip_prefix(name.as_bytes())?.strip_prefix(b"="))
    };
    examine(&Patient {
        view: View {
            machine,
            variables: machine.variables(),
            places: &places,
            program_directory: b"/gowr/bin",
            proxy_version: besides.proxy_version,
            survey: survey.as_ref().ok(),
            choice: choice.as_ref().map_err(|failure| *failure),
        },
        variable: &variable,
        home: besides.home,
        user: besides.user,
        releases: besides.releases.unwrap_or(&KnownReleases::default()),
        try_lock: &|_| besides.lock_error.map_or(Ok(()), |errno| Err(io::Error::from(errno))),
        try_go: &|_| besides.trial.cloned(),
        now: UNIX_EPOCH + NOW,
        network_time: besides.network_time.cloned(),
    })
}

fn findings(machine: &MemoryMachine) -> Vec<Finding> {
    findings_with(machine, Besides::default())
}

fn codes(findings: &[Finding]) -> Vec<&'static str> {
    findings.iter().map(|finding| finding.problem.code).collect()
}

fn found(machine: &MemoryMachine, code: Code) -> Option<Finding> {
    findings(machine).into_iter().find(|it| it.problem.code == code.as_str())
}

fn evidence(finding: &Finding) -> String {
    let lines: Vec<_> = finding.problem.evidence.iter().map(ToString::to_string).collect();
    lines.join("\n")
}

fn fix(finding: &Finding) -> &str {
    finding.problem.fix.as_deref().expect("a command")
}

fn go_env(content: &str) -> MemoryMachine {
    healthy().file("/h/.config/go/env", content)
}

fn with(entry: &'static str) -> MemoryMachine {
    healthy().environment([entry])
}

/// Machines in memory, each with one thing wrong.
fn machines() -> Vec<(Code, MemoryMachine)> {
    [
        situations::wrong_environments(),
        situations::wrong_files_and_paths(),
        situations::wrong_projects_and_caches(),
        windows::wrong_distros(),
    ]
    .concat()
}

/// What a machine in memory alone cannot have.
fn others() -> Vec<(Code, Vec<Finding>)> {
    let with_trial = |entry, words: &str| {
        let trial = Trial::Failed(words.to_owned());
        findings_with(&with(entry), Besides { trial: Some(&trial), ..Besides::default() })
    };
    let mut all = vec![
        (
            Code::VersionMismatch,
            findings_with(
                &healthy(),
                Besides { proxy_version: Some("0.0.0"), ..Besides::default() },
            ),
        ),
        (
            Code::CacheWithoutLocks,
            findings_with(
                &healthy(),
                Besides { lock_error: Some(Errno::ENOLCK), ..Besides::default() },
            ),
        ),
        (Code::UnknownGoflags, with_trial("GOFLAGS=-x", "go: parsing $GOFLAGS: unknown flag -x")),
        (Code::UnknownGoexperiment, with_trial("GOEXPERIMENT=x", "go: unknown GOEXPERIMENT x")),
        (Code::GoFails, with_trial("GOFLAGS=-v", "signal: 11")),
    ];
    let names = ["go1.26.1", "go1.27.0"].map(crate::install::tests::toolchain);
    let releases = KnownReleases::default().with(names);
    let besides = Besides { releases: Some(&releases), ..Besides::default() };
    all.push((Code::OutOfSupport, findings_with(&healthy(), besides)));
    all.extend(store::of_the_store());
    all.extend(store::of_startup_files());
    all.extend(windows::wrong_clocks());
    all
}

#[test]
fn a_healthy_machine_has_nothing() {
    assert_eq!(findings(&healthy()), []);
}

#[test]
fn every_code_has_its_situation() {
    let machines = machines().into_iter().map(|(code, machine)| (code, findings(&machine)));
    let all: Vec<_> = machines.chain(others()).collect();
    for (code, findings) in &all {
        let found = findings.iter().find(|finding| finding.problem.code == code.as_str());
        let Some(Finding { problem, .. }) = found else {
            panic!("{code:?} is not among {:?}", codes(findings));
        };
        assert!(!problem.evidence.is_empty(), "{problem:?}");
        assert!(problem.fix.is_some(), "{problem:?}");
        assert!(!problem.message.ends_with('.'), "{problem:?}");
        let mended = problem.fix.as_deref() == Some(FIX);
        assert!(!mended || found.is_some_and(|it| it.mend.is_some()), "{problem:?}");
        // What else is told is about the same: a relative GOROOT in a file is one there, and none of this distro's.
        assert!(findings.len() <= 4, "{code:?}: {:?}", codes(findings));
    }
    let seen: BTreeSet<_> = all.iter().map(|(code, _)| *code).collect();
    let missing: Vec<_> = Code::ALL.into_iter().filter(|code| !seen.contains(code)).collect();
    // Those want mounts and a server: in tests/share.rs and tests/doctor.rs.
    let elsewhere = [
        Code::ShareMissing,
        Code::ShareStale,
        Code::ShareOwner,
        Code::ShareOutdated,
        Code::KnownVulnerabilities,
    ];
    assert_eq!(missing, elsewhere);
}

#[test]
fn errors_of_the_choice_are_problems_by_their_own_code() {
    for (machine, code, evidence, fix) in [
        (
            healthy().file("/h/p/.go-version", "latest\n"),
            "bad-pin",
            "/h/p/.go-version:1: latest",
            None,
        ),
        (
            healthy().file("/h/p/.gowr.yaml", "go: 1.99\n"),
            "not-installed",
            "/h/p/.gowr.yaml:1: go: 1.99",
            Some("gowr install 1.99"),
        ),
        (
            healthy().file("/h/p/.gowr.yaml", "format: 9\n"),
            "newer-format",
            "/h/p/.gowr.yaml:1: format: 9",
            None,
        ),
        (
            healthy().directory("/h/.config/gowr/config.yaml"),
            "unreadable",
            "/h/.config/gowr/config.yaml: is a directory",
            None,
        ),
        (
            healthy().file("/h/.config/gowr/config.yaml", "defalt: 1.22\n"),
            "bad-pin",
            "/h/.config/gowr/config.yaml:1: defalt: 1.22",
            None,
        ),
    ] {
        let findings = findings(&machine);
        let [Finding { problem, .. }] = &findings[..] else { panic!("{findings:#?}") };
        assert_eq!(problem.code, code);
        assert_eq!(problem.evidence[0].to_string(), evidence);
        if fix.is_some() {
            assert_eq!(problem.fix.as_deref(), fix);
        }
    }
}

#[test]
fn what_is_not_wrong_is_not_told() {
    for (machine, code) in [
        // A user's own GOTOOLCHAIN, and one that gowr set in a process above.
        (with("GOTOOLCHAIN=go1.22.3+auto"), Code::BadGotoolchain),
        (
            healthy().environment(["GOTOOLCHAIN=local", "GOWR_GOTOOLCHAIN=local"]),
            Code::BadGotoolchain,
        ),
        // The environment is read before the file.
        (go_env("GOSUMDB=on\n").environment(["GOSUMDB=sum.golang.org"]), Code::GosumdbOn),
        (with("CC=gcc").program("/usr/bin/gcc", elf_program(None)), Code::CompilerMissing),
        (
            healthy().goroot("/opt/go", "go1.21.5\n").link("/usr/bin/go1.21.5", "/opt/go/bin/go"),
            Code::SwitchNameDiffers,
        ),
        // A shim of another manager is a script.
        (healthy().program("/usr/bin/go", "#!/bin/sh\npath\tcmd/go\n"), Code::GoOutsideGoroot),
        // Void: the program of /usr/lib/go, which was told its root when it was built.
        (
            healthy()
                .program(
                    "/usr/bin/go",
                    [&elf_program(None)[..], b"path\tcmd/go\nbuild\t-trimpath=true\n"].concat(),
                )
                .directory("/usr/lib/go/pkg/tool")
                .link("/usr/lib/go/bin", "/usr/bin"),
            Code::GoOutsideGoroot,
        ),
        (healthy().directory("/h/p/.git"), Code::DubiousOwnership),
        (
            healthy()
                .directory("/h/p/.git")
                .owned_by("/h/p/.git", 0)
                .file("/h/.gitconfig", "[safe]\n\tdirectory = /h/p\n"),
            Code::DubiousOwnership,
        ),
        (with("GOPATH=/a:/b"), Code::PathNotAbsolute),
        (healthy().program("/h/go/bin/x", elf_program(None)), Code::ToolCannotStart),
        (healthy().program("/h/go/bin/gofmt", elf_program(None)), Code::GofmtShadowed),
        (
            healthy().file("/h/p/go.mod", "module m\n\ngo 1.22\n").environment(["GOSUMDB=off"]),
            Code::DownloadForbidden,
        ),
        (
            healthy().without("/gowr/toolchains/go1.22.3/go.env").environment(["GOPROXY=direct"]),
            Code::ToolchainWithoutGoEnv,
        ),
    ] {
        let findings = findings(&machine);
        assert!(!codes(&findings).contains(&code.as_str()), "{code:?}: {findings:#?}");
    }
}

#[test]
fn nothing_above_a_cache_is_given_away() {
    let fix = |machine: &MemoryMachine| {
        let findings = findings(machine);
        assert_eq!(codes(&findings), ["cache-not-writable"]);
        findings[0].problem.fix.clone().expect("a command")
    };
    let there = healthy().directory("/h/go/pkg/mod").owned_by("/h/go/pkg/mod", 0);
    assert_eq!(fix(&there), "sudo chown -R 1000 /h/go/pkg/mod");
    let absent = with("GOMODCACHE=/modules").owned_by("/", 0);
    assert_eq!(fix(&absent), "sudo install -d -o 1000 /modules");
    let mine = healthy().directory("/h/go/pkg/mod").mode("/h/go/pkg/mod", 0o555);
    assert_eq!(fix(&mine), "chmod u+w /h/go/pkg/mod");
}

#[test]
fn notes_do_not_count() {
    let findings = findings(&go_env("GOBIN=/h/bin\n"));
    assert!(findings.iter().all(|it| it.problem.severity == Severity::Note), "{findings:#?}");
}
