//! `gowr cache warm`: fills a cache before somebody waits for it.

use std::ffi::{OsStr, OsString};
use std::io::IsTerminal;
use std::os::unix::ffi::OsStringExt;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use indicatif::{HumanBytes, HumanCount, ProgressBar, ProgressDrawTarget, ProgressStyle};
use installer::cache::directory::CacheDirectory;
use installer::cache::go::Go;
use installer::cache::list::{self, Cache};
use installer::cache::prune;
use installer::cache::warm::{self, Event};
use installer::store::is_static;
use nix::unistd::geteuid;
use resolver::invocation::Program;
use resolver::path;
use resolver::resolution::{Resolution, resolve_survey};
use resolver::toolchain::Origin;
use resolver::witness::Losers;

use crate::commands::exec::as_argument;
use crate::context::{Context, to_path};
use crate::environment::with_variable;
use crate::error::CommandError;
use crate::output;
use crate::request;

const BAR: &str = "{msg} {bar:30} {pos}/{len}";
const TICK: Duration = Duration::from_millis(120);

/// Fill the build cache with the standard library
///
/// Afterwards a first `go build` and a first `go test` wait only for what is yours. Go forgets what it does not use for
/// five days.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Versions, or registered names; without one, the Go that this directory gets
    #[arg(value_name = "VERSION")]
    versions: Vec<String>,

    /// Also for the race detector
    #[arg(long)]
    race: bool,

    /// First take over what another distro's cache has and C had no part in
    #[arg(long, value_name = "DISTRO")]
    from: Option<String>,
}

/// Warms.
pub(super) fn run(context: &Context, arguments: &Arguments) -> Result<ExitCode, CommandError> {
    let surroundings = super::surroundings(context)?;
    prune::sweep(&surroundings);
    let caches = match arguments.from {
        Some(_) => list::list(&surroundings)?,
        None => Vec::new(),
    };
    // All are judged before the first takes its minute.
    let mut work = Vec::new();
    if arguments.versions.is_empty() {
        work.push(here(context)?);
    }
    for version in &arguments.versions {
        work.push(of_version(context, version)?);
    }
    let mut gos = Vec::new();
    for (context, resolution) in &work {
        let go = go(context, resolution)?;
        let source = match &arguments.from {
            Some(distro) => Some(source(&caches, distro, &go, resolution)?),
            None => None,
        };
        gos.push((go, source));
    }
    for (go, source) in gos {
        warm_one(&go, source, arguments.race)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// What a plain `go` gets here.
fn here(context: &Context) -> Result<(Context, Resolution), CommandError> {
    let (survey, resolution) = context.resolve()?;
    if let Some(version) = resolution.will_switch(&survey) {
        let version = version.trim_start_matches("go");
        output::warn_with_fix(
            &format!("go itself switches to go{version} here, whose standard library is another"),
            &format!("gowr install {version} && gowr cache warm {version}"),
        );
    }
    Ok((context.with_process(&context.process), resolution))
}

fn of_version(context: &Context, typed: &str) -> Result<(Context, Resolution), CommandError> {
    request::request(typed)?;
    let value = path::keep_text(typed).as_bytes();
    let process = with_variable(&context.process, "GOWR_TOOLCHAIN", Some(value));
    let context = context.with_process(&process);
    let survey = context.survey(Program::Go, &[])?;
    let resolution = resolve_survey(&survey, &mut Losers::default())
        .map_err(|failure| as_argument(*failure, typed))?;
    Ok((context, resolution))
}

/// The go, with the environment that the proxy would give it.
fn go(context: &Context, resolution: &Resolution) -> Result<Go, CommandError> {
    let Some(cache) = resolution.cache.path else {
        return Err(CommandError::configuration("there is no place for a build cache")
            .caused_by("neither XDG_CACHE_HOME nor HOME is an absolute path in the environment")
            .fixed_by("export HOME=DIR"));
    };
    if !path::is_absolute(cache) {
        return Err(CommandError::configuration("GOCACHE is not an absolute path")
            .caused_by(&format!("it is {}", String::from_utf8_lossy(cache)))
            .fixed_by("go env -u GOCACHE; unset GOCACHE"));
    }
    let is_changed =
        |name: &[u8]| resolution.changes.iter().any(|it| it.name.as_str().as_bytes() == name);
    let text = |bytes: &[u8]| OsString::from_vec(bytes.to_vec());
    let inherited = context.process.environment.iter().filter_map(|entry| {
        let bytes = entry.to_bytes();
        let equals = bytes.iter().position(|byte| *byte == b'=')?;
        let (name, value) = (&bytes[..equals], &bytes[equals + 1..]);
        (!is_changed(name)).then(|| (text(name), text(value)))
    });
    let changes = resolution
        .changes
        .iter()
        .filter_map(|change| Some((OsString::from(change.name.as_str()), text(change.value?))));
    // What is warmed is this one, whatever go.mod says.
    let local = (OsString::from("GOTOOLCHAIN"), OsString::from("local"));
    let is_other = |(name, _): &(OsString, OsString)| name != OsStr::new("GOTOOLCHAIN");
    let toolchain = resolution.toolchain;
    let version = toolchain.version.map(|name| name.to_string());
    Ok(Go {
        executable: to_path(resolution.executable()).to_owned(),
        version: version.or_else(|| toolchain.version_text.map(str::to_owned)).unwrap_or_default(),
        environment: inherited.chain(changes).filter(is_other).chain([local]).collect(),
        cache: to_path(path::clean(cache)).to_owned(),
    })
}

/// The cache to take over from, if that can be done.
fn source<'a>(
    caches: &'a [Cache],
    distro: &str,
    go: &Go,
    resolution: &Resolution,
) -> Result<&'a CacheDirectory, CommandError> {
    let toolchain = resolution.toolchain;
    let is_everywhere = toolchain.version.is_some_and(|name| is_static(&name));
    if toolchain.origin != Origin::Store || !is_everywhere {
        let version = go.version.trim_start_matches("go");
        return Err(CommandError::user(format!("{} may be another Go on {distro}", go.version))
            .caused_by("only a release since 1.21 that gowr installed is the same in every distro")
            .fixed_by(format!(
                "gowr install {version}, or gowr cache warm {version} without --from"
            )));
    }
    let version = go.version.trim_start_matches("go");
    let Some(cache) = list::find(caches, distro, version) else {
        return Err(CommandError::not_found(format!("there is no build cache of {distro}"))
            .caused_by(&format!("asked for by --from {distro}"))
            .fixed_by("gowr cache list"));
    };
    let own = CacheDirectory::open(&go.cache)?.map(|it| it.identity);
    if own == Some(cache.directory.identity) {
        return Err(CommandError::user(format!(
            "{} is the cache to be filled",
            go.cache.display()
        ))
        .caused_by(&format!("asked for by --from {distro}"))
        .fixed_by("gowr cache list"));
    }
    let owner = cache.directory.owner;
    if owner != geteuid().as_raw() {
        let path = cache.directory.path.display();
        return Err(CommandError::user(format!("{path} is not yours"))
            .caused_by(&format!("it belongs to the user {owner}, who may have put anything there"))
            .fixed_by(format!("gowr cache warm {version}")));
    }
    Ok(&cache.directory)
}

fn warm_one(go: &Go, source: Option<&CacheDirectory>, race: bool) -> Result<(), CommandError> {
    let begun = Instant::now();
    let display = Display::new(&go.version);
    let built = warm::warm(go, race, source, &mut |event| display.show(event));
    display.finish();
    let built = built?;
    output::say(&format!(
        "{} is warm in {} ({built} packages built, {} s)",
        go.version,
        go.cache.display(),
        begun.elapsed().as_secs()
    ));
    Ok(())
}

/// How far it is: a bar on a terminal, lines elsewhere.
struct Display {
    version: String,
    bar: Option<ProgressBar>,
}

impl Display {
    fn new(version: &str) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            bar.enable_steady_tick(TICK);
            bar
        });
        Self { version: version.to_owned(), bar }
    }

    fn show(&self, event: Event<'_>) {
        let version = &self.version;
        let for_race = |race| if race { " for the race detector" } else { "" };
        match event {
            Event::Seeding => self.say(&format!("looking through the other cache for {version}")),
            Event::Seeded(seeded) => {
                let (count, bytes) = (HumanCount(seeded.actions), HumanBytes(seeded.bytes));
                output::say(&format!("{count} entries are taken over ({bytes})"));
                if seeded.damaged > 0 {
                    let damaged = HumanCount(seeded.damaged);
                    output::warn(&format!("{damaged} entries are damaged, and are built anew"));
                }
            }
            Event::Building { packages, race } => {
                let text = format!("building the standard library of {version}{}", for_race(race));
                self.say(&text);
                if let Some(bar) = &self.bar {
                    bar.set_length(packages as u64);
                    bar.set_position(0);
                    if let Ok(style) = ProgressStyle::with_template(BAR) {
                        bar.set_style(style.progress_chars("=> "));
                    }
                }
            }
            Event::Package(_) => {
                if let Some(bar) = &self.bar {
                    bar.inc(1);
                }
            }
            Event::Vetting => self.say(&format!("vetting the standard library of {version}")),
        }
    }

    fn say(&self, text: &str) {
        match &self.bar {
            Some(bar) => {
                bar.set_style(ProgressStyle::default_spinner());
                bar.set_message(text.to_owned());
            }
            None => output::say(text),
        }
    }

    fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
