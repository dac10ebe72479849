//! The pattern lists of GOPRIVATE and its kin: comma-separated globs of module path prefixes
//! (`golang.org/x/mod/module.MatchPrefixPatterns`).

/// Whether a glob of the list matches as many leading elements of `path` as it has itself.
pub(super) fn matches_prefix(list: &str, path: &str) -> bool {
    list.split(',').any(|glob| {
        let glob = glob.strip_suffix('/').unwrap_or(glob);
        let elements = glob.split('/').count();
        let ends = path.match_indices('/').map(|(end, _)| end).chain([path.len()]);
        let prefix = ends.into_iter().nth(elements - 1).map(|end| &path[..end]);
        !glob.is_empty() && prefix.is_some_and(|prefix| matches(glob, prefix))
    })
}

/// Go's `path.Match`: `*`, `?`, `[a-z]`, `[^a-z]` and `\` before a character; a malformed glob matches nothing.
fn matches(glob: &str, text: &str) -> bool {
    let glob: Vec<char> = glob.chars().collect();
    let text: Vec<char> = text.chars().collect();
    matches_from(&glob, &text)
}

fn matches_from(glob: &[char], text: &[char]) -> bool {
    let (glob_rest, text_rest) = match (glob, text) {
        ([], text) => return text.is_empty(),
        (['*', rest @ ..], _) => {
            let element = text.iter().position(|c| *c == '/').unwrap_or(text.len());
            return (0..=element).any(|skipped| matches_from(rest, &text[skipped..]));
        }
        (['?', rest @ ..], [character, text @ ..]) if *character != '/' => (rest, text),
        (['[', rest @ ..], [character, text @ ..]) => match class(rest, *character) {
            Some(rest) => (rest, text),
            None => return false,
        },
        (['\\', literal, rest @ ..], [character, text @ ..]) if literal == character => {
            (rest, text)
        }
        ([literal, rest @ ..], [character, text @ ..])
            if literal == character && !matches!(literal, '?' | '\\') =>
        {
            (rest, text)
        }
        _ => return false,
    };
    matches_from(glob_rest, text_rest)
}

/// The glob after a character class, if the class is well formed and has the character in it.
fn class(mut glob: &[char], character: char) -> Option<&[char]> {
    let negated = glob.first() == Some(&'^');
    glob = &glob[usize::from(negated)..];
    let (mut found, mut is_first) = (false, true);
    loop {
        if let [']', rest @ ..] = glob
            && !is_first
        {
            return (found != negated).then_some(rest);
        }
        is_first = false;
        let (low, rest) = bound(glob)?;
        let (high, rest) = match rest {
            ['-', rest @ ..] => bound(rest)?,
            _ => (low, rest),
        };
        found |= (low..=high).contains(&character);
        glob = rest;
    }
}

fn bound(glob: &[char]) -> Option<(char, &[char])> {
    match glob {
        ['\\', literal, rest @ ..] => Some((*literal, rest)),
        ['-' | ']' | '\\', ..] | [] => None,
        [literal, rest @ ..] => Some((*literal, rest)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_go_matches() {
        for (list, expected) in [
            ("golang.org/toolchain", true),
            ("golang.org", true),
            ("golang.org/", true),
            ("*.org", true),
            ("*", true),
            ("example.com,golang.org/*", true),
            ("g?lang.org/[s-u]oolchain", true),
            ("[^a-f]olang.org", true),
            (r"golan\g.org", true),
            ("", false),
            (",", false),
            ("golang", false),
            ("golang.org/toolchain/v2", false),
            ("golang.org/x", false),
            ("golang.org/?", false),
            ("[g", false),
            ("[]g]olang.org", false),
            ("none", false),
        ] {
            assert_eq!(matches_prefix(list, "golang.org/toolchain"), expected, "{list}");
        }
    }
}
