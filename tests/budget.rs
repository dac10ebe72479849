//! What the proxy may cost, as structure: counts that are the same on every machine, of the release build.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use tempfile::TempDir;

use crate::support::{Outcome, Run, fakes, install_gowr, scratch, tool};
use crate::userland::Root;

const HOME: &str = "/home/user";
const GOWR_HOME: &str = "/home/user/.local/share/gowr";

/// The release build of the proxy, built here so that it is never an old one.
fn release() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        // The target directory, and in it the triple's: `.cargo/config.toml` names a target.
        let of_triple = scratch().parent().unwrap();
        let output = Command::new(env!("CARGO"))
            .args(["build", "--release", "--quiet", "--package", "gowr", "--bin", "go"])
            .env("CARGO_TARGET_DIR", of_triple.parent().unwrap())
            // An incremental build is cut into other pieces, and larger.
            .env("CARGO_INCREMENTAL", "0")
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        of_triple.join("release/go")
    })
}

/// A machine with the release build of the proxy and a project with twelve directories one in another.
struct Machine {
    root: Root,
}

impl Machine {
    fn new(toolchains: usize) -> Self {
        let root = Root::bare("NAME=\"Debian GNU/Linux\"\nID=debian\nVERSION_ID=\"13\"\n");
        lay_out(&root.changeable(HOME), toolchains);
        let machine = Self { root };
        machine.go(1, |run| run); // makes the links of this distro
        machine
    }

    fn pinned(toolchains: usize) -> Self {
        let machine = Self::new(toolchains);
        machine.root.write("/home/user/project/.gowr.yaml", "go: \"1.22\"\n");
        machine
    }

    fn go(&self, depth: usize, change: impl FnOnce(Run) -> Run) -> Outcome {
        let run = Run::new(format!("{GOWR_HOME}/bin/go"))
            .args(["build", "./..."])
            .env("HOME", HOME)
            .env(
                "PATH",
                format!(
                    "{GOWR_HOME}/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
                ),
            )
            .at(directory(depth))
            .inside(&self.root);
        let outcome = change(run).run();
        outcome.quiet();
        outcome
    }

    /// The system calls of the proxy, from its start to the `execve` of the real go, that one included.
    fn trace(&self, depth: usize) -> Vec<Call> {
        let directory = TempDir::new().unwrap();
        let file = directory.path().join("trace");
        let strace = [
            tool("strace").as_os_str(),
            "-qqy".as_ref(),
            "-s4096".as_ref(),
            "-o".as_ref(),
            file.as_os_str(),
        ]
        .map(ToOwned::to_owned);
        self.go(depth, |run| run.watched_by(strace));
        let text = fs::read_to_string(file).unwrap();
        let start = format!("execve(\"{GOWR_HOME}/bin/go\"");
        let is_start = |line: &str| line.starts_with(&start);
        let mut calls = Vec::new();
        for line in text.lines().skip_while(|line| !is_start(line)).skip(1) {
            let call = Call::parse(line);
            let is_last = call.name == "execve";
            calls.push(call);
            if is_last {
                let target = calls.last().and_then(Call::path).unwrap_or_default();
                assert!(target.starts_with(GOWR_HOME) && target.ends_with("/bin/go"), "{target}");
                return calls;
            }
        }
        panic!("the proxy executed nothing:\n{text}");
    }
}

/// gowr's home with so many toolchains, and a project, below a home directory.
fn lay_out(home: &Path, toolchains: usize) {
    let gowr_home = home.join(".local/share/gowr");
    install_gowr(&gowr_home);
    for name in ["go", "gofmt"] {
        fs::remove_file(gowr_home.join("bin").join(name)).unwrap();
        fs::hard_link(release(), gowr_home.join("bin").join(name)).unwrap();
    }
    fs::create_dir_all(gowr_home.join("links")).unwrap();
    for index in 0..toolchains {
        let name = format!("go1.{}.{}", 22 + index % 5, index / 5);
        fakes::lay_out(&gowr_home.join("toolchains").join(&name), &name);
        symlink(format!("../toolchains/{name}/bin/go"), gowr_home.join("links").join(name))
            .unwrap();
    }
    fs::create_dir_all(home.join(&directory(12)[HOME.len() + 1..])).unwrap();
    fs::write(home.join("project/go.mod"), "module example.com/m\n\ngo 1.21\n").unwrap();
}

/// `depth` levels below the project's root.
fn directory(depth: usize) -> String {
    let below: Vec<String> = (1..=depth).map(|level| format!("level{level}")).collect();
    format!("{HOME}/project/{}", below.join("/"))
}

#[derive(Debug)]
struct Call {
    name: String,
    text: String,
}

impl Call {
    fn parse(line: &str) -> Self {
        Self { name: line.split('(').next().unwrap().to_owned(), text: line.to_owned() }
    }

    /// The path it looks up, if it does.
    fn path(&self) -> Option<&str> {
        self.text.split('"').nth(1).filter(|_| self.name != "getcwd")
    }

    /// The open directory that it looks something up in, as seen from outside of the root.
    fn directory(&self) -> Option<&str> {
        let before = self.text.split('"').next()?;
        before.split_once('<')?.1.split('>').next().filter(|_| self.name != "execve")
    }
}

fn names(calls: &[Call]) -> BTreeSet<&str> {
    calls.iter().map(|call| call.name.as_str()).collect()
}

fn listing(calls: &[Call]) -> String {
    calls.iter().map(|call| call.text.as_str()).collect::<Vec<_>>().join("\n")
}

#[test]
fn system_calls() {
    let machine = Machine::pinned(2);
    let calls = machine.trace(1);
    assert!(calls.len() <= 50, "{} system calls:\n{}", calls.len(), listing(&calls));
    // No process, thread, lock, socket or write: these are all the calls there are.
    let allowed = BTreeSet::from([
        "access",
        "brk",
        "close",
        "execve",
        "faccessat",
        "faccessat2",
        "fcntl",
        "fstat",
        "getcwd",
        "geteuid",
        "getuid",
        "lseek",
        "mmap",
        "munmap",
        "newfstatat",
        "open",
        "openat",
        "openat2",
        "pread64",
        "read",
        "readlink",
        "readlinkat",
        "stat",
        "statx",
    ]);
    let others: Vec<_> = names(&calls).difference(&allowed).copied().collect();
    assert!(others.is_empty(), "{others:?}:\n{}", listing(&calls));
    for call in &calls {
        assert!(
            !call.text.contains("O_WRONLY")
                && !call.text.contains("O_RDWR")
                && !call.text.contains("O_CREAT"),
            "{call:?}"
        );
    }
}

#[test]
fn lookups_in_the_project() {
    for machine in [Machine::pinned(2), Machine::new(2)] {
        let lookups = |depth: usize| {
            let target = directory(depth);
            let calls = machine.trace(depth);
            let mut count = 0;
            for call in &calls {
                let Some(path) = call.path() else { continue };
                if path.starts_with('/') {
                    assert!(!path.starts_with("/home/user/project"), "by its whole path: {call:?}");
                    continue;
                }
                // A directory of the way down from `/`, relative to which names are looked up.
                let root = machine.root.outside("/");
                let on_the_way = call
                    .directory()
                    .and_then(|at| at.strip_prefix(root.to_str().unwrap().trim_end_matches('/')));
                if on_the_way.is_some_and(|at| target.starts_with(at)) && !path.is_empty() {
                    assert!(!path.contains('/') && path != "..", "not one component: {call:?}");
                    count += 1;
                }
            }
            (count, listing(&calls))
        };
        let ((shallow, _), (deep, text)) = (lookups(1), lookups(12));
        assert!(shallow > 0 && deep > shallow, "{shallow} at depth 1, {deep} at depth 12:\n{text}");
        assert!(deep - shallow <= 6 * 11, "{shallow} at depth 1, {deep} at depth 12:\n{text}");
    }
}

#[test]
fn nothing_grows_with_the_number_of_toolchains() {
    let shape = |machine: &Machine| {
        machine.trace(1).iter().map(|call| call.name.clone()).collect::<Vec<_>>()
    };
    assert_eq!(shape(&Machine::pinned(2)), shape(&Machine::pinned(200)));
    assert_eq!(shape(&Machine::new(2)), shape(&Machine::new(200)));
}

#[test]
fn instructions() {
    // Valgrind starts in no bare root: this machine is a home on the real one, as deep as a home is.
    let home = TempDir::new_in("/tmp").unwrap();
    lay_out(home.path(), 2);
    fs::write(home.path().join("project/.gowr.yaml"), "go: \"1.22\"\n").unwrap();
    let log = home.path().join("log");
    let go = home.path().join(".local/share/gowr/bin/go");
    let path = format!(
        "{}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        go.parent().unwrap().display()
    );
    let run = Run::new(&go)
        .args(["build", "./..."])
        .env("HOME", home.path())
        .env("PATH", path)
        .at(home.path().join("project/level1"));
    run.run().handed(); // makes the links of this distro
    assert!(home.path().join(".local/share/gowr/distros").exists());

    // Callgrind keeps its count until a program ends and loses it in execve. Lackey, on the same engine, writes each
    // instruction down as it is executed.
    let mut valgrind = vec![tool("valgrind").into_os_string()];
    valgrind.extend(["--tool=lackey", "--trace-mem=yes", "--basic-counts=no"].map(Into::into));
    valgrind.push(format!("--log-file={}", log.display()).into());
    let handed = run.under(valgrind).run().handed();
    assert!(handed.execution_path.contains("/go1.22."), "{handed:?}");
    let count =
        fs::read_to_string(log).unwrap().lines().filter(|line| line.starts_with("I ")).count();
    // The goal is 15 000 (docs: performance); this is what was reached, and may only fall.
    assert!((1..=24_000).contains(&count), "{count} instructions");
}

#[test]
fn size() {
    let size = fs::metadata(release()).unwrap().len();
    assert!(size <= 64 * 1024, "{size} bytes");
}

#[test]
fn no_program_needs_a_loader() {
    for program in
        [release(), Path::new(env!("CARGO_BIN_EXE_go")), Path::new(env!("CARGO_BIN_EXE_gowr"))]
    {
        let output = Command::new(tool("readelf"))
            .args(["--wide", "--program-headers"])
            .arg(program)
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.contains("LOAD"), "{text}");
        assert!(!text.contains("INTERP"), "{}\n{text}", program.display());
    }
}
