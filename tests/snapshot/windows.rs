//! Whole distros, by `wsl.exe`.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use snapbox::{assert_data_eq, str};

use super::three_lines;
use crate::support::stage::{difference, tree};
use crate::support::{Outcome, World};

/// Stand-ins for the programs of WSL, and the distros that they know; see there for what they do.
struct Windows {
    world: World,
}

impl Windows {
    fn new() -> Self {
        let world = World::new();
        for (name, program) in [
            ("wsl.exe", include_str!("../programs/wsl.sh")),
            ("wslpath", include_str!("../programs/wslpath.sh")),
        ] {
            let path = world.write(format!("wsl/bin/{name}"), program);
            fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
        }
        for (name, state) in
            [("Debian", "Running"), ("Alpine", "Stopped"), ("Ubuntu-24.04", "Running")]
        {
            world.write(format!("wsl/distros/{name}"), format!("{state}\n"));
        }
        Self { world }
    }

    /// `gowr snapshot`, in the distro Debian.
    fn run(&self, words: &[&str]) -> Outcome {
        let path = format!("{}:/usr/bin:/bin", self.world.path("wsl/bin").display());
        let run = self.world.gowr(["snapshot"]).args(words).env("PATH", path);
        run.env("WSL", self.world.path("wsl")).env("WSL_DISTRO_NAME", "Debian").run()
    }

    fn calls(&self) -> String {
        let calls = fs::read_to_string(self.world.path("wsl/calls")).unwrap_or_default();
        let _ = fs::remove_file(self.world.path("wsl/calls"));
        calls
    }
}

#[test]
fn whole_distros_by_a_stand_in_for_wsl() {
    let windows = Windows::new();
    let world = &windows.world;
    let saved = windows.run(&["save", "../alpine.tar", "--distro", "alpine"]);
    assert_data_eq!(
        saved.snapshot(),
        str![[r#"
../alpine.tar
------- stderr -------
exporting Alpine, its whole root file system

"#]]
    );
    let calls = windows.calls();
    let home = world.home().display().to_string().replace('/', "\\");
    let export = format!("--export Alpine \\\\wsl.localhost\\Debian{home}\\");
    assert!(calls.starts_with("--list --verbose\n") && calls.contains(&export), "{calls}");

    let loaded =
        windows.run(&["load", "../alpine.tar", "--distro", "Copy", "--location", "../disks/copy"]);
    assert!(loaded.success().stderr().contains("its user is root"), "{}", loaded.report());
    assert_eq!(world.read("disks/copy/ext4.vhdx"), world.read("alpine.tar"));
    let import = format!("--import Copy \\\\wsl.localhost\\Debian{home}\\disks\\copy \\\\");
    assert!(windows.calls().contains(&import));
    assert_eq!(world.read("wsl/distros/Copy"), "Stopped\n");

    world.write("text", "no tar");
    let before = tree(world.home());
    for (words, said) in [
        (vec!["save", "../x.tar", "--distro", "debian"], "debian is the distro that this runs in"),
        (
            vec!["save", "../x.tar", "--distro", "Ubuntu-24.04"],
            "run: wsl.exe --terminate Ubuntu-24.04",
        ),
        (vec!["save", "../x.tar", "--distro", "Void"], "no distro of WSL is called Void"),
        (vec!["save", "../x.tar", "--distro", "a b"], "is not the name of a distro of WSL"),
        (vec!["save", "../x.tar", "--distro=--unregister"], "is not the name of a distro of WSL"),
        (vec!["save", "../wsl", "--distro", "Alpine"], "is not a file"),
        (vec!["load", "../alpine.tar", "--distro", "copy", "--location", "../y"], "already"),
        (vec!["load", "../none.tar", "--distro", "New", "--location", "../y"], "is not a file"),
        (
            vec!["load", "../text", "--distro", "New", "--location", "../y"],
            "unrecognized archive format",
        ),
    ] {
        let outcome = windows.run(&words);
        three_lines(&outcome, &words.join(" "), said);
        windows.calls();
        assert_eq!(difference(&before, &tree(world.home())), "", "{}", outcome.report());
    }

    // What fails in the middle leaves nothing, and its own words are shown, whatever the language.
    world.write("wsl/full", "");
    let before = tree(world.home());
    let outcome = windows.run(&["save", "../alpine.tar", "--distro", "Alpine"]);
    three_lines(&outcome, "full", "磁盘空间不足");
    windows.calls();
    assert_eq!(difference(&before, &tree(world.home())), "", "{}", outcome.report());

    let elsewhere = world.gowr(["snapshot", "save", "../x.tar", "--distro", "Alpine"]).run();
    three_lines(&elsewhere, "no WSL", "there is no wsl.exe on PATH");
    let usage = windows.run(&["load", "../alpine.tar", "--distro", "New"]);
    assert_eq!(usage.code(), Some(2), "{}", usage.report());
}
