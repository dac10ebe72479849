//! The few system calls, straight to the kernel.
//!
//! Both programs use them, so there is no state here, and nothing of a C library.
#![expect(unsafe_code, reason = "system calls take addresses")]

use alloc::vec::Vec;
use core::ffi::CStr;
use core::marker::PhantomData;
use core::mem::MaybeUninit;
use core::ptr;

use resolver::machine::{Errno, Follow, Kind, Metadata};
use resolver::path::{self, Bytes};

#[cfg(target_arch = "aarch64")]
#[path = "sys/aarch64.rs"]
mod architecture;
#[cfg(target_arch = "x86_64")]
#[path = "sys/x86_64.rs"]
mod architecture;
pub mod c_library;

use architecture::{O_DIRECTORY, Stat, number, system_call};

const AT_FDCWD: i32 = -100;
const AT_SYMLINK_NOFOLLOW: usize = 0x100;
const O_RDONLY: usize = 0;
const O_NOCTTY: usize = 0o400;
const O_NONBLOCK: usize = 0o4_000;
const O_CLOEXEC: usize = 0o2_000_000;
const O_PATH: usize = 0o10_000_000;
const X_OK: usize = 1;

/// `ENXIO`: what opening a socket says.
pub const NO_DEVICE: Errno = Errno(6);
/// `EINTR`, as the kernel returns it.
const INTERRUPTED: isize = -4;
/// `EINVAL`, for a path that a NUL would cut short.
const NUL_INSIDE: isize = -22;

/// Most paths are shorter, and are terminated on the stack; a larger buffer would touch another page of it.
const SHORT_PATH: usize = 256;
/// `PATH_MAX`: the kernel takes no longer path, its NUL included.
const PATH_MAX: usize = 4096;

/// A NUL-terminated string as `execve` takes it and the initial stack holds it: one pointer.
#[derive(Clone, Copy, Debug)]
#[repr(transparent)]
pub struct ThinStr<'a>(ptr::NonNull<u8>, PhantomData<&'a CStr>);

impl<'a> ThinStr<'a> {
    /// The bytes without the NUL.
    pub fn to_bytes(self) -> &'a [u8] {
        // SAFETY: the pointer came from a `&'a CStr`, or from the initial stack, as good.
        unsafe { CStr::from_ptr(self.0.as_ptr().cast()) }.to_bytes()
    }

    /// The string in `bytes`, whose last byte must be a NUL; as in C, one before it ends the string there.
    pub fn new(bytes: &'a [u8]) -> Option<Self> {
        (bytes.last() == Some(&0)).then(|| Self(ptr::NonNull::from(bytes).cast(), PhantomData))
    }

    fn address(self) -> usize {
        self.0.as_ptr().expose_provenance()
    }

    /// The first byte; the NUL where it is empty.
    pub fn first_byte(self) -> u8 {
        // SAFETY: there is at least the NUL.
        unsafe { self.0.read() }
    }

    /// Whether this is an environment entry `name=value`.
    pub fn is_variable(self, name: &str) -> bool {
        // SAFETY: every byte before this one was no NUL, so this one is still inside the string or is its NUL.
        let byte = |offset: usize| unsafe { self.0.add(offset).read() };
        let starts = name.bytes().enumerate().all(|(at, expected)| {
            let found = byte(at);
            found == expected && found != 0
        });
        starts && byte(name.len()) == b'='
    }

    /// The string at `start`.
    ///
    /// # Safety
    /// There must be a NUL-terminated string, and it must not change during `'a`.
    pub const unsafe fn from_pointer(start: ptr::NonNull<u8>) -> Self {
        Self(start, PhantomData)
    }
}

impl<'a> From<&'a CStr> for ThinStr<'a> {
    fn from(text: &'a CStr) -> Self {
        Self(ptr::NonNull::from(text).cast(), PhantomData)
    }
}

/// An open file descriptor, closed when dropped and by every `execve`.
#[derive(Debug)]
pub struct Descriptor(i32);

impl Drop for Descriptor {
    fn drop(&mut self) {
        // SAFETY: the descriptor is ours alone. What close says is of no use for a descriptor never written to.
        unsafe { system_call(number::CLOSE, [word(self.0), 0, 0, 0, 0, 0]) };
    }
}

/// What a file is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To be read, without blocking on a FIFO or a terminal line, nor making a terminal ours.
    Read,
    /// A directory, to look things up in.
    LookUp,
    /// A directory, to list.
    List,
}

/// Opens `path`, relative to `at` or the current directory.
pub fn open(at: Option<&Descriptor>, path: &[u8], purpose: Purpose) -> Result<Descriptor, Errno> {
    let flags = O_CLOEXEC
        | match purpose {
            Purpose::Read => O_RDONLY | O_NONBLOCK | O_NOCTTY,
            Purpose::LookUp => O_PATH | O_DIRECTORY,
            Purpose::List => O_RDONLY | O_DIRECTORY,
        };
    // SAFETY: `openat` takes flags and, as it creates nothing, an unused mode.
    let descriptor = checked(unsafe { call_at(number::OPENAT, at, path, [flags, 0]) })?;
    // Descriptors are small: RLIMIT_NOFILE is at most 2³⁰.
    Ok(Descriptor(i32::try_from(descriptor).unwrap_or(-1)))
}

/// Reads once into the spare capacity of `buffer`, and says how much came; 0 is the end.
pub fn read(descriptor: &Descriptor, buffer: &mut Vec<u8>) -> Result<usize, Errno> {
    let spare = buffer.spare_capacity_mut();
    let (start, length) = (spare.as_mut_ptr().expose_provenance(), spare.len());
    let result = loop {
        // SAFETY: the kernel writes at most `length` bytes into the spare capacity.
        let result =
            unsafe { system_call(number::READ, [word(descriptor.0), start, length, 0, 0, 0]) };
        if result != INTERRUPTED {
            break result;
        }
    };
    let count = checked(result)?;
    // SAFETY: the kernel wrote that many bytes.
    unsafe { buffer.set_len(buffer.len() + count) };
    Ok(count)
}

/// Reads directory entries once into the spare capacity of `buffer`, and says how many bytes came; 0 is the end.
///
/// The bytes are records of `struct linux_dirent64`.
pub fn read_directory(descriptor: &Descriptor, buffer: &mut Vec<u8>) -> Result<usize, Errno> {
    let spare = buffer.spare_capacity_mut();
    let (start, length) = (spare.as_mut_ptr().expose_provenance(), spare.len());
    // SAFETY: the kernel writes at most `length` bytes into the spare capacity.
    let count = checked(unsafe {
        system_call(number::GETDENTS64, [word(descriptor.0), start, length, 0, 0, 0])
    })?;
    // SAFETY: the kernel wrote that many bytes.
    unsafe { buffer.set_len(buffer.len() + count) };
    Ok(count)
}

/// What an open descriptor stands for; one opened with [`Purpose::LookUp`] will do.
pub fn status(descriptor: &Descriptor) -> Result<Metadata, Errno> {
    let mut stat = MaybeUninit::<Stat>::uninit();
    let room = stat.as_mut_ptr().expose_provenance();
    // SAFETY: `fstat` takes a descriptor and room for a `struct stat`.
    checked(unsafe { system_call(number::FSTAT, [word(descriptor.0), room, 0, 0, 0, 0]) })?;
    // SAFETY: the kernel filled it in.
    Ok(metadata(unsafe { stat.assume_init_ref() }))
}

/// What stands at `path`, relative to `at` or the current directory.
pub fn status_at(at: Option<&Descriptor>, path: &[u8], follow: Follow) -> Result<Metadata, Errno> {
    let flags = match follow {
        Follow::Links => 0,
        Follow::No => AT_SYMLINK_NOFOLLOW,
    };
    let mut stat = MaybeUninit::<Stat>::uninit();
    let room = stat.as_mut_ptr().expose_provenance();
    // SAFETY: `newfstatat` takes room for a `struct stat`, and flags.
    checked(unsafe { call_at(number::NEWFSTATAT, at, path, [room, flags]) })?;
    // SAFETY: the kernel filled it in.
    Ok(metadata(unsafe { stat.assume_init_ref() }))
}

fn metadata(stat: &Stat) -> Metadata {
    Metadata {
        kind: match stat.mode & 0o170_000 {
            0o100_000 => Kind::File,
            0o040_000 => Kind::Directory,
            0o120_000 => Kind::Link,
            _ => Kind::Other,
        },
        identity: (stat.device, stat.inode),
        owner: stat.user,
        mode: stat.mode & 0o7777,
        size: u64::try_from(stat.size).unwrap_or(0),
    }
}

/// The text of a symbolic link.
pub fn read_link(at: Option<&Descriptor>, path: &[u8]) -> Result<Bytes, Errno> {
    let mut short = [MaybeUninit::<u8>::uninit(); SHORT_PATH];
    let room = short.as_mut_ptr().expose_provenance();
    // SAFETY: `readlinkat` takes room for so many bytes.
    let length = checked(unsafe { call_at(number::READLINKAT, at, path, [room, SHORT_PATH]) })?;
    if length < SHORT_PATH {
        // SAFETY: the kernel wrote that many bytes.
        return Ok(path::concat(&[unsafe { short[..length].assume_init_ref() }]));
    }
    let mut text = Vec::<u8>::with_capacity(PATH_MAX);
    let room = text.as_mut_ptr().expose_provenance();
    // SAFETY: as above.
    let length = checked(unsafe { call_at(number::READLINKAT, at, path, [room, PATH_MAX]) })?;
    // SAFETY: as above.
    unsafe { text.set_len(length) };
    Ok(path::keep(text))
}

/// The current directory; [`Errno::NOT_FOUND`] where it has no name here, being deleted or outside the root.
pub fn current_directory() -> Result<Bytes, Errno> {
    let mut path = Vec::<u8>::with_capacity(PATH_MAX);
    let room = path.as_mut_ptr().expose_provenance();
    // SAFETY: `getcwd` takes room for so many bytes.
    let length = checked(unsafe { system_call(number::GETCWD, [room, PATH_MAX, 0, 0, 0, 0]) })?;
    // SAFETY: the kernel wrote that many bytes, and counts the NUL.
    unsafe { path.set_len(length.saturating_sub(1)) };
    // Outside the root the kernel says `(unreachable)/…`.
    if path.first() == Some(&b'/') { Ok(path::keep(path)) } else { Err(Errno::NOT_FOUND) }
}

/// Whether this process's real user may execute `path`, as far as permission bits and mount options go.
pub fn may_execute(path: &[u8]) -> Result<(), Errno> {
    // SAFETY: `faccessat` takes a mode, and nothing else.
    checked(unsafe { call_at(number::FACCESSAT, None, path, [X_OK, 0]) }).map(drop)
}

/// Becomes another program. Returns only when that failed.
///
/// Both lists end with `None`, as C's end with a null pointer; a list that does not is [`Errno::INVALID`].
#[inline(never)] // a profiler can be told to stop here
pub fn execute(
    path: &[u8],
    arguments: &[Option<ThinStr<'_>>],
    environment: &[Option<ThinStr<'_>>],
) -> Errno {
    let ended = |list: &[Option<ThinStr<'_>>]| matches!(list.last(), Some(None));
    if !ended(arguments) || !ended(environment) {
        return Errno::INVALID;
    }
    let Some(path) = ThinStr::new(path::concat(&[path, b"\0"])) else { return Errno::INVALID };
    let lists = [arguments, environment].map(|list| list.as_ptr().expose_provenance());
    // SAFETY: `Option<ThinStr>` is a pointer to a NUL-terminated string, or null, and null ends both lists.
    let result =
        unsafe { system_call(number::EXECVE, [path.address(), lists[0], lists[1], 0, 0, 0]) };
    checked(result).err().unwrap_or(Errno::INVALID)
}

/// Says something on standard error, as far as it goes: there is nowhere else to complain.
pub fn write_error(mut text: &[u8]) {
    while !text.is_empty() {
        let start = text.as_ptr().expose_provenance();
        // SAFETY: the kernel reads the bytes of `text`.
        let result = unsafe { system_call(number::WRITE, [2, start, text.len(), 0, 0, 0]) };
        match checked(result) {
            Ok(count @ 1..) => text = text.get(count..).unwrap_or_default(),
            _ if result == INTERRUPTED => {}
            _ => return,
        }
    }
}

/// Ends the process.
pub fn exit(status: u8) -> ! {
    loop {
        // SAFETY: it takes a number and does not return.
        unsafe { system_call(number::EXIT_GROUP, [usize::from(status), 0, 0, 0, 0, 0]) };
    }
}

/// New memory of `length` bytes, zeroed; it is never given back.
pub fn map_memory(length: usize) -> Result<ptr::NonNull<u8>, Errno> {
    const PROT_READ_WRITE: usize = 1 | 2;
    const MAP_PRIVATE_ANONYMOUS: usize = 0x02 | 0x20;
    let no_file = usize::MAX;
    // SAFETY: a new private mapping at an address of the kernel's choice touches nothing that exists.
    let address = checked(unsafe {
        system_call(number::MMAP, [0, length, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS, no_file, 0])
    })?;
    ptr::NonNull::new(ptr::with_exposed_provenance_mut(address)).ok_or(Errno(12))
}

/// Lets a broken pipe end the process again, as it ends any program that never asked for something else.
///
/// Rust's standard library ignores `SIGPIPE`, and what is ignored stays so across `execve`.
pub fn restore_broken_pipe() {
    /// `struct sigaction` of the kernel with `SIG_DFL`, no flags and an empty mask.
    static DEFAULT: [u64; 4] = [0; 4];
    const SIGPIPE: usize = 13;
    const MASK_SIZE: usize = 8;
    // SAFETY: the default action runs none of our code, and nothing is written back. It cannot fail for SIGPIPE.
    unsafe {
        let action = DEFAULT.as_ptr().expose_provenance();
        system_call(number::RT_SIGACTION, [SIGPIPE, action, 0, MASK_SIZE, 0, 0]);
    }
}

/// Makes a system call that takes a directory, a path in it and two more arguments; the result is the kernel's.
///
/// # Safety
/// The arguments must be what the system call `number` asks for.
unsafe fn call_at(
    number: usize,
    at: Option<&Descriptor>,
    path: &[u8],
    arguments: [usize; 2],
) -> isize {
    let mut buffer = [MaybeUninit::<u8>::uninit(); SHORT_PATH];
    let start = if path.len() < SHORT_PATH {
        buffer[path.len()].write(0);
        buffer[..path.len()].write_copy_of_slice(path);
        buffer.as_mut_ptr().cast()
    } else {
        path::concat_mut(&[path, b"\0"]).as_mut_ptr()
    };
    // SAFETY: the bytes of `path` and a NUL were just written there.
    if unsafe { CStr::from_ptr(start.cast()) }.count_bytes() != path.len() {
        return NUL_INSIDE;
    }
    let at = word(at.map_or(AT_FDCWD, |descriptor| descriptor.0));
    let [third, fourth] = arguments;
    loop {
        // SAFETY: the path ends with a NUL; the rest is the caller's promise.
        let result =
            unsafe { system_call(number, [at, start.expose_provenance(), third, fourth, 0, 0]) };
        if result != INTERRUPTED {
            return result;
        }
    }
}

/// A result of the kernel: what is negative is an error number.
fn checked(result: isize) -> Result<usize, Errno> {
    // The kernel's error numbers are below 4096.
    #[expect(clippy::cast_possible_truncation, reason = "12 bits")]
    usize::try_from(result).map_err(|_| Errno(result.unsigned_abs() as u16))
}

/// A descriptor as an argument: the kernel takes the lower half.
fn word(descriptor: i32) -> usize {
    isize::try_from(descriptor).unwrap_or(-1).cast_unsigned()
}
