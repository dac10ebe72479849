//! One cache: whether a directory is one, what is in it, and the removal of files in it.
//!
//! Nothing but what Go itself makes is ever looked into or removed, and no link in it is followed.

use std::ffi::OsString;
use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use nix::dir::Dir;
use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::sys::stat::Mode;
use nix::unistd::{UnlinkatFlags, unlinkat};

use super::entry::{self, Id, Kind};
use crate::error::{During, Error};

/// The unit of `st_blocks`.
const BLOCK: u64 = 512;
/// What Go makes beside `00` to `ff`, in any of its versions.
const OTHER_NAMES: [&str; 4] = ["README", "trim.txt", "testexpire.txt", "log.txt"];
/// Go's own first line in README, in each version since the first.
const README: &[u8] = b"This directory holds cached build artifacts from the Go build system.";
/// More names than a cache can have; a directory of so many is none.
const NAMES_LIMIT: usize = 4096;
/// Files of one subdirectory that are looked at: a cache of a hundred million.
const FILES_LIMIT: usize = 400_000;
const OPEN: OFlag =
    OFlag::O_RDONLY.union(OFlag::O_DIRECTORY).union(OFlag::O_NOFOLLOW).union(OFlag::O_CLOEXEC);

/// A directory that is one of Go's build caches.
#[derive(Clone, Debug)]
pub struct CacheDirectory {
    /// Its name; a link is not resolved.
    pub path: PathBuf,
    /// Where it leads, if it is a link.
    pub link: Option<PathBuf>,
    /// The user whose it is.
    pub owner: u32,
    /// Device and inode: two names may mean the same.
    pub identity: (u64, u64),
    /// When it was last trimmed, by a Go that used it; else when it was made.
    pub touched: SystemTime,
    /// What is in it and not Go's to remove, such as inputs that fuzzing found.
    pub foreign: Vec<OsString>,
    subdirectories: Vec<String>,
}

/// What the files of a cache come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measure {
    /// Bytes on disk.
    pub size: u64,
    /// Those of them that another cache has as well, by hard links.
    pub shared: u64,
    /// Actions and outputs.
    pub entries: u64,
    /// When anything of it was last used; up to an hour later, as Go writes that down once an hour.
    pub used: SystemTime,
}

/// One file of a cache.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    pub(crate) id: Id,
    pub(crate) kind: Kind,
    pub(crate) file: FileFacts,
}

/// What the system knows of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FileFacts {
    /// Bytes on disk.
    pub(crate) size: u64,
    /// When Go last said that it was used.
    pub(crate) used: SystemTime,
    /// How many names it has.
    pub(crate) links: u64,
    pub(crate) identity: (u64, u64),
}

impl FileFacts {
    fn of(metadata: &Metadata) -> Self {
        Self {
            size: metadata.blocks() * BLOCK,
            used: metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH),
            links: if metadata.is_dir() { 1 } else { metadata.nlink() },
            identity: (metadata.dev(), metadata.ino()),
        }
    }
}

impl CacheDirectory {
    /// A directory, or a link to one, if it is a build cache; none for anything else, and where there is nothing.
    pub fn open(path: &Path) -> Result<Option<Self>, Error> {
        let Some(own) = existing(fs::symlink_metadata(path)).during("look at", path)? else {
            return Ok(None);
        };
        let link = if own.is_symlink() { fs::read_link(path).ok() } else { None };
        let Some(metadata) = existing(fs::metadata(path)).during("look at", path)? else {
            return Ok(None);
        };
        if !metadata.is_dir() {
            return Ok(None);
        }
        let (mut subdirectories, mut foreign) = (Vec::new(), Vec::new());
        for (count, item) in fs::read_dir(path).during("list", path)?.enumerate() {
            if count == NAMES_LIMIT {
                return Ok(None);
            }
            let item = item.during("list", path)?;
            let kind = item.file_type().during("look at", &item.path())?;
            match item.file_name().into_string() {
                // What is mounted there is somebody else's.
                Ok(name) if is_subdirectory(&name) && kind.is_dir() => {
                    if item.metadata().is_ok_and(|inner| inner.dev() == metadata.dev()) {
                        subdirectories.push(name);
                    } else {
                        foreign.push(name.into());
                    }
                }
                Ok(name) if OTHER_NAMES.contains(&name.as_str()) && kind.is_file() => {}
                // Which is made even where nothing is fuzzed.
                Ok(name) if name == "fuzz" && kind.is_dir() && is_empty(&item.path()) => {}
                Ok(name) => foreign.push(name.into()),
                Err(name) => foreign.push(name),
            }
        }
        let trimmed = regular(&path.join("trim.txt"));
        if subdirectories.is_empty() || trimmed.is_none() && !has_readme(path) {
            return Ok(None);
        }
        let touched = trimmed.unwrap_or(metadata).modified().unwrap_or(SystemTime::UNIX_EPOCH);
        subdirectories.sort_unstable();
        let metadata = fs::metadata(path).during("look at", path)?;
        Ok(Some(Self {
            path: path.to_owned(),
            link,
            owner: metadata.uid(),
            identity: (metadata.dev(), metadata.ino()),
            touched,
            foreign,
            subdirectories,
        }))
    }

    /// Adds up its files.
    pub fn measure(&self) -> Measure {
        let mut measure = Measure { size: 0, shared: 0, entries: 0, used: self.touched };
        self.each_file(&mut |entry, facts| {
            measure.size += facts.size;
            if facts.links > 1 {
                measure.shared += facts.size;
            }
            let Some((_, kind)) = entry else { return };
            measure.entries += 1;
            // An output that another cache has as well may have been used there.
            if kind == Kind::Action || facts.links < 2 {
                measure.used = measure.used.max(facts.used);
            }
        });
        measure
    }

    /// Everything in it that Go may remove.
    pub(crate) fn entries(&self) -> Vec<Entry> {
        let mut entries = Vec::new();
        self.each_file(&mut |entry, file| {
            entries.extend(entry.map(|(id, kind)| Entry { id, kind, file }));
        });
        entries
    }

    /// Calls with each file, and with what it is if it is Go's. A program counts with its directory.
    fn each_file(&self, each: &mut dyn FnMut(Option<(Id, Kind)>, FileFacts)) {
        for subdirectory in &self.subdirectories {
            let Ok(items) = fs::read_dir(self.path.join(subdirectory)) else { continue };
            for item in items.flatten().take(FILES_LIMIT) {
                let Ok(metadata) = item.metadata() else { continue };
                let mut facts = FileFacts::of(&metadata);
                if metadata.is_dir() {
                    let inner = fs::read_dir(item.path()).into_iter().flatten().flatten();
                    let inner = inner.take(NAMES_LIMIT).filter_map(|it| it.metadata().ok());
                    facts.size += inner.map(|it| it.blocks() * BLOCK).sum::<u64>();
                }
                let name = item.file_name();
                let entry = entry::parse_file_name(name.as_bytes())
                    .filter(|(id, _)| entry::subdirectory(id) == *subdirectory)
                    .filter(|(_, kind)| match kind {
                        Kind::Action => metadata.is_file(),
                        Kind::Output => metadata.is_file() || metadata.is_dir(),
                    });
                each(entry, facts);
            }
        }
    }

    /// Removes entries that were not used since `unused_since`. Says how many went, and the bytes that this gives back.
    ///
    /// Each goes at once, as when Go trims: whoever misses one makes it again.
    pub(crate) fn remove(
        &self,
        entries: &[Entry],
        unused_since: SystemTime,
    ) -> Result<(u64, u64), Error> {
        let (mut count, mut bytes) = (0, 0);
        for entries in entries.chunk_by(|left, right| left.id[0] == right.id[0]) {
            let subdirectory = self.path.join(entry::subdirectory(&entries[0].id));
            let opened = Dir::open(&subdirectory, OPEN, Mode::empty());
            let Some(directory) = existing(opened.map_err(io::Error::from))
                .during("open the directory", &subdirectory)?
            else {
                continue;
            };
            for entry in entries {
                let name = entry::file_name(&entry.id, entry.kind);
                let path = subdirectory.join(&name);
                // It may have been used since it was looked at.
                let Ok(now) = fs::symlink_metadata(&path) else { continue };
                if now.modified().is_ok_and(|used| used > unused_since) {
                    continue;
                }
                if now.is_dir() {
                    remove_program(&directory, &name).during("remove", &path)?;
                } else {
                    let removed = unlinkat(&directory, name.as_str(), UnlinkatFlags::NoRemoveDir);
                    existing(removed.map_err(io::Error::from)).during("remove", &path)?;
                }
                count += 1;
                if now.is_dir() || now.nlink() < 2 {
                    bytes += entry.file.size;
                }
            }
        }
        Ok((count, bytes))
    }
}

/// The directory of a program: what is in it, then itself. Left empty by a kill, it is a miss for Go.
fn remove_program(directory: &Dir, name: &str) -> io::Result<()> {
    let mut inner = Dir::openat(directory, name, OPEN, Mode::empty())?;
    let names: Vec<_> = inner.iter().flatten().map(|item| item.file_name().to_owned()).collect();
    for name in names.iter().filter(|name| !matches!(name.to_bytes(), b"." | b"..")) {
        unlinkat(inner.as_fd(), name.as_c_str(), UnlinkatFlags::NoRemoveDir)?;
    }
    Ok(unlinkat(directory, name, UnlinkatFlags::RemoveDir)?)
}

fn is_subdirectory(name: &str) -> bool {
    name.len() == 2 && name.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn is_empty(directory: &Path) -> bool {
    fs::read_dir(directory).is_ok_and(|mut items| items.next().is_none())
}

fn regular(path: &Path) -> Option<Metadata> {
    fs::symlink_metadata(path).ok().filter(Metadata::is_file)
}

fn has_readme(cache: &Path) -> bool {
    let path = cache.join("README");
    let mut begin = Vec::new();
    let read =
        |begin: &mut Vec<u8>| File::open(&path)?.take(README.len() as u64).read_to_end(begin);
    regular(&path).is_some() && read(&mut begin).is_ok() && begin == README
}

/// None for what is not there, or not what it is taken for.
pub(crate) fn existing<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(found) => Ok(Some(found)),
        Err(error) => match error.raw_os_error().map(Errno::from_raw) {
            Some(Errno::ENOENT | Errno::ENOTDIR | Errno::ELOOP) => Ok(None),
            _ => Err(error),
        },
    }
}

/// How long ago something was; nothing for what lies ahead.
pub(crate) fn since(time: SystemTime, now: SystemTime) -> Duration {
    now.duration_since(time).unwrap_or_default()
}

#[cfg(test)]
pub(crate) mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    /// A cache with so many actions, each with its output, last used so long ago.
    pub(crate) fn fake(path: &Path, actions: u16, age: Duration) {
        for byte in 0..=255_u8 {
            fs::create_dir_all(path.join(format!("{byte:02x}"))).expect("made");
        }
        fs::write(path.join("README"), [README, b"\nRun \"go clean -cache\"\n"].concat())
            .expect("written");
        fs::write(path.join("trim.txt"), "1700000000").expect("written");
        let used = SystemTime::now() - age;
        let write = |file: &Path, content: &[u8]| {
            fs::write(file, content).expect("written");
            File::open(file).and_then(|file| file.set_modified(used)).expect("set");
        };
        write(&path.join("trim.txt"), b"1700000000");
        for number in 0..actions {
            let [high, low] = number.to_be_bytes();
            let mut id = [high; 32];
            id[0] = low;
            for (kind, content) in [(Kind::Action, &[b'v'; 170][..]), (Kind::Output, &[0; 4096])] {
                let file = path.join(entry::subdirectory(&id)).join(entry::file_name(&id, kind));
                write(&file, content);
            }
        }
    }

    #[test]
    fn a_cache_is_measured() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("go-build");
        fake(&path, 300, Duration::from_hours(1));
        let cache = CacheDirectory::open(&path).expect("read").expect("a cache");
        assert_eq!((cache.link.clone(), cache.foreign.len()), (None, 0));
        let measure = cache.measure();
        assert_eq!((measure.entries, measure.shared), (600, 0));
        assert_eq!(measure.size, 300 * 2 * 4096);
        assert!(since(measure.used, SystemTime::now()) >= Duration::from_hours(1));
        let shared = cache.entries().into_iter().find(|it| it.kind == Kind::Output).expect("one");
        let name = entry::file_name(&shared.id, shared.kind);
        let output = path.join(entry::subdirectory(&shared.id)).join(name);
        fs::hard_link(output, directory.path().join("elsewhere")).expect("linked");
        assert_eq!(cache.measure().shared, 4096);
    }

    #[test]
    fn what_is_no_cache_is_left_alone() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = |name: &str| directory.path().join(name);
        let is_cache = |name: &str| CacheDirectory::open(&path(name)).expect("read").is_some();
        fs::create_dir_all(path("marked/00")).expect("made");
        fs::write(path("marked/README"), "This directory is mine.\n").expect("written");
        fs::create_dir_all(path("linked")).expect("made");
        symlink(path("marked/00"), path("linked/00")).expect("linked");
        fs::write(path("linked/trim.txt"), "").expect("written");
        fs::create_dir_all(path("empty")).expect("made");
        fs::write(path("file"), "").expect("written");
        symlink("dangling", path("dangling")).expect("linked");
        symlink("circle", path("circle")).expect("linked");
        for name in ["marked", "linked", "empty", "file", "dangling", "circle", "absent", "file/x"]
        {
            assert!(!is_cache(name), "{name}");
        }
        fs::write(path("marked/trim.txt"), "").expect("written");
        assert!(is_cache("marked"));
        symlink("marked", path("link")).expect("linked");
        let link = CacheDirectory::open(&path("link")).expect("read").expect("a cache");
        assert_eq!(link.link.as_deref(), Some(Path::new("marked")));
    }

    #[test]
    fn only_what_is_gos_is_seen_and_removed() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("go-build");
        fake(&path, 2, Duration::from_hours(48));
        let inside = |name: &str| path.join("00").join(name);
        let id = "00".repeat(32);
        let other = "01".repeat(32);
        // Links, names of another subdirectory, a directory in place of an action, and things that are none of Go's.
        fs::write(directory.path().join("precious"), "kept").expect("written");
        let zeros = format!("00{}", "11".repeat(31));
        symlink(directory.path().join("precious"), inside(&format!("{zeros}-a"))).expect("linked");
        symlink(directory.path(), inside(&format!("{zeros}-d"))).expect("linked");
        fs::write(inside(&format!("{other}-a")), "").expect("written");
        fs::write(inside("notes.txt"), "mine").expect("written");
        fs::create_dir(inside(&format!("00{}-a", "22".repeat(31)))).expect("made");
        let program = inside(&format!("00{}-d", "33".repeat(31)));
        fs::create_dir(&program).expect("made");
        fs::write(program.join("tool"), "program").expect("written");
        fs::create_dir(path.join("fuzz")).expect("made");

        let cache = CacheDirectory::open(&path).expect("read").expect("a cache");
        assert_eq!(cache.foreign, [""; 0], "an empty fuzz is Go's");
        let entries = cache.entries();
        assert_eq!(entries.len(), 5, "two actions, their outputs, a program");
        assert!(
            entries.iter().any(|entry| entry::file_name(&entry.id, entry.kind).starts_with(&id))
        );
        let (count, _) =
            cache.remove(&entries, SystemTime::now() - Duration::from_hours(24)).expect("removed");
        assert_eq!(count, 4, "the program is new");
        let (count, bytes) = cache.remove(&entries, SystemTime::now()).expect("removed");
        assert_eq!((count, bytes), (1, 8192));
        assert!(!program.exists() && cache.entries().is_empty());
        assert_eq!(fs::read_to_string(directory.path().join("precious")).expect("read"), "kept");
        assert_eq!(fs::read_dir(path.join("00")).expect("listed").count(), 5);

        fs::write(path.join("fuzz/input"), "").expect("written");
        symlink("/", path.join("aa-link")).expect("linked");
        let cache = CacheDirectory::open(&path).expect("read").expect("a cache");
        assert_eq!(cache.foreign.len(), 2);
    }
}
