//! How far a download is: a bar on a terminal, a line elsewhere.

use std::error::Error as _;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use indicatif::{HumanBytes, ProgressBar, ProgressDrawTarget, ProgressStyle};
use installer::error::Error;
use installer::source::Progress;
use installer::support_status;
use resolver::version::ToolchainName;

use crate::output;

const BAR: &str = "{msg} {bar:30} {bytes}/{total_bytes} {bytes_per_sec} {eta}";
const SPINNER: &str = "{msg} {spinner} {bytes} {bytes_per_sec}";

/// What is shown while something is downloaded.
#[derive(Clone, Default)]
pub(crate) struct Display(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    title: String,
    bar: Option<ProgressBar>,
    /// Where the list of releases is kept.
    releases: Option<PathBuf>,
}

impl Display {
    /// Says what is downloaded next.
    pub(crate) fn set_title(&self, title: &str) {
        self.change(|state| title.clone_into(&mut state.title));
    }

    /// Lets lists of releases be kept in this file.
    pub(crate) fn keep_releases(&self, file: PathBuf) {
        self.change(|state| state.releases = Some(file));
    }

    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Progress for Display {
    fn start(&self, total: Option<u64>) {
        self.change(|state| {
            if !std::io::stderr().is_terminal() {
                let size =
                    total.map(|total| format!(" ({})", HumanBytes(total))).unwrap_or_default();
                output::say(&format!("downloading {}{size}", state.title));
                return;
            }
            let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::stderr());
            let template = if total.is_some() { BAR } else { SPINNER };
            let style =
                ProgressStyle::with_template(template).map(|style| style.progress_chars("=> "));
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar.set_message(state.title.clone());
            state.bar = Some(bar);
        });
    }

    fn advance(&self, bytes: u64) {
        self.change(|state| state.bar.as_ref().inspect(|bar| bar.inc(bytes)).is_some());
    }

    fn finish(&self) {
        self.change(|state| {
            if let Some(bar) = state.bar.take() {
                bar.finish_and_clear();
            }
        });
    }

    fn retrying(&self, location: &str, problem: &str, wait: Duration) {
        let seconds = wait.as_secs_f64();
        let text = format!("trying again in {seconds:.1} s: {location}: {problem}");
        self.change(|state| match &state.bar {
            Some(bar) => bar.suspend(|| output::say(&text)),
            None => output::say(&text),
        });
    }

    fn listed(&self, releases: &[ToolchainName]) {
        if let Some(file) = self.change(|state| state.releases.clone()) {
            // Best effort: without it, less is known of what is out of support.
            let _ = support_status::remember(&file, releases, SystemTime::now());
        }
    }

    fn passed_over(&self, archive: &Path, error: &Error) {
        let cause = error.source().map(|cause| format!(": {cause}")).unwrap_or_default();
        output::warn(&format!("{} is not used: {error}{cause}", archive.display()));
    }
}
