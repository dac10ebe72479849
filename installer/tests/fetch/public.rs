//! The public proxy and the public checksum database, by Go's own settings: whatever this machine reaches them by.

use installer::go_settings::GoSettings;
use installer::install::Source;
use installer::source::{FetchOptions, Fetcher};
use resolver::version::ToolchainName;

#[test]
fn a_published_release_is_listed_and_proved() {
    let heads = tempfile::tempdir().expect("a directory");
    let settings = GoSettings::read().expect("settings");
    let options = FetchOptions {
        heads: heads.path().to_path_buf(),
        checksums: heads.path().join("SHA256SUMS"),
        sources: None,
        progress: Box::new(()),
    };
    let fetcher = Fetcher::new(&settings, options).expect("settings");
    let name = ToolchainName::parse("go1.22.12").expect("a name");
    assert!(fetcher.versions().expect("listed").contains(&name));
    let hash = fetcher.published_hash(&name).expect("proved");
    if crate::module::PLATFORM == "linux-amd64" {
        assert_eq!(hash, "h1:Hdh4VJAlDWzMnhKpqDwqJJr+sE7NgsJ86dyR4wrv2oY=");
    }
    // A second answer comes with another head: proved against the first.
    let other = ToolchainName::parse("go1.24.2").expect("a name");
    let hash = fetcher.published_hash(&other).expect("proved");
    if crate::module::PLATFORM == "linux-amd64" {
        assert_eq!(hash, "h1:R9IIB2RUnzzL1V20iFM8ThvETQpC28HLmNVkchhyjb0=");
    }
}
