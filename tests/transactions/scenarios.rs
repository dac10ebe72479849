//! The commands that write, and the worlds they begin in.

use std::fs;
use std::os::unix::fs::symlink;

use super::{Scenario, TestBed};
use crate::support::module::{Module, incompressible};
use crate::support::{World, tool};

/// A toolchain of about a hundred files that takes little time.
pub(crate) fn small_module(name: &str) -> Module {
    let mut module = Module::toolchain(name);
    for (path, content) in &mut module.files {
        if content.len() > 20_000 {
            *content = incompressible(20_000);
        }
        if path == "bin/go" {
            // For `go version` and for nothing else.
            *content = format!("#!/bin/sh\necho 'go version {name} linux'\n").into_bytes();
        }
    }
    module
}

impl TestBed {
    /// All of them.
    pub(crate) fn scenarios(&self) -> Vec<Scenario> {
        let install = |world: &World, versions: &[&str]| {
            for version in versions {
                self.gowr(world, &["install", version]).run().success();
            }
        };
        let other_distro = |world: &World| {
            fs::create_dir_all(world.gowr_home().join("distros/alpine-3.23")).unwrap();
        };
        vec![
            self.scenario("install", &["install", "1.22.4"], |_| {}),
            self.scenario("install, a newer one of the line", &["install", "1.22"], |world| {
                other_distro(world);
                install(world, &["1.22.3"]);
            }),
            self.scenario("uninstall", &["uninstall", "1.22.4"], |world| {
                other_distro(world);
                install(world, &["1.22.4", "1.22.3"]);
                self.gowr(world, &["default", "1.22.4"]).run().success();
            }),
            self.scenario("uninstall --unused", &["uninstall", "--unused"], |world| {
                other_distro(world);
                install(world, &["1.22.4", "1.22.3", "1.21.13"]);
            }),
            self.scenario("upgrade", &["upgrade"], |world| {
                other_distro(world);
                install(world, &["1.22.3", "1.21.13"]);
            }),
            self.scenario("install --from", &["install", "1.22.4", "--from", "../kept"], |world| {
                install(world, &["1.22.4"]);
                fs::rename(world.gowr_home().join("downloads"), world.path("kept")).unwrap();
                self.gowr(world, &["uninstall", "1.22.4"]).run().success();
            }),
            self.scenario("install, what the project asks for", &["install"], |world| {
                world.write("project/.go-version", "1.22.4\n");
            }),
            self.scenario("snapshot save", &["snapshot", "save", "x.tar"], |world| {
                install(world, &["1.22.4", "1.21"]);
            }),
            self.scenario("snapshot load", &["snapshot", "load", "x.tar", "--pins"], |world| {
                world.write("project/.go-version", "1.22.4\n");
                install(world, &["1.22.4"]);
                world.write(".config/gowr/config.yaml", "cache: plain\n");
                self.gowr(world, &["snapshot", "save", "x.tar"]).run().success();
                self.gowr(world, &["uninstall", "1.22.4"]).run().success();
                fs::remove_dir_all(world.path(".config/gowr")).unwrap();
                fs::remove_file(world.path("project/.go-version")).unwrap();
            }),
            self.scenario("adopt", &["adopt"], theirs),
            self.scenario(
                "adopt DIR --name",
                &["adopt", "../sdk/go1.21.5", "--name", "work"],
                theirs,
            ),
            self.scenario("adopt --remove", &["adopt", "--remove", "work"], |world| {
                // Outside of it: the link must mean the same in each copy of this world.
                let directory = self.stage.path("go1.21.5");
                theirs(world);
                fs::rename(world.path("sdk/go1.21.5"), &directory).unwrap();
                let directory = directory.to_str().unwrap();
                self.gowr(world, &["adopt", directory, "--name", "work"]).run().success();
            }),
            self.scenario("pin", &["pin", "1.22"], |world| {
                world.write("project/.gowr.yaml", "# ours\r\ngo: '1.21' # why\r\n");
                install(world, &["1.21"]);
            }),
            self.scenario("pin --remove", &["pin", "--remove"], |world| {
                world.write("project/.go-version", "1.21\n");
                install(world, &["1.21"]);
            }),
            self.scenario("default", &["default", "1.22"], |world| {
                world.write(".config/gowr/config.yaml", "cache: plain # why\ndefault: 1.21\n");
                install(world, &["1.21"]);
            }),
            // That it is moved is in `link/switch.rs`: what is remembered names a path, and each copy of a world has another.
            self.scenario("link", &["link", "../go-sdk"], |world| install(world, &["1.22.4"])),
            self.scenario("setup", &["setup"], shells_files),
            self.scenario("setup --remove", &["setup", "--remove"], |world| {
                shells_files(world);
                self.gowr(world, &["setup"]).run().success();
            }),
        ]
    }
}

/// Toolchains that another manager put there.
fn theirs(world: &World) {
    for name in ["go1.21.5", "go1.20.7"] {
        let root = world.path("sdk").join(name);
        world.write(root.join("VERSION"), format!("{name}\n"));
        world.write(root.join("pkg/tool/x"), "");
        fs::create_dir(root.join("bin")).unwrap();
        // Another process writes it: see `Stage`.
        let program = world.write("script", format!("#!/bin/sh\necho 'go version {name} linux'\n"));
        let install = world.run(tool("install")).args([&program, &root.join("bin/go")]);
        install.run().quiet();
        fs::remove_file(program).unwrap();
    }
}

/// What people have in their shells' files.
fn shells_files(world: &World) {
    world.write(".profile", "# no newline at the end\nexport PROFILE=1");
    world.write("dotfiles/bashrc", "# kept elsewhere\r\nalias ll='ls -l'\r\n");
    symlink("dotfiles/bashrc", world.path(".bashrc")).unwrap();
    world.write(".zshrc", "setopt auto_cd\n");
}
