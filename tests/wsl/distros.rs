//! `gowr list --wsl`, with a stand-in for `wsl.exe` that prints what a test gives it.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};
use snapbox::{assert_data_eq, str};

use super::WSL2;
use crate::support::{Run, World, tool};
use crate::userland::{Root, user_namespace};

/// As `WslClient.cpp` writes it.
const LIST: &str = "  NAME                   STATE           VERSION\r\n\
* Ubuntu                 Running         2\r\n  \
docker-desktop         Running         2\r\n  \
docker-desktop-data    Stopped         2\r\n  \
Debian                 Running         2\r\n  \
podman-machine-default Stopped         2\r\n  \
Alpine-3.23            Stopped         1\r\n  \
rancher-desktop-data   Stopped         2\r\n";

fn wide(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

struct Windows {
    world: World,
}

impl Windows {
    /// `wsl.exe` answers with these bytes, and this exit status.
    fn answering(answer: &[u8], status: u8) -> Self {
        let windows = Self { world: World::new().inside(&Root::trixie()) };
        windows.program(
            "wsl.exe",
            &format!(
                "[ \"$*\" = '--list --verbose' ] || exit 99\ncat '{}'\nexit {status}\n",
                windows.world.write("answer", answer).display()
            ),
        );
        windows
    }

    fn program(&self, name: &str, script: &str) {
        let path = self.world.write(format!("windows/{name}"), format!("#!/bin/sh\n{script}"));
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// `gowr` in a Debian whose kernel says that it is WSL's: another file is mounted over what says so, in a mount
    /// namespace of the command's own. (The machine that the tests run on may be a container.)
    fn list(&self, words: &[&str]) -> Run {
        self.gowr(WSL2, &[&["list", "--wsl"], words].concat())
    }

    fn gowr(&self, release: &str, words: &[&str]) -> Run {
        let release = self.world.write("osrelease", release);
        let path = format!("{}:/usr/bin:/bin", self.world.path("windows").display());
        let script = "mount --bind \"$0\" /proc/sys/kernel/osrelease && exec \"$@\"";
        let mut line = vec![tool("unshare").into_os_string(), "--mount".into()];
        line.extend(user_namespace().iter().map(Into::into));
        line.extend(["--propagation=private", "sh", "-c", script].map(Into::into));
        line.push(release.into());
        self.world.gowr(words).env("PATH", path).watched_by(line)
    }

    fn in_debian(&self, words: &[&str]) -> Run {
        self.list(words).env("WSL_DISTRO_NAME", "Debian")
    }
}

#[test]
fn the_distros_are_listed_in_every_encoding() {
    for answer in [wide(LIST), [b"\xff\xfe", &wide(LIST)[..]].concat(), LIST.into()] {
        let windows = Windows::answering(&answer, 0);
        assert_data_eq!(
            windows.in_debian(&[]).run().snapshot(),
            str![[r#"
   Ubuntu       Running  WSL2  default
*  Debian       Running  WSL2
   Alpine-3.23  Stopped  WSL1

"#]]
        );
        let document = windows.in_debian(&["--json"]).run().quiet().json();
        assert_eq!(
            document,
            json!({"schema": 1, "distros": [
                {"name": "Ubuntu", "state": "Running", "version": 2, "default": true, "here": false},
                {"name": "Debian", "state": "Running", "version": 2, "default": false, "here": true},
                {"name": "Alpine-3.23", "state": "Stopped", "version": 1, "default": false, "here": false},
            ]})
        );
    }
}

#[test]
fn which_one_this_is_wslpath_may_know() {
    let windows = Windows::answering(&wide(LIST), 0);
    let here = || -> Vec<Value> {
        let document = windows.list(&["--json"]).run().quiet().json();
        document["distros"].as_array().unwrap().iter().map(|it| it["here"].clone()).collect()
    };
    assert_eq!(here(), [Value::Null, Value::Null, Value::Null], "as under sudo, without wslpath");
    windows.program(
        "wslpath",
        "[ \"$*\" = '-w /' ] && printf '%s\\n' '\\\\wsl.localhost\\alpine-3.23\\'\n",
    );
    assert_eq!(here(), [Value::Bool(false), Value::Bool(false), Value::Bool(true)]);
    windows.program("wslpath", "echo 'wslpath: /: Invalid argument' >&2; exit 1\n");
    assert_eq!(here(), [Value::Null, Value::Null, Value::Null]);
    // It may hang; then nobody waits for it.
    windows.program("wslpath", "exec sleep 60\n");
    assert_eq!(here(), [Value::Null, Value::Null, Value::Null]);
}

#[test]
fn a_batch_file_has_the_name_that_wslpath_says() {
    let windows = Windows::answering(b"", 0);
    windows.program("wslpath", "printf '%s\\n' '\\\\wsl$\\Debian-13\\'\n");
    let tool = windows.world.write("go/bin/tool", "#!/bin/sh\n");
    fs::set_permissions(tool, fs::Permissions::from_mode(0o755)).unwrap();
    windows.gowr(WSL2, &["run", "--write-cmd", "tool.cmd", "tool"]).run().quiet();
    let text = windows.world.read("project/tool.cmd");
    assert!(text.contains(" --distribution \"Debian-13\" --exec "), "{text}");
}

#[test]
fn what_goes_wrong_is_said_in_three_lines() {
    let failed =
        |answer: &[u8], status| Windows::answering(answer, status).in_debian(&[]).run().snapshot();
    assert_data_eq!(
        failed(&wide("找不到指定的文件。\r\n\u{1b}[31m错误代码: Wsl/Service/0x80070002\r\n"), 255),
        str![[r#"
------- stderr -------
gowr: wsl.exe --list has failed
  找不到指定的文件。 / [31m错误代码: Wsl/Service/0x80070002
  run: wsl.exe --list --verbose
[exit status: 1]

"#]]
    );
    assert_data_eq!(
        failed(b"", 0),
        str![[r#"
------- stderr -------
gowr: wsl.exe --list --verbose names no distro
  it has printed nothing
  run: wsl.exe --list --verbose
[exit status: 1]

"#]]
    );
    assert_data_eq!(
        failed(&wide("インストールされているディストリビューションはありません。\r\n"), 0),
        str![[r#"
------- stderr -------
gowr: wsl.exe --list --verbose names no distro
  インストールされているディストリビューションはありません。
  run: wsl.exe --list --verbose
[exit status: 1]

"#]]
    );
    let windows = Windows::answering(b"", 0);
    fs::remove_file(windows.world.path("windows/wsl.exe")).unwrap();
    assert_data_eq!(
        windows.in_debian(&[]).run().snapshot(),
        str![[r#"
------- stderr -------
gowr: there is no wsl.exe on PATH
  WSL puts it there, unless wsl.conf says appendWindowsPath=false
  run: export PATH="$PATH:$(wslpath 'C:[..]Windows[..]System32')"
[exit status: 1]

"#]]
    );
    let elsewhere =
        windows.gowr("6.1.0-18-amd64\n", &["list", "--wsl"]).env("WSL_DISTRO_NAME", "Debian").run();
    assert_data_eq!(
        elsewhere.snapshot(),
        str![[r#"
------- stderr -------
gowr: there are no distros of WSL to list
  this is no WSL
  run: gowr list
[exit status: 1]

"#]]
    );
    assert_eq!(windows.world.gowr(["list", "--wsl", "--remote"]).run().code(), Some(2));
}
