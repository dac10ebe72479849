use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::*;

/// Records of the Go vulnerability database (<https://github.com/golang/vulndb>, CC-BY-4.0), shortened.
const RECORDS: &str = include_str!("tests/records.json");

fn version(text: &str) -> Version {
    Version::parse(text).expect(text)
}

fn record(text: &Value) -> Record {
    Record::parse(text.to_string().as_bytes()).expect("a record")
}

/// A record of these events: `0-1.2.3 1.3.0-0-1.3.4` written as pairs.
fn made(id: &str, events: &[(&str, Option<&str>)]) -> Record {
    let events: Vec<_> = events
        .iter()
        .flat_map(|(introduced, fixed)| {
            let fixed = fixed.map(|fixed| json!({ "fixed": fixed }));
            [Some(json!({ "introduced": introduced })), fixed].into_iter().flatten()
        })
        .collect();
    record(&json!({
        "id": id,
        "affected": [{
            "package": { "name": "stdlib", "ecosystem": "Go" },
            "ranges": [{ "type": "SEMVER", "events": events }],
        }],
    }))
}

/// Lays the database out as its server does.
fn lay_out(directory: &Path, records: &[Value]) -> Database {
    let mut modules: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    fs::create_dir_all(directory.join("ID")).expect("made");
    fs::create_dir_all(directory.join("index")).expect("made");
    for record in records {
        let id = record["id"].as_str().expect("an id");
        fs::write(directory.join(format!("ID/{id}.json")), record.to_string()).expect("written");
        for affected in record["affected"].as_array().expect("a list") {
            let events = affected["ranges"].as_array().expect("a list").iter();
            let events = events.flat_map(|range| range["events"].as_array().expect("a list"));
            let fixed = events.filter_map(|event| event["fixed"].as_str());
            let fixed = fixed.max_by_key(|fixed| SemanticVersion::parse(fixed));
            let entry = json!({ "id": id, "modified": record["modified"], "fixed": fixed });
            let module = affected["package"]["name"].as_str().expect("a name").to_owned();
            modules.entry(module).or_default().push(entry);
        }
    }
    let modules = modules.iter().map(|(path, vulns)| json!({ "path": path, "vulns": vulns }));
    let index = Value::Array(modules.collect());
    fs::write(directory.join("index/modules.json"), index.to_string()).expect("written");
    open(directory)
}

fn open(directory: &Path) -> Database {
    let address = format!("file://{}/", directory.display());
    Database::new(&|name| (name == VARIABLE).then(|| address.clone().into())).expect("a database")
}

#[test]
fn real_records() {
    let directory = tempfile::tempdir().expect("a directory");
    let records: Vec<Value> = serde_json::from_str(RECORDS).expect("records");
    let database = lay_out(directory.path(), &records);
    let told = |text: &str| {
        let reports = database.reports(&[version(text)]).expect("a report");
        let found = reports[0].vulnerabilities.iter();
        let found: Vec<_> = found.map(|it| (it.id.clone(), it.fixed.unwrap_or("-"))).collect();
        (found, reports[0].mended_by.map(ToolchainName::as_str))
    };
    let expect = |found: &[(&str, &'static str)], mended_by| {
        (found.iter().map(|(id, fixed)| ((*id).to_owned(), *fixed)).collect::<Vec<_>>(), mended_by)
    };
    for (release, found, mended_by) in [
        ("1.27.3", &[][..], None),
        ("1.26.9", &[("GO-2026-6809", "go1.26.10")], Some("go1.26.10")),
        ("1.27.1", &[("GO-2026-6603", "go1.27.2"), ("GO-2026-6809", "go1.27.3")], Some("go1.27.3")),
        (
            "1.22.1",
            &[
                ("GO-2024-2687", "go1.22.2"),
                // Of the go command.
                ("GO-2026-4433", "go1.24.13"),
                ("GO-2026-6603", "go1.26.9"),
                ("GO-2026-6809", "go1.26.10"),
            ],
            Some("go1.26.10"),
        ),
    ] {
        assert_eq!(told(release), expect(found, mended_by), "{release}");
    }
}

#[test]
fn what_is_of_another_system_is_not_told() {
    let records: Vec<Value> = serde_json::from_str(RECORDS).expect("records");
    for (id, release, is_told) in [
        // Windows alone.
        ("GO-2023-2185", "1.20.5", false),
        ("GO-2025-3750", "1.22.1", false),
        ("GO-2022-1143", "1.18.1", false),
        ("GO-2024-2687", "1.22.1", true),
        ("GO-2024-2687", "1.22.2", false),
        ("GO-2024-2687", "1.22rc1", true),
        ("GO-2024-2687", "1.20", true),
    ] {
        let found = record(records.iter().find(|it| it["id"] == id).expect("a record"));
        assert_eq!(found.affects(version(release)), is_told, "{id} {release}");
    }
    let toolchain = records.iter().map(record).find(|it| it.module() == Some("toolchain"));
    assert!(!toolchain.expect("a record of the go command").packages().is_empty());
}

#[test]
fn the_first_release_without_any_of_them() {
    let mended = |release: &str, records: &[Record]| {
        let affecting: Vec<_> =
            records.iter().filter(|record| record.affects(version(release))).collect();
        mended_by(version(release), &affecting).map(ToolchainName::as_str)
    };
    let one = made("GO-2024-0001", &[("0", Some("1.21.9")), ("1.22.0-0", Some("1.22.2"))]);
    let two = made("GO-2024-0002", &[("1.22.1", Some("1.22.4"))]);
    let never = made("GO-2024-0003", &[("1.22.1", None)]);
    let back = made("GO-2024-0004", &[("0", Some("1.22.1")), ("1.22.3", Some("1.22.6"))]);
    let both = [one.clone(), two.clone()];
    assert_eq!(mended("1.21.3", &both), Some("go1.21.9"));
    assert_eq!(mended("1.22.1", &both), Some("go1.22.4"));
    assert_eq!(mended("1.22.4", &both), None);
    assert_eq!(mended("1.22.1", &[one.clone(), never]), None);
    // What mends one of them may have another again.
    assert_eq!(mended("1.22.0", &[one, back]), Some("go1.22.2"));
    let back = made("GO-2024-0005", &[("0", Some("1.22.1")), ("1.22.2", Some("1.22.6"))]);
    let also = made("GO-2024-0006", &[("0", Some("1.22.2"))]);
    assert_eq!(mended("1.22.0", &[back, also]), Some("go1.22.6"));
}

#[test]
fn records_that_say_nothing() {
    let withdrawn = json!({
        "id": "GO-2024-0001", "withdrawn": "2024-05-01T00:00:00Z",
        "affected": [{
            "package": { "name": "stdlib" },
            "ranges": [{ "type": "SEMVER", "events": [{ "introduced": "0" }] }],
        }],
    });
    assert!(!record(&withdrawn).affects(version("1.22.1")));
    for events in [&[("x", Some("y"))][..], &[]] {
        assert!(!made("GO-2024-0001", events).affects(version("1.22.1")));
    }
    let other = json!({
        "id": "GO-2024-0001",
        "affected": [{
            "package": { "name": "golang.org/x/net" },
            "ranges": [{ "type": "SEMVER", "events": [{ "introduced": "0" }] }],
        }],
    });
    assert!(!record(&other).affects(version("1.22.1")));
    Record::parse(b"[]").expect_err("no record");
}

#[test]
fn what_an_index_says_becomes_no_address() {
    for (text, is_one) in [
        ("GO-2024-2687", true),
        ("GO-2024-12345", true),
        ("GO-2024-", false),
        ("GO-2024-../x", false),
        ("../GO-2024-2687", false),
        ("GO-2024-2687/x", false),
        ("CVE-2024-2687", false),
        ("GO-2024-123456789", false),
    ] {
        assert_eq!(is_identifier(text), is_one, "{text}");
    }
}

#[test]
fn a_database_that_is_not_there_or_not_one_is_an_error() {
    let directory = tempfile::tempdir().expect("a directory");
    let asked = [version("1.22.1")];
    open(directory.path()).reports(&asked).expect_err("nothing there");
    let records: Vec<Value> = serde_json::from_str(RECORDS).expect("records");
    let database = lay_out(directory.path(), &records);
    fs::write(directory.path().join("ID/GO-2024-2687.json"), "<html>").expect("written");
    let error = database.reports(&asked).expect_err("a page");
    assert!(error.to_string().contains("GO-2024-2687"), "{error}");
    fs::write(directory.path().join("index/modules.json"), "<html>").expect("written");
    database.reports(&asked).expect_err("a page");
}

#[test]
fn the_variable_is_judged() {
    let database = Database::new(&|name| (name == VARIABLE).then(|| "vuln.example".into()));
    let error = database.map(|_| ()).expect_err("no address");
    assert_eq!(error.fix().as_deref(), Some("unset GOVULNDB"));
    let database = Database::new(&|_| None).expect("the Go project's");
    assert_eq!(database.location.to_string(), format!("{}/", services::VULNERABILITY_DATABASE));
}

#[test]
fn words() {
    let one = made("GO-2024-0001", &[("0", Some("1.22.2"))]);
    let never = made("GO-2024-0002", &[("0", None)]);
    let said = |records: &[Record]| report(version("1.22.1"), records).message();
    assert_eq!(said(&[]), None);
    assert_eq!(
        said(std::slice::from_ref(&one)).as_deref(),
        Some("go1.22.1 has a known vulnerability, mended by go1.22.2")
    );
    assert_eq!(
        said(&[one.clone(), one.clone()]).as_deref(),
        Some("go1.22.1 has 2 known vulnerabilities, all mended by go1.22.2")
    );
    assert_eq!(
        said(&[one.clone(), never]).as_deref(),
        Some("go1.22.1 has 2 known vulnerabilities, and no release mends all of it")
    );
    let problem = report(version("1.22.1"), &[one]).problem().expect("a problem");
    assert_eq!(problem.code, "known-vulnerabilities");
    assert_eq!(problem.fix.as_deref(), Some("gowr install 1.22.2"));
}
