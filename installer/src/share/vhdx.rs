//! A virtual disk that holds the shared toolchains, and outlives the distro that filled it.
//!
//! Only Windows can mount one, and an administrator there, once after each start of WSL: `wsl --mount --vhd FILE --name
//! gowr` mounts it on `gowr` in the directory that all distros see. gowr writes the commands down, and runs none.

use std::fmt::Write;
use std::path::Path;

use crate::error::{Error, Kind, quoted};
use crate::store::Home;

/// Room for thirty toolchains; the file takes only what is used of it.
const MEGABYTES: u32 = 16 * 1024;

/// The file of a virtual disk, as Windows names it: `C:\Users\me\gowr.vhdx`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WindowsFile(String);

impl WindowsFile {
    /// Parses a path: absolute, of characters that Windows allows in names, with the extension `.vhdx`.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let Some(cause) = problem(text) else { return Ok(Self(text.to_owned())) };
        Err(Error::Share {
            kind: Kind::User,
            message: format!("{} is no file for a virtual disk", text.escape_debug()),
            cause: cause.into(),
            fix: Some(String::from(r"gowr share --vhd 'C:\wsl\gowr.vhdx'")),
        })
    }

    /// The path.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn problem(text: &str) -> Option<&'static str> {
    let bytes = text.as_bytes();
    let is_absolute = matches!(bytes, [drive, b':', b'\\', ..] if drive.is_ascii_alphabetic());
    if !is_absolute {
        return Some(match bytes.first() {
            Some(b'/') => r"it is a path of Linux; Windows mounts it, and knows it as C:\…",
            _ => r"it is not absolute: a path of Windows begins with a drive, as in C:\…",
        });
    }
    // `%` and `$` are for the shells there: a name with them would be another in one of them.
    let is_forbidden = |it: char| it.is_control() || "<>:\"/|?*%$`'".contains(it);
    if text[2..].contains(is_forbidden) {
        return Some("a character in it cannot be in a name there, or means something to a shell");
    }
    let name = text.rsplit('\\').next().unwrap_or_default();
    let stem = name.len().checked_sub(".vhdx".len()).filter(|length| *length > 0);
    let is_vhdx = stem.is_some_and(|at| name.as_bytes()[at..].eq_ignore_ascii_case(b".vhdx"));
    (!is_vhdx).then_some("its name does not end with .vhdx")
}

/// What to run, and where, in words and commands. `share` is where the disk will be seen.
pub fn commands(file: &WindowsFile, home: &Home, share: &Path) -> String {
    let file = file.as_str();
    let toolchains = quoted(&home.toolchains());
    let share = quoted(share);
    let mut text = String::new();
    let mut step = |what: &str, lines: &[String]| {
        let _ = writeln!(text, "# {what}");
        for line in lines {
            let _ = writeln!(text, "{line}");
        }
        text.push('\n');
    };
    step(
        "once, in a PowerShell of an administrator: make the disk, and attach it without mounting it",
        &[
            format!(
                "Set-Content \"$env:TEMP\\gowr.txt\" 'create vdisk file=\"{file}\" maximum={MEGABYTES} type=expandable'"
            ),
            String::from("diskpart /s \"$env:TEMP\\gowr.txt\""),
            format!("wsl --mount --vhd \"{file}\" --bare"),
        ],
    );
    step(
        "once, in a distro: find the disk, which has no FSTYPE and that SIZE, and format it: sdX is its NAME",
        &[
            String::from("lsblk --nodeps --output NAME,SIZE,FSTYPE"),
            String::from("sudo mkfs.ext4 -L gowr /dev/sdX"),
        ],
    );
    step("once, in the PowerShell: detach it", &[format!("wsl --unmount \"\\\\?\\{file}\"")]);
    step(
        "in a PowerShell of an administrator, now and each time WSL was shut down: mount it for all distros",
        &[format!("wsl --mount --vhd \"{file}\" --name gowr")],
    );
    step(
        "in this distro, now and after each `gowr install` that is for all: copy what is new, compare, and put in place",
        &[
            format!("cd {toolchains} && for go in go1.*; do"),
            format!("  [ -e {share}/\"$go\" ] || {{"),
            format!("    sudo rm -rf {share}/.\"$go\" && sudo cp -a \"$go\" {share}/.\"$go\" &&"),
            format!(
                "    sudo chown -R 0:0 {share}/.\"$go\" && diff -r \"$go\" {share}/.\"$go\" &&"
            ),
            format!("    sudo mv {share}/.\"$go\" {share}/\"$go\""),
            String::from("  }"),
            String::from("done"),
        ],
    );
    let _ = write!(text, "# in each distro that is to use them\ngowr share use\n");
    text
}
