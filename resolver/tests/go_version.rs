//! Grammar and order of versions against the real thing: Go's own `go/version`, asked by a Go program.

use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use resolver::version::{ToolchainName, Version, compare};
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::env;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs::File;
use std::io::Write as _;
use std::process::{Command, Stdio};

const PAIRS: usize = 5000;

/// Names as they might stand in a file: most of them versions, few enough that neighbours and equals meet.
fn name() -> impl Strategy<Value = String> {
    let number = || select(vec!["0", "0", "1", "2", "9", "10"]);
    let odd_number = || select(vec!["20", "00", "01", "", "99999999999999999999"]);
    let minor = || select(vec!["0", "1", "9", "19", "20", "20", "21", "21", "22", "100"]);
    let kind = select(vec!["rc", "rc", "beta", "alpha", "a", "z"]);
    let odd_kind = select(vec!["RC", "rç", "r_c", "-rc", "."]);
    let version = prop_oneof![
        4 => (minor(), number()).prop_map(|(minor, patch)| format!("1.{minor}.{patch}")),
        3 => minor().prop_map(|minor| format!("1.{minor}")),
        3 => (minor(), kind, number()).prop_map(|(minor, kind, pre)| format!("1.{minor}{kind}{pre}")),
        1 => (minor(), odd_kind, number()).prop_map(|(minor, kind, pre)| format!("1.{minor}{kind}{pre}")),
        1 => (minor(), odd_number()).prop_map(|(minor, patch)| format!("1.{minor}.{patch}")),
        1 => (minor(), odd_number()).prop_map(|(minor, pre)| format!("1.{minor}rc{pre}")),
        1 => (odd_number(), number()).prop_map(|(major, minor)| format!("{major}.{minor}")),
        1 => (number(), number(), number()).prop_map(|(a, b, c)| format!("{a}.{b}.{c}")),
        1 => number().prop_map(String::from),
        1 => minor().prop_map(|minor| format!("1.{minor}rc")),
        1 => (minor(), number()).prop_map(|(minor, pre)| format!("1.{minor}.0rc{pre}")),
        1 => "[0-9a-z.+-]{0,8}",
    ];
    let suffix = prop_oneof![
        8 => Just(""),
        2 => select(vec!["-x", "-custom.1", "-a-b", "-devel_abc", "-rc.1"]),
        1 => select(vec!["-", "+auto", " (Red Hat)", ".", ".x", ".0", "-ä", "-a/b"]),
    ];
    let prefix = prop_oneof![20 => Just("go"), 1 => select(vec!["Go", "", "v", "gogo"])];
    (prefix, version, suffix)
        .prop_map(|(prefix, version, suffix)| format!("{prefix}{version}{suffix}"))
}

/// Two names; of each four pairs, one differs by an ending that may or may not matter.
fn pair() -> impl Strategy<Value = (String, String)> {
    let ending = select(vec!["", ".0", "-x", "rc1"]);
    prop_oneof![
        3 => (name(), name()),
        1 => (name(), ending).prop_map(|(name, ending)| (name.clone(), name + ending)),
    ]
}

/// What Go says of each pair, in one run: whether the left is valid, how the two compare, its language version.
fn ask_go(pairs: &[(String, String)]) -> Vec<(bool, Ordering, String)> {
    let go = env::var_os("GOWR_TEST_GO").unwrap_or_else(|| OsString::from("go"));
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/go_version");
    let mut question = String::new();
    for (left, right) in pairs {
        let _ = writeln!(question, "{left}\t{right}");
    }
    // A file, not a pipe: neither side can block the other.
    let path = env::temp_dir().join(format!("gowr-go-version-{}", std::process::id()));
    let mut file = File::create(&path).expect("the temporary directory is writable");
    file.write_all(question.as_bytes()).expect("the temporary directory has room");
    let input = File::open(&path).expect("it was just written");
    let _ = std::fs::remove_file(&path);
    let output = Command::new(&go)
        .args(["run", "main.go"])
        .current_dir(directory)
        .envs([("GOTOOLCHAIN", "local"), ("GO111MODULE", "off"), ("GOFLAGS", "")])
        .env_remove("GOROOT")
        .stdin(input)
        .stderr(Stdio::inherit())
        .output()
        .unwrap_or_else(|error| {
            panic!("{} cannot be run ({error}): run `./bootstrap test`, which installs what the tests need", go.display())
        });
    assert!(output.status.success(), "{} run main.go: {}", go.display(), output.status);
    let answers = String::from_utf8(output.stdout).expect("Go prints text");
    let parse = |line: &str| {
        let mut fields = line.split('\t');
        let mut field = || fields.next().expect("there are three fields").to_string();
        let (valid, order, language) = (field(), field(), field());
        (valid == "true", order.parse::<i8>().expect("a number").cmp(&0), language)
    };
    answers.lines().map(parse).collect()
}

/// The part of a name that is compared: what `go/version.stripGo` returns.
fn version_text(name: &str) -> &str {
    let name = name.split('-').next().unwrap_or_default();
    name.strip_prefix("go").unwrap_or_default()
}

#[test]
fn versions_are_go_versions() {
    let mut runner = TestRunner::default();
    let mut generate = || {
        let tree = pair().new_tree(&mut runner).expect("no filter rejects anything");
        tree.current()
    };
    let pairs: Vec<_> = (0..PAIRS).map(|_| generate()).collect();
    let answers = ask_go(&pairs);
    assert_eq!(answers.len(), pairs.len());
    let mut seen = BTreeMap::new();
    for ((left, right), (valid, order, language)) in pairs.iter().zip(answers) {
        let version = Version::parse(version_text(left));
        assert_eq!(version.is_some(), valid, "validity of {left:?}");
        assert_eq!(
            compare(version_text(left), version_text(right)),
            order,
            "{left:?} and {right:?}"
        );
        *seen.entry(order).or_insert(0) += u32::from(valid);
        let name = ToolchainName::parse(left);
        if let Some(name) = &name {
            assert!(valid, "{left:?} is a name only if it is one to Go");
            assert_eq!(name.version().as_str(), version_text(left));
        }
        if let Some(version) = version {
            // To Go, the line of go1 and go1.0.3 is go1; here it is 1.0, like that of any other.
            let language = if language == "go1" { "go1.0" } else { &language };
            assert_eq!(format!("go{}", version.line()), language, "line of {left:?}");
            assert_eq!(name.is_some(), is_safe(left), "name {left:?}");
        }
    }
    assert!(
        seen.len() == 3 && seen.values().all(|count| *count > 100),
        "too few of some order to mean anything: {seen:?}"
    );
}

/// What a name must be beyond Go's grammar: one path component that no shell minds.
fn is_safe(name: &str) -> bool {
    let suffix = name.split_once('-').map(|(_, suffix)| suffix);
    suffix.is_none_or(|suffix| {
        !suffix.is_empty()
            && suffix.chars().all(|c| c.is_ascii_alphanumeric() || "._+-".contains(c))
    })
}
