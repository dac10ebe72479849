//! What Go makes of its environment, of the clock and of the memory.

use super::windows::healthy_distro;
use super::*;

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
