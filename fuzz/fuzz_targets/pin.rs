//! The three pin files: a pin asks for something, on a line that exists, and an error has a place there too.
#![no_main]

use libfuzzer_sys::fuzz_target;
use resolver::path;
use resolver::pin::{self, DistroNames, Form};

fuzz_target!(|content: &[u8]| {
    let distro =
        DistroNames { id: "alpine", key: "alpine-3.23", id_and_version: Some("alpine-3.23.2") };
    let lines = content.split(|byte| *byte == b'\n').count();
    for form in Form::ALL {
        match pin::parse(form, path::concat(&[content]), &distro) {
            Ok(Some(pin)) => {
                assert!(!pin.choices.is_empty() && !pin.request.is_empty());
                assert!((1..=lines).contains(&(pin.line as usize)));
                assert!(!pin.text.contains('\n'));
            }
            Ok(None) => {}
            Err(error) => {
                assert!(error.line as usize <= lines);
                assert!(!error.message().contains(|character: char| character.is_control()));
                assert!(error.column != Some(0));
            }
        }
    }
});
