//! Versions of Go as the vulnerability database writes them: semantic versions, `1.21.0-rc.4` for go1.21rc4.

use std::cmp::Ordering;

use resolver::version::{ToolchainName, Version};

/// A semantic version (<https://semver.org>) without build metadata, which the database does not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SemanticVersion {
    numbers: [u64; 3],
    prerelease: Vec<Identifier>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Identifier {
    Number(u64),
    Word(String),
}

impl SemanticVersion {
    /// Parses one; what has less than three numbers has zeros there (`0`).
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (release, prerelease) = match text.split_once('-') {
            Some((release, prerelease)) => (release, Some(prerelease)),
            None => (text, None),
        };
        let mut numbers = [0; 3];
        let mut parts = release.split('.');
        for (index, number) in numbers.iter_mut().enumerate() {
            match parts.next() {
                Some(part) => *number = part.parse().ok()?,
                None if index > 0 => {}
                None => return None,
            }
        }
        if parts.next().is_some() {
            return None;
        }
        let identifier = |text: &str| match text.parse() {
            Ok(number) => Identifier::Number(number),
            Err(_) => Identifier::Word(text.to_owned()),
        };
        let prerelease = prerelease.iter().flat_map(|it| it.split('.')).map(identifier).collect();
        Some(Self { numbers, prerelease })
    }

    /// A version of Go in this form: go1.22rc1 is 1.22.0-rc.1, and go1.20 is 1.20.0.
    pub(super) fn of(version: Version) -> Option<Self> {
        let text = version.as_str();
        let Some(start) = text.find(|it: char| it.is_ascii_lowercase()) else {
            return Self::parse(text);
        };
        let (release, prerelease) = text.split_at(start);
        let digits = prerelease.find(|it: char| it.is_ascii_digit()).unwrap_or(prerelease.len());
        let (kind, number) = prerelease.split_at(digits);
        let dot = if number.is_empty() { "" } else { "." };
        Self::parse(&format!("{release}-{kind}{dot}{number}"))
    }

    /// The release of Go that this is: 1.21.0-rc.4 is go1.21rc4, and 1.20.0 is go1.20.
    pub(super) fn release(&self) -> Option<ToolchainName> {
        let [major, minor, patch] = self.numbers;
        let version = match &self.prerelease[..] {
            [] => format!("{major}.{minor}.{patch}"),
            [Identifier::Word(kind), Identifier::Number(number)] => {
                format!("{major}.{minor}{kind}{number}")
            }
            _ => return None,
        };
        Version::parse(&version).map(ToolchainName::of)
    }
}

impl Ord for SemanticVersion {
    fn cmp(&self, other: &Self) -> Ordering {
        // A release comes after its prereleases.
        let is_release = |it: &Self| it.prerelease.is_empty();
        self.numbers
            .cmp(&other.numbers)
            .then_with(|| is_release(self).cmp(&is_release(other)))
            .then_with(|| self.prerelease.cmp(&other.prerelease))
    }
}

impl PartialOrd for SemanticVersion {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> SemanticVersion {
        SemanticVersion::parse(text).expect(text)
    }

    #[test]
    fn the_order_is_that_of_semantic_versions() {
        let ordered = [
            "0",
            "1.9.7",
            "1.10.0-0",
            "1.10.0",
            "1.21.0-0",
            "1.21.0-rc.2",
            "1.21.0-rc.4",
            "1.21.0-rc.10",
            "1.21.0",
            "1.21.9",
            "1.21.10",
            "2",
        ];
        for pair in ordered.windows(2) {
            assert!(parse(pair[0]) < parse(pair[1]), "{pair:?}");
        }
        for text in ["", "x", "1.2.3.4", "1..2", "-1", "go1.2"] {
            assert_eq!(SemanticVersion::parse(text), None, "{text}");
        }
    }

    #[test]
    fn releases_of_go_there_and_back() {
        for (go, semantic) in [
            ("go1.22.3", "1.22.3"),
            ("go1.21.0", "1.21.0"),
            ("go1.20", "1.20.0"),
            ("go1.21rc4", "1.21.0-rc.4"),
            ("go1.5beta1", "1.5.0-beta.1"),
        ] {
            let name = ToolchainName::parse(go).expect(go);
            assert_eq!(SemanticVersion::of(name.version()), Some(parse(semantic)), "{go}");
            let release = parse(semantic).release().expect(semantic);
            assert_eq!(release.as_str(), go, "{semantic}");
        }
        assert_eq!(parse("1.21.0-0").release(), None);
    }
}
