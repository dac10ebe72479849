//! The index of the Go project's downloads.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|content: &[u8]| installer::fuzzing::index(content));
