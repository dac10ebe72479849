use alloc::vec::Vec;

use super::*;

/// The lines of a WSL 2 machine, as in microsoft/WSL#7152; `/mnt/c` comes in the variant a test asks for.
fn wsl2(drive: &str) -> std::string::String {
    std::format!(
        r"51 38 8:32 / / rw,relatime - ext4 /dev/sdc rw,discard,errors=remount-ro,data=ordered
82 51 0:35 / /mnt/wsl rw,relatime shared:1 - tmpfs none rw,huge=advise
83 51 0:37 / /usr/lib/wsl/drivers ro,nosuid,nodev,noatime - 9p drivers ro,aname=drivers;fmask=222;dmask=222,cache=0x5,access=client,msize=65536,trans=fd,rfd=8,wfd=8
87 51 0:41 / /mnt/wslg rw,relatime shared:2 - tmpfs none rw,huge=advise
88 87 8:32 / /mnt/wslg/distro ro,relatime shared:3 - ext4 /dev/sdc rw,discard,errors=remount-ro,data=ordered
132 51 0:2 /init /init ro - rootfs rootfs rw,size=8101876k,nr_inodes=2025469
84 51 0:58 / /mnt/c rw,noatime - {drive}
225 82 8:48 / /mnt/wsl/rancher-desktop/run/data rw,relatime shared:2 - ext4 /dev/sdd rw,discard
"
    )
}

#[test]
fn fields() {
    let line = br"36 35 98:0 /a\040b /mnt/c\011d\134 rw,noexec master:1 shared:7 - 9p C:\134 rw,path=C:\;x";
    let mounts: Vec<_> = parse(line).collect();
    let expected = Mount {
        root: b"/a b",
        point: b"/mnt/c\td\\",
        options: b"rw,noexec",
        file_system: b"9p",
        source: br"C:\",
        super_options: br"rw,path=C:\;x",
    };
    assert_eq!(mounts, [expected]);
    for junk in
        ["", "\n", "36 35 98:0 / /mnt rw", "1 2 3 4 5 6 - ext4 /dev/sda", "a b c d e f g h i j"]
    {
        assert_eq!(parse(junk.as_bytes()).count(), 0, "{junk:?}");
    }
}

#[test]
fn escapes() {
    for (field, text) in [
        (&br"plain"[..], &br"plain"[..]),
        (br"\040\011\012\134\043", b" \t\n\\#"),
        (br"\", br"\"),
        (br"a\04", br"a\04"),
        (br"\\040", br"\ "),
        (br"\400\999", br"\400\999"),
        (br"\377", b"\xff"),
    ] {
        assert_eq!(unescape(field), text, "{}", field.escape_ascii());
    }
}

#[test]
fn windows_drives() {
    for drive in [
        r"9p C:\134 rw,dirsync,aname=drvfs;path=C:\;uid=1000;gid=1000;symlinkroot=/mnt/,mmap,access=client,trans=fd,rfd=5,wfd=5",
        r"9p drvfs rw,dirsync,aname=drvfs;path=C:\;uid=1000;symlinkroot=/mnt/,cache=5,access=client,trans=virtio",
        r"9p drvfsa rw,aname=drvfsa;path=C:\;metadata;uid=1000",
        "virtiofs drvfsC0 rw",
        "virtiofs drvfsaC0 rw",
        "virtiofs drvfs rw",
        "virtiofs 9f2b0a3e-0c1d-4e5f-8a9b-0123456789ab rw",
        "virtiofs {9F2B0A3E-0C1D-4E5F-8A9B-0123456789AB} rw",
        "drvfs C: rw,noatime,uid=1000,gid=1000,case=off",
    ] {
        let drives = WindowsDrives::new(path::concat(&[wsl2(drive).as_bytes()]));
        assert!(drives.mount_points().eq([b"/mnt/c"]), "{drive}");
        assert!(drives.contains(b"/mnt/c/Program Files/Go/bin"), "{drive}");
        assert!(drives.contains(b"/mnt/c"), "{drive}");
        for elsewhere in ["/mnt/c2", "/mnt", "/", "/usr/lib/wsl/drivers", "/mnt/wsl/c", "/home"] {
            assert!(!drives.contains(elsewhere.as_bytes()), "{drive}: {elsewhere}");
        }
    }
    for other in [
        "9p share rw,aname=/srv,trans=virtio",
        "virtiofs home rw",
        "virtiofs 9f2b0a3e-0c1d-4e5f-8a9b-0123456789a rw",
        "virtiofs 9f2b0a3e00c1d04e5f08a9b00123456789ab rw",
        "ext4 /dev/sdb1 rw",
        "fuse.drvfs drvfs rw,aname=drvfs",
    ] {
        assert!(WindowsDrives::new(path::concat(&[wsl2(other).as_bytes()])).is_empty(), "{other}");
    }
}

#[test]
fn what_is_mounted_on_a_drive_is_no_drive() {
    let table = b"1 0 0:1 / / rw - ext4 /dev/sda rw
2 1 0:2 / /c rw - drvfs C: rw
3 2 0:3 / /c/work rw - ext4 /dev/sdb rw
4 3 0:4 / /c/work/d rw - drvfs D: rw
5 1 0:5 / /e rw - drvfs E: rw
6 5 0:6 / /e rw - tmpfs none rw
";
    let drives = WindowsDrives::new(table);
    for (path, expected) in [
        ("/c/a", true),
        ("/c/work", false),
        ("/c/work/a", false),
        ("/c/works", true),
        ("/c/work/d/a", true),
        ("/e/a", false),
    ] {
        assert_eq!(drives.contains(path.as_bytes()), expected, "{path}");
    }
}
