//! ELF headers: an interpreter is a path in the bytes given.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|head: &[u8]| {
    if let Ok(elf) = resolver::elf::parse(head) {
        assert!(head.starts_with(b"\x7fELF\x02\x01"));
        assert!(elf.interpreter.is_none_or(|path| !path.contains(&0) && path.len() < head.len()));
    }
});
