//! Fetches one toolchain and verifies it, with Go's own settings: `fetch go1.22.12 DIRECTORY`.
//!
//! DIRECTORY must not exist; it gets `tree`, `archive.zip` and `heads`. Prints the hash, the seconds, and the peak
//! memory in MiB.

use std::fs;
use std::path::PathBuf;
use std::time::Instant;

use installer::go_settings::GoSettings;
use installer::install::Source;
use installer::source::{FetchOptions, Fetcher};
use resolver::version::ToolchainName;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let name = arguments.next().as_deref().and_then(ToolchainName::parse).ok_or("no toolchain")?;
    let directory = PathBuf::from(arguments.next().ok_or("no directory")?);
    let begun = Instant::now();
    let tree = directory.join("tree");
    fs::create_dir_all(&tree)?;
    let options = FetchOptions {
        heads: directory.join("heads"),
        checksums: directory.join("heads/SHA256SUMS"),
        sources: None,
        progress: Box::new(()),
    };
    let fetched = Fetcher::new(&GoSettings::read()?, options)?.fetch(
        &name,
        &tree,
        &directory.join("archive.zip"),
    )?;
    let seconds = begun.elapsed().as_secs_f64();
    let status = fs::read_to_string("/proc/self/status")?;
    let peak =
        status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.split_whitespace().next());
    let peak: u64 = peak.ok_or("no VmHWM")?.parse()?;
    println!("{}\t{seconds:.3}\t{}", fetched.hash, peak >> 10);
    Ok(())
}
