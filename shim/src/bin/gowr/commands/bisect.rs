//! `gowr bisect`: the first release of Go that changes what comes of a command.

use std::ffi::OsString;
use std::fs::File;
use std::os::fd::AsFd;
use std::process::ExitCode;

use installer::bisect::{Answer, Next, Question, State, StateFile, Step, Verdict};
use installer::child::{self, Ended};
use installer::uninstall;
use resolver::failure::{Failure, Problem};
use resolver::installed::{self, Found};
use resolver::invocation::Program;
use resolver::version::{Request, ToolchainName};
use serde::Serialize;

use crate::commands::pin;
use crate::context::{Context, to_path};
use crate::error::{CommandError, Kind};
use crate::installation::{Installation, state_directory};
use crate::interrupt;
use crate::output;
use crate::request;
use crate::with_toolchain;

/// Find the first release of Go that changes what comes of a command
///
/// The command tells by its exit status, as with `git bisect run`: 0 is good, 125 skips the release, 1 to 127 is bad, and all else ends the search.
/// Each step is kept: after a kill or Ctrl-C the same command line goes on.
#[derive(Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "options of a command line")]
#[command(after_help = "Example:\n  gowr bisect --good 1.21 --bad 1.22 -- go test ./...")]
pub(crate) struct Arguments {
    /// A release with which the command succeeds, or a line at its newest release
    #[arg(long, value_name = "VERSION", requires_all = ["bad", "command"])]
    good: Option<String>,

    /// A release with which it fails; it may be the older one
    #[arg(long, value_name = "VERSION", requires_all = ["good", "command"])]
    bad: Option<String>,

    /// Releases or lines that are passed over
    #[arg(long, value_name = "VERSION", value_delimiter = ',', requires = "good")]
    skip: Vec<String>,

    /// Try prereleases, too
    #[arg(long, requires = "good")]
    prereleases: bool,

    /// Uninstall in the end what the search has installed
    #[arg(long)]
    clean: bool,

    /// Show what was tried until now
    #[arg(long, conflicts_with_all = ["good", "reset"])]
    log: bool,

    /// Forget what was tried
    #[arg(long, conflicts_with = "good")]
    reset: bool,

    /// Print JSON
    #[arg(long)]
    json: bool,

    /// The command, and its arguments
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

#[derive(Serialize)]
struct Document<'a> {
    schema: u32,
    /// From the older end to the newer.
    from: &'a str,
    to: &'a str,
    /// `good` where the result gets worse with newer releases.
    older: Verdict,
    /// The first release that changes the result; null where it is not known yet, or where skipped ones leave it open.
    first: Option<&'a str>,
    /// All that it may be.
    candidates: &'a [String],
    steps: &'a [Step],
}

/// A search, and where it is kept.
struct Search<'a> {
    context: &'a Context,
    installation: Installation<'a>,
    file: StateFile,
    state: State,
}

/// Searches, or tells of a search.
pub(crate) fn run(context: &Context, arguments: &Arguments) -> Result<ExitCode, CommandError> {
    let installation = Installation::new(context)?;
    let project = pin::directory(&context.survey(Program::Go, &[])?)?;
    let state = state_directory().unwrap_or_else(|| installation.home.path().to_path_buf());
    let file = StateFile::of_project(&state, &project);
    if arguments.reset {
        return reset(context, installation, &file, arguments.clean);
    }
    let (Some(good), Some(bad)) = (&arguments.good, &arguments.bad) else {
        return log(&file, arguments.json);
    };
    let text = |word: &OsString| word.to_string_lossy().into_owned();
    let question = Question {
        good: good.clone(),
        bad: bad.clone(),
        prereleases: arguments.prereleases,
        skip: arguments.skip.clone(),
        command: arguments.command.iter().map(text).collect(),
    };
    let _turn = file.take_turn()?;
    let state = match file.read()? {
        Some(known) if known.is_told => begin(&installation, question)?,
        Some(known) if known.question == question => {
            let steps = known.steps.len();
            output::say(&format!("going on after {steps} of {} releases", known.releases.len()));
            known
        }
        Some(known) => return Err(another(&known)),
        None => begin(&installation, question)?,
    };
    let mut search = Search { context, installation, file, state };
    search.run(arguments)
}

/// The releases between the ends, and those that are not to be tried.
fn begin(installation: &Installation<'_>, question: Question) -> Result<State, CommandError> {
    let skipped = question.skip.iter().map(|typed| request::request(typed));
    let skipped = skipped.collect::<Result<Vec<_>, _>>()?;
    let releases = installation.releases()?;
    let good = end(&releases, &question.good)?;
    let bad = end(&releases, &question.bad)?;
    let mut state = State::new(question, &releases, good, bad)?;
    let last = state.releases.len() - 1;
    for index in 1..last {
        let Some(name) = state.release(index) else { continue };
        if skipped.iter().any(|request| request.accepts(name)) {
            state.steps.push(Step {
                go: name.to_string(),
                verdict: Verdict::Skip,
                exit: None,
                seconds: 0.0,
                reason: Some(String::from("passed over by --skip")),
            });
        }
    }
    Ok(state)
}

/// The release that an end means: the newest of a line.
fn end(releases: &[ToolchainName], typed: &str) -> Result<ToolchainName, CommandError> {
    let request = request::request(typed)?;
    let found = match request {
        // Whether there is one shows when it is installed: not every list has all.
        Request::Exact(name) => Some(name),
        _ => installed::newest(releases, |name| request.accepts(name)),
    };
    found.ok_or_else(|| {
        CommandError::not_found(format!("there is no release that answers {typed}"))
            .caused_by("the ends of a search are releases that can be installed")
            .fixed_by("gowr list --remote")
    })
}

/// Only one question at a time: what is known of one is not lost to a slip of the fingers.
fn another(known: &State) -> CommandError {
    let Question { good, bad, command, .. } = &known.question;
    CommandError::user("a search for something else is under way in this project")
        .caused_by(&format!("gowr bisect --good {good} --bad {bad} -- {}", command.join(" ")))
        .fixed_by("gowr bisect --reset")
}

fn reset(
    context: &Context,
    installation: Installation<'_>,
    file: &StateFile,
    is_clean: bool,
) -> Result<ExitCode, CommandError> {
    let _turn = file.take_turn()?;
    let known = file.read().unwrap_or_default();
    if let Some(state) = known.filter(|state| is_clean && !state.installed.is_empty()) {
        Search { context, installation, file: file.clone(), state }.clean()?;
    }
    file.forget()?;
    Ok(ExitCode::SUCCESS)
}

fn log(file: &StateFile, as_json: bool) -> Result<ExitCode, CommandError> {
    let Some(state) = file.read()? else {
        return Err(CommandError::not_found("nothing was searched for in this project")
            .fixed_by("gowr bisect --good VERSION --bad VERSION -- COMMAND"));
    };
    if as_json {
        let answer = match state.next() {
            Next::Found(answer) => Some(answer),
            _ => None,
        };
        document(&state, answer.as_ref())?;
    } else {
        let rows: Vec<_> = state.steps.iter().map(row).collect();
        output::data(output::columns(&rows).as_bytes())?;
    }
    Ok(ExitCode::SUCCESS)
}

fn row(step: &Step) -> [String; 3] {
    [step.verdict.as_str().to_owned(), step.go.clone(), detail(step)]
}

fn detail(step: &Step) -> String {
    match (&step.reason, step.exit) {
        (Some(reason), _) => reason.clone(),
        (None, Some(exit)) => format!("exit status {exit}, {:.1} s", step.seconds),
        (None, None) => String::new(),
    }
}

fn document(state: &State, answer: Option<&Answer>) -> Result<(), CommandError> {
    let ends = (state.releases.first(), state.releases.last());
    let (Some(from), Some(to)) = ends else { return Ok(()) };
    let candidates = answer.map_or(&[][..], |answer| candidates(state, answer));
    let first = match candidates {
        [first] => Some(first.as_str()),
        _ => None,
    };
    let (older, steps) = (state.older, &state.steps[..]);
    output::json(&Document { schema: 1, from, to, older, first, candidates, steps })
}

/// The releases of which one is the first.
fn candidates<'a>(state: &'a State, answer: &Answer) -> &'a [String] {
    &state.releases[answer.last + 1..=answer.first]
}

impl Search<'_> {
    fn run(&mut self, arguments: &Arguments) -> Result<ExitCode, CommandError> {
        self.state.save(&self.file)?;
        loop {
            match self.state.next() {
                Next::Try(index) => {
                    let Some(name) = self.state.release(index) else {
                        return Err(CommandError::internal("a release has no name"));
                    };
                    if let Some(code) = self.step(name, &arguments.command)? {
                        return Ok(code);
                    }
                }
                Next::WrongEnd(index, expected) => return Err(self.wrong_end(index, expected)),
                Next::Found(answer) => return self.tell(&answer, arguments),
            }
        }
    }

    /// Tries one release and keeps what came of it. An exit code comes back from an interrupt.
    fn step(
        &mut self,
        name: ToolchainName,
        words: &[OsString],
    ) -> Result<Option<ExitCode>, CommandError> {
        let left = self.state.remaining();
        let steps = if left == 1 { "1 step" } else { &format!("{left} steps") };
        output::say(&format!("trying {name} (about {steps} left)"));
        let step = if let Some(reason) = self.unusable(name)? {
            let (go, verdict, reason) = (name.to_string(), Verdict::Skip, Some(reason));
            Step { go, verdict, exit: None, seconds: 0.0, reason }
        } else {
            interrupt::end_commands(self.context);
            let ended = self.execute(name, words);
            interrupt::end_this_process();
            if let Some(signal) = child::interrupted_by() {
                output::say("interrupted; the same command line goes on");
                return Ok(Some(interrupt::end_by(signal)));
            }
            let ended = ended?;
            let Some(verdict) = Verdict::of_exit_status(ended.status) else {
                return Err(aborted(name, ended));
            };
            let (go, exit) = (name.to_string(), Some(ended.status));
            Step { go, verdict, exit, seconds: ended.elapsed.as_secs_f64(), reason: None }
        };
        output::say(&format!("{name} is {}: {}", judged(step.verdict), detail(&step)));
        self.state.steps.push(step);
        self.state.save(&self.file)?;
        Ok(None)
    }

    /// Sees to it that a release is here; why it cannot be tried, if it cannot.
    fn unusable(&mut self, name: ToolchainName) -> Result<Option<String>, CommandError> {
        let request = Request::Exact(name);
        if self.context.usable(request).is_none() {
            // Written down before it is done: a kill loses nothing that --clean must know of.
            if !self.installation.home.has(&name) {
                self.state.installed.push(name.to_string());
                self.state.save(&self.file)?;
            }
            match self.installation.install(request, "gowr bisect") {
                Ok(()) => {}
                Err(error) if error.kind() == Kind::NotFound => return Ok(Some(error.line())),
                Err(error) => return Err(error),
            }
        }
        Ok(match self.context.find(request) {
            Found::Usable(_) => None,
            Found::Unusable(unusable) => {
                let failure = Failure::of(unusable.code(), Problem::Unusable(unusable));
                Some(CommandError::from(&failure).line())
            }
            Found::Absent | Found::Unknown => Some(format!("{name} cannot be used here")),
        })
    }

    /// What the command writes is talk: the answer alone is data.
    fn execute(&self, name: ToolchainName, words: &[OsString]) -> Result<Ended, CommandError> {
        let version = Request::Exact(name).to_string();
        let gowr = to_path(self.context.process.execution_path);
        let command = with_toolchain::command(gowr, Some(&version), words);
        let ended = std::io::stderr()
            .as_fd()
            .try_clone_to_owned()
            .and_then(|descriptor| child::run(command, &File::from(descriptor)));
        ended.map_err(|error| {
            CommandError::internal("cannot start the command").caused_by(&error.to_string())
        })
    }

    fn wrong_end(&self, index: usize, expected: Verdict) -> CommandError {
        let release = &self.state.releases[index];
        let step = self.state.steps.iter().find(|step| step.go == *release);
        let (found, why) =
            step.map_or((Verdict::Skip, String::new()), |step| (step.verdict, detail(step)));
        // The question is answered: put once more, it is another.
        let _ = self.file.forget();
        CommandError::user(format!(
            "{release} is said to be {}, and is {}",
            judged(expected),
            judged(found)
        ))
        .caused_by(&why)
        .fixed_by(format!(
            "gowr exec --go {} -- {}",
            release.trim_start_matches("go"),
            self.state.question.command.join(" ")
        ))
    }

    fn tell(&mut self, answer: &Answer, arguments: &Arguments) -> Result<ExitCode, CommandError> {
        let candidates = candidates(&self.state, answer);
        let newer = match self.state.older {
            Verdict::Good => "bad",
            _ => "good",
        };
        let last = &self.state.releases[answer.last];
        if answer.is_open() {
            output::say(&format!(
                "the first {newer} release is one of these; {last} is {}, and those between were skipped",
                judged(self.state.older)
            ));
        } else {
            output::say(&format!(
                "the first {newer} release is {}; {last} is {}",
                candidates[0],
                judged(self.state.older)
            ));
        }
        if arguments.json {
            document(&self.state, Some(answer))?;
        } else {
            output::data(format!("{}\n", candidates.join("\n")).as_bytes())?;
        }
        let code = if answer.is_open() { ExitCode::FAILURE } else { ExitCode::SUCCESS };
        if arguments.clean {
            self.clean()?;
        } else if !self.state.installed.is_empty() {
            let names: Vec<_> =
                self.state.installed.iter().map(|name| name.trim_start_matches("go")).collect();
            output::say(&format!(
                "to take away what this search has installed, run: gowr uninstall {}",
                names.join(" ")
            ));
        }
        // Only now: before, the same command line must tell it again.
        self.state.is_told = true;
        self.state.save(&self.file)?;
        Ok(code)
    }

    /// Uninstalls what the search has installed.
    fn clean(&mut self) -> Result<(), CommandError> {
        let configuration = self.context.configuration_file().ok();
        let mut waiting = |holder: &installer::lock::Holder| {
            output::say(&format!("waiting for {holder}"));
        };
        let Installation { home, key, .. } = &self.installation;
        for name in std::mem::take(&mut self.state.installed) {
            let Some(name) = ToolchainName::parse(&name).filter(|name| home.has(name)) else {
                continue;
            };
            uninstall::uninstall(home, key, &name, configuration.as_deref(), &mut waiting)?;
            output::say(&format!("{name} is uninstalled"));
        }
        Ok(())
    }
}

const fn judged(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Good => "good",
        Verdict::Bad => "bad",
        Verdict::Skip => "skipped",
    }
}

fn aborted(name: ToolchainName, ended: Ended) -> CommandError {
    let how = if ended.by_signal {
        format!("it was ended by signal {}", ended.status - 128)
    } else {
        format!("its exit status is {}, and 128 and more end the search", ended.status)
    };
    CommandError::user(format!("the command ends the search, with {name}"))
        .caused_by(&how)
        .noted(String::from("what was tried is kept: the same command line goes on"))
        .or_fixed_by(|| String::from("gowr bisect --log"))
}
