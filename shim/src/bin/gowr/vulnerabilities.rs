//! Asking the vulnerability database, where somebody said `--online`.

use std::env;

use installer::doctor::NetworkTime;
use installer::vulnerabilities::{Database, Report};
use resolver::version::Version;

use crate::error::CommandError;
use crate::output;

/// What time the database's server says it is; nothing where it does not answer.
pub(crate) fn time() -> Option<NetworkTime> {
    let database = Database::new(&|name| env::var_os(name));
    database.and_then(|database| database.time()).ok().flatten()
}

/// What is known of some releases, in their order; none, and a warning, where the database does not answer: no command
/// fails because of it.
pub(crate) fn reports(versions: &[Version]) -> Option<Vec<Report>> {
    let database = Database::new(&|name| env::var_os(name));
    match database.and_then(|database| database.reports(versions)) {
        Ok(reports) => Some(reports),
        Err(error) => {
            let error = CommandError::from(error);
            output::warn(&format!("known vulnerabilities cannot be told: {}", error.line()));
            None
        }
    }
}
