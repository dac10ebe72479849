//! The file that `go env -w` writes (`go env GOENV`), read as `cmd/go/internal/cfg.readEnvFile` does.

use crate::text::{lines, split_once};

/// One `NAME=value` line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setting<'a> {
    /// The line, counted from 1.
    pub line: u32,
    /// That line, without white space around it.
    pub text: &'a [u8],
    /// What stands before the first `=`.
    pub name: &'a [u8],
    /// What follows it, raw: to Go, quotes, blanks and a carriage return at the end are part of the value.
    pub value: &'a [u8],
}

/// All settings in the file's order; of two with the same name the later one counts.
///
/// Lines without `=` and lines that do not start with a capital letter are no settings.
pub fn settings(content: &[u8]) -> impl Iterator<Item = Setting<'_>> {
    lines(content, b'\n').filter_map(|line| {
        let Some(b'A'..=b'Z') = line.bytes.first() else { return None };
        let (name, value) = split_once(line.bytes, b'=')?;
        Some(Setting { line: line.number, text: line.bytes.trim_ascii(), name, value })
    })
}

/// The setting of `name` that counts: the last one. An empty value is a setting too, though to Go it means none.
pub fn lookup<'a>(content: &'a [u8], name: &str) -> Option<Setting<'a>> {
    let mut found = None;
    for setting in settings(content) {
        if setting.name == name.as_bytes() {
            found = Some(setting);
        }
    }
    found
}

#[cfg(test)]
mod tests;
