//! Worlds in memory, copied from one another, so that a command can be run a thousand times from the same state.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::string::FromUtf8Error;

use nix::sys::statvfs::statvfs;
use tempfile::TempDir;

use super::log::sha256;
use super::{Run, World, scratch, tool};

const MEMORY: &str = "/dev/shm";

/// A directory for worlds, in memory where there is room; gone with all in it when dropped.
pub(crate) struct Stage {
    directory: TempDir,
}

impl Stage {
    /// `room` is what the worlds will take, in bytes.
    pub(crate) fn new(room: u64) -> Self {
        let has_room = statvfs(MEMORY)
            .is_ok_and(|it| it.blocks_available() * it.fragment_size() > room + (64 << 20));
        let in_memory = has_room.then(|| TempDir::with_prefix_in("gowr-", MEMORY).ok()).flatten();
        let directory = in_memory.unwrap_or_else(|| {
            let worlds = scratch().join("worlds");
            fs::create_dir_all(&worlds).unwrap();
            TempDir::new_in(worlds).unwrap()
        });
        let programs = directory.path().join("programs");
        fs::create_dir(&programs).unwrap();
        for program in [env!("CARGO_BIN_EXE_go"), env!("CARGO_BIN_EXE_gowr")] {
            // A tenth as large. And another process writes it: a child that another thread just forked holds nothing
            // of it open.
            let copy = programs.join(Path::new(program).file_name().unwrap());
            let mut strip = Command::new(tool("strip"));
            assert!(
                strip
                    .args(["-o".as_ref(), copy.as_os_str(), program.as_ref()])
                    .status()
                    .unwrap()
                    .success()
            );
        }
        Self { directory }
    }

    pub(crate) fn path(&self, path: impl AsRef<Path>) -> PathBuf {
        self.directory.path().join(path)
    }

    /// A home directory without gowr: programs are run from [`programs`](Self::programs).
    pub(crate) fn world(&self) -> World {
        let world = World::empty_in(self.directory.path());
        // This machine may have a Go of its own, which would count there how often it is started.
        world.write(".config/go/telemetry/mode", "off 2024-01-01");
        world
    }

    /// The same home directory once more, at another path.
    pub(crate) fn copy(&self, of: &World) -> World {
        let world = World::empty_in(self.directory.path());
        fs::remove_dir(world.path("project")).unwrap();
        copy_tree(of.home(), world.home());
        world
    }

    /// Where `gowr` and `go` stand, outside of all worlds.
    pub(crate) fn programs(&self) -> PathBuf {
        self.path("programs")
    }

    pub(crate) fn gowr<S: AsRef<OsStr>>(
        &self,
        world: &World,
        words: impl IntoIterator<Item = S>,
    ) -> Run {
        world.run(self.programs().join("gowr")).args(words)
    }

    pub(crate) fn go<S: AsRef<OsStr>>(
        &self,
        world: &World,
        words: impl IntoIterator<Item = S>,
    ) -> Run {
        world.run(self.programs().join("go")).args(words)
    }
}

/// Programs are linked, and not copied: whoever runs one while another thread forks would find it busy.
fn copy_tree(from: &Path, to: &Path) {
    fs::set_permissions(to, fs::metadata(from).unwrap().permissions()).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        let metadata = entry.metadata().unwrap();
        if metadata.is_dir() {
            fs::create_dir(&target).unwrap();
            copy_tree(&source, &target);
        } else if metadata.is_symlink() {
            symlink(fs::read_link(&source).unwrap(), target).unwrap();
        } else if metadata.permissions().mode() & 0o111 != 0 {
            fs::hard_link(source, target).unwrap();
        } else {
            fs::copy(source, target).unwrap();
        }
    }
}

/// What is remembered of a file as it is; of a larger one its hash.
const WHOLE: usize = 10_000;

/// All that is below a directory: mode and content, of a link its target, of a directory nothing.
pub(crate) type Tree = BTreeMap<PathBuf, (u32, Vec<u8>)>;

/// Reads a tree. Paths into it, which differ from world to world, are shown as `[HOME]`.
pub(crate) fn tree(directory: &Path) -> Tree {
    fn walk(top: &Path, directory: &Path, found: &mut Tree) {
        for entry in fs::read_dir(directory).unwrap() {
            let entry = entry.unwrap();
            let (path, metadata) = (entry.path(), entry.metadata().unwrap());
            let content = if metadata.is_dir() {
                walk(top, &path, found);
                Vec::new()
            } else if metadata.is_symlink() {
                fs::read_link(&path).unwrap().into_os_string().into_encoded_bytes()
            } else {
                fs::read(&path).unwrap()
            };
            let content = match String::from_utf8(content) {
                content if content.as_ref().map_or(WHOLE, String::len) >= WHOLE => {
                    let content =
                        content.map_or_else(FromUtf8Error::into_bytes, String::into_bytes);
                    sha256(&content).to_vec()
                }
                Ok(text) => text.replace(top.to_str().unwrap(), "[HOME]").into_bytes(),
                Err(error) => error.into_bytes(),
            };
            let name = path.strip_prefix(top).unwrap().to_owned();
            found.insert(name, (metadata.permissions().mode(), content));
        }
    }
    let mut found = Tree::new();
    walk(directory, directory, &mut found);
    found
}

/// Where two trees differ, for a message; empty where they do not.
pub(crate) fn difference(expected: &Tree, found: &Tree) -> String {
    let mut lines = String::new();
    for (path, value) in expected {
        let name = path.display();
        match found.get(path) {
            None => lines += &format!("missing: {name}\n"),
            Some(other) if other != value => {
                let show = |(mode, content): &(u32, Vec<u8>)| {
                    format!(
                        "{mode:o} {}",
                        String::from_utf8_lossy(&content[..content.len().min(1000)])
                    )
                };
                lines += &format!("changed: {name}\n  {}\n  {}\n", show(value), show(other));
            }
            Some(_) => {}
        }
    }
    for name in found.keys().filter(|name| !expected.contains_key(*name)) {
        lines += &format!("left behind: {}\n", name.display());
    }
    lines
}
