//! The real go at work in a cache: with the environment that the proxy would give it, in a module of its own.

use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

use crate::atomic::{self, TemporaryDirectory};
use crate::error::{During, Error};
use crate::store::create_directory;

/// Lines of what go said that an error repeats.
const TOLD_LINES: usize = 5;
/// A standard library has some hundred packages.
const LISTING_LIMIT: u64 = 16 << 20;

/// A real go, and what the proxy would give it.
#[derive(Clone, Debug)]
pub struct Go {
    /// Its program.
    pub executable: PathBuf,
    /// Its version, for people.
    pub version: String,
    /// Its whole environment.
    pub environment: Vec<(OsString, OsString)>,
    /// The cache that it uses with that.
    pub cache: PathBuf,
}

/// A package of the standard library.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Package {
    pub(crate) path: String,
    /// Whether neither it nor anything it imports calls C.
    pub(crate) is_pure: bool,
}

impl Package {
    /// Whether any program may import it.
    pub(crate) fn is_public(&self) -> bool {
        let mut names = self.path.split('/');
        names.all(|name| !matches!(name, "internal" | "vendor" | "cmd" | "main"))
    }
}

/// A directory for go to work in, beside the cache.
#[derive(Debug)]
pub(crate) struct Workspace {
    directory: TemporaryDirectory,
    /// The cache, links resolved.
    pub(crate) cache: PathBuf,
}

impl Workspace {
    pub(crate) fn beside(cache: &Path) -> Result<Self, Error> {
        let cache = atomic::real_path(cache)?;
        create_directory(atomic::parent(&cache))?;
        Ok(Self { directory: TemporaryDirectory::beside(&cache)?, cache })
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    /// A module with one package that imports these. It has no tests, so that nothing is linked.
    pub(crate) fn write_importer<'a>(
        &self,
        packages: impl Iterator<Item = &'a Package>,
    ) -> Result<(), Error> {
        let module = self.path().join("go.mod");
        fs::write(&module, "module warm.invalid\n\ngo 1.16\n").during("write", &module)?;
        let mut source = String::from("package warm\n\nimport (\n");
        for package in packages.filter(|package| package.is_public()) {
            let _ = writeln!(source, "\t_ \"{}\"", package.path);
        }
        source.push_str(")\n");
        let file = self.path().join("warm.go");
        fs::write(&file, source).during("write", &file)
    }
}

impl Go {
    /// A command in a workspace: nothing of the module or the workspace that the caller stands in has a say in it, and
    /// nothing is fetched.
    pub(crate) fn command(&self, workspace: &Workspace, words: &[&str]) -> Command {
        let mut command = Command::new(&self.executable);
        command.args(words).current_dir(workspace.path()).stdin(Stdio::null());
        command.env_clear().envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
            .env_remove("PWD")
            .env("GO111MODULE", "on")
            .env("GOWORK", "off")
            .env("GOPROXY", "off");
        command
    }

    pub(crate) fn variable(&self, name: &str) -> Option<&OsStr> {
        let entry = self.environment.iter().find(|(it, _)| it == name)?;
        Some(&entry.1)
    }

    /// Every package of the standard library that there is for this machine, with this environment.
    pub(crate) fn standard_library(&self, workspace: &Workspace) -> Result<Vec<Package>, Error> {
        workspace.write_importer(std::iter::empty())?;
        // Some directories have nothing but tests.
        let format = "{{if or .GoFiles .CgoFiles}}{{.ImportPath}} {{len .CgoFiles}} {{join .Deps \" \"}}{{end}}";
        let text =
            self.run(workspace, &["list", "-mod=mod", "-f", format, "std"], &mut |_| false)?;
        Ok(packages(&text))
    }

    /// Runs a command to its end, and gives what it wrote to standard output. `is_progress` hears each line of standard
    /// error, and says whether it is no more than that.
    pub(crate) fn run(
        &self,
        workspace: &Workspace,
        words: &[&str],
        is_progress: &mut dyn FnMut(&str) -> bool,
    ) -> Result<String, Error> {
        let mut command = self.command(workspace, words);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().during("run", &self.executable)?;
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let mut told = Vec::new();
        let text = thread::scope(|scope| {
            let reader = scope.spawn(|| {
                let mut text = Vec::new();
                let read = stdout.map(|it| it.take(LISTING_LIMIT).read_to_end(&mut text));
                read.transpose().map(|_| text)
            });
            for line in stderr.into_iter().flat_map(|it| BufReader::new(it).split(b'\n')) {
                let Ok(line) = line else { break };
                let line = String::from_utf8_lossy(&line).into_owned();
                if !is_progress(&line) {
                    told.push(line);
                }
            }
            reader.join().unwrap_or_else(|_| Ok(Vec::new()))
        });
        let status = child.wait().during("wait for", &self.executable)?;
        let text = text.during("read from", &self.executable)?;
        let text = String::from_utf8_lossy(&text).into_owned();
        if status.success() {
            return Ok(text);
        }
        // go test tells what does not build on standard output.
        told.extend(text.lines().map(str::to_owned));
        Err(self.failed(words[0], status.code(), &told))
    }

    pub(crate) fn failed(&self, verb: &str, status: Option<i32>, told: &[String]) -> Error {
        let told: Vec<_> =
            told.iter().map(|line| line.trim()).filter(|it| !it.is_empty()).collect();
        let told = &told[told.len().saturating_sub(TOLD_LINES)..];
        let cause = match (told, status) {
            ([], Some(status)) => format!("exit status {status}"),
            ([], None) => String::from("it was killed"),
            (told, _) => told.join("\n"),
        };
        let version = self.version.trim_start_matches("go");
        Error::Go {
            message: format!("go {} of {} failed", verb, self.version),
            cause: cause.into(),
            fix: Some(format!("go +{version} build -x std")),
        }
    }
}

/// One line a package: its path, how many of its files call C, and all that it imports, however far.
fn packages(text: &str) -> Vec<Package> {
    let lines = text.lines().filter_map(|line| {
        let (path, rest) = line.split_once(' ')?;
        let (files, imports) = rest.split_once(' ').unwrap_or((rest, ""));
        Some((path, files != "0", imports))
    });
    let lines: Vec<_> = lines.collect();
    let calling_c: HashSet<&str> =
        lines.iter().filter(|(_, calls_c, _)| *calls_c).map(|(path, ..)| *path).collect();
    let is_pure = |path: &str, imports: &str| {
        // Imported by cgo itself, or by the linker.
        let calls_c = |it: &str| calling_c.contains(it) || matches!(it, "C" | "runtime/cgo");
        !calls_c(path) && !imports.split(' ').any(calls_c)
    };
    let package = |(path, _, imports): &(&str, bool, &str)| Package {
        path: (*path).to_owned(),
        is_pure: is_pure(path, imports),
    };
    lines.iter().map(package).collect()
}

/// A file for what a command says, to which many threads of it may write lines of any length.
pub(crate) fn transcript(path: &Path) -> Result<File, Error> {
    File::options().append(true).create_new(true).open(path).during("write", path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_calls_c() {
        let text = "errors 0 internal/reflectlite\nunsafe 0\nnet 3 errors runtime/cgo\n\
                    net/http 0 errors net\nvendor/golang.org/x/net 0 errors\nruntime/cgo 1 \n";
        let found = packages(text);
        let pure: Vec<_> =
            found.iter().filter(|it| it.is_pure).map(|it| it.path.as_str()).collect();
        assert_eq!(pure, ["errors", "unsafe", "vendor/golang.org/x/net"]);
        let public: Vec<_> =
            found.iter().filter(|it| it.is_public()).map(|it| it.path.as_str()).collect();
        assert_eq!(public, ["errors", "unsafe", "net", "net/http", "runtime/cgo"]);
    }
}
