//! go.mod and go.work: what is found stands on the line that is named.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|content: &[u8]| {
    let found = resolver::gomod::scan(content);
    for directive in [found.go, found.toolchain].into_iter().flatten() {
        let line = content.split(|byte| *byte == b'\n').nth(directive.line as usize - 1);
        let line = line.expect("the line exists");
        assert!(line.windows(directive.text.len()).any(|part| part == directive.text));
        assert!(!directive.value.is_empty());
        assert!(!directive.value.windows(2).any(|pair| pair == b"//"));
    }
});
