//! One thing a pin or a default may ask for.

use crate::user_file::{Error, Hint};
use crate::version::Request;
use crate::yaml::Scalar;
use alloc::string::String;

/// One thing a pin or a default may ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// `system`: as if nothing had been asked for here.
    System,
    /// A version or a registered name.
    Request(Request),
}

impl Choice {
    /// Parses `system`, a version or a name.
    pub fn parse(text: &str) -> Option<Self> {
        if text == "system" { Some(Self::System) } else { Request::parse(text).map(Self::Request) }
    }

    /// Parses a value in a file of our own grammar.
    pub(crate) fn of(scalar: &Scalar<'_>) -> Result<Self, Error> {
        Self::parse(scalar.text)
            .ok_or_else(|| Error::at(scalar, NO_CHOICE, Hint::Choice).about(scalar.text))
    }
}

/// What is wrong with a text that is no choice.
pub(super) const NO_CHOICE: &str = "is neither a version nor a name";

/// The way out for such a text.
pub(crate) fn way_out(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let version = lower.trim_start_matches("prefix:").trim_start_matches("go-");
    let version = version.trim_start_matches(['^', '~', '>', '<', '=', 'v']).trim_end_matches(".*");
    if Request::parse_version(version).is_some() {
        ["write ", version].concat()
    } else if lower.starts_with("ref:") || lower.contains(['/', '~', '\\']) || lower == ".." {
        String::from("run gowr adopt DIR --name NAME, then write NAME")
    } else {
        String::from("write a version such as 1.22 or 1.22.3")
    }
}
