//! Each code, made by a machine that has just that: the codes of a healthy machine are none.

use std::collections::BTreeSet;
use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use nix::errno::Errno;
use resolver::invocation::Invocation;
use resolver::machine::memory::{MemoryMachine, elf_program};
use resolver::resolution::resolve_survey;
use resolver::witness::Losers;

use super::*;
use crate::problem::Severity;
use crate::setup::Shell;

const MOUNTS: &str = "20 1 8:1 / / rw - ext4 /dev/sda1 rw\n";
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
    })
}

fn findings(machine: &MemoryMachine) -> Vec<Finding> {
    findings_with(machine, Besides::default())
}

fn codes(findings: &[Finding]) -> Vec<&'static str> {
    findings.iter().map(|finding| finding.problem.code).collect()
}

fn go_env(content: &str) -> MemoryMachine {
    healthy().file("/h/.config/go/env", content)
}

fn with(entry: &'static str) -> MemoryMachine {
    healthy().environment([entry])
}

/// Machines in memory, each with one thing wrong.
fn machines() -> Vec<(Code, MemoryMachine)> {
    [wrong_environments(), wrong_files_and_paths(), wrong_projects_and_caches()].concat()
}

fn wrong_environments() -> Vec<(Code, MemoryMachine)> {
    vec![
        (
            Code::ShadowedOnPath,
            machine(["HOME=/h", "PATH=/usr/bin:/gowr/bin", "PWD=/h/p"]).goroot("/usr", "go1.19\n"),
        ),
        (Code::NotOnPath, machine(["HOME=/h", "PATH=/usr/bin", "PWD=/h/p"])),
        (Code::GowrHomeIgnored, with("GOWR_HOME=x")),
        (Code::XdgRelative, with("XDG_DATA_HOME=x")),
        (Code::ExportedGoroot, with("GOROOT=/usr/lib/go")),
        (
            Code::Floor,
            healthy()
                .file("/h/p/go.mod", "module m\n\ngo 1.23.0\n")
                .file("/h/p/.go-version", "1.22.3\n"),
        ),
        (Code::Mise, healthy().file("/h/p/mise.toml", "[tools]\ngo = \"1.22\"\n")),
        (Code::NoHome, machine(["PATH=/gowr/bin"])),
        (Code::NoProc, healthy().without("/proc/self/exe")),
        (Code::StaleSwitch, with("GOTOOLCHAIN_INTERNAL_SWITCH_VERSION=go1.22.3")),
        (Code::BadGotoolchain, with("GOTOOLCHAIN=1.22.3")),
        (Code::TemporaryDirectory, with("GOTMPDIR=/nowhere")),
        (
            Code::NoexecTemporaryDirectory,
            healthy().file(
                "/proc/self/mountinfo",
                format!("{MOUNTS}30 20 0:5 / /tmp rw,nosuid,noexec - tmpfs tmpfs rw\n"),
            ),
        ),
        (Code::CompilerMissing, with("CC=x86_64-conda-linux-gnu-cc -m64")),
    ]
}

fn wrong_files_and_paths() -> Vec<(Code, MemoryMachine)> {
    let on_windows = || machine(["HOME=/h", "PATH=/gowr/bin:/mnt/c/Go/bin", "PWD=/h/p"]);
    let go_command = [&elf_program(None)[..], b"\npath\tcmd/go\nbuild\t-trimpath=true\n"].concat();
    let download = [&elf_program(None)[..], b"golang.org/dl/internal/version"].concat();
    vec![
        (Code::GoEnvGoroot, go_env("GOROOT=/bogus\n")),
        (Code::GoEnvCarriageReturn, go_env("GOPRIVATE=x\r\n")),
        (Code::GoEnvUnreadable, healthy().directory("/h/.config/go/env")),
        (Code::GoEnvShared, go_env("GOBIN=/h/bin\n")),
        (Code::WindowsGoOnPath, on_windows().file("/mnt/c/Go/bin/go.exe", "MZ\u{0}")),
        (
            Code::WindowsEntriesOnPath,
            on_windows()
                .file("/proc/sys/kernel/osrelease", "5.15.0-microsoft-standard-WSL2\n")
                .file(
                    "/proc/self/mountinfo",
                    format!(
                        "{MOUNTS}30 20 0:5 / /mnt/c rw - 9p C:\\134 rw,aname=drvfs;path=C:\\\n"
                    ),
                ),
        ),
        (Code::GoOutsideGoroot, healthy().program("/usr/bin/go", go_command)),
        (
            Code::SwitchNameDiffers,
            healthy().goroot("/opt/go", "go1.21.1\n").link("/usr/bin/go1.21.5", "/opt/go/bin/go"),
        ),
        (Code::DlWithoutSdk, healthy().program("/usr/bin/go1.21.5", download)),
    ]
}

fn wrong_projects_and_caches() -> Vec<(Code, MemoryMachine)> {
    let nfs = |point: &str| {
        healthy().file(
            "/proc/self/mountinfo",
            format!("{MOUNTS}30 20 0:5 / {point} rw - nfs4 server:/export rw\n"),
        )
    };
    vec![
        (Code::ToolchainWithoutGoEnv, healthy().without("/gowr/toolchains/go1.22.3/go.env")),
        (
            Code::DistroPolicy,
            healthy().file("/gowr/toolchains/go1.22.3/go.env", GO_ENV.replace("auto", "local")),
        ),
        (
            Code::SwitchForbidden,
            healthy()
                .file("/gowr/toolchains/go1.22.3/go.env", GO_ENV.replace("auto", "local"))
                .file("/h/p/go.mod", "module m\n\ngo 1.23.0\n"),
        ),
        (
            Code::DownloadForbidden,
            healthy().file("/h/p/go.mod", "module m\n\ngo 1.23.0\n").environment(["GOSUMDB=off"]),
        ),
        (Code::GosumdbOn, with("GOSUMDB=on")),
        (Code::DubiousOwnership, healthy().directory("/h/p/.git").owned_by("/h/p/.git", 0)),
        (
            Code::SystemConfiguration,
            healthy()
                .file("/etc/gowr/config.yaml", "nonsense\n")
                .file("/h/.config/gowr/config.yaml", "default: 1.22\n"),
        ),
        (Code::CacheOff, with("GOCACHE=off")),
        (Code::PathNotAbsolute, with("GOMODCACHE=~/mod")),
        (Code::CacheOnNetwork, nfs("/h/.cache")),
        (Code::HomeOnNetwork, nfs("/h")),
        (Code::CacheNotWritable, healthy().directory("/h/go/pkg/mod").owned_by("/h/go/pkg/mod", 0)),
        (
            Code::ToolCannotStart,
            healthy().program("/h/go/bin/gopls", elf_program(Some("/lib/ld-musl-x86_64.so.1"))),
        ),
        (Code::GofmtShadowed, with("GOBIN=/h/bin").program("/h/bin/gofmt", elf_program(None))),
    ]
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
    all.extend(of_the_store());
    all.extend(of_startup_files());
    all
}

/// What breaks a home.
type Harm<'a> = &'a dyn Fn(&Home, &Key);

fn of_the_store() -> Vec<(Code, Vec<Finding>)> {
    let breaks: [(Code, Harm<'_>); 9] = [
        (Code::StoreToolchain, &|home, _| {
            fs::create_dir_all(home.toolchains().join("other")).expect("made");
        }),
        (Code::StoreLink, &|home, key| {
            symlink("../../toolchains/go1.1.1", home.distro(key).join("go1.1.1")).expect("linked");
        }),
        (Code::StoreSwitchingLink, &|home, _| {
            symlink("../toolchains/go1.24.1/bin/go", home.links().join("go1.24.1"))
                .expect("linked");
        }),
        (Code::StoreArchive, &|home, _| {
            fs::create_dir_all(home.downloads()).expect("made");
            fs::write(home.downloads().join("x"), "").expect("written");
        }),
        (Code::StoreMode, &|home, _| {
            fs::set_permissions(home.links(), Permissions::from_mode(0o777)).expect("mode");
        }),
        (Code::StoreUnlinked, &|home, _| {
            fs::remove_file(home.links().join("go1.22.3")).expect("removed");
        }),
        (Code::StoreOutdated, &|home, key| {
            fs::remove_file(home.distro(key).join("newest")).expect("removed");
        }),
        (Code::StoreLeftover, &|home, _| {
            fs::create_dir_all(home.staging()).expect("made");
            fs::write(home.staging().join("x"), "").expect("written");
        }),
        (Code::AdoptedGone, &|home, key| {
            symlink("/nowhere/go", home.distro(key).join("go1.20.1")).expect("linked");
        }),
    ];
    let mut all = Vec::new();
    for (code, harm) in breaks {
        let (_directory, home, key) = crate::install::tests::home();
        put(&home, &key, "go1.22.3");
        let besides = Besides { home: Some((&home, &key)), ..Besides::default() };
        assert_eq!(codes(&findings_with(&healthy(), besides)), [""; 0], "before {code:?}");
        harm(&home, &key);
        all.push((code, findings_with(&healthy(), besides)));
    }
    let (_directory, home, key) = crate::install::tests::home();
    let besides = Besides { home: Some((&home, &key)), ..Besides::default() };
    fs::create_dir(home.path()).expect("made");
    fs::write(home.toolchains(), "").expect("written");
    all.push((Code::StoreUnreadable, findings_with(&healthy(), besides)));

    let (_directory, home, key) = crate::install::tests::home();
    let besides = Besides { home: Some((&home, &key)), ..Besides::default() };
    let other =
        healthy().directory("/h/.cache/go-build-linux").directory("/h/.cache/go-build-alpine-3.20");
    all.push((Code::CacheOrphaned, findings_with(&other, besides)));

    put(&home, &key, "go1.22.3");
    let foreign = tempfile::tempdir().expect("a directory");
    let root = foreign.path().to_str().expect("text");
    symlink(root, home.distro(&key).join("go1.19.8")).expect("linked");
    let musl = healthy()
        .goroot(root, "go1.19.8\n")
        .program(&format!("{root}/bin/go"), elf_program(Some("/lib64/ld-linux-x86-64.so.2")));
    all.push((Code::ToolchainUnusable, findings_with(&musl, besides)));
    all
}

fn of_startup_files() -> Vec<(Code, Vec<Finding>)> {
    let directory = tempfile::tempdir().expect("a directory");
    let user = User {
        home: directory.path().to_path_buf(),
        configuration: directory.path().join(".config"),
        zsh_directories: vec![directory.path().to_path_buf()],
        shells: vec![Shell::Bash],
        system: directory.path().join("system"),
    };
    let (_kept, home, key) = crate::install::tests::home();
    let profile = directory.path().join(".profile");
    let with_line = |line: &str| {
        fs::write(&profile, line).expect("written");
        findings_with(&healthy(), Besides { user: Some(&user), ..Besides::default() })
    };
    vec![
        (Code::StartupGoroot, with_line("export GOROOT=/usr/lib/go\n")),
        (Code::StartupManager, with_line("# x\neval \"$(goenv init -)\"\n")),
        (Code::StartupPath, with_line("PATH=$PATH:/usr/local/go/bin\n")),
        (
            Code::NotInShells,
            findings_with(
                &healthy(),
                Besides { user: Some(&user), home: Some((&home, &key)), ..Besides::default() },
            ),
        ),
    ]
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
        assert!(findings.len() <= 3, "{code:?}: {:?}", codes(findings));
    }
    let seen: BTreeSet<_> = all.iter().map(|(code, _)| *code).collect();
    let missing: Vec<_> = Code::ALL.into_iter().filter(|code| !seen.contains(code)).collect();
    // That one is asked for of a server: in tests/doctor.rs.
    assert_eq!(missing, [Code::KnownVulnerabilities]);
}

#[test]
fn the_rules_of_the_store_are_its_codes() {
    use crate::invariants::Rule;
    for rule in [
        Rule::Toolchain,
        Rule::Link,
        Rule::SwitchingLink,
        Rule::Archive,
        Rule::Mode,
        Rule::Unlinked,
        Rule::Outdated,
        Rule::Leftover,
    ] {
        assert_eq!(store::code(rule).as_str(), format!("store-{}", rule.as_str()));
    }
    assert_eq!(store::code(Rule::AdoptedGone).as_str(), Rule::AdoptedGone.as_str());
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
fn a_line_that_only_harms_is_taken_out_and_a_wish_is_not() {
    for (content, expected) in [
        ("GOROOT=/x\n", Some("take out /h/.config/go/env:1: GOROOT=/x")),
        ("GOTOOLCHAIN=garbage\n", Some("take out /h/.config/go/env:1: GOTOOLCHAIN=garbage")),
        ("GOPRIVATE=x\nGOCACHE=off\n", Some("take out /h/.config/go/env:2: GOCACHE=off")),
        ("GOPATH=~/go\n", Some("take out /h/.config/go/env:1: GOPATH=~/go")),
        ("GOSUMDB=on\n", Some("take out /h/.config/go/env:1: GOSUMDB=on")),
        ("GOTOOLCHAIN=go1.22.3\n", None),
        ("GOTOOLCHAIN=go1.22.3\r\n", Some("take the carriage returns out of /h/.config/go/env")),
        ("CC=/nowhere/cc\n", None),
        ("GOFLAGS=-mod=mod\n", None),
    ] {
        let findings = findings(&go_env(content));
        let mends: Vec<_> = findings.iter().filter_map(|it| it.mend.as_ref()).collect();
        let told: Vec<_> = mends.iter().map(ToString::to_string).collect();
        assert_eq!(told, expected.into_iter().collect::<Vec<_>>(), "{content}");
    }
}

#[test]
fn goroots_flaws_are_named() {
    for (entry, flaw) in [
        ("GOROOT=C:\\Program Files\\Go", "a path of Windows"),
        ("GOROOT=go", "not an absolute path"),
        ("GOROOT=/snap/bin", "launchers"),
        ("GOROOT=/nowhere", "not there"),
        ("GOROOT=/usr/bin", "no pkg/tool"),
    ] {
        let findings = findings(&with(entry));
        let evidence = &findings[0].problem.evidence;
        assert!(evidence.len() == 2 && evidence[1].to_string().contains(flaw), "{findings:#?}");
    }
    assert_eq!(findings(&with("GOROOT=/gowr/toolchains/go1.22.3"))[0].problem.evidence.len(), 1);
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

#[test]
fn what_is_mended_is_healthy_and_what_is_undone_is_as_it_was() {
    let (directory, home, key) = crate::install::tests::home();
    put(&home, &key, "go1.22.3");
    put(&home, &key, "go1.21.13");
    let file = directory.path().join("env");
    let content = "A=1\r\nGOROOT=/x\r\nB=2";
    fs::write(&file, content).expect("written");
    fs::remove_file(home.links().join("go1.22.3")).expect("removed");
    let newest = home.distro(&key).join("newest");
    fs::remove_file(&newest).expect("removed");
    symlink("go1.21.13", &newest).expect("linked");
    symlink("../../toolchains/go1.1.1", home.distro(&key).join("go1.1.1")).expect("linked");
    symlink("/nowhere/go", home.distro(&key).join("go1.20.1")).expect("linked");
    fs::set_permissions(home.links(), Permissions::from_mode(0o777)).expect("mode");
    let state = || {
        let mut state = vec![fs::read_to_string(&file).expect("read")];
        for directory in [home.links(), home.distro(&key)] {
            state.push(format!(
                "{:o}",
                fs::metadata(&directory).expect("there").permissions().mode()
            ));
            let mut links: Vec<_> = fs::read_dir(directory)
                .expect("read")
                .map(|it| it.expect("an entry").path())
                .map(|link| {
                    format!(
                        "{} -> {}",
                        link.display(),
                        fs::read_link(&link).expect("a link").display()
                    )
                })
                .collect();
            links.sort();
            state.extend(links);
        }
        state
    };
    let before = state();

    let machine = healthy();
    let besides = Besides { home: Some((&home, &key)), ..Besides::default() };
    let mut mends: BTreeSet<_> =
        findings_with(&machine, besides).into_iter().filter_map(|it| it.mend).collect();
    mends.insert(Mend::remove_line(file.clone(), 2, b"GOROOT=/x"));
    mends.insert(Mend::remove_carriage_returns(file.clone()));
    let journals = directory.path().join("state/doctor");
    let workshop = mend::Workshop { machine: &machine, variable: &|_| None, home: besides.home };
    let mut journal = journal::Journal::begin(&journals).expect("begun");
    for (mend, result) in workshop.carry_out(&mends, &mut journal) {
        assert!(result.is_ok(), "{mend}: {result:?}");
    }
    assert_eq!(fs::read_to_string(&file).expect("read"), "A=1\nB=2");
    assert_eq!(codes(&findings_with(&machine, besides)), [""; 0]);
    assert_eq!(fs::read_link(&newest).expect("a link"), Path::new("go1.22.3"));

    let last = journal::Journal::last(&journals).expect("read").expect("one");
    for undone in last.undo().expect("undone") {
        assert!(undone.result.is_ok(), "{undone:?}");
    }
    assert_eq!(state(), before);
    assert!(!journals.exists());
}
