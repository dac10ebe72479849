//! Many runs of one command, some at once, until one fails or all are done.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

use serde::Serialize;

/// What came of one run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// The exit status was 0.
    Passed,
    /// It was not, or the command could not be run.
    Failed,
    /// It was not run, because one before it failed.
    Skipped,
    /// Somebody interrupted all.
    Interrupted,
}

impl Status {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
            Self::Interrupted => "interrupted",
        }
    }
}

/// How many at once, and when to stop.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// How many at once; at least one.
    pub jobs: usize,
    /// Whether all are run, though some fail.
    pub keep_going: bool,
}

/// What happens while a matrix runs, told by the place of the run.
#[derive(Debug)]
pub enum Event<T> {
    /// A run begins.
    Began(usize),
    /// A run has ended so.
    Ended(usize, Status, T),
}

/// Runs `count` runs by `perform`, which is called by several threads, and tells of each what came of it in the order in
/// which they end. None begins any more after one that did not pass, unless the options say so; those that run already are waited
/// for. What is not told of was not run.
pub fn run<T: Send>(
    count: usize,
    options: Options,
    perform: impl Fn(usize) -> (Status, T) + Sync,
    mut listener: impl FnMut(Event<T>),
) {
    let next = AtomicUsize::new(0);
    let is_over = AtomicBool::new(false);
    let (sender, events) = mpsc::channel();
    thread::scope(|scope| {
        for _ in 0..options.jobs.clamp(1, count.max(1)) {
            let sender = sender.clone();
            let (next, is_over, perform) = (&next, &is_over, &perform);
            scope.spawn(move || {
                while !is_over.load(Ordering::SeqCst) {
                    let index = next.fetch_add(1, Ordering::SeqCst);
                    if index >= count {
                        break;
                    }
                    let _ = sender.send(Event::Began(index));
                    let (status, result) = perform(index);
                    let goes_on = match status {
                        Status::Passed => true,
                        Status::Failed | Status::Skipped => options.keep_going,
                        Status::Interrupted => false,
                    };
                    if !goes_on {
                        is_over.store(true, Ordering::SeqCst);
                    }
                    let _ = sender.send(Event::Ended(index, status, result));
                }
            });
        }
        drop(sender);
        events.into_iter().for_each(&mut listener);
    });
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;

    use super::*;

    /// What came of each; none where nothing was told.
    fn statuses(truth: &[Status], options: Options) -> Vec<Option<Status>> {
        let mut told = vec![None; truth.len()];
        let mut running = Vec::new();
        run(
            truth.len(),
            options,
            |index| (truth[index], index),
            |event| match event {
                Event::Began(index) => running.push(index),
                Event::Ended(index, status, result) => {
                    assert_eq!(index, result);
                    assert!(running.contains(&index), "it ended before it began");
                    told[index] = Some(status);
                }
            },
        );
        told
    }

    #[test]
    fn it_ends_with_the_first_that_fails_unless_told_otherwise() {
        use Status::{Failed, Interrupted, Passed};
        let of = |truth: &[Status], keep_going| statuses(truth, Options { jobs: 1, keep_going });
        let (passed, failed) = (Some(Passed), Some(Failed));
        assert_eq!(of(&[Passed, Failed, Passed], false), [passed, failed, None]);
        assert_eq!(of(&[Passed, Failed, Passed], true), [passed, failed, passed]);
        assert_eq!(of(&[Interrupted, Passed], true), [Some(Interrupted), None]);
        assert_eq!(of(&[], false), []);
        let many = vec![Passed; 50];
        let all = statuses(&many, Options { jobs: 8, keep_going: false });
        assert!(all.iter().all(|status| *status == passed));
    }

    #[test]
    fn as_many_run_at_once_as_are_let() {
        // Neither passes the barrier alone.
        let barrier = Barrier::new(2);
        let perform = |_| {
            barrier.wait();
            (Status::Passed, ())
        };
        let mut ended = 0;
        run(4, Options { jobs: 2, keep_going: false }, perform, |event| {
            ended += usize::from(matches!(event, Event::Ended(..)));
        });
        assert_eq!(ended, 4);
    }
}
