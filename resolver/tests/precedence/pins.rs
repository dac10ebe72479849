//! Pins: which file counts, how far the walk goes, and what is wrong with a pin.

use resolver::failure::Code;
use resolver::machine::memory::MemoryMachine;

use crate::support::{debian, resolve, variable, winner};

#[test]
fn pins_by_directory_then_by_form() {
    let machine = debian().file("/home/u/p/.tool-versions", "nodejs 20\ngolang 1.20.14\n");
    assert_eq!(winner(&machine, "go build"), "tool-versions go1.20.14");
    let machine = machine.file("/home/u/p/.go-version", "go1.22.10\n");
    assert_eq!(winner(&machine, "go build"), "go-version go1.22.10");
    let machine = machine.file("/home/u/p/.gowr.yaml", "go: \"1.22\"\n");
    assert_eq!(winner(&machine, "go build"), "gowr.yaml go1.22.12");
    let below = machine.clone().file("/home/u/p/q/.go-version", "1.26\n").current("/home/u/p/q");
    assert_eq!(winner(&below, "go build"), "go-version go1.26.9");
    let other = machine.file("/home/u/p/q/.tool-versions", "nodejs 20\n").current("/home/u/p/q");
    assert_eq!(winner(&other, "go build"), "gowr.yaml go1.22.12", "no golang line: walk on");
}

#[test]
fn entries_for_distros() {
    let pin = "go: 1.22\ndistros:\n  debian: 1.20\n  debian-12: 1.26.9\n  alpine: 1.99\n";
    assert_eq!(
        winner(&debian().file("/home/u/p/.gowr.yaml", pin), "go build"),
        "gowr.yaml go1.26.9"
    );
    let config = "default: 1.22\ndistros:\n  debian: 1.20.14\n";
    let machine = debian().file("/home/u/.config/gowr/config.yaml", config);
    assert_eq!(winner(&machine, "go build"), "user-config go1.20.14");
}

#[test]
fn pins_that_cannot_be_used() {
    let with = |machine: MemoryMachine| {
        resolve(&machine, "go build").map_err(|failure| (failure.code, failure.exit_status()))
    };
    let name = "/home/u/p/.gowr.yaml";
    for content in
        ["go: ../x\n", "go: 1.22\ngo: 1.23\n", "\tgo: 1.22\n", "go: &a 1.22\n", "goo: 1\n"]
    {
        assert_eq!(with(debian().file(name, content)), Err((Code::BadPin, 125)), "{content:?}");
    }
    assert_eq!(with(debian().file(name, "format: 2\n")), Err((Code::NewerFormat, 125)));
    assert_eq!(with(debian().file(name, [0xff, 0])), Err((Code::BadPin, 125)));
    assert_eq!(with(debian().file(name, vec![b'#'; 10 << 20])), Err((Code::BadPin, 125)));
    assert_eq!(with(debian().directory(name)), Err((Code::Unreadable, 125)));
    assert_eq!(with(debian().fifo(name)), Err((Code::Unreadable, 125)));
    assert_eq!(with(debian().file(name, "go: 1.22\n").mode(name, 0)), Err((Code::Unreadable, 125)));
    let shadowed = debian().file(name, "go: 1.22\n").file("/home/u/p/.go-version", "nonsense!\n");
    assert!(with(shadowed).is_ok(), "what is shadowed harms nobody");
}

#[test]
fn the_walk_is_bounded() {
    let above = debian().file("/home/.go-version", "1.26\n");
    assert_eq!(winner(&above, "go build"), "distro go1.19.8", "above the home directory");
    let outside = above.current("/home/v");
    assert_eq!(winner(&outside, "go build"), "go-version go1.26.9", "outside it, to the root");
    let linked = debian().file("/home/.go-version", "1.26\n").link("/h", "/home/u");
    let linked = linked.current("/home/u/p").environment(["PWD=/h/p"]);
    assert_eq!(winner(&linked, "go build"), "distro go1.19.8", "home by identity, not by name");
    let root = debian().file("/.go-version", "1.26\n").current("/srv/x");
    assert_eq!(winner(&root, "go build"), "go-version go1.26.9");
    let ceiling = root.environment(["GOWR_CEILING_DIRS=/nothing:/srv"]);
    assert_eq!(winner(&ceiling, "go build"), "distro go1.19.8");
    let at_ceiling = debian().file("/srv/.go-version", "1.26\n").current("/srv");
    let at_ceiling = at_ceiling.environment(["GOWR_CEILING_DIRS=/srv"]);
    assert_eq!(winner(&at_ceiling, "go build"), "go-version go1.26.9", "as git: the start counts");
}

#[test]
fn a_pin_where_anyone_may_write_must_be_ones_own() {
    let sticky = debian().file("/tmp/.go-version", "1.26\n").mode("/tmp", 0o1777).current("/tmp/x");
    assert_eq!(winner(&sticky, "go build"), "go-version go1.26.9");
    let foreign = sticky.owned_by("/tmp/.go-version", 1234);
    assert_eq!(winner(&foreign, "go build"), "distro go1.19.8");
    let by_root = foreign.owned_by("/tmp/.go-version", 0);
    assert_eq!(winner(&by_root, "go build"), "distro go1.19.8");
}

#[test]
fn the_home_directorys_pin_is_a_default() {
    let home = debian().file("/home/u/.go-version", "1.22.10\n");
    assert_eq!(winner(&home, "go build"), "home-pin go1.22.10");
    assert_eq!(variable(&home, "go build", "GOTOOLCHAIN"), None, "a default is not frozen");
    let elsewhere = home.clone().current("/srv/x");
    assert_eq!(winner(&elsewhere, "go build"), "home-pin go1.22.10");
    let raised = home.file("/home/u/p/go.mod", "module m\n\ngo 1.26\n");
    assert_eq!(winner(&raised, "go build"), "go.mod go1.26.9");
}

#[test]
fn where_the_walk_starts() {
    let pinned = debian().file("/home/u/p/.go-version", "1.22\n").directory("/home/u/p/a/b");
    let start = |machine: MemoryMachine, line: &'static str| winner(&machine, line);
    let elsewhere = pinned.clone().current("/srv");
    assert_eq!(start(elsewhere.clone(), "go build"), "distro go1.19.8");
    assert_eq!(start(elsewhere.clone(), "go -C /home/u/p/a/b build"), "go-version go1.22.12");
    assert_eq!(start(elsewhere.clone(), "go build -C ../home/u/p"), "go-version go1.22.12");
    assert_eq!(start(elsewhere.clone(), "go build -C /nothing"), "distro go1.19.8");
    let lying = elsewhere.clone().environment(["PWD=/home/u/p"]);
    assert_eq!(start(lying, "go build"), "distro go1.19.8", "PWD counts only where it is true");
    let linked = elsewhere.link("/l", "/home/u/p/a/b").current("/l").environment(["PWD=/l"]);
    assert_eq!(start(linked, "go build"), "distro go1.19.8", "parents are lexical");
    let gone = pinned.current("");
    assert_eq!(start(gone, "go build"), "distro go1.19.8");
}
