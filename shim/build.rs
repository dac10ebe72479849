//! Links the `go` program without start files and libraries; says clearly where gowr cannot be built.

use std::env;

/// What the linker is told for `go` alone: its entry point, memory functions and system calls are its own
/// (`src/bin/go/start.rs`, `src/sys.rs`), so that it starts in every userland and runs nobody's start-up code.
const LINK_ARGUMENTS: [&str; 9] = [
    "-nostartfiles",
    "-nostdlib",
    "-static",
    "-no-pie",
    "-Wl,--entry=gowr_start",
    "-Wl,--build-id=none",
    "-Wl,-z,norelro",
    "-Wl,-z,noseparate-code",
    "-Wl,--no-eh-frame-hdr",
];

/// Leaves out what only an unwinder would read.
const LINKER_SCRIPT: &str = "src/bin/go/start/sections.ld";

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={LINKER_SCRIPT}");

    let variable = |name: &str| env::var(name).unwrap_or_default();
    let system = variable("CARGO_CFG_TARGET_OS");
    let architecture = variable("CARGO_CFG_TARGET_ARCH");
    if system != "linux" || !matches!(architecture.as_str(), "x86_64" | "aarch64") {
        println!(
            "cargo::error=gowr is for Linux on x86_64 and aarch64, not for {system} on {architecture}"
        );
        return;
    }
    for argument in LINK_ARGUMENTS {
        println!("cargo::rustc-link-arg-bin=go={argument}");
    }
    let script = format!("{}/{LINKER_SCRIPT}", variable("CARGO_MANIFEST_DIR"));
    println!("cargo::rustc-link-arg-bin=go=-Wl,-T,{script}");
}
