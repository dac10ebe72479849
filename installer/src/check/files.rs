//! Finding and reading the files of a project that strangers wrote: bounded in number and size, never blocking, and
//! without following links to directories.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use nix::fcntl::OFlag;

use super::Code;
use crate::problem::{Evidence, Problem};

/// Names of files and directories that are looked at in all.
const MOST_ENTRIES: usize = 20_000;
/// Files that are read in all, and their bytes.
const MOST_FILES: usize = 500;
const MOST_BYTES: u64 = 4 * 1024 * 1024;
/// No file of the kinds that are read here is larger.
const LARGEST: u64 = 512 * 1024;
/// How far below the project Dockerfiles are looked for.
const DEEPEST: usize = 6;
/// Files that are named, of those that cannot be read.
const MOST_SHOWN: usize = 10;
/// Directories whose content is others'.
const OTHERS: [&str; 4] = ["node_modules", "testdata", "third_party", "vendor"];

/// Reads, counts, and remembers what it did not read.
#[derive(Debug, Default)]
pub(super) struct Files {
    entries: usize,
    read: usize,
    bytes: u64,
    left_out: Option<Evidence>,
    unparsed: Vec<Evidence>,
}

impl Files {
    /// The text of a file; none where there is none, or it is not to be read, which is noted then.
    pub(super) fn text(&mut self, file: &Path) -> Option<String> {
        if self.read >= MOST_FILES || self.bytes >= MOST_BYTES {
            self.leave_out(file, "not read: there are too many");
            return None;
        }
        let opened = match open(file) {
            Ok(opened) => opened?,
            Err(error) => {
                self.unparsed(file, None, &error.to_string().to_lowercase());
                return None;
            }
        };
        self.read += 1;
        let mut content = Vec::new();
        if let Err(error) = opened.take(LARGEST + 1).read_to_end(&mut content) {
            self.unparsed(file, None, &error.to_string().to_lowercase());
            return None;
        }
        self.bytes += content.len() as u64;
        if content.len() as u64 > LARGEST {
            self.unparsed(file, None, &format!("larger than {} KiB", LARGEST / 1024));
            return None;
        }
        match String::from_utf8(content) {
            Ok(text) if !text.contains('\0') => Some(text),
            _ => {
                self.unparsed(file, None, "not a text file");
                None
            }
        }
    }

    /// The names in a directory, sorted, and whether each is a directory itself; a link is none.
    pub(super) fn list(&mut self, directory: &Path) -> Vec<(OsString, bool)> {
        let mut names = Vec::new();
        let Ok(entries) = fs::read_dir(directory) else { return names };
        for entry in entries.flatten() {
            if self.entries == MOST_ENTRIES {
                self.leave_out(directory, "not all was looked at: there is too much");
                break;
            }
            self.entries += 1;
            let is_directory = entry.file_type().is_ok_and(|kind| kind.is_dir());
            names.push((entry.file_name(), is_directory));
        }
        names.sort();
        names
    }

    /// Files with such a name at or below `top`; `enter` says which directories belong to the project.
    pub(super) fn find(
        &mut self,
        top: &Path,
        is_wanted: impl Fn(&str) -> bool,
        enter: impl Fn(&Path) -> bool,
    ) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut waiting = VecDeque::from([(top.to_owned(), 0)]);
        while let Some((directory, depth)) = waiting.pop_front() {
            for (name, is_directory) in self.list(&directory) {
                let path = directory.join(&name);
                let name = String::from_utf8_lossy(name.as_bytes()).into_owned();
                if !is_directory {
                    if is_wanted(&name) {
                        found.push(path);
                    }
                } else if depth < DEEPEST
                    && (!name.starts_with('.') || name == ".devcontainer")
                    && !OTHERS.contains(&name.as_str())
                    && enter(&path)
                {
                    waiting.push_back((path, depth + 1));
                }
            }
        }
        found
    }

    /// Notes a file that says nothing, for this reason.
    pub(super) fn unparsed(&mut self, file: &Path, line: Option<usize>, reason: &str) {
        let evidence = match line {
            Some(line) => Evidence::line(file, line, reason),
            None => Evidence::file(file, reason),
        };
        self.unparsed.push(evidence);
    }

    /// Notes that something was not looked at.
    pub(super) fn leave_out(&mut self, path: &Path, what: &str) {
        self.left_out.get_or_insert_with(|| Evidence::file(path, what));
    }

    /// What was noted.
    pub(super) fn into_notes(self) -> Vec<Problem> {
        let mut problems = Vec::new();
        let more = self.unparsed.len().saturating_sub(MOST_SHOWN);
        let mut unparsed: Vec<_> = self.unparsed.into_iter().take(MOST_SHOWN).collect();
        if more > 0 {
            unparsed.push(Evidence::value(format!("and {more} more")));
        }
        if !unparsed.is_empty() {
            let message = "what these say about Go is not known: they cannot be read";
            problems.push(unparsed.into_iter().fold(Code::Unparsed.note(message), Problem::seen));
        }
        problems.extend(self.left_out.map(|evidence| {
            Code::LeftOut.note("this project is too large to be looked through").seen(evidence)
        }));
        problems
    }
}

/// Opens a regular file; none where nothing is there. A FIFO would wait for a writer.
fn open(file: &Path) -> io::Result<Option<File>> {
    let flags = (OFlag::O_NONBLOCK | OFlag::O_NOCTTY).bits();
    let opened = match OpenOptions::new().read(true).custom_flags(flags).open(file) {
        Ok(opened) => opened,
        Err(error) => {
            return match error.kind() {
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Ok(None),
                kind => Err(io::Error::other(kind.to_string())),
            };
        }
    };
    if opened.metadata()?.is_file() {
        Ok(Some(opened))
    } else {
        Err(io::Error::other("not a regular file"))
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use nix::sys::stat::Mode;

    use super::*;

    fn notes(files: Files) -> Vec<String> {
        files.into_notes().into_iter().flat_map(|note| note.evidence).map(|it| it.text).collect()
    }

    #[test]
    fn what_is_no_text_file_is_noted() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = |name: &str| directory.path().join(name);
        fs::write(path("good"), "x").expect("written");
        fs::write(path("binary"), [0, 159]).expect("written");
        fs::write(path("huge"), vec![b' '; 600 * 1024]).expect("written");
        nix::unistd::mkfifo(&path("fifo"), Mode::S_IRWXU).expect("a FIFO");
        symlink("loop", path("loop")).expect("a link");
        symlink("good", path("link")).expect("a link");
        symlink("/dev/zero", path("zero")).expect("a link");
        let mut files = Files::default();
        assert_eq!(files.text(&path("good")).as_deref(), Some("x"));
        assert_eq!(files.text(&path("link")).as_deref(), Some("x"));
        for name in ["absent", "good/x", "binary", "huge", "fifo", "loop", "zero", "."] {
            assert_eq!(files.text(&path(name)), None, "{name}");
        }
        assert_eq!(
            notes(files),
            [
                "not a text file",
                "larger than 512 KiB",
                "not a regular file",
                "filesystem loop or indirection limit (e.g. symlink loop)",
                "not a regular file",
                "not a regular file",
            ]
        );
    }

    #[test]
    fn a_walk_ends() {
        let directory = tempfile::tempdir().expect("a directory");
        let top = directory.path();
        for name in ["a/b", "vendor/x", ".git", ".devcontainer", "other", "1/2/3/4/5/6/7"] {
            fs::create_dir_all(top.join(name)).expect("a directory");
            fs::write(top.join(name).join("Dockerfile"), "").expect("written");
        }
        symlink("..", top.join("a/up")).expect("a link");
        let mut files = Files::default();
        let found = files.find(top, |name| name == "Dockerfile", |path| !path.ends_with("other"));
        let found: Vec<_> =
            found.iter().map(|path| path.strip_prefix(top).expect("below")).collect();
        assert_eq!(found, [".devcontainer/Dockerfile", "a/b/Dockerfile"].map(Path::new));
        assert_eq!(notes(files), Vec::<String>::new());

        let many = top.join("many");
        fs::create_dir(&many).expect("a directory");
        for number in 0..=MOST_FILES {
            fs::write(many.join(number.to_string()), "").expect("written");
        }
        let mut files = Files::default();
        let names = files.list(&many);
        let read = names.iter().filter(|(name, _)| files.text(&many.join(name)).is_some()).count();
        assert_eq!(read, MOST_FILES);
        assert_eq!(notes(files), ["not read: there are too many"]);
        let mut files = Files { entries: MOST_ENTRIES - 3, ..Files::default() };
        assert_eq!(files.list(&many).len(), 3);
        assert_eq!(notes(files), ["not all was looked at: there is too much"]);
    }
}
