//! Entries of Go's build cache: the name, a line feed, the content.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|content: &[u8]| {
    let end = content.iter().position(|byte| *byte == b'\n').unwrap_or(content.len());
    let (name, content) = content.split_at(end);
    installer::fuzzing::cache_entry(name, content.get(1..).unwrap_or_default());
});
