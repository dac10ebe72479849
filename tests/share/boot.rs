//! A distro with systemd, booted for real in a container of systemd-nspawn: the share is there again after each start.

use std::fs;
use std::path::Path;

use nix::unistd::geteuid;
use snapbox::{assert_data_eq, str};

use crate::support::{OLD, Run, World, tool};
use crate::userland::Root;

/// What WSL has done before systemd is started.
const LOOK: &str = "[Unit]\nDefaultDependencies=no\nBefore=sysinit.target local-fs-pre.target\n\
    [Service]\nType=oneshot\nRemainAfterExit=yes\n\
    ExecStart=mount --bind /osrelease /proc/sys/kernel/osrelease\n\
    ExecStart=mkdir -p /mnt/wsl\n\
    ExecStart=mount -t tmpfs -o mode=1777 none /mnt/wsl\n\
    [Install]\nWantedBy=sysinit.target\n";

/// What is run when the distro has started; then it is stopped.
const TASK: &str = "[Unit]\nAfter=multi-user.target\n\
    [Service]\nType=oneshot\nExecStart=sh /task\nExecStopPost=systemctl poweroff --no-block\n";

const RELEASE: &str = "6.18.33.2-microsoft-standard-WSL2\n";

/// A distro, whose changes outlive its runs.
struct Distro {
    world: World,
    root: Root,
}

impl Distro {
    fn new() -> Self {
        assert!(geteuid().is_root(), "systemd-nspawn needs root");
        let world = World::with_fakes(&[OLD]);
        let distro = Self { world, root: Root::trixie_with_systemd() };
        distro.write("osrelease", RELEASE);
        distro.write("etc/systemd/system/look.service", LOOK);
        distro.write("etc/systemd/system/task.service", TASK);
        for (target, unit) in [("sysinit", "look"), ("graphical", "task")] {
            let wants =
                distro.world.path(format!("upper/etc/systemd/system/{target}.target.wants"));
            fs::create_dir_all(&wants).unwrap();
            let unit = format!("{unit}.service");
            std::os::unix::fs::symlink(format!("../{unit}"), wants.join(&unit)).unwrap();
        }
        fs::create_dir(distro.world.path("work")).unwrap();
        fs::create_dir(distro.world.path("merged")).unwrap();
        distro
    }

    fn write(&self, path: &str, content: &str) {
        self.world.write(format!("upper/{path}"), content);
    }

    /// Starts it, runs a script, and stops it; gives what the script said.
    fn boot(&self, script: &str) -> String {
        let home = self.world.home();
        let gowr = self.world.gowr_home().join("bin/gowr");
        let script = format!(
            "export HOME={}\ngowr={}\n({script}) > /said 2>&1\n",
            home.display(),
            gowr.display()
        );
        self.write("task", &script);
        let _ = fs::remove_file(self.world.path("upper/said"));
        let nspawn = tool("systemd-nspawn");
        let boot = "set -e
            umount -R /sys/fs/cgroup
            mount -t cgroup2 none /sys/fs/cgroup
            mount -t overlay -o \"lowerdir=$1,upperdir=$2/upper,workdir=$2/work\" none \"$2/merged\"
            export SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1
            exec timeout 100 \"$4\" -q --register=no --keep-unit --bind=\"$3\" -b -D \"$2/merged\" --console=pipe";
        let worlds = home.parent().unwrap();
        let unshare =
            [tool("unshare").as_os_str(), "--mount".as_ref(), "--propagation=private".as_ref()]
                .map(ToOwned::to_owned);
        let run = Run::new("sh")
            .args(["-c", boot, "sh"])
            .args([&self.root.outside("/"), home, worlds, &nspawn] as [&Path; 4])
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .under(unshare);
        let outcome = run.run();
        let said = fs::read_to_string(self.world.path("upper/said"));
        let said = said.unwrap_or_else(|error| panic!("{error}: {}", outcome.report()));
        said.replace(&self.world.gowr_home().display().to_string(), "[GOWR]")
    }
}

#[test]
fn a_unit_shares_at_each_start() {
    let distro = Distro::new();
    let said = distro.boot(
        "$gowr share > /dev/null; $gowr share; systemctl is-active gowr-share; ls /mnt/wsl/gowr",
    );
    assert_data_eq!(
        said,
        str![[r#"
runs mkdir -p -m 755 /mnt/wsl/gowr
runs mount --bind [GOWR]/toolchains /mnt/wsl/gowr
runs /usr/bin/systemctl daemon-reload
runs /usr/bin/systemctl reload-or-restart gowr-share.service
the toolchains of this distro are in /mnt/wsl/gowr, for all that run
to use them in another distro, run there: gowr share use
gowr: warning: it goes when this distro stops, and WSL may take it off when any distro with systemd stops
the toolchains of this distro are in /mnt/wsl/gowr already
active
go1.22.12

"#]]
    );
    // Nothing of the first start is left but files.
    let said = distro.boot(
        "systemctl is-active gowr-share; ls /mnt/wsl/gowr; stat -c '%U %a' /mnt/wsl/gowr
        case $(systemctl show -p After gowr-share) in *mnt-wsl.mount*) echo ordered;; esac
        $gowr share; $gowr share list
        $gowr share --remove > /dev/null
        systemctl is-active gowr-share; ls /mnt/wsl; ls -d /etc/systemd/system/*gowr*",
    );
    assert_data_eq!(
        said,
        str![[r#"
active
go1.22.12
root 755
ordered
the toolchains of this distro are in /mnt/wsl/gowr already
/mnt/wsl/gowr (bind of [GOWR]/toolchains; of this distro)
  go1.22.12
/mnt/wsl/gowr is not mounted any more
nothing is shared when this distro starts
inactive
ls: cannot access '/etc/systemd/system/*gowr*': No such file or directory

"#]]
    );
    let said = distro.boot("systemctl is-active gowr-share; ls /mnt/wsl");
    assert_data_eq!(
        said,
        str![[r#"
inactive

"#]]
    );
}
