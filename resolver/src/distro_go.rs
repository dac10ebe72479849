//! The Go that a distro brings: where each keeps it, then where anyone might have put one.

use core::ops::ControlFlow;

use crate::distro::{self, Distro};
use crate::machine::Machine;
use crate::path::{self, Bytes};
use crate::real_path::real_path;
use crate::text::{is_listed_in_any_case, words};
use crate::version::compare;

/// Distros by ID, or by a word of `ID_LIKE`, and the places where each keeps its Go, best first.
///
/// A place is a directory; with `*`, each one whose name goes on with a version, newest first; a path that ends in
/// `/bin/go` stands for the GOROOT of the program that it leads to.
pub const TABLE: &[(&str, &str)] = &[
    // Versions side by side; the package `golang-go` links the default one, and without it there is no such link.
    // Split: `src`, `api`, `misc`, `test`, `pkg/include` (since 1.24 `lib`) are relative links into /usr/share/go-1.X.
    ("debian ubuntu kali linuxmint pop", "/usr/lib/go /usr/lib/go-*"),
    // VERSION ends in the package's own release (`go1.25.8 (Red Hat 1.25.8-1)`); go.env has GOTOOLCHAIN=local, up to
    // Fedora 42 GOPROXY=direct and GOSUMDB=off too (https://github.com/developer-portal/content/issues/491).
    ("fedora rhel centos almalinux rocky ol amzn", "/usr/lib/golang"),
    // Versions side by side; alternatives lead /usr/bin/go to one. Split: each directory of `src` is an absolute link
    // into /usr/share/go/1.X (SUSE's go1.X.spec).
    ("suse opensuse opensuse-leap opensuse-tumbleweed sles", "/usr/bin/go /usr/lib64/go/*"),
    // Real files; Alpine and Gentoo leave out `testdata`. On Void `bin` is a link to /usr/bin, and there may be no
    // VERSION (void-packages, srcpkgs/go/template).
    ("alpine arch manjaro endeavouros cachyos gentoo void", "/usr/lib/go"),
    // The system's, in the store: `$out/bin/go` leads to `$out/share/go/bin/go` (nixpkgs, compilers/go). That of a
    // user's profile is found on PATH.
    ("nixos", "/run/current-system/sw/bin/go"),
];

/// Where to look on a distro nobody has heard of, and where a Go may be besides the distro's own: the places of all
/// others, then the archive of go.dev and the images made from it, then Homebrew.
pub const KNOWN: &str = "/usr/lib/go /usr/lib/go-* /usr/lib/golang /usr/lib64/go/* /usr/local/go \
                         /home/linuxbrew/.linuxbrew/opt/go/libexec";

/// Shows `visit` the directories where this distro's own Go may be, best first, until it breaks off; none was looked
/// into yet.
pub fn each_root<M: Machine>(
    machine: &M,
    distro: &Distro,
    visit: &mut dyn FnMut(Bytes) -> ControlFlow<()>,
) {
    for family in distro::families(distro.release) {
        if let Some(places) = places(family)
            && each_of(machine, places, visit).is_break()
        {
            return;
        }
    }
    let _ = each_of(machine, KNOWN, visit);
}

#[inline(never)]
fn each_of<M: Machine>(
    machine: &M,
    places: &'static str,
    visit: &mut dyn FnMut(Bytes) -> ControlFlow<()>,
) -> ControlFlow<()> {
    for place in words(places.as_bytes()) {
        let place = place.text.as_bytes();
        if let Some(beginning) = place.strip_suffix(b"*") {
            let directory = path::parent(beginning).unwrap_or(beginning);
            let names = machine.list(directory).unwrap_or_default();
            let mut last = None;
            while let Some(version) = newest_below(&names, path::file_name(beginning), last) {
                visit(path::concat(&[beginning, version.as_bytes()]))?;
                last = Some(version);
            }
        } else if place.ends_with(b"/bin/go") {
            let program = real_path(machine, place).ok();
            if let Some(root) = program.and_then(path::parent).and_then(path::parent) {
                visit(root)?;
            }
        } else {
            visit(place)?;
        }
    }
    ControlFlow::Continue(())
}

/// The newest version that follows `prefix` in one of the names and is older than `limit`.
fn newest_below(
    names: &[Bytes],
    prefix: &[u8],
    limit: Option<&'static str>,
) -> Option<&'static str> {
    let mut newest: Option<&str> = None;
    for name in names {
        let version = name.strip_prefix(prefix).map(core::str::from_utf8);
        let Some(Ok(version)) = version else { continue };
        if version.starts_with("1.")
            && limit.is_none_or(|limit| compare(version, limit).is_lt())
            && newest.is_none_or(|newest| compare(version, newest).is_gt())
        {
            newest = Some(version);
        }
    }
    newest
}

fn places(family: &str) -> Option<&'static str> {
    for (ids, places) in TABLE {
        if is_listed_in_any_case(ids, family) {
            return Some(places);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::memory::MemoryMachine;
    use crate::variables::Variables;
    use std::string::String;

    fn first(os_release: &str, machine: MemoryMachine) -> Option<String> {
        let machine = machine.file("/etc/os-release", os_release);
        let distro = Distro::detect(&machine, &Variables::scan(&[]));
        let there = |root: &Bytes| machine.list(root).is_ok();
        let mut found = None;
        each_root(&machine, &distro, &mut |root| {
            found = there(&root).then_some(root);
            if found.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        String::from_utf8(found?.to_vec()).ok()
    }

    #[test]
    fn each_family_has_its_place() {
        let both = || MemoryMachine::new().goroot("/usr/lib/go", "").goroot("/usr/lib/golang", "");
        assert_eq!(first("ID=debian\n", both()).as_deref(), Some("/usr/lib/go"));
        assert_eq!(first("ID=fedora\n", both()).as_deref(), Some("/usr/lib/golang"));
        assert_eq!(
            first("ID=x\nID_LIKE=\"rhel fedora\"\n", both()).as_deref(),
            Some("/usr/lib/golang")
        );
        assert_eq!(first("ID=alpine\n", both()).as_deref(), Some("/usr/lib/go"));
    }

    #[test]
    fn of_many_the_newest() {
        let debian = MemoryMachine::new()
            .goroot("/usr/lib/go-1.9", "")
            .goroot("/usr/lib/go-1.22", "")
            .directory("/usr/lib/go-mode");
        assert_eq!(first("ID=debian\n", debian).as_deref(), Some("/usr/lib/go-1.22"));
        let suse = MemoryMachine::new()
            .goroot("/usr/lib64/go/1.24", "")
            .goroot("/usr/lib64/go/1.25", "")
            .link("/etc/alternatives/go", "/usr/lib64/go/1.24/bin/go")
            .link("/usr/bin/go", "/etc/alternatives/go");
        let os_release = "ID=opensuse-leap\nID_LIKE=\"suse opensuse\"\n";
        assert_eq!(first(os_release, suse.clone()).as_deref(), Some("/usr/lib64/go/1.24"));
        let unlinked = suse.without("/usr/bin/go");
        assert_eq!(first(os_release, unlinked).as_deref(), Some("/usr/lib64/go/1.25"));
    }

    #[test]
    fn unknown_distros_are_probed() {
        let local = MemoryMachine::new().goroot("/usr/local/go", "");
        assert_eq!(first("ID=nosuch\n", local).as_deref(), Some("/usr/local/go"));
        assert_eq!(first("ID=nosuch\n", MemoryMachine::new()), None);
    }
}
