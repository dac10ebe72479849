//! The errors for files that a person wrote and gowr cannot use.

use alloc::format;
use alloc::string::String;

use crate::failure::{Code, Failure};
use crate::path::shell_quoted;
use crate::source::describe;
use crate::user_file::{self, display};

/// The error for a file whose content cannot be used.
pub(crate) fn malformed(error: user_file::Error, path: &[u8], content: &[u8]) -> Failure {
    let hint = error.hint.map(|hint| [": ", &hint].concat()).unwrap_or_default();
    if error.line == 0 {
        let message = format!("{} {}{hint}", String::from_utf8_lossy(path), error.message);
        return Failure::new(error.code, message).fixed_by(edit(path));
    }
    let line = content.split(|byte| *byte == b'\n').nth(error.line as usize - 1);
    let text = line.map(|line| display(&String::from_utf8_lossy(line)));
    let place = describe(path, Some(error.line), error.column, text.as_deref());
    Failure::new(error.code, [error.message, hint].concat())
        .because(format!("in {place}"))
        .fixed_by(edit(path))
}

/// The error for a file that must be read and cannot be.
pub(crate) fn unreadable(path: &[u8], reason: &str) -> Failure {
    let message = format!("{} cannot be read", String::from_utf8_lossy(path));
    Failure::new(Code::Unreadable, message)
        .because(String::from(reason))
        .fixed_by(format!("ls -ld {}", shell_quoted(path)))
}

fn edit(path: &[u8]) -> String {
    format!("${{EDITOR:-vi}} {}", shell_quoted(path))
}
