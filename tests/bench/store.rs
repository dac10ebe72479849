//! What many installed toolchains cost: `go version`, `gowr which`, `gowr list` and an install in a home with 2 of them, and
//! with 200. In turn, in a fresh random order each round. That the proxy makes the same system calls is a test (`budget`), and
//! how many calls the others make too (`store`).
//!
//! ```text
//! cargo bench --bench store                    a table in Markdown, two minutes
//! cargo bench --bench store -- --rounds 20
//! ```

mod compile;
mod cost;
mod goproxy;
mod measure;

use std::fs;
use std::path::{Path, PathBuf};

use compile::compile;
use cost::Cost;
use measure::{Dice, NEW, goal, machine, median, rounds, scratch};

const COUNTS: [usize; 2] = [2, 200];

/// What finds one toolchain takes as long with many, but for what cannot be told apart.
const GOAL: f64 = 1.1;

/// One command, in a home with so many toolchains.
struct Command<'a> {
    name: &'static str,
    home: &'a Home,
    words: Vec<String>,
    costs: Vec<Cost>,
}

fn main() {
    if cost::is_runner() {
        return;
    }
    let rounds = rounds(50);
    let scratch = scratch("store");
    println!("{}\n", machine());
    let files = scratch.join("files");
    goproxy::lay_out(&scratch, &files);
    let proxy = format!("file://{}", files.display());
    let homes = COUNTS.map(|count| Home::new(&scratch.join(count.to_string()), count));

    let mut commands: Vec<_> = homes.iter().flat_map(Home::commands).collect();
    let mut dice = Dice::new();
    for round in 0..=rounds {
        for index in dice.order(commands.len()) {
            let command = &mut commands[index];
            let cost = command.run(&proxy);
            if round > 0 {
                command.costs.push(cost);
            }
        }
    }
    report(&commands);
    println!("\n{}", machine());
    measure::remove(&scratch);
}

/// A home directory with gowr and toolchains in it.
struct Home(PathBuf);

impl Home {
    fn new(path: &Path, toolchains: usize) -> Self {
        let home = Self(path.to_owned());
        let bin = home.gowr().join("bin");
        fs::create_dir_all(&bin).expect("an empty directory");
        fs::create_dir_all(home.project()).expect("an empty directory");
        for (name, program) in
            [("go", env!("CARGO_BIN_EXE_go")), ("gowr", env!("CARGO_BIN_EXE_gowr"))]
        {
            fs::copy(program, bin.join(name)).expect("cargo built it");
        }
        let nothing = home.0.join("nothing");
        compile("nothing.c", &["-nostdlib", "-static"], &nothing);
        for index in 0..toolchains {
            home.lay_out(&format!("go1.{}.{}", 22 + index % 4, 1 + index / 4), &nothing);
        }
        fs::write(home.project().join(".gowr.yaml"), "go: \"1.22\"\n").expect("there is room");
        // The first call links all of them.
        cost::run(&[bin.join("go").display().to_string(), "version".into()], &home.environment())
            .expect("one of them answers");
        home
    }

    fn gowr(&self) -> PathBuf {
        self.0.join(".local/share/gowr")
    }

    fn project(&self) -> PathBuf {
        self.0.join("project")
    }

    /// The least that counts as a toolchain.
    fn lay_out(&self, name: &str, program: &Path) {
        let root = self.gowr().join("toolchains").join(name);
        fs::create_dir_all(root.join("bin")).expect("an empty directory");
        fs::create_dir_all(root.join("pkg/tool")).expect("an empty directory");
        fs::write(root.join("VERSION"), format!("{name}\n")).expect("an empty directory");
        fs::hard_link(program, root.join("bin/go")).expect("it was just compiled");
    }

    fn environment(&self) -> Vec<(&'static str, String)> {
        let path = format!("{}:/usr/bin:/bin", self.gowr().join("bin").display());
        vec![("PATH", path), ("HOME", self.0.display().to_string())]
    }

    fn commands(&self) -> Vec<Command<'_>> {
        [
            ("go version", vec!["go", "version"]),
            ("gowr which", vec!["gowr", "which"]),
            ("gowr list", vec!["gowr", "list"]),
            ("gowr install", vec!["gowr", "install", NEW]),
        ]
        .map(|(name, words)| {
            let program = self.gowr().join("bin").join(words[0]).display().to_string();
            let words = words[1..].iter().map(|word| (*word).to_owned());
            let words = [program].into_iter().chain(words).collect();
            Command { name, home: self, words, costs: Vec::new() }
        })
        .into()
    }
}

impl Command<'_> {
    fn run(&self, proxy: &str) -> Cost {
        let mut environment = self.home.environment();
        environment.push(("GOPROXY", proxy.to_owned()));
        std::env::set_current_dir(self.home.project()).expect("it was made above");
        let cost = cost::run(&self.words, &environment)
            .unwrap_or_else(|said| panic!("{}: {said}", self.name));
        let root = self.home.gowr().join("toolchains").join(NEW);
        if root.exists() {
            let gowr = self.home.gowr().join("bin/gowr").display().to_string();
            let uninstall = [gowr, "uninstall".into(), NEW.into()];
            cost::run(&uninstall, &environment).expect("it is installed");
        }
        cost
    }
}

fn report(commands: &[Command<'_>]) {
    let (few, many) = commands.split_at(commands.len() / 2);
    let [least, most] = COUNTS;
    println!(
        "| n = {}, ms | {least} toolchains, median | least | {most}, median | least | processor, {least} | {most} | {most}: peak MB |\n|---|---|---|---|---|---|---|---|",
        few[0].costs.len()
    );
    for (few, many) in few.iter().zip(many) {
        println!(
            "| `{}` | {:.2} | {:.2} | {:.2} | {:.2} | {:.2} | {:.2} | {:.0} |",
            few.name,
            few.middle(WALL),
            few.least(WALL),
            many.middle(WALL),
            many.least(WALL),
            few.middle(PROCESSOR),
            many.middle(PROCESSOR),
            many.middle(|cost| cost.memory)
        );
    }
    println!();
    // The least: what a busy machine adds is more than these take.
    for (few, many) in few.iter().zip(many).take(2) {
        let what = format!("{}, least time with {most}, of that with {least}", few.name);
        println!("{}", goal(&what, many.least(WALL) / few.least(WALL), GOAL, ""));
    }
}

/// Milliseconds.
const WALL: fn(&Cost) -> f64 = |cost| 1e3 * cost.wall;
/// See [`WALL`].
const PROCESSOR: fn(&Cost) -> f64 = |cost| 1e3 * cost.processor;

impl Command<'_> {
    fn middle(&self, of: fn(&Cost) -> f64) -> f64 {
        median(self.costs.iter().map(of))
    }

    fn least(&self, of: fn(&Cost) -> f64) -> f64 {
        self.costs.iter().map(of).fold(f64::INFINITY, f64::min)
    }
}
