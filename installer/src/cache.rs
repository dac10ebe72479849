//! Go's build caches, one for each distro: what is there, what may go, and how a new one is filled.
//!
//! Go keeps the size of a cache in check only for the one that it uses: at most once a day it removes what was not used
//! for five days (cmd/go/internal/cache, `Trim`). The cache of a distro that is gone is therefore kept for ever, unless
//! somebody removes it; and one that nobody used for five days is emptied by its next use anyway.

pub mod directory;
pub(crate) mod entry;
pub mod go;
pub mod list;
pub mod name;
pub mod prune;
mod seed;
pub mod users;
pub mod warm;

use std::time::Duration;

pub use seed::Seeded;

/// Go never removes what was used later than this ago, since another process may have found it there and not read it
/// yet (cmd/go/internal/cache: "as a rule of thumb, don't trim things used in the last day").
pub const DAY: Duration = Duration::from_hours(24);

/// What was not used for longer than this, Go removes at the next use of the cache: `trimLimit`, and the hour by which
/// the time of the last use may be wrong.
pub const TRIM_LIMIT: Duration = Duration::from_hours(5 * 24 + 1);
