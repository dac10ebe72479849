//! `gowr snapshot save`: archives, and a manifest of all else, in one file or directory.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use indicatif::HumanBytes;
use installer::adopt::Managers;
use installer::link;
use installer::lock::Holder;
use installer::snapshot::{
    self, Adopted, Form, Manifest, PackedFile, PinPlace, Pinned, SCHEMA, Toolchain, Writer,
};
use installer::store::platform;
use resolver::invocation::Program;
use resolver::path::shell_quoted;
use resolver::project::{self, PinFile};
use resolver::real_path::real_path;
use resolver::version::{RegisteredName, ToolchainName};
use serde::Serialize;

use super::distro;
use crate::context::{Context, to_bytes, to_path};
use crate::error::CommandError;
use crate::installation::Installation;
use crate::interrupt;
use crate::json::{Entry, entry};
use crate::output;

/// Where a snapshot goes if nobody says.
const DEFAULT_FILE: &str = "gowr-snapshot.tar";

/// Save the toolchains, the configuration and the pins that are here
///
/// Toolchains are packed as the archives they were published as; one whose archive is not kept any more is downloaded
/// again. Adopted ones are listed and not packed.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// What ends with .tar is a file, all else a directory [default: gowr-snapshot.tar]
    #[arg(value_name = "FILE|DIR")]
    target: Option<PathBuf>,

    /// Save it even where the archive of a toolchain cannot be had
    #[arg(long, conflicts_with = "distro")]
    incomplete: bool,

    /// Export this whole distro of WSL by wsl.exe instead
    #[arg(long, value_name = "NAME", requires = "target", conflicts_with = "json")]
    distro: Option<String>,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Document<'a> {
    schema: u32,
    #[serde(flatten)]
    snapshot: Entry,
    /// Whether each toolchain has its archive in it.
    complete: bool,
    toolchains: &'a [Toolchain],
    adopted: &'a [Adopted],
    configuration: bool,
    pins: &'a [Pinned],
}

/// Saves.
pub(crate) fn run(context: &Context, arguments: &Arguments) -> Result<ExitCode, CommandError> {
    let target = arguments.target.clone().unwrap_or_else(|| PathBuf::from(DEFAULT_FILE));
    if let Some(name) = &arguments.distro {
        return distro::save(context, name, &target);
    }
    let installation = Installation::new(context)?;
    interrupt::also_sweep(&target);
    interrupt::sweep_when_interrupted(context);
    let mut writer = Writer::create(&target, Form::of(&target)).map_err(|error| {
        let replaced = "only a file and an empty directory are replaced by a snapshot";
        CommandError::from(error).or_caused_by(replaced)
    })?;
    let mut toolchains = Vec::new();
    for name in installation.home.installed()?.into_iter().filter(|name| !name.has_suffix()) {
        let files = match installation.pack(&mut writer, &name) {
            Ok(files) => files,
            Err(error) if arguments.incomplete => {
                output::warn(&format!("{name} is listed and not packed: {}", error.line()));
                Vec::new()
            }
            Err(error) => return Err(not_packed(&name, &error, &target)),
        };
        toolchains.push(Toolchain { name, files });
    }
    let manifest = Manifest {
        schema: SCHEMA,
        platform: platform(),
        distro: installation.key.as_str().to_owned(),
        toolchains,
        adopted: adopted(context, &installation)?,
        configuration: configuration(context)?,
        pins: pins(context)?,
    };
    writer.finish(&manifest)?;
    report(&manifest);
    if arguments.json {
        let Manifest { toolchains, adopted, configuration, pins, .. } = &manifest;
        output::json(&Document {
            schema: 1,
            snapshot: entry("snapshot", Some(to_bytes(&target))),
            complete: toolchains.iter().all(|it| !it.files.is_empty()),
            toolchains,
            adopted,
            configuration: configuration.is_some(),
            pins,
        })?;
    } else {
        output::data(&[to_bytes(&target), b"\n"].concat())?;
    }
    Ok(ExitCode::SUCCESS)
}

fn not_packed(name: &ToolchainName, error: &CommandError, target: &Path) -> CommandError {
    CommandError::new(error.kind(), format!("the archive of {name} cannot be packed"))
        .caused_by(&error.line())
        .fixed_by(format!("gowr snapshot save {} --incomplete", shell_quoted(to_bytes(target))))
}

fn report(manifest: &Manifest) {
    if manifest.toolchains.is_empty() {
        output::say("gowr has installed no toolchain here: none is packed");
    }
    for toolchain in manifest.toolchains.iter().filter(|it| !it.files.is_empty()) {
        let size = toolchain.files.iter().map(|file: &PackedFile| file.size).sum();
        output::say(&format!("{} is packed ({})", toolchain.name, HumanBytes(size)));
    }
    for adopted in &manifest.adopted {
        let names = adopted.registered.iter().map(ToString::to_string);
        let names: Vec<_> = adopted.name.iter().map(ToString::to_string).chain(names).collect();
        output::say(&format!(
            "{} is adopted from {}: listed and not packed",
            names.join(", "),
            adopted.goroot
        ));
    }
}

/// What others installed, each GOROOT once.
fn adopted(
    context: &Context,
    installation: &Installation<'_>,
) -> Result<Vec<Adopted>, CommandError> {
    let links = link::read(&installation.home, &installation.key)?;
    let mut found: BTreeMap<PathBuf, Adopted> = BTreeMap::new();
    let real = |path: &Path| real_path(context.machine, to_bytes(path)).unwrap_or(to_bytes(path));
    let managers = Managers::find(context.machine, &|name| env::var_os(name));
    let mut add = |path: &Path, name, registered| {
        let root = real(path);
        let adopted = found.entry(to_path(root).to_path_buf()).or_insert_with(|| Adopted {
            name,
            registered: Vec::new(),
            goroot: String::from_utf8_lossy(root).into_owned(),
            manager: managers.of(root).map(str::to_owned),
        });
        adopted.registered.extend(registered);
    };
    for toolchain in links
        .toolchains
        .iter()
        .filter(|it| it.origin == link::Origin::Adopted && !it.name.has_suffix())
    {
        add(&toolchain.goroot, Some(toolchain.name), None);
    }
    for (name, goroot) in &links.named {
        add(goroot, None, RegisteredName::parse(name));
    }
    Ok(found.into_values().collect())
}

fn configuration(context: &Context) -> Result<Option<String>, CommandError> {
    let Ok(file) = context.configuration_file() else { return Ok(None) };
    match fs::read_to_string(&file) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(CommandError::configuration(format!("cannot read {}", file.display()))
            .caused_by(&error.to_string())
            .fixed_by(format!("ls -l {}", shell_quoted(to_bytes(&file))))),
    }
}

/// The pin of this project and that of the home directory, as far as they can be read.
fn pins(context: &Context) -> Result<Vec<Pinned>, CommandError> {
    let survey = context.survey(Program::Go, &[])?;
    let (machine, variables, distro) = (survey.machine, survey.variables, survey.distro);
    let mut pins = survey.project.pins(machine, variables, distro, true);
    pins.home.extend(project::home_pins(machine, variables, distro, &pins, true));
    let pinned = |place, file: Option<&&PinFile>| {
        let file = file?;
        let path = to_path(file.path);
        Some(Pinned {
            place,
            directory: path.parent()?.to_string_lossy().into_owned(),
            file: file.form,
            request: *file.content.ok()?.choices.first()?,
        })
    };
    let project = pinned(PinPlace::Project, pins.project.first());
    Ok(project.into_iter().chain(pinned(PinPlace::Home, pins.home.first())).collect())
}

impl Installation<'_> {
    /// Packs a release: from what is kept, else from where it is published.
    fn pack(
        &self,
        writer: &mut Writer,
        name: &ToolchainName,
    ) -> Result<Vec<PackedFile>, CommandError> {
        let fetcher = self.source(name)?;
        let kept = self.kept_archives()?;
        let sources = kept.iter().map(|kept| kept as &dyn installer::install::Source);
        let sources: Vec<_> = sources.chain([fetcher as _]).collect();
        let mut waiting = |holder: &Holder| output::say(&format!("waiting for {holder}"));
        Ok(snapshot::pack(writer, &self.home, &sources, name, &mut waiting)?)
    }
}
