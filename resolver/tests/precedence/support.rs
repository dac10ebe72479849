//! Machines to start from, and the questions the tests ask of them.

use resolver::Invocation;
use resolver::environment::apply;
use resolver::machine::Machine;
use resolver::machine::memory::MemoryMachine;
use resolver::resolution::Resolution;
use resolver::witness::Losers;

/// A Debian 12 with its own Go 1.19 and four toolchains of gowr's; the project is `/home/u/p`.
pub(crate) fn debian() -> MemoryMachine {
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
pub(crate) fn store(mut machine: MemoryMachine, key: &str, names: &[&str]) -> MemoryMachine {
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

pub(crate) fn resolve(
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
pub(crate) fn winner(machine: &MemoryMachine, line: &'static str) -> String {
    match resolve(machine, line) {
        Ok(resolution) => {
            let version = resolution.toolchain.version.as_ref().map_or("?", |name| name.as_str());
            format!("{} {version}", resolution.source.kind.as_str())
        }
        Err(failure) => failure.code.as_str().to_owned(),
    }
}

pub(crate) fn environment(machine: &MemoryMachine, line: &'static str) -> Vec<String> {
    let resolution = resolve(machine, line).expect(line);
    let entries = apply(machine.entries(), &resolution.changes);
    entries.into_iter().map(|entry| String::from_utf8_lossy(entry).into_owned()).collect()
}

pub(crate) fn variable(machine: &MemoryMachine, line: &'static str, name: &str) -> Option<String> {
    let prefix = format!("{name}=");
    environment(machine, line).into_iter().find_map(|e| Some(e.strip_prefix(&prefix)?.to_owned()))
}
