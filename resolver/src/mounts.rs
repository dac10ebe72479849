//! `/proc/self/mountinfo` (`proc_pid_mountinfo(5)`), and which mounts are Windows drives.
//!
//! Where drives are mounted is configurable (`automount.root` in wsl.conf), and a directory named `/mnt/c` may
//! be anything: only the mount table tells.

use crate::machine::Machine;
use crate::path::{self, Bytes, is_below};
use crate::text::{find_byte, lines, split};

mod drive;

pub use drive::Drive;

/// One mount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mount<'a> {
    /// What part of its file system is mounted: `/`, or a directory in it for a bind mount.
    pub root: &'a [u8],
    /// Where it is mounted.
    pub point: &'a [u8],
    /// Options of this mount, comma-separated: `rw,noexec`.
    pub options: &'a [u8],
    /// The type of file system: `ext4`, `9p`.
    pub file_system: &'a [u8],
    /// What is mounted: a device, or what the file system takes for one.
    pub source: &'a [u8],
    /// Options of the file system itself.
    pub super_options: &'a [u8],
}

/// The file of this process.
const FILE: &[u8] = b"/proc/self/mountinfo";
/// Some thousand mounts have a megabyte.
const LIMIT: usize = 4 * 1024 * 1024;

/// The table of this process; empty where it cannot be read, as without `/proc`.
#[inline(never)]
pub fn table<M: Machine>(machine: &M) -> Bytes {
    machine.read_file(None, FILE, LIMIT).map_or(b"", |file| file.content)
}

/// The mounts in the file's order, in which a later one covers an earlier one; lines of another form are
/// passed over.
pub fn parse(content: &[u8]) -> impl Iterator<Item = Mount<'_>> {
    lines(content, b'\n').filter_map(|line| Mount::parse(line.bytes))
}

/// The same, and of each whether what is mounted below it is mounted in other namespaces too, and the other way round: it
/// is in a peer group, and follows no other one (`mount_namespaces(7)`).
pub fn parse_with_sharing(content: &[u8]) -> impl Iterator<Item = (Mount<'_>, bool)> {
    lines(content, b'\n').filter_map(|line| {
        let mount = Mount::parse(line.bytes)?;
        let tags = || split(line.bytes, b' ').skip(6).take_while(|tag| *tag != b"-");
        let has = |prefix: &[u8]| tags().any(|tag| tag.starts_with(prefix));
        Some((mount, has(b"shared:") && !has(b"master:")))
    })
}

impl<'a> Mount<'a> {
    #[inline(never)]
    fn parse(line: &'a [u8]) -> Option<Self> {
        // 84 51 0:58 / /mnt/c rw,noatime shared:1 - 9p C:\134 rw,aname=drvfs;path=C:\;uid=1000
        let mut fields = split(line, b' ');
        let root = fields.nth(3)?;
        let point = fields.next()?;
        let options = fields.next()?;
        // None or more tags such as `shared:1`, then a hyphen.
        fields.find(|field| *field == b"-")?;
        let file_system = fields.next()?;
        let source = fields.next()?;
        let super_options = fields.next()?;
        let (root, point, source) = (unescape(root), unescape(point), unescape(source));
        Some(Self { root, point, options, file_system, source, super_options })
    }

    /// Whether this is a Windows drive. To be asked on WSL only: elsewhere a `virtiofs` source is anyone's name.
    ///
    /// The three kinds of `src/linux/init/drvfs.cpp` in WSL: `drvfs` (WSL 1), 9p whose `aname` starts with
    /// `drvfs` (the store of GPU drivers, also 9p, has `aname=drivers`), and virtiofs whose source is `drvfs…`
    /// or a GUID.
    pub fn is_windows_drive(&self) -> bool {
        match self.file_system {
            b"drvfs" => true,
            b"9p" => {
                split(self.super_options, b',').any(|option| option.starts_with(b"aname=drvfs"))
            }
            b"virtiofs" => self.source.starts_with(b"drvfs") || is_guid(self.source),
            _ => false,
        }
    }
}

/// `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx`, with or without braces.
fn is_guid(text: &[u8]) -> bool {
    let text = match text {
        [b'{', inner @ .., b'}'] => inner,
        _ => text,
    };
    text.len() == 36
        && text.iter().enumerate().all(|(index, byte)| match index {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// The kernel writes blanks, tabs, line feeds and backslashes (and since 6.7 `#`) as `\` and three octal digits.
#[inline(never)]
fn unescape(field: &[u8]) -> &[u8] {
    if find_byte(field, b'\\').is_none() {
        return field;
    }
    let text = path::concat_mut(&[field]);
    let (mut length, mut rest) = (0, field);
    while let [first, after @ ..] = rest {
        let (byte, after) = match rest {
            [b'\\', a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', after @ ..] => {
                ((a - b'0') << 6 | (b - b'0') << 3 | (c - b'0'), after)
            }
            _ => (*first, after),
        };
        if let Some(place) = text.get_mut(length) {
            *place = byte;
        }
        length += 1;
        rest = after;
    }
    text.get(..length).unwrap_or_default()
}

/// The mount that an absolute, clean path lies on: the longest mount point decides, then the last.
pub fn of<'a>(table: &'a [u8], path: &[u8]) -> Option<Mount<'a>> {
    let (mut longest, mut found): (usize, &[u8]) = (0, b"");
    for line in lines(table, b'\n') {
        if let Some(mount) = Mount::parse(line.bytes)
            && mount.point.len() >= longest
            && is_below(path, mount.point)
        {
            (longest, found) = (mount.point.len(), line.bytes);
        }
    }
    Mount::parse(found)
}

/// The Windows drives of one machine, to ask many paths about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WindowsDrives {
    table: Bytes,
}

impl WindowsDrives {
    /// Of the content of `/proc/self/mountinfo`.
    pub const fn new(table: Bytes) -> Self {
        Self { table }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.mount_points().next().is_none()
    }

    /// Whether an absolute, clean path lies on a Windows drive.
    pub fn contains(&self, path: &[u8]) -> bool {
        of(self.table, path).is_some_and(|mount| mount.is_windows_drive())
    }

    /// Where the drives are mounted.
    pub fn mount_points(&self) -> impl Iterator<Item = Bytes> {
        parse(self.table).filter(Mount::is_windows_drive).map(|mount| mount.point)
    }
}

#[cfg(test)]
mod tests;
