//! Toolchains on disk: what is one, what it is, and whether it can run here.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::elf;
use crate::failure::{Code, Failure};
use crate::invocation::Program;
use crate::machine::{Errno, Follow, Kind, Machine};
use crate::path;
use crate::real_path::real_path;
use crate::version::{ToolchainName, Version};

/// Program headers and the interpreter's path stand within this many bytes.
const ELF_HEAD: usize = 4096;
const VERSION_LIMIT: usize = 4096;

/// Where a toolchain comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// gowr's own `toolchains/`.
    Store,
    /// The distro's own Go, or one at a path where distros and installers put it.
    Distro,
    /// Another manager's, or a directory the user registered.
    Adopted,
    /// Found on PATH.
    Path,
    /// A directory named outright (`GOWR_TOOLCHAIN=/dir`).
    Explicit,
}

impl Origin {
    /// The word in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Store => "store",
            Self::Distro => "distro",
            Self::Adopted => "adopted",
            Self::Path => "path",
            Self::Explicit => "explicit",
        }
    }
}

/// A toolchain that can be run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Toolchain {
    /// Its GOROOT in some spelling; none for a snap, which hides it.
    pub root: Option<Vec<u8>>,
    /// The program to execute.
    pub executable: Vec<u8>,
    /// Its version; none where there is no VERSION file, or it holds no version (`devel …`).
    pub version: Option<ToolchainName>,
    /// The first line of VERSION, where it was read.
    pub version_text: Option<String>,
    /// Where it comes from.
    pub origin: Origin,
    /// Whether its program lies outside its root, so that it cannot find the root by itself (Void Linux).
    pub is_split: bool,
}

impl Toolchain {
    /// One of gowr's own, by name; what is in the store was checked when it was installed.
    pub fn in_store(toolchains: &[u8], name: ToolchainName, program: Program) -> Self {
        let root = path::join(toolchains, name.as_str().as_bytes());
        Self {
            executable: executable(&root, program),
            root: Some(root),
            version_text: None,
            version: Some(name),
            origin: Origin::Store,
            is_split: false,
        }
    }

    /// Whether its version is at least `needed`; an unknown one may be anything, and Go decides.
    pub fn satisfies(&self, needed: &Version) -> bool {
        self.version.as_ref().is_none_or(|name| name.version().compare(needed).is_ge())
    }

    /// Whether it is older than Go 1.21, which neither switches nor reads a newer go.mod.
    pub fn cannot_switch(&self) -> bool {
        self.version.as_ref().is_some_and(|name| predates_switching(name.version()))
    }
}

/// Whether a version is older than 1.21. Official toolchains since then are static and switch by themselves.
pub fn predates_switching(version: &Version) -> bool {
    crate::version::compare(version.as_str(), "1.21").is_lt()
}

/// The program's path in a GOROOT.
pub fn executable(root: &[u8], program: Program) -> Vec<u8> {
    path::join(root, [b"bin/", program.as_str().as_bytes()].concat().as_slice())
}

/// Why a directory or program is passed over, or refused where it was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unusable {
    /// The reason, from the closed set of codes.
    pub code: Code,
    /// It in words.
    pub detail: String,
}

impl Unusable {
    fn new(code: Code, detail: String) -> Self {
        Self { code, detail }
    }

    /// As an error, where this very toolchain was asked for.
    pub fn into_failure(self) -> Failure {
        let fix = match self.code {
            Code::WrongLibc | Code::WrongArchitecture => "gowr install VERSION",
            _ => "gowr list",
        };
        Failure::new(self.code, self.detail).fixed_by(String::from(fix))
    }
}

/// Reads a directory as a GOROOT, as design and `findGOROOT` in cmd/go have it: `pkg/tool` is a directory,
/// `bin/go` can be run here, and no `gowr` stands beside it.
pub fn goroot<M: Machine>(
    machine: &M,
    root: &[u8],
    program: Program,
    origin: Origin,
) -> Result<Toolchain, Unusable> {
    let shown = String::from_utf8_lossy(root);
    let has_tools = machine.metadata(None, &path::join(root, b"pkg/tool"), Follow::Links);
    if !has_tools.is_ok_and(|found| found.kind == Kind::Directory) {
        let detail = format!("{shown} is not a GOROOT: it has no pkg/tool");
        return Err(Unusable::new(Code::NotAGoroot, detail));
    }
    if machine.metadata(None, &path::join(root, b"bin/gowr"), Follow::Links).is_ok() {
        let detail = format!("{shown} holds a gowr and is not a GOROOT");
        return Err(Unusable::new(Code::NotAGoroot, detail));
    }
    let go = executable(root, Program::Go);
    runnable(machine, &go)?;
    let version_text = first_line_of_version(machine, root);
    Ok(Toolchain {
        executable: executable(root, program),
        version: version_text.as_deref().and_then(version_of),
        version_text,
        origin,
        is_split: is_split(machine, root, &go),
        root: Some(root.to_vec()),
    })
}

/// The first line of VERSION, which may be missing (Void Linux).
pub fn first_line_of_version<M: Machine>(machine: &M, root: &[u8]) -> Option<String> {
    let file = machine.read_file(None, &path::join(root, b"VERSION"), VERSION_LIMIT).ok()?;
    let line = file.content.split(|byte| *byte == b'\n').next()?.trim_ascii();
    (!line.is_empty()).then(|| String::from_utf8_lossy(line).into_owned())
}

/// The version a VERSION line names: its first word (`go1.26.2 (Red Hat 1.26.2-2.el10)`).
pub fn version_of(line: &str) -> Option<ToolchainName> {
    ToolchainName::parse(line.split([' ', '\t']).next()?)
}

fn is_split<M: Machine>(machine: &M, root: &[u8], go: &[u8]) -> bool {
    match (real_path(machine, root), real_path(machine, go)) {
        (Ok(root), Ok(go)) => !path::is_below(&go, &root),
        _ => false,
    }
}

/// Whether the kernel would run this file here, found out without running it.
pub fn runnable<M: Machine>(machine: &M, program: &[u8]) -> Result<(), Unusable> {
    let shown = String::from_utf8_lossy(program);
    let file = machine.read_file(None, program, ELF_HEAD);
    if let Err(error) = machine.may_execute(program) {
        if error.is_absent() {
            return Err(Unusable::new(Code::NotAGoroot, format!("{shown} is not there")));
        }
        let has_execute_bit = machine
            .metadata(None, program, Follow::Links)
            .is_ok_and(|found| found.mode & 0o111 != 0);
        return Err(if error == Errno::PERMISSION && has_execute_bit {
            Unusable::new(Code::NoExec, format!("{shown} is on a mount that forbids execution"))
        } else {
            Unusable::new(Code::NotExecutable, format!("{shown} is not executable"))
        });
    }
    let is_program =
        |message: &str| Unusable::new(Code::NotExecutable, format!("{shown} {message}"));
    let Ok(file) = file else {
        // Execute permission without read permission is odd, and enough.
        return Ok(());
    };
    if file.metadata.kind != Kind::File {
        return Err(is_program("is not a file"));
    }
    match elf::parse(&file.content) {
        Ok(header) => {
            if header.machine != machine.architecture().elf_machine() {
                let detail = format!("{shown} is for another machine");
                return Err(Unusable::new(Code::WrongArchitecture, detail));
            }
            let Some(interpreter) = header.interpreter else { return Ok(()) };
            if machine.metadata(None, interpreter, Follow::Links).is_ok() {
                return Ok(());
            }
            let interpreter = String::from_utf8_lossy(interpreter);
            let detail = format!("{shown} needs {interpreter}, which is not here");
            Err(Unusable::new(Code::WrongLibc, detail))
        }
        Err(elf::Error::OtherClass) => {
            Err(Unusable::new(Code::WrongArchitecture, format!("{shown} is for another machine")))
        }
        Err(elf::Error::OutOfReach) => Ok(()),
        Err(elf::Error::NotElf) if file.content.starts_with(b"#!") => Ok(()),
        Err(elf::Error::NotElf | elf::Error::Malformed) => Err(is_program("is not a program")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::Architecture;
    use crate::machine::memory::{MemoryMachine, elf_program, elf_program_for};

    fn code(machine: &MemoryMachine) -> Result<Option<String>, Code> {
        goroot(machine, b"/g", Program::Go, Origin::Adopted)
            .map(|toolchain| toolchain.version_text)
            .map_err(|unusable| unusable.code)
    }

    #[test]
    fn what_is_a_goroot() {
        let good = MemoryMachine::new().goroot("/g", "go1.22.3\ntime 2024\n");
        assert_eq!(code(&good), Ok(Some(String::from("go1.22.3"))));
        assert_eq!(code(&good.clone().without("/g/VERSION")), Ok(None));
        assert_eq!(code(&good.clone().without("/g/pkg/tool")), Err(Code::NotAGoroot));
        assert_eq!(code(&good.clone().without("/g/bin/go")), Err(Code::NotAGoroot));
        assert_eq!(code(&good.clone().program("/g/bin/gowr", "x")), Err(Code::NotAGoroot));
        assert_eq!(code(&good.clone().mode("/g/bin/go", 0o644)), Err(Code::NotExecutable));
        assert_eq!(code(&good.clone().no_execution_below("/g")), Err(Code::NoExec));
        assert_eq!(code(&good.clone().program("/g/bin/go", "MZ")), Err(Code::NotExecutable));
        assert_eq!(code(&good.clone().program("/g/bin/go", "")), Err(Code::NotExecutable));
        let arm = elf_program_for(Architecture::Arm64, None);
        assert_eq!(code(&good.clone().program("/g/bin/go", arm)), Err(Code::WrongArchitecture));
        let loader = "/lib64/ld-linux-x86-64.so.2";
        let glibc = good.program("/g/bin/go", elf_program(Some(loader)));
        assert_eq!(code(&glibc), Err(Code::WrongLibc));
        assert!(code(&glibc.program(loader, "x")).is_ok());
    }

    #[test]
    fn a_program_outside_its_root_cannot_find_it() {
        let whole =
            MemoryMachine::new().goroot("/usr/lib/go-1.22", "").link("/usr/lib/go", "go-1.22");
        let found = goroot(&whole, b"/usr/lib/go", Program::Go, Origin::Distro).expect("a GOROOT");
        assert!(!found.is_split);
        let void = MemoryMachine::new()
            .directory("/usr/lib/go/pkg/tool")
            .link("/usr/lib/go/bin", "/usr/bin")
            .program("/usr/bin/go", elf_program(None));
        let found = goroot(&void, b"/usr/lib/go", Program::Go, Origin::Distro).expect("a GOROOT");
        assert!(found.is_split);
        assert_eq!(found.version, None);
        assert!(found.satisfies(&Version::parse("1.99").expect("a version")));
    }

    #[test]
    fn versions_are_the_first_word() {
        let version = |line| version_of(line).map(|name| String::from(name.as_str()));
        assert_eq!(version("go1.26.2 (Red Hat 1.26.2-2.el10)").as_deref(), Some("go1.26.2"));
        assert_eq!(version("go1.25.6 X:nodwarf5").as_deref(), Some("go1.25.6"));
        assert_eq!(version("go1.28-devel_33aff0e5 2026").as_deref(), Some("go1.28-devel_33aff0e5"));
        assert_eq!(version("devel go1.22-abcdef"), None);
    }
}
