//! What is right is unpacked, whatever way it comes.

use std::fs;
use std::sync::{Arc, Mutex};

use installer::go_settings::GoSettings;
use installer::install::Source;
use installer::source::{FetchOptions, Fetcher, Progress};
use resolver::version::ToolchainName;

use crate::module::{Module, TOOLCHAIN};
use crate::server::{Request, Response, Server};
use crate::site::{Content, Files, NAME, Place, Site, files, is_zip};

/// The tree is what the module has: every byte, every mode, nothing more.
fn check(place: &Place) {
    let module = Module::toolchain(NAME);
    let fetched = place.fetch().expect("fetched");
    assert_eq!(fetched.hash, module.h1());
    assert_eq!(fetched.format.extension(), "zip");
    assert_eq!(fs::read(place.archive()).expect("kept"), module.zip());
    let mut expected: Vec<_> = module
        .files
        .iter()
        .map(|(name, content)| {
            let is_program = name.starts_with("bin/")
                || name.starts_with("pkg/tool/")
                || name == "lib/wasm/go_js_wasm_exec";
            let mode = if is_program { 0o100_755 } else { 0o100_644 };
            (name.replace("_go.mod", "go.mod"), mode, content.clone())
        })
        .collect();
    expected.sort();
    let found = files(&place.tree());
    let names = |files: &[(String, u32, Vec<u8>)]| -> Vec<(String, u32)> {
        files.iter().map(|(name, mode, _)| (name.clone(), *mode)).collect()
    };
    assert_eq!(names(&found), names(&expected));
    assert!(found == expected, "contents differ");
}

/// Modes are as they are for everyone.
fn usual_umask() {
    nix::sys::stat::umask(nix::sys::stat::Mode::from_bits_truncate(0o022));
}

#[test]
fn by_ranges() {
    usual_umask();
    let mut content = Content::new();
    // More than the end that is asked for first.
    let mut module = Module::toolchain(NAME);
    module.files.push((String::from("z/large"), crate::module::incompressible(3 << 20)));
    let mut log = crate::log::Log::new("sum.test");
    std::mem::swap(&mut content.log, &mut log);
    content.publish(&module);
    content.log.fill(20);
    let site = Site::new(content);
    let place = Place::of(&site);
    assert_eq!(place.fetch().expect("fetched").hash, module.h1());
    assert_eq!(fs::read(place.archive()).expect("kept"), module.zip());
    assert_eq!(files(&place.tree()).len(), module.files.len());
    let zips: Vec<_> = site
        .server
        .requests()
        .into_iter()
        .filter(|request| is_zip(&request.path))
        .map(|request| {
            let header = |name| request.header(name).map(str::to_owned);
            (header("Range").expect("a range"), header("If-Range"))
        })
        .collect();
    let rest = module.zip().len() - (2 << 20) - 1;
    let expected = [
        (String::from("bytes=-2097152"), None),
        (format!("bytes=0-{rest}"), Some(String::from("\"v1\""))),
    ];
    assert_eq!(zips, expected);
}

#[test]
fn all_in_the_first_range() {
    usual_umask();
    check(&Place::of(&Site::new(Content::new())));
}

#[test]
fn whole() {
    usual_umask();
    check(&Place::of(&Site::new(Content { files: Files::Whole, ..Content::new() })));
}

#[test]
fn whole_without_a_length() {
    usual_umask();
    check(&Place::of(&Site::new(Content { files: Files::Chunked, ..Content::new() })));
}

#[test]
fn from_files() {
    usual_umask();
    let directory = tempfile::tempdir().expect("a directory");
    let content = Content::new();
    content.write(directory.path());
    let url = format!("file://{}", directory.path().display());
    // Always checked: GOSUMDB=off would be the default database, which does not know this toolchain.
    check(&Place::new(&url, &content.log.key()));
}

#[test]
fn a_file_that_changes_on_the_server_meanwhile() {
    usual_umask();
    let content = Content::new();
    let mut module = Module::toolchain(NAME);
    module.files.push((String::from("z/large"), crate::module::incompressible(3 << 20)));
    let old = module.zip();
    let requests = Arc::new(Mutex::new(0));
    let (served, count) = (content.clone(), requests.clone());
    let changing = Server::start(move |request: &Request| {
        let mut count = count.lock().expect("no panic");
        if is_zip(&request.path) {
            *count += 1;
            if *count == 1 {
                return Response::file(request, &old, "\"v0\"");
            }
        }
        served.answer(request)
    });
    check(&Place::new(&changing.url(), &content.log.key()));
    assert_eq!(*requests.lock().expect("no panic"), 2);
}

#[test]
fn a_server_that_cannot_satisfy_the_range() {
    usual_umask();
    let content = Content { files: Files::Whole, ..Content::new() };
    let (served, key) = (content.clone(), content.log.key());
    let refusing = Server::start(move |request: &Request| match request.header("Range") {
        Some(_) => Response::status(416),
        None => served.answer(request),
    });
    check(&Place::new(&refusing.url(), &key));
}

#[test]
fn through_redirects() {
    usual_umask();
    let site = Site::new(Content::new());
    let target = site.url();
    let front = Server::start(move |request: &Request| {
        assert_eq!(request.header("Authorization"), None);
        Response::redirect(format!("{target}{}", request.path))
    });
    check(&Place::new(&front.url(), &site.key()));
}

#[test]
fn a_log_that_has_grown() {
    let mut content = Content::new();
    content.log = content.log.fork(0);
    let site = Site::new(content);
    let place = Place::of(&site);
    for size in [700, 701, 1000, 3000] {
        site.change(|content| content.log.fill(size));
        place.fetch().expect("fetched");
        std::fs::remove_dir_all(place.tree()).expect("removed");
        std::fs::create_dir(place.tree()).expect("made");
        let head =
            fs::read_dir(place.heads()).expect("listed").next().expect("a head").expect("listed");
        let text = fs::read_to_string(head.path()).expect("read");
        assert!(text.starts_with(&format!("go.sum database tree\n{size}\n")), "{text}");
    }
}

#[test]
fn a_server_that_lags_behind() {
    let old = Content::new();
    let mut new = old.clone();
    new.log.fill(1500);
    let lookup = format!("{TOOLCHAIN}@{}", Module::toolchain(NAME).version);
    // Its lookups are answered with an old head; its tiles are those of the new tree.
    let number = (0..700).find(|n| new.log.lookup(*n, 700).contains(&lookup.replace('@', " ")));
    let answer = new.log.lookup(number.expect("there"), 700);
    let new = Site::new(new);
    let place = Place::of(&new);
    place
        .fetcher()
        .expect("settings")
        .published_hash(&ToolchainName::parse(NAME).expect("a name"))
        .expect("proved");
    new.change(|content| content.lies.push((lookup, Response::ok(answer))));
    place.fetch().expect("fetched");
    let head =
        fs::read_dir(place.heads()).expect("listed").next().expect("a head").expect("listed");
    let text = fs::read_to_string(head.path()).expect("read");
    assert!(text.starts_with("go.sum database tree\n1500\n"), "the newer head is kept: {text}");
}

#[test]
fn a_database_named_with_its_address() {
    let site = Site::new(Content::new());
    let proxy = Site::new(Content::new().lie("/supported", Response::status(500)));
    let address = format!("{} {}/sumdb/sum.test", site.key(), site.url());
    Place::new(&proxy.url(), &address).fetch().expect("fetched");
    assert!(site.server.paths().iter().all(|path| path.starts_with("/sumdb/")));
    assert!(!proxy.server.paths().iter().any(|path| path.contains("sumdb")));
}

#[test]
fn partial_tiles_that_were_completed() {
    let mut content = Content::new();
    content.log.fill(1000);
    let mut newer = content.log.clone();
    newer.fill(1024);
    // The head is older than the tile.
    let full = newer.serve("tile/8/0/003").expect("full");
    let site = Site::new(
        content
            .lie("tile/8/0/003.p/232", Response::status(404))
            .lie("tile/8/0/003", Response::ok(full)),
    );
    Place::of(&site).fetch().expect("fetched");
    assert!(site.server.paths().iter().any(|path| path.ends_with("/003")));
}

struct Recorder(Arc<Mutex<Vec<Option<u64>>>>);

impl Progress for Recorder {
    fn start(&self, total: Option<u64>) {
        self.0.lock().expect("no panic").extend([total, Some(0)]);
    }
    fn advance(&self, bytes: u64) {
        if let Some(Some(count)) = self.0.lock().expect("no panic").last_mut() {
            *count += bytes;
        }
    }
    fn finish(&self) {
        self.0.lock().expect("no panic").push(None);
    }
}

#[test]
fn progress_hears_of_every_byte() {
    for files in [Files::Ranges, Files::Whole] {
        let site = Site::new(Content { files, ..Content::new() });
        let place = Place::of(&site);
        let heard = Arc::new(Mutex::new(Vec::new()));
        let (url, key) = (site.url(), site.key());
        let settings = GoSettings::read_with(&|name| match name {
            "GOPROXY" => Some(url.clone().into()),
            "GOSUMDB" => Some(key.clone().into()),
            _ => None,
        });
        let options = FetchOptions {
            heads: place.heads(),
            checksums: place.heads().join("SHA256SUMS"),
            sources: None,
            progress: Box::new(Recorder(heard.clone())),
        };
        let fetcher = Fetcher::new(&settings.expect("settings"), options).expect("settings");
        let name = ToolchainName::parse(NAME).expect("a name");
        fetcher.fetch(&name, &place.tree(), &place.archive()).expect("fetched");
        let length = Module::toolchain(NAME).zip().len() as u64;
        assert_eq!(*heard.lock().expect("no panic"), [Some(length), Some(length), None]);
    }
}
