//! The table of precedence on machines in memory: each case says what is there and who must win.

use resolver::Invocation;
use resolver::environment::apply;
use resolver::failure::Code;
use resolver::machine::Machine;
use resolver::machine::memory::{MemoryMachine, elf_program};
use resolver::resolution::Resolution;
use resolver::witness::Losers;

/// A Debian 12 with its own Go 1.19 and four toolchains of gowr's; the project is `/home/u/p`.
fn debian() -> MemoryMachine {
    let machine = MemoryMachine::new()
        .file("/etc/os-release", "ID=debian\nVERSION_ID=\"12\"\n")
        .goroot("/usr/lib/go-1.19", "go1.19.8")
        .link("/usr/lib/go", "go-1.19")
        .link("/usr/bin/go", "../lib/go-1.19/bin/go")
        .program("/gowr/bin/go", "gowr")
        .environment(["HOME=/home/u", "PATH=/gowr/bin:/usr/bin"])
        .directory("/home/u/p")
        .current("/home/u/p");
    store(machine, "debian-12", &["go1.20.14", "go1.22.10", "go1.22.12", "go1.26.9"])
}

/// Puts toolchains into the store, with the links that gowr keeps for one userland.
fn store(mut machine: MemoryMachine, key: &str, names: &[&str]) -> MemoryMachine {
    for name in names {
        machine = machine
            .goroot(&format!("/gowr/toolchains/{name}"), name)
            .link(&format!("/gowr/distros/{key}/{name}"), &format!("../../toolchains/{name}"));
        let line = name[2..].rsplit_once('.').map_or(&name[2..], |(line, _)| line);
        machine = machine
            .link(&format!("/gowr/distros/{key}/{line}"), name)
            .link(&format!("/gowr/distros/{key}/newest"), name);
    }
    machine
}

fn resolve(
    machine: &MemoryMachine,
    line: &'static str,
) -> Result<Resolution, &'static resolver::Failure> {
    let words: Vec<&[u8]> = line.split(' ').skip(1).map(str::as_bytes).collect();
    let started_as = machine.execution_path().to_vec();
    let invocation = Invocation::parse(&started_as, &words);
    let thorough = resolver::resolve(machine, &invocation, &mut Losers::default());
    // The proxy asks the same question without looking at losers. Where it answers, it answers the same; where it
    // does not, or execve fails, it hands over to gowr, which looks thoroughly.
    let quick = resolver::resolve(machine, &invocation, &mut ());
    if let Some(quick) = quick.ok().filter(|quick| machine.may_execute(quick.executable()).is_ok())
    {
        let thorough = thorough.as_ref().expect("gowr finds what the proxy finds");
        assert_eq!(quick.executable(), thorough.executable(), "{line}");
        assert_eq!(quick.changes, thorough.changes, "{line}");
        assert_eq!(quick.source, thorough.source, "{line}");
    }
    thorough
}

/// `kind version` of the winner, or the error's code.
fn winner(machine: &MemoryMachine, line: &'static str) -> String {
    match resolve(machine, line) {
        Ok(resolution) => {
            let version = resolution.toolchain.version.as_ref().map_or("?", |name| name.as_str());
            format!("{} {version}", resolution.source.kind.as_str())
        }
        Err(failure) => failure.code.as_str().to_owned(),
    }
}

fn environment(machine: &MemoryMachine, line: &'static str) -> Vec<String> {
    let resolution = resolve(machine, line).expect(line);
    let entries = apply(machine.entries(), &resolution.changes);
    entries.into_iter().map(|entry| String::from_utf8_lossy(entry).into_owned()).collect()
}

fn variable(machine: &MemoryMachine, line: &'static str, name: &str) -> Option<String> {
    let prefix = format!("{name}=");
    environment(machine, line).into_iter().find_map(|e| Some(e.strip_prefix(&prefix)?.to_owned()))
}

#[test]
fn rows_in_their_order() {
    let next = |machine: MemoryMachine| machine.environment(["PATH=/opt/go/bin"]);
    let bare = MemoryMachine::new()
        .file("/etc/os-release", "ID=debian\nVERSION_ID=\"12\"\n")
        .directory("/home/u/p")
        .current("/home/u/p");
    assert_eq!(winner(&bare, "go build"), "nothing-found");
    let on_path = next(bare.goroot("/opt/go", "go1.18.1"));
    assert_eq!(winner(&on_path, "go build"), "path go1.18.1");
    let on_path = on_path.environment(["HOME=/home/u"]).program("/gowr/bin/go", "gowr");
    let newest = store(on_path, "debian-12", &["go1.21.0", "go1.22.12", "go1.26.9"]);
    assert_eq!(winner(&newest, "go build"), "newest go1.26.9");
    let distro = newest.goroot("/usr/lib/go", "go1.19.8");
    assert_eq!(winner(&distro, "go build"), "distro go1.19.8");
    let system = distro.file("/etc/gowr/config.yaml", "default: 1.22\n");
    assert_eq!(winner(&system, "go build"), "system-config go1.22.12");
    let user = system.file("/home/u/.config/gowr/config.yaml", "default: 1.26.9\n");
    assert_eq!(winner(&user, "go build"), "user-config go1.26.9");
    let home = user.file("/home/u/.tool-versions", "golang 1.21.0\n");
    assert_eq!(winner(&home, "go build"), "home-pin go1.21.0");
    let go_env = home.file("/home/u/.config/go/env", "GOTOOLCHAIN=go1.22.12\n");
    assert_eq!(winner(&go_env, "go build"), "go-env-file go1.22.12");
    let pinned = go_env.file("/home/u/p/.go-version", "1.26\n");
    assert_eq!(winner(&pinned, "go build"), "go-version go1.26.9");
    let switched = pinned.environment(["GOTOOLCHAIN=go1.21.0+auto"]);
    assert_eq!(winner(&switched, "go build"), "GOTOOLCHAIN go1.21.0");
    let variable = switched.environment(["GOWR_TOOLCHAIN=1.22"]);
    assert_eq!(winner(&variable, "go build"), "GOWR_TOOLCHAIN go1.22.12");
    assert_eq!(winner(&variable, "go +1.26 build"), "argument go1.26.9");
}

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
fn what_cannot_be_met_is_an_error_and_never_another_version() {
    let pinned = |pin: &str| debian().file("/home/u/p/.go-version", pin);
    for (pin, expected) in [
        ("1.23\n", "not-installed"),
        ("1.22.11\n", "not-installed"),
        ("work\n", "not-installed"),
        ("latest\n", "bad-pin"),
        ("../../etc\n", "bad-pin"),
        ("1.23\n1.22.10\n", "go-version go1.22.10"),
        ("1.23\nsystem\n", "distro go1.19.8"),
        ("system\n", "distro go1.19.8"),
        ("1.19\n", "go-version go1.19.8"),
        ("1.19.8\n", "go-version go1.19.8"),
    ] {
        assert_eq!(winner(&pinned(pin), "go build"), expected, "{pin:?}");
    }
    let config = |value: &str| {
        debian().file("/home/u/.config/gowr/config.yaml", format!("default: {value}\n"))
    };
    assert_eq!(winner(&config("1.23"), "go build"), "not-installed");
    assert_eq!(winner(&config("system"), "go build"), "distro go1.19.8");
    assert_eq!(winner(&config("[1]"), "go build"), "bad-pin");
    assert_eq!(winner(&config("[1]"), "go +1.22 build"), "bad-pin");
    assert_eq!(winner(&debian(), "go +1.23 build"), "not-installed");
    assert_eq!(winner(&debian(), "go +nonsense/ build"), "bad-pin");
    assert_eq!(winner(&debian(), "go + build"), "bad-pin");
    for (variable, expected) in [
        ("GOWR_TOOLCHAIN=1.23", "not-installed"),
        ("GOWR_TOOLCHAIN=./go", "bad-pin"),
        ("GOWR_TOOLCHAIN=/nothing", "not-a-goroot"),
        ("GOWR_TOOLCHAIN=/usr/lib/go", "GOWR_TOOLCHAIN go1.19.8"),
        ("GOWR_TOOLCHAIN=", "distro go1.19.8"),
    ] {
        assert_eq!(winner(&debian().environment([variable]), "go build"), expected, "{variable}");
    }
}

#[test]
fn an_error_says_what_why_and_how() {
    let machine = debian().file("/home/u/p/.gowr.yaml", "# pinned\ngo: \"1.23\"\n");
    let failure = resolve(&machine, "go build").expect_err("1.23 is not there");
    assert_eq!(failure.message(), "go 1.23 is not installed");
    assert_eq!(
        failure.cause().as_deref(),
        Some("asked for by /home/u/p/.gowr.yaml:2: go: \"1.23\"")
    );
    assert_eq!(failure.fix().as_deref(), Some("gowr install 1.23"));
    assert_eq!(failure.exit_status(), 127);
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

#[test]
fn floors_raise_defaults_only() {
    let with = |go_mod: &str| debian().file("/home/u/p/go.mod", format!("module m\n{go_mod}"));
    for (go_mod, line, expected) in [
        ("go 1.19\n", "go build", "distro go1.19.8"),
        ("go 1.20\n", "go build", "go.mod go1.20.14"),
        ("go 1.22\n", "go build", "go.mod go1.22.12"),
        ("go 1.22.10\n", "go build", "go.mod go1.22.10"),
        ("go 1.22.11\n", "go build", "go.mod go1.22.12"),
        ("go 1.22\ntoolchain go1.26.9\n", "go build", "go.mod go1.26.9"),
        ("go 1.22\ntoolchain default\n", "go build", "go.mod go1.22.12"),
        ("go 1.23\n", "go build", "go.mod go1.26.9"),
        ("go 1.27\n", "go build", "distro go1.19.8"),
        ("go 1.27.1\n", "go build", "floor"),
        ("go 1.27.1\n", "go version", "distro go1.19.8"),
        ("go 1.27.1\n", "go mod edit -json", "distro go1.19.8"),
        ("go 1.27\ntoolchain default\n", "go build", "floor"),
        ("toolchain go1.27.0\n", "go test", "floor"),
        ("go nonsense\n", "go build", "distro go1.19.8"),
    ] {
        assert_eq!(winner(&with(go_mod), line), expected, "{go_mod:?} {line}");
    }
    let pinned = with("go 1.27.1\n").file("/home/u/p/.go-version", "1.22\n");
    assert_eq!(winner(&pinned, "go build"), "go-version go1.22.12");
    let resolution = resolve(&pinned, "go build").expect("the pin runs");
    assert!(!resolution.is_floor_satisfied(), "gowr which still says so");
}

#[test]
fn a_default_new_enough_to_switch_runs_and_switches() {
    let machine = debian()
        .file("/home/u/.config/gowr/config.yaml", "default: 1.22\n")
        .file("/home/u/p/go.mod", "go 1.27.1\n");
    assert_eq!(winner(&machine, "go build"), "user-config go1.22.12");
}

#[test]
fn go_work_comes_before_go_mod() {
    let machine =
        debian().file("/home/u/p/go.mod", "go 1.26\n").file("/home/u/go.work", "go 1.22\n");
    assert_eq!(winner(&machine, "go build"), "go.work go1.22.12");
    let off = machine.clone().environment(["GOWORK=off"]);
    assert_eq!(winner(&off, "go build"), "go.mod go1.26.9");
    let named = machine.file("/x/go.work", "go 1.20\n").environment(["GOWORK=/x/go.work"]);
    assert_eq!(winner(&named, "go build"), "go.work go1.20.14");
    let off = debian().file("/home/u/p/go.mod", "go 1.26\n").environment(["GO111MODULE=off"]);
    assert_eq!(winner(&off, "go build"), "distro go1.19.8");
    let temporary = debian().file("/tmp/go.mod", "go 1.26\n").current("/tmp/x");
    assert_eq!(winner(&temporary, "go build"), "distro go1.19.8", "Go ignores it too");
    let elsewhere = temporary.environment(["TMPDIR=/var/tmp"]);
    assert_eq!(winner(&elsewhere, "go build"), "go.mod go1.26.9");
    let file = debian().file("/home/u/.config/go/env", "GO111MODULE=off\n");
    let file = file.file("/home/u/p/go.mod", "go 1.26\n");
    assert_eq!(winner(&file, "go build"), "distro go1.19.8", "go env -w GO111MODULE=off");
}

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

#[test]
fn the_cache_goes_with_the_distro() {
    let value = |machine: &MemoryMachine, line: &'static str| variable(machine, line, "GOCACHE");
    let here = "/home/u/.cache/go-build-debian-12";
    assert_eq!(value(&debian(), "go build").as_deref(), Some(here));
    assert_eq!(variable(&debian(), "go build", "GOWR_GOCACHE").as_deref(), Some(here));
    let user = debian().environment(["GOCACHE=/c"]);
    assert_eq!(value(&user, "go build").as_deref(), Some("/c"));
    assert_eq!(variable(&user, "go build", "GOWR_GOCACHE"), None);
    let forwarded =
        debian().environment(["GOCACHE=/a/go-build-alpine", "GOWR_GOCACHE=/a/go-build-alpine"]);
    assert_eq!(value(&forwarded, "go build").as_deref(), Some(here));
    let go_env = debian().file("/home/u/.config/go/env", "GOCACHE=/e\n");
    assert_eq!(value(&go_env, "go build"), None, "the real go reads that file itself");
    assert_eq!(value(&debian(), "go env -w GOCACHE=/x"), None, "Go would warn of it");
    let xdg = debian().environment(["XDG_CACHE_HOME=/x"]);
    assert_eq!(value(&xdg, "go build").as_deref(), Some("/x/go-build-debian-12"));
    let relative = debian().environment(["XDG_CACHE_HOME=x"]);
    assert_eq!(value(&relative, "go build"), None, "Go says what is wrong with it");
    for (config, expected) in [
        ("cache: plain\n", None),
        ("cache: plain\ncache-dir: /d\n", Some("/d/go-build")),
        ("cache: distro\ncache-dir: /d\n", Some("/d/go-build-debian-12")),
        ("cache-dir: ~/d\n", Some("/home/u/d/go-build-debian-12")),
        ("cache: per-version\n", Some("/home/u/.cache/go-build-debian-12-1.19.8")),
    ] {
        let machine = debian().file("/home/u/.config/gowr/config.yaml", config);
        assert_eq!(value(&machine, "go build").as_deref(), expected, "{config:?}");
    }
}

#[test]
fn the_environment_is_cleaned_and_otherwise_kept() {
    let machine = debian().environment([
        "GOROOT=/old",
        "GOTOOLDIR=/old/tool",
        "GOROOT_FINAL=/f",
        "GOTOOLCHAIN_INTERNAL_SWITCH_VERSION=go1.1",
        "GOTOOLCHAIN_INTERNAL_SWITCH_COUNT=3",
        "GOFLAGS=-mod=mod",
        "GOROOT=/twice",
        "odd entry",
        "=:=",
        "LANG=C",
    ]);
    assert_eq!(
        environment(&machine, "go build"),
        [
            "HOME=/home/u",
            "GOTOOLCHAIN_INTERNAL_SWITCH_COUNT=3",
            "GOFLAGS=-mod=mod",
            "odd entry",
            "=:=",
            "LANG=C",
            "GOCACHE=/home/u/.cache/go-build-debian-12",
            "GOWR_GOCACHE=/home/u/.cache/go-build-debian-12",
            "PATH=/gowr/bin:/usr/bin:/gowr/links",
            "GOWR_DEPTH=1",
        ]
    );
}

#[test]
fn goroot_is_set_only_where_go_cannot_find_itself() {
    let value = |machine: &MemoryMachine| variable(machine, "go build", "GOROOT");
    assert_eq!(value(&debian().environment(["GOROOT=/old"])), None);
    let no_proc = debian().without("/proc");
    assert_eq!(value(&no_proc).as_deref(), Some("/usr/lib/go-1.19"));
    let go_env = debian().file("/home/u/.config/go/env", "GOROOT=/bogus\n");
    assert_eq!(value(&go_env).as_deref(), Some("/usr/lib/go-1.19"));
    let void = MemoryMachine::new()
        .file("/etc/os-release", "ID=\"void\"\n")
        .directory("/usr/lib/go/pkg/tool")
        .link("/usr/lib/go/bin", "/usr/bin")
        .program("/usr/bin/go", elf_program(None))
        .environment(["PATH=/usr/bin"]);
    assert_eq!(value(&void).as_deref(), Some("/usr/lib/go"));
}

#[test]
fn the_change_of_path_is_idempotent() {
    let once = variable(&debian(), "go build", "PATH").expect("PATH");
    assert_eq!(once, "/gowr/bin:/usr/bin:/gowr/links");
    let again = MemoryMachine::new()
        .file("/etc/os-release", "ID=debian\n")
        .directory("/gowr/toolchains")
        .goroot("/usr/lib/go", "go1.24.4")
        .environment(["PATH=/gowr/bin:/usr/bin:/gowr/links"]);
    assert_eq!(variable(&again, "go build", "PATH").expect("PATH"), once);
    let unset =
        MemoryMachine::new().goroot("/usr/lib/go", "go1.24.4").directory("/gowr/toolchains");
    assert_eq!(variable(&unset, "go build", "PATH"), None);
    let empty = unset.environment(["PATH="]);
    assert_eq!(variable(&empty, "go build", "PATH").as_deref(), Some(""));
}

#[test]
fn windows_directories_on_path() {
    let drive = "84 51 0:58 / /mnt/c rw - 9p C:\\134 rw,aname=drvfs;path=C:\\;uid=1000\n";
    let plain = MemoryMachine::new()
        .environment(["PATH=/usr/bin:/mnt/c/Windows:/mnt/c/Program Files/Go/bin", "HOME=/home/u"])
        .goroot("/usr/lib/go", "go1.24.4")
        .file("/proc/self/mountinfo", drive);
    assert_eq!(variable(&plain, "go build", "GCCGO"), None, "not WSL");
    let release = "6.6.87.2-microsoft-standard-WSL2\n";
    let wsl = plain.file("/proc/sys/kernel/osrelease", release);
    assert_eq!(variable(&wsl, "go build", "GCCGO").as_deref(), Some("/usr/bin/gccgo"));
    let unmounted = wsl.clone().file("/proc/self/mountinfo", "");
    assert_eq!(variable(&unmounted, "go build", "GCCGO"), None, "a directory of that name");
    let by_user = wsl.clone().environment(["GCCGO=mine"]);
    assert_eq!(variable(&by_user, "go build", "GCCGO").as_deref(), Some("mine"));
    let dropped = wsl.file("/home/u/.config/gowr/config.yaml", "windows-path: drop\n");
    assert_eq!(variable(&dropped, "go build", "GCCGO"), None);
    let path = variable(&dropped, "go build", "PATH").expect("PATH");
    assert_eq!(path, "/usr/bin:/home/u/.local/share/gowr/links");
}

#[test]
fn candidates_that_cannot_run_are_passed_over() {
    let loader = "/lib64/ld-linux-x86-64.so.2";
    let alpine = MemoryMachine::new()
        .file("/etc/os-release", "ID=alpine\nVERSION_ID=3.23.2\n")
        .goroot("/usr/lib/go", "go1.19.8")
        .program("/usr/lib/go/bin/go", elf_program(Some(loader)))
        .goroot("/opt/go", "go1.25.0")
        .environment(["PATH=/usr/bin:/opt/go/bin"]);
    assert_eq!(winner(&alpine, "go build"), "path go1.25.0");
    let mut losers = Losers::default();
    let invocation = Invocation::parse(b"/gowr/bin/go", &[]);
    resolver::resolve(&alpine, &invocation, &mut losers).expect("the one on PATH");
    let loser = losers.0.first().expect("a loser");
    assert_eq!(loser.reason.as_str(), "wrong-libc");
    let named = alpine.environment(["GOWR_TOOLCHAIN=/usr/lib/go"]);
    assert_eq!(winner(&named, "go build"), "wrong-libc", "asked for, it is an error");
}

#[test]
fn the_next_go_on_path_is_a_real_one() {
    let machine = MemoryMachine::new()
        .file("/etc/os-release", "ID=nixos\n")
        .program("/gowr/bin/go", "gowr")
        .program("/shims/go", "#!/bin/sh\n")
        .goroot("/other", "go1.1")
        .program("/other/bin/gowr", "another gowr")
        .goroot("/real/go", "go1.24.1")
        .link("/usr/bin/go", "/real/go/bin/go")
        .environment(["PATH=:relative:/gowr/bin:/shims:/nothing:/other/bin:/usr/bin"]);
    assert_eq!(winner(&machine, "go build"), "path go1.24.1");
    let gofmt = machine.program("/gowr/bin/gofmt", "x").started_as("/gowr/bin/gofmt");
    let resolution = resolve(&gofmt, "gofmt -l").expect("gofmt");
    assert_eq!(resolution.executable(), b"/real/go/bin/gofmt");
    let snap = MemoryMachine::new()
        .link("/snap/bin/go", "/usr/bin/snap")
        .program("/usr/bin/snap", elf_program(None))
        .environment(["PATH=/snap/bin"]);
    let resolution = resolve(&snap, "go build").expect("a snap");
    assert_eq!(resolution.executable(), b"/snap/bin/go");
    assert_eq!(resolution.toolchain.root, None);
}

#[test]
fn adopted_toolchains_are_read_again_each_time() {
    let adopted = debian()
        .goroot("/usr/lib/go-1.23", "go1.23.4")
        .link("/gowr/distros/debian-12/go1.23.4", "/usr/lib/go-1.23")
        .link("/gowr/distros/debian-12/1.23", "go1.23.4")
        .file("/home/u/p/.go-version", "1.23.4\n");
    assert_eq!(winner(&adopted, "go build"), "go-version go1.23.4");
    let upgraded = adopted.clone().file("/usr/lib/go-1.23/VERSION", "go1.23.5");
    assert_eq!(winner(&upgraded, "go build"), "not-installed", "it is another version now");
    let gone = adopted.without("/usr/lib/go-1.23");
    assert_eq!(winner(&gone, "go build"), "not-installed");
    let named = debian()
        .goroot("/src/go", "devel go1.28-abc")
        .link("/gowr/distros/debian-12/named/work", "/src/go")
        .file("/home/u/p/.gowr.yaml", "go: work\n");
    assert_eq!(winner(&named, "go build"), "gowr.yaml ?");
}

#[test]
fn a_second_userland_over_one_home_finds_the_store() {
    let alpine = |machine: MemoryMachine| {
        machine.file("/etc/os-release", "ID=alpine\nVERSION_ID=3.23.2\n").without("/usr/lib/go")
    };
    let pinned = alpine(debian()).file("/home/u/p/.go-version", "1.22\n");
    let invocation = Invocation::parse(b"/gowr/bin/go", &[b"build"]);
    assert!(resolver::resolve(&pinned, &invocation, &mut ()).is_err(), "the proxy hands over");
    assert_eq!(winner(&pinned, "go build"), "go-version go1.22.12");
    let unpinned = alpine(debian()).without("/usr/lib/go-1.19").without("/usr/bin/go");
    assert_eq!(winner(&unpinned, "go build"), "newest go1.26.9");
    let stale =
        debian().without("/gowr/toolchains/go1.22.12").file("/home/u/p/.go-version", "1.22\n");
    assert_eq!(winner(&stale, "go build"), "go-version go1.22.10", "the tree was deleted by hand");
}

#[test]
fn prereleases_only_where_there_is_nothing_else() {
    let machine = MemoryMachine::new()
        .file("/etc/os-release", "ID=debian\nVERSION_ID=12\n")
        .goroot("/gowr/toolchains/go1.27rc1", "go1.27rc1")
        .goroot("/gowr/toolchains/go1.26.9", "go1.26.9")
        .environment(["HOME=/h"]);
    assert_eq!(winner(&machine, "go +1.27 build"), "argument go1.27rc1");
    assert_eq!(winner(&machine, "go build"), "newest go1.26.9");
}

#[test]
fn loops_end() {
    let deep = debian().environment(["GOWR_DEPTH=100"]);
    assert_eq!(winner(&deep, "go build"), "loop");
    let almost = debian().environment(["GOWR_DEPTH=99"]);
    assert_eq!(variable(&almost, "go build", "GOWR_DEPTH").as_deref(), Some("100"));
    let garbage = debian().environment(["GOWR_DEPTH=many"]);
    assert_eq!(variable(&garbage, "go build", "GOWR_DEPTH").as_deref(), Some("1"));
    let itself = MemoryMachine::new()
        .program("/gowr/bin/go", elf_program(None))
        .directory("/gowr/toolchains")
        .goroot("/bad", "go1.22.3")
        .without("/bad/bin/go")
        .link("/bad/bin/go", "/gowr/bin/go")
        .environment(["GOWR_TOOLCHAIN=/bad"]);
    assert_eq!(winner(&itself, "go build"), "loop");
}
