//! The proxy's own memory functions, against the standard library's.
#![expect(unsafe_code, reason = "the functions under test take addresses")]

#[cfg_attr(target_arch = "aarch64", path = "../src/bin/go/start/aarch64.rs")]
#[cfg_attr(target_arch = "x86_64", path = "../src/bin/go/start/x86_64.rs")]
mod architecture;
#[path = "../src/bin/go/start/memory.rs"]
mod memory;

/// Every branch of the functions lies below this, several rounds of their loops too.
const LENGTHS: std::ops::Range<usize> = 0..150;

/// Bytes that differ from their neighbours.
fn pattern(length: usize) -> Vec<u8> {
    (0..251).cycle().take(length).map(|byte: u8| byte.wrapping_mul(7)).collect()
}

#[test]
fn copying_moves_every_byte_and_no_other() {
    for length in LENGTHS {
        for (from, to) in [(0, 0), (1, 0), (0, 1), (3, 9), (15, 2)] {
            let source = pattern(200);
            let mut target = vec![0xEE; 200];
            let mut expected = target.clone();
            expected[to..to + length].copy_from_slice(&source[from..from + length]);
            let start = target[to..].as_mut_ptr();
            // SAFETY: both runs lie inside their vectors.
            let result = unsafe { memory::memcpy(start, source[from..].as_ptr(), length) };
            assert_eq!(result, start);
            assert_eq!(target, expected, "{length} bytes from {from} to {to}");
        }
    }
}

#[test]
fn runs_may_overlap_both_ways() {
    for length in LENGTHS {
        for from in 0..70 {
            for to in [0, 1, 7, 8, 15, 16, 17, 31, 33, 48, 69] {
                let mut bytes = pattern(250);
                let mut expected = bytes.clone();
                expected.copy_within(from..from + length, to);
                let start = bytes.as_mut_ptr();
                // SAFETY: both runs lie inside the vector.
                unsafe { memory::memmove(start.add(to), start.add(from).cast_const(), length) };
                assert_eq!(bytes, expected, "{length} bytes from {from} to {to}");
            }
        }
    }
}

#[test]
fn filling_takes_the_low_byte() {
    for length in LENGTHS {
        for offset in 0..17 {
            let mut bytes = pattern(200);
            let mut expected = bytes.clone();
            expected[offset..offset + length].fill(0xA5);
            // SAFETY: the run lies inside the vector.
            unsafe { memory::memset(bytes[offset..].as_mut_ptr(), 0x0BAD_F0A5, length) };
            assert_eq!(bytes, expected, "{length} bytes at {offset}");
        }
    }
}

#[test]
fn the_first_difference_decides() {
    for length in LENGTHS {
        let left = pattern(length);
        // SAFETY: both runs have that length.
        let compare = |left: &[u8], right: &[u8]| unsafe {
            let equal = memory::bcmp(left.as_ptr(), right.as_ptr(), left.len()) == 0;
            let order = memory::memcmp(left.as_ptr(), right.as_ptr(), left.len());
            assert_eq!(equal, order == 0);
            order.cmp(&0)
        };
        assert!(compare(&left, &left.clone()).is_eq());
        for first in 0..length {
            for change in [1, 0x7F, 0x80, 0xFF] {
                let mut right = left.clone();
                right[first] = right[first].wrapping_add(change);
                if let Some(last) = right[first + 1..].last_mut() {
                    *last = !*last;
                }
                assert_eq!(compare(&left, &right), left.cmp(&right), "{length} bytes, {first}");
            }
        }
    }
}

#[test]
fn a_string_ends_at_its_first_nul() {
    for offset in 0..40 {
        for length in 0..70 {
            let mut bytes = vec![0; offset]; // what stands before it does not count
            bytes.extend((0..length).map(|index| if index % 2 == 0 { 0x01 } else { 0x80 }));
            bytes.extend([0, b'x', 0]);
            // SAFETY: there is a NUL.
            let measured = unsafe { architecture::strlen(bytes[offset..].as_ptr()) };
            assert_eq!(measured, length, "at {offset}");
        }
    }
}
