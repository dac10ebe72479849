//! Real Linux userlands to run gowr in: made from packages by the code here, entered by chroot in a mount namespace
//! of the command's own, so that nothing is installed on this machine and no mount outlives a command.

mod alpine;
mod boxed;
mod compiler;
mod debian;
mod qcow2;

use std::ffi::OsString;
use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use nix::unistd::geteuid;
use tempfile::TempDir;

use crate::support::{fakes, scratch, tool};

/// A directory that commands can have as their `/`.
#[derive(Clone, Debug)]
pub(crate) struct Root {
    path: PathBuf,
    has_proc: bool,
    /// Of a root made for one test.
    temporary: Option<Arc<TempDir>>,
}

impl Root {
    /// Nothing but an `/etc/os-release`: no libc, no shell. Enough for static programs, and a machine of any name.
    pub(crate) fn bare(os_release: &str) -> Self {
        let directory = TempDir::new_in(kept("")).unwrap();
        let path = directory.path().to_owned();
        prepare(&path);
        fs::write(path.join("etc/os-release"), os_release).unwrap();
        Self { path, has_proc: true, temporary: Some(Arc::new(directory)) }
    }

    /// Debian 13 with Debian's own Go 1.24, linked statically.
    pub(crate) fn trixie() -> Self {
        Self::made("trixie", include_str!("userland/debian.rs"), |path| {
            debian::unpack("trixie", "trixie", &["golang-go"], path);
        })
    }

    /// Debian 12 with Debian's own Go 1.19, from before Go could switch toolchains; linked with glibc.
    pub(crate) fn bookworm() -> Self {
        Self::made("bookworm", include_str!("userland/debian.rs"), |path| {
            debian::unpack("bookworm", "bookworm", &["golang-go"], path);
        })
    }

    /// Alpine 3.23, musl and busybox, with a Go laid out as Alpine's package is.
    pub(crate) fn alpine() -> Self {
        Self::made("alpine", include_str!("userland/alpine.rs"), alpine::unpack)
    }

    /// [`Root::trixie`] with Debian's C compiler.
    pub(crate) fn trixie_with_gcc() -> Self {
        Self::made("trixie-gcc", include_str!("userland/debian.rs"), |path| {
            debian::unpack("trixie-gcc", "trixie", &["golang-go", "gcc", "libc6-dev"], path);
        })
    }

    /// [`Root::alpine`] with the compiler of [`Root::trixie_with_gcc`], made to compile for musl: to Go it looks the same.
    pub(crate) fn alpine_with_gcc() -> Self {
        let debian = Self::trixie_with_gcc();
        let recipe =
            concat!(include_str!("userland/alpine.rs"), include_str!("userland/compiler.rs"));
        Self::made("alpine-gcc", recipe, |path| {
            alpine::unpack(path);
            compiler::bring(&debian.path, path);
        })
    }

    /// [`Root::trixie`] with what distrobox wants of an image.
    pub(crate) fn trixie_for_boxes() -> Self {
        let recipe = concat!(include_str!("userland/debian.rs"), include_str!("userland/boxed.rs"));
        Self::made("trixie-box", recipe, |path| {
            let packages = [&["golang-go"], &boxed::PACKAGES[..]].concat();
            debian::unpack("trixie-box", "trixie", &packages, path);
            boxed::complete(path);
        })
    }

    /// [`Root::alpine`] with what distrobox wants of an image.
    pub(crate) fn alpine_for_boxes() -> Self {
        let recipe = concat!(include_str!("userland/alpine.rs"), include_str!("userland/boxed.rs"));
        Self::made("alpine-box", recipe, |path| {
            alpine::unpack(path);
            boxed::complete(path);
            boxed::complete_busybox(path);
        })
    }

    /// Debian 13 that boots: systemd, and what it needs.
    #[cfg(feature = "long")]
    pub(crate) fn trixie_with_systemd() -> Self {
        let packages = ["systemd", "systemd-sysv", "dbus", "mount", "util-linux", "libc-bin"];
        Self::made("trixie-systemd", include_str!("userland/debian.rs"), |path| {
            debian::unpack("trixie-systemd", "trixie", &packages, path);
            fs::write(path.join("etc/shadow"), "root:*:20000:0:99999:7:::\n").unwrap();
            for directory in ["run", "sys", "root", "var/tmp", "var/log"] {
                fs::create_dir_all(path.join(directory)).unwrap();
            }
        })
    }

    /// A directory with distrobox's commands, from Debian's package: shell scripts, which run on any machine.
    pub(crate) fn distrobox() -> PathBuf {
        let root = Self::made("distrobox", include_str!("userland/debian.rs"), |path| {
            debian::unpack_alone("trixie", "distrobox", path);
        });
        root.outside("/usr/bin")
    }

    /// A root that is kept, until the code that makes it (`recipe`) changes.
    fn made(name: &str, recipe: &str, make: impl FnOnce(&Path)) -> Self {
        let lock = File::create(kept("lock")).unwrap();
        lock.lock().unwrap();
        let mut hasher = DefaultHasher::new();
        recipe.hash(&mut hasher);
        let path = kept(&format!("{name}-{:016x}", hasher.finish()));
        if !path.exists() {
            let unfinished = kept(&format!("{name}.unfinished"));
            if unfinished.exists() {
                fs::remove_dir_all(&unfinished).unwrap();
            }
            fs::create_dir(&unfinished).unwrap();
            make(&unfinished);
            fs::rename(&unfinished, &path).unwrap();
        }
        prepare(&path);
        Self { path, has_proc: true, temporary: None }
    }

    /// The same root without a `/proc`: there no program finds out what it was started as. In a bare root it may be
    /// written to instead.
    pub(crate) fn without_proc(mut self) -> Self {
        self.has_proc = false;
        self
    }

    /// Writes a file of a bare root.
    pub(crate) fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.changeable(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    /// Removes a file or directory of a bare root.
    pub(crate) fn remove(&self, path: &str) {
        let path = self.changeable(path);
        if path.is_dir() {
            fs::remove_dir_all(path).unwrap();
        } else {
            fs::remove_file(path).unwrap();
        }
    }

    /// Lays out a stand-in for a toolchain in a bare root.
    pub(crate) fn fake(&self, path: &str, version: &str) {
        fakes::lay_out(&self.changeable(path), version);
    }

    /// Where `path` of a bare root lies outside.
    pub(crate) fn changeable(&self, path: &str) -> PathBuf {
        assert!(self.temporary.is_some(), "a root that is kept is not changed by a test");
        self.outside(path)
    }

    /// Where `path` of this root lies outside, to be read.
    pub(crate) fn outside(&self, path: &str) -> PathBuf {
        self.path.join(path.trim_start_matches('/'))
    }

    /// The command line that runs `words` with this root as its `/`. The worlds of the tests are there under their own
    /// paths.
    pub(crate) fn enter(
        &self,
        directory: &Path,
        environment: impl Iterator<Item = OsString>,
        words: &[OsString],
    ) -> Vec<OsString> {
        let proc = if self.has_proc { "mount --rbind /proc \"$1/proc\"" } else { ":" };
        let mounts = format!("mount --rbind /dev \"$1/dev\"; {proc}; mount --bind \"$2\" \"$1$2\"");
        let script = format!("set -e; {mounts}; shift 2; exec \"$@\"");
        let root = self.path.as_os_str().to_owned();

        let mut line: Vec<OsString> = vec![tool("unshare").into(), "--mount".into()];
        line.extend(user_namespace().iter().map(OsString::from));
        line.extend([
            "--propagation=private".into(),
            "sh".into(),
            "-c".into(),
            script.into(),
            "sh".into(),
        ]);
        line.extend([root.clone(), worlds().into(), "env".into(), "-i".into()]);
        line.extend(environment);
        line.extend([
            tool("unshare").into(),
            "--root".into(),
            root,
            "--wd".into(),
            directory.into(),
            "--".into(),
        ]);
        line.extend_from_slice(words);
        line
    }
}

/// What `unshare` needs to make a mount namespace: nothing for root, else a user namespace around it.
pub(crate) fn user_namespace() -> &'static [&'static str] {
    if geteuid().is_root() { &[] } else { &["--user", "--map-root-user"] }
}

/// What every root has: places to mount on, a directory for temporary files.
fn prepare(root: &Path) {
    for directory in ["dev", "proc", "tmp", "etc", "mnt"] {
        fs::create_dir_all(root.join(directory)).unwrap();
    }
    fs::create_dir_all(root.join(worlds().strip_prefix("/").unwrap())).unwrap();
}

/// Where the worlds are: the one directory that is seen in every root.
fn worlds() -> PathBuf {
    let worlds = scratch().join("worlds");
    fs::create_dir_all(&worlds).unwrap();
    worlds
}

/// A path below the directory of roots that are kept.
fn kept(name: &str) -> PathBuf {
    let directory = scratch().join("userlands");
    fs::create_dir_all(&directory).unwrap();
    directory.join(name)
}
