//! What `--online` asks a server.

use serde_json::json;

use super::{codes, healthy, problem};
use crate::support::server::{Request, Response, Server};

/// What is known of the chosen Go, by a server; without `--online` none is asked, and a dead one is no error.
#[test]
fn known_vulnerabilities_are_asked_for_online() {
    let record = json!({
        "id": "GO-2024-2963",
        "summary": "a server is waited for too long",
        "aliases": ["CVE-2024-24791"],
        "affected": [{
            "package": { "name": "stdlib", "ecosystem": "Go" },
            "ranges": [{ "type": "SEMVER", "events": [{ "introduced": "0" }, { "fixed": "1.22.5" }] }],
            "ecosystem_specific": { "imports": [{ "path": "net/http" }] }
        }]
    });
    let index =
        json!([{ "path": "stdlib", "vulns": [{ "id": "GO-2024-2963", "fixed": "1.22.5" }] }]);
    let server = Server::start(move |request: &Request| match request.path.as_str() {
        "/index/modules.json" => Response::ok(index.to_string().into_bytes()),
        "/ID/GO-2024-2963.json" => Response::ok(record.to_string().into_bytes()),
        _ => Response::status(404),
    });
    let world = healthy(&["go1.22.1", "go1.22.5"]);
    let doctor = |version: &str, words: &[&str]| {
        let run = world.gowr(["doctor", "--json"]).args(words);
        run.env("GOVULNDB", server.url()).env("GOWR_TOOLCHAIN", version)
    };
    assert!(codes(doctor("1.22.1", &[]).run().quiet()).is_empty());
    assert_eq!(server.requests().len(), 0);
    let found = problem(&doctor("1.22.1", &["--online"]).run(), "known-vulnerabilities");
    assert_eq!(found["fix"], "gowr install 1.22.5");
    assert!(!server.requests().is_empty());
    assert!(codes(doctor("1.22.5", &["--online"]).run().quiet()).is_empty());
    let dead = doctor("1.22.1", &["--online"]).env("GOVULNDB", "http://127.0.0.1:9");
    let outcome = dead.env("GOWR_HTTP_RETRIES", "0").run();
    assert!(
        outcome.stderr().contains("known vulnerabilities cannot be told"),
        "{}",
        outcome.report()
    );
    assert!(codes(outcome.success()).is_empty());
}

/// The clock is compared with the `Date` of an answer; one that does not say is no error.
#[test]
fn the_time_is_asked_for_online() {
    let server = Server::start(|request: &Request| {
        let date = match request.path.as_str() {
            "/index/modules.json" => return Response::ok(b"[]".to_vec()),
            "/old/index/db.json" => String::from("Tue, 14 Nov 2023 22:13:20 GMT"),
            _ => return Response::ok(b"{}".to_vec()),
        };
        let mut response = Response::ok(b"{}".to_vec());
        response.headers.push((String::from("Date"), date));
        response
    });
    let world = healthy(&["go1.22.1"]);
    let run = |path: &str| {
        let run = world.gowr(["doctor", "--json", "--online"]);
        run.env("GOVULNDB", format!("{}{path}", server.url())).env("GOWR_HTTP_RETRIES", "0")
    };
    assert!(codes(run("").run().success()).is_empty());
    let found = problem(&run("/old").run(), "clock-drift");
    let server = found["evidence"][1]["text"].as_str().unwrap();
    assert!(server.ends_with("/old says it is 1700000000 seconds since 1970"), "{found:#}");
    assert_eq!(found["fix"], "sudo timedatectl set-ntp true");
}
