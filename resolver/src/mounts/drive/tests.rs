use std::string::String;
use std::vec;

use proptest::prelude::*;

use super::*;
use crate::machine::memory::MemoryMachine;

const GUID: &str = "9f2b0a3e-0c1d-4e5f-8a9b-0123456789ab";

fn drive(line: &str) -> Drive<'static> {
    let mut drives = WindowsDrives::each(path::concat(&[line.as_bytes()]));
    assert_eq!(drives.len(), 1, "{line}");
    drives.remove(0)
}

#[test]
fn letters() {
    let machine = MemoryMachine::new().link(&std::format!("/run/wsl/virtiofs/{GUID}"), r"E:\work");
    for (line, expected) in [
        (
            r"84 51 0:58 / /mnt/c rw - 9p C:\134 rw,dirsync,aname=drvfs;path=C:\;uid=1000,mmap",
            Some('C'),
        ),
        (
            r"84 51 0:58 / /mnt/c rw - 9p drvfs rw,aname=drvfs;path=C:\;uid=1000,trans=virtio",
            Some('C'),
        ),
        (r"84 51 0:58 / /mnt/d rw - 9p drvfsa rw,aname=drvfsa;path=d:\;metadata", Some('D')),
        (r"84 51 0:58 / /mnt/c rw - drvfs C: rw,noatime,uid=1000", Some('C')),
        (r"84 51 0:58 / /c rw - drvfs C:\134 rw,noatime,uid=1000", Some('C')),
        (r"84 51 0:58 / /mnt/c rw - virtiofs drvfsC0 rw", Some('C')),
        (r"84 51 0:58 / /mnt/c rw - virtiofs drvfsaC0 rw", Some('C')),
        // The elevated one of drive A has two letters.
        (r"84 51 0:58 / /mnt/a rw - virtiofs drvfsa0 rw", Some('A')),
        (r"84 51 0:58 / /x rw - 9p share rw,aname=drvfs;path=\\server\share;uid=1000", None),
        (r"84 51 0:58 / /x rw - 9p share rw,aname=drvfs", None),
        (r"84 51 0:58 / /x rw - virtiofs drvfs rw", None),
        (r"84 51 0:58 / /x rw - virtiofs 00000000-0c1d-4e5f-8a9b-0123456789ab rw", None),
        (
            r"84 51 0:58 / /Docker/host rw - 9p drvfs rw,aname=drvfs;path=C:\Program\040Files\Docker",
            Some('C'),
        ),
    ] {
        assert_eq!(drive(line).letter(&machine), expected, "{line}");
    }
    for line in [
        std::format!("84 51 0:58 / /work rw - virtiofs {GUID} rw"),
        std::format!("84 51 0:58 /{GUID} /work rw - virtiofs drvfs rw"),
        std::format!("84 51 0:58 /{GUID}/a/b /work rw - virtiofs drvfs rw"),
    ] {
        assert_eq!(drive(&line).letter(&machine), Some('E'), "{line}");
    }
}

#[test]
fn settings() {
    let metadata = drive(
        r"84 51 0:58 / /mnt/c rw - 9p C:\134 rw,dirsync,aname=drvfs;path=C:\;metadata;uid=1000;gid=1000;umask=22;fmask=11;symlinkroot=/mnt/,mmap,access=client",
    );
    assert_eq!(metadata.setting("metadata"), Some(&b""[..]));
    assert_eq!(metadata.setting("fmask"), Some(&b"11"[..]));
    assert_eq!(metadata.setting("umask"), Some(&b"22"[..]));
    assert_eq!(metadata.setting("mask"), None);
    assert_eq!(metadata.setting("access"), None, "9p's own");
    assert_eq!(metadata.windows_path(), Some(&br"C:\"[..]));
    let first = drive("84 51 0:58 / /mnt/c rw - drvfs C: rw,noatime,uid=1000,gid=1000,case=off");
    assert_eq!(first.setting("case"), Some(&b"off"[..]));
    assert_eq!(first.setting("metadata"), None);
    assert_eq!(first.windows_path(), Some(&b"C:"[..]));
    let share = drive(r"84 51 0:58 / /x rw - 9p share rw,aname=drvfs;path=\\server\share;uid=1");
    assert_eq!(share.windows_path(), Some(&br"\\server\share"[..]));
    let virtio = drive("84 51 0:58 / /mnt/c rw - virtiofs drvfsC0 rw,metadata");
    assert_eq!(virtio.settings().count(), 0, "nobody has seen them there");
}

#[test]
fn a_covered_drive_is_none() {
    let table = br"1 0 0:2 / /c rw - drvfs C: rw
2 0 0:3 / /e rw - drvfs E: rw
3 2 0:4 / /e rw - tmpfs none rw
4 0 8:1 / /mnt/c rw - ext4 /dev/sdb rw
5 0 0:5 / /usr/lib/wsl/drivers ro - 9p drivers ro,aname=drivers;fmask=222;dmask=222
";
    let points: vec::Vec<_> =
        WindowsDrives::each(table).iter().map(|drive| drive.mount().point).collect();
    assert_eq!(points, [b"/c"]);
}

proptest! {
    #[test]
    fn settings_come_back(
        names in prop::collection::vec("[a-z]{1,8}", 0..8),
        values in prop::collection::vec("[^,;=\\s\\\\]{0,12}", 8),
    ) {
        let pairs: vec::Vec<_> = names.iter().zip(&values).collect();
        let settings: vec::Vec<_> =
            pairs.iter().map(|(name, value)| [";", *name, "=", *value].concat()).collect();
        let settings = settings.concat();
        let line = std::format!("1 0 0:2 / /c rw - 9p x rw,aname=drvfs{settings},trans=fd");
        let drive = drive(&line);
        for (name, _) in &pairs {
            let first = pairs.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_bytes());
            prop_assert_eq!(drive.setting(name), first);
        }
        prop_assert_eq!(drive.settings().count(), pairs.len());
    }

    #[test]
    fn anything_is_read(line in any::<String>(), options in any::<String>()) {
        let machine = MemoryMachine::new();
        let with_options = [r"1 0 0:2 / /c rw - 9p C:\134 rw,aname=drvfs", &options].concat();
        for text in [line.clone(), with_options] {
            for drive in WindowsDrives::each(path::concat(&[text.as_bytes()])) {
                let is_letter = |letter: char| letter.is_ascii_uppercase();
                prop_assert!(drive.letter(&machine).is_none_or(is_letter));
                prop_assert!(drive.settings().all(|setting| !setting.is_empty()));
            }
        }
    }
}
