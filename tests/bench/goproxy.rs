//! One release as a Go module, in a directory that is laid out as GOPROXY and the checksum database are.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::measure::{self, NEW, OLD, toolchain};

/// Lets cmd/go fetch the module once, through this machine's own GOPROXY, with its records of the checksum database;
/// what it keeps is laid out as a GOPROXY is. Gives the module's version.
pub(crate) fn lay_out(scratch: &Path, files: &Path) -> String {
    let version = format!("v0.0.1-{NEW}.linux-{}", go_architecture());
    let fresh = &scratch.join("fresh");
    let mut command = Command::new(toolchain(OLD).join("bin/go"));
    command.arg("version").stdout(Stdio::null());
    command.env("GOTOOLCHAIN", NEW).env("GOPATH", fresh).env("GOFLAGS", "-modcacherw");
    command.env_remove("GOROOT").env_remove("GOMODCACHE");
    assert!(command.status().expect("Go starts").success(), "{NEW} cannot be fetched");

    fs::rename(fresh.join("pkg/mod/cache/download"), files).expect("cmd/go keeps it");
    let databases = files.join("sumdb");
    let database = fs::read_dir(&databases).expect("the module was verified").next();
    let database = database.expect("there is one").expect("it can be read").file_name();
    let served = databases.join(&database);
    let head = fresh.join("pkg/sumdb").join(database).join("latest");
    fs::copy(head, served.join("latest")).expect("cmd/go keeps the tree head there");
    let module = files.join("golang.org/toolchain/@v");
    for (path, content) in [
        (served.join("supported"), String::new()),
        (module.join("list"), format!("{version}\n")),
        (module.join(format!("{version}.info")), format!("{{\"Version\":\"{version}\"}}")),
        (module.join(format!("{version}.mod")), "module golang.org/toolchain\n".to_owned()),
    ] {
        fs::write(path, content).expect("there is room");
    }
    measure::remove(fresh);
    version
}

const fn go_architecture() -> &'static str {
    if cfg!(target_arch = "x86_64") { "amd64" } else { "arm64" }
}
