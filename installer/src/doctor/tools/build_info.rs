//! What the linker wrote into a program of Go about where it came from (`debug/buildinfo`, `runtime/debug.BuildInfo`).

use std::fs::File;
use std::path::Path;

use object::elf::FileHeader64;
use object::read::elf::{FileHeader, SectionHeader};
use object::{Endianness, ReadCache, ReadRef};

const MAGIC: &[u8] = b"\xff Go buildinf:";
/// Flags of the header: the texts follow it, instead of pointers to them (since Go 1.18).
const INLINE: u8 = 2;
const HEADER: usize = 32;
/// Around the text about modules stand marks of this length.
const MARK: usize = 16;
/// A list of modules has some thousand lines.
const SECTION_LIMIT: u64 = 4 * 1024 * 1024;

/// The package that a program was built from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct BuildInfo {
    package: String,
    version: String,
}

impl BuildInfo {
    /// What `go install` takes for it.
    pub(super) fn argument(&self) -> String {
        // `(devel)` was built in a directory; it can only be had as it was published.
        let is_release = self.version.starts_with('v');
        format!("{}@{}", self.package, if is_release { &self.version } else { "latest" })
    }
}

/// Reads it; none where the file does not say.
pub(super) fn read(program: &Path) -> Option<BuildInfo> {
    let data = ReadCache::new(File::open(program).ok()?);
    parse(section(&data)?)
}

fn section<'a, R: ReadRef<'a>>(data: R) -> Option<&'a [u8]> {
    let header = FileHeader64::<Endianness>::parse(data).ok()?;
    let endian = header.endian().ok()?;
    let sections = header.sections(endian, data).ok()?;
    let (_, section) = sections.section_by_name(endian, b".go.buildinfo")?;
    (section.sh_size(endian) <= SECTION_LIMIT).then_some(())?;
    section.data(endian, data).ok()
}

fn parse(section: &[u8]) -> Option<BuildInfo> {
    let at = section.chunks(16).position(|chunk| chunk.starts_with(MAGIC))?;
    let info = section.get(at * 16..)?;
    if info.get(MAGIC.len() + 1)? & INLINE == 0 {
        return None;
    }
    let (_version, rest) = text(info.get(HEADER..)?)?;
    let (modules, _) = text(rest)?;
    let modules = modules.get(MARK..modules.len().checked_sub(MARK)?)?;
    let modules = std::str::from_utf8(modules).ok()?;
    let line =
        |key: &str| modules.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('\t'));
    let package = line("path").filter(|path| is_package(path))?;
    let version = line("mod").and_then(|module| module.split('\t').nth(1)).unwrap_or_default();
    let version = if is_package(version) { version } else { "" };
    Some(BuildInfo { package: package.to_owned(), version: version.to_owned() })
}

/// A text after its length, which is written as Go's `binary.Uvarint`; and what follows.
fn text(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut length = 0_usize;
    for (index, byte) in bytes.iter().enumerate().take(4) {
        length |= usize::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return bytes.get(index + 1..)?.split_at_checked(length);
        }
    }
    None
}

/// It becomes a word of a command that a person is told to run.
fn is_package(path: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-~/+!".contains(&byte);
    !path.is_empty() && path != "command-line-arguments" && path.bytes().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_package_and_its_version() {
        let info = |modules: &str| {
            let modules = format!("{0}{modules}{0}", "0123456789abcdef");
            let length = u8::try_from(modules.len()).expect("short");
            let length = if length < 128 { vec![length] } else { vec![length | 0x80, 1] };
            let length = if length.len() == 2 { vec![length[0], 1] } else { length };
            [MAGIC, &[8, 2], &[0; 16], b"\x08go1.22.3", &length, modules.as_bytes()].concat()
        };
        let argument = |modules: &str| parse(&info(modules)).map(|info| info.argument());
        let released = "path\texample.com/t/cmd\nmod\texample.com/t\tv1.2.3\th1:x=\n";
        assert_eq!(argument(released).as_deref(), Some("example.com/t/cmd@v1.2.3"));
        let local = "path\texample.com/t\nmod\texample.com/t\t(devel)\t\n";
        assert_eq!(argument(local).as_deref(), Some("example.com/t@latest"));
        assert_eq!(argument("path\tcommand-line-arguments\n"), None);
        assert_eq!(argument("path\tx; rm -r ~\n"), None);
        assert_eq!(argument(""), None);
        assert_eq!(parse(b"nothing"), None);
    }
}
