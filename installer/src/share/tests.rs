use resolver::machine::memory::MemoryMachine;

use super::*;

const RELEASE: &str = "/proc/sys/kernel/osrelease";
const TABLE: &str = "/proc/self/mountinfo";
/// As in <https://github.com/microsoft/WSL/issues/7152>.
const WSL: &str = "51 38 8:32 / / rw,relatime - ext4 /dev/sdc rw\n\
    82 51 0:35 / /mnt/wsl rw,relatime shared:1 - tmpfs none rw\n";
const BIND: &str = "225 82 8:48 /home/u/.local/share/gowr/toolchains /mnt/wsl/gowr rw shared:2 - \
    ext4 /dev/sdd rw\n";
const DISK: &str = "226 82 8:64 / /mnt/wsl/gowr rw,relatime shared:2 - ext4 /dev/sde rw\n";

fn machine(mounts: &str) -> MemoryMachine {
    MemoryMachine::new()
        .file(RELEASE, "6.6.87.2-microsoft-standard-WSL2\n")
        .file(TABLE, format!("{WSL}{mounts}"))
        .directory("/mnt/wsl")
        .directory("/home/u/.local/share/gowr/toolchains")
        .file("/dev/sdc", "")
        .file("/dev/sdd", "")
        .file("/dev/sde", "")
}

fn home() -> Home {
    Home::new("/home/u/.local/share/gowr").expect("absolute")
}

/// Where this distro has what the task at boot needs.
fn root() -> tempfile::TempDir {
    let root = tempfile::tempdir().expect("a directory");
    std::fs::create_dir_all(root.path().join("usr/bin")).expect("made");
    for program in ["sh", "mkdir", "mount", "umount"] {
        std::fs::write(root.path().join("usr/bin").join(program), "").expect("written");
    }
    root
}

fn look(machine: &MemoryMachine) -> Share {
    Share::look(machine, &home(), place(machine).expect("WSL2"))
}

/// Message, cause and fix, as they are shown.
fn told<T>(result: Result<T, Error>) -> [String; 3] {
    let Err(error) = result else { panic!("refused") };
    let cause = std::error::Error::source(&error).expect("a cause").to_string();
    [error.to_string(), cause, error.fix().expect("a fix")]
}

#[test]
fn places() {
    assert_eq!(place(&machine("")).expect("WSL2"), b"/mnt/wsl/gowr");
    let elsewhere = WSL.replace("/mnt/wsl", "/wsl");
    let elsewhere = machine("").file(TABLE, elsewhere);
    assert_eq!(place(&elsewhere).expect("WSL2"), b"/wsl/gowr");
    let message = "there is nothing here that distros share";
    for (release, cause) in [
        ("6.1.0-31-amd64\n", "this is not WSL"),
        ("4.4.0-22621-Microsoft\n", "this is WSL 1: each distro sees its own files only"),
        (
            "6.6.87.2-microsoft-standard-WSL2\n",
            "the directory that WSL2's distros share, /mnt/wsl as a rule, is not mounted here",
        ),
    ] {
        let machine = MemoryMachine::new().file(RELEASE, release).file(TABLE, "");
        let told = told(place(&machine));
        assert_eq!([told[0].as_str(), told[1].as_str()], [message, cause]);
    }
}

#[test]
fn kinds_and_states() {
    let good = |mounts: &str| machine(mounts).directory("/mnt/wsl/gowr/go1.22.12");
    let bind = look(&good(BIND));
    assert_eq!((bind.kind, bind.state()), (Some(Kind::Bind), State::Good));
    assert_eq!(bind.directory, Some(&b"/home/u/.local/share/gowr/toolchains"[..]));
    assert_eq!(bind.device, Some(&b"/dev/sdd"[..]));
    assert_eq!(look(&good(DISK)).kind, Some(Kind::Vhdx));
    assert_eq!(look(&good("")).kind, Some(Kind::Plain));

    let state = |machine: &MemoryMachine| {
        let share = look(machine);
        (share.state(), share.detail().unwrap_or_default())
    };
    let detail = String::from("/mnt/wsl/gowr is not there");
    assert_eq!(state(&machine("")), (State::Missing, detail));
    let bare = machine("").directory("/mnt/wsl/gowr");
    let detail = String::from("nothing is mounted on /mnt/wsl/gowr any more");
    assert_eq!(state(&bare), (State::Unmounted, detail));
    let dead = good(BIND).without("/dev/sdd");
    assert_eq!(state(&dead).0, State::Stale);
    let theirs = good(BIND).owned_by("/mnt/wsl/gowr", 1234);
    assert_eq!(state(&theirs).0, State::Owner);
    let open = good(BIND).mode("/mnt/wsl/gowr", 0o777);
    assert_eq!(state(&open).0, State::Owner);
}

#[test]
fn what_is_not_used_and_why() {
    let again = "gowr share, in the distro that has the toolchains";
    let good = |mounts: &str| machine(mounts).directory("/mnt/wsl/gowr/go1.22.12");
    assert!(usable(&good(BIND), &home()).is_ok());
    let none = "no distro that runs shares its toolchains";
    assert_eq!(told(usable(&machine(""), &home())), [none, "/mnt/wsl/gowr is not there", again]);
    let bare = machine("").directory("/mnt/wsl/gowr");
    let cause = "nothing is mounted on /mnt/wsl/gowr any more";
    assert_eq!(told(usable(&bare, &home())), [none, cause, again]);
    let dead = good(BIND).without("/dev/sdd");
    assert_eq!(told(usable(&dead, &home()))[0], "the share is stale");
    let theirs = good(BIND).owned_by("/mnt/wsl/gowr", 1234);
    let fix = "ls -ld /mnt/wsl /mnt/wsl/gowr";
    let cause = "/mnt/wsl/gowr belongs to user 1234, neither root nor you";
    assert_eq!(told(usable(&theirs, &home())), ["the share is not one to be used", cause, fix]);
}

#[test]
fn only_what_is_free_or_stale_is_taken() {
    let good = |mounts: &str| machine(mounts).directory("/mnt/wsl/gowr/go1.22.12");
    let root = root();
    let provide = |machine: &MemoryMachine| provision(machine, root.path(), &home());
    let commands = |machine: &MemoryMachine| provide(machine).expect("free").commands();
    let mount = "mount --bind /home/u/.local/share/gowr/toolchains /mnt/wsl/gowr";
    assert_eq!(commands(&machine(""))[..2], ["mkdir -p -m 755 /mnt/wsl/gowr", mount]);
    assert_eq!(commands(&machine("").directory("/mnt/wsl/gowr"))[1], mount);
    let dead = good(BIND).without("/dev/sdd");
    assert_eq!(commands(&dead)[0], "umount -l /mnt/wsl/gowr");
    let other = "another distro shares its toolchains";
    let cause = "/mnt/wsl/gowr is /home/u/.local/share/gowr/toolchains of it";
    assert_eq!(told(provide(&good(BIND))), [other, cause, "gowr share use"]);
    let cause = "a disk is mounted on /mnt/wsl/gowr";
    assert_eq!(told(provide(&good(DISK))), [other, cause, "gowr share use"]);
    let taken = "/mnt/wsl/gowr is taken";
    assert_eq!(told(provide(&good("")))[0], taken);
    assert_eq!(told(provide(&good(BIND).owned_by("/mnt/wsl/gowr", 1234)))[0], taken);
}

#[test]
fn where_nothing_is_installed_nothing_is_shared() {
    let machine = machine("").without("/home/u/.local/share/gowr/toolchains");
    let told = told(provision(&machine, root().path(), &home()));
    let cause = "/home/u/.local/share/gowr/toolchains is not there";
    assert_eq!(told, ["there is nothing to share", cause, "gowr install"]);
}

#[test]
fn without_root_nothing_is_begun() {
    let machine = machine("").user(1000);
    let program = Path::new("/home/u/.local/share/gowr/bin/gowr");
    let root = root();
    let provision = provision(&machine, root.path(), &home()).expect("planned");
    let told = told(provision.carry_out(&home(), program));
    let expected = [
        "the toolchains of this distro cannot be shared by this user",
        "only root may mount, and change what is done when the distro starts",
        "sudo /home/u/.local/share/gowr/bin/gowr share",
    ];
    assert_eq!(told, expected);
}

#[test]
fn whose_task_it_is() {
    let path = b"/home/u/.local/share/gowr/toolchains";
    for (text, expected) in [
        ("mount --bind /home/u/.local/share/gowr/toolchains /mnt/wsl/gowr", true),
        ("ExecStart=/bin/mount --bind \"/home/u/.local/share/gowr/toolchains\" /x", true),
        ("mount --bind /home/u/.local/share/gowr/toolchains/x /y", false),
        ("mount --bind /home/u2/.local/share/gowr/toolchains /y", false),
        ("", false),
    ] {
        assert_eq!(mentions(text.as_bytes(), path), expected, "{text}");
    }
    assert!(mentions(b"\"/home/a b/50%%\"", b"/home/a b/50%"));
    assert!(mentions(br"/home/a\ b/c", b"/home/a b/c"));
}

#[test]
fn the_line_for_sudo_says_what_sudo_hides() {
    let home = home();
    let inside = Path::new("/home/u/.local/share/gowr/bin/gowr");
    let line = with_sudo(inside, &home, "share");
    assert_eq!(line, "sudo /home/u/.local/share/gowr/bin/gowr share");
    let line = with_sudo(Path::new("/usr/bin/gowr"), &home, "share --remove");
    let expected = "sudo env GOWR_HOME=/home/u/.local/share/gowr /usr/bin/gowr share --remove";
    assert_eq!(line, expected);
}

#[test]
fn files_of_windows() {
    for good in [r"C:\wsl\gowr.vhdx", r"d:\My Disks\go.VHDX", r"C:\ä.vhdx"] {
        assert!(WindowsFile::parse(good).is_ok(), "{good}");
    }
    for bad in [
        "",
        "gowr.vhdx",
        "/mnt/c/gowr.vhdx",
        r"C:gowr.vhdx",
        r"C:\gowr.vhd",
        r"C:\.vhdx",
        "C:\\a\n.vhdx",
        r#"C:\a".vhdx"#,
        r"C:\%TEMP%\a.vhdx",
        r"C:\$(a).vhdx",
        r"C:\a:b.vhdx",
    ] {
        assert!(WindowsFile::parse(bad).is_err(), "{bad}");
    }
}

#[test]
fn commands_for_a_disk() {
    let file = WindowsFile::parse(r"C:\wsl\gowr.vhdx").expect("a file");
    let text = commands(&file, &home(), Path::new("/mnt/wsl/gowr"));
    assert!(text.contains("wsl --mount --vhd \"C:\\wsl\\gowr.vhdx\" --name gowr\n"), "{text}");
    assert!(text.contains("maximum=16384 type=expandable"), "{text}");
    assert!(text.ends_with("gowr share use\n"), "{text}");
}
