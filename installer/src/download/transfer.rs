//! A file on its way: a reader that goes on where a connection broke, if it is still the same file.

use std::fmt;
use std::io::{self, ErrorKind, Read};
use std::time::{Duration, Instant, SystemTime};

use super::answer::{Head, Span};
use super::retry::{self, Attempts, Failure};
use super::{Client, Location, Part, failed};
use crate::error::Error;

/// What is less counts as nothing, in bytes a second over the whole time-out: as cargo's `low-speed-limit`.
const LOWEST_SPEED: u64 = 10;

/// The bytes of a file, or of a part of it, as they arrive.
///
/// What a connection that breaks or stalls left out is asked for again (`Range` and `If-Range`), as long as the server
/// says by a strong entity tag or a date that it is still the same file. Its errors carry an [`Error`]
/// ([`read_error`]): [`Error::Replaced`] where it is another file now.
pub(crate) struct Download<'a> {
    client: &'a Client,
    location: &'a Location,
    head: Head,
    reader: Option<Box<dyn Read + Send>>,
    /// How far it is, from the file's beginning.
    position: u64,
    /// The largest file that is read to its end, in bytes.
    limit: u64,
    attempts: Attempts,
    /// How long the last bytes were waited for, and how many they are.
    pace: (Duration, u64),
}

impl<'a> Download<'a> {
    pub(super) fn new(
        client: &'a Client,
        location: &'a Location,
        head: Head,
        reader: Box<dyn Read + Send>,
        limit: u64,
    ) -> Result<Self, Error> {
        let position = match head.span {
            Span::Whole(_) => 0,
            Span::Part { first, .. } => first,
        };
        let attempts = Attempts::new(client.patience, client.listener.clone());
        let pace = (Duration::ZERO, 0);
        let reader = Some(reader);
        let download = Self { client, location, head, reader, position, limit, attempts, pace };
        match download.total() {
            Some(total) if total > limit => Err(download.too_large()),
            _ => Ok(download),
        }
    }

    /// Which part of the file this is.
    pub(crate) fn span(&self) -> Span {
        self.head.span
    }

    /// How large the whole file is, in bytes, where that is known.
    pub(crate) fn total(&self) -> Option<u64> {
        match self.head.span {
            Span::Whole(length) => length,
            Span::Part { total, .. } => Some(total),
        }
    }

    /// What tells versions of the file apart, for [`Part::From`].
    pub(crate) fn validator(&self) -> Option<&str> {
        self.head.validator.as_deref()
    }

    /// When the answer was made, by the server's clock.
    pub(crate) fn date(&self) -> Option<SystemTime> {
        self.head.date
    }

    /// The byte after the last.
    fn end(&self) -> Option<u64> {
        match self.head.span {
            Span::Whole(length) => length,
            Span::Part { end, .. } => Some(end),
        }
    }

    /// What the connection gives: some bytes, or none at the end. What it fails with may pass.
    fn try_read(&mut self, buffer: &mut [u8]) -> Result<usize, Failure> {
        let Some(reader) = &mut self.reader else { return Ok(0) };
        let begun = Instant::now();
        let length = loop {
            match reader.read(buffer) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if matches!(self.location, Location::File(_)) => {
                    return Err(failed(self.location, error).into());
                }
                Err(error) => return Err(Failure::broke_off(error, self.client.patience)),
                Ok(0) if self.end().is_some_and(|end| self.position < end) => {
                    let error = ErrorKind::UnexpectedEof.into();
                    return Err(Failure::broke_off(error, self.client.patience));
                }
                Ok(length) => break length,
            }
        };
        self.pace.0 += begun.elapsed();
        self.pace.1 += length as u64;
        let timeout = self.client.patience.timeout;
        if self.pace.0 >= timeout {
            let expected = timeout.as_secs().saturating_mul(LOWEST_SPEED);
            if length > 0 && self.pace.1 < expected {
                return Err(Failure::stalled(timeout));
            }
            self.pace = (Duration::ZERO, 0);
        }
        Ok(length)
    }

    /// Opens the rest of the file, from where it is.
    fn take_up(&mut self) -> Result<(), Failure> {
        self.reader = None;
        self.pace = (Duration::ZERO, 0);
        let Location::Web(address) = self.location else { return Ok(()) };
        let Some(validator) = self.head.validator.clone() else {
            return Err(self.replaced("nothing tells whether the rest would be of the same file"));
        };
        let part =
            Part::From { first: self.position, end: self.end(), validator: Some(&validator) };
        let (head, reader) = match self.client.ask(self.location, address, part) {
            Err(Failure::NoSuchPart(problem)) => return Err(self.replaced(problem)),
            answer => answer?,
        };
        let is_rest = match head.span {
            Span::Part { total, .. } => {
                head.validator.is_none_or(|found| found == validator)
                    && self.total().is_none_or(|known| known == total)
            }
            Span::Whole(length) => {
                head.validator.is_some_and(|found| found == validator)
                    && (length.is_none() || length == self.total())
            }
        };
        if !is_rest {
            return Err(self.replaced("the server has another version of it now"));
        }
        self.reader = Some(match head.span {
            Span::Part { .. } => reader,
            // A server without ranges: the beginning comes along again.
            Span::Whole(_) => Box::new(AfterFirst { reader, left: self.position }),
        });
        Ok(())
    }

    fn replaced(&self, why: &str) -> Failure {
        let (location, position) = (self.location.to_string(), self.position);
        let cause = format!("the answer broke off after {position} bytes, and {why}").into();
        Failure::Final(Error::Replaced { location, cause })
    }

    fn too_large(&self) -> Error {
        failed(self.location, format!("it is larger than {} bytes", self.limit))
    }

    fn read_or_take_up(&mut self, buffer: &mut [u8]) -> Result<usize, Error> {
        let mut result = self.try_read(buffer);
        loop {
            match result {
                Ok(length) => return Ok(length),
                Err(Failure::Final(error)) => return Err(error),
                Err(failure) => self.attempts.again(self.location, failure, self.position)?,
            }
            result = self.take_up().and_then(|()| self.try_read(buffer));
        }
    }
}

impl Read for Download<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        if self.end() == Some(self.position) {
            // Seen to its end, the connection serves for the next request.
            let _ = self.reader.take().map(|mut reader| reader.read(&mut [0]));
            return Ok(0);
        }
        let left = self.end().map_or(u64::MAX, |end| end - self.position);
        let room = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
        let length = self.read_or_take_up(&mut buffer[..room]).map_err(io::Error::other)?;
        self.position += length as u64;
        if self.position > self.limit {
            return Err(io::Error::other(self.too_large()));
        }
        Ok(length)
    }
}

impl fmt::Debug for Download<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = formatter.debug_struct("Download");
        debug.field("location", self.location).field("head", &self.head);
        debug.field("position", &self.position).finish_non_exhaustive()
    }
}

/// What comes after the first so many bytes.
struct AfterFirst {
    reader: Box<dyn Read + Send>,
    left: u64,
}

impl Read for AfterFirst {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.left > 0 {
            let room = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
            match self.reader.read(&mut buffer[..room])? {
                0 => return Err(ErrorKind::UnexpectedEof.into()),
                length => self.left -= length as u64,
            }
        }
        self.reader.read(buffer)
    }
}

/// The [`Error`] that reading a [`Download`] failed with.
pub(crate) fn read_error(location: &Location, error: io::Error) -> Error {
    match error.downcast::<Error>() {
        Ok(error) => error,
        Err(error) => failed(location, retry::broken_off(error.into())),
    }
}
