//! The hashes of releases' files, as `sha256sum` writes them: a line for each, with the hash, two spaces and the name.

use std::fmt::Write;

use crate::unpack::tar::FileHash;

/// Many files' hashes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Checksums<'a>(&'a str);

impl<'a> Checksums<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self(text)
    }

    /// What gowr is built with. A release's hash never changes, so that those are the last word.
    pub(super) fn bundled() -> Self {
        Self(include_str!("SHA256SUMS"))
    }

    /// The hash of a file.
    pub(super) fn find(self, file: &str) -> Option<FileHash> {
        self.lines().find_map(|(hash, name)| if name == file { parse(hash) } else { None })
    }

    /// All hashes and names; other lines are passed over.
    pub(super) fn lines(self) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.0.lines().filter_map(|line| line.split_once("  "))
    }
}

/// Parses 64 hexadecimal digits.
pub(super) fn parse(text: &str) -> Option<FileHash> {
    let mut hash = FileHash::default();
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if pairs.len() != hash.len() || !rest.is_empty() {
        return None;
    }
    for (byte, pair) in hash.iter_mut().zip(pairs) {
        let [high, low] = pair.map(|digit| char::from(digit).to_digit(16));
        *byte = u8::try_from(high? << 4 | low?).ok()?;
    }
    Some(hash)
}

/// Writes 64 hexadecimal digits.
pub(super) fn hexadecimal(hash: FileHash) -> String {
    hash.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use resolver::version::ToolchainName;

    use super::*;

    #[test]
    fn what_is_bundled_is_sound() {
        let mut files = HashSet::new();
        for line in Checksums::bundled().0.lines().filter(|line| !line.starts_with('#')) {
            let (hash, file) = line.split_once("  ").expect(line);
            assert_eq!(parse(hash).map(hexadecimal).as_deref(), Some(hash), "{line}");
            let name = ["amd64", "arm64"]
                .iter()
                .find_map(|machine| file.strip_suffix(&format!(".linux-{machine}.tar.gz")));
            assert!(name.and_then(ToolchainName::parse).is_some(), "{line}");
            assert!(files.insert(file), "{file} is there twice");
        }
    }

    #[test]
    fn found_by_the_whole_name_only() {
        let digits = "00ff".repeat(16);
        let text = format!(
            "# a comment\n{digits}  go1.22.1.linux-amd64.tar.gz\nnonsense\n{}  short\n",
            &digits[..62]
        );
        let checksums = Checksums::new(&text);
        let hash = checksums.find("go1.22.1.linux-amd64.tar.gz").expect("there");
        assert_eq!(hash[..2], [0, 255]);
        assert_eq!(hexadecimal(hash), digits);
        for absent in ["go1.22.linux-amd64.tar.gz", "1.22.1.linux-amd64.tar.gz", "short", ""] {
            assert_eq!(checksums.find(absent), None, "{absent}");
        }
    }

    #[test]
    fn only_64_digits_are_a_hash() {
        for bad in ["", "0", "zz", &"0".repeat(63), &"0".repeat(65), &"é".repeat(32), "<html>"] {
            assert_eq!(parse(bad), None, "{bad}");
        }
        assert_eq!(parse(&"Ff".repeat(32)), Some([255; 32]));
    }
}
