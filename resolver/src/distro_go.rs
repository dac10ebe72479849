//! The Go that a distro brings: where each keeps it, then where anyone might have put one.

use core::ops::ControlFlow;

use crate::distro::{self, Distro};
use crate::machine::Machine;
use crate::path::{self, Bytes};
use crate::real_path::real_path;
use crate::text::is_listed_in_any_case;
use crate::version::compare;

/// A place where a GOROOT may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// This directory.
    At(&'static str),
    /// The newest directory in the first path whose name is the second followed by a version.
    NewestIn(&'static str, &'static str),
    /// The GOROOT of the program that this link leads to.
    TargetOf(&'static str),
}

use Place::{At, NewestIn, TargetOf};

/// Debian keeps the versions side by side and links the default one.
const DEBIAN: &[Place] = &[At("/usr/lib/go"), NewestIn("/usr/lib", "go-")];
const FEDORA: &[Place] = &[At("/usr/lib/golang")];
/// SUSE links `/usr/bin/go` through alternatives.
const SUSE: &[Place] = &[TargetOf("/usr/bin/go"), NewestIn("/usr/lib64/go", "")];
const PLAIN: &[Place] = &[At("/usr/lib/go")];

/// Distros by ID, or by a word of `ID_LIKE`.
const TABLE: &[(&str, &[Place])] = &[
    ("debian ubuntu kali linuxmint pop", DEBIAN),
    ("fedora rhel centos almalinux rocky ol amzn", FEDORA),
    ("opensuse opensuse-leap opensuse-tumbleweed suse sles", SUSE),
    ("alpine arch manjaro gentoo void", PLAIN),
];

/// Where to look on a distro nobody has heard of, and where a Go may be besides the distro's own.
const KNOWN: &[Place] = &[
    At("/usr/lib/go"),
    NewestIn("/usr/lib", "go-"),
    At("/usr/lib/golang"),
    NewestIn("/usr/lib64/go", ""),
    At("/usr/local/go"),
    At("/home/linuxbrew/.linuxbrew/opt/go/libexec"),
];

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
    places: &[Place],
    visit: &mut dyn FnMut(Bytes) -> ControlFlow<()>,
) -> ControlFlow<()> {
    for place in places {
        if let Some(root) = find(machine, *place) {
            visit(root)?;
        }
    }
    ControlFlow::Continue(())
}

fn places(family: &str) -> Option<&'static [Place]> {
    for (ids, places) in TABLE {
        if is_listed_in_any_case(ids, family) {
            return Some(places);
        }
    }
    None
}

fn find<M: Machine>(machine: &M, place: Place) -> Option<Bytes> {
    match place {
        At(root) => Some(root.as_bytes()),
        TargetOf(program) => {
            let program = real_path(machine, program.as_bytes()).ok()?;
            path::parent(path::parent(program)?)
        }
        NewestIn(directory, prefix) => {
            let mut newest: Option<(&str, Bytes)> = None;
            for name in machine.list(directory.as_bytes()).ok()? {
                let version = name.strip_prefix(prefix.as_bytes());
                let Some(Ok(version)) = version.map(core::str::from_utf8) else { continue };
                let is_newer = |(newest, _)| compare(version, newest).is_gt();
                if version.starts_with("1.") && newest.is_none_or(is_newer) {
                    newest = Some((version, name));
                }
            }
            newest.map(|(_, name)| path::join(directory.as_bytes(), name))
        }
    }
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
