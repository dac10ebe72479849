use serde_json::json;

use super::*;
use crate::error::Kind;

fn file(name: &str, hash: &str) -> Value {
    json!({"filename": name, "os": "linux", "arch": "amd64", "version": "x", "sha256": hash,
           "size": 1, "kind": "archive", "new": {"field": [1]}})
}

fn parsed(files: &[Value]) -> Index {
    let document = json!([{"version": "go1", "stable": true, "files": files, "more": null}]);
    Index::parse(document.to_string().as_bytes()).expect("an index")
}

fn toolchain(name: &str) -> ToolchainName {
    ToolchainName::parse(name).expect("a name")
}

fn here(name: &str) -> String {
    file_name(&toolchain(name))
}

#[test]
fn odd_entries_are_passed_over() {
    let hash = "0f".repeat(32);
    let other = |field: &str, value: Value| {
        let mut entry = file(&here("go1.21.9"), &hash);
        entry[field] = value;
        entry
    };
    let index = parsed(&[
        file(&here("go1.22.10"), &hash),
        file(&here("go1.9"), &hash),
        file(&here("go1.23rc1"), &hash),
        file("go1.22.10.linux-armv6l.tar.gz", &hash),
        file("go1.22.10.linux-386.tar.gz", &hash),
        file("go1.22.10.src.tar.gz", &hash),
        file("go1.22.10.windows-amd64.zip", &hash),
        file("go1.4-bootstrap-20171003.tar.gz", &hash),
        file("go1.4-bootstrap.linux-amd64.tar.gz", &hash),
        file(&format!("go1.9.2rc2.{}.tar.gz", platform()), &hash),
        file("../go1.22.11.linux-amd64.tar.gz", &hash),
        other("kind", json!("installer")),
        other("os", json!("")),
        other("filename", json!(7)),
        json!(null),
        json!("text"),
    ]);
    let versions: Vec<_> = index.versions().iter().map(ToString::to_string).collect();
    assert_eq!(versions, ["go1.9", "go1.22.10", "go1.23rc1"]);
    assert_eq!(index.hash(&toolchain("go1.22.10")).expect("there"), [0x0f; 32]);
    let error = index.hash(&toolchain("go1.21.9")).expect_err("not there");
    assert_eq!(error.kind(), Kind::NotFound);
}

#[test]
fn a_hash_that_is_none_is_an_error_and_not_a_blank_cheque() {
    let good = "0f".repeat(32);
    let missing = {
        let mut entry = file(&here("go1.3"), "");
        entry.as_object_mut().expect("an object").remove("sha256");
        entry
    };
    let index = parsed(&[
        file(&here("go1.1"), ""),
        file(&here("go1.2"), "<!DOCTYPE html>"),
        missing,
        file(&here("go1.4"), &good),
        file(&here("go1.4"), &"0e".repeat(32)),
        file(&here("go1.4"), &good),
        file(&here("go1.5"), &good),
        file(&here("go1.5"), &good),
    ]);
    for name in ["go1.1", "go1.2", "go1.3", "go1.4"] {
        let error = index.hash(&toolchain(name)).expect_err(name);
        assert_eq!(error.kind(), Kind::Integrity, "{name}");
        assert!(error.to_string().starts_with("the Go project's index gives no hash for "));
    }
    index.hash(&toolchain("go1.5")).expect("said twice");
    assert_eq!(index.checksums(), format!("{good}  {}\n", here("go1.5")));
}

#[test]
fn what_is_no_index() {
    for (content, said) in [
        (&b"<!DOCTYPE html>"[..], "it is no index: expected value at line 1 column 1"),
        (b"{}", "it is no index: it is not a list"),
        (b"[]", "it is no index: it has no file of a release"),
        (b"[{\"files\": 7}, 3]", "it is no index: it has no file of a release"),
        (b"\xff", "it is no index: expected value at line 1 column 1"),
    ] {
        assert_eq!(Index::parse(content).expect_err("none"), said);
    }
    let deep = "[".repeat(1_000_000);
    assert!(Index::parse(deep.as_bytes()).is_err(), "no stack overflow");
}
