//! The world as the resolver may see it: one read-only trait.
//!
//! Nothing in this crate can write, fork or open a socket, because [`Machine`] has no way to ask for it.
//! The `go` program and the `gowr` command give the same implementation over raw system calls; tests give
//! [`memory::MemoryMachine`], a literal in memory.

use alloc::vec::Vec;

use crate::path::Bytes;
use crate::variables::Variables;

pub mod memory;

/// A read-only view of one machine, for one process.
///
/// Paths and names are bytes, as the kernel takes them. Where a method takes `at`, `path` is looked up
/// relative to that open directory; with `None` it must be absolute, or relative to the current directory.
pub trait Machine {
    /// An open directory, good only to look things up in (`O_PATH`).
    type Directory;

    /// The environment variables that matter here.
    fn variables(&self) -> &Variables;

    /// The path this program was started by, as given to `execve` (`AT_EXECFN`); may be relative.
    fn execution_path(&self) -> Bytes;

    /// The effective user id.
    fn effective_user(&self) -> u32;

    /// The machine architecture this program was built for.
    fn architecture(&self) -> Architecture;

    /// The current directory as the kernel names it (`getcwd`).
    fn current_directory(&self) -> Result<Bytes, Errno>;

    /// Opens a directory, following links.
    fn open_directory(
        &self,
        at: Option<&Self::Directory>,
        path: &[u8],
    ) -> Result<Self::Directory, Errno>;

    /// Reads up to `limit` bytes of a file, following links.
    ///
    /// Never blocks on a FIFO or a device: what is not a regular file comes back with its kind and no content.
    fn read_file(
        &self,
        at: Option<&Self::Directory>,
        path: &[u8],
        limit: usize,
    ) -> Result<File, Errno>;

    /// What stands at `path`; an empty path with `at` means that directory itself.
    fn metadata(
        &self,
        at: Option<&Self::Directory>,
        path: &[u8],
        follow: Follow,
    ) -> Result<Metadata, Errno>;

    /// The text of a symbolic link; [`Errno::INVALID`] where `path` is none.
    fn read_link(&self, at: Option<&Self::Directory>, path: &[u8]) -> Result<Bytes, Errno>;

    /// The names in a directory, in no order, without `.` and `..`.
    fn list(&self, path: &[u8]) -> Result<Vec<Bytes>, Errno>;

    /// Whether the kernel would execute the file at `path` as far as permission bits and mount options go
    /// (`access(X_OK)`: [`Errno::PERMISSION`] without an execute bit and on a `noexec` mount).
    fn may_execute(&self, path: &[u8]) -> Result<(), Errno>;
}

/// Whether a lookup follows a symbolic link in its last component.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Follow {
    /// What the link points to.
    Links,
    /// The link itself.
    No,
}

/// A machine architecture gowr runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Architecture {
    /// `x86_64`, Go's `amd64`.
    Amd64,
    /// `aarch64`, Go's `arm64`.
    Arm64,
}

impl Architecture {
    /// The architecture this code is compiled for.
    pub const HERE: Self = if cfg!(target_arch = "aarch64") { Self::Arm64 } else { Self::Amd64 };

    /// Go's name for it (`GOARCH`).
    pub const fn go_name(self) -> &'static str {
        match self {
            Self::Amd64 => "amd64",
            Self::Arm64 => "arm64",
        }
    }

    /// The `e_machine` value in an ELF header (`EM_X86_64`, `EM_AARCH64`).
    pub const fn elf_machine(self) -> u16 {
        match self {
            Self::Amd64 => 62,
            Self::Arm64 => 183,
        }
    }
}

/// The kind of thing at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A symbolic link (only with [`Follow::No`]).
    Link,
    /// A FIFO, socket or device.
    Other,
}

/// What `stat` says, as far as anyone here asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Metadata {
    /// The kind.
    pub kind: Kind,
    /// Device and inode number: two paths with the same identity are the same thing.
    pub identity: (u64, u64),
    /// The owner's user id.
    pub owner: u32,
    /// Permission bits with set-id and sticky (`0o7777`).
    pub mode: u32,
    /// Size in bytes.
    pub size: u64,
}

impl Metadata {
    /// Whether the sticky bit is set, as on `/tmp`: anyone may put files there.
    pub const fn is_sticky(&self) -> bool {
        self.mode & 0o1000 != 0
    }
}

/// A file that was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct File {
    /// What was opened.
    pub metadata: Metadata,
    /// Its bytes up to the limit; empty where it is not a regular file.
    pub content: Bytes,
    /// Whether there was more than the limit.
    pub truncated: bool,
}

/// An error number of the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Errno(pub u16);

impl Errno {
    /// `ENOENT`.
    pub const NOT_FOUND: Self = Self(2);
    /// `E2BIG`.
    pub const TOO_BIG: Self = Self(7);
    /// `ENOEXEC`.
    pub const NOT_EXECUTABLE: Self = Self(8);
    /// `EACCES`.
    pub const PERMISSION: Self = Self(13);
    /// `ENOTDIR`.
    pub const NOT_A_DIRECTORY: Self = Self(20);
    /// `EISDIR`.
    pub const IS_A_DIRECTORY: Self = Self(21);
    /// `EINVAL`.
    pub const INVALID: Self = Self(22);
    /// `ENAMETOOLONG`.
    pub const NAME_TOO_LONG: Self = Self(36);
    /// `ELOOP`.
    pub const LOOP: Self = Self(40);

    /// Whether the error says that nothing is there, as opposed to something that cannot be read.
    pub const fn is_absent(self) -> bool {
        matches!(self, Self::NOT_FOUND | Self::NOT_A_DIRECTORY)
    }

    /// What `strerror` says, for the few numbers a person is likely to meet here.
    pub const fn text(self) -> &'static str {
        match self.0 {
            1 => "operation not permitted",
            2 => "no such file or directory",
            5 => "input/output error",
            6 => "no such device or address",
            7 => "argument list too long",
            8 => "exec format error",
            11 => "resource temporarily unavailable",
            12 => "cannot allocate memory",
            13 => "permission denied",
            20 => "not a directory",
            21 => "is a directory",
            22 => "invalid argument",
            24 => "too many open files",
            26 => "text file busy",
            36 => "file name too long",
            40 => "too many levels of symbolic links",
            107 | 116 => "stale file handle",
            _ => "system error",
        }
    }
}
