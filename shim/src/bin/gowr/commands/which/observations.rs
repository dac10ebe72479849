//! What the machine looks like around a choice: none of it decides anything, and a person wants to know.

use resolver::distro::Container;
use resolver::wsl::{self, Wsl};

use crate::context::Context;

/// The WSL that this userland, or the container it is, runs on.
pub(super) fn wsl(context: &Context) -> Option<Wsl> {
    Wsl::detect(context.machine, context.variables)
}

/// The container that this userland is.
pub(super) fn container(context: &Context) -> Option<Container> {
    wsl::container(context.machine, context.variables)
}
