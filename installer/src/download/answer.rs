//! What a server says before it sends: whether there is something, which part of it, and which version.

use std::io::Read;
use std::time::{Duration, SystemTime};

use ureq::http::header::{
    CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, DATE, ETAG, HeaderMap,
    HeaderName, LAST_MODIFIED, RETRY_AFTER,
};
use ureq::http::{Response, StatusCode};

use super::retry::Failure;
use super::{Location, Part, failed};
use crate::error::Error;

/// What a server says about an error beyond its number.
const ERROR_TEXT_LIMIT: u64 = 4 << 10;

/// What stands before the bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Head {
    /// Which part of the file this is.
    pub(super) span: Span,
    /// What tells versions of the file apart.
    pub(super) validator: Option<String>,
    /// When the answer was made, by the server's clock.
    pub(super) date: Option<SystemTime>,
}

/// A part of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Span {
    /// All of it, and how much that is where the server says so.
    Whole(Option<u64>),
    /// The bytes from `first` up to `end`, of `total`.
    Part {
        /// The first byte.
        first: u64,
        /// The byte after the last.
        end: u64,
        /// How large the file is.
        total: u64,
    },
}

/// Judges an answer.
pub(super) fn open(
    location: &Location,
    mut response: Response<ureq::Body>,
    part: Part<'_>,
) -> Result<(Head, Box<dyn Read + Send>), Failure> {
    let status = response.status();
    let headers = response.headers();
    let length = text(headers, CONTENT_LENGTH).and_then(|length| length.parse().ok());
    let span = match status {
        StatusCode::OK => Span::Whole(length),
        StatusCode::PARTIAL_CONTENT => range(headers, length, part)
            .ok_or(Failure::NoSuchPart("the server sends another range than asked for"))?,
        StatusCode::RANGE_NOT_SATISFIABLE if part != Part::Whole => {
            return Err(Failure::NoSuchPart("the server has fewer bytes of it than it said"));
        }
        _ => {
            let wait = text(headers, RETRY_AFTER)
                .and_then(|seconds| seconds.parse().ok())
                .map(Duration::from_secs);
            let problem = status_text(&mut response);
            return Err(match status {
                StatusCode::NOT_FOUND | StatusCode::GONE => {
                    Error::Absent { location: location.to_string(), cause: problem.into() }.into()
                }
                status if passes(status) => Failure::Passing { problem, wait },
                _ => failed(location, problem).into(),
            });
        }
    };
    if let Some(coding) = foreign_coding(location, headers) {
        let problem = format!("the server sends it coded ({coding}), which nobody asked for");
        return Err(failed(location, problem).into());
    }
    let date = text(headers, DATE).and_then(|date| httpdate::parse_http_date(date).ok());
    let head = Head { span, validator: validator(headers), date };
    Ok((head, Box::new(response.into_body().into_reader())))
}

/// Whether the same request may be answered a little later.
fn passes(status: StatusCode) -> bool {
    match status {
        StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => true,
        StatusCode::NOT_IMPLEMENTED | StatusCode::HTTP_VERSION_NOT_SUPPORTED => false,
        status => status.is_server_error(),
    }
}

/// The range that a server says it sends, if it is the one asked for.
fn range(headers: &HeaderMap, length: Option<u64>, part: Part<'_>) -> Option<Span> {
    let range = text(headers, CONTENT_RANGE)?.strip_prefix("bytes ")?;
    let (range, total) = range.split_once('/')?;
    let (first, last) = range.split_once('-')?;
    let (first, last): (u64, u64) = (first.parse().ok()?, last.parse().ok()?);
    let (end, total) = (last.checked_add(1)?, total.parse().ok()?);
    let is_asked_for = match part {
        Part::Whole => false,
        Part::Last(length) => end == total && end.checked_sub(first)? <= length,
        Part::From { first: asked, end: until, .. } => {
            first == asked && end == until.unwrap_or(total)
        }
    };
    let sent = end.checked_sub(first)?;
    let is_sound = end <= total && sent > 0 && length.is_none_or(|length| length == sent);
    (is_asked_for && is_sound).then_some(Span::Part { first, end, total })
}

/// What [`range`] makes of this header where the last bytes, or those from a place on, were asked for.
#[cfg(fuzzing)]
pub(crate) fn ranges(header: &str, length: Option<u64>, asked: u64) -> Vec<(u64, u64, u64)> {
    let Ok(value) = header.parse() else { return Vec::new() };
    let headers: HeaderMap = [(CONTENT_RANGE, value)].into_iter().collect();
    let parts = [Part::Last(asked), Part::From { first: asked, end: None, validator: None }];
    let spans = parts.into_iter().filter_map(|part| range(&headers, length, part));
    let bounds = |span| match span {
        Span::Part { first, end, total } => Some((first, end, total)),
        Span::Whole(_) => None,
    };
    spans.filter_map(bounds).collect()
}

/// What `If-Range` takes: a strong entity tag, else the date (RFC 9110, section 13.1.5).
fn validator(headers: &HeaderMap) -> Option<String> {
    let tag = text(headers, ETAG).filter(|tag| tag.starts_with('"'));
    tag.or_else(|| text(headers, LAST_MODIFIED)).map(str::to_owned)
}

/// A coding of the answer that is not the file's own: Apache calls `x.tar.gz` a tar file that is coded.
fn foreign_coding<'a>(location: &Location, headers: &'a HeaderMap) -> Option<&'a str> {
    let coding = text(headers, CONTENT_ENCODING).filter(|coding| *coding != "identity")?;
    let is_own = matches!(coding, "gzip" | "x-gzip") && location.is_gzip();
    (!is_own).then_some(coding)
}

/// The status, and what the server says about it in plain text.
fn status_text(response: &mut Response<ureq::Body>) -> String {
    let status = response.status();
    let headers = response.headers();
    let is_text = text(headers, CONTENT_TYPE).is_some_and(|kind| kind.starts_with("text/plain"));
    let mut content = Vec::new();
    if is_text {
        // Half a reason is better than none.
        let _ = response.body_mut().as_reader().take(ERROR_TEXT_LIMIT).read_to_end(&mut content);
    }
    let content = String::from_utf8_lossy(&content);
    let line = content.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    let line: String = line.chars().filter(|character| !character.is_control()).take(200).collect();
    match line.as_str() {
        "" => status.to_string(),
        line => format!("{status}: {line}"),
    }
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}
