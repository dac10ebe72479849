//! A checksum database of our own: a signed log with tiles, made from RFC 6962 and from Go's description
//! (<https://go.dev/design/25530-sumdb>), not from the code under test. `cmd/go` accepts it: a test shows that.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{SHA256, digest};
use ring::signature::{Ed25519KeyPair, KeyPair};

type Hash = [u8; 32];

/// The hash of the go.mod file that every toolchain module has.
pub(crate) const TOOLCHAIN_GO_MOD: &str = "h1:8wlg68NqwW7eMnI1aABk/C2pDYXj8mrMY4TyRfiLeS0=";

/// A log, and the key that signs it.
#[derive(Clone)]
pub(crate) struct Log {
    name: String,
    seed: [u8; 32],
    records: Vec<String>,
    /// `levels[l][n]` is the hash of the complete subtree over the records from `n << l`.
    levels: Vec<Vec<Hash>>,
}

impl Log {
    pub(crate) fn new(name: &str) -> Self {
        Self { name: name.to_owned(), seed: [7; 32], records: Vec::new(), levels: vec![Vec::new()] }
    }

    /// Another key for the same name.
    #[must_use]
    pub(crate) fn with_seed(mut self, seed: u8) -> Self {
        self.seed = [seed; 32];
        self
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// What GOSUMDB is set to.
    pub(crate) fn key(&self) -> String {
        let (key, hash) = self.public_key();
        format!("{}+{}+{}", self.name, hex(&hash), STANDARD.encode(key))
    }

    pub(crate) fn size(&self) -> usize {
        self.records.len()
    }

    /// Adds a record for a module version.
    pub(crate) fn append(&mut self, module: &str, version: &str, h1: &str) {
        self.append_text(format!(
            "{module} {version} {h1}\n{module} {version}/go.mod {TOOLCHAIN_GO_MOD}\n"
        ));
    }

    pub(crate) fn append_text(&mut self, text: String) {
        let mut leaf = vec![0];
        leaf.extend_from_slice(text.as_bytes());
        let mut hash = sha256(&leaf);
        self.records.push(text);
        // Each record completes the subtrees of which it is the last.
        for level in 0.. {
            if self.levels.len() == level {
                self.levels.push(Vec::new());
            }
            let nodes = &mut self.levels[level];
            nodes.push(hash);
            let [.., left, right] = nodes[..] else { break };
            if nodes.len() % 2 == 1 {
                break;
            }
            hash = node(left, right);
        }
    }

    /// Adds records that nobody asks for, up to this size.
    pub(crate) fn fill(&mut self, size: usize) {
        while self.size() < size {
            let number = self.size();
            self.append("example.com/filler", &format!("v1.0.{number}"), TOOLCHAIN_GO_MOD);
        }
    }

    /// The same log up to `size`, and from there another.
    #[must_use]
    pub(crate) fn fork(&self, size: usize) -> Self {
        let mut fork = Self { records: Vec::new(), levels: vec![Vec::new()], ..self.clone() };
        for (number, record) in self.records.iter().enumerate() {
            let text = if number < size {
                record.clone()
            } else {
                record.replace("example.com/filler", "example.com/forked")
            };
            fork.append_text(text);
        }
        fork
    }

    /// The hash of the first `size` records (RFC 6962, section 2.1).
    pub(crate) fn root(&self, size: usize) -> Hash {
        self.subtree(0, size)
    }

    /// The hash of one record.
    pub(crate) fn root_of_record(&self, number: usize) -> Hash {
        self.levels[0][number]
    }

    fn subtree(&self, first: usize, end: usize) -> Hash {
        match end - first {
            0 => sha256(b""),
            1 => self.levels[0][first],
            count => {
                let split = first + (count.next_power_of_two() >> 1);
                node(self.subtree(first, split), self.subtree(split, end))
            }
        }
    }

    /// The signed head of the first `size` records.
    pub(crate) fn head(&self, size: usize) -> String {
        let root = STANDARD.encode(self.root(size));
        self.sign(&format!("go.sum database tree\n{size}\n{root}\n"))
    }

    /// A note.
    pub(crate) fn sign(&self, text: &str) -> String {
        let pair = Ed25519KeyPair::from_seed_unchecked(&self.seed).expect("a key");
        let mut signature = self.public_key().1.to_vec();
        signature.extend_from_slice(pair.sign(text.as_bytes()).as_ref());
        format!("{text}\n\u{2014} {} {}\n", self.name, STANDARD.encode(signature))
    }

    /// The answer to a lookup: the record, and the head of the first `size` records.
    pub(crate) fn lookup(&self, number: usize, size: usize) -> String {
        format!("{number}\n{}\n{}", self.records[number], self.head(size))
    }

    /// What a database of this size serves at a path: `supported`, `latest`, `lookup/M@V`, `tile/8/L/N`.
    pub(crate) fn serve(&self, path: &str) -> Option<Vec<u8>> {
        let size = self.size();
        if let Some(module) = path.strip_prefix("lookup/") {
            let line = format!("{} ", module.replace('@', " "));
            let number = self.records.iter().position(|record| record.starts_with(&line))?;
            return Some(self.lookup(number, size).into_bytes());
        }
        match path {
            "supported" => Some(Vec::new()),
            "latest" => Some(self.head(size).into_bytes()),
            path => self.tile(path.strip_prefix("tile/8/")?),
        }
    }

    /// `L/x001/x234/067.p/5`
    fn tile(&self, path: &str) -> Option<Vec<u8>> {
        let (level, mut number) = path.split_once('/')?;
        let mut width = 256;
        if let Some((full, partial)) = number.split_once(".p/") {
            (number, width) = (full, partial.parse().ok()?);
        }
        let digits: String = number.chars().filter(char::is_ascii_digit).collect();
        let first = digits.parse::<usize>().ok()? * 256;
        let nodes = self.levels.get(level.parse::<usize>().ok()? * 8)?;
        Some(nodes.get(first..first + width)?.concat())
    }

    fn public_key(&self) -> (Vec<u8>, [u8; 4]) {
        let pair = Ed25519KeyPair::from_seed_unchecked(&self.seed).expect("a key");
        let mut key = vec![1];
        key.extend_from_slice(pair.public_key().as_ref());
        let hash = sha256(&[self.name.as_bytes(), b"\n", &key].concat());
        (key, hash[..4].try_into().expect("four bytes"))
    }
}

fn node(left: Hash, right: Hash) -> Hash {
    sha256(&[&[1][..], &left, &right].concat())
}

pub(crate) fn sha256(content: &[u8]) -> Hash {
    digest(&SHA256, content).as_ref().try_into().expect("32 bytes")
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    let digit = |digit: u8| char::from_digit(digit.into(), 16).expect("a digit");
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}
