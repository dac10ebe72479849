//! `gowr matrix`: one command with several versions of Go, here and elsewhere, as a table.

mod place;
mod table;

use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use installer::child;
use installer::matrix::{self, Event, Options, Status};
use resolver::version::{Request, ToolchainName};
use serde::Serialize;

use crate::context::{Context, to_path};
use crate::error::CommandError;
use crate::installation::Installation;
use crate::interrupt;
use crate::output;
use crate::request;
use place::Place;
use table::Table;

/// Run one command with several versions of Go, and show which of them it fails with
///
/// What is missing is installed. Each run is as with `gowr exec --go VERSION`: in the same directory, with the same cache.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  gowr matrix --go 1.24,1.25,1.26 -- go test ./...")]
pub(crate) struct Arguments {
    /// Versions: releases (1.22.3), lines at their newest release (1.22), registered names, or latest
    #[arg(long = "go", value_name = "VERSION", required = true, value_delimiter = ',')]
    versions: Vec<String>,

    /// Where: distros of WSL, boxes of distrobox and toolbox, container images (with a tag), or here
    #[arg(long = "in", value_name = "DISTRO|IMAGE", value_delimiter = ',')]
    places: Vec<String>,

    /// Go on where a run fails
    #[arg(short, long)]
    keep_going: bool,

    /// How many runs at once
    #[arg(short, long, value_name = "N", default_value = "1")]
    jobs: NonZeroUsize,

    /// Show what every run writes, and not only what failed
    #[arg(short, long)]
    verbose: bool,

    /// Print JSON
    #[arg(long)]
    json: bool,

    /// The command, and its arguments
    #[arg(required = true, last = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

#[derive(Serialize)]
struct Document<'a> {
    schema: u32,
    runs: Vec<Run<'a>>,
}

#[derive(Serialize)]
struct Run<'a> {
    /// The release, or the registered name.
    go: &'a str,
    /// Where, as it was typed; null for here.
    r#in: Option<&'a str>,
    status: Status,
    /// As a shell has it: 128 and more for a signal. Null where nothing was run.
    exit: Option<i32>,
    seconds: Option<f64>,
    /// What was written, of runs that did not pass; of all with --verbose.
    output: Option<String>,
}

/// One run to be made.
pub(crate) struct Cell {
    go: String,
    place: Place,
    /// Why it cannot be.
    refusal: Option<String>,
}

/// What came of one that was made.
pub(crate) struct Outcome {
    /// How it ended; none where it could not be started.
    ended: Option<child::Ended>,
    output: String,
}

impl Cell {
    fn label(&self) -> String {
        match self.place.typed() {
            Some(place) => format!("{} in {place}", self.go),
            None => self.go.clone(),
        }
    }
}

impl Outcome {
    fn not_run(why: String) -> Self {
        Self { ended: None, output: why }
    }

    /// `exit status 1`, `signal 9`; nothing of a success.
    fn detail(&self) -> Option<String> {
        match self.ended {
            Some(ended) if ended.by_signal => Some(format!("signal {}", ended.status - 128)),
            Some(ended) if ended.status == 0 => None,
            Some(ended) => Some(format!("exit status {}", ended.status)),
            None => Some(String::from("not run")),
        }
    }

    fn elapsed(&self) -> Option<Duration> {
        self.ended.map(|ended| ended.elapsed)
    }
}

/// Runs, and tells what came of it.
pub(crate) fn run(context: &Context, arguments: &Arguments) -> Result<ExitCode, CommandError> {
    let cells = cells(context, arguments)?;
    // From here on an interrupt ends the runs, and not this process: what they came to is told.
    interrupt::end_commands(context);
    let labels: Vec<_> = cells.iter().map(Cell::label).collect();
    let mut table = Table::new(&labels, !arguments.json);
    let options = Options { jobs: arguments.jobs.get(), keep_going: arguments.keep_going };
    let mut results: Vec<Option<(Status, Outcome)>> = cells.iter().map(|_| None).collect();
    let mut problem = None;
    let gowr = to_path(context.process.execution_path);
    let perform = |index: usize| perform(gowr, &cells[index], &arguments.command);
    matrix::run(cells.len(), options, perform, |event| match event {
        Event::Began(index) => table.began(index),
        Event::Ended(index, status, outcome) => {
            let is_shown = arguments.verbose || status == Status::Failed;
            if is_shown && !arguments.json {
                table.show(&section(&labels[index], &outcome));
            }
            let told = table.ended(index, status, outcome.elapsed(), outcome.detail());
            problem = problem.take().or(told.err());
            results[index] = Some((status, outcome));
        }
    });
    for (index, _) in results.iter().enumerate().filter(|(_, result)| result.is_none()) {
        let told = table.ended(index, Status::Skipped, None, None);
        problem = problem.or(told.err());
    }
    table.finish()?;
    if let Some(problem) = problem {
        return Err(problem);
    }
    if arguments.json {
        let runs = cells.iter().zip(&results);
        let runs = runs.map(|(cell, result)| document(cell, result.as_ref(), arguments.verbose));
        output::json(&Document { schema: 1, runs: runs.collect() })?;
    }
    if let Some(signal) = child::interrupted_by() {
        return Ok(interrupt::end_by(signal));
    }
    let is_passed = |result: &Option<(Status, Outcome)>| {
        result.as_ref().is_some_and(|(status, _)| *status == Status::Passed)
    };
    Ok(if results.iter().all(is_passed) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// All runs, place by place; what is missing is installed first, so that nothing is downloaded while something is
/// measured.
fn cells(context: &Context, arguments: &Arguments) -> Result<Vec<Cell>, CommandError> {
    let installation = Installation::new(context)?;
    let parse = |typed: &String| match typed.as_str() {
        "latest" | "newest" => Ok(None),
        typed => request::request(typed).map(Some),
    };
    let requests = arguments.versions.iter().map(parse).collect::<Result<Vec<_>, _>>()?;
    let mut places = vec![Place::Here];
    if !arguments.places.is_empty() {
        let parsed = arguments.places.iter().map(|typed| Place::find(context, typed));
        places = parsed.collect::<Result<_, _>>()?;
    }
    let mut toolchains = Vec::new();
    for request in requests {
        toolchains.push(match toolchain(context, &installation, request) {
            Ok(name) => (name, None),
            Err(error) if arguments.keep_going => {
                error.report();
                let typed = request.map_or_else(|| String::from("latest"), |it| it.to_string());
                (typed, Some(error.line()))
            }
            Err(error) => return Err(error),
        });
    }
    let mut cells: Vec<Cell> = Vec::new();
    for place in places {
        for (go, error) in &toolchains {
            // The same version by two names is one run.
            if !cells.iter().any(|cell| cell.go == *go && cell.place == place) {
                let (go, place, refusal) = (go.clone(), place.clone(), error.clone());
                cells.push(Cell { go, place, refusal });
            }
        }
    }
    Ok(cells)
}

/// The release that a request means here, installed; or the registered name.
fn toolchain(
    context: &Context,
    installation: &Installation<'_>,
    request: Option<Request>,
) -> Result<String, CommandError> {
    let request = match request {
        Some(request) => request,
        None => Request::Exact(installation.newest_release()?),
    };
    installation.ensure(request, "gowr matrix")?;
    let found = context.usable(request).and_then(|toolchain| toolchain.version);
    Ok(match (request, found) {
        (Request::Named(name), _) => name.to_string(),
        (_, Some(name)) => name.to_string(),
        (request, None) => request.to_string(),
    })
}

/// Makes one run.
fn perform(gowr: &Path, cell: &Cell, words: &[OsString]) -> (Status, Outcome) {
    if let Some(refusal) = &cell.refusal {
        return (Status::Failed, Outcome::not_run(refusal.clone()));
    }
    let version = ToolchainName::parse(&cell.go).map(|name| Request::Exact(name).to_string());
    let version = version.as_deref().unwrap_or(&cell.go);
    let made = child::run_captured(cell.place.commands(gowr, version, words));
    let outcome = match made {
        Ok((ended, output)) => Outcome { ended, output },
        Err(error) => Outcome::not_run(error.to_string()),
    };
    let is_passed = outcome.ended.is_some_and(|ended| ended.status == 0);
    let status = match child::interrupted_by() {
        _ if is_passed => Status::Passed,
        Some(_) => Status::Interrupted,
        None => Status::Failed,
    };
    (status, outcome)
}

fn section(label: &str, outcome: &Outcome) -> String {
    let detail = outcome.detail().unwrap_or_else(|| String::from("passed"));
    format!("--- {label}: {detail}\n{}", outcome.output).trim_end().to_owned()
}

fn document<'a>(cell: &'a Cell, result: Option<&(Status, Outcome)>, is_verbose: bool) -> Run<'a> {
    let status = result.map_or(Status::Skipped, |(status, _)| *status);
    let outcome = result.map(|(_, outcome)| outcome);
    let is_told = is_verbose || status != Status::Passed;
    Run {
        go: &cell.go,
        r#in: cell.place.typed(),
        status,
        exit: outcome.and_then(|it| it.ended).map(|ended| ended.status),
        seconds: outcome.and_then(Outcome::elapsed).map(seconds),
        output: outcome.filter(|_| is_told).map(|it| it.output.clone()),
    }
}

/// To a millisecond: no clock is better than that for a process.
fn seconds(elapsed: Duration) -> f64 {
    f64::from(u32::try_from(elapsed.as_millis()).unwrap_or(u32::MAX)) / 1000.0
}
