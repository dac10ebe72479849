//! What `--fix` does, and `--undo` after it.

use std::os::unix::fs::symlink;

use super::*;

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
    let workshop = mend::Workshop {
        machine: &machine,
        variable: &|_| None,
        home: besides.home,
        root: Path::new("/nowhere"),
    };
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

/// What is the machine's is root's to change, and the command that does it names the codes.
#[test]
fn a_file_of_the_machine_that_is_not_ones_own_is_refused() {
    use crate::wsl_conf::mend::Mend::{Execution, WindowsPath};

    let directory = tempfile::tempdir().expect("a directory");
    let mends = BTreeSet::from([Mend::WslConf(WindowsPath)]);
    let machine = healthy();
    let root = directory.path().join("nowhere");
    let workshop =
        mend::Workshop { machine: &machine, variable: &|_| None, home: None, root: &root };
    assert!(workshop.difference(&mends).expect("told").contains("+appendWindowsPath = false"));
    let journals = directory.path().join("state");
    let mut journal = journal::Journal::begin(&journals).expect("begun");
    let done = workshop.carry_out(&mends, &mut journal);
    let [(_, Err(error))] = &done[..] else { panic!("{done:?}") };
    assert!(error.to_string().ends_with("/etc/wsl.conf is not yours to change"), "{error}");
    let command = "sudo env \"PATH=$PATH\" gowr doctor --fix windows-entries-on-path";
    assert_eq!(error.fix().as_deref(), Some(command));
    assert!(journal.is_empty() && !journals.exists() && !root.exists());
    // Nothing is to be mended in a file that does not say it.
    let mends = BTreeSet::from([Mend::WslConf(Execution)]);
    assert_eq!(workshop.difference(&mends).expect("told"), "");
}
