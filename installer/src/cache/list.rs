//! The caches that are here.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::SystemTime;

use super::directory::{CacheDirectory, Measure, existing, since};
use super::name::{self, Name, Userlands};
use super::users::{self, Process};
use super::{DAY, TRIM_LIMIT};
use crate::error::{During, Error};

/// A directory with more names than this is not where caches are.
const NAMES_LIMIT: usize = 100_000;

/// Where to look for caches, and who is known to use them.
#[derive(Clone, Debug, Default)]
pub struct Surroundings {
    /// Directories in which caches may be.
    pub directories: Vec<PathBuf>,
    /// The cache that a `go` uses here.
    pub used_here: Option<PathBuf>,
    /// Whose caches there may be.
    pub userlands: Userlands,
}

/// A cache, with what can be said of it.
#[derive(Clone, Debug)]
pub struct Cache {
    /// Where it is.
    pub directory: CacheDirectory,
    /// Whose it is.
    pub name: Name,
    /// What is in it.
    pub measure: Measure,
    /// Whether it is the one that a `go` uses here.
    pub is_used_here: bool,
    /// Whether nobody who would use it again is known, and it was not used for so long that its next use would empty it.
    pub is_orphan: bool,
    /// A process that uses it now.
    pub user: Option<Process>,
}

/// Every cache, in the order of their names.
pub fn list(surroundings: &Surroundings) -> Result<Vec<Cache>, Error> {
    let now = SystemTime::now();
    let mut directories: Vec<CacheDirectory> = Vec::new();
    for path in paths(surroundings)? {
        directories.extend(CacheDirectory::open(&path)?);
    }
    // Several names may lead to one cache: its own counts.
    directories.sort_by(|left, right| {
        (left.link.is_some(), &left.path).cmp(&(right.link.is_some(), &right.path))
    });
    let mut distinct: Vec<CacheDirectory> = Vec::new();
    for directory in directories {
        if distinct.iter().all(|known| known.identity != directory.identity) {
            distinct.push(directory);
        }
    }
    distinct.sort_by(|left, right| left.path.cmp(&right.path));
    let here = surroundings.used_here.as_deref();
    let here =
        here.and_then(|path| CacheDirectory::open(path).ok().flatten()).map(|it| it.identity);
    let processes = users::processes();
    let measures = measures(&distinct);
    let caches = distinct.into_iter().zip(measures).map(|(directory, measure)| {
        let file_name = directory.path.file_name().unwrap_or(OsStr::new(""));
        let name = Name::parse(file_name, &surroundings.userlands);
        let is_used_here = here == Some(directory.identity);
        let is_old = since(measure.used, now) > TRIM_LIMIT;
        Cache {
            is_orphan: is_old && !is_used_here && surroundings.userlands.has_lost(&name),
            user: users::user_of(&processes, &directory.path).cloned(),
            directory,
            name,
            measure,
            is_used_here,
        }
    });
    Ok(caches.collect())
}

impl Cache {
    /// Whether anything of it was used within a day: by a build that nobody here can see, it may be.
    pub(crate) fn is_recent(&self, now: SystemTime) -> bool {
        since(self.measure.used, now) <= DAY
    }
}

/// Where caches may be: by their names, and the one in use whatever its name.
fn paths(surroundings: &Surroundings) -> Result<Vec<PathBuf>, Error> {
    let mut paths = Vec::new();
    for directory in &surroundings.directories {
        let Some(items) = existing(fs::read_dir(directory)).during("list", directory)? else {
            continue;
        };
        for item in items.take(NAMES_LIMIT) {
            let name = item.during("list", directory)?.file_name();
            if name.as_bytes().starts_with(name::PREFIX.as_bytes())
                && Name::parse(&name, &surroundings.userlands) != Name::Other
            {
                paths.push(directory.join(name));
            }
        }
    }
    let is_new = |path: &&PathBuf| !paths.contains(path);
    let here = surroundings.used_here.as_ref().filter(is_new).cloned();
    paths.extend(here);
    Ok(paths)
}

/// Caches of ten thousands of files each: measured side by side.
fn measures(caches: &[CacheDirectory]) -> Vec<Measure> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(cache) = caches.get(index) else { return done };
            done.push((index, cache.measure()));
        }
    };
    let workers = thread::available_parallelism().map_or(1, usize::from).min(caches.len());
    let mut measures: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap_or_default()).collect()
    });
    measures.sort_unstable_by_key(|(index, _)| *index);
    measures.into_iter().map(|(_, measure)| measure).collect()
}

/// The cache of a distro, by its key or by its path; of those for one version alone, that of `version` (without `go`).
pub fn find<'a>(caches: &'a [Cache], wanted: &str, version: &str) -> Option<&'a Cache> {
    let find = |is: &dyn Fn(&Cache) -> bool| caches.iter().find(|cache| is(cache));
    let per_version =
        |it: &Cache| it.name.key() == Some(wanted) && it.name.version() == Some(version);
    find(&|it| it.name == Name::Distro(wanted.to_owned()))
        .or_else(|| find(&per_version))
        .or_else(|| find(&|it| it.directory.path == Path::new(wanted)))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;
    use std::time::Duration;

    use super::super::directory::tests::fake;
    use super::super::name::tests::userlands;
    use super::*;

    #[test]
    fn every_cache_once_with_whose_it_is() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = |name: &str| directory.path().join(name);
        let old = Duration::from_hours(24 * 30);
        fake(&path("go-build-debian-12"), 3, old);
        fake(&path("go-build-gone-1"), 3, old);
        fake(&path("go-build-gone-2"), 3, Duration::from_hours(24 * 4));
        fake(&path("elsewhere"), 2, Duration::ZERO);
        fs::create_dir(path("go-build-no-cache")).expect("made");
        fs::write(path("go-build-file"), "").expect("written");
        symlink("go-build-debian-12", path("go-build")).expect("linked");
        symlink("elsewhere", path("go-build-alpine-3.23")).expect("linked");
        let surroundings = Surroundings {
            directories: vec![path(""), path("absent")],
            used_here: Some(path("go-build")),
            userlands: userlands(),
        };
        let caches = list(&surroundings).expect("listed");
        let found: Vec<_> = caches
            .iter()
            .map(|it| {
                let name = it.directory.path.strip_prefix(directory.path()).expect("below");
                let name = name.to_str().expect("text");
                (name, it.measure.entries, it.is_used_here, it.is_orphan)
            })
            .collect();
        let expected = [
            ("go-build-alpine-3.23", 4, false, false),
            ("go-build-debian-12", 6, true, false),
            ("go-build-gone-1", 6, false, true),
            ("go-build-gone-2", 6, false, false),
        ];
        assert_eq!(found, expected);
        assert!(caches[0].directory.link.is_some());
        assert!(find(&caches, "gone-1", "1.22").is_some());
        assert!(find(&caches, "gone", "1").is_none());
    }
}
