//! `.tool-versions`: one line a tool.

use std::ops::Range;

use super::{append_line, is_blank, lines, replace, unless, words};

/// Puts one version on the first line for Go, or adds a line for it.
pub(crate) fn set(content: &[u8], version: &str) -> Vec<u8> {
    match pins(content).first() {
        None => append_line(content, &format!("golang {version}")),
        Some(Pin { words, .. }) => match &words[..] {
            [_, first, .., last] => replace(content, first.start..last.end, version.as_bytes()),
            [_, only] => replace(content, only.clone(), version.as_bytes()),
            [tool] => {
                let end = tool.end;
                replace(content, end..end, format!(" {version}").as_bytes())
            }
            [] => content.to_vec(),
        },
    }
}

/// Takes all lines for Go away; none where only white space would be left.
pub(crate) fn remove(content: &[u8]) -> Option<Vec<u8>> {
    let content = pins(content)
        .into_iter()
        .rev()
        .fold(content.to_vec(), |content, pin| replace(&content, pin.line, b""));
    unless(is_blank(&content), content)
}

struct Pin {
    line: Range<usize>,
    /// The tool, then its versions.
    words: Vec<Range<usize>>,
}

/// The lines for Go, read as [`resolver::pin`] does: `#` anywhere starts a comment.
fn pins(content: &[u8]) -> Vec<Pin> {
    lines(content)
        .map(|line| {
            let comment = content[line.clone()].iter().position(|byte| *byte == b'#');
            let end = comment.map_or(line.end, |at| line.start + at);
            Pin { words: words(content, line.start..end), line }
        })
        .filter(|pin| {
            let tool = pin.words.first().map(|tool| &content[tool.clone()]);
            matches!(tool, Some(b"golang" | b"go"))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn setting() {
        for (content, expected) in [
            ("", "golang 1.24\n"),
            ("nodejs 20.1.0", "nodejs 20.1.0\ngolang 1.24\n"),
            (
                "nodejs 20\r\ngolang 1.22.3 1.21 system # why\r\npython 3\r\n",
                "nodejs 20\r\ngolang 1.24 # why\r\npython 3\r\n",
            ),
            ("  go\t1.22#x\n", "  go\t1.24#x\n"),
            ("golang\n", "golang 1.24\n"),
            ("# golang 1.22\ngopls 1\n", "# golang 1.22\ngopls 1\ngolang 1.24\n"),
        ] {
            assert_eq!(set(content.as_bytes(), "1.24"), expected.as_bytes(), "{content:?}");
        }
    }

    #[test]
    fn removing() {
        assert_eq!(remove(b"golang 1.22\n"), None);
        let left = remove(b"nodejs 20\ngo 1.22\npython 3\ngolang 1.21\n");
        assert_eq!(left.as_deref(), Some(&b"nodejs 20\npython 3\n"[..]));
    }
}
