//! Why `go env` shows what nobody expected: which HOME, which variable, which file. Go asks neither systemd nor D-Bus.
//!
//! `cmd/go/internal/cfg`: the environment, then the file of `go env -w`, then `go.env` of the toolchain, then what is built
//! in; GOPATH is `$HOME/go`, unless that is GOROOT itself (`go/build.defaultGOPATH`).

use resolver::go_env;
use resolver::machine::Machine;
use resolver::path::{self, Bytes};
use resolver::real_path::real_path;
use resolver::variables::Name;

use super::{Code, Examination, Finding, file_line, note, printable, problem, shown, to_path};
use crate::problem::Evidence;

const FILE_LIMIT: usize = 1024 * 1024;

pub(super) fn check<M: Machine>(examination: &Examination<'_, M>) -> Vec<Finding> {
    [
        home_of_another(examination),
        go_env_elsewhere(examination),
        go_env_overridden(examination),
        gopath_is_goroot(examination),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// As `sudo` leaves it where it keeps HOME: root then owns what it writes into somebody's home.
fn home_of_another<M: Machine>(examination: &Examination<'_, M>) -> Option<Finding> {
    let view = examination.view();
    let home = view.variables.absolute_path(Name::Home)?;
    let user = view.machine.effective_user();
    let text = match examination.metadata(home) {
        None => String::from("is not there"),
        Some(found) if found.owner == user || examination.is_of_a_drive(home) => return None,
        Some(found) => format!("belongs to user {}, and you are {user}", found.owner),
    };
    let message = format!(
        "HOME={} {text}: GOPATH, GOCACHE and the file of `go env -w` are looked for in it",
        shown(home)
    );
    let mut found = note(Code::HomeOfAnother, message).seen(Evidence::file(to_path(home), text));
    let fix = match home_in_passwd(examination, user) {
        Some((line, text, own)) if own != home => {
            found = found.seen(file_line(b"/etc/passwd", line, text));
            format!("export HOME={}", path::shell_quoted(own))
        }
        _ => String::from("export HOME=DIR"),
    };
    Some(found.fixed_by(fix).into())
}

/// The first line of a user in `/etc/passwd`, and the home it names.
fn home_in_passwd<M: Machine>(
    examination: &Examination<'_, M>,
    user: u32,
) -> Option<(u32, Bytes, Bytes)> {
    let machine = examination.view().machine;
    let content = machine.read_file(None, b"/etc/passwd", FILE_LIMIT).ok()?.content;
    content.split(|byte| *byte == b'\n').zip(1..).find_map(|(line, number)| {
        let fields: Vec<_> = line.split(|byte| *byte == b':').collect();
        let is_theirs = *fields.get(2)? == user.to_string().as_bytes();
        is_theirs.then_some((number, line, *fields.get(5)?))
    })
}

/// GOENV, or `XDG_CONFIG_HOME`, puts the file of `go env -w` elsewhere; what was written before counts for nothing then.
fn go_env_elsewhere<M: Machine>(examination: &Examination<'_, M>) -> Option<Finding> {
    let view = examination.view();
    let home = view.variables.absolute_path(Name::Home)?;
    let usual = path::join(home, b".config/go/env");
    let (name, value) = [Name::GoEnv, Name::XdgConfigHome]
        .into_iter()
        .find_map(|name| Some((name, view.variables.get(name)?)))?;
    let written = view.machine.read_file(None, usual, FILE_LIMIT).ok()?.content;
    let first = go_env::settings(written).next()?;
    let is_same = |file| real_path(view.machine, file).ok() == real_path(view.machine, usual).ok();
    if view.places.go_env.is_some_and(is_same) {
        return None;
    }
    let instead = match view.places.go_env {
        Some(file) => format!("{} is read instead", shown(file)),
        None => String::from("none is read"),
    };
    let message = format!(
        "{name}={} in the environment: what {} says does not count, {instead}",
        printable(value),
        shown(usual),
        name = name.as_str(),
    );
    let found = note(Code::GoEnvElsewhere, message)
        .seen(Evidence::value(format!("{}={} in the environment", name.as_str(), printable(value))))
        .seen(file_line(usual, first.line, first.text));
    Some(found.fixed_by(format!("unset {}", name.as_str())).into())
}

/// `warning: go env -w GOPATH=… does not override conflicting OS environment variable`, and later no word of it.
fn go_env_overridden<M: Machine>(examination: &Examination<'_, M>) -> Option<Finding> {
    let file = examination.go_env.as_ref()?;
    let mut found = note(
        Code::GoEnvOverridden,
        format!("what {} says does not count, the environment is read first", shown(file.path)),
    );
    let mut names: Vec<String> = Vec::new();
    for written in go_env::settings(file.content) {
        let Ok(name) = std::str::from_utf8(written.name) else { continue };
        // GOROOT has its own problem, and what gowr has set for a process above is none of the user's.
        let value = match name {
            "GOROOT" => None,
            "GOCACHE" => examination.view().variables.by_user(Name::GoCache),
            "GOTOOLCHAIN" => examination.view().variables.by_user(Name::GoToolchain),
            name => (examination.patient.variable)(name),
        };
        let Some(value) = value.filter(|it| !it.is_empty() && *it != written.value) else {
            continue;
        };
        found = found
            .seen(file_line(file.path, written.line, written.text))
            .seen(Evidence::value(format!("{name}={} in the environment", printable(value))));
        if names.iter().all(|known| known != name) {
            names.push(name.to_owned());
        }
    }
    (!names.is_empty()).then(|| found.fixed_by(format!("unset {}", names.join(" "))).into())
}

/// Then GOPATH is empty by default: `module cache not found: neither GOMODCACHE nor GOPATH is set`.
fn gopath_is_goroot<M: Machine>(examination: &Examination<'_, M>) -> Option<Finding> {
    let view = examination.view();
    let root = view.choice.ok()?.toolchain.root?;
    let (gopath, evidence) = if let Some(setting) = examination.setting("GOPATH") {
        (setting.value, setting.evidence())
    } else {
        let home = view.variables.absolute_path(Name::Home)?;
        let text = format!("HOME={} in the environment", shown(home));
        (path::join(home, b"go"), Evidence::value(text))
    };
    if path::clean(gopath) != path::clean(root)
        && real_path(view.machine, gopath).ok() != real_path(view.machine, root).ok()
    {
        return None;
    }
    let message = format!(
        "{} is both the chosen Go and GOPATH, and Go takes it for no GOPATH at all",
        shown(root)
    );
    let found = problem(Code::GopathIsGoroot, message)
        .seen(evidence)
        .seen(Evidence::file(to_path(path::join(root, b"pkg/tool")), "of a GOROOT"))
        .fixed_by("go env -w GOPATH=\"$HOME/gopath\"");
    Some(found.into())
}
