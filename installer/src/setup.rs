//! Puts gowr on the machine, and takes it off again.
//!
//! Programs go into gowr's home. A file there, `env`, puts them first on PATH; a few lines at the end of the files
//! that shells read when they start run it. Taking them out leaves each of those files byte for byte as it was.

mod bash;
mod block;
pub mod findings;
mod fish;
mod new_directories;
pub mod previous;
mod programs;
pub mod quote;
mod zsh;

use std::env;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::atomic::{self, NewFile, sync_directory};
use crate::error::{self, During, Error};
use crate::staging;
use crate::store::{Home, create_directory};
use block::{Origin, Unclosed};

/// A shell that gowr can be put into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shell {
    /// bash; also sh and what else reads `~/.profile`.
    Bash,
    /// zsh.
    Zsh,
    /// fish.
    Fish,
}

impl Shell {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Bash, Self::Zsh, Self::Fish];

    /// The program's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bash => "bash",
            Self::Zsh => "zsh",
            Self::Fish => "fish",
        }
    }

    /// The code that puts gowr first on PATH in a running shell.
    pub fn code(self, home: &Home) -> Vec<u8> {
        match self {
            Self::Bash | Self::Zsh => bash::environment(&home.bin()),
            Self::Fish => fish::environment(&home.bin()),
        }
    }
}

/// Whose shells are set up.
#[derive(Clone, Debug)]
pub struct User {
    /// `$HOME`.
    pub home: PathBuf,
    /// `$XDG_CONFIG_HOME`, else `~/.config`.
    pub configuration: PathBuf,
    /// The directories whose files zsh reads: the home, or where `ZDOTDIR` leads.
    pub zsh_directories: Vec<PathBuf>,
    /// The shells on this machine.
    pub shells: Vec<Shell>,
    /// The root of the system's own files: `/`.
    pub system: PathBuf,
}

impl User {
    /// The caller, by the environment. Starts a zsh, if there is one, to learn where its files are.
    pub fn detect() -> Result<User, Error> {
        let mut user = Self::without_asking()?;
        let asked = user.shells.contains(&Shell::Zsh).then(|| zsh::ask_directory(&user.home));
        if let Some(asked) = asked.flatten() {
            let inherited = absolute_variable("ZDOTDIR").filter(|directory| *directory != asked);
            user.zsh_directories = std::iter::once(asked).chain(inherited).collect();
        }
        Ok(user)
    }

    /// The same without starting anything: `.zshenv` may move the files of zsh, and that is not known then.
    pub fn without_asking() -> Result<User, Error> {
        let Some(home) = absolute_variable("HOME") else {
            return Err(Error::Refused {
                message: String::from("HOME is not an absolute path"),
                fix: Some(String::from("export HOME=DIR")),
            });
        };
        let path = env::var_os("PATH").unwrap_or_default();
        let usual = ["/bin", "/usr/bin", "/usr/local/bin"].map(PathBuf::from);
        let searched: Vec<_> = env::split_paths(&path).chain(usual).collect();
        let is_there = |shell: &Shell| searched.iter().any(|it| it.join(shell.name()).is_file());
        let shells: Vec<_> = Shell::ALL.into_iter().filter(is_there).collect();
        Ok(User {
            configuration: absolute_variable("XDG_CONFIG_HOME")
                .unwrap_or_else(|| home.join(".config")),
            zsh_directories: vec![absolute_variable("ZDOTDIR").unwrap_or_else(|| home.clone())],
            home,
            shells,
            system: PathBuf::from("/"),
        })
    }

    fn hooks(&self, home: &Home) -> Vec<Hook> {
        let posix = bash::lines(&env_file(home), &self.home);
        let fish = fish::lines(&fish_env_file(home), &self.home);
        let hook = |lines: &[u8]| {
            let lines = lines.to_vec();
            move |file| Hook { file, lines: lines.clone() }
        };
        let posix_files = bash::files(self).into_iter().chain(zsh::files(self));
        posix_files
            .map(hook(&posix))
            .chain(fish::files(self).into_iter().map(hook(&fish)))
            .collect()
    }

    /// All files that a gowr may have put its lines into, whatever the machine looked like then.
    fn possible_files(&self) -> Vec<PathBuf> {
        let mut files = bash::possible_files(self);
        files.extend(zsh::possible_files(self));
        for name in [".zprofile", ".zshrc"] {
            files.push(self.home.join(name));
        }
        files.extend(fish::possible_files(self));
        let mut seen = std::collections::HashSet::new();
        files.retain(|file| seen.insert(file.clone()));
        files
    }
}

fn absolute_variable(name: &str) -> Option<PathBuf> {
    env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute())
}

struct Hook {
    file: PathBuf,
    lines: Vec<u8>,
}

/// What happened to one file.
#[derive(Debug)]
pub struct Step {
    /// The file.
    pub file: PathBuf,
    /// What happened to it.
    pub outcome: Outcome,
}

/// What happened to a file.
#[derive(Debug)]
pub enum Outcome {
    /// It is new.
    Created,
    /// It has other content.
    Changed,
    /// It is as it should be already.
    Unchanged,
    /// It is gone.
    Removed,
    /// It could not be changed, and is as it was; the rest was done all the same.
    Failed(Error),
}

/// Puts `gowr` and `go` from the directory `programs` into the home, and the home first on PATH in new shells.
///
/// Whatever is right already stays; a file of the user's that cannot be changed is a failed [`Step`].
pub fn apply(home: &Home, user: &User, programs: &Path) -> Result<Vec<Step>, Error> {
    // Neither can be said in PATH or in one line of a shell's file.
    if home.path().as_os_str().as_bytes().iter().any(|byte| matches!(byte, b':' | b'\n' | b'\r')) {
        return Err(Error::HomeNotForPath(home.path().to_path_buf()));
    }
    staging::sweep(home);
    home.create()?;
    let mut steps = programs::place(home, programs)?;
    let posix = Shell::Bash.code(home);
    steps.push(write(env_file(home), &posix)?);
    steps.push(write(fish_env_file(home), &Shell::Fish.code(home))?);
    for hook in user.hooks(home) {
        let outcome = add(&hook).unwrap_or_else(Outcome::Failed);
        steps.push(Step { file: hook.file, outcome });
    }
    Ok(steps)
}

/// The files that [`apply`] would put its lines into, and that do not have them.
pub fn missing(home: &Home, user: &User) -> Vec<PathBuf> {
    let lacks = |hook: &Hook| {
        let content = read(&hook.file).ok().flatten().unwrap_or_default();
        block::insert(&content, &hook.lines, Origin::default()).is_ok_and(|new| new != content)
    };
    user.hooks(home).into_iter().filter(lacks).map(|hook| hook.file).collect()
}

/// Takes gowr's lines out of the user's files and its programs off the machine; toolchains stay, unless `purge`.
pub fn remove(home: &Home, user: &User, purge: bool) -> Result<Vec<Step>, Error> {
    let mut steps = Vec::new();
    for file in user.possible_files() {
        match take_out(&file) {
            Ok(None) => {}
            Ok(Some(outcome)) => steps.push(Step { file, outcome }),
            Err(error) => steps.push(Step { file, outcome: Outcome::Failed(error) }),
        }
    }
    // While a shell still runs it, the file must stay: an error at each start is worse than a line too many.
    if steps.iter().any(|step| matches!(step.outcome, Outcome::Failed(_))) {
        return Ok(steps);
    }
    for file in [env_file(home), fish_env_file(home)] {
        atomic::sweep(&file);
        if remove_file(&file)? {
            steps.push(Step { file, outcome: Outcome::Removed });
        }
    }
    steps.extend(programs::remove(home)?);
    if purge {
        // The directories by name, never the home with whatever else may be in there.
        for name in ["toolchains", "distros", "links", "downloads", "staging"] {
            let directory = home.path().join(name);
            match fs::remove_dir_all(&directory) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                result => {
                    result.during("remove", &directory)?;
                    steps.push(Step { file: directory, outcome: Outcome::Removed });
                }
            }
        }
    }
    for directory in ["bin", "toolchains", "distros", "links", "downloads", "staging", ""] {
        // Only what is empty goes.
        let _ = fs::remove_dir(home.path().join(directory));
    }
    Ok(steps)
}

fn env_file(home: &Home) -> PathBuf {
    home.path().join("env")
}

fn fish_env_file(home: &Home) -> PathBuf {
    home.path().join("env.fish")
}

fn write(file: PathBuf, content: &[u8]) -> Result<Step, Error> {
    let old = fs::read(&file).ok();
    let outcome = match &old {
        Some(old) if old == content => Outcome::Unchanged,
        Some(_) => Outcome::Changed,
        None => Outcome::Created,
    };
    if !matches!(outcome, Outcome::Unchanged) {
        atomic::replace_file(&file, content, NewFile::Plain)?;
    }
    Ok(Step { file, outcome })
}

/// Puts the lines of a hook at the end of its file.
fn add(hook: &Hook) -> Result<Outcome, Error> {
    let old = read(&hook.file)?;
    let origin = match old {
        Some(_) => Origin::default(),
        None => Origin { is_new: true, new_directories: missing_directories(&hook.file)? },
    };
    let content = old.as_deref().unwrap_or_default();
    let new =
        block::insert(content, &hook.lines, origin).map_err(|open| unclosed(&hook.file, open))?;
    if new == content {
        return Ok(Outcome::Unchanged);
    }
    let real = atomic::real_path(&hook.file)?;
    new_directories::sweep(&real);
    if !new_directories::create(&real, origin.new_directories, &new)? {
        create_directory(atomic::parent(&real))?;
        atomic::replace_file(&hook.file, &new, NewFile::Plain)?;
    }
    Ok(if old.is_some() { Outcome::Changed } else { Outcome::Created })
}

/// Takes the block out of a file, and the file away if it was made for the block.
fn take_out(file: &Path) -> Result<Option<Outcome>, Error> {
    let real = atomic::real_path(file)?;
    atomic::sweep(&real);
    new_directories::sweep(&real);
    let Some(content) = read(file)? else { return Ok(None) };
    let Some(restored) = block::remove(&content).map_err(|open| unclosed(file, open))? else {
        return Ok(None);
    };
    if !(restored.origin.is_new && restored.content.is_empty()) {
        atomic::replace_file(file, &restored.content, NewFile::Plain)?;
        return Ok(Some(Outcome::Changed));
    }
    // What is there may be a link to the file that was made: the link was there before.
    if !new_directories::remove(&real, restored.origin.new_directories)? {
        remove_file(&real)?;
        sync_directory(atomic::parent(&real));
    }
    Ok(Some(Outcome::Removed))
}

/// The content of a person's file; none where there is none, or only a link to none.
fn read(file: &Path) -> Result<Option<Vec<u8>>, Error> {
    match fs::metadata(file) {
        Ok(metadata) if !metadata.is_file() => {
            Err(Error::Refused { message: format!("{} is not a file", file.display()), fix: None })
        }
        Ok(_) => fs::read(file).during("read", file).map(Some),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).during("read", file),
    }
}

fn missing_directories(file: &Path) -> Result<usize, Error> {
    let real = atomic::real_path(file)?;
    Ok(real.ancestors().skip(1).take_while(|directory| !directory.exists()).count())
}

fn unclosed(file: &Path, Unclosed(line): Unclosed) -> Error {
    Error::Refused {
        message: format!("{}:{line}: gowr's lines begin here and do not end", file.display()),
        fix: Some(error::edit(file)),
    }
}

/// Removes a file; whether there was one.
fn remove_file(file: &Path) -> Result<bool, Error> {
    match fs::remove_file(file) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error).during("remove", file),
    }
}

/// The files in a directory with this extension, in the order in which shells read them.
fn files_in(directory: &Path, extension: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let mut files: Vec<_> = entries
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .collect();
    files.sort();
    files
}

#[cfg(test)]
mod tests;
