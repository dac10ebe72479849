use super::*;
use crate::failure::Code;
use crate::path::concat;
use crate::version::Request;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use std::vec;

const ALPINE: DistroNames<'_> =
    DistroNames { id: "alpine", key: "alpine-3.23", id_and_version: Some("alpine-3.23.2") };

/// Choices separated by blanks, as [`Pin::request`] would be written in full.
fn choices(pin: &Pin) -> String {
    let words = pin.choices.iter().map(|choice| match choice {
        Choice::System => String::from("system"),
        Choice::Request(Request::Line(line)) => format!("{line}.x"),
        Choice::Request(Request::Exact(name)) => name.to_string(),
        Choice::Request(Request::Named(name)) => format!("name:{name}"),
    });
    words.collect::<Vec<_>>().join(" ")
}

/// What a file asks for: choices, line, text, as written.
fn read(form: Form, content: &str) -> Option<(String, u32, &'static str, &'static str)> {
    let pin = parse(form, concat(&[content.as_bytes()]), &ALPINE);
    let pin = pin.unwrap_or_else(|error| panic!("{form:?} {content:?}: {error:?}"));
    pin.map(|pin| (choices(&pin), pin.line, pin.text, pin.request))
}

/// A file, and what [`read`] says of it.
type Case<'a> = (&'a str, Option<(&'a str, u32, &'a str, &'a str)>);

fn check(form: Form, cases: &[Case<'_>]) {
    for (content, expected) in cases {
        let found = read(form, content);
        let found = found.as_ref().map(|(a, line, b, c)| (a.as_str(), *line, *b, *c));
        assert_eq!(found, *expected, "{form:?} {content:?}");
    }
}

/// Checks line, column, message and hint of errors.
fn refused(form: Form, cases: &[(&str, u32, u32, &str, Option<&str>)]) {
    for (content, line, column, message, hint) in cases {
        let error = parse(form, concat(&[content.as_bytes()]), &ALPINE).expect_err(content);
        let (found_message, found_hint) = (error.message(), error.hint());
        let found = (error.line, error.column, &*found_message, found_hint.as_deref());
        assert_eq!(found, (*line, Some(*column), *message, *hint), "{form:?} {content:?}");
        assert_eq!(error.code, Code::BadPin, "{form:?} {content:?}");
    }
}

const VERSION: Option<&str> = Some("write a version such as 1.22 or 1.22.3");
const ADOPT: Option<&str> = Some("run gowr adopt DIR --name NAME, then write NAME");

#[test]
fn gowr_yaml() {
    check(
        Form::GowrYaml,
        &[
            ("go: \"1.22\"\n", Some(("1.22.x", 1, "go: \"1.22\"", "1.22"))),
            ("format: 1\r\ngo: 1.20 # c\r\n", Some(("1.20.x", 2, "go: 1.20 # c", "1.20"))),
            ("go: go1.22.3", Some(("go1.22.3", 1, "go: go1.22.3", "go1.22.3"))),
            ("go: 1.23rc1", Some(("go1.23rc1", 1, "go: 1.23rc1", "1.23rc1"))),
            ("go: 1.20.0", Some(("go1.20", 1, "go: 1.20.0", "1.20.0"))),
            ("go: system", Some(("system", 1, "go: system", "system"))),
            ("go: work", Some(("name:work", 1, "go: work", "work"))),
            ("", None),
            ("format: 1", None),
            ("distros:\n#  alpine: 1.21\n", None),
            ("distros:\n  debian: 1.21", None),
            ("x-a: b\nx-b:\n  c: d\ngo: '1.22'", Some(("1.22.x", 4, "go: '1.22'", "1.22"))),
        ],
    );
}

#[test]
fn the_longest_name_of_a_distro_wins() {
    let entry = |names: &[&str]| {
        let entries = names.iter().zip(30..).map(|(name, minor)| format!("\n  {name}: 1.{minor}"));
        let content = ["go: 1.1\ndistros:", &entries.collect::<String>()].concat();
        read(Form::GowrYaml, &content).map(|(choices, ..)| choices)
    };
    let wins = |names: &[&str], expected: &str| {
        assert_eq!(entry(names).as_deref(), Some(expected), "{names:?}");
    };
    wins(&["debian", "alpine-3.22", "alpine-3", "alpine-"], "1.1.x");
    wins(&["debian", "alpine"], "1.31.x");
    wins(&["Alpine"], "1.30.x");
    wins(&["alpine", "alpine-3.23"], "1.31.x");
    wins(&["alpine-3.23", "alpine"], "1.30.x");
    wins(&["alpine-3.23", "alpine-3.23.2", "alpine"], "1.31.x");
}

#[test]
fn gowr_yaml_refused() {
    let keys = Some("the keys are distros, format, go");
    refused(
        Form::GowrYaml,
        &[
            ("go:\t1.22", 1, 4, "a tab: use spaces", None),
            ("go: 1.22\ngo: 1.23", 2, 1, "`go` is there twice", None),
            ("go: [1.22]", 1, 5, "a flow collection: keys go on lines of their own", None),
            ("gp: 1.22", 1, 1, "`gp` is not a key of this file", Some("did you mean `go`?")),
            ("Go: 1.22", 1, 1, "`Go` is not a key of this file", Some("did you mean `go`?")),
            (
                "go: 1.22\ndistro:\n  a: 1.1",
                2,
                1,
                "`distro` is not a key of this file",
                Some("did you mean `distros`?"),
            ),
            ("toolchain: 1.22", 1, 1, "`toolchain` is not a key of this file", keys),
            ("\"\": 1.22", 1, 1, "`` is not a key of this file", keys),
            ("go:", 1, 1, "`go` has no value", None),
            ("go:\n  a: 1.2", 1, 1, "`go` has keys below it where one value belongs", None),
            ("distros: 1.22", 1, 1, "`distros` has a value where keys below it belong", None),
            (
                "distros:\n  void: 1.22\n  debian: 1,2",
                3,
                11,
                "`1,2` is neither a version nor a name",
                VERSION,
            ),
            ("go: v1.22", 1, 5, "`v1.22` is neither a version nor a name", Some("write 1.22")),
            ("go: 1.22.*", 1, 5, "`1.22.*` is neither a version nor a name", Some("write 1.22")),
            ("go: latest", 1, 5, "`latest` is neither a version nor a name", VERSION),
            ("go: ''", 1, 5, "`` is neither a version nor a name", VERSION),
            ("go: 1.22 1.23", 1, 5, "`1.22 1.23` is neither a version nor a name", VERSION),
            ("go: /usr/local/go", 1, 5, "`/usr/local/go` is neither a version nor a name", ADOPT),
            ("go: ../go", 1, 5, "`../go` is neither a version nor a name", ADOPT),
            ("go: ..", 1, 5, "`..` is neither a version nor a name", ADOPT),
            ("format:", 1, 1, "`format` has no value", None),
            ("format: 0", 1, 9, "`0` is not a format", Some("write format: 1")),
            ("format: 1.0", 1, 9, "`1.0` is not a format", Some("write format: 1")),
            ("format: 01", 1, 9, "`01` is not a format", Some("write format: 1")),
        ],
    );
}

#[test]
fn format_is_judged_first() {
    for (content, line, column) in [
        ("format: 2", 1, 9),
        ("format: 99999999999999999999", 1, 9),
        ("new-key: 1\nformat: \"10\"\ngo: latest", 2, 9),
        ("go: [1.22, 1.23]\nformat: 2", 2, 9),
        ("format: 2\ngo:\t|\n", 1, 9),
    ] {
        let error = parse(Form::GowrYaml, content.as_bytes(), &ALPINE).expect_err(content);
        assert_eq!((error.code, error.line, error.column), (Code::NewerFormat, line, Some(column)));
        assert_eq!((error.message, error.hint()), ("made for a newer gowr", None), "{content:?}");
    }
}

#[test]
fn go_version() {
    check(
        Form::GoVersion,
        &[
            ("1.22.3\n", Some(("go1.22.3", 1, "1.22.3", "1.22.3"))),
            ("go1.22\r\n", Some(("1.22.x", 1, "go1.22", "go1.22"))),
            ("\u{feff}# c\n\n  v1.22 # c", Some(("1.22.x", 3, "v1.22 # c", "v1.22"))),
            ("1.22.x", Some(("1.22.x", 1, "1.22.x", "1.22.x"))),
            ("go-1.22.3", Some(("go1.22.3", 1, "go-1.22.3", "go-1.22.3"))),
            ("1.24.0-rc.1", Some(("go1.24rc1", 1, "1.24.0-rc.1", "1.24.0-rc.1"))),
            ("v1.24.0-beta.2", Some(("go1.24beta2", 1, "v1.24.0-beta.2", "v1.24.0-beta.2"))),
            ("1.24rc1", Some(("go1.24rc1", 1, "1.24rc1", "1.24rc1"))),
            ("1.22.3-custom", Some(("go1.22.3-custom", 1, "1.22.3-custom", "1.22.3-custom"))),
            ("system", Some(("system", 1, "system", "system"))),
            (
                "1.22\t1.21.3 system",
                Some(("1.22.x go1.21.3 system", 1, "1.22\t1.21.3 system", "1.22 1.21.3 system")),
            ),
            ("#\n1.22\nwork # c\n", Some(("1.22.x name:work", 2, "1.22", "1.22 work"))),
            (
                "go-work vendor",
                Some(("name:go-work name:vendor", 1, "go-work vendor", "go-work vendor")),
            ),
            ("", None),
            ("\n \r\n# 1.22\n", None),
        ],
    );
}

#[test]
fn tool_versions() {
    check(
        Form::ToolVersions,
        &[
            ("nodejs 20.1.0\ngolang 1.22.3\n", Some(("go1.22.3", 2, "golang 1.22.3", "1.22.3"))),
            ("go 1.22\ngolang 1.21", Some(("1.22.x", 1, "go 1.22", "1.22"))),
            ("golang 1.22\ngo latest", Some(("1.22.x", 1, "golang 1.22", "1.22"))),
            (" golang  1.22.3#c\r\n", Some(("go1.22.3", 1, "golang  1.22.3#c", "1.22.3"))),
            (
                "golang 1.22.3 1.21.0 system",
                Some((
                    "go1.22.3 go1.21.0 system",
                    1,
                    "golang 1.22.3 1.21.0 system",
                    "1.22.3 1.21.0 system",
                )),
            ),
            ("golang v1.22", Some(("1.22.x", 1, "golang v1.22", "v1.22"))),
            ("", None),
            ("nodejs 20\n#golang 1.22\ngolangci-lint 1.50\ngo-task latest", None),
            ("python ref:x /path", None),
        ],
    );
}

#[test]
fn foreign_files_refused() {
    let no_version = |word: &str| format!("`{word}` is neither a version nor a name");
    for (word, hint) in [
        ("latest", VERSION),
        ("stable", VERSION),
        ("oldstable", VERSION),
        ("tip", VERSION),
        ("^1.22", Some("write 1.22")),
        ("~1.22.3", Some("write 1.22.3")),
        (">=1.21", Some("write 1.21")),
        ("prefix:1.20", Some("write 1.20")),
        ("Go1.22", Some("write go1.22")),
        ("ref:master", ADOPT),
        ("path:/opt/go", ADOPT),
        ("path:~/go", ADOPT),
        ("../go", ADOPT),
        ("..", ADOPT),
        ("C:\\Go", ADOPT),
        ("1.22/../..", ADOPT),
        ("1.22.3.4", VERSION),
        ("1.22#c", VERSION),
        ("{{version}}", VERSION),
        ("vgo1.22", Some("write go1.22")),
        ("1.22.3-rc.1/", ADOPT),
        ("go1.22+auto", VERSION),
    ] {
        let message = no_version(word);
        let content = format!("1.21 ä\n {word}").replace('ä', "");
        refused(Form::GoVersion, &[(&content, 2, 2, &message, hint)]);
        if !word.contains('#') {
            let content = format!("golang 1.21 {word} # c");
            refused(Form::ToolVersions, &[(&content, 1, 13, &message, hint)]);
        }
    }
    let message = no_version("ü");
    refused(
        Form::GoVersion,
        &[("ü 1.22", 1, 1, &message, VERSION), ("\u{feff}1 ü", 1, 3, &message, VERSION)],
    );
    let hint = Some("write golang 1.22.3");
    refused(Form::ToolVersions, &[("\n golang # 1.22", 2, 2, "`golang` has no version", hint)]);
}

#[test]
fn files_that_are_no_text() {
    let whole = |form, content: &[u8]| {
        let error = parse(form, concat(&[content]), &ALPINE).expect_err("no text");
        assert_eq!((error.code, error.line, error.column), (Code::BadPin, 0, None));
        (error.message(), error.hint())
    };
    for form in Form::ALL {
        let no_text = (String::from("is not a text file"), None);
        assert_eq!(whole(form, b"\x7fELF\x02\x01\x01\0\0"), no_text, "{form:?}");
        assert_eq!(whole(form, b"1.22\xff"), no_text, "{form:?}");
        let powershell = b"\xff\xfe1\0.\x002\x002\0\r\0\n\0";
        assert_eq!(
            whole(form, powershell),
            (no_text.0, Some("save it as UTF-8".into())),
            "{form:?}"
        );
        let mut large = vec![b'\n'; SIZE_LIMIT];
        assert_eq!(parse(form, concat(&[&large]), &ALPINE), Ok(None), "{form:?}");
        large.push(b'\n');
        assert_eq!(whole(form, &large), (String::from("is too large for a pin"), None), "{form:?}");
    }
}

#[test]
fn names_and_precedence() {
    assert_eq!(Form::ALL.map(Form::file_name), [".gowr.yaml", ".go-version", ".tool-versions"]);
}
