//! The GOROOT that `GoLand` keeps for a project: it wants a directory, and takes neither a program that stands for one nor
//! what has moved.

use resolver::machine::Machine;
use resolver::path::{self, Bytes};
use resolver::toolchain;

use super::{Code, Examination, Finding, file_line, note, shown};

const FILE_LIMIT: usize = 4 * 1024 * 1024;
/// `<component name="GOROOT" url="file:///usr/local/go" />`.
const COMPONENT: &str = "<component name=\"GOROOT\"";

pub(super) fn check<M: Machine>(examination: &Examination<'_, M>) -> Option<Finding> {
    let view = examination.view();
    let chosen = view.choice.ok()?.toolchain;
    let (file, content) = workspace(examination)?;
    let (text, number) = content
        .split(|byte| *byte == b'\n')
        .zip(1..)
        .find(|(line, _)| String::from_utf8_lossy(line).contains(COMPONENT))?;
    let line = String::from_utf8_lossy(text);
    let url = line.split("url=\"").nth(1)?.split('"').next()?;
    let root = directory(url, view.variables.absolute_path(resolver::variables::Name::Home))?;
    let message = if examination.metadata(root).is_none() {
        format!("GoLand looks for its Go in {}, and nothing is there", shown(root))
    } else if !examination.is_directory(path::join(root, b"pkg/tool")) {
        format!("GoLand looks for its Go in {}, which is not a valid home for Go SDK", shown(root))
    } else {
        let there = toolchain::version_of(toolchain::first_line_of_version(view.machine, root)?)?;
        let version = chosen.version.filter(|version| *version != there)?;
        format!("GoLand uses {there} here, and gowr {version}")
    };
    let found = note(Code::GolandGoroot, message).seen(file_line(file, number, text));
    Some(found.fixed_by("gowr link ~/go-sdk").into())
}

/// The nearest `.idea` that has one, as `GoLand` opens a directory.
fn workspace<M: Machine>(examination: &Examination<'_, M>) -> Option<(Bytes, Bytes)> {
    let mut level = Some(examination.view().survey?.project.directory());
    while let Some(directory) = level.filter(|directory| path::is_absolute(directory)) {
        let file = path::join(directory, b".idea/workspace.xml");
        if let Ok(read) = examination.view().machine.read_file(None, file, FILE_LIMIT) {
            return Some((file, read.content));
        }
        level = path::parent(directory);
    }
    None
}

/// The directory here that `GoLand` means; none where it is one of Windows. From Windows, this distro's files are in
/// `//wsl.localhost/NAME/`, or `//wsl$/NAME/` as it was.
fn directory(url: &str, home: Option<Bytes>) -> Option<Bytes> {
    let text = url.strip_prefix("file://")?.replace('\\', "/");
    let text = match (text.strip_prefix("$USER_HOME$"), home) {
        (Some(rest), Some(home)) => format!("{}{rest}", shown(home)),
        _ => text,
    };
    let inside = ["wsl.localhost/", "wsl$/"].into_iter().find_map(|mark| {
        text.trim_start_matches('/').strip_prefix(mark)?.split_once('/').map(|(_, rest)| rest)
    });
    let path = inside.map_or_else(|| text.clone(), |rest| format!("/{rest}"));
    path.starts_with('/').then(|| path::keep(path.into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_goland_looks() {
        for (url, expected) in [
            ("file:///usr/local/go", Some("/usr/local/go")),
            ("file://$USER_HOME$/sdk/go1.22.3", Some("/h/sdk/go1.22.3")),
            ("file:////wsl$/Ubuntu/usr/local/go", Some("/usr/local/go")),
            ("file://\\\\wsl.localhost\\Ubuntu\\usr\\local\\go", Some("/usr/local/go")),
            ("file://C:/Program Files/Go", None),
            ("", None),
        ] {
            let found = directory(url, Some(b"/h"));
            assert_eq!(found, expected.map(str::as_bytes), "{url}");
        }
    }
}
