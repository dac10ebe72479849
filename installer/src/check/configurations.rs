//! Other files that name a Go: GitLab's CI, development containers.

use super::document::Node;
use super::image;
use super::statement::{Choice, Wanted};

/// `image:` at the top of `.gitlab-ci.yml`, in `default:` and in jobs.
pub(super) fn gitlab(root: &Node) -> Vec<Choice> {
    let everywhere = std::iter::once(root).chain(root.entries().map(|(_, node)| node));
    everywhere
        .filter_map(|scope| {
            let image = scope.get("image")?;
            let image = image.get("name").unwrap_or(image);
            image_of(image)
        })
        .collect()
}

/// The image and the Go feature of a `devcontainer.json`.
pub(super) fn devcontainer(root: &Node) -> Vec<Choice> {
    let image = root.get("image").and_then(image_of);
    let features = root.get("features").into_iter().flat_map(Node::entries);
    let features = features.filter(|(name, _)| is_go_feature(name)).map(|(name, options)| {
        // A text alone is the version, as it was written before there were options.
        let version = options.get("version").unwrap_or(options);
        let text = version.text().unwrap_or("latest");
        Choice::new(version.line, &format!("{name}: {text}"), Wanted::of_range(text))
    });
    image.into_iter().chain(features).collect()
}

/// The Go of an image that a scalar names.
fn image_of(node: &Node) -> Option<Choice> {
    let text = node.text()?;
    Some(Choice::new(node.line, &format!("image: {text}"), image::go_of(text)?))
}

/// `ghcr.io/devcontainers/features/go:1`, with or without a version of the feature itself.
fn is_go_feature(name: &str) -> bool {
    let (path, _) = name.split_once(['@']).unwrap_or((name, ""));
    let name = path.rsplit('/').next().unwrap_or_default();
    let (name, _) = name.split_once(':').unwrap_or((name, ""));
    name == "go" && path.contains("devcontainers/features/")
}

#[cfg(test)]
mod tests {
    use super::super::document::{Language, parse};
    use super::*;

    fn said(choices: Vec<Choice>) -> Vec<(usize, String, Wanted)> {
        choices.into_iter().map(|it| (it.line, it.text, it.wanted)).collect()
    }

    #[test]
    fn gitlab_ci() {
        let content = "image: golang:1.21\ndefault:\n  image: {name: 'golang:1.22'}\n\
            test:\n  image: golang:$GO\nbuild:\n  image: alpine\nstages: [image]\n";
        let root = parse(Language::Yaml, content).expect("a document");
        let wanted = |text| Wanted::of_range(text);
        assert_eq!(
            said(gitlab(&root)),
            [
                (1, "image: golang:1.21".into(), wanted("1.21")),
                (3, "image: golang:1.22".into(), wanted("1.22")),
                (5, "image: golang:$GO".into(), Wanted::Unknown),
            ]
        );
    }

    #[test]
    fn devcontainers() {
        let content = "{ // a comment\n\"image\": \"mcr.microsoft.com/devcontainers/go:1-1.21\",\n\
            \"features\": {\n\"ghcr.io/devcontainers/features/go:1\": {\n\"version\": \"1.22\" },\n\
            \"ghcr.io/devcontainers/features/go:2\": \"1.23\",\n\
            \"ghcr.io/devcontainers/features/go\": {},\n\
            \"ghcr.io/devcontainers/features/node:1\": {\"version\": \"20\"},\n\
            \"ghcr.io/other/go:1\": {\"version\": \"1.1\"},\n} }";
        let root = parse(Language::JsonWithComments, content).expect("a document");
        let seen: Vec<_> =
            devcontainer(&root).iter().map(|it| (it.line, it.wanted.clone())).collect();
        let wanted = |text| Wanted::of_range(text);
        let expected =
            [(2, wanted("1.21")), (5, wanted("1.22")), (6, wanted("1.23")), (7, Wanted::Moving)];
        assert_eq!(seen, expected);
    }
}
