//! What in the files that shells read works against gowr: an exported GOROOT, and other managers of Go.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::{User, bash, block, fish, zsh};

/// A start-up file larger than this, in bytes, is not one.
const SIZE_LIMIT: u64 = 1024 * 1024;

/// One line that a person should look at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The file.
    pub file: PathBuf,
    /// The line, counted from 1.
    pub line: u32,
    /// The line itself, without white space around it.
    pub text: String,
    /// What it is.
    pub what: What,
    /// What to do about it.
    pub advice: String,
}

/// What a line does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase", tag = "kind", content = "name")]
pub enum What {
    /// It sets GOROOT for everything.
    Goroot,
    /// It starts another manager of Go, by this name.
    Manager(&'static str),
    /// It puts one Go on PATH.
    Path,
    /// It makes the word `go` a Go for Windows.
    WindowsGo,
}

/// Tools that manage Go and nothing else, by what their installers tell people to put into these files.
const GO_MANAGERS: [(&str, &[&str]); 7] = [
    ("gvm", &[".gvm/scripts/gvm", "GVM_ROOT", ".gvm/go/bin"]),
    ("goenv", &["goenv init", "GOENV_ROOT", ".goenv/bin", ".goenv/shims", "/usr/local/goenv"]),
    ("gobrew", &[".gobrew/", "GOBREW_ROOT"]),
    ("goup", &[".goup/env", ".goup/bin", ".goup/current", ".go/current", "GOUP_HOME"]),
    ("g", &[".g/env", ".g/go/bin", "G_HOME", "/.go/bin"]),
    ("govm", &[".govm/shim"]),
    ("gimme", &[".gimme/envs", "gimme "]),
];

/// Tools that manage many languages.
const MANAGERS: [(&str, &[&str]); 4] = [
    ("asdf", &["asdf.sh", "asdf.fish", ".asdf/shims", ".asdf/bin", "ASDF_DATA_DIR"]),
    ("mise", &["mise activate", "mise/shims", "mise hook-env"]),
    ("vfox", &["vfox activate", ".vfox/shims", ".version-fox/"]),
    ("proto", &[".proto/shims", ".proto/bin", "proto activate", "PROTO_HOME"]),
];

/// Directories of one Go.
const GO_DIRECTORIES: [&str; 8] = [
    "/usr/local/go/bin",
    "/usr/lib/go-",
    "/usr/lib/go/bin",
    "/opt/go/bin",
    "/sdk/go",
    "$GOROOT/bin",
    "${GOROOT}/bin",
    "go/libexec/bin",
];

/// Looks through all files that bash, zsh and fish read when they start, and those that set the environment of a
/// session, in the order in which they are read.
pub fn find(user: &User) -> Vec<Finding> {
    let mut files = bash::read_files(user);
    files.extend(zsh::read_files(user));
    files.extend(fish::read_files(user));
    let mut seen = std::collections::HashSet::new();
    // One file by two names is read once.
    files.retain(|file| seen.insert(fs::canonicalize(file).unwrap_or_else(|_| file.clone())));
    files.iter().flat_map(|file| find_in(file)).collect()
}

fn find_in(file: &Path) -> Vec<Finding> {
    let is_readable = fs::metadata(file).is_ok_and(|it| it.is_file() && it.len() <= SIZE_LIMIT);
    let content = if is_readable { fs::read(file).unwrap_or_default() } else { Vec::new() };
    let mut findings = Vec::new();
    let mut is_ours = false;
    for (line, number) in content.split(|byte| *byte == b'\n').zip(1..) {
        is_ours |= block::is_opening(line);
        if !is_ours {
            let text = String::from_utf8_lossy(line).trim().to_owned();
            if let Some((what, advice)) = judge(&text) {
                let file = file.to_path_buf();
                findings.push(Finding { file, line: number, text, what, advice });
            }
        }
        is_ours &= !block::is_closing(line);
    }
    findings
}

fn judge(line: &str) -> Option<(What, String)> {
    if line.starts_with('#') {
        return None;
    }
    if sets_goroot(line) {
        let advice = "delete it: go finds its own GOROOT, and one from outside breaks builds";
        return Some((What::Goroot, advice.to_owned()));
    }
    if makes_windows_go(line) {
        let advice = "delete it: go.exe builds for Windows, and cannot work on the files of Linux";
        return Some((What::WindowsGo, advice.to_owned()));
    }
    let named = |table: &[(&'static str, &[&str])]| {
        let is_named = |(_, marks): &&(&str, &[&str])| marks.iter().any(|it| contains(line, it));
        table.iter().find(is_named).map(|(name, _)| *name)
    };
    if let Some(name) = named(&GO_MANAGERS) {
        let advice =
            format!("delete it: gowr chooses the Go now, and {name} may come before it on PATH");
        return Some((What::Manager(name), advice));
    }
    if let Some(name) = named(&MANAGERS) {
        let advice =
            format!("keep it for other languages, before gowr's lines; turn Go off in {name}");
        return Some((What::Manager(name), advice));
    }
    let changes_path = contains(line, "PATH") || contains(line, "fish_add_path");
    if changes_path && GO_DIRECTORIES.iter().any(|directory| contains(line, directory)) {
        let advice =
            "delete it, or keep it before gowr's lines: the first go on PATH is the one that runs";
        return Some((What::Path, advice.to_owned()));
    }
    None
}

/// Whether the mark stands there, not as the end of a longer name: `.g/env` is not in `.config/dog/env`.
fn contains(line: &str, mark: &str) -> bool {
    line.match_indices(mark).any(|(at, _)| {
        let is_name = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
        let before = line[..at].chars().next_back();
        !(mark.starts_with(is_name) && before.is_some_and(is_name))
    })
}

/// `alias go=go.exe`, `go() { go.exe "$@"; }`, `alias go '…/go.exe'`, `function go`.
fn makes_windows_go(line: &str) -> bool {
    let is_go = |rest: &str| {
        let rest = rest.trim_start();
        let after = rest.strip_prefix("go").unwrap_or_default();
        after.starts_with(|c: char| "=( ".contains(c))
    };
    let named = ["alias ", "function ", ""].iter().find_map(|word| line.strip_prefix(word));
    let is_definition =
        line.starts_with("alias ") || line.starts_with("function ") || line.contains("()");
    is_definition && named.is_some_and(is_go) && line.contains("go.exe")
}

/// `export GOROOT=…`, `declare -x GOROOT=…`, `set -gx GOROOT …`, `setenv GOROOT …`, `GOROOT DEFAULT=…`.
fn sets_goroot(line: &str) -> bool {
    let ends_word = |c: char| c.is_whitespace() || ";&|(){}".contains(c);
    let words: Vec<_> = line
        .split(ends_word)
        .filter(|word| !word.is_empty())
        .map(|word| word.trim_start_matches(['"', '\'']))
        .collect();
    // pam_env's own syntax.
    if let ["GOROOT", second, ..] = words[..]
        && (second.starts_with("DEFAULT=") || second.starts_with("OVERRIDE="))
    {
        return true;
    }
    let erases = |word: &&str| match word.strip_prefix('-') {
        Some(flags) => flags == "-erase" || (!flags.starts_with('-') && flags.contains('e')),
        None => false,
    };
    words.iter().enumerate().any(|(index, word)| {
        let before = &words[..index];
        let sets = || before.iter().any(|it| matches!(*it, "set" | "setenv" | "export"));
        word.starts_with("GOROOT=") || (*word == "GOROOT" && sets() && !before.iter().any(erases))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_go_of_windows_by_the_name_of_go() {
        for line in [
            "alias go=go.exe",
            "alias go='/mnt/c/Program Files/Go/bin/go.exe'",
            "alias go \"go.exe\"",
            "go() { go.exe \"$@\"; }",
            "function go() { /mnt/c/go/bin/go.exe \"$@\"; }",
        ] {
            assert!(matches!(judge(line), Some((What::WindowsGo, _))), "{line}");
        }
        for line in ["alias gow=go.exe", "alias go='go1.22'", "# alias go=go.exe", "go.exe version"]
        {
            assert!(judge(line).is_none(), "{line}");
        }
    }

    #[test]
    fn goroot_that_is_set() {
        for line in [
            "export GOROOT=/usr/local/go",
            "GOROOT=/usr/local/go; export GOROOT",
            "[ -d /x ] && export GOROOT=\"/x\"",
            "declare -x GOROOT=/x",
            "set -gx GOROOT /usr/local/go",
            "set --export GOROOT /x",
            "setenv GOROOT /x",
            "GOROOT DEFAULT=/x",
            "GOROOT=/x",
            "export GOROOT",
        ] {
            assert!(matches!(judge(line), Some((What::Goroot, _))), "{line}");
        }
        for line in [
            "# export GOROOT=/x",
            "unset GOROOT",
            "set -e GOROOT",
            "set --erase GOROOT",
            "echo $GOROOT",
            "export MY_GOROOT=/x",
            "export GOROOT_BOOTSTRAP=/x",
        ] {
            assert!(!matches!(judge(line), Some((What::Goroot, _))), "{line}");
        }
    }

    #[test]
    fn managers_and_paths() {
        for (line, expected) in [
            (
                "[[ -s \"$HOME/.gvm/scripts/gvm\" ]] && source \"$HOME/.gvm/scripts/gvm\"",
                What::Manager("gvm"),
            ),
            ("eval \"$(goenv init -)\"", What::Manager("goenv")),
            (". \"$HOME/.asdf/asdf.sh\"", What::Manager("asdf")),
            ("export PATH=\"${ASDF_DATA_DIR:-$HOME/.asdf}/shims:$PATH\"", What::Manager("asdf")),
            ("eval \"$(~/.local/bin/mise activate bash)\"", What::Manager("mise")),
            ("mise activate fish | source", What::Manager("mise")),
            ("[ -s \"${HOME}/.g/env\" ] && \\. \"${HOME}/.g/env\"", What::Manager("g")),
            (
                "export PATH=\"$HOME/.gobrew/current/bin:$HOME/.gobrew/bin:$PATH\"",
                What::Manager("gobrew"),
            ),
            (". \"$HOME/.goup/env\"", What::Manager("goup")),
            ("eval \"$(vfox activate bash)\"", What::Manager("vfox")),
            ("export PROTO_HOME=\"$HOME/.proto\"", What::Manager("proto")),
            ("export PATH=$PATH:/usr/local/go/bin", What::Path),
            ("fish_add_path /usr/local/go/bin", What::Path),
            ("set -gx PATH $HOME/sdk/go1.22.3/bin $PATH", What::Path),
            ("PATH=\"/usr/local/sbin:/usr/bin:/usr/local/go/bin\"", What::Path),
        ] {
            assert_eq!(judge(line).map(|(what, _)| what), Some(expected), "{line}");
        }
        for line in [
            "export PATH=$PATH:$HOME/go/bin",
            "alias compromise='mise --help'",
            "export PATH=\"$HOME/.config/dog/env:$PATH\"",
            "echo /usr/local/go/bin",
            "export GOPATH=$HOME/go",
        ] {
            assert_eq!(judge(line), None, "{line}");
        }
    }
}
