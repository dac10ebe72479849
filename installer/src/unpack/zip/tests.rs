use proptest::prelude::*;

use super::*;

const PREFIX: &str = "m@v/";

fn judge(file: &[u8]) -> Result<Directory, ZipError> {
    let place = DirectoryPlace::find(file, file.len() as u64)?;
    Directory::parse(&file[place.offset as usize..place.end as usize], place, PREFIX)
}

proptest! {
    #[test]
    fn what_is_accepted_lies_apart_and_in_the_file(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        // An end record that leads to a directory of these bytes.
        let mut file = bytes.clone();
        file.extend_from_slice(&END_SIGNATURE);
        file.extend_from_slice(&[0, 0, 0, 0, 1, 0, 1, 0]);
        file.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
        file.extend_from_slice(&[0; 6]);
        let mut directory = ENTRY_SIGNATURE.to_vec();
        directory.extend_from_slice(&bytes);
        for file in [bytes, file, directory] {
            if let Ok(directory) = judge(&file) {
                let mut end = 0;
                for entry in &directory.entries {
                    prop_assert!(entry.start >= end && entry.end > entry.start);
                    end = entry.end;
                }
                prop_assert!(end <= file.len() as u64);
            }
        }
    }
}

#[test]
fn a_file_too_short_for_an_end_record() {
    for length in 0..END_SIZE {
        assert!(judge(&vec![b'P'; length]).is_err());
    }
    // An empty zip is well formed, and no toolchain.
    let mut empty = END_SIGNATURE.to_vec();
    empty.resize(END_SIZE, 0);
    assert!(judge(&empty).expect("well formed").entries.is_empty());
}
