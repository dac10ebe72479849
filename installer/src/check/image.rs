//! The Go in a container image's name: the official `golang` image wherever it is mirrored, and the images for
//! development containers.

use super::statement::Wanted;
use super::version_set::VersionSet;

/// What an image says about its Go; none where it is no image of Go.
///
/// `golang:1.22-alpine3.19`, `docker.io/library/golang`, `mirror.example:5000/golang@sha256:…`,
/// `mcr.microsoft.com/devcontainers/go:1-1.22-bookworm`.
pub(super) fn go_of(image: &str) -> Option<Wanted> {
    let (image, digest) = match image.split_once('@') {
        Some((image, _)) => (image, true),
        None => (image, false),
    };
    // A colon before the last slash is that of a port.
    let start = image.rfind('/').map_or(0, |slash| slash + 1);
    let (path, name) = image.split_at(start);
    let (name, tag) = match name.split_once(':') {
        Some((name, tag)) => (name, Some(tag)),
        None => (name, None),
    };
    let is_devcontainer = name == "go" && path.ends_with("devcontainers/");
    if name != "golang" && !is_devcontainer {
        return None;
    }
    let Some(tag) = tag else { return Some(if digest { Wanted::Unknown } else { Wanted::Moving }) };
    if tag.contains('$') {
        return Some(Wanted::Unknown);
    }
    let mut parts = tag.split('-');
    let mut version = parts.next().unwrap_or_default();
    if is_devcontainer {
        // The image's own version comes first: `1-1.22`, `dev-1.22`.
        let starts_well = |part: &&str| part.starts_with(|c: char| c.is_ascii_digit());
        version = parts.next().filter(starts_well).unwrap_or(version);
    }
    if !version.starts_with(|c: char| c.is_ascii_digit()) {
        return Some(Wanted::Moving);
    }
    Some(VersionSet::of_range(version).map_or(Wanted::Unknown, Wanted::Versions))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags() {
        for (image, expected) in [
            ("golang:1.22", Some("1.22")),
            ("golang:1.22.3-alpine3.19", Some("1.22.3")),
            ("golang:1.23rc1-bookworm", Some("1.23rc1")),
            ("docker.io/library/golang:1.22@sha256:abc", Some("1.22")),
            ("localhost:5000/golang:1.22", Some("1.22")),
            ("public.ecr.aws/docker/library/golang:1", Some("1")),
            ("mcr.microsoft.com/oss/go/microsoft/golang:1.22-fips", Some("1.22")),
            ("mcr.microsoft.com/devcontainers/go:1-1.22-bookworm", Some("1.22")),
            ("mcr.microsoft.com/devcontainers/go:dev-1.22", Some("1.22")),
            ("mcr.microsoft.com/devcontainers/go:1.22", Some("1.22")),
        ] {
            let expected = expected.and_then(VersionSet::of_range).map(Wanted::Versions);
            assert_eq!(go_of(image), expected, "{image}");
        }
        for image in ["golang", "golang:latest", "golang:alpine", "localhost:5000/golang"] {
            assert_eq!(go_of(image), Some(Wanted::Moving), "{image}");
        }
        for image in ["golang:${V}", "golang@sha256:abc", "golang:1.22.3.4"] {
            assert_eq!(go_of(image), Some(Wanted::Unknown), "{image}");
        }
        for image in ["alpine:3.19", "golangci/golangci-lint:v1.60", "go:1.22", "scratch", ""] {
            assert_eq!(go_of(image), None, "{image}");
        }
    }
}
