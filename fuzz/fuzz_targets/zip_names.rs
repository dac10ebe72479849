//! The central directory of a module zip: what is accepted lies apart in the archive and below one directory.
#![no_main]

use std::collections::HashSet;
use std::path::{Component, Path};

use installer::unpack::zip::{Directory, DirectoryPlace, header_size};
use libfuzzer_sys::fuzz_target;

const PREFIX: &str = "m@v/";

fuzz_target!(|content: &[u8]| {
    let Ok(place) = DirectoryPlace::find(content, content.len() as u64) else { return };
    let bytes = &content[place.offset as usize..place.end as usize];
    let Ok(directory) = Directory::parse(bytes, place, PREFIX) else { return };
    let (mut end, mut taken) = (0, HashSet::new());
    for entry in &directory.entries {
        assert!(entry.start >= end && entry.end <= place.offset);
        end = entry.end;
        let path = Path::new(entry.name.directory()).join(entry.name.file());
        assert!(path.components().all(|part| matches!(part, Component::Normal(_))));
        assert!(
            directory.directories.iter().any(|other| other == entry.name.directory())
                || entry.name.directory().is_empty()
        );
        assert!(taken.insert(path.to_string_lossy().to_lowercase()));
        assert!(entry.name.as_str().starts_with(PREFIX));
        if let Ok(size) = header_size(&content[entry.start as usize..], entry) {
            assert!(entry.start + size + entry.compressed <= entry.end);
        }
    }
});
