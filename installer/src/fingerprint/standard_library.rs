//! The content of the standard library: what the compiler gets to see of it.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use ring::digest::{SHA256, digest};

use crate::error::{During, Error};
use crate::sumdb::dirhash;

/// A release has about 4000 such files with 50 MB; this is for directories that are no release.
const MOST_FILES: usize = 50_000;
const MOST_BYTES: u64 = 512 * 1024 * 1024;
const DEEPEST: usize = 16;

/// The hash of all sources below `src` that other people's programs can be built from, in the form of go.sum.
///
/// Tests, their data, and the sources of the tools are left out: distros leave them out too, and nothing is built from
/// them.
pub(super) fn hash(src: &Path) -> Result<String, Error> {
    let mut names = Vec::new();
    collect(src, &PathBuf::new(), 0, &mut names)?;
    let mut files = Vec::with_capacity(names.len());
    let mut total = 0;
    for name in names {
        let file = src.join(&name);
        let content = fs::read(&file).during("read", &file)?;
        total += content.len() as u64;
        if total > MOST_BYTES {
            return Err(too_much(src));
        }
        let hash = digest(&SHA256, &content);
        let hash = std::array::from_fn(|index| hash.as_ref()[index]);
        files.push((name.to_string_lossy().into_owned(), hash));
    }
    Ok(dirhash::h1(files.iter().map(|(name, hash)| (name.as_str(), hash))))
}

fn collect(src: &Path, below: &Path, depth: usize, names: &mut Vec<PathBuf>) -> Result<(), Error> {
    let directory = src.join(below);
    for entry in fs::read_dir(&directory).during("read", &directory)? {
        let entry = entry.during("read", &directory)?;
        let name = entry.file_name();
        let kind = entry.file_type().during("read", &directory)?;
        let path = below.join(&name);
        if kind.is_dir() {
            let is_ours = name != "testdata" && !(depth == 0 && name == "cmd");
            if is_ours && depth < DEEPEST {
                collect(src, &path, depth + 1, names)?;
            }
        } else if is_source(name.as_bytes()) {
            if names.len() == MOST_FILES {
                return Err(too_much(src));
            }
            names.push(path);
        }
    }
    Ok(())
}

/// Whether the go command gives such a file to a compiler, an assembler or the linker.
fn is_source(name: &[u8]) -> bool {
    const ENDS: [&[u8]; 6] = [b".go", b".s", b".S", b".h", b".c", b".syso"];
    ENDS.iter().any(|end| name.ends_with(end)) && !name.ends_with(b"_test.go")
}

fn too_much(src: &Path) -> Error {
    let message = format!("{} holds more than any release of Go", src.display());
    Error::Refused { message, fix: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_built_from_counts_and_nothing_else() {
        let directory = tempfile::tempdir().expect("a directory");
        let src = directory.path();
        let write = |name: &str, content: &str| {
            let file = src.join(name);
            fs::create_dir_all(file.parent().expect("a parent")).expect("a directory");
            fs::write(file, content).expect("written");
        };
        write("fmt/print.go", "package fmt");
        write("runtime/asm.s", "TEXT");
        let base = hash(src).expect("a hash");
        for (name, content) in [
            ("fmt/fmt_test.go", "x"),
            ("fmt/testdata/a.go", "x"),
            ("cmd/go/main.go", "x"),
            ("README.md", "x"),
        ] {
            write(name, content);
            assert_eq!(hash(src).expect("a hash"), base, "{name}");
        }
        write("fmt/print.go", "package fnt");
        let patched = hash(src).expect("a hash");
        assert_ne!(patched, base);
        write("net/cmd/x.go", "x");
        assert_ne!(hash(src).expect("a hash"), patched);
    }
}
