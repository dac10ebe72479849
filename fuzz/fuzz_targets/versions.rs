//! The list of versions that a module proxy serves.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|content: &[u8]| installer::fuzzing::versions(content));
