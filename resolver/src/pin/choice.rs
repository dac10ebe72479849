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
    pub(crate) fn of(scalar: &Scalar<'_>) -> Result<Self, Error> {
        Self::parse(scalar.text)
            .ok_or_else(|| Error::at(scalar, NO_CHOICE, Hint::Choice).about(scalar.text))
    }
}

/// What is wrong with a text that is no choice.
pub(super) const NO_CHOICE: &str = "is neither a version nor a name";
