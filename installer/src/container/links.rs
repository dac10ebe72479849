//! What a GOROOT needs besides itself: distros split their trees, and link the parts (`/usr/lib/go-1.24/src ->
//! ../../share/go-1.24/src` on Debian).

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use resolver::path;

use crate::error::{Error, Kind};

/// The directories of a GOROOT in which distros put links.
const SCANNED: [&str; 6] = ["", "bin", "lib", "misc", "pkg", "pkg/tool"];
/// No distro has more.
const MOST: usize = 64;
/// Names of a path that is no distro's own directory: `/usr/share/go-1.24`.
const LEAST_DEPTH: usize = 3;

/// A directory or file outside of a GOROOT that a link in it leads to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Target {
    /// Where it is.
    pub source: PathBuf,
    /// Where it must be in a container.
    pub target: PathBuf,
}

/// What the links of the GOROOT `root`, a real path, lead to outside of it, and where each must be for a container in
/// which the GOROOT is mounted at all of `places`.
pub fn outside(root: &Path, places: &[&Path]) -> Result<Vec<Target>, Error> {
    let mut found = Vec::new();
    for directory in SCANNED {
        let Ok(entries) = fs::read_dir(root.join(directory)) else { continue };
        for entry in entries.flatten() {
            let Ok(text) = fs::read_link(entry.path()) else { continue };
            // What leads nowhere here need not lead anywhere there.
            let Ok(source) = fs::canonicalize(entry.path()) else { continue };
            if source.starts_with(root) {
                continue;
            }
            let name = entry.path();
            if source.components().count() <= LEAST_DEPTH || found.len() >= MOST {
                return Err(refused(root, &name, &source));
            }
            for place in places {
                let target = place.join(directory).join(&text);
                let target = path::clean(path::concat(&[target.as_os_str().as_bytes()]));
                let target = PathBuf::from(std::ffi::OsStr::from_bytes(target));
                let target = Target { source: source.clone(), target };
                if !found.contains(&target) {
                    found.push(target);
                }
            }
        }
    }
    found.sort();
    Ok(found)
}

fn refused(root: &Path, link: &Path, target: &Path) -> Error {
    Error::Container {
        kind: Kind::CannotRun,
        message: format!("{} cannot be mounted into a container", root.display()),
        cause: format!(
            "{} leads to {}, which would hide the image's own",
            link.display(),
            target.display()
        )
        .into(),
        fix: Some(String::from("gowr install VERSION, and add --go VERSION")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn a_split_tree() {
        let machine = tempfile::tempdir().expect("a directory");
        let machine = fs::canonicalize(machine.path()).expect("real");
        let root = machine.join("usr/lib/go-1.24");
        let share = machine.join("usr/share/go-1.24");
        for directory in [root.join("bin"), root.join("pkg/tool"), share.join("src")] {
            fs::create_dir_all(directory).expect("made");
        }
        fs::write(share.join("go.env"), "").expect("written");
        symlink("../../share/go-1.24/src", root.join("src")).expect("linked");
        symlink("pkg/tool", root.join("tool")).expect("linked");
        symlink("../nowhere", root.join("pkg/nowhere")).expect("linked");
        symlink(share.join("go.env"), root.join("go.env")).expect("linked");
        let places = [root.as_path(), Path::new("/usr/local/go")];
        let found = outside(&root, &places).expect("mountable");
        let target = |source: &Path, target: &Path| Target {
            source: source.to_path_buf(),
            target: target.to_path_buf(),
        };
        let mut expected = [
            target(&share.join("src"), &share.join("src")),
            // As it is linked, from there.
            target(&share.join("src"), Path::new("/usr/share/go-1.24/src")),
            target(&share.join("go.env"), &share.join("go.env")),
        ];
        expected.sort();
        assert_eq!(found, expected);
    }

    #[test]
    fn what_would_hide_the_images_own() {
        let root = tempfile::tempdir().expect("a directory");
        let root = fs::canonicalize(root.path()).expect("real");
        // Void Linux: the programs are the system's.
        symlink("/usr/bin", root.join("bin")).expect("linked");
        let error = outside(&root, &[&root]).expect_err("refused");
        assert_eq!(error.kind(), Kind::CannotRun);
    }
}
