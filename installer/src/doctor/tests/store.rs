//! Real homes of gowr, and files that shells read.

use std::os::unix::fs::symlink;

use super::*;
use crate::goroot_link::{Follows, GorootLinks, Kind as LinkKind};
use crate::setup::Shell;

/// What breaks a home.
type Harm<'a> = &'a dyn Fn(&Home, &Key);

pub(super) fn of_the_store() -> Vec<(Code, Vec<Finding>)> {
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
    let links = GorootLinks { machine: &healthy(), home: &home, here: &key };
    let sdk = home.path().parent().expect("a directory").join("sdk");
    let goroot = home.path().join("toolchains/go1.22.3");
    links.make(&sdk, LinkKind::Link, Follows::Default, &goroot, false).expect("linked");
    assert_eq!(codes(&findings_with(&healthy(), besides)), [""; 0], "it leads where it should");
    fs::remove_file(&sdk).expect("removed");
    let gone = findings_with(&healthy(), besides);
    assert_eq!(fix(&gone[0]), format!("gowr link {}", sdk.display()));
    all.push((Code::GorootLink, gone));
    symlink("/nowhere", &sdk).expect("linked");
    let changed = findings_with(&healthy(), besides);
    assert_eq!(fix(&changed[0]), format!("gowr link --remove {}", sdk.display()));
    all.push((Code::GorootLink, changed));
    fs::remove_file(&sdk).expect("removed");
    links.remove(&sdk).expect("forgotten");

    let foreign = tempfile::tempdir().expect("a directory");
    let root = foreign.path().to_str().expect("text");
    symlink(root, home.distro(&key).join("go1.19.8")).expect("linked");
    let musl = healthy()
        .goroot(root, "go1.19.8\n")
        .program(&format!("{root}/bin/go"), elf_program(Some("/lib64/ld-linux-x86-64.so.2")));
    all.push((Code::ToolchainUnusable, findings_with(&musl, besides)));
    all
}

pub(super) fn of_startup_files() -> Vec<(Code, Vec<Finding>)> {
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
        (Code::StartupWindowsGo, with_line("alias go='/mnt/c/Go/bin/go.exe'\n")),
        (Code::PathAfterGuard, {
            let bashrc = directory.path().join(".bashrc");
            let guard = "case $- in\n*i*) ;;\n*) return ;;\nesac\n";
            fs::write(&bashrc, format!("{guard}export PATH=$PATH:$HOME/go/bin\n"))
                .expect("written");
            let findings = with_line("umask 22\n");
            // A login file that says so too is what it takes.
            let both = with_line("export PATH=\"$HOME/go/bin:$PATH\"\n");
            assert!(!codes(&both).contains(&"path-after-guard"), "{both:#?}");
            fs::remove_file(bashrc).expect("removed");
            findings
        }),
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
        assert_eq!(crate::doctor::store::code(rule).as_str(), format!("store-{}", rule.as_str()));
    }
    assert_eq!(crate::doctor::store::code(Rule::AdoptedGone).as_str(), Rule::AdoptedGone.as_str());
}
