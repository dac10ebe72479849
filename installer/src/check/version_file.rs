//! `go-version-file` of actions/setup-go: the file from which a workflow reads its version.

use std::path::{Component, Path};

use resolver::gomod;
use resolver::machine::Machine;
use resolver::pin::{self, Form};
use resolver::survey::Survey;

use super::files::Files;
use super::statement::Wanted;

/// What setup-go finds in a file.
pub(super) enum VersionFile {
    Absent,
    /// What it says: the words to show, and what they ask for.
    Says(Vec<(String, Wanted)>),
}

/// Reads a `go-version-file` as setup-go does: of go.mod and go.work the `toolchain` line, else the `go` line.
pub(super) fn read<M: Machine>(
    survey: &Survey<'_, M>,
    repository: &Path,
    named: &str,
    files: &mut Files,
) -> VersionFile {
    let says = |text: &str, wanted| {
        let text = if text.is_empty() { String::new() } else { format!(": {text}") };
        VersionFile::Says(vec![(format!("go-version-file: {named}{text}"), wanted)])
    };
    let is_inside = |part| matches!(part, Component::Normal(_) | Component::CurDir);
    if named.contains("${{") || !Path::new(named).components().all(is_inside) {
        return says("", Wanted::Unknown);
    }
    let file = repository.join(named);
    if !file.exists() {
        return VersionFile::Absent;
    }
    let Some(content) = files.text(&file) else { return says("", Wanted::Unknown) };
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    if matches!(&*name, "go.mod" | "go.work") {
        let lines = gomod::scan(content.as_bytes());
        let Some(line) = lines.toolchain.filter(|it| it.value != b"default").or(lines.go) else {
            return says("", Wanted::Unknown);
        };
        let text = String::from_utf8_lossy(line.text);
        let wanted = Wanted::of_range(&String::from_utf8_lossy(line.value));
        return says(&text, wanted);
    }
    let form = if name == ".tool-versions" { Form::ToolVersions } else { Form::GoVersion };
    let content = resolver::path::keep(content.into_bytes());
    if let Ok(Some(pin)) = pin::parse(form, content, &survey.distro.names()) {
        let wanted = match pin.choices.first() {
            Some(pin::Choice::Request(request)) => Wanted::of_request(*request),
            Some(pin::Choice::System) | None => Wanted::Unknown,
        };
        return says(pin.text, wanted);
    }
    // `^1.22` is a word of setup-go's, and no pin.
    let text = std::str::from_utf8(content).unwrap_or_default().trim();
    says(text, Wanted::of_range(text))
}
