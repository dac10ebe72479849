//! What people type where a version belongs.

use resolver::pin::Choice;
use resolver::version::Request;

use crate::error::CommandError;

/// A version, a registered name, or `system`.
pub(crate) fn choice(typed: &str) -> Result<Choice, CommandError> {
    Choice::parse(typed).ok_or_else(|| unknown(typed))
}

/// A version or a registered name.
pub(crate) fn request(typed: &str) -> Result<Request, CommandError> {
    Request::parse(typed).ok_or_else(|| unknown(typed))
}

fn unknown(typed: &str) -> CommandError {
    CommandError::user(format!("`{}` is neither a version nor a name", typed.escape_debug()))
        .caused_by("write one such as 1.22, 1.22.3 or 1.23rc1")
        .fixed_by("gowr list --remote")
}
