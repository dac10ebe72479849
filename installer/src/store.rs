//! gowr's home: where toolchains, links and downloads are kept.
//!
//! ```text
//! bin/            go, gofmt, gowr
//! toolchains/     go1.22.10/ …: official SDKs, as unpacked
//! distros/<key>/  links to what one userland has (see [`crate::link`])
//! links/          go1.22.10 -> ../toolchains/go1.22.10/bin/go, for Go's own switching
//! downloads/      verified archives; may be another directory, shared between userlands
//! staging/        what is being made, and locks; on the same file system as toolchains/
//! shared          a link to the toolchains of another distro, where those are used
//! ```

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use resolver::machine::Architecture;
use resolver::version::{ToolchainName, Version};

use crate::error::{During, Error};

/// The first line of a VERSION file is short; a file that is not one may be large.
const VERSION_LIMIT: u64 = 4096;

/// How often others may remove a directory between its making and its use.
const TRIES: usize = 100;

/// gowr's home directory. Nothing is made on disk before it is needed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Home {
    directory: PathBuf,
    downloads: PathBuf,
}

impl Home {
    /// A home at an absolute path.
    pub fn new(directory: impl Into<PathBuf>) -> Result<Self, Error> {
        let directory = directory.into();
        if !directory.is_absolute() {
            return Err(Error::HomeNotAbsolute(directory));
        }
        let downloads = directory.join("downloads");
        Ok(Self { directory, downloads })
    }

    /// The same home with its archives elsewhere (`downloads` in the user configuration).
    #[must_use]
    pub fn with_downloads(self, downloads: PathBuf) -> Self {
        Self { downloads, ..self }
    }

    /// The home itself.
    pub fn path(&self) -> &Path {
        &self.directory
    }

    /// Where `go`, `gofmt` and `gowr` stand.
    pub fn bin(&self) -> PathBuf {
        self.directory.join("bin")
    }

    /// Where the toolchains are.
    pub fn toolchains(&self) -> PathBuf {
        self.directory.join("toolchains")
    }

    /// One toolchain's GOROOT.
    pub fn toolchain(&self, name: &ToolchainName) -> PathBuf {
        self.toolchains().join(name.as_str())
    }

    /// Where the userlands' directories of links are.
    pub fn distros(&self) -> PathBuf {
        self.directory.join("distros")
    }

    /// One userland's directory of links.
    pub fn distro(&self, key: &Key) -> PathBuf {
        self.distros().join(key.as_str())
    }

    /// The links for Go's own switching.
    pub fn links(&self) -> PathBuf {
        self.directory.join("links")
    }

    /// The link to the share that is used, if one is.
    pub fn shared(&self) -> PathBuf {
        self.directory.join("shared")
    }

    /// Where archives are kept.
    pub fn downloads(&self) -> &Path {
        &self.downloads
    }

    /// Where things are while they are made.
    pub fn staging(&self) -> PathBuf {
        self.directory.join("staging")
    }

    /// Makes what every home has: `bin/` and `toolchains/`. All else is made when something is put there.
    pub fn create(&self) -> Result<(), Error> {
        Made::in_home(self.bin())?.keep();
        Made::in_home(self.toolchains()).map(Made::keep)
    }

    /// The toolchains in [`toolchains`](Self::toolchains), oldest first.
    pub fn installed(&self) -> Result<Vec<ToolchainName>, Error> {
        let mut names: Vec<_> = names(&self.toolchains())?
            .iter()
            .filter_map(|name| ToolchainName::parse(name))
            .filter(|name| self.has(name))
            .collect();
        names.sort_by(|left, right| {
            left.version().compare(right.version()).then_with(|| left.as_str().cmp(right.as_str()))
        });
        Ok(names)
    }

    /// Whether a toolchain is in [`toolchains`](Self::toolchains). Trees come there whole, by rename.
    pub fn has(&self, name: &ToolchainName) -> bool {
        self.toolchain(name).is_dir()
    }

    /// The userlands that have a directory of links.
    pub fn keys(&self) -> Result<Vec<Key>, Error> {
        let mut keys: Vec<_> =
            names(&self.distros())?.iter().filter_map(|name| Key::parse(name)).collect();
        keys.sort_by(|left, right| left.as_str().cmp(right.as_str()));
        Ok(keys)
    }
}

/// A directory, and which ones had to be made for it. When this is dropped, those of them that are still empty go again:
/// what fails leaves nothing behind.
#[derive(Debug)]
pub(crate) struct Made {
    path: PathBuf,
    /// The outermost first.
    missing: Vec<PathBuf>,
}

impl Made {
    /// Makes a directory and those above it, where they are missing.
    pub(crate) fn directory(path: PathBuf) -> Result<Self, Error> {
        let is_missing = |it: &&Path| fs::symlink_metadata(it).is_err();
        let mut missing: Vec<_> =
            path.ancestors().take_while(is_missing).map(Path::to_path_buf).collect();
        missing.reverse();
        // Before it is tried, so that what was made is removed after a failure further on.
        let made = Self { path, missing };
        create_directory(&made.path).map(|()| made)
    }

    /// Makes a directory of a home: one that nobody may write to is of no use.
    pub(crate) fn in_home(directory: PathBuf) -> Result<Self, Error> {
        Self::directory(directory).map_err(|error| match error {
            Error::Io { path: directory, source, .. }
                if matches!(
                    source.kind(),
                    io::ErrorKind::PermissionDenied
                        | io::ErrorKind::ReadOnlyFilesystem
                        | io::ErrorKind::NotADirectory
                ) =>
            {
                Error::HomeNotWritable { directory, source }
            }
            error => error,
        })
    }

    /// Does something in a directory that `create` makes. Others leave it, and remove it when it is empty: then it is made
    /// once more.
    pub(crate) fn within<T>(
        create: impl Fn() -> Result<Self, Error>,
        mut act: impl FnMut(&Path) -> Result<T, Error>,
    ) -> Result<(Self, T), Error> {
        let mut tries = 0..TRIES;
        loop {
            let made = create()?;
            match act(made.path()) {
                Err(Error::Io { source, .. })
                    if source.kind() == io::ErrorKind::NotFound && tries.next().is_some() => {}
                result => return result.map(|result| (made, result)),
            }
        }
    }

    /// Lets the directory itself go too, once it is empty, whoever made it.
    pub(crate) fn temporary(mut self) -> Self {
        if self.missing.is_empty() {
            self.missing.push(self.path.clone());
        }
        self
    }

    /// Leaves all as it is.
    pub(crate) fn keep(mut self) {
        self.missing.clear();
    }

    /// The directory.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Made {
    fn drop(&mut self) {
        for directory in self.missing.iter().rev() {
            // Refused where something is in it.
            if fs::remove_dir(directory).is_err() {
                break;
            }
        }
    }
}

/// Makes a directory and those above it.
pub(crate) fn create_directory(directory: &Path) -> Result<(), Error> {
    fs::create_dir_all(directory).during("create the directory", directory)
}

/// The names in a directory that are text; none where there is no directory.
pub(crate) fn names(directory: &Path) -> Result<Vec<String>, Error> {
    let entries = match fs::read_dir(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.during("list", directory)?,
    };
    let mut names = Vec::new();
    for entry in entries {
        let name = entry.during("list", directory)?.file_name();
        names.extend(name.into_string());
    }
    Ok(names)
}

/// The first line of a GOROOT's VERSION file; none where there is no such file (Void's package has none).
pub(crate) fn version_text(goroot: &Path) -> Result<Option<String>, Error> {
    use io::Read;
    let file = goroot.join("VERSION");
    let mut content = Vec::new();
    match fs::File::open(&file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened
            .and_then(|opened| opened.take(VERSION_LIMIT).read_to_end(&mut content))
            .during("read", &file)?,
    };
    let line = content.split(|byte| *byte == b'\n').next().unwrap_or_default();
    Ok(Some(String::from_utf8_lossy(line).trim_end().to_owned()))
}

/// `linux-amd64`: the platform of the toolchains in this home.
pub fn platform() -> String {
    format!("linux-{}", Architecture::HERE.go_name())
}

/// Whether a toolchain runs in every userland: official ones do since 1.21, whose programs are all static
/// (<https://go.dev/issue/57007>).
pub fn is_static(name: &ToolchainName) -> bool {
    let first = Version::parse("1.21");
    !name.has_suffix() && first.is_some_and(|first| name.version().compare(first).is_ge())
}

/// The name of one userland's directory of links: `debian-12`, or `debian-12+box` in a box.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Key(String);

impl Key {
    /// Parses a key: `[a-z0-9._+-]`, without a leading dot.
    pub fn parse(text: &str) -> Option<Self> {
        let allowed = |byte: u8| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._+-".contains(&byte)
        };
        let well_formed = !text.is_empty() && !text.starts_with('.') && text.bytes().all(allowed);
        well_formed.then(|| Self(text.to_owned()))
    }

    /// The key.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_home_is_absolute() {
        let error = Home::new("relative/gowr").expect_err("relative");
        assert_eq!(error.to_string(), "gowr's home is not an absolute path: relative/gowr");
        assert!(error.fix().is_some_and(|fix| fix.contains("GOWR_HOME")));
    }

    #[test]
    fn a_home_that_cannot_be_made_says_where() {
        let directory = tempfile::tempdir().expect("a directory");
        let file = directory.path().join("file");
        fs::write(&file, "").expect("written");
        let error = Home::new(file.join("gowr")).expect("absolute").create().expect_err("a file");
        let expected =
            format!("gowr's home cannot be written to: {}", file.join("gowr/bin").display());
        assert_eq!(error.to_string(), expected);
    }

    #[test]
    fn what_stays_empty_goes_again() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = |path: &str| directory.path().join(path);
        fs::create_dir(path("old")).expect("made");
        drop(Made::directory(path("old/new/newer")).expect("made"));
        assert_eq!(names(&path("old")).expect("listed"), [""; 0]);
        let made = Made::directory(path("old/new/newer")).expect("made");
        fs::write(path("old/new/file"), "").expect("written");
        drop(made);
        assert_eq!(names(&path("old/new")).expect("listed"), ["file"]);
        drop(Made::directory(path("old")).expect("made"));
        assert!(path("old").exists(), "it was there");
        Made::directory(path("old/new/file/x")).expect_err("a file");
        fs::remove_file(path("old/new/file")).expect("removed");
        drop(Made::directory(path("old/new")).expect("made").temporary());
        assert!(!path("old/new").exists());
    }

    #[test]
    fn installed_toolchains_are_directories_with_a_version_for_a_name() {
        let directory = tempfile::tempdir().expect("a directory");
        let home = Home::new(directory.path()).expect("absolute");
        assert_eq!(home.installed().expect("listed"), []);
        home.create().expect("made");
        for name in ["go1.9", "go1.22.10", "go1.22.9", "gotip", ".go1.3"] {
            fs::create_dir(home.toolchains().join(name)).expect("made");
        }
        fs::write(home.toolchains().join("go1.2"), "").expect("written");
        let names: Vec<_> =
            home.installed().expect("listed").iter().map(ToString::to_string).collect();
        assert_eq!(names, ["go1.9", "go1.22.9", "go1.22.10"]);
    }

    #[test]
    fn keys() {
        for good in ["debian-12", "opensuse-leap-15.6", "debian-12+my-box", "linux"] {
            assert!(Key::parse(good).is_some(), "{good}");
        }
        for bad in ["", ".", "..", ".hidden", "a/b", "Debian", "a b"] {
            assert!(Key::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn static_since_1_21() {
        let is_static = |name: &str| is_static(&ToolchainName::parse(name).expect("a name"));
        assert!(is_static("go1.21.0") && is_static("go1.21rc2") && is_static("go1.22.10"));
        assert!(!is_static("go1.20.14") && !is_static("go1.22.3-custom"));
    }

    #[test]
    fn version_texts() {
        let directory = tempfile::tempdir().expect("a directory");
        assert_eq!(version_text(directory.path()).expect("none"), None);
        for (content, expected) in [
            ("go1.22.10\ntime 2024-11-27T20:27:20Z\n", "go1.22.10"),
            ("go1.19.8", "go1.19.8"),
            ("go1.26.2 (Red Hat 1.26.2-2.el10)\n", "go1.26.2 (Red Hat 1.26.2-2.el10)"),
        ] {
            fs::write(directory.path().join("VERSION"), content).expect("written");
            let text = version_text(directory.path()).expect("read");
            assert_eq!(text.as_deref(), Some(expected));
        }
    }
}
