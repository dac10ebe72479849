//! The commands that write, each from a state to begin in to the state it must end in, whatever happens on the way.
//!
//! `kill.rs` and `faults.rs` stop them at every one of their calls; what must hold then is here.

mod scenarios;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use installer::invariants::{self, Rule};
use installer::store::{Home, Key};

use crate::support::goproxy::{Service, is_archive};
use crate::support::log::Log;
use crate::support::module::{Module, TOOLCHAIN};
use crate::support::server::{Response, Server};
use crate::support::stage::{Stage, Tree, difference, tree};
use crate::support::tracer::{Blow, Call, Traced};
use crate::support::{Outcome, Run, World, host_key, toolchains};

pub(crate) use scenarios::small_module;

/// Worlds, and the servers that their commands ask.
pub(crate) struct TestBed {
    pub(crate) stage: Stage,
    server: Server,
    log: Log,
}

impl TestBed {
    pub(crate) fn new() -> Self {
        let service = Service::of(["go1.22.3", "go1.22.4", "go1.21.13"].map(small_module).to_vec());
        let name = |module: &Module| format!("{}.zip", module.version);
        let zips = service.modules.iter().map(|module| (name(module), module.zip())).collect();
        Self::serving(256 << 20, service, zips)
    }

    /// With a real toolchain to install, as the Go project published it.
    pub(crate) fn real(toolchain: &str) -> Self {
        let goroot = toolchains::installed(toolchain);
        let downloads = goroot.join("../../downloads").canonicalize().unwrap();
        let version = Module::toolchain_version(toolchain);
        // `go1.22.12.linux-amd64.h1-….zip`: its hash is in its name.
        let start = format!("{}.h1-", version.trim_start_matches("v0.0.1-"));
        let names = fs::read_dir(&downloads).unwrap().map(|it| it.unwrap().file_name());
        let mut names = names.map(|name| name.into_string().unwrap());
        let name = names.find(|name| name.starts_with(&start) && is_archive(name)).unwrap();
        let hash = name[start.len()..].trim_end_matches(".zip").replace('_', "/").replace('-', "+");
        let mut service = Service::of(Vec::new());
        service.log.append(TOOLCHAIN, &version, &format!("h1:{hash}="));
        let zip = fs::read(downloads.join(&name)).unwrap();
        Self::serving(2 << 30, service, [(format!("{version}.zip"), zip)].into())
    }

    /// `room` is what its worlds will take, in bytes; `zips` are deflated once.
    fn serving(room: u64, service: Service, zips: BTreeMap<String, Vec<u8>>) -> Self {
        let (stage, log) = (Stage::new(room), service.log.clone());
        let server = Server::start(move |request| {
            if is_archive(&request.path) {
                let name = request.path.rsplit('/').next().unwrap();
                return zips.get(name).map_or_else(
                    || Response::status(404),
                    |zip| Response::file(request, zip, "\"one\""),
                );
            }
            service.answer(request)
        });
        Self { stage, server, log }
    }

    /// `gowr`, with this bed's servers for its sources.
    pub(crate) fn gowr(&self, world: &World, words: &[&str]) -> Run {
        self.stage
            .gowr(world, words)
            .env("GOPROXY", self.server.url())
            .env("GOSUMDB", self.log.key())
            .env("SHELL", "/bin/bash")
    }

    pub(crate) fn scenario(
        &self,
        name: &'static str,
        words: &[&'static str],
        prepare: impl FnOnce(&World),
    ) -> Scenario {
        let before = self.stage.world();
        prepare(&before);
        let old = State::of(self, &before);
        let after = self.stage.copy(&before);
        self.gowr(&after, words).run().success();
        settled(&after, name);
        let new = State::of(self, &after);
        Scenario { name, words: words.to_vec(), before, old, new, end: tree(after.home()) }
    }
}

/// A command, the world in which it begins, and what must come of it.
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    words: Vec<&'static str>,
    before: World,
    old: State,
    new: State,
    end: Tree,
}

impl Scenario {
    /// A world to begin in, and the command.
    pub(crate) fn begin(&self, bed: &TestBed) -> (World, Run) {
        let world = bed.stage.copy(&self.before);
        let run = bed.gowr(&world, &self.words);
        (world, run)
    }

    /// Fails unless a world is as it was at the beginning, to the last byte.
    pub(crate) fn is_untouched(&self, bed: &TestBed, world: &World, before: &Tree) {
        let difference = difference(before, &tree(world.home()));
        assert_eq!(difference, "", "{}", self.name);
        assert_eq!(State::of(bed, world), self.old, "{}", self.name);
    }

    fn takes_away(&self) -> bool {
        self.words[0] == "uninstall" || self.words.contains(&"--remove")
    }

    /// The calls that it makes when nothing happens to it, and what comes of them.
    pub(crate) fn calls(&self, bed: &TestBed) -> (World, Vec<Call>) {
        let (world, run) = self.begin(bed);
        let traced = run.calls();
        traced.outcome.success();
        (world, traced.calls)
    }

    /// Runs it until the call with this number, and strikes there. None where it ends before.
    pub(crate) fn strike(&self, bed: &TestBed, number: usize, blow: Blow) -> Option<Struck<'_>> {
        let (world, run) = self.begin(bed);
        let traced = run.traced(number, blow);
        if traced.hit.is_none() {
            traced.outcome.success();
            return None;
        }
        Some(Struck { scenario: self, world, number, blow, traced })
    }
}

/// A command that was struck, and the world it left.
pub(crate) struct Struck<'a> {
    scenario: &'a Scenario,
    world: World,
    number: usize,
    blow: Blow,
    pub(crate) traced: Traced,
}

impl Struck<'_> {
    pub(crate) fn outcome(&self) -> &Outcome {
        &self.traced.outcome
    }

    /// What happened, for a message.
    pub(crate) fn report(&self) -> String {
        let (name, number, blow) = (self.scenario.name, self.number, self.blow);
        let hit = self.traced.hit.as_ref().unwrap();
        let files = hit.files.join(" ").replace(self.world.home().to_str().unwrap(), "[HOME]");
        format!(
            "{name}: {blow:?} at call {number}, {} {files}\n{}",
            hit.name,
            self.outcome().report()
        )
    }

    /// Everything that asks sees the old state or the new one.
    pub(crate) fn is_old_or_new(&self, bed: &TestBed) {
        let found = State::of(bed, &self.world);
        let Scenario { old, new, .. } = self.scenario;
        // One command may change more than one of them, and each at once.
        let (list, before, after) =
            [&found.list, &old.list, &new.list].map(|list| rows(list)).into();
        let is_between =
            list.is_subset(&(&before | &after)) && list.is_superset(&(&before & &after));
        assert!(is_between, "{}\n{found:#?}\nis not between\n{old:#?}\n{new:#?}", self.report());
        for (what, found, old, new) in [
            ("gowr which", &found.which, &old.which, &new.which),
            ("go version", &found.version, &old.version, &new.version),
        ] {
            let is_either = found == old || found == new;
            assert!(
                is_either,
                "{}\n{what} says\n{found}\nand neither\n{old}\nnor\n{new}",
                self.report()
            );
        }
        self.holds(Rule::holds_always);
    }

    /// The name of the call that was hit.
    pub(crate) fn call(&self) -> &'static str {
        self.traced.hit.as_ref().unwrap().name
    }

    /// Everything that asks sees the new state.
    pub(crate) fn is_new(&self, bed: &TestBed) {
        assert_eq!(State::of(bed, &self.world), self.scenario.new, "{}", self.report());
    }

    /// There is nothing that a next run would have to take away.
    pub(crate) fn leaves_nothing(&self) {
        self.holds(|rule| rule == Rule::Leftover);
    }

    /// The same command does what is left to do, and nothing is left behind.
    pub(crate) fn is_mended(&self, bed: &TestBed) {
        let again = bed.gowr(&self.world, &self.scenario.words).run();
        // What is gone already cannot be taken away again.
        let gone = ["is not installed by gowr", "no toolchain is registered as"];
        let was_done =
            self.scenario.takes_away() && gone.iter().any(|it| again.stderr().contains(it));
        let is_well = again.status().success() || was_done;
        assert!(is_well, "{}\nthen {}", self.report(), again.report());
        self.is_done(bed);
    }

    /// It is all done.
    pub(crate) fn is_done(&self, bed: &TestBed) {
        let mut difference = difference(&self.scenario.end, &tree(self.world.home()));
        if self.blow != Blow::Kill {
            // An archive is kept as far as that is possible: without it the next install asks again.
            let is_kept = |line: &str| line.starts_with("missing: .local/share/gowr/downloads");
            difference = difference.split_inclusive('\n').filter(|line| !is_kept(line)).collect();
        }
        assert_eq!(difference, "", "{}", self.report());
        self.is_new(bed);
        self.holds(|_| true);
    }

    fn holds(&self, counts: impl Fn(Rule) -> bool) {
        let violations = violations(&self.world, counts);
        assert_eq!(violations, "", "{}", self.report());
    }
}

/// What people and programs see of a world.
#[derive(Clone, Debug, PartialEq, Eq)]
struct State {
    list: String,
    which: String,
    version: String,
}

impl State {
    fn of(bed: &TestBed, world: &World) -> Self {
        let which = bed.stage.gowr(world, ["which"]).run();
        let version = bed.stage.go(world, ["version"]).run();
        let list = bed.stage.gowr(world, ["list", "--json"]).run();
        Self { list: toolchains(&list), which: which.snapshot(), version: version.snapshot() }
    }
}

fn rows(list: &str) -> BTreeSet<&str> {
    list.lines().collect()
}

/// The toolchains that `gowr list` shows; not by which links they are found.
fn toolchains(list: &Outcome) -> String {
    let document = list.success().json();
    let rows = document["toolchains"].as_array().unwrap().iter();
    let lines = rows.map(|row| {
        let fields = ["name", "version_text", "origin", "goroot"];
        fields.map(|field| row[field].to_string()).join(" ") + "\n"
    });
    list.named(lines.collect::<String>().as_bytes())
}

fn violations(world: &World, counts: impl Fn(Rule) -> bool) -> String {
    let home = Home::new(world.gowr_home()).unwrap();
    let key = Key::parse(&host_key()).unwrap();
    let found = invariants::check(&home, &key).unwrap();
    let lines = found.iter().filter(|it| counts(it.rule)).map(|it| format!("{it}\n"));
    lines.collect()
}

fn settled(world: &World, name: &str) {
    assert_eq!(violations(world, |_| true), "", "{name}");
}

/// Runs all of them, also after one that fails; `run` says how often it struck.
pub(crate) fn run_all(scenarios: &[Scenario], mut run: impl FnMut(&Scenario) -> usize) -> usize {
    let (mut total, mut failed) = (0, Vec::new());
    for scenario in scenarios {
        match catch_unwind(AssertUnwindSafe(|| run(scenario))) {
            Ok(count) => {
                println!("{}: {count} times", scenario.name);
                assert!(count > 0, "{}", scenario.name);
                total += count;
            }
            // It was shown when it happened.
            Err(_) => failed.push(scenario.name),
        }
    }
    println!("{total} times in all");
    assert!(failed.is_empty(), "failed: {}", failed.join(", "));
    total
}

/// Numbers that look like chance and are the same each time.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    /// A number below `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 16).unwrap() % end
    }
}

/// Some calls of each name, so that few runs see much; a name with few calls has all of them.
pub(crate) fn some_of_each(calls: &[Call], count: usize, dice: &mut Dice) -> Vec<usize> {
    let mut by_name: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (number, call) in calls.iter().enumerate() {
        by_name.entry(call.name).or_default().push(number);
    }
    let mut chosen = Vec::new();
    for mut numbers in by_name.into_values() {
        while numbers.len() > count {
            numbers.swap_remove(dice.below(numbers.len()));
        }
        chosen.extend(numbers);
    }
    chosen
}

/// Does something for each task, on as many threads as there are processors; says how often that was true.
pub(crate) fn on_all_processors<T>(
    tasks: impl Iterator<Item = T> + Send,
    act: impl Fn(T) -> bool + Sync,
) -> usize {
    let (tasks, count) = (Mutex::new(tasks.fuse()), AtomicUsize::new(0));
    let workers = thread::available_parallelism().map_or(1, usize::from);
    let work = || loop {
        let task = tasks.lock().unwrap().next();
        let Some(task) = task else { break };
        if act(task) {
            count.fetch_add(1, Ordering::SeqCst);
        }
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        for worker in workers {
            worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        }
    });
    count.into_inner()
}
