//! GOTOOLCHAIN: a wish where it names what is installed, else Go's own affair.

use resolver::failure::Code;
use resolver::machine::memory::MemoryMachine;

use crate::support::{debian, resolve, variable, winner};

#[test]
fn gotoolchain_that_is_not_installed_is_left_to_go() {
    let with = |variable: &'static str| debian().environment([variable]);
    assert_eq!(winner(&with("GOTOOLCHAIN=go1.22.10"), "go build"), "GOTOOLCHAIN go1.22.10");
    assert_eq!(winner(&with("GOTOOLCHAIN=local"), "go build"), "distro go1.19.8");
    assert_eq!(winner(&with("GOTOOLCHAIN=auto"), "go build"), "distro go1.19.8");
    assert_eq!(winner(&with("GOTOOLCHAIN=go1.23.4"), "go build"), "newest go1.26.9");
    assert_eq!(winner(&with("GOTOOLCHAIN=1.22.10"), "go build"), "distro go1.19.8");
    let new = debian().file("/home/u/.config/gowr/config.yaml", "default: 1.22\n");
    let new = new.environment(["GOTOOLCHAIN=go1.23.4"]);
    assert_eq!(winner(&new, "go build"), "user-config go1.22.12");
    assert_eq!(variable(&new, "go build", "GOTOOLCHAIN").as_deref(), Some("go1.23.4"));
    let bare = debian().without("/gowr/distros").without("/gowr/toolchains");
    let bare = bare.directory("/gowr/distros/debian-12").environment(["GOTOOLCHAIN=go1.23.4"]);
    let failure = resolve(&bare, "go build").expect_err("1.19 cannot switch");
    assert_eq!(failure.code, Code::NotInstalled);
    assert_eq!(
        failure.cause().as_deref(),
        Some("asked for by GOTOOLCHAIN=go1.23.4 in the environment")
    );
    let patched = debian()
        .goroot("/opt/go", "go1.23.4 X:loopvar")
        .link("/gowr/distros/debian-12/go1.23.4", "/opt/go")
        .environment(["GOTOOLCHAIN=go1.23.4"]);
    assert_eq!(winner(&patched, "go build"), "newest go1.26.9", "Go would not call it go1.23.4");
    assert_eq!(winner(&patched, "go +1.23.4 build"), "argument go1.23.4", "to a person it is");
}

#[test]
fn gotoolchain_for_the_real_go() {
    let pinned = debian().file("/home/u/p/.go-version", "1.22\n");
    let value =
        |machine: &MemoryMachine, line: &'static str| variable(machine, line, "GOTOOLCHAIN");
    assert_eq!(value(&pinned, "go build").as_deref(), Some("local"));
    assert_eq!(value(&pinned, "go install x@latest"), None);
    assert_eq!(value(&pinned, "go env -w GOTOOLCHAIN=auto"), None);
    let user = pinned.clone().environment(["GOTOOLCHAIN=auto"]);
    assert_eq!(value(&user, "go build").as_deref(), Some("auto"));
    assert_eq!(value(&user, "go +1.26 build").as_deref(), Some("local"));
    assert_eq!(variable(&user, "go +1.26 build", "GOWR_TOOLCHAIN").as_deref(), Some("1.26.9"));
    let nested = pinned.clone().environment(["GOTOOLCHAIN=local", "GOWR_GOTOOLCHAIN=local"]);
    assert_eq!(value(&nested, "go build").as_deref(), Some("local"));
    let elsewhere = nested.current("/srv");
    assert_eq!(value(&elsewhere, "go build"), None, "ours is worked out again");
    assert_eq!(variable(&elsewhere, "go build", "GOWR_GOTOOLCHAIN"), None);
}
