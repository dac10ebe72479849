//! Machines in memory, each with one thing wrong: the environment, files and PATH, projects and caches.

use super::*;

pub(super) fn wrong_environments() -> Vec<(Code, MemoryMachine)> {
    vec![
        (
            Code::ShadowedOnPath,
            machine(["HOME=/h", "PATH=/usr/bin:/gowr/bin", "PWD=/h/p"]).goroot("/usr", "go1.19\n"),
        ),
        (Code::NotOnPath, machine(["HOME=/h", "PATH=/usr/bin", "PWD=/h/p"])),
        (Code::GowrHomeIgnored, with("GOWR_HOME=x")),
        (Code::XdgRelative, with("XDG_DATA_HOME=x")),
        (Code::ExportedGoroot, with("GOROOT=/usr/lib/go")),
        (
            Code::Floor,
            healthy()
                .file("/h/p/go.mod", "module m\n\ngo 1.23.0\n")
                .file("/h/p/.go-version", "1.22.3\n"),
        ),
        (Code::Mise, healthy().file("/h/p/mise.toml", "[tools]\ngo = \"1.22\"\n")),
        (Code::NoHome, machine(["PATH=/gowr/bin"])),
        (Code::NoProc, healthy().without("/proc/self/exe")),
        (Code::StaleSwitch, with("GOTOOLCHAIN_INTERNAL_SWITCH_VERSION=go1.22.3")),
        (Code::BadGotoolchain, with("GOTOOLCHAIN=1.22.3")),
        (Code::TemporaryDirectory, with("GOTMPDIR=/nowhere")),
        (
            Code::NoexecTemporaryDirectory,
            healthy().file(
                "/proc/self/mountinfo",
                format!("{MOUNTS}30 20 0:5 / /tmp rw,nosuid,noexec - tmpfs tmpfs rw\n"),
            ),
        ),
        (Code::CompilerMissing, with("CC=x86_64-conda-linux-gnu-cc -m64")),
    ]
}

pub(super) fn wrong_files_and_paths() -> Vec<(Code, MemoryMachine)> {
    let on_windows = || machine(["HOME=/h", "PATH=/gowr/bin:/mnt/c/Go/bin", "PWD=/h/p"]);
    let go_command = [&elf_program(None)[..], b"\npath\tcmd/go\nbuild\t-trimpath=true\n"].concat();
    let download = [&elf_program(None)[..], b"golang.org/dl/internal/version"].concat();
    vec![
        (Code::GoEnvGoroot, go_env("GOROOT=/bogus\n")),
        (Code::GoEnvCarriageReturn, go_env("GOPRIVATE=x\r\n")),
        (Code::GoEnvUnreadable, healthy().directory("/h/.config/go/env")),
        (Code::GoEnvShared, go_env("GOBIN=/h/bin\n")),
        (Code::WindowsGoOnPath, on_windows().file("/mnt/c/Go/bin/go.exe", "MZ\u{0}")),
        (
            Code::WindowsEntriesOnPath,
            on_windows()
                .file("/proc/sys/kernel/osrelease", "5.15.0-microsoft-standard-WSL2\n")
                .file(
                    "/proc/self/mountinfo",
                    format!(
                        "{MOUNTS}30 20 0:5 / /mnt/c rw - 9p C:\\134 rw,aname=drvfs;path=C:\\\n"
                    ),
                ),
        ),
        (Code::GoOutsideGoroot, healthy().program("/usr/bin/go", go_command)),
        (
            Code::SwitchNameDiffers,
            healthy().goroot("/opt/go", "go1.21.1\n").link("/usr/bin/go1.21.5", "/opt/go/bin/go"),
        ),
        (Code::DlWithoutSdk, healthy().program("/usr/bin/go1.21.5", download)),
    ]
}

pub(super) fn wrong_projects_and_caches() -> Vec<(Code, MemoryMachine)> {
    let nfs = |point: &str| {
        healthy().file(
            "/proc/self/mountinfo",
            format!("{MOUNTS}30 20 0:5 / {point} rw - nfs4 server:/export rw\n"),
        )
    };
    vec![
        (Code::ToolchainWithoutGoEnv, healthy().without("/gowr/toolchains/go1.22.3/go.env")),
        (
            Code::DistroPolicy,
            healthy().file("/gowr/toolchains/go1.22.3/go.env", GO_ENV.replace("auto", "local")),
        ),
        (
            Code::SwitchForbidden,
            healthy()
                .file("/gowr/toolchains/go1.22.3/go.env", GO_ENV.replace("auto", "local"))
                .file("/h/p/go.mod", "module m\n\ngo 1.23.0\n"),
        ),
        (
            Code::DownloadForbidden,
            healthy().file("/h/p/go.mod", "module m\n\ngo 1.23.0\n").environment(["GOSUMDB=off"]),
        ),
        (Code::GosumdbOn, with("GOSUMDB=on")),
        (Code::DubiousOwnership, healthy().directory("/h/p/.git").owned_by("/h/p/.git", 0)),
        (
            Code::SystemConfiguration,
            healthy()
                .file("/etc/gowr/config.yaml", "nonsense\n")
                .file("/h/.config/gowr/config.yaml", "default: 1.22\n"),
        ),
        (Code::CacheOff, with("GOCACHE=off")),
        (Code::PathNotAbsolute, with("GOMODCACHE=~/mod")),
        (Code::CacheOnNetwork, nfs("/h/.cache")),
        (Code::HomeOnNetwork, nfs("/h")),
        (Code::CacheNotWritable, healthy().directory("/h/go/pkg/mod").owned_by("/h/go/pkg/mod", 0)),
        (
            Code::ToolCannotStart,
            healthy().program("/h/go/bin/gopls", elf_program(Some("/lib/ld-musl-x86_64.so.1"))),
        ),
        (Code::GofmtShadowed, with("GOBIN=/h/bin").program("/h/bin/gofmt", elf_program(None))),
    ]
}
