//! What is installed from: one release as a module with its checksum database, and as an archive, in a directory that is
//! laid out as GOPROXY, the Go project's downloads and their mirrors are.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::goproxy;
use crate::measure::{NEW, toolchain};

/// The files that are served, and what must be known of them.
pub(crate) struct Site {
    pub(crate) files: PathBuf,
    /// `v0.0.1-go1.26.9.linux-amd64`
    pub(crate) module_version: String,
    /// `go1.26.9.linux-amd64.tar.gz`
    pub(crate) archive: String,
    /// SHA-256 of the archive, in hexadecimal digits.
    pub(crate) hash: String,
    /// A git repository that has the releases as tags: some managers list those.
    pub(crate) repository: PathBuf,
}

impl Site {
    /// Fetches the release as a module, and packs it as an archive.
    pub(crate) fn prepare(scratch: &Path) -> Self {
        let files = scratch.join("files");
        let module_version = goproxy::lay_out(scratch, &files);
        let archive = format!("{}.tar.gz", module_version.trim_start_matches("v0.0.1-"));
        let (hash, repository) = (String::new(), scratch.join("repository"));
        let site = Self { files, module_version, archive, hash, repository };
        let hash = site.pack();
        site.tag();
        Self { hash, ..site }
    }

    /// The module's zip file, below the site's address.
    pub(crate) fn module(&self) -> String {
        format!("golang.org/toolchain/@v/{}.zip", self.module_version)
    }

    /// Packs the installed release as the Go project does, and gives the archive's hash.
    fn pack(&self) -> String {
        let tree = toolchain(NEW);
        let parent = tree.parent().expect("a directory of toolchains").display().to_string();
        let script = "cd \"$0\" && tar -cf - --owner=0 --group=0 --transform=\"s,^$1,go,\" \"$1\" \
                      | gzip -9 >\"$2\"";
        let archive = self.files.join(&self.archive);
        let mut pack = Command::new("/bin/sh");
        pack.args(["-ec", script, &parent, NEW]).arg(&archive);
        assert!(pack.status().expect("a shell").success(), "{NEW} cannot be packed");
        let sum = Command::new("sha256sum").arg(&archive).output().expect("of coreutils").stdout;
        let hash: String = String::from_utf8_lossy(&sum).chars().take(64).collect();
        let (name, size) = (&self.archive, fs::metadata(&archive).expect("packed").len());
        for (file, content) in [
            (format!("{name}.sha256"), hash.clone()),
            // As the web servers of mirrors list a directory.
            (
                "index.html".to_owned(),
                format!(
                    "<pre><a href=\"{name}\">{name}</a>  01-Oct-2026 00:00  {size}\n<a href=\"{name}.sha256\">{name}.sha256</a>  01-Oct-2026 00:00  64\n</pre>\n"
                ),
            ),
        ] {
            fs::write(self.files.join(file), content).expect("there is room");
        }
        hash
    }

    fn tag(&self) {
        let identity = ["-c", "user.name=x", "-c", "user.email=x@example.com"];
        for words in [
            &["init", "--quiet", "."][..],
            &["commit", "--quiet", "--allow-empty", "--message", "x"],
            &["tag", NEW],
        ] {
            fs::create_dir_all(&self.repository).expect("there is room");
            let mut git = Command::new("git");
            git.args(identity).args(words).current_dir(&self.repository);
            assert!(git.status().expect("git").success(), "git {words:?}");
        }
    }
}
