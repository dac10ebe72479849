//! `/etc/wsl.conf`: what in it WSL does not do, and how it is made to say something else.
//!
//! It is the machine's and not gowr's. So `--fix` changes it only where a code is named, shows the difference first, and
//! says how root does it where this user may not.

use resolver::machine::Machine;
use resolver::path::{self, Bytes};

use super::path::go_on_path;
use super::{Code, Examination, FIX, Finding, Mend, file_line, note, problem, shown, to_path};
use crate::problem::{Evidence, Problem};
use crate::wsl_conf::automount::Options;
use crate::wsl_conf::{PATH, Warning, WarningKind, WslConf, mend};

/// Where systemd says that it is PID 1 (`sd_booted(3)`).
const SYSTEMD: &[u8] = b"/run/systemd/system";
const UNITS: &[u8] = b"/etc/systemd/system";
/// How a unit of gowr's begins, and a part of its in a boot command ([`crate::at_boot`]).
const OWN_UNIT: &[u8] = b"# Made by gowr";
const OWN_COMMAND: &str = ": gowr-";
const LIMIT: usize = 1024 * 1024;
/// What is changed there counts from then on.
pub(super) const RESTART: &str = "wsl.exe --shutdown";

/// The file as WSL reads it; a distro has none at first.
pub(super) struct WslConfFile {
    content: Bytes,
    conf: WslConf,
}

impl WslConfFile {
    pub(super) fn read<M: Machine>(machine: &M) -> Self {
        let file = machine.read_file(None, PATH.as_bytes(), LIMIT);
        let content = file.map_or(&b""[..], |file| file.content);
        Self { content, conf: WslConf::parse(content) }
    }

    fn line(&self, number: u32) -> Evidence {
        let mut lines = self.content.split(|byte| *byte == b'\n');
        let text = lines.nth(number.saturating_sub(1) as usize).unwrap_or_default();
        file_line(PATH.as_bytes(), number, text)
    }
}

pub(super) fn check<M: Machine>(examination: &Examination<'_, M>) -> Vec<Finding> {
    let Some(file) = &examination.wsl_conf else { return Vec::new() };
    let mut findings = Vec::new();
    findings.extend(stopped(examination, file));
    findings.extend(ignored(file));
    findings.extend(idle_units(examination));
    findings.extend(idle_command(examination, file));
    findings
}

/// A unit that gowr has made, where systemd is not PID 1: what it should mount, nobody mounts.
fn idle_units<M: Machine>(examination: &Examination<'_, M>) -> Option<Finding> {
    let machine = examination.view().machine;
    if examination.metadata(SYSTEMD).is_some() {
        return None;
    }
    let is_ours = |file: &Bytes| {
        let head = machine.read_file(None, file, OWN_UNIT.len());
        head.is_ok_and(|head| head.content == OWN_UNIT)
    };
    let names = machine.list(UNITS).unwrap_or_default();
    let of_ours = |name: &Bytes| name.starts_with(b"gowr-") && name.ends_with(b".service");
    let mut units: Vec<_> = names
        .into_iter()
        .filter(of_ours)
        .map(|name| path::join(UNITS, name))
        .filter(is_ours)
        .collect();
    units.sort_unstable();
    let first = units.first()?;
    let message =
        format!("{} is not done at boot: systemd is not PID 1", shown(path::file_name(first)));
    let mut found = problem(Code::BootTaskIdle, message);
    for unit in &units {
        found = found.seen(Evidence::file(to_path(unit), "a unit of gowr's"));
    }
    let file = examination.wsl_conf.as_ref()?;
    let systemd = &file.conf.boot.systemd;
    found.evidence.extend(systemd.line.map(|line| file.line(line)));
    Some(if systemd.value {
        // It will be, from the next start on.
        found.fixed_by(RESTART).into()
    } else {
        examination.mended_on_request(found, Mend::WslConf(mend::Mend::Systemd))
    })
}

/// gowr's part of a boot command that WSL does not read: it stands in the second of two.
fn idle_command<M: Machine>(
    examination: &Examination<'_, M>,
    file: &WslConfFile,
) -> Option<Finding> {
    let is_ours = |warning: &&Warning| match &warning.kind {
        WarningKind::Duplicate { key, .. } if key.eq_ignore_ascii_case("boot.command") => {
            file.line(warning.line).text.contains(OWN_COMMAND)
        }
        _ => false,
    };
    let warning = file.conf.warnings.iter().find(is_ours)?;
    let message = format!("{PATH}:{}: {}", warning.line, warning.kind);
    let mut found = problem(Code::BootTaskIdle, message).seen(file.line(warning.line));
    if let WarningKind::Duplicate { first, .. } = &warning.kind {
        found = found.seen(file.line(*first));
    }
    Some(found.fixed_by(examination.edit_as_root(PATH)).into())
}

/// An error in it is said once, in a window that closes: all that stands below counts for nothing.
fn stopped<M: Machine>(examination: &Examination<'_, M>, file: &WslConfFile) -> Option<Finding> {
    let warning = file
        .conf
        .warnings
        .iter()
        .find(|it| matches!(it.kind, WarningKind::Stopped(_) | WarningKind::CarriageReturns))?;
    let message = format!("{PATH}:{}: {}", warning.line, warning.kind);
    let found = problem(Code::WslConfStops, message).seen(file.line(warning.line));
    let is_plain = !file.content.contains(&b'\r') && !file.content.starts_with(b"\xef\xbb\xbf");
    Some(if is_plain {
        found.fixed_by(examination.edit_as_root(PATH)).into()
    } else {
        examination.mended_on_request(found, Mend::PlainWslConf)
    })
}

/// WSL skips a key that it does not know, and the second of two, and says nothing.
fn ignored(file: &WslConfFile) -> Option<Finding> {
    let skipped = |kind: &WarningKind| {
        !matches!(kind, WarningKind::Stopped(_) | WarningKind::CarriageReturns)
    };
    let warnings: Vec<_> = file.conf.warnings.iter().filter(|it| skipped(&it.kind)).collect();
    let first = warnings.first()?;
    let message = match warnings.len() {
        1 => format!("{PATH}:{}: {}", first.line, first.kind),
        count => format!("{count} lines of {PATH} do nothing: {}", first.kind),
    };
    let mut found = note(Code::WslConfIgnored, message);
    found.evidence.extend(warnings.iter().map(|warning| file.line(warning.line)));
    Some(found.fixed_by(crate::error::edit(std::path::Path::new(PATH))).into())
}

impl<M: Machine> Examination<'_, M> {
    /// What takes the directories of Windows off PATH; none where wsl.conf says so already, and none outside of WSL.
    pub(super) fn append_windows_path(&self) -> Option<Mend> {
        let file = self.wsl_conf.as_ref()?;
        let appends = file.conf.interop.append_windows_path.value;
        appends.then_some(Mend::WslConf(mend::Mend::WindowsPath))
    }

    /// Whether somebody wants no program of Windows to start.
    pub(super) fn is_interop_switched_off(&self) -> bool {
        self.wsl_conf.as_ref().is_some_and(|file| !file.conf.interop.enabled.value)
    }

    /// A problem of how drives are mounted. Where wsl.conf asks for it no more, it has been mended since WSL started.
    pub(super) fn mended_by_automount(
        &self,
        found: Problem,
        mend: mend::Mend,
        is_wrong: impl Fn(&Options) -> bool,
    ) -> Finding {
        let Some(file) = &self.wsl_conf else { return found.fixed_by(RESTART).into() };
        let options = &file.conf.automount.options;
        let found = match options.line {
            Some(line) => found.seen(file.line(line)),
            None => found,
        };
        if is_wrong(&options.value) {
            self.mended_on_request(found, Mend::WslConf(mend))
        } else {
            found.fixed_by(RESTART).into()
        }
    }

    /// The problem with a mend that changes the machine: the command names the code, and is root's where it must be.
    pub(super) fn mended_on_request(&self, mut found: Problem, mend: Mend) -> Finding {
        found.fix = Some(format!("{}{FIX} {}", self.as_root(), found.code));
        Finding { problem: found, mend: Some(mend) }
    }

    /// sudo takes PATH away, by which gowr is found, and which is itself looked at.
    fn as_root(&self) -> &'static str {
        let view = self.view();
        let is_found = go_on_path(view).iter().any(|found| found.is_ours);
        if view.machine.effective_user() == 0 {
            ""
        } else if is_found {
            "sudo env \"PATH=$PATH\" "
        } else {
            let bin = path::shell_quoted(view.program_directory);
            path::keep_text(&format!("sudo env PATH={bin}:\"$PATH\" "))
        }
    }

    fn edit_as_root(&self, file: &str) -> String {
        let edit = crate::error::edit(std::path::Path::new(file));
        match self.view().machine.effective_user() {
            0 => edit,
            _ => format!("sudoedit {file}"),
        }
    }
}
