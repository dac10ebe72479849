//! Servers and lines that fail in every way they can: an install goes on where it broke, or ends with one clear error,
//! soon, in little memory, with nothing left behind.

use std::fs;
use std::io::Write;
use std::process::Child;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::DeflateEncoder;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::support::goproxy::{Service, contents, install, is_archive, refused};
use crate::support::log::{Log, sha256};
use crate::support::module::{Entry, Module, Zip, incompressible};
use crate::support::secure_server::SecureServer;
use crate::support::server::{Ending, Request, Response, Server};
use crate::support::{Outcome, Run, World, tool};
use crate::userland::Root;

/// For one refusal, with two tries and a second for each of their reads.
const SOON: Duration = Duration::from_secs(20);
/// For all that a process may write to, in bytes, whatever a server sends: of an archive as large as the largest.
const MEMORY: u64 = 64 << 20;

/// One toolchain, larger than the part of it that is asked for first; its archive is made once.
#[derive(Clone)]
struct Site {
    service: Service,
    zip: Arc<Vec<u8>>,
}

impl Site {
    fn new() -> Self {
        let mut module = Module::toolchain("go1.22.3");
        module.files.push((String::from("z/large"), incompressible(5 << 20)));
        let zip = Arc::new(module.zip());
        Self { service: Service::of(vec![module]), zip }
    }

    fn log(&self) -> Log {
        self.service.log.clone()
    }

    fn answer(&self, request: &Request) -> Response {
        if is_archive(&request.path) {
            Response::file(request, &self.zip, "\"one\"")
        } else {
            self.service.answer(request)
        }
    }

    /// The same site, that answers differently where `change` says so.
    fn start(
        &self,
        change: impl Fn(&Request, Response) -> Response + Send + Sync + 'static,
    ) -> Server {
        let site = self.clone();
        Server::start(move |request| change(request, site.answer(request)))
    }
}

/// Answers the first `count` of the requests that `is_meant` picks.
fn first(
    count: usize,
    is_meant: impl Fn(&Request) -> bool + Send + Sync + 'static,
    answer: impl Fn(Response) -> Response + Send + Sync + 'static,
) -> impl Fn(&Request, Response) -> Response + Send + Sync + 'static {
    let seen = AtomicUsize::new(0);
    move |request, right| {
        if is_meant(request) && seen.fetch_add(1, Ordering::SeqCst) < count {
            answer(right)
        } else {
            right
        }
    }
}

fn archive(request: &Request) -> bool {
    is_archive(&request.path)
}

fn half(response: Response, ending: Ending) -> Response {
    let length = response.body.len() / 2;
    response.cut(length, ending)
}

/// With a second for each read.
fn hurried(run: Run, retries: u32) -> Run {
    run.env("GOWR_HTTP_TIMEOUT", "1").env("GOWR_HTTP_RETRIES", retries.to_string())
}

/// Runs it within [`MEMORY`]: the kernel gives it no more.
fn bounded(run: Run) -> (Outcome, Duration) {
    let begun = Instant::now();
    let limit = format!("--data={MEMORY}");
    let outcome = run.under([limit.as_str()]).under([tool("prlimit")]).run();
    (outcome, begun.elapsed())
}

/// Fails unless an install from there is refused in three lines that say this, soon and in little memory.
fn refuses(name: &str, server: &Server, log: &Log, said: &str) {
    let world = World::new();
    let before = contents(&world.gowr_home());
    let (outcome, time) = bounded(hurried(install(&world, server, log, &["1.22.3"]), 1));
    refused(&world, &outcome, said, &before);
    assert!(time < SOON, "{name} took {time:?}: {}", outcome.report());
    let longest = outcome.stderr().lines().map(str::len).max();
    assert!(longest < Some(300), "{name}: {}", outcome.report());
}

#[test]
fn goes_on_where_it_broke() {
    let site = Site::new();
    let total = site.zip.len() as u64;
    let goes_on_after = &|ending| {
        // Both the end of the archive and its beginning, twice each.
        let server = site.start(first(4, archive, move |right| half(right, ending)));
        let world = World::new();
        hurried(install(&world, &server, &site.log(), &["1.22.3"]), 4).run().success();
        assert_eq!(world.go(["version"]).run().quiet().stdout(), "go version go1.22.3 linux\n");
        let requests = server.requests();
        let archives: Vec<_> = requests.iter().filter(|request| archive(request)).collect();
        assert_eq!(archives.len(), 6, "{archives:?}");
        assert!(archives[1..].iter().all(|it| it.header("If-Range") == Some("\"one\"")));
        // Each byte once, and the documents of the database. A reset overtakes bytes that were sent.
        let sent = server.sent();
        let is_once = (total..total + 200_000).contains(&sent);
        assert!(is_once || ending == Ending::Reset, "{ending:?}: {sent} of {total}");
    };
    thread::scope(|scope| {
        for ending in [Ending::Close, Ending::Reset, Ending::Stall(Duration::from_secs(3))] {
            scope.spawn(move || goes_on_after(ending));
        }
    });
}

#[test]
fn goes_on_without_ranges() {
    let site = Site::new();
    for is_chunked in [false, true] {
        let zip = site.zip.clone();
        let whole = move |_| Response {
            is_chunked,
            ..Response::ok(zip.to_vec()).with("Last-Modified", "Wed, 27 Nov 2024 20:27:20 GMT")
        };
        let broken = whole.clone();
        let breaks = first(2, archive, move |right| half(broken(right), Ending::Close));
        let server =
            site.start(
                move |request, right| {
                    if archive(request) { breaks(request, whole(right)) } else { right }
                },
            );
        let world = World::new();
        hurried(install(&world, &server, &site.log(), &["1.22.3"]), 3).run().success();
    }
}

/// How often a line breaks, where, and what it is: a fixed share of all that may happen.
#[test]
fn goes_on_wherever_it_breaks() {
    let site = Site::new();
    let (log, next) = (site.log(), AtomicUsize::new(0));
    let cases = if cfg!(feature = "long") { 200 } else { 12 };
    let install_from_broken = |case: usize| {
        let (zip, count) = (site.zip.clone(), AtomicUsize::new(0));
        let server = site.start(move |request, right| {
            if !archive(request) {
                return right;
            }
            // By chance, and the same each time.
            let number = count.fetch_add(1, Ordering::SeqCst);
            let [chance, ending, ..] =
                sha256(format!("{case} {number}").as_bytes()).map(usize::from);
            let answer = match case % 3 {
                0 => right,
                1 => Response { is_chunked: true, ..right },
                _ => Response::ok(zip.to_vec()).with("ETag", "\"one\""),
            };
            if number > 2 {
                return answer;
            }
            let length = answer.body.len() * chance / 255;
            answer.cut(length, [Ending::Close, Ending::Reset][ending % 2])
        });
        let world = World::new();
        hurried(install(&world, &server, &log, &["1.22.3"]), 3).run().success();
        assert_eq!(world.go(["version"]).run().quiet().stdout(), "go version go1.22.3 linux\n");
    };
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                loop {
                    match next.fetch_add(1, Ordering::SeqCst) {
                        case if case < cases => install_from_broken(case),
                        _ => break,
                    }
                }
            });
        }
    });
}

#[test]
fn an_archive_that_is_replaced_is_fetched_anew() {
    let site = Site::new();
    // The first answers are of another file.
    let other = incompressible(4 << 20);
    let seen = Mutex::new(0);
    let server = site.start(move |request, right| {
        let mut seen = seen.lock().unwrap();
        *seen += usize::from(archive(request));
        match *seen {
            1 if archive(request) => {
                half(Response::file(request, &other, "\"zero\""), Ending::Close)
            }
            _ => right,
        }
    });
    let world = World::new();
    hurried(install(&world, &server, &site.log(), &["1.22.3"]), 2).run().success();
}

#[test]
fn a_server_that_cannot_just_now() {
    let site = Site::new();
    let busy = first(1, |request| request.path.contains("/lookup/"), |_| Response::status(503));
    let many = first(1, archive, |_| Response::status(429).with("Retry-After", "1"));
    let reset =
        first(1, |request| request.path.contains("/tile/"), |right| half(right, Ending::Reset));
    let server = site.start(move |request, right| {
        let right = busy(request, right);
        reset(request, many(request, right))
    });
    let world = World::new();
    hurried(install(&world, &server, &site.log(), &["1.22.3"]), 2).run().success();
}

/// What is done to the right answer.
type Spoil = fn(Response) -> Response;

/// Fails unless each of these spoiled archives is refused with these words.
fn refuses_archives(cases: &[(&str, Spoil, &str)]) {
    let site = Site::new();
    let next = AtomicUsize::new(0);
    let work = || {
        while let Some((name, spoil, said)) = cases.get(next.fetch_add(1, Ordering::SeqCst)) {
            let spoil = *spoil;
            let spoiled = move |request: &Request, right| {
                if archive(request) { spoil(right) } else { right }
            };
            refuses(name, &site.start(spoiled), &site.log(), said);
        }
    };
    // Most of the time they wait.
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(work);
        }
    });
}

/// Longer than anybody waits here.
const STALL: Ending = Ending::Stall(Duration::from_secs(4));

#[test]
fn lines_that_always_break() {
    refuses_archives(&[
        ("stalls", |right| half(right, STALL), "nothing came for a second (tried"),
        (
            "says nothing",
            |_| Response { ending: STALL, ..Response::raw("") },
            "nothing came for a second (tried 2 times)",
        ),
        (
            "trickles",
            |right| Response { pace: Some((1, Duration::from_millis(150))), ..right },
            "the server sent next to nothing for a second (tried 2 times)",
        ),
        ("resets", |right| half(right, Ending::Reset), "the connection was closed (tried"),
        ("truncates", |right| half(right, Ending::Close), "the connection was closed (tried"),
        ("closes", |_| Response::raw(""), "the connection was closed (tried 2 times)"),
    ]);
}

#[test]
fn lies_about_how_much_there_is() {
    refuses_archives(&[
        (
            "says it has more than it has",
            |_| Response { length: Some(1 << 20), ..Response::ok("x") }.cut(1, Ending::Close),
            "broke off after 1 bytes",
        ),
        (
            "says it has less than it has",
            |right| Response { status: 200, headers: Vec::new(), length: Some(1000), ..right },
            "it has no end record",
        ),
        (
            "says it has another range",
            |right| {
                let total = right.body.len();
                Response { status: 206, headers: Vec::new(), ..right }
                    .with("Content-Range", format!("bytes 5-4/{total}"))
            },
            "another range than asked for",
        ),
        (
            "claims 100 GB",
            |_| Response { length: Some(100 << 30), ..Response::ok("PK") },
            "larger than 524288000 bytes",
        ),
        (
            "claims 100 GB in ranges",
            |_| {
                let total = 100_u64 << 30;
                let range = format!("bytes {}-{}/{total}", total - 2, total - 1);
                Response { status: 206, ..Response::ok("PK") }.with("Content-Range", range)
            },
            "larger than 524288000 bytes",
        ),
    ]);
}

#[test]
fn something_else_than_an_archive() {
    refuses_archives(&[
        (
            "redirects for ever",
            |_| Response::redirect("/golang.org/toolchain/@v/again.zip"),
            "stopped after 10 redirects",
        ),
        (
            "redirects to this machine",
            |_| Response::redirect("file:///etc/passwd"),
            "file:///etc/passwd",
        ),
        ("is not HTTP", |_| Response::raw("SSH-2.0-OpenSSH_9.2p1\r\n"), "cannot read http://"),
        (
            "sends a page",
            |_| Response::ok("<html>Please log in</html>".repeat(4000)),
            "it has no end record",
        ),
        ("sends noise", |_| Response::ok(incompressible(3 << 20)), "it has no end record"),
        ("sends nothing", |_| Response::ok(""), "it is too short"),
        ("sends it coded", |right| right.with("Content-Encoding", "gzip"), "coded (gzip)"),
        ("breaks down", |_| Response::status(500), "500 Internal Server Error (tried 2 times)"),
        ("forbids", |_| Response::status(403), "403 Forbidden"),
    ]);
}

#[test]
fn a_database_that_never_answers_well_is_refused_soon() {
    let site = Site::new();
    let cases: [(&str, &str, Spoil, &str); 4] = [
        ("/lookup/", "resets", |right| half(right, Ending::Reset), "/lookup/"),
        ("/tile/", "truncates", |right| half(right, Ending::Close), "nothing tells whether"),
        (
            "/tile/",
            "is endless",
            |_| Response { is_endless: true, is_chunked: true, ..Response::ok(vec![0; 8192]) },
            "larger than 8192 bytes",
        ),
        (
            "/lookup/",
            "claims 100 GB",
            |_| Response { length: Some(100 << 30), ..Response::ok("1") },
            "larger than 1048576 bytes",
        ),
    ];
    for (path, name, answer, said) in cases {
        let server = site.start(
            move |request, right| {
                if request.path.contains(path) { answer(right) } else { right }
            },
        );
        refuses(name, &server, &site.log(), said);
    }
    let silent = |request: &Request, right| {
        let is_first = request.path.contains("/supported");
        if is_first { Response { ending: STALL, ..Response::raw("") } } else { right }
    };
    refuses("says nothing", &site.start(silent), &site.log(), "nothing came for a second");
}

/// Half a gigabyte is received before it is known to be too much.
#[cfg(feature = "long")]
#[test]
fn an_archive_without_an_end() {
    let site = Site::new();
    let server = site.start(|request, right| {
        if archive(request) {
            let noise = incompressible(1 << 20);
            Response { is_endless: true, is_chunked: true, ..Response::ok(noise) }
        } else {
            right
        }
    });
    let world = World::new();
    let before = contents(&world.gowr_home());
    let (outcome, time) = bounded(install(&world, &server, &site.log(), &["1.22.3"]));
    refused(&world, &outcome, "larger than 524288000 bytes", &before);
    assert!(time < Duration::from_mins(2), "{time:?}");
}

#[test]
fn a_list_without_an_end() {
    let server = Site::new().start(|request, right| {
        if request.path.ends_with("/list") {
            let line = b"v0.0.1-go1.22.3.linux-amd64\n".repeat(1000);
            return Response { is_endless: true, is_chunked: true, ..Response::ok(line) };
        }
        right
    });
    let world = World::new();
    let before = contents(&world.gowr_home());
    let run = hurried(install(&world, &server, &Site::new().log(), &["1.22"]), 1);
    let (outcome, time) = bounded(run);
    refused(&world, &outcome, "larger than 16777216 bytes", &before);
    assert!(time < SOON, "{time:?}");
}

/// So many megabytes of zeros, deflated.
fn zeros(name: &str, megabytes: u32) -> Entry {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(&vec![0; 1 << 20]).unwrap();
    encoder.flush().unwrap();
    // A megabyte after the same one is the same again; an empty block ends it (RFC 1951, section 3.2.4).
    let mut data = encoder.get_ref().repeat(megabytes as usize);
    data.extend_from_slice(&[1, 0, 0, 0xff, 0xff]);
    let compressed = u32::try_from(data.len()).unwrap();
    Entry { data, compressed, size: megabytes << 20, ..Entry::new(name, b"") }
}

#[test]
fn a_bomb_in_an_archive() {
    let site = Site::new();
    let module = &site.service.modules[0];
    let prefix = module.prefix();
    // 256 MB of zeros in 256 KB: one that admits it, and one that does not.
    let honest = zeros(&format!("{prefix}src/bomb"), 256);
    let lying = Entry { size: 1000, ..honest.clone() };
    for (bomb, said) in
        [(lying, "it is larger than the directory says"), (honest, "checksum mismatch")]
    {
        let mut zip = Zip::default();
        zip.add(&Entry::new(&format!("{prefix}VERSION"), b"go1.22.3\n"));
        zip.add(&bomb);
        let zip = zip.finish();
        let server = site.start(move |request, right| {
            if archive(request) { Response::file(request, &zip, "\"bomb\"") } else { right }
        });
        refuses(said, &server, &site.log(), said);
    }
}

#[test]
fn never_from_https_to_http() {
    let site = Site::new();
    let (log, insecure) = (site.log(), site.start(|_, right| right));
    let target = insecure.url();
    let secure = SecureServer::start(move |request: &Request| {
        if archive(request) {
            return Response::redirect(format!("{target}{}", request.path));
        }
        site.answer(request)
    });
    let world = World::new();
    let before = contents(&world.gowr_home());
    let run = install(&world, &secure.server, &log, &["1.22.3"])
        .env("GOPROXY", secure.url())
        .env("SSL_CERT_FILE", secure.certificate());
    refused(&world, &run.run(), "from a secure address to an insecure one", &before);
    assert_eq!(insecure.paths(), [""; 0]);
}

#[test]
fn a_userland_without_certificates_trusts_not_everybody() {
    let site = Site::new();
    let log = site.log();
    // By its number: there is no /etc/hosts either.
    let secure = SecureServer::start_for(&["127.0.0.1"], |_| (), move |it| site.answer(it));
    let url = secure.server.url().replace("http:", "https:");
    let world = World::new();
    let certificate = world.write("root.pem", fs::read(secure.certificate()).unwrap());
    let before = contents(&world.gowr_home());
    let run = install(&world, &secure.server, &log, &["1.22.3"]).env("GOPROXY", url);
    let run = run.inside(&Root::bare("ID=debian\nVERSION_ID=13\n"));
    refused(&world, &run.clone().run(), "invalid peer certificate: UnknownIssuer", &before);
    run.env("SSL_CERT_FILE", certificate).run().success();
}

#[test]
fn nobody_there() {
    let site = Site::new();
    let world = World::new();
    let before = contents(&world.gowr_home());
    for address in ["http://127.0.0.1:1", "http://nowhere.invalid"] {
        let server = site.start(|_, right| right);
        let run = install(&world, &server, &site.log(), &["1.22.3"]).env("GOPROXY", address);
        let begun = Instant::now();
        refused(&world, &hurried(run, 2).run(), "(tried 3 times)", &before);
        assert!(begun.elapsed() < SOON, "{address}");
    }
}

/// Waits until `child` has asked for the archive `count` times.
fn wait_for(server: &Server, count: usize, child: &Child) {
    let begun = Instant::now();
    while server.requests().iter().filter(|request| archive(request)).count() < count {
        assert!(begun.elapsed() < Duration::from_mins(1), "{} does not ask", child.id());
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn interrupted_while_it_waits_to_try_again() {
    let site = Site::new();
    // Half way, and then nothing but refusals.
    let breaks = first(1, archive, |right| half(right, Ending::Close));
    let server = site.start(move |request, right| {
        let is_rest = archive(request) && request.header("If-Range").is_some();
        if is_rest {
            Response::status(503).with("Retry-After", "20")
        } else {
            breaks(request, right)
        }
    });
    let world = World::new();
    let mut child = install(&world, &server, &site.log(), &["1.22.3"]).command().spawn().unwrap();
    wait_for(&server, 2, &child);
    thread::sleep(Duration::from_millis(200));
    let begun = Instant::now();
    kill(Pid::from_raw(i32::try_from(child.id()).unwrap()), Signal::SIGINT).unwrap();
    child.wait().unwrap();
    assert!(begun.elapsed() < Duration::from_secs(3), "it waited for the server");
    assert_eq!(contents(&world.gowr_home()).len(), 0);
}

#[test]
fn patience_is_set_by_the_user_and_by_no_file() {
    let site = Site::new();
    let server =
        site.start(|request, right| if archive(request) { Response::status(503) } else { right });
    let world = World::new();
    world.write(".config/go/env", "GOWR_HTTP_RETRIES=0\nGOWR_HTTP_TIMEOUT=x\n");
    let before = contents(&world.gowr_home());
    let run = install(&world, &server, &site.log(), &["1.22.3"]);
    refused(&world, &run.clone().run(), "(tried 4 times)", &before);
    let run = run.env("GOWR_HTTP_TIMEOUT", "soon");
    refused(&world, &run.run(), "GOWR_HTTP_TIMEOUT cannot be used", &before);
}
