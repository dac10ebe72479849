use std::ffi::OsString;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::*;
use crate::error::Kind;

#[allow(dead_code, reason = "other suites use more of it")]
#[path = "../../../tests/support/server.rs"]
mod server;

use server::{Ending, Request, Response, Server};

/// How long a test's client waits for a server.
const TIMEOUT: Duration = Duration::from_secs(1);

fn client_with(variables: &[(&str, &str)]) -> Result<Client, Error> {
    let settings = GoSettings::read_with(&|name| match name {
        "GOENV" => Some(OsString::from("off")),
        "GOWR_HTTP_TIMEOUT" => Some(OsString::from("1")),
        name => variables.iter().find(|(key, _)| *key == name).map(|(_, value)| value.into()),
    });
    Client::new(&settings?, Arc::new(()))
}

fn client(retries: u32) -> Client {
    client_with(&[("GOWR_HTTP_RETRIES", &retries.to_string())]).expect("settings")
}

fn at(server: &Server, path: &str) -> Location {
    Location::parse(&server.url()).expect("an address").join(path)
}

/// What is read with so many retries, whole, and the same through the reader alone.
fn read(server: &Server, retries: u32) -> Result<Vec<u8>, Error> {
    let location = at(server, "file");
    let client = client(retries);
    let mut content = Vec::new();
    let mut download = client.download(&location, 1 << 30)?;
    download.read_to_end(&mut content).map_err(|error| read_error(&location, error))?;
    Ok(content)
}

fn whole(error: &Error) -> String {
    let source = std::error::Error::source(error).map(|source| format!(": {source}"));
    format!("{error}{}", source.unwrap_or_default())
}

fn content(length: usize) -> Vec<u8> {
    (0..length).map(|number| (number * number / 7).to_le_bytes()[0]).collect()
}

/// The ranges asked for, and the versions they must be of.
fn ranges(server: &Server) -> Vec<(Option<String>, Option<String>)> {
    let header = |request: &Request, name| request.header(name).map(str::to_owned);
    let requests = server.requests();
    requests.iter().map(|it| (header(it, "Range"), header(it, "If-Range"))).collect()
}

/// Answers the first `breaks` requests with `broken`, and all others well.
fn breaking(
    breaks: usize,
    answer: impl Fn(&Request) -> Response + Send + Sync + 'static,
    broken: impl Fn(Response) -> Response + Send + Sync + 'static,
) -> Server {
    let count = AtomicUsize::new(0);
    Server::start(move |request| match count.fetch_add(1, Ordering::SeqCst) {
        number if number < breaks => broken(answer(request)),
        _ => answer(request),
    })
}

#[test]
fn goes_on_where_it_broke() {
    let file = content(300_000);
    let stall = Ending::Stall(TIMEOUT * 2);
    for ending in [Ending::Close, Ending::Reset, stall] {
        for is_chunked in [false, true] {
            let content = file.clone();
            let server = breaking(
                2,
                move |request| Response {
                    is_chunked,
                    ..Response::file(request, &content, "\"v1\"")
                },
                // Without a length an end that is cut is still no end.
                move |answer| answer.cut(100_000, ending),
            );
            assert_eq!(read(&server, 3).expect("read"), file, "{ending:?} {is_chunked}");
            let version = Some(String::from("\"v1\""));
            let range = |first: u32| {
                let last = if is_chunked { "" } else { "299999" };
                Some(format!("bytes={first}-{last}"))
            };
            // A reset may overtake what was sent before it.
            if ending != Ending::Reset {
                let expected =
                    [(None, None), (range(100_000), version.clone()), (range(200_000), version)];
                assert_eq!(ranges(&server), expected, "{ending:?} {is_chunked}");
                assert_eq!(server.sent(), 300_000, "{ending:?} {is_chunked}");
            }
        }
    }
}

#[test]
fn goes_on_without_ranges_if_it_is_the_same_version() {
    let file = content(300_000);
    let content = file.clone();
    let whole = move |_: &Request| Response::ok(content.clone()).with("ETag", "\"v1\"");
    let server = breaking(2, whole, |answer| answer.cut(100_000, Ending::Close));
    assert_eq!(read(&server, 2).expect("read"), file);
    assert_eq!(server.requests().len(), 3);
}

#[test]
fn a_date_tells_versions_apart_where_no_strong_tag_does() {
    let file = content(3000);
    let content = file.clone();
    let date = "Wed, 27 Nov 2024 20:27:20 GMT";
    let server = breaking(
        1,
        move |request| {
            let mut answer = Response::file(request, &content, date);
            answer.headers.retain(|(name, _)| name != "ETag");
            answer.with("ETag", "W/\"weak\"").with("Last-Modified", date)
        },
        |answer| answer.cut(1000, Ending::Close),
    );
    assert_eq!(read(&server, 1).expect("read"), file);
    let expected = (Some(String::from("bytes=1000-2999")), Some(date.to_owned()));
    assert_eq!(ranges(&server)[1], expected);
}

type Answer = fn(&Request, &[u8]) -> Response;

#[test]
fn the_rest_of_another_file_is_not_taken() {
    let (old, new) = (content(3000), vec![7; 3000]);
    let answers: [(Answer, &str); 6] = [
        (|request, new| Response::file(request, new, "\"v2\""), "another version of it now"),
        // What a server that knows nothing of If-Range does.
        (
            |request, new| {
                let mut headers = request.clone();
                headers.remove("If-Range");
                Response::file(&headers, new, "\"v2\"")
            },
            "another version of it now",
        ),
        (|request, new| Response::file(request, &new[1..], "\"v1\""), "another range"),
        (|_, new| Response::ok(&new[1..]).with("ETag", "\"v1\""), "another version"),
        (|_, _| Response::status(416), "fewer bytes of it than it said"),
        (
            |_, new| {
                Response { status: 206, ..Response::ok(&new[..2000]) }
                    .with("Content-Range", "bytes 0-1999/3000")
                    .with("ETag", "\"v1\"")
            },
            "another range than asked for",
        ),
    ];
    for (answer, says) in answers {
        let (old, new) = (old.clone(), new.clone());
        let count = AtomicUsize::new(0);
        let server = Server::start(move |request| match count.fetch_add(1, Ordering::SeqCst) {
            0 => Response::file(request, &old, "\"v1\"").cut(1000, Ending::Close),
            1 => answer(request, &new),
            // From then on all is well, for those who begin anew.
            _ => Response::file(request, &new, "\"v2\""),
        });
        let error = read(&server, 3).expect_err("another file");
        let text = whole(&error);
        assert!(matches!(error, Error::Replaced { .. }), "{text}");
        assert_eq!(error.kind(), Kind::Network);
        assert!(text.contains("broke off after 1000 bytes") && text.contains(says), "{text}");
    }
}

#[test]
fn what_was_replaced_is_read_from_its_beginning() {
    let new = content(2000);
    let replacement = new.clone();
    let count = AtomicUsize::new(0);
    let server = Server::start(move |request| match count.fetch_add(1, Ordering::SeqCst) {
        0 => Response::file(request, &[9; 3000], "\"v1\"").cut(1000, Ending::Close),
        _ => Response::file(request, &replacement, "\"v2\""),
    });
    assert_eq!(client(1).document(&at(&server, "file"), 4000).expect("read"), new);

    // Without anything that tells versions apart each try is one from the beginning, and there are not many.
    let count = AtomicUsize::new(0);
    let server = Server::start(move |_| match count.fetch_add(1, Ordering::SeqCst) {
        0 | 1 => Response::ok(content(2000)).cut(1000, Ending::Close),
        _ => Response::ok(content(2000)),
    });
    assert_eq!(client(1).document(&at(&server, "file"), 4000).expect("read"), new);
    let broken = Server::start(|_| Response::ok(content(2000)).cut(1000, Ending::Close));
    let error = client(1).document(&at(&broken, "file"), 4000).expect_err("broken");
    assert!(whole(&error).contains("nothing tells whether the rest"), "{}", whole(&error));
    assert_eq!(broken.requests().len(), 3);
}

#[test]
fn gives_up_after_some_tries_and_says_so() {
    let broken = Server::start(|request| {
        Response::file(request, &content(300_000), "\"v1\"").cut(10, Ending::Close)
    });
    let error = read(&broken, 2).expect_err("broken");
    let text = whole(&error);
    assert!(
        text.ends_with("the answer broke off: the connection was closed (tried 3 times)"),
        "{text}"
    );
    assert_eq!(broken.requests().len(), 3);
    let error = read(&broken, 0).expect_err("broken");
    assert!(!whole(&error).contains("tried"), "{}", whole(&error));
}

#[test]
fn progress_earns_new_tries() {
    let file = content(7 << 20);
    let content = file.clone();
    // It breaks each time after a little more than is progress.
    let server = Server::start(move |request| {
        let answer = Response::file(request, &content, "\"v1\"");
        let length = answer.body.len();
        if length > (3 << 19) { answer.cut(3 << 19, Ending::Close) } else { answer }
    });
    assert_eq!(read(&server, 1).expect("read"), file);
    assert_eq!(server.requests().len(), 5);
    assert_eq!(server.sent(), 7 << 20);
}

#[test]
fn what_passes_is_asked_again() {
    for (status, requests) in [(408, 2), (429, 2), (500, 2), (502, 2), (503, 2), (504, 2)] {
        let server = breaking(1, |_| Response::ok("x"), move |_| Response::status(status));
        assert_eq!(read(&server, 1).expect("read"), b"x", "{status}");
        assert_eq!(server.requests().len(), requests);
    }
    for status in [400, 401, 403, 404, 410, 451, 501] {
        let server = Server::start(move |_| Response::status(status));
        let error = read(&server, 3).expect_err("refused");
        assert!(whole(&error).contains(&status.to_string()), "{}", whole(&error));
        assert_eq!(server.requests().len(), 1, "{status}");
    }
    let server = Server::start(|_| {
        Response { body: b"not today\n".to_vec(), ..Response::status(503) }
            .with("Content-Type", "text/plain")
    });
    let text = whole(&read(&server, 1).expect_err("refused"));
    assert!(text.ends_with("503 Service Unavailable: not today (tried 2 times)"), "{text}");
}

#[test]
fn waits_as_long_as_the_server_asks() {
    let server =
        breaking(1, |_| Response::ok("x"), |_| Response::status(429).with("Retry-After", "2"));
    let begun = Instant::now();
    read(&server, 1).expect("read");
    assert!((2.0..4.0).contains(&begun.elapsed().as_secs_f64()), "{:?}", begun.elapsed());
}

#[test]
fn who_says_nothing_is_not_waited_for_for_ever() {
    let stall = Ending::Stall(TIMEOUT * 5);
    let silent = Server::start(move |_| Response { ending: stall, ..Response::raw("") });
    let begun = Instant::now();
    let text = whole(&read(&silent, 1).expect_err("silent"));
    assert!(text.ends_with("nothing came for a second (tried 2 times)"), "{text}");
    assert!(begun.elapsed() < TIMEOUT * 5, "{:?}", begun.elapsed());

    // Half a head.
    let answer = Response { ending: stall, ..Response::raw("HTTP/1.1 200 OK\r\nContent-") };
    let silent = Server::start(move |_| answer.clone());
    let text = whole(&read(&silent, 0).expect_err("silent"));
    assert!(text.ends_with("nothing came for a second"), "{text}");

    // A byte now and then.
    let slow = Server::start(|_| Response {
        pace: Some((1, Duration::from_millis(150))),
        ..Response::ok(content(10_000))
    });
    let begun = Instant::now();
    let text = whole(&read(&slow, 0).expect_err("slow"));
    assert!(text.ends_with("the server sent next to nothing for a second"), "{text}");
    assert!(begun.elapsed() < TIMEOUT * 3, "{:?}", begun.elapsed());
}

#[test]
fn slow_is_not_silent() {
    let slow = Server::start(|_| Response {
        pace: Some((20, Duration::from_millis(100))),
        ..Response::ok(content(500))
    });
    assert_eq!(read(&slow, 0).expect("read"), content(500));
}

#[test]
fn garbage_is_not_asked_for_again() {
    for garbage in
        [&b"SSH-2.0-OpenSSH_9.2\r\n"[..], b"\x16\x03\x01\x02\x00", b"HTTP/1.1 abc\r\n\r\n"]
    {
        let server = Server::start(move |_| Response::raw(garbage));
        let error = read(&server, 3).expect_err("garbage");
        assert_eq!(error.kind(), Kind::Network, "{}", whole(&error));
        assert_eq!(server.requests().len(), 1, "{}", whole(&error));
    }
    // A head without an end.
    let answer = Response { is_endless: true, ..Response::ok("x") };
    let endless = Server::start(move |_| {
        let head = format!("HTTP/1.1 200 OK\r\n{}", "X-Filler: y\r\n".repeat(20_000));
        Response { raw: Some(head.into_bytes()), ..answer.clone() }
    });
    let error = read(&endless, 0).expect_err("endless");
    assert_eq!(error.kind(), Kind::Network, "{}", whole(&error));
}

#[test]
fn nothing_is_endless() {
    let claimed = Server::start(|_| Response { length: Some(100 << 30), ..Response::ok("x") });
    let text = whole(&client(0).document(&at(&claimed, "x"), 1000).expect_err("too large"));
    assert!(text.ends_with("it is larger than 1000 bytes"), "{text}");
    for is_chunked in [false, true] {
        let endless = Server::start(move |_| Response {
            is_endless: true,
            is_chunked,
            length: Some(1 << 40).filter(|_| !is_chunked),
            ..Response::ok(vec![b'x'; 65_536])
        });
        let error = client(0).document(&at(&endless, "x"), 1 << 20).expect_err("too large");
        assert!(whole(&error).contains("larger than 1048576 bytes"), "{}", whole(&error));
        assert!(endless.sent() < 64 << 20, "{}", endless.sent());
    }
    // Just as large as it may be.
    let server = Server::start(|_| Response::ok("12345"));
    assert_eq!(client(0).document(&at(&server, "x"), 5).expect("read"), b"12345");
    client(0).document(&at(&server, "x"), 4).expect_err("too large");
}

#[test]
fn fewer_bytes_than_announced_are_an_error_and_more_are_not_read() {
    let lying = Server::start(|request| {
        let answer = Response::file(request, &content(1000), "\"v1\"");
        let length = answer.body.len() as u64 + 10;
        match answer.status {
            200 => Response { length: Some(length), ..answer }.cut(1000, Ending::Close),
            _ => answer,
        }
    });
    let error = read(&lying, 3).expect_err("fewer");
    assert!(whole(&error).contains("broke off after 1000 bytes"), "{}", whole(&error));
    let lying = Server::start(|_| Response { length: Some(10), ..Response::ok(content(1000)) });
    assert_eq!(read(&lying, 0).expect("read"), content(10));
}

#[test]
fn codings_are_refused_unless_they_are_the_files_own() {
    let server = Server::start(|_| Response::ok("coded").with("Content-Encoding", "gzip"));
    let client = client(0);
    let text = whole(&client.document(&at(&server, "list"), 100).expect_err("coded"));
    assert!(text.ends_with("the server sends it coded (gzip), which nobody asked for"), "{text}");
    assert_eq!(client.document(&at(&server, "go.tar.gz"), 100).expect("read"), b"coded");
    assert!(server.requests().iter().all(|it| it.header("Accept-Encoding") == Some("identity")));
}

#[test]
fn parts() {
    let server = Server::start(|request| Response::file(request, &content(1000), "\"v1\""));
    let location = at(&server, "file");
    let client = client(0);
    let part = Part::From { first: 100, end: Some(300), validator: Some("\"v1\"") };
    let mut download = client.open(&location, part, 1000).expect("opened");
    assert_eq!(download.span(), Span::Part { first: 100, end: 300, total: 1000 });
    assert_eq!((download.total(), download.validator()), (Some(1000), Some("\"v1\"")));
    let mut found = Vec::new();
    download.read_to_end(&mut found).expect("read");
    assert_eq!(found, content(1000)[100..300]);
    assert_eq!(download.read(&mut [0; 8]).expect("the end"), 0);
    let error = client.open(&location, part, 999).expect_err("too large");
    assert!(whole(&error).contains("larger than 999 bytes"), "{}", whole(&error));
}

#[test]
fn patience_is_a_setting() {
    for (name, value, problem) in [
        ("GOWR_HTTP_RETRIES", "many", "it is not a whole number"),
        ("GOWR_HTTP_RETRIES", "-1", "it is not a whole number"),
    ] {
        let error = client_with(&[(name, value)]).err().expect(value);
        assert_eq!(error.to_string(), format!("{name} cannot be used: {problem}"));
        assert_eq!(error.fix(), Some(format!("unset {name}")));
    }
}

#[test]
fn an_unknown_form_of_goauth_is_named_where_it_would_have_mattered() {
    let server = Server::start(|request| match request.path.as_str() {
        "/secret" => Response::status(401),
        _ => Response::ok("x"),
    });
    for (goauth, is_named) in [("git /src;netrc", true), ("netrc", false), ("off", false)] {
        let client =
            client_with(&[("GOAUTH", goauth), ("GOWR_HTTP_RETRIES", "0")]).expect("settings");
        client.document(&at(&server, "open"), 10).expect("nobody asks for a password");
        let error = client.document(&at(&server, "secret"), 10).expect_err("refused");
        let text = whole(&error);
        assert_eq!(
            text.contains(&format!("GOAUTH={goauth} in the environment")),
            is_named,
            "{text}"
        );
        assert!(text.contains("401"), "{text}");
    }
}
