use super::*;
use alloc::vec::Vec;
use std::vec;

/// A header for `machine` with one `PT_LOAD`, then what `interpreter` asks for at offset 256.
fn program(machine: u16, interpreter: Option<&[u8]>) -> Vec<u8> {
    let mut head = vec![0; 512];
    let mut put = |offset: usize, bytes: &[u8]| {
        head[offset..offset + bytes.len()].copy_from_slice(bytes);
    };
    put(0, b"\x7fELF\x02\x01\x01");
    put(18, &machine.to_le_bytes());
    put(32, &64u64.to_le_bytes());
    put(54, &PROGRAM_HEADER_SIZE.to_le_bytes());
    put(56, &2u16.to_le_bytes());
    put(64, &1u32.to_le_bytes());
    if let Some(path) = interpreter {
        put(120, &PT_INTERP.to_le_bytes());
        put(128, &256u64.to_le_bytes());
        put(152, &(path.len() as u64).to_le_bytes());
        put(256, path);
    }
    head
}

#[test]
fn programs() {
    assert_eq!(parse(&program(62, None)), Ok(Elf { machine: 62, interpreter: None }));
    let glibc = program(183, Some(b"/lib/ld-linux-aarch64.so.1\0"));
    let interpreter = Some(&b"/lib/ld-linux-aarch64.so.1"[..]);
    assert_eq!(parse(&glibc), Ok(Elf { machine: 183, interpreter }));
    let this = std::fs::read("/proc/self/exe").expect("a test runs from a file");
    let machine = crate::machine::Architecture::HERE.elf_machine();
    assert_eq!(parse(&this).map(|elf| elf.machine), Ok(machine));
}

#[test]
fn what_is_no_program() {
    for content in [&b""[..], b"#!/bin/sh\n", b"MZ", b"\x7fEL", b"\x7fELF", b"\x7fELF\x02"] {
        assert_eq!(parse(content), Err(Error::NotElf), "{}", content.escape_ascii());
    }
    assert_eq!(parse(b"\x7fELF\x01\x01"), Err(Error::OtherClass));
    assert_eq!(parse(b"\x7fELF\x02\x02"), Err(Error::OtherClass));
    assert_eq!(parse(&program(62, Some(b"no zero"))), Err(Error::Malformed));
    assert_eq!(parse(&program(62, Some(b""))), Err(Error::Malformed));
    let mut odd = program(62, None);
    odd[54] = 32;
    assert_eq!(parse(&odd), Err(Error::Malformed));
}

#[test]
fn what_lies_beyond_the_bytes_given() {
    let whole = program(62, Some(b"/lib64/ld-linux-x86-64.so.2\0"));
    for length in 6..284 {
        assert_eq!(parse(&whole[..length]), Err(Error::OutOfReach), "{length}");
    }
    for offset in [32, 128, 152] {
        let mut far = whole.clone();
        far[offset..offset + 8].copy_from_slice(&u64::MAX.to_le_bytes());
        assert_eq!(parse(&far), Err(Error::OutOfReach), "{offset}");
    }
}
