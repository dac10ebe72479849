//! gowr from the outside: the two programs as people run them, with real Go toolchains, real shells, real userlands.
//!
//! One file a theme, one test binary: what is expensive (a toolchain, a userland) is made once and shared. Each test
//! stands in a [`support::World`] of its own. Tests never skip: a tool that is missing fails them, with the way to get it.
//! The tests that take minutes are in `long.rs`, compiled with `--features long` only.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![expect(clippy::needless_raw_string_hashes, reason = "snapbox writes snapshots so")]
#![expect(clippy::format_push_string, reason = "text is put together to be read, not fast")]

mod support;
mod userland;

mod adopt;
mod agree;
mod bad_input;
mod bisect;
mod book;
mod boxes;
mod budget;
mod cache;
mod check;
mod ci;
mod concurrency;
mod container;
mod distro_go;
mod doctor;
mod environment;
mod exec;
mod faults;
mod files_source;
mod from;
mod hand_over;
mod hostile;
mod install;
mod integrity;
mod interrupted;
mod kill;
mod link;
mod matrix;
mod nested;
mod network;
mod pin;
mod project_files;
mod share;
mod shells;
mod side_by_side;
mod slow;
mod snapshot;
mod store;
mod support_status;
mod third_party;
mod transactions;
mod which;
mod wsl;
mod wsl_conf;

#[cfg(feature = "long")]
mod batch_file;
#[cfg(feature = "long")]
mod long;
