//! Toolchains of another distro: they answer while they can be relied on, and the home's own ones otherwise.

use resolver::machine::memory::MemoryMachine;
use resolver::toolchain::Origin;

use crate::support::{debian, resolve, winner};

const MOUNTINFO: &str = "51 38 8:32 / / rw - ext4 /dev/sdc rw\n\
    82 51 0:35 / /mnt/wsl rw shared:1 - tmpfs none rw\n\
    225 82 8:48 /home/u/gowr/toolchains /mnt/wsl/gowr rw shared:2 - ext4 /dev/sdd rw\n";

/// go1.22.13 and go1.27.4 in a share, and the home's own go1.22.12 and go1.26.9.
fn sharing(pin: &str) -> MemoryMachine {
    let links = "/gowr/distros/debian-12";
    let link = |name: &str| [links, "/", name].concat();
    debian()
        .goroot("/mnt/wsl/gowr/go1.22.13", "go1.22.13")
        .goroot("/mnt/wsl/gowr/go1.27.4", "go1.27.4")
        .owned_by("/mnt/wsl", 0)
        .mode("/mnt/wsl", 0o1777)
        .link("/gowr/shared", "/mnt/wsl/gowr")
        .link(&link("go1.22.13"), "../../shared/go1.22.13")
        .link(&link("go1.27.4"), "../../shared/go1.27.4")
        .link(&link("1.22"), "go1.22.13")
        .link(&link("1.22.local"), "go1.22.12")
        .link(&link("1.27"), "go1.27.4")
        .link(&link("newest"), "go1.27.4")
        .link(&link("newest.local"), "go1.26.9")
        .file("/proc/self/mountinfo", MOUNTINFO)
        .file("/dev/sdc", "")
        .file("/dev/sdd", "")
        .file("/home/u/p/.go-version", pin)
}

/// Each way in which a share can fail.
fn failing(pin: &str) -> [MemoryMachine; 6] {
    [
        sharing(pin).without("/mnt/wsl/gowr"),
        sharing(pin).without("/gowr/shared"),
        sharing(pin).without("/dev/sdd"),
        sharing(pin).owned_by("/mnt/wsl/gowr", 7),
        sharing(pin).owned_by("/mnt/wsl/gowr/go1.22.13", 7).owned_by("/mnt/wsl/gowr/go1.27.4", 7),
        sharing(pin).mode("/mnt/wsl/gowr", 0o777),
    ]
}

#[test]
fn a_share_answers_while_it_can_be_relied_on() {
    assert_eq!(winner(&sharing("1.22"), "go build"), "go-version go1.22.13");
    assert_eq!(winner(&sharing("1.22.13"), "go build"), "go-version go1.22.13");
    assert_eq!(winner(&sharing("1.27"), "go build"), "go-version go1.27.4");
    let gofmt = sharing("1.22").program("/gowr/bin/gofmt", "gowr").started_as("/gowr/bin/gofmt");
    let found = resolve(&gofmt, "gofmt -l .").expect("an answer");
    assert_eq!(found.executable(), b"/mnt/wsl/gowr/go1.22.13/bin/gofmt");
    assert_eq!(found.toolchain.origin, Origin::Store);
    assert_eq!(found.toolchain.version_text, Some("go1.22.13"));
}

#[test]
fn a_share_that_fails_leaves_what_is_here() {
    for machine in failing("1.22") {
        assert_eq!(winner(&machine, "go build"), "go-version go1.22.12");
    }
    for machine in failing("1.22.12") {
        assert_eq!(winner(&machine, "go build"), "go-version go1.22.12");
    }
    for machine in failing("system") {
        let machine = machine.without("/usr/lib/go-1.19").without("/usr/lib/go");
        assert_eq!(winner(&machine, "go build"), "newest go1.26.9");
    }
}

#[test]
fn another_version_is_never_the_answer() {
    for pin in ["1.22.13", "1.27", "1.27.4"] {
        for machine in failing(pin) {
            assert_eq!(winner(&machine, "go build"), "not-installed", "{pin}");
        }
    }
}

/// The proxy starts it, the kernel says an error, and `gowr` looks again.
#[test]
fn what_cannot_be_read_is_found_out_by_the_second_look() {
    let machine = sharing("1.22").without("/mnt/wsl/gowr/go1.22.13/bin");
    assert_eq!(winner(&machine, "go build"), "go-version go1.22.12");
    let mislabelled = sharing("1.22").file("/mnt/wsl/gowr/go1.22.13/VERSION", "go1.21.0");
    assert!(mislabelled_is_refused(&mislabelled));
}

fn mislabelled_is_refused(machine: &MemoryMachine) -> bool {
    use resolver::Invocation;
    use resolver::witness::Losers;
    let invocation = Invocation::parse(b"/gowr/bin/go", &[b"build"]);
    let found = resolver::resolve(machine, &invocation, &mut Losers::default()).expect("an answer");
    found.toolchain.version.is_some_and(|name| name.as_str() == "go1.22.12")
}

/// What another distro installs later has no link here yet; `gowr`, to which the proxy hands over, finds it.
#[test]
fn what_has_no_link_yet_is_found() {
    let machine = sharing("1.25.3").goroot("/mnt/wsl/gowr/go1.25.3", "go1.25.3");
    assert_eq!(winner(&machine, "go build"), "go-version go1.25.3");
    let old = sharing("1.20.1").goroot("/mnt/wsl/gowr/go1.20.1", "go1.20.1");
    assert_eq!(winner(&old, "go build"), "not-installed", "it may not run in every userland");
    let gone = machine.without("/dev/sdd");
    assert_eq!(winner(&gone, "go build"), "not-installed");
}
