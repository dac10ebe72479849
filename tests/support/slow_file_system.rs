//! A file system on which every look into a directory takes a while: how a Windows drive looks from WSL2, where each is a
//! round trip to another machine and nothing of it is kept.
//!
//! It is served by a process of its own, in a mount namespace of its own (`unshare --mount`), so that no mount outlives it:
//! a program that was started for that calls [`run`].

use std::collections::HashMap;
use std::env;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File, Metadata};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use fuser::{
    AccessFlags, Config, Errno, FileAttr, FileHandle, FileType, Filesystem, FopenFlags, Generation,
    INodeNo, LockOwner, MountOption, OpenFlags, ReplyAttr, ReplyData, ReplyDirectory, ReplyEmpty,
    ReplyEntry, ReplyOpen, Request,
};

/// Runs a command beside a slow file system, and gives its exit status.
///
/// The words are `DELAY LOG SOURCE MOUNT_POINT DIRECTORY COMMAND…`: SOURCE is mounted at `MOUNT_POINT`, read-only, and COMMAND
/// runs in DIRECTORY. DELAY, in microseconds, is spent on each lookup, getattr, access, open, opendir and readlink, and on
/// nothing that is done with an open file. LOG gets how long COMMAND took, in microseconds, and a line for each of these
/// operations from its start to its end.
pub(crate) fn run(words: &[OsString]) -> io::Result<i32> {
    let [delay, log, source, mount_point, directory, program, arguments @ ..] = words else {
        return Err(io::Error::other("DELAY LOG SOURCE MOUNT_POINT DIRECTORY COMMAND…"));
    };
    let delay = delay.to_str().and_then(|text| text.parse().ok());
    let delay = delay.ok_or_else(|| io::Error::other("DELAY is a number of microseconds"))?;
    let operations = Operations::default();
    let file_system = SlowFileSystem {
        delay: Duration::from_micros(delay),
        operations: operations.clone(),
        paths: Mutex::new(Paths::new(PathBuf::from(source))),
    };
    let mut config = Config::default();
    config.mount_options = vec![MountOption::RO, MountOption::FSName("slow".to_owned())];
    config.n_threads = Some(THREADS);
    let session = fuser::spawn_mount(file_system, mount_point, &config)?;

    env::set_current_dir(directory)?;
    operations.take();
    let start = Instant::now();
    let status = Command::new(program).args(arguments).status();
    let elapsed = start.elapsed();
    let lines = operations.take();
    env::set_current_dir("/")?;
    session.umount_and_join()?;

    fs::write(log, format!("{}\n{}", elapsed.as_micros(), lines.concat()))?;
    Ok(status?.code().unwrap_or(1))
}

/// As many as wait at the same time: a server of files does not make one wait for the other.
const THREADS: usize = 4;

/// Nothing is kept.
const NO_TIME: Duration = Duration::ZERO;

/// What was asked for, one line each.
#[derive(Clone, Default)]
struct Operations(Arc<Mutex<Vec<String>>>);

impl Operations {
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn add(&self, operation: &str, path: &Path) {
        let line = format!("{operation} {}\n", path.display());
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(line);
    }
}

/// The paths that inode numbers stand for; a number is its place in the list, from 1.
struct Paths {
    source: PathBuf,
    /// Relative to the source.
    known: Vec<PathBuf>,
    numbers: HashMap<PathBuf, u64>,
}

impl Paths {
    fn new(source: PathBuf) -> Self {
        Self { source, known: vec![PathBuf::new()], numbers: HashMap::new() }
    }

    fn path(&self, inode: INodeNo) -> Option<&Path> {
        let place = usize::try_from(inode.0).ok()?.checked_sub(1)?;
        self.known.get(place).map(PathBuf::as_path)
    }

    fn inode(&mut self, path: &Path) -> INodeNo {
        if let Some(number) = self.numbers.get(path) {
            return INodeNo(*number);
        }
        self.known.push(path.to_owned());
        let number = self.known.len() as u64;
        self.numbers.insert(path.to_owned(), number);
        INodeNo(number)
    }
}

struct SlowFileSystem {
    delay: Duration,
    operations: Operations,
    paths: Mutex<Paths>,
}

impl SlowFileSystem {
    /// One round trip: gives the path relative to the source, and where it lies.
    fn ask(
        &self,
        operation: &str,
        inode: INodeNo,
        name: &OsStr,
    ) -> Result<(PathBuf, PathBuf), Errno> {
        let (path, source) = self.find(inode, name)?;
        self.operations.add(operation, &path);
        thread::sleep(self.delay);
        Ok((path, source))
    }

    fn find(&self, inode: INodeNo, name: &OsStr) -> Result<(PathBuf, PathBuf), Errno> {
        let paths = self.paths.lock().unwrap_or_else(PoisonError::into_inner);
        let path = paths.path(inode).ok_or(Errno::ESTALE)?;
        let path = if name.is_empty() { path.to_owned() } else { path.join(name) };
        let source = if path.as_os_str().is_empty() {
            paths.source.clone()
        } else {
            paths.source.join(&path)
        };
        Ok((path, source))
    }

    fn attributes(&self, path: &Path, source: &Path) -> Result<FileAttr, Errno> {
        let metadata = fs::symlink_metadata(source)?;
        let inode = if path.as_os_str().is_empty() {
            INodeNo::ROOT
        } else {
            self.paths.lock().unwrap_or_else(PoisonError::into_inner).inode(path)
        };
        attributes(inode, &metadata).ok_or(Errno::EIO)
    }
}

fn attributes(inode: INodeNo, metadata: &Metadata) -> Option<FileAttr> {
    let changed = metadata.modified().ok()?;
    Some(FileAttr {
        ino: inode,
        size: metadata.size(),
        blocks: metadata.blocks(),
        atime: changed,
        mtime: changed,
        ctime: changed,
        crtime: changed,
        kind: FileType::from_std(metadata.file_type())?,
        perm: u16::try_from(metadata.mode() & 0o7777).ok()?,
        nlink: u32::try_from(metadata.nlink()).ok()?,
        uid: metadata.uid(),
        gid: metadata.gid(),
        rdev: 0,
        blksize: 4096,
        flags: 0,
    })
}

const NO_NAME: &str = "";

impl Filesystem for SlowFileSystem {
    fn lookup(&self, _: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEntry) {
        let found = self.ask("lookup", parent, name);
        match found.and_then(|(path, source)| self.attributes(&path, &source)) {
            Ok(attributes) => reply.entry(&NO_TIME, &attributes, Generation(0)),
            Err(error) => reply.error(error),
        }
    }

    fn getattr(&self, _: &Request, inode: INodeNo, _: Option<FileHandle>, reply: ReplyAttr) {
        let found = self.ask("getattr", inode, NO_NAME.as_ref());
        match found.and_then(|(path, source)| self.attributes(&path, &source)) {
            Ok(attributes) => reply.attr(&NO_TIME, &attributes),
            Err(error) => reply.error(error),
        }
    }

    fn access(&self, _: &Request, inode: INodeNo, _: AccessFlags, reply: ReplyEmpty) {
        match self.ask("access", inode, NO_NAME.as_ref()) {
            Ok(_) => reply.ok(),
            Err(error) => reply.error(error),
        }
    }

    fn readlink(&self, _: &Request, inode: INodeNo, reply: ReplyData) {
        let found = self.ask("readlink", inode, NO_NAME.as_ref());
        match found.and_then(|(_, source)| Ok(fs::read_link(source)?)) {
            Ok(target) => reply.data(target.as_os_str().as_bytes()),
            Err(error) => reply.error(error),
        }
    }

    fn open(&self, _: &Request, inode: INodeNo, _: OpenFlags, reply: ReplyOpen) {
        match self.ask("open", inode, NO_NAME.as_ref()) {
            Ok(_) => reply.opened(FileHandle(0), FopenFlags::FOPEN_DIRECT_IO),
            Err(error) => reply.error(error),
        }
    }

    fn read(
        &self,
        _: &Request,
        inode: INodeNo,
        _: FileHandle,
        offset: u64,
        size: u32,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyData,
    ) {
        let content = self.find(inode, NO_NAME.as_ref()).and_then(|(_, source)| {
            let mut content = vec![0; usize::try_from(size).unwrap_or_default()];
            let length = File::open(source)?.read_at(&mut content, offset)?;
            content.truncate(length);
            Ok(content)
        });
        match content {
            Ok(content) => reply.data(&content),
            Err(error) => reply.error(error),
        }
    }

    fn opendir(&self, _: &Request, inode: INodeNo, _: OpenFlags, reply: ReplyOpen) {
        match self.ask("opendir", inode, NO_NAME.as_ref()) {
            Ok(_) => reply.opened(FileHandle(0), FopenFlags::empty()),
            Err(error) => reply.error(error),
        }
    }

    fn readdir(
        &self,
        _: &Request,
        inode: INodeNo,
        _: FileHandle,
        offset: u64,
        mut reply: ReplyDirectory,
    ) {
        match self.find(inode, NO_NAME.as_ref()).and_then(|(_, source)| Ok(list(&source)?)) {
            Ok(entries) => {
                for (place, (name, kind)) in (1..).zip(entries) {
                    // The inode number is a hint: a name gets its own when it is looked up.
                    if place > offset && reply.add(INodeNo::ROOT, place, kind, name) {
                        break;
                    }
                }
                reply.ok();
            }
            Err(error) => reply.error(error),
        }
    }
}

fn list(directory: &Path) -> io::Result<Vec<(OsString, FileType)>> {
    let mut entries = Vec::new();
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let kind = FileType::from_std(entry.file_type()?).unwrap_or(FileType::RegularFile);
        entries.push((entry.file_name(), kind));
    }
    entries.sort_by(|one, other| one.0.cmp(&other.0));
    Ok(entries)
}
