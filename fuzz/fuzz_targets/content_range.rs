//! What a server says about the range it sends: believed only if it is one that was asked for.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (&str, Option<u64>, u64)| {
    let (header, length, asked) = input;
    installer::fuzzing::content_range(header, length, asked);
});
