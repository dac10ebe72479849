//! bash, and every other shell that reads `~/.profile`.

use std::path::{Path, PathBuf};

use super::quote;
use super::{Shell, User};

/// The files that bash reads first when it logs in: only the first there is.
const LOGIN_FILES: [&str; 3] = [".bash_profile", ".bash_login", ".profile"];

/// The code that puts a directory first on PATH: for sh, bash and zsh, without other programs, also under
/// `set -eu`. Elements that are empty (the current directory) are kept.
pub(super) fn environment(bin: &Path) -> Vec<u8> {
    let head = b"# Written by `gowr setup`: puts gowr's programs first on PATH, once.\ngowr_bin=";
    let tail = br#"
gowr_path=":${PATH-}:"
while :; do
    case $gowr_path in
    *":$gowr_bin:"*) gowr_path=${gowr_path%%":$gowr_bin:"*}:${gowr_path#*":$gowr_bin:"} ;;
    *) break ;;
    esac
done
gowr_path=${gowr_path#:}
gowr_path=${gowr_path%:}
PATH=$gowr_bin${gowr_path:+:$gowr_path}
export PATH
unset gowr_bin gowr_path
"#;
    [head, &quote::posix(bin)[..], tail].concat()
}

/// The lines that run that code; `if` rather than `&&`, so that a missing file is no failure.
pub(super) fn lines(environment: &Path, home: &Path) -> Vec<u8> {
    let file = quote::posix_from_home(environment, home);
    [b"if [ -r ", &file[..], b" ]; then . ", &file, b"; fi\n"].concat()
}

/// The files to put them in.
///
/// `~/.profile` serves sh and graphical sessions, and bash where it has no login file of its own. `~/.bashrc` serves
/// shells that do not log in.
pub(super) fn files(user: &User) -> Vec<PathBuf> {
    let mut files = vec![user.home.join(".profile")];
    let login = LOGIN_FILES.map(|name| user.home.join(name)).into_iter().find(|file| file.exists());
    if let Some(login) = login.filter(|login| !files.contains(login)) {
        files.push(login);
    }
    let bashrc = user.home.join(".bashrc");
    if user.shells.contains(&Shell::Bash) || bashrc.exists() {
        files.push(bashrc);
    }
    files
}

/// All files that may hold those lines, whatever is there now.
pub(super) fn possible_files(user: &User) -> Vec<PathBuf> {
    LOGIN_FILES.iter().chain(&[".bashrc"]).map(|name| user.home.join(name)).collect()
}

/// All files that are read when such a shell starts, those of the system first.
pub(super) fn read_files(user: &User) -> Vec<PathBuf> {
    let mut files = vec![
        user.system.join("etc/environment"),
        user.system.join("etc/profile"),
        user.system.join("etc/bash.bashrc"),
        user.system.join("etc/bashrc"),
    ];
    files.extend(super::files_in(&user.system.join("etc/profile.d"), "sh"));
    files.push(user.home.join(".pam_environment"));
    files.extend(super::files_in(&user.configuration.join("environment.d"), "conf"));
    files.extend(possible_files(user));
    files.push(user.home.join(".bash_aliases"));
    files
}
