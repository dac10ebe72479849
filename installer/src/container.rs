//! A command in a container of podman or docker, with a Go of this machine.
//!
//! The data goes one way: an [`engine`] is found, an [`image`] is asked what it is, by this program itself, run in it;
//! what a GOROOT needs besides itself is in [`links`]; and out of all that a command line is made by [`command`], which
//! does nothing else. An engine whose volumes belong to root at first has them given away by [`volume`].

pub mod command;
pub mod engine;
pub mod image;
pub mod links;
pub mod module_cache;
pub mod volume;

use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// The first argument by which this program knows that it runs in an image, to look at it or to prepare a volume.
pub const VERB: &str = "__container";

/// Where this program stands in a container that it looks around in.
const PROGRAM: &str = "/.gowr";

fn quoted(path: &Path) -> String {
    resolver::path::shell_quoted(path.as_os_str().as_bytes())
}
