//! What an image is: its distro, and whether a Go of this machine can run in it.
//!
//! Images need not hold a shell, or anything that could be trusted to tell. So this program, which is static, is run in
//! the image, without a network, and looks around by the resolver's own rules.

use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};

use resolver::distro::{self, Distro};
use resolver::elf;
use resolver::failure::Code;
use resolver::invocation::Program;
use resolver::machine::{Architecture, Follow, Kind as FileKind, Machine};
use resolver::path::{self, shell_quoted};
use resolver::toolchain::{self, Defect, Origin};
use resolver::variables::Name;
use serde::{Deserialize, Serialize};

use super::command::Look;
use super::engine::Engine;
use crate::error::{Error, Kind};

/// No answer is longer.
const ANSWER_LIMIT: u64 = 1024 * 1024;
const ELF_HEAD: usize = 4096;

/// Variables that an image may set and that would mislead the Go that is mounted into it.
const MISLEADING: [Name; 4] =
    [Name::GoRoot, Name::GoToolDirectory, Name::GoRootFinal, Name::GoToolchainSwitchVersion];

/// What an image is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Image {
    /// The key of its distro: `alpine-3.23`.
    pub key: String,
    /// Its C library, where that can be told.
    pub libc: Option<String>,
    /// Its architecture, in Go's words, where that can be told and is one that gowr knows.
    pub architecture: Option<String>,
    /// Its PATH.
    pub path: Option<String>,
    /// Those of the misleading variables that it sets.
    pub misleading: Vec<String>,
    /// Whether anyone may write to its `/tmp`.
    pub has_temporary: bool,
    /// Why the Go that is mounted into it cannot run there.
    pub defect: Option<Unusable>,
}

/// Why a Go cannot run in an image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unusable {
    /// The code of the error that it is.
    pub code: String,
    /// It in words.
    pub detail: String,
    /// The loader that is missing, where that is it.
    pub loader: Option<String>,
}

impl Image {
    /// Looks around in the container that this process runs in; `goroot` is the toolchain as it is mounted there.
    pub fn look(machine: &impl Machine, goroot: &[u8]) -> Self {
        let variables = machine.variables();
        let distro = Distro::detect(machine, variables);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let set = MISLEADING.into_iter().filter(|name| variables.raw(*name).is_some());
        let temporary = machine.metadata(None, b"/tmp", Follow::Links);
        let goroot = path::concat(&[goroot]);
        let unusable = toolchain::goroot(machine, goroot, Program::Go, Origin::Explicit).err();
        Self {
            key: distro.key.to_owned(),
            libc: distro::libc(machine).map(|libc| libc.as_str().to_owned()),
            architecture: architecture(machine).map(|it| it.go_name().to_owned()),
            path: variables.get(Name::Path).map(text),
            misleading: set.map(|name| name.as_str().to_owned()).collect(),
            has_temporary: temporary
                .is_ok_and(|it| it.kind == FileKind::Directory && it.mode & 0o003 == 0o003),
            defect: unusable.map(|unusable| Unusable {
                code: unusable.code().as_str().to_owned(),
                detail: unusable.detail(),
                loader: match unusable.defect {
                    Defect::NoLoader(loader) => Some(text(loader)),
                    _ => None,
                },
            }),
        }
    }

    /// Asks an image. `program` is this program's file, and `name` the image's name.
    pub fn ask(engine: &Engine, name: &str, look: &Look<'_>) -> Result<Self, Error> {
        let failed = |cause: String| Error::Container {
            kind: Kind::Internal,
            message: format!("{} cannot run the image {name}", engine.name),
            cause: cause.into(),
            fix: Some(format!("{} pull {}", engine.name, shell_quoted(name.as_bytes()))),
        };
        // What the engine says meanwhile is for the caller: it may have to fetch the image.
        let child = Command::new(&engine.program)
            .args(look.arguments(engine, name)?)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn();
        let mut child = child.map_err(|error| failed(error.to_string()))?;
        let mut answer = Vec::new();
        if let Some(stdout) = child.stdout.take() {
            let read = stdout.take(ANSWER_LIMIT).read_to_end(&mut answer);
            read.map_err(|error| failed(error.to_string()))?;
        }
        let status = child.wait().map_err(|error| failed(error.to_string()))?;
        if !status.success() {
            return Err(failed(format!("it ended with {status}, and its own words stand above")));
        }
        serde_json::from_slice(&answer).map_err(|error| failed(error.to_string()))
    }

    /// The error that the Go at `goroot` cannot run in this image, if it cannot. `architecture` is what that Go is for.
    pub fn refuse(
        &self,
        engine: &Engine,
        name: &str,
        goroot: &Path,
        architecture: Architecture,
    ) -> Result<(), Error> {
        let go = goroot.join("bin/go");
        let refused = |cause: String, fix: Option<String>| Error::Container {
            kind: Kind::CannotRun,
            message: format!("{} cannot run in {name}", go.display()),
            cause: cause.into(),
            fix,
        };
        if let Some(image) = &self.architecture
            && image != architecture.go_name()
        {
            let ours = architecture.go_name();
            let code = Code::WrongArchitecture.as_str();
            let image_name = shell_quoted(name.as_bytes());
            let fix = format!("{} pull --platform linux/{ours} {image_name}", engine.name);
            let cause = format!("{code}: it is for {ours}, and the image for {image}");
            return Err(refused(cause, Some(fix)));
        }
        let Some(defect) = &self.defect else { return Ok(()) };
        let Some(loader) = &defect.loader else {
            let cause = format!("{}: {}", defect.code, defect.detail);
            return Err(refused(cause, Some(String::from("gowr which --explain"))));
        };
        let libc = self.libc.as_ref().map(|libc| format!(" ({libc})")).unwrap_or_default();
        let (code, key) = (&defect.code, &self.key);
        let cause = format!("{code}: it needs {loader}, and {key}{libc} has none");
        // Official toolchains from 1.21 on need no loader.
        Err(refused(cause, Some(String::from("gowr install VERSION, and add --go VERSION"))))
    }
}

/// What the image's own shell is built for.
fn architecture(machine: &impl Machine) -> Option<Architecture> {
    let shell = machine.read_file(None, b"/bin/sh", ELF_HEAD).ok()?;
    let header = elf::parse(shell.content).ok()?;
    [Architecture::Amd64, Architecture::Arm64]
        .into_iter()
        .find(|architecture| architecture.elf_machine() == header.machine)
}

#[cfg(test)]
mod tests {
    use super::super::engine::{Identity, Name as EngineName};
    use super::*;
    use resolver::machine::memory::{MemoryMachine, elf_program, elf_program_for};

    const MUSL: &str = "/lib/ld-musl-x86_64.so.1";
    const GLIBC: &str = "/lib64/ld-linux-x86-64.so.2";

    fn alpine() -> MemoryMachine {
        MemoryMachine::new()
            .file("/etc/os-release", "ID=alpine\nVERSION_ID=3.23.6\n")
            .program("/bin/sh", elf_program(Some(MUSL)))
            .program(MUSL, "x")
            .directory("/tmp")
            .mode("/tmp", 0o1777)
            .environment(["PATH=/usr/bin:/bin", "GOROOT=/usr/lib/go"])
            .goroot("/g", "go1.22.12")
    }

    fn engine() -> Engine {
        let program = "/usr/bin/podman".into();
        Engine { name: EngineName::Podman, program, identity: Identity::Same }
    }

    fn refusal(machine: &MemoryMachine) -> String {
        use std::error::Error as _;
        let image = Image::look(machine, b"/g");
        let error = image
            .refuse(&engine(), "i", Path::new("/g"), Architecture::Amd64)
            .expect_err("refused");
        assert_eq!(error.kind(), Kind::CannotRun);
        format!("{error}: {}", error.source().expect("a cause"))
    }

    #[test]
    fn what_an_image_is() {
        let image = Image::look(&alpine(), b"/g");
        let expected = Image {
            key: "alpine-3.23".to_owned(),
            libc: Some("musl".to_owned()),
            architecture: Some("amd64".to_owned()),
            path: Some("/usr/bin:/bin".to_owned()),
            misleading: vec!["GOROOT".to_owned()],
            has_temporary: true,
            defect: None,
        };
        assert_eq!(image, expected);
        assert!(image.refuse(&engine(), "i", Path::new("/g"), Architecture::Amd64).is_ok());
        let json = serde_json::to_vec(&image).expect("JSON");
        assert_eq!(serde_json::from_slice::<Image>(&json).expect("the same"), image);
    }

    #[test]
    fn an_image_with_nothing_in_it() {
        let image = Image::look(&MemoryMachine::new().goroot("/g", "go1.22.12"), b"/g");
        assert_eq!((image.key.as_str(), image.has_temporary), ("linux", false));
        assert_eq!((&image.libc, &image.architecture, &image.path), (&None, &None, &None));
        assert!(
            image.refuse(&engine(), "i", Path::new("/g"), Architecture::Amd64).is_ok(),
            "it is static"
        );
    }

    #[test]
    fn a_go_that_cannot_run_there() {
        let glibc = alpine().program("/g/bin/go", elf_program(Some(GLIBC)));
        assert_eq!(
            refusal(&glibc),
            "/g/bin/go cannot run in i: wrong-libc: it needs /lib64/ld-linux-x86-64.so.2, \
             and alpine-3.23 (musl) has none"
        );
        let arm = alpine().program("/bin/sh", elf_program_for(Architecture::Arm64, Some(MUSL)));
        assert_eq!(
            refusal(&arm),
            "/g/bin/go cannot run in i: wrong-arch: it is for amd64, and the image for arm64"
        );
        let other = elf_program_for(Architecture::Arm64, None);
        let said = refusal(&alpine().program("/g/bin/go", other));
        assert!(said.contains("wrong-arch"), "{said}");
        let said = refusal(&alpine().without("/g/pkg/tool"));
        assert!(said.contains("not-a-goroot"), "{said}");
    }
}
