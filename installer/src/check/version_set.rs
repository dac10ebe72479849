//! The versions that a file lets a project be built with, in the words of whoever reads that file: setup-go's ranges,
//! an image's tag, a pin. Two of them agree where one version answers both.

use nodejs_semver::Range;
use resolver::version::{Request, Version};

/// A set of Go versions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionSet(Range);

impl VersionSet {
    /// What a pin asks for; none for a registered name, which may be anything.
    pub fn of_request(request: Request) -> Option<Self> {
        match request {
            Request::Exact(name) => Self::parse(&format!("={}", semantic(name.version())?)),
            Request::Line(line) => Self::of_line(line),
            Request::Named(_) => None,
        }
    }

    /// A range as setup-go takes it: `1.22`, `1.22.x`, `^1.22`, `>=1.21 <1.23` (node's semantic versions), and Go's own
    /// `1.23rc1` and `go1.22.3`.
    pub fn of_range(text: &str) -> Option<Self> {
        let text = text.trim();
        let bare = text.strip_prefix("go").unwrap_or(text);
        if let Some(version) = Version::parse(bare).filter(|version| version.is_prerelease()) {
            return Self::parse(&format!("={}", semantic(version)?));
        }
        let starts_well = |c: char| c.is_ascii_digit() || "<>=^~*xXv ".contains(c);
        Self::parse(bare).filter(|_| bare.starts_with(starts_well))
    }

    /// Everything from a version on, as a `go` line asks for.
    pub fn at_least(version: Version) -> Option<Self> {
        // A language version is older than its own prereleases.
        let oldest = if version.is_line() { "-0" } else { "" };
        Self::parse(&format!(">={}{oldest}", semantic(version)?))
    }

    /// Whether one version is in both.
    pub fn agrees_with(&self, other: &Self) -> bool {
        self.0.allows_any(&other.0)
    }

    fn of_line(line: Version) -> Option<Self> {
        let (major, minor) = line.as_str().split_once('.')?;
        let next = minor.parse::<u32>().ok()?.checked_add(1)?;
        Self::parse(&format!(">={major}.{minor}.0-0 <{major}.{next}.0-0"))
    }

    fn parse(text: &str) -> Option<Self> {
        Range::parse(text).ok().map(Self)
    }
}

/// A Go version as a semantic one: `1.23rc1` is `1.23.0-rc.1`, as in setup-go.
fn semantic(version: Version) -> Option<String> {
    let text = version.as_str();
    if version.is_prerelease() {
        let start = text.find(|c: char| c.is_ascii_lowercase())?;
        let (line, prerelease) = text.split_at(start);
        let number = prerelease.find(|c: char| c.is_ascii_digit()).unwrap_or(prerelease.len());
        let (kind, number) = prerelease.split_at(number);
        let dot = if number.is_empty() { "" } else { "." };
        return Some(format!("{line}.0-{kind}{dot}{number}"));
    }
    let dots = text.bytes().filter(|byte| *byte == b'.').count();
    Some(format!("{text}{}", [".0.0", ".0", ""].get(dots)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pin(text: &str) -> VersionSet {
        VersionSet::of_request(Request::parse(text).expect("a request")).expect("a set")
    }

    fn range(text: &str) -> VersionSet {
        VersionSet::of_range(text).unwrap_or_else(|| panic!("{text}"))
    }

    #[test]
    fn one_version_that_answers_both() {
        for (left, right, agree) in [
            ("1.22", "1.22", true),
            ("1.22", "1.22.x", true),
            ("1.22", "1.22.10", true),
            ("1.22", "1.21", false),
            ("1.22", "1.21.13", false),
            ("1.22", "1.23.0", false),
            ("1.22", "^1.22", true),
            ("1.22", "^1.21", true),
            ("1.22", "^1.23", false),
            ("1.22", "~1.22.3", true),
            ("1.22", ">=1.21 <1.23", true),
            ("1.22", ">= 1.21", true),
            ("1.22", ">=1.23", false),
            ("1.22", "1.20 - 1.21", false),
            ("1.22", "1.20 || 1.22", true),
            ("1.22", "1", true),
            ("1.22", "1.x", true),
            ("1.22", "*", true),
            ("1.22.3", "1.22", true),
            ("1.22.3", "1.22.4", false),
            ("1.22.3", "~1.22.4", false),
            ("1.22.3", "1.22.3", true),
            ("1.22.3", "go1.22.3", true),
            ("1.20", "1.20.0", true),
            ("1.20.0", "1.20.0", true),
            ("1.20.0", "1.20.1", false),
            ("1.23rc1", "1.23rc1", true),
            ("1.23rc1", "1.23.0-rc.1", true),
            ("1.23rc1", "1.23rc2", false),
            ("1.23", "1.23rc1", true),
            ("1.22", "1.23rc1", false),
            ("1.22.3-custom", "1.22.3", true),
        ] {
            assert_eq!(pin(left).agrees_with(&range(right)), agree, "{left} and {right}");
            assert_eq!(range(right).agrees_with(&pin(left)), agree, "{right} and {left}");
        }
    }

    #[test]
    fn a_floor_is_all_above_it() {
        for (floor, text, meets) in [
            ("1.22", "1.22", true),
            ("1.22", "1.22.0", true),
            ("1.22", "1.22rc1", true),
            ("1.22", "1.21", false),
            ("1.22", "1.23", true),
            ("1.22.0", "1.22rc1", false),
            ("1.22.5", "1.22", true),
            ("1.22.5", "1.22.4", false),
            ("1.22rc2", "1.22rc1", false),
            ("1.22rc2", "1.22.0", true),
            ("1.22.5", "<1.22", false),
            ("1.22.5", "^1.20", true),
        ] {
            let floor = Version::parse(floor).expect("a version");
            let least = VersionSet::at_least(floor).expect("a set");
            assert_eq!(least.agrees_with(&range(text)), meets, "{text} under {floor}");
        }
    }

    #[test]
    fn what_is_no_set_of_versions() {
        for text in
            ["", "stable", "latest", "tip", "bookworm", "${{ matrix.go }}", "1.22.3.4", "one"]
        {
            assert_eq!(VersionSet::of_range(text), None, "{text:?}");
        }
        let huge = format!("1.{}", "9".repeat(30));
        assert_eq!(VersionSet::of_range(&huge), None);
        let request = Request::parse(&huge).expect("a request");
        assert_eq!(VersionSet::of_request(request), None);
        assert_eq!(VersionSet::of_request(Request::parse("work").expect("a name")), None);
    }
}
