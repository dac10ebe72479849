//! What an install costs: go1.26.9 as a module from a GOPROXY on loopback, memory to memory, everything verified, beside
//! cmd/go's own download of the same module in the same run. One after the other, in a fresh random order each round.
//!
//! ```text
//! cargo bench --bench install                  a table in Markdown, about a minute
//! cargo bench --bench install -- --rounds 3
//! ```

mod measure;
mod server;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use measure::{Dice, NEW, OLD, goal, machine, median, rounds, scratch, toolchain};
use nix::sys::resource::{UsageWho, getrusage};

/// Of cmd/go's wall time and processor time.
const GOAL: f64 = 0.3;
/// In megabytes.
const MEMORY_GOAL: f64 = 150.0;

/// The word by which this program runs one command for itself and prints what it cost ([`Cost`]).
const RUN: &str = "--run-and-measure";

/// One way to install.
struct Candidate {
    name: &'static str,
    environment: Vec<(&'static str, String)>,
    words: Vec<String>,
    /// The file that must be there afterwards.
    proof: PathBuf,
    costs: Vec<Cost>,
}

/// What one run cost.
struct Cost {
    /// Seconds.
    wall: f64,
    /// Seconds on all processors, user and system.
    processor: f64,
    /// Peak, in megabytes.
    memory: f64,
}

fn main() {
    if env::args().nth(1).as_deref() == Some(RUN) {
        return run_and_measure(&env::args().skip(2).collect::<Vec<_>>());
    }
    let rounds = rounds(7);
    let scratch = scratch("install");
    println!("{}\n", machine());
    let files = scratch.join("files");
    fetch_module(&scratch, &files);
    let address = server::start(&files).expect("loopback can be listened on");

    let room = scratch.join("room");
    let mut candidates = candidates(&room, &address);
    let mut dice = Dice::new();
    for round in 0..=rounds {
        for index in dice.order(candidates.len()) {
            let candidate = &mut candidates[index];
            measure::remove(&room);
            fs::create_dir_all(room.join("home")).expect("there is room");
            let cost = candidate.run();
            if round > 0 {
                candidate.costs.push(cost);
            }
        }
    }
    report(&candidates);
    measure::remove(&scratch);
}

fn candidates(room: &Path, address: &str) -> Vec<Candidate> {
    let at = |path: &str| room.join(path).display().to_string();
    let module = format!("v0.0.1-{NEW}.linux-{}", go_architecture());
    let common = || {
        vec![
            ("PATH", "/usr/bin:/bin".to_owned()),
            ("HOME", at("home")),
            ("GOPROXY", address.to_owned()),
        ]
    };
    let gowr = Candidate {
        name: "gowr install",
        environment: [common(), vec![("GOWR_HOME", at("gowr"))]].concat(),
        words: [env!("CARGO_BIN_EXE_gowr"), "install", NEW].map(str::to_owned).to_vec(),
        proof: room.join("gowr/toolchains").join(NEW).join("bin/go"),
        costs: Vec::new(),
    };
    let cmd_go = Candidate {
        name: "cmd/go",
        environment: [
            common(),
            vec![
                ("GOTOOLCHAIN", NEW.to_owned()),
                ("GOPATH", at("gopath")),
                ("GOCACHE", at("gocache")),
                ("GOFLAGS", "-modcacherw".to_owned()),
            ],
        ]
        .concat(),
        words: vec![toolchain(OLD).join("bin/go").display().to_string(), "version".to_owned()],
        proof: room.join(format!("gopath/pkg/mod/golang.org/toolchain@{module}/bin/go")),
        costs: Vec::new(),
    };
    vec![gowr, cmd_go]
}

impl Candidate {
    /// Runs it in a process of its own, whose only child it is: so its peak of memory is its own.
    fn run(&self) -> Cost {
        let mut command = Command::new(env::current_exe().expect("there is a /proc"));
        command.arg(RUN).args(&self.words).env_clear();
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        let output = command.output().expect("this program starts");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && self.proof.exists(), "{}: {said}", self.name);
        let numbers: Vec<f64> = text.split_whitespace().flat_map(str::parse).collect();
        let [wall, processor, memory] = numbers[..] else { panic!("{}: {text}", self.name) };
        Cost { wall, processor, memory }
    }
}

/// Runs one command, and prints its seconds, its processor seconds, and its peak of memory in megabytes.
fn run_and_measure(words: &[String]) {
    let start = Instant::now();
    let mut command = Command::new(&words[0]);
    command.args(&words[1..]).stdin(Stdio::null()).stdout(Stdio::null());
    let status = command.status().expect("it can be executed");
    let wall = start.elapsed().as_secs_f64();
    assert!(status.success(), "{status}");
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).expect("it is always known");
    let seconds = |time: nix::sys::time::TimeVal| {
        #[expect(clippy::cast_precision_loss, reason = "seconds and microseconds of one run")]
        let seconds = time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6;
        seconds
    };
    let processor = seconds(usage.user_time()) + seconds(usage.system_time());
    #[expect(clippy::cast_precision_loss, reason = "kilobytes of one process")]
    let memory = usage.max_rss() as f64 * 1024.0 / 1e6;
    println!("{wall} {processor} {memory}");
}

/// Lets cmd/go fetch the module once, through this machine's own GOPROXY, with its records of the checksum database; what
/// it keeps is laid out as a GOPROXY is.
fn fetch_module(scratch: &Path, files: &Path) {
    let fresh = scratch.join("fresh");
    let mut command = Command::new(toolchain(OLD).join("bin/go"));
    command.arg("version").stdout(Stdio::null());
    command.env("GOTOOLCHAIN", NEW).env("GOPATH", &fresh).env("GOFLAGS", "-modcacherw");
    command.env_remove("GOROOT").env_remove("GOMODCACHE");
    assert!(command.status().expect("Go starts").success(), "{NEW} cannot be fetched");

    fs::rename(fresh.join("pkg/mod/cache/download"), files).expect("cmd/go keeps it there");
    let databases = files.join("sumdb");
    let database = fs::read_dir(&databases).expect("the module was verified").next();
    let database = database.expect("there is one").expect("it can be read").file_name();
    let served = databases.join(&database);
    fs::copy(fresh.join("pkg/sumdb").join(database).join("latest"), served.join("latest"))
        .expect("cmd/go keeps the tree head there");
    let version = format!("v0.0.1-{NEW}.linux-{}", go_architecture());
    let module = files.join("golang.org/toolchain/@v");
    for (path, content) in [
        (served.join("supported"), String::new()),
        (module.join("list"), format!("{version}\n")),
        (module.join(format!("{version}.info")), format!("{{\"Version\":\"{version}\"}}")),
        (module.join(format!("{version}.mod")), "module golang.org/toolchain\n".to_owned()),
    ] {
        fs::write(path, content).expect("there is room");
    }
    measure::remove(&fresh);
}

const fn go_architecture() -> &'static str {
    if cfg!(target_arch = "x86_64") { "amd64" } else { "arm64" }
}

fn report(candidates: &[Candidate]) {
    let middle =
        |candidate: &Candidate, of: fn(&Cost) -> f64| median(candidate.costs.iter().map(of));
    let wall: fn(&Cost) -> f64 = |cost| cost.wall;
    let processor: fn(&Cost) -> f64 = |cost| cost.processor;
    println!(
        "| install of {NEW}, loopback, memory to memory (n = {}) | wall s, median | least | processor s, median | peak MB |\n|---|---|---|---|---|",
        candidates[0].costs.len()
    );
    let peak =
        |candidate: &Candidate| candidate.costs.iter().map(|cost| cost.memory).fold(0.0, f64::max);
    for candidate in candidates {
        let least = candidate.costs.iter().map(wall).fold(f64::INFINITY, f64::min);
        println!(
            "| {} | {:.2} | {least:.2} | {:.2} | {:.0} |",
            candidate.name,
            middle(candidate, wall),
            middle(candidate, processor),
            peak(candidate)
        );
    }
    let [gowr, cmd_go] = candidates else { unreachable!("there are two") };
    let ratio = |of| middle(gowr, of) / middle(cmd_go, of);
    println!("\n{}", goal("wall time, of cmd/go's", ratio(wall), GOAL, ""));
    println!("{}", goal("processor time, of cmd/go's", ratio(processor), GOAL, ""));
    println!("{}", goal("peak of memory", peak(gowr), MEMORY_GOAL, " MB"));
}
