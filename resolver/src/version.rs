//! Go's version grammar and order, and what a person may ask for with it.
//!
//! The grammar is that of `internal/gover` in the Go source: `MAJOR[.MINOR[.PATCH | KIND[PRE]]]` in decimal
//! without leading zeros, of any size; a patch and a prerelease exclude each other. Go's order is not semantic
//! versioning: `1.21 < 1.21rc1 < 1.21.0`, and `1.20` equals `1.20.0` because releases had no `.0` before 1.21.

use core::cmp::Ordering;
use core::fmt;

use crate::path::{self, keep_text};
use crate::text::{is_listed, known_text, split_once};

/// The parts of a version, as decimal text (`internal/gover.Version`).
struct Parts<'a> {
    major: &'a [u8],
    minor: &'a [u8],
    patch: &'a [u8],
    kind: &'a [u8],
    prerelease: &'a [u8],
}

impl<'a> Parts<'a> {
    #[inline(never)]
    fn parse(text: &'a [u8]) -> Option<Self> {
        let (major, mut rest) = cut_number(text)?;
        let mut parts = Self { major, minor: b"0", patch: b"0", kind: b"", prerelease: b"" };
        if rest.is_empty() {
            return Some(parts);
        }
        (parts.minor, rest) = cut_number(rest.strip_prefix(b".")?)?;
        match rest {
            [] if compare_numbers(parts.minor, b"21").is_lt() => {}
            [] => parts.patch = b"",
            [b'.', after @ ..] => (parts.patch, rest) = cut_number(after)?,
            _ => {
                parts.patch = b"";
                let letters = count(rest, u8::is_ascii_lowercase);
                (parts.kind, rest) = rest.split_at_checked(letters)?;
                if parts.kind.is_empty() {
                    return None;
                }
                if !rest.is_empty() {
                    (parts.prerelease, rest) = cut_number(rest)?;
                }
            }
        }
        if rest.is_empty() { Some(parts) } else { None }
    }

    fn compare(&self, other: &Self) -> Ordering {
        compare_numbers(self.major, other.major)
            .then_with(|| compare_numbers(self.minor, other.minor))
            .then_with(|| compare_numbers(self.patch, other.patch))
            .then_with(|| self.kind.cmp(other.kind))
            .then_with(|| compare_numbers(self.prerelease, other.prerelease))
    }
}

/// How many bytes at the start are such.
fn count(text: &[u8], is_such: impl Fn(&u8) -> bool) -> usize {
    text.iter().position(|byte| !is_such(byte)).unwrap_or(text.len())
}

/// A decimal number without leading zeros, and what follows it.
#[inline(never)]
fn cut_number(text: &[u8]) -> Option<(&[u8], &[u8])> {
    match text.split_at_checked(count(text, u8::is_ascii_digit))? {
        ([] | [b'0', _, ..], _) => None,
        number_and_rest => Some(number_and_rest),
    }
}

/// Compares decimal text without leading zeros; no text is less than any number.
#[inline(never)]
fn compare_numbers(left: &[u8], right: &[u8]) -> Ordering {
    left.len().cmp(&right.len()).then_with(|| left.cmp(right))
}

/// A valid Go version such as `1.22.3` or `1.23rc1`: what follows `go` in a toolchain's name.
///
/// Equality is of the text; [`Version::compare`] is Go's order, in which `1.20` equals `1.20.0`. The text lives as
/// long as the process, like everything the resolver learns ([`crate::path`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Version(&'static str);

impl Version {
    /// Parses a version without `go` before it.
    pub fn parse(text: &str) -> Option<Self> {
        Parts::parse(text.as_bytes()).map(|_| Self(keep_text(text)))
    }

    /// The version as written.
    pub const fn as_str(self) -> &'static str {
        self.0
    }

    /// Go's order (`go/version.Compare`).
    pub fn compare(self, other: Self) -> Ordering {
        compare(self.0, other.0)
    }

    /// Whether this is older than a version that is known to be one.
    fn is_before(self, other: &str) -> bool {
        compare(self.0, other).is_lt()
    }

    /// The language version, `1.22` of `1.22.3` and of `1.22rc1`: what a line is called.
    #[must_use]
    pub fn line(self) -> Self {
        let Some(parts) = Parts::parse(self.0.as_bytes()) else { return self };
        match self.0.get(..parts.major.len() + 1 + parts.minor.len()) {
            Some(line) => Self(line),
            None => Self(concat(self.0, ".0")),
        }
    }

    /// Whether this is an alpha, beta or release candidate.
    pub fn is_prerelease(self) -> bool {
        Parts::parse(self.0.as_bytes()).is_some_and(|parts| !parts.kind.is_empty())
    }

    /// Whether this is written as two numbers, such as `1.22`: for Go since 1.21 the language and no release.
    pub fn is_line(self) -> bool {
        is_line(self.0)
    }

    /// The name Go gives the release: `go1.20` for 1.20.0 (no `.0` before 1.21), `go1.21.0` for 1.21.0.
    pub fn release_name(self) -> &'static str {
        let mut text = self.0;
        if let Some(line) = text.strip_suffix(".0")
            && is_line(line)
            && self.is_before("1.21")
        {
            text = line;
        }
        if text == "1.0" {
            text = "1";
        }
        concat("go", text)
    }

    /// The toolchain Go asks for to meet this version: `go1.22.0` for the language version 1.22
    /// (`cmd/go/internal/toolchain.Select`, <https://go.dev/issue/62278>).
    pub fn switch_name(self) -> &'static str {
        let name = concat("go", self.0);
        if self.is_line() && !self.is_before("1.21") { concat(name, ".0") } else { name }
    }
}

fn is_line(text: &str) -> bool {
    let mut dots = 0;
    for byte in text.bytes() {
        match byte {
            b'.' => dots += 1,
            b'0'..=b'9' => {}
            _ => return false,
        }
    }
    dots == 1
}

#[inline(never)]
fn concat(left: &str, right: &str) -> &'static str {
    known_text(path::concat(&[left.as_bytes(), right.as_bytes()]))
}

impl fmt::Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0)
    }
}

/// Compares two versions as Go does; what is no version is less than any that is (`internal/gover.Compare`).
pub fn compare(left: &str, right: &str) -> Ordering {
    match (Parts::parse(left.as_bytes()), Parts::parse(right.as_bytes())) {
        (Some(left), Some(right)) => left.compare(&right),
        (left, right) => left.is_some().cmp(&right.is_some()),
    }
}

/// The name of a toolchain, `go1.22.3` or `go1.22.3-custom`: a version with an optional suffix.
///
/// The suffix is limited to letters, digits and `._+-`, so that the name is always one path component.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ToolchainName {
    name: &'static str,
    version: Version,
}

impl ToolchainName {
    /// Parses a name that starts with `go`.
    pub fn parse(name: &str) -> Option<Self> {
        version_length(name)?;
        Self::kept(keep_text(name))
    }

    fn kept(name: &'static str) -> Option<Self> {
        let version = Version(name.get(2..2 + version_length(name)?)?);
        Some(Self { name, version })
    }

    /// The name of a release.
    pub fn of(version: Version) -> Self {
        let name = version.release_name();
        Self { name, version }
    }

    /// The name, `go` included.
    pub const fn as_str(self) -> &'static str {
        self.name
    }

    /// The version without suffix.
    pub const fn version(self) -> Version {
        self.version
    }

    /// Whether something follows the version: a fork's or a builder's mark.
    pub fn has_suffix(self) -> bool {
        self.name.bytes().any(|byte| byte == b'-')
    }
}

/// How much of the name of a toolchain is its version; none where it is no such name.
#[inline(never)]
fn version_length(name: &str) -> Option<usize> {
    let text = name.as_bytes().strip_prefix(b"go")?;
    let version = match split_once(text, b'-') {
        Some((_, [])) => return None,
        Some((version, suffix)) => {
            let is_safe =
                |b: &u8| matches!(b, b'.' | b'_' | b'+' | b'-') || b.is_ascii_alphanumeric();
            if !suffix.iter().all(is_safe) {
                return None;
            }
            version
        }
        None => text,
    };
    Parts::parse(version)?;
    Some(version.len())
}

impl fmt::Display for ToolchainName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name)
    }
}

/// A name that this user registered for a directory: `[a-z][a-z0-9-]*`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RegisteredName(&'static str);

impl RegisteredName {
    /// Parses a name. What could be a version (`go1`) is none, nor is a word with a meaning of its own
    /// ([`RESERVED`](Self::RESERVED)).
    pub fn parse(text: &str) -> Option<Self> {
        let is_allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        let is_well_formed = text.as_bytes().first().is_some_and(u8::is_ascii_lowercase)
            && text.bytes().all(is_allowed);
        let after_go = text.as_bytes().strip_prefix(b"go");
        let is_version = after_go.is_some_and(|rest| Parts::parse(rest).is_some());
        if !is_well_formed || is_version || is_listed(Self::RESERVED, text.as_bytes()) {
            return None;
        }
        Some(Self(keep_text(text)))
    }

    /// Words that mean something in other tools' files and are never names.
    pub const RESERVED: &'static str = "latest newest oldstable stable system tip";

    /// The name.
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

impl fmt::Display for RegisteredName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0)
    }
}

/// What a pin, a default or a command line asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Request {
    /// One release: `1.22.3`, `1.23rc1`, `1.20.0` (which is `go1.20`), `1.22.3-custom`.
    Exact(ToolchainName),
    /// The newest of a line: `1.22`, `1.22.x`.
    Line(Version),
    /// A toolchain registered by name.
    Named(RegisteredName),
}

impl Request {
    /// Parses what a person wrote: a version with or without `go`, or a registered name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::parse_version(text).or_else(|| RegisteredName::parse(text).map(Self::Named))
    }

    /// Parses a version with or without `go` before it.
    pub fn parse_version(text: &str) -> Option<Self> {
        let text = text.strip_prefix("go").unwrap_or(text);
        let (line, wildcard) = match text.strip_suffix(".x") {
            Some(line) => (line, true),
            None => (text, false),
        };
        if is_line(line) {
            return Version::parse(line).map(Self::Line);
        }
        if wildcard {
            return None;
        }
        let name = ToolchainName::kept(concat("go", text))?;
        Some(Self::Exact(if name.has_suffix() { name } else { ToolchainName::of(name.version) }))
    }

    /// Whether a toolchain of this name answers the request (names are matched elsewhere: they are links).
    pub fn accepts(self, name: ToolchainName) -> bool {
        match self {
            Self::Exact(exact) => exact == name,
            Self::Line(line) => !name.has_suffix() && name.version.line() == line,
            Self::Named(_) => false,
        }
    }
}

impl fmt::Display for Request {
    /// As a person writes it, without `go`: read again, it is the same request.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact(name) => {
                let text = name.as_str().strip_prefix("go").unwrap_or(name.as_str());
                formatter.write_str(text)?;
                // The release `go1.20`; two numbers alone would be the line.
                formatter.write_str(if is_line(text) { ".0" } else { "" })
            }
            Self::Line(line) => formatter.write_str(line.as_str()),
            Self::Named(name) => formatter.write_str(name.as_str()),
        }
    }
}

#[cfg(test)]
mod tests;
