//! Names of files that may be archives: what is taken for a release's is named by it.
#![no_main]

use std::path::PathBuf;

use installer::downloads::Candidate;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|name: &str| {
    if let Some(candidate) = Candidate::by_name(PathBuf::from("/downloads").join(name)) {
        assert!(name.contains(candidate.name.as_str()) && !candidate.name.has_suffix());
    }
});
