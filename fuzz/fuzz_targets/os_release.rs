//! os-release: never empty where os-release(5) gives a default.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|content: &[u8]| {
    let release = resolver::os_release::parse(content);
    assert!(!release.id.is_empty());
    assert!(release.version_id.is_none_or(|version| !version.is_empty()));
    assert!(release.id_like().all(|word| !word.is_empty()));
});
