//! Distros of WSL, each with one thing wrong, and what is told of a GOROOT and of how `go env` comes about.

use super::*;

const KERNEL: &str = "6.6.87.2-microsoft-standard-WSL2\n";
const DRIVE: &str = "84 20 0:58 / /mnt/c rw,noatime - 9p C:\\134 rw,dirsync,aname=drvfs;path=C:\\;OPTIONS;uid=1000,trans=fd\n";

/// A healthy machine that is a WSL2 with one drive, mounted with these options besides.
fn mounted<const N: usize>(environment: [&'static str; N], options: &str) -> MemoryMachine {
    machine(environment)
        .file("/proc/sys/kernel/osrelease", KERNEL)
        .file("/proc/self/mountinfo", format!("{MOUNTS}{}", DRIVE.replace("OPTIONS", options)))
        .file("/proc/sys/fs/binfmt_misc/WSLInterop", "enabled\ninterpreter /init\n")
        .directory("/mnt/c/Users")
}

fn distro<const N: usize>(environment: [&'static str; N]) -> MemoryMachine {
    mounted(environment, "metadata")
}

fn healthy_distro() -> MemoryMachine {
    distro(["HOME=/h", "PATH=/gowr/bin:/usr/bin", "PWD=/h/p"])
}

/// One whose project lies on the drive.
fn on_drive(options: &str) -> MemoryMachine {
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

fn found(machine: &MemoryMachine, code: Code) -> Option<Finding> {
    findings(machine).into_iter().find(|it| it.problem.code == code.as_str())
}

fn evidence(finding: &Finding) -> String {
    let lines: Vec<_> = finding.problem.evidence.iter().map(ToString::to_string).collect();
    lines.join("\n")
}

fn fix(finding: &Finding) -> &str {
    finding.problem.fix.as_deref().expect("a command")
}

#[test]
fn a_healthy_distro_has_nothing() {
    assert_eq!(findings(&healthy_distro()), []);
    // The same names elsewhere mean nothing: no mount is a drive, and nobody reads that file.
    let elsewhere = on_drive("").without("/proc/sys").file("/proc/self/mountinfo", MOUNTS);
    assert_eq!(codes(&findings(&elsewhere.file("/etc/wsl.conf", "[x]\ny=1\n"))), [""; 0]);
}

/// Row 23 of what is known of WSL: five flaws, each with its own words and those of Go; an empty one is none.
#[test]
fn goroots_flaws_are_told_apart() {
    let windows = |machine: MemoryMachine| {
        machine
            .program("/mnt/c/Program Files/Go/bin/go.exe", "MZ\u{0}")
            .directory("/mnt/c/Program Files/Go/pkg/tool/windows_amd64")
            .directory("/mnt/c/Program Files/Go/src")
            .file("/mnt/c/Program Files/Go/VERSION", "go1.26.6\n")
    };
    let mut messages = BTreeSet::new();
    for (value, what, says) in [
        (
            "GOROOT=/nowhere",
            "is not there",
            "every command says: go: cannot find GOROOT directory: /nowhere",
        ),
        ("GOROOT=/usr", "is no GOROOT", "go build says: package fmt is not in std (/usr/src/fmt)"),
        (
            "GOROOT=/opt/other",
            "is go1.19, whose tools /gowr/toolchains/go1.22.3/bin/go (go1.22.3) refuses",
            "go build says: compile: version \"go1.19\" does not match go tool version \"go1.22.3\"",
        ),
        (
            "GOROOT=/mnt/c/Program Files/Go",
            "is a Go for Windows, whose tools are not for Linux",
            "go build says: go: no such tool \"compile\"",
        ),
        (
            "GOROOT=C:\\Program Files\\Go",
            "is a path of Windows",
            "every command says: go: cannot find GOROOT directory: C:\\Program Files\\Go",
        ),
        (
            "GOROOT=go",
            "is not an absolute path",
            "every command says: go: cannot find GOROOT directory: go",
        ),
        (
            "GOROOT=/snap/bin/go",
            "is where snap has its launchers, and no GOROOT",
            "every command says: go: cannot find GOROOT directory: /snap/bin/go",
        ),
    ] {
        let machine = |machine: MemoryMachine| windows(machine).goroot("/opt/other", "go1.19\n");
        let exported = machine(healthy_distro().environment([value]));
        let told = found(&exported, Code::ExportedGoroot).expect("told");
        assert!(
            told.problem.message.ends_with(&format!("in the environment, and {what}")),
            "{told:#?}"
        );
        assert_eq!(told.problem.evidence.last().expect("evidence").text, says);
        assert_eq!(fix(&told), "unset GOROOT");
        messages.insert(what);
        // The same in the file of `go env -w`, from which it is taken out.
        let written = machine(healthy_distro().file("/h/.config/go/env", value));
        let told = found(&written, Code::GoEnvGoroot).expect("told");
        assert!(told.problem.message.ends_with(&format!("and it {what}")), "{told:#?}");
        assert!(evidence(&told).contains(says), "{told:#?}");
        assert!(told.mend.is_some());
    }
    assert_eq!(messages.len(), 7);
    for harmless in ["GOROOT=", "GOROOT_FINAL="] {
        assert!(findings(&healthy_distro().environment([harmless])).is_empty());
    }
    // A sound one misleads no less.
    let same = healthy().environment(["GOROOT=/gowr/toolchains/go1.22.3"]);
    let told = found(&same, Code::ExportedGoroot).expect("told");
    assert!(told.problem.message.ends_with("misleads any other go"), "{told:#?}");
    // It is compared with the go that PATH would give, were it not for gowr's.
    let other = healthy()
        .environment(["GOROOT=/gowr/toolchains/go1.22.3"])
        .goroot("/usr/lib/go-1.18", "go1.18.1\n")
        .link("/usr/bin/go", "../lib/go-1.18/bin/go");
    let told = found(&other, Code::ExportedGoroot).expect("told");
    assert!(evidence(&told).contains("does not match go tool version \"go1.18.1\""), "{told:#?}");
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

#[test]
fn wsl_conf_is_read_as_wsl_reads_it() {
    let with = |content: &str| healthy_distro().file("/etc/wsl.conf", content);
    let told = found(&with("[boot]\nsystemd = true\n[boot\n"), Code::WslConfStops).expect("told");
    assert!(evidence(&told).starts_with("/etc/wsl.conf:3: [boot"), "{told:#?}");
    assert_eq!((fix(&told), told.mend.clone()), ("sudoedit /etc/wsl.conf", None));
    let told = found(&with("[boot]\r\nsystemd=true\r\n"), Code::WslConfStops).expect("told");
    assert_eq!(told.mend, Some(Mend::PlainWslConf));
    let content =
        "[automount]\ncrossDistro = true\nroot=/\nroot=/x\n[interop]\nappendWindowPath=no\n";
    let told = found(&with(content), Code::WslConfIgnored).expect("told");
    assert_eq!(told.problem.severity, Severity::Note);
    assert_eq!(
        evidence(&told),
        "/etc/wsl.conf:2: crossDistro = true\n/etc/wsl.conf:4: root=/x\n/etc/wsl.conf:6: appendWindowPath=no"
    );
    assert_eq!(findings(&with("[boot]\ncommand = service docker start\n")), []);
    // In a container it is nobody's.
    assert_eq!(
        findings(&with("[boot\n").file("/run/.containerenv", "").without("/proc/sys/fs")),
        []
    );
}

#[test]
fn what_gowr_put_there_for_the_boot_must_be_done() {
    let unit = "# Made by gowr, which takes it out again; what is changed here is lost.\n[Unit]\n";
    let code = Code::BootTaskIdle;
    let share = "/etc/systemd/system/gowr-share.service";
    let with = |conf: &str| healthy_distro().file(share, unit).file("/etc/wsl.conf", conf);
    let told = found(&with("[boot]\nsystemd=false\n"), code).expect("told");
    assert_eq!(
        told.problem.message,
        "gowr-share.service is not done at boot: systemd is not PID 1"
    );
    assert_eq!(fix(&told), "sudo env \"PATH=$PATH\" gowr doctor --fix boot-task-idle");
    assert!(evidence(&told).ends_with("/etc/wsl.conf:2: systemd=false"), "{told:#?}");
    let told = found(&with("[boot]\nsystemd=true\n"), code).expect("told");
    assert_eq!((fix(&told), told.mend.clone()), ("wsl.exe --shutdown", None));
    assert_eq!(found(&with("").directory("/run/systemd/system"), code), None);
    // As they are really written.
    let task = crate::at_boot::Task {
        name: crate::at_boot::TaskName::share(),
        description: String::from("share"),
        mounts: vec![crate::at_boot::Bind { source: "/h/x".into(), target: "/mnt/wsl/x".into() }],
    };
    for way in [crate::at_boot::Way::Unit, crate::at_boot::Way::BootCommand] {
        let root = Path::new("/");
        let plan = crate::at_boot::plan_add(&healthy_distro(), root, &task, way).expect("a plan");
        let (path, _, after) = plan.changes().next().expect("a change");
        let after = String::from_utf8_lossy(after.expect("a file"));
        let machine = healthy_distro();
        let machine = match way {
            crate::at_boot::Way::Unit => machine.file(path.to_str().expect("text"), &*after),
            crate::at_boot::Way::BootCommand => {
                machine.file("/etc/wsl.conf", format!("[boot]\ncommand=x\n{after}"))
            }
        };
        assert!(found(&machine, code).is_some(), "{way:?}: {after}");
    }
    // A unit of somebody else by that name is not gowr's.
    assert_eq!(found(&healthy_distro().file(share, "[Unit]\n"), code), None);
    let second = "[boot]\ncommand = service docker start\ncommand = \": gowr-share begin; x; : gowr-share end\"\n";
    let told = found(&healthy_distro().file("/etc/wsl.conf", second), code).expect("told");
    assert!(
        told.problem.message.contains("/etc/wsl.conf:3: boot.command stands in line 2"),
        "{told:#?}"
    );
}

#[test]
fn interop_is_told_where_it_was_lost_and_not_where_nobody_wants_it() {
    let lost = healthy_distro().without("/proc/sys/fs/binfmt_misc/WSLInterop");
    let told = found(&lost, Code::InteropLost).expect("told");
    assert_eq!(told.problem.severity, Severity::Note);
    assert!(fix(&told).contains(":WSLInterop:M::MZ::/init:PF"), "{told:#?}");
    let unwanted = lost.clone().file("/etc/wsl.conf", "[interop]\nenabled=false\n");
    assert_eq!(findings(&unwanted), []);
    let late = lost.file("/proc/sys/fs/binfmt_misc/WSLInterop-late", "enabled\n");
    assert_eq!(findings(&late), []);
    let stale = healthy_distro().environment(["WSL_INTEROP=/run/WSL/9_interop"]);
    let told = found(&stale, Code::InteropLost).expect("told");
    assert!(evidence(&told).contains("/run/WSL/9_interop"), "{told:#?}");
    assert_eq!(findings(&stale.fifo("/run/WSL/9_interop")), []);
}

#[test]
fn a_clock_that_drifted_is_told_by_the_hardwares() {
    let with = |seconds: i64, machine: MemoryMachine, network: Option<&NetworkTime>| {
        let hardware = i64::try_from(NOW.as_secs()).expect("small") + seconds;
        let machine = machine.file("/sys/class/rtc/rtc0/since_epoch", format!("{hardware}\n"));
        let found =
            findings_with(&machine, Besides { network_time: network, ..Besides::default() });
        found.into_iter().find(|it| it.problem.code == "clock-drift")
    };
    let told = with(7200, healthy_distro(), None).expect("told");
    assert!(told.problem.message.starts_with("the clock is 2 h 0 min behind"), "{told:#?}");
    assert_eq!(fix(&told), "sudo hwclock -s");
    assert!(
        evidence(&told).contains("/sys/class/rtc/rtc0/since_epoch: says 1700007200"),
        "{told:#?}"
    );
    assert!(
        with(-90, healthy_distro(), None)
            .is_some_and(|it| it.problem.message.contains("1 minute ahead"))
    );
    assert_eq!(with(60, healthy_distro(), None), None);
    // Elsewhere the hardware's may run by local time.
    assert_eq!(with(7200, healthy(), None), None);
    let server = |seconds| NetworkTime {
        server: String::from("https://vuln.go.dev"),
        time: UNIX_EPOCH + NOW + Duration::from_secs(seconds),
    };
    // A server that agrees is believed; one that does not, says who is right.
    assert_eq!(with(7200, healthy_distro(), Some(&server(5))), None);
    let told = with(0, healthy_distro(), Some(&server(7200))).expect("told");
    assert_eq!(fix(&told), "wsl.exe --shutdown");
    let told = with(7200, healthy_distro(), Some(&server(7200))).expect("told");
    assert_eq!(fix(&told), "sudo hwclock -s");
    let told = with(0, healthy(), Some(&server(7200))).expect("told");
    assert_eq!(fix(&told), "sudo timedatectl set-ntp true");
}

#[test]
fn memory_is_compared_with_what_go_starts() {
    let with = |kilobytes: u32, processors: &str, entry: &'static str| {
        let machine = healthy_distro()
            .file("/proc/meminfo", format!("MemTotal:  {kilobytes} kB\nMemFree: 1 kB\n"))
            .file("/sys/devices/system/cpu/online", processors)
            .environment([entry]);
        found(&machine, Code::LittleMemory)
    };
    let told = with(2_031_452, "0-7", "X=1").expect("told");
    assert_eq!(told.problem.severity, Severity::Note);
    assert_eq!(fix(&told), "export GOFLAGS='-p=3'");
    assert_eq!(
        fix(&with(2_031_452, "0-7", "GOFLAGS=-mod=mod").expect("told")),
        "export GOFLAGS='-mod=mod -p=3'"
    );
    assert_eq!(with(2_031_452, "0-7", "GOFLAGS=-p=2"), None);
    assert_eq!(with(2_031_452, "0-7", "GOMAXPROCS=2"), None);
    assert_eq!(with(8_031_452, "0-7", "X=1"), None);
}

/// Neither systemd nor D-Bus has a part in what `go env` shows.
#[test]
fn an_odd_go_env_is_explained() {
    let sudo = healthy()
        .owned_by("/h", 1001)
        .directory("/h/go")
        .file("/etc/passwd", "root:x:0:0::/root:/bin/sh\nme:x:1000:1000::/home/me:/bin/sh\n");
    let told = found(&sudo, Code::HomeOfAnother).expect("told");
    assert!(
        told.problem.message.starts_with("HOME=/h belongs to user 1001, and you are 1000"),
        "{told:#?}"
    );
    assert_eq!(fix(&told), "export HOME=/home/me");
    assert!(evidence(&told).contains("/etc/passwd:2: me:x:1000"), "{told:#?}");

    let written = || go_env("GOPRIVATE=x\n");
    for (machine, variable, instead) in [
        (written().environment(["GOENV=off"]), "GOENV", "none is read"),
        (written().environment(["GOENV=/h/env"]), "GOENV", "/h/env is read instead"),
        (
            written().environment(["XDG_CONFIG_HOME=/h/x"]),
            "XDG_CONFIG_HOME",
            "/h/x/go/env is read instead",
        ),
    ] {
        let told = found(&machine, Code::GoEnvElsewhere).expect("told");
        assert!(told.problem.message.ends_with(instead), "{told:#?}");
        assert!(evidence(&told).ends_with("/h/.config/go/env:1: GOPRIVATE=x"), "{told:#?}");
        assert_eq!(fix(&told), format!("unset {variable}"));
    }
    for same in ["GOENV=/h/.config/go/env", "XDG_CONFIG_HOME=/h/.config"] {
        assert_eq!(findings(&written().environment([same])), []);
    }
    assert_eq!(findings(&with("GOENV=off")), [], "nothing was written");

    let both = go_env("GOPRIVATE=x\nGOBIN=/h/bin\n").environment(["GOPRIVATE=y", "GOBIN=/h/bin"]);
    let told = found(&both, Code::GoEnvOverridden).expect("told");
    assert_eq!(evidence(&told), "/h/.config/go/env:1: GOPRIVATE=x\nGOPRIVATE=y in the environment");
    assert_eq!(fix(&told), "unset GOPRIVATE");
    // What gowr set for a process above is none of the user's.
    let ours = go_env("GOTOOLCHAIN=go1.22.3\n")
        .environment(["GOTOOLCHAIN=local", "GOWR_GOTOOLCHAIN=local"]);
    assert_eq!(found(&ours, Code::GoEnvOverridden), None);

    let at_home =
        machine(["HOME=/h", "PATH=/gowr/bin:/usr/bin", "PWD=/h/p", "GOWR_TOOLCHAIN=/h/go"])
            .goroot("/h/go", "go1.22.3\n")
            .file("/h/go/go.env", GO_ENV);
    let told = found(&at_home, Code::GopathIsGoroot).expect("told");
    assert_eq!(told.problem.evidence[0].text, "HOME=/h in the environment");
    assert_eq!(fix(&told), "go env -w GOPATH=\"$HOME/gopath\"");
}

#[test]
fn goland_wants_a_goroot() {
    let with = |url: &str| {
        let component = format!("<project>\n<component name=\"GOROOT\" url=\"{url}\" />\n");
        let machine = healthy()
            .file("/h/p/.idea/workspace.xml", component)
            .goroot("/opt/go", "go1.21.1\n")
            .directory("/gowr/bin");
        found(&machine, Code::GolandGoroot)
    };
    for (url, what) in [
        ("file:///usr/local/go", "and nothing is there"),
        ("file:///gowr", "is not a valid home for Go SDK"),
        ("file://$USER_HOME$/go", "/h/go, and nothing is there"),
        ("file:////wsl$/Debian/opt/go", "uses go1.21.1 here, and gowr go1.22.3"),
    ] {
        let told = with(url).unwrap_or_else(|| panic!("{url}"));
        assert!(told.problem.message.ends_with(what), "{told:#?}");
        assert!(evidence(&told).starts_with("/h/p/.idea/workspace.xml:2: <component"), "{told:#?}");
    }
    assert_eq!(with("file:///gowr/toolchains/go1.22.3"), None);
}

/// On a drive without `metadata` everything is the default user's; the answer is never to trust all there is.
#[test]
fn dubious_ownership_on_a_drive() {
    let repository = on_drive("uid=1000").directory("/mnt/c/p/.git").user(0);
    let told = found(&repository, Code::DubiousOwnership).expect("told");
    assert_eq!(fix(&told), "git config --global --add safe.directory /mnt/c/p");
    assert!(evidence(&told).ends_with("/mnt/c: 9p from C:\\"), "{told:#?}");
}
