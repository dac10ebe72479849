//! Links in directories of their own.

use std::convert::Infallible;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use resolver::machine::memory::MemoryMachine;
use tempfile::TempDir;

use super::*;
use crate::store::names;

struct Bed {
    top: TempDir,
    home: Home,
    here: Key,
    machine: MemoryMachine,
}

impl Bed {
    fn new() -> Self {
        let top = tempfile::tempdir().expect("a directory");
        let home = Home::new(top.path().join("home")).expect("a home");
        home.create().expect("made");
        let here = Key::parse("debian-12").expect("a key");
        Self { top, home, here, machine: MemoryMachine::new() }
    }

    fn links(&self) -> GorootLinks<'_, MemoryMachine> {
        GorootLinks { machine: &self.machine, home: &self.home, here: &self.here }
    }

    fn goroot(&self, name: &str) -> PathBuf {
        let goroot = self.home.toolchains().join(name);
        fs::create_dir_all(goroot.join("bin")).expect("made");
        fs::write(goroot.join("bin/go"), "").expect("written");
        fs::write(goroot.join("VERSION"), format!("{name}\n")).expect("written");
        goroot
    }

    fn path(&self, name: &str) -> PathBuf {
        self.links().place(&self.top.path().join(name)).expect("a place")
    }

    fn make(&self, path: &Path, follows: &str, goroot: &Path) -> Result<bool, Error> {
        let follows = Follows::parse(follows).expect("a request");
        self.links().make(path, Kind::Link, follows, goroot, false)
    }

    /// Moves all links to this GOROOT.
    fn follow(&self, goroot: &Path) -> Vec<(GorootLink, Followed<Infallible>)> {
        self.links().follow(false, |_| Ok(goroot.to_path_buf())).expect("followed")
    }
}

fn message(error: &Error) -> String {
    let cause = std::error::Error::source(error).map(ToString::to_string);
    format!("{error}: {}", cause.unwrap_or_default())
}

#[test]
fn made_moved_and_taken_away() {
    let bed = Bed::new();
    let (old, new) = (bed.goroot("go1.22.12"), bed.goroot("go1.26.9"));
    let path = bed.path("go-sdk");
    assert!(bed.make(&path, "default", &old).expect("made"));
    assert_eq!(fs::read_link(&path).expect("a link"), old);
    assert!(!bed.make(&path, "default", &old).expect("nothing to do"));
    assert!(matches!(bed.follow(&new)[..], [(_, Followed::Moved)]));
    assert!(matches!(bed.follow(&new)[..], [(_, Followed::Kept)]));
    assert_eq!(fs::read_link(&path).expect("a link"), new);
    let link = bed.links().find(&path).expect("read").expect("remembered");
    assert_eq!((link.follows, link.state()), (Follows::Default, State::Right));
    assert_eq!(link.version_text().as_deref(), Some("go1.26.9"));
    // Made again, it follows something else.
    bed.make(&path, "1.22", &old).expect("made");
    assert_eq!(bed.links().list().expect("read")[0].follows.to_string(), "1.22");
    assert_eq!(bed.links().remove(&path).expect("removed"), Some(Removed::Link));
    assert_eq!(bed.links().remove(&path).expect("nothing to do"), None);
    assert_eq!(names(bed.top.path()).expect("listed"), ["home"], "nothing is left");
    assert!(!bed.home.path().join("goroot-links").exists());
}

#[test]
fn what_is_not_ours_is_not_replaced() {
    let bed = Bed::new();
    let goroot = bed.goroot("go1.22.12");
    let (file, directory, link) = (bed.path("file"), bed.path("directory"), bed.path("link"));
    fs::write(&file, "theirs").expect("written");
    fs::create_dir(&directory).expect("made");
    symlink("/usr/lib/go", &link).expect("linked");
    for (path, expected) in [
        (&file, "it is a file, and not a link"),
        (&directory, "it is a directory, and not a link"),
        (&link, "it is a link that leads to /usr/lib/go"),
    ] {
        let error = bed.make(path, "default", &goroot).expect_err("theirs");
        let expected = format!("{} is not gowr's to replace: {expected}", path.display());
        assert_eq!(message(&error), expected);
    }
    assert!(bed.links().list().expect("read").is_empty(), "nothing is remembered");
    bed.links().make(&link, Kind::Link, Follows::Default, &goroot, true).expect("forced");
    assert_eq!(fs::read_link(&link).expect("a link"), goroot);
    for path in [&file, &directory] {
        let forced = bed.links().make(path, Kind::Link, Follows::Default, &goroot, true);
        forced.expect_err("never what is no link");
    }
}

#[test]
fn what_somebody_changed_is_left_alone_and_told() {
    let bed = Bed::new();
    let (old, new) = (bed.goroot("go1.22.12"), bed.goroot("go1.26.9"));
    let path = bed.path("go-sdk");
    bed.make(&path, "default", &old).expect("made");
    fs::remove_file(&path).expect("removed");
    assert!(matches!(bed.follow(&new)[..], [(_, Followed::NotOurs(State::Gone))]));
    assert!(!path.is_symlink());
    symlink("/elsewhere", &path).expect("linked");
    assert!(matches!(bed.follow(&new)[..], [(_, Followed::NotOurs(State::Changed))]));
    assert_eq!(fs::read_link(&path).expect("a link"), Path::new("/elsewhere"));
    assert_eq!(bed.links().remove(&path).expect("forgotten"), Some(Removed::Entry));
    assert!(path.is_symlink());
    // What is gone for good is forgotten too.
    fs::remove_file(&path).expect("removed");
    bed.make(&path, "default", &old).expect("made");
    fs::remove_file(&path).expect("removed");
    assert_eq!(bed.links().remove(&path).expect("removed"), Some(Removed::Link));
}

#[test]
fn after_a_kill_the_link_is_still_ours() {
    let bed = Bed::new();
    let (old, new) = (bed.goroot("go1.22.12"), bed.goroot("go1.26.9"));
    let path = bed.path("go-sdk");
    bed.make(&path, "default", &old).expect("made");
    // Killed after it was remembered, with the new link made and not renamed yet.
    let mut registry = registry::Registry::open(&bed.home, &bed.here).expect("opened");
    let link = registry.find(&path).cloned().expect("remembered");
    registry
        .put(GorootLink { goroot: new.clone(), former: Some(old.clone()), ..link })
        .expect("put");
    drop(registry);
    symlink(&new, bed.top.path().join(".go-sdk.gowr-new")).expect("linked");
    assert_eq!(fs::read_link(&path).expect("a link"), old);
    assert!(matches!(bed.follow(&new)[..], [(_, Followed::Moved)]));
    assert_eq!(fs::read_link(&path).expect("a link"), new);
    let mut left = names(bed.top.path()).expect("listed");
    left.sort();
    assert_eq!(left, ["go-sdk", "home"]);
}

#[test]
fn a_failure_changes_nothing() {
    let bed = Bed::new();
    let (old, new) = (bed.goroot("go1.22.12"), bed.goroot("go1.26.9"));
    let path = bed.path("go-sdk");
    bed.make(&path, "default", &old).expect("made");
    // Nobody, root included, can make a link under this name.
    fs::create_dir(bed.top.path().join(".go-sdk.gowr-new")).expect("made");
    assert!(matches!(bed.follow(&new)[..], [(_, Followed::Failed(_))]));
    assert_eq!(fs::read_link(&path).expect("a link"), old);
    let link = bed.links().find(&path).expect("read").expect("remembered");
    assert_eq!((link.goroot.clone(), link.state()), (old, State::Right));
}

#[test]
fn what_is_gone_leads_nowhere_until_something_answers() {
    let bed = Bed::new();
    let (old, new) = (bed.goroot("go1.22.12"), bed.goroot("go1.22.13"));
    let path = bed.path("go-sdk");
    bed.make(&path, "1.22", &old).expect("made");
    fs::remove_dir_all(&old).expect("removed");
    let links = bed.links();
    assert_eq!(links.find(&path).expect("read").expect("remembered").state(), State::Astray);
    let unanswered = links.follow(false, |_| Err("not installed")).expect("followed");
    assert!(matches!(unanswered[..], [(_, Followed::Unanswered("not installed"))]));
    assert!(matches!(bed.follow(&new)[..], [(_, Followed::Moved)]));
    assert_eq!(fs::read_link(&path).expect("a link"), new);
    // As long as it leads somewhere, nobody needs to know.
    let kept = links.follow(false, |_| Err("not installed")).expect("followed");
    assert!(matches!(kept[..], [(_, Followed::Kept)]));
}

#[test]
fn places() {
    let bed = Bed::new();
    let links = bed.links();
    let top = fs::canonicalize(bed.top.path()).expect("a path");
    symlink(".", top.join("itself")).expect("linked");
    assert_eq!(links.place(&top.join("itself/go")).expect("a place"), top.join("go"));
    assert_eq!(links.place(&top.join("go/")).expect("a place"), top.join("go"));
    for (path, expected) in [
        (PathBuf::from("/"), "it has no name of its own"),
        (top.join(".."), "it has no name of its own"),
        (top.join("a\nb"), "there is a tab or a line end in its name"),
        (top.join("home/go"), "what is in gowr's home is made by gowr alone"),
    ] {
        let error = links.place(&path).expect_err("no place");
        assert!(message(&error).ends_with(expected), "{}", message(&error));
    }
    let error = links.place(&top.join("absent/go")).expect_err("no directory");
    assert!(error.to_string().starts_with("cannot find the directory"), "{error}");
}

#[test]
fn every_name_that_a_path_can_have() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    let bed = Bed::new();
    let goroot = bed.goroot("go1.22.12");
    let long = "x".repeat(255);
    for name in [b"with blank".as_slice(), b"\xff\xfe", long.as_bytes(), "ü 漢字".as_bytes()] {
        let path = bed.path("x").with_file_name(OsStr::from_bytes(name));
        bed.make(&path, "default", &goroot).expect("made");
        assert!(bed.links().find(&path).expect("read").is_some());
    }
    let new = bed.goroot("go1.26.9");
    assert!(bed.follow(&new).iter().all(|(_, became)| matches!(became, Followed::Moved)));
    assert_eq!(bed.links().list().expect("read").len(), 4);
}

#[test]
fn other_userlands_have_links_of_their_own() {
    let bed = Bed::new();
    let goroot = bed.goroot("go1.22.12");
    bed.make(&bed.path("go-sdk"), "default", &goroot).expect("made");
    let here = Key::parse("alpine-3.23").expect("a key");
    let others = GorootLinks { machine: &bed.machine, home: &bed.home, here: &here };
    assert!(others.list().expect("read").is_empty());
}
