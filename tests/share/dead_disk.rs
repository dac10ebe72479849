//! A disk that dies under a mount, for real: what the kernel does not remember of it is an error.

use std::fs;

use nix::unistd::geteuid;

use super::OLDER;
use super::wsl::Wsl;
use crate::support::{OLD, Run, World, fakes, tool};

/// The disk of the distro that shares: a file system in a file.
const DISK: &str = r#"
    mkdir -p ".$3/.local/share/gowr/toolchains"
    mount -o loop,noatime ".$3/disk" ".$3/.local/share/gowr/toolchains"
"#;

#[test]
fn a_share_on_a_dead_disk_is_passed_over() {
    assert!(geteuid().is_root(), "a loop device needs root");
    let world = World::new();
    fakes::lay_out(&world.path("tree/go1.22.12"), OLD);
    let mkfs = Run::new(tool("mkfs.ext4")).args(["-q", "-O", "^has_journal", "-d"]);
    mkfs.args([world.path("tree"), world.path("disk")]).args(["32M"]).run().success();
    fs::remove_dir_all(world.path("tree")).unwrap();

    let wsl = Wsl::start();
    let ubuntu = wsl.distro(world, "ubuntu", DISK);
    let debian = wsl.distro(World::with_fakes(&[OLDER]), "debian", "");
    debian.world().write("project/.gowr.yaml", "go: \"1.22\"\n");
    ubuntu.gowr(["share"]).run().success();
    debian.gowr(["share", "use"]).run().success();
    // Nothing of the toolchain was read yet. What was is not forgotten.
    let capacity = "truncate -s 4096 ../disk && /usr/sbin/losetup --set-capacity $(findmnt -no SOURCE --target /mnt/wsl/gowr)";
    ubuntu.sh(capacity).run().success();
    // Linux 6.18 says `Cannot allocate memory` here: a block beyond the end of a device has no buffer.
    let read = debian.sh("cat /mnt/wsl/gowr/go1.22.12/VERSION").run();
    assert_eq!(read.code(), Some(1), "{}", read.report());
    let handed = debian.go(["version"]).run().handed();
    assert!(handed.execution_path.contains(OLDER), "{}", handed.execution_path);
    let listed = debian.gowr(["list", "1.22.12"]).run().success().stdout();
    assert!(listed.contains("not usable here"), "{listed}");
}
