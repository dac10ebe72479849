//! Debian userlands out of Debian's own packages, with an apt state of their own: nothing of this machine's is changed.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{fs, str};

use super::kept;
use crate::support::tool;

/// What a shell script finds anywhere.
const BASE: [&str; 5] = ["base-files", "base-passwd", "bash", "coreutils", "dash"];

const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";

/// Left out: no test reads them.
const EXCLUDED: [&str; 8] = [
    "./usr/share/doc",
    "./usr/share/man",
    "./usr/share/locale",
    "./usr/share/info",
    "testdata",
    "*_test.go",
    "./usr/share/go-*/test",
    "./usr/share/go-*/api",
];

/// Unpacks the base of `suite` and `packages` with all they depend on into the empty directory `root`, which is called
/// `name`.
pub(super) fn unpack(name: &str, suite: &str, packages: &[&str], root: &Path) {
    let apt = Apt::new(name, suite);
    let mut wanted = BASE.to_vec();
    wanted.extend(packages);
    apt.run(&["update"], &[]);
    apt.run(&["--download-only", "install"], &wanted);

    // Debian's own layout since bookworm: / holds links into /usr.
    for name in ["bin", "sbin", "lib", "lib64"] {
        fs::create_dir_all(root.join("usr").join(name)).unwrap();
        std::os::unix::fs::symlink(format!("usr/{name}"), root.join(name)).unwrap();
    }
    for package in fs::read_dir(apt.state.join("archives")).unwrap() {
        let package = package.unwrap().path();
        if package.extension().is_some_and(|extension| extension == "deb") {
            extract(&package, root);
        }
    }
    // No maintainer script has run; these are theirs.
    for name in ["passwd", "group"] {
        let master = root.join(format!("usr/share/base-passwd/{name}.master"));
        fs::copy(master, root.join("etc").join(name)).unwrap();
    }
}

/// Unpacks one package of `suite` into `root`, and nothing that it depends on.
pub(super) fn unpack_alone(suite: &str, package: &str, root: &Path) {
    let apt = Apt::new(package, suite);
    apt.run(&["update"], &[]);
    apt.run(&["download"], &[package]);
    let prefix = format!("{package}_");
    for file in fs::read_dir(&apt.state).unwrap() {
        let file = file.unwrap();
        if file.file_name().to_str().is_some_and(|name| name.starts_with(&prefix)) {
            extract(&file.path(), root);
        }
    }
}

fn extract(package: &Path, root: &Path) {
    let script = "set -e; package=$1; root=$2; shift 2; \
        dpkg-deb --fsys-tarfile \"$package\" | tar --extract --keep-directory-symlink --directory=\"$root\" \"$@\" --file=-";
    let output = Command::new("sh")
        .args(["-c", script, "sh"])
        .args([package, root])
        .args(EXCLUDED.map(|pattern| format!("--exclude={pattern}")))
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}: {}",
        package.display(),
        String::from_utf8_lossy(&output.stderr)
    );
}

/// apt with sources, index and archives of its own.
struct Apt {
    state: PathBuf,
}

impl Apt {
    fn new(name: &str, suite: &str) -> Self {
        assert!(
            Path::new(KEYRING).exists(),
            "this test needs debian-archive-keyring: run ./bootstrap test, which installs it"
        );
        let state = kept(&format!("apt-{name}"));
        for directory in ["lists/partial", "archives/partial", "etc/preferences.d"] {
            fs::create_dir_all(state.join(directory)).unwrap();
        }
        let source = format!("deb [signed-by={KEYRING}] {} {suite} main\n", mirror());
        fs::write(state.join("etc/sources.list"), source).unwrap();
        Self { state }
    }

    fn run(&self, words: &[&str], packages: &[&str]) {
        let directory = self.state.display();
        let mut command = Command::new(tool("apt-get"));
        command.args(["-qq", "-y", "-o", "APT::Install-Recommends=0", "-o", "Acquire::Retries=3"]);
        command.args(["-o", "Acquire::Languages=none", "-o", "APT::Sandbox::User=root"]);
        for option in [
            format!("Dir::Etc={directory}/etc"),
            format!("Dir::Etc::sourcelist={directory}/etc/sources.list"),
            "Dir::Etc::sourceparts=/dev/null".to_owned(),
            format!("Dir::State={directory}"),
            format!("Dir::State::lists={directory}/lists"),
            "Dir::State::status=/dev/null".to_owned(),
            format!("Dir::Cache={directory}"),
            format!("Dir::Cache::archives={directory}/archives"),
        ] {
            command.args(["-o", &option]);
        }
        // `download` writes to the current directory.
        command.current_dir(&self.state);
        let output = command.args(words).args(packages).output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        assert!(output.status.success(), "apt-get {words:?}: {}", String::from_utf8_lossy(&said));
    }
}

/// Where this machine gets Debian's packages from, if it is a Debian; else Debian's own address.
fn mirror() -> String {
    let output = Command::new(tool("apt-get"))
        .args(["indextargets", "--format", "$(REPO_URI)", "Created-By: Packages"])
        .output()
        .unwrap();
    str::from_utf8(&output.stdout)
        .unwrap()
        .lines()
        .find(|uri| uri.trim_end_matches('/').ends_with("/debian"))
        .unwrap_or("http://deb.debian.org/debian")
        .to_owned()
}
