//! The GOENV file: each setting is its line.
#![no_main]

use libfuzzer_sys::fuzz_target;
use resolver::go_env;

fuzz_target!(|content: &[u8]| {
    for setting in go_env::settings(content) {
        let line = content.split(|byte| *byte == b'\n').nth(setting.line as usize - 1);
        assert_eq!(line, Some(&[setting.name, b"=", setting.value].concat()[..]));
    }
});
