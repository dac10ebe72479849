//! A distro of WSL, as far as plain files make one: `/proc` of a root without a real one, and directories for drives.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};

use snapbox::{assert_data_eq, str};

use super::{GO_ENV, codes, problem};
use crate::support::{Outcome, Run, World};
use crate::userland::Root;

const MOUNTS: &str = "\
51 38 8:32 / / rw,relatime - ext4 /dev/sdc rw,discard,errors=remount-ro,data=ordered
82 51 0:35 / /mnt/wsl rw,relatime shared:1 - tmpfs none rw,huge=advise
83 51 0:37 / /usr/lib/wsl/drivers ro,nosuid,nodev,noatime - 9p drivers ro,aname=drivers;fmask=222;dmask=222,cache=0x5,access=client,msize=65536,trans=fd,rfd=8,wfd=8
84 51 0:58 / /mnt/c rw,noatime - 9p C:\\134 rw,dirsync,aname=drvfs;path=C:\\;OPTIONSuid=0;gid=0;symlinkroot=/mnt/,mmap,access=client,msize=65536,trans=fd,rfd=5,wfd=5
";

struct Distro {
    root: Root,
    world: World,
}

impl Distro {
    /// One in which nothing is wrong; its drive is mounted with these options besides WSL's own.
    fn new(options: &str) -> Self {
        let root = Root::bare("ID=debian\nVERSION_ID=\"12\"\n").without_proc();
        root.write("/proc/sys/kernel/osrelease", "6.6.87.2-microsoft-standard-WSL2\n");
        root.write("/proc/self/mountinfo", MOUNTS.replace("OPTIONS", options));
        root.write(
            "/proc/sys/fs/binfmt_misc/WSLInterop",
            "enabled\ninterpreter /init\nflags: PF\n",
        );
        symlink("/bin/gowr", root.changeable("/proc/self/exe")).unwrap();
        fs::create_dir_all(root.changeable("/mnt/c/p")).unwrap();
        let world = World::with_fakes(&["go1.22.1"]).inside(&root);
        fs::write(world.goroot("go1.22.1").join("go.env"), GO_ENV).unwrap();
        world.gowr(["setup"]).run().success();
        world.gowr(["default", "1.22"]).run().success();
        Self { root, world }
    }

    /// With what Windows appends to PATH.
    fn doctor(&self, words: &[&str]) -> Run {
        let path = format!(
            "{}:/usr/bin:/mnt/c/Windows/system32:/mnt/c/Program Files/Go/bin",
            self.world.gowr_home().join("bin").display()
        );
        self.world.gowr(["doctor"]).args(words).env("PATH", path)
    }

    fn conf(&self) -> Option<String> {
        fs::read_to_string(self.root.outside("/etc/wsl.conf")).ok()
    }

    fn backups(&self) -> usize {
        let names = fs::read_dir(self.root.outside("/etc")).unwrap();
        let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.starts_with("wsl.conf.")).count()
    }
}

fn notes(outcome: &Outcome) -> Vec<String> {
    outcome.success();
    codes(outcome)
}

#[test]
fn a_distro_is_told_what_its_windows_does_to_go() {
    let distro = Distro::new("metadata;");
    assert_eq!(notes(&distro.doctor(&["--json"]).run()), ["windows-entries-on-path"]);

    let go_exe = "/mnt/c/Program Files/Go/bin/go.exe";
    distro.root.write(go_exe, "MZ\u{0}");
    fs::set_permissions(distro.root.changeable(go_exe), Permissions::from_mode(0o755)).unwrap();
    distro.root.write("/mnt/c/Program Files/Go/pkg/tool/windows_amd64/compile.exe", "MZ");
    distro.root.write("/mnt/c/Program Files/Go/src/fmt/print.go", "package fmt\n");
    // By WSLENV=GOROOT/p:GOPATH, of which the one is a path here and the other is not.
    let outcome = distro
        .doctor(&[])
        .env("WSLENV", "GOROOT/p:GOPATH:GOBIN/p")
        .env("GOROOT", "/mnt/c/Program Files/Go")
        .env("GOPATH", "C:\\Users\\me\\go")
        .env("GOBIN", "")
        .env("GOTMPDIR", "/mnt/c/p")
        .env("WSL_INTEROP", "/run/WSL/9_interop")
        .at("/mnt/c/p")
        .env("PWD", "/mnt/c/p")
        .run();
    assert_data_eq!(
        outcome.snapshot(),
        str![[r#"
1. exported-goroot: GOROOT=/mnt/c/Program Files/Go is in the environment, and is a Go for Windows, whose tools are not for Linux
     GOROOT=/mnt/c/Program Files/Go in the environment
     /mnt/c/Program Files/Go: is a Go for Windows, whose tools are not for Linux
     go build says: go: no such tool "compile"
     run: unset GOROOT
2. imported-from-windows: what GOROOT, GOPATH names is of Windows, and no good here
     GOROOT=/mnt/c/Program Files/Go in the environment
     GOPATH=C:/Users/me/go in the environment
     WSLENV=GOROOT/p:GOPATH:GOBIN/p in the environment
     run: unset GOROOT GOPATH
3. directory-on-windows-drive: GOTMPDIR is /mnt/c/p on a Windows drive: every build writes there
     GOTMPDIR=/mnt/c/p in the environment
     /mnt/c: 9p from C:/
     measured on WSL2 with 500 small files, beside ext4: creating takes 104 times as long, looking at 26 times, deleting 125 times
     run: unset GOTMPDIR
4. path-not-absolute: GOPATH=C:/Users/me/go is not an absolute path, and Go refuses it
     GOPATH=C:/Users/me/go in the environment
     run: unset GOPATH
5. windows-go-on-path (note): a Go for Windows is on PATH; it cannot work on the files of this distro
     /mnt/c/Program Files/Go/bin/go.exe: a program for Windows, entry 4 of PATH
     run: gowr which
6. windows-entries-on-path (note): 2 entries of PATH lie on Windows drives: each name that is looked up there takes milliseconds
     /mnt/c/Windows/system32: entry 3 of PATH
     /mnt/c/Program Files/Go/bin: entry 4 of PATH
     run: gowr doctor --fix windows-entries-on-path
7. project-on-windows-drive (note): /mnt/c/p lies on a Windows drive: each file that go looks at is a question to Windows
     /mnt/c: 9p from C:/
     measured on WSL2 with 500 small files, beside ext4: creating takes 104 times as long, looking at 26 times, deleting 125 times
     run: cp -a /mnt/c/p ~/p
8. case-insensitive-drive (note): /mnt/c/p lies where Foo.go and foo.go are one file
     /mnt/c: 9p from C:/
     run: fsutil.exe file setCaseSensitiveInfo "$(wslpath -w /mnt/c/p)" enable
9. windows-antivirus (note): the antivirus of Windows looks at each file that is opened here
     /mnt/c: 9p from C:/
     run: cp -a /mnt/c/p ~/p
10. interop-lost (note): programs of Windows do not start from here
     WSL_INTEROP=/run/WSL/9_interop in the environment, and no such socket
     run: export WSL_INTEROP="$(ls -t /run/WSL/*_interop | head -n 1)"
[exit status: 1]

"#]]
    );
}

#[test]
fn wsl_conf_is_changed_where_that_is_asked_for_and_back() {
    let distro = Distro::new("metadata;umask=22;fmask=111;");
    distro.root.write("/mnt/c/Program Files/Go/bin/go.exe", "MZ\u{0}");
    let content = "# mine\n[automount]\n  options = \"metadata,umask=22,fmask=111\" # why not\n[user]\ndefault=me";
    distro.root.write("/etc/wsl.conf", content);
    let found = problem(&distro.doctor(&["--json"]).run(), "drive-without-execution");
    assert_eq!(found["fix"], "gowr doctor --fix drive-without-execution");
    assert_eq!(found["mendable"], true);
    // What is not gowr's is not changed where nobody names it.
    let outcome = distro.doctor(&["--fix"]).run();
    assert!(outcome.stderr().contains("nothing that --fix can mend"), "{}", outcome.report());
    assert_eq!(distro.conf().as_deref(), Some(content));

    let codes = ["drive-without-execution", "windows-entries-on-path"];
    let dry_run = distro.doctor(&["--fix", codes[0], codes[1], "--dry-run"]).run();
    assert_data_eq!(
        dry_run.stderr(),
        str![[r#"
would do:
  change interop.appendWindowsPath in /etc/wsl.conf
  change automount.options in /etc/wsl.conf
diff --git a/etc/wsl.conf b/etc/wsl.conf
--- a/etc/wsl.conf
+++ b/etc/wsl.conf
@@ -1,5 +1,7 @@
 # mine
 [automount]
-  options = "metadata,umask=22,fmask=111" # why not
+  options = "metadata,umask=22" # why not
 [user]
-default=me
/ No newline at end of file
+default=me
+[interop]
+appendWindowsPath = false
/ No newline at end of file

"#]]
    );
    assert_eq!(distro.conf().as_deref(), Some(content));
    let document = distro.doctor(&["--json", "--dry-run", "--fix", codes[0]]).run().json();
    assert!(document["diff"].as_str().unwrap().contains("\n+  options"), "{document:#}");

    let fixed = distro.doctor(&["--fix", codes[0], codes[1]]).run();
    assert!(fixed.stderr().contains("+appendWindowsPath = false"), "{}", fixed.report());
    assert!(fixed.stderr().contains("run: wsl.exe --shutdown"), "{}", fixed.report());
    let after = content.replace(",fmask=111", "") + "\n[interop]\nappendWindowsPath = false";
    assert_eq!(distro.conf(), Some(after));
    assert_eq!(distro.backups(), 1);
    // It counts from the next start on, and there is nothing more to change.
    let found = problem(&distro.doctor(&["--json"]).run(), codes[0]);
    assert_eq!((&found["fix"], &found["mendable"]), (&"wsl.exe --shutdown".into(), &false.into()));
    let again = distro.doctor(&["--fix", codes[0], codes[1]]).run();
    assert!(again.stderr().contains("nothing that --fix can mend"), "{}", again.report());

    distro.doctor(&["--undo"]).run().success();
    assert_eq!(distro.conf().as_deref(), Some(content));
    // Where there was no file, there is none again.
    distro.root.remove("/etc/wsl.conf");
    distro.doctor(&["--fix", codes[1]]).run();
    assert_eq!(distro.conf().as_deref(), Some("[interop]\nappendWindowsPath = false\n"));
    let undone = distro.doctor(&["--undo"]).run();
    assert_eq!(undone.success().stderr(), "/etc/wsl.conf is as it was\n");
    assert_eq!(distro.conf(), None);

    let outcome = distro.doctor(&["--fix", "no-such-code"]).run();
    assert_eq!(outcome.code(), Some(2), "{}", outcome.report());
}
