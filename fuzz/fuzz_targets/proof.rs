//! A proof that was kept: nobody but the key's owner can make one that holds, and what is parsed says itself again.
#![no_main]

use std::sync::LazyLock;

use installer::services::DEFAULT_GOSUMDB_KEY;
use installer::sumdb::note::Verifier;
use installer::sumdb::proof::Proof;
use libfuzzer_sys::fuzz_target;

static VERIFIER: LazyLock<Verifier> =
    LazyLock::new(|| Verifier::parse(DEFAULT_GOSUMDB_KEY).expect("a key"));

fuzz_target!(|content: &[u8]| {
    let Ok(proof) = Proof::parse(content) else { return };
    let again = proof.to_string();
    assert!(Proof::parse(again.as_bytes()).is_ok_and(|parsed| parsed.to_string() == again));
    // None among the seeds holds.
    assert!(proof.verify(&VERIFIER).is_err());
});
