//! `--fix`, and `--undo`, which takes it back.

use std::collections::BTreeSet;
use std::env;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use installer::doctor::journal::{Journal, Undone};
use installer::doctor::mend::{Mend, Workshop};
use installer::doctor::{Code, Finding};
use resolver::path::shell_quoted;
use serde::Serialize;

use super::{Arguments, Row, examine, home, rows, show, status};
use crate::context::{Context, to_bytes};
use crate::error::CommandError;
use crate::installation::state_directory;
use crate::json::{Entry, entry};
use crate::output;
use crate::problems;

/// What `--fix --json` prints.
#[derive(Serialize)]
struct Document<'a> {
    schema: u32,
    dry_run: bool,
    problems: Vec<Row<'a>>,
    mends: Vec<Told>,
    /// How files of the machine change, as `git diff` shows it.
    diff: Option<&'a str>,
    /// What is still wrong; what would be with `dry_run` is not known.
    left: Option<Vec<Row<'a>>>,
}

/// One thing that was done, or would be.
#[derive(Serialize)]
struct Told {
    does: String,
    can_be_undone: bool,
    /// Why it could not be done.
    error: Option<String>,
}

/// Shows, mends, and looks again.
pub(super) fn run(
    context: &Context,
    findings: &[Finding],
    named: &[String],
    arguments: &Arguments,
) -> Result<ExitCode, CommandError> {
    let (dry_run, is_json) = (arguments.dry_run, arguments.json);
    let mends = wanted(findings, named);
    let home = home(context);
    let workshop = Workshop {
        machine: context.machine,
        variable: &|name| env::var_os(name),
        home: home.as_ref().map(|(home, key)| (home, key)),
        root: Path::new("/"),
    };
    let difference = workshop.difference(&mends)?;
    if !is_json {
        show(findings)?;
        tell(&mends, &difference, dry_run);
    }
    let diff = (!difference.is_empty()).then_some(&*difference);
    if dry_run || mends.is_empty() {
        if is_json {
            let mends = mends.iter().map(|mend| told(mend, None)).collect();
            let left = (!dry_run).then(|| rows(findings));
            let problems = rows(findings);
            output::json(&Document { schema: 1, dry_run, problems, mends, diff, left })?;
        }
        return Ok(status(findings));
    }
    let mut journal = Journal::begin(&directory()?)?;
    let mut failed = false;
    let mut done = Vec::new();
    for (mend, result) in workshop.carry_out(&mends, &mut journal) {
        let error = result.err().map(CommandError::from);
        if let Some(error) = &error {
            failed = true;
            error.report();
        }
        done.push(told(mend, error.map(|error| error.line())));
    }
    let mut left = examine(context, false);
    // The database is asked once.
    let online = Code::KnownVulnerabilities.as_str();
    left.extend(findings.iter().filter(|it| it.problem.code == online).cloned());
    if is_json {
        let (problems, left) = (rows(findings), Some(rows(&left)));
        output::json(&Document { schema: 1, dry_run, problems, mends: done, diff, left })?;
    } else {
        close(&journal, &left);
        if !failed && mends.iter().any(Mend::is_on_request) {
            output::say("it counts when WSL is started anew; run: wsl.exe --shutdown");
        }
    }
    Ok(if failed { ExitCode::FAILURE } else { status(&left) })
}

/// What is safe; where codes are named, what mends those.
fn wanted(findings: &[Finding], named: &[String]) -> BTreeSet<Mend> {
    let is_wanted = |finding: &&Finding| match named {
        [] => finding.mend.as_ref().is_some_and(|mend| !mend.is_on_request()),
        named => named.iter().any(|code| code == finding.problem.code),
    };
    let mends = findings.iter().filter(is_wanted).filter_map(|finding| finding.mend.clone());
    let mut mends: BTreeSet<Mend> = mends.collect();
    // What WSL cannot read yet is looked at when it can.
    if mends.contains(&Mend::PlainWslConf) {
        mends.retain(|mend| !matches!(mend, Mend::WslConf(_)));
    }
    mends
}

/// Says what will be done, before it is.
fn tell(mends: &BTreeSet<Mend>, difference: &str, dry_run: bool) {
    if mends.is_empty() {
        output::say("there is nothing that --fix can mend");
        return;
    }
    output::say(if dry_run { "would do:" } else { "doing:" });
    for mend in mends {
        output::say(&format!("  {mend}"));
    }
    difference.lines().for_each(output::say);
}

fn close(journal: &Journal, left: &[Finding]) {
    if !journal.is_empty() {
        output::say(&format!(
            "`gowr doctor --undo` takes it back, from {}",
            journal.directory().display()
        ));
    }
    let count = left.iter().filter(|it| problems::counts(&it.problem)).count();
    match count {
        0 => {}
        1 => output::say("1 problem is left; `gowr doctor` shows it"),
        _ => output::say(&format!("{count} problems are left; `gowr doctor` shows them")),
    }
}

fn told(mend: &Mend, error: Option<String>) -> Told {
    Told { does: mend.to_string(), can_be_undone: mend.can_be_undone(), error }
}

fn directory() -> Result<PathBuf, CommandError> {
    state_directory().map(|state| state.join("doctor")).ok_or_else(|| {
        CommandError::configuration("there is no place to write down what --fix does")
            .caused_by("neither XDG_STATE_HOME nor HOME is an absolute path in the environment")
            .fixed_by("export HOME=DIR")
    })
}

#[derive(Serialize)]
struct UndoDocument {
    schema: u32,
    undone: Vec<UndoneRow>,
}

#[derive(Serialize)]
struct UndoneRow {
    #[serde(flatten)]
    path: Entry,
    error: Option<String>,
}

/// Takes back what the last `--fix` did.
pub(super) fn undo(is_json: bool) -> Result<ExitCode, CommandError> {
    let directory = directory()?;
    let Some(journal) = Journal::last(&directory)? else {
        let nothing = CommandError::not_found("there is nothing to undo");
        return Err(nothing
            .caused_by(&format!("gowr doctor --fix has written nothing in {}", directory.display()))
            .fixed_by("gowr doctor"));
    };
    let kept = journal.directory().to_path_buf();
    let mut code = ExitCode::SUCCESS;
    let mut undone = Vec::new();
    for Undone { path, result } in journal.undo()? {
        let error = result.err().map(CommandError::from);
        match &error {
            None => output::say(&format!("{} is as it was", path.display())),
            Some(error) => {
                error.report();
                code = ExitCode::FAILURE;
            }
        }
        let path = entry("path", Some(to_bytes(&path)));
        undone.push(UndoneRow { path, error: error.map(|error| error.line()) });
    }
    if code == ExitCode::FAILURE {
        let kept = shell_quoted(to_bytes(&kept));
        output::say(&format!("what is left to undo is in {kept}; to forget it, run: rm -r {kept}"));
    }
    if is_json {
        output::json(&UndoDocument { schema: 1, undone })?;
    }
    Ok(code)
}
