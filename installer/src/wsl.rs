//! What only WSL's own programs know: `wsl.exe`, which speaks for Windows, and `wslpath`.
//!
//! What they say is not relied on further than it must be: a name becomes a [`DistroName`] or nothing, and what they print
//! for people, in the user's language, is shown as what it is.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::path::Path;
use std::time::Duration;

use resolver::machine::Machine;
use resolver::variables::{Name as Variable, Variables};
use resolver::wsl::Wsl;

use crate::error::{During, Error};

mod distro_name;
mod list;
mod program;

pub use distro_name::DistroName;
pub use list::Registered;

/// Windows is asked on the other side of a socket; where that hangs, so would everything.
const QUESTION: Duration = Duration::from_secs(20);
/// The same, where there is another way to know.
const SHORT_QUESTION: Duration = Duration::from_secs(3);

/// All distros that are registered, those of other programs too.
pub fn registered() -> Result<Vec<Registered>, Error> {
    let output = program::run("wsl.exe", &["--list", "--verbose"].map(OsStr::new), Some(QUESTION))?;
    let text = program::decode(&output);
    let registered = list::parse(&text);
    if registered.is_empty() {
        // From within one, there is at least that one.
        let said = program::first_lines(&text);
        return Err(Error::Windows {
            message: String::from("wsl.exe --list --verbose names no distro"),
            cause: if said.is_empty() { "it has printed nothing".into() } else { said.into() },
            fix: Some(String::from("wsl.exe --list --verbose")),
        });
    }
    Ok(registered)
}

/// Calls `wsl.exe` for what may take as long as it takes.
pub(crate) fn wsl(arguments: &[&OsStr]) -> Result<(), Error> {
    program::run("wsl.exe", arguments, None).map(drop)
}

/// A path as Windows has it, of what is there.
pub(crate) fn windows_path(path: &Path) -> Result<OsString, Error> {
    let path = fs::canonicalize(path).during("find", path)?;
    let arguments = [OsStr::new("-w"), path.as_os_str()];
    let mut output = program::run("wslpath", &arguments, Some(QUESTION))?;
    let end = output.iter().rposition(|byte| !matches!(byte, b'\n' | b'\r'));
    output.truncate(end.map_or(0, |end| end + 1));
    Ok(OsString::from_vec(output))
}

/// What WSL calls this distro, exactly: for what is to be run from Windows.
///
/// `WSL_DISTRO_NAME` is also how a person says it. Under `sudo`, and in a service, only `wslpath` can tell, and not always.
pub fn this_distro<M: Machine>(machine: &M, variables: &Variables) -> Result<DistroName, Error> {
    let unknown = |cause: &'static str| Error::Windows {
        message: String::from("the name of this distro in WSL is not known"),
        cause: cause.into(),
        fix: Some(String::from("wsl.exe --list --verbose")),
    };
    let wsl = Wsl::detect(machine, variables);
    if wsl.is_some_and(|wsl| wsl.is_container) {
        return Err(unknown(
            "this is a container: WSL knows the distro around it, and not this one",
        ));
    }
    if let Some(name) = variables.get(Variable::WslDistroName).and_then(parse_name) {
        return Ok(name);
    }
    let wsl = wsl.ok_or_else(|| unknown("this is no WSL"))?;
    name_of_root().or_else(|| DistroName::parse(wsl.exact_name()?)).ok_or_else(|| {
        unknown("WSL_DISTRO_NAME is not set, as under sudo and in a service, and wslpath does not say it")
    })
}

/// Which release of WSL this is: `2.7.10.0`. Its own program says so, also where nothing of Windows can be started.
pub(crate) fn version() -> Option<String> {
    let output = program::run("wslinfo", &[OsStr::new("--wsl-version")], Some(SHORT_QUESTION));
    let text = String::from_utf8(output.ok()?).ok()?;
    let text = text.trim();
    let is_version = text.len() <= 32 && text.starts_with(|it: char| it.is_ascii_digit());
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    (is_version && is_plain).then(|| text.to_owned())
}

/// By `\\wsl.localhost\Debian\`, what Windows calls the root directory; `\\wsl$\Debian\` before Windows 11.
fn name_of_root() -> Option<DistroName> {
    let arguments = [OsStr::new("-w"), OsStr::new("/")];
    let output = program::run("wslpath", &arguments, Some(SHORT_QUESTION)).ok()?;
    name_in_path(&output)
}

fn name_in_path(path: &[u8]) -> Option<DistroName> {
    let mut parts = path.trim_ascii().strip_prefix(br"\\")?.split(|byte| *byte == b'\\');
    let server = parts.next()?;
    let is_wsl =
        server.eq_ignore_ascii_case(b"wsl.localhost") || server.eq_ignore_ascii_case(b"wsl$");
    parts.next().filter(|_| is_wsl).and_then(parse_name)
}

fn parse_name(bytes: &[u8]) -> Option<DistroName> {
    DistroName::parse(std::str::from_utf8(bytes).ok()?)
}

#[cfg(test)]
mod tests;
