//! What every end-to-end test stands on.

pub(crate) mod downloads;
pub(crate) mod fakes;
pub(crate) mod goproxy;
#[expect(dead_code, reason = "shared with the installer's own tests, which use more of it")]
pub(crate) mod log;
pub(crate) mod module;
pub(crate) mod podman;
mod run;
mod schema;
pub(crate) mod secure_server;
#[expect(dead_code, reason = "likewise")]
pub(crate) mod server;
pub(crate) mod slow_file_system;
pub(crate) mod stage;
pub(crate) mod toolchains;
mod tools;
pub(crate) mod tracer;
mod world;

use std::path::Path;

pub(crate) use fakes::Handed;
pub(crate) use run::{Outcome, Run};
pub(crate) use toolchains::{NEW, OLD};
pub(crate) use tools::tool;
pub(crate) use world::{World, host_key, install_gowr};

/// Where tests keep what they make: worlds for a test's time, toolchains and userlands until `cargo clean`.
pub(crate) fn scratch() -> &'static Path {
    Path::new(env!("CARGO_TARGET_TMPDIR"))
}
