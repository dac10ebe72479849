//! `gowr list --wsl`: the distros that WSL has on this machine.

use installer::wsl::{self, DistroName, Registered};
use resolver::wsl::Wsl;
use serde::Serialize;

use crate::context::Context;
use crate::error::CommandError;
use crate::output;

#[derive(Serialize)]
struct Document {
    schema: u32,
    distros: Vec<Distro>,
}

/// One distro.
#[derive(Serialize)]
struct Distro {
    name: String,
    /// As wsl.exe has it: `Running`, `Stopped` and others.
    state: String,
    /// The WSL it runs on: 1 or 2.
    version: u8,
    /// Whether `wsl` without a name starts it.
    default: bool,
    /// Whether it is this one; null where what WSL calls this one is not known.
    here: Option<bool>,
}

/// Lists them, without those that Docker and others keep for themselves.
pub(super) fn run(context: &Context, as_json: bool) -> Result<(), CommandError> {
    if Wsl::detect(context.machine, context.variables).is_none() {
        return Err(CommandError::user("there are no distros of WSL to list")
            .caused_by("this is no WSL")
            .fixed_by("gowr list"));
    }
    let registered = wsl::registered()?;
    let here = wsl::this_distro(context.machine, context.variables).ok();
    let distros: Vec<_> = registered
        .into_iter()
        .filter(|it| !it.name.is_of_a_program())
        .map(|it| Distro::new(it, here.as_ref()))
        .collect();
    if as_json {
        return output::json(&Document { schema: 1, distros });
    }
    let lines: Vec<_> = distros.iter().map(Distro::line).collect();
    output::data(output::columns(&lines).as_bytes())
}

impl Distro {
    fn new(registered: Registered, here: Option<&DistroName>) -> Self {
        let Registered { name, state, version, is_default } = registered;
        let here = here.map(|here| here.is(name.as_str()));
        Self { name: name.as_str().to_owned(), state, version, default: is_default, here }
    }

    fn line(&self) -> [String; 5] {
        [
            String::from(if self.here == Some(true) { "*" } else { " " }),
            self.name.clone(),
            self.state.clone(),
            format!("WSL{}", self.version),
            String::from(if self.default { "default" } else { "" }),
        ]
    }
}
