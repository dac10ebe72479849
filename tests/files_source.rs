//! `sources: files` and mirrors: the archives of the Go project's downloads, checked by its index and never by a mirror.

use std::collections::BTreeMap;
use std::fs;

use serde_json::json;
use tar::{Builder, EntryType, Header};

use crate::support::downloads::{Downloads, checksum, file_name};
use crate::support::goproxy::{Service, contents, refused};
use crate::support::module::PLATFORM;
use crate::support::server::{Response, Server};
use crate::support::{Run, World};

const CONFIGURATION: &str = ".config/gowr/config.yaml";
const CHECKSUMS: &str = ".local/state/gowr/SHA256SUMS";
/// Nobody listens there.
const NOWHERE: &str = "http://127.0.0.1:1";

fn world(sources: &str) -> World {
    let world = World::new();
    world.write(CONFIGURATION, format!("sources: {sources}\n"));
    world
}

/// `gowr install` for which nobody but servers on loopback can be reached.
fn install(world: &World, version: &str) -> Run {
    world.gowr(["install", version]).env("HTTPS_PROXY", NOWHERE).env("GOPROXY", NOWHERE)
}

fn installs(world: &World, run: &Run, name: &str) {
    run.run().success();
    let version = world.go(["version"]).env("GOWR_TOOLCHAIN", name).run();
    assert_eq!(version.quiet().stdout(), format!("go version {name} linux\n"));
}

#[test]
fn the_go_projects_own() {
    let world = world("files");
    let downloads = Downloads::new(&["go1.22.3", "go1.22.10", "go1.23rc1"]);
    let (sums, archive) =
        (downloads.checksums(), downloads.archives[&file_name("go1.22.10")].clone());
    let go_dev = downloads.behind_go_dev(&world);
    let run = |version| go_dev.reached_by(install(&world, version));
    installs(&world, &run("1.22"), "go1.22.10");
    let root = world.goroot("go1.22.10");
    assert_eq!(fs::read_to_string(root.join("misc/go.mod")).unwrap(), "module misc\n");
    assert_eq!(fs::read_to_string(root.join("src/go.mod")).unwrap(), "module std\n");
    // The archive is kept by its hash, and the index for the next time.
    let kept = format!(
        ".local/share/gowr/downloads/go1.22.10.{PLATFORM}.sha256-{}.tar.gz",
        checksum(&archive)
    );
    assert_eq!(fs::read(world.path(kept)).unwrap(), archive);
    assert_eq!(world.read(CHECKSUMS), sums);
    let asked = go_dev.server.paths().len();
    installs(&world, &run("1.22.3"), "go1.22.3");
    let paths = go_dev.server.paths();
    assert_eq!(paths[asked..], [format!("/dl/{}", file_name("go1.22.3"))], "the index is known");
    let outcome = run("1.22.4").run();
    assert!(outcome.stderr().contains("go1.22.4 is not published"), "{}", outcome.report());
}

#[test]
fn a_mirror_is_asked_for_bytes_only() {
    let downloads = Downloads::new(&["go1.22.3"]);
    let mirror = downloads.clone().mirror();
    let world = world(&format!("{}/dl/", mirror.url()));
    let go_dev = downloads.behind_go_dev(&world);
    installs(&world, &go_dev.reached_by(install(&world, "1.22.3")), "go1.22.3");
    assert_eq!(mirror.paths(), [format!("/dl/{}", file_name("go1.22.3"))]);
    assert_eq!(go_dev.server.paths(), ["/dl/?mode=json&include=all"]);
}

#[test]
fn a_mirror_that_serves_another_archive() {
    let honest = Downloads::new(&["go1.22.3", "go1.22.4"]);
    let mut lying = honest.clone();
    let other = lying.archives[&file_name("go1.22.4")].clone();
    lying.archives.insert(file_name("go1.22.3"), other);
    let mirror = lying.mirror();
    let world = world(&format!("{}/dl", mirror.url()));
    let go_dev = honest.behind_go_dev(&world);
    let before = contents(&world.gowr_home());
    let outcome = go_dev.reached_by(install(&world, "1.22.3")).run();
    refused(&world, &outcome, "SECURITY ERROR: go1.22.3 does not match", &before);
    // Not even with another source after it.
    world.write(CONFIGURATION, format!("sources: {}/dl, files\n", mirror.url()));
    let outcome = go_dev.reached_by(install(&world, "1.22.3")).run();
    refused(&world, &outcome, "SECURITY ERROR: go1.22.3 does not match", &before);
}

#[test]
fn nothing_is_installed_that_the_index_gives_no_hash_for() {
    for said in ["", "<html>", "00"] {
        let mut downloads = Downloads::new(&["go1.22.3"]);
        downloads.said = BTreeMap::from([(file_name("go1.22.3"), said)]);
        let world = world("files");
        let go_dev = downloads.behind_go_dev(&world);
        let before = contents(&world.gowr_home());
        let outcome = go_dev.reached_by(install(&world, "1.22.3")).run();
        refused(&world, &outcome, "the Go project's index gives no hash for", &before);
        assert_eq!(
            go_dev.server.paths(),
            ["/dl/?mode=json&include=all"],
            "the archive is not asked for"
        );
    }
}

#[test]
fn odd_entries_of_the_index() {
    let mut downloads = Downloads::new(&["go1.22.3"]);
    let sum = "0f".repeat(32);
    let entry =
        |name: &str| json!({"filename": name, "os": "linux", "sha256": sum, "kind": "archive"});
    downloads.noise = vec![
        entry("go1.22.9.linux-armv6l.tar.gz"),
        entry(&format!("go1.4-bootstrap.{PLATFORM}.tar.gz")),
        entry(&format!("go1.9.2rc2.{PLATFORM}.tar.gz")),
        entry("go1.22.9.src.tar.gz"),
        json!({"filename": null, "sha256": [], "new": 1}),
        json!("text"),
    ];
    let world = world("files");
    let go_dev = downloads.behind_go_dev(&world);
    let run = go_dev.reached_by(world.gowr(["list", "--remote"]));
    assert_eq!(run.run().quiet().stdout(), "go1.22.3\n");
    installs(&world, &go_dev.reached_by(install(&world, "1.22")), "go1.22.3");
}

#[test]
fn without_the_index_what_was_seen_of_it_counts() {
    let downloads = Downloads::new(&["go1.22.3", "go1.22.4"]);
    let mirror = downloads.clone().mirror();
    let world = world(&format!("{}/dl", mirror.url()));
    let before = contents(&world.gowr_home());
    let said = format!("the hash of {} cannot be proved", file_name("go1.22.3"));
    refused(&world, &install(&world, "1.22.3").run(), &said, &before);
    assert_eq!(mirror.paths(), [""; 0], "an archive that nobody can check is not asked for");
    world.write(CHECKSUMS, downloads.checksums());
    installs(&world, &install(&world, "1.22.3"), "go1.22.3");
    // A line of nonsense and another release's hash prove nothing.
    let [(_, three), (_, four)] = &downloads.archives.iter().collect::<Vec<_>>()[..] else {
        panic!("two archives")
    };
    let (three, four) = (checksum(three), checksum(four));
    world.write(CHECKSUMS, format!("nonsense\n{three}  {}\n{four}  x\n", file_name("go1.22.4")));
    let before = contents(&world.gowr_home());
    refused(&world, &install(&world, "1.22.4").run(), "SECURITY ERROR", &before);
}

#[test]
fn the_next_source_is_asked_when_one_has_nothing_or_is_not_there() {
    let downloads = Downloads::new(&["go1.22.3"]);
    let mirror = downloads.clone().mirror();
    for status in [404, 410, 500] {
        let proxy = Server::start(move |_| Response::status(status));
        let world = world(&format!("goproxy, {NOWHERE}/dl, {}/dl", mirror.url()));
        world.write(CHECKSUMS, downloads.checksums());
        installs(&world, &install(&world, "1.22.3").env("GOPROXY", proxy.url()), "go1.22.3");
    }
    // None has it: the first one's reason, and the others' after it.
    let world = world(&format!("{}/dl, {NOWHERE}/dl", mirror.url()));
    world.write(CHECKSUMS, format!("{}  {}\n", "0f".repeat(32), file_name("go1.22.4")));
    let outcome = install(&world, "1.22.4").run();
    assert_eq!(outcome.code(), Some(1), "{}", outcome.report());
    let stderr = outcome.stderr();
    let lines: Vec<_> = stderr.lines().filter(|line| !line.starts_with("trying again")).collect();
    assert!(lines[0].starts_with("gowr: go1.22.4 is not published for linux-"), "{stderr}");
    let also = format!("  also: cannot read {NOWHERE}/dl/go1.22.4.");
    assert!(lines[3].starts_with(&also), "{stderr}");
}

#[test]
fn what_the_checksum_database_refuses_is_not_taken_from_elsewhere() {
    let mut service = Service::new(&["go1.22.3"]);
    let log = service.log.clone();
    service.modules[0].files[10].1.push(b'!');
    let proxy = service.start();
    let downloads = Downloads::new(&["go1.22.3"]);
    let mirror = downloads.clone().mirror();
    let world = world(&format!("goproxy, {}/dl", mirror.url()));
    world.write(CHECKSUMS, downloads.checksums());
    let before = contents(&world.gowr_home());
    let run = install(&world, "1.22.3").env("GOPROXY", proxy.url()).env("GOSUMDB", log.key());
    refused(&world, &run.run(), "SECURITY ERROR", &before);
    assert_eq!(mirror.paths(), [""; 0]);
}

#[test]
fn by_default_go_dev_is_asked_only_where_goproxy_goes_direct() {
    let proxy = Server::start(|_| Response::status(404));
    for (goproxy, is_asked) in [
        (proxy.url(), false),
        (format!("{},direct", proxy.url()), true),
        (String::from("direct"), true),
        (format!("{},off", proxy.url()), false),
        (String::from("off"), false),
    ] {
        let world = World::new();
        let go_dev = Downloads::new(&["go1.22.3"]).behind_go_dev(&world);
        let outcome = go_dev.reached_by(install(&world, "1.22.3")).env("GOPROXY", &goproxy).run();
        assert_eq!(outcome.status().success(), is_asked, "{goproxy}: {}", outcome.report());
        let archive = format!("/dl/{}", file_name("go1.22.3"));
        assert_eq!(go_dev.server.paths().contains(&archive), is_asked, "{goproxy}");
        assert_eq!(go_dev.server.paths().is_empty(), !is_asked, "{goproxy}");
    }
}

#[test]
fn goproxy_off_is_off_for_all_that_goproxy_stands_before() {
    let downloads = Downloads::new(&["go1.22.3"]);
    let mirror = downloads.clone().mirror();
    let world = world(&format!("goproxy, {}/dl", mirror.url()));
    world.write(CHECKSUMS, downloads.checksums());
    let before = contents(&world.gowr_home());
    let off = |world| install(world, "1.22.3").env("GOPROXY", "off");
    refused(&world, &off(&world).run(), "downloads are switched off by GOPROXY=off", &before);
    assert_eq!(mirror.paths(), [""; 0]);
    // To a mirror alone it means nothing.
    world.write(CONFIGURATION, format!("sources: {}/dl\n", mirror.url()));
    installs(&world, &off(&world), "go1.22.3");
}

#[test]
fn other_managers_mirrors_are_named_where_one_would_have_helped() {
    let world = World::new();
    let mirror = "https://mirrors.example/golang/";
    let run = |variables: &[(&str, &str)]| {
        let run = install(&world, "1.22.3");
        variables.iter().fold(run, |run, (name, value)| run.env(name, value)).run()
    };
    let outcome = run(&[("GO_BUILD_MIRROR_URL", mirror)]);
    assert_eq!(outcome.code(), Some(1));
    let stderr = outcome.stderr();
    let note = "GO_BUILD_MIRROR_URL names a mirror for goenv; gowr takes mirrors from `sources`";
    assert!(stderr.contains(note), "{stderr}");
    let fix = stderr.lines().find_map(|line| line.strip_prefix("  run: ")).unwrap();
    let file = world.path(CONFIGURATION).display().to_string();
    let fix = fix.replace("[HOME]", &world.home().display().to_string());
    assert_eq!(fix, format!("echo 'sources: goproxy, {mirror}' >> {file}"));
    // What it says is what gowr reads: the mirror is then one of its sources.
    world.write(CONFIGURATION, "");
    world.run("/bin/sh").args(["-c", &fix]).run().success();
    let outcome = run(&[("GO_BUILD_MIRROR_URL", mirror)]);
    assert!(!outcome.stderr().contains(note), "{}", outcome.report());
    world.write(CONFIGURATION, "sources: goproxy\n");
    let outcome = run(&[("MISE_GO_DOWNLOAD_MIRROR", mirror)]);
    assert!(outcome.stderr().contains("run: ${EDITOR:-vi} "), "{}", outcome.report());
    // It is of no use to somebody who asks for what is not there.
    let proxy = Server::start(|_| Response::status(404));
    let run = install(&world, "1.22.3").env("GOPROXY", proxy.url());
    let outcome = run.env("GO_BUILD_MIRROR_URL", mirror).run();
    assert!(!outcome.stderr().contains(note), "{}", outcome.report());
}

#[test]
fn archives_that_are_no_release() {
    let gzipped = |kind: EntryType, name: &str, link: &str| {
        let encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        let mut builder = Builder::new(encoder);
        let mut header = Header::new_ustar();
        header.set_entry_type(kind);
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.as_old_mut().linkname[..link.len()].copy_from_slice(link.as_bytes());
        header.set_size(0);
        header.set_mode(0o644);
        header.set_cksum();
        builder.append(&header, &b""[..]).unwrap();
        builder.into_inner().and_then(flate2::write::GzEncoder::finish).unwrap()
    };
    for archive in [
        gzipped(EntryType::Symlink, "go/bin", "/bin"),
        gzipped(EntryType::Link, "go/VERSION", "/etc/passwd"),
        gzipped(EntryType::Regular, "go/../../../escaped", ""),
        gzipped(EntryType::Regular, "/tmp/escaped", ""),
        gzipped(EntryType::Char, "go/null", ""),
        b"<html>not here</html>".to_vec(),
        Vec::new(),
    ] {
        // Even one that its hash proves.
        let mut downloads = Downloads::default();
        downloads.archives.insert(file_name("go1.22.3"), archive);
        let mirror = downloads.clone().mirror();
        let world = world(&format!("{}/dl", mirror.url()));
        world.write(CHECKSUMS, downloads.checksums());
        let before = contents(&world.gowr_home());
        let said = "the archive is not a release's tar.gz that can be unpacked";
        refused(&world, &install(&world, "1.22.3").run(), said, &before);
    }
}

#[test]
fn the_list_is_of_all_sources() {
    let service = Service::new(&["go1.22.3", "go1.23.4"]);
    let proxy = service.start();
    let world = world("goproxy, files");
    let go_dev = Downloads::new(&["go1.22.3", "go1.20"]).behind_go_dev(&world);
    let list = |words: &[&str]| {
        let run = world.gowr(["list", "--remote"]).args(words).env("GOPROXY", proxy.url());
        go_dev.reached_by(run)
    };
    assert_eq!(list(&[]).run().quiet().stdout(), "go1.20\ngo1.22.3\ngo1.23.4\n");
    let document = list(&["--json"]).run().quiet().json();
    let release = |name: &str, sources: &[&str]| json!({"name": name, "installed": false, "sources": sources});
    assert_eq!(
        document,
        json!({"schema": 1, "failures": [], "releases": [
            release("go1.20", &["https://go.dev/dl"]),
            release("go1.22.3", &["goproxy", "https://go.dev/dl"]),
            release("go1.23.4", &["goproxy"]),
        ]})
    );
    // One that does not answer does not hide the other.
    let outcome = list(&[]).env("HTTPS_PROXY", NOWHERE).run();
    assert_eq!(outcome.success().stdout(), "go1.22.3\ngo1.23.4\n");
    assert!(
        outcome.stderr().contains("https://go.dev/dl does not answer: "),
        "{}",
        outcome.report()
    );
    let document = list(&["--json"]).env("GOPROXY", NOWHERE).run().success().json();
    assert_eq!(document["failures"][0]["source"], "goproxy");
    assert_eq!(document["releases"].as_array().unwrap().len(), 2);
    let nobody = list(&[]).env("GOPROXY", NOWHERE).env("HTTPS_PROXY", NOWHERE).run();
    assert_eq!(nobody.code(), Some(1), "{}", nobody.report());
}
