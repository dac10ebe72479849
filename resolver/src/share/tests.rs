use super::*;
use crate::machine::memory::MemoryMachine;

const MOUNTINFO: &str = "51 38 8:32 / / rw - ext4 /dev/sdc rw\n\
    82 51 0:35 / /mnt/wsl rw shared:1 - tmpfs none rw\n\
    225 82 8:48 / /mnt/wsl/gowr rw shared:2 - ext4 /dev/sdd rw\n";

/// A share that is mounted from a disk of another distro.
fn shared() -> MemoryMachine {
    MemoryMachine::new()
        .directory("/mnt/wsl/gowr/go1.22.12")
        .mode("/mnt/wsl", 0o1777)
        .owned_by("/mnt/wsl", 0)
        .owned_by("/mnt", 0)
        .file("/proc/self/mountinfo", MOUNTINFO)
        .file("/dev/sdc", "")
        .file("/dev/sdd", "")
}

fn flaw(machine: &MemoryMachine) -> Option<std::string::String> {
    flaw_in(machine, b"/mnt/wsl/gowr", b"/mnt/wsl/gowr/go1.22.12").map(|flaw| flaw.detail())
}

#[test]
fn what_can_be_wrong() {
    assert_eq!(flaw(&shared()), None);
    assert_eq!(flaw(&shared().owned_by("/mnt/wsl/gowr", 0)), None);
    assert_eq!(flaw(&shared().without("/proc")), None, "nothing can be told of the device");
    let cases = [
        (shared().without("/mnt/wsl/gowr"), "/mnt/wsl/gowr is not there"),
        (shared().without("/mnt/wsl/gowr/go1.22.12"), "/mnt/wsl/gowr/go1.22.12 is not there"),
        (shared().owned_by("/mnt/wsl", 7), "/mnt/wsl belongs to user 7, neither root nor you"),
        (
            shared().owned_by("/mnt/wsl/gowr", 7),
            "/mnt/wsl/gowr belongs to user 7, neither root nor you",
        ),
        (
            shared().owned_by("/mnt/wsl/gowr/go1.22.12", 7),
            "/mnt/wsl/gowr/go1.22.12 belongs to user 7, neither root nor you",
        ),
        (shared().mode("/mnt/wsl", 0o777), "/mnt/wsl can be changed by everyone"),
        (shared().mode("/mnt/wsl/gowr", 0o777), "/mnt/wsl/gowr can be changed by everyone"),
        (
            shared().without("/mnt/wsl/gowr").link("/mnt/wsl/gowr", "/home/u/go"),
            "/mnt/wsl/gowr is no directory",
        ),
        (
            shared().without("/dev/sdd"),
            "its device /dev/sdd is gone: the distro it is of has stopped",
        ),
    ];
    for (machine, expected) in cases {
        assert_eq!(flaw(&machine).as_deref(), Some(expected));
    }
    assert_eq!(
        Flaw::Unreadable(b"/mnt/wsl/gowr", Errno(5)).detail(),
        "/mnt/wsl/gowr cannot be read: input/output error"
    );
}

#[test]
fn what_is_mounted_over_it_counts() {
    let copied =
        MOUNTINFO.replace("225 82 8:48 / /mnt/wsl/gowr rw shared:2 - ext4 /dev/sdd rw\n", "");
    let machine = shared().without("/dev/sdd").file("/proc/self/mountinfo", copied);
    assert_eq!(flaw(&machine), None, "in the tmpfs itself");
    let again =
        [MOUNTINFO, "226 225 8:64 / /mnt/wsl/gowr rw shared:3 - ext4 /dev/sde rw\n"].concat();
    let machine =
        shared().without("/dev/sdd").file("/dev/sde", "").file("/proc/self/mountinfo", again);
    assert_eq!(flaw(&machine), None, "the last of two on one place");
}

#[test]
fn only_an_absolute_link_leads_to_one() {
    let machine = shared().link("/gowr/shared", "/mnt/wsl/gowr");
    assert_eq!(find(&machine, b"/gowr"), Some(&b"/mnt/wsl/gowr"[..]));
    assert_eq!(find(&shared(), b"/gowr"), None);
    assert_eq!(find(&shared().link("/gowr/shared", "../x"), b"/gowr"), None);
    assert_eq!(find(&shared().directory("/gowr/shared"), b"/gowr"), None);
}
