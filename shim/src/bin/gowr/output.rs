//! stdout is data, stderr is talk.

use std::io::Write;

use anstyle::{AnsiColor, Style};
use serde::Serialize;

use crate::error::CommandError;

/// The style of a word that an error begins with.
pub(crate) const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();

/// Writes data; the only way to standard output.
pub(crate) fn data(bytes: &[u8]) -> Result<(), CommandError> {
    let mut stdout = std::io::stdout().lock();
    stdout.write_all(bytes).and_then(|()| stdout.flush()).map_err(|error| {
        CommandError::internal("cannot write to standard output").caused_by(&error.to_string())
    })
}

/// Writes one document of JSON.
pub(crate) fn json(document: &impl Serialize) -> Result<(), CommandError> {
    let mut text = serde_json::to_string_pretty(document).map_err(|error| {
        CommandError::internal("cannot write JSON").caused_by(&error.to_string())
    })?;
    text.push('\n');
    data(text.as_bytes())
}

/// Says something that is not data; where nobody listens, nothing is lost.
pub(crate) fn say(text: &str) {
    let _ = writeln!(anstream::stderr().lock(), "{text}");
}

/// Says what is odd, though nothing failed.
pub(crate) fn warn(text: &str) {
    say(&format!("{WARNING}gowr: warning:{WARNING:#} {text}"));
}

/// The same, with the command that mends it.
pub(crate) fn warn_with_fix(text: &str, fix: &str) {
    warn(&format!("{text}\n  run: {fix}"));
}

/// A table with two blanks between its columns.
pub(crate) fn columns<const COUNT: usize>(rows: &[[String; COUNT]]) -> String {
    let mut widths = [0; COUNT];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(widths) {
            line.push_str(cell);
            line.extend(std::iter::repeat_n(' ', width + 2 - cell.chars().count()));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [["a", "bb", "c"], ["äöü", "b", ""]].map(|row| row.map(str::to_owned));
        assert_eq!(columns(&rows), "a    bb  c\näöü  b\n");
    }
}
