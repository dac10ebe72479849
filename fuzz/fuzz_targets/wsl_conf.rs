//! wsl.conf: what is set in it is read back, and no byte changes but those of the value, or of new lines.
#![no_main]

use installer::wsl_conf::WslConf;
use installer::wsl_conf::document::Document;
use installer::wsl_conf::edit::{remove, set};
use libfuzzer_sys::fuzz_target;

const VALUE: &str = "mount --bind '/a \\b' \"/c\" # d";

fuzz_target!(|content: &[u8]| {
    let conf = WslConf::parse(content);
    let lines = 1 + content.iter().filter(|byte| **byte == b'\n').count();
    assert!(conf.warnings.iter().all(|it| (1..=lines).contains(&(it.line as usize))));
    let before = Document::parse(content);
    for name in ["boot.command", "interop.appendWindowsPath"] {
        let Ok(after) = set(content, name, VALUE, None) else { continue };
        let document = Document::parse(&after);
        assert_eq!(document.first(name).map(|entry| &*entry.value), Some(VALUE.as_bytes()));
        let (old, new) = (before.all(name).count(), document.all(name).count());
        assert_eq!(new, old.max(1));
        assert_eq!(document.entries.len() - new, before.entries.len() - old);
        let front = content.iter().zip(&after).take_while(|(old, new)| old == new).count();
        let back = content.iter().rev().zip(after.iter().rev());
        let back = back.take_while(|(old, new)| old == new).count();
        assert!(front + back >= content.len() || old > 0);
        assert_eq!(Document::parse(&remove(&after, name)).first(name), None);
    }
});
