//! Zips that lie: nothing is written outside of the tree, and none is ever believed.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use installer::error::Kind;
use proptest::prelude::*;

use crate::module::{Entry, Module, TOOLCHAIN, Zip};
use crate::site::{Content, Files, NAME, Place, Site, files, whole};

/// A site that serves this zip. Its log says what `module` is.
fn site(module: &Module, zip: &[u8], way: Files) -> Site {
    let mut content = Content { files: way, ..Content::empty() };
    content.log.append(TOOLCHAIN, &module.version, &module.h1());
    content.serve(module, zip);
    Site::new(content)
}

fn refused(zip: &[u8], says: &str) {
    for way in [Files::Ranges, Files::Whole] {
        let site = site(&Module::toolchain(NAME), zip, way);
        let error = Place::of(&site).fails();
        let text = whole(&error);
        assert_eq!(error.kind(), Kind::Integrity, "{text}");
        assert!(text.contains(says), "{says:?} is not in {text:?}");
        assert!(text.chars().all(|character| !character.is_control()), "{text:?}");
    }
}

fn entry(path: &str) -> Entry {
    Entry::new(&format!("{}{path}", Module::toolchain(NAME).prefix()), b"content")
}

fn zip(entries: &[Entry]) -> Vec<u8> {
    let mut zip = Zip::default();
    for entry in entries {
        zip.add(entry);
    }
    zip.finish()
}

#[test]
fn names() {
    for (path, says) in [
        ("../outside", "not a clean relative path"),
        ("a/../../outside", "not a clean relative path"),
        ("/etc/outside", "not a clean relative path"),
        ("a//b", "not a clean relative path"),
        ("a/", "not a clean relative path"),
        ("", "not a clean relative path"),
        ("a\\..\\b", "not allowed"),
        ("a\0b", "not allowed"),
        ("a\x1b[31mb", "not allowed"),
        ("src/go.mod", "go.mod file below"),
    ] {
        refused(&zip(&[entry("VERSION"), entry(path)]), says);
    }
    for (name, says) in [
        ("bin/go", "does not begin with the module's"),
        ("../golang.org/toolchain/x", "does not begin with the module's"),
        (
            "golang.org/toolchain@v0.0.1-go1.99.2.linux-amd64/bin/go",
            "does not begin with the module's",
        ),
    ] {
        refused(&zip(&[entry("VERSION"), Entry::new(name, b"content")]), says);
    }
    let mut not_text = entry("VERSION");
    not_text.name.push(0xff);
    refused(&zip(&[not_text]), "not UTF-8");
}

#[test]
fn pairs_of_names() {
    for (one, other, says) in [
        ("a/b", "a/b", "two entries with its name"),
        ("go.mod", "_go.mod", "two entries with its name"),
        ("a/b", "A/b", "only in case"),
        ("a/B", "a/b", "only in case"),
        ("a", "a/b", "both a file and a directory"),
        ("a/b", "a", "both a file and a directory"),
    ] {
        refused(&zip(&[entry(one), entry(other)]), says);
    }
}

#[test]
fn fields() {
    let name = |path: &str| format!("{}{path}", Module::toolchain(NAME).prefix()).into_bytes();
    let lies: Vec<(Entry, &str)> = vec![
        (Entry { local_name: name("bin/gx"), ..entry("bin/go") }, "not what the directory says"),
        (Entry { local_name: name("../x"), ..entry("bin/go") }, "not what the directory says"),
        (Entry { method: 12, ..entry("a") }, "neither stored nor deflated"),
        (Entry { method: 0, ..entry("a") }, "stored in another size"),
        (Entry { flags: 9, ..entry("a") }, "encrypted"),
        (Entry { flags: 1 << 6, ..entry("a") }, "encrypted"),
        (Entry { size: 6, ..entry("a") }, "larger than the directory says"),
        (Entry { size: 8, ..entry("a") }, "another size than the directory says"),
        (Entry { size: u32::MAX, ..entry("a") }, "zip64"),
        (Entry { compressed: u32::MAX, ..entry("a") }, "zip64"),
        (Entry { start: Some(u32::MAX), ..entry("a") }, "zip64"),
        (Entry { compressed: 5, ..entry("a") }, "cut off"),
        (Entry { compressed: 10, ..entry("a") }, "another size than the directory says"),
        (Entry { compressed: 500, ..entry("a") }, "share bytes"),
        (Entry { size: 524_288_001, ..entry("a") }, "too large together"),
        (Entry { start: Some(0), ..entry("a") }, "share bytes"),
        (Entry { start: Some(3), ..entry("a") }, "share bytes"),
        (Entry { start: Some(900_000), ..entry("a") }, "share bytes"),
        (Entry { data: vec![0xff; 9], ..entry("a") }, "cannot be inflated"),
        (Entry { local_extra: 20, ..entry("a") }, "shares bytes with the next"),
    ];
    for (lie, says) in lies {
        refused(&zip(&[entry("VERSION"), lie]), says);
    }
    let twice = entry("VERSION");
    refused(
        &zip(&[twice.clone(), Entry { start: Some(0), name: name("x"), ..twice }]),
        "share bytes",
    );
    let second = Entry { start: Some(5), ..entry("a") };
    refused(&zip(&[second]), "does not begin with an entry");
}

#[test]
fn links_and_devices_are_plain_files() {
    // Modes are not in a module zip; what claims to be a link is a file with the target for its content.
    let mut module = Module::toolchain(NAME);
    module.files = vec![(String::from("VERSION"), b"/etc/passwd".to_vec())];
    let link = Entry {
        attributes: 0o120_777 << 16,
        ..Entry::new(&format!("{}VERSION", module.prefix()), b"/etc/passwd")
    };
    let site = site(&module, &zip(&[link]), Files::Ranges);
    let place = Place::of(&site);
    place.fetch().expect("fetched");
    let [(name, mode, content)] = &files(&place.tree())[..] else { panic!("one file") };
    assert_eq!(
        (name.as_str(), mode & 0o170_000, content.as_slice()),
        ("VERSION", 0o100_000, &b"/etc/passwd"[..])
    );
}

#[test]
fn a_bomb() {
    // 32 MB of zeros in 32 KB, said to be small.
    let mut bomb = Entry::new("x", &vec![0; 32 << 20]);
    (bomb.name, bomb.local_name) = (entry("src/bomb").name, entry("src/bomb").name);
    bomb.size = 1000;
    refused(&zip(&[entry("VERSION"), bomb]), "larger than the directory says");
}

type Lie = fn(&mut Vec<u8>);

#[test]
fn the_end_record() {
    let entries = [entry("VERSION"), entry("bin/go")];
    let lies: [(Lie, &str); 10] = [
        (|end| end[0] = b'X', "no end record"),
        (|end| end[20] = 1, "no end record"),
        (|end| end.push(0), "no end record"),
        (|end| end[4] = 1, "part of several"),
        (|end| end[8] = 1, "part of several"),
        (|end| end[8..12].fill(0xff), "zip64"),
        (|end| end[16..20].fill(0xff), "zip64"),
        (|end| end[16] ^= 1, "not where its end record says"),
        (|end| (end[8], end[10]) = (1, 1), "more in it than its entries"),
        (|end| (end[8], end[10]) = (3, 3), "no such entry"),
    ];
    for (lie, says) in lies {
        let mut file = Zip::default();
        for entry in &entries {
            file.add(entry);
        }
        refused(&file.finish_with(lie), says);
    }
    for no_zip in [&b""[..], b"PK\x05\x06", b"<html>not found</html>", &vec![0; 100_000]] {
        let site = site(&Module::toolchain(NAME), no_zip, Files::Whole);
        assert_eq!(Place::of(&site).fails().kind(), Kind::Integrity);
    }
    refused(&Zip::default().finish(), "checksum mismatch");
}

/// What to do to which name.
type Disturbance<'a> = (&'static str, &'a dyn Fn(&Path));

#[test]
fn a_tree_that_has_something_in_it_already() {
    let module = Module::toolchain(NAME);
    let site = site(&module, &module.zip(), Files::Ranges);
    let outside = tempfile::tempdir().expect("a directory");
    let target = outside.path();
    let disturb: [Disturbance<'_>; 4] = [
        ("bin", &|path| symlink(target, path).expect("linked")),
        ("VERSION", &|path| symlink(target.join("file"), path).expect("linked")),
        ("VERSION", &|path| fs::write(path, "").expect("written")),
        ("bin", &|path| fs::create_dir(path).expect("made")),
    ];
    for (name, disturb) in disturb {
        let place = Place::of(&site);
        disturb(&place.tree().join(name));
        let error = place.fetch().expect_err("refused");
        assert_eq!(error.kind(), Kind::Internal, "{}", whole(&error));
        assert_eq!(fs::read_dir(target).expect("listed").count(), 0);
    }
}

/// A small module, so that one change in many hits something that matters.
fn small() -> Module {
    let mut module = Module::toolchain(NAME);
    module.files.retain(|(name, _)| name.len() < 14);
    module.files.truncate(6);
    module
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]
    #[test]
    fn changed_zips(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6), whole_way: bool, cut: Option<prop::sample::Index>) {
        let module = small();
        let original = module.zip();
        let mut changed = original.clone();
        for (at, byte) in &changes {
            changed[at.index(original.len())] = *byte;
        }
        if let Some(cut) = cut {
            changed.truncate(cut.index(original.len()));
        }
        let way = if whole_way { Files::Whole } else { Files::Ranges };
        let site = site(&module, &changed, way);
        let place = Place::of(&site);
        match place.fetch() {
            // What was changed is not hashed, so the tree must be the same as ever: times, the checksum of zip's own.
            Ok(fetched) => {
                prop_assert_eq!(fetched.hash, module.h1());
                let unpacked = files(&place.tree());
                prop_assert_eq!(unpacked.len(), module.files.len());
                for (name, _, content) in unpacked {
                    let packed = module.files.iter().find(|(path, _)| path.replace("_go.mod", "go.mod") == name);
                    prop_assert_eq!(&packed.expect("of the module").1, &content);
                }
            }
            Err(error) => {
                prop_assert!(matches!(error.kind(), Kind::Integrity | Kind::Network), "{}", whole(&error));
                fs::remove_dir_all(place.tree()).expect("removed");
                fs::create_dir(place.tree()).expect("made");
                place.fails();
            }
        }
    }
}
