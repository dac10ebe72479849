//! Module zips for tests: a small toolchain, and zips that are wrong in every way one can be wrong.
#![expect(clippy::cast_possible_truncation, reason = "small files, and lies about their sizes")]

use std::io::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};

use super::log::{hex, sha256};

/// The module whose versions are toolchains.
pub(crate) const TOOLCHAIN: &str = "golang.org/toolchain";

/// Go's name for this machine.
pub(crate) const PLATFORM: &str =
    if cfg!(target_arch = "aarch64") { "linux-arm64" } else { "linux-amd64" };

/// A module version and its files, with the names they have in the zip after the module's own.
#[derive(Clone, Debug)]
pub(crate) struct Module {
    pub(crate) version: String,
    pub(crate) files: Vec<(String, Vec<u8>)>,
}

impl Module {
    /// A toolchain of about a hundred small files, with one of each kind that matters.
    pub(crate) fn toolchain(name: &str) -> Self {
        let mut files: Vec<(String, Vec<u8>)> = (0..90)
            .map(|number| {
                let path = format!("src/package{}/file{number}.go", number / 10);
                (path, format!("package package{}\n", number / 10).repeat(number + 1).into_bytes())
            })
            .collect();
        let script = |text: &str| format!("#!/bin/sh\necho '{text}'\n").into_bytes();
        let tool = |tool: &str| format!("pkg/tool/{}/{tool}", PLATFORM.replace('-', "_"));
        files.extend([
            (String::from("VERSION"), format!("{name}\ntime 2024-11-27T20:27:20Z\n").into_bytes()),
            (String::from("bin/go"), script(&format!("go version {name} linux"))),
            (String::from("bin/gofmt"), script("gofmt")),
            (tool("compile"), incompressible(700_000)),
            (tool("nested/link"), script("link")),
            (String::from("lib/wasm/go_js_wasm_exec"), script("wasm")),
            (String::from("lib/wasm/go_exec"), b"no wrapper".to_vec()),
            (String::from("src/_go.mod"), b"module std\n".to_vec()),
            (String::from("src/cmd/_go.mod"), b"module cmd\n".to_vec()),
            (String::from("src/runtime/empty.go"), Vec::new()),
            (String::from("src/runtime/zeros"), vec![0; 900_000]),
            (String::from("src/internal/été/名 前.txt"), b"letters\n".to_vec()),
        ]);
        // As distpack does, by path.
        files.sort();
        Self { version: Self::toolchain_version(name), files }
    }

    /// The version of the module that a toolchain is.
    pub(crate) fn toolchain_version(name: &str) -> String {
        format!("v0.0.1-{name}.{PLATFORM}")
    }

    /// What the names of its files begin with in the zip.
    pub(crate) fn prefix(&self) -> String {
        format!("{TOOLCHAIN}@{}/", self.version)
    }

    pub(crate) fn zip(&self) -> Vec<u8> {
        let mut zip = Zip::default();
        for (number, (name, content)) in self.files.iter().enumerate() {
            let entry = Entry::new(&format!("{}{name}", self.prefix()), content);
            // One in ten is stored, as a proxy may do.
            zip.add(&if number % 10 == 9 { entry.stored() } else { entry });
        }
        zip.finish()
    }

    /// Its hash (`golang.org/x/mod/sumdb/dirhash.Hash1`).
    pub(crate) fn h1(&self) -> String {
        let mut names: Vec<_> = self.files.iter().collect();
        names.sort();
        let lines: Vec<String> = names
            .iter()
            .map(|(name, content)| {
                format!(
                    "{}  {}{name}
",
                    hex(&sha256(content)),
                    self.prefix()
                )
            })
            .collect();
        format!("h1:{}", STANDARD.encode(sha256(lines.concat().as_bytes())))
    }
}

/// Bytes that look like chance and are the same each time.
pub(crate) fn incompressible(length: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let next = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    };
    std::iter::repeat_with(next).flatten().take(length).collect()
}

/// One entry of a zip; every field can be set to a lie.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) name: Vec<u8>,
    /// The name in the header before the data.
    pub(crate) local_name: Vec<u8>,
    pub(crate) method: u16,
    pub(crate) flags: u16,
    pub(crate) data: Vec<u8>,
    pub(crate) compressed: u32,
    pub(crate) size: u32,
    pub(crate) crc: u32,
    /// Where the directory says that it begins, if not where it does.
    pub(crate) start: Option<u32>,
    pub(crate) attributes: u32,
    /// In the directory only.
    pub(crate) extra: Vec<u8>,
    /// What the header before the data says of an extra field there, which is none.
    pub(crate) local_extra: u16,
}

impl Entry {
    /// Deflated, with a data descriptor after it: as Go's archive/zip writes.
    pub(crate) fn new(name: &str, content: &[u8]) -> Self {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(content).expect("in memory");
        let data = encoder.finish().expect("in memory");
        let mut crc = Crc::new();
        crc.update(content);
        Self {
            name: name.into(),
            local_name: name.into(),
            method: 8,
            flags: 8,
            compressed: data.len() as u32,
            size: content.len() as u32,
            crc: crc.sum(),
            data,
            start: None,
            attributes: 0,
            extra: Vec::new(),
            local_extra: 0,
        }
    }

    /// Not compressed. The content must still be known: an inflated copy is made.
    #[must_use]
    pub(crate) fn stored(mut self) -> Self {
        let mut content = Vec::new();
        let mut decoder = flate2::write::DeflateDecoder::new(&mut content);
        decoder.write_all(&self.data).expect("deflated");
        decoder.finish().expect("deflated");
        (self.method, self.flags, self.compressed) = (0, 0, self.size);
        self.data = content;
        self
    }
}

/// A zip file in the making.
#[derive(Clone, Debug, Default)]
pub(crate) struct Zip {
    bytes: Vec<u8>,
    directory: Vec<u8>,
    entries: u16,
}

impl Zip {
    pub(crate) fn add(&mut self, entry: &Entry) {
        let start = entry.start.unwrap_or(self.bytes.len() as u32);
        let has_descriptor = entry.flags & 8 != 0;
        let sizes = [entry.crc, entry.compressed, entry.size];
        self.bytes.extend_from_slice(b"PK\x03\x04");
        put16(&mut self.bytes, &[20, entry.flags, entry.method, 0, 0]);
        put32(&mut self.bytes, if has_descriptor { &[0; 3] } else { &sizes });
        put16(&mut self.bytes, &[entry.local_name.len() as u16, entry.local_extra]);
        self.bytes.extend_from_slice(&entry.local_name);
        self.bytes.extend_from_slice(&entry.data);
        if has_descriptor {
            self.bytes.extend_from_slice(b"PK\x07\x08");
            put32(&mut self.bytes, &sizes);
        }
        self.directory.extend_from_slice(b"PK\x01\x02");
        put16(&mut self.directory, &[20, 20, entry.flags, entry.method, 0, 0]);
        put32(&mut self.directory, &sizes);
        put16(&mut self.directory, &[entry.name.len() as u16, entry.extra.len() as u16, 0, 0, 0]);
        put32(&mut self.directory, &[entry.attributes, start]);
        self.directory.extend_from_slice(&entry.name);
        self.directory.extend_from_slice(&entry.extra);
        // More than fit are a lie too.
        self.entries = self.entries.wrapping_add(1);
    }

    pub(crate) fn finish(self) -> Vec<u8> {
        self.finish_with(|_| {})
    }

    /// `lie` changes the end record: 22 bytes.
    pub(crate) fn finish_with(mut self, lie: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
        let offset = self.bytes.len() as u32;
        let mut end = b"PK\x05\x06".to_vec();
        put16(&mut end, &[0, 0, self.entries, self.entries]);
        put32(&mut end, &[self.directory.len() as u32, offset]);
        put16(&mut end, &[0]);
        lie(&mut end);
        self.bytes.append(&mut self.directory);
        self.bytes.append(&mut end);
        self.bytes
    }
}

fn put16(bytes: &mut Vec<u8>, numbers: &[u16]) {
    bytes.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
}

fn put32(bytes: &mut Vec<u8>, numbers: &[u32]) {
    bytes.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
}
