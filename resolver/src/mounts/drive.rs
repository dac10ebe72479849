//! What the mount table says of a Windows drive, for people: nothing of it decides anything.

use alloc::vec::Vec;

use super::{Mount, WindowsDrives, is_guid, parse};
use crate::machine::Machine;
use crate::path::{self, Bytes};
use crate::text::{split, split_once};

/// Where WSL keeps what the names of its virtiofs devices stand for: links to paths of Windows.
const VIRTIOFS_NAMES: &[u8] = b"/run/wsl/virtiofs/";

/// A mounted drive, or a directory of Windows that is mounted by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drive<'a>(Mount<'a>);

impl<'a> Drive<'a> {
    /// None where a mount is no drive. To be asked on WSL only, as [`Mount::is_windows_drive`].
    pub fn of(mount: Mount<'a>) -> Option<Self> {
        mount.is_windows_drive().then_some(Self(mount))
    }

    /// The mount.
    pub const fn mount(&self) -> &Mount<'a> {
        &self.0
    }

    /// The settings of `automount.options`, as `metadata` or `fmask=11`; none for virtiofs, whose settings stay in Windows.
    ///
    /// 9p has them in the name of what is attached (`aname=drvfs;path=C:\;metadata;uid=1000`), WSL 1 among its options.
    pub fn settings(&self) -> impl Iterator<Item = &'a [u8]> {
        let (options, separator): (&'a [u8], u8) = match self.0.file_system {
            b"9p" => {
                let mut options = split(self.0.super_options, b',');
                let attached = options.find_map(|option| option.strip_prefix(b"aname="));
                let settings = attached.and_then(|attached| split_once(attached, b';'));
                (settings.map_or(&b""[..], |(_, settings)| settings), b';')
            }
            b"drvfs" => (self.0.super_options, b','),
            _ => (b"", b','),
        };
        split(options, separator).filter(|setting| !setting.is_empty())
    }

    /// The value of a setting; an empty one where it has none.
    pub fn setting(&self, name: &str) -> Option<&'a [u8]> {
        self.settings().find_map(|setting| match setting.strip_prefix(name.as_bytes())? {
            [] => Some(&b""[..]),
            [b'=', value @ ..] => Some(value),
            _ => None,
        })
    }

    /// What Windows calls it, as `C:\`; none where the table does not say.
    pub fn windows_path(&self) -> Option<&'a [u8]> {
        match self.0.file_system {
            b"9p" => self.setting("path"),
            _ => letter_in(self.0.source).map(|_| self.0.source),
        }
    }

    /// The letter of its drive, a capital one; none for a share of the network, and where only Windows knows.
    ///
    /// virtiofs names it in its device (`drvfsC0`), or by a GUID, which WSL has a link for.
    pub fn letter<M: Machine>(&self, machine: &M) -> Option<char> {
        if self.0.file_system != b"virtiofs" {
            return letter_in(self.windows_path()?);
        }
        let device = self.0.source.strip_prefix(b"drvfs").unwrap_or_default();
        if let [letter, b'0'..=b'9', ..] | [b'a', letter, b'0'..=b'9', ..] = device {
            return capital(*letter);
        }
        let root = self.0.root.strip_prefix(b"/").unwrap_or_default();
        let root = split(root, b'/').next().unwrap_or_default();
        let guid = [self.0.source, root].into_iter().find(|name| is_guid(name))?;
        letter_in(machine.read_link(None, path::concat(&[VIRTIOFS_NAMES, guid])).ok()?)
    }
}

impl WindowsDrives {
    /// The drives of a mount table that are not covered by another mount, in its order.
    pub fn each(content: Bytes) -> Vec<Drive<'static>> {
        let mounts: Vec<Mount<'static>> = parse(content).collect();
        let is_covered = |index: usize, mount: &Mount<'_>| {
            mounts.iter().skip(index + 1).any(|later| later.point == mount.point)
        };
        let seen = mounts.iter().enumerate().filter(|(index, mount)| !is_covered(*index, mount));
        seen.filter_map(|(_, mount)| Drive::of(*mount)).collect()
    }
}

/// The letter that a path of Windows begins with.
fn letter_in(path: &[u8]) -> Option<char> {
    match path {
        [letter, b':'] | [letter, b':', b'\\' | b'/', ..] => capital(*letter),
        _ => None,
    }
}

fn capital(letter: u8) -> Option<char> {
    letter.is_ascii_alphabetic().then(|| char::from(letter.to_ascii_uppercase()))
}

#[cfg(test)]
mod tests;
