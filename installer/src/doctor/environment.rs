//! The environment: what in it misleads Go.

use resolver::machine::{Kind, Machine};
use resolver::path::{self, Bytes};
use resolver::variables::Name;
use resolver::version::ToolchainName;

use super::mounts::is_noexec;
use super::{Code, Examination, Finding, problem, shown, to_path, warnings};
use crate::problem::Evidence;

pub(super) fn check<M: Machine>(examination: &Examination<'_, M>) -> Vec<Finding> {
    let warnings = warnings::of_the_machine(examination.view());
    let mut findings: Vec<_> = warnings.into_iter().map(Finding::from).collect();
    findings.extend(no_home(examination));
    findings.extend(no_proc(examination));
    findings.extend(stale_switch(examination));
    findings.extend(gotoolchain(examination));
    findings.extend(temporary_directory(examination));
    findings.extend(compilers(examination));
    findings
}

/// `go: module cache not found: neither GOMODCACHE nor GOPATH is set`, and no build cache.
fn no_home<M: Machine>(examination: &Examination<'_, M>) -> Option<Finding> {
    let variables = examination.view().variables;
    if variables.absolute_path(Name::Home).is_some() {
        return None;
    }
    let value = variables.get(Name::Home).map_or_else(
        || String::from("HOME is not set"),
        |home| format!("HOME={} in the environment", shown(home)),
    );
    let message = "HOME is not an absolute path: Go has no place for its caches, and gowr none for toolchains";
    let found = problem(Code::NoHome, message).seen(Evidence::value(value));
    Some(found.fixed_by("export HOME=DIR").into())
}

/// Without it a `go` does not find its own GOROOT.
fn no_proc<M: Machine>(examination: &Examination<'_, M>) -> Option<Finding> {
    if examination.view().machine.read_link(None, b"/proc/self/exe").is_ok() {
        return None;
    }
    let found =
        problem(Code::NoProc, "/proc is not mounted: a go does not find its GOROOT by itself")
            .seen(Evidence::file("/proc/self/exe", "not there"))
            .fixed_by("mount -t proc proc /proc");
    Some(found.into())
}

/// `go: toolchain X invoked to provide Y` is what they lead to.
fn stale_switch<M: Machine>(examination: &Examination<'_, M>) -> Option<Finding> {
    let names =
        ["GOTOOLCHAIN_INTERNAL_SWITCH_VERSION", "GOTOOLCHAIN_INTERNAL_SWITCH_COUNT"].map(|name| {
            let value = (examination.patient.variable)(name)?;
            Some((name, value)).filter(|(_, value)| !value.is_empty())
        });
    let set: Vec<_> = names.into_iter().flatten().collect();
    let (first, _) = set.first()?;
    let message = format!("{first} is in the environment, where only a switching go may put it");
    let mut found = problem(Code::StaleSwitch, message);
    for (name, value) in &set {
        found = found.seen(Evidence::value(format!("{name}={} in the environment", shown(value))));
    }
    let names: Vec<_> = set.iter().map(|(name, _)| *name).collect();
    Some(found.fixed_by(format!("unset {}", names.join(" "))).into())
}

/// The grammar of `toolchain.Select` in cmd/go: every command fails where it is not met.
fn gotoolchain<M: Machine>(examination: &Examination<'_, M>) -> Option<Finding> {
    let setting = examination.setting("GOTOOLCHAIN")?;
    if is_gotoolchain(setting.value) {
        return None;
    }
    let message = format!("GOTOOLCHAIN={} is nothing that Go understands", setting.text());
    let found = problem(Code::BadGotoolchain, message).seen(setting.evidence());
    Some(setting.taken_back(found))
}

pub(super) fn is_gotoolchain(value: &[u8]) -> bool {
    let Ok(value) = std::str::from_utf8(value) else { return false };
    let is_name = |name: &str| name == "local" || ToolchainName::parse(name).is_some();
    match value.split_once('+') {
        Some((name, "auto" | "path")) => is_name(name),
        Some(_) => false,
        None => matches!(value, "auto" | "path") || is_name(value),
    }
}

fn temporary_directory<M: Machine>(examination: &Examination<'_, M>) -> Option<Finding> {
    let variables = examination.view().variables;
    let setting = examination.setting("GOTMPDIR");
    let from_environment = variables.get(Name::TemporaryDirectory);
    let (name, directory, evidence, fix) = match (&setting, from_environment) {
        (Some(setting), _) => ("GOTMPDIR", setting.value, setting.evidence(), Some(setting.fix())),
        (None, Some(directory)) => {
            let evidence =
                Evidence::value(format!("TMPDIR={} in the environment", shown(directory)));
            ("TMPDIR", directory, evidence, Some(String::from("unset TMPDIR")))
        }
        (None, None) => {
            let evidence = Evidence::file("/tmp", "where Go builds by default");
            ("/tmp", &b"/tmp"[..], evidence, None)
        }
    };
    let flaw = match examination.metadata(directory) {
        None => Some("is not there"),
        Some(found) if found.kind != Kind::Directory => Some("is no directory"),
        Some(found) if !examination.may_write(&found) => Some("cannot be written to"),
        Some(_) => None,
    };
    if let Some(flaw) = flaw {
        let message = format!("{}, where Go builds, {flaw}", shown(directory));
        let found = problem(Code::TemporaryDirectory, message).seen(evidence);
        let make = format!("mkdir -p {}", path::shell_quoted(directory));
        let fix = fix.filter(|_| flaw != "is not there").unwrap_or(make);
        return Some(found.fixed_by(fix).into());
    }
    let mount =
        examination.mounts.of(examination.view().machine, absolute(examination, directory)?)?;
    is_noexec(&mount).then(|| {
        let message = format!(
            "{} forbids execution: what go run and go test build there cannot start",
            shown(directory)
        );
        let options = format!("mounted with {}", shown(mount.options));
        let found = problem(Code::NoexecTemporaryDirectory, message)
            .seen(evidence)
            .seen(Evidence::file(to_path(mount.point), options));
        let elsewhere = "mkdir -p ~/.cache/go-tmp && export GOTMPDIR=~/.cache/go-tmp";
        let fix = if name == "GOTMPDIR" { fix } else { None };
        found.fixed_by(fix.unwrap_or_else(|| elsewhere.to_owned())).into()
    })
}

fn absolute<M: Machine>(examination: &Examination<'_, M>, path: Bytes) -> Option<Bytes> {
    if path::is_absolute(path) {
        return Some(path);
    }
    let here = examination.view().machine.current_directory().ok()?;
    Some(path::join(here, path))
}

/// `cgo: C compiler "…" not found`: what one distro has is set for all that share a home.
fn compilers<M: Machine>(examination: &Examination<'_, M>) -> Vec<Finding> {
    let missing = |name| {
        let setting = examination.setting(name)?;
        let mut words = setting.value.split(u8::is_ascii_whitespace).filter(|it| !it.is_empty());
        let program = words.next()?;
        if is_found(examination, program) {
            return None;
        }
        let message = format!("{name} names {}, which is not here", shown(program));
        let found = problem(Code::CompilerMissing, message).seen(setting.evidence());
        Some(found.fixed_by(setting.fix()).into())
    };
    ["CC", "CXX"].into_iter().filter_map(missing).collect()
}

fn is_found<M: Machine>(examination: &Examination<'_, M>, program: &[u8]) -> bool {
    let machine = examination.view().machine;
    if program.contains(&b'/') {
        return machine.may_execute(program).is_ok();
    }
    let value = examination.view().variables.get(Name::Path).unwrap_or_default();
    value
        .split(|byte| *byte == b':')
        .any(|entry| machine.may_execute(path::join(entry, program)).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_go_takes_for_a_gotoolchain() {
        for good in
            ["auto", "local", "path", "go1.22.3", "go1.22.3+auto", "local+path", "go1.22.3-vendor"]
        {
            assert!(is_gotoolchain(good.as_bytes()), "{good}");
        }
        for bad in
            ["1.22.3", "auto+go1.22", "go1.22.3+local", "latest", "go1.22.3+", "goo", "go1.22\r"]
        {
            assert!(!is_gotoolchain(bad.as_bytes()), "{bad}");
        }
    }
}
