//! go.mod and go.work as a floor under a default.

use crate::installed::{Found, Installed};
use crate::machine::Machine;
use crate::project::Need;
use crate::toolchain::Toolchain;
use crate::witness::Witness;

/// What a floor does to a default.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Raised {
    /// The default is new enough.
    Satisfied,
    /// This one runs instead.
    To(&'static Toolchain),
    /// Nothing here is new enough.
    Unmet,
    /// Only a thorough look can tell.
    Unknown,
}

/// Finds what meets the floor: the exact toolchain, else the newest of its line, else the newest of all.
pub fn raise<M: Machine, W: Witness>(
    installed: &Installed<'_, M, W>,
    default: Option<&Toolchain>,
    need: &Need,
) -> Raised {
    if default.is_some_and(|default| default.satisfies(need.version)) {
        return Raised::Satisfied;
    }
    let exact = || match need.toolchain {
        Some(name) => installed.exactly(name),
        None => Found::Absent,
    };
    let line = || installed.newest_of_line(need.version.line());
    let newest = || installed.newest();
    let candidates: [&dyn Fn() -> Found; 3] = [&exact, &line, &newest];
    for candidate in candidates {
        match candidate() {
            Found::Usable(toolchain) if toolchain.satisfies(need.version) => {
                return Raised::To(toolchain);
            }
            Found::Unknown => return Raised::Unknown,
            Found::Usable(_) | Found::Unusable(_) | Found::Absent => {}
        }
    }
    Raised::Unmet
}

/// Whether a Go before 1.21 is to run although go.mod says more: plain Go would run too, and builds what it can,
/// as long as it can read the file at all (`go 1.22` and no `toolchain` line).
pub fn old_go_may_try(need: &Need) -> bool {
    need.version.is_line() && !need.has_toolchain_line
}
