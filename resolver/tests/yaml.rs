//! What the strict grammar accepts means the same to a YAML parser, and its places are right.

#[path = "yaml/reference.rs"]
mod reference;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::FileFailurePersistence;
use reference::agree;
use std::fmt::Write as _;

/// Anything that might have a meaning, in any order.
fn soup() -> impl Strategy<Value = String> {
    let tokens = vec![
        "a", "b", "go", "1.20", "ä", "~", "<<", "null", "=", ":", ": ", ":\n", ":\n  ", " ", " ",
        "  ", "\n", "\n", "\n  ", "\n ", "\r\n", "\r", "\t", "#", " #", "'", "'", "\"", "\"", "\\",
        "-", "- ", "---", "---\n", "--- ", "...", "\n...\n", "{", "}", "[", "]", "&", "*", "!",
        "|", ">", "%", "@", "`", "?", "? ", ",", ".", "/", "\u{feff}", "\u{85}", "\u{a0}",
        "\u{2028}", "\u{7f}", "\u{0}",
    ];
    vec(select(tokens), 0..16).prop_map(|tokens| tokens.concat())
}

/// Lines that are mostly right: what people write, with one thing wrong here and there.
fn lines() -> impl Strategy<Value = String> {
    let indent = select(vec!["", "", "", "  ", "  ", "  ", " ", "    ", "\t"]);
    let scalar = prop_oneof![
        4 => select(vec![
            "a", "b", "c", "d", "e", "go", "1.20", "1.2e3", "0x1F", "no", "~", "null", "a b", "http://a:1/b#c",
            "it's", "a\"b", "a,b", "a[0]", "a{b}", "<<", "=", ".5", "+1", "ä", "\u{a0}", "a\\n", "x-y",
        ]).prop_map(String::from),
        2 => "[a-d #:'\\\\&*!|>%@`{},\\[\\]?-]{0,6}",
        2 => "'[a-d #:\"\\\\&*!|>%@`{},\\[\\]?-]{0,6}'",
        2 => "\"[a-d #:'&*!|>%@`{},\\[\\]?-]{0,6}\"",
        1 => select(vec!["&a b", "*a", "!t a", "!", "|", ">-", "{a: b}", "[a]", "- a", "? a", "@a", "`a`", "%a", "",
            "''''", "\"\\x41\"", "'a''b'", "\"\\\"\"", "'a' b", "\"a\"#b", "'a'  # b"]).prop_map(String::from),
    ];
    let colon = select(vec![": ", ": ", ": ", ":", " : ", ":  ", ""]);
    let comment = select(vec!["", "", "", "", " # c", "  #", "#", " ", " #: 'x"]);
    let end = select(vec![
        "\n",
        "\n",
        "\n",
        "\r\n",
        "\n\n",
        "\n# c\n",
        "\n   # c\n",
        "\n---\n",
        "\n...\n",
    ]);
    let entry = (
        indent,
        scalar.clone(),
        colon,
        prop_oneof![3 => scalar, 1 => Just(String::new())],
        comment,
        end,
    );
    let start = select(vec![
        "",
        "",
        "",
        "\u{feff}",
        "---\n",
        "# c\n",
        "\u{feff}--- # c\r\n",
        "%YAML 1.2\n---\n",
    ]);
    (start, vec(entry, 0..5)).prop_map(|(start, entries)| {
        let mut content = String::from(start);
        for (indent, key, colon, value, comment, end) in entries {
            let _ = write!(content, "{indent}{key}{colon}{value}{comment}{end}");
        }
        content
    })
}

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

proptest! {
    #![proptest_config(cases(20_000))]

    #[test]
    fn soup_means_the_same(content in soup()) {
        agree(&content);
    }

    #[test]
    fn lines_mean_the_same(content in lines()) {
        agree(&content);
    }
}

proptest! {
    #![proptest_config(cases(2000))]

    /// What is in the grammar is accepted: two levels, each way to write a scalar, comments and line ends.
    #[test]
    fn what_is_in_the_grammar_is_accepted(
        start in select(vec!["", "\u{feff}", "---\r\n", "# c\n\n--- # c\n"]),
        keys in proptest::collection::btree_map("[a-z]{1,3}", vec("[a-z]{1,3}", 0..3), 0..4),
        quote in select(vec!["", "'", "\""]),
        comment in select(vec!["", "  ", " # it's: \"here\""]),
        end in select(vec!["\n", "\r\n", "\n\n"]),
        indent in select(vec![" ", "  ", "      "]),
    ) {
        let mut content = String::from(start);
        for (key, mut below) in keys {
            below.sort();
            below.dedup();
            let _ = write!(content, "{quote}{key}{quote}:");
            if let [only] = &below[..] {
                let _ = write!(content, " {quote}{only}{quote}");
            }
            let _ = write!(content, "{comment}{end}");
            if let [_, _, ..] = &below[..] {
                for name in below {
                    let _ = write!(content, "{indent}{name}: {quote}1.20{quote}{comment}{end}");
                }
            }
        }
        prop_assert!(agree(&content), "{:?}: {:?}", content, resolver::yaml::parse(content.as_bytes()));
    }
}
