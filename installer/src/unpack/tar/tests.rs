use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;

use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use ring::digest::digest;
use tar::{Builder, Header};

use super::*;

/// One entry of a tar file, written as told.
#[derive(Clone)]
struct Part {
    kind: EntryType,
    name: Vec<u8>,
    mode: u32,
    content: Vec<u8>,
}

fn part(kind: EntryType, name: &str, content: &[u8]) -> Part {
    Part { kind, name: name.into(), mode: 0o644, content: content.to_vec() }
}

fn file(name: &str) -> Part {
    part(EntryType::Regular, name, name.as_bytes())
}

fn directory(name: &str) -> Part {
    part(EntryType::Directory, name, b"")
}

/// A PAX record: its length, with the digits of the length, before it.
fn pax(key: &str, value: &str) -> Part {
    let rest = format!(" {key}={value}\n");
    let length = (1..1000).find(|length| format!("{length}{rest}").len() == *length).expect("some");
    part(EntryType::XHeader, "x", format!("{length}{rest}").as_bytes())
}

fn header(part: &Part) -> Header {
    let mut header = Header::new_ustar();
    header.set_entry_type(part.kind);
    header.set_mode(part.mode);
    header.set_size(part.content.len() as u64);
    let field = &mut header.as_old_mut().name;
    let length = part.name.len().min(field.len());
    field[..length].copy_from_slice(&part.name[..length]);
    header.set_cksum();
    header
}

fn tarred(parts: &[Part]) -> Vec<u8> {
    let mut builder = Builder::new(Vec::new());
    for part in parts {
        builder.append(&header(part), part.content.as_slice()).expect("in memory");
    }
    builder.into_inner().expect("in memory")
}

fn gzipped(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(content).expect("in memory");
    encoder.finish().expect("in memory")
}

fn unpack_into(tree: &Path, archive: impl Read + Send) -> Result<FileHash, Error> {
    let cancellation = Cancellation::default();
    let job = Job {
        reader: Box::new(archive),
        copy: None,
        tree,
        progress: &(),
        cancellation: &cancellation,
    };
    let unread =
        |error: io::Error| Error::Network { location: String::from("x"), cause: error.into() };
    unpack(job, &unread)
}

fn unpacked(archive: &[u8]) -> Result<BTreeMap<String, (u32, Vec<u8>)>, Error> {
    let around = tempfile::tempdir().expect("a directory");
    let tree = around.path().join("tree");
    fs::create_dir(&tree).expect("made");
    let result = unpack_into(&tree, archive);
    let beside: Vec<_> = fs::read_dir(around.path()).expect("listed").collect();
    assert_eq!(beside.len(), 1, "something was written outside");
    let hash = result?;
    assert_eq!(hash, digest(&SHA256, archive).as_ref(), "not the hash of the bytes");
    let mut files = BTreeMap::new();
    let mut directories = vec![tree.clone()];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory).expect("listed") {
            let path = entry.expect("an entry").path();
            let metadata = path.symlink_metadata().expect("there");
            if metadata.is_dir() {
                directories.push(path);
                continue;
            }
            assert!(metadata.is_file(), "{}", path.display());
            let name = path.strip_prefix(&tree).expect("below").display().to_string();
            let mode = metadata.permissions().mode() & 0o777;
            files.insert(name, (mode, fs::read(&path).expect("read")));
        }
    }
    Ok(files)
}

fn cause(parts: &[Part]) -> String {
    cause_of(&gzipped(&tarred(parts)))
}

fn cause_of(archive: &[u8]) -> String {
    match unpacked(archive).expect_err("refused") {
        Error::Integrity { message, cause } => {
            assert_eq!(message, "the archive is not a release's tar.gz that can be unpacked");
            cause.to_string()
        }
        error => panic!("{error:?}"),
    }
}

#[test]
fn files_directories_and_modes() {
    let large: Vec<u8> = (0..3_000_000_u32).flat_map(u32::to_le_bytes).collect();
    let mut program = file("go/bin/go");
    program.mode = 0o100;
    let mut writable = file("go/src/all.go");
    writable.mode = 0o4666;
    let long = format!("go/src/{}/été.go", "d".repeat(200));
    let files = unpacked(&gzipped(&tarred(&[
        part(
            EntryType::XGlobalHeader,
            "g",
            b"52 comment=0123456789012345678901234567890123456789\n",
        ),
        directory("go/"),
        directory("go/src/"),
        program,
        writable,
        part(EntryType::Regular, "go/empty", b""),
        part(EntryType::Regular, "go/pkg/large", &large),
        pax("path", &long),
        file("cut"),
        part(EntryType::GNULongName, "././@LongLink", b"go/src/by-gnu.go\0"),
        file("cut"),
        file("go/src/go.mod"),
        file("go/src/_go.mod"),
    ])))
    .expect("unpacked");
    let names: Vec<_> = files.keys().map(String::as_str).collect();
    let expected = [
        "bin/go",
        "empty",
        "pkg/large",
        "src/_go.mod",
        "src/all.go",
        "src/by-gnu.go",
        &long[3..],
        "src/go.mod",
    ];
    assert_eq!(names, expected);
    assert_eq!(files["bin/go"], (0o755, b"go/bin/go".to_vec()));
    assert_eq!(files["src/all.go"].0, 0o644);
    assert_eq!(files["empty"].1, b"");
    assert!(files["pkg/large"].1 == large);
    assert_eq!(files[&long[3..]].1, b"cut");
}

#[test]
fn names_that_lead_elsewhere() {
    for (name, said) in [
        ("/etc/passwd", "its name does not begin with go/"),
        ("../x", "its name does not begin with go/"),
        ("x", "its name does not begin with go/"),
        ("go", "its name does not begin with go/"),
        ("go/../../x", "its name is not a clean relative path"),
        ("go//x", "its name is not a clean relative path"),
        ("go/./x", "its name is not a clean relative path"),
        ("go/a\\b", "its name has a character that is not allowed"),
        ("go/a\nb", "its name has a character that is not allowed"),
        ("go/a:b", "its name has a character that is not allowed"),
    ] {
        let shown = name.escape_default();
        assert_eq!(cause(&[file(name)]), format!("{shown}: {said}"));
        if name != "go" {
            assert_eq!(cause(&[directory(name)]), format!("{shown}: {said}"));
            assert_eq!(
                cause(&[pax("path", name), file("go/x")]).contains(said),
                !name.contains('\n')
            );
        }
    }
    let nul = part(EntryType::GNULongName, "L", b"go/a\0b");
    assert!(cause(&[nul, file("go/x")]).ends_with("a character that is not allowed"));
    let binary = part(EntryType::GNULongName, "L", b"go/\xff");
    assert!(cause(&[binary, file("go/x")]).ends_with("its name is not UTF-8"));
    let long = pax("path", &format!("go/{}", "d/".repeat(300) + "x"));
    assert!(cause(&[long, file("go/x")]).ends_with("its name is too long"));
}

#[test]
fn whatever_is_no_file() {
    for (kind, said) in [
        (EntryType::Symlink, "it is a link"),
        (EntryType::Link, "it is a link"),
        (EntryType::Char, "it is neither a file nor a directory"),
        (EntryType::Block, "it is neither a file nor a directory"),
        (EntryType::Fifo, "it is neither a file nor a directory"),
        (EntryType::Continuous, "it is neither a file nor a directory"),
        (EntryType::GNUSparse, "it is neither a file nor a directory"),
        (EntryType::GNULongLink, "it is neither a file nor a directory"),
        (EntryType::new(b'Z'), "it is neither a file nor a directory"),
    ] {
        assert_eq!(cause(&[part(kind, "go/x", b"")]), format!("go/x: {said}"));
    }
    assert_eq!(
        cause(&[part(EntryType::Regular, "go/x/", b"")]),
        "go/x/: it is a file with a directory's name"
    );
    assert_eq!(
        cause(&[part(EntryType::Directory, "go/x/", b"1")]),
        "go/x/: it is a directory with content"
    );
}

#[test]
fn two_of_one_name() {
    for (first, second, said) in [
        ("go/x", "go/x", "there are two entries with its name"),
        ("go/x", "go/X", "its name differs from another only in case"),
        ("go/d/x", "go/D/y", "its name differs from another only in case"),
        ("go/x", "go/x/y", "it is both a file and a directory"),
        ("go/x/y", "go/x", "it is both a file and a directory"),
    ] {
        assert_eq!(cause(&[file(first), file(second)]), format!("{second}: {said}"));
    }
    let said = "go/x/: it is both a file and a directory";
    assert_eq!(cause(&[file("go/x"), directory("go/x/")]), said);
    // A directory may be said twice, and after what is in it.
    unpacked(&gzipped(&tarred(&[file("go/d/x"), directory("go/d/"), directory("go/d/")])))
        .expect("unpacked");
}

#[test]
fn what_two_readers_could_read_differently() {
    assert_eq!(
        cause(&[pax("size", "3"), file("go/x")]),
        "it has an entry with a size beside its header"
    );
    assert_eq!(cause(&[pax("GNU.sparse.major", "1"), file("go/x")]), "it has a sparse file");
    assert_eq!(
        cause(&[pax("path", "go/a"), pax("path", "go/b"), file("go/x")]),
        "go/b: it has two names"
    );
    assert_eq!(
        cause(&[pax("path", "go/a")]),
        "it ends with the name of an entry that is not there"
    );
    let global = part(EntryType::XGlobalHeader, "g", b"13 path=go/a\n");
    assert_eq!(cause(&[global, file("go/x")]), "something is said about all of its entries");
    let broken = part(EntryType::XHeader, "x", b"99 path=go/a\n");
    assert_eq!(cause(&[broken, file("go/x")]), "one of its headers is malformed, or it is cut off");
    let huge = part(EntryType::XHeader, "x", &b"0".repeat(20_000));
    assert_eq!(cause(&[huge, file("go/x")]), "it has an entry with too much said about it");
}

#[test]
fn what_is_said_of_a_bad_mode_is_said_by_us() {
    // The library's error quotes the entry, with all that a terminal would act on.
    let mut tar = tarred(&[file("go/a")]);
    tar[100..107].copy_from_slice(b"\x1b[31m\xff\xff");
    let mut fixed = Header::new_ustar();
    fixed.as_mut_bytes().copy_from_slice(&tar[..512]);
    fixed.set_cksum();
    tar[..512].copy_from_slice(fixed.as_bytes());
    assert_eq!(cause_of(&gzipped(&tar)), "go/a: its mode is not a number");
}

#[test]
fn what_is_no_gzip_or_ends_early() {
    let good =
        gzipped(&tarred(&[file("go/x"), part(EntryType::Regular, "go/y", &b"7".repeat(100_000))]));
    unpacked(&good).expect("unpacked");
    let cut_tar = tarred(&[part(EntryType::Regular, "go/y", &[7; 5000])]);
    assert_eq!(cause_of(&gzipped(&cut_tar[..3000])), "go/y: its content is cut off");
    assert!(cause_of(&good[..good.len() / 2]).starts_with("it cannot be inflated: "));
    assert!(cause_of(b"<html>not found</html>").starts_with("it cannot be inflated: "));
    assert!(cause_of(b"").starts_with("it cannot be inflated: "));
    let twice = [good.as_slice(), good.as_slice()].concat();
    assert_eq!(cause_of(&twice), "it has more in it than one gzip member");
    assert_eq!(
        cause_of(&[good.as_slice(), b"x"].concat()),
        "it has more in it than one gzip member"
    );
    let mut wrong_sum = good;
    let end = wrong_sum.len() - 5;
    wrong_sum[end] ^= 1;
    assert!(cause_of(&wrong_sum).starts_with("it cannot be inflated: "));
}

#[test]
fn bombs() {
    // A size that no file has, and nothing behind it.
    let mut huge = header(&file("go/x"));
    huge.set_size(u64::MAX >> 2);
    huge.set_cksum();
    assert_eq!(cause_of(&gzipped(huge.as_bytes())), "go/x: its content is cut off");

    let within = |parts: &[Part]| {
        let directory = tempfile::tempdir().expect("a directory");
        let archive = gzipped(&tarred(parts));
        let cancellation = Cancellation::default();
        let job = Job {
            reader: Box::new(archive.as_slice()),
            copy: None,
            tree: directory.path(),
            progress: &(),
            cancellation: &cancellation,
        };
        let limits = Limits { bytes: 3 << 20, entries: 150 };
        unpack_within(&limits, job, &|_| Error::Stopped)
    };
    let refused = |parts: &[Part]| within(parts).expect_err("refused").source_text();
    let many: Vec<_> = (0..151).map(|number| directory(&format!("go/{number}"))).collect();
    within(&many[1..]).expect("unpacked");
    assert_eq!(refused(&many), "it has more than 150 entries");
    // As many directories in two entries.
    let deep = ["a/", "b/"]
        .map(|first| [pax("path", &format!("go/{first}{}x", "d/".repeat(100))), file("go/x")]);
    assert_eq!(refused(&deep.concat()), "it has more than 150 entries");
    // A small archive of a large file.
    let zeros = part(EntryType::Regular, "go/x", &vec![0; 4 << 20]);
    assert!(gzipped(&tarred(std::slice::from_ref(&zeros))).len() < 100_000);
    assert_eq!(refused(&[zeros]), "what is in it is larger than 3145728 bytes");
}

trait SourceText {
    fn source_text(&self) -> String;
}

impl SourceText for Error {
    fn source_text(&self) -> String {
        std::error::Error::source(self).map(ToString::to_string).unwrap_or_default()
    }
}

#[test]
fn a_reader_that_fails_says_so_itself() {
    struct Failing(usize);
    impl Read for Failing {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.0 += 1;
            match self.0 {
                1 => (&gzipped(&[0; 100])[..20]).read(buffer),
                2 => Err(io::ErrorKind::Interrupted.into()),
                _ => Err(io::ErrorKind::ConnectionReset.into()),
            }
        }
    }
    let directory = tempfile::tempdir().expect("a directory");
    let error = unpack_into(directory.path(), Failing(0)).expect_err("reset");
    assert!(matches!(error, Error::Network { .. }), "{error:?}");
}

#[test]
fn the_copy_is_every_byte_and_a_request_to_stop_is_heeded() {
    let archive = gzipped(&tarred(&[file("go/x")]));
    let directory = tempfile::tempdir().expect("a directory");
    let (tree, path) = (directory.path().join("tree"), directory.path().join("copy"));
    let (going_on, stopped) = (Cancellation::default(), Cancellation::default());
    let job = |cancellation| {
        let _ = fs::remove_dir_all(&tree);
        fs::create_dir(&tree).expect("made");
        let copy = File::create(&path).expect("made");
        let job = Job {
            reader: Box::new(archive.as_slice()),
            copy: Some((copy, &path)),
            tree: &tree,
            progress: &(),
            cancellation,
        };
        unpack(job, &|_| Error::Stopped)
    };
    job(&going_on).expect("unpacked");
    assert_eq!(fs::read(&path).expect("kept"), archive);
    stopped.cancel();
    assert!(matches!(job(&stopped), Err(Error::Stopped)));
    assert!(stopped.was_heeded());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Whatever is done to a good archive: no panic, nothing outside (which `unpacked` checks), and the hash of the bytes.
    #[test]
    fn mutations(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in any::<prop::sample::Index>(),
        is_cut in any::<bool>(),
    ) {
        let mut tar = tarred(&[
            directory("go/"),
            pax("path", "go/src/long.go"),
            file("go/x"),
            part(EntryType::GNULongName, "L", b"go/bin/go\0"),
            file("go/y"),
        ]);
        for (at, byte) in &changes {
            let at = at.index(tar.len());
            // With a right checksum, or it would be the only thing that is looked at.
            tar[at] = *byte;
            let block = at / 512 * 512;
            let mut header = Header::new_old();
            header.as_mut_bytes().copy_from_slice(&tar[block..block + 512]);
            header.set_cksum();
            if (block / 512).is_multiple_of(2) {
                tar[block..block + 512].copy_from_slice(header.as_bytes());
            }
        }
        if is_cut {
            let cut = cut.index(tar.len());
            tar.truncate(cut);
        }
        let _ = unpacked(&gzipped(&tar));
    }
}
