//! Whether the Go project still mends what is listed.

use installer::support_status::KnownReleases;
use installer::vulnerabilities::{Report, Vulnerability};
use resolver::version::{ToolchainName, Version};
use serde::Serialize;

use crate::vulnerabilities;

/// What is known of the support of one toolchain; keys of its row.
#[derive(Default, Serialize)]
pub(super) struct Support {
    /// Null where the line is not known to be out of support.
    #[serde(rename = "out_of_support")]
    out: Option<OutOfSupport>,
    /// Null where nobody asked, or nobody answered.
    vulnerabilities: Option<Vec<Vulnerability>>,
    /// The first release that has none of these.
    mended_by: Option<&'static str>,
    #[serde(skip)]
    message: Option<String>,
}

#[derive(Serialize)]
struct OutOfSupport {
    /// The lines that are mended, the newest first.
    supported: Vec<&'static str>,
    /// The day of the list that says so; null where what is installed does.
    seen: Option<String>,
}

/// The support of each of these; the vulnerability database is asked only if `is_online`.
pub(super) fn of(
    known: &KnownReleases,
    names: &[Option<ToolchainName>],
    is_online: bool,
) -> Vec<Support> {
    let versions: Vec<_> = names.iter().flatten().map(|name| name.version()).collect();
    let reports = if is_online { vulnerabilities::reports(&versions) } else { None };
    let mut reports = reports.into_iter().flatten();
    let support = |name: &Option<ToolchainName>| match name {
        Some(name) => Support::new(known, name.version(), reports.next()),
        None => Support::default(),
    };
    names.iter().map(support).collect()
}

impl Support {
    fn new(known: &KnownReleases, version: Version, report: Option<Report>) -> Self {
        let out = known.out_of_support(version).map(|out| OutOfSupport {
            seen: out.seen,
            supported: out.supported.into_iter().map(Version::as_str).collect(),
        });
        Self {
            out,
            message: report.as_ref().and_then(Report::message),
            mended_by: report.as_ref().and_then(|it| it.mended_by).map(ToolchainName::as_str),
            vulnerabilities: report.map(|report| report.vulnerabilities),
        }
    }

    /// `out of support; go1.22.1 has 12 known vulnerabilities, all mended by go1.22.12`.
    pub(super) fn words(&self) -> String {
        let out = self.out.as_ref().map(|_| "out of support");
        out.into_iter().chain(self.message.as_deref()).collect::<Vec<_>>().join("; ")
    }
}
