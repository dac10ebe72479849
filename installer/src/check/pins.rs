//! The pin that counts in a project, the pins beside it, and what go.mod or go.work needs.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use resolver::machine::Machine;
use resolver::pin::{Choice as PinChoice, Form};
use resolver::project::{Need, PinFile};
use resolver::survey::Survey;
use resolver::yaml;

use super::drift::Asked;
use super::statement::{Choice, Kind, Statement, Wanted, fit_to_show};
use super::version_set::VersionSet;
use crate::problem::Evidence;

/// What the project's pins say.
#[derive(Debug, Default)]
pub(super) struct Pins {
    /// The one that counts; none where `system` is pinned.
    pub(super) asked: Option<Asked>,
    /// Others in the same directory, which other tools may read.
    pub(super) beside: Vec<Statement>,
}

/// Looks them up; a pin that cannot be understood is the failure of the resolution, and is not told again.
pub(super) fn find<M: Machine>(survey: &Survey<'_, M>) -> Pins {
    let pins = survey.project.pins(survey.machine, survey.variables, survey.distro, true);
    let Some((winner, others)) = pins.project.split_first() else { return Pins::default() };
    let winner_path = to_path(winner.path);
    let is_beside = |other: &&&PinFile| to_path(other.path).parent() == winner_path.parent();
    let beside = others.iter().filter(is_beside).filter_map(|other| statement(other)).collect();
    Pins { asked: asked(winner), beside }
}

/// What go.mod or go.work needs, as a floor.
pub(super) fn floor(need: &Need) -> Option<Asked> {
    let file = to_path(need.file);
    Some(Asked {
        sets: vec![VersionSet::at_least(need.version)?],
        words: format!("go {}", need.version),
        evidence: Evidence::line(file, need.line as usize, fit_to_show(need.text)),
        directory: file.parent()?.to_owned(),
    })
}

fn asked(file: &PinFile) -> Option<Asked> {
    let pin = file.content.as_ref().ok()?;
    let requests = pin.choices.iter().filter_map(|choice| match choice {
        PinChoice::Request(request) => Some(*request),
        PinChoice::System => None,
    });
    let mut sets: Vec<_> = requests.filter_map(VersionSet::of_request).collect();
    let path = to_path(file.path);
    if file.form == Form::GowrYaml {
        sets.extend(of_every_distro(path));
    }
    Some(Asked {
        sets,
        words: fit_to_show(pin.request),
        evidence: Evidence::line(path, pin.line as usize, fit_to_show(pin.text)),
        directory: path.parent()?.to_owned(),
    })
}

/// What the file asks for on other distros: an image of Alpine's may well name Alpine's version.
fn of_every_distro(file: &Path) -> Vec<VersionSet> {
    let content = fs::read(file).unwrap_or_default();
    let entries = yaml::parse(&content).unwrap_or_default();
    let is_pin = |entry: &&yaml::Entry<'_>| {
        entry.parent == Some("distros") || (entry.parent.is_none() && entry.key.text == "go")
    };
    let values = entries.iter().filter(is_pin).filter_map(|entry| entry.value.as_ref());
    values
        .filter_map(|value| match PinChoice::parse(value.text)? {
            PinChoice::Request(request) => VersionSet::of_request(request),
            PinChoice::System => None,
        })
        .collect()
}

fn statement(file: &PinFile) -> Option<Statement> {
    let pin = file.content.as_ref().ok()?;
    let wanted = |choice: &PinChoice| match choice {
        PinChoice::Request(request) => Wanted::of_request(*request),
        PinChoice::System => Wanted::Unknown,
    };
    let choices = pin.choices.iter();
    let choices = choices.map(|it| Choice::new(pin.line as usize, pin.text, wanted(it))).collect();
    Some(Statement { kind: Kind::Pin, file: to_path(file.path).to_owned(), choices })
}

pub(super) fn to_path(bytes: &[u8]) -> &Path {
    Path::new(OsStr::from_bytes(bytes))
}
