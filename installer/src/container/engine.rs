//! podman or docker: which is there, and as whom its containers run.

use std::ffi::OsStr;
use std::fmt;
use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::error::{Error, Kind};

/// A script that stands for another program is no longer than this.
const SCRIPT_LIMIT: u64 = 4096;

/// What kind of engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Name {
    /// podman.
    Podman,
    /// docker.
    Docker,
}

impl Name {
    /// Every kind, in the order in which they are looked for: podman needs no daemon.
    pub const ALL: [Self; 2] = [Self::Podman, Self::Docker];

    /// The program's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Podman => "podman",
            Self::Docker => "docker",
        }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// As whom a container runs, so that what it writes is the caller's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Identity {
    /// The engine is root's, and numbers of users are the same inside.
    Same,
    /// podman of a user: it can be told to let that user be the same inside.
    KeepId,
    /// docker of a user: root inside is that user outside.
    Root,
}

/// An engine that is here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Engine {
    /// Which.
    pub name: Name,
    /// Its program.
    pub program: PathBuf,
    /// As whom its containers run.
    pub identity: Identity,
}

impl Engine {
    /// The engine that was asked for, or else the first that is on `path`. `user` is the caller.
    pub fn find(wanted: Option<Name>, path: &OsStr, user: u32) -> Result<Self, Error> {
        let names = wanted.map_or(Name::ALL.to_vec(), |name| vec![name]);
        let found = names.iter().find_map(|name| Some((*name, on_path(*name, path)?)));
        let Some((name, program)) = found else { return Err(absent(wanted)) };
        // Distros have a `docker` that is podman in disguise.
        let name = if is_podman(&program) { Name::Podman } else { name };
        let identity = match name {
            Name::Podman if user == 0 => Identity::Same,
            Name::Podman => Identity::KeepId,
            Name::Docker => identity_of_docker(&program, user)?,
        };
        Ok(Self { name, program, identity })
    }
}

fn on_path(name: Name, path: &OsStr) -> Option<PathBuf> {
    let is_program = |path: &PathBuf| {
        fs::metadata(path).is_ok_and(|it| it.is_file() && it.permissions().mode() & 0o111 != 0)
    };
    let directories = std::env::split_paths(path).filter(|directory| directory.is_absolute());
    directories.map(|directory| directory.join(name.as_str())).find(is_program)
}

fn absent(wanted: Option<Name>) -> Error {
    let message = match wanted {
        Some(name) => format!("{name} is not here"),
        None => String::from("neither podman nor docker is here"),
    };
    let cause = "a container engine is looked for in the directories of PATH".into();
    let fix = match wanted {
        None | Some(Name::Podman) => "see https://podman.io/docs/installation",
        Some(Name::Docker) => "see https://docs.docker.com/engine/install",
    };
    Error::Container { kind: Kind::NotFound, message, cause, fix: Some(fix.to_owned()) }
}

/// Whether a program is podman, by a link or by a script that runs it (Debian's and Fedora's `podman-docker`).
fn is_podman(program: &Path) -> bool {
    let real = fs::canonicalize(program).unwrap_or_else(|_| program.to_path_buf());
    if real.file_name() == Some(OsStr::new(Name::Podman.as_str())) {
        return true;
    }
    let mut text = Vec::new();
    let script = File::open(real);
    script.and_then(|file| file.take(SCRIPT_LIMIT).read_to_end(&mut text)).is_ok()
        && text.starts_with(b"#!")
        && text.windows(6).any(|word| word == Name::Podman.as_str().as_bytes())
}

/// Whether the daemon is root's or the caller's, asked of itself.
fn identity_of_docker(program: &Path, user: u32) -> Result<Identity, Error> {
    let output = Command::new(program)
        .args(["info", "--format", "{{json .SecurityOptions}}\n{{json .DockerRootDir}}"])
        .stdin(Stdio::null())
        .output();
    let failed = |cause: String| Error::Container {
        kind: Kind::Internal,
        message: String::from("docker does not answer"),
        cause: cause.into(),
        fix: Some(String::from("docker info")),
    };
    let output = output.map_err(|error| failed(error.to_string()))?;
    if !output.status.success() {
        return Err(failed(last_line(&output.stderr)));
    }
    let owner = |path: &Path| fs::metadata(path).map(|it| it.uid()).ok();
    Ok(identity_by_info(&output.stdout, user, owner))
}

/// Reads what docker says of its security, `["name=seccomp,profile=builtin","name=rootless"]`, and of its directory.
/// podman in docker's place does not say the first.
fn identity_by_info(said: &[u8], user: u32, owner: impl Fn(&Path) -> Option<u32>) -> Identity {
    let mut lines = said.split(|byte| *byte == b'\n');
    let options = lines.next().and_then(|json| serde_json::from_slice::<Vec<String>>(json).ok());
    let directory = lines.next().and_then(|json| serde_json::from_slice::<PathBuf>(json).ok());
    let is_rootless = |option: &String| option.split(',').any(|word| word == "name=rootless");
    let is_callers = directory.is_some_and(|it| user != 0 && owner(&it) == Some(user));
    if is_callers || options.unwrap_or_default().iter().any(is_rootless) {
        Identity::Root
    } else {
        Identity::Same
    }
}

/// The last thing that an engine said.
fn last_line(said: &[u8]) -> String {
    let said = String::from_utf8_lossy(said);
    let line = said.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or_default();
    ["Error: ", "ERROR: "]
        .iter()
        .find_map(|word| line.strip_prefix(word))
        .unwrap_or(line)
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    fn program(directory: &Path, name: &str, text: &str) -> PathBuf {
        let path = directory.join(name);
        fs::write(&path, text).expect("written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("changed");
        path
    }

    #[test]
    fn the_first_that_is_there_or_the_one_that_was_asked_for() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().as_os_str();
        let find = |wanted, user| Engine::find(wanted, path, user);
        let error = find(None, 0).expect_err("nothing is there");
        assert_eq!(error.kind(), Kind::NotFound);
        assert_eq!(error.to_string(), "neither podman nor docker is here");

        program(directory.path(), "docker", "#!/bin/sh\necho '[\"name=rootless\"]'\n");
        let found = find(None, 1000).expect("found");
        assert_eq!((found.name, found.identity), (Name::Docker, Identity::Root));
        let error = find(Some(Name::Podman), 1000).expect_err("only docker is there");
        assert_eq!(error.to_string(), "podman is not here");

        program(directory.path(), "podman", "");
        for (user, identity) in [(0, Identity::Same), (1000, Identity::KeepId)] {
            let found = find(None, user).expect("found");
            assert_eq!((found.name, found.identity), (Name::Podman, identity));
        }
        let found = find(Some(Name::Docker), 1000).expect("found");
        assert_eq!(found.name, Name::Docker);

        program(directory.path(), "docker", "#!/bin/sh\necho Cannot connect >&2\nexit 1\n");
        let error = find(Some(Name::Docker), 1000).expect_err("no daemon");
        assert_eq!(error.kind(), Kind::Internal);
    }

    #[test]
    fn podman_in_the_place_of_docker_is_podman() {
        let directory = tempfile::tempdir().expect("a directory");
        program(directory.path(), "docker", "#!/bin/sh\nexec /usr/bin/podman \"$@\"\n");
        let find = || Engine::find(Some(Name::Docker), directory.path().as_os_str(), 1000);
        assert_eq!(find().expect("found").name, Name::Podman);
        let podman = program(directory.path(), "podman", "");
        fs::remove_file(directory.path().join("docker")).expect("removed");
        symlink(podman, directory.path().join("docker")).expect("linked");
        assert_eq!(find().expect("found").name, Name::Podman);
    }

    #[test]
    fn what_docker_says_of_itself() {
        let owner = |path: &Path| match path.to_str() {
            Some("/var/lib/docker") => Some(0),
            Some("/home/u/storage") => Some(1000),
            _ => None,
        };
        for (said, identity) in [
            (r#"["name=seccomp,profile=builtin","name=rootless"]"#, Identity::Root),
            ("[\"name=apparmor\"]\n\"/var/lib/docker\"\n", Identity::Same),
            ("[\"name=seccomp\"]\n\"/home/u/storage\"\n", Identity::Root),
            ("null\n\"/elsewhere\"\n", Identity::Same),
            ("", Identity::Same),
        ] {
            assert_eq!(identity_by_info(said.as_bytes(), 1000, owner), identity, "{said}");
        }
        let roots = b"[]\n\"/var/lib/docker\"\n";
        assert_eq!(identity_by_info(roots, 0, owner), Identity::Same);
        assert_eq!(last_line(b"x\nERROR: no daemon\n\n"), "no daemon");
        assert_eq!(last_line(b""), "");
    }
}
