//! `gowr doctor`: what is wrong on this machine, and how it is mended.

mod treatment;
mod trial;

use std::env;
use std::ffi::OsString;
use std::fs::{File, TryLockError};
use std::io;
use std::path::Path;
use std::process::ExitCode;
use std::time::SystemTime;

use clap::builder::PossibleValuesParser;
use installer::doctor::{self, Code, Finding, Patient};
use installer::problem::Problem;
use installer::setup::User;
use installer::store::{Home, Key};
use installer::support_status::{self, KnownReleases};
use installer::vulnerabilities::Report;
use resolver::invocation::Program;
use resolver::path::{self, Bytes};
use resolver::resolution::resolve_survey;
use serde::Serialize;

use crate::context::{Context, to_path};
use crate::error::CommandError;
use crate::installation::state_directory;
use crate::{output, problems, view, vulnerabilities};

/// Find what is wrong on this machine as far as Go is concerned
///
/// Each problem has its code (docs: doctor), where it can be seen, and the command that mends it. Works where go itself
/// does not, changes nothing and asks no network. Exit status 1 where there is a problem; notes do not count.
#[derive(Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option")]
pub(crate) struct Arguments {
    /// Mend what can be mended safely, after showing it; with CODE only that, also where it changes the machine
    #[arg(long, num_args = 0.., value_name = "CODE", conflicts_with = "undo", value_parser = codes(), hide_possible_values = true)]
    fix: Option<Vec<String>>,

    /// Take back what the last --fix did
    #[arg(long)]
    undo: bool,

    /// Only say what --fix would do
    #[arg(long, requires = "fix")]
    dry_run: bool,

    /// Also ask the Go vulnerability database about the chosen Go, and for the time
    #[arg(long, conflicts_with = "undo")]
    online: bool,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What `--json` prints without `--fix`.
#[derive(Serialize)]
struct Document<'a> {
    schema: u32,
    problems: Vec<Row<'a>>,
}

/// One problem.
#[derive(Serialize)]
struct Row<'a> {
    number: usize,
    #[serde(flatten)]
    problem: &'a Problem,
    /// Whether `--fix` does something about it.
    mendable: bool,
}

/// The codes that can be named.
fn codes() -> PossibleValuesParser {
    PossibleValuesParser::new(Code::ALL.map(Code::as_str))
}

/// Examines, and mends where that is asked for.
pub(crate) fn run(context: &Context, arguments: &Arguments) -> Result<ExitCode, CommandError> {
    if arguments.undo {
        return treatment::undo(arguments.json);
    }
    let findings = examine(context, arguments.online);
    if let Some(named) = &arguments.fix {
        return treatment::run(context, &findings, named, arguments);
    }
    if arguments.json {
        output::json(&Document { schema: 1, problems: rows(&findings) })?;
    } else {
        show(&findings)?;
    }
    Ok(status(&findings))
}

fn examine(context: &Context, online: bool) -> Vec<Finding> {
    let survey = context.survey(Program::Go, &[]);
    let choice = match &survey {
        Ok(survey) => resolve_survey(survey, &mut resolver::witness::Losers::default()),
        Err(failure) => Err(*failure),
    };
    let home = home(context);
    let user = User::without_asking().ok();
    let releases = known_releases(home.as_ref());
    let proxy_version = view::proxy_version(context);
    let choice = choice.as_ref().map_err(|failure| *failure);
    let version = choice.ok().and_then(|resolution| resolution.toolchain.version);
    let mut findings = doctor::examine(&Patient {
        view: view::view(context, survey.as_ref().ok(), choice, proxy_version.as_deref()),
        variable: &variable,
        home: home.as_ref().map(|(home, key)| (home, key)),
        user: user.as_ref(),
        releases: &releases,
        try_lock: &try_lock,
        try_go: &|resolution| trial::run(context, resolution),
        now: SystemTime::now(),
        network_time: if online { vulnerabilities::time() } else { None },
    });
    if let Some(version) = version.filter(|_| online) {
        let reports = vulnerabilities::reports(&[version.version()]).unwrap_or_default();
        findings.extend(reports.iter().filter_map(Report::problem).map(Finding::from));
    }
    findings
}

/// The list of releases that somebody has seen, and what is here.
fn known_releases(home: Option<&(Home, Key)>) -> KnownReleases {
    let kept = state_directory().map(|state| KnownReleases::read(&support_status::file(&state)));
    let installed = home.and_then(|(home, _)| home.installed().ok()).unwrap_or_default();
    kept.unwrap_or_default().with(installed)
}

/// gowr's home, also where the configuration that may move its downloads cannot be read.
fn home(context: &Context) -> Option<(Home, Key)> {
    let in_place = Home::new(to_path(context.places.home?)).ok()?;
    let is_readable = context.ignored_home().is_none() && context.configuration().is_ok();
    let home = if is_readable { context.home().unwrap_or(in_place) } else { in_place };
    Some((home, context.key().ok()?))
}

fn variable(name: &str) -> Option<Bytes> {
    env::var_os(name).map(|value: OsString| path::keep(value.into_encoded_bytes()))
}

/// A shared lock that nobody is kept from: given back at once. That somebody has it shows that there are locks.
fn try_lock(directory: &Path) -> io::Result<()> {
    let Ok(directory) = File::open(directory) else { return Ok(()) };
    match directory.try_lock_shared() {
        Ok(()) | Err(TryLockError::WouldBlock) => Ok(()),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

fn show(findings: &[Finding]) -> Result<(), CommandError> {
    let problems: Vec<_> = findings.iter().map(|finding| finding.problem.clone()).collect();
    if problems.is_empty() {
        output::say("nothing is wrong");
        return Ok(());
    }
    output::data(problems::list(&problems).as_bytes())
}

fn rows(findings: &[Finding]) -> Vec<Row<'_>> {
    let numbered = findings.iter().zip(1..);
    numbered
        .map(|(Finding { problem, mend }, number)| Row {
            number,
            problem,
            mendable: mend.is_some(),
        })
        .collect()
}

fn status(findings: &[Finding]) -> ExitCode {
    let problems: Vec<_> = findings.iter().map(|finding| finding.problem.clone()).collect();
    if problems::any_counts(&problems) { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
