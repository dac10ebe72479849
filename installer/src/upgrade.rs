//! Which lines of Go have a newer release than the one that is installed.

use resolver::version::{Request, ToolchainName, Version};

use crate::error::Error;
use crate::link::preference;

/// One line of which a release is installed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// The line: `1.22`.
    pub version: Version,
    /// The newest that is installed.
    pub installed: ToolchainName,
    /// A newer one that there is.
    pub newer: Option<ToolchainName>,
}

/// The lines of these installed releases, oldest first, or only those asked for; with what newer ones `releases` has.
///
/// What a vendor made of a release belongs to no line. A line that is asked for and of which nothing is installed is
/// [`Error::NothingOfLine`].
pub fn lines(
    installed: &[ToolchainName],
    asked: &[Version],
    releases: &[ToolchainName],
) -> Result<Vec<Line>, Error> {
    let mut lines: Vec<Version> = installed
        .iter()
        .filter(|name| !name.has_suffix())
        .map(|name| name.version().line())
        .collect();
    lines.sort_by(|left, right| left.compare(*right));
    lines.dedup();
    if let Some(missing) = asked.iter().find(|line| !lines.contains(line)) {
        return Err(Error::NothingOfLine(*missing));
    }
    lines.retain(|line| asked.is_empty() || asked.contains(line));
    let newest = |names: &[ToolchainName], line: Version| {
        let names = names.iter().filter(|name| Request::Line(line).accepts(**name));
        names.copied().max_by(preference)
    };
    let lines = lines.into_iter().filter_map(|version| {
        let installed = newest(installed, version)?;
        let is_newer = |name: &ToolchainName| preference(name, &installed).is_gt();
        Some(Line { version, installed, newer: newest(releases, version).filter(is_newer) })
    });
    Ok(lines.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::install::tests::toolchain;

    const INSTALLED: [&str; 7] =
        ["go1.9", "go1.20.14", "go1.22.1", "go1.22.9", "go1.25.1-custom", "go1.26.0", "go1.27rc1"];
    const RELEASES: [&str; 9] = [
        "go1.20.14",
        "go1.22.10",
        "go1.22.9",
        "go1.22rc1",
        "go1.25.2",
        "go1.26rc2",
        "go1.27rc2",
        "go1.27.0",
        "go1.28rc1",
    ];

    fn shown(asked: &[&str]) -> Result<Vec<String>, Error> {
        let names = |names: &[&str]| names.iter().map(|name| toolchain(name)).collect::<Vec<_>>();
        let asked: Vec<_> =
            asked.iter().map(|text| Version::parse(text).expect("a version")).collect();
        let lines = lines(&names(&INSTALLED), &asked, &names(&RELEASES))?;
        let newer = |line: &Line| line.newer.map_or("-", ToolchainName::as_str);
        Ok(lines
            .iter()
            .map(|line| format!("{} {} {}", line.version.as_str(), line.installed, newer(line)))
            .collect())
    }

    #[test]
    fn each_line_gets_its_newest_release() {
        let all = [
            "1.9 go1.9 -",
            "1.20 go1.20.14 -",
            "1.22 go1.22.9 go1.22.10",
            "1.26 go1.26.0 -",
            "1.27 go1.27rc1 go1.27.0",
        ];
        assert_eq!(shown(&[]).expect("lines"), all);
        assert_eq!(shown(&["1.27", "1.22"]).expect("lines"), [all[2], all[4]]);
    }

    #[test]
    fn a_line_of_which_nothing_is_installed() {
        for line in ["1.25", "1.28"] {
            let error = shown(&["1.22", line]).expect_err("not installed");
            assert_eq!(error.to_string(), format!("no go {line} is installed by gowr"));
            assert_eq!(error.fix(), Some(format!("gowr install {line}")));
        }
    }
}
