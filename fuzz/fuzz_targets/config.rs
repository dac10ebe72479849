//! The configuration: paths are absolute or in the home directory, and sources are never none.
#![no_main]

use libfuzzer_sys::fuzz_target;
use resolver::config::{self, Directory};
use resolver::path;

fuzz_target!(|content: &[u8]| {
    let Ok(config) = config::parse(path::concat(&[content])) else { return };
    for directory in [config.cache_directory, config.downloads].into_iter().flatten() {
        match directory.value {
            Directory::Absolute(path) => assert!(path.starts_with('/')),
            Directory::InHome(path) => assert!(!path.starts_with('/')),
        }
    }
    assert!(config.sources.is_none_or(|sources| !sources.value.is_empty()));
});
