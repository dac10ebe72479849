//! What is shown while a matrix runs: a live table on a terminal; elsewhere each line when its run has ended.

use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use installer::matrix::Status;

use crate::error::CommandError;
use crate::output;

/// How often the seconds of a run are counted on.
const TICK: Duration = Duration::from_millis(200);

pub(super) struct Table {
    width: usize,
    labels: Vec<String>,
    /// Whether lines are data; else nothing of it is.
    has_lines: bool,
    lines: Vec<Option<String>>,
    live: Option<Live>,
}

struct Live {
    all: MultiProgress,
    bars: Vec<ProgressBar>,
}

impl Table {
    pub(super) fn new(labels: &[String], has_lines: bool) -> Self {
        let width = labels.iter().map(|label| label.chars().count()).max().unwrap_or(0);
        let live = std::io::stderr().is_terminal().then(|| Live::new(labels, width));
        let lines = vec![None; labels.len()];
        Self { width, labels: labels.to_vec(), has_lines, lines, live }
    }

    pub(super) fn began(&mut self, index: usize) {
        if let Some(live) = &self.live {
            let bar = &live.bars[index];
            bar.reset_elapsed();
            bar.set_style(style("{prefix}  {spinner} running  {elapsed}"));
            bar.enable_steady_tick(TICK);
        }
    }

    /// Shows text that is not data.
    pub(super) fn show(&self, text: &str) {
        match &self.live {
            Some(live) => live.all.suspend(|| output::say(text)),
            None => output::say(text),
        }
    }

    pub(super) fn ended(
        &mut self,
        index: usize,
        status: Status,
        elapsed: Option<Duration>,
        detail: Option<String>,
    ) -> Result<(), CommandError> {
        let label = &self.labels[index];
        let padding = self.width.saturating_sub(label.chars().count());
        let elapsed = elapsed.map(|it| format!("  {:.1} s", it.as_secs_f64())).unwrap_or_default();
        let detail = detail.map(|it| format!("  {it}")).unwrap_or_default();
        let result = format!("{}{elapsed}{detail}", status.as_str());
        let line = format!("{label}{:padding$}  {result}\n", "");
        if let Some(live) = &self.live {
            live.bars[index].set_style(style("{prefix}  {msg}"));
            live.bars[index].finish_with_message(result);
            self.lines[index] = Some(line);
            return Ok(());
        }
        if self.has_lines { output::data(line.as_bytes()) } else { Ok(()) }
    }

    /// The live table gives way to one that stays.
    pub(super) fn finish(self) -> Result<(), CommandError> {
        let Some(live) = self.live else { return Ok(()) };
        let _ = live.all.clear();
        if !self.has_lines {
            return Ok(());
        }
        output::data(self.lines.into_iter().flatten().collect::<String>().as_bytes())
    }
}

impl Live {
    fn new(labels: &[String], width: usize) -> Self {
        let all = MultiProgress::with_draw_target(ProgressDrawTarget::stderr());
        let bar = |label: &String| {
            let bar = all.add(ProgressBar::new_spinner());
            bar.set_style(style("{prefix}"));
            bar.set_prefix(format!("{label:width$}"));
            bar.tick();
            bar
        };
        let bars = labels.iter().map(bar).collect();
        Self { all, bars }
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner())
}
