//! Where caches lie: absolute, writable, and on a file system that can lock.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use resolver::machine::Machine;
use resolver::path::{self, Bytes};
use resolver::settings::system_configuration;
use resolver::variables;

use super::mounts::{is_shared, of_mount};
use super::{Code, Examination, Finding, note, problem, shown, to_path};
use crate::cache::TRIM_LIMIT;
use crate::cache::name::{Name, Userlands};
use crate::problem::Evidence;

pub(super) fn check<M: Machine>(examination: &Examination<'_, M>) -> Vec<Finding> {
    let mut findings = spelled_wrong(examination);
    let build = build_cache(examination);
    let modules = examination.module_cache();
    for (name, directory) in [("GOCACHE", build), ("GOMODCACHE", modules)] {
        let Some(directory) = directory.filter(|directory| path::is_absolute(directory)) else {
            continue;
        };
        findings.extend(on_network(examination, name, directory));
        findings.extend(not_writable(examination, name, directory));
        findings.extend(without_locks(examination, name, directory));
    }
    findings.extend(home_on_network(examination));
    findings.extend(orphaned(examination, build));
    findings
}

/// The cache that is used; that of the settings alone, where no Go can be chosen.
fn build_cache<M: Machine>(examination: &Examination<'_, M>) -> Option<Bytes> {
    match examination.view().choice {
        Ok(resolution) => resolution.cache.path,
        Err(_) => examination.setting("GOCACHE").map(|setting| setting.value),
    }
}

/// `GOCACHE is not an absolute path`, and `build cache is disabled by GOCACHE=off, but required as of Go 1.12`.
fn spelled_wrong<M: Machine>(examination: &Examination<'_, M>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for name in ["GOCACHE", "GOMODCACHE", "GOPATH"] {
        let Some(setting) = examination.setting(name) else { continue };
        let is_list = name == "GOPATH";
        let parts = setting.value.split(|byte| is_list && *byte == b':');
        if parts.filter(|part| !part.is_empty()).all(path::is_absolute) {
            continue;
        }
        let found = if name == "GOCACHE" && setting.value == b"off" {
            problem(Code::CacheOff, "GOCACHE is off, and no Go since 1.12 builds without a cache")
        } else {
            let message =
                format!("{name}={} is not an absolute path, and Go refuses it", setting.text());
            problem(Code::PathNotAbsolute, message)
        };
        findings.push(setting.taken_back(found.seen(setting.evidence())));
    }
    findings
}

fn on_network<M: Machine>(
    examination: &Examination<'_, M>,
    name: &str,
    directory: Bytes,
) -> Option<Finding> {
    let machine = examination.view().machine;
    let mount = examination.mounts.of(machine, directory).filter(is_shared)?;
    // A Windows drive is told in words of its own.
    if examination.mounts.drive(machine, directory).is_some() {
        return None;
    }
    let message = format!(
        "{name} is {} on {}: slow, and unsafe where two machines use it",
        shown(directory),
        shown(mount.file_system)
    );
    let found = problem(Code::CacheOnNetwork, message).seen(of_mount(&mount));
    let user = examination.view().machine.effective_user();
    let fix = match (name, examination.view().places.user_configuration) {
        ("GOCACHE", Some(file)) => {
            format!("echo 'cache-dir: /var/tmp/go-{user}' >> {}", path::shell_quoted(file))
        }
        _ => format!("go env -w {name}=/var/tmp/go-{user}/{}", name.to_ascii_lowercase()),
    };
    Some(found.fixed_by(fix).into())
}

fn home_on_network<M: Machine>(examination: &Examination<'_, M>) -> Option<Finding> {
    let home = examination.view().variables.absolute_path(variables::Name::Home)?;
    let mount = examination.mounts.of(examination.view().machine, home).filter(is_shared)?;
    let message = format!("the home directory lies on {}", shown(mount.file_system));
    let found =
        note(Code::HomeOnNetwork, message).seen(of_mount(&mount)).fixed_by("gowr which --explain");
    Some(found.into())
}

/// What `sudo go build` leaves behind.
fn not_writable<M: Machine>(
    examination: &Examination<'_, M>,
    name: &str,
    directory: Bytes,
) -> Option<Finding> {
    let (there, found) = nearest(examination, directory)?;
    if examination.may_write(&found) {
        return None;
    }
    let user = examination.view().machine.effective_user();
    let message = format!("{name} is {}, where you may not write", shown(directory));
    let evidence =
        format!("owner {}, mode {:o}, and you are {user}", found.owner, found.mode & 0o7777);
    let fix = if there != directory {
        // Never one above it: that may be the root.
        format!("sudo install -d -o {user} {}", path::shell_quoted(directory))
    } else if found.owner == user {
        format!("chmod u+w {}", path::shell_quoted(there))
    } else {
        format!("sudo chown -R {user} {}", path::shell_quoted(there))
    };
    let found =
        problem(Code::CacheNotWritable, message).seen(Evidence::file(to_path(there), evidence));
    Some(found.fixed_by(fix).into())
}

/// `RLock …: no locks available` (<https://go.dev/issue/49894>), `function not implemented`.
fn without_locks<M: Machine>(
    examination: &Examination<'_, M>,
    name: &str,
    directory: Bytes,
) -> Option<Finding> {
    let (there, _) = nearest(examination, directory)?;
    let error = (examination.patient.try_lock)(&to_path(there)).err()?;
    let missing =
        [nix::errno::Errno::ENOLCK, nix::errno::Errno::ENOSYS, nix::errno::Errno::EOPNOTSUPP];
    if !missing.iter().any(|errno| error.raw_os_error() == Some(*errno as i32)) {
        return None;
    }
    let message = format!("{name} is {}, where files cannot be locked", shown(directory));
    let words = error.to_string().to_lowercase();
    let words = words.split(" (os error").next().unwrap_or_default().to_owned();
    let user = examination.view().machine.effective_user();
    let found =
        problem(Code::CacheWithoutLocks, message).seen(Evidence::file(to_path(there), words));
    let fix = format!("go env -w {name}=/var/tmp/go-{user}/{}", name.to_ascii_lowercase());
    Some(found.fixed_by(fix).into())
}

/// A directory, or the nearest above it that is there.
fn nearest<M: Machine>(
    examination: &Examination<'_, M>,
    directory: Bytes,
) -> Option<(Bytes, resolver::machine::Metadata)> {
    let mut there = Some(directory);
    while let Some(path) = there {
        if let Some(found) = examination.metadata(path) {
            return Some((path, found));
        }
        there = path::parent(path);
    }
    None
}

/// Go trims only the cache in use: one of a distro that is gone stays for ever. Whose they are is judged as `gowr cache
/// list` does, which measures them as well.
fn orphaned<M: Machine>(examination: &Examination<'_, M>, build: Option<Bytes>) -> Option<Finding> {
    let (home, _) = examination.patient.home?;
    let survey = examination.view().survey?;
    let used = path::file_name(build?);
    let parent = path::parent(build?)?;
    let system = system_configuration(examination.view().machine).map_or(&[][..], |it| it.distros);
    let mentioned = survey.settings.user.distros.iter().chain(system);
    let mentioned = mentioned.map(|(name, _)| (*name).to_owned()).collect();
    let userlands = Userlands::read(home, survey.distro.key, mentioned).ok()?;
    let mut names = examination.view().machine.list(parent).unwrap_or_default();
    names.sort_unstable();
    let is_orphan = |name: &&Bytes| {
        let is_lost = userlands.has_lost(&Name::parse(OsStr::from_bytes(name), &userlands));
        is_lost && **name != used && is_old(&to_path(path::join(parent, name)))
    };
    let orphans: Vec<_> = names.iter().filter(is_orphan).collect();
    let message = match orphans.len() {
        0 => return None,
        1 => String::from("a build cache is of a userland that is gone; Go will never empty it"),
        count => {
            format!("{count} build caches are of userlands that are gone; Go will never empty them")
        }
    };
    let mut found = note(Code::CacheOrphaned, message);
    for name in orphans {
        found = found.seen(Evidence::file(
            to_path(path::join(parent, name)),
            "nobody who would use it is known",
        ));
    }
    Some(found.fixed_by("gowr cache prune --dry-run").into())
}

/// Whether Go would empty it at its next use, by the file that Go touches once a day.
fn is_old(cache: &Path) -> bool {
    let used = fs::metadata(cache.join("trim.txt")).and_then(|found| found.modified());
    used.map_or(true, |used| used.elapsed().is_ok_and(|age| age > TRIM_LIMIT))
}
