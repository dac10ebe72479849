//! zsh: four files, in a directory that `ZDOTDIR` may move.

use std::io::Read;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::{Shell, User};

/// How long a person's own start-up files may take before gowr goes on without their answer.
const PATIENCE: Duration = Duration::from_secs(3);

/// The files to put the lines of [`bash`](super::bash) in.
///
/// `.zshenv` serves scripts, `.zshrc` terminals, and `.zprofile` what logs in without a terminal: there
/// `/etc/zprofile` sets PATH anew in some distros, after `.zshenv`.
pub(super) fn files(user: &User) -> Vec<PathBuf> {
    let all = possible_files(user);
    if user.shells.contains(&Shell::Zsh) {
        let is_read = |file: &PathBuf| file.parent().is_some_and(Path::is_dir);
        return all.into_iter().filter(is_read).collect();
    }
    all.into_iter().filter(|file| file.exists()).collect()
}

/// All files that may hold those lines.
pub(super) fn possible_files(user: &User) -> Vec<PathBuf> {
    // A shell that is started afresh reads this one before anything can move the others.
    let mut files = vec![user.home.join(".zshenv")];
    for directory in &user.zsh_directories {
        for name in [".zshenv", ".zprofile", ".zshrc"] {
            let file = directory.join(name);
            if !files.contains(&file) {
                files.push(file);
            }
        }
    }
    files
}

/// All files that zsh reads when it starts, those of the system first.
pub(super) fn read_files(user: &User) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for directory in ["etc/zsh", "etc"] {
        for name in ["zshenv", "zprofile", "zshrc", "zlogin"] {
            files.push(user.system.join(directory).join(name));
        }
    }
    files.extend(possible_files(user));
    files.extend(user.zsh_directories.iter().map(|directory| directory.join(".zlogin")));
    files
}

/// The directory whose files a zsh started afresh reads: what it has in `ZDOTDIR` after `.zshenv`, which is where
/// people set it, mostly without exporting it. None where it says nothing or takes too long.
pub(super) fn ask_directory(home: &Path) -> Option<PathBuf> {
    let mut zsh = Command::new("zsh")
        // After whatever the start-up files print.
        .args(["-c", r"print -rn -- $'\0'${ZDOTDIR-}"])
        .env("HOME", home)
        .env_remove("ZDOTDIR")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let mut output = zsh.stdout.take()?;
    let reader = thread::spawn(move || {
        let mut answer = Vec::new();
        output.read_to_end(&mut answer).map(|_| answer)
    });
    let start = Instant::now();
    while zsh.try_wait().ok()?.is_none() {
        if start.elapsed() > PATIENCE {
            let _ = zsh.kill();
            let _ = zsh.wait();
            return None;
        }
        thread::sleep(Duration::from_millis(5));
    }
    let answer = reader.join().ok()?.ok()?;
    let directory = answer.rsplit(|byte| *byte == 0).next()?.to_vec();
    let directory = PathBuf::from(std::ffi::OsString::from_vec(directory));
    directory.is_absolute().then_some(directory)
}
