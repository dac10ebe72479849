//! The strict grammar: what it accepts means the same to a YAML parser.
#![no_main]

#[path = "../../resolver/tests/yaml/reference.rs"]
mod reference;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|content: &[u8]| {
    match std::str::from_utf8(content) {
        Ok(text) => {
            reference::agree(text);
        }
        Err(_) => assert!(resolver::yaml::parse(content).is_err()),
    }
});
