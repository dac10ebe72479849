//! The `go` that a person had before gowr: it stays what runs where nothing is asked for.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use nix::unistd::{AccessFlags, access};
use resolver::pin::DistroNames;
use resolver::version::{RegisteredName, ToolchainName};

use crate::config_file;
use crate::error::Error;
use crate::link;
use crate::store::{Home, Key, version_text};

/// The name under which a Go is registered that nothing else leads to.
const NAME: &str = "previous";

/// A real Go on PATH.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreviousGo {
    /// The program, as PATH names it.
    pub program: PathBuf,
    /// Its GOROOT, links resolved.
    pub goroot: PathBuf,
    /// The first line of its VERSION file, if it has one.
    pub version_text: Option<String>,
}

/// How it stays this distro's default.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kept {
    /// It is what gowr finds by itself: nothing had to be written.
    Found,
    /// The configuration has a default for this distro already; that stays.
    Configured,
    /// The configuration now names it so: a version that is linked here, or a registered name.
    Recorded(String),
}

/// The first real Go on PATH: no proxy of ours, no shim of another manager, no program for Windows.
pub fn find(path: &OsStr) -> Option<PreviousGo> {
    std::env::split_paths(path).filter(|directory| directory.is_absolute()).find_map(|directory| {
        let program = directory.join("go");
        access(&program, AccessFlags::X_OK).ok()?;
        let real = fs::canonicalize(&program).ok().filter(|real| real.is_file())?;
        let bin = real.parent()?;
        let goroot = bin.parent()?;
        let is_ours = [&directory, bin].iter().any(|it| it.join("gowr").exists());
        (!is_ours && goroot.join("pkg/tool").is_dir()).then(|| PreviousGo {
            version_text: version_text(goroot).unwrap_or_default(),
            goroot: goroot.to_path_buf(),
            program,
        })
    })
}

/// Sees to it that it stays the default of this distro.
///
/// `found` is the GOROOT that gowr finds by itself where nothing is asked for. Only where that is another one does
/// the configuration have to say something: `distro`, one of the names in `here`, gets an entry.
pub fn keep(
    home: &Home,
    key: &Key,
    configuration: &Path,
    here: &DistroNames<'_>,
    distro: &str,
    previous: &PreviousGo,
    found: Option<&Path>,
) -> Result<Kept, Error> {
    let is_it = |goroot: &Path| fs::canonicalize(goroot).is_ok_and(|real| real == previous.goroot);
    if found.is_some_and(is_it) {
        return Ok(Kept::Found);
    }
    if config_file::has_default(configuration, here)? {
        return Ok(Kept::Configured);
    }
    let entries = link::read(home, key)?.toolchains;
    let is_linked = |name: &ToolchainName| {
        entries.iter().any(|entry| entry.name == *name && is_it(&entry.goroot))
    };
    let version = previous.version_text.as_deref().and_then(ToolchainName::parse).filter(is_linked);
    let request = version.map_or(NAME, ToolchainName::as_str);
    if version.is_none()
        && let Some(name) = RegisteredName::parse(NAME)
    {
        link::register(home, key, &name, &previous.goroot)?;
    }
    if config_file::set_first_default(configuration, here, distro, request)? {
        let written = request.strip_prefix("go").unwrap_or(request);
        return Ok(Kept::Recorded(written.to_owned()));
    }
    Ok(Kept::Configured)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;
    use crate::install::tests::{home, put};
    use crate::store::create_directory;

    const HERE: DistroNames<'_> =
        DistroNames { id: "debian", key: "debian-12", id_and_version: Some("debian-12") };

    fn program(file: &Path) {
        create_directory(file.parent().expect("a parent")).expect("made");
        fs::write(file, "#!/bin/sh\n").expect("written");
        fs::set_permissions(file, PermissionsExt::from_mode(0o755)).expect("executable");
    }

    fn go(root: &Path, version: &str) {
        program(&root.join("bin/go"));
        create_directory(&root.join("pkg/tool")).expect("made");
        fs::write(root.join("VERSION"), version).expect("written");
    }

    #[test]
    fn the_first_real_go() {
        let directory = tempfile::tempdir().expect("a directory");
        let root = directory.path().canonicalize().expect("there");
        // A home of gowr, a shim, a program for Windows, a file that cannot be run.
        program(&root.join("gowr/bin/go"));
        program(&root.join("gowr/bin/gowr"));
        create_directory(&root.join("gowr/pkg/tool")).expect("made");
        program(&root.join("shims/go"));
        program(&root.join("windows/go.exe"));
        create_directory(&root.join("plain/go")).expect("made");
        go(&root.join("usr/lib/go-1.19"), "go1.19.8");
        create_directory(&root.join("usr/bin")).expect("made");
        symlink("../lib/go-1.19/bin/go", root.join("usr/bin/go")).expect("linked");
        go(&root.join("later"), "go1.22.3\n");

        let directories =
            ["absent", "gowr/bin", "shims", "windows", "plain", "usr/bin", "later/bin"];
        let path = std::env::join_paths(directories.map(|it| root.join(it))).expect("a PATH");
        let expected = PreviousGo {
            program: root.join("usr/bin/go"),
            goroot: root.join("usr/lib/go-1.19"),
            version_text: Some(String::from("go1.19.8")),
        };
        assert_eq!(find(&path), Some(expected));
        assert_eq!(find(OsStr::new("relative:")), None);
    }

    #[test]
    fn it_stays_the_default() {
        let (directory, home, here) = home();
        let root = directory.path().canonicalize().expect("there");
        let configuration = root.join("config/config.yaml");
        let other = root.join("other");
        go(&root.join("go"), "go1.22.3\n");
        let previous = |goroot: &Path| {
            find(goroot.join("bin").as_os_str()).unwrap_or_else(|| panic!("no go in {goroot:?}"))
        };
        let keep = |goroot: &Path, found: Option<&Path>| {
            keep(&home, &here, &configuration, &HERE, "debian-12", &previous(goroot), found)
                .expect("kept")
        };
        let goroot = root.join("go");
        assert_eq!(keep(&goroot, Some(&goroot)), Kept::Found);
        assert!(!configuration.exists());

        assert_eq!(keep(&goroot, Some(&other)), Kept::Recorded(String::from("previous")));
        let content = fs::read_to_string(&configuration).expect("read");
        assert_eq!(content, "distros:\n  debian-12: \"previous\"\n");
        let links = link::read(&home, &here).expect("read");
        assert_eq!(links.named["previous"], goroot);

        assert_eq!(keep(&goroot, Some(&other)), Kept::Configured);

        fs::remove_file(&configuration).expect("removed");
        let installed = put(&home, &here, "go1.24.1").goroot;
        program(&installed.join("bin/go"));
        let real = installed.canonicalize().expect("there");
        assert_eq!(keep(&real, Some(&other)), Kept::Recorded(String::from("1.24.1")));
    }
}
