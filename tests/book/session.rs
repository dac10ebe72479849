//! The commands of a page, run: one shell as long as the userland stays the same, so that `cd` and `export` last.

use std::env;
use std::fs;
use std::ops::Range;

use snapbox::{Assert, IntoData};

use super::page::{Command, Page, Step};
use crate::support::podman::Podman;
use crate::support::{World, host_key};
use crate::userland::Root;

/// What a reader sees instead of a test's home directory.
const HOME: &str = "/home/gopher";

/// Between the outputs of two commands, together with the exit status of the first.
const SEPARATOR: char = '\u{1e}';

/// A line range of the page and what should stand there.
type Edit = (Range<usize>, String);

/// Runs a page; gives what is wrong with it.
pub(crate) fn check(page: &Page) -> Vec<String> {
    let mut machine = None;
    let (mut problems, mut edits) = (Vec::new(), Vec::new());
    for steps in page.steps.chunk_by(|_, next| matches!(next, Step::Command(_))) {
        match &steps[0] {
            Step::Machine(words) => machine = Some(Machine::new(words)),
            Step::Userland(name) => {
                machine.as_mut().expect("a page starts with its machine").userland = userland(name);
            }
            Step::Command(_) => panic!("{}: a page starts with its machine", page.path.display()),
        }
        let commands: Vec<&Command> = steps.iter().filter_map(command).collect();
        let machine = machine.as_ref().expect("it was made by the first step");
        machine.run(page, &commands, &mut problems, &mut edits);
    }
    if env::var("SNAPSHOTS").is_ok_and(|value| value == "overwrite") {
        overwrite(page, edits);
    }
    problems
}

fn command(step: &Step) -> Option<&Command> {
    match step {
        Step::Command(command) => Some(command),
        Step::Machine(_) | Step::Userland(_) => None,
    }
}

fn overwrite(page: &Page, edits: Vec<Edit>) {
    let mut lines = page.lines.clone();
    for (range, text) in edits.into_iter().rev() {
        lines.splice(range, text.lines().map(str::to_owned));
    }
    fs::write(&page.path, lines.join("\n") + "\n").unwrap();
}

/// A home directory, seen from a userland: none is this machine's own.
struct Machine {
    world: World,
    userland: Option<Root>,
    /// With images of Alpine and Debian without a Go.
    podman: Option<Podman>,
}

fn userland(name: &str) -> Option<Root> {
    match name {
        "host" => None,
        "alpine" => Some(Root::alpine()),
        "bookworm" => Some(Root::bookworm()),
        "trixie" => Some(Root::trixie()),
        _ => panic!("no userland is called {name}"),
    }
}

impl Machine {
    fn new(words: &[String]) -> Self {
        let (name, words) = words.split_first().expect("a directive has a word");
        let world = if words.iter().any(|word| word == "without-gowr") {
            let world = World::empty();
            fs::create_dir(world.path("build")).unwrap();
            for (name, program) in
                [("go", env!("CARGO_BIN_EXE_go")), ("gowr", env!("CARGO_BIN_EXE_gowr"))]
            {
                fs::hard_link(program, world.path("build").join(name)).unwrap();
            }
            world
        } else {
            World::new()
        };
        for toolchain in words.iter().filter(|word| word.starts_with("go1.")) {
            world.real(toolchain);
        }
        world.share_builds(&match name.as_str() {
            "alpine" => "alpine-3.23".to_owned(),
            "bookworm" => "debian-12".to_owned(),
            "trixie" => "debian-13".to_owned(),
            _ => host_key(),
        });
        let podman = words.iter().any(|word| word == "podman").then(|| {
            let podman = Podman::own();
            podman.import_without_go(&Root::alpine(), "localhost/alpine");
            podman.import_without_go(&Root::trixie(), "localhost/debian");
            podman
        });
        Self { world, userland: userland(name), podman }
    }

    fn run(
        &self,
        page: &Page,
        commands: &[&Command],
        problems: &mut Vec<String>,
        edits: &mut Vec<Edit>,
    ) {
        let script = self.world.write(".script", script(commands));
        let run = self.world.run("/bin/sh").args([script]).at(self.world.home()).online();
        let run = match &self.userland {
            Some(root) => run.inside(root),
            None => run,
        };
        let run = match &self.podman {
            Some(podman) => podman.with(run),
            None => run,
        };
        let output = run.run().stdout().replace("[GOWR]", &format!("{HOME}/.local/share/gowr"));
        let output = output.replace("[HOME]", HOME);
        let mut parts = output.split(SEPARATOR);
        let mut printed = parts.next().unwrap_or_default();
        for (index, command) in commands.iter().enumerate() {
            let place = format!("{}:{}: {}", page.path.display(), command.line, command.text);
            let Some((status, next)) = parts.next().and_then(|part| part.split_once('\n')) else {
                problems.push(format!("{place}\nthe shell ended here:\n{printed}"));
                return;
            };
            let is_told = commands.get(index + 1).is_some_and(|next| next.text == "echo $?");
            if status != "0" && !is_told {
                problems.push(format!("{place}\nexit status {status}:\n{printed}"));
            }
            let printed_text = printed.trim_end_matches('\n').to_owned();
            printed = next;
            if !command.is_shown {
                continue;
            }
            let expected = page.expected(command);
            let (actual, expected) = (printed_text.clone().into_data(), expected.into_data());
            if let Err(error) = Assert::new().normalize_paths(false).try_eq(None, actual, expected)
            {
                problems.push(format!("{place}\n{error}"));
                edits.push((command.output.clone(), printed_text));
            }
        }
    }
}

/// The commands as one script, each followed by the separator and its exit status.
fn script(commands: &[&Command]) -> String {
    let mut script = String::from("exec 2>&1\n");
    for command in commands {
        script += &command.text;
        script += "\nlast=$?; printf '\\n\\036%s\\n' \"$last\"; (exit \"$last\")\n";
    }
    script
}
