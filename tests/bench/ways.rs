//! The ways to install one release: gowr's two, Go's own, those of other managers that are on PATH, and by hand. And the
//! floors: what parts of the work cost by themselves.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use crate::cost::{self, Cost};
use crate::floor;
use crate::measure::{self, NEW, OLD, toolchain};
use crate::site::Site;

/// Which goals a way stands under.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Gowr,
    Go,
    /// Another manager, or by hand.
    Peer,
    /// No install.
    Floor,
}

/// One way to install, or a part of one.
pub(crate) struct Way {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    environment: Vec<(&'static str, String)>,
    words: Vec<String>,
    /// The file that must be there afterwards, below the room.
    proof: String,
    /// What came of it when it was tried first.
    pub(crate) failure: Option<String>,
    pub(crate) costs: Vec<Cost>,
}

/// A directory in which each way finds nothing but an empty home.
pub(crate) struct Room<'a> {
    pub(crate) path: PathBuf,
    pub(crate) site: &'a Site,
}

impl Room<'_> {
    /// Empties it.
    pub(crate) fn clear(&self) {
        measure::remove(&self.path);
        let state = self.path.join("home/.local/state/gowr");
        let configuration = self.path.join("home/.config/gowr");
        for directory in [&state, &configuration] {
            fs::create_dir_all(directory).expect("there is room");
        }
        // What the Go project's index said earlier: on loopback there is no index that could be believed.
        let checksum = format!("{}  {}\n", self.site.hash, self.site.archive);
        fs::write(state.join("SHA256SUMS"), checksum).expect("there is room");
    }

    fn at(&self, path: &str) -> String {
        self.path.join(path).display().to_string()
    }

    /// All ways that there are on this machine, from a server at this address.
    pub(crate) fn ways(&self, address: &str) -> Vec<Way> {
        let mut ways = vec![self.gowr_module(address), self.gowr_archive(address)];
        ways.push(self.cmd_go(address));
        ways.extend(self.peers(address));
        ways.extend(self.floors(address));
        ways
    }

    /// As a module, proved by the checksum database.
    pub(crate) fn gowr_module(&self, address: &str) -> Way {
        let words = [env!("CARGO_BIN_EXE_gowr"), "install", NEW];
        let proof = format!("gowr/toolchains/{NEW}/bin/go");
        let way = self.way("gowr, module", Kind::Gowr, &words, proof);
        way.with("GOPROXY", address).with("GOWR_HOME", self.at("gowr"))
    }

    /// As an archive from a mirror, proved by the Go project's hash.
    pub(crate) fn gowr_archive(&self, address: &str) -> Way {
        let configuration = self.at("home/.config/gowr/config.yaml");
        let script = "echo \"sources: $0\" >\"$1\"; exec \"$2\" install \"$3\"";
        let gowr = env!("CARGO_BIN_EXE_gowr");
        let words = ["/bin/sh", "-ec", script, address, &configuration, gowr, NEW];
        let proof = format!("gowr/toolchains/{NEW}/bin/go");
        self.way("gowr, archive", Kind::Gowr, &words, proof).with("GOWR_HOME", self.at("gowr"))
    }

    /// Go's download of the module, proved by the checksum database.
    fn cmd_go(&self, address: &str) -> Way {
        let go = toolchain(OLD).join("bin/go").display().to_string();
        let version = &self.site.module_version;
        let proof = format!("gopath/pkg/mod/golang.org/toolchain@{version}/bin/go");
        self.way("cmd/go, module", Kind::Go, &[&go, "version"], proof)
            .with("GOPROXY", address)
            .with("GOTOOLCHAIN", NEW)
            .with("GOPATH", self.at("gopath"))
            .with("GOCACHE", self.at("gocache"))
            .with("GOFLAGS", "-modcacherw")
    }

    fn peers(&self, address: &str) -> Vec<Way> {
        let version = NEW.trim_start_matches("go");
        let (archive, hash) = (&self.site.archive, &self.site.hash);
        let peer = |name, words: &[&str], proof| self.way(name, Kind::Peer, words, proof);
        let mise = ["DATA", "CONFIG", "STATE", "CACHE"].into_iter().zip([
            "MISE_DATA_DIR",
            "MISE_CONFIG_DIR",
            "MISE_STATE_DIR",
            "MISE_CACHE_DIR",
        ]);
        let proof = format!("mise/DATA/installs/go/{version}/bin/go");
        let by_mise = peer("mise", &["mise", "install", &format!("go@{version}")], proof)
            .with("MISE_GO_DOWNLOAD_MIRROR", address)
            .with("MISE_GO_REPO", format!("file://{}", self.site.repository.display()))
            .with("MISE_USE_VERSIONS_HOST", "0");
        let by_mise = mise.fold(by_mise, |way, (directory, variable)| {
            way.with(variable, self.at(&format!("mise/{directory}")))
        });
        let words = ["goup", "install", "--dry", "--use-raw-version", version];
        let by_goup = peer("goup-rs", &words, format!("goup/{NEW}/bin/go"))
            .with("GOUP_HOME", self.at("goup"))
            .with("GOUP_GO_REGISTRY", address);
        let proof = format!("g/versions/{version}/bin/go");
        let by_g = peer("voidint/g", &["g", "install", version], proof)
            .with("G_EXPERIMENTAL", "true")
            .with("G_HOME", self.at("g"))
            .with("G_MIRROR", format!("autoindex|{address}/"));
        let script = format!(
            "cd \"$HOME\"; curl -sSO {address}/{archive}; \
             echo '{hash}  {archive}' | sha256sum -c --quiet; tar -xzf {archive}"
        );
        let proof = "home/go/bin/go".to_owned();
        let by_hand = peer("curl, sha256sum, tar", &["/bin/sh", "-ec", &script], proof);
        vec![by_mise, by_goup, by_g, by_hand]
    }

    fn floors(&self, address: &str) -> Vec<Way> {
        let zip = self.site.files.join(self.site.module()).display().to_string();
        let archive = self.site.files.join(&self.site.archive).display().to_string();
        let tree = self.at("tree");
        let this = env::current_exe().expect("there is a /proc").display().to_string();
        let floor = |name, words: &[&str], proof: &str| {
            self.way(name, Kind::Floor, words, proof.to_owned())
        };
        let part = |name, work, proof| floor(name, &[&this, floor::WORD, work, &zip, &tree], proof);
        let url = format!("{address}/{}", self.site.module());
        let script = "exec \"$0\" -dc \"$1\" >/dev/null";
        vec![
            floor("floor: download", &["curl", "-sSo", &self.at("zip"), &url], "zip"),
            part("floor: inflate the zip", floor::INFLATE, "home"),
            part("floor: the same, and hash", floor::HASH, "home"),
            part("floor: the same, and write", floor::WRITE, "tree/VERSION"),
            floor("floor: gzip -dc", &["/bin/sh", "-ec", script, "gzip", &archive], "home"),
        ]
    }

    fn way(&self, name: &'static str, kind: Kind, words: &[&str], proof: String) -> Way {
        let mut words: Vec<_> = words.iter().map(|word| (*word).to_owned()).collect();
        let failure = match find(&words[0]) {
            Some(program) => {
                words[0] = program.display().to_string();
                None
            }
            None => Some(format!("there is no {} on PATH", words[0])),
        };
        let environment = vec![
            ("PATH", "/usr/local/bin:/usr/bin:/bin".to_owned()),
            ("HOME", self.at("home")),
            ("LANG", "C.UTF-8".to_owned()),
        ];
        Way { name, kind, environment, words, proof, failure, costs: Vec::new() }
    }
}

impl Way {
    fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.environment.push((name, value.into()));
        self
    }

    /// Takes it once, in an empty room.
    pub(crate) fn take(&self, room: &Room<'_>) -> Result<Cost, String> {
        let cost = cost::run(&self.words, &self.environment)?;
        if room.path.join(&self.proof).exists() {
            Ok(cost)
        } else {
            Err(format!("there is no {} afterwards", self.proof))
        }
    }
}

/// A program, as this process's PATH has it.
fn find(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let beside = env::split_paths(&path).map(|directory| directory.join(program));
    let mut candidates = [Path::new(program).to_owned()].into_iter().chain(beside);
    candidates.find(|path| path.is_absolute() && path.is_file())
}
