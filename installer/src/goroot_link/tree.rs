//! Whether a GOROOT is one tree. Debian's and SUSE's packages keep half of it elsewhere, and Void's its programs.

use std::fs;
use std::path::{Path, PathBuf};

/// What Go needs of a GOROOT; documents and tests may be anywhere.
const NEEDED: [&str; 6] = ["VERSION", "bin", "go.env", "lib", "pkg", "src"];

/// A link in a GOROOT that leads out of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way {
    /// The link.
    pub link: PathBuf,
    /// What it says.
    pub target: PathBuf,
}

/// The first way out of a GOROOT: in it, or in one of its directories, where SUSE has them.
pub fn way_out(goroot: &Path) -> Option<Way> {
    let real = fs::canonicalize(goroot).ok()?;
    let leads_out = |link: &Path| {
        let target = fs::read_link(link).ok()?;
        // Debian's lead nowhere where the package with the sources is not installed.
        let is_inside = fs::canonicalize(link).is_ok_and(|end| end.starts_with(&real));
        (!is_inside).then(|| Way { link: link.to_path_buf(), target })
    };
    NEEDED.into_iter().find_map(|name| {
        let path = goroot.join(name);
        leads_out(&path).or_else(|| {
            let mut below: Vec<_> =
                fs::read_dir(&path).ok()?.flatten().map(|entry| entry.path()).collect();
            below.sort();
            below.iter().find_map(|path| leads_out(path))
        })
    })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    /// A GOROOT in `top/lib/go`, with other things beside it.
    fn goroot(top: &Path) -> PathBuf {
        let goroot = top.join("lib/go");
        for directory in ["lib/go/bin", "lib/go/pkg", "lib/go/test", "share/go/src/fmt", "bin"] {
            fs::create_dir_all(top.join(directory)).expect("made");
        }
        goroot
    }

    fn target(goroot: &Path) -> Option<String> {
        way_out(goroot).map(|way| way.target.to_string_lossy().into_owned())
    }

    #[test]
    fn a_whole_tree() {
        let top = tempfile::tempdir().expect("a directory");
        let goroot = goroot(top.path());
        fs::create_dir_all(goroot.join("src/fmt")).expect("made");
        symlink("fmt", goroot.join("src/same")).expect("linked");
        // Arch's; nothing that a build looks at.
        symlink("/usr/share/doc/go", goroot.join("doc")).expect("linked");
        assert_eq!(way_out(&goroot), None);
        let link = top.path().join("link");
        symlink(&goroot, &link).expect("linked");
        assert_eq!(way_out(&link), None);
    }

    #[test]
    fn the_three_kinds_of_split_trees() {
        let debian = tempfile::tempdir().expect("a directory");
        let root = goroot(debian.path());
        symlink("../../share/go/src", root.join("src")).expect("linked");
        assert_eq!(target(&root).as_deref(), Some("../../share/go/src"));
        // Without the package that has the sources.
        fs::remove_dir_all(debian.path().join("share")).expect("removed");
        assert_eq!(target(&root).as_deref(), Some("../../share/go/src"));

        let suse = tempfile::tempdir().expect("a directory");
        let root = goroot(suse.path());
        fs::create_dir(root.join("src")).expect("made");
        let sources = suse.path().join("share/go/src/fmt");
        symlink(&sources, root.join("src/fmt")).expect("linked");
        assert_eq!(target(&root).as_deref(), sources.to_str());

        let void = tempfile::tempdir().expect("a directory");
        let root = goroot(void.path());
        fs::remove_dir(root.join("bin")).expect("removed");
        symlink(void.path().join("bin"), root.join("bin")).expect("linked");
        assert_eq!(target(&root).as_deref(), void.path().join("bin").to_str());
    }
}
