//! The hash of a tree of files that go.sum and the checksum database give (`golang.org/x/mod/sumdb/dirhash`).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{Context, SHA256};

/// The SHA-256 of one file.
pub type FileHash = [u8; 32];

/// `h1:` and base64 of the hash of all names and their files' hashes, whatever order they come in.
pub fn h1<'a>(files: impl IntoIterator<Item = (&'a str, &'a FileHash)>) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut files: Vec<_> = files.into_iter().collect();
    files.sort_unstable_by_key(|(name, _)| *name);
    let mut context = Context::new(&SHA256);
    let mut line = Vec::new();
    for (name, hash) in files {
        line.clear();
        for byte in hash {
            line.push(DIGITS[usize::from(byte >> 4)]);
            line.push(DIGITS[usize::from(byte & 0xf)]);
        }
        line.extend_from_slice(b"  ");
        line.extend_from_slice(name.as_bytes());
        line.push(b'\n');
        context.update(&line);
    }
    format!("h1:{}", STANDARD.encode(context.finish()))
}

#[cfg(test)]
mod tests {
    use ring::digest::digest;

    use super::*;

    fn hash(content: &str) -> FileHash {
        digest(&SHA256, content.as_bytes()).as_ref().try_into().expect("32 bytes")
    }

    #[test]
    fn a_published_go_mod() {
        // The line of every golang.org/toolchain record in the public checksum database.
        let file = hash("module golang.org/toolchain\n");
        assert_eq!(h1([("go.mod", &file)]), "h1:8wlg68NqwW7eMnI1aABk/C2pDYXj8mrMY4TyRfiLeS0=");
    }

    #[test]
    fn order_does_not_count_and_names_do() {
        let (x, y) = (hash("x"), hash("y"));
        assert_eq!(h1([("abc", &x), ("xyz", &y)]), h1([("xyz", &y), ("abc", &x)]));
        assert_ne!(h1([("abc", &x), ("xyz", &y)]), h1([("abc", &y), ("xyz", &x)]));
        assert_eq!(h1([]), "h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
    }
}
