use super::*;
use crate::machine::memory::MemoryMachine;

fn detect(machine: &MemoryMachine) -> Distro {
    Distro::detect(machine, machine.variables())
}

#[test]
fn keys() {
    for (os_release, key) in [
        ("ID=debian\nVERSION_ID=\"12\"\n", "debian-12"),
        ("ID=debian\n", "debian"),
        ("ID=ubuntu\nID_LIKE=debian\nVERSION_ID=\"22.04\"\n", "ubuntu-22.04"),
        ("ID=alpine\nVERSION_ID=3.23.2\n", "alpine-3.23"),
        ("ID=fedora\nVERSION_ID=40\n", "fedora-40"),
        ("ID=\"rhel\"\nID_LIKE=\"fedora\"\nVERSION_ID=\"10.0\"\n", "rhel-10"),
        ("ID=\"almalinux\"\nID_LIKE=\"rhel centos fedora\"\nVERSION_ID=\"9.5\"\n", "almalinux-9"),
        ("ID=eurolinux\nID_LIKE=\"rhel fedora\"\nVERSION_ID=9.2\n", "eurolinux-9"),
        ("ID=\"ol\"\nID_LIKE=\"fedora\"\nVERSION_ID=\"9.5\"\n", "ol-9"),
        ("ID=\"amzn\"\nID_LIKE=\"fedora\"\nVERSION_ID=\"2023\"\n", "amzn-2023"),
        ("ID=kali\nVERSION_ID=\"2019.4\"\n", "kali"),
        ("ID=\"opensuse-tumbleweed\"\nVERSION_ID=\"20240112\"\n", "opensuse-tumbleweed"),
        ("ID=slowroll\nVERSION_ID=\"20240112\"\n", "slowroll"),
        ("ID=\"opensuse-leap\"\nVERSION_ID=\"16.0\"\n", "opensuse-leap-16.0"),
        ("ID=arch\nVERSION_ID=TEMPLATE_VERSION_ID\n", "arch"),
        ("ID=nixos\nVERSION_ID=\"25.05\"\n", "nixos-25.05"),
        ("ID=Deepin\nVERSION_ID=\"23\"\n", "deepin-23"),
        ("ID=\"XCP-ng\"\r\nVERSION_ID=\"8.2.1\"\r\n", "xcp-ng-8.2"),
        ("ID=x\nVERSION_ID=1..2\n", "x"),
        ("ID=x\nVERSION_ID=12.\n", "x"),
        ("VERSION_ID=12\n", "linux"),
        ("ID=../../etc\nVERSION_ID=12\n", "linux"),
        ("ID=.hidden\nVERSION_ID=12\n", "linux"),
        ("ID=\"two words\"\nVERSION_ID=12\n", "linux"),
        ("ID=d\u{e9}bian\nVERSION_ID=12\n", "linux"),
    ] {
        let machine = MemoryMachine::new().file("/etc/os-release", os_release);
        assert_eq!(detect(&machine).key, key, "{os_release:?}");
    }
    let long = ["ID=", &"x".repeat(65), "\n"].concat();
    assert_eq!(detect(&MemoryMachine::new().file("/etc/os-release", long)).key, "linux");
}

#[test]
fn the_fallback_file_and_no_file() {
    let machine = MemoryMachine::new();
    assert_eq!(detect(&machine).key, "linux");
    let machine = machine.file("/usr/lib/os-release", "ID=void\n");
    assert_eq!(detect(&machine).key, "void");
    let machine = machine.link("/etc/os-release", "../usr/lib/os-release");
    assert_eq!(detect(&machine).key, "void");
}

#[test]
fn boxes_have_links_of_their_own() {
    let debian = MemoryMachine::new().file("/etc/os-release", "ID=debian\nVERSION_ID=13\n");
    let links = |machine: &MemoryMachine| known_text(detect(machine).links_key());
    assert_eq!(links(&debian), "debian-13");

    let podman = debian.clone().file("/run/.containerenv", "");
    assert_eq!(links(&podman), "debian-13", "plain podman has no name here");

    let named = debian.clone().file("/run/.containerenv", "engine=\"podman\"\nname=\"My box/2\"\n");
    assert_eq!(links(&named), "debian-13", "a named container is no box");
    let toolbox = named.clone().file("/run/.toolboxenv", "");
    assert_eq!(links(&toolbox), "debian-13+my-box-2");
    assert_eq!(detect(&toolbox).key, "debian-13");
    let distrobox = named.program("/usr/bin/distrobox-export", "#!/bin/sh\n");
    assert_eq!(links(&distrobox), "debian-13+my-box-2");

    let leaked = debian.environment(["CONTAINER_ID=trixie"]);
    assert_eq!(links(&leaked), "debian-13", "the variable alone proves nothing");
    let on_docker = leaked.program("/usr/bin/distrobox-export", "#!/bin/sh\n");
    assert_eq!(links(&on_docker), "debian-13+trixie");
}

#[test]
fn the_c_library_is_the_shells() {
    use crate::machine::memory::elf_program;
    let with =
        |interpreter| libc(&MemoryMachine::new().program("/bin/sh", elf_program(interpreter)));
    assert_eq!(with(Some("/lib64/ld-linux-x86-64.so.2")), Some(Libc::Glibc));
    assert_eq!(with(Some("/lib/ld-musl-x86_64.so.1")), Some(Libc::Musl));
    assert_eq!(with(None), None);
    assert_eq!(libc(&MemoryMachine::new()), None);
}
