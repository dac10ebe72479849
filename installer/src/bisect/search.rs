//! Which release to try next, from what is known of the others.

use super::Verdict;

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// Try the release at this place.
    Try(usize),
    /// The release at an end is not what it was said to be: its place, and what it was said to be.
    WrongEnd(usize, Verdict),
    /// Nothing: this is the answer.
    Found(Answer),
}

/// Where the result changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The place of the last release that is as the older end.
    pub last: usize,
    /// The place of the first release that is as the newer end, if none before it had to be skipped; else it may be any
    /// after `last` up to this.
    pub first: usize,
}

impl Answer {
    /// Whether skipped releases leave it open which one it is.
    pub fn is_open(&self) -> bool {
        self.first - self.last > 1
    }
}

/// What to do next, from the older end to the newer; at least two releases. `older` is the verdict that the older end
/// must have.
///
/// Both ends are tried before any between them: an answer rests on them.
pub(super) fn next(verdicts: &[Option<Verdict>], older: Verdict) -> Next {
    let newer = opposite(older);
    let ends = [(0, older), (verdicts.len() - 1, newer)];
    for (end, expected) in ends {
        match verdicts[end] {
            None => return Next::Try(end),
            Some(verdict) if verdict != expected => return Next::WrongEnd(end, expected),
            Some(_) => {}
        }
    }
    let answer = bounds(verdicts, older);
    // The one nearest to the middle of which nothing is known. A skipped one is gone round.
    let untried = (answer.last + 1..answer.first).filter(|index| verdicts[*index].is_none());
    let middle = answer.last + (answer.first - answer.last) / 2;
    match untried.min_by_key(|index| index.abs_diff(middle)) {
        Some(index) => Next::Try(index),
        None => Next::Found(answer),
    }
}

/// How many steps are left, if all goes well.
pub(super) fn remaining(verdicts: &[Option<Verdict>], older: Verdict) -> u32 {
    let answer = bounds(verdicts, older);
    let between = answer.last + 1..answer.first;
    let untried = between.filter(|index| verdicts[*index].is_none()).count();
    let ends = [0, verdicts.len() - 1].into_iter().filter(|end| verdicts[*end].is_none()).count();
    usize::BITS - untried.leading_zeros() + u32::try_from(ends).unwrap_or(0)
}

/// The narrowest pair that is known: the first release as the newer end, and the last before it as the older end.
fn bounds(verdicts: &[Option<Verdict>], older: Verdict) -> Answer {
    let newer = opposite(older);
    let last_place = verdicts.len() - 1;
    let is = |index: usize, verdict| verdicts[index] == Some(verdict);
    let first = (1..last_place).find(|index| is(*index, newer)).unwrap_or(last_place);
    let last = (0..first).rev().find(|index| is(*index, older)).unwrap_or(0);
    Answer { last, first }
}

fn opposite(verdict: Verdict) -> Verdict {
    if verdict == Verdict::Good { Verdict::Bad } else { Verdict::Good }
}
