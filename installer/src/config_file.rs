//! Writes defaults into the user's configuration, `config.yaml`.

use std::fs;
use std::path::{Path, PathBuf};

use resolver::config::{self, Config};
use resolver::path;
use resolver::pin::{Choice, DistroNames};

use crate::atomic::{self, NewFile, sync_directory};
use crate::edit::{self, yaml};
use crate::error::{During, Error};
use crate::lock::Lock;
use crate::store::create_directory;

/// For whom a default is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope<'a> {
    /// Every distro that has none of its own.
    Everywhere,
    /// One distro: its ID, its key, or its ID and version.
    Distro(&'a str),
}

/// A default that was taken away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cleared {
    /// The distro it was for, as the file names it; none for all.
    pub distro: Option<String>,
    /// What it asked for.
    pub request: String,
}

/// Sets a default, whether there was one or not.
///
/// `typed` is a version, with or without `go`, a registered name, or `system`.
pub fn set_default(file: &Path, scope: Scope<'_>, typed: &str) -> Result<(), Error> {
    let (key, value) = (key(scope)?, edit::value(typed)?);
    create_directory(atomic::parent(file))?;
    change(file, |_, content| yaml::set(content, key, value).map(Some)).map(drop)
}

/// Whether the configuration has a default that this distro would use.
pub fn has_default(file: &Path, here: &DistroNames<'_>) -> Result<bool, Error> {
    let content = edit::read(file)?.unwrap_or_default();
    let config =
        config::parse(path::concat(&[&content])).map_err(|error| edit::bad(file, *error))?;
    Ok(answers(config, here))
}

fn answers(config: &Config, here: &DistroNames<'_>) -> bool {
    let own = config.distros.iter().map(|(name, setting)| (name, setting));
    config.default.is_some() || here.choose(own).is_some()
}

/// Sets the default of this distro where the configuration has none that it would use; whether it did.
///
/// `distro` is the name to write, one of `here`.
pub fn set_first_default(
    file: &Path,
    here: &DistroNames<'_>,
    distro: &str,
    typed: &str,
) -> Result<bool, Error> {
    let (key, value) = (key(Scope::Distro(distro))?, edit::value(typed)?);
    create_directory(atomic::parent(file))?;
    change(file, |config, content| {
        if answers(config, here) {
            return Ok(Some(content.to_vec()));
        }
        yaml::set(content, key, value).map(Some)
    })
}

/// Gives the file this content, which must be a configuration.
pub fn write(file: &Path, content: &[u8]) -> Result<(), Error> {
    create_directory(atomic::parent(file))?;
    change(file, |_, _| Ok(Some(content.to_vec()))).map(drop)
}

/// Takes a default away; whether there was one.
pub fn clear_default(file: &Path, scope: Scope<'_>) -> Result<bool, Error> {
    let key = key(scope)?;
    if edit::read(file)?.is_none() {
        return Ok(false);
    }
    change(file, |_, content| yaml::remove(content, key))
}

/// Takes the defaults away that nothing can answer any more, and says which.
pub fn clear_defaults(
    file: &Path,
    is_gone: impl Fn(&Choice) -> bool,
) -> Result<Vec<Cleared>, Error> {
    let Some(content) = edit::read(file)? else { return Ok(Vec::new()) };
    let config =
        config::parse(path::concat(&[&content])).map_err(|error| edit::bad(file, *error))?;
    let everywhere = config.default.into_iter().map(|setting| (None, setting));
    let distros = config.distros.iter().map(|(name, setting)| (Some(*name), *setting));
    let mut cleared = Vec::new();
    for (distro, setting) in everywhere.chain(distros).filter(|(_, it)| is_gone(&it.value)) {
        if clear_default(file, distro.map_or(Scope::Everywhere, Scope::Distro))? {
            let (distro, request) = (distro.map(str::to_owned), setting.request().to_owned());
            cleared.push(Cleared { distro, request });
        }
    }
    Ok(cleared)
}

fn key(scope: Scope<'_>) -> Result<yaml::Key<'_>, Error> {
    match scope {
        Scope::Everywhere => Ok(yaml::Key::Top("default")),
        Scope::Distro(name) => Ok(yaml::Key::Under("distros", edit::distro_name(name)?)),
    }
}

/// Edits the file under a lock, since two installs may end at once; whether that changed it.
fn change(
    file: &Path,
    edit: impl FnOnce(&Config, &[u8]) -> Result<Option<Vec<u8>>, resolver::yaml::Error>,
) -> Result<bool, Error> {
    let directory = atomic::parent(file);
    let _lock = Lock::acquire_soon(&lock_path(file))?;
    let old = edit::read(file)?;
    let content = old.as_deref().unwrap_or_default();
    let config =
        config::parse(path::concat(&[content])).map_err(|error| edit::bad(file, *error))?;
    let new = edit(config, content).map_err(|error| edit::bad(file, error))?;
    // Nothing is written that cannot be read back.
    let result = new.as_deref().unwrap_or_default();
    config::parse(path::concat(&[result])).map_err(|error| edit::bad(file, *error))?;
    match new {
        _ if result == content => Ok(false),
        Some(new) => atomic::replace_file(file, &new, NewFile::Plain).map(|()| true),
        None => {
            fs::remove_file(file).during("remove", file)?;
            sync_directory(directory);
            Ok(true)
        }
    }
}

fn lock_path(file: &Path) -> PathBuf {
    atomic::parent(file).join(".config.yaml.lock")
}

/// Takes away what a killed process left beside the file; best effort.
pub fn sweep(file: &Path) {
    atomic::sweep(file);
    let lock = lock_path(file);
    if lock.exists() {
        drop(Lock::try_acquire(&lock));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::names;

    const HERE: DistroNames<'_> =
        DistroNames { id: "debian", key: "debian-12", id_and_version: Some("debian-12") };

    struct Bed {
        directory: tempfile::TempDir,
        file: PathBuf,
    }

    impl Bed {
        fn new(content: Option<&str>) -> Self {
            let directory = tempfile::tempdir().expect("a directory");
            let file = directory.path().join("gowr/config.yaml");
            if let Some(content) = content {
                create_directory(atomic::parent(&file)).expect("made");
                fs::write(&file, content).expect("written");
            }
            Self { directory, file }
        }

        fn read(&self) -> Option<String> {
            fs::read_to_string(&self.file).ok()
        }
    }

    #[test]
    fn setting_and_clearing() {
        let bed = Bed::new(None);
        set_default(&bed.file, Scope::Everywhere, "go1.22").expect("set");
        set_default(&bed.file, Scope::Distro("alpine"), "1.20").expect("set");
        let expected = "default: \"1.22\"\ndistros:\n  alpine: \"1.20\"\n";
        assert_eq!(bed.read().as_deref(), Some(expected));
        assert!(clear_default(&bed.file, Scope::Distro("alpine")).expect("cleared"));
        assert!(!clear_default(&bed.file, Scope::Distro("alpine")).expect("nothing to do"));
        assert_eq!(bed.read().as_deref(), Some("default: \"1.22\"\n"));
        assert!(clear_default(&bed.file, Scope::Everywhere).expect("cleared"));
        assert_eq!(bed.read(), None);
        assert_eq!(names(atomic::parent(&bed.file)).expect("listed"), [""; 0]);
    }

    #[test]
    fn clearing_makes_nothing() {
        let bed = Bed::new(None);
        assert!(!clear_default(&bed.file, Scope::Everywhere).expect("nothing to do"));
        assert_eq!(names(bed.directory.path()).expect("listed"), [""; 0]);
    }

    #[test]
    fn the_first_default_is_set_where_there_is_none() {
        for (content, expected) in [
            (None, Some("distros:\n  debian-12: \"1.22\"\n")),
            (
                Some("cache: plain\r\n"),
                Some("cache: plain\r\ndistros:\r\n  debian-12: \"1.22\"\r\n"),
            ),
            (
                Some("distros:\n  alpine: 1.20\n"),
                Some("distros:\n  alpine: 1.20\n  debian-12: \"1.22\"\n"),
            ),
            (Some("default: 1.20\n"), None),
            (Some("distros:\n  Debian: 1.20\n"), None),
        ] {
            let bed = Bed::new(content);
            let is_set = set_first_default(&bed.file, &HERE, "debian-12", "1.22").expect("set");
            assert_eq!(is_set, expected.is_some(), "{content:?}");
            assert_eq!(bed.read().as_deref(), expected.or(content));
        }
    }

    #[test]
    fn what_nothing_answers_is_cleared() {
        let bed =
            Bed::new(Some("default: 1.22 # a\ndistros:\n  a: 1.20.1\n  b: work\ncache: plain\n"));
        let is_gone = |choice: &Choice| *choice != Choice::parse("work").expect("a name");
        let cleared = clear_defaults(&bed.file, is_gone).expect("cleared");
        let summary: Vec<_> =
            cleared.iter().map(|it| (it.distro.as_deref(), it.request.as_str())).collect();
        assert_eq!(summary, [(None, "1.22"), (Some("a"), "1.20.1")]);
        assert_eq!(bed.read().as_deref(), Some("distros:\n  b: work\ncache: plain\n"));
    }

    #[test]
    fn what_the_killed_left_is_swept() {
        let bed = Bed::new(Some("default: 1.22\n"));
        for name in [".config.yaml.lock", ".config.yaml.gowr-dead"] {
            fs::write(atomic::parent(&bed.file).join(name), "").expect("written");
        }
        sweep(&bed.file);
        assert_eq!(names(atomic::parent(&bed.file)).expect("listed"), ["config.yaml"]);
    }

    #[test]
    fn what_cannot_be_read_is_left() {
        let bed = Bed::new(Some("defualt: 1.22\n"));
        let error = set_default(&bed.file, Scope::Everywhere, "1.22").expect_err("unknown key");
        let text = error.to_string();
        let place = format!("{}:1:1: ", bed.file.display());
        assert!(text.starts_with(&place) && text.contains("did you mean `default`?"), "{text}");
        assert!(error.fix().is_some_and(|fix| fix.ends_with("config.yaml")));
        assert_eq!(bed.read().as_deref(), Some("defualt: 1.22\n"));
    }

    #[test]
    fn many_at_once() {
        let bed = Bed::new(None);
        std::thread::scope(|scope| {
            for patch in 0..8 {
                let file = &bed.file;
                scope.spawn(move || {
                    let distro = format!("distro-{patch}");
                    set_default(file, Scope::Distro(&distro), "1.22").expect("set");
                });
            }
        });
        let content = bed.read().expect("written");
        assert_eq!(
            config::parse(path::concat(&[content.as_bytes()])).expect("read").distros.len(),
            8
        );
    }
}
