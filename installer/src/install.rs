//! Installs one release: fetched into staging, checked, made durable, renamed into place, linked.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use resolver::version::{Request, ToolchainName};

use crate::atomic::{self, NewFile, sync_directory};
use crate::downloads::{self, Format, archive_prefix};
use crate::error::{During, Error};
use crate::link;
use crate::lock::Holder;
use crate::staging::{self, Work};
use crate::store::{Home, Key, Made, version_text};

/// Where releases come from.
pub trait Source {
    /// All releases there are, in no particular order.
    fn versions(&self) -> Result<Vec<ToolchainName>, Error>;

    /// Unpacks one release from an archive in `directory` into the empty directory `tree`, if there is one that is
    /// proved to be it; says whether there was. All is verified when this returns, and `tree` is empty after a no.
    fn unpack_kept(
        &self,
        name: &ToolchainName,
        directory: &Path,
        tree: &Path,
    ) -> Result<bool, Error> {
        let _ = (name, directory, tree);
        Ok(false)
    }

    /// Unpacks one release into the empty directory `tree` and keeps what it was unpacked from in the empty
    /// file `archive`. All is verified when this returns; an error may leave both in any state.
    fn fetch(&self, name: &ToolchainName, tree: &Path, archive: &Path) -> Result<Fetched, Error>;
}

/// What a [`Source`] fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// The archive's verified hash, `h1:…` or `sha256:…`: names the archive among the downloads.
    pub hash: String,
    /// The archive's format.
    pub format: Format,
    /// What proves the hash again later, to be kept beside the archive.
    pub proof: Option<String>,
}

/// What [`install`] did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installed {
    /// The release.
    pub name: ToolchainName,
    /// Where it is.
    pub goroot: PathBuf,
    /// Whether there was nothing to do.
    pub was_there: bool,
}

/// The release that a request means: the exact one, or the newest that is released of a line.
///
/// The list is fetched only for a line; that an exact one exists shows when it is fetched.
pub fn release(source: &dyn Source, request: &Request) -> Result<ToolchainName, Error> {
    match request {
        Request::Exact(name) => Ok(*name),
        Request::Line(_) => source
            .versions()?
            .into_iter()
            .filter(|name| request.accepts(*name))
            .max_by(link::preference)
            .ok_or_else(|| Error::NoSuchRelease(*request)),
        Request::Named(_) => Err(Error::NotAVersion(*request)),
    }
}

/// The newest release among the downloads that a request accepts. Whether its archive is what it says shows when it is
/// unpacked.
pub fn kept_release(home: &Home, request: &Request) -> Result<Option<ToolchainName>, Error> {
    let kept = downloads::candidates(home.downloads())?.into_iter().map(|kept| kept.name);
    Ok(kept.filter(|name| request.accepts(*name)).max_by(link::preference))
}

/// Installs a release and makes it known in every userland that it runs in.
///
/// Any number of processes may do so at once: one fetches, the others wait and find it there. `waiting` hears
/// whom it waits for.
pub fn install(
    home: &Home,
    here: &Key,
    source: &dyn Source,
    name: &ToolchainName,
    waiting: &mut dyn FnMut(&Holder),
) -> Result<Installed, Error> {
    staging::sweep(home);
    let goroot = home.toolchain(name);
    let installed = |was_there| Installed { name: *name, goroot: goroot.clone(), was_there };
    if home.has(name) && link::is_known(home, name, here)? {
        return Ok(installed(true));
    }
    // Held until the links are there: nobody may remove it in between.
    let work = Work::begin(home, name.as_str(), waiting)?;
    let was_there = home.has(name);
    if !was_there {
        fetch(home, source, name, &work)?;
    }
    // Also for a toolchain that was there: a killed install may have come this far and no further.
    link::add(home, name, here)?;
    Ok(installed(was_there))
}

/// Does what a killed install may have left to do for a release that is here, without asking any source.
pub fn complete(
    home: &Home,
    here: &Key,
    name: &ToolchainName,
    waiting: &mut dyn FnMut(&Holder),
) -> Result<(), Error> {
    staging::sweep(home);
    if home.has(name) && !link::is_known(home, name, here)? {
        let _work = Work::begin(home, name.as_str(), waiting)?;
        if home.has(name) {
            link::add(home, name, here)?;
        }
    }
    Ok(())
}

/// Takes away what killed processes left in a home; best effort, since it only costs room.
pub fn sweep(home: &Home) {
    staging::sweep(home);
}

fn fetch(home: &Home, source: &dyn Source, name: &ToolchainName, work: &Work) -> Result<(), Error> {
    let staged = work.directory()?;
    let tree = staged.path().join(name.as_str());
    fs::create_dir(&tree).during("create the directory", &tree)?;
    if source.unpack_kept(name, home.downloads(), &tree)? {
        check_version(name, &tree)?;
    } else {
        download(home, source, name, staged.path(), &tree)?;
    }
    sync_file_system(&tree)?;
    let place = |toolchains: &Path| match fs::rename(&tree, toolchains.join(name.as_str())) {
        // Someone else was faster, on a file system without locks: theirs is verified as well.
        Err(error) if atomic::is_taken(&error) => Ok(()),
        result => result.during("move the unpacked toolchain to", &home.toolchain(name)),
    };
    let (toolchains, ()) = Made::within(|| Made::in_home(home.toolchains()), place)?;
    sync_directory(toolchains.path());
    Ok(())
}

/// Fetches into `tree`, and keeps the archive among the downloads.
fn download(
    home: &Home,
    source: &dyn Source,
    name: &ToolchainName,
    staged: &Path,
    tree: &Path,
) -> Result<(), Error> {
    let place = Made::within(
        || Made::directory(home.downloads().to_path_buf()),
        |downloads| atomic::temporary_beside(&downloads.join(archive_prefix(name)), NewFile::Plain),
    );
    let (downloads, archive) = match place {
        // Somebody else's directory, to take from only.
        Err(Error::Io { source: refusal, .. }) if is_closed(&refusal) => {
            let archive = staged.join("archive");
            File::create_new(&archive).during("write", &archive)?;
            source.fetch(name, tree, &archive)?;
            return check_version(name, tree);
        }
        place => place?,
    };
    let fetched = source.fetch(name, tree, archive.path())?;
    check_version(name, tree)?;
    let Fetched { hash, format, proof } = &fetched;
    archive.as_file().sync_all().during("write", archive.path())?;
    let path = downloads.path().join(downloads::archive_name(name, hash, *format));
    match archive.persist(&path) {
        // In a directory that is shared: somebody else's, which is not ours to replace.
        Err(refused) if is_closed(&refused.error) && path.exists() => {}
        persisted => _ = persisted.map_err(|error| error.error).during("write", &path)?,
    }
    if let Some(proof) = proof {
        let path = downloads.path().join(downloads::proof_name(name, hash));
        // Best effort: without it the checksum database is asked again.
        let _ = atomic::replace_file(&path, proof.as_bytes(), NewFile::Plain);
    }
    sync_directory(downloads.path());
    Ok(())
}

/// Whether a directory is not this user's to write to.
pub(crate) fn is_closed(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem)
}

pub(crate) fn check_version(name: &ToolchainName, tree: &Path) -> Result<(), Error> {
    let found = version_text(tree)?.unwrap_or_default();
    if found == name.as_str() {
        return Ok(());
    }
    Err(Error::WrongTree { name: *name, found })
}

/// One call for thousands of files.
fn sync_file_system(directory: &Path) -> Result<(), Error> {
    File::open(directory)
        .and_then(|directory| nix::unistd::syncfs(&directory).map_err(io::Error::from))
        .during("write", directory)
}

#[cfg(test)]
pub(crate) mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;
    use std::time::Duration;

    use super::*;
    use crate::store::{create_directory, names, platform};

    /// A source of small trees, whose fetches can be counted, slow and wrong.
    #[derive(Default)]
    pub(crate) struct MemorySource {
        pub(crate) versions: Vec<&'static str>,
        pub(crate) fetches: AtomicUsize,
        pub(crate) delay: Duration,
        pub(crate) version_file: Option<&'static str>,
        pub(crate) fails: bool,
    }

    impl Source for MemorySource {
        fn versions(&self) -> Result<Vec<ToolchainName>, Error> {
            Ok(self.versions.iter().map(|name| toolchain(name)).collect())
        }

        fn fetch(
            &self,
            name: &ToolchainName,
            tree: &Path,
            archive: &Path,
        ) -> Result<Fetched, Error> {
            self.fetches.fetch_add(1, Ordering::SeqCst);
            thread::sleep(self.delay);
            let version = self.version_file.unwrap_or(name.as_str());
            for (file, content) in [
                ("VERSION", format!("{version}\ntime 2024-11-27T20:27:20Z\n")),
                ("bin/go", String::from("go")),
                ("pkg/tool/linux_amd64/compile", String::from("compile")),
            ] {
                let file = tree.join(file);
                create_directory(file.parent().expect("a parent"))?;
                fs::write(&file, content).during("write", &file)?;
            }
            fs::write(archive, "archive").during("write", archive)?;
            if self.fails {
                return Err(io::Error::from_raw_os_error(28)).during("write", tree);
            }
            Ok(Fetched { hash: String::from("h1:a/b+c="), format: Format::ModuleZip, proof: None })
        }
    }

    pub(crate) fn toolchain(name: &str) -> ToolchainName {
        ToolchainName::parse(name).expect("a name")
    }

    pub(crate) fn home() -> (tempfile::TempDir, Home, Key) {
        let directory = tempfile::tempdir().expect("a directory");
        let home = Home::new(directory.path().join("gowr")).expect("absolute");
        (directory, home, Key::parse("debian-12").expect("a key"))
    }

    pub(crate) fn put(home: &Home, here: &Key, name: &str) -> Installed {
        install(home, here, &MemorySource::default(), &toolchain(name), &mut |_| {})
            .expect("installed")
    }

    fn request(text: &str) -> Request {
        Request::parse(text).expect("a request")
    }

    #[test]
    fn a_line_is_its_newest_release() {
        let source = MemorySource {
            versions: vec!["go1.22.9", "go1.23rc1", "go1.22.10", "go1.22rc2", "go1.9", "go1.27rc1"],
            ..MemorySource::default()
        };
        for (text, expected) in
            [("1.22", "go1.22.10"), ("1.27", "go1.27rc1"), ("1.9", "go1.9"), ("1.22.3", "go1.22.3")]
        {
            let release = release(&source, &request(text)).expect("a release");
            assert_eq!(release.as_str(), expected, "{text}");
        }
        let error = release(&source, &request("1.99")).expect_err("none");
        assert_eq!(error.to_string(), "there is no release that answers 1.99");
        release(&source, &request("work")).expect_err("a name");
    }

    #[test]
    fn installed_is_in_place_linked_and_kept_as_archive() {
        let (_directory, home, here) = home();
        let installed = put(&home, &here, "go1.22.10");
        assert!(!installed.was_there);
        assert_eq!(version_text(&installed.goroot).expect("read").as_deref(), Some("go1.22.10"));
        assert!(home.distro(&here).join("1.22/bin/go").is_file());
        let archive = format!("go1.22.10.{}.h1-a_b-c.zip", platform());
        assert_eq!(fs::read(home.downloads().join(&archive)).expect("kept"), b"archive");
        assert_eq!(names(home.downloads()).expect("listed"), [archive]);
        assert_eq!(names(&home.staging()).expect("listed"), [""; 0]);
    }

    #[test]
    fn twice_is_once() {
        let (_directory, home, here) = home();
        put(&home, &here, "go1.22.10");
        // As after a kill between the rename and the links.
        fs::remove_dir_all(home.distros()).expect("removed");
        let source = MemorySource { fails: true, ..MemorySource::default() };
        let again = install(&home, &here, &source, &toolchain("go1.22.10"), &mut |_| {});
        assert!(again.expect("there").was_there);
        assert!(home.distro(&here).join("1.22").is_dir());
        assert_eq!(source.fetches.load(Ordering::SeqCst), 0);
    }

    #[test]
    fn what_a_killed_install_left_to_do() {
        let (_directory, home, here) = home();
        put(&home, &here, "go1.22.10");
        fs::remove_dir_all(home.distros()).expect("removed");
        fs::create_dir_all(home.staging().join("go1.22.10@dead")).expect("made");
        let name = toolchain("go1.22.10");
        complete(&home, &here, &name, &mut |_| {}).expect("completed");
        assert!(link::is_known(&home, &name, &here).expect("read"));
        assert!(!home.staging().exists());
        complete(&home, &here, &toolchain("go1.22.11"), &mut |_| {}).expect("nothing to do");
        assert!(!home.has(&toolchain("go1.22.11")));
    }

    #[test]
    fn many_at_once_fetch_once_and_all_succeed() {
        let (_directory, home, here) = home();
        let delay = Duration::from_millis(100);
        let source = MemorySource { delay, ..MemorySource::default() };
        let waited = AtomicUsize::new(0);
        let there = thread::scope(|scope| {
            let threads: Vec<_> = (0..6)
                .map(|_| {
                    scope.spawn(|| {
                        let mut waiting = |_: &Holder| {
                            waited.fetch_add(1, Ordering::SeqCst);
                        };
                        install(&home, &here, &source, &toolchain("go1.22.10"), &mut waiting)
                            .expect("installed")
                            .was_there
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().expect("no panic")).collect::<Vec<_>>()
        });
        assert_eq!(source.fetches.load(Ordering::SeqCst), 1);
        assert_eq!(there.iter().filter(|there| !**there).count(), 1);
        assert!(waited.load(Ordering::SeqCst) > 0);
        assert_eq!(names(&home.staging()).expect("listed"), [""; 0]);
    }

    #[test]
    fn different_releases_at_once_are_all_linked() {
        let (_directory, home, here) = home();
        let source = MemorySource::default();
        thread::scope(|scope| {
            for patch in 0..8 {
                let (home, here, source) = (&home, &here, &source);
                scope.spawn(move || {
                    let name = toolchain(&format!("go1.22.{patch}"));
                    install(home, here, source, &name, &mut |_| {}).expect("installed");
                });
            }
        });
        let links = link::read(&home, &here).expect("read");
        assert_eq!(links.toolchains.len(), 8);
        assert_eq!(links.derived["1.22"], "go1.22.7");
    }

    #[test]
    fn failures_leave_nothing() {
        let (_directory, home, here) = home();
        let full = MemorySource { fails: true, ..MemorySource::default() };
        let wrong = MemorySource { version_file: Some("go1.22.1"), ..MemorySource::default() };
        let install = |source| install(&home, &here, source, &toolchain("go1.22.10"), &mut |_| {});
        let error = install(&full).expect_err("full");
        assert!(error.fix().is_some_and(|fix| fix.starts_with("df -h ")), "{error:?}");
        let error = install(&wrong).expect_err("wrong");
        let expected = "the tree unpacked for go1.22.10 says in its VERSION that it is go1.22.1";
        assert_eq!(error.to_string(), expected);
        assert!(!home.path().exists(), "not even a home");
    }

    #[test]
    fn leftovers_of_killed_installs_go_with_the_next() {
        let (_directory, home, here) = home();
        fs::create_dir_all(home.downloads()).expect("made");
        fs::create_dir_all(home.staging().join("go1.22.10@dead/go1.22.10/bin")).expect("made");
        fs::write(home.staging().join("go1.22.10.lock"), "1 x\n").expect("written");
        let half = format!(".{}.gowr-dead", archive_prefix(&toolchain("go1.22.10")));
        fs::write(home.downloads().join(half), "half").expect("written");
        put(&home, &here, "go1.22.10");
        assert_eq!(names(&home.staging()).expect("listed"), [""; 0]);
        assert_eq!(names(home.downloads()).expect("listed").len(), 1);
    }

    #[test]
    fn downloads_may_be_elsewhere() {
        let (directory, home, here) = home();
        let elsewhere = directory.path().join("shared");
        let home = home.with_downloads(elsewhere.clone());
        put(&home, &here, "go1.22.10");
        assert_eq!(names(&elsewhere).expect("listed").len(), 1);
        assert!(!home.path().join("downloads").exists());
    }
}
