//! Batch files by which Windows runs a program of this distro.
//!
//! `cmd.exe` reads a batch file in the console's code page and expands `%` wherever it stands, quoted or not
//! (<https://learn.microsoft.com/windows-server/administration/windows-commands/windows-commands>); so there is only
//! printable ASCII in one, and every `%` of ours is doubled.

use std::path::Path;

use resolver::path::shell_quoted;

use crate::atomic::{NewFile, replace_file};
use crate::error::Error;
use crate::wsl::DistroName;

/// A batch file that runs `gowr run TOOL` in a distro, with the arguments it is called with; its exit code is the tool's.
///
/// `wsl.exe` is called by its full path, because `cmd.exe` looks into the current directory first; a 32-bit `cmd.exe`
/// finds the 64-bit one under `Sysnative`. `--exec` starts no shell, which would read the arguments once more.
/// `DisableDelayedExpansion` keeps a `!` in them.
pub fn batch_file(distro: &DistroName, gowr: &Path, tool: &str) -> Result<String, Error> {
    let gowr = quoted(&gowr.to_string_lossy())?;
    let tool = quoted(tool)?;
    let distro = distro.as_str();
    let lines = [
        "@echo off",
        "setlocal EnableExtensions DisableDelayedExpansion",
        "set \"gowr_wsl=%SystemRoot%\\System32\\wsl.exe\"",
        "if not exist \"%gowr_wsl%\" set \"gowr_wsl=%SystemRoot%\\Sysnative\\wsl.exe\"",
        &format!("\"%gowr_wsl%\" --distribution \"{distro}\" --exec {gowr} run {tool} %*"),
        "exit /b %ERRORLEVEL%",
    ];
    Ok(lines.map(|line| format!("{line}\r\n")).concat())
}

/// Writes a batch file, in place of what is there.
pub fn write(file: &Path, text: &str) -> Result<(), Error> {
    replace_file(file, text.as_bytes(), NewFile::Plain)
}

/// A word as a batch file has it. What `cmd.exe` or `wsl.exe` would read as something else has no way to be said.
fn quoted(word: &str) -> Result<String, Error> {
    let is_plain = |byte: u8| matches!(byte, b' '..=b'~') && !b"\"\\".contains(&byte);
    if word.is_empty() || word.starts_with('-') || !word.bytes().all(is_plain) {
        return Err(Error::Refused {
            message: format!("a batch file cannot name {}", shell_quoted(word.as_bytes())),
            fix: None,
        });
    }
    Ok(format!("\"{}\"", word.replace('%', "%%")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch(gowr: &str, tool: &str) -> Result<String, Error> {
        let distro = DistroName::parse("Ubuntu-24.04").expect("a name");
        batch_file(&distro, Path::new(gowr), tool)
    }

    #[test]
    fn what_stands_in_it() {
        let text = batch("/home/a b/100%/gowr", "gopls").expect("plain words");
        let expected = "@echo off\r\n\
            setlocal EnableExtensions DisableDelayedExpansion\r\n\
            set \"gowr_wsl=%SystemRoot%\\System32\\wsl.exe\"\r\n\
            if not exist \"%gowr_wsl%\" set \"gowr_wsl=%SystemRoot%\\Sysnative\\wsl.exe\"\r\n\
            \"%gowr_wsl%\" --distribution \"Ubuntu-24.04\" --exec \"/home/a b/100%%/gowr\" run \"gopls\" %*\r\n\
            exit /b %ERRORLEVEL%\r\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn what_has_no_way_to_be_said() {
        for (gowr, tool) in [
            ("/h/\"&calc&\"/gowr", "gopls"),
            ("/h/gowr", "a\r\ncalc"),
            ("/h/ü/gowr", "gopls"),
            ("/h/gowr", "--debug-shell"),
            ("/h/gowr", "a\\"),
            ("/h/gowr", ""),
        ] {
            assert!(batch(gowr, tool).is_err(), "{gowr} {tool}");
        }
    }
}
