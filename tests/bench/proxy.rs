//! What the proxy costs a call of `go`, in wall time: beside the direct call, a static C program that only executes, and
//! Go's own switch. Every candidate runs once a round, in a fresh random order; differences are taken within a round.
//!
//! ```text
//! cargo bench --bench proxy                    tables in Markdown, half a minute
//! cargo bench --bench proxy -- --rounds 100
//! ```

mod compile;
mod measure;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use compile::compile;
use measure::{Dice, NEW, OLD, goal, machine, median, rounds, scratch, toolchain};

/// What the proxy may cost at most, of what the C program costs.
const GOAL: f64 = 0.35;

/// The version that the program that does nothing claims to be.
const NOTHING: &str = "go1.22.99";

const SYSTEM_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// One way to run a `go version`.
struct Candidate {
    name: &'static str,
    directory: PathBuf,
    command: Command,
    /// Milliseconds, one a round.
    wall: Vec<f64>,
}

fn main() {
    let (nothing_rounds, real_rounds) = (rounds(1000), rounds(300));
    let scratch = scratch("proxy");
    println!("{}\n", machine());

    let nothing = scratch.join("nothing");
    compile("nothing.c", &["-nostdlib", "-static"], &nothing);
    let home = Home::new(&scratch.join("home"));
    for name in [NOTHING, "go1.21.99"] {
        home.lay_out(name, &nothing);
    }
    let table = compare(&scratch, &home, &nothing, NOTHING, nothing_rounds);
    println!("{}\n", report("a `go` that exits at once", &table));
    let (c, proxy) = (over(&table, "C, static, executes only"), over(&table, GOWR));
    println!("{}\n", goal("gowr, of what the C program costs", proxy / c, GOAL, ""));

    let home = Home::new(&scratch.join("home of real ones"));
    for name in [OLD, NEW] {
        let (from, to) = (toolchain(name), home.toolchains().join(name));
        std::os::unix::fs::symlink(from, to).expect("nothing is there yet");
    }
    let target = toolchain(OLD).join("bin/go");
    let table = compare(&scratch, &home, &target, OLD, real_rounds);
    println!("{}", report(&format!("the real `go version` of {OLD}"), &table));
    measure::remove(&scratch);
}

const GOWR: &str = "gowr, pin one directory up";

/// A home directory with gowr in it.
struct Home(PathBuf);

impl Home {
    fn new(path: &Path) -> Self {
        let home = Self(path.to_owned());
        fs::create_dir_all(home.bin()).expect("an empty directory");
        fs::create_dir_all(home.toolchains()).expect("an empty directory");
        for (name, program) in
            [("go", env!("CARGO_BIN_EXE_go")), ("gowr", env!("CARGO_BIN_EXE_gowr"))]
        {
            fs::copy(program, home.bin().join(name)).expect("cargo built it");
        }
        let project = home.0.join("project");
        fs::create_dir_all(home.project(12)).expect("an empty directory");
        fs::write(project.join(".gowr.yaml"), "go: \"1.22\"\n").expect("an empty directory");
        fs::write(project.join("go.mod"), "module example.com/m\n\ngo 1.21\n").expect("the same");
        home
    }

    fn bin(&self) -> PathBuf {
        self.0.join(".local/share/gowr/bin")
    }

    fn toolchains(&self) -> PathBuf {
        self.0.join(".local/share/gowr/toolchains")
    }

    /// A directory so many levels below the project's root.
    fn project(&self, depth: usize) -> PathBuf {
        (1..=depth).fold(self.0.join("project"), |path, level| path.join(format!("level{level}")))
    }

    /// The least that counts as a toolchain.
    fn lay_out(&self, name: &str, program: &Path) {
        let root = self.toolchains().join(name);
        fs::create_dir_all(root.join("bin")).expect("an empty directory");
        fs::create_dir_all(root.join("pkg/tool")).expect("an empty directory");
        fs::write(root.join("VERSION"), format!("{name}\n")).expect("an empty directory");
        fs::copy(program, root.join("bin/go")).expect("it was just compiled");
    }

    fn command(&self, program: &Path, path: &str, extra: &[(&str, &str)]) -> Command {
        let mut command = Command::new(program);
        command.arg("version").env_clear().envs(extra.iter().copied());
        command.envs([("LANG", "C.UTF-8"), ("TERM", "dumb"), ("USER", "user"), ("PATH", path)]);
        command.env("HOME", &self.0);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }
}

/// Runs all candidates that end in `target`, which calls itself `name`.
fn compare(
    scratch: &Path,
    home: &Home,
    target: &Path,
    name: &str,
    rounds: usize,
) -> Vec<Candidate> {
    let wrapper = scratch.join(format!("exec-{name}"));
    let define = format!("-DTARGET=\"{}\"", target.display());
    compile("exec.c", &["-static", "-no-pie", &define], &wrapper);
    // Go's switch finds a program of the name it looks for on PATH.
    let links = scratch.join(format!("links-{name}"));
    fs::create_dir_all(&links).expect("an empty directory");
    std::os::unix::fs::symlink(target, links.join(name)).expect("nothing is there yet");

    let proxy = home.bin().join("go");
    let proxy_path = format!("{}:{SYSTEM_PATH}", home.bin().display());
    let link_path = format!("{}:{SYSTEM_PATH}", links.display());
    let candidate = |name, depth, command| {
        let directory = home.project(depth);
        Candidate { name, directory, command, wall: Vec::new() }
    };
    let mut candidates = vec![
        candidate("direct", 1, home.command(target, SYSTEM_PATH, &[])),
        candidate(GOWR, 1, home.command(&proxy, &proxy_path, &[])),
        candidate("gowr, pin twelve directories up", 12, home.command(&proxy, &proxy_path, &[])),
        candidate("C, static, executes only", 1, home.command(&wrapper, SYSTEM_PATH, &[])),
        candidate(
            "Go's own switch (GOTOOLCHAIN, found on PATH)",
            1,
            home.command(
                &toolchain(NEW).join("bin/go"),
                &link_path,
                &[("GOTOOLCHAIN", name), ("GOPROXY", "off")],
            ),
        ),
    ];

    let mut dice = Dice::new();
    for round in 0..rounds + 5 {
        for index in dice.order(candidates.len()) {
            let candidate = &mut candidates[index];
            // Not `Command::current_dir`: with it, the child may be forked instead of spawned.
            env::set_current_dir(&candidate.directory).expect("it was made above");
            let start = Instant::now();
            let status = candidate.command.status().expect("it can be executed");
            let wall = start.elapsed();
            assert!(status.success(), "{}: {status}", candidate.name);
            if round >= 5 {
                candidate.wall.push(wall.as_secs_f64() * 1e3);
            }
        }
    }
    env::set_current_dir("/").expect("there is a root");
    candidates
}

/// What a candidate costs over the direct call, in milliseconds.
fn over(table: &[Candidate], name: &str) -> f64 {
    let found = table.iter().find(|candidate| candidate.name == name).expect("a row of the table");
    median(found.wall.iter().zip(&table[0].wall).map(|(wall, direct)| wall - direct))
}

fn report(title: &str, table: &[Candidate]) -> String {
    let c = over(table, "C, static, executes only");
    let direct = median(table[0].wall.iter().copied());
    let mut lines = vec![
        format!(
            "| {title} (n = {}) | ms | ms over direct | × C static | ÷ direct |",
            table[0].wall.len()
        ),
        "|---|---|---|---|---|".to_owned(),
    ];
    lines.extend(table.iter().map(|candidate| {
        let (wall, over) = (median(candidate.wall.iter().copied()), over(table, candidate.name));
        let (of_c, of_direct) = (over / c, (direct + over) / direct);
        format!("| {} | {wall:.2} | {over:.3} | {of_c:.2} | {of_direct:.2} |", candidate.name)
    }));
    lines.join("\n")
}
