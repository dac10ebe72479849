//! What lies on a drive of Windows, and how drives are mounted.

use super::windows::{distro, healthy_distro, mounted, on_drive};
use super::*;

#[test]
fn what_lies_on_a_drive_is_told_with_its_cost_and_where_to_put_it() {
    let told = found(&on_drive("metadata"), Code::ProjectOnWindowsDrive).expect("told");
    assert_eq!(fix(&told), "cp -a /mnt/c/p ~/p");
    assert!(evidence(&told).starts_with("/mnt/c: 9p from C:\\\n"), "{told:#?}");
    assert!(
        evidence(&told).contains("creating takes 104 times as long, looking at 26 times"),
        "{told:#?}"
    );
    let repository = on_drive("metadata").directory("/mnt/c/p/.git");
    let told = found(&repository, Code::ProjectOnWindowsDrive).expect("told");
    assert_eq!(fix(&told), "git clone /mnt/c/p ~/p");

    for (entry, name, command) in [
        ("GOPATH=/mnt/c/go", "GOPATH", "unset GOPATH"),
        ("GOMODCACHE=/mnt/c/mod", "GOMODCACHE", "unset GOMODCACHE"),
        ("GOCACHE=/mnt/c/cache", "GOCACHE", "unset GOCACHE"),
        ("GOTMPDIR=/mnt/c/Users", "GOTMPDIR", "unset GOTMPDIR"),
        ("TMPDIR=/mnt/c/Users", "TMPDIR", "unset TMPDIR"),
        ("GOBIN=/mnt/c/bin", "GOBIN", "unset GOBIN"),
        ("XDG_CACHE_HOME=/mnt/c/x", "GOCACHE", "unset XDG_CACHE_HOME"),
    ] {
        let told = found(&healthy_distro().environment([entry]), Code::DirectoryOnWindowsDrive);
        let told = told.unwrap_or_else(|| panic!("{entry}"));
        assert!(told.problem.message.starts_with(&format!("{name} is /mnt/c/")), "{told:#?}");
        assert_eq!(fix(&told), command, "{entry}");
        assert!(evidence(&told).starts_with(&format!("{entry} in the environment")), "{told:#?}");
    }
    let written = healthy_distro().file("/h/.config/go/env", "GOMODCACHE=/mnt/c/mod\n");
    let told = found(&written, Code::DirectoryOnWindowsDrive).expect("told");
    assert_eq!(fix(&told), "go env -u GOMODCACHE");
    // A file system of the network is not told as a drive, nor the other way round.
    assert_eq!(found(&written, Code::CacheOnNetwork), None);
    let home =
        distro(["HOME=/mnt/c/h", "PATH=/gowr/bin:/usr/bin", "PWD=/h/p"]).directory("/mnt/c/h");
    let told = found(&home, Code::DirectoryOnWindowsDrive).expect("told");
    assert_eq!(fix(&told), "export HOME=\"$(getent passwd 1000 | cut -d: -f6)\"");
}

#[test]
fn how_a_drive_is_mounted_is_mended_in_wsl_conf() {
    let code = Code::DriveWithoutExecution;
    let options = |mask: &str, conf: &str| {
        mounted(["HOME=/h", "PATH=/gowr/bin:/mnt/c/Go/bin", "PWD=/h/p"], mask)
            .file("/mnt/c/Go/bin/go.exe", "MZ\u{0}")
            .file("/etc/wsl.conf", conf)
    };
    let conf = "# mine\n[automount]\noptions = \"metadata,umask=22,fmask=111\"\n";
    let told = found(&options("metadata;umask=22;fmask=111", conf), code).expect("told");
    assert_eq!(
        evidence(&told),
        "/mnt/c: 9p from C:\\\n/mnt/c/Go/bin/go.exe: mode 644\n/etc/wsl.conf:3: options = \"metadata,umask=22,fmask=111\""
    );
    assert_eq!(fix(&told), "sudo env \"PATH=$PATH\" gowr doctor --fix drive-without-execution");
    assert_eq!(told.mend, Some(Mend::WslConf(crate::wsl_conf::mend::Mend::Execution)));
    // Mended, and not started anew.
    let conf = "[automount]\noptions = \"metadata,umask=22,fmask=11\"\n";
    let told = found(&options("metadata;umask=22;fmask=111", conf), code).expect("told");
    assert_eq!((fix(&told), told.mend.clone()), ("wsl.exe --shutdown", None));
    // What the article has, leaves the owner's bit.
    assert_eq!(found(&options("metadata;umask=22;fmask=11", ""), code), None);

    let told = found(&on_drive("uid=1000"), Code::DriveWithoutMetadata).expect("told");
    assert_eq!(fix(&told), "sudo env \"PATH=$PATH\" gowr doctor --fix drive-without-metadata");
    assert_eq!(found(&on_drive("metadata"), Code::DriveWithoutMetadata), None);
    assert_eq!(found(&on_drive("metadata;case=dir"), Code::CaseInsensitiveDrive), None);
}

/// On a drive without `metadata` everything is the default user's; the answer is never to trust all there is.
#[test]
fn dubious_ownership_on_a_drive() {
    let repository = on_drive("uid=1000").directory("/mnt/c/p/.git").user(0);
    let told = found(&repository, Code::DubiousOwnership).expect("told");
    assert_eq!(fix(&told), "git config --global --add safe.directory /mnt/c/p");
    assert!(evidence(&told).ends_with("/mnt/c: 9p from C:\\"), "{told:#?}");
}

#[test]
fn wsl1_is_told_where_its_root_is_one_of_windows() {
    let first = machine(["HOME=/h", "PATH=/gowr/bin:/usr/bin", "PWD=/h/p", "WSL_DISTRO_NAME=Old"])
        .file("/proc/sys/kernel/osrelease", "4.4.0-19041-Microsoft\n")
        .file("/proc/sys/fs/binfmt_misc/WSLInterop", "enabled\n")
        .file(
            "/proc/self/mountinfo",
            format!("{MOUNTS}30 20 0:5 / /mnt/c rw - drvfs C: rw,case=off\n"),
        );
    let told = findings(&first);
    assert_eq!(codes(&told), ["windows-antivirus"]);
    assert_eq!(fix(&told[0]), "wsl.exe --set-version Old 2");
}
