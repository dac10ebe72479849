//! Fetches, verifies, unpacks and links Go toolchains: everything of gowr that writes or talks to a network.

pub mod adopt;
mod atomic;
pub mod config_file;
mod download;
pub mod downloads;
mod edit;
pub mod error;
#[cfg(fuzzing)]
pub mod fuzzing;
pub mod go_settings;
pub mod install;
pub mod invariants;
pub mod link;
pub mod list;
pub mod lock;
pub mod pin_file;
pub mod problem;
pub mod services;
pub mod setup;
pub mod snapshot;
pub mod source;
mod staging;
pub mod store;
pub mod sumdb;
pub mod uninstall;
pub mod unpack;
pub mod upgrade;
