//! Whole distros of WSL, by `wsl.exe --export` and `--import`.
//!
//! What `wsl.exe` says is UTF-16 without a byte order mark, unless `WSL_UTF8=1`; its errors are on standard output, and in
//! the user's language (<https://github.com/microsoft/WSL/issues/4607>).

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::os::unix::ffi::OsStringExt;
use std::path::Path;
use std::process::Command;

use super::writer;
use crate::atomic::{TemporaryDirectory, parent, sync_directory};
use crate::error::{During, Error};
use crate::store::Made;

/// The name of a distro: `^[a-zA-Z0-9._-]+$`, as WSL has it, and no option.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DistroName(String);

impl DistroName {
    /// Parses a name.
    pub fn parse(text: &str) -> Option<Self> {
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        let is_name = !text.is_empty() && !text.starts_with('-') && text.bytes().all(is_allowed);
        is_name.then(|| Self(text.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether Windows takes both for one.
    pub fn is(&self, other: &str) -> bool {
        self.0.eq_ignore_ascii_case(other)
    }
}

/// One that is registered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registered {
    /// Its name.
    pub name: String,
    /// `Running`, `Stopped`, `Installing` and others.
    pub state: String,
}

/// All that are registered.
pub fn registered() -> Result<Vec<Registered>, Error> {
    wsl([OsStr::new("--list"), OsStr::new("--verbose")]).map(|output| parse_list(&output))
}

/// Writes a distro's root file system into a tar file. That ends all that runs in it.
pub fn export(name: &DistroName, target: &Path) -> Result<(), Error> {
    // A new name: what wsl.exe does with a file that is there is its own affair.
    let directory = TemporaryDirectory::beside(target)?;
    let file = directory.path().join("export.tar");
    let mut windows = windows_path(directory.path())?;
    windows.push("\\export.tar");
    wsl([OsStr::new("--export"), OsStr::new(name.as_str()), &windows])?;
    fs::File::open(&file).and_then(|file| file.sync_all()).during("read", &file)?;
    fs::rename(&file, target).during("write", target)?;
    sync_directory(parent(target));
    drop(directory);
    writer::sweep(target);
    Ok(())
}

/// Makes a distro of such a tar file, its disk in the directory `location`.
pub fn import(name: &DistroName, location: &Path, file: &Path) -> Result<(), Error> {
    let file = windows_path(file)?;
    // Only what is there can be translated.
    let made = Made::directory(location.to_path_buf())?;
    let location = windows_path(location)?;
    wsl([OsStr::new("--import"), OsStr::new(name.as_str()), &location, &file])?;
    made.keep();
    Ok(())
}

/// A path as Windows has it.
fn windows_path(path: &Path) -> Result<OsString, Error> {
    let path = fs::canonicalize(path).during("find", path)?;
    let output = run("wslpath", [OsStr::new("-w"), path.as_os_str()])?;
    let end = output.iter().rposition(|byte| !matches!(byte, b'\n' | b'\r'));
    Ok(OsString::from_vec(output[..end.map_or(0, |end| end + 1)].to_vec()))
}

fn wsl<const COUNT: usize>(arguments: [&OsStr; COUNT]) -> Result<String, Error> {
    run("wsl.exe", arguments).map(|output| decode(&output))
}

fn run<const COUNT: usize>(
    program: &'static str,
    arguments: [&OsStr; COUNT],
) -> Result<Vec<u8>, Error> {
    let output =
        Command::new(program).args(arguments).output().map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => Error::Windows {
                message: format!("there is no {program} on PATH"),
                cause: "WSL puts it there, unless wsl.conf says appendWindowsPath=false".into(),
                fix: Some(String::from("export PATH=\"$PATH:$(wslpath 'C:\\Windows\\System32')\"")),
            },
            _ => Error::Windows {
                message: format!("cannot run {program}"),
                cause: error.into(),
                fix: Some(String::from("cat /etc/wsl.conf /proc/sys/fs/binfmt_misc/WSLInterop")),
            },
        })?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let said: Vec<_> = [output.stdout, output.stderr].iter().map(|it| decode(it)).collect();
    let said = said.join("\n");
    let lines: Vec<_> = said.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    Err(Error::Windows {
        message: format!("{program} {} has failed", arguments[0].display()),
        cause: if lines.is_empty() {
            output.status.to_string().into()
        } else {
            lines.join(" / ").into()
        },
        fix: Some(String::from("wsl.exe --list --verbose")),
    })
}

/// Text of a program of Windows: UTF-16 where a byte order mark or a NUL byte says so, else UTF-8.
fn decode(bytes: &[u8]) -> String {
    let (bytes, is_wide) = match bytes {
        [0xff, 0xfe, rest @ ..] => (rest, true),
        [0xef, 0xbb, 0xbf, rest @ ..] => (rest, false),
        _ => (bytes, bytes.contains(&0)),
    };
    if !is_wide {
        return String::from_utf8_lossy(bytes).into_owned();
    }
    let units: Vec<_> = bytes
        .chunks(2)
        .map(|pair| u16::from_le_bytes([pair[0], *pair.get(1).unwrap_or(&0)]))
        .collect();
    String::from_utf16_lossy(&units)
}

/// `* Ubuntu            Running         2`, after a line with the columns' names.
fn parse_list(output: &str) -> Vec<Registered> {
    let row = |line: &str| {
        let line = line.trim();
        let mut words = line.strip_prefix('*').unwrap_or(line).split_whitespace();
        let (name, state) = (words.next()?, words.next()?);
        Some(Registered { name: name.to_owned(), state: state.to_owned() })
    };
    output.lines().skip(1).filter_map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = "  NAME              STATE           VERSION\r\n\
                        * Ubuntu            Running         2\r\n  \
                        docker-desktop    Stopped         2\r\n";

    fn wide(text: &str) -> Vec<u8> {
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    }

    #[test]
    fn lists_in_every_encoding() {
        let bytes = wide(LIST);
        assert_eq!(bytes[..6], [0x20, 0, 0x20, 0, 0x4e, 0], "as wsl.exe begins");
        let expected = [("Ubuntu", "Running"), ("docker-desktop", "Stopped")];
        for bytes in [bytes.clone(), [b"\xff\xfe", &bytes[..]].concat(), LIST.into()] {
            let found = parse_list(&decode(&bytes));
            let found: Vec<_> =
                found.iter().map(|it| (it.name.as_str(), it.state.as_str())).collect();
            assert_eq!(found, expected);
        }
        assert_eq!(parse_list(&decode(b"")), []);
        assert_eq!(decode(&wide("存在しません。\r\n")), "存在しません。\r\n");
        assert_eq!(decode(b"\xef\xbb\xbfx"), "x");
        assert_eq!(decode(&[0x41, 0, 0x42]), "AB", "an odd end");
    }

    #[test]
    fn names() {
        for good in ["Ubuntu", "Ubuntu-24.04", "my_box.2"] {
            assert!(DistroName::parse(good).is_some(), "{good}");
        }
        for bad in ["", "-x", "--unregister", "a b", "a/b", "a\\b", "ä", "a\n"] {
            assert!(DistroName::parse(bad).is_none(), "{bad}");
        }
        assert!(DistroName::parse("ubuntu").is_some_and(|name| name.is("Ubuntu")));
    }
}
