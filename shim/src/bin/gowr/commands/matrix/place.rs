//! Where a run is made: here, in a distro of WSL, in a box, or in a container of an image.

use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::process::Command;

use installer::wsl::{self, DistroName};
use resolver::variables::Name as Variable;
use resolver::wsl::Wsl;

use crate::context::Context;
use crate::error::CommandError;
use crate::with_toolchain;

/// A place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// This userland.
    Here,
    /// A distro of WSL.
    Wsl(DistroName),
    /// A box of distrobox, which shares this home.
    Distrobox(String),
    /// A box of toolbox, which shares this home.
    Toolbox(String),
    /// An image for a container.
    Image(String),
}

impl Place {
    /// The place that somebody means: an image has a tag, a digest or a path in its name, and all else is the name of a
    /// distro or of a box.
    pub(super) fn find(context: &Context, typed: &str) -> Result<Self, CommandError> {
        if typed == "here" {
            return Ok(Self::Here);
        }
        if typed.contains([':', '/', '@']) {
            return Ok(Self::Image(typed.to_owned()));
        }
        if let Some(name) = DistroName::parse(typed).filter(|name| is_distro_of_wsl(context, name))
        {
            return Ok(Self::Wsl(name));
        }
        if names("distrobox", &["list", "--no-color"], |line| line.split('|').nth(1).map(str::trim))
            .contains(&typed.to_owned())
        {
            return Ok(Self::Distrobox(typed.to_owned()));
        }
        if names("toolbox", &["list", "--containers"], |line| line.split_whitespace().nth(1))
            .contains(&typed.to_owned())
        {
            return Ok(Self::Toolbox(typed.to_owned()));
        }
        Err(CommandError::not_found(format!(
            "there is no distro and no box called {}",
            typed.escape_debug()
        ))
        .caused_by("neither WSL, distrobox nor toolbox lists it; the name of an image has a tag")
        .fixed_by(format!("gowr matrix --in {}:latest …", typed.escape_debug())))
    }

    /// How it was typed; nothing of here.
    pub(super) fn typed(&self) -> Option<&str> {
        match self {
            Self::Here => None,
            Self::Wsl(name) => Some(name.as_str()),
            Self::Distrobox(name) | Self::Toolbox(name) | Self::Image(name) => Some(name),
        }
    }

    /// What makes a run there, one after the other.
    pub(super) fn commands(&self, gowr: &Path, version: &str, words: &[OsString]) -> Vec<Command> {
        let exec = ["exec", "--go", version, "--"].map(OsStr::new);
        let words = || words.iter().map(OsString::as_os_str);
        // The program that leads to the place, its own arguments, and those of gowr there.
        let through = |way: &[&OsStr], there: &[&OsStr]| {
            let words = way.iter().chain(there).copied().chain(words());
            with_toolchain::command(gowr, None, words)
        };
        let gowr = gowr.as_os_str();
        match self {
            Self::Here => vec![with_toolchain::command(gowr.as_ref(), Some(version), words())],
            Self::Distrobox(name) => {
                let way = ["distrobox", "enter", "--name", name, "--"].map(OsStr::new);
                vec![through(&[&way[..], &[gowr]].concat(), &exec)]
            }
            Self::Toolbox(name) => {
                let way = ["toolbox", "run", "--container", name].map(OsStr::new);
                vec![through(&[&way[..], &[gowr]].concat(), &exec)]
            }
            // Its home is another: what is to run there, its own gowr installs, by a run of nothing. `gowr install` would
            // also choose a default.
            Self::Wsl(name) => {
                let shell = ["sh", "-lc", "exec \"$0\" \"$@\"", "gowr"];
                let way = ["wsl.exe", "-d", name.as_str(), "--exec"].into_iter().chain(shell);
                let way: Vec<_> = way.map(OsStr::new).collect();
                let install = way
                    .iter()
                    .copied()
                    .chain(["matrix", "--go", version, "--", "true"].map(OsStr::new));
                let install = with_toolchain::command(gowr.as_ref(), None, install);
                vec![install, through(&way, &exec)]
            }
            Self::Image(image) => {
                let there = ["container", "run", "--go", version, image, "--"].map(OsStr::new);
                vec![through(&[gowr], &there)]
            }
        }
    }
}

/// The names that a program lists, one a line after a headline; none where there is no such program.
fn names(program: &str, arguments: &[&str], name: impl Fn(&str) -> Option<&str>) -> Vec<String> {
    let Ok(output) = Command::new(program).args(arguments).output() else { return Vec::new() };
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines().skip(1).filter_map(|line| name(line).map(str::to_owned)).collect()
}

/// Whether WSL has it: asked only where this is WSL. `sudo` and services take the variable away.
fn is_distro_of_wsl(context: &Context, name: &DistroName) -> bool {
    let is_wsl = context.variables.get(Variable::WslDistroName).is_some()
        || Wsl::detect(context.machine, context.variables).is_some();
    let registered = if is_wsl { wsl::registered() } else { return false };
    registered.unwrap_or_default().iter().any(|it| name.is(it.name.as_str()))
}
