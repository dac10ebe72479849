//! Which known vulnerabilities a release of Go has, and the first release that mends them: by the Go vulnerability
//! database (<https://go.dev/doc/security/vuln/database>).
//!
//! Asked only where somebody said so. What is told is that a release has a vulnerability in the standard library or in the
//! `go` command; whether a program calls it, govulncheck tells.

mod record;
mod semantic;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use resolver::version::{ToolchainName, Version};
use serde::{Deserialize, Serialize};

use crate::doctor::NetworkTime;
use crate::download::{Client, Location};
use crate::error::Error;
use crate::go_settings::GoSettings;
use crate::problem::{Evidence, Problem};
use crate::services;
use record::{MODULES, Record};
use semantic::SemanticVersion;

/// The index has about 1 MB.
const INDEX_LIMIT: u64 = 16 << 20;
/// A record has some KB.
const RECORD_LIMIT: u64 = 1 << 20;
/// More records of Go itself than there will be for long.
const RECORDS: usize = 2000;
/// Records are asked for so many at a time.
const ASKED_AT_ONCE: usize = 8;
/// Nobody waits longer than this for all of them.
const DEADLINE: Duration = Duration::from_mins(1);
/// What a database that does not answer is given, in seconds and further tries, where the environment does not say it:
/// less than a download, since all goes on without it.
const PATIENCE: [(&str, &str); 2] = [("GOWR_HTTP_TIMEOUT", "10"), ("GOWR_HTTP_RETRIES", "1")];
/// The variable that names another database, or a copy of one (`file:///…`), as for Go's other tools.
const VARIABLE: &str = "GOVULNDB";

/// The database.
pub struct Database {
    client: Client,
    location: Location,
}

/// One vulnerability, of one release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Vulnerability {
    /// Its number in the database: `GO-2024-2687`.
    pub id: String,
    /// Its other numbers: `CVE-2023-45288`.
    pub aliases: Vec<String>,
    /// What it is, in a few words.
    pub summary: String,
    /// `stdlib` or `toolchain`.
    pub module: &'static str,
    /// The packages that have it: `net/http`.
    pub packages: Vec<String>,
    /// The release that mends it for those who have this one.
    pub fixed: Option<&'static str>,
}

/// What the database says of one release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The release.
    pub version: Version,
    /// What it has, in the order of their numbers.
    pub vulnerabilities: Vec<Vulnerability>,
    /// The first release that has none of these.
    pub mended_by: Option<ToolchainName>,
}

#[derive(Deserialize)]
struct Module {
    path: String,
    #[serde(default)]
    vulns: Vec<Entry>,
}

/// What the index says of a record.
#[derive(Deserialize)]
struct Entry {
    id: String,
    /// The last version that mends it on any line; none where there is none.
    fixed: Option<String>,
}

impl Database {
    /// The Go project's database, or the one that GOVULNDB names in an environment, given as a function. Nothing is asked
    /// yet.
    pub fn new(variable: &dyn Fn(&str) -> Option<OsString>) -> Result<Self, Error> {
        let address = variable(VARIABLE).filter(|address| !address.is_empty());
        let address = address.map(|address| address.to_string_lossy().into_owned());
        let address = address.as_deref().unwrap_or(services::VULNERABILITY_DATABASE);
        let location = Location::parse(address.trim_end_matches('/')).map_err(|problem| {
            let cause = format!("{VARIABLE}={address} in the environment").into();
            let fix = Some(format!("unset {VARIABLE}"));
            Error::Setting { name: VARIABLE.to_owned(), problem, cause, fix }
        })?;
        let patient = |name: &str| {
            let ours =
                || PATIENCE.iter().find(|(known, _)| *known == name).map(|(_, it)| it.into());
            variable(name).filter(|value| !value.is_empty()).or_else(ours)
        };
        let settings = GoSettings::read_with(&patient)?;
        Ok(Self { client: Client::new(&settings, Arc::new(()))?, location })
    }

    /// What is known of some releases; a report for each, in their order.
    pub fn reports(&self, versions: &[Version]) -> Result<Vec<Report>, Error> {
        let records = self.records(versions)?;
        Ok(versions.iter().map(|version| report(*version, &records)).collect())
    }

    /// What time the database's server says it is; none for a copy of files, and where it does not say.
    pub fn time(&self) -> Result<Option<NetworkTime>, Error> {
        let location = self.location.join("index/db.json");
        let date = self.client.download(&location, INDEX_LIMIT)?.date();
        Ok(date.map(|time| NetworkTime { server: self.location.to_string(), time }))
    }

    /// The records that may be about one of these.
    fn records(&self, versions: &[Version]) -> Result<Vec<Record>, Error> {
        let location = self.location.join("index/modules.json");
        let content = self.client.document(&location, INDEX_LIMIT)?;
        let modules: Vec<Module> =
            serde_json::from_slice(&content).map_err(|error| unreadable(&location, error))?;
        let Some(oldest) = versions.iter().copied().filter_map(SemanticVersion::of).min() else {
            return Ok(Vec::new());
        };
        // A release that is not older than the last version that mends it does not have it.
        let is_mended = |entry: &Entry| {
            let fixed = entry.fixed.as_deref().and_then(SemanticVersion::parse);
            fixed.is_some_and(|fixed| fixed <= oldest)
        };
        let of_go = modules.into_iter().filter(|it| MODULES.contains(&it.path.as_str()));
        let entries = of_go.flat_map(|module| module.vulns).filter(|entry| !is_mended(entry));
        let mut ids: Vec<_> = entries.map(|it| it.id).filter(|id| is_identifier(id)).collect();
        ids.sort_by_key(|id| number(id));
        ids.dedup();
        ids.truncate(RECORDS);
        self.fetch(&ids)
    }

    /// Asks for records, some at once, until one fails.
    fn fetch(&self, ids: &[String]) -> Result<Vec<Record>, Error> {
        let begun = Instant::now();
        let next = AtomicUsize::new(0);
        let (sender, answers) = mpsc::channel();
        let mut records = BTreeMap::new();
        thread::scope(|scope| {
            for _ in 0..ASKED_AT_ONCE.min(ids.len()) {
                let (sender, next) = (sender.clone(), &next);
                scope.spawn(move || {
                    loop {
                        let index = next.fetch_add(1, Ordering::Relaxed);
                        let Some(id) = ids.get(index) else { return };
                        let answer = match begun.elapsed() {
                            elapsed if elapsed > DEADLINE => Err(Error::Network {
                                location: self.location.to_string(),
                                cause: format!("not all is here after {DEADLINE:?}").into(),
                            }),
                            _ => self.record(id),
                        };
                        if answer.is_err() {
                            next.store(ids.len(), Ordering::Relaxed);
                        }
                        let _ = sender.send((index, answer));
                    }
                });
            }
            drop(sender);
            for (index, answer) in answers {
                records.insert(index, answer?);
            }
            Ok(records.into_values().collect())
        })
    }

    fn record(&self, id: &str) -> Result<Record, Error> {
        let location = self.location.join(&format!("ID/{id}.json"));
        let content = self.client.document(&location, RECORD_LIMIT)?;
        Record::parse(&content).map_err(|error| unreadable(&location, error))
    }
}

fn unreadable(location: &Location, error: serde_json::Error) -> Error {
    Error::Network { location: location.to_string(), cause: error.into() }
}

/// `GO-2024-2687`: what else an index says becomes no part of an address.
fn is_identifier(text: &str) -> bool {
    let Some((year, number)) = text.strip_prefix("GO-").and_then(|it| it.split_once('-')) else {
        return false;
    };
    let is_number =
        |it: &str| (4..=8).contains(&it.len()) && it.bytes().all(|it| it.is_ascii_digit());
    is_number(year) && is_number(number)
}

/// The year and the number of an identifier: their order.
fn number(id: &str) -> (u32, u32) {
    let mut numbers = id.split('-').skip(1).map(|it| it.parse().unwrap_or(0));
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0))
}

fn report(version: Version, records: &[Record]) -> Report {
    let affecting: Vec<_> = records.iter().filter(|record| record.affects(version)).collect();
    let vulnerabilities = affecting.iter().map(|record| Vulnerability {
        id: record.id.clone(),
        aliases: record.aliases.clone(),
        summary: record.summary.clone(),
        module: record.module().unwrap_or(MODULES[0]),
        packages: record.packages(),
        fixed: record.fixed_for(version).map(ToolchainName::as_str),
    });
    let vulnerabilities = vulnerabilities.collect();
    Report { version, vulnerabilities, mended_by: mended_by(version, &affecting) }
}

/// The first release that none of these affects: the one that mends the first, then the one that mends what that still
/// has, and so on.
fn mended_by(version: Version, affecting: &[&Record]) -> Option<ToolchainName> {
    let mut mended: Option<ToolchainName> = None;
    // Each step leads to a newer release, and there are no more of them than places in all records.
    for _ in 0..RECORDS {
        let version = mended.map_or(version, ToolchainName::version);
        let Some(left) = affecting.iter().find(|record| record.affects(version)) else {
            return mended;
        };
        let next = left.fixed_for(version)?;
        if next.version().compare(version).is_le() {
            return None;
        }
        mended = Some(next);
    }
    None
}

impl Report {
    /// What is so, in one line: `go1.22.1 has 12 known vulnerabilities, all mended by go1.22.12`; nothing where there is none.
    pub fn message(&self) -> Option<String> {
        let name = ToolchainName::of(self.version);
        let what = match self.vulnerabilities.len() {
            0 => return None,
            1 => format!("{name} has a known vulnerability"),
            count => format!("{name} has {count} known vulnerabilities"),
        };
        let all = if self.vulnerabilities.len() == 1 { "" } else { "all " };
        Some(match self.mended_by {
            Some(mended) => format!("{what}, {all}mended by {mended}"),
            None => format!("{what}, and no release mends {all}of it"),
        })
    }

    /// The same as a finding with the evidence; nothing where there is none.
    pub fn problem(&self) -> Option<Problem> {
        let mut problem = Problem::new("known-vulnerabilities", self.message()?);
        for found in &self.vulnerabilities {
            let Vulnerability { id, summary, packages, fixed, .. } = found;
            let aliases: String = found.aliases.iter().flat_map(|it| [", ", it]).collect();
            let fixed = fixed.map(|fixed| format!("; mended by {fixed}")).unwrap_or_default();
            let packages = packages.join(", ");
            problem = problem
                .seen(Evidence::value(format!("{id}{aliases}: {summary} ({packages}){fixed}")));
        }
        Some(match self.mended_by {
            Some(mended) => problem.fixed_by(format!("gowr install {}", mended.version())),
            None => problem,
        })
    }
}

/// What a record says of some releases.
#[cfg(fuzzing)]
pub(crate) fn judge(content: &[u8]) {
    let Ok(record) = Record::parse(content) else { return };
    let names = ["go1.20", "go1.21rc2", "go1.22.12", "go1.27.3"].map(ToolchainName::parse);
    for version in names.into_iter().flatten().map(|name| name.version()) {
        let _ = report(version, std::slice::from_ref(&record));
    }
}

#[cfg(test)]
mod tests;
