//! One thing a pin or a default may ask for.

use crate::user_file::{Error, Hint};
use crate::version::Request;
use crate::yaml::Scalar;

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
    pub(crate) fn of(scalar: &Scalar<'_>) -> Result<Self, &'static Error> {
        match Self::parse(scalar.text) {
            Some(choice) => Ok(choice),
            None => Err(Error::about(scalar, NO_CHOICE, Hint::Choice)),
        }
    }
}

/// What is wrong with a text that is no choice.
pub(super) const NO_CHOICE: &str = "is neither a version nor a name";
