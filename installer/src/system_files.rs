//! Changes to files of the system: shown first, then made so that a kill at any instant leaves each file old or new.
//!
//! What a person wrote is kept beside it before it is changed for the first time: `wsl.conf.gowr-backup`.

use std::ffi::OsString;
use std::fs::{self, File, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::atomic::{
    NewFile, parent, real_path, replace_file, replace_link, sync_directory, temporary_beside,
};
use crate::diff;
use crate::error::{During, Error, edit};
use crate::store::create_directory;

/// A file larger than this, in bytes, is none that gowr changes.
const SIZE_LIMIT: u64 = 1024 * 1024;
const BACKUP: &str = ".gowr-backup";
/// More backups of one file than this are somebody's mistake.
const BACKUPS_LIMIT: u32 = 1000;
/// What a new link is called until it is one.
const TEMPORARY_LINK: &str = ".gowr-link-";

/// What is to be changed, to be shown first and then done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    changes: Vec<Change>,
    commands: Vec<Run>,
}

/// One file or link, and what becomes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    path: PathBuf,
    before: Option<Vec<u8>>,
    after: Option<Vec<u8>>,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// A file of somebody else's, which is kept.
    Kept,
    /// A file of gowr's.
    Own,
    /// A symbolic link of gowr's; its content is where it leads.
    Link,
}

/// A command that is run when the files are changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Run {
    words: Vec<String>,
    /// Exit statuses, apart from 0, that say that there was nothing to do.
    harmless: &'static [i32],
}

impl Run {
    pub(crate) fn new(words: &[&str], harmless: &'static [i32]) -> Self {
        Self { words: words.iter().map(|word| (*word).to_owned()).collect(), harmless }
    }

    fn run(&self) -> Result<(), Error> {
        let shown = self.words.join(" ");
        let failed = |cause: String| Error::Command {
            message: format!("{shown} failed"),
            cause: cause.into(),
            fix: Some(format!("sudo {shown}")),
        };
        let Some((program, arguments)) = self.words.split_first() else { return Ok(()) };
        let output = Command::new(program)
            .args(arguments)
            .stdin(Stdio::null())
            .output()
            .map_err(|error| failed(error.to_string()))?;
        let is_well = output.status.success()
            || output.status.code().is_some_and(|code| self.harmless.contains(&code));
        if is_well {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&output.stderr);
        let said = said.trim().lines().collect::<Vec<_>>().join("; ");
        Err(failed(if said.is_empty() { output.status.to_string() } else { said }))
    }
}

impl Change {
    /// A file that others write, too: it is kept beside itself first.
    pub(crate) fn of_a_persons_file(
        path: &Path,
        before: Option<Vec<u8>>,
        after: Option<Vec<u8>>,
    ) -> Self {
        Self { path: path.to_path_buf(), before, after, kind: Kind::Kept }
    }

    /// The same where only what gowr wrote is taken out: nothing of anybody else's can be lost.
    pub(crate) fn own_file(path: &Path, before: Option<Vec<u8>>, after: Option<Vec<u8>>) -> Self {
        Self { path: path.to_path_buf(), before, after, kind: Kind::Own }
    }

    /// A symbolic link of gowr's.
    pub(crate) fn link(path: &Path, before: Option<Vec<u8>>, after: Option<Vec<u8>>) -> Self {
        Self { path: path.to_path_buf(), before, after, kind: Kind::Link }
    }

    fn now(&self) -> Result<Option<Vec<u8>>, Error> {
        match self.kind {
            Kind::Link => read_link(&self.path),
            Kind::Kept | Kind::Own => read(&self.path),
        }
    }

    fn check(&self) -> Result<(), Error> {
        if self.now()? == self.before {
            return Ok(());
        }
        Err(Error::Refused {
            message: format!("{} has changed meanwhile", self.path.display()),
            fix: Some(edit(&self.path)),
        })
    }

    fn make(&self) -> Result<(), Error> {
        let Some(after) = &self.after else {
            // A link to a file leads to what is to be gone; a link of its own is what is to be gone.
            let path =
                if self.kind == Kind::Link { self.path.clone() } else { real_path(&self.path)? };
            match fs::remove_file(&path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                result => result.during("remove", &path)?,
            }
            sync_directory(parent(&path));
            return Ok(());
        };
        create_directory(parent(&self.path))?;
        if self.kind == Kind::Link {
            let target = OsString::from_vec(after.clone());
            let directory = parent(&self.path);
            replace_link(&self.path, Path::new(&target), directory, TEMPORARY_LINK)?;
            sync_directory(directory);
            return Ok(());
        }
        if self.kind == Kind::Kept
            && let Some(before) = &self.before
        {
            back_up(&self.path, before)?;
        }
        replace_file(&self.path, after, NewFile::Plain)
    }
}

impl Plan {
    pub(crate) fn of(changes: impl IntoIterator<Item = Change>) -> Self {
        let is_change = |change: &Change| change.before != change.after;
        Self { changes: changes.into_iter().filter(is_change).collect(), commands: Vec::new() }
    }

    pub(crate) fn then(mut self, commands: impl IntoIterator<Item = Run>) -> Self {
        self.commands.extend(commands);
        self
    }

    /// Which files change: each with what it holds and what it will hold; none stands for no file. For a link that is
    /// where it leads.
    pub fn changes(&self) -> impl Iterator<Item = (&Path, Option<&[u8]>, Option<&[u8]>)> {
        self.changes
            .iter()
            .map(|change| (&*change.path, change.before.as_deref(), change.after.as_deref()))
    }

    /// What is run after that, each as its words.
    pub fn commands(&self) -> impl Iterator<Item = &[String]> {
        self.commands.iter().map(|command| &*command.words)
    }

    /// Whether all is as it should be already.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.commands.is_empty()
    }

    /// The changes as `git diff` shows them.
    pub fn diff(&self) -> String {
        let change = |change: &Change| {
            let (path, before, after) = (&change.path, &change.before, &change.after);
            let kind = match change.kind {
                Kind::Link => diff::Kind::Link,
                Kind::Kept | Kind::Own => diff::Kind::File,
            };
            diff::unified(path, kind, before.as_deref(), after.as_deref())
        };
        self.changes.iter().map(change).collect()
    }

    /// Does it; refused, with nothing done, where a file is no longer as it was.
    pub fn carry_out(&self) -> Result<(), Error> {
        let _alone = self.changes.first().and_then(alone);
        self.changes.iter().try_for_each(Change::check)?;
        self.changes.iter().try_for_each(Change::make)?;
        self.commands.iter().try_for_each(Run::run)
    }
}

/// Keeps other gowr commands from changing files of this directory meanwhile; best effort.
fn alone(first: &Change) -> Option<File> {
    let directory = File::open(parent(&first.path)).ok()?;
    directory.lock().ok()?;
    Some(directory)
}

/// A whole file, links followed; none where there is none.
pub(crate) fn read(path: &Path) -> Result<Option<Vec<u8>>, Error> {
    let refused = |what| Error::Refused {
        message: format!("{} {what}", path.display()),
        fix: Some(format!("ls -l {}", crate::error::quoted(path))),
    };
    match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        metadata => {
            if !metadata.during("read", path)?.is_file() {
                return Err(refused("is not a file"));
            }
        }
    }
    let mut content = Vec::new();
    let file = File::open(path).during("read", path)?;
    file.take(SIZE_LIMIT + 1).read_to_end(&mut content).during("read", path)?;
    if content.len() as u64 > SIZE_LIMIT {
        return Err(refused("is larger than any file of its kind"));
    }
    Ok(Some(content))
}

/// Where a link leads; none where there is nothing.
pub(crate) fn read_link(path: &Path) -> Result<Option<Vec<u8>>, Error> {
    match fs::read_link(path) {
        Ok(target) => Ok(Some(target.into_os_string().into_vec())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => Err(Error::Refused {
            message: format!("{} is no link, and not gowr's", path.display()),
            fix: Some(format!("ls -l {}", crate::error::quoted(path))),
        }),
        Err(error) => Err(error).during("read the link", path),
    }
}

/// Keeps a file's content beside it, unless a backup holds it already; none that is there is written over.
fn back_up(path: &Path, content: &[u8]) -> Result<(), Error> {
    let path = &real_path(path)?;
    for number in 1..=BACKUPS_LIMIT {
        let backup = backup_name(path, number);
        match fs::read(&backup) {
            Ok(kept) if kept == content => return Ok(()),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return write_new(&backup, content, path);
            }
            Err(error) => return Err(error).during("read", &backup),
        }
    }
    Err(Error::Refused {
        message: format!("there are too many backups of {}", path.display()),
        fix: Some(format!("ls {}*", crate::error::quoted(&backup_name(path, 1)))),
    })
}

/// `wsl.conf.gowr-backup`, `wsl.conf.gowr-backup-2`, …
fn backup_name(path: &Path, number: u32) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(BACKUP);
    if number > 1 {
        name.push(format!("-{number}"));
    }
    PathBuf::from(name)
}

/// A file that is whole from the instant it is there, with the mode of another.
fn write_new(path: &Path, content: &[u8], like: &Path) -> Result<(), Error> {
    let mut temporary = temporary_beside(path, NewFile::Plain)?;
    temporary.write_all(content).during("write", path)?;
    let mode = fs::metadata(like).during("read", like)?.mode() & 0o7777;
    let file = temporary.as_file();
    file.set_permissions(Permissions::from_mode(mode)).during("write", path)?;
    file.sync_all().during("write", path)?;
    temporary.persist_noclobber(path).map_err(|error| error.error).during("write", path)?;
    sync_directory(parent(path));
    Ok(())
}

/// A program of the system's by its absolute path as seen from a root; `/usr/bin/mount`.
pub(crate) fn program(root: &Path, name: &str) -> Result<String, Error> {
    let directories = ["/usr/bin", "/bin", "/usr/sbin", "/sbin"];
    let is_there = |path: &String| root.join(&path[1..]).symlink_metadata().is_ok();
    let found =
        directories.map(|directory| format!("{directory}/{name}")).into_iter().find(is_there);
    found.ok_or_else(|| Error::Refused {
        message: format!("there is no program {name} in {}", directories.join(", ")),
        fix: None,
    })
}

/// A path as text that a file of settings can hold: printable, and in UTF-8.
pub(crate) fn plain_text(path: &Path) -> Result<&str, Error> {
    let text = path.to_str().filter(|text| !text.chars().any(char::is_control));
    text.filter(|text| text.starts_with('/')).ok_or_else(|| Error::Refused {
        message: format!(
            "no file of settings can name {}",
            resolver::path::shell_quoted(path.as_os_str().as_bytes()).escape_debug()
        ),
        fix: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(directory: &Path) -> Vec<String> {
        let entries = fs::read_dir(directory).expect("a directory");
        let name = |entry: io::Result<fs::DirEntry>| entry.expect("an entry").file_name();
        let mut names: Vec<_> =
            entries.map(name).map(|name| name.into_string().expect("text")).collect();
        names.sort();
        names
    }

    fn plan(file: &Path, before: Option<&str>, after: Option<&str>) -> Plan {
        let bytes = |text: Option<&str>| text.map(|text| text.as_bytes().to_vec());
        Plan::of([Change::of_a_persons_file(file, bytes(before), bytes(after))])
    }

    #[test]
    fn what_a_person_wrote_is_kept_each_once() {
        let directory = tempfile::tempdir().expect("a directory");
        let file = directory.path().join("wsl.conf");
        let text = |name: &str| fs::read_to_string(directory.path().join(name)).expect("text");
        fs::write(&file, "one").expect("written");
        fs::set_permissions(&file, Permissions::from_mode(0o640)).expect("mode");
        for (before, after) in [("one", "two"), ("two", "one"), ("one", "three")] {
            plan(&file, Some(before), Some(after)).carry_out().expect("done");
        }
        assert_eq!(
            names(directory.path()),
            ["wsl.conf", "wsl.conf.gowr-backup", "wsl.conf.gowr-backup-2"]
        );
        assert_eq!(
            (text("wsl.conf"), text("wsl.conf.gowr-backup")),
            ("three".into(), "one".into())
        );
        assert_eq!(text("wsl.conf.gowr-backup-2"), "two");
        let backup = directory.path().join("wsl.conf.gowr-backup");
        assert_eq!(fs::metadata(backup).expect("there").mode() & 0o7777, 0o640);
    }

    #[test]
    fn a_file_that_has_changed_meanwhile_stays() {
        let directory = tempfile::tempdir().expect("a directory");
        let file = directory.path().join("wsl.conf");
        fs::write(&file, "theirs").expect("written");
        let error = plan(&file, Some("seen"), Some("ours")).carry_out().expect_err("changed");
        assert!(error.to_string().ends_with("has changed meanwhile"), "{error}");
        let error = plan(&file, None, Some("ours")).carry_out().expect_err("new");
        assert!(error.to_string().ends_with("has changed meanwhile"), "{error}");
        assert_eq!(fs::read_to_string(&file).expect("text"), "theirs");
        assert_eq!(names(directory.path()), ["wsl.conf"]);
    }

    #[test]
    fn a_linked_file_is_changed_where_it_is() {
        let directory = tempfile::tempdir().expect("a directory");
        let (file, real) = (directory.path().join("wsl.conf"), directory.path().join("dotfile"));
        fs::write(&real, "one").expect("written");
        std::os::unix::fs::symlink("dotfile", &file).expect("linked");
        plan(&file, Some("one"), Some("two")).carry_out().expect("done");
        assert!(file.is_symlink());
        assert_eq!(fs::read_to_string(&real).expect("text"), "two");
        assert_eq!(names(directory.path()), ["dotfile", "dotfile.gowr-backup", "wsl.conf"]);
    }

    #[test]
    fn a_command_that_fails_is_an_error() {
        let run = |words: &[&str], harmless| {
            Plan::default().then([Run::new(words, harmless)]).carry_out()
        };
        run(&["true"], &[]).expect("well");
        run(&["sh", "-c", "exit 5"], &[5]).expect("nothing to do");
        let error = run(&["sh", "-c", "echo why >&2; exit 4"], &[5]).expect_err("failed");
        assert_eq!(std::error::Error::source(&error).expect("a cause").to_string(), "why");
        run(&["/nonexistent/systemctl"], &[]).expect_err("no program");
    }
}
