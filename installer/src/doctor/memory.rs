//! Whether there is memory for as many compilers as go starts at once: WSL2 gives its machine half of what Windows has.

use resolver::machine::Machine;

use super::{Code, Examination, Finding, note, printable};
use crate::problem::Evidence;

const FILE_LIMIT: usize = 64 * 1024;
const MEMORY: &[u8] = b"/proc/meminfo";
const PROCESSORS: &[u8] = b"/sys/devices/system/cpu/online";
/// What one compiler or linker of a larger package takes, in KiB: a rule of thumb, and gowr's own.
const EACH: u64 = 512 * 1024;

pub(super) fn check<M: Machine>(examination: &Examination<'_, M>) -> Option<Finding> {
    examination.wsl?;
    let flags = examination.setting("GOFLAGS").map(|setting| setting.text()).unwrap_or_default();
    if flags.split_whitespace().any(|flag| flag.starts_with("-p=") || flag.starts_with("--p=")) {
        return None;
    }
    let machine = examination.view().machine;
    let read = |file| machine.read_file(None, file, FILE_LIMIT).ok().map(|it| it.content);
    let line =
        read(MEMORY)?.split(|byte| *byte == b'\n').find(|it| it.starts_with(b"MemTotal:"))?;
    let line = printable(line);
    let total: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    let (processors, evidence) =
        if let Some(value) = examination.patient.variable_text("GOMAXPROCS") {
            let text = format!("GOMAXPROCS={value} in the environment");
            (value.parse().ok()?, Evidence::value(text))
        } else {
            let online = printable(read(PROCESSORS)?);
            (count(&online)?, Evidence::file("/sys/devices/system/cpu/online", online))
        };
    let fitting = (total / EACH).max(1);
    if fitting >= processors {
        return None;
    }
    let message = format!(
        "go starts {processors} compilers at once, and {} MB of memory are enough for {fitting}: builds may be killed",
        total / 1024
    );
    let fix = format!("export GOFLAGS='{}'", format!("{flags} -p={fitting}").trim());
    let found = note(Code::LittleMemory, message)
        .seen(Evidence::file("/proc/meminfo", line))
        .seen(evidence)
        .fixed_by(fix);
    Some(found.into())
}

/// Of `0-3,6`: five.
fn count(online: &str) -> Option<u64> {
    let mut count = 0_u64;
    for range in online.split(',') {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let number = |text: &str| text.trim().parse::<u64>().ok();
        count += number(last)?.checked_sub(number(first)?)?.checked_add(1)?;
    }
    Some(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processors_are_counted() {
        for (list, expected) in
            [("0", Some(1)), ("0-7", Some(8)), ("0-3,6\n", Some(5)), ("", None), ("3-1", None)]
        {
            assert_eq!(count(list), expected, "{list}");
        }
    }
}
