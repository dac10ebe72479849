//! Who is told of what was not chosen, and why.

use alloc::string::String;
use alloc::vec::Vec;

use crate::failure::Code;
use crate::source::Source;

/// Watches a resolution. The proxy passes `()` and pays nothing; `gowr` passes [`Losers`].
pub trait Witness {
    /// Whether every row is to be looked at, and every directory searched, though an answer is there already.
    const IS_THOROUGH: bool;

    /// Something that was found and not chosen.
    fn lost(&mut self, loser: impl FnOnce() -> Loser);
}

impl Witness for () {
    const IS_THOROUGH: bool = false;

    fn lost(&mut self, _: impl FnOnce() -> Loser) {}
}

/// Remembers every loser.
#[derive(Clone, Debug, Default)]
pub struct Losers(pub Vec<Loser>);

impl Witness for Losers {
    const IS_THOROUGH: bool = true;

    fn lost(&mut self, loser: impl FnOnce() -> Loser) {
        self.0.push(loser());
    }
}

/// Something that was found and not chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loser {
    /// What it is and where it stands.
    pub source: Source,
    /// Why it lost.
    pub reason: LoserReason,
    /// The same in words.
    pub detail: String,
}

/// Why something lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoserReason {
    /// A row before it answered.
    Shadowed,
    /// What it named is gone or has changed.
    Stale,
    /// Somebody else put it where anyone may write.
    ForeignSticky,
    /// It cannot be used: one of the error codes.
    Failed(Code),
}

impl LoserReason {
    /// The reasons that are no error codes.
    pub const OWN: [Self; 3] = [Self::Shadowed, Self::Stale, Self::ForeignSticky];

    /// The word in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Shadowed => "shadowed",
            Self::Stale => "stale",
            Self::ForeignSticky => "foreign-sticky",
            Self::Failed(code) => code.as_str(),
        }
    }
}
