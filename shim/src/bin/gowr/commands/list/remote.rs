//! `gowr list --remote`: what there is to install.

use resolver::version::Request;
use serde::Serialize;

use super::is_wanted;
use crate::error::CommandError;
use crate::installation::Installation;
use crate::output;

#[derive(Serialize)]
struct Document {
    schema: u32,
    releases: Vec<Release>,
    failures: Vec<Failure>,
}

/// One release that there is.
#[derive(Serialize)]
struct Release {
    name: &'static str,
    installed: bool,
    /// Who has it: `goproxy`, or an address.
    sources: Vec<String>,
}

/// One source that did not answer.
#[derive(Serialize)]
struct Failure {
    source: String,
    message: String,
}

/// Lists them.
pub(super) fn run(
    installation: &Installation<'_>,
    wanted: Option<Request>,
    as_json: bool,
) -> Result<(), CommandError> {
    let here = installation.home.installed()?;
    let listing = installation.listing()?;
    let releases: Vec<_> = listing
        .releases
        .into_iter()
        .filter(|(name, _)| is_wanted(wanted, Some(*name)))
        .map(|(name, sources)| {
            let installed = here.contains(&name);
            Release { name: name.as_str(), installed, sources }
        })
        .collect();
    let failures: Vec<_> = listing
        .failures
        .into_iter()
        .map(|(source, error)| Failure { source, message: CommandError::from(error).line() })
        .collect();
    for failure in &failures {
        output::warn(&format!("{} does not answer: {}", failure.source, failure.message));
    }
    if as_json {
        return output::json(&Document { schema: 1, releases, failures });
    }
    let rows: Vec<_> = releases
        .iter()
        .map(|it| [it.name, if it.installed { "installed" } else { "" }].map(str::to_owned))
        .collect();
    output::data(output::columns(&rows).as_bytes())
}
