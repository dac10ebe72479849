//! Which processes use a cache at this moment.
//!
//! Go has no lock for it. A build is known by its processes: `go` itself, and the tools of a toolchain that it started,
//! to which it gives GOCACHE. Those of other machines, and of containers that this one cannot see into, are not found
//! so; what they use is protected by its time: see [`DAY`](super::DAY).

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::Read;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// More than the kernel allows a process by default.
const ENVIRONMENT_LIMIT: u64 = 8 << 20;
const DESCRIPTORS_LIMIT: usize = 4096;

/// A process, and what it may have to do with caches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Process {
    /// Its id.
    pub id: u32,
    /// The name of its program.
    pub program: String,
    /// The cache that its environment leads to.
    cache: Option<PathBuf>,
    /// Its program's file, and what it has open.
    files: Vec<PathBuf>,
}

/// Every process that this one may look at.
pub fn processes() -> Vec<Process> {
    read(Path::new("/proc"))
}

fn read(proc: &Path) -> Vec<Process> {
    let Ok(items) = fs::read_dir(proc) else { return Vec::new() };
    let id = |name: OsString| name.to_str()?.parse::<u32>().ok();
    let ids = items.flatten().filter_map(|item| id(item.file_name()));
    ids.filter(|id| *id != std::process::id())
        .filter_map(|id| process(&proc.join(id.to_string()), id))
        .collect()
}

/// Of all but Go's programs only the files count: a shell that exports GOCACHE builds nothing.
fn process(directory: &Path, id: u32) -> Option<Process> {
    let executable = fs::read_link(directory.join("exe")).ok()?;
    // Its file may be gone: an upgrade of Go while it runs.
    let executable = executable.as_os_str().as_bytes();
    let executable = executable.strip_suffix(b" (deleted)").unwrap_or(executable);
    let executable = PathBuf::from(OsStr::from_bytes(executable));
    let program = executable.file_name()?.to_string_lossy().into_owned();
    let is_tool = executable.as_os_str().as_bytes().windows(10).any(|part| part == b"/pkg/tool/");
    let cache = if program == "go" || is_tool { of_environment(directory) } else { None };
    let open = fs::read_dir(directory.join("fd")).into_iter().flatten().flatten();
    let mut files: Vec<_> =
        open.take(DESCRIPTORS_LIMIT).filter_map(|item| fs::read_link(item.path()).ok()).collect();
    files.push(executable);
    Some(Process { id, program, cache, files })
}

/// What a `go` with this environment uses. Without GOCACHE it may be told of another by its `go env -w`; then the tools
/// that it starts still have it in their environment.
fn of_environment(directory: &Path) -> Option<PathBuf> {
    let mut environment = Vec::new();
    let file = File::open(directory.join("environ")).ok()?;
    file.take(ENVIRONMENT_LIMIT).read_to_end(&mut environment).ok()?;
    let variable = |name: &str| {
        let mut entries = environment.split(|byte| *byte == 0);
        let value = entries.find_map(|it| it.strip_prefix(name.as_bytes())?.strip_prefix(b"="))?;
        (!value.is_empty()).then(|| PathBuf::from(OsString::from_vec(value.to_vec())))
    };
    variable("GOCACHE").or_else(|| {
        let directory =
            variable("XDG_CACHE_HOME").or_else(|| Some(variable("HOME")?.join(".cache")));
        Some(directory?.join(super::name::PREFIX))
    })
}

/// The first process that uses a cache.
pub fn user_of<'a>(processes: &'a [Process], cache: &Path) -> Option<&'a Process> {
    let identity = |path: &Path| fs::metadata(path).map(|it| (it.dev(), it.ino())).ok();
    let own = identity(cache)?;
    let real = fs::canonicalize(cache).ok()?;
    processes.iter().find(|process| {
        process.cache.as_deref().is_some_and(|used| used == cache || identity(used) == Some(own))
            || process.files.iter().any(|file| file.starts_with(&real))
    })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_cache_is_used_by_go_and_its_tools_and_by_whoever_has_its_files_open() {
        let directory = tempfile::tempdir().expect("a directory");
        let root = fs::canonicalize(directory.path()).expect("real");
        let (proc, caches) = (root.join("proc"), root.join("home/.cache"));
        for cache in ["go-build", "go-build-a", "go-build-b", "go-build-c", "go-build-d"] {
            fs::create_dir_all(caches.join(cache)).expect("made");
        }
        symlink("go-build-b", caches.join("link")).expect("linked");
        let home = format!("HOME={}\0", root.join("home").display());
        let gocache = |name: &str| format!("A=1\0GOCACHE={}\0", caches.join(name).display());
        for (id, executable, environment, open) in [
            ("100", "/usr/local/go/bin/go", home.as_str(), None),
            ("101", "/go/pkg/tool/linux_amd64/compile", &gocache("link"), None),
            ("102", "/bin/bash", &gocache("go-build-c"), None),
            ("103", "/bin/cat", "", Some(caches.join("go-build-d/aa/x-d"))),
            ("self", "/usr/local/go/bin/go", &gocache("go-build-c"), None),
            ("104", "/home/go/bin/go (deleted)", &gocache("go-build-a"), None),
        ] {
            let process = proc.join(id);
            fs::create_dir_all(process.join("fd")).expect("made");
            symlink(executable, process.join("exe")).expect("linked");
            fs::write(process.join("environ"), environment).expect("written");
            if let Some(open) = open {
                symlink(open, process.join("fd/3")).expect("linked");
            }
        }
        fs::create_dir_all(proc.join("105")).expect("made");
        let processes = read(&proc);
        for (cache, expected) in [
            ("go-build", Some((100, "go"))),
            ("go-build-a", Some((104, "go"))),
            ("go-build-b", Some((101, "compile"))),
            ("go-build-c", None),
            ("go-build-d", Some((103, "cat"))),
            ("absent", None),
        ] {
            let user = user_of(&processes, &caches.join(cache));
            assert_eq!(user.map(|user| (user.id, user.program.as_str())), expected, "{cache}");
        }
    }
}
