//! Where one archive is judged: a directory in which everything but the tree must stay as it is.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use installer::error::{Error, Kind};
use installer::go_settings::GoSettings;
use installer::install::{Fetched, Source};
use installer::source::{FetchOptions, Fetcher, LocalArchives};
use resolver::version::ToolchainName;
use tempfile::TempDir;

use crate::log::{Log, hex, sha256};
use crate::module::{Module, PLATFORM, TOOLCHAIN};

/// The release that all archives say they are.
pub(crate) const NAME: &str = "go1.99.1";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Accepted,
    Refused,
}

/// Files by their paths.
pub(crate) type Files = BTreeMap<Vec<u8>, Vec<u8>>;

/// A directory with a tree to unpack into, and an outside.
pub(crate) struct Place {
    directory: TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        let directory = TempDir::new_in("/dev/shm").or_else(|_| TempDir::new());
        let place = Self { directory: directory.expect("a directory") };
        for name in ["inside/tree", "proxy", "outside"] {
            fs::create_dir_all(place.path(name)).expect("made");
        }
        fs::write(place.path("outside/file"), "as it was").expect("written");
        fs::write(place.path("inside/archive"), "").expect("written");
        place
    }

    fn path(&self, path: &str) -> PathBuf {
        self.directory.path().join(path)
    }

    pub(crate) fn outside(&self) -> String {
        self.path("outside").to_str().expect("text").to_owned()
    }

    /// Fetches a module zip from a proxy of files, whose database says `h1`.
    pub(crate) fn fetch_zip(&self, zip: &[u8], h1: &str) -> Result<Fetched, Error> {
        let version = Module::toolchain_version(NAME);
        let mut log = Log::new("sum.test");
        log.append(TOOLCHAIN, &version, h1);
        let put = |path: String, content: &[u8]| {
            let file = self.path("proxy").join(path);
            fs::create_dir_all(file.parent().expect("a parent")).expect("made");
            fs::write(file, content).expect("written");
        };
        for path in
            ["supported", "latest", "tile/8/0/000.p/1", &format!("lookup/{TOOLCHAIN}@{version}")]
        {
            put(format!("sumdb/sum.test/{path}"), &log.serve(path).expect("there"));
        }
        put(format!("{TOOLCHAIN}/@v/{version}.zip"), zip);
        let name = ToolchainName::parse(NAME).expect("a name");
        let (tree, archive) = (self.path("inside/tree"), self.path("inside/archive"));
        self.fetcher(&log.key()).fetch(&name, &tree, &archive)
    }

    /// Takes a release's file, whose published hash is this.
    pub(crate) fn take_tar(&self, tar: &[u8], hash: [u8; 32]) -> Result<Fetched, Error> {
        let file = format!("{NAME}.{PLATFORM}.tar.gz");
        fs::create_dir(self.path("inside/heads")).expect("made");
        let line = format!("{}  {file}\n", hex(&hash));
        fs::write(self.path("inside/heads/SHA256SUMS"), line).expect("written");
        let path = self.path("proxy").join(file);
        fs::write(&path, tar).expect("written");
        let name = ToolchainName::parse(NAME).expect("a name");
        let fetcher = self.fetcher(&Log::new("sum.test").key());
        let archives = LocalArchives::new(&fetcher, &path, Some(name))?;
        archives.fetch(&name, &self.path("inside/tree"), &self.path("inside/archive"))
    }

    fn fetcher(&self, key: &str) -> Fetcher {
        let proxy = format!("file://{}", self.path("proxy").display());
        let settings = GoSettings::read_with(&|name| match name {
            "GOPROXY" => Some(proxy.clone().into()),
            "GOSUMDB" => Some(key.into()),
            "GOENV" => Some("off".into()),
            _ => None,
        });
        let options = FetchOptions {
            heads: self.path("inside/heads"),
            checksums: self.path("inside/heads/SHA256SUMS"),
            sources: None,
            progress: Box::new(()),
        };
        Fetcher::new(&settings.expect("settings"), options).expect("settings")
    }

    /// Fails where something is not as it must be after `result`, whatever it is; `expected` is what an accepted
    /// archive may have in it, where that is known.
    pub(crate) fn judge(
        &self,
        result: Result<Fetched, Error>,
        expected: Option<&Files>,
        what: &str,
    ) -> Verdict {
        assert_eq!(fs::read(self.path("outside/file")).expect("there"), b"as it was", "{what}");
        assert_eq!(names(&self.path("outside")), ["file"], "{what}");
        assert_eq!(names(self.directory.path()), ["inside", "outside", "proxy"], "{what}");
        let inside = names(&self.path("inside"));
        assert!(
            inside.iter().all(|name| ["archive", "heads", "tree"].contains(&name.as_str())),
            "{what}: {inside:?}"
        );
        for left in ["/evil", "/tmp/evil", "evil"] {
            assert!(!Path::new(left).exists(), "{what}: {left}");
        }
        let unpacked = self.unpacked(what);
        match result {
            Ok(_) => {
                if let Some(expected) = expected {
                    assert!(unpacked == *expected, "{what}: {:?}", unpacked.keys());
                }
                Verdict::Accepted
            }
            Err(error) => {
                let kinds = [Kind::Integrity, Kind::Internal, Kind::User, Kind::Network];
                assert!(kinds.contains(&error.kind()), "{what}: {error:?}");
                let mut text = error.to_string();
                let mut cause = std::error::Error::source(&error);
                while let Some(error) = cause {
                    text += &error.to_string();
                    cause = error.source();
                }
                assert!(
                    text.chars().all(|it| !it.is_control()) && text.len() < 2000,
                    "{what}: {text:?}"
                );
                Verdict::Refused
            }
        }
    }

    /// All files of the tree, which has nothing else in it but directories.
    fn unpacked(&self, what: &str) -> Files {
        use std::os::unix::ffi::OsStrExt;
        let tree = self.path("inside/tree");
        let (mut files, mut directories) = (Files::new(), vec![tree.clone()]);
        while let Some(directory) = directories.pop() {
            for entry in fs::read_dir(directory).expect("listed") {
                let path = entry.expect("listed").path();
                let metadata = fs::symlink_metadata(&path).expect("there");
                // No set-user-id, nothing that everyone may write, no second name.
                assert_eq!(metadata.mode() & 0o7022, 0, "{what}: {}", path.display());
                if metadata.is_dir() {
                    directories.push(path);
                } else {
                    assert!(
                        metadata.is_file() && metadata.nlink() == 1,
                        "{what}: {}",
                        path.display()
                    );
                    let name = path.strip_prefix(&tree).expect("below").as_os_str().as_bytes();
                    files.insert(name.to_vec(), fs::read(&path).expect("read"));
                }
            }
        }
        files
    }
}

fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).expect("listed");
    let mut names: Vec<_> = entries
        .map(|entry| entry.expect("listed").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

/// The hash of files by their whole names (`golang.org/x/mod/sumdb/dirhash.Hash1`), as anyone would make it.
pub(crate) fn h1(files: &[(Vec<u8>, Vec<u8>)]) -> String {
    use base64::Engine;
    let mut sorted: Vec<_> = files.iter().collect();
    sorted.sort();
    let mut summary = Vec::new();
    for (name, content) in sorted {
        summary.extend_from_slice(hex(&sha256(content)).as_bytes());
        summary.extend_from_slice(b"  ");
        summary.extend_from_slice(name);
        summary.push(b'\n');
    }
    format!("h1:{}", base64::engine::general_purpose::STANDARD.encode(sha256(&summary)))
}
