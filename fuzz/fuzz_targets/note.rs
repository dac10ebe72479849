//! Signed notes and records of a checksum database: nobody but the key's owner can make a note that opens.
#![no_main]

use std::sync::LazyLock;

use installer::services::DEFAULT_GOSUMDB_KEY;
use installer::sumdb::note::{self, Verifier};
use installer::sumdb::tree::{Head, Record};
use libfuzzer_sys::fuzz_target;

static VERIFIER: LazyLock<Verifier> =
    LazyLock::new(|| Verifier::parse(DEFAULT_GOSUMDB_KEY).expect("a key"));

fuzz_target!(|content: &[u8]| {
    let rest = Record::parse(content).map_or(content, |record| {
        assert!(record.text.ends_with('\n') && !record.text.contains("\n\n"));
        record.rest
    });
    if let Ok(text) = note::open(rest, &VERIFIER) {
        // Only the published heads among the seeds are signed.
        let head = Head::parse(text).expect("a head");
        assert!([28_905_453, 66_332_798].contains(&head.size));
    }
    if let Ok(text) = std::str::from_utf8(content) {
        let _ = Head::parse(text);
        if let Ok(verifier) = Verifier::parse(text) {
            // Go takes capital digits too.
            let begins = format!("{}+{}+", verifier.name(), verifier.hash());
            assert!(text[..begins.len()].eq_ignore_ascii_case(&begins));
        }
    }
});
