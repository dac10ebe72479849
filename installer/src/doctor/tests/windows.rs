//! Distros of WSL, each with one thing wrong; PATH, and what comes from Windows.

use super::*;

const KERNEL: &str = "6.6.87.2-microsoft-standard-WSL2\n";
const DRIVE: &str = "84 20 0:58 / /mnt/c rw,noatime - 9p C:\\134 rw,dirsync,aname=drvfs;path=C:\\;OPTIONS;uid=1000,trans=fd\n";

/// A healthy machine that is a WSL2 with one drive, mounted with these options besides.
pub(super) fn mounted<const N: usize>(
    environment: [&'static str; N],
    options: &str,
) -> MemoryMachine {
    machine(environment)
        .file("/proc/sys/kernel/osrelease", KERNEL)
        .file("/proc/self/mountinfo", format!("{MOUNTS}{}", DRIVE.replace("OPTIONS", options)))
        .file("/proc/sys/fs/binfmt_misc/WSLInterop", "enabled\ninterpreter /init\n")
        .directory("/mnt/c/Users")
}

pub(super) fn distro<const N: usize>(environment: [&'static str; N]) -> MemoryMachine {
    mounted(environment, "metadata")
}

pub(super) fn healthy_distro() -> MemoryMachine {
    distro(["HOME=/h", "PATH=/gowr/bin:/usr/bin", "PWD=/h/p"])
}

/// One whose project lies on the drive.
pub(super) fn on_drive(options: &str) -> MemoryMachine {
    mounted(["HOME=/h", "PATH=/gowr/bin:/usr/bin", "PWD=/mnt/c/p"], options).current("/mnt/c/p")
}

pub(super) fn wrong_distros() -> Vec<(Code, MemoryMachine)> {
    [wrong_ways(), wrong_drives(), wrong_files()].concat()
}

fn wrong_ways() -> Vec<(Code, MemoryMachine)> {
    let with_go_exe = || {
        distro(["HOME=/h", "PATH=/gowr/bin:/mnt/c/Go/bin", "PWD=/h/p"])
            .program("/mnt/c/Go/bin/go.exe", "MZ\u{0}")
    };
    let with_blanks =
        distro(["HOME=/h", "PATH=/gowr/bin:/mnt/c/Program Files (x86)/x", "PWD=/h/p"]);
    vec![
        (
            Code::ImportedFromWindows,
            healthy_distro().environment(["WSLENV=GOFLAGS:GOPATH/l", "GOPATH=C:\\Users\\x\\go"]),
        ),
        (Code::OnlyWindowsGo, with_go_exe().without("/gowr/toolchains/go1.22.3")),
        (
            Code::WindowsGoFirst,
            distro(["HOME=/h", "PATH=/usr/bin:/gowr/bin", "PWD=/h/p"])
                .program("/mnt/c/Go/bin/go.exe", "MZ\u{0}")
                .link("/usr/bin/go", "/mnt/c/Go/bin/go.exe"),
        ),
        (
            Code::GoOnWindowsDrive,
            distro(["HOME=/h", "PATH=/gowr/bin:/mnt/c/go/bin", "PWD=/h/p"])
                .goroot("/mnt/c/go", "go1.22.3\n"),
        ),
        (Code::PathBreaksMake, with_blanks.file("/h/p/Makefile", "all:\n")),
        (Code::InteropLost, healthy_distro().without("/proc/sys/fs/binfmt_misc/WSLInterop")),
        (
            Code::LittleMemory,
            healthy_distro()
                .file("/proc/meminfo", "MemTotal:        2031452 kB\n")
                .file("/sys/devices/system/cpu/online", "0-7\n"),
        ),
        (
            Code::GolandGoroot,
            healthy().file(
                "/h/p/.idea/workspace.xml",
                "<project>\n  <component name=\"GOROOT\" url=\"file:///usr/local/go\" />\n",
            ),
        ),
    ]
}

fn wrong_drives() -> Vec<(Code, MemoryMachine)> {
    vec![
        (Code::ProjectOnWindowsDrive, on_drive("metadata")),
        (Code::WindowsAntivirus, on_drive("metadata")),
        (Code::CaseInsensitiveDrive, on_drive("metadata")),
        (Code::DriveWithoutMetadata, on_drive("symlinkroot=/mnt/;case=dir")),
        (Code::DirectoryOnWindowsDrive, healthy_distro().environment(["GOMODCACHE=/mnt/c/mod"])),
        (
            Code::DriveWithoutExecution,
            mounted(["HOME=/h", "PATH=/gowr/bin:/mnt/c/Go/bin", "PWD=/h/p"], "metadata;fmask=111")
                .file("/mnt/c/Go/bin/go.exe", "MZ\u{0}")
                .file("/etc/wsl.conf", "[automount]\noptions = \"metadata,fmask=111\"\n"),
        ),
    ]
}

fn wrong_files() -> Vec<(Code, MemoryMachine)> {
    let unit = "# Made by gowr, which takes it out again; what is changed here is lost.\n";
    vec![
        (Code::HomeOfAnother, healthy().owned_by("/h", 0).directory("/h/go")),
        (Code::GoEnvElsewhere, go_env("GOPRIVATE=x\n").environment(["GOENV=off"])),
        (Code::GoEnvOverridden, go_env("GOPRIVATE=x\n").environment(["GOPRIVATE=y"])),
        (Code::GopathIsGoroot, with("GOPATH=/gowr/toolchains/go1.22.3")),
        (Code::WslConfStops, healthy_distro().file("/etc/wsl.conf", "[boot]\r\nsystemd=true\r\n")),
        (
            Code::WslConfIgnored,
            healthy_distro().file("/etc/wsl.conf", "[automount]\nsymlinks = true\n"),
        ),
        (Code::BootTaskIdle, healthy_distro().file("/etc/systemd/system/gowr-share.service", unit)),
    ]
}

pub(super) fn wrong_clocks() -> Vec<(Code, Vec<Finding>)> {
    let told = NetworkTime {
        server: String::from("https://vuln.go.dev"),
        time: UNIX_EPOCH + NOW + Duration::from_hours(3),
    };
    let besides = Besides { network_time: Some(&told), ..Besides::default() };
    vec![(Code::ClockDrift, findings_with(&healthy(), besides))]
}

#[test]
fn a_healthy_distro_has_nothing() {
    assert_eq!(findings(&healthy_distro()), []);
    // The same names elsewhere mean nothing: no mount is a drive, and nobody reads that file.
    let elsewhere = on_drive("").without("/proc/sys").file("/proc/self/mountinfo", MOUNTS);
    assert_eq!(codes(&findings(&elsewhere.file("/etc/wsl.conf", "[x]\ny=1\n"))), [""; 0]);
}

#[test]
fn entries_of_windows_are_counted_in_their_order() {
    let path = "PATH=/mnt/c/a:/gowr/bin:/usr/bin:/mnt/c/b:/mnt/c/c:/mnt/c/d";
    let told = found(&distro(["HOME=/h", path, "PWD=/h/p"]), Code::WindowsEntriesOnPath);
    let told = told.expect("told");
    assert!(
        told.problem
            .message
            .starts_with("4 entries of PATH lie on Windows drives, 1 of them before gowr's"),
        "{told:#?}"
    );
    assert_eq!(
        evidence(&told),
        "/mnt/c/a: entry 1 of PATH\n/mnt/c/b: entry 4 of PATH\n/mnt/c/c: entry 5 of PATH"
    );
    // Somebody has put it there, and not WSL.
    assert_eq!(fix(&told), "gowr setup");

    let path = "PATH=/gowr/bin:/usr/bin:/mnt/c/b";
    let appended = distro(["HOME=/h", path, "PWD=/h/p"]);
    let told = found(&appended, Code::WindowsEntriesOnPath).expect("told");
    assert_eq!(fix(&told), "sudo env \"PATH=$PATH\" gowr doctor --fix windows-entries-on-path");
    assert!(told.mend.as_ref().is_some_and(Mend::is_on_request), "{told:#?}");
    let told = found(&appended.clone().user(0), Code::WindowsEntriesOnPath).expect("told");
    assert_eq!(fix(&told), "gowr doctor --fix windows-entries-on-path");
    // It is forbidden already, and this shell is older.
    let forbidden = appended.file("/etc/wsl.conf", "[interop]\nappendWindowsPath = false\n");
    let told = found(&forbidden, Code::WindowsEntriesOnPath).expect("told");
    assert_eq!((fix(&told), told.mend.clone()), ("gowr exec --clean-path -- COMMAND", None));
}

#[test]
fn a_go_for_windows_is_told_by_what_it_does_here() {
    let go_exe = |machine: MemoryMachine| machine.program("/mnt/c/Go/bin/go.exe", "MZ\u{0}");
    let behind = go_exe(distro(["HOME=/h", "PATH=/gowr/bin:/mnt/c/Go/bin", "PWD=/h/p"]));
    let told = codes(&findings(&behind));
    assert_eq!(told, ["windows-go-on-path", "windows-entries-on-path"]);
    let nothing = found(&behind.without("/gowr/toolchains/go1.22.3"), Code::OnlyWindowsGo);
    assert_eq!(fix(&nothing.expect("told")), "gowr install");
    // Where Windows' installer puts it, though PATH does not say so.
    let unlisted = healthy_distro()
        .without("/gowr/toolchains/go1.22.3")
        .program("/mnt/c/Program Files/Go/bin/go.exe", "MZ\u{0}");
    let told = found(&unlisted, Code::OnlyWindowsGo).expect("told");
    assert!(evidence(&told).starts_with("/mnt/c/Program Files/Go/bin/go.exe:"), "{told:#?}");
    // There is a toolchain, but no `go` on PATH.
    let not_set_up = go_exe(distro(["HOME=/h", "PATH=/usr/bin:/mnt/c/Go/bin", "PWD=/h/p"]));
    let told = found(&not_set_up, Code::OnlyWindowsGo).expect("told");
    assert_eq!(fix(&told), "gowr setup");
    assert_eq!(evidence(&told), "/mnt/c/Go/bin/go.exe: a program for Windows, entry 2 of PATH");

    let linked = |directory: &'static str| {
        go_exe(distro(["HOME=/h", "PATH=/usr/bin:/gowr/bin", directory]))
            .link("/usr/bin/go", "/mnt/c/Go/bin/go.exe")
            .current(directory.trim_start_matches("PWD="))
    };
    let told = found(&linked("PWD=/h/p"), Code::WindowsGoFirst).expect("told");
    assert_eq!(told.problem.severity, Severity::Problem);
    assert!(evidence(&told).contains(r"RLock \\wsl$\…\go.mod: Incorrect function."), "{told:#?}");
    assert!(evidence(&told).contains("/mnt/c/Go/bin/go.exe: where that leads"), "{told:#?}");
    // On the drive it works as on Windows.
    assert_eq!(found(&linked("PWD=/mnt/c/p"), Code::WindowsGoFirst), None);
}

#[test]
fn what_came_from_windows_is_told_and_what_came_empty_is_not() {
    let with = |entries: [&'static str; 2]| {
        found(&healthy_distro().environment(entries), Code::ImportedFromWindows)
    };
    let told = with(["WSLENV=USERPROFILE/p:GOPATH/l", "GOPATH=/mnt/c/Users/x/go"]).expect("told");
    assert_eq!(told.problem.severity, Severity::Problem);
    assert_eq!(told.problem.message, "what GOPATH names is of Windows, and no good here");
    assert_eq!(fix(&told), "unset GOPATH");
    assert!(
        evidence(&told).ends_with("WSLENV=USERPROFILE/p:GOPATH/l in the environment"),
        "{told:#?}"
    );
    // Windows' text where nobody handed it on: from a start-up file.
    let told = with(["WSLENV=", "GOBIN=C:\\go\\bin"]).expect("told");
    assert_eq!(evidence(&told), "GOBIN=C:\\go\\bin in the environment");
    // It is handed on, and fits.
    let told = with(["WSLENV=GOPRIVATE/u", "GOPRIVATE=example.com"]).expect("told");
    assert_eq!(told.problem.severity, Severity::Note);
    assert_eq!(with(["WSLENV=GOPATH/l:GOROOT/p", "GOROOT="]), None);
    assert_eq!(with(["WSLENV=USERPROFILE/p", "GOPATH=/h/other"]), None);
}
