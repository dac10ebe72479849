//! `.go-version`: one bare line with one version.

use std::ops::Range;

use super::{append_line, is_blank, lines, replace, unless, words};

/// Puts one version where the first is, and drops the others.
pub(crate) fn set(content: &[u8], version: &str) -> Vec<u8> {
    let mut pins = pins(content);
    if pins.is_empty() {
        return append_line(content, version);
    }
    let first = pins.remove(0);
    // From the end, so that ranges before stay right.
    let content = drop_lines(content, pins);
    let (start, end) = (first.versions[0].start, first.versions[first.versions.len() - 1].end);
    replace(&content, start..end, version.as_bytes())
}

/// Takes all versions away; none where only white space would be left.
pub(crate) fn remove(content: &[u8]) -> Option<Vec<u8>> {
    let content = drop_lines(content, pins(content));
    unless(is_blank(&content), content)
}

struct Pin {
    line: Range<usize>,
    versions: Vec<Range<usize>>,
}

/// The lines with versions, read as [`resolver::pin`] does: `#` at the start of a word starts a comment.
fn pins(content: &[u8]) -> Vec<Pin> {
    lines(content)
        .map(|line| {
            let words = words(content, line.clone()).into_iter();
            Pin { line, versions: words.take_while(|word| content[word.start] != b'#').collect() }
        })
        .filter(|pin| !pin.versions.is_empty())
        .collect()
}

fn drop_lines(content: &[u8], pins: Vec<Pin>) -> Vec<u8> {
    pins.into_iter().rev().fold(content.to_vec(), |content, pin| replace(&content, pin.line, b""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn setting() {
        for (content, expected) in [
            ("", "1.24\n"),
            ("1.22.3\n", "1.24\n"),
            ("1.22.3", "1.24"),
            ("\u{feff}1.22.3\r\n", "\u{feff}1.24\r\n"),
            (
                "# why\r\n  go1.22 1.21 # tail\r\n\r\n1.20\r\n# end\r\n",
                "# why\r\n  1.24 # tail\r\n\r\n# end\r\n",
            ),
            ("# only a comment", "# only a comment\n1.24\n"),
            ("latest\n", "1.24\n"),
        ] {
            assert_eq!(set(content.as_bytes(), "1.24"), expected.as_bytes(), "{content:?}");
        }
    }

    #[test]
    fn removing() {
        assert_eq!(remove(b"1.22.3\n\n"), None);
        assert_eq!(remove(b"# why\n1.22.3\n1.21").as_deref(), Some(&b"# why\n"[..]));
    }
}
