//! How each distro lays out its Go.

use resolver::machine::memory::{MemoryMachine, elf_program};

/// The loader of the GNU C library.
pub(crate) const GLIBC: &str = "/lib64/ld-linux-x86-64.so.2";
/// The loader of musl.
pub(crate) const MUSL: &str = "/lib/ld-musl-x86_64.so.1";

/// Debian's own layout: versions side by side, split into links.
pub(crate) fn debian(machine: MemoryMachine, line: &str, version: &str) -> MemoryMachine {
    let root = format!("/usr/lib/go-{line}");
    machine
        .goroot(&root, version)
        .without(&format!("{root}/src"))
        .link(&format!("{root}/src"), &format!("../../share/go-{line}/src"))
        .directory(&format!("/usr/share/go-{line}/src"))
}

/// The package that says which of them is the default one.
pub(crate) fn default(machine: MemoryMachine, line: &str) -> MemoryMachine {
    machine
        .link("/usr/lib/go", &format!("go-{line}"))
        .link("/usr/bin/go", &format!("../lib/go-{line}/bin/go"))
}

/// Fedora's, behind alternatives.
pub(crate) fn fedora(machine: MemoryMachine, version: &str) -> MemoryMachine {
    machine
        .goroot("/usr/lib/golang", version)
        .link("/usr/bin/go", "/etc/alternatives/go")
        .link("/etc/alternatives/go", "/usr/lib/golang/bin/go")
}

/// SUSE's: `src` is a directory of absolute links.
pub(crate) fn suse(machine: MemoryMachine, line: &str, version: &str) -> MemoryMachine {
    let root = format!("/usr/lib64/go/{line}");
    machine
        .goroot(&root, version)
        .link(&format!("{root}/src/fmt"), &format!("/usr/share/go/{line}/src/fmt"))
        .directory(&format!("/usr/share/go/{line}/src/fmt"))
}

pub(crate) fn alternatives(machine: MemoryMachine, line: &str) -> MemoryMachine {
    machine
        .link("/usr/bin/go", "/etc/alternatives/go")
        .link("/etc/alternatives/go", &format!("/usr/lib64/go/{line}/bin/go"))
}

/// Real files in `/usr/lib/go`.
pub(crate) fn plain(machine: MemoryMachine, version: &str) -> MemoryMachine {
    machine.goroot("/usr/lib/go", version).link("/usr/bin/go", "/usr/lib/go/bin/go")
}

/// Void's: the programs are in `/usr/bin`, and there is no VERSION.
pub(crate) fn void(machine: MemoryMachine) -> MemoryMachine {
    machine
        .directory("/usr/lib/go/pkg/tool")
        .link("/usr/lib/go/bin", "/usr/bin")
        .program("/usr/bin/go", elf_program(None))
}

/// A Go that needs a C library's loader, which may be here or not.
pub(crate) fn dynamic(machine: MemoryMachine, root: &str, loader: &str) -> MemoryMachine {
    machine.program(&format!("{root}/bin/go"), elf_program(Some(loader)))
}
