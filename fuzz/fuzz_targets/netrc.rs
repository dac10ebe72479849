//! Passwords in a `.netrc`.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|content: &str| installer::fuzzing::netrc(content));
