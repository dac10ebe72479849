//! The world as the resolver sees it, read from Linux.

use alloc::vec::Vec;

use resolver::machine::{Architecture, Errno, File, Follow, Kind, Machine, Metadata};
use resolver::path::{Bytes, keep};
use resolver::variables::{Name, Variables};

use crate::process::Process;
use crate::sys::{self, Descriptor, Purpose, ThinStr};

/// How much room is made for the content of a file whose size is not known, as in `/proc`.
const CHUNK: usize = 4096;

/// The machine this process runs on.
#[derive(Debug)]
pub struct LinuxMachine {
    environment: &'static [ThinStr<'static>],
    variables: Variables,
    execution_path: Bytes,
    effective_user: u32,
}

impl LinuxMachine {
    /// The machine as `process` sees it.
    pub fn new(process: &Process) -> Self {
        let mut variables = Variables::NONE;
        for entry in process.environment {
            if Name::may_start_with(entry.first_byte()) {
                variables.add(entry.to_bytes());
            }
        }
        let Process { environment, execution_path, effective_user, .. } = *process;
        Self { environment, variables, execution_path, effective_user }
    }

    /// The environment, one `NAME=value` entry each, in the order the process got them.
    pub fn environment(&self) -> impl Iterator<Item = Bytes> {
        self.environment.iter().map(|entry| entry.to_bytes())
    }
}

/// An open directory.
#[derive(Debug)]
pub struct Directory(Descriptor);

impl Machine for LinuxMachine {
    type Directory = Directory;

    fn variables(&self) -> &Variables {
        &self.variables
    }

    fn execution_path(&self) -> Bytes {
        self.execution_path
    }

    fn effective_user(&self) -> u32 {
        self.effective_user
    }

    fn architecture(&self) -> Architecture {
        Architecture::HERE
    }

    fn current_directory(&self) -> Result<Bytes, Errno> {
        sys::current_directory()
    }

    fn open_directory(&self, at: Option<&Directory>, path: &[u8]) -> Result<Directory, Errno> {
        sys::open(descriptor(at), path, Purpose::LookUp).map(Directory)
    }

    fn read_file(&self, at: Option<&Directory>, path: &[u8], limit: usize) -> Result<File, Errno> {
        let nothing = |metadata| File { metadata, content: b"", truncated: false };
        let at = descriptor(at);
        let file = match sys::open(at, path, Purpose::Read) {
            Ok(file) => file,
            // A socket, or a device that nothing serves, cannot be opened: not a regular file either.
            Err(sys::NO_DEVICE) => return sys::status_at(at, path, Follow::Links).map(nothing),
            Err(errno) => return Err(errno),
        };
        let metadata = sys::status(&file)?;
        if metadata.kind != Kind::File {
            return Ok(nothing(metadata));
        }
        let (content, truncated) = read_whole(&file, metadata.size, limit)?;
        Ok(File { metadata, content: keep(content), truncated })
    }

    #[inline(never)]
    fn metadata(
        &self,
        at: Option<&Directory>,
        path: &[u8],
        follow: Follow,
    ) -> Result<Metadata, Errno> {
        match at {
            Some(directory) if path.is_empty() => sys::status(&directory.0),
            at => sys::status_at(descriptor(at), path, follow),
        }
    }

    fn read_link(&self, at: Option<&Directory>, path: &[u8]) -> Result<Bytes, Errno> {
        sys::read_link(descriptor(at), path)
    }

    fn list(&self, path: &[u8]) -> Result<Vec<Bytes>, Errno> {
        let directory = sys::open(None, path, Purpose::List)?;
        let mut names = Vec::new();
        loop {
            let mut records = Vec::with_capacity(8 * CHUNK);
            if sys::read_directory(&directory, &mut records)? == 0 {
                return Ok(names);
            }
            records.shrink_to_fit();
            names.extend(DirectoryRecords(keep(records)));
        }
    }

    fn may_execute(&self, path: &[u8]) -> Result<(), Errno> {
        sys::may_execute(path)
    }
}

fn descriptor(at: Option<&Directory>) -> Option<&Descriptor> {
    at.map(|directory| &directory.0)
}

/// Reads a regular file up to `limit` bytes, and says whether there was more.
///
/// `size` is what the file system says: the room it takes, but no promise, since a file may grow, shrink, or have
/// its content made as it is read (`/proc` says 0, `/sys` says 4096).
fn read_whole(file: &Descriptor, size: u64, limit: usize) -> Result<(Vec<u8>, bool), Errno> {
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    // With one byte more than is wanted, one read tells both "that was all" and "there is more".
    let most = limit.saturating_add(1);
    let mut content =
        Vec::with_capacity(most.min(if size == 0 { CHUNK } else { size.saturating_add(1) }));
    loop {
        let count = sys::read(file, &mut content)?;
        if content.len() > limit {
            content.truncate(limit);
            return Ok((content, true));
        }
        let room_was_left = content.len() < content.capacity();
        if count == 0 || (content.len() == size && room_was_left) {
            return Ok((content, false));
        }
        if !room_was_left {
            content.reserve_exact(CHUNK.max(content.len()).min(most - content.len()));
        }
    }
}

/// The names in records of `struct linux_dirent64`, without `.` and `..`.
struct DirectoryRecords(Bytes);

impl Iterator for DirectoryRecords {
    type Item = Bytes;

    fn next(&mut self) -> Option<Bytes> {
        // ino64_t d_ino; off64_t d_off; unsigned short d_reclen; unsigned char d_type; char d_name[];
        const LENGTH: usize = 16;
        const NAME: usize = 19;
        loop {
            let length = self.0.get(LENGTH..LENGTH + 2)?;
            let length = usize::from(u16::from_ne_bytes([length[0], length[1]]));
            let (record, rest) = self.0.split_at_checked(length)?;
            self.0 = rest;
            let name = record.get(NAME..)?.split(|byte| *byte == 0).next()?;
            if name != b"." && name != b".." {
                return Some(name);
            }
        }
    }
}
