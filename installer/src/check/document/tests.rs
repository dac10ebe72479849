//! The three languages, and what is wrong in each.

use std::fmt::Write;

use super::*;

fn at(language: Language, content: &str, keys: &[&str]) -> Option<(usize, String)> {
    let root = parse(language, content).expect("a document");
    let node = root.at(keys)?;
    Some((node.line, node.text().unwrap_or("-").to_owned()))
}

#[test]
fn every_text_knows_its_line_and_is_as_written() {
    let yaml = "# x\na:\n  b: 1.20\n  c: ['1.21', \"1.22\"]\n  d: &v 1.23\n  e: *v\n";
    let toml = "# x\n[a]\nb = \"1.20\"\nc = [\n  \"1.21\",\n  \"1.22\" ]\n";
    let json =
        "// x\n{ \"a\": {\n  \"b\": \"1.20\", /* y */\n  \"c\": [ \"1.21\",\n  \"1.22\", ], } }\n";
    for (language, content) in
        [(Language::Yaml, yaml), (Language::Toml, toml), (Language::JsonWithComments, json)]
    {
        assert_eq!(at(language, content, &["a", "b"]), Some((3, "1.20".into())), "{language:?}");
        let root = parse(language, content).expect("a document");
        let list = root.at(&["a", "c"]).expect("a list");
        assert_eq!(list.items().filter_map(Node::text).collect::<Vec<_>>(), ["1.21", "1.22"]);
        assert_eq!(list.one_or_more().len(), 2);
        assert!(root.at(&["a", "x"]).is_none() && root.at(&["a", "b", "c"]).is_none());
    }
    assert_eq!(at(Language::Yaml, yaml, &["a", "e"]), Some((5, "1.23".into())), "where it stands");
    assert_eq!(at(Language::Toml, "a.b = 1.20", &["a", "b"]), Some((1, "1.20".into())));
}

#[test]
fn what_is_wrong_is_said_with_its_line() {
    for (language, content, line) in [
        (Language::Yaml, "a: 1\n b: 2\n", 2),
        (Language::Toml, "a = 1\nb =\n", 2),
        (Language::JsonWithComments, "{\n \"a\" 1 }", 2),
    ] {
        let error = parse(language, content).expect_err("no document");
        assert_eq!(error.line, Some(line), "{language:?}: {error:?}");
    }
    for language in [Language::Yaml, Language::Toml, Language::JsonWithComments] {
        let nothing = parse(language, "").expect("nothing");
        assert_eq!(nothing.entries().count() + nothing.items().count(), 0);
    }
}

#[test]
fn bombs_do_not_go_off() {
    let deep = |open: &str, close: &str| [open.repeat(50_000), close.repeat(50_000)].concat();
    parse(Language::Yaml, &deep("[", "]")).expect_err("too deep");
    parse(Language::JsonWithComments, &deep("[", "]")).expect_err("too deep");
    parse(Language::Toml, &format!("a = {}", deep("[", "]"))).expect_err("too deep");
    // Each the previous one twice: two to the power of 60, and 60 nodes.
    let mut laughs = "a0: &a0 [x]\n".to_owned();
    for level in 1..60 {
        let before = level - 1;
        writeln!(laughs, "a{level}: &a{level} [*a{before}, *a{before}]").expect("text");
    }
    assert_eq!(parse(Language::Yaml, &laughs).expect("sixty lists").entries().count(), 60);
    for level in 60..50_000 {
        writeln!(laughs, "a{level}: &a{level} [*a{0}]", level - 1).expect("text");
    }
    parse(Language::Yaml, &laughs).expect_err("too deep, by aliases");
}
