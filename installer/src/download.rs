//! Reads documents and parts of files from servers, with Go's settings for proxies and passwords.
//!
//! What breaks is taken up again where it broke ([`Download`]), what a server cannot do just now is asked again a
//! little later ([`retry`]), and nothing is endless: neither a wait, nor an answer, nor a way of redirects.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::sync::{Arc, OnceLock};

use ureq::Agent;
use ureq::http::header::{
    ACCEPT_ENCODING, AUTHORIZATION, IF_RANGE, LOCATION, PROXY_AUTHORIZATION, RANGE,
};
use ureq::http::{Response, StatusCode};

use crate::error::Error;
use crate::go_settings::{GoSettings, Setting, TrustStore};
use crate::source::Progress;

mod agent;
pub(crate) mod answer;
mod forward;
pub(crate) mod location;
pub(crate) mod netrc;
mod retry;
mod transfer;
mod trust;
mod web_proxy;

pub(crate) use answer::Span;
pub(crate) use location::Location;
pub(crate) use transfer::{Download, read_error};

use answer::Head;
use location::WebAddress;
use netrc::Netrc;
use retry::{Attempts, Failure, Patience};
use web_proxy::{ProxyRules, Way};

/// As many as Go's own client follows.
const MAXIMUM_REDIRECTS: usize = 10;
/// How often a file is read from its beginning again, because it was replaced meanwhile.
const MAXIMUM_RESTARTS: u32 = 2;

/// A reader of servers, and of `file://` trees.
pub(crate) struct Client {
    plain: Agent,
    /// For insecure addresses behind a proxy of the web, if there is one.
    forwarded: Option<Agent>,
    /// Made when first needed: reading the trust store takes longer than many an answer.
    secure: OnceLock<Agent>,
    proxies: ProxyRules,
    netrc: Netrc,
    /// GOAUTH, if it has a form that is not known here.
    unknown_authentication: Option<Setting>,
    trust_store: TrustStore,
    patience: Patience,
    /// Hears when something is tried again.
    listener: Arc<dyn Progress>,
}

/// Which part of a file to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part<'a> {
    /// All of it.
    Whole,
    /// So many bytes at its end; all of it where the server cannot.
    Last(u64),
    /// From one byte up to another or to the end, if it is still the version with this validator.
    From {
        /// The first byte.
        first: u64,
        /// The byte after the last.
        end: Option<u64>,
        /// What [`Download::validator`] said of the version.
        validator: Option<&'a str>,
    },
}

impl Client {
    pub(crate) fn new(settings: &GoSettings, listener: Arc<dyn Progress>) -> Result<Self, Error> {
        let patience = Patience::new(&settings.patience)?;
        let proxies = ProxyRules::new(&settings.web_proxies)?;
        Ok(Self {
            plain: agent::plain(patience),
            forwarded: proxies.forward().map(|proxy| agent::forwarded(patience, proxy)),
            secure: OnceLock::new(),
            proxies,
            netrc: Netrc::read(settings.netrc()),
            unknown_authentication: settings.unknown_authentication().cloned(),
            trust_store: settings.trust_store.clone(),
            patience,
            listener,
        })
    }

    /// A small document, of at most `limit` bytes.
    pub(crate) fn document(&self, location: &Location, limit: u64) -> Result<Vec<u8>, Error> {
        unless_replaced(|| {
            let mut content = Vec::new();
            let mut download = self.download(location, limit)?;
            download.read_to_end(&mut content).map_err(|error| read_error(location, error))?;
            Ok(content)
        })
    }

    /// A file of at most `limit` bytes, from its beginning to its end.
    ///
    /// A reader that fails with [`Error::Replaced`] can be opened anew, see [`unless_replaced`].
    pub(crate) fn download<'a>(
        &'a self,
        location: &'a Location,
        limit: u64,
    ) -> Result<Download<'a>, Error> {
        self.open(location, Part::Whole, limit)
    }

    /// Opens a file of at most `limit` bytes, or the part of it that is asked for; the answer says what it is.
    pub(crate) fn open<'a>(
        &'a self,
        location: &'a Location,
        part: Part<'_>,
        limit: u64,
    ) -> Result<Download<'a>, Error> {
        match location {
            Location::File(path) => {
                let (head, reader) = open_file(location, File::open(path), part)?;
                Download::new(self, location, head, reader, limit)
            }
            Location::Web(address) => {
                let mut attempts = Attempts::new(self.patience, self.listener.clone());
                let (head, reader) = loop {
                    match self.ask(location, address, part) {
                        Ok(answer) => break answer,
                        Err(Failure::Final(error)) => return Err(error),
                        Err(Failure::NoSuchPart(_)) if part != Part::Whole => {
                            return self.open(location, Part::Whole, limit);
                        }
                        Err(failure) => attempts.again(location, failure, 0)?,
                    }
                };
                Download::new(self, location, head, reader, limit)
            }
        }
    }

    /// The answer to one request, redirects followed.
    fn ask(
        &self,
        location: &Location,
        first: &WebAddress,
        part: Part<'_>,
    ) -> Result<(Head, Box<dyn Read + Send>), Failure> {
        let mut address = first.clone();
        for _ in 0..=MAXIMUM_REDIRECTS {
            let response = self.call(location, &address, part)?;
            let target = response.headers().get(LOCATION).and_then(|target| target.to_str().ok());
            let status = response.status();
            let Some(target) = target.filter(|_| status.is_redirection()) else {
                if let (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN, Some(goauth)) =
                    (status, &self.unknown_authentication)
                {
                    let problem = format!("{location} answers {status}, and gowr knows only netrc");
                    return Err(goauth.invalid(problem).into());
                }
                return answer::open(location, response, part);
            };
            let next = address.redirect(target).map_err(|problem| failed(location, problem))?;
            if address.is_secure() && !next.is_secure() {
                let problem =
                    format!("redirected from a secure address to an insecure one, {next}");
                return Err(failed(location, problem).into());
            }
            address = next;
        }
        Err(failed(location, format!("stopped after {MAXIMUM_REDIRECTS} redirects")).into())
    }

    fn call(
        &self,
        location: &Location,
        address: &WebAddress,
        part: Part<'_>,
    ) -> Result<Response<ureq::Body>, Failure> {
        let way = self.proxies.way(address)?;
        let agent = match (&way, &self.forwarded) {
            _ if address.is_secure() => self.secure()?,
            (Way::Forwarded(_), Some(forwarded)) => forwarded,
            _ => &self.plain,
        };
        // A coded answer would not have the bytes that were hashed.
        let mut request = agent.get(address.uri().clone()).header(ACCEPT_ENCODING, "identity");
        match part {
            Part::Whole => {}
            Part::Last(length) => request = request.header(RANGE, format!("bytes=-{length}")),
            Part::From { first, end, validator } => {
                let last = end.map(|end| end.saturating_sub(1).to_string()).unwrap_or_default();
                request = request.header(RANGE, format!("bytes={first}-{last}"));
                if let Some(validator) = validator {
                    request = request.header(IF_RANGE, validator);
                }
            }
        }
        if let Some(credentials) = self.netrc.credentials(address).or(address.credentials()) {
            request = request.header(AUTHORIZATION, credentials.header());
        }
        if let Way::Forwarded(proxy) = &way
            && let Some(credentials) = proxy.credentials()
        {
            request = request.header(PROXY_AUTHORIZATION, credentials.header());
        }
        let tunnel = if let Way::Tunnelled(proxy) = way { Some(proxy.clone()) } else { None };
        let answer = request.config().proxy(tunnel).build().call();
        answer.map_err(|error| Failure::of(location, error, self.patience))
    }

    /// The agent for https.
    fn secure(&self) -> Result<&Agent, Error> {
        if let Some(agent) = self.secure.get() {
            return Ok(agent);
        }
        let roots = trust::roots(&self.trust_store)?;
        Ok(self.secure.get_or_init(|| agent::secure(self.patience, roots)))
    }
}

/// Does it once more from the beginning where a file was replaced while it was read, and not for ever.
pub(crate) fn unless_replaced<T>(
    mut attempt: impl FnMut() -> Result<T, Error>,
) -> Result<T, Error> {
    for _ in 0..MAXIMUM_RESTARTS {
        match attempt() {
            Err(Error::Replaced { .. }) => {}
            result => return result,
        }
    }
    attempt()
}

fn open_file(
    location: &Location,
    file: io::Result<File>,
    part: Part<'_>,
) -> Result<(Head, Box<dyn Read + Send>), Error> {
    let open = || -> io::Result<(Head, Box<dyn Read + Send>)> {
        let mut file = file?;
        let total = file.metadata()?.len();
        let (first, end) = match part {
            Part::Whole => {
                let head = Head { span: Span::Whole(Some(total)), validator: None, date: None };
                return Ok((head, Box::new(file)));
            }
            Part::Last(length) => (total.saturating_sub(length), total),
            Part::From { first, end, .. } => {
                let end = end.unwrap_or(total).min(total);
                (first.min(end), end)
            }
        };
        file.seek(SeekFrom::Start(first))?;
        let head = Head { span: Span::Part { first, end, total }, validator: None, date: None };
        Ok((head, Box::new(file.take(end - first))))
    };
    open().map_err(|error| match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => {
            Error::Absent { location: location.to_string(), cause: error.into() }
        }
        _ => failed(location, error),
    })
}

fn failed(
    location: &Location,
    cause: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> Error {
    Error::Network { location: location.to_string(), cause: cause.into() }
}

#[cfg(test)]
mod tests;
