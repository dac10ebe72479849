//! Whether the build cache that the real go will see is this distro's.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use resolver::cache::{Cache, CacheSource};
use resolver::path::is_absolute;

use super::Code;
use super::statement::fit_to_show;
use crate::problem::{Evidence, Problem};

/// How a directory's name relates to this distro.
enum Belongs {
    Here,
    Elsewhere,
    Nowhere,
}

/// Judges by the name: `go-build-debian-12`.
pub(super) fn check(cache: &Cache, key: &str) -> Option<Problem> {
    let Some(path) = cache.path else {
        let message = "there is no place for a build cache, and Go will refuse to build";
        let evidence = Evidence::value("neither XDG_CACHE_HOME nor HOME is an absolute path");
        return Some(Code::NoCache.problem(message).seen(evidence).fixed_by("export HOME=DIR"));
    };
    let evidence = evidence(cache, path);
    let fix = match cache.source {
        CacheSource::Environment => "unset GOCACHE",
        CacheSource::GoEnvFile => "go env -u GOCACHE",
        CacheSource::Distro | CacheSource::UserConfiguration | CacheSource::None => {
            "${EDITOR:-vi} ~/.config/gowr/config.yaml"
        }
    };
    if !is_absolute(path) {
        let message = "GOCACHE is not an absolute path, and Go will refuse to build";
        return Some(Code::CacheNotAbsolute.problem(message).seen(evidence).fixed_by(fix));
    }
    match belongs(Path::new(OsStr::from_bytes(path)), key) {
        Belongs::Here => None,
        Belongs::Elsewhere => {
            let message = format!("the build cache is another distro's, and this is {key}");
            Some(Code::ForeignCache.problem(message).seen(evidence).fixed_by(fix))
        }
        Belongs::Nowhere => {
            let message = "the build cache is not kept apart by distro";
            Some(Code::SharedCache.note(message).seen(evidence).fixed_by(fix))
        }
    }
}

fn evidence(cache: &Cache, path: &[u8]) -> Evidence {
    let text = fit_to_show(&format!("GOCACHE={}", String::from_utf8_lossy(path)));
    match (cache.file, cache.line) {
        (Some(file), Some(line)) => {
            Evidence::line(Path::new(OsStr::from_bytes(file)), line as usize, text)
        }
        _ => Evidence::value(text),
    }
}

/// By the name, and by that of the directory that it links to.
fn belongs(path: &Path, key: &str) -> Belongs {
    let real = fs::canonicalize(path).ok();
    let mut result = Belongs::Nowhere;
    for path in real.iter().map(AsRef::as_ref).chain([path]) {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let Some(suffix) = name.strip_prefix("go-build-") else { continue };
        let rest = suffix.strip_prefix(key);
        // `cache: per-version` adds `-1.22.3`.
        if rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-')) {
            return Belongs::Here;
        }
        result = Belongs::Elsewhere;
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(path: Option<&'static [u8]>, source: CacheSource) -> Option<&'static str> {
        let cache = Cache { path, source, file: None, line: None, is_ours: false };
        check(&cache, "debian-12").map(|problem| problem.code)
    }

    #[test]
    fn whose_cache() {
        for (path, expected) in [
            (Some(&b"/c/go-build-debian-12"[..]), None),
            (Some(b"/c/go-build-debian-12-1.22.3"), None),
            (Some(b"/c/go-build-debian-13"), Some("foreign-cache")),
            (Some(b"/c/go-build-debian-123"), Some("foreign-cache")),
            (Some(b"/c/go-build-alpine-3.23"), Some("foreign-cache")),
            (Some(b"/c/go-build"), Some("shared-cache")),
            (Some(b"cache"), Some("cache-not-absolute")),
            (Some(b"off"), Some("cache-not-absolute")),
            (None, Some("no-cache")),
        ] {
            assert_eq!(code(path, CacheSource::Environment), expected, "{path:?}");
        }
    }

    #[test]
    fn a_link_is_where_it_leads() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = |name: &str| directory.path().join(name);
        fs::create_dir(path("go-build-debian-12")).expect("a directory");
        std::os::unix::fs::symlink("go-build-debian-12", path("go-build")).expect("a link");
        assert!(matches!(belongs(&path("go-build"), "debian-12"), Belongs::Here));
        assert!(matches!(belongs(&path("go-build"), "alpine-3.23"), Belongs::Elsewhere));
    }
}
