//! cmd/go as an oracle: it believes our log and our zip, and refuses what we refuse.

use std::path::Path;
use std::process::Command;

use crate::module::{Module, TOOLCHAIN};
use crate::server::Response;
use crate::site::{Content, NAME, Place, Site};

/// Downloads with a real `go`: `$GOWR_TEST_GO`, else the one on PATH.
fn download(site: &Site, gopath: &Path) -> Result<String, String> {
    let go = std::env::var_os("GOWR_TEST_GO").unwrap_or_else(|| "go".into());
    let version = Module::toolchain(NAME).version;
    let output = Command::new(go)
        .args(["mod", "download", "-json", &format!("{TOOLCHAIN}@{version}")])
        .current_dir(gopath)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .envs([("GOENV", "off"), ("GOTOOLCHAIN", "local"), ("GOFLAGS", "-modcacherw")])
        .envs([("GOPROXY", site.url()), ("GOSUMDB", site.key())])
        .env("HOME", gopath)
        .env("GOPATH", gopath)
        .output()
        .expect("a go on PATH, or GOWR_TEST_GO");
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    if output.status.success() { Ok(text.into_owned()) } else { Err(text.into_owned()) }
}

#[test]
fn believes_our_log() {
    let site = Site::new(Content::new());
    let gopath = tempfile::tempdir().expect("a directory");
    let text = download(&site, gopath.path()).expect("believed");
    assert!(text.contains(&Module::toolchain(NAME).h1()), "{text}");
    assert!(site.server.paths().iter().any(|path| path.contains("/tile/8/0/")));
    assert_eq!(Place::of(&site).fetch().expect("fetched").hash, Module::toolchain(NAME).h1());

    // Also once it has grown; and both keep the same head.
    site.change(|content| content.log.fill(2000));
    let place = Place::of(&site);
    place.fetch().expect("fetched");
    std::fs::remove_dir_all(gopath.path().join("pkg/mod")).expect("removed");
    download(&site, gopath.path()).expect("believed");
    let theirs =
        std::fs::read_to_string(gopath.path().join("pkg/sumdb/sum.test/latest")).expect("kept");
    let ours =
        std::fs::read_dir(place.heads()).expect("listed").next().expect("kept").expect("listed");
    assert_eq!(std::fs::read_to_string(ours.path()).expect("read"), theirs);
}

#[test]
fn refuses_what_we_refuse() {
    let honest = Content::new();
    let version = Module::toolchain(NAME).version;
    let lookup = format!("lookup/{TOOLCHAIN}@{version}");
    let answer = String::from_utf8(honest.log.serve(&lookup).expect("there")).expect("text");
    let mut other_zip = honest.clone();
    let mut module = Module::toolchain(NAME);
    module.files.pop();
    other_zip.serve(&module, &module.zip());
    let cases = [
        ("other zip", other_zip),
        (
            "bad signature",
            honest.clone().lie(&lookup, Response::ok(answer.replacen("\n700\n", "\n699\n", 1))),
        ),
        ("other version", honest.clone().lie(&lookup, Response::ok(honest.log.lookup(5, 700)))),
        ("other tile", honest.clone().lie("tile/8/0/001", Response::ok(vec![0; 8192]))),
        ("cut tile", honest.clone().lie("tile/8/0/001", Response::ok(vec![0; 8191]))),
    ];
    for (name, content) in cases {
        let site = Site::new(content);
        let gopath = tempfile::tempdir().expect("a directory");
        let theirs = download(&site, gopath.path()).expect_err(name);
        let ours = crate::site::whole(&Place::of(&site).fails());
        // Go says it only where it has proof, and "invalid signature" or "inconsistent tile" elsewhere.
        assert!(ours.contains("SECURITY ERROR"), "{theirs}\n{ours}");
    }
}

#[test]
fn refuses_a_log_that_was_rewritten() {
    let honest = Content::new();
    let site = Site::new(honest.clone());
    let gopath = tempfile::tempdir().expect("a directory");
    download(&site, gopath.path()).expect("believed");
    // It keeps the tiles; they are those of the beginning, which is the same.
    for forgotten in
        ["golang.org", "cache/download/golang.org", "cache/download/sumdb/sum.test/lookup"]
    {
        std::fs::remove_dir_all(gopath.path().join("pkg/mod").join(forgotten)).expect("removed");
    }
    let mut fork = honest;
    fork.log = fork.log.fork(650);
    fork.log.fill(900);
    let fork = Site::new(fork);
    let theirs = download(&fork, gopath.path()).expect_err("refused");
    assert!(theirs.contains("go.sum database server misbehavior detected"), "{theirs}");
}
