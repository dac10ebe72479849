use resolver::machine::memory::MemoryMachine;

use super::*;

const WSL2: &str = "6.6.87.2-microsoft-standard-WSL2\n";

#[test]
fn the_name_in_a_path_of_windows() {
    for (path, expected) in [
        (&br"\\wsl.localhost\Ubuntu-24.04\"[..], Some("Ubuntu-24.04")),
        (b"\\\\wsl$\\Debian\\\r\n", Some("Debian")),
        (b"\\\\WSL.LOCALHOST\\Debian\n", Some("Debian")),
        (br"\\server\Debian\", None),
        (br"C:\Debian\", None),
        (br"\\wsl.localhost\", None),
        (br"\\wsl.localhost\a b\", None),
        (br"\\wsl.localhost\--unregister\", None),
        (b"", None),
    ] {
        let found = name_in_path(path);
        assert_eq!(found.as_ref().map(DistroName::as_str), expected, "{}", path.escape_ascii());
    }
}

#[test]
fn the_name_of_this_distro() {
    let shell = |machine: MemoryMachine| machine.environment(["WSL_DISTRO_NAME=Debian"]);
    let name = |machine: &MemoryMachine| {
        let found = this_distro(machine, machine.variables());
        found.map(|name| name.as_str().to_owned()).map_err(|error| match error {
            Error::Windows { cause, .. } => cause.to_string(),
            other => other.to_string(),
        })
    };
    assert_eq!(name(&MemoryMachine::new()), Err(String::from("this is no WSL")));
    assert_eq!(name(&shell(MemoryMachine::new())), Ok(String::from("Debian")), "a person says so");
    let wsl = MemoryMachine::new().file("/proc/sys/kernel/osrelease", WSL2);
    assert_eq!(name(&shell(wsl.clone())), Ok(String::from("Debian")));
    let container = shell(wsl.clone()).file("/.dockerenv", "");
    assert!(name(&container).is_err_and(|cause| cause.starts_with("this is a container")));
    // As under sudo; there is no wslpath where the tests run.
    let bare = wsl.file("/proc/1/comm", "init(Debian)\n");
    assert_eq!(name(&bare), Ok(String::from("Debian")));
    let cut = bare.file("/proc/1/comm", "init(Debian-bac");
    assert!(name(&cut).is_err_and(|cause| cause.starts_with("WSL_DISTRO_NAME is not set")));
}
