//! The files of mise that pin Go, which gowr does not obey.

use super::document::{Language, Node, parse};
use super::statement::{Choice, Wanted};

/// Where mise looks in a directory (`mise.jdx.dev/configuration.html`), the file that wins first.
pub(crate) const FILES: [&str; 6] = [
    "mise.local.toml",
    ".mise.local.toml",
    "mise.toml",
    ".mise.toml",
    ".config/mise.toml",
    "mise/config.toml",
];

/// The line and the text of the first Go that a file asks for; none where it cannot be read.
pub(crate) fn pinned(content: &str) -> Option<(usize, String)> {
    let root = parse(Language::Toml, content).ok()?;
    let (_, version) = versions(&root).next()?;
    Some((version.line, version.text()?.to_owned()))
}

/// Every Go under `[tools]`.
pub(super) fn choices(root: &Node) -> Vec<Choice> {
    let choices = versions(root).filter_map(|(name, version)| {
        let text = version.text()?;
        let bare = text.strip_prefix("prefix:").unwrap_or(text);
        Some(Choice::new(version.line, &format!("{name} = \"{text}\""), Wanted::of_range(bare)))
    });
    choices.collect()
}

fn versions(root: &Node) -> impl Iterator<Item = (&str, &Node)> {
    let tools = root.get("tools").into_iter().flat_map(Node::entries);
    let ours = tools.filter(|(name, _)| matches!(*name, "go" | "golang" | "core:go"));
    ours.filter_map(|(name, tool)| {
        // Several are installed, and the first one is used.
        let first = tool.one_or_more().into_iter().next()?;
        Some((name, first.get("version").unwrap_or(first)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tools() {
        for (content, expected) in [
            ("[tools]\nnode = '20'\ngo = \"1.22\"\n", Some((3, "1.22"))),
            ("tools.go = '1.22.3'\n", Some((1, "1.22.3"))),
            ("[tools]\n\"core:go\" = { version = \"1.21\" }\n", Some((2, "1.21"))),
            ("[tools]\ngo = [\n\"1.22\", \"1.21\"]", Some((3, "1.22"))),
            ("[tools.go]\nversion = \"1.22\"\n", Some((2, "1.22"))),
            ("[tools]\ngo = \"prefix:1.20\"\n", Some((2, "prefix:1.20"))),
            ("[env]\ngo = \"x\"\n[tools]\n# go = \"1\"\ngofumpt = \"1\"\n", None),
            ("", None),
            ("go =", None),
        ] {
            let expected = expected.map(|(line, text)| (line, text.to_owned()));
            assert_eq!(pinned(content), expected, "{content}");
            let Ok(root) = parse(Language::Toml, content) else { continue };
            let found: Vec<_> = choices(&root).into_iter().map(|it| (it.line, it.wanted)).collect();
            let bare = |text: &str| Wanted::of_range(text.trim_start_matches("prefix:"));
            let expected: Vec<_> =
                expected.into_iter().map(|(line, text)| (line, bare(&text))).collect();
            assert_eq!(found, expected, "{content}");
        }
    }
}
