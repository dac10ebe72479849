//! Taking over from the cache of another distro what is the same in every distro.
//!
//! The same release of Go makes the same of the same Go source, wherever it runs. What C had a part in is another
//! matter: Go does not know the headers and libraries that went into it (`go help cache`). Names in a cache do not tell
//! what is behind them, so Go itself is asked: in a cache of its own it sees all that the other one has, is forbidden to
//! use C (`CGO_ENABLED=0`), and tells the name of everything that it looks for on behalf of packages that have nothing to
//! do with C (`GODEBUG=gocachehash=1`). Only what has one of those names is taken, only if it is what its own name says
//! (a hash), and not if anything in it was not made by Go.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read, Seek};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use ring::digest::{Context, SHA256};

use super::directory::{CacheDirectory, existing};
use super::entry::{self, Id, Kind};
use super::go::{Go, Package, Workspace, transcript};
use crate::error::{During, Error};

/// An action's file is shorter.
const ACTION_LIMIT: u64 = 512;
const CHUNK: usize = 64 << 10;

/// What came of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seeded {
    /// Actions that were taken over.
    pub actions: u64,
    /// Bytes of their outputs.
    pub bytes: u64,
    /// Actions that were not, since something in their output was not made by Go: a part of the race detector, for one.
    pub foreign: u64,
    /// Actions that were not, since their output is not what its name says.
    pub damaged: u64,
}

/// Takes over what the source has of these packages.
pub(crate) fn seed(
    go: &Go,
    source: &CacheDirectory,
    workspace: &Workspace,
    packages: &[Package],
) -> Result<Seeded, Error> {
    let stage = Stage { directory: workspace.path().join("stage") };
    stage.fill(source)?;
    let pure: Vec<&Package> = packages.iter().filter(|package| package.is_pure).collect();
    workspace.write_importer(pure.iter().copied())?;
    let paths: Vec<&str> = pure.iter().map(|package| package.path.as_str()).collect();
    let mut actions = HashSet::new();
    let commands = [
        [&["build", "-mod=mod"][..], &paths].concat(),
        vec!["test", "-mod=mod", "-run", "^$", "."],
    ];
    for (index, words) in commands.iter().enumerate() {
        let file = workspace.path().join(format!("actions-{index}"));
        ask(go, &stage, workspace, words, &file)?;
        let names: HashSet<&str> = paths.iter().copied().collect();
        let lines = BufReader::new(File::open(&file).during("read", &file)?).split(b'\n');
        for line in lines {
            let line = line.during("read", &file)?;
            actions.extend(
                std::str::from_utf8(&line).ok().and_then(|it| action(it, &names, &actions)),
            );
        }
        fs::remove_file(&file).during("remove", &file)?;
    }
    let mut seeded = Seeded::default();
    let (new, known): (Vec<_>, Vec<_>) =
        actions.iter().filter_map(|action| stage.find(action)).partition(|found| found.is_new);
    for found in &known {
        stage.publish(found, &workspace.cache, &mut seeded)?;
    }
    // What go has just made, it may have made with something that is damaged.
    for found in new.iter().filter(|_| seeded.damaged == 0) {
        stage.publish(found, &workspace.cache, &mut Seeded::default())?;
    }
    fs::remove_dir_all(&stage.directory).during("remove", &stage.directory)?;
    Ok(seeded)
}

/// Runs go in the stage, without C, and has it say the names of actions.
fn ask(
    go: &Go,
    stage: &Stage,
    workspace: &Workspace,
    words: &[&str],
    file: &Path,
) -> Result<(), Error> {
    let mut debug = go.variable("GODEBUG").unwrap_or_default().to_owned();
    if !debug.is_empty() {
        debug.push(",");
    }
    debug.push("gocachehash=1");
    let mut command = go.command(workspace, words);
    command.env("GODEBUG", debug).env("CGO_ENABLED", "0").env("GOCACHE", &stage.directory);
    // Another cache would be asked before this one.
    command.env("GOCACHEPROG", "");
    let output = transcript(file)?;
    command.stdout(output.try_clone().during("write", file)?).stderr(output);
    let status = command.status().during("run", &go.executable)?;
    if status.success() {
        return Ok(());
    }
    let mut told = Vec::new();
    for line in BufReader::new(File::open(file).during("read", file)?).split(b'\n') {
        let line = line.during("read", file)?;
        if !line.starts_with(b"HASH") {
            told.push(String::from_utf8_lossy(&line).into_owned());
        }
    }
    Err(go.failed(words[0], status.code(), &told))
}

/// The name of an action on behalf of one of the packages, or of something that belongs to such an action
/// (cmd/go/internal/cache, `Sum` and `Subkey`).
fn action(line: &str, packages: &HashSet<&str>, known: &HashSet<Id>) -> Option<Id> {
    let line = line.strip_prefix("HASH")?;
    if let Some(line) = line.strip_prefix('[') {
        let (name, id) = line.split_once("]: ")?;
        let package = name.strip_prefix("build ").or_else(|| name.strip_prefix("vet "))?;
        return packages.contains(package).then(|| entry::parse_id(id.as_bytes()))?;
    }
    let (parent, rest) = line.strip_prefix(" subkey ")?.split_once(' ')?;
    let (_, id) = rest.rsplit_once(" = ")?;
    let parent = entry::parse_id(parent.as_bytes())?;
    known.contains(&parent).then(|| entry::parse_id(id.as_bytes()))?
}

/// What is behind an action.
struct Found {
    action: Id,
    output: Id,
    /// That of the output, in bytes.
    size: u64,
    file: PathBuf,
    is_new: bool,
}

/// A cache that sees all that another one has, and to which nothing matters.
struct Stage {
    directory: PathBuf,
}

impl Stage {
    /// Actions are copied, since Go writes over them in place; outputs are links, since it does not.
    fn fill(&self, source: &CacheDirectory) -> Result<(), Error> {
        for byte in 0..=255_u8 {
            let directory = self.directory.join(format!("{byte:02x}"));
            fs::create_dir_all(&directory).during("create the directory", &directory)?;
        }
        // Nothing is to be trimmed.
        let trimmed = self.directory.join("trim.txt");
        let now = std::time::UNIX_EPOCH.elapsed().unwrap_or_default().as_secs();
        fs::write(&trimmed, now.to_string()).during("write", &trimmed)?;
        let real = fs::canonicalize(&source.path).during("look at", &source.path)?;
        for entry in source.entries() {
            let (theirs, ours) =
                (path(&real, &entry.id, entry.kind), path(&self.directory, &entry.id, entry.kind));
            match entry.kind {
                Kind::Action => {
                    // It may be gone by now.
                    let Ok(content) = read_action(&theirs) else { continue };
                    if entry::parse_action(&content, &entry.id).is_some() {
                        fs::write(&ours, content).during("write", &ours)?;
                    }
                }
                Kind::Output => {
                    symlink(&theirs, &ours).during("make a link in", &self.directory)?;
                }
            }
        }
        Ok(())
    }

    /// An action that is here, with its output.
    fn find(&self, action: &Id) -> Option<Found> {
        let content = read_action(&path(&self.directory, action, Kind::Action)).ok()?;
        let (output, size) = entry::parse_action(&content, action)?;
        let staged = path(&self.directory, &output, Kind::Output);
        // A link leads to the other cache; a file go has just made.
        let (file, is_new) = match fs::read_link(&staged) {
            Ok(theirs) => (theirs, false),
            Err(_) => (staged, true),
        };
        Some(Found { action: *action, output, size, file, is_new })
    }

    /// Puts an action into a cache, after its output.
    fn publish(&self, found: &Found, cache: &Path, seeded: &mut Seeded) -> Result<(), Error> {
        let Found { action, output, size, file, .. } = found;
        match existing(judge(file, output, *size)).during("read", file)? {
            Some(Verdict::Sound) => {}
            Some(Verdict::Foreign) => {
                seeded.foreign += 1;
                return Ok(());
            }
            Some(Verdict::Damaged) => {
                seeded.damaged += 1;
                return Ok(());
            }
            None => return Ok(()),
        }
        for id in [action, output] {
            let directory = cache.join(entry::subdirectory(id));
            fs::create_dir_all(&directory).during("create the directory", &directory)?;
        }
        let target = path(cache, output, Kind::Output);
        // Several actions may have one output.
        let has_it = fs::metadata(&target).is_ok_and(|it| it.is_file() && it.len() == *size);
        if !has_it {
            self.place(file, &target)?;
        }
        let target = path(cache, action, Kind::Action);
        let staged = path(&self.directory, action, Kind::Action);
        fs::rename(staged, &target).during("write", &target)?;
        seeded.actions += 1;
        seeded.bytes += size;
        Ok(())
    }

    /// The same file under a second name where that can be; else a copy, which shares its blocks where the file system can.
    fn place(&self, from: &Path, to: &Path) -> Result<(), Error> {
        if fs::hard_link(from, to).is_ok() {
            return Ok(());
        }
        let copy = self.directory.join("copy");
        fs::copy(from, &copy).during("copy", from)?;
        fs::rename(&copy, to).during("write", to)
    }
}

fn path(cache: &Path, id: &Id, kind: Kind) -> PathBuf {
    cache.join(entry::subdirectory(id)).join(entry::file_name(id, kind))
}

fn read_action(path: &Path) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    File::open(path)?.take(ACTION_LIMIT).read_to_end(&mut content)?;
    Ok(content)
}

/// What is to be thought of an output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Sound,
    Foreign,
    Damaged,
}

fn judge(path: &Path, output: &Id, size: u64) -> io::Result<Verdict> {
    let mut file = File::open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() || metadata.len() != size {
        return Ok(Verdict::Damaged);
    }
    let mut digest = Context::new(&SHA256);
    let mut buffer = vec![0; CHUNK];
    loop {
        match file.read(&mut buffer)? {
            0 => break,
            count => digest.update(&buffer[..count]),
        }
    }
    if digest.finish().as_ref() != output {
        return Ok(Verdict::Damaged);
    }
    file.rewind()?;
    Ok(if entry::is_only_go(&mut file)? { Verdict::Sound } else { Verdict::Foreign })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_said_on_behalf_of_a_package_counts() {
        let packages = HashSet::from(["fmt", "errors"]);
        let (one, two) = ("11".repeat(32), "22".repeat(32));
        let known = HashSet::from([[0x11; 32]]);
        for (line, expected) in [
            (format!("HASH[build fmt]: {one}"), Some([0x11; 32])),
            (format!("HASH[vet errors]: {one}"), Some([0x11; 32])),
            (format!("HASH[build net]: {one}"), None),
            (format!("HASH[build fmt [warm.test]]: {one}"), None),
            (format!("HASH[link fmt]: {one}"), None),
            (format!("HASH[build fmt]: \"{one}\""), None),
            (String::from("HASH[build fmt]"), None),
            (format!("HASH subkey {one} \"srcfiles\" = {two}"), Some([0x22; 32])),
            (format!("HASH subkey {two} \"srcfiles\" = {one}"), None),
            (format!("HASH /usr/lib/go/VERSION: {one}"), None),
            (format!("build fmt: {one}"), None),
        ] {
            assert_eq!(action(&line, &packages, &known), expected, "{line}");
        }
    }

    #[test]
    fn an_output_is_what_its_name_says() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("output");
        let verdict = |content: &[u8], named: &[u8], size: u64| {
            fs::write(&path, content).expect("written");
            let hash = ring::digest::digest(&SHA256, named);
            let id = Id::try_from(hash.as_ref()).expect("32 bytes");
            judge(&path, &id, size).expect("read")
        };
        let files = b"./print.go\n";
        assert_eq!(verdict(files, files, 11), Verdict::Sound);
        assert_eq!(verdict(b"./print.gO\n", files, 11), Verdict::Damaged);
        assert_eq!(verdict(files, files, 12), Verdict::Damaged);
        assert_eq!(verdict(b"\x7fELF", b"\x7fELF", 4), Verdict::Foreign);
    }
}
