//! What is wrong is refused, with one clear error, and nothing is left behind.

use std::fs;

use installer::error::Kind;

use crate::module::{Module, TOOLCHAIN};
use crate::server::{Request, Response, Server};
use crate::site::{Content, Files, NAME, Place, Site, whole};

/// Fetching from this content is an integrity error that says this.
fn refused(content: Content, says: &[&str]) {
    let site = Site::new(content);
    let error = Place::of(&site).fails();
    let text = whole(&error);
    assert_eq!(error.kind(), Kind::Integrity, "{text}");
    for words in says {
        assert!(text.contains(words), "{words:?} is not in {text:?}");
    }
    assert!(!text.ends_with('.') && !text.is_empty());
}

fn lookup() -> String {
    format!("lookup/{TOOLCHAIN}@{}", Module::toolchain(NAME).version)
}

#[test]
fn a_zip_that_does_not_match_its_hash() {
    for files in [Files::Ranges, Files::Whole, Files::Chunked] {
        let mut content = Content { files, ..Content::new() };
        let mut module = Module::toolchain(NAME);
        let (_, program) =
            module.files.iter_mut().find(|(name, _)| name == "bin/go").expect("there");
        program.push(b'\n');
        content.serve(&module, &module.zip());
        refused(
            content,
            &["SECURITY ERROR", "checksum mismatch", &module.h1(), &Module::toolchain(NAME).h1()],
        );
    }
}

#[test]
fn a_zip_with_a_file_more_or_less_or_renamed() {
    let change: [fn(&mut Module); 3] = [
        |module| module.files.push((String::from("bin/extra"), Vec::new())),
        |module| drop(module.files.pop()),
        |module| module.files[0].0.push('x'),
    ];
    for change in change {
        let mut content = Content::new();
        let mut module = Module::toolchain(NAME);
        change(&mut module);
        content.serve(&module, &module.zip());
        refused(content, &["SECURITY ERROR", "checksum mismatch"]);
    }
}

#[test]
fn a_head_that_someone_else_signed() {
    let honest = Content::new();
    let mut other = honest.clone();
    other.log = other.log.with_seed(9);
    let site = Site::new(other);
    let error = Place::new(&site.url(), &honest.log.key()).fails();
    assert_eq!(error.kind(), Kind::Integrity);
    assert!(whole(&error).contains("note has no verifiable signatures"), "{}", whole(&error));
}

#[test]
fn a_head_with_a_bad_signature() {
    let content = Content::new();
    let answer = String::from_utf8(content.log.serve(&lookup()).expect("there")).expect("text");
    let changed = answer.replacen("\n700\n", "\n699\n", 1);
    assert_ne!(changed, answer);
    refused(
        content.lie(&lookup(), Response::ok(changed)),
        &["SECURITY ERROR", "cannot be believed", "invalid signature"],
    );
}

#[test]
fn a_record_that_is_not_in_the_log() {
    let content = Content::new();
    let answer = String::from_utf8(content.log.serve(&lookup()).expect("there")).expect("text");
    let hash = Module::toolchain(NAME).h1();
    let other = format!("h1:{}", "A".repeat(43) + "=");
    refused(
        content.clone().lie(&lookup(), Response::ok(answer.replace(&hash, &other))),
        &["SECURITY ERROR", "is not in its log", "record 300 has another content in the log"],
    );
    // Its number is beyond the head.
    let beyond = answer.replacen("300\n", "700\n", 1);
    refused(
        content.lie(&lookup(), Response::ok(beyond)),
        &["SECURITY ERROR", "record 700 is not in the tree"],
    );
}

#[test]
fn a_record_for_another_version() {
    let content = Content::new();
    let other = content.log.lookup(5, 700);
    refused(
        content.lie(&lookup(), Response::ok(other)),
        &[
            "SECURITY ERROR",
            "answers without the checksum asked for",
            "record 5 has no line for golang.org/toolchain v0.0.1-go1.99.1",
        ],
    );
}

#[test]
fn a_record_with_another_go_mod() {
    let mut content = Content::new();
    let module = Module::toolchain(NAME);
    let mut log = crate::log::Log::new("sum.test");
    let version = &module.version;
    log.append_text(format!(
        "{TOOLCHAIN} {version} {}\n{TOOLCHAIN} {version}/go.mod {}\n",
        module.h1(),
        module.h1()
    ));
    log.fill(10);
    content.log = log;
    refused(content.clone(), &["SECURITY ERROR", "has another go.mod"]);
    let mut log = crate::log::Log::new("sum.test");
    log.append_text(format!("{TOOLCHAIN} {version} {}\n", module.h1()));
    content.log = log;
    refused(content, &["SECURITY ERROR", "/go.mod"]);
}

#[test]
fn a_log_that_was_rewritten() {
    let honest = Content::new();
    for (forked_at, size) in [(100, 700), (100, 900), (100, 500), (699, 800), (699, 700), (0, 301)]
    {
        let site = Site::new(honest.clone());
        let mut place = Place::of(&site);
        place.fetch().expect("fetched");
        let seen = fs::read_dir(place.heads())
            .expect("listed")
            .next()
            .expect("a head")
            .expect("listed")
            .path();
        let before = fs::read_to_string(&seen).expect("read");
        fs::remove_dir_all(place.tree()).expect("removed");
        fs::create_dir(place.tree()).expect("made");

        let mut content = honest.clone();
        content.log = content.log.fork(forked_at);
        content.log.fill(size);
        if size < 700 {
            // A smaller tree; the tiles are those of the larger one.
            let answer = content.log.lookup(300, size);
            content.lies.push((lookup(), Response::ok(answer)));
        }
        let other = Site::new(content);
        place.turn_to(&other);
        let error = place.fails();
        let text = whole(&error);
        assert_eq!(error.kind(), Kind::Integrity, "{forked_at} {size}: {text}");
        // A server that rewrites may also be caught by tiles that fit neither head.
        assert!(text.starts_with("SECURITY ERROR: "), "{text}");
        let is_proof = text.contains("go.sum database server misbehavior detected");
        assert!(is_proof || size < 700 && text.contains("inconsistent tile"), "{text}");
        assert_eq!(is_proof, size >= 700, "{forked_at} {size}: {text}");
        if is_proof {
            // Both signed heads are the evidence: kept, not told.
            assert!(text.len() < 250, "{text}");
            let fix = error.fix().expect("a way to see them");
            let kept = fs::read_to_string(fix.strip_prefix("cat ").expect("a file")).expect("kept");
            assert_eq!(kept.matches("go.sum database tree").count(), 2, "{kept}");
            assert!(kept.contains(&before), "the head that was seen: {kept}");
        }
        assert_eq!(
            fs::read_to_string(&seen).expect("read"),
            before,
            "the head seen before is kept"
        );
    }
}

#[test]
fn tiles_that_are_not_the_logs() {
    let content = Content::new();
    for (tile, answer, says) in [
        ("tile/8/0/001", Response::ok(vec![0; 8192]), "inconsistent tile tile/8/0/001"),
        ("tile/8/0/001", Response::ok(vec![0; 8191]), "tile/8/0/001 has 8191 bytes, not 8192"),
        ("tile/8/0/001", Response::ok(vec![]), "tile/8/0/001 has 0 bytes"),
        ("tile/8/0/002.p/188", Response::ok(vec![0; 188 * 32]), "inconsistent tile"),
        ("tile/8/0/002.p/188", Response::ok(vec![0; 187 * 32]), "has 5984 bytes, not 6016"),
        ("tile/8/1/000.p/2", Response::ok(vec![0; 64]), "inconsistent tile"),
        // The right content, cut.
        (
            "tile/8/1/000.p/2",
            Response::ok(content.log.serve("tile/8/1/000.p/1").expect("there")),
            "has 32 bytes, not 64",
        ),
    ] {
        refused(content.clone().lie(tile, answer), &["SECURITY ERROR", "cannot be believed", says]);
    }
}

#[test]
fn answers_that_are_malformed() {
    for answer in
        ["", "x", "300\n\n", "300\ntext\n", "300\ntext\n\nno note\n", "<html>\n\n</html>\n\n"]
    {
        refused(
            Content::new().lie(&lookup(), Response::ok(answer)),
            &["SECURITY ERROR", "cannot be believed"],
        );
    }
    // A note, well signed, that is no head.
    let content = Content::new();
    let note = content.log.sign("go.sum database tree v2\n1\n2\n");
    let answer = format!("300\ntext\n\n{note}");
    refused(
        content.lie(&lookup(), Response::ok(answer)),
        &["SECURITY ERROR", "malformed tree note"],
    );
}

#[test]
fn a_kept_head_that_was_changed() {
    let site = Site::new(Content::new());
    let place = Place::of(&site);
    place.fetch().expect("fetched");
    let seen = fs::read_dir(place.heads())
        .expect("listed")
        .next()
        .expect("a head")
        .expect("listed")
        .path();
    let text = fs::read_to_string(&seen).expect("read");
    fs::write(&seen, text.replace("\n700\n", "\n70\n")).expect("written");
    fs::remove_dir_all(place.tree()).expect("removed");
    fs::create_dir(place.tree()).expect("made");
    let error = place.fails();
    assert_eq!(error.kind(), Kind::Integrity);
    assert!(whole(&error).contains(seen.to_str().expect("text")), "{}", whole(&error));
}

#[test]
fn answers_that_break_off() {
    let content = Content::new();
    let zip = content.zip();
    let cut = |answer| Response { cut: Some(1000), ..answer };
    for answer in [
        cut(Response::ok(zip.clone())),
        cut(Response { is_chunked: true, ..Response::ok(zip.clone()) }),
        cut(Response { status: 206, ..Response::ok(zip.clone()) }
            .with("Content-Range", format!("bytes 0-{}/{}", zip.len() - 1, zip.len()))),
    ] {
        let error = Place::of(&Site::new(content.clone().lie(".zip", answer))).fails();
        assert_eq!(error.kind(), Kind::Network, "{}", whole(&error));
        assert!(whole(&error).contains("broke off"), "{}", whole(&error));
    }
}

#[test]
fn ranges_that_were_not_asked_for() {
    let content = Content::new();
    let zip = content.zip();
    let total = zip.len();
    for range in [
        format!("bytes 0-{}/{total}", total - 2),
        format!("bytes 5-4/{total}"),
        format!("bytes 0-{}/*", total - 1),
        format!("bytes 0-{}/{}", total - 1, total - 5),
        format!("bytes 0-18446744073709551615/{total}"),
        String::from("octets 0-1/2"),
        String::new(),
    ] {
        let answer = Response { status: 206, ..Response::ok(zip.clone()) }
            .with("Content-Range", range.clone());
        let error = Place::of(&Site::new(content.clone().lie(".zip", answer))).fails();
        assert_eq!(error.kind(), Kind::Network, "{range}: {}", whole(&error));
        assert!(whole(&error).contains("another range"), "{range}: {}", whole(&error));
    }
    // A sound range, but not that of the file's end.
    let short = Response { status: 206, ..Response::ok(&zip[..total - 1]) }
        .with("Content-Range", format!("bytes 0-{}/{total}", total - 2));
    let short = Site::new(content.clone().lie(".zip", short));
    let error = Place::of(&short).fails();
    assert!(whole(&error).contains("another range"), "{}", whole(&error));
    // More than a toolchain may have.
    let huge = Response { status: 206, ..Response::ok(zip.clone()) }.with(
        "Content-Range",
        format!("bytes {}-{}/{}", 600_000_000 - total, 600_000_000 - 1, 600_000_000),
    );
    let error = Place::of(&Site::new(content.lie(".zip", huge))).fails();
    assert!(whole(&error).contains("larger than"), "{}", whole(&error));
}

#[test]
fn another_range_of_the_rest() {
    let mut module = Module::toolchain(NAME);
    module.files.push((String::from("z/large"), crate::module::incompressible(3 << 20)));
    let mut content = Content::empty();
    content.publish(&module);
    let (zip, key) = (content.zip(), content.log.key());
    let total = zip.len();
    let server = Server::start(move |request: &Request| match request.header("Range") {
        Some(range) if range.starts_with("bytes=0-") => {
            Response { status: 206, ..Response::ok(&zip[..1000]) }
                .with("Content-Range", format!("bytes 0-999/{total}"))
        }
        _ => content.answer(request),
    });
    let place = Place::new(&server.url(), &key);
    assert_eq!(place.fetch().expect("fetched without ranges").hash, module.h1());
}
