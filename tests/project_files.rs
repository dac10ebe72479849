//! Project files are data: whatever a cloned repository says, nothing of it is executed, fetched or written, and nothing of
//! it reaches a terminal as more than text. strace watches.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::Path;

use nix::sys::stat::Mode;
use nix::unistd::mkfifo;

use crate::support::goproxy::Service;
use crate::support::server::Server;
use crate::support::{Outcome, World, tool};

/// What is asked in each project.
const COMMANDS: [&[&str]; 5] = [
    &["go", "version"],
    &["gowr", "which", "--explain"],
    &["gowr", "which", "--json"],
    &["gowr", "list"],
    &["gowr", "install"],
];

/// Calls that start something, reach out or write.
const WATCHED: &str = "trace=execve,execveat,socket,connect,bind,sendto,sendmsg,open,openat,openat2,creat,mkdir,mkdirat,mknod,\
    mknodat,rename,renameat,renameat2,unlink,unlinkat,rmdir,symlink,symlinkat,link,linkat,chmod,fchmodat,chown,fchownat,\
    truncate,ftruncate,utimensat,setxattr,kill,ptrace,mount";

/// Text in the place of a version.
const VALUES: [&[u8]; 38] = [
    b"../../evil",
    b"..",
    b".",
    b"/etc/passwd",
    b"~/evil",
    b"~root",
    b"$(touch evil)",
    b"`touch evil`",
    b"1.22; touch evil",
    b"1.22 && touch evil",
    b"| touch evil",
    b"1.22\n$(touch evil)",
    b"${HOME}",
    b"$HOME/evil",
    b"%USERPROFILE%",
    b"{{ exec(command='touch evil') }}",
    b"{{ .Env.HOME }}",
    b"<%= `touch evil` %>",
    b"http://127.0.0.1:9/go.tar.gz",
    b"https://example.com/go1.22.12.linux-amd64.tar.gz",
    b"file:///etc/passwd",
    b"git@example.com:evil.git",
    b"ref:main",
    b"path:/tmp/evil",
    b"go1.22.12/../../evil",
    b"1.22.12-../../evil",
    b"1.22.12-$(touch evil)",
    b"-rf",
    b"--go=/tmp/evil",
    b"1.22\0evil",
    b"\0\0\0\0",
    b"\xff\xfe1\x002\x002\x00",
    b"caf\xe9",
    b"\x1b[2J\x1b]0;evil\x07",
    b"1.22\x1b[31m",
    b"1.22\x9b31m",
    b"evil\rgowr: all is well",
    b"1.22.12.99999999999999999999",
];

/// Whole files.
const FILES: [(&str, &str); 25] = [
    (".gowr.yaml", "go: 1.22\nhooks:\n  before: touch evil\n"),
    (".gowr.yaml", "go: 1.22\nenv:\n  GOFLAGS: -toolexec=touch\n"),
    (".gowr.yaml", "go: 1.22\nsources: http://127.0.0.1:9/\n"),
    (".gowr.yaml", "go: 1.22\ndownloads: /tmp/evil\n"),
    (".gowr.yaml", "go: 1.22\ndefault: 1.99\n"),
    (".gowr.yaml", "go: !!python/object/apply:os.system ['touch evil']\n"),
    (".gowr.yaml", "go: !ruby/object:Evil {}\n"),
    (".gowr.yaml", "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\ngo: *c\n"),
    (".gowr.yaml", "<<: {go: ../evil}\n"),
    (".gowr.yaml", "go: |\n  touch evil\n"),
    (".gowr.yaml", "distros:\n  ../../evil: 1.22\n"),
    (".gowr.yaml", "distros:\n  debian: ../../evil\n"),
    (".gowr.yaml", "include: /etc/passwd\n"),
    (".gowr.yaml", "x-evil: $(touch evil)\ngo: 1.22\n"),
    (".tool-versions", "golang path:../../evil\nnodejs $(touch evil)\n"),
    (".tool-versions", "golang 1.99 ../../evil $(touch evil)\n"),
    ("go.mod", "module m\n\ngo 1.22\n\ntoolchain go1.22.12-../../evil\n"),
    ("go.mod", "module m\n\ngo 1.22\n\ntoolchain $(touch evil)\n"),
    ("go.mod", "module m\n\ngo $(touch evil)\n"),
    ("go.mod", "module m\n\ngo ../../evil\n"),
    ("go.mod", "module m\n\ngo 1.22\n\nreplace x => ../../../../etc\n\ntool x/evil\n"),
    ("go.mod", "module \"\x1b[2Jevil\"\n\ngo 1.22\x1b[31m\n"),
    ("go.work", "go 1.22\n\nuse ../../../..\n\ntoolchain http://127.0.0.1:9/\n"),
    ("go.work", "go 1.22$(touch evil)\n"),
    ("mise.toml", "[tools]\ngo = \"{{ exec(command='touch evil') }}\"\n"),
];

/// A machine with two toolchains that only say what they were given, and a module proxy that has another.
struct Watch {
    world: World,
    server: Server,
    key: String,
    seen: usize,
}

impl Watch {
    fn new() -> Self {
        let service = Service::new(&["go1.25.3"]);
        let key = service.log.key();
        let world = World::with_fakes(&["go1.22.12", "go1.26.9"]);
        world.write(".config/gowr/config.yaml", "default: 1.26\n");
        // Makes this userland's links, as any first call does.
        world.go(["version"]).run().handed();
        Self { world, server: service.start(), key, seen: 0 }
    }

    /// Runs all commands in the project, and empties it.
    fn look(&mut self, what: &str) {
        let before = names(self.world.home());
        for words in COMMANDS {
            let (outcome, calls) = self.run(words);
            let said = format!("{what}: {}", outcome.report());
            assert!(outcome.code().is_some(), "killed: {said}");
            for (stream, text) in [("stdout", outcome.stdout()), ("stderr", outcome.stderr())] {
                let raw = text.chars().find(|it| it.is_control() && !matches!(it, '\n' | '\t'));
                // A stand-in for go prints bytes escaped.
                assert_eq!(raw, None, "{stream}: {said}");
            }
            let forbidden: Vec<_> = calls.iter().filter(|call| !is_allowed(call)).collect();
            assert!(forbidden.is_empty(), "{forbidden:#?}\n{said}");
            self.seen += 1;
        }
        assert_eq!(names(self.world.home()), before, "{what}");
        assert_eq!(self.server.paths(), [""; 0], "{what}");
        let project = self.world.path("project");
        fs::remove_dir_all(&project).unwrap();
        fs::create_dir(project).unwrap();
    }

    fn run(&self, words: &[&str]) -> (Outcome, Vec<String>) {
        let trace = self.world.path("trace");
        let program = self.world.gowr_home().join("bin").join(words[0]);
        let options = ["-f", "-qq", "-s", "4096", "-e", WATCHED, "-o"].map(OsStr::new);
        let strace = tool("strace");
        let strace = [strace.as_os_str()].into_iter().chain(options);
        let outcome = self
            .world
            .run(program)
            .args(&words[1..])
            .env("GOPROXY", self.server.url())
            .env("GOSUMDB", &self.key)
            .under(strace.chain([trace.as_os_str()]))
            .run();
        let calls = fs::read(&trace).unwrap();
        fs::remove_file(&trace).unwrap();
        let calls = String::from_utf8_lossy(&calls).lines().map(str::to_owned).collect();
        (outcome, calls)
    }
}

/// Whether a line of strace is one of what gowr does without any project: it starts its own programs and the toolchain's,
/// and opens files to read them.
fn is_allowed(line: &str) -> bool {
    let call = line.trim_start_matches(|it: char| it.is_ascii_digit() || it == ' ');
    if call.starts_with("execve(") {
        let path = call.split('"').nth(1).unwrap_or_default();
        let programs = ["bin", "toolchains/go1.22.12/bin", "toolchains/go1.26.9/bin"];
        let is_one = |directory: &&str| {
            ["go", "gowr"].iter().any(|name| path.ends_with(&format!("/gowr/{directory}/{name}")))
        };
        return programs.iter().any(is_one);
    }
    let opens = call.starts_with("openat(") || call.starts_with("open(");
    let writes = ["O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC", "O_TMPFILE"];
    // `gowr install` begins by taking away what a killed one left in gowr's home: here nothing.
    let sweeps = call.starts_with("rmdir(") && call.contains("/.local/share/gowr/");
    (sweeps && call.contains("= -1 ENOENT"))
        || (opens && !writes.iter().any(|flag| call.contains(flag)))
        || (opens && call.contains("\"/dev/null\""))
        // The second half of a call that was seen before, a process's end, a signal.
        || ["<... ", "+++ ", "--- "].iter().any(|start| call.starts_with(start))
}

/// All files below a home by their paths, without the project's own.
fn names(home: &Path) -> BTreeSet<String> {
    fn walk(directory: &Path, found: &mut BTreeSet<String>) {
        for entry in fs::read_dir(directory).unwrap() {
            let entry = entry.unwrap();
            found.insert(entry.path().display().to_string());
            if entry.file_type().unwrap().is_dir() {
                walk(&entry.path(), found);
            }
        }
    }
    let mut found = BTreeSet::new();
    walk(home, &mut found);
    found
}

#[test]
fn text_that_is_no_version() {
    let mut watch = Watch::new();
    for (number, value) in VALUES.into_iter().enumerate() {
        let value = |before: &[u8]| [before, value, b"\n"].concat();
        let files = [
            (".gowr.yaml", value(b"go: ")),
            (".gowr.yaml", [b"go: \"", value(b"").trim_ascii_end(), b"\"\n"].concat()),
            (".go-version", value(b"")),
            (".tool-versions", value(b"golang ")),
            ("go.mod", value(b"module m\n\ngo 1.22\n\ntoolchain ")),
        ];
        for (place, (file, content)) in files.into_iter().enumerate() {
            // Each value in one file, and in the others when there is time.
            if place != number % 5 && !cfg!(feature = "long") {
                continue;
            }
            watch.world.write(format!("project/{file}"), &content);
            watch.look(&format!("{file}: {}", content.escape_ascii()));
        }
    }
    println!("{} runs watched", watch.seen);
}

#[test]
fn files_that_want_something() {
    let mut watch = Watch::new();
    for (file, content) in FILES {
        watch.world.write(format!("project/{file}"), content);
        watch.look(&format!("{file}: {content}"));
    }
    println!("{} runs watched", watch.seen);
}

#[test]
fn files_that_are_none() {
    type Make = fn(&Path);
    let makes: [(&str, Make); 11] = [
        ("a pipe", |path| mkfifo(path, Mode::S_IRWXU).unwrap()),
        ("a socket", |path| drop(UnixListener::bind(path).unwrap())),
        ("a directory", |path| fs::create_dir(path).unwrap()),
        ("a link to itself", |path| symlink(path.file_name().unwrap(), path).unwrap()),
        ("a link to nothing", |path| symlink("/nonexistent/evil", path).unwrap()),
        ("a link to a device", |path| symlink("/dev/zero", path).unwrap()),
        ("a link to a terminal", |path| symlink("/dev/tty", path).unwrap()),
        ("a link to secrets", |path| symlink("/etc/shadow", path).unwrap()),
        ("a link to a process", |path| symlink("/proc/self/environ", path).unwrap()),
        ("a terabyte", |path| File::create(path).unwrap().set_len(1 << 40).unwrap()),
        ("many lines", |path| fs::write(path, "golang 1.99\n".repeat(200_000)).unwrap()),
    ];
    let mut watch = Watch::new();
    for (what, make) in makes {
        for file in [".gowr.yaml", ".go-version", ".tool-versions", "go.mod", "go.work"] {
            make(&watch.world.path("project").join(file));
            watch.look(&format!("{file}: {what}"));
        }
    }
    println!("{} runs watched", watch.seen);
}

/// A version that is one is fetched when `gowr install` is called, from where the user says, and by nothing else.
#[test]
fn only_install_fetches_and_only_from_the_users_sources() {
    let watch = Watch::new();
    watch.world.write("project/.gowr.yaml", "go: \"1.25.3\"\nx-source: http://127.0.0.1:9/\n");
    let port = watch.server.url().rsplit(':').next().unwrap().to_owned();
    for words in COMMANDS {
        let (outcome, calls) = watch.run(words);
        let connected: Vec<_> = calls.iter().filter(|call| call.contains(" connect(")).collect();
        let is_install = words == ["gowr", "install"];
        assert_eq!(
            outcome.code() == Some(0),
            is_install || words.contains(&"list"),
            "{}",
            outcome.report()
        );
        assert_eq!(connected.is_empty(), !is_install, "{connected:#?}");
        let own_port = format!("htons({port})");
        assert!(connected.iter().all(|call| call.contains(&own_port)), "{connected:#?}");
    }
    let asked = watch.server.paths();
    let expected = ["/golang.org/toolchain/@v/", "/sumdb/sum.example.com/"];
    assert!(asked.iter().all(|path| expected.iter().any(|start| path.starts_with(start))));
}
