use super::*;

/// (line, value) of the `go` line and of the `toolchain` line.
type Found<'a> = (Option<(u32, &'a str)>, Option<(u32, &'a str)>);

fn found(content: &[u8]) -> Found<'_> {
    fn pair(directive: Directive<'_>) -> (u32, &str) {
        let value = core::str::from_utf8(directive.value);
        (directive.line, value.expect("these tests look for text"))
    }
    let gomod = scan(content);
    (gomod.go.map(pair), gomod.toolchain.map(pair))
}

#[test]
fn the_lines_go_would_find() {
    let cases: &[(&str, Found<'static>)] = &[
        ("", (None, None)),
        ("module m\n\ngo 1.22\n", (Some((3, "1.22")), None)),
        ("go 1.22.3\ntoolchain go1.23.0", (Some((1, "1.22.3")), Some((2, "go1.23.0")))),
        ("toolchain default\ngo 1.21", (Some((2, "1.21")), Some((1, "default")))),
        ("module m\r\ngo 1.22\r\n", (Some((2, "1.22")), None)),
        ("\t go\t1.22 // why // what", (Some((1, "1.22")), None)),
        ("go 1.22//x", (Some((1, "1.22")), None)),
        ("go 1.22 / 3 /x", (Some((1, "1.22 / 3 /x")), None)),
        ("go 1.21\ngo 1.22", (Some((1, "1.21")), None)),
        // No syntax is known: neither blocks nor comments in front of them hide a line.
        ("require (\n go 1.22\n)", (Some((2, "1.22")), None)),
        ("// go 1.22", (None, None)),
        ("gopher 1.22\ngo\u{a0}1.22\ngo\x0b1.22\ngo1.22\ngo", (None, None)),
        ("\u{85}\u{3000}go  1.22\u{a0}\x0b", (Some((1, "1.22")), None)),
        // U+200B and the byte order mark are no white space to Go.
        ("\u{feff}go 1.22", (None, None)),
        ("go 1.22\u{200b}", (Some((1, "1.22\u{200b}")), None)),
        ("go \"1.22\"", (Some((1, "\"1.22\"")), None)),
    ];
    for (content, expected) in cases {
        assert_eq!(found(content.as_bytes()), *expected, "{content:?}");
    }
}

#[test]
fn a_line_without_value_hides_the_next() {
    assert_eq!(found(b"go // none\ngo 1.22\ntoolchain go1.23.1"), (None, Some((3, "go1.23.1"))));
    assert_eq!(found(b"go \ngo 1.22"), (Some((2, "1.22")), None), "trimmed, `go` alone is no key");
}

#[test]
fn bytes_that_are_no_text_are_kept() {
    let gomod = scan(b"\xff\ngo \xa0\x85 \n");
    let directive = gomod.go.expect("lone continuation bytes are no white space");
    assert_eq!((directive.line, directive.value), (2, &b"\xa0\x85"[..]));
    assert_eq!(directive.text, b"go \xa0\x85");
}
