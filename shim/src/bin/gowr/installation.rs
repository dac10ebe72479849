//! Installing, as several commands do it.

use std::path::{Path, PathBuf};

use installer::error::Error;
use installer::go_settings::GoSettings;
use installer::install::{self, Source};
use installer::source::mirror_variables::{self, MirrorVariable};
use installer::source::{FetchOptions, Fetcher, Listing, LocalArchives};
use installer::store::{Home, Key};
use installer::support_status::{self, KnownReleases};
use once_cell::unsync::OnceCell;
use resolver::failure::{Code, Failure, Problem};
use resolver::installed::{self, Found};
use resolver::path::shell_quoted;
use resolver::version::{Request, ToolchainName};

use crate::adoption;
use crate::context::{Context, to_bytes};
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
            self.display.keep_releases(support_status::file(&self.state()));
            let options = FetchOptions {
                heads: self.state().join("sumdb"),
                checksums: self.state().join("SHA256SUMS"),
                sources: self.context.configuration()?.sources.map(|it| it.value.to_vec()),
                progress: Box::new(self.display.clone()),
            };
            Ok(Fetcher::new(&GoSettings::read()?, options)?)
        })
    }

    /// Where is remembered what was seen of those who say what is true: not with the toolchains, since it must outlive
    /// them.
    fn state(&self) -> PathBuf {
        state_directory().unwrap_or_else(|| self.home.path().to_path_buf())
    }

    /// The releases that are known without asking anybody.
    pub(crate) fn known_releases(&self) -> KnownReleases {
        let kept = KnownReleases::read(&support_status::file(&self.state()));
        kept.with(self.home.installed().unwrap_or_default())
    }

    /// Every release there is, and where.
    pub(crate) fn listing(&self) -> Result<Listing, CommandError> {
        let listing = self.fetcher()?.listing();
        listing.map_err(|error| self.with_mirror(CommandError::from(error)))
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

    /// The newest release of which there is an archive on this machine.
    pub(crate) fn newest_in(&self, path: &Path) -> Result<ToolchainName, CommandError> {
        let releases = LocalArchives::new(self.fetcher()?, path, None)?.versions()?;
        installed::newest(&releases, |_| true)
            .ok_or_else(|| CommandError::internal("an archive is gone"))
    }

    /// Installs what a request means: the exact release, or the newest of the line. `asker` is who asked, for an error.
    pub(crate) fn install(&self, request: Request, asker: &str) -> Result<(), CommandError> {
        self.try_install(request).map_err(|error| {
            let error = self.with_mirror(error.or_caused_by(&format!("asked for by {asker}")));
            if error.kind() == Kind::Integrity {
                // Others serve the same release; what they serve is checked just as well.
                return error.or_fixed_by(|| match (self.sources(), GoSettings::read()) {
                    (Some((file, _)), _) => format!("${{EDITOR:-vi}} {}", file.display()),
                    (None, Ok(settings)) => {
                        format!("GOPROXY={} gowr install {request}", settings.other_goproxy())
                    }
                    (None, Err(_)) => String::from("go env GOPROXY"),
                });
            }
            error
        })
    }

    fn try_install(&self, request: Request) -> Result<(), CommandError> {
        if let Request::Named(_) = request {
            return Err(missing(request));
        }
        let fetcher = self.fetcher()?;
        let name = install::release(fetcher, &request)
            .or_else(|error| self.kept_release(&request, error))?;
        self.install_release(fetcher, &name)
    }

    /// What stands in for the list of releases where nobody can be asked for it: the newest one that was downloaded.
    fn kept_release(&self, request: &Request, error: Error) -> Result<ToolchainName, CommandError> {
        match (install::kept_release(&self.home, request)?, error) {
            // Nobody is to be asked: this is the newest there is.
            (Some(kept), Error::Off { .. }) => Ok(kept),
            (Some(kept), error) if error.kind() == Kind::Network => {
                Err(CommandError::from(error).fixed_by(format!("gowr install {}", kept.version())))
            }
            (_, error) => Err(error.into()),
        }
    }

    /// Installs what a request means from archives on this machine; without a request the only release there is, if it
    /// is one. Gives back what it was.
    pub(crate) fn install_from(
        &self,
        path: &Path,
        request: Option<Request>,
    ) -> Result<Option<ToolchainName>, CommandError> {
        let file = shell_quoted(to_bytes(path));
        let asker = format!("asked for by gowr install --from {file}");
        let exact = request.and_then(|request| match request {
            Request::Exact(name) => Some(name),
            Request::Line(_) | Request::Named(_) => None,
        });
        let complete = |error: CommandError| {
            error.or_caused_by(&asker).or_fixed_by(|| format!("ls -l {file}"))
        };
        let archives = LocalArchives::new(self.fetcher()?, path, exact);
        let archives = archives.map_err(|error| complete(error.into()))?;
        let name = match request {
            Some(request) => {
                install::release(&archives, &request).map_err(|error| match error {
                    Error::NoSuchRelease(_) => {
                        let problem = format!("there is no Go {request} for this machine");
                        complete(CommandError::not_found(problem))
                    }
                    error => error.into(),
                })?
            }
            None => match archives.only_release() {
                Some(name) => name,
                None => return Ok(None),
            },
        };
        self.install_release(&archives, &name).map_err(|error| {
            let error = self.with_mirror(error.or_caused_by(&asker));
            error.or_fixed_by(|| format!("gowr install {}", name.version()))
        })?;
        Ok(Some(name))
    }

    /// Where releases are published, about to be asked for this one.
    pub(crate) fn source(&self, name: &ToolchainName) -> Result<&dyn Source, CommandError> {
        self.display.set_title(name.as_str());
        Ok(self.fetcher()?)
    }

    /// The archives that are kept, if there are any.
    pub(crate) fn kept_archives(&self) -> Result<Option<LocalArchives<'_>>, CommandError> {
        Ok(LocalArchives::new(self.fetcher()?, self.home.downloads(), None).ok())
    }

    /// Installs the one release of which an archive is in a directory. `asker` is who asked, for an error.
    pub(crate) fn install_packed(
        &self,
        directory: &Path,
        name: ToolchainName,
        asker: &str,
    ) -> Result<(), CommandError> {
        let archives = LocalArchives::new(self.fetcher()?, directory, None)?;
        self.install_release(&archives, &name).map_err(|error| {
            let error = self.with_mirror(error.or_caused_by(asker));
            error.or_fixed_by(|| format!("gowr install {}", name.version()))
        })
    }

    fn install_release(
        &self,
        source: &dyn Source,
        name: &ToolchainName,
    ) -> Result<(), CommandError> {
        interrupt::sweep_when_interrupted(self.context);
        self.display.set_title(name.as_str());
        let mut waiting = |holder: &installer::lock::Holder| {
            output::say(&format!("waiting for {holder}"));
        };
        let installed = install::install(&self.home, &self.key, source, name, &mut waiting)?;
        let did = if installed.was_there { "is already in" } else { "is installed in" };
        output::say(&format!("{name} {did} {}", installed.goroot.display()));
        adoption::review(self.context, &self.home, &self.key);
        Ok(())
    }

    /// Names the mirror that another manager of Go was told of, where a download failed that it would have served.
    fn with_mirror(&self, error: CommandError) -> CommandError {
        if error.kind() != Kind::Network {
            return error;
        }
        let Some(found) = mirror_variables::find(&|name| std::env::var_os(name)) else {
            return error;
        };
        let MirrorVariable { name, manager, mirror } = found;
        let sources = self.sources();
        if sources.as_ref().is_some_and(|(_, text)| text.contains(&mirror)) {
            return error;
        }
        let Ok(file) = self.context.configuration_file() else { return error };
        let file = shell_quoted(to_bytes(&file));
        let fix = match sources {
            Some(_) => format!("${{EDITOR:-vi}} {file}"),
            None => format!("echo 'sources: goproxy, {mirror}' >> {file}"),
        };
        error
            .noted(format!(
                "{name} names a mirror for {manager}; gowr takes mirrors from `sources` in its configuration"
            ))
            .fixed_by(fix)
    }

    /// The configuration's file and its line with the sources, if it has one.
    fn sources(&self) -> Option<(PathBuf, &'static str)> {
        let sources = self.context.configuration().ok()?.sources?;
        Some((self.context.configuration_file().ok()?, sources.text()))
    }

    /// A toolchain that is here may be one whose install was killed before all of its links were made. Best effort: it
    /// can be used as it is, and a home that cannot be written to is no error.
    pub(crate) fn complete(&self, version: Option<ToolchainName>) {
        let Some(name) = version else { return };
        let mut waiting = |holder: &installer::lock::Holder| {
            output::say(&format!("waiting for {holder}"));
        };
        let _ = install::complete(&self.home, &self.key, &name, &mut waiting);
    }

    /// Sees to it that a request is answered here; what is here already is not fetched.
    pub(crate) fn ensure(&self, request: Request, asker: &str) -> Result<(), CommandError> {
        match (self.context.find(request), request) {
            (Found::Usable(toolchain), _) => {
                self.complete(toolchain.version);
                Ok(())
            }
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
pub(crate) fn state_directory() -> Option<PathBuf> {
    std::env::var_os("HOME")?;
    dirs::state_dir().map(|state| state.join("gowr"))
}

fn missing(request: Request) -> CommandError {
    CommandError::from(&Failure::of(Code::NotInstalled, Problem::Missing(request)))
        .caused_by("nobody has registered that name here")
}
