//! The user's configuration, as it comes from another machine.

use std::path::Path;

use crate::config_file;
use crate::edit::{self, yaml};
use crate::error::Error;

/// Keys whose values are directories and servers: of the machine they come from, or of whoever made the snapshot.
const PLACES: [&str; 3] = ["cache-dir", "downloads", "sources"];

/// What became of the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// There is none in the snapshot, or the same is here.
    Unchanged,
    /// One is here, and stays.
    Kept,
    /// It is written, but for these keys.
    Written(Vec<&'static str>),
}

/// Writes it where there is none, without what names directories and servers; all of it where `replaces` says so.
pub fn load(
    file: &Path,
    content: &str,
    replaces: bool,
    is_rehearsal: bool,
) -> Result<Outcome, Error> {
    let old = edit::read(file)?;
    if old.as_deref() == Some(content.as_bytes()) {
        return Ok(Outcome::Unchanged);
    }
    if old.is_some() && !replaces {
        return Ok(Outcome::Kept);
    }
    let (mut new, mut left_out) = (content.as_bytes().to_vec(), Vec::new());
    if !replaces {
        for key in PLACES {
            let without = yaml::remove(&new, yaml::Key::Top(key));
            let without = without.map_err(|error| edit::bad(file, error))?.unwrap_or_default();
            if without != new {
                new = without;
                left_out.push(key);
            }
        }
    }
    if !is_rehearsal {
        config_file::write(file, &new)?;
    }
    Ok(Outcome::Written(left_out))
}
