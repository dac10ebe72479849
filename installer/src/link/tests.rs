use std::os::unix::fs::symlink;

use super::*;

struct Bed {
    _directory: tempfile::TempDir,
    home: Home,
}

impl Bed {
    fn new(toolchains: &[&str]) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let home = Home::new(directory.path().join("gowr")).expect("absolute");
        home.create().expect("made");
        for name in toolchains {
            fs::create_dir(home.toolchain(&toolchain(name))).expect("made");
        }
        Self { _directory: directory, home }
    }

    fn add(&self, name: &str, key: &str) {
        fs::create_dir_all(self.home.toolchain(&toolchain(name))).expect("made");
        add(&self.home, &toolchain(name), &self::key(key)).expect("added");
    }

    fn remove(&self, name: &str, key: &str) {
        remove(&self.home, &toolchain(name), &self::key(key)).expect("removed");
        fs::remove_dir(self.home.toolchain(&toolchain(name))).expect("removed");
    }

    fn adopt(&self, name: &str, key: &str, goroot: &str) {
        symlink(goroot, self.home.distro(&self::key(key)).join(name)).expect("linked");
    }

    /// `name -> target` for all in a directory of the home, sorted.
    fn show(&self, directory: &str) -> Vec<String> {
        let directory = self.home.path().join(directory);
        let mut lines: Vec<_> = names(&directory)
            .expect("listed")
            .into_iter()
            .map(|name| {
                let target = fs::read_link(directory.join(&name)).expect("a link");
                format!("{name} -> {}", target.display())
            })
            .collect();
        lines.sort();
        lines
    }
}

fn toolchain(name: &str) -> ToolchainName {
    ToolchainName::parse(name).expect("a name")
}

fn key(text: &str) -> Key {
    Key::parse(text).expect("a key")
}

#[test]
fn an_sdk_is_linked_in_every_userland() {
    let bed = Bed::new(&[]);
    create(&bed.home, &key("alpine-3.23")).expect("made");
    bed.add("go1.22.9", "debian-12");
    bed.add("go1.22.10", "debian-12");
    let expected = [
        "1.22 -> go1.22.10",
        "go1.22.10 -> ../../toolchains/go1.22.10",
        "go1.22.9 -> ../../toolchains/go1.22.9",
        "newest -> go1.22.10",
    ];
    assert_eq!(bed.show("distros/debian-12"), expected);
    assert_eq!(bed.show("distros/alpine-3.23"), expected);
    let links = [
        "go1.22.10 -> ../toolchains/go1.22.10/bin/go",
        "go1.22.9 -> ../toolchains/go1.22.9/bin/go",
    ];
    assert_eq!(bed.show("links"), links);
    assert!(bed.home.distro(&key("debian-12")).join("1.22").is_dir(), "links lead there");
    assert_eq!(names(&bed.home.staging()).expect("listed"), [""; 0]);
}

#[test]
fn what_is_not_static_is_linked_only_where_it_was_installed() {
    let bed = Bed::new(&[]);
    create(&bed.home, &key("alpine-3.23")).expect("made");
    bed.add("go1.20", "debian-12");
    let expected = ["1.20 -> go1.20", "go1.20 -> ../../toolchains/go1.20", "newest -> go1.20"];
    assert_eq!(bed.show("distros/debian-12"), expected);
    assert_eq!(bed.show("distros/alpine-3.23"), [""; 0]);
    assert_eq!(bed.show("links"), [""; 0]);
}

#[test]
fn a_new_userland_gets_what_runs_there() {
    let bed = Bed::new(&["go1.20.14", "go1.21.13", "go1.27rc1"]);
    create(&bed.home, &key("alpine-3.23")).expect("made");
    let expected = [
        "1.21 -> go1.21.13",
        "1.27 -> go1.27rc1",
        "go1.21.13 -> ../../toolchains/go1.21.13",
        "go1.27rc1 -> ../../toolchains/go1.27rc1",
        "newest -> go1.21.13",
    ];
    assert_eq!(bed.show("distros/alpine-3.23"), expected);
}

#[test]
fn releases_come_before_prereleases() {
    let bed = Bed::new(&[]);
    for name in ["go1.27rc1", "go1.26.0", "go1.26.1", "go1.26rc3"] {
        bed.add(name, "debian-12");
    }
    let links = read(&bed.home, &key("debian-12")).expect("read");
    let derived: Vec<_> =
        links.derived.iter().map(|(link, name)| format!("{link} {name}")).collect();
    assert_eq!(derived, ["1.26 go1.26.1", "1.27 go1.27rc1", "newest go1.26.1"]);
}

#[test]
fn removing_goes_back_to_the_next() {
    let bed = Bed::new(&[]);
    for name in ["go1.22.9", "go1.22.10", "go1.24.1"] {
        bed.add(name, "debian-12");
    }
    create(&bed.home, &key("alpine-3.23")).expect("made");
    bed.remove("go1.24.1", "debian-12");
    bed.remove("go1.22.10", "alpine-3.23");
    let expected =
        ["1.22 -> go1.22.9", "go1.22.9 -> ../../toolchains/go1.22.9", "newest -> go1.22.9"];
    assert_eq!(bed.show("distros/debian-12"), expected);
    assert_eq!(bed.show("distros/alpine-3.23"), expected);
    bed.remove("go1.22.9", "debian-12");
    assert_eq!(bed.show("distros/debian-12"), [""; 0]);
    assert_eq!(bed.show("links"), [""; 0]);
}

#[test]
fn adopted_entries_count_and_stay() {
    let bed = Bed::new(&[]);
    create(&bed.home, &key("debian-12")).expect("made");
    create(&bed.home, &key("fedora-42")).expect("made");
    let distro = bed.home.path().join("usr/lib/go-1.22");
    fs::create_dir_all(&distro).expect("made");
    bed.adopt("go1.22.12", "debian-12", distro.to_str().expect("text"));
    bed.adopt("go1.22.13", "debian-12", "/gone/go-1.22");
    bed.adopt("go1.25.1", "fedora-42", "/only/in/fedora");
    bed.add("go1.22.10", "debian-12");
    let derived = |key: &str| read(&bed.home, &self::key(key)).expect("read").derived;
    assert_eq!(derived("debian-12")["1.22"], "go1.22.12", "not the one that is gone");
    assert_eq!(derived("fedora-42")["newest"], "go1.25.1", "what others have is believed");
    // Asked to remove a toolchain of the store, an adopted one of that name is not meant.
    remove(&bed.home, &toolchain("go1.22.12"), &key("debian-12")).expect("nothing to do");
    bed.remove("go1.22.10", "debian-12");
    let links = read(&bed.home, &key("debian-12")).expect("read");
    let left: Vec<_> = links.toolchains.iter().map(|entry| entry.name.as_str()).collect();
    assert_eq!(left, ["go1.22.12", "go1.22.13"]);
    assert_eq!(links.derived["1.22"], "go1.22.12");
}

#[test]
fn names_are_registered_and_changed() {
    let bed = Bed::new(&[]);
    let work = RegisteredName::parse("work").expect("a name");
    for directory in ["/opt/one", "/opt/two"] {
        register(&bed.home, &key("debian-12"), &work, Path::new(directory)).expect("registered");
    }
    bed.add("go1.22.10", "debian-12");
    assert_eq!(bed.show("distros/debian-12/named"), ["work -> /opt/two"]);
    let links = read(&bed.home, &key("debian-12")).expect("read");
    assert_eq!(links.named["work"], Path::new("/opt/two"));
}

fn adopt_all(bed: &Bed, add: &[(&str, &Path)], without: &[&str]) {
    let adoption = Adoption {
        add: add.iter().map(|(name, goroot)| (toolchain(name), goroot.to_path_buf())).collect(),
        remove: without.iter().map(|name| toolchain(name)).collect(),
    };
    adopt(&bed.home, &key("debian-12"), |_| Ok((adoption, ()))).expect("adopted");
}

#[test]
fn adopting_changes_this_userland_alone() {
    let bed = Bed::new(&["go1.22.3"]);
    create(&bed.home, &key("alpine-3.23")).expect("made");
    let adopted = bed.home.path().join("elsewhere");
    fs::create_dir(&adopted).expect("made");
    adopt_all(&bed, &[("go1.22.9", &adopted), ("go1.19.8", &adopted)], &[]);
    let link = |name: &str| format!("{name} -> {}", adopted.display());
    let expected = [
        "1.19 -> go1.19.8",
        "1.22 -> go1.22.9",
        &link("go1.19.8"),
        "go1.22.3 -> ../../toolchains/go1.22.3",
        &link("go1.22.9"),
        "newest -> go1.22.9",
    ];
    assert_eq!(bed.show("distros/debian-12"), expected);
    assert_eq!(bed.show("distros/alpine-3.23").len(), 3);
    assert_eq!(bed.show("links"), [""; 0], "Go's own switching is for official ones");

    // Renamed by an upgrade, and one gone.
    adopt_all(&bed, &[("go1.22.10", &adopted)], &["go1.22.9", "go1.19.8"]);
    let expected = [
        "1.22 -> go1.22.10",
        &link("go1.22.10"),
        "go1.22.3 -> ../../toolchains/go1.22.3",
        "newest -> go1.22.10",
    ];
    assert_eq!(bed.show("distros/debian-12"), expected);
    assert_eq!(names(&bed.home.staging()).expect("listed"), [""; 0]);
}

#[test]
fn what_is_added_is_not_removed() {
    let bed = Bed::new(&[]);
    let (old, new) = (bed.home.path().join("old"), bed.home.path().join("new"));
    fs::create_dir(&new).expect("made");
    adopt_all(&bed, &[("go1.22.9", &old)], &[]);
    adopt_all(&bed, &[("go1.22.9", &new)], &["go1.22.9"]);
    let link = format!("go1.22.9 -> {}", new.display());
    assert_eq!(bed.show("distros/debian-12"), ["1.22 -> go1.22.9", &link, "newest -> go1.22.9"]);
}

/// A share with these releases, which `bed` uses from now on.
fn share(bed: &Bed, releases: &[&str]) -> PathBuf {
    let share = bed.home.path().parent().expect("a directory").join("mnt/wsl/gowr");
    for release in releases {
        fs::create_dir_all(share.join(release)).expect("made");
    }
    share::start(&bed.home, &key("debian-12"), &share).expect("used");
    share
}

fn violations(bed: &Bed) -> Vec<String> {
    let found = crate::invariants::check(&bed.home, &key("debian-12")).expect("checked");
    // Trees without a VERSION and programs: none is needed here.
    let found = found.into_iter().filter(|it| it.rule != crate::invariants::Rule::Toolchain);
    found.map(|it| it.to_string()).collect()
}

#[test]
fn a_share_has_what_is_missing_here() {
    let bed = Bed::new(&[]);
    create(&bed.home, &key("alpine-3.23")).expect("made");
    for name in ["go1.22.10", "go1.26.1"] {
        bed.add(name, "debian-12");
    }
    fs::create_dir_all(bed.home.path().join("../mnt/wsl/gowr")).expect("made");
    // What is in a share is strangers' text: no other name becomes a link.
    let shared = share(&bed, &["go1.20.14", "go1.22.10", "go1.22.12", "go1.24.1", "..x", "bin"]);
    symlink("/etc", shared.join("go1.25.1")).expect("linked");
    fs::write(shared.join("go1.25.2"), "").expect("written");
    share(&bed, &[]);
    let expected = [
        "1.22 -> go1.22.12",
        "1.22.local -> go1.22.10",
        "1.24 -> go1.24.1",
        "1.26 -> go1.26.1",
        "go1.22.10 -> ../../toolchains/go1.22.10",
        "go1.22.12 -> ../../shared/go1.22.12",
        "go1.24.1 -> ../../shared/go1.24.1",
        "go1.26.1 -> ../../toolchains/go1.26.1",
        "newest -> go1.26.1",
    ];
    assert_eq!(bed.show("distros/debian-12"), expected);
    assert_eq!(bed.show("distros/alpine-3.23"), expected);
    create(&bed.home, &key("fedora-42")).expect("made");
    assert_eq!(bed.show("distros/fedora-42"), expected, "a new userland has them too");
    assert_eq!(bed.show("links").len(), 2, "Go's own switching never leads there");
    assert_eq!(violations(&bed), [""; 0]);

    mend(&bed.home, &key("debian-12")).expect("nothing to do");
    assert_eq!(bed.show("distros/debian-12"), expected);

    let stopped = share::stop(&bed.home, &key("debian-12")).expect("stopped").expect("was used");
    let names: Vec<_> = stopped.removed.iter().map(|name| name.as_str()).collect();
    assert_eq!(names, ["go1.22.12", "go1.24.1"]);
    let expected = [
        "1.22 -> go1.22.10",
        "1.26 -> go1.26.1",
        "go1.22.10 -> ../../toolchains/go1.22.10",
        "go1.26.1 -> ../../toolchains/go1.26.1",
        "newest -> go1.26.1",
    ];
    assert_eq!(bed.show("distros/debian-12"), expected);
    assert_eq!(bed.show("distros/alpine-3.23"), expected);
    assert!(fs::symlink_metadata(bed.home.shared()).is_err());
    assert_eq!(share::stop(&bed.home, &key("debian-12")).expect("nothing to do"), None);
}

#[test]
fn what_is_installed_here_comes_before_what_is_shared() {
    let bed = Bed::new(&[]);
    let adopted = bed.home.path().join("elsewhere");
    fs::create_dir(&adopted).expect("made");
    adopt_all(&bed, &[("go1.24.1", &adopted)], &[]);
    bed.add("go1.22.10", "debian-12");
    share(&bed, &["go1.22.12", "go1.24.1"]);
    let links = read(&bed.home, &key("debian-12")).expect("read");
    let origin = |links: &Links, name: &str| {
        links.toolchains.iter().find(|it| it.name.as_str() == name).expect("linked").origin
    };
    assert_eq!(origin(&links, "go1.24.1"), Origin::Adopted);
    assert_eq!(origin(&links, "go1.22.12"), Origin::Share);
    assert_eq!(links.derived["1.22.local"], "go1.22.10");

    bed.add("go1.22.12", "debian-12");
    let links = read(&bed.home, &key("debian-12")).expect("read");
    assert_eq!(origin(&links, "go1.22.12"), Origin::Store);
    assert!(!links.derived.contains_key("1.22.local"), "no difference any more");
    assert_eq!(violations(&bed), [""; 0]);

    bed.remove("go1.22.12", "debian-12");
    let links = read(&bed.home, &key("debian-12")).expect("read");
    assert_eq!(origin(&links, "go1.22.12"), Origin::Share, "the share has it");
    assert_eq!(links.derived["1.22.local"], "go1.22.10");
    assert_eq!(violations(&bed), [""; 0]);

    bed.remove("go1.22.10", "debian-12");
    let links = read(&bed.home, &key("debian-12")).expect("read");
    assert!(!links.derived.contains_key("1.22.local"));
    assert_eq!(links.derived["1.22"], "go1.22.12");
    assert_eq!(links.derived["newest"], "go1.24.1", "an adopted one is local");
    assert!(!links.derived.contains_key("newest.local"));
}

#[test]
fn a_share_can_lose_and_gain_releases_and_be_another() {
    let bed = Bed::new(&[]);
    bed.add("go1.22.10", "debian-12");
    let shared = share(&bed, &["go1.22.11", "go1.22.12"]);
    fs::remove_dir(shared.join("go1.22.12")).expect("removed");
    let plan = |share: &Path| share::plan(&bed.home, &key("debian-12"), share).expect("planned");
    let names = |names: &[ToolchainName]| {
        names.iter().map(|name| name.as_str().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names(&plan(&shared).removed), ["go1.22.12"]);
    assert_eq!(names(&plan(&shared).kept), ["go1.22.11"]);
    share(&bed, &["go1.23.1"]);
    let expected = [
        "1.22 -> go1.22.11",
        "1.22.local -> go1.22.10",
        "1.23 -> go1.23.1",
        "go1.22.10 -> ../../toolchains/go1.22.10",
        "go1.22.11 -> ../../shared/go1.22.11",
        "go1.23.1 -> ../../shared/go1.23.1",
        "newest -> go1.23.1",
        "newest.local -> go1.22.10",
    ];
    assert_eq!(bed.show("distros/debian-12"), expected);
    // The share is gone: nothing is astray, and asking for what it had comes to nothing.
    fs::remove_dir_all(&shared).expect("removed");
    assert_eq!(violations(&bed), [""; 0]);
    mend(&bed.home, &key("debian-12")).expect("nothing to do");
    assert_eq!(bed.show("distros/debian-12"), expected);
    assert!(!share::has(&bed.home, &toolchain("go1.22.11")).expect("looked"));

    let other = bed.home.path().join("other");
    fs::create_dir_all(other.join("go1.24.1")).expect("made");
    share::start(&bed.home, &key("debian-12"), &other).expect("used");
    assert_eq!(
        bed.show("distros/debian-12"),
        [
            "1.22 -> go1.22.10",
            "1.24 -> go1.24.1",
            "go1.22.10 -> ../../toolchains/go1.22.10",
            "go1.24.1 -> ../../shared/go1.24.1",
            "newest -> go1.24.1",
            "newest.local -> go1.22.10",
        ]
    );
}

#[test]
fn astray_links_into_a_share_are_told_and_mended() {
    let bed = Bed::new(&["go1.22.10"]);
    create(&bed.home, &key("debian-12")).expect("made");
    let directory = bed.home.distro(&key("debian-12"));
    let link = |target: &str, name: &str| symlink(target, directory.join(name)).expect("linked");
    link("../../shared/go1.22.12", "go1.22.12");
    link("../../shared/go1.22.1", "go1.23.1");
    link("go1.22.10", "1.22.local");
    let told = violations(&bed);
    let told: Vec<_> = told.iter().map(|it| it.rsplit('/').next().unwrap_or_default()).collect();
    assert!(told.contains(&"go1.22.12: leads into a share, and none is used"), "{told:?}");
    assert!(told.contains(&"1.22.local: makes no difference") || told.len() > 2, "{told:?}");
    bed.add("go1.22.10", "debian-12");
    mend(&bed.home, &key("debian-12")).expect("mended");
    assert_eq!(violations(&bed), [""; 0]);
    assert_eq!(bed.show("distros/debian-12").len(), 3);
}
