//! What can be mended in a wsl.conf. What it becomes counts when the distro is started anew: after
//! `wsl.exe --terminate NAME` or `wsl --shutdown`.

use std::path::Path;

use super::automount::Options;
use super::document::Document;
use super::edit::{Refusal, set};
use super::{WslConf, file_below, refused};
use crate::error::Error;
use crate::system_files::read;
use crate::system_files::{Change, Plan};

/// One thing that is mended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mend {
    /// `interop.appendWindowsPath = false`: the directories of Windows are not put on PATH.
    WindowsPath,
    /// `automount.options` without a mask by which no program on a drive can be run.
    Execution,
    /// `automount.options` with `metadata`: the modes of files on drives are kept.
    Metadata,
    /// `boot.systemd = true`.
    Systemd,
}

impl Mend {
    /// The key it changes.
    pub const fn key(self) -> &'static str {
        match self {
            Self::WindowsPath => "interop.appendWindowsPath",
            Self::Execution | Self::Metadata => "automount.options",
            Self::Systemd => "boot.systemd",
        }
    }

    /// The content mended; the same where there is nothing to mend.
    fn apply(self, content: &[u8]) -> Result<Vec<u8>, Refusal> {
        let conf = WslConf::parse(content);
        let options = conf.automount.options.value;
        match self {
            Self::WindowsPath if conf.interop.append_windows_path.value => {
                set(content, self.key(), "false", None)
            }
            Self::Systemd if !conf.boot.systemd.value => set(content, self.key(), "true", None),
            Self::Execution if options.drops_execution() => {
                set_options(content, &options.with_execution())
            }
            Self::Metadata if !options.metadata() => set_options(content, &options.with_metadata()),
            _ => Ok(content.to_vec()),
        }
    }
}

fn set_options(content: &[u8], options: &Options) -> Result<Vec<u8>, Refusal> {
    set(content, "automount.options", &options.to_string(), None)
}

/// How the wsl.conf below the root of a file system (`/`) changes when this is mended; an empty plan where there is
/// nothing to mend.
pub fn plan(root: &Path, mends: &[Mend]) -> Result<Plan, Error> {
    let file = file_below(root);
    let before = read(&file)?;
    let mut after = before.clone().unwrap_or_default();
    for mend in mends {
        after = mend.apply(&after).map_err(|refusal| refused(&file, mend.key(), refusal))?;
    }
    Ok(Plan::of(changed(&file, before, after)))
}

/// How it changes when a carriage return is no longer in it where WSL may stop to read, nor a byte order mark at its
/// beginning.
pub fn plan_plain_text(root: &Path) -> Result<Plan, Error> {
    let file = file_below(root);
    let before = read(&file)?;
    let content = before.clone().unwrap_or_default();
    let content = content.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&content);
    let after = content
        .split_inclusive(|byte| *byte == b'\n')
        .flat_map(|line| match line.strip_suffix(b"\r\n") {
            Some(line) => [line, b"\n"],
            None => [line, b""],
        })
        .collect::<Vec<_>>()
        .concat();
    Ok(Plan::of(changed(&file, before, after)))
}

fn changed(file: &Path, before: Option<Vec<u8>>, after: Vec<u8>) -> Option<Change> {
    (before.as_deref().unwrap_or_default() != after)
        .then(|| Change::of_a_persons_file(file, before, Some(after)))
}

/// Whether WSL reads the whole file.
pub fn is_read_whole(content: &[u8]) -> bool {
    Document::parse(content).stop.is_none()
}
