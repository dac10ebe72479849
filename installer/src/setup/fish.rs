//! fish.

use std::path::{Path, PathBuf};

use super::quote;
use super::{Shell, User};

/// The code that puts a directory first on PATH.
pub(super) fn environment(bin: &Path) -> Vec<u8> {
    let head =
        b"# Written by `gowr setup`: puts gowr's programs first on PATH, once.\nset -l gowr_path ";
    let tail = br#"
set -l gowr_entry
for gowr_entry in $PATH
    if test "$gowr_entry" != "$gowr_path[1]"
        set gowr_path $gowr_path $gowr_entry
    end
end
set -gx PATH $gowr_path
"#;
    [head, &quote::fish(bin)[..], tail].concat()
}

/// The lines that run that code.
pub(super) fn lines(environment: &Path, home: &Path) -> Vec<u8> {
    let file = quote::fish_from_home(environment, home);
    [b"if test -r ", &file[..], b"\n    source ", &file, b"\nend\n"].concat()
}

/// The files to put them in: one of our own, which every fish reads, and the person's own where there is one, which
/// is read later and may change PATH again.
pub(super) fn files(user: &User) -> Vec<PathBuf> {
    let [own, configuration] = possible_files(user);
    let mut files = Vec::new();
    if user.shells.contains(&Shell::Fish) || configuration.exists() {
        files.push(own);
    }
    if configuration.exists() {
        files.push(configuration);
    }
    files
}

/// All files that may hold those lines.
pub(super) fn possible_files(user: &User) -> [PathBuf; 2] {
    let directory = user.configuration.join("fish");
    [directory.join("conf.d/gowr.fish"), directory.join("config.fish")]
}

/// All files that fish reads when it starts, those of the system first.
pub(super) fn read_files(user: &User) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for directory in [user.system.join("etc/fish"), user.configuration.join("fish")] {
        files.extend(super::files_in(&directory.join("conf.d"), "fish"));
        files.push(directory.join("config.fish"));
    }
    files
}
