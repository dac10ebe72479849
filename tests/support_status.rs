//! What `gowr list` says of releases that nobody mends any more, and of their known vulnerabilities.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use snapbox::{assert_data_eq, str};

use crate::support::World;
use crate::support::server::{Request, Response, Server};

/// Some records of the Go vulnerability database, as the installer's own tests have them.
const RECORDS: &str = include_str!("../installer/src/vulnerabilities/tests/records.json");

/// The database as its server has it: an index, and a document a record.
struct Database(BTreeMap<String, Value>);

impl Database {
    fn new(records: Vec<Value>) -> Self {
        let mut documents = BTreeMap::new();
        let mut modules: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        for record in records {
            let id = record["id"].as_str().unwrap().to_owned();
            for affected in record["affected"].as_array().into_iter().flatten() {
                // Without the last version that mends it, each record is asked for.
                let module = affected["package"]["name"].as_str().unwrap().to_owned();
                modules.entry(module).or_default().push(json!({ "id": id }));
            }
            documents.insert(format!("/ID/{id}.json"), record);
        }
        let index = modules.iter().map(|(path, vulns)| json!({ "path": path, "vulns": vulns }));
        documents.insert("/index/modules.json".to_owned(), index.collect());
        Self(documents)
    }

    /// Whether each package that has it does so on other systems than Linux.
    #[cfg(feature = "long")]
    fn is_of_other_systems(&self, id: &str) -> bool {
        let record = &self.0[&format!("/ID/{id}.json")];
        let affected = record["affected"].as_array().unwrap().iter();
        let affected = affected.filter(|it| it["package"]["name"] == "stdlib");
        let imports: Vec<_> = affected
            .flat_map(|it| it["ecosystem_specific"]["imports"].as_array().unwrap())
            .map(|it| it["goos"].as_array())
            .collect();
        imports.iter().all(|goos| goos.is_some_and(|goos| !goos.contains(&json!("linux"))))
    }

    fn answer(&self, request: &Request) -> Response {
        match self.0.get(&request.path) {
            Some(document) => Response::ok(document.to_string().into_bytes()),
            None => Response::status(404),
        }
    }

    fn start(self) -> Server {
        Server::start(move |request| self.answer(request))
    }
}

#[test]
fn lines_that_nobody_mends() {
    let world = World::with_fakes(&["go1.21.3", "go1.22.12", "go1.26.9", "go1.27rc1"]);
    let words = |world: &World| {
        let listed = world.gowr(["list"]).run().quiet().stdout();
        let is_out = |line: &str| line.ends_with("  (out of support)");
        let names = listed.lines().filter(|line| is_out(line)).map(|line| line[3..].to_owned());
        let first = names.map(|line| line.split_whitespace().next().unwrap().to_owned());
        first.collect::<Vec<_>>()
    };
    // What is here tells that there are newer lines; a prerelease is none.
    assert_eq!(words(&world), ["go1.21.3"]);
    // A list that was seen knows more.
    let kept = json!({ "schema": 1, "seen": "2026-11-20", "releases": ["go1.27.0", "go1.26.9"] });
    world.write(".local/state/gowr/releases.json", kept.to_string());
    assert_eq!(words(&world), ["go1.21.3", "go1.22.12"]);
    let document = world.gowr(["list", "--json"]).run().quiet().json();
    let toolchains = document["toolchains"].as_array().unwrap();
    let of = |name: &str| toolchains.iter().find(|it| it["name"] == name).unwrap();
    assert_eq!(
        of("go1.22.12")["out_of_support"],
        json!({ "supported": ["1.27", "1.26"], "seen": "2026-11-20" })
    );
    assert_eq!(of("go1.26.9")["out_of_support"], Value::Null);
    assert_eq!(of("go1.22.12")["vulnerabilities"], Value::Null, "nobody asked");
    // A file that says nothing is as none.
    world.write(".local/state/gowr/releases.json", "[]");
    assert_eq!(words(&world), ["go1.21.3"]);
}

#[test]
fn known_vulnerabilities_by_a_server() {
    let server = Database::new(serde_json::from_str(RECORDS).unwrap()).start();
    let world = World::with_fakes(&["go1.26.9", "go1.27.1", "go1.27.3"]);
    world.go(["version"]).run().success();
    let list = |words: &[&str]| world.gowr(["list"]).args(words).env("GOVULNDB", server.url());
    assert_data_eq!(
        list(&["1.27", "--online"]).run().snapshot(),
        str![[r#"
   go1.27.1  store  [..]/go1.27.1  (go1.27.1 has 2 known vulnerabilities, all mended by go1.27.3)
   go1.27.3  store  [..]/go1.27.3

"#]]
    );
    let document = list(&["1.27.1", "--online", "--json"]).run().quiet().json();
    let row = &document["toolchains"][0];
    assert_eq!(row["mended_by"], "go1.27.3");
    assert_eq!(
        row["vulnerabilities"][1],
        json!({
            "id": "GO-2026-6809",
            "aliases": ["CVE-2026-111943"],
            "summary": "Distrust compromised intermediate certificates in crypto/x509",
            "module": "stdlib",
            "packages": ["crypto/x509"],
            "fixed": "go1.27.3",
        })
    );
    // Nothing is asked unless somebody said so.
    let asked = server.requests().len();
    list(&[]).run().quiet();
    assert_eq!(server.requests().len(), asked);
}

#[test]
fn a_database_that_does_not_answer_is_no_error() {
    let world = World::with_fakes(&["go1.26.9"]);
    let failing = Server::start(|_| Response::status(500));
    let page = Server::start(|_| Response::ok(b"<html>log in".to_vec()));
    for address in [failing.url(), page.url(), "http://127.0.0.1:1".to_owned(), "x".to_owned()] {
        let run = world.gowr(["list", "1.26", "--online", "--json"]).env("GOVULNDB", &address);
        let outcome = run.env("GOWR_HTTP_RETRIES", "0").run();
        outcome.success();
        let row = &outcome.json()["toolchains"][0];
        assert_eq!(row["vulnerabilities"], Value::Null, "{address}");
        let warning = "gowr: warning: known vulnerabilities cannot be told: ";
        assert!(outcome.stderr().starts_with(warning), "{}", outcome.report());
    }
}

/// The whole database, from the module that its records are published in; and what govulncheck finds in it.
#[cfg(feature = "long")]
#[test]
fn the_same_as_govulncheck_finds() {
    use std::collections::BTreeSet;
    use std::fs;

    use crate::support::{NEW, OLD, host_key};

    let world = World::with(&[OLD, NEW]);
    world.share_builds(&host_key());
    world.write("project/go.mod", "module example.com/m\n\ngo 1.20\n");
    world.write("project/main.go", "package main\n\nfunc main() {}\n");
    let download = ["+1.26", "mod", "download", "-json", "golang.org/x/vulndb@latest"];
    let module = world.go(download).online().run().success().json();
    let records = std::path::Path::new(module["Dir"].as_str().unwrap()).join("data/osv");
    let records: Vec<Value> = fs::read_dir(records)
        .unwrap()
        .map(|entry| serde_json::from_slice(&fs::read(entry.unwrap().path()).unwrap()).unwrap())
        .collect();
    assert!(records.len() > 4000, "{}", records.len());
    // govulncheck wants the time of a record in the index, and that of the whole.
    let database = Database::new(records);
    for (path, document) in &database.0 {
        let mut document = document.clone();
        for module in document.as_array_mut().into_iter().flatten() {
            for entry in module["vulns"].as_array_mut().unwrap() {
                entry["modified"] = json!("2026-01-01T00:00:00Z");
            }
        }
        world.write(format!("db{path}"), document.to_string());
    }
    world.write("db/index/db.json", json!({ "modified": "2026-01-01T00:00:00Z" }).to_string());
    let address = format!("file://{}", world.path("db").display());
    let install = ["+1.26", "install", "golang.org/x/vuln/cmd/govulncheck@v1.1.4"];
    world.go(install).env("GOBIN", world.path("bin")).online().run().success();
    for version in [OLD, NEW] {
        let line = &version[2..6];
        let words = ["exec", "--go", line, "--"];
        let govulncheck = world.path("bin/govulncheck").display().to_string();
        let found = world
            .gowr(words)
            .args([&govulncheck, "-db", &address, "-scan", "module", "-format", "json"])
            .run();
        let messages = serde_json::Deserializer::from_str(found.raw_stdout()).into_iter::<Value>();
        let theirs: BTreeSet<_> = messages
            .filter_map(|message| message.unwrap()["finding"]["osv"].as_str().map(str::to_owned))
            .collect();
        let list =
            world.gowr(["list", version, "--online", "--json"]).env("GOVULNDB", &address).run();
        let document = list.quiet().json();
        let ours = document["toolchains"][0]["vulnerabilities"].as_array().unwrap().iter();
        let ours: BTreeSet<_> = ours
            .filter(|it| it["module"] == "stdlib")
            .map(|it| it["id"].as_str().unwrap().to_owned())
            .collect();
        println!("{version}: {} by gowr, {} by govulncheck", ours.len(), theirs.len());
        assert!(!theirs.is_empty(), "{}", found.report());
        // To govulncheck a module is a module on each system.
        let theirs: BTreeSet<_> =
            theirs.into_iter().filter(|id| !database.is_of_other_systems(id)).collect();
        assert_eq!(ours, theirs, "{version}");
    }
}
