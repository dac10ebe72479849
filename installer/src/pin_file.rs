//! Writes a project's pin: into the file that says it already, else a new `.gowr.yaml`.

use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use resolver::path::{self, shell_quoted};
use resolver::pin::{self, DistroNames, Form, Pin};

use crate::atomic::{self, NewFile, sync_directory};
use crate::edit::{self, go_version, tool_versions, yaml};
use crate::error::{During, Error};

/// Which pin is meant.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// Where the file is, or will be.
    pub directory: &'a Path,
    /// The name of the file, if it is chosen.
    pub file: Option<&'a str>,
    /// The distro for which the pin is, if not for all.
    pub distro: Option<&'a str>,
}

/// What was done, and what the file says here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The file.
    pub file: PathBuf,
    /// What happened to it.
    pub change: Change,
    /// What it said to this distro before.
    pub before: Option<Pin>,
    /// What it says to this distro now: not what was written where an entry of `distros:` wins.
    pub after: Option<Pin>,
}

/// What happened to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It is new.
    Created,
    /// It says something else.
    Edited,
    /// It is as it was.
    Unchanged,
    /// It had nothing left to say.
    Deleted,
}

/// The directory of the project around `from`, an absolute path: that of the nearest go.work or go.mod, else `from`.
///
/// `ceilings` bound the search, as they bound that for pins: none of them is looked into on the way up.
pub fn project_directory(from: &Path, ceilings: &[PathBuf]) -> PathBuf {
    let identity = |path: &Path| fs::metadata(path).map(|it| (it.dev(), it.ino())).ok();
    let ceilings: Vec<_> = ceilings.iter().filter_map(|ceiling| identity(ceiling)).collect();
    // As cmd/go does: what anyone may put into the system's temporary directory starts no project
    // (<https://go.dev/issue/26708>).
    let temporary = std::env::temp_dir();
    let has = |directory: &Path, name| {
        fs::metadata(directory.join(name)).is_ok_and(|metadata| !metadata.is_dir())
    };
    for directory in from.ancestors() {
        let is_start = directory == from;
        if !is_start && identity(directory).is_some_and(|here| ceilings.contains(&here)) {
            break;
        }
        let has_module = has(directory, "go.mod") && directory != temporary;
        if has_module || has(directory, "go.work") {
            return directory.to_path_buf();
        }
    }
    from.to_path_buf()
}

/// Writes a pin; `typed` is a version, with or without `go`, or a registered name, or `system`.
///
/// Nothing is written unless what will be there can be read back.
pub fn write(place: Place<'_>, here: &DistroNames<'_>, typed: &str) -> Result<Outcome, Error> {
    let value = edit::value(typed)?;
    let key = key(place.distro)?;
    change(place, here, |form, content| match form {
        Form::GowrYaml => yaml::set(content, key, value).map(Some),
        Form::GoVersion => Ok(Some(go_version::set(content, value))),
        Form::ToolVersions => Ok(Some(tool_versions::set(content, value))),
    })
}

/// Takes a pin away, and the file if it has nothing else to say.
pub fn remove(place: Place<'_>, here: &DistroNames<'_>) -> Result<Outcome, Error> {
    let key = key(place.distro)?;
    change(place, here, |form, content| match form {
        Form::GowrYaml => yaml::remove(content, key),
        Form::GoVersion => Ok(go_version::remove(content)),
        Form::ToolVersions => Ok(tool_versions::remove(content)),
    })
}

fn key(distro: Option<&str>) -> Result<yaml::Key<'_>, Error> {
    match distro {
        None => Ok(yaml::Key::Top("go")),
        Some(name) => Ok(yaml::Key::Under("distros", edit::distro_name(name)?)),
    }
}

fn change(
    place: Place<'_>,
    here: &DistroNames<'_>,
    edit: impl FnOnce(Form, &[u8]) -> Result<Option<Vec<u8>>, resolver::yaml::Error>,
) -> Result<Outcome, Error> {
    let form = form(place, here)?;
    let file = place.directory.join(form.file_name());
    refuse_link_out(&file, place.directory)?;
    let bad = |error: &pin::Error| edit::bad(&file, *error);
    let old = edit::read(&file)?;
    let content = old.as_deref().unwrap_or_default();
    let before = match pin::parse(form, path::concat(&[content]), here) {
        Ok(before) => before,
        // Not a text file, or not all of it was read.
        Err(error) if error.line == 0 => return Err(bad(error)),
        // The old pin may be anything else: writing a new one is how a person mends it.
        Err(_) => None,
    };
    let new = edit(form, content).map_err(|error| edit::bad(&file, error))?;
    let written = path::concat(&[new.as_deref().unwrap_or_default()]);
    let after = pin::parse(form, written, here).map_err(bad)?;
    let change = match (&old, new) {
        (None, None) => Change::Unchanged,
        (Some(old), Some(new)) if *old == new => Change::Unchanged,
        (None, Some(new)) if new.is_empty() => Change::Unchanged,
        (Some(_), None) => {
            fs::remove_file(&file).during("remove", &file)?;
            sync_directory(place.directory);
            Change::Deleted
        }
        (old, Some(new)) => {
            atomic::replace_file(&file, &new, NewFile::Plain)?;
            if old.is_some() { Change::Edited } else { Change::Created }
        }
    };
    Ok(Outcome { file, change, before, after })
}

/// The form of the file that is asked for, else of the one that is the pin there, else our own.
fn form(place: Place<'_>, here: &DistroNames<'_>) -> Result<Form, Error> {
    let refused = |message: String, options: &str| {
        Err(Error::Refused { message, fix: Some(format!("gowr pin {options} VERSION")) })
    };
    if let Some(name) = place.file {
        let Some(form) = Form::ALL.into_iter().find(|form| form.file_name() == name) else {
            let names = Form::ALL.map(Form::file_name).join(", ");
            let message = format!("`{}` is not one of {names}", name.escape_debug());
            return refused(message, "--file .gowr.yaml");
        };
        if let Some(distro) = place.distro.filter(|_| form != Form::GowrYaml) {
            let message =
                format!("{name} cannot hold a version for one distro: only .gowr.yaml can");
            return refused(message, &format!("--distro {}", edit::distro_name(distro)?));
        }
        return Ok(form);
    }
    if place.distro.is_some() {
        return Ok(Form::GowrYaml);
    }
    for form in Form::ALL {
        if let Some(content) = edit::read(&place.directory.join(form.file_name()))? {
            // What is wrong in there stops every `go` here: that is the one to write to.
            if !matches!(pin::parse(form, path::concat(&[&content]), here), Ok(None)) {
                return Ok(form);
            }
        }
    }
    Ok(Form::GowrYaml)
}

/// A project from somewhere may come with `.go-version -> ~/.bashrc`: nothing outside it is written to.
fn refuse_link_out(file: &Path, directory: &Path) -> Result<(), Error> {
    let real = atomic::real_path(file)?;
    let real_directory = |path: &Path| match fs::canonicalize(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        result => result.during("find", path).map(Some),
    };
    let inside = match (real_directory(atomic::parent(&real))?, real_directory(directory)?) {
        (Some(parent), Some(project)) => parent.starts_with(project),
        _ => false,
    };
    if real == file || inside {
        return Ok(());
    }
    Err(Error::Refused {
        message: format!("{} is a link out of the project, to {}", file.display(), real.display()),
        fix: Some(format!("rm {}", shell_quoted(file.as_os_str().as_bytes()))),
    })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    const HERE: DistroNames<'_> =
        DistroNames { id: "alpine", key: "alpine-3.23", id_and_version: Some("alpine-3.23.2") };

    struct Project(tempfile::TempDir);

    impl Project {
        fn new(files: &[(&str, &str)]) -> Self {
            let project = Self(tempfile::tempdir().expect("a directory"));
            for (name, content) in files {
                fs::write(project.0.path().join(name), content).expect("written");
            }
            project
        }

        fn place(&self) -> Place<'_> {
            Place { directory: self.0.path(), file: None, distro: None }
        }

        fn write(&self, typed: &str) -> Result<Outcome, Error> {
            write(self.place(), &HERE, typed)
        }

        fn read(&self, name: &str) -> Option<String> {
            fs::read_to_string(self.0.path().join(name)).ok()
        }
    }

    #[test]
    fn a_new_pin_is_ours() {
        let project = Project::new(&[]);
        let outcome = project.write("go1.22.3").expect("written");
        assert_eq!(outcome.file, project.0.path().join(".gowr.yaml"));
        assert_eq!(outcome.change, Change::Created);
        assert_eq!(project.read(".gowr.yaml").as_deref(), Some("go: \"1.22.3\"\n"));
        assert_eq!(outcome.after.expect("a pin").request, "1.22.3");
        let again = project.write("1.22.3").expect("written");
        assert_eq!(again.change, Change::Unchanged);
    }

    #[test]
    fn the_pin_that_is_there_is_changed() {
        for (files, name, expected) in [
            (
                &[(".go-version", "1.21\n"), (".tool-versions", "golang 1.20\n")][..],
                ".go-version",
                "1.22\n",
            ),
            (
                &[(".tool-versions", "nodejs 20\ngolang 1.20\n")],
                ".tool-versions",
                "nodejs 20\ngolang 1.22\n",
            ),
            (&[(".tool-versions", "nodejs 20\n")], ".gowr.yaml", "go: \"1.22\"\n"),
            (
                &[(".gowr.yaml", "go: '1.20' # why\n"), (".go-version", "1.21\n")],
                ".gowr.yaml",
                "go: '1.22' # why\n",
            ),
            // Not a pin here: the other file is.
            (
                &[(".gowr.yaml", "distros:\n  debian: 1.20\n"), (".go-version", "1.21\n")],
                ".go-version",
                "1.22\n",
            ),
            // Broken, and mended by writing.
            (&[(".go-version", "latest\n")], ".go-version", "1.22\n"),
            (&[(".gowr.yaml", "go: latest\n")], ".gowr.yaml", "go: 1.22\n"),
        ] {
            let project = Project::new(files);
            let outcome = project.write("1.22").expect("written");
            assert_eq!(outcome.file.file_name().and_then(|name| name.to_str()), Some(name));
            assert_eq!(project.read(name).as_deref(), Some(expected));
        }
    }

    #[test]
    fn an_entry_for_a_distro_that_still_wins_shows() {
        let project = Project::new(&[(".gowr.yaml", "go: 1.20\ndistros:\n  alpine: 1.21\n")]);
        let outcome = project.write("1.22").expect("written");
        let after = outcome.after.expect("a pin");
        assert_eq!((after.request, after.line), ("1.21", 3));
    }

    #[test]
    fn for_one_distro() {
        let project = Project::new(&[(".go-version", "1.21\n")]);
        let place = Place { distro: Some("alpine"), ..project.place() };
        write(place, &HERE, "1.22").expect("written");
        let expected = "distros:\n  alpine: \"1.22\"\n";
        assert_eq!(project.read(".gowr.yaml").as_deref(), Some(expected));
        let outcome = remove(place, &HERE).expect("removed");
        assert_eq!(outcome.change, Change::Deleted);
        assert_eq!(project.read(".gowr.yaml"), None);
        let place = Place { file: Some(".go-version"), ..place };
        write(place, &HERE, "1.22").expect_err("no place for it");
        let place = Place { distro: Some("a: b"), ..project.place() };
        write(place, &HERE, "1.22").expect_err("not a name");
    }

    #[test]
    fn the_file_may_be_chosen() {
        let project = Project::new(&[(".gowr.yaml", "go: 1.20\n")]);
        let place = Place { file: Some(".tool-versions"), ..project.place() };
        write(place, &HERE, "1.22").expect("written");
        assert_eq!(project.read(".tool-versions").as_deref(), Some("golang 1.22\n"));
        for name in ["../.gowr.yaml", "go.mod", ""] {
            write(Place { file: Some(name), ..project.place() }, &HERE, "1.22").expect_err(name);
        }
    }

    #[test]
    fn nothing_is_written_over_what_cannot_be_read() {
        for (name, content) in [
            (".gowr.yaml", "go: [1.20]\n"),
            (".gowr.yaml", "format: 2\ngo: 1.20\n"),
            (".gowr.yaml", "go: 1.20\ndistros:\n  alpine: ../evil\n"),
            (".gowr.yaml", "\tgo: 1.20\n"),
            (".go-version", "\0\u{1}\n"),
        ] {
            let project = Project::new(&[(name, content)]);
            let error = project.write("1.22").expect_err(content);
            assert!(matches!(error, Error::BadFile { .. }), "{error}");
            assert_eq!(project.read(name).as_deref(), Some(content));
        }
        let large = "# comment\n".repeat(10_000);
        let project = Project::new(&[(".go-version", &large)]);
        let error = project.write("1.22").expect_err("large");
        assert!(error.to_string().ends_with(".go-version is too large for a pin"), "{error}");
    }

    #[test]
    fn what_is_no_version_is_refused() {
        let project = Project::new(&[]);
        for typed in ["latest", "", "../x", "1.22\n", "1..2", "v1.22"] {
            project.write(typed).expect_err(typed);
        }
        assert_eq!(project.read(".gowr.yaml"), None);
        project.write("system").expect("written");
        assert_eq!(project.read(".gowr.yaml").as_deref(), Some("go: \"system\"\n"));
    }

    #[test]
    fn links_out_of_the_project_are_refused() {
        let outside = Project::new(&[("bashrc", "1.20\n")]);
        let project = Project::new(&[("shared", "1.20\n")]);
        let link = project.0.path().join(".go-version");
        for target in [outside.0.path().join("bashrc"), outside.0.path().join("absent")] {
            symlink(&target, &link).expect("linked");
            let place = Place { file: Some(".go-version"), ..project.place() };
            let error = write(place, &HERE, "1.22").expect_err("outside");
            assert!(error.to_string().contains("is a link out of the project"), "{error}");
            assert_eq!(outside.read("bashrc").as_deref(), Some("1.20\n"));
            assert_eq!(outside.read("absent"), None);
            fs::remove_file(&link).expect("removed");
        }
        symlink("shared", &link).expect("linked");
        project.write("1.22").expect("inside");
        assert_eq!(project.read("shared").as_deref(), Some("1.22\n"));
        assert!(link.is_symlink());
    }

    #[test]
    fn what_is_not_a_file_is_refused() {
        let project = Project::new(&[]);
        fs::create_dir(project.0.path().join(".gowr.yaml")).expect("made");
        let error = project.write("1.22").expect_err("a directory");
        assert!(error.to_string().ends_with(".gowr.yaml is not a file"), "{error}");
    }

    #[test]
    fn removing() {
        let project = Project::new(&[(".tool-versions", "nodejs 20\ngo 1.20\n")]);
        let outcome = remove(project.place(), &HERE).expect("removed");
        assert_eq!((outcome.change, outcome.after), (Change::Edited, None));
        assert_eq!(outcome.before.expect("a pin").request, "1.20");
        assert_eq!(project.read(".tool-versions").as_deref(), Some("nodejs 20\n"));
        let outcome = remove(project.place(), &HERE).expect("nothing to do");
        assert_eq!(outcome.change, Change::Unchanged);
        assert_eq!(project.read(".gowr.yaml"), None);
    }

    #[test]
    fn projects_are_where_go_says() {
        let bed = Project::new(&[("go.work", "")]);
        let root = bed.0.path();
        fs::create_dir_all(root.join("module/package/deep")).expect("made");
        fs::create_dir_all(root.join("plain/go.mod")).expect("made");
        fs::write(root.join("module/go.mod"), "module m\n").expect("written");
        let find = |from: &str, ceilings: &[PathBuf]| project_directory(&root.join(from), ceilings);
        assert_eq!(find("module/package/deep", &[]), root.join("module"));
        assert_eq!(find("module", &[]), root.join("module"));
        assert_eq!(find("plain", &[]), root, "a directory go.mod is none");
        assert_eq!(find("plain", &[root.to_path_buf()]), root.join("plain"), "not into a ceiling");
        assert_eq!(project_directory(root, &[root.to_path_buf()]), root, "but from it");
    }
}
