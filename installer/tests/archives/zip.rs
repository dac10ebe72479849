//! Module zips.

use crate::Dice;
use crate::hostile_name;
use crate::module::{Entry, Module, Zip, incompressible};
use crate::place::{Files, NAME, Place, Verdict, h1};

/// An entry, and what is in it.
#[derive(Clone)]
struct Packed {
    entry: Entry,
    content: Vec<u8>,
}

fn packed(name: &[u8], content: &[u8]) -> Packed {
    let mut entry = Entry::new("", content);
    (entry.name, entry.local_name) = (name.to_vec(), name.to_vec());
    Packed { entry, content: content.to_vec() }
}

pub(crate) fn play(case: u64) -> Verdict {
    let place = Place::new();
    let mut dice = Dice::new(case);
    let prefix = Module { version: Module::toolchain_version(NAME), files: Vec::new() }.prefix();
    let mut entries: Vec<_> = [
        ("VERSION", format!("{NAME}\n").into_bytes()),
        ("bin/go", b"#!/bin/sh\n".to_vec()),
        ("bin/gofmt", Vec::new()),
        ("pkg/tool/linux_amd64/compile", incompressible(3000)),
        ("src/_go.mod", b"module std\n".to_vec()),
        ("src/fmt/print.go", b"package fmt\n".repeat(100)),
    ]
    .map(|(name, content)| packed(format!("{prefix}{name}").as_bytes(), &content))
    .into();
    if dice.is_one_in(3) {
        let index = dice.below(entries.len());
        entries[index].entry = entries[index].entry.clone().stored();
    }
    let honest = summary(&entries);

    let mut told = Vec::new();
    for _ in 0..=dice.below(3) {
        told.push(change(&mut entries, &mut dice, &prefix, &place.outside()));
    }
    let mut zip = Zip::default();
    for packed in &entries {
        zip.add(&packed.entry);
    }
    let mut bytes = if dice.is_one_in(4) {
        let kind = dice.below(8);
        told.push(format!("end record {kind}"));
        zip.finish_with(|end| lie_at_end(end, kind, &mut dice))
    } else {
        zip.finish()
    };
    if dice.is_one_in(4) {
        told.push(spoil(&mut bytes, &mut dice));
    }

    // The publisher of what is in the archive now, or of what was in it.
    let published = if dice.is_one_in(2) { summary(&entries) } else { honest };
    let result = place.fetch_zip(&bytes, &h1(&published));
    if let Ok(fetched) = &result {
        assert_eq!(fetched.hash, h1(&published));
    }
    let expected: Files = published
        .iter()
        .filter_map(|(name, content)| {
            let path = String::from_utf8(name.strip_prefix(prefix.as_bytes())?.to_vec()).ok()?;
            Some((path.replace("_go.mod", "go.mod").into_bytes(), content.clone()))
        })
        .collect();
    place.judge(result, Some(&expected), &format!("zip {case}: {}", told.join(", ")))
}

fn summary(entries: &[Packed]) -> Vec<(Vec<u8>, Vec<u8>)> {
    entries.iter().map(|it| (it.entry.name.clone(), it.content.clone())).collect()
}

/// One change to the entries; says which.
fn change(entries: &mut Vec<Packed>, dice: &mut Dice, prefix: &str, outside: &str) -> String {
    let index = dice.below(entries.len());
    let other = entries[dice.below(entries.len())].clone();
    let kind = dice.below(22);
    let number =
        dice.one_of(&[0, 1, 2, 7, 30, 255, 65_535, 65_536, 0x7fff_ffff, 0xffff_fffe, 0xffff_ffff]);
    let Packed { entry, content } = &mut entries[index];
    match kind {
        0..=3 => {
            entry.name = hostile_name(dice, prefix, outside);
            entry.local_name.clone_from(&entry.name);
        }
        4 => entry.local_name = hostile_name(dice, prefix, outside),
        5 => {
            // As Unix writes modes: links, devices, set-user-id.
            let mode = dice.one_of(&[
                0o120_777, 0o020_666, 0o060_666, 0o010_666, 0o104_755, 0o040_755, 0o140_777,
            ]);
            entry.attributes = mode << 16;
            if mode == 0o120_777 {
                *content = outside.as_bytes().to_vec();
                let attributes = entry.attributes;
                *entry = Entry {
                    attributes,
                    name: entry.name.clone(),
                    local_name: entry.name.clone(),
                    ..Entry::new("", content)
                };
            }
        }
        6 => entry.method = dice.one_of(&[0, 1, 9, 12, 14, 99, 0xffff]),
        7 => entry.flags = 1 << dice.below(16),
        8 => entry.size = number,
        9 => entry.compressed = number,
        10 => entry.crc ^= 1,
        11 => entry.start = Some(number),
        12 => entry.local_extra = dice.one_of(&[1, 20, 4000, 0xffff]),
        13 => {
            // Sizes of 64 bits, or a second name, in the extra field (APPNOTE.TXT, sections 4.5.3 and 4.6.9).
            let (tag, value) = dice.one_of(&[
                (1_u16, vec![0xff; 24]),
                (1, vec![0; 8]),
                (0x7075, b"\x01\0\0\0\0../evil".to_vec()),
            ]);
            entry.extra =
                [&tag.to_le_bytes()[..], &[u8::try_from(value.len()).expect("small"), 0], &value]
                    .concat();
            (entry.size, entry.compressed) =
                dice.one_of(&[(u32::MAX, u32::MAX), (entry.size, entry.compressed)]);
        }
        14 => entry.data = incompressible(entry.data.len()),
        15 => entry.data.truncate(dice.below(entry.data.len() + 1)),
        16 => {
            // A bomb, with its size said or not.
            let size = entry.size;
            let bomb = vec![0; 1 << (16 + dice.below(6))];
            *entry = Entry {
                name: entry.name.clone(),
                local_name: entry.name.clone(),
                ..Entry::new("", &bomb)
            };
            if dice.is_one_in(2) {
                entry.size = size;
            } else {
                *content = bomb;
            }
        }
        17 => entries.push(other),
        18 => {
            let mut twin = other;
            let start = prefix.len().min(twin.entry.name.len());
            twin.entry.name[start..].make_ascii_uppercase();
            twin.entry.local_name.clone_from(&twin.entry.name);
            entries.push(twin);
        }
        19 => {
            // A file where there is a directory, or a directory where there is a file.
            let name = dice.one_of(&["bin", "src/fmt", "VERSION/below", "src/fmt/print.go/below"]);
            entries.push(packed(format!("{prefix}{name}").as_bytes(), b"both"));
        }
        20 => {
            // One entry's data for two.
            let mut second = other.clone();
            second.entry.name = [other.entry.name.as_slice(), b"2"].concat();
            second.entry.start = Some(dice.one_of(&[0, 1, 40, 100]));
            entries.push(second);
        }
        _ if dice.is_one_in(20) => {
            let count = 1000 * dice.below(70);
            entries.extend(
                (0..count).map(|number| packed(format!("{prefix}many/{number}").as_bytes(), b"")),
            );
        }
        // Files come and go; nothing is wrong with that.
        _ => drop(entries.remove(index)),
    }
    if entries.is_empty() {
        entries.push(packed(format!("{prefix}VERSION").as_bytes(), b""));
    }
    format!("entry {kind}")
}

fn lie_at_end(end: &mut Vec<u8>, kind: usize, dice: &mut Dice) {
    match kind {
        0 => end[8..12].fill(0xff),
        1 => end[12..20].fill(0xff),
        2 => (end[8], end[10]) = (end[8].wrapping_add(1), end[10].wrapping_add(1)),
        3 => (end[8], end[10]) = (end[8].wrapping_sub(1), end[10].wrapping_sub(1)),
        4 => end[16] = end[16].wrapping_add(1),
        5 => (end[4], end[6]) = (1, 1),
        6 => {
            // A comment with another end record in it.
            let inner = end.clone();
            (end[20], end[21]) = (22, 0);
            end.extend(inner);
        }
        _ => {
            let at = dice.below(end.len());
            end[at] = u8::try_from(dice.below(256)).expect("a byte");
        }
    }
}

/// Changes bytes, whatever they mean; says how.
fn spoil(bytes: &mut Vec<u8>, dice: &mut Dice) -> String {
    let kind = dice.below(6);
    match kind {
        0 => bytes.truncate(dice.below(bytes.len())),
        1 => bytes.extend_from_slice(&incompressible(1 + dice.below(100))),
        2 => drop(bytes.splice(0..0, incompressible(1 + dice.below(100)))),
        3 => bytes.extend_from_slice(&bytes.clone()),
        _ => {
            for _ in 0..=dice.below(4) {
                let at = dice.below(bytes.len());
                bytes[at] = u8::try_from(dice.below(256)).expect("a byte");
            }
        }
    }
    format!("bytes {kind}")
}
