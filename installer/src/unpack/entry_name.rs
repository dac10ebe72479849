//! The names of an archive's entries, which are a stranger's text, as paths that can only lie below one directory.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// Punctuation that a file's name may have (`golang.org/x/mod/module.fileNameOK`).
const PUNCTUATION: &str = "!#$%&()+,-.=@[]^_{}~ ";

/// What the names in a release's tar file begin with (`cmd/distpack`).
const RELEASE_PREFIX: &str = "go/";

/// The longest path below the prefix, and the longest component of it, in bytes: three times what any release has, and
/// what file systems take.
const MAXIMUM_PATH: usize = 512;
const MAXIMUM_COMPONENT: usize = 255;

/// The name of one file in an archive.
///
/// It begins with the archive's prefix, and the rest is a clean relative path: no empty component, `.` or `..`, and no
/// character that means something to a file system or a shell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryName {
    name: Box<str>,
    prefix: usize,
    is_in_module: bool,
}

/// Why a name is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// It is not UTF-8.
    #[error("its name is not UTF-8")]
    NotText,
    /// It belongs to another module.
    #[error("its name does not begin with the module's")]
    OtherModule,
    /// It lies beside the one directory that a release is.
    #[error("its name does not begin with go/")]
    OtherDirectory,
    /// No file system would take it, or a person read it.
    #[error("its name is too long")]
    TooLong,
    /// It is empty, absolute, a directory, or climbs.
    #[error("its name is not a clean relative path")]
    NotClean,
    /// It has a character that a file's name may not have.
    #[error("its name has a character that is not allowed")]
    Character,
    /// Only the root of a module has such a file.
    #[error("it is a go.mod file below the module's root")]
    GoMod,
    /// Another entry has the same name.
    #[error("there are two entries with its name")]
    Twice,
    /// Another entry's name differs by the case of its letters only.
    #[error("its name differs from another only in case")]
    CaseTwin,
    /// Another entry lies below it.
    #[error("it is both a file and a directory")]
    FileAndDirectory,
}

impl EntryName {
    /// Parses a name in a module zip; `prefix` is the module's, `golang.org/toolchain@v0.0.1-go1.22.3.linux-amd64/`.
    pub fn parse(name: &[u8], prefix: &str) -> Result<Self, NameError> {
        let name = Self::parse_below(name, prefix, NameError::OtherModule)?;
        let (directory, file) = (name.directory(), name.archived_file());
        if file.eq_ignore_ascii_case("go.mod") && (file != "go.mod" || !directory.is_empty()) {
            return Err(NameError::GoMod);
        }
        Ok(Self { is_in_module: true, ..name })
    }

    /// Parses a name in a release's tar file, of a file or of a directory.
    pub fn parse_in_release(name: &[u8]) -> Result<Self, NameError> {
        Self::parse_below(name, RELEASE_PREFIX, NameError::OtherDirectory)
    }

    fn parse_below(name: &[u8], prefix: &str, elsewhere: NameError) -> Result<Self, NameError> {
        let name = std::str::from_utf8(name).map_err(|_| NameError::NotText)?;
        let path = name.strip_prefix(prefix).ok_or(elsewhere)?;
        if path.len() > MAXIMUM_PATH {
            return Err(NameError::TooLong);
        }
        for component in path.split('/') {
            if component.len() > MAXIMUM_COMPONENT {
                return Err(NameError::TooLong);
            }
            if component.bytes().all(|byte| byte == b'.') {
                return Err(NameError::NotClean);
            }
            if !component.chars().all(is_allowed) {
                return Err(NameError::Character);
            }
        }
        Ok(Self { name: name.into(), prefix: prefix.len(), is_in_module: false })
    }

    /// The name in the archive, which is what is hashed.
    pub fn as_str(&self) -> &str {
        &self.name
    }

    /// The directory to put it in, relative to GOROOT; empty for GOROOT itself.
    pub fn directory(&self) -> &str {
        self.path().rsplit_once('/').map_or("", |(directory, _)| directory)
    }

    /// The name it gets there. A module zip has no go.mod below its root, so the toolchain's are called `_go.mod`
    /// (`cmd/go/internal/toolchain.Exec`).
    pub fn file(&self) -> &str {
        match self.archived_file() {
            "_go.mod" if self.is_in_module => "go.mod",
            file => file,
        }
    }

    fn archived_file(&self) -> &str {
        self.path().rsplit_once('/').map_or(self.path(), |(_, file)| file)
    }

    /// Whether it is a program; module zips have no modes (`cmd/go/internal/toolchain.Exec`).
    pub fn is_executable(&self) -> bool {
        let path = self.path();
        path.starts_with("bin/")
            || path.starts_with("pkg/tool/")
            || path.starts_with("lib/") && is_exec_wrapper(self.file())
    }

    /// Relative to GOROOT, as the archive calls it.
    pub(super) fn path(&self) -> &str {
        &self.name[self.prefix..]
    }
}

/// `go_?*_?*_exec`, such as `go_js_wasm_exec`.
fn is_exec_wrapper(file: &str) -> bool {
    let platform = file.strip_prefix("go_").and_then(|file| file.strip_suffix("_exec"));
    platform.is_some_and(|platform| {
        platform.match_indices('_').any(|(split, _)| split > 0 && split + 1 < platform.len())
    })
}

fn is_allowed(character: char) -> bool {
    match character {
        'a'..='z' | 'A'..='Z' | '0'..='9' => true,
        character if character.is_ascii() => PUNCTUATION.contains(character),
        character => character.is_alphabetic(),
    }
}

/// The paths taken so far: no two may be one on a file system that ignores case (`golang.org/x/mod/zip`).
#[derive(Debug, Default)]
pub(super) struct TakenPaths {
    by_folded: HashMap<String, (String, Taken)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Taken {
    File,
    Directory,
}

impl TakenPaths {
    /// Takes the path that this entry is unpacked to, and all directories above it.
    pub(super) fn take(&mut self, name: &EntryName) -> Result<(), NameError> {
        let directory = name.directory();
        let path = match directory {
            "" => name.file().to_owned(),
            directory => format!("{directory}/{}", name.file()),
        };
        self.take_one(path, Taken::File)?;
        self.take_directory(directory)?;
        Ok(())
    }

    /// Takes a directory's path, and those above it; says the new ones, those above others first.
    pub(super) fn take_directory<'p>(&mut self, path: &'p str) -> Result<Vec<&'p str>, NameError> {
        let mut new = Vec::new();
        let mut directory = path;
        while !directory.is_empty() && self.take_one(directory.to_owned(), Taken::Directory)? {
            new.push(directory);
            directory = directory.rsplit_once('/').map_or("", |(above, _)| above);
        }
        new.reverse();
        Ok(new)
    }

    /// How many there are, directories among them.
    pub(super) fn count(&self) -> usize {
        self.by_folded.len()
    }

    /// Says whether it was free.
    fn take_one(&mut self, path: String, as_what: Taken) -> Result<bool, NameError> {
        match self.by_folded.entry(path.to_lowercase()) {
            Entry::Vacant(entry) => {
                entry.insert((path, as_what));
                Ok(true)
            }
            Entry::Occupied(entry) => match entry.get() {
                (other, _) if *other != path => Err(NameError::CaseTwin),
                (_, Taken::Directory) if as_what == Taken::Directory => Ok(false),
                (_, Taken::File) if as_what == Taken::File => Err(NameError::Twice),
                _ => Err(NameError::FileAndDirectory),
            },
        }
    }

    /// All directories, those above others first.
    pub(super) fn directories(self) -> Vec<String> {
        let taken = self.by_folded.into_values();
        let mut directories: Vec<_> =
            taken.filter(|(_, what)| *what == Taken::Directory).map(|(path, _)| path).collect();
        directories.sort_unstable();
        directories
    }
}

#[cfg(test)]
mod tests;
