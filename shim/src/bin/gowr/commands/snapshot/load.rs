//! `gowr snapshot load`: installs what a snapshot has, as `install --from` does, and says what it has not.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use installer::lock::Holder;
use installer::pin_file::{self, Place};
use installer::snapshot::configuration::{self, Outcome};
use installer::snapshot::{self, Adopted, PinPlace, Pinned, Snapshot, Toolchain};
use resolver::invocation::Program;
use resolver::path::shell_quoted;
use resolver::pin::Choice;
use resolver::project;
use resolver::variables::Name;
use resolver::version::Request;

use super::distro;
use crate::commands::pin;
use crate::context::{Context, to_bytes, to_path};
use crate::error::CommandError;
use crate::installation::Installation;
use crate::output;

/// Install what a snapshot has, checked as downloads are
///
/// Nothing in it is believed: each toolchain is checked by the hash that the Go project published. The configuration
/// is taken over where there is none.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The snapshot
    #[arg(value_name = "FILE|DIR")]
    snapshot: PathBuf,

    /// Take over its configuration in place of the one that is here, with the directories and servers it names
    #[arg(long)]
    replace_configuration: bool,

    /// Write its pins, into this project and the home directory, where nothing is pinned
    #[arg(long)]
    pins: bool,

    /// Only check it, and say what would be done
    #[arg(long)]
    dry_run: bool,

    /// Import it as a new distro of WSL, by wsl.exe, from a whole distro that was saved
    #[arg(
        long,
        value_name = "NAME",
        requires = "location",
        conflicts_with_all = ["replace_configuration", "pins", "dry_run"]
    )]
    distro: Option<String>,

    /// The directory for the disk of that distro, on a Windows drive
    #[arg(long, value_name = "DIR", requires = "distro")]
    location: Option<PathBuf>,
}

/// Loads.
pub(crate) fn run(context: &Context, arguments: &Arguments) -> Result<ExitCode, CommandError> {
    if let (Some(name), Some(location)) = (&arguments.distro, &arguments.location) {
        return distro::load(name, location, &arguments.snapshot);
    }
    let installation = Installation::new(context)?;
    let snapshot = Snapshot::open(&arguments.snapshot)?;
    // All of it, before anything is done.
    snapshot.check()?;
    let load = Load { context, arguments, installation: &installation, snapshot: &snapshot };
    let manifest = snapshot.manifest();
    for toolchain in &manifest.toolchains {
        load.toolchain(toolchain)?;
    }
    for adopted in &manifest.adopted {
        load.adopted(adopted);
    }
    if let Some(content) = &manifest.configuration {
        load.configuration(content)?;
    }
    for pinned in &manifest.pins {
        load.pin(pinned)?;
    }
    Ok(ExitCode::SUCCESS)
}

struct Load<'a> {
    context: &'a Context,
    arguments: &'a Arguments,
    installation: &'a Installation<'a>,
    snapshot: &'a Snapshot,
}

impl Load<'_> {
    /// This command with another option.
    fn again_with(&self, option: &str) -> String {
        let snapshot = shell_quoted(to_bytes(&self.arguments.snapshot));
        format!("gowr snapshot load {snapshot} {option}")
    }

    fn toolchain(&self, toolchain: &Toolchain) -> Result<(), CommandError> {
        let Self { installation, snapshot, .. } = self;
        let (name, home) = (&toolchain.name, &installation.home);
        if home.has(name) {
            if !self.arguments.dry_run {
                installation.complete(Some(*name));
            }
            output::say(&format!("{name} is already in {}", home.toolchain(name).display()));
            return Ok(());
        }
        if toolchain.files.is_empty() {
            let fix = format!("gowr install {}", name.version());
            output::warn_with_fix(&format!("{name} is not in the snapshot, only listed"), &fix);
            return Ok(());
        }
        if self.arguments.dry_run {
            let goroot = home.toolchain(name);
            output::say(&format!("{name} would be installed in {}", goroot.display()));
            return Ok(());
        }
        let mut waiting = |holder: &Holder| output::say(&format!("waiting for {holder}"));
        let asker = format!("asked for by {}", self.again_with("").trim_end());
        crate::interrupt::sweep_when_interrupted(self.context);
        snapshot::with_unpacked(snapshot, home, toolchain, &mut waiting, |directory| {
            installation.install_packed(directory, *name, &asker)
        })?
    }

    /// Says how to get what somebody else installed there, unless it is here.
    fn adopted(&self, adopted: &Adopted) {
        let there = match &adopted.manager {
            Some(manager) => {
                format!("{} ({})", adopted.goroot.escape_debug(), manager.escape_debug())
            }
            None => adopted.goroot.escape_debug().to_string(),
        };
        let exact = adopted.name.map(Request::Exact);
        let named = adopted.registered.iter().copied().map(Request::Named);
        for request in exact.into_iter().chain(named) {
            if self.context.usable(request).is_some() {
                continue;
            }
            let what = match request {
                Request::Named(name) => name.to_string(),
                Request::Exact(_) | Request::Line(_) => format!("go{request}"),
            };
            // A path of another machine is never part of a command.
            let fix = match request {
                Request::Named(name) => format!("gowr adopt DIR --name {name}"),
                _ if adopted.manager.is_some() => String::from("gowr adopt"),
                _ => String::from("gowr adopt DIR"),
            };
            let text = format!("{what} was adopted from {there}, and is not here");
            output::warn_with_fix(&text, &fix);
        }
    }

    fn configuration(&self, content: &str) -> Result<(), CommandError> {
        let (arguments, file) = (self.arguments, self.context.configuration_file()?);
        let replaces = arguments.replace_configuration;
        let outcome = configuration::load(&file, content, replaces, arguments.dry_run)?;
        let is = if arguments.dry_run { "would be" } else { "is" };
        let file = file.display();
        match outcome {
            Outcome::Unchanged => {}
            Outcome::Kept => output::warn_with_fix(
                &format!("{file} stays as it is: the snapshot has another one"),
                &self.again_with("--replace-configuration"),
            ),
            Outcome::Written(left_out) if left_out.is_empty() => {
                output::say(&format!("{file} {is} the snapshot's configuration"));
            }
            Outcome::Written(left_out) => output::warn_with_fix(
                &format!(
                    "{file} {is} the snapshot's configuration without {}, which name places of the machine it comes from",
                    left_out.join(", ")
                ),
                &self.again_with("--replace-configuration"),
            ),
        }
        Ok(())
    }

    /// Writes a pin where nothing is pinned, if that is asked for; else it is told.
    fn pin(&self, pinned: &Pinned) -> Result<(), CommandError> {
        let request = match pinned.request {
            Choice::Request(request) => request.to_string(),
            Choice::System => String::from("system"),
        };
        let survey = self.context.survey(Program::Go, &[])?;
        let (machine, variables, distro) = (survey.machine, survey.variables, survey.distro);
        let mut pins = survey.project.pins(machine, variables, distro, false);
        let (found, directory) = match pinned.place {
            PinPlace::Project => (pins.project.first(), pin::directory(&survey)?),
            PinPlace::Home => {
                pins.home.extend(project::home_pins(machine, variables, distro, &pins, false));
                let Some(home) = variables.absolute_path(Name::Home) else { return Ok(()) };
                (pins.home.first(), to_path(home).to_path_buf())
            }
        };
        let file = directory.join(pinned.file.file_name());
        let there = match pinned.place {
            PinPlace::Project => format!("the project {}", pinned.directory.escape_debug()),
            PinPlace::Home => String::from("the home directory"),
        };
        if let Some(found) = found {
            if found.content.is_ok_and(|pin| pin.choices.first() != Some(&pinned.request)) {
                let here = to_path(found.path).display();
                output::say(&format!("{here} stays as it is: {there} had go {request}"));
            }
        } else if !self.arguments.pins {
            let fix = self.again_with("--pins");
            output::say(&format!(
                "{there} was pinned to go {request}; to pin it in {}, run: {fix}",
                shown(&directory)
            ));
        } else if self.arguments.dry_run {
            output::say(&format!("go {request} would be pinned in {}", file.display()));
        } else {
            let name = Some(pinned.file.file_name());
            let place = Place { directory: &directory, file: name, distro: None };
            let outcome = pin_file::write(place, &distro.names(), &request)?;
            output::say(&format!("go {request} is pinned in {}", outcome.file.display()));
        }
        Ok(())
    }
}

fn shown(directory: &Path) -> String {
    shell_quoted(to_bytes(directory))
}
