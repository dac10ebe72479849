//! Which Go toolchain, build cache and environment a call of `go` gets, and why.
//!
//! The data goes one way: an [`invocation`] and a [`machine`] → a [`survey`] ([`variables`], [`places`],
//! [`settings`], [`distro`], [`project`]) → a choice ([`select`]: eleven rows, and a [`floor`]) → a [`cache`] →
//! changes of the [`environment`] → a [`resolution`]. The `go` program and `gowr which` call the same
//! [`resolve`]; only the [`witness`] differs.
//!
//! There is no standard library here and no dependency: the crate cannot write, fork or open a socket.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod cache;
pub mod config;
mod defaults;
pub mod distro;
pub mod distro_go;
pub mod elf;
pub mod environment;
pub mod failure;
pub mod floor;
pub mod go_env;
pub mod gomod;
pub mod installed;
pub mod invocation;
pub mod machine;
pub mod mounts;
pub mod os_release;
pub mod path;
pub mod pin;
pub mod places;
pub mod policy;
pub mod project;
pub mod real_path;
pub mod resolution;
pub mod select;
pub mod settings;
pub mod share;
pub mod source;
pub mod survey;
pub mod switch;
mod text;
pub mod toolchain;
mod user_file;
pub mod variables;
pub mod version;
pub mod windows_path;
pub mod witness;
pub mod wsl;
pub mod yaml;

pub use failure::Failure;
pub use invocation::Invocation;
pub use resolution::{Resolution, resolve};
