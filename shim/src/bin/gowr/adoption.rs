//! What others' toolchains came to, in words.

use std::env;

use installer::adopt::{Action, Adopter, Outcome, Reason};
use installer::store::{Home, Key};
use resolver::version::{RegisteredName, ToolchainName};

use crate::context::Context;
use crate::output;

/// What became of a toolchain; nothing is said of what stays as it is.
pub(crate) fn line(
    outcome: &Outcome,
    registered: Option<RegisteredName>,
    is_rehearsal: bool,
) -> Option<String> {
    let root = String::from_utf8_lossy(outcome.goroot);
    let by = outcome.manager.map(|manager| format!(" ({manager})")).unwrap_or_default();
    let reason = match outcome.reason {
        Some(Reason::Removed) | None => String::new(),
        Some(reason) => format!(": {}", reason.detail()),
    };
    let registered = registered.map(RegisteredName::as_str);
    let name = registered.or(outcome.name.map(ToolchainName::as_str)).unwrap_or("it");
    let is = if is_rehearsal { "would be" } else { "is" };
    match outcome.action {
        Action::Kept => None,
        Action::Adopted => Some(format!("{name} {is} adopted from {root}{by}{reason}")),
        Action::Forgotten => Some(format!("{name} {is} adopted no more from {root}{by}{reason}")),
        Action::PassedOver => Some(format!("passed over {root}{by}{reason}")),
    }
}

/// Looks at all again that is adopted here, after something else was done: best effort, for that succeeded.
pub(crate) fn review(context: &Context, home: &Home, here: &Key) {
    let (machine, variable) = (context.machine, &|name: &str| env::var_os(name));
    let adopter = Adopter { machine, variable, home, here, is_rehearsal: false };
    for outcome in adopter.review().unwrap_or_default() {
        if let Some(line) = line(&outcome, None, false) {
            output::say(&line);
        }
    }
}
