//! Dockerfiles, workflows, development containers and other files that name a Go.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|content: &str| installer::fuzzing::project_file(content));
