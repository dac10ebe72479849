//! Takes one release off again: first what points to it, then its archive, then the tree.

use std::fs;
use std::path::Path;

use resolver::pin::Choice;
use resolver::version::ToolchainName;

use crate::atomic::sync_directory;
use crate::config_file::{self, Cleared};
use crate::error::{During, Error};
use crate::install::archive_prefix;
use crate::link;
use crate::lock::Holder;
use crate::staging::{self, Work};
use crate::store::{Home, Key, names};

/// Removes a release of the store. Adopted ones are not gowr's to remove: [`Error::NotInstalled`].
///
/// The tree goes last and by a rename: at no instant is there half a toolchain in place, and after a kill the same
/// command does the rest.
pub fn uninstall(
    home: &Home,
    here: &Key,
    name: &ToolchainName,
    waiting: &mut dyn FnMut(&Holder),
) -> Result<(), Error> {
    let is_adopted = || -> Result<Option<_>, Error> {
        let entries = link::read(home, here)?.toolchains;
        Ok(entries.into_iter().find(|entry| entry.name == *name && !entry.in_store))
    };
    if !home.has(name) {
        return Err(match is_adopted()? {
            Some(adopted) => Error::Refused {
                message: format!("{name} was not installed by gowr: {}", adopted.goroot.display()),
                fix: Some(String::from("gowr list")),
            },
            None => Error::NotInstalled(*name),
        });
    }
    staging::sweep(home);
    let work = Work::begin(home, name.as_str(), waiting)?;
    let goroot = home.toolchain(name);
    link::remove(home, name, here)?;
    for archive in names(home.downloads())? {
        if archive.starts_with(&archive_prefix(name)) {
            let archive = home.downloads().join(archive);
            fs::remove_file(&archive).during("remove", &archive)?;
        }
    }
    if home.has(name) {
        let staged = work.directory()?;
        fs::rename(&goroot, staged.path().join(name.as_str())).during("remove", &goroot)?;
        sync_directory(&home.toolchains());
        let path = staged.path().to_path_buf();
        staged.close().during("remove", &path)?;
    }
    Ok(())
}

/// Takes the defaults away that only this release could answer, after it was removed; says which they were.
///
/// A default that nothing answers would be an error for each `go` that is started.
pub fn clear_defaults(
    home: &Home,
    configuration: &Path,
    removed: &ToolchainName,
) -> Result<Vec<Cleared>, Error> {
    let mut left = home.installed()?;
    for key in home.keys()? {
        left.extend(link::read(home, &key)?.toolchains.into_iter().map(|entry| entry.name));
    }
    config_file::clear_defaults(configuration, |choice| match choice {
        Choice::System => false,
        Choice::Request(request) => {
            request.accepts(*removed) && !left.iter().any(|name| request.accepts(*name))
        }
    })
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
        let uninstall = |name| uninstall(&home, &here, &toolchain(name), &mut |_| {});
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
    fn what_is_adopted_stays() {
        let (_directory, home, here) = home();
        put(&home, &here, "go1.22.10");
        let link = home.distro(&here).join("go1.19.8");
        std::os::unix::fs::symlink("/usr/lib/go-1.19", &link).expect("linked");
        let error =
            uninstall(&home, &here, &toolchain("go1.19.8"), &mut |_| {}).expect_err("adopted");
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
            let name = toolchain(name);
            uninstall(&home, &here, &name, &mut |_| {}).expect("removed");
            let cleared = clear_defaults(&home, &configuration, &name).expect("cleared");
            cleared.into_iter().map(|cleared| cleared.request).collect::<Vec<_>>()
        };
        assert_eq!(remove("go1.22.10"), ["1.22.10"], "the line is still answered");
        assert_eq!(fs::read_to_string(&configuration).expect("read"), "default: 1.22\n");
        assert_eq!(remove("go1.22.9"), ["1.22"]);
    }
}
