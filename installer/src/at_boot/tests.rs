use std::fs;
use std::os::unix::fs::symlink;

use proptest::prelude::*;
use resolver::machine::memory::MemoryMachine;

use super::*;
use crate::wsl_conf::document::Document;

const MOUNTS_OF_WSL: &str = "51 38 8:32 / / rw,relatime - ext4 /dev/sdc rw,discard\n\
    82 51 0:35 / /mnt/wsl rw,relatime shared:1 - tmpfs none rw\n\
    83 82 8:32 /opt /mnt/wsl/gowr rw,relatime shared:1 - ext4 /dev/sdc rw\n";

fn wsl() -> MemoryMachine {
    MemoryMachine::new()
        .file("/proc/sys/kernel/osrelease", "6.6.87.2-microsoft-standard-WSL2\n")
        .file("/proc/self/mountinfo", MOUNTS_OF_WSL)
}

fn with_systemd(machine: MemoryMachine) -> MemoryMachine {
    machine.directory("/run/systemd/system")
}

fn share(source: &str) -> Task {
    Task {
        name: TaskName::share(),
        description: String::from("Go toolchains of this distro, for 100% of the others"),
        mounts: vec![Bind { source: source.into(), target: "/mnt/wsl/gowr".into() }],
    }
}

fn link(key: &str, target: &str) -> Task {
    Task {
        name: TaskName::link(key).expect("a key"),
        description: String::from("a GOROOT"),
        mounts: vec![Bind { source: "/opt/go".into(), target: target.into() }],
    }
}

/// A root with the programs that are named.
fn root() -> tempfile::TempDir {
    let root = tempfile::tempdir().expect("a directory");
    fs::create_dir_all(root.path().join("usr/bin")).expect("made");
    fs::create_dir(root.path().join("etc")).expect("made");
    for name in ["sh", "mkdir", "mount", "umount"] {
        symlink("/bin/busybox", root.path().join("usr/bin").join(name)).expect("linked");
    }
    root
}

fn add(root: &Path, task: &Task, way: Way) -> Plan {
    let machine = with_systemd(wsl());
    let plan = plan_add(&machine, root, task, way).expect("a plan");
    plan.carry_out().expect("done");
    plan
}

fn take_out(root: &Path, name: &TaskName) -> bool {
    let plan = plan_remove(&with_systemd(wsl()), root, name).expect("a plan");
    plan.is_some_and(|plan| {
        plan.carry_out().expect("done");
        true
    })
}

fn conf(root: &Path) -> Option<String> {
    fs::read_to_string(root.join("etc/wsl.conf")).ok()
}

fn command(content: &str) -> Option<String> {
    let document = Document::parse(content.as_bytes());
    let value = document.first("boot.command")?.value.clone();
    Some(String::from_utf8(value).expect("text"))
}

#[test]
fn who_can_do_it() {
    assert_eq!(way(&with_systemd(wsl())).expect("a way"), Way::Unit);
    assert_eq!(way(&with_systemd(MemoryMachine::new())).expect("a way"), Way::Unit);
    assert_eq!(way(&wsl()).expect("a way"), Way::BootCommand);
    let error = way(&wsl().file("/.dockerenv", "")).expect_err("a container");
    assert!(error.to_string().ends_with("WSL starts no container"), "{error}");
    let error = way(&MemoryMachine::new()).expect_err("another system");
    assert!(error.to_string().ends_with("this is not WSL"), "{error}");
}

#[test]
fn names_are_plain() {
    assert_eq!(TaskName::link("opt-go-1.x_2").expect("a key").as_str(), "gowr-link-opt-go-1.x_2");
    for key in ["", "A", "a b", "a/b", "a;b", "a@b"] {
        assert_eq!(TaskName::link(key), None, "{key:?}");
    }
}

#[test]
fn a_unit() {
    let root = root();
    let task = share("/home/a b/100%/$x/\"q\"\\/toolchains");
    let plan = add(root.path(), &task, Way::Unit);
    assert_eq!(plan.commands().count(), 0, "another root's systemd does not run");
    let file = root.path().join("etc/systemd/system/gowr-share.service");
    let text = fs::read_to_string(&file).expect("a unit");
    let script = r#"/usr/bin/sh -c '[ "$$0" -ef "$$1" ] || { /usr/bin/mkdir -p "$$1" && /usr/bin/mount --bind "$$0" "$$1"; }'"#;
    let words = r#""/home/a b/100%%/$$x/\"q\"\\/toolchains" "/mnt/wsl/gowr""#;
    let expected = format!(
        r#"# Made by gowr, which takes it out again; what is changed here is lost.
[Unit]
Description=Go toolchains of this distro, for 100%% of the others
RequiresMountsFor="/home/a b/100%%/$x/\"q\"\\/toolchains" "/mnt/wsl"
ConditionPathIsMountPoint=/mnt/wsl

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart={script} {words}
ExecReload={script} {words}
ExecStop=/usr/bin/sh -c '[ ! "$$0" -ef "$$1" ] || /usr/bin/umount -l "$$1"' {words}

[Install]
WantedBy=multi-user.target
"#
    );
    assert_eq!(text, expected);
    let wanted = root.path().join("etc/systemd/system/multi-user.target.wants/gowr-share.service");
    let target = fs::read_link(&wanted).expect("a link");
    assert_eq!(target, Path::new("/etc/systemd/system/gowr-share.service"));

    let diff = plan.diff();
    assert!(diff.contains("+++ b/") && diff.contains("new file mode 120000\n"), "{diff}");
    assert!(add(root.path(), &task, Way::Unit).is_empty(), "once is enough");
    assert!(!add(root.path(), &share("/opt/go"), Way::Unit).is_empty(), "it is changed");
    assert!(take_out(root.path(), &task.name));
    assert!(!file.exists() && !wanted.is_symlink());
    assert!(!take_out(root.path(), &task.name), "nothing of gowr's is left");
}

#[test]
fn what_is_run_where_systemd_runs() {
    let machine = with_systemd(wsl());
    let root = Path::new("/");
    let task = Task { name: TaskName::link("test-of-gowr").expect("a key"), ..share("/opt/go") };
    let plan = plan_add(&machine, root, &task, Way::Unit);
    let systemctl = match program(root, "systemctl") {
        Ok(systemctl) => systemctl,
        Err(error) => {
            assert_eq!(plan.expect_err("no systemctl").to_string(), error.to_string());
            return;
        }
    };
    let plan = plan.expect("a plan");
    let commands: Vec<_> = plan.commands().map(|words| words.join(" ")).collect();
    let expected = [
        format!("{systemctl} daemon-reload"),
        format!("{systemctl} reload-or-restart gowr-link-test-of-gowr.service"),
    ];
    assert_eq!(commands, expected);
}

#[test]
fn a_unit_of_somebody_elses_stays() {
    let root = root();
    let (task, directory) = (share("/opt/go"), root.path().join("etc/systemd/system"));
    let file = directory.join("gowr-share.service");
    let refused = || {
        let error = plan_add(&wsl(), root.path(), &task, Way::Unit).expect_err("refused");
        assert!(error.to_string().ends_with("is not gowr's"), "{error}");
        assert_eq!(plan_remove(&wsl(), root.path(), &task.name).expect("no error"), None);
    };
    fs::create_dir_all(&directory).expect("made");
    fs::write(&file, "[Service]\nExecStart=/bin/true\n").expect("written");
    refused();
    fs::remove_file(&file).expect("removed");
    symlink("/dev/null", &file).expect("masked");
    refused();
}

#[test]
fn a_boot_command_beside_that_of_others() {
    let root = root();
    let before = "[boot]\ncommand = service docker start &  # mine\n";
    fs::write(root.path().join("etc/wsl.conf"), before).expect("written");
    let task = share("/home/it's me/\\x");
    add(root.path(), &task, Way::BootCommand);
    let now = conf(root.path()).expect("a file");
    let expected = r#"[boot]
command = ": gowr-share begin; [ '/home/it'\\''s me/\\x' -ef /mnt/wsl/gowr ] || { /usr/bin/mkdir -p /mnt/wsl/gowr && /usr/bin/mount --bind '/home/it'\\''s me/\\x' /mnt/wsl/gowr; }; : gowr-share end; "service docker start &  # mine
"#;
    assert_eq!(now, expected);
    let value = command(&now).expect("a command");
    assert!(value.ends_with(" : gowr-share end; service docker start &"), "{value}");
    assert!(add(root.path(), &task, Way::BootCommand).is_empty(), "once is enough");
    add(root.path(), &share("/opt/go"), Way::BootCommand);
    assert_eq!(conf(root.path()).expect("a file").matches("gowr-share begin").count(), 1);
    let link = link("a", "/opt/go-sdk");
    add(root.path(), &link, Way::BootCommand);
    assert!(take_out(root.path(), &task.name));
    assert!(conf(root.path()).expect("a file").contains("gowr-link-a"));
    assert!(take_out(root.path(), &link.name));
    assert_eq!(conf(root.path()).as_deref(), Some(before));
    let backup = fs::read_to_string(root.path().join("etc/wsl.conf.gowr-backup")).expect("kept");
    assert_eq!(backup, before);
    assert!(!take_out(root.path(), &task.name));
}

#[test]
fn a_part_that_wsl_does_not_read_is_made_anew() {
    let root = root();
    add(root.path(), &share("/opt/go"), Way::BootCommand);
    let made = conf(root.path()).expect("a file");
    let before = "[boot]\ncommand = theirs\n";
    fs::write(root.path().join("etc/wsl.conf"), format!("{before}{made}")).expect("written");
    add(root.path(), &share("/opt/go"), Way::BootCommand);
    let now = conf(root.path()).expect("a file");
    assert!(now.starts_with("[boot]\ncommand = \": gowr-share begin; "), "{now}");
    assert!(now.ends_with(" end; \"theirs\n"), "{now}");
}

#[test]
fn a_new_file_is_gone_again() {
    let root = root();
    let (one, other) = (share("/opt/go"), link("a", "/opt/go-sdk"));
    add(root.path(), &one, Way::BootCommand);
    let now = conf(root.path()).expect("a file");
    assert!(now.starts_with("[boot] # added by gowr, with this file\ncommand = \": "), "{now}");
    add(root.path(), &other, Way::BootCommand);
    take_out(root.path(), &one.name);
    assert!(conf(root.path()).is_some());
    take_out(root.path(), &other.name);
    assert_eq!(conf(root.path()), None);
}

#[test]
fn one_way_takes_the_place_of_the_other() {
    let root = root();
    let task = share("/opt/go");
    let unit = root.path().join("etc/systemd/system/gowr-share.service");
    add(root.path(), &task, Way::BootCommand);
    add(root.path(), &task, Way::Unit);
    assert!(unit.exists() && conf(root.path()).is_none());
    add(root.path(), &task, Way::BootCommand);
    assert!(!unit.exists() && conf(root.path()).is_some());
}

#[test]
fn what_cannot_be_said_is_refused() {
    let root = root();
    for source in ["/opt/a\nb", "opt", "/opt/\u{7f}"] {
        for way in [Way::Unit, Way::BootCommand] {
            plan_add(&wsl(), root.path(), &share(source), way).expect_err(source);
        }
    }
    plan_add(&wsl(), root.path(), &share("/opt/ü"), Way::Unit).expect("systemd reads UTF-8");
    let error = plan_add(&wsl(), root.path(), &share("/opt/ü"), Way::BootCommand);
    let error = error.expect_err("WSL may read it as another");
    assert!(error.to_string().contains("cannot hold the byte 0xc3"), "{error}");

    fs::write(root.path().join("etc/wsl.conf"), "; a comment, they thought\n").expect("written");
    let error = plan_add(&wsl(), root.path(), &share("/opt/go"), Way::BootCommand);
    let error = error.expect_err("WSL would not read it");
    assert!(error.to_string().contains("it stops at line 1"), "{error}");
    fs::remove_file(root.path().join("usr/bin/mount")).expect("removed");
    let error = plan_add(&wsl(), root.path(), &share("/opt/go"), Way::Unit).expect_err("no mount");
    assert!(error.to_string().starts_with("there is no program mount"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn without_a_trace(
        before in "(# why\n|\n|\\[user\\]\ndefault = u\n){0,2}(\\[boot\\][ ]?(# b)?\n){0,1}(systemd = 1\n){0,1}",
        value in proptest::option::of("[a-z\"]{0,2}[ -~]{0,12}"),
        after in "(# c|\n|x = 1|\n\\[boot\\]\n|\\[user\\]\n){0,3}",
        is_windows in any::<bool>(),
        is_ended in any::<bool>(),
        keys in proptest::sample::subsequence(vec!["a", "ab", "c"], 1..=3),
        backwards in any::<bool>(),
    ) {
        let line = value.map(|value| format!("command = {value}\n")).unwrap_or_default();
        let mut content = [before, line, after].concat();
        if !is_ended {
            content.truncate(content.trim_end_matches('\n').len());
        }
        if is_windows {
            content = content.replace('\n', "\r\n");
        }
        let foreign = command(&content);
        let mut now = content.clone().into_bytes();
        let mut names: Vec<_> = keys.iter().map(|key| TaskName::link(key).expect("a key")).collect();
        for name in &names {
            let script = format!(": {name} begin; [ 'a' -ef '\\' ] || \"b\"; : {name} end");
            let Ok(next) = boot_command::insert(Some(&now), name, &script) else { return Ok(()) };
            let again = boot_command::insert(Some(&next), name, &script);
            prop_assert_eq!(again.as_ref(), Ok(&next));
            now = next;
            let value = command(&String::from_utf8(now.clone()).expect("text")).expect("a command");
            prop_assert!(value.contains(&script));
            if let Some(foreign) = &foreign {
                prop_assert!(value.ends_with(&*format!("; {foreign}")), "{:?} {:?}", value, foreign);
            }
        }
        if backwards {
            names.reverse();
        }
        for name in &names {
            now = boot_command::remove(&now, name).expect("there");
        }
        prop_assert_eq!(String::from_utf8(now).expect("text"), content);
    }
}
