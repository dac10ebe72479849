//! What `go version` takes in a project twelve directories deep in a file system on which each look takes 3 ms, as on a
//! Windows drive in WSL2 at its worst (`tests/support/slow_file_system.rs`); and how many looks there are. Every way is
//! gone once a round, in a fresh random order.
//!
//! ```text
//! cargo bench --bench slow                    a table in Markdown, half a minute
//! cargo bench --bench slow -- --rounds 3
//! ```
//!
//! Needs root, and `/dev/fuse`.

mod compile;
#[expect(dead_code, reason = "shared with the other benchmarks, which use more of it")]
mod measure;
#[path = "../support/slow_file_system.rs"]
mod slow_file_system;

use std::env;
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{self, Command, Stdio};

use compile::compile;
use measure::{Dice, OLD, goal, machine, median, rounds, scratch, toolchain};

/// The word by which this program is the one that serves the file system.
const SERVES: &str = "--serves";

/// Microseconds that each look takes.
const DELAY: &str = "3000";
const DEPTH: usize = 12;

/// Milliseconds that a `go version` may take where there is a pin.
const TIME: f64 = 250.0;
/// Lookups that the proxy may do where there is none.
const LOOKUPS: f64 = 80.0;

/// The version that the program that does nothing claims to be.
const NOTHING: &str = "go1.23.99";

fn main() {
    let words: Vec<OsString> = env::args_os().skip(1).collect();
    if words.first().is_some_and(|word| word == SERVES) {
        process::exit(slow_file_system::run(&words[1..]).expect("root, and /dev/fuse"));
    }
    let rounds = rounds(9);
    let stage = Stage::new(scratch("slow"));
    println!("{}\n", machine());

    let (proxy, real) = (stage.0.join("gowr/bin/go"), toolchain(OLD).join("bin/go"));
    let mut ways = [
        Way::new("gowr, pin in the project's root", &proxy, "pinned", OLD),
        Way::new("the same, `PWD` set", &proxy, "pinned", OLD).with_pwd(),
        Way::new("gowr, no pin", &proxy, "free", OLD),
        Way::new("the same, `PWD` set", &proxy, "free", OLD).with_pwd(),
        Way::new("gowr, no pin, a `go` that exits at once", &proxy, "free", NOTHING),
        Way::new("direct", &real, "free", OLD),
        Way::new("direct, `PWD` set", &real, "free", OLD).with_pwd(),
    ];
    let mut dice = Dice::new();
    for _ in 0..rounds {
        for index in dice.order(ways.len()) {
            stage.run(&mut ways[index]);
        }
    }

    println!(
        "| `go version` of {OLD}, twelve directories deep, 3 ms a look (n = {rounds}) | ms | looks | lookups |"
    );
    println!("|---|---|---|---|");
    for way in &ways {
        println!("| {} | {:.0} | {} | {} |", way.name, way.time(), way.looks, way.lookups);
    }
    println!();
    println!("{}", goal("`go version` with a pin", ways[0].time(), TIME, " ms"));
    println!("{}", goal("the same, `PWD` set", ways[1].time(), TIME, " ms"));
    println!("{}", goal("lookups of gowr without a pin", ways[4].lookups, LOOKUPS, ""));
    measure::remove(&stage.0);
}

/// One way to run a `go version`.
struct Way {
    name: &'static str,
    program: PathBuf,
    project: &'static str,
    /// What the user's configuration names.
    default: &'static str,
    has_pwd: bool,
    /// Milliseconds, one a round.
    wall: Vec<f64>,
    /// Every operation that takes a while: lookups, and attributes of what is open.
    looks: usize,
    lookups: f64,
}

impl Way {
    fn new(
        name: &'static str,
        program: &Path,
        project: &'static str,
        default: &'static str,
    ) -> Self {
        let (program, wall) = (program.to_owned(), Vec::new());
        Self { name, program, project, default, has_pwd: false, wall, looks: 0, lookups: 0.0 }
    }

    fn with_pwd(mut self) -> Self {
        self.has_pwd = true;
        self
    }

    fn time(&self) -> f64 {
        median(self.wall.iter().copied())
    }
}

/// A home of gowr's, configurations, and two projects, one with a pin.
struct Stage(PathBuf);

impl Stage {
    fn new(path: PathBuf) -> Self {
        let stage = Self(path);
        for directory in ["gowr/bin", "gowr/toolchains", "mounted"] {
            fs::create_dir_all(stage.0.join(directory)).expect("an empty directory");
        }
        for (name, program) in
            [("go", env!("CARGO_BIN_EXE_go")), ("gowr", env!("CARGO_BIN_EXE_gowr"))]
        {
            fs::copy(program, stage.0.join("gowr/bin").join(name)).expect("cargo built it");
        }
        symlink(toolchain(OLD), stage.0.join("gowr/toolchains").join(OLD)).expect("it is new");
        let nothing = stage.0.join("gowr/toolchains").join(NOTHING);
        fs::create_dir_all(nothing.join("bin")).expect("an empty directory");
        fs::create_dir_all(nothing.join("pkg/tool")).expect("an empty directory");
        fs::write(nothing.join("VERSION"), format!("{NOTHING}\n")).expect("an empty directory");
        compile("nothing.c", &["-nostdlib", "-static"], &nothing.join("bin/go"));

        for name in [OLD, NOTHING] {
            let configuration = stage.0.join(name).join("gowr");
            fs::create_dir_all(&configuration).expect("an empty directory");
            let text = format!("default: \"{}\"\n", &name["go".len()..]);
            fs::write(configuration.join("config.yaml"), text).expect("an empty directory");
            // The links of this distro are made by the first call.
            let status = stage.command(&stage.0.join("gowr/bin/go"), name).status();
            assert!(status.expect("it was copied").success());
        }
        for project in ["pinned", "free"] {
            let project = stage.0.join(project);
            fs::create_dir_all(below(&project)).expect("an empty directory");
            fs::write(project.join("go.mod"), "module example.com/m\n\ngo 1.21\n")
                .expect("an empty directory");
        }
        fs::write(stage.0.join("pinned/.gowr.yaml"), "go: \"1.22\"\n").expect("the same");
        stage
    }

    /// One run, on the slow file system.
    fn run(&self, way: &mut Way) {
        let (mounted, log) = (self.0.join("mounted"), self.0.join("log"));
        let directory = below(&mounted);
        let own = env::current_exe().expect("there is a /proc");
        let mut command = Command::new("unshare");
        command.args(["--mount", "--propagation=private"]).arg(own).args([SERVES, DELAY]);
        command.arg(&log).arg(self.0.join(way.project)).args([&mounted, &directory]);
        let go = self.command(&way.program, way.default);
        command.arg(go.get_program()).args(go.get_args()).env_clear();
        command.envs(go.get_envs().filter_map(|(name, value)| Some((name, value?))));
        if way.has_pwd {
            command.env("PWD", &directory);
        }
        let status = command.stdout(Stdio::null()).status().expect("util-linux is installed");
        assert!(status.success(), "{}: {status}", way.name);

        let log = fs::read_to_string(log).expect("it was written");
        let (wall, looks) = log.split_once('\n').expect("it has a first line");
        way.wall.push(wall.parse::<f64>().expect("microseconds") / 1e3);
        way.looks = looks.lines().count();
        let lookups = looks.lines().filter(|line| line.starts_with("lookup ")).count();
        way.lookups = u32::try_from(lookups).map(f64::from).expect("not so many");
    }

    fn command(&self, program: &Path, default: &str) -> Command {
        let mut command = Command::new(program);
        command.arg("version").env_clear().current_dir("/").stdin(Stdio::null());
        command.envs([("PATH", "/usr/sbin:/usr/bin:/sbin:/bin"), ("LANG", "C.UTF-8")]);
        command.env("HOME", &self.0).env("XDG_CONFIG_HOME", self.0.join(default));
        command.stdout(Stdio::null());
        command
    }
}

fn below(directory: &Path) -> PathBuf {
    (1..=DEPTH).fold(directory.to_owned(), |path, level| path.join(format!("level{level}")))
}
