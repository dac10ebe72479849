//! What a snapshot says of itself.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|content: &[u8]| installer::fuzzing::manifest(content));
