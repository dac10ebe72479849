//! `gowr which --explain`: every row with a verdict, and what else a person asks about.

use resolver::cache::CacheSource;
use resolver::environment::Change;
use resolver::source::{Row, SourceKind};
use resolver::toolchain::Toolchain;
use resolver::witness::Loser;
use resolver::wsl::Wsl;
use resolver::{Resolution, distro};

use super::{Report, observations, wsl};
use crate::output;

/// The whole text.
pub(super) fn explain(report: &Report<'_>) -> Vec<u8> {
    let mut text = String::new();
    if let Ok(resolution) = &report.result {
        text += &shown(resolution.executable());
        text += "\n\n";
    }
    text += &output::columns(&rows(report));
    text.push('\n');
    text += &output::columns(&facts(report));
    if let Ok(resolution) = &report.result {
        text += &section("environment", &resolution.changes.iter().map(change).collect::<Vec<_>>());
    }
    let on_path = report.go_on_path.iter().map(|found| {
        let whose = if found.is_ours { "gowr's" } else { "" };
        [format!("{}.", found.position), shown(found.program), whose.to_owned()]
    });
    text += &section("go on PATH", &on_path.collect::<Vec<_>>());
    let warnings = report.warnings.iter().map(|warning| {
        let fix = format!("run: {}", warning.fix);
        [warning.code.to_owned(), warning.message.clone(), fix]
    });
    text += &section("warnings", &warnings.collect::<Vec<_>>());
    text.into_bytes()
}

fn section<const COUNT: usize>(title: &str, rows: &[[String; COUNT]]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let lines = output::columns(rows);
    let lines = lines.lines().map(|line| format!("  {line}\n"));
    format!("\n{title}:\n{}", lines.collect::<String>())
}

/// The table: a mark, the row's number, its title and its verdict.
fn rows(report: &Report<'_>) -> Vec<[String; 4]> {
    let mut lines = Vec::new();
    let failed = report.result.as_ref().err().map(|failure| {
        // What has no row, such as a configuration that cannot be read, stops everything.
        (failure.source.and_then(|source| source.row), failure.message())
    });
    for row in Row::ALL {
        let mut verdicts = Vec::new();
        match (&report.result, &failed) {
            (Ok(resolution), _) if resolution.row == row => {
                verdicts.push((">", winner(resolution)));
            }
            (_, Some((Some(failed), message))) if *failed == row => {
                verdicts.push(("!", message.clone()));
            }
            _ => {}
        }
        verdicts.extend(report.losers.iter().filter(|it| it.source.row == Some(row)).map(loser));
        if verdicts.is_empty() {
            let is_behind =
                failed.as_ref().is_some_and(|(failed, _)| failed.is_none_or(|it| it < row));
            verdicts.push(("", String::from(if is_behind { "not looked at" } else { "nothing" })));
        }
        for (index, (mark, verdict)) in verdicts.into_iter().enumerate() {
            let (number, title) = match index {
                0 => (format!("{:2}", row.number()), row.title()),
                _ => (String::from("  "), ""),
            };
            lines.push([format!("{mark:1}"), number, title.to_owned(), verdict]);
        }
    }
    lines
}

fn winner(resolution: &Resolution) -> String {
    let what = toolchain(resolution.toolchain);
    let place = resolution.source.place();
    match (resolution.source.kind, place) {
        (SourceKind::GoMod | SourceKind::GoWork, Some(place)) => {
            format!("{what}, raised by {place}")
        }
        (_, Some(place)) => format!("{what}, by {place}"),
        (_, None) => format!(
            "{what} in {}",
            shown(resolution.toolchain.root.unwrap_or(resolution.executable()))
        ),
    }
}

fn loser(loser: &Loser) -> (&'static str, String) {
    let verdict = match loser.source.place().filter(|place| !loser.detail.contains(place)) {
        Some(place) => format!("{}: {place} ({})", loser.reason.as_str(), loser.detail),
        None => format!("{}: {}", loser.reason.as_str(), loser.detail),
    };
    ("", verdict)
}

fn toolchain(toolchain: &Toolchain) -> &str {
    toolchain.version.map_or("a Go of unknown version", |name| name.as_str())
}

fn facts(report: &Report<'_>) -> Vec<[String; 2]> {
    let mut facts = Vec::new();
    let mut fact = |title: &str, text: String| facts.push([format!("{title}:"), text]);
    if let Ok(resolution) = &report.result {
        fact("floor", floor(resolution));
        if let Some(name) = report.survey.as_ref().and_then(|it| resolution.will_switch(it)) {
            fact("switch", format!("Go itself will switch to {name}"));
        }
        fact("cache", cache(resolution));
    }
    let wsl = observations::wsl(report.context);
    fact("distro", distro_line(report, wsl));
    for (title, text) in wsl::facts(report.context, wsl) {
        fact(title, text);
    }
    facts
}

fn floor(resolution: &Resolution) -> String {
    let Some(need) = resolution.need else { return String::from("none") };
    let verdict = if resolution.is_floor_satisfied() { "satisfied" } else { "not satisfied" };
    format!("{}:{}: {} ({verdict})", shown(need.file), need.line, need.text)
}

fn cache(resolution: &Resolution) -> String {
    let cache = &resolution.cache;
    let whose = match cache.source {
        CacheSource::Distro if cache.is_ours => String::from("of this distro"),
        CacheSource::Distro => String::from("Go's own choice"),
        CacheSource::Environment => String::from("GOCACHE in the environment"),
        CacheSource::GoEnvFile | CacheSource::UserConfiguration => {
            let line = cache.line.map(|line| format!(":{line}")).unwrap_or_default();
            format!("{}{line}", shown(cache.file.unwrap_or_default()))
        }
        CacheSource::None => return String::from("none: neither HOME nor XDG_CACHE_HOME is set"),
    };
    format!("{} ({whose})", shown(cache.path.unwrap_or_default()))
}

fn distro_line(report: &Report<'_>, wsl: Option<Wsl>) -> String {
    let context = report.context;
    let libc = distro::libc(context.machine);
    let mut facts = vec![libc.map_or("unknown C library", distro::Libc::as_str).to_owned()];
    if let Some(wsl) = wsl {
        facts.push(format!("WSL{} {}", wsl.version, wsl.exact_name().unwrap_or_default()));
    }
    if let Some(container) = observations::container(context) {
        facts.push(format!("{} {}", container.kind.as_str(), container.name.unwrap_or_default()));
    }
    let facts: Vec<_> = facts.iter().map(|fact| fact.trim_end()).collect();
    format!("{} ({})", context.distro().key, facts.join(", "))
}

fn change(change: &Change) -> [String; 2] {
    let what = match change.value {
        Some(value) => format!("{}={}", change.name.as_str(), shown(value)),
        None => format!("{} unset", change.name.as_str()),
    };
    [change.reason.as_str().to_owned(), what]
}

pub(super) fn shown(path: &[u8]) -> String {
    String::from_utf8_lossy(path).into_owned()
}
