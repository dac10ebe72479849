//! What is not wrong, but odd.

use std::fs;
use std::io::Read;
use std::path::Path;

use resolver::machine::{Follow, Machine};
use resolver::path::{self, Bytes};
use resolver::source::Row;
use resolver::survey::Survey;
use resolver::variables::Name;
use resolver::{Resolution, version};
use serde::Serialize;
use shim::machine::LinuxMachine;
use shim::proxy_version;

use super::observations;
use crate::context::{Context, ignored_home_message, to_path};

/// A proxy has some dozen KiB; a real Go is no file to be read whole.
const PROXY_LIMIT: u64 = 1024 * 1024;
const MISE_LIMIT: usize = 1024 * 1024;
/// Where mise looks in a directory (`mise.jdx.dev/configuration.html`).
const MISE_FILES: [&str; 6] = [
    "mise.local.toml",
    ".mise.local.toml",
    "mise.toml",
    ".mise.toml",
    ".config/mise.toml",
    "mise/config.toml",
];

/// A closed set, each with its paragraph in the book.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Code {
    /// Another `go` comes first on PATH.
    ShadowedOnPath,
    /// No `go` of gowr's is on PATH.
    NotOnPath,
    /// The `go` beside this gowr is of another version.
    VersionMismatch,
    /// `GOWR_HOME` is relative.
    GowrHomeIgnored,
    /// A directory of the XDG base directory specification is relative.
    XdgRelative,
    /// GOROOT is in the environment.
    ExportedGoroot,
    /// go.mod or go.work needs a newer Go than the one chosen.
    Floor,
    /// A mise.toml pins Go, which gowr does not read.
    Mise,
}

impl Code {
    /// Every code, in the order of the book.
    #[cfg(test)]
    pub(super) const ALL: [Self; 8] = [
        Self::ShadowedOnPath,
        Self::NotOnPath,
        Self::VersionMismatch,
        Self::GowrHomeIgnored,
        Self::XdgRelative,
        Self::ExportedGoroot,
        Self::Floor,
        Self::Mise,
    ];

    /// The word in JSON.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::ShadowedOnPath => "shadowed-on-path",
            Self::NotOnPath => "not-on-path",
            Self::VersionMismatch => "version-mismatch",
            Self::GowrHomeIgnored => "gowr-home-ignored",
            Self::XdgRelative => "xdg-relative",
            Self::ExportedGoroot => "exported-goroot",
            Self::Floor => "floor",
            Self::Mise => "mise",
        }
    }
}

/// One oddity.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Warning {
    pub(super) code: Code,
    /// What is odd.
    pub(super) message: String,
    /// The command that mends it.
    pub(super) fix: String,
}

/// All of them.
pub(super) fn collect(
    context: &Context,
    survey: Option<&Survey<'static, LinuxMachine>>,
    resolution: Option<&Resolution>,
) -> Vec<Warning> {
    let mut warnings = Vec::new();
    warnings.extend(on_path(context));
    warnings.extend(version_mismatch(context));
    warnings.extend(context.ignored_home().map(|home| Warning {
        code: Code::GowrHomeIgnored,
        message: ignored_home_message(home),
        fix: String::from("unset GOWR_HOME"),
    }));
    for name in [Name::XdgCacheHome, Name::XdgConfigHome, Name::XdgDataHome] {
        warnings.extend(relative_directory(context, name));
    }
    warnings.extend(exported_goroot(context));
    if let (Some(survey), Some(resolution)) = (survey, resolution) {
        warnings.extend(floor(survey, resolution));
    }
    warnings.extend(survey.and_then(mise));
    warnings
}

fn on_path(context: &Context) -> Option<Warning> {
    let found = observations::go_on_path(context);
    let first_of_ours = found.iter().find(|it| it.is_ours);
    let (code, message) = match (found.first(), first_of_ours) {
        (Some(first), _) if first.is_ours => return None,
        (Some(first), Some(ours)) => (
            Code::ShadowedOnPath,
            format!("{} comes before {} on PATH", shown(first.program), shown(ours.program)),
        ),
        (Some(first), None) => (
            Code::ShadowedOnPath,
            format!("go is {} by PATH, and gowr's is not there", shown(first.program)),
        ),
        (None, _) => (Code::NotOnPath, String::from("there is no go on PATH")),
    };
    Some(Warning { code, message, fix: String::from("gowr setup") })
}

fn version_mismatch(context: &Context) -> Option<Warning> {
    let program = path::join(context.directory, b"go");
    let mut bytes = Vec::new();
    let file = fs::File::open(to_path(program)).ok()?;
    file.take(PROXY_LIMIT).read_to_end(&mut bytes).ok()?;
    let theirs = proxy_version::find(&bytes)?;
    let ours = env!("CARGO_PKG_VERSION");
    (theirs != ours).then(|| Warning {
        code: Code::VersionMismatch,
        message: format!("{} is of gowr {theirs}, and gowr is {ours}", shown(program)),
        fix: String::from("gowr setup"),
    })
}

fn relative_directory(context: &Context, name: Name) -> Option<Warning> {
    let value = context.variables.get(name).filter(|value| !path::is_absolute(value))?;
    let name = name.as_str();
    Some(Warning {
        code: Code::XdgRelative,
        message: format!("{name}={} is not an absolute path, and counts as none", shown(value)),
        fix: format!("unset {name}"),
    })
}

fn exported_goroot(context: &Context) -> Option<Warning> {
    let value = context.variables.get(Name::GoRoot)?;
    Some(Warning {
        code: Code::ExportedGoroot,
        message: format!(
            "GOROOT={} is in the environment, and misleads any other go",
            shown(value)
        ),
        fix: String::from("unset GOROOT"),
    })
}

fn floor(survey: &Survey<'static, LinuxMachine>, resolution: &Resolution) -> Option<Warning> {
    let need = resolution.need.filter(|_| !resolution.is_floor_satisfied())?;
    let chosen =
        resolution.toolchain.version.map_or("an unknown Go", version::ToolchainName::as_str);
    let by = match resolution.source.place() {
        Some(place) => format!("{chosen} of {place}"),
        None => format!("{chosen}, the default"),
    };
    let switch = match resolution.will_switch(survey) {
        Some(name) => format!("; it will switch to {name}"),
        None => String::new(),
    };
    let verb = if resolution.row == Row::ProjectPin { "pin" } else { "install" };
    Some(Warning {
        code: Code::Floor,
        message: format!(
            "{}:{} needs go {}, and here runs {by}{switch}",
            shown(need.file),
            need.line,
            need.version
        ),
        fix: format!("gowr {verb} {}", need.version),
    })
}

/// The nearest mise.toml that pins Go.
fn mise(survey: &Survey<'static, LinuxMachine>) -> Option<Warning> {
    let directory = to_path(survey.project.directory());
    directory.ancestors().filter(|it| it.is_absolute()).find_map(|directory| {
        MISE_FILES.iter().find_map(|name| mise_file(survey.machine, &directory.join(name)))
    })
}

fn mise_file(machine: &LinuxMachine, file: &Path) -> Option<Warning> {
    let file = crate::context::to_bytes(file);
    machine.metadata(None, file, Follow::Links).ok()?;
    let content = machine.read_file(None, file, MISE_LIMIT).ok()?.content;
    let (line, request) = go_of_mise(content)?;
    let pin = match version::Request::parse_version(&request) {
        Some(request) => format!("gowr pin {request}"),
        None => String::from("gowr pin VERSION"),
    };
    Some(Warning {
        code: Code::Mise,
        message: format!("{}:{line} pins Go for mise; gowr does not read it", shown(file)),
        fix: pin,
    })
}

/// The line of `[tools]` that is Go's, and what it asks for, as far as one can tell without a parser of TOML.
fn go_of_mise(content: Bytes) -> Option<(usize, String)> {
    let content = String::from_utf8_lossy(content);
    let mut section = "";
    for (line, number) in content.lines().zip(1..) {
        let line = line.trim();
        if let Some(name) = line.strip_prefix('[') {
            section = name.split(']').next().unwrap_or_default().trim();
            continue;
        }
        let Some((key, value)) = line.split_once('=') else { continue };
        let key = key.trim().replace(['"', '\''], "");
        let key = match section {
            "" => key.strip_prefix("tools.").map(str::to_owned),
            "tools" => Some(key),
            _ => None,
        };
        if matches!(key.as_deref(), Some("go" | "golang" | "core:go")) {
            let is_quote = |c: char| matches!(c, '"' | '\'');
            let request = value.split(is_quote).nth(1).unwrap_or_default();
            return Some((number, request.to_owned()));
        }
    }
    None
}

fn shown(path: &[u8]) -> String {
    String::from_utf8_lossy(path).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_spelled_alike() {
        for code in Code::ALL {
            let json = serde_json::to_value(code).expect("a word");
            assert_eq!(json, code.as_str());
        }
    }

    #[test]
    fn go_in_mise_toml() {
        for (content, expected) in [
            ("[tools]\nnode = '20'\ngo = \"1.22\"\n", Some((3, "1.22"))),
            ("tools.go = '1.22.3'\n", Some((1, "1.22.3"))),
            ("[tools]\n\"core:go\" = { version = \"1.21\" }\n", Some((2, "1.21"))),
            ("[tools]\ngo = [\"1.22\", \"1.21\"]", Some((2, "1.22"))),
            ("[env]\ngo = \"x\"\n[tools]\n# go = \"1\"\ngofumpt = \"1\"\n", None),
            ("", None),
        ] {
            let found = go_of_mise(content.as_bytes());
            let found = found.as_ref().map(|(line, request)| (*line, request.as_str()));
            assert_eq!(found, expected, "{content}");
        }
    }
}
