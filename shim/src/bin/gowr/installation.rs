//! Installing, as several commands do it.

use installer::go_settings::GoSettings;
use installer::install::{self, Source};
use installer::services;
use installer::source::{FetchOptions, Fetcher};
use installer::store::{Home, Key};
use once_cell::unsync::OnceCell;
use resolver::config;
use resolver::failure::{Code, Failure, Problem};
use resolver::installed::{self, Found};
use resolver::version::{Request, ToolchainName};

use crate::context::Context;
use crate::error::{CommandError, Kind};
use crate::interrupt;
use crate::output;
use crate::progress::Display;

/// gowr's home, and where toolchains come from.
pub(crate) struct Installation<'a> {
    context: &'a Context,
    /// gowr's home.
    pub(crate) home: Home,
    /// This userland's directory of links.
    pub(crate) key: Key,
    /// Made when something is fetched: until then, no setting for that can be wrong.
    fetcher: OnceCell<Fetcher>,
    display: Display,
}

impl<'a> Installation<'a> {
    pub(crate) fn new(context: &'a Context) -> Result<Self, CommandError> {
        let (home, key) = (context.home()?, context.key()?);
        Ok(Self { context, home, key, fetcher: OnceCell::new(), display: Display::default() })
    }

    fn fetcher(&self) -> Result<&Fetcher, CommandError> {
        self.fetcher.get_or_try_init(|| {
            let sources = self.context.configuration()?.sources;
            if let Some(sources) = sources.filter(|it| !it.value.contains(&config::Source::GoProxy))
            {
                let file = self.context.configuration_file()?;
                let place = format!("{}:{}: {}", file.display(), sources.line, sources.text);
                return Err(CommandError::configuration(
                    "sources has none that this gowr can fetch from",
                )
                .caused_by(&place)
                .fixed_by(format!("${{EDITOR:-vi}} {}", file.display())));
            }
            let options =
                FetchOptions { heads: self.heads(), progress: Box::new(self.display.clone()) };
            Ok(Fetcher::new(&GoSettings::read()?, options)?)
        })
    }

    /// Where the newest heads of checksum databases are remembered: not with the toolchains, since they must outlive
    /// them.
    fn heads(&self) -> std::path::PathBuf {
        state_directory().unwrap_or_else(|| self.home.path().to_path_buf()).join("sumdb")
    }

    /// Every release there is, oldest first.
    pub(crate) fn releases(&self) -> Result<Vec<ToolchainName>, CommandError> {
        Ok(self.fetcher()?.versions()?)
    }

    /// The newest release.
    pub(crate) fn newest_release(&self) -> Result<ToolchainName, CommandError> {
        let releases = self.releases()?;
        installed::newest(&releases, |name| !name.has_suffix()).ok_or_else(|| {
            CommandError::not_found("there is no release at all")
                .caused_by("what GOPROXY leads to has no toolchain for this machine")
                .fixed_by("go env GOPROXY")
        })
    }

    /// Installs what a request means: the exact release, or the newest of the line. `asker` is who asked, for an error.
    pub(crate) fn install(&self, request: Request, asker: &str) -> Result<(), CommandError> {
        self.try_install(request).map_err(|error| {
            let is_integrity = error.kind() == Kind::Integrity;
            let error = error.or_caused_by(&format!("asked for by {asker}"));
            if is_integrity {
                // Others serve the same release; what they serve is checked just as well.
                let proxies = services::DEFAULT_GOPROXY;
                return error.or_fixed_by(|| format!("GOPROXY={proxies} gowr install {request}"));
            }
            error
        })
    }

    fn try_install(&self, request: Request) -> Result<(), CommandError> {
        if let Request::Named(_) = request {
            return Err(missing(request));
        }
        interrupt::sweep_when_interrupted(self.context);
        let fetcher = self.fetcher()?;
        let name = install::release(fetcher, &request)?;
        self.display.set_title(name.as_str());
        let mut waiting = |holder: &installer::lock::Holder| {
            output::say(&format!("waiting for {holder}"));
        };
        let installed = install::install(&self.home, &self.key, fetcher, &name, &mut waiting)?;
        let did = if installed.was_there { "is already in" } else { "is installed in" };
        output::say(&format!("{name} {did} {}", installed.goroot.display()));
        Ok(())
    }

    /// Sees to it that a request is answered here; what is here already is not fetched.
    pub(crate) fn ensure(&self, request: Request, asker: &str) -> Result<(), CommandError> {
        match (self.context.find(request), request) {
            (Found::Usable(_), _) => Ok(()),
            (Found::Unusable(unusable), Request::Named(_)) => {
                let problem = Problem::Unusable(unusable);
                Err(CommandError::from(&Failure::of(unusable.code(), problem)))
            }
            _ => self.install(request, asker),
        }
    }
}

/// The directory for what gowr must remember, if this user has one. Without HOME there is none: looking it up in the
/// user database is for a C library that is not linked in.
pub(crate) fn state_directory() -> Option<std::path::PathBuf> {
    std::env::var_os("HOME")?;
    dirs::state_dir().map(|state| state.join("gowr"))
}

fn missing(request: Request) -> CommandError {
    CommandError::from(&Failure::of(Code::NotInstalled, Problem::Missing(request)))
        .caused_by("nobody has registered that name here")
}
