use super::*;
use alloc::format;
use std::vec;

/// A document as a person would write it down: keys and values, a map as pairs.
#[derive(Debug, PartialEq, Eq)]
enum Plain {
    Text(&'static str),
    Map(Vec<(&'static str, &'static str)>),
    Empty,
}
use Plain::{Empty, Map, Text};

fn plain(content: &'static str) -> Vec<(&'static str, Plain)> {
    let entries =
        parse(content.as_bytes()).unwrap_or_else(|error| panic!("{content:?}: {error:?}"));
    let mut document = vec![];
    for entry in entries {
        let (key, value) = (entry.key.text, entry.value.map(|value| value.text));
        match (entry.parent, value) {
            (None, Some(value)) => document.push((key, Text(value))),
            (None, None) if entry.is_map => document.push((key, Map(vec![]))),
            (None, None) => document.push((key, Empty)),
            (Some(parent), value) => match document.last_mut() {
                Some((above, Map(map))) if *above == parent => {
                    map.push((key, value.expect("a value")));
                }
                other => panic!("{key} of {parent} is below {other:?}"),
            },
        }
    }
    document
}

#[test]
fn what_is_accepted() {
    let cases: Vec<(&'static str, Vec<(&'static str, Plain)>)> = vec![
        ("", vec![]),
        ("\u{feff}", vec![]),
        ("# nothing\n\n   # at all\n   \n", vec![]),
        ("---", vec![]),
        ("go: 1.20", vec![("go", Text("1.20"))]),
        ("\u{feff}---\r\ngo: \"1.20\"\r\n", vec![("go", Text("1.20"))]),
        ("# c\n\n--- # c\ngo: '1.20' # c\n", vec![("go", Text("1.20"))]),
        ("go:   1.20   # c", vec![("go", Text("1.20"))]),
        ("go : 1.20", vec![("go", Text("1.20"))]),
        ("\"go\": a\n'x-y' : \"\"", vec![("go", Text("a")), ("x-y", Text(""))]),
        ("a:\nb: # c\nc:   \n", vec![("a", Empty), ("b", Empty), ("c", Empty)]),
        (
            "a: no\nb: ~\nc: 0x10\nd: null",
            vec![("a", Text("no")), ("b", Text("~")), ("c", Text("0x10")), ("d", Text("null"))],
        ),
        (
            "a: http://b:1/c#d,e\nb: it's \"so\"",
            vec![("a", Text("http://b:1/c#d,e")), ("b", Text("it's \"so\""))],
        ),
        (
            "a: \"b # c: 'd'\"\nb: 'c \\ \"d\"'",
            vec![("a", Text("b # c: 'd'")), ("b", Text("c \\ \"d\""))],
        ),
        ("a b: c  d", vec![("a b", Text("c  d"))]),
        ("a:b: c", vec![("a:b", Text("c"))]),
        ("größe: ñ", vec![("größe", Text("ñ"))]),
        (
            "d:\n  a: 1\n\n# c\n   # c\n  b: '2'\ngo: 3",
            vec![("d", Map(vec![("a", "1"), ("b", "2")])), ("go", Text("3"))],
        ),
        (
            "d: # c\n a: 1\ne:\n     a: 1",
            vec![("d", Map(vec![("a", "1")])), ("e", Map(vec![("a", "1")]))],
        ),
    ];
    for (content, expected) in cases {
        assert_eq!(plain(content), expected, "{content:?}");
    }
}

#[test]
fn what_is_refused_and_where() {
    let sequence = "a sequence: one value is written after its key";
    let flow = "a flow collection: keys go on lines of their own";
    let block = "a block scalar: a value is one line";
    let first = "a character that cannot come first: put the text in quotes";
    let escape = "an escape: use the other kind of quotes";
    let tab = "a tab: use spaces";
    let cases = [
        ("\tgo: 1", 1, 1, tab),
        ("go:\t1", 1, 4, tab),
        ("go: 1 #\t", 1, 8, tab),
        ("a: 1\nb: 2\na: 3", 3, 1, "is there twice"),
        ("a: 1\n'a': 3", 2, 1, "is there twice"),
        ("d:\n  a: 1\n  b: 1\n  \"a\": 2", 4, 3, "is there twice"),
        ("a: &b c", 1, 4, "an anchor"),
        ("a: *b", 1, 4, "an alias"),
        ("a: !!str b", 1, 4, "a tag"),
        ("!t a: b", 1, 1, "a tag"),
        ("&a b: c", 1, 1, "an anchor"),
        ("{a: b}", 1, 1, flow),
        ("ä: {a: b}", 1, 4, flow),
        ("a: [b]", 1, 4, flow),
        ("a: ]", 1, 4, flow),
        ("a: , b", 1, 4, flow),
        ("a: |\n  b", 1, 4, block),
        ("a: >-\n  b", 1, 4, block),
        ("- a", 1, 1, sequence),
        ("a:\n- b", 2, 1, sequence),
        ("a:\n  - b", 2, 3, sequence),
        ("a: -", 1, 4, sequence),
        ("a: -b", 1, 4, first),
        ("a: @b", 1, 4, first),
        ("a: `b`", 1, 4, first),
        ("a: %b", 1, 4, first),
        ("a: ?b", 1, 4, first),
        (":a: b", 1, 1, first),
        ("? a\n: b", 1, 1, "a complex key"),
        ("%YAML 1.2\n---\n", 1, 1, "a directive"),
        ("<<: a", 1, 1, "a merge key"),
        ("a: 1\n---\nb: 1", 2, 1, "a second document"),
        ("---\n---", 2, 1, "a second document"),
        ("--- a: b", 1, 5, "the document begins on the line after `---`"),
        ("a: 1\n...\n", 2, 1, "a document end"),
        ("---a: b", 1, 1, first),
        (" a: 1", 1, 2, TOO_DEEP),
        ("a: 1\n  b", 2, 3, TOO_DEEP),
        ("a: 1\n  b: 2", 2, 3, TOO_DEEP),
        ("a:\n  b: 1\n    c: 2", 3, 5, TOO_DEEP),
        ("a:\n  b:\n    c: 2", 2, 3, "a key without a value on its line"),
        ("a:\n  b: # c", 2, 3, "a key without a value on its line"),
        ("a:\n  b: 1\n c: 2", 3, 2, "indentation that matches no line above"),
        ("a", 1, 1, "expected `key: value`"),
        ("a:b", 1, 1, "expected `key: value`"),
        ("a #: b", 1, 1, "expected `key: value`"),
        ("a:\n  b", 2, 3, "expected `key: value`"),
        ("\"a\"", 1, 4, "expected `key: value`"),
        ("'a':b", 1, 4, "expected `key: value`"),
        ("a: b: c", 1, 5, "a colon in a value: put the value in quotes"),
        ("a: b:", 1, 5, "a colon in a value: put the value in quotes"),
        ("a: \"\\n\"", 1, 5, escape),
        ("a: 'it''s'", 1, 7, escape),
        ("a: ''''", 1, 5, escape),
        ("\"a\\\"\": b", 1, 3, escape),
        ("a: 'b", 1, 4, "a quote that is not closed on its line"),
        ("a: \"b\n  c\"", 1, 4, "a quote that is not closed on its line"),
        ("a: 'b' c", 1, 8, "text after the closing quote"),
        ("a: 'b'#c", 1, 7, "text after the closing quote"),
        ("a: 'b'\"c\"", 1, 7, "text after the closing quote"),
        ("a: 1\rb: 2", 1, 5, "a carriage return inside a line"),
        ("a: \0", 1, 4, "a control character"),
        ("# ä\x1b", 1, 4, "a control character"),
        ("a: \x7f", 1, 4, "a control character"),
        ("a: b\u{85}c", 1, 5, "a control character"),
        ("a: b\u{2028}c", 1, 5, "a character YAML forbids"),
        ("a: \u{feff}", 1, 4, "a byte order mark inside the text"),
    ];
    for (content, line, column, message) in cases {
        let error = parse(content.as_bytes()).expect_err(content);
        assert_eq!(
            (error.line, error.column, error.message),
            (line, column, message),
            "{content:?}"
        );
    }
    let long = format!("{}: b", "a".repeat(KEY_LIMIT + 1));
    assert_eq!(parse(long.as_bytes()).map_err(|error| error.message), Err("a key this long"));
}

#[test]
fn bytes_that_are_no_text() {
    for (content, line, column) in [(&b"a: \xff"[..], 1, 4), (b"a: 1\n\xc3\xa4 \x80", 2, 3)] {
        let expected = Error { line, column, subject: None, message: "not UTF-8 text" };
        assert_eq!(parse(content), Err(expected), "{}", content.escape_ascii());
    }
}

#[test]
fn places_for_editing() {
    let content = "\u{feff}ä: 'ö' # c\r\nd:\r\n  'x' : \"1.2\"\r\n";
    let entries = parse(content.as_bytes()).expect("it is well-formed");
    let at = |scalar: &Scalar<'_>| {
        (scalar.line, scalar.column, &content[scalar.range.clone()] == scalar_source(scalar))
    };
    let [first, map, second] = &entries[..] else { panic!("{entries:?}") };
    let value = |entry: &Entry<'static>| entry.value.clone().expect("a value");
    for (scalar, place, written) in [
        (first.key.clone(), (1, 1, true), "ä"),
        (value(first), (1, 4, true), "'ö'"),
        (map.key.clone(), (2, 1, true), "d"),
        (second.key.clone(), (3, 3, true), "'x'"),
        (value(second), (3, 9, true), "\"1.2\""),
    ] {
        assert_eq!((at(&scalar), &content[scalar.range.clone()]), (place, written));
    }
    assert_eq!(value(first).source, "ä: 'ö' # c");
}

/// The scalar again, by line and column: they must agree with the range.
fn scalar_source<'a>(scalar: &Scalar<'a>) -> &'a str {
    let before = scalar.source.char_indices().nth(scalar.column as usize - 1);
    let (start, _) = before.expect("the column is in the line");
    &scalar.source[start..start + scalar.range.len()]
}

#[test]
fn a_value_is_found_in_what_is_no_document_of_ours() {
    for (content, expected) in [
        ("go: [1]\nformat: 2 # c\n", Some("2")),
        ("'format': \"3\"\n\t", Some("3")),
        ("%YAML 1.2\n--- &a\nx: |\n  format: 9\nformat: 2", Some("2")),
        ("format:\n\t", None),
        ("#format: 2\n x\n  format: 2", None),
    ] {
        let found = find_value(content, "format");
        assert_eq!(found.map(|scalar| scalar.text), expected, "{content:?}");
    }
}
