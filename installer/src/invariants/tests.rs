use std::os::unix::fs::symlink;

use super::*;
use crate::install::tests::{home, put, toolchain};

/// The rules that are broken, with what they are broken by, below the home.
fn broken(home: &Home, here: &Key) -> Vec<String> {
    check(home, here)
        .expect("checked")
        .into_iter()
        .map(|violation| {
            let path = violation.path.strip_prefix(home.path()).unwrap_or(&violation.path);
            format!("{} {}", violation.rule.as_str(), path.display())
        })
        .collect()
}

fn runnable(home: &Home) {
    for name in home.installed().expect("listed") {
        let go = home.toolchain(&name).join("bin/go");
        fs::set_permissions(go, fs::Permissions::from_mode(0o755)).expect("mode");
    }
}

#[test]
fn a_home_that_was_only_installed_into_is_right() {
    let (_directory, home, here) = home();
    assert_eq!(broken(&home, &here), [""; 0], "no home at all");
    link::create(&home, &Key::parse("alpine-3.23").expect("a key")).expect("created");
    for name in ["go1.20.14", "go1.22.9", "go1.22.10", "go1.27rc1"] {
        put(&home, &here, name);
    }
    runnable(&home);
    assert_eq!(broken(&home, &here), [""; 0]);
    crate::uninstall::uninstall(&home, &here, &toolchain("go1.22.10"), None, &mut |_| {})
        .expect("removed");
    assert_eq!(broken(&home, &here), [""; 0]);
}

#[test]
fn each_rule_can_be_broken() {
    let (directory, home, here) = home();
    put(&home, &here, "go1.22.9");
    put(&home, &here, "go1.22.10");
    runnable(&home);
    let path = |path: &str| home.path().join(path);
    let set = |at: &str, to: &str| {
        let _ = fs::remove_file(path(at));
        symlink(to, path(at)).expect("linked");
    };
    let restored = || assert_eq!(broken(&home, &here), [""; 0], "not put back");

    for (name, content) in [("VERSION", "go1.22.1\n"), ("bin/go", "")] {
        let file = path("toolchains/go1.22.9").join(name);
        let (old, mode) = (fs::read(&file).expect("read"), fs::metadata(&file).expect("mode"));
        fs::remove_file(&file).expect("removed");
        fs::write(&file, content).expect("written");
        assert_eq!(broken(&home, &here), [format!("toolchain toolchains/go1.22.9/{name}")]);
        fs::write(&file, old).expect("written");
        fs::set_permissions(&file, mode.permissions()).expect("mode");
        restored();
    }
    for (made, rule) in [
        ("toolchains/tip", "toolchain"),
        ("distros/Debian", "link"),
        ("distros/debian-12/odd", "link"),
        ("downloads/words.zip", "archive"),
        ("staging/go1.22.1@dead", "leftover"),
    ] {
        fs::create_dir_all(path(made)).expect("made");
        assert_eq!(broken(&home, &here), [format!("{rule} {made}")]);
        fs::remove_dir(path(made)).expect("removed");
        restored();
    }
    for made in ["downloads/.go1.22.1.linux-amd64..gowr-dead", "bin/.go.gowr-dead"] {
        fs::create_dir_all(path(made).parent().expect("a parent")).expect("made");
        fs::write(path(made), "half").expect("written");
        assert_eq!(broken(&home, &here), [format!("leftover {made}")]);
        fs::remove_file(path(made)).expect("removed");
        restored();
    }
    for (at, to, rule) in [
        ("distros/debian-12/go1.22.9", "../../toolchains/go1.22.10", "link"),
        ("distros/debian-12/go1.22.9", "../../../etc", "link"),
        ("distros/debian-12/1.22", "../../toolchains/go1.22.10", "link"),
        ("distros/debian-12/1.22", "go1.22.9", "outdated"),
        ("links/go1.22.9", "../toolchains/go1.22.10/bin/go", "switching-link"),
    ] {
        let old = fs::read_link(path(at)).expect("a link");
        set(at, to);
        assert!(broken(&home, &here).contains(&format!("{rule} {at}")), "{at} -> {to}");
        set(at, old.to_str().expect("text"));
        restored();
    }
    for (at, rule) in [
        ("distros/debian-12/go1.22.9", "unlinked"),
        ("distros/debian-12/1.22", "outdated"),
        ("distros/debian-12/newest", "outdated"),
        ("links/go1.22.9", "unlinked"),
    ] {
        let old = fs::read_link(path(at)).expect("a link");
        fs::remove_file(path(at)).expect("removed");
        assert_eq!(broken(&home, &here), [format!("{rule} {at}")]);
        set(at, old.to_str().expect("text"));
        restored();
    }
    for (at, to, rule) in [
        ("distros/debian-12/go1.21.1", "../../toolchains/go1.21.1", "link"),
        ("distros/debian-12/go1.21.1", "/gone/go", "adopted-gone"),
        ("links/go1.21.1", "../toolchains/go1.21.1/bin/go", "switching-link"),
    ] {
        set(at, to);
        assert_eq!(broken(&home, &here), [format!("{rule} {at}")]);
        fs::remove_file(path(at)).expect("removed");
        restored();
    }
    fs::set_permissions(path("links"), fs::Permissions::from_mode(0o777)).expect("mode");
    assert_eq!(broken(&home, &here), ["mode links"]);
    fs::set_permissions(path("links"), fs::Permissions::from_mode(0o755)).expect("mode");

    // A tree that is gone while links lead there.
    fs::rename(path("toolchains/go1.22.10"), directory.path().join("away")).expect("renamed");
    let found = broken(&home, &here);
    assert!(found.contains(&String::from("link distros/debian-12/go1.22.10")), "{found:?}");
    assert!(found.contains(&String::from("switching-link links/go1.22.10")), "{found:?}");
}

#[test]
fn what_a_living_process_makes_is_no_leftover() {
    let (_directory, home, here) = home();
    let work = staging::Work::begin(&home, "go1.22.10", &mut |_| {}).expect("begun");
    let made = work.directory().expect("made");
    assert_eq!(broken(&home, &here), [""; 0]);
    // As when it is killed: the lock goes, the rest stays.
    fs::create_dir_all(home.staging().join("go1.22.1@dead")).expect("made");
    assert_eq!(broken(&home, &here), ["leftover staging/go1.22.1@dead"]);
    drop((made, work));
}

#[test]
fn the_names_of_archives() {
    for good in ["go1.22.10.linux-amd64.h1-a_b-c.zip", "go1.4.linux-arm64.sha256-00.tar.gz"] {
        assert!(is_archive_name(good), "{good}");
    }
    for bad in [
        "go1.22.10",
        "x.linux-amd64.h1-a.zip",
        "go1.22.linux-amd64..zip",
        "go1.22.10.linux-amd64.a",
    ] {
        assert!(!is_archive_name(bad), "{bad}");
    }
}
