//! What distrobox wants to find in an image. `distrobox-init` goes to the network for what is missing; of most of it no
//! test needs more than the name.

use std::fs::{self, OpenOptions, Permissions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Debian's packages of what it really calls.
pub(super) const PACKAGES: [&str; 11] = [
    "findutils",
    "grep",
    "hostname",
    "libc-bin",
    "login",
    "login.defs",
    "mawk",
    "mount",
    "passwd",
    "sed",
    "util-linux",
];

/// The list of `distrobox-init`, and what it calls besides.
const NAMES: [&str; 33] = [
    "bc", "bzip2", "chpasswd", "curl", "diff", "find", "findmnt", "gpg", "groupadd", "hostname",
    "less", "lsof", "man", "mount", "passwd", "pigz", "pinentry", "ping", "ps", "rsync", "script",
    "ssh", "sudo", "time", "tree", "umount", "unzip", "useradd", "usermod", "wc", "wget", "xauth",
    "zip",
];

const DIRECTORIES: [&str; 4] = ["usr/bin", "usr/sbin", "bin", "sbin"];

/// Gives a root the names that it lacks.
pub(super) fn complete(root: &Path) {
    for name in NAMES {
        let is_there =
            |directory: &&str| root.join(directory).join(name).symlink_metadata().is_ok();
        if !DIRECTORIES.iter().any(is_there) {
            script(root, &format!("usr/bin/{name}"), "exit 1");
        }
    }
    let shadow = root.join("etc/shadow");
    if !shadow.exists() {
        fs::write(shadow, "root:*:20000:0:99999:7:::\n").unwrap();
    }
    for directory in ["home", "media", "mnt", "run", "sys", "usr/local/bin", "var/tmp"] {
        fs::create_dir_all(root.join(directory)).unwrap();
    }
    // No maintainer script has made this link.
    let awk = root.join("usr/bin/awk");
    if root.join("usr/bin/mawk").exists() && awk.symlink_metadata().is_err() {
        std::os::unix::fs::symlink("mawk", awk).unwrap();
    }
}

/// What Alpine's busybox has not, or has in another way.
pub(super) fn complete_busybox(root: &Path) {
    // Of the mount that holds a path: its options, the one thing that is asked for.
    let _ = fs::remove_file(root.join("usr/bin/findmnt"));
    let search = r#"for path; do :; done
exec awk -v path="$path" '
    { inside = $2 == "/" || path == $2 || index(path, $2 "/") == 1 }
    inside && length($2) >= longest { longest = length($2); options = $4 }
    END { print options }
' /proc/self/mounts"#;
    script(root, "usr/bin/findmnt", search);
    // A group is known to busybox by its number alone.
    let mount = r#"count=$#
while [ "$count" -gt 0 ]; do
    word=$(printf %s "$1" | sed s/gid=tty/gid=5/)
    shift
    set -- "$@" "$word"
    count=$((count - 1))
done
exec busybox mount "$@""#;
    script(root, "usr/local/bin/mount", mount);
    let groups = root.join("etc/group");
    let text = fs::read_to_string(&groups).unwrap();
    let others: Vec<_> = text.lines().filter(|line| !line.starts_with("tty:")).collect();
    fs::write(&groups, others.join("\n") + "\n").unwrap();
    let mut file = OpenOptions::new().append(true).open(groups).unwrap();
    file.write_all(b"tty:x:5:\n").unwrap();
}

fn script(root: &Path, name: &str, text: &str) {
    let path = root.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
    fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
}
