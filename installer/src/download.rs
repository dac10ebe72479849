//! Reads documents and parts of files from servers, with Go's settings for proxies and passwords.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::sync::OnceLock;
use std::time::Duration;

use ureq::http::header::{
    ACCEPT_ENCODING, AUTHORIZATION, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, HeaderMap,
    IF_RANGE, LAST_MODIFIED, LOCATION, RANGE,
};
use ureq::http::{Response, StatusCode};
use ureq::tls::{RootCerts, TlsConfig};
use ureq::{Agent, Proxy};

use crate::error::Error;
use crate::go_settings::{GoSettings, TrustStore};

mod location;
mod netrc;
mod trust;
mod web_proxy;

pub(crate) use location::Location;
use location::WebAddress;
use netrc::Netrc;
use web_proxy::ProxyRules;

/// To find, reach and greet a server.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);
/// Between two pieces of an answer. There is no limit to the whole: a slow line is not an error.
const READ_TIMEOUT: Duration = Duration::from_mins(1);
/// As many as Go's own client follows.
const MAXIMUM_REDIRECTS: usize = 10;
/// What a server says about an error beyond its number.
const ERROR_TEXT_LIMIT: u64 = 4 << 10;

/// A reader of servers, and of `file://` trees.
#[derive(Debug)]
pub(crate) struct Client {
    plain: Agent,
    /// Made when first needed: reading the trust store takes longer than many an answer.
    secure: OnceLock<Agent>,
    proxies: ProxyRules,
    netrc: Netrc,
    trust_store: TrustStore,
}

/// Which part of a file to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part<'a> {
    /// All of it.
    Whole,
    /// So many bytes at its end; all of it where the server cannot.
    Last(u64),
    /// So many bytes at its beginning, if it is still the version with this validator.
    First(u64, Option<&'a str>),
}

/// What a server sends.
pub(crate) struct Body {
    /// Its bytes.
    pub(crate) reader: Box<dyn Read + Send>,
    /// Which part of the file this is.
    pub(crate) span: Span,
    /// What tells versions of the file apart, for [`Part::First`].
    pub(crate) validator: Option<String>,
}

/// A part of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Span {
    /// All of it, and how much that is where the server says so.
    Whole(Option<u64>),
    /// The bytes from `first` up to `end`, of `total`.
    Part { first: u64, end: u64, total: u64 },
}

impl Client {
    pub(crate) fn new(settings: &GoSettings) -> Result<Self, Error> {
        Ok(Self {
            plain: agent(None),
            secure: OnceLock::new(),
            proxies: ProxyRules::new(&settings.web_proxies)?,
            netrc: Netrc::read(settings.netrc()),
            trust_store: settings.trust_store.clone(),
        })
    }

    /// A small document, of at most `limit` bytes.
    pub(crate) fn document(&self, location: &Location, limit: u64) -> Result<Vec<u8>, Error> {
        let body = self.open(location, Part::Whole)?;
        let mut content = Vec::new();
        body.reader
            .take(limit + 1)
            .read_to_end(&mut content)
            .map_err(|error| interrupted(location, error))?;
        if content.len() as u64 > limit {
            return Err(failed(location, format!("the answer is larger than {limit} bytes")));
        }
        Ok(content)
    }

    /// Opens a file, or the part of it that is asked for; the answer says what it is.
    pub(crate) fn open(&self, location: &Location, part: Part<'_>) -> Result<Body, Error> {
        match location {
            Location::File(path) => open_file(location, File::open(path), part),
            Location::Web(address) => {
                let response = self.get(location, address, part)?;
                if response.status() == StatusCode::RANGE_NOT_SATISFIABLE && part != Part::Whole {
                    return self.open(location, Part::Whole);
                }
                body(location, response, part)
            }
        }
    }

    /// The answer to one request, redirects followed.
    fn get(
        &self,
        location: &Location,
        first: &WebAddress,
        part: Part<'_>,
    ) -> Result<Response<ureq::Body>, Error> {
        let mut address = first.clone();
        for _ in 0..=MAXIMUM_REDIRECTS {
            let response = self.call(location, &address, part)?;
            let target = response.headers().get(LOCATION).and_then(|target| target.to_str().ok());
            let Some(target) = target.filter(|_| response.status().is_redirection()) else {
                return Ok(response);
            };
            let next = address.redirect(target).map_err(|problem| failed(location, problem))?;
            if address.is_secure() && !next.is_secure() {
                let problem =
                    format!("redirected from a secure address to an insecure one, {next}");
                return Err(failed(location, problem));
            }
            address = next;
        }
        Err(failed(location, format!("stopped after {MAXIMUM_REDIRECTS} redirects")))
    }

    fn call(
        &self,
        location: &Location,
        address: &WebAddress,
        part: Part<'_>,
    ) -> Result<Response<ureq::Body>, Error> {
        let agent = if address.is_secure() { self.secure()? } else { &self.plain };
        // A coded answer would not have the bytes that were hashed.
        let mut request = agent.get(address.uri().clone()).header(ACCEPT_ENCODING, "identity");
        match part {
            Part::Whole => {}
            Part::Last(length) => request = request.header(RANGE, format!("bytes=-{length}")),
            Part::First(length, validator) => {
                request = request.header(RANGE, format!("bytes=0-{}", length.saturating_sub(1)));
                if let Some(validator) = validator {
                    request = request.header(IF_RANGE, validator);
                }
            }
        }
        if let Some(credentials) = self.netrc.credentials(address).or(address.credentials()) {
            request = request.header(AUTHORIZATION, credentials.header());
        }
        let proxy = self.proxies.proxy(address)?.map(Proxy::new).transpose();
        let proxy = proxy.map_err(|error| failed(location, error))?;
        let answer = request.config().proxy(proxy).build().call();
        answer.map_err(|error| failed(location, words(error)))
    }

    /// The agent for https.
    fn secure(&self) -> Result<&Agent, Error> {
        if let Some(agent) = self.secure.get() {
            return Ok(agent);
        }
        let roots = trust::roots(&self.trust_store)?;
        Ok(self.secure.get_or_init(|| agent(Some(roots))))
    }
}

fn agent(roots: Option<RootCerts>) -> Agent {
    let mut config = Agent::config_builder()
        .user_agent(concat!("gowr/", env!("CARGO_PKG_VERSION")))
        .http_status_as_error(false)
        // Followed here: another host gets no password, and perhaps another proxy.
        .max_redirects(0)
        .max_redirects_will_error(false)
        .proxy(None)
        .timeout_connect(Some(CONNECT_TIMEOUT))
        .timeout_per_read(Some(READ_TIMEOUT))
        .timeout_per_write(Some(READ_TIMEOUT));
    if let Some(roots) = roots {
        config = config.tls_config(TlsConfig::builder().root_certs(roots).build());
    }
    config.build().new_agent()
}

fn body(
    location: &Location,
    mut response: Response<ureq::Body>,
    part: Part<'_>,
) -> Result<Body, Error> {
    let status = response.status();
    let headers = response.headers();
    let length = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    let span = match status {
        StatusCode::OK => Span::Whole(length),
        StatusCode::PARTIAL_CONTENT => range(headers, length, part)
            .ok_or_else(|| failed(location, "the server sends another range than asked for"))?,
        _ => {
            let problem = status_text(&mut response);
            return Err(match status {
                StatusCode::NOT_FOUND | StatusCode::GONE => {
                    Error::Absent { location: location.to_string(), cause: problem.into() }
                }
                _ => failed(location, problem),
            });
        }
    };
    let validator = validator(headers);
    Ok(Body { reader: Box::new(response.into_body().into_reader()), span, validator })
}

/// The range that a server says it sends, if it is the one asked for.
fn range(headers: &HeaderMap, length: Option<u64>, part: Part<'_>) -> Option<Span> {
    let range = headers.get(CONTENT_RANGE)?.to_str().ok()?.strip_prefix("bytes ")?;
    let (range, total) = range.split_once('/')?;
    let (first, last) = range.split_once('-')?;
    let (first, last): (u64, u64) = (first.parse().ok()?, last.parse().ok()?);
    let (end, total) = (last.checked_add(1)?, total.parse().ok()?);
    let is_asked_for = match part {
        Part::Whole => false,
        Part::Last(_) => end == total,
        Part::First(asked, _) => first == 0 && end == asked,
    };
    let sent = end.checked_sub(first)?;
    let is_sound = end <= total && sent > 0 && length.is_none_or(|length| length == sent);
    (is_asked_for && is_sound).then_some(Span::Part { first, end, total })
}

/// What [`IF_RANGE`] takes: a strong entity tag, else the date (RFC 9110, section 13.1.5).
fn validator(headers: &HeaderMap) -> Option<String> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let tag = text(ETAG).filter(|tag| tag.starts_with('"'));
    tag.or_else(|| text(LAST_MODIFIED)).map(str::to_owned)
}

/// The status, and what the server says about it in plain text.
fn status_text(response: &mut Response<ureq::Body>) -> String {
    let status = response.status();
    let is_text = response
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .is_some_and(|kind| kind.starts_with("text/plain"));
    let mut text = Vec::new();
    if is_text {
        // Half a reason is better than none.
        let _ = response.body_mut().as_reader().take(ERROR_TEXT_LIMIT).read_to_end(&mut text);
    }
    let text = String::from_utf8_lossy(&text);
    let line = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    let line: String = line.chars().filter(|character| !character.is_control()).take(200).collect();
    match line.as_str() {
        "" => status.to_string(),
        line => format!("{status}: {line}"),
    }
}

fn open_file(location: &Location, file: io::Result<File>, part: Part<'_>) -> Result<Body, Error> {
    let open = || {
        let mut file = file?;
        let total = file.metadata()?.len();
        let (first, end) = match part {
            Part::Whole => {
                let span = Span::Whole(Some(total));
                return Ok(Body { reader: Box::new(file), span, validator: None });
            }
            Part::Last(length) => (total.saturating_sub(length), total),
            Part::First(length, _) => (0, length.min(total)),
        };
        file.seek(SeekFrom::Start(first))?;
        let span = Span::Part { first, end, total };
        Ok(Body { reader: Box::new(file.take(end - first)), span, validator: None })
    };
    open().map_err(|error: io::Error| match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => {
            Error::Absent { location: location.to_string(), cause: error.into() }
        }
        _ => failed(location, error),
    })
}

/// The error that an answer broke off.
pub(crate) fn interrupted(location: &Location, error: io::Error) -> Error {
    failed(location, format!("the answer broke off: {}", words(error.into())))
}

/// What went wrong, in lower case as all messages are.
fn words(error: ureq::Error) -> String {
    let text = match error {
        ureq::Error::Io(error) => match error.raw_os_error() {
            Some(number) => nix::errno::Errno::from_raw(number).desc().to_owned(),
            None => error.to_string(),
        },
        ureq::Error::Timeout(_) => String::from("it took too long"),
        error => error.to_string(),
    };
    let mut characters = text.chars();
    let first = characters.next().map(|first| first.to_ascii_lowercase());
    first.into_iter().chain(characters).collect()
}

fn failed(
    location: &Location,
    cause: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> Error {
    Error::Network { location: location.to_string(), cause: cause.into() }
}
