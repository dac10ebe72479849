//! Which lines of Go the Go project still mends: the two newest (<https://go.dev/doc/devel/release#policy>).
//!
//! Nobody is asked for it. What is known is the list of releases that was last seen, when somebody listed or installed, and
//! what is installed here. That a line is out of support can be told from any such list, however old, since newer
//! releases only make it more so; that a line is supported is never said.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use resolver::version::{ToolchainName, Version};
use serde::{Deserialize, Serialize};

use crate::atomic::{self, NewFile};
use crate::error::Error;
use crate::problem::{Evidence, Problem};
use crate::store::create_directory;

/// How many lines the Go project mends.
const SUPPORTED_LINES: usize = 2;
/// More than any list of releases.
const LIMIT: u64 = 1 << 20;
const SCHEMA: u32 = 1;

/// The releases that are known to exist.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KnownReleases {
    lines: Vec<Version>,
    /// The day.
    seen: Option<String>,
    file: Option<PathBuf>,
}

/// The form in which a list is kept.
#[derive(Serialize, Deserialize)]
struct Kept {
    schema: u32,
    /// The day on which it was seen: `2026-11-24`.
    seen: String,
    releases: Vec<String>,
}

/// That a line is not mended any more, and who says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutOfSupport {
    /// The line: `1.22`.
    pub line: Version,
    /// The lines that are mended, or were when the list was seen; the newest first.
    pub supported: Vec<Version>,
    /// The day on which the list was seen, `2026-11-24`; none where what is installed tells enough.
    pub seen: Option<String>,
    file: Option<PathBuf>,
}

/// The file in which the list is kept, in gowr's state directory.
pub fn file(state: &Path) -> PathBuf {
    state.join("releases.json")
}

/// Keeps a list that was just seen. One that names less than two lines says nothing, and is not kept; what was kept on the
/// same day is not written again.
pub fn remember(file: &Path, releases: &[ToolchainName], now: SystemTime) -> Result<(), Error> {
    if lines(releases.iter().copied()).len() < SUPPORTED_LINES {
        return Ok(());
    }
    let (kept, seen) = (KnownReleases::read(file), day(now));
    if kept.seen.as_ref() == Some(&seen) && kept.lines == lines(releases.iter().copied()) {
        return Ok(());
    }
    let releases = releases.iter().map(|name| name.as_str().to_owned()).collect();
    let mut text =
        serde_json::to_string(&Kept { schema: SCHEMA, seen, releases }).unwrap_or_default();
    text.push('\n');
    create_directory(atomic::parent(file))?;
    atomic::replace_file(file, text.as_bytes(), NewFile::Plain)
}

impl KnownReleases {
    /// The list that was kept, if it can be read.
    pub fn read(file: &Path) -> Self {
        let mut content = Vec::new();
        let opened = fs::File::open(file);
        let read = opened.and_then(|opened| opened.take(LIMIT).read_to_end(&mut content));
        let kept = read.ok().and_then(|_| serde_json::from_slice::<Kept>(&content).ok());
        let Some(kept) = kept.filter(|kept| kept.schema == SCHEMA) else { return Self::default() };
        let names = kept.releases.iter().filter_map(|name| ToolchainName::parse(name));
        Self {
            lines: lines(names),
            seen: Some(kept.seen).filter(|seen| is_day(seen)),
            file: Some(file.to_path_buf()),
        }
    }

    /// The same, with releases that are here and so must exist.
    #[must_use]
    pub fn with(mut self, here: impl IntoIterator<Item = ToolchainName>) -> Self {
        for line in lines(here.into_iter()) {
            if !self.lines.contains(&line) {
                self.lines.push(line);
            }
        }
        sort(&mut self.lines);
        self
    }

    /// Whether a version's line is out of support. Nothing means that this is not known.
    pub fn out_of_support(&self, version: Version) -> Option<OutOfSupport> {
        let line = version.line();
        let supported = self.lines.get(..SUPPORTED_LINES)?;
        let is_out = supported.iter().all(|supported| line.compare(*supported).is_lt());
        is_out.then(|| OutOfSupport {
            line,
            supported: supported.to_vec(),
            seen: self.seen.clone(),
            file: self.file.clone(),
        })
    }
}

/// The lines with a release that is neither a prerelease nor somebody's own; the newest first.
fn lines(releases: impl Iterator<Item = ToolchainName>) -> Vec<Version> {
    let plain = releases.filter(|name| !name.has_suffix() && !name.version().is_prerelease());
    let mut lines: Vec<_> = plain.map(|name| name.version().line()).collect();
    sort(&mut lines);
    lines.dedup();
    lines
}

fn sort(lines: &mut [Version]) {
    lines.sort_by(|left, right| right.compare(*left));
}

impl OutOfSupport {
    /// What is so: `go 1.22 is out of support: the Go project mends go 1.27 and 1.26`.
    pub fn message(&self) -> String {
        let supported: Vec<_> = self.supported.iter().map(|line| line.as_str()).collect();
        format!(
            "go {} is out of support: the Go project mends go {}",
            self.line,
            supported.join(" and ")
        )
    }

    /// The same as a finding: nothing fails because of it. A distro may mend its own Go for longer, so that one's Go is
    /// not said to be wrong.
    pub fn problem(&self) -> Problem {
        let problem = Problem::note("out-of-support", self.message());
        let problem = match (&self.seen, &self.file) {
            (Some(day), Some(file)) => {
                problem.seen(Evidence::file(file, format!("the list of releases, seen on {day}")))
            }
            _ => problem.seen(Evidence::value("newer lines are installed here")),
        };
        match self.supported.first() {
            Some(newest) => problem.fixed_by(format!("gowr install {newest}")),
            None => problem,
        }
    }
}

fn is_day(text: &str) -> bool {
    text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-')
}

/// The day of a time, in UTC: `2026-11-24`.
fn day(time: SystemTime) -> String {
    let time = humantime::format_rfc3339_seconds(time).to_string();
    time.split('T').next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn names(text: &str) -> Vec<ToolchainName> {
        text.split(' ').map(|name| ToolchainName::parse(name).expect(name)).collect()
    }

    fn version(text: &str) -> Version {
        Version::parse(text).expect(text)
    }

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn the_two_newest_lines_are_supported() {
        let known = KnownReleases::default()
            .with(names("go1.9.7 go1.27rc1 go1.26.1 go1.25.8 go1.25.0 go1.24.3 go1.99.1-custom"));
        for (text, is_out) in [
            ("1.24.3", true),
            ("1.24.99", true),
            ("1.9", true),
            ("1.25.0", false),
            ("1.26.1", false),
            // Newer than all that is known.
            ("1.27rc1", false),
            ("1.30", false),
        ] {
            assert_eq!(known.out_of_support(version(text)).is_some(), is_out, "{text}");
        }
        let out = known.out_of_support(version("1.24.3")).expect("it is out");
        let expected = "go 1.24 is out of support: the Go project mends go 1.26 and 1.25";
        assert_eq!(out.message(), expected);
        assert_eq!(out.seen, None);
    }

    #[test]
    fn without_two_lines_nothing_is_said() {
        let known = KnownReleases::default();
        assert_eq!(known.out_of_support(version("1.2")), None);
        let known = known.with(names("go1.26.1 go1.26.2 go1.27rc1"));
        assert_eq!(known.out_of_support(version("1.2")), None);
    }

    #[test]
    fn what_was_seen_is_kept_with_its_day() {
        let directory = tempfile::tempdir().expect("a directory");
        let file = file(&directory.path().join("state"));
        assert_eq!(KnownReleases::read(&file), KnownReleases::default());
        remember(&file, &names("go1.22.3 go1.23.1 go1.24.0"), at(1_795_500_000)).expect("kept");
        let known = KnownReleases::read(&file);
        let out = known.out_of_support(version("1.22.3")).expect("it is out");
        assert_eq!(out.seen.as_deref(), Some("2026-11-24"));
        let problem = out.problem();
        assert_eq!(problem.code, "out-of-support");
        assert!(problem.evidence[0].text.ends_with("2026-11-24"));
        // What is installed may be newer than the list.
        let out = known.clone().with(names("go1.25.1")).out_of_support(version("1.23.1"));
        assert_eq!(out.expect("it is out").supported, [version("1.25"), version("1.24")]);
        // A proxy that has one line knows nothing of support.
        remember(&file, &names("go1.30.0"), at(0)).expect("passed over");
        remember(&file, &names("go1.22.0 go1.23.2 go1.24.1"), at(1_795_500_100)).expect("known");
        assert_eq!(KnownReleases::read(&file), known);
        fs::write(&file, "{\"schema\": 2}").expect("written");
        assert_eq!(KnownReleases::read(&file), KnownReleases::default());
    }

    #[test]
    fn days() {
        for (seconds, expected) in [
            (0, "1970-01-01"),
            (951_782_399, "2000-02-28"),
            (951_782_400, "2000-02-29"),
            (951_868_800, "2000-03-01"),
            (1_735_689_599, "2024-12-31"),
            (4_107_542_400, "2100-03-01"),
        ] {
            assert_eq!(day(at(seconds)), expected);
        }
    }
}
