//! Programs of the machine that tests need.

use std::env;
use std::path::PathBuf;

/// The path of a program that `./bootstrap test` installs; its absence fails the test and says what to do.
pub(crate) fn tool(name: &str) -> PathBuf {
    env::var_os("PATH")
        .iter()
        .flat_map(env::split_paths)
        .chain(["/usr/sbin", "/sbin"].map(PathBuf::from))
        .map(|directory| directory.join(name))
        .find(|path| path.is_file())
        .unwrap_or_else(|| {
            panic!("this test needs {name}: run ./bootstrap test, which installs it")
        })
}
