//! The file of `go env -w`: one for all distros that share a home, and obeyed before anything else is.

use resolver::go_env;
use resolver::machine::Machine;

use super::environment::is_gotoolchain;
use super::go_setting::as_meant;
use super::goroot;
use super::{Code, Examination, Finding, Mend, file_line, note, problem, shown, to_path};
use crate::error;
use crate::problem::Evidence;

/// What is right in one distro and wrong in another.
const DIFFERS: [&str; 15] = [
    "AR",
    "CC",
    "CGO_CFLAGS",
    "CGO_CPPFLAGS",
    "CGO_CXXFLAGS",
    "CGO_LDFLAGS",
    "CXX",
    "FC",
    "GCCGO",
    "GOBIN",
    "GOCACHE",
    "GOTMPDIR",
    "GOTOOLCHAIN",
    "PKG_CONFIG",
    "GOEXPERIMENT",
];

pub(super) fn check<M: Machine>(examination: &Examination<'_, M>) -> Vec<Finding> {
    let Some(file) = &examination.go_env else { return Vec::new() };
    let mut findings = Vec::new();
    if let Some(reason) = file.unreadable {
        let message = format!("{} cannot be read, and Go does not tell", shown(file.path));
        let found = problem(Code::GoEnvUnreadable, message)
            .seen(Evidence::file(to_path(file.path), reason))
            .fixed_by(format!("ls -ld {}", resolver::path::shell_quoted(file.path)));
        return vec![found.into()];
    }
    let path = to_path(file.path);
    for setting in go_env::settings(file.content) {
        if setting.name == b"GOROOT" && !setting.value.is_empty() {
            let value = as_meant(setting.value);
            let flaw = goroot::flaw(examination.view(), value);
            let message = match &flaw {
                Some(flaw) => {
                    format!("`go env -w` has set GOROOT={}, and it {}", shown(value), flaw.text())
                }
                None => String::from(
                    "`go env -w` has set GOROOT: every go but gowr's takes its tools from there",
                ),
            };
            let found = problem(Code::GoEnvGoroot, message).seen(file_line(
                file.path,
                setting.line,
                setting.text,
            ));
            let found = match flaw {
                Some(flaw) => flaw.seen(found, value),
                None => found,
            };
            let mend = Mend::remove_line(path.clone(), setting.line, setting.text);
            findings.push(Finding::mended_by(found, mend));
        }
    }
    if let Some(setting) = go_env::settings(file.content).find(|it| it.value.ends_with(b"\r")) {
        // Read as Go reads them, each value ends with a character that nobody sees.
        let message = format!(
            "{} has the line ends of Windows, which Go takes for a part of each value",
            shown(file.path)
        );
        let text = [setting.text, b"\\r"].concat();
        let found = problem(Code::GoEnvCarriageReturn, message).seen(file_line(
            file.path,
            setting.line,
            &text,
        ));
        findings.push(Finding::mended_by(found, Mend::remove_carriage_returns(path.clone())));
    }
    let mut shared = note(
        Code::GoEnvShared,
        format!("{} is one file for all distros that share this home", shown(file.path)),
    );
    for setting in go_env::settings(file.content) {
        let is_wrong = setting.name == b"GOTOOLCHAIN" && !is_gotoolchain(as_meant(setting.value));
        let differs = DIFFERS.iter().any(|name| name.as_bytes() == setting.name);
        if differs && !is_wrong && !setting.value.is_empty() {
            shared = shared.seen(file_line(file.path, setting.line, setting.text));
        }
    }
    if !shared.evidence.is_empty() {
        findings.push(shared.fixed_by(error::edit(&path)).into());
    }
    findings
}
