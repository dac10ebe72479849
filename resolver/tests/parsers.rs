//! Properties of the parsers: none panics, whatever the bytes, and two agree with a plain reading of their rules.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;
use resolver::pin::{DistroNames, Form};
use resolver::{config, elf, go_env, gomod, mounts, os_release, path, pin, version, yaml};

const DISTRO: DistroNames<'_> =
    DistroNames { id: "alpine", key: "alpine-3.23", id_and_version: Some("alpine-3.23.2") };

/// So many cases, unless `PROPTEST_CASES` asks for another number; what fails is kept beside this file.
fn cases(count: u32) -> ProptestConfig {
    let default = ProptestConfig::default();
    let is_set = std::env::var_os("PROPTEST_CASES").is_some();
    ProptestConfig {
        cases: if is_set { default.cases } else { count },
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..default
    }
}

/// Bytes that are mostly made of words the formats know.
fn content() -> impl Strategy<Value = Vec<u8>> {
    let words: Vec<&'static [u8]> = vec![
        b"\ngo 1.22",
        b"\ntoolchain go1.22.3",
        b"\nGOROOT=a",
        b"go",
        b"toolchain",
        b"golang",
        b"1.22",
        b"1.22.3",
        b"v",
        b"x",
        b"system",
        b"format",
        b"distros",
        b"alpine",
        b"cache-dir",
        b"sources",
        b"ID=",
        b"VERSION_ID=",
        b"ID_LIKE=",
        b"GOROOT=",
        b"GO",
        b"=",
        b":",
        b": ",
        b" ",
        b" ",
        b"  ",
        b"\t",
        b"\n",
        b"\n",
        b"\r\n",
        b"\r",
        b"\n  ",
        b"#",
        b"//",
        b"/",
        b"'",
        b"\"",
        b"\\",
        b"\\040",
        b"-",
        b" - ",
        b"---\n",
        b"{",
        b"[",
        b"&",
        b"*",
        b"!",
        b"|",
        b"%",
        b"\xef\xbb\xbf",
        b"\xc2\x85",
        b"\xc2\xa0",
        b"\xe2\x80\xa8",
        b"\xff",
        b"\0",
        b"9p",
        b"aname=drvfs",
        b"\x7fELF\x02\x01",
        b"\x03\0\0\0",
        b"\x38\0",
        b"\0\0\0\0\0\0\0\0",
    ];
    let word = prop_oneof![
        9 => proptest::sample::select(words).prop_map(<[u8]>::to_vec),
        1 => vec(any::<u8>(), 0..4),
    ];
    vec(word, 0..40).prop_map(|words| words.concat())
}

/// What `GoModLookup` does, written again over Rust's own text functions; the line is counted from 1.
fn lookup(content: &str, key: &str) -> Option<(u32, String)> {
    for (line, number) in content.split('\n').zip(1..) {
        let Some(rest) = line.trim().strip_prefix(key) else { continue };
        if rest.starts_with([' ', '\t']) {
            let value = rest.split("//").next().unwrap_or_default().trim();
            return (!value.is_empty()).then(|| (number, value.to_string()));
        }
    }
    None
}

proptest! {
    #![proptest_config(cases(3000))]

    #[test]
    fn no_content_makes_a_parser_panic(content in content()) {
        let _ = yaml::parse(&content);
        let _ = config::parse(path::concat(&[&content]));
        for form in Form::ALL {
            if let Ok(Some(pin)) = pin::parse(form, path::concat(&[&content]), &DISTRO) {
                prop_assert!(!pin.choices.is_empty());
                prop_assert!(pin.line >= 1);
                prop_assert!(!pin.request.is_empty());
            }
        }
        let _ = gomod::scan(&content);
        let _ = os_release::parse(&content);
        let _ = go_env::settings(&content).count();
        let _ = elf::parse(&content);
        for mount in mounts::parse(&content) {
            let _ = mount.is_windows_drive();
        }
        let _ = mounts::WindowsDrives::new(path::concat(&[&content])).contains(&content);
        let text = String::from_utf8_lossy(&content);
        let _ = version::Request::parse(&text);
        let _ = version::ToolchainName::parse(&text);
    }

    /// A program header table anywhere, with sizes and offsets that lead anywhere.
    #[test]
    fn no_header_makes_elf_panic(
        mut head in vec(any::<u8>(), 64..256),
        offset in prop_oneof![0u64..256, any::<u64>()],
        count in any::<u16>(),
        kind in prop_oneof![Just(3u32), any::<u32>()],
        place in prop_oneof![0u64..256, any::<u64>()],
        size in prop_oneof![0u64..256, any::<u64>()],
    ) {
        head[..6].copy_from_slice(b"\x7fELF\x02\x01");
        head[32..40].copy_from_slice(&offset.to_le_bytes());
        head[54..56].copy_from_slice(&56u16.to_le_bytes());
        head[56..58].copy_from_slice(&count.to_le_bytes());
        let header = usize::try_from(offset).unwrap_or(usize::MAX);
        if let Some(header) = head.get_mut(header..).and_then(|rest| rest.get_mut(..56)) {
            header[..4].copy_from_slice(&kind.to_le_bytes());
            header[8..16].copy_from_slice(&place.to_le_bytes());
            header[32..40].copy_from_slice(&size.to_le_bytes());
        }
        if let Ok(elf) = elf::parse(&head) {
            prop_assert!(elf.interpreter.is_none_or(|path| !path.contains(&0)));
        }
    }

    #[test]
    fn go_mod_lines_are_those_of_the_plain_reading(content in content()) {
        let content = String::from_utf8_lossy(&content);
        let found = gomod::scan(content.as_bytes());
        for (found, key) in [(found.go, "go"), (found.toolchain, "toolchain")] {
            let found = found.map(|it| (it.line, String::from_utf8_lossy(it.value).into_owned()));
            prop_assert_eq!(found, lookup(&content, key));
        }
    }

    #[test]
    fn the_last_setting_of_a_name_counts(content in content(), name in "GOROOT|GO|GOGOROOT") {
        let prefix = format!("{name}=");
        let expected = content
            .split(|byte| *byte == b'\n')
            .filter_map(|line| line.strip_prefix(prefix.as_bytes()))
            .next_back();
        prop_assert_eq!(go_env::lookup(&content, &name).map(|setting| setting.value), expected);
    }
}
