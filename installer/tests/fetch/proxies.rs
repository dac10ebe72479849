//! The list of proxies, and how servers fail.

use std::net::TcpListener;

use installer::error::Kind;
use installer::install::Source;

use crate::module::{Module, incompressible};
use crate::server::{Request, Response, Server};
use crate::site::{Content, NAME, Place, Site, is_zip, whole};

fn failing(status: u16) -> Server {
    Server::start(move |_| {
        Response { body: b"go away\x1b[2J\n".to_vec(), ..Response::status(status) }
            .with("Content-Type", "text/plain; charset=utf-8")
    })
}

#[test]
fn after_404_and_410_the_next_is_asked() {
    for status in [404, 410] {
        for separator in [',', '|'] {
            let (first, site) = (failing(status), Site::new(Content::new()));
            let list = format!("{}{separator}{}", first.url(), site.url());
            Place::new(&list, &site.key()).fetch().expect("fetched");
        }
    }
}

#[test]
fn after_another_error_only_where_the_list_says_so() {
    for status in [403, 500, 503] {
        let (first, site) = (failing(status), Site::new(Content::new()));
        Place::new(&format!("{}|{}", first.url(), site.url()), &site.key())
            .fetch()
            .expect("fetched");
        let error = Place::new(&format!("{},{}", first.url(), site.url()), &site.key()).fails();
        let text = whole(&error);
        assert_eq!(error.kind(), Kind::Network, "{text}");
        assert!(text.contains(&format!("{status}")) && text.contains("go away"), "{text}");
        assert!(!text.contains('\x1b'), "{text}");
        assert!(error.fix().is_some_and(|fix| fix.starts_with("curl -I ")), "{error:?}");
    }
}

#[test]
fn an_answer_that_breaks_off_is_an_error_like_others() {
    // Larger than the first range, so that much is unpacked when the second breaks off.
    let mut module = Module::toolchain(NAME);
    module.files.push((String::from("z/large"), incompressible(3 << 20)));
    let mut content = Content::empty();
    content.publish(&module);
    let zip = content.zip();
    let site = Site::new(content);
    let broken = Server::start(move |request: &Request| match request.header("Range") {
        Some(range) if range.starts_with("bytes=0-") => {
            let answer = Response::file(request, &zip, "\"v1\"");
            Response { cut: Some(answer.body.len() - 100_000), ..answer }
        }
        Some(_) => Response::file(request, &zip, "\"v1\""),
        None => Response::status(404),
    });
    let place = Place::new(&format!("{}|{}", broken.url(), site.url()), &site.key());
    assert_eq!(place.fetch().expect("fetched").hash, module.h1());
    assert_eq!(broken.paths().iter().filter(|path| is_zip(path)).count(), 2);
    Place::new(&format!("{},{}", broken.url(), site.url()), &site.key()).fails();
}

#[test]
fn what_cannot_be_believed_is_never_tried_elsewhere() {
    let content = Content::new();
    let site = Site::new(content.clone());
    let wrong = Site::new(content.lie(".zip", Response::ok("no zip")));
    let error = Place::new(&format!("{}|{}", wrong.url(), site.url()), &site.key()).fails();
    assert_eq!(error.kind(), Kind::Integrity, "{}", whole(&error));
    assert!(!site.server.paths().iter().any(|path| is_zip(path)));
}

#[test]
fn off_asks_nobody() {
    let site = Site::new(Content::new());
    let place = Place::new("off", &site.key());
    let error = place.fails();
    assert_eq!(error.kind(), Kind::Configuration);
    assert_eq!(
        whole(&error),
        "downloads are switched off by GOPROXY=off: GOPROXY=off in the environment"
    );
    assert_eq!(error.fix().as_deref(), Some("unset GOPROXY"));
    let error = place.fetcher().expect("settings").versions().expect_err("off");
    assert_eq!(error.kind(), Kind::Configuration);
    assert_eq!(site.server.paths(), [""; 0]);
}

#[test]
fn what_nobody_has_is_not_published() {
    let site = Site::new(Content::new());
    let place = Place::of(&site);
    let error = place.fetch_named("go1.99.2").expect_err("nothing there");
    assert_eq!(error.kind(), Kind::NotFound);
    assert!(error.to_string().starts_with("go1.99.2 is not published for linux-"), "{error}");
    assert_eq!(error.fix().as_deref(), Some("gowr list --remote"));
    let error = Place::new("file:///nowhere/at/all", &site.key()).fails();
    assert_eq!(error.kind(), Kind::NotFound, "{}", whole(&error));
}

#[test]
fn the_list_of_versions() {
    let mut content = Content::new();
    for name in ["go1.98.10", "go1.98.9", "go1.98rc1"] {
        content.publish(&Module::toolchain(name));
    }
    let list =
        content.modules.iter_mut().find(|(path, _)| path.ends_with("/list")).expect("there").1;
    list.extend_from_slice(b"v0.0.1-go1.9.2rc2.linux-amd64\nv0.0.1-go1.97.0.plan9-arm\n");
    let site = Site::new(content);
    let names = Place::of(&site).fetcher().expect("settings").versions().expect("listed");
    let names: Vec<_> = names.iter().map(ToString::to_string).collect();
    assert_eq!(names, ["go1.98rc1", "go1.98.9", "go1.98.10", "go1.99.1"]);
}

#[test]
fn a_proxy_that_serves_the_database_is_asked_alone() {
    let content = Content::new();
    let site = Site::new(content.clone());
    // Says that it serves the database, and does not.
    let broken = Site::new(
        content.lie(&format!("@{}", Module::toolchain(NAME).version), Response::status(500)),
    );
    let error = Place::new(&format!("{}|{}", broken.url(), site.url()), &site.key()).fails();
    assert_eq!(error.kind(), Kind::Network, "{}", whole(&error));
    assert!(whole(&error).contains("/lookup/"), "{}", whole(&error));
    assert!(!site.server.paths().iter().any(|path| path.contains("sumdb")));
}

#[test]
fn a_database_that_no_proxy_serves_is_asked_itself() {
    // Its name is an address of its own; there, https is spoken, which this server does not.
    let mut content = Content::new();
    let direct = Server::start(|_| Response::status(404));
    let name = direct.url().replace("http://", "");
    let mut log = crate::log::Log::new(&name);
    log.append(
        crate::module::TOOLCHAIN,
        &Module::toolchain(NAME).version,
        &Module::toolchain(NAME).h1(),
    );
    content.log = log;
    let key = content.log.key();
    let site = Site::new(content.lie("/supported", Response::status(404)));
    let error = Place::new(&site.url(), &key).fails();
    assert_eq!(error.kind(), Kind::Network, "{}", whole(&error));
    assert!(
        error.to_string().starts_with(&format!("cannot read https://{name}/lookup/")),
        "{error}"
    );
}

#[test]
fn redirects_end() {
    let endless = Server::start(|request: &Request| Response::redirect(request.path.clone()));
    let error = Place::new(&endless.url(), &Content::new().log.key()).fails();
    assert!(whole(&error).contains("stopped after 10 redirects"), "{}", whole(&error));
    assert_eq!(error.kind(), Kind::Network);
    for target in ["file:///etc/passwd", "gopher://x/", "http://"] {
        let elsewhere = Server::start(move |_: &Request| Response::redirect(target));
        let error = Place::new(&elsewhere.url(), &Content::new().log.key()).fails();
        assert_eq!(error.kind(), Kind::Network, "{}", whole(&error));
    }
}

#[test]
fn nobody_listens() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    drop(listener);
    let error = Place::new(&url, &Content::new().log.key()).fails();
    assert_eq!(error.kind(), Kind::Network);
    assert!(whole(&error).ends_with(".zip: connection refused"), "{}", whole(&error));
}

#[test]
fn documents_are_bounded() {
    let content = Content::new();
    let endless = Response::ok(vec![b'\n'; 17 << 20]);
    let site = Site::new(content.clone().lie("/list", endless));
    let error = Place::of(&site).fetcher().expect("settings").versions().expect_err("too long");
    assert_eq!(error.kind(), Kind::Network);
    assert!(whole(&error).contains("larger than"), "{}", whole(&error));
    let site = Site::new(content.lie("tile/8/0/001", Response::ok(vec![0; 8193])));
    let error = Place::of(&site).fails();
    assert!(whole(&error).contains("larger than 8192 bytes"), "{}", whole(&error));
}

/// A proxy of the web: it connects where it is told to, and counts.
fn web_proxy() -> Server {
    Server::start(|request: &Request| match request.method.as_str() {
        "CONNECT" => Response::status(407),
        _ => Response::status(400),
    })
}

#[test]
fn the_webs_proxies_are_gos() {
    // A name that only a proxy could find: the request must go to it, and for https to the other one.
    let (proxy, other) = (web_proxy(), web_proxy());
    let key = Content::new().log.key();
    let place = Place::new("http://nowhere.invalid", &key)
        .with("HTTP_PROXY", &proxy.url())
        .with("HTTPS_PROXY", &other.url())
        .with("ALL_PROXY", "http://127.0.0.1:1");
    let error = place.fails();
    assert_eq!(error.kind(), Kind::Network, "{}", whole(&error));
    // As Go and curl ask a proxy: for the whole address, not for a tunnel.
    let asked = |request: &Request| {
        request.method == "GET" && request.path.starts_with("http://nowhere.invalid/")
    };
    assert!(proxy.requests().iter().all(asked), "{:?}", proxy.requests());
    assert!(!proxy.requests().is_empty() && other.requests().is_empty());

    let place = Place::new("https://nowhere.invalid", &key)
        .with("HTTP_PROXY", &proxy.url())
        .with("https_proxy", &other.url().replace("http://", "user:word@"));
    place.fails();
    let request = other.requests().first().cloned().expect("asked");
    assert_eq!(
        (request.method.as_str(), request.path.as_str()),
        ("CONNECT", "nowhere.invalid:443")
    );
    assert_eq!(request.header("Proxy-Authorization"), Some("Basic dXNlcjp3b3Jk"));

    // Not for this machine, and not for what is excepted.
    let site = Site::new(Content::new());
    let asked = proxy.requests().len();
    Place::of(&site).with("HTTP_PROXY", &proxy.url()).fetch().expect("fetched");
    Place::new("http://nowhere.invalid", &key)
        .with("HTTP_PROXY", &proxy.url())
        .with("NO_PROXY", ".invalid")
        .fails();
    assert_eq!(proxy.requests().len(), asked);
}

#[test]
fn through_a_proxy_of_the_web() {
    // Serves what the site has, whatever host is asked for.
    let content = Content::new();
    let key = content.log.key();
    let proxy = Server::start(move |request: &Request| {
        let path = request.path.strip_prefix("http://nowhere.invalid:8080").expect("an address");
        assert_eq!(request.header("Proxy-Authorization"), Some("Basic dXNlcjpwQHM="));
        assert_eq!(request.header("Host"), Some("nowhere.invalid:8080"));
        let mut request = request.clone();
        request.path = path.to_owned();
        content.answer(&request)
    });
    let address = proxy.url().replace("http://", "http://user:p%40s@");
    let place = Place::new("http://nowhere.invalid:8080", &key).with("HTTP_PROXY", &address);
    assert_eq!(place.fetch().expect("fetched").hash, Module::toolchain(NAME).h1());
    assert!(proxy.requests().len() > 4);
}
