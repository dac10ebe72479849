//! What commands that change several things have in common: they can be rehearsed, and tell in JSON what they did.

use serde::Serialize;

use crate::error::CommandError;
use crate::output;

/// The options of such a command. To be flattened into its arguments.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct Preview {
    /// Only say what would be done
    #[arg(long)]
    pub(crate) dry_run: bool,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Document<T> {
    schema: u32,
    dry_run: bool,
    #[serde(flatten)]
    changes: T,
}

/// What became of toolchains, as the only key of a document.
#[derive(Serialize)]
pub(crate) struct Toolchains<T> {
    pub(crate) toolchains: Vec<T>,
}

impl Preview {
    /// Prints what was done, or would be, where JSON is asked for; says whether it is.
    pub(crate) fn print(self, changes: impl Serialize) -> Result<bool, CommandError> {
        if self.json {
            output::json(&Document { schema: 1, dry_run: self.dry_run, changes })?;
        }
        Ok(self.json)
    }
}
