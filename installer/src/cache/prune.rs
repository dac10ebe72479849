//! Removing what nobody will miss: whole caches, and entries of caches.
//!
//! A whole cache is renamed first and removed then, so that at no instant there is half a cache in its place; what a
//! kill leaves has a name of its own, and the next run takes it away. Entries go one by one, as when Go trims.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use nix::unistd::geteuid;

use super::DAY;
use super::directory::{CacheDirectory, Entry, since};
use super::list::{Cache, Surroundings};
use super::name;
use super::users::{self, Process};
use crate::atomic::{self, TemporaryDirectory};
use crate::downloads::{self, Candidate};
use crate::error::{During, Error};

/// What is to go, beside orphans.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// What was not used for so long.
    pub older_than: Option<Duration>,
    /// What was used least recently, until all caches together have so many bytes.
    pub maximum_size: Option<u64>,
}

/// What is done to a cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Nothing.
    Keep,
    /// Entries of it are removed.
    Trim,
    /// It is removed.
    Remove,
}

/// Why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Nobody who would use it again is known.
    Orphan,
    /// It was not used for long.
    Age,
    /// The caches are too large.
    Size,
    /// This process uses it.
    InUse(Process),
    /// It is a link: whoever put it there keeps its cache elsewhere.
    Link,
    /// It belongs to another user.
    Owner(u32),
}

impl Reason {
    /// The word in JSON.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Orphan => "orphan",
            Self::Age => "age",
            Self::Size => "size",
            Self::InUse(_) => "in-use",
            Self::Link => "link",
            Self::Owner(_) => "owner",
        }
    }
}

/// What is to be done to one cache, or was.
#[derive(Clone, Debug)]
pub struct Step {
    /// The cache.
    pub cache: Cache,
    /// What.
    pub action: Action,
    /// Why; none where nothing is asked for.
    pub reason: Option<Reason>,
    /// How many entries go.
    pub entries: u64,
    /// Bytes that this gives back.
    pub bytes: u64,
    doomed: Vec<Entry>,
}

/// What is to be done, or was.
#[derive(Clone, Debug)]
pub struct Plan {
    /// For each cache.
    pub steps: Vec<Step>,
    /// What all caches take afterwards.
    pub left: u64,
    now: SystemTime,
}

impl Plan {
    /// Decides; changes nothing.
    pub fn make(caches: Vec<Cache>, policy: Policy, now: SystemTime) -> Self {
        let mut counted = HashSet::new();
        let mut left = 0;
        let mut candidates = Vec::new();
        let mut steps = Vec::with_capacity(caches.len());
        for (index, cache) in caches.into_iter().enumerate() {
            let entries = cache.directory.entries();
            let shared = |entry: &&Entry| entry.file.links > 1;
            let again: u64 = entries
                .iter()
                .filter(shared)
                .filter(|entry| !counted.insert(entry.file.identity))
                .map(|entry| entry.file.size)
                .sum();
            left += cache.measure.size - again.min(cache.measure.size);
            let mut step = Step::of(cache, policy, now);
            match step.action {
                Action::Keep if step.reason.is_none() => {
                    candidates.extend(entries.into_iter().map(|entry| (index, entry)));
                }
                Action::Keep => {}
                Action::Trim => {
                    let limit =
                        if step.reason == Some(Reason::Age) { policy.older_than } else { None };
                    let limit = now - limit.unwrap_or(DAY).max(DAY);
                    let (doomed, kept): (Vec<_>, Vec<_>) =
                        entries.into_iter().partition(|entry| entry.file.used <= limit);
                    candidates.extend(kept.into_iter().map(|entry| (index, entry)));
                    step.doom(doomed);
                }
                Action::Remove => {
                    step.entries = step.cache.measure.entries;
                    step.bytes = step.cache.measure.size - step.cache.measure.shared;
                }
            }
            left -= step.bytes.min(left);
            steps.push(step);
        }
        if let Some(maximum) = policy.maximum_size.filter(|maximum| left > *maximum) {
            candidates.retain(|(_, entry)| since(entry.file.used, now) > DAY);
            candidates.sort_by_key(|(_, entry)| entry.file.used);
            let mut chosen: Vec<Vec<Entry>> = steps.iter().map(|_| Vec::new()).collect();
            for (index, entry) in candidates {
                if left <= maximum {
                    break;
                }
                left -= freed(&entry).min(left);
                chosen[index].push(entry);
            }
            for (step, chosen) in steps.iter_mut().zip(chosen) {
                if !chosen.is_empty() {
                    step.action = Action::Trim;
                    step.reason.get_or_insert(Reason::Size);
                    step.doom(chosen);
                }
            }
        }
        for step in &mut steps {
            step.doomed.sort_unstable_by_key(|entry| entry.id);
            if step.action == Action::Trim && step.doomed.is_empty() {
                (step.action, step.reason) = (Action::Keep, None);
            }
        }
        Self { steps, left, now }
    }

    /// Does it. What is in use by now is kept, and said so.
    pub fn carry_out(&mut self) -> Result<(), Error> {
        for step in &mut self.steps {
            if step.action == Action::Keep {
                continue;
            }
            let directory = &step.cache.directory;
            if let Some(user) = users::user_of(&users::processes(), &directory.path) {
                step.keep(Reason::InUse(user.clone()));
            } else if step.action == Action::Remove {
                // It may have changed since it was looked at.
                match CacheDirectory::open(&directory.path)? {
                    Some(now) if now.identity == directory.identity && now.foreign.is_empty() => {
                        remove(&directory.path)?;
                    }
                    _ => (step.action, step.entries, step.bytes) = (Action::Keep, 0, 0),
                }
            } else {
                let unused_since = self.now - DAY;
                (step.entries, step.bytes) = directory.remove(&step.doomed, unused_since)?;
            }
        }
        Ok(())
    }
}

impl Step {
    /// What is to be done to a cache as a whole.
    fn of(cache: Cache, policy: Policy, now: SystemTime) -> Self {
        let directory = &cache.directory;
        let is_old = |age: Duration| since(cache.measure.used, now) > age.max(DAY);
        // What fuzzing found is a person's, though it lies in a cache (`go clean -cache` keeps it, too).
        let whole = if directory.foreign.is_empty() { Action::Remove } else { Action::Trim };
        let (action, reason) = if cache.is_orphan && !cache.is_recent(now) {
            (whole, Some(Reason::Orphan))
        } else {
            match policy.older_than {
                Some(age) if is_old(age) => (whole, Some(Reason::Age)),
                Some(_) => (Action::Trim, Some(Reason::Age)),
                None => (Action::Keep, None),
            }
        };
        let obstacle = if directory.link.is_some() {
            Some(Reason::Link)
        } else if directory.owner != geteuid().as_raw() {
            Some(Reason::Owner(directory.owner))
        } else {
            cache.user.clone().map(Reason::InUse)
        };
        let is_asked = action != Action::Keep || policy.maximum_size.is_some();
        let (action, reason) = match obstacle.filter(|_| is_asked) {
            Some(obstacle) => (Action::Keep, Some(obstacle)),
            None => (action, reason),
        };
        Self { cache, action, reason, entries: 0, bytes: 0, doomed: Vec::new() }
    }

    fn doom(&mut self, entries: Vec<Entry>) {
        self.entries += entries.len() as u64;
        self.bytes += entries.iter().map(freed).sum::<u64>();
        self.doomed.extend(entries);
    }

    fn keep(&mut self, reason: Reason) {
        (self.action, self.reason) = (Action::Keep, Some(reason));
        (self.entries, self.bytes) = (0, 0);
    }
}

/// What another cache has as well stays on disk.
fn freed(entry: &Entry) -> u64 {
    if entry.file.links > 1 { 0 } else { entry.file.size }
}

/// Takes a cache out of its place, and then away.
fn remove(cache: &Path) -> Result<(), Error> {
    let aside = TemporaryDirectory::beside(cache)?;
    let target = aside.path().join(name::PREFIX);
    match fs::rename(cache, &target) {
        // Somebody else was faster.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        result => result.during("remove", cache)?,
    }
    fs::remove_dir_all(&target).during("remove", &target)
}

/// What killed commands left beside caches.
pub fn leftovers(surroundings: &Surroundings) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for directory in &surroundings.directories {
        let Ok(items) = fs::read_dir(directory) else { continue };
        let paths = items.flatten().filter(|item| is_leftover(&item.file_name()));
        found.extend(paths.map(|item| item.path()).filter(|path| !atomic::is_living(path)));
    }
    found.sort();
    found
}

/// Takes them away. Best effort, since they only cost room.
pub fn sweep(surroundings: &Surroundings) {
    for directory in &surroundings.directories {
        atomic::sweep_directory(directory, is_leftover);
    }
    if let Some(cache) = &surroundings.used_here {
        atomic::sweep(cache);
    }
}

fn is_leftover(name: &std::ffi::OsStr) -> bool {
    let name_after_dot = name.to_str().and_then(|text| text.strip_prefix('.'));
    let is_ours = name_after_dot.is_some_and(|text| text.starts_with(name::PREFIX));
    atomic::is_temporary(name) && is_ours
}

/// An archive that gowr keeps.
#[derive(Clone, Debug)]
pub struct Archive {
    /// What it is.
    pub candidate: Candidate,
    /// Bytes on disk, with those of the proof beside it.
    pub size: u64,
}

/// The archives that gowr keeps: those that have their hash in their name. The directory may be one of the user's, and
/// have others in it.
pub fn archives(downloads: &Path) -> Result<Vec<Archive>, Error> {
    let size = |path: &Path| {
        fs::symlink_metadata(path).ok().filter(fs::Metadata::is_file).map(|it| it.len())
    };
    let kept = downloads::candidates(downloads)?.into_iter().filter(Candidate::is_kept);
    let archives = kept.filter_map(|candidate| {
        let proof = size(&candidate.proof_path()).unwrap_or(0);
        Some(Archive { size: size(&candidate.path)? + proof, candidate })
    });
    Ok(archives.collect())
}

/// Removes an archive and its proof.
pub fn remove_archive(archive: &Archive) -> Result<(), Error> {
    for path in [&archive.candidate.path, &archive.candidate.proof_path()] {
        match fs::remove_file(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            result => result.during("remove", path)?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::directory::tests::fake;
    use super::super::list;
    use super::super::name::tests::userlands;
    use super::*;

    const HOUR: u64 = 3600;

    struct Bed(tempfile::TempDir);

    impl Bed {
        fn new(caches: &[(&str, u64)]) -> Self {
            let bed = Self(tempfile::tempdir().expect("a directory"));
            for (name, hours) in caches {
                fake(&bed.path(name), 10, Duration::from_secs(hours * HOUR));
            }
            bed
        }

        fn path(&self, name: &str) -> PathBuf {
            self.0.path().join(name)
        }

        fn surroundings(&self) -> Surroundings {
            Surroundings {
                directories: vec![self.0.path().to_owned()],
                used_here: Some(self.path("go-build-debian-12")),
                userlands: userlands(),
            }
        }

        fn plan(&self, policy: Policy) -> Plan {
            let caches = list::list(&self.surroundings()).expect("listed");
            Plan::make(caches, policy, SystemTime::now())
        }
    }

    fn summary(plan: &Plan) -> Vec<(String, Action, Option<&'static str>, u64)> {
        let steps = plan.steps.iter().map(|step| {
            let name = step.cache.directory.path.file_name().expect("a name").to_string_lossy();
            (name.into_owned(), step.action, step.reason.as_ref().map(Reason::code), step.entries)
        });
        steps.collect()
    }

    #[test]
    fn orphans_go_and_nothing_else() {
        let bed = Bed::new(&[
            ("go-build", 9999),
            ("go-build-debian-12", 9999),
            ("go-build-gone-1", 200),
            ("go-build-gone-2", 20),
            ("go-build-gone-3", 200),
        ]);
        fs::create_dir_all(bed.path("go-build-gone-3/fuzz/example.com")).expect("made");
        let mut plan = bed.plan(Policy::default());
        let expected = [
            ("go-build", Action::Keep, None, 0),
            ("go-build-debian-12", Action::Keep, None, 0),
            ("go-build-gone-1", Action::Remove, Some("orphan"), 20),
            ("go-build-gone-2", Action::Keep, None, 0),
            ("go-build-gone-3", Action::Trim, Some("orphan"), 20),
        ]
        .map(|(name, action, reason, entries)| (name.to_owned(), action, reason, entries));
        assert_eq!(summary(&plan), expected);
        assert!(bed.path("go-build-gone-1").exists(), "a plan changes nothing");
        plan.carry_out().expect("done");
        assert_eq!(summary(&plan), expected);
        assert!(!bed.path("go-build-gone-1").exists());
        assert!(bed.path("go-build-gone-3/fuzz/example.com").exists());
        let after = list::list(&bed.surroundings()).expect("listed");
        let entries: Vec<_> = after.iter().map(|cache| cache.measure.entries).collect();
        assert_eq!(entries, [20, 20, 20, 0]);
        assert_eq!(leftovers(&bed.surroundings()), [""; 0].map(PathBuf::from));
    }

    #[test]
    fn the_old_goes_by_age() {
        let bed = Bed::new(&[("go-build", 24 * 40), ("go-build-debian-12", 24 * 20)]);
        let older_than = |hours: u64| Policy {
            older_than: Some(Duration::from_secs(hours * HOUR)),
            ..Policy::default()
        };
        assert!(summary(&bed.plan(older_than(24 * 50))).iter().all(|it| it.1 == Action::Keep));
        let plan = bed.plan(older_than(24 * 30));
        assert_eq!(summary(&plan)[0].1, Action::Remove);
        assert_eq!(summary(&plan)[1].1, Action::Keep);
        // One that was used keeps what was used in it.
        fake(&bed.path("go-build-debian-12"), 3, Duration::ZERO);
        let mut plan = bed.plan(older_than(24));
        let trimmed = &summary(&plan)[1];
        assert_eq!((trimmed.1, trimmed.2, trimmed.3), (Action::Trim, Some("age"), 14));
        plan.carry_out().expect("done");
        let after = list::list(&bed.surroundings()).expect("listed");
        assert_eq!(after.len(), 1);
        assert_eq!(after[0].measure.entries, 6);
        // However short the time, what was used within a day stays.
        assert_eq!(summary(&bed.plan(older_than(0)))[0].1, Action::Keep);
    }

    #[test]
    fn the_least_recently_used_goes_by_size() {
        let bed =
            Bed::new(&[("go-build", 100), ("go-build-alpine-3.23", 50), ("go-build-arch", 2)]);
        let maximum = |size| Policy { maximum_size: Some(size), ..Policy::default() };
        let all = 3 * 20 * 4096;
        assert_eq!(bed.plan(maximum(all)).left, all);
        let plan = bed.plan(maximum(all - 25 * 4096));
        let entries: Vec<_> = plan.steps.iter().map(|step| step.entries).collect();
        assert_eq!((entries, plan.left), (vec![20, 5, 0], all - 25 * 4096));
        let mut plan = bed.plan(maximum(0));
        plan.carry_out().expect("done");
        let after = list::list(&bed.surroundings()).expect("listed");
        let entries: Vec<_> = after.iter().map(|cache| cache.measure.entries).collect();
        assert_eq!((entries, plan.left), (vec![0, 0, 20], 20 * 4096), "used within a day");
    }

    #[test]
    fn what_several_caches_have_counts_once_and_gives_nothing_back() {
        let bed = Bed::new(&[("go-build", 100), ("go-build-gone-1", 200)]);
        let own = list::list(&bed.surroundings()).expect("listed");
        let mut linked = 0;
        for entry in own[0].directory.entries() {
            use super::super::entry::{Kind, file_name, subdirectory};
            if entry.kind == Kind::Output {
                let name =
                    PathBuf::from(subdirectory(&entry.id)).join(file_name(&entry.id, entry.kind));
                let other = bed.path("go-build-gone-1").join(&name);
                fs::remove_file(&other).expect("removed");
                fs::hard_link(bed.path("go-build").join(&name), other).expect("linked");
                linked += 1;
            }
        }
        assert_eq!(linked, 10);
        let plan = bed.plan(Policy { maximum_size: Some(u64::MAX), ..Policy::default() });
        assert_eq!(plan.steps[1].bytes, 10 * 4096);
        assert_eq!(plan.left, 20 * 4096);
    }

    #[test]
    fn links_are_kept_and_leftovers_go() {
        let bed = Bed::new(&[("elsewhere", 9999)]);
        std::os::unix::fs::symlink("elsewhere", bed.path("go-build-gone-1")).expect("linked");
        let age = Policy { older_than: Some(DAY), maximum_size: Some(0) };
        let mut plan = bed.plan(age);
        assert_eq!(summary(&plan)[0].2, Some("link"));
        plan.carry_out().expect("done");
        assert!(bed.path("elsewhere/00").exists());
        fs::create_dir_all(bed.path(".go-build-gone-1.gowr-dead/go-build/00")).expect("made");
        fs::create_dir_all(bed.path(".go-pher.gowr-dead/00")).expect("made");
        fs::create_dir_all(bed.path("é")).expect("made");
        assert_eq!(leftovers(&bed.surroundings()), [bed.path(".go-build-gone-1.gowr-dead")]);
        sweep(&bed.surroundings());
        assert_eq!(leftovers(&bed.surroundings()).len(), 0);
        assert!(bed.path(".go-pher.gowr-dead").exists(), "not a cache's");
    }

    #[test]
    fn archives_that_gowr_keeps_go_with_their_proofs() {
        let directory = tempfile::tempdir().expect("a directory");
        let stem = format!("go1.22.10.{}", crate::store::platform());
        for name in ["h1-abc.zip", "h1-abc.tlog-proof", "zip"] {
            fs::write(directory.path().join(format!("{stem}.{name}")), "12345").expect("written");
        }
        let kept = archives(directory.path()).expect("listed");
        assert_eq!(kept.iter().map(|it| it.size).collect::<Vec<_>>(), [10]);
        remove_archive(&kept[0]).expect("removed");
        let left: Vec<_> = fs::read_dir(directory.path()).expect("listed").flatten().collect();
        assert_eq!(left.len(), 1, "the one that somebody else put there");
    }
}
