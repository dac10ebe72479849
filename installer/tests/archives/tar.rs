//! Releases' tar.gz files.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::Dice;
use crate::hostile_name;
use crate::log::sha256;
use crate::module::incompressible;
use crate::place::{Files, NAME, Place, Verdict};

const BLOCK: usize = 512;

/// One header, and what comes after it.
#[derive(Clone)]
struct Entry {
    name: Vec<u8>,
    prefix: Vec<u8>,
    mode: Vec<u8>,
    /// The field, where it is not the length of the content in octal digits.
    size: Option<Vec<u8>>,
    kind: u8,
    link: Vec<u8>,
    magic: &'static [u8; 8],
    content: Vec<u8>,
    has_checksum: bool,
}

impl Entry {
    fn new(name: &[u8], kind: u8, content: &[u8]) -> Self {
        Self {
            name: name.to_vec(),
            prefix: Vec::new(),
            mode: b"0000644\0".to_vec(),
            size: None,
            kind,
            link: Vec::new(),
            magic: b"ustar\x0000",
            content: content.to_vec(),
            has_checksum: true,
        }
    }

    /// What is said about the next entry (POSIX pax): records of a length, a key and a value.
    fn extended(kind: u8, records: &[(&str, &[u8])]) -> Self {
        let mut content = Vec::new();
        for (key, value) in records {
            let rest = key.len() + value.len() + 3;
            let length =
                (1..9).find(|digits| (rest + digits).to_string().len() == *digits).expect("one");
            content.extend_from_slice(format!("{} {key}=", rest + length).as_bytes());
            content.extend_from_slice(value);
            content.push(b'\n');
        }
        Self::new(b"PaxHeaders/x", kind, &content)
    }

    fn write(&self, tar: &mut Vec<u8>) {
        let mut header = [0; BLOCK];
        let mut put = |at: usize, length: usize, value: &[u8]| {
            let length = length.min(value.len());
            header[at..at + length].copy_from_slice(&value[..length]);
        };
        put(0, 100, &self.name);
        put(100, 8, &self.mode);
        put(108, 8, b"0000000\0");
        put(116, 8, b"0000000\0");
        put(
            124,
            12,
            &self
                .size
                .clone()
                .unwrap_or_else(|| format!("{:011o}\0", self.content.len()).into_bytes()),
        );
        put(136, 12, b"14710535640\0");
        put(148, 8, b"        ");
        put(156, 1, &[self.kind]);
        put(157, 100, &self.link);
        put(257, 8, self.magic);
        put(345, 155, &self.prefix);
        let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
        let sum = if self.has_checksum { sum } else { sum + 1 };
        header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        tar.extend_from_slice(&header);
        tar.extend_from_slice(&self.content);
        tar.resize(tar.len().next_multiple_of(BLOCK), 0);
    }
}

pub(crate) fn play(case: u64) -> Verdict {
    let place = Place::new();
    let mut dice = Dice::new(case);
    let mut entries: Vec<_> = [
        ("go/VERSION", format!("{NAME}\n").into_bytes()),
        ("go/bin/go", b"#!/bin/sh\n".to_vec()),
        ("go/bin/gofmt", Vec::new()),
        ("go/pkg/tool/linux_amd64/compile", incompressible(3000)),
        ("go/src/fmt/print.go", b"package fmt\n".repeat(100)),
    ]
    .map(|(name, content)| Entry::new(name.as_bytes(), b'0', &content))
    .into();
    let honest = archive(&entries);
    let mut told = Vec::new();
    let mut is_plain = true;
    for _ in 0..=dice.below(3) {
        let (what, changes_only_files) = change(&mut entries, &mut dice, &place.outside());
        told.push(what);
        is_plain &= changes_only_files;
    }
    let mut tar = raw(&entries);
    if dice.is_one_in(4) {
        is_plain = false;
        told.push(spoil(&mut tar, &mut dice));
    }
    let mut bytes = deflate(&tar);
    if dice.is_one_in(4) {
        is_plain = false;
        told.push(spoil_deflated(&mut bytes, &mut dice));
    }

    // The publisher of this, or of what it was made from.
    let published = if dice.is_one_in(4) { sha256(&honest) } else { sha256(&bytes) };
    let result = place.take_tar(&bytes, published);
    assert!(result.is_err() || sha256(&bytes) == published, "tar {case}: {told:?}");
    let expected: Files = entries
        .iter()
        .filter(|it| it.kind == b'0')
        .filter_map(|it| Some((it.name.strip_prefix(b"go/")?.to_vec(), it.content.clone())))
        .collect();
    place.judge(result, is_plain.then_some(&expected), &format!("tar {case}: {}", told.join(", ")))
}

fn raw(entries: &[Entry]) -> Vec<u8> {
    let mut tar = Vec::new();
    for entry in entries {
        entry.write(&mut tar);
    }
    tar.resize(tar.len() + 2 * BLOCK, 0);
    tar
}

fn deflate(tar: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(tar).expect("in memory");
    encoder.finish().expect("in memory")
}

fn archive(entries: &[Entry]) -> Vec<u8> {
    deflate(&raw(entries))
}

/// One change to the entries; says which, and whether what is unpacked is still what the entries say by themselves.
#[expect(clippy::too_many_lines, reason = "a list of changes")]
fn change(entries: &mut Vec<Entry>, dice: &mut Dice, outside: &str) -> (String, bool) {
    let index = dice.below(entries.len());
    let other = entries[dice.below(entries.len())].clone();
    let kind = dice.below(24);
    let links: [&[u8]; 6] =
        [b"/etc/passwd", b"../../outside/file", outside.as_bytes(), b"go/VERSION", b"VERSION", b""];
    let link = dice.one_of(&links).to_vec();
    let name = hostile_name(dice, "go/", outside);
    let target = format!("{outside}/evil").into_bytes();
    let entry = &mut entries[index];
    let is_plain = match kind {
        0..=2 => {
            // As much of it as fits, or all of it by a long name before.
            if dice.is_one_in(2) {
                let long = Entry::new(b"././@LongLink", b'L', &[name.as_slice(), b"\0"].concat());
                entries.insert(index, long);
            } else {
                entry.name = name.into_iter().take(100).collect();
            }
            false
        }
        3 => {
            entry.prefix = hostile_name(dice, "go/", outside).into_iter().take(155).collect();
            false
        }
        4..=6 => {
            (entry.kind, entry.link) = (dice.one_of(b"12"), link);
            entry.content.clear();
            false
        }
        7 => {
            entry.kind = dice.one_of(b"34567DMNSVXAgxKL\x00\xff 9");
            false
        }
        8 => {
            // Through a link that was put there before.
            let mut planted = Entry::new(b"go/lib", b'2', b"");
            planted.link = link;
            entries.insert(0, planted);
            entries.push(Entry::new(b"go/lib/evil", b'0', b"evil"));
            false
        }
        9 => {
            let key = dice.one_of(&[
                "path",
                "linkpath",
                "size",
                "GNU.sparse.name",
                "GNU.sparse.major",
                "mtime",
                "uid",
                "SCHILY.xattr.user.x",
                "hdrcharset",
            ]);
            let number = dice.one_of(&["0", "1", "99999999999999999999", "-1", "x"]).as_bytes();
            let value = dice.one_of(&[name.as_slice(), &target, number]);
            let records = [(key, value)];
            entries.insert(index, Entry::extended(dice.one_of(b"xg"), &records));
            false
        }
        10 => {
            // A record that says another length than its own.
            let mut extended = Entry::extended(b'x', &[("path", b"go/x")]);
            extended.content[0] = dice.one_of(b"09 x");
            entries.insert(index, extended);
            false
        }
        11 => {
            let size: [&[u8]; 9] = [
                b"77777777777\0",
                b"00000000001\0",
                b"-0000000001\0",
                b"99999999999\0",
                b"\x80\0\0\0\0\0\0\0\0\0\0\x05",
                b"\x80\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff",
                b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
                b"            ",
                b"\0\0\0\0\0\0\0\0\0\0\0\0",
            ];
            entry.size = Some(dice.one_of(&size).to_vec());
            false
        }
        12 => {
            let modes: [&[u8]; 7] = [
                b"0004755\0",
                b"0002755\0",
                b"0001777\0",
                b"0000777\0",
                b"7777777\0",
                b"\x80\0\0\0\0\0\x01\xed",
                b"x\0\0\0\0\0\0\0",
            ];
            entry.mode = dice.one_of(&modes).to_vec();
            false
        }
        13 => {
            entry.magic = dice.one_of(&[b"ustar  \0", b"\0\0\0\0\0\0\0\0", b"evil\0\0\0\0"]);
            false
        }
        14 => {
            entry.has_checksum = false;
            false
        }
        15 => {
            entries.push(other);
            false
        }
        16 => {
            let mut twin = other;
            twin.name.iter_mut().skip(3).for_each(u8::make_ascii_uppercase);
            entries.push(twin);
            false
        }
        17 => {
            let name: &[u8] =
                dice.one_of(&[&b"go/bin"[..], b"go/VERSION/below", b"go/src/fmt", b"go"]);
            entries.push(Entry::new(name, b'0', b"both"));
            false
        }
        18 => {
            // Directories, said or not, before or after.
            let name: &[u8] = dice.one_of(&[
                &b"go/"[..],
                b"go/bin/",
                b"go/bin",
                b"go/new/",
                b"go/../new/",
                b"/",
                b"./",
            ]);
            entries.insert(index, Entry::new(name, b'5', b""));
            false
        }
        19 if dice.is_one_in(20) => {
            let count = 1000 * dice.below(80);
            entries.extend(
                (0..count)
                    .map(|number| Entry::new(format!("go/many/{number}").as_bytes(), b'0', b"")),
            );
            true
        }
        20 if dice.is_one_in(10) => {
            // A bomb: a thousandth of it is in the archive.
            entry.content = vec![0; 1 << (20 + dice.below(5))];
            true
        }
        21 => {
            entries.insert(
                index,
                Entry::new(b"././@LongLink", b'L', &vec![b'x'; dice.below(200_000)]),
            );
            false
        }
        _ => {
            entry.content = incompressible(dice.below(5000));
            true
        }
    };
    (format!("entry {kind}"), is_plain)
}

/// Changes bytes of the tar file, whatever they mean; says how.
fn spoil(tar: &mut Vec<u8>, dice: &mut Dice) -> String {
    let kind = dice.below(7);
    match kind {
        0 => tar.truncate(dice.below(tar.len())),
        1 => tar.truncate(tar.len() - BLOCK * (1 + dice.below(2))),
        2 => tar.extend_from_slice(&incompressible(1 + dice.below(2000))),
        3 => tar.extend_from_slice(&tar.clone()),
        _ => {
            for _ in 0..=dice.below(4) {
                let at = dice.below(tar.len());
                tar[at] = u8::try_from(dice.below(256)).expect("a byte");
            }
        }
    }
    format!("bytes {kind}")
}

/// The same of the gzip file around it.
fn spoil_deflated(bytes: &mut Vec<u8>, dice: &mut Dice) -> String {
    let kind = dice.below(7);
    match kind {
        0 => bytes.truncate(dice.below(bytes.len())),
        1 => bytes.extend_from_slice(&incompressible(1 + dice.below(100))),
        2 => bytes.extend_from_slice(&bytes.clone()),
        3 => bytes.extend_from_slice(&[0; 1024]),
        4 => bytes[3] = u8::try_from(dice.below(256)).expect("a byte"),
        _ => {
            for _ in 0..=dice.below(3) {
                let at = dice.below(bytes.len());
                bytes[at] = u8::try_from(dice.below(256)).expect("a byte");
            }
        }
    }
    format!("gzip {kind}")
}
