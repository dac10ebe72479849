//! Programs in C, as the benchmarks need them.

use std::path::Path;
use std::process::Command;

/// Compiles one of `programs/`.
pub(crate) fn compile(source: &str, flags: &[&str], output: &Path) {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/bench/programs").join(source);
    let status =
        Command::new("cc").arg("-O2").args(flags).arg("-o").arg(output).arg(source).status();
    assert!(status.expect("a C compiler, which Rust links with").success());
}
