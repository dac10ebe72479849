//! What wsl.conf says, and what comes of it.

use super::windows::healthy_distro;
use super::*;

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
