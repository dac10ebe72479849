//! Takes one release off again: first its archive, then what points to it, then the tree.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use resolver::pin::Choice;
use resolver::version::{Request, ToolchainName};

use crate::atomic::sync_directory;
use crate::config_file::{self, Cleared, Scope};
use crate::downloads::archive_prefix;
use crate::error::{During, Error, Kind};
use crate::install::is_closed;
use crate::link::{self, Origin};
use crate::lock::Holder;
use crate::staging::{self, Work};
use crate::store::{Home, Key, names};

/// Removes a release of the store, and the defaults in the user's configuration that nothing else answers: a default
/// that nothing answers would be an error for each `go` that is started. Says which defaults those were.
///
/// Adopted toolchains are not gowr's to remove: [`Error::NotInstalled`].
///
/// The tree goes last and by a rename: at no instant is there half a toolchain in place. After a kill the same command
/// does the rest, and a failure puts back what was taken away.
pub fn uninstall(
    home: &Home,
    here: &Key,
    name: &ToolchainName,
    configuration: Option<&Path>,
    waiting: &mut dyn FnMut(&Holder),
) -> Result<Vec<Cleared>, Error> {
    let is_there = || Ok(home.has(name) || staging::is_being_removed(home, name.as_str())?);
    if !is_there()? {
        return Err(not_installed(home, here, name)?);
    }
    let work = Work::begin(home, name.as_str(), waiting)?;
    // Somebody else may have removed it meanwhile.
    if !is_there()? {
        return Err(not_installed(home, here, name)?);
    }
    remove_archives(home, name)?;
    let mut cleared = Vec::new();
    if home.has(name) {
        let removed = remove(home, here, name, configuration, &work, &mut cleared);
        if removed.is_err() {
            restore(home, here, name, configuration, &cleared);
        }
        removed?;
    }
    drop(work);
    staging::sweep(home);
    Ok(cleared)
}

fn not_installed(home: &Home, here: &Key, name: &ToolchainName) -> Result<Error, Error> {
    let entries = link::read(home, here)?.toolchains;
    let linked = entries.into_iter().find(|entry| entry.name == *name);
    Ok(match linked {
        Some(entry) if entry.origin == Origin::Adopted => Error::Refused {
            message: format!("{name} was not installed by gowr: {}", entry.goroot.display()),
            fix: Some(format!("gowr adopt --remove {name}")),
        },
        Some(entry) if entry.origin == Origin::Share => Error::Share {
            kind: Kind::User,
            message: format!("{name} is not installed in this distro"),
            cause: format!("another distro shares it: {}", entry.goroot.display()).into(),
            fix: Some(String::from("gowr share --remove")),
        },
        _ => Error::NotInstalled(*name),
    })
}

/// Those that gowr kept, which have their hash in their names: the directory may be one of the user's, or somebody
/// else's.
fn remove_archives(home: &Home, name: &ToolchainName) -> Result<(), Error> {
    let prefix = archive_prefix(name);
    let is_kept = |file: &&String| {
        let rest = file.strip_prefix(&prefix);
        rest.is_some_and(|rest| ["h1-", "sha256-"].iter().any(|hash| rest.starts_with(hash)))
    };
    for archive in names(home.downloads())?.iter().filter(is_kept) {
        let archive = home.downloads().join(archive);
        match fs::remove_file(&archive) {
            Err(error) if is_closed(&error) && !home.downloads().starts_with(home.path()) => {}
            // In a directory that others use too.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            result => result.during("remove", &archive)?,
        }
    }
    Ok(())
}

fn remove(
    home: &Home,
    here: &Key,
    name: &ToolchainName,
    configuration: Option<&Path>,
    work: &Work,
    cleared: &mut Vec<Cleared>,
) -> Result<(), Error> {
    let staged = work.directory_for_removal()?;
    // Held until the tree is gone, so that nobody makes links to it.
    let links = link::remove(home, name, here)?;
    if let Some(configuration) = configuration {
        let left = left_without(home, name)?;
        *cleared = config_file::clear_defaults(configuration, |choice| match choice {
            Choice::System => false,
            Choice::Request(request) => {
                request.accepts(*name) && !left.iter().any(|name| request.accepts(*name))
            }
        })?;
    }
    let goroot = home.toolchain(name);
    fs::rename(&goroot, staged.path().join(name.as_str())).during("remove", &goroot)?;
    drop(links);
    sync_directory(&home.toolchains());
    // It is uninstalled. What cannot be deleted now, the next sweep tries again.
    drop(staged);
    Ok(())
}

/// After a failure: best effort, since what failed may fail again. Nothing of it is needed to run the toolchain.
fn restore(
    home: &Home,
    here: &Key,
    name: &ToolchainName,
    configuration: Option<&Path>,
    cleared: &[Cleared],
) {
    let _ = link::add(home, name, here);
    for Cleared { distro, request } in cleared {
        let scope = distro.as_deref().map_or(Scope::Everywhere, Scope::Distro);
        let _ = configuration.map(|file| config_file::set_default(file, scope, request));
    }
}

/// All toolchains that any userland has, but for this one of the store.
fn left_without(home: &Home, gone: &ToolchainName) -> Result<Vec<ToolchainName>, Error> {
    let mut left = home.installed()?;
    left.retain(|name| name != gone);
    for key in home.keys()? {
        let entries = link::read(home, &key)?.toolchains.into_iter();
        let entries =
            entries.filter(|entry| !(entry.origin == Origin::Store && entry.name == *gone));
        left.extend(entries.map(|entry| entry.name));
    }
    Ok(left)
}

/// A name that somebody registered, and where it leads now.
pub struct Registered {
    /// The userland in which it means something.
    pub key: Key,
    /// The name.
    pub name: String,
    goroot: PathBuf,
}

/// The registered names of all userlands.
fn registered(home: &Home) -> Result<Vec<Registered>, Error> {
    let mut found = Vec::new();
    for key in home.keys()? {
        for (name, target) in link::read(home, &key)?.named {
            found.push(Registered { key: key.clone(), name, goroot: real(target) });
        }
    }
    Ok(found)
}

/// The registered names that lead into a release of the store, and nowhere when it is gone.
pub fn registered_for(home: &Home, name: &ToolchainName) -> Result<Vec<Registered>, Error> {
    let goroot = real(home.toolchain(name));
    let mut registered = registered(home)?;
    registered.retain(|it| it.goroot.starts_with(&goroot));
    Ok(registered)
}

/// Without links, where it leads anywhere.
fn real(path: PathBuf) -> PathBuf {
    fs::canonicalize(&path).unwrap_or(path)
}

/// The releases of the store that nothing is known to ask for, oldest first: a newer one of the same line is there as
/// well, so that the line is answered without them, and neither `asked` nor a registered name of any userland means
/// exactly them.
///
/// What is no release of the Go project's, or the newest of its line, is never unused.
pub fn unused(home: &Home, asked: &[Request]) -> Result<Vec<ToolchainName>, Error> {
    let installed = home.installed()?;
    let registered = registered(home)?;
    let is_superseded = |name: &ToolchainName| {
        let mut others = installed
            .iter()
            .filter(|other| !other.has_suffix() && other.version().line() == name.version().line());
        others.any(|other| link::preference(other, name).is_gt())
    };
    let is_asked = |name: &ToolchainName| {
        let goroot = real(home.toolchain(name));
        asked.contains(&Request::Exact(*name))
            || registered.iter().any(|it| it.goroot.starts_with(&goroot))
    };
    let is_unused =
        |name: &ToolchainName| !name.has_suffix() && is_superseded(name) && !is_asked(name);
    Ok(installed.iter().filter(|name| is_unused(name)).copied().collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::install::tests::{home, put, toolchain};

    #[test]
    fn only_the_one_asked_for_goes() {
        let (_directory, home, here) = home();
        for name in ["go1.22.1", "go1.22.10", "go1.22.11"] {
            put(&home, &here, name);
        }
        let uninstall = |name| uninstall(&home, &here, &toolchain(name), None, &mut |_| {});
        uninstall("go1.22.1").expect("removed");
        uninstall("go1.22.11").expect("removed");
        let installed: Vec<_> =
            home.installed().expect("listed").iter().map(ToString::to_string).collect();
        assert_eq!(installed, ["go1.22.10"]);
        let links = link::read(&home, &here).expect("read");
        assert_eq!(links.derived["1.22"], "go1.22.10");
        assert_eq!(names(home.downloads()).expect("listed").len(), 1);
        assert_eq!(names(&home.staging()).expect("listed"), [""; 0]);
        assert!(matches!(uninstall("go1.22.1"), Err(Error::NotInstalled(_))));
    }

    #[test]
    fn what_a_killed_process_began_is_finished() {
        let (_directory, home, here) = home();
        put(&home, &here, "go1.22.1");
        put(&home, &here, "go1.22.10");
        let name = toolchain("go1.22.10");
        let work = Work::begin(&home, name.as_str(), &mut |_| {}).expect("begun");
        let staged = work.directory_for_removal().expect("made").keep();
        drop(link::remove(&home, &name, &here).expect("removed"));
        fs::rename(home.toolchain(&name), staged.join(name.as_str())).expect("renamed");
        drop(work);
        let again = || uninstall(&home, &here, &name, None, &mut |_| {});
        assert_eq!(again().expect("finished"), []);
        assert!(!home.staging().exists());
        assert_eq!(names(home.downloads()).expect("listed").len(), 1);
        assert!(matches!(again(), Err(Error::NotInstalled(_))));
    }

    #[test]
    fn a_failure_takes_nothing_away() {
        let (directory, home, here) = home();
        put(&home, &here, "go1.22.10");
        let configuration = directory.path().join("config.yaml");
        fs::write(&configuration, "default: 1.22\n").expect("written");
        let before = link::read(&home, &here).expect("read");
        // The rename fails, which comes last.
        let name = toolchain("go1.22.10");
        let work = Work::begin(&home, name.as_str(), &mut |_| {}).expect("begun");
        let away = directory.path().join("away");
        fs::rename(home.toolchain(&name), &away).expect("renamed");
        let mut cleared = Vec::new();
        remove(&home, &here, &name, Some(&configuration), &work, &mut cleared).expect_err("gone");
        fs::rename(&away, home.toolchain(&name)).expect("renamed");
        assert_eq!(cleared.len(), 1);
        restore(&home, &here, &name, Some(&configuration), &cleared);
        assert_eq!(link::read(&home, &here).expect("read"), before);
        assert!(home.links().join("go1.22.10").exists());
        assert_eq!(fs::read_to_string(&configuration).expect("read"), "default: \"1.22\"\n");
    }

    #[test]
    fn unused_is_what_a_newer_one_of_its_line_replaces_and_nobody_names() {
        let (_directory, home, here) = home();
        for name in [
            "go1.20.13",
            "go1.20.14",
            "go1.21.1",
            "go1.22.1",
            "go1.22.2",
            "go1.22.3",
            "go1.22.4",
            "go1.23rc1",
            "go1.23.0",
            "go1.24rc1",
            "go1.24rc2",
            "go1.22.1-custom",
        ] {
            put(&home, &here, name);
        }
        let other = Key::parse("alpine-3.23").expect("a key");
        link::create(&home, &other).expect("created");
        let work = resolver::version::RegisteredName::parse("work").expect("a name");
        link::register(&home, &other, &work, &home.toolchain(&toolchain("go1.22.2")))
            .expect("registered");
        let asked = ["1.22.3", "1.22", "1.23", "work"];
        let asked = asked.map(|text| Request::parse(text).expect("a request"));
        let names = unused(&home, &asked).expect("found");
        let names: Vec<_> = names.iter().map(|name| name.as_str()).collect();
        assert_eq!(names, ["go1.20.13", "go1.22.1", "go1.23rc1", "go1.24rc1"]);
    }

    #[test]
    fn what_is_adopted_stays() {
        let (_directory, home, here) = home();
        put(&home, &here, "go1.22.10");
        let link = home.distro(&here).join("go1.19.8");
        std::os::unix::fs::symlink("/usr/lib/go-1.19", &link).expect("linked");
        let error = uninstall(&home, &here, &toolchain("go1.19.8"), None, &mut |_| {})
            .expect_err("adopted");
        assert_eq!(error.to_string(), "go1.19.8 was not installed by gowr: /usr/lib/go-1.19");
        assert!(link.is_symlink());
    }

    #[test]
    fn defaults_that_nothing_answers_go_too() {
        let (directory, home, here) = home();
        let configuration = directory.path().join("config.yaml");
        let content = "default: 1.22\ndistros:\n  debian: 1.22.10\n";
        fs::write(&configuration, content).expect("written");
        for name in ["go1.22.9", "go1.22.10"] {
            put(&home, &here, name);
        }
        let remove = |name| {
            let cleared =
                uninstall(&home, &here, &toolchain(name), Some(&configuration), &mut |_| {});
            let cleared = cleared.expect("removed");
            cleared.into_iter().map(|cleared| cleared.request).collect::<Vec<_>>()
        };
        assert_eq!(remove("go1.22.10"), ["1.22.10"], "the line is still answered");
        assert_eq!(fs::read_to_string(&configuration).expect("read"), "default: 1.22\n");
        assert_eq!(remove("go1.22.9"), ["1.22"]);
    }
}
