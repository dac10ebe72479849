//! One file a verb.

pub(crate) mod adopt;
pub(crate) mod bisect;
pub(crate) mod cache;
pub(crate) mod check;
pub(crate) mod ci;
pub(crate) mod completions;
pub(crate) mod container;
pub(crate) mod default;
pub(crate) mod doctor;
pub(crate) mod env;
pub(crate) mod exec;
pub(crate) mod install;
pub(crate) mod link;
pub(crate) mod list;
pub(crate) mod matrix;
pub(crate) mod pin;
pub(crate) mod proxy;
pub(crate) mod run;
pub(crate) mod setup;
pub(crate) mod share;
pub(crate) mod snapshot;
pub(crate) mod uninstall;
pub(crate) mod upgrade;
pub(crate) mod which;
