//! Programs of a toolchain, of which the release and the build ID are read.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|content: &[u8]| installer::fuzzing::go_program(content));
