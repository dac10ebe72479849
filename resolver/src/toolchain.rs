//! Toolchains on disk: what is one, what it is, and whether it can run here.

use alloc::format;
use alloc::string::String;

use crate::elf;
use crate::failure::Code;
use crate::invocation::Program;
use crate::machine::{Errno, Follow, Kind, Machine};
use crate::path::{self, Bytes};
use crate::real_path::real_path;
use crate::text::find_byte;
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
    /// Every origin.
    pub const ALL: [Self; 5] =
        [Self::Store, Self::Distro, Self::Adopted, Self::Path, Self::Explicit];

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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Toolchain {
    /// Its GOROOT in some spelling; none for a snap, which hides it.
    pub root: Option<Bytes>,
    /// The program to execute.
    pub executable: Bytes,
    /// Its version; none where there is no VERSION file, or it holds no version (`devel …`).
    pub version: Option<ToolchainName>,
    /// The first line of VERSION, where it was read.
    pub version_text: Option<&'static str>,
    /// Where it comes from.
    pub origin: Origin,
    /// Whether its program lies outside its root, so that it cannot find the root by itself (Void Linux).
    pub is_split: bool,
}

impl Toolchain {
    /// One of gowr's own, by name; what is in the store was checked when it was installed.
    pub fn in_store(toolchains: &[u8], name: ToolchainName, program: Program) -> Self {
        let (directory, program) = (name.as_str().as_bytes(), program.as_str().as_bytes());
        let executable = path::concat(&[toolchains, b"/", directory, b"/bin/", program]);
        let (root, _) = executable.split_at(toolchains.len() + 1 + directory.len());
        Self {
            executable,
            root: Some(root),
            version_text: None,
            version: Some(name),
            origin: Origin::Store,
            is_split: false,
        }
    }

    /// Whether its version is at least `needed`; an unknown one may be anything, and Go decides.
    pub fn satisfies(&self, needed: Version) -> bool {
        self.version.is_none_or(|name| name.version().compare(needed).is_ge())
    }

    /// Whether it is older than Go 1.21, which neither switches nor reads a newer go.mod.
    pub fn cannot_switch(&self) -> bool {
        self.version.is_some_and(|name| predates_switching(name.version()))
    }
}

/// Whether a version is older than 1.21. Official toolchains since then are static and switch by themselves.
pub fn predates_switching(version: Version) -> bool {
    crate::version::compare(version.as_str(), "1.21").is_lt()
}

/// The program's path in a GOROOT.
#[inline(never)]
pub fn executable(root: &[u8], program: Program) -> Bytes {
    path::concat(&[root, b"/bin/", program.as_str().as_bytes()])
}

/// Why a directory or program is passed over, or refused where it was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unusable {
    /// The directory or program.
    pub path: Bytes,
    /// What is wrong with it.
    pub defect: Defect,
}

/// What can be wrong with a toolchain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Defect {
    /// There is no `pkg/tool`, by which Go itself knows a GOROOT.
    NoTools,
    /// A `gowr` stands beside its `go`: a proxy, not a toolchain.
    HoldsGowr,
    /// There is no program.
    NoProgram,
    /// No execute permission.
    NoPermission,
    /// On a mount with `noexec`.
    NoExec,
    /// No file, or none that the kernel runs.
    NotAProgram,
    /// For another architecture.
    OtherMachine,
    /// Dynamically linked with a loader that is not here: a glibc program on Alpine, say.
    NoLoader(Bytes),
}

impl Unusable {
    /// Kept for the rest of the process: what carries it is one word.
    #[cold]
    #[inline(never)]
    fn kept(path: Bytes, defect: Defect) -> &'static Self {
        path::keep_value(Self { path, defect })
    }

    /// The code of the error that it is where this toolchain was asked for.
    pub const fn code(&self) -> Code {
        match self.defect {
            Defect::NoTools | Defect::HoldsGowr | Defect::NoProgram => Code::NotAGoroot,
            Defect::NoPermission | Defect::NotAProgram => Code::NotExecutable,
            Defect::NoExec => Code::NoExec,
            Defect::OtherMachine => Code::WrongArchitecture,
            Defect::NoLoader(_) => Code::WrongLibc,
        }
    }

    /// It in words.
    pub fn detail(&self) -> String {
        let path = String::from_utf8_lossy(self.path);
        match self.defect {
            Defect::NoTools => format!("{path} is not a GOROOT: it has no pkg/tool"),
            Defect::HoldsGowr => format!("{path} holds a gowr and is not a GOROOT"),
            Defect::NoProgram => format!("{path} is not there"),
            Defect::NoPermission => format!("{path} is not executable"),
            Defect::NoExec => format!("{path} is on a mount that forbids execution"),
            Defect::NotAProgram => format!("{path} is not a program"),
            Defect::OtherMachine => format!("{path} is for another machine"),
            Defect::NoLoader(loader) => {
                let loader = String::from_utf8_lossy(loader);
                format!("{path} needs {loader}, which is not here")
            }
        }
    }
}

/// Reads a directory as a GOROOT, as design and `findGOROOT` in cmd/go have it: `pkg/tool` is a directory,
/// `bin/go` can be run here, and no `gowr` stands beside it.
pub fn goroot<M: Machine>(
    machine: &M,
    root: Bytes,
    program: Program,
    origin: Origin,
) -> Result<&'static Toolchain, &'static Unusable> {
    let has_tools = machine.metadata(None, path::join(root, b"pkg/tool"), Follow::Links);
    if !has_tools.is_ok_and(|found| found.kind == Kind::Directory) {
        return Err(Unusable::kept(root, Defect::NoTools));
    }
    if machine.metadata(None, path::join(root, b"bin/gowr"), Follow::Links).is_ok() {
        return Err(Unusable::kept(root, Defect::HoldsGowr));
    }
    let go = executable(root, Program::Go);
    runnable(machine, go)?;
    let version_text = first_line_of_version(machine, root);
    Ok(path::keep_value(Toolchain {
        executable: executable(root, program),
        version: version_text.and_then(version_of),
        version_text,
        origin,
        is_split: is_split(machine, root, go),
        root: Some(root),
    }))
}

/// The first line of VERSION, which may be missing (Void Linux).
pub fn first_line_of_version<M: Machine>(machine: &M, root: &[u8]) -> Option<&'static str> {
    let file = machine.read_file(None, path::join(root, b"VERSION"), VERSION_LIMIT).ok()?;
    let end = find_byte(file.content, b'\n').unwrap_or(file.content.len());
    let line = file.content.split_at(end).0.trim_ascii();
    core::str::from_utf8(line).ok().filter(|line| !line.is_empty())
}

/// The version a VERSION line names: its first word (`go1.26.2 (Red Hat 1.26.2-2.el10)`).
pub fn version_of(line: &str) -> Option<ToolchainName> {
    let end = line.bytes().position(|byte| matches!(byte, b' ' | b'\t'));
    ToolchainName::parse(line.get(..end.unwrap_or(line.len()))?)
}

fn is_split<M: Machine>(machine: &M, root: &[u8], go: &[u8]) -> bool {
    match (real_path(machine, root), real_path(machine, go)) {
        (Ok(root), Ok(go)) => !path::is_below(go, root),
        _ => false,
    }
}

/// Whether the kernel would run this file here, found out without running it.
pub fn runnable<M: Machine>(machine: &M, program: Bytes) -> Result<(), &'static Unusable> {
    match defect(machine, program) {
        Some(defect) => Err(Unusable::kept(program, defect)),
        None => Ok(()),
    }
}

fn defect<M: Machine>(machine: &M, program: Bytes) -> Option<Defect> {
    if let Err(error) = machine.may_execute(program) {
        let Ok(found) = machine.metadata(None, program, Follow::Links) else {
            return Some(Defect::NoProgram);
        };
        let may = error == Errno::PERMISSION && found.mode & 0o111 != 0;
        return Some(if may { Defect::NoExec } else { Defect::NoPermission });
    }
    // Execute permission without read permission is odd, and enough.
    let file = machine.read_file(None, program, ELF_HEAD).ok()?;
    if file.metadata.kind != Kind::File {
        return Some(Defect::NotAProgram);
    }
    match elf::parse(file.content) {
        Ok(header) if header.machine != machine.architecture().elf_machine() => {
            Some(Defect::OtherMachine)
        }
        Ok(header) => {
            let loader = header.interpreter?;
            let found = machine.metadata(None, loader, Follow::Links);
            found.is_err().then_some(Defect::NoLoader(loader))
        }
        Err(elf::Error::OtherClass) => Some(Defect::OtherMachine),
        Err(elf::Error::OutOfReach) => None,
        Err(elf::Error::NotElf) if file.content.starts_with(b"#!") => None,
        Err(elf::Error::NotElf | elf::Error::Malformed) => Some(Defect::NotAProgram),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::Architecture;
    use crate::machine::memory::{MemoryMachine, elf_program, elf_program_for};

    fn code(machine: &MemoryMachine) -> Result<Option<&'static str>, Code> {
        goroot(machine, b"/g", Program::Go, Origin::Adopted)
            .map(|toolchain| toolchain.version_text)
            .map_err(Unusable::code)
    }

    #[test]
    fn what_is_a_goroot() {
        let good = MemoryMachine::new().goroot("/g", "go1.22.3\ntime 2024\n");
        assert_eq!(code(&good), Ok(Some("go1.22.3")));
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
        assert!(found.satisfies(Version::parse("1.99").expect("a version")));
    }

    #[test]
    fn versions_are_the_first_word() {
        let version = |line| version_of(line).map(ToolchainName::as_str);
        assert_eq!(version("go1.26.2 (Red Hat 1.26.2-2.el10)"), Some("go1.26.2"));
        assert_eq!(version("go1.25.6 X:nodwarf5"), Some("go1.25.6"));
        assert_eq!(version("go1.28-devel_33aff0e5 2026"), Some("go1.28-devel_33aff0e5"));
        assert_eq!(version("devel go1.22-abcdef"), None);
    }
}
