//! One record of the database, in the form of OSV (<https://ossf.github.io/osv-schema/>).

use resolver::version::{ToolchainName, Version};
use serde::Deserialize;

use super::semantic::SemanticVersion;

/// The modules of the database that are Go itself: the standard library, and the `go` command.
pub(super) const MODULES: [&str; 2] = ["stdlib", "toolchain"];

/// What is read of a record; all else in it is passed over.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Record {
    pub(super) id: String,
    #[serde(default)]
    pub(super) aliases: Vec<String>,
    #[serde(default)]
    pub(super) summary: String,
    /// When it was taken back.
    withdrawn: Option<String>,
    #[serde(default)]
    affected: Vec<Affected>,
}

#[derive(Clone, Debug, Deserialize)]
struct Affected {
    package: Package,
    #[serde(default)]
    ranges: Vec<Range>,
    #[serde(default)]
    ecosystem_specific: Specific,
}

#[derive(Clone, Debug, Deserialize)]
struct Package {
    name: String,
}

#[derive(Clone, Debug, Deserialize)]
struct Range {
    #[serde(rename = "type")]
    kind: String,
    events: Vec<Event>,
}

#[derive(Clone, Debug, Deserialize)]
struct Event {
    introduced: Option<String>,
    fixed: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
struct Specific {
    #[serde(default)]
    imports: Vec<Import>,
}

#[derive(Clone, Debug, Deserialize)]
struct Import {
    path: String,
    #[serde(default)]
    goos: Vec<String>,
}

/// The versions from one that has it up to the first that has not, if there is one.
#[derive(Clone, Debug)]
struct Span {
    introduced: SemanticVersion,
    fixed: Option<SemanticVersion>,
}

impl Record {
    pub(super) fn parse(content: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(content)
    }

    /// Whether this release has it on Linux.
    pub(super) fn affects(&self, version: Version) -> bool {
        let Some(version) = SemanticVersion::of(version) else { return false };
        self.spans().any(|span| span.holds(&version))
    }

    /// The release that mends it for those who have this one: the next in Go's order that does, which is of the same line
    /// as long as that is supported.
    pub(super) fn fixed_for(&self, version: Version) -> Option<ToolchainName> {
        let version = SemanticVersion::of(version)?;
        let spans = self.spans().filter(|span| span.holds(&version));
        let fixed: Vec<_> = spans.map(|span| span.fixed).collect::<Option<_>>()?;
        fixed.into_iter().max()?.release()
    }

    /// The packages that have it.
    pub(super) fn packages(&self) -> Vec<String> {
        let imports = self.of_go().flat_map(|affected| &affected.ecosystem_specific.imports);
        let imports = imports.filter(|import| import.is_of_linux());
        let mut packages: Vec<_> = imports.map(|import| import.path.clone()).collect();
        packages.sort();
        packages.dedup();
        packages
    }

    /// The first of the modules of Go that has it.
    pub(super) fn module(&self) -> Option<&'static str> {
        let is = |name: &&str| self.of_go().any(|affected| affected.package.name == *name);
        MODULES.into_iter().find(|name| is(name))
    }

    fn of_go(&self) -> impl Iterator<Item = &Affected> {
        let is_linux = |affected: &&Affected| {
            let imports = &affected.ecosystem_specific.imports;
            // Without any, all packages are meant.
            imports.is_empty() || imports.iter().any(Import::is_of_linux)
        };
        let affected = self.affected.iter().filter(|_| self.withdrawn.is_none());
        affected.filter(|it| MODULES.contains(&it.package.name.as_str())).filter(is_linux)
    }

    fn spans(&self) -> impl Iterator<Item = Span> {
        let ranges = self.of_go().flat_map(|affected| &affected.ranges);
        ranges.filter(|range| range.kind == "SEMVER").flat_map(|range| spans(&range.events))
    }
}

/// The events of a range in pairs. What cannot be understood says nothing.
fn spans(events: &[Event]) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    let parse = |text: &Option<String>| SemanticVersion::parse(text.as_deref()?);
    for event in events {
        if let Some(introduced) = parse(&event.introduced) {
            spans.push(Span { introduced, fixed: None });
        } else if let Some(fixed) = parse(&event.fixed)
            && let Some(span) = spans.last_mut()
        {
            span.fixed.get_or_insert(fixed);
        }
    }
    spans
}

impl Import {
    /// Without a system, all systems are meant.
    fn is_of_linux(&self) -> bool {
        self.goos.is_empty() || self.goos.iter().any(|goos| goos == "linux")
    }
}

impl Span {
    fn holds(&self, version: &SemanticVersion) -> bool {
        self.introduced <= *version && self.fixed.as_ref().is_none_or(|fixed| version < fixed)
    }
}
