//! For the fuzz targets (`fuzz/`), which see only what is public: their way to parsers that nobody else needs. Compiled
//! with `--cfg fuzzing` alone.
//!
//! What must be true of an answer is asserted here, beside the parser that gave it.

use std::path::Path;

use resolver::version::ToolchainName;

use crate::cache::entry;
use crate::check;
use crate::download::answer;
use crate::download::location::WebAddress;
use crate::download::netrc::Netrc;
use crate::error::Error;
use crate::fingerprint::go_program;
use crate::snapshot::manifest::Manifest;
use crate::source::files::index::Index;
use crate::source::goproxy;
use crate::unpack::tar;
use crate::vulnerabilities;

/// A `.netrc`: what is found for a server was said for it.
pub fn netrc(content: &str) {
    let netrc = Netrc::parse(content);
    for address in ["https://example.com/", "http://example.com/", "https://example.com:8443/x"] {
        let address = WebAddress::parse(address).expect("an address");
        if let Some(credentials) = netrc.credentials(&address) {
            assert!(address.is_secure() && content.contains(address.host()));
            assert!(!credentials.header().contains(['\r', '\n']));
        }
    }
}

/// A `Content-Range` header, where so many bytes at the end of a file, or from a place on, were asked for.
pub fn content_range(header: &str, length: Option<u64>, asked: u64) {
    for (first, end, total) in answer::ranges(header, length, asked) {
        assert!(first < end && end <= total);
        assert!(length.is_none_or(|length| length == end - first));
    }
}

/// An address, and a redirect from it: none leads to where no server is, or puts a password into words.
pub fn address(text: &str, target: &str) {
    let Ok(address) = WebAddress::parse(text) else { return };
    assert!(!address.host().is_empty());
    if let Ok(next) = address.redirect(target) {
        assert!(!next.host().is_empty());
        let is_kept = next.credentials().is_some() && !target.contains('@');
        assert!(!is_kept || next.uri().authority() == address.uri().authority());
    }
}

/// The index of the Go project's downloads: every release it has is one, and has a hash or an error.
pub fn index(content: &[u8]) {
    let Ok(index) = Index::parse(content) else { return };
    for name in index.versions() {
        assert!(!name.has_suffix());
        let _ = index.hash(&name);
    }
    for line in index.checksums().lines() {
        let (hash, file) = line.split_once("  ").expect("two columns");
        assert!(hash.len() == 64 && !file.contains(['/', ' ']));
    }
}

/// The list of versions of a proxy: in order, each once.
pub fn versions(content: &[u8]) {
    let names = goproxy::parse_versions(content, "linux-amd64");
    let in_order = |pair: &[ToolchainName]| pair[0].version().compare(pair[1].version()).is_le();
    assert!(names.windows(2).all(|pair| in_order(pair) && pair[0] != pair[1]));
}

/// A release's tar file, into an empty directory. Not compressed: the checksum of gzip would keep all changes away from
/// what is to be tried.
pub fn tar(content: &[u8], tree: &Path) -> Result<(), Error> {
    tar::unpack_inflated(tree, content)
}

/// A file of a project that may name a Go, as each kind that there is: every line told of is one of the file's.
pub fn project_file(content: &str) {
    // To YAML a carriage return ends a line, too.
    let lines = 1 + content.matches(['\r', '\n']).count();
    for line in check::lines_of_every_kind(content) {
        assert!((1..=lines).contains(&line), "{line} of {lines}");
    }
}

/// A record of the vulnerability database.
pub fn vulnerability(content: &[u8]) {
    vulnerabilities::judge(content);
}

/// An entry of Go's build cache: one that is accepted is for the action it was asked for.
pub fn cache_entry(name: &[u8], content: &[u8]) {
    let Some((id, _)) = entry::parse_file_name(name) else { return };
    let _ = entry::parse_action(content, &id);
    let _ = entry::is_only_go(&mut std::io::Cursor::new(content));
}

/// What a snapshot says of itself: every file it names lies in the snapshot.
pub fn manifest(content: &[u8]) {
    let Ok(manifest) = Manifest::parse(content) else { return };
    for file in manifest.files() {
        assert!(!file.name.contains('/') && !file.name.starts_with('.'), "{}", file.name);
    }
}

/// A program of a toolchain.
pub fn go_program(content: &[u8]) {
    let _ = go_program::version_and_build_id(content);
}
