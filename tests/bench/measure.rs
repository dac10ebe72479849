//! What the benchmarks share: rounds in random order, medians, where their files are, and the state of the machine.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

/// A Go before 1.24, and one after: what is switched to, and from.
pub(crate) const OLD: &str = "go1.22.12";
/// See [`OLD`].
pub(crate) const NEW: &str = "go1.26.9";

/// The number after `--rounds`, or `default`.
pub(crate) fn rounds(default: usize) -> usize {
    let words: Vec<String> = env::args().collect();
    let value = words.windows(2).find(|pair| pair[0] == "--rounds").map(|pair| &pair[1]);
    value.map_or(default, |value| value.parse().expect("--rounds takes a number"))
}

/// Real Go toolchains, installed by the real `gowr install` the first time.
pub(crate) fn toolchain(name: &str) -> PathBuf {
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bench");
    let root = home.join("gowr/toolchains").join(name);
    if !root.join("VERSION").exists() {
        fs::create_dir_all(&home).expect("the target directory is writable");
        let mut install = Command::new(env!("CARGO_BIN_EXE_gowr"));
        install.args(["install", name]).env("HOME", &home).env("GOWR_HOME", home.join("gowr"));
        install.env_remove("XDG_CONFIG_HOME").stdout(Stdio::null());
        assert!(install.status().expect("gowr starts").success(), "gowr install {name}");
    }
    root
}

/// An empty directory, in memory where the machine has such a place.
pub(crate) fn scratch(name: &str) -> PathBuf {
    let memory = Path::new("/dev/shm");
    let parent = if memory.is_dir() { memory } else { Path::new(env!("CARGO_TARGET_TMPDIR")) };
    let directory = parent.join(format!("gowr-bench-{name}"));
    remove(&directory);
    fs::create_dir_all(&directory).expect("there is room for the benchmark");
    directory
}

/// Removes a directory that may not be there.
pub(crate) fn remove(directory: &Path) {
    if directory.exists() {
        fs::remove_dir_all(directory).expect("the benchmark made it");
    }
}

/// The numbers from 0 in an order nobody chose (xorshift: the order matters, not its quality).
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new() -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
        Self(u64::from(now.subsec_nanos()) | 1)
    }

    pub(crate) fn order(&mut self, count: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..count).collect();
        for last in (1..count).rev() {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            let bound = u64::try_from(last + 1).expect("a small number");
            order.swap(last, usize::try_from(self.0 % bound).expect("a small number"));
        }
        order
    }
}

/// The middle of a list; of an even number, the lower of the two.
pub(crate) fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    values[(values.len() - 1) / 2]
}

/// Whether a goal is met, as a line of text.
pub(crate) fn goal(what: &str, found: f64, limit: f64, unit: &str) -> String {
    let verdict = if found <= limit { "met" } else { "NOT met" };
    format!("- goal: {what} ≤ {limit}{unit}: {found:.3}{unit}, {verdict}")
}

/// The machine and what else it was doing.
pub(crate) fn machine() -> String {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let information = read("/proc/cpuinfo");
    let model = information.lines().find_map(|line| line.strip_prefix("model name"));
    let model = model.map_or("unknown", |text| text.trim_matches([' ', '\t', ':']));
    let load = read("/proc/loadavg");
    let load = load.split(' ').next().unwrap_or_default();
    format!(
        "{processors} × {model}, Linux {}, load {load}",
        read("/proc/sys/kernel/osrelease").trim()
    )
}
