//! `--distro NAME`: whole distros of WSL, by `wsl.exe`.

use std::path::Path;
use std::process::ExitCode;

use installer::snapshot::windows;
use installer::wsl::{self, DistroName};
use resolver::path::shell_quoted;

use crate::context::{Context, to_bytes};
use crate::error::CommandError;
use crate::interrupt;
use crate::output;

/// Exports one.
pub(super) fn save(
    context: &Context,
    typed: &str,
    target: &Path,
) -> Result<ExitCode, CommandError> {
    let name = name(typed)?;
    let by_hand = || format!("wsl.exe --export {} FILE", name.as_str());
    if wsl::this_distro(context.machine, context.variables).is_ok_and(|it| it.is(name.as_str())) {
        let message = format!("{typed} is the distro that this runs in");
        return Err(CommandError::user(message)
            .caused_by(
                "an export ends all that runs in a distro: do it from Windows, or from another one",
            )
            .fixed_by(by_hand()));
    }
    if target.exists() && !target.is_file() {
        return Err(CommandError::user(format!("{} is not a file", target.display()))
            .caused_by("wsl.exe exports a distro into one tar file")
            .fixed_by(format!("gowr snapshot save NAME.tar --distro {}", name.as_str())));
    }
    let Some(found) = wsl::registered()?.into_iter().find(|it| name.is(it.name.as_str())) else {
        return Err(CommandError::not_found(format!("no distro of WSL is called {typed}"))
            .caused_by("those that are registered are in the list")
            .fixed_by("wsl.exe --list --verbose"));
    };
    let is_running = found.is_running();
    // As it is spelled there.
    let name = found.name;
    if is_running {
        return Err(CommandError::user(format!("{} is running", name.as_str()))
            .caused_by("an export ends all that runs in a distro")
            .fixed_by(format!("wsl.exe --terminate {}", name.as_str())));
    }
    output::say(&format!("exporting {}, its whole root file system", name.as_str()));
    interrupt::also_sweep(target);
    interrupt::sweep_when_interrupted(context);
    windows::export(&name, target)?;
    output::data(&[to_bytes(target), b"\n"].concat())?;
    Ok(ExitCode::SUCCESS)
}

/// Imports one.
pub(super) fn load(typed: &str, location: &Path, file: &Path) -> Result<ExitCode, CommandError> {
    let name = name(typed)?;
    if !file.is_file() {
        return Err(CommandError::user(format!("{} is not a file", file.display()))
            .caused_by(
                "a distro is imported from the tar file that gowr snapshot save --distro wrote",
            )
            .fixed_by(format!("ls -l {}", shell_quoted(to_bytes(file)))));
    }
    if wsl::registered()?.iter().any(|it| name.is(it.name.as_str())) {
        return Err(CommandError::user(format!("there is a distro of WSL called {typed} already"))
            .caused_by("an import makes a new one")
            .fixed_by("wsl.exe --list --verbose"));
    }
    output::say(&format!("importing {typed} into {}", location.display()));
    windows::import(&name, location, file)?;
    output::say(&format!(
        "{typed} is there; its user is root, unless its /etc/wsl.conf names one ([user] default)"
    ));
    Ok(ExitCode::SUCCESS)
}

fn name(typed: &str) -> Result<DistroName, CommandError> {
    DistroName::parse(typed).ok_or_else(|| {
        CommandError::user(format!("`{}` is not the name of a distro of WSL", typed.escape_debug()))
            .caused_by("those are made of letters, digits, dots, - and _")
            .fixed_by("wsl.exe --list --verbose")
    })
}
