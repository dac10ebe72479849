//! What `gowr doctor --fix` has done, so that `--undo` can take it back.
//!
//! One directory a run, numbered; in it `journal.json` and the contents of changed files, before and after. Each step is
//! written down before it is done. What somebody else has changed since stays as it is.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs::{self, DirBuilder, Permissions};
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, percent_encode};
use serde::{Deserialize, Serialize};

use crate::atomic::{self, NewFile};
use crate::error::{During, Error};
use crate::link;
use crate::staging::Work;
use crate::store::{Home, create_directory};

const FILE: &str = "journal.json";
const SCHEMA: u32 = 1;
/// A path is bytes, and JSON is text.
const IN_PATHS: &AsciiSet = &CONTROLS.add(b'%');

/// One run of `--fix`.
#[derive(Debug)]
pub struct Journal {
    directory: PathBuf,
    is_made: bool,
    content: Content,
}

#[derive(Debug, Serialize, Deserialize)]
struct Content {
    schema: u32,
    steps: Vec<Step>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
enum Step {
    /// A file got another content; both are kept as `<number>.before` and `<number>.after`. Where there was no file, or will
    /// be none, there is none of that name.
    File { path: String, number: usize },
    /// A file or directory got other permissions.
    Mode { path: String, before: u32, after: u32 },
    /// All links of a home: what is not in both was changed. Without `after` the run was killed.
    Links {
        home: String,
        before: BTreeMap<String, String>,
        after: Option<BTreeMap<String, String>>,
    },
}

/// What became of one thing that was done.
#[derive(Debug)]
pub struct Undone {
    /// What it is.
    pub path: PathBuf,
    /// Whether it is as it was; an error where it cannot be, or was changed since.
    pub result: Result<(), Error>,
}

impl Journal {
    /// Begins a new one below `directory`; nothing is made before there is something to write.
    pub fn begin(directory: &Path) -> Result<Self, Error> {
        let directory = numbered(directory)?;
        let content = Content { schema: SCHEMA, steps: Vec::new() };
        Ok(Self { directory, is_made: false, content })
    }

    /// The last that was not undone.
    pub fn last(directory: &Path) -> Result<Option<Self>, Error> {
        let Some(number) = numbers(directory)?.pop() else { return Ok(None) };
        let directory = directory.join(format!("{number:06}"));
        let file = directory.join(FILE);
        let text = fs::read(&file).during("read", &file)?;
        let content: Content =
            serde_json::from_slice(&text).map_err(io::Error::from).during("read", &file)?;
        if content.schema > SCHEMA {
            let message = format!("{} was made by a newer gowr", file.display());
            return Err(Error::Refused { message, fix: None });
        }
        Ok(Some(Self { directory, is_made: true, content }))
    }

    /// Where it is kept.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.content.steps.is_empty()
    }

    /// None stands for no file.
    pub(super) fn record_file(
        &mut self,
        path: &Path,
        before: Option<&[u8]>,
        after: Option<&[u8]>,
    ) -> Result<(), Error> {
        let number = self.content.steps.len() + 1;
        self.make_directory()?;
        for (when, content) in [("before", before), ("after", after)] {
            if let Some(content) = content {
                let kept = self.directory.join(format!("{number}.{when}"));
                atomic::replace_file(&kept, content, NewFile::Plain)?;
            }
        }
        self.record(Step::File { path: encoded(path), number })
    }

    pub(super) fn record_mode(
        &mut self,
        path: &Path,
        before: u32,
        after: u32,
    ) -> Result<(), Error> {
        self.record(Step::Mode { path: encoded(path), before, after })
    }

    /// To be followed by [`after_links`](Self::after_links) with what this gives.
    pub(super) fn before_links(&mut self, home: &Home) -> Result<usize, Error> {
        let step = Step::Links { home: encoded(home.path()), before: links(home)?, after: None };
        self.record(step)?;
        Ok(self.content.steps.len() - 1)
    }

    pub(super) fn after_links(&mut self, home: &Home, recorded: usize) -> Result<(), Error> {
        let now = links(home)?;
        if let Some(Step::Links { after, .. }) = self.content.steps.get_mut(recorded) {
            *after = Some(now);
        }
        self.write()
    }

    fn record(&mut self, step: Step) -> Result<(), Error> {
        self.content.steps.push(step);
        self.write()
    }

    fn write(&mut self) -> Result<(), Error> {
        self.make_directory()?;
        let file = self.directory.join(FILE);
        let text = serde_json::to_vec_pretty(&self.content)
            .map_err(io::Error::from)
            .during("write", &file)?;
        atomic::replace_file(&file, &text, NewFile::Plain)
    }

    /// For nobody else's eyes: settings may hold passwords. Whoever began at the same time has the number before.
    fn make_directory(&mut self) -> Result<(), Error> {
        if self.is_made {
            return Ok(());
        }
        let above = atomic::parent(&self.directory).to_path_buf();
        create_directory(&above)?;
        while let Err(error) = DirBuilder::new().mode(0o700).create(&self.directory) {
            if error.kind() != io::ErrorKind::AlreadyExists {
                return Err(error).during("create the directory", &self.directory);
            }
            self.directory = numbered(&above)?;
        }
        self.is_made = true;
        Ok(())
    }

    /// Takes everything back, last first. When all of it succeeded, the journal is gone.
    pub fn undo(self) -> Result<Vec<Undone>, Error> {
        let mut undone = Vec::new();
        for step in self.content.steps.iter().rev() {
            match step {
                Step::File { path, number } => {
                    let path = decoded(path);
                    let result = self.undo_file(&path, *number);
                    undone.push(Undone { path, result });
                }
                Step::Mode { path, before, after } => {
                    let path = decoded(path);
                    let result = undo_mode(&path, *before, *after);
                    undone.push(Undone { path, result });
                }
                Step::Links { home, before, after } => {
                    undone.extend(undo_links(&decoded(home), before, after.as_ref())?);
                }
            }
        }
        if undone.iter().all(|it| it.result.is_ok()) {
            self.forget()?;
        }
        Ok(undone)
    }

    /// Removes it.
    pub fn forget(self) -> Result<(), Error> {
        match fs::remove_dir_all(&self.directory) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            result => result.during("remove", &self.directory)?,
        }
        // Those above where nothing else is in them.
        let above = self.directory.ancestors().skip(1).take(2);
        for directory in above {
            if fs::remove_dir(directory).is_err() {
                break;
            }
        }
        Ok(())
    }

    fn undo_file(&self, path: &Path, number: usize) -> Result<(), Error> {
        let before_file = self.directory.join(format!("{number}.before"));
        let before = read_if_there(&before_file)?;
        let after = read_if_there(&self.directory.join(format!("{number}.after")))?;
        let now = read_if_there(path)?;
        if now == before {
            return Ok(());
        }
        if now != after {
            return Err(changed_since(path, before.is_some().then_some(&*before_file)));
        }
        match before {
            Some(before) => atomic::replace_file(path, &before, NewFile::Plain),
            None => fs::remove_file(path).during("remove", path),
        }
    }
}

fn read_if_there(file: &Path) -> Result<Option<Vec<u8>>, Error> {
    match fs::read(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        result => result.map(Some).during("read", file),
    }
}

fn undo_mode(path: &Path, before: u32, after: u32) -> Result<(), Error> {
    let now = fs::metadata(path).during("read", path)?.permissions().mode() & 0o7777;
    if now == before {
        return Ok(());
    }
    if now != after {
        return Err(changed_since(path, None));
    }
    fs::set_permissions(path, Permissions::from_mode(before)).during("chmod", path)
}

fn undo_links(
    home: &Path,
    before: &BTreeMap<String, String>,
    after: Option<&BTreeMap<String, String>>,
) -> Result<Vec<Undone>, Error> {
    let home = Home::new(home)?;
    let now = links(&home)?;
    let after = after.unwrap_or(&now);
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let changed: Vec<_> =
        names.into_iter().filter(|it| before.get(*it) != after.get(*it)).collect();
    if changed.is_empty() {
        return Ok(Vec::new());
    }
    let work = Work::begin_short(&home, link::WORK)?;
    let undo = |name: &String| {
        let path = decoded(name);
        let (was, is) = (before.get(name), now.get(name));
        let result = if is == was {
            Ok(())
        } else if is != after.get(name) {
            Err(changed_since(&path, None))
        } else {
            match was {
                Some(target) => link::set(&path, &decoded(target), &work),
                None => fs::remove_file(&path).during("remove", &path),
            }
        };
        Undone { path, result }
    };
    Ok(changed.into_iter().map(undo).collect())
}

/// All links of a home, with what they lead to.
fn links(home: &Home) -> Result<BTreeMap<String, String>, Error> {
    let mut directories = vec![home.links()];
    for key in home.keys()? {
        directories.push(home.distro(&key));
        directories.push(home.distro(&key).join(link::NAMED));
    }
    let mut links = BTreeMap::new();
    for directory in directories {
        for name in crate::store::names(&directory)? {
            let path = directory.join(name);
            if let Some(target) = link::target(&path)? {
                links.insert(encoded(&path), encoded(&target));
            }
        }
    }
    Ok(links)
}

/// The next one.
fn numbered(directory: &Path) -> Result<PathBuf, Error> {
    let number = numbers(directory)?.last().map_or(1, |last| last + 1);
    Ok(directory.join(format!("{number:06}")))
}

fn numbers(directory: &Path) -> Result<Vec<u32>, Error> {
    let names = crate::store::names(directory)?;
    let mut numbers: Vec<_> = names.iter().filter_map(|name| name.parse().ok()).collect();
    numbers.sort_unstable();
    Ok(numbers)
}

fn changed_since(path: &Path, kept: Option<&Path>) -> Error {
    Error::Refused {
        message: format!("{} has changed since, and stays as it is", path.display()),
        fix: kept.map(|kept| {
            format!("diff {} {}", crate::error::quoted(kept), crate::error::quoted(path))
        }),
    }
}

fn encoded(path: &Path) -> String {
    percent_encode(path.as_os_str().as_bytes(), IN_PATHS).to_string()
}

fn decoded(text: &str) -> PathBuf {
    PathBuf::from(OsString::from_vec(percent_decode_str(text).collect()))
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;

    use super::*;

    #[test]
    fn paths_are_bytes() {
        for path in [&b"/h/a b%41"[..], b"/\xff\n", "/ä".as_bytes()] {
            let path = Path::new(OsStr::from_bytes(path));
            assert_eq!(decoded(&encoded(path)), path);
        }
    }

    #[test]
    fn what_was_changed_since_stays_and_the_journal_too() {
        let directory = tempfile::tempdir().expect("a directory");
        let (journals, file) = (directory.path().join("doctor"), directory.path().join("file"));
        let mut journal = Journal::begin(&journals).expect("begun");
        assert!(journal.is_empty() && !journals.exists());
        fs::write(&file, "old").expect("written");
        journal.record_file(&file, Some(b"old"), Some(b"new")).expect("recorded");
        // Killed before the step was done: nothing is to be undone.
        let undo = || Journal::last(&journals).expect("read").expect("one").undo().expect("tried");
        fs::write(&file, "other").expect("written");
        assert!(undo()[0].result.is_err());
        assert_eq!(fs::read(&file).expect("read"), b"other");
        fs::write(&file, "new").expect("written");
        assert!(undo()[0].result.is_ok());
        assert_eq!(fs::read(&file).expect("read"), b"old");
        assert!(!journals.exists(), "nothing is left of it");
        assert!(Journal::last(&journals).expect("read").is_none());
    }

    #[test]
    fn runs_are_undone_last_first() {
        let directory = tempfile::tempdir().expect("a directory");
        let (journals, file) = (directory.path().join("doctor"), directory.path().join("file"));
        for (before, after) in [("1", "2"), ("2", "3")] {
            let mut journal = Journal::begin(&journals).expect("begun");
            journal
                .record_file(&file, Some(before.as_bytes()), Some(after.as_bytes()))
                .expect("recorded");
            fs::write(&file, after).expect("written");
        }
        for expected in ["2", "1"] {
            let last = Journal::last(&journals).expect("read").expect("one");
            last.undo().expect("undone");
            assert_eq!(fs::read_to_string(&file).expect("read"), expected);
        }
    }
}
