//! Addresses and redirects: two lines, the second from the first.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|content: &str| {
    let (address, target) = content.split_once('\n').unwrap_or((content, ""));
    installer::fuzzing::address(address, target);
});
