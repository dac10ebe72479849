//! `FROM golang:…` in a Dockerfile or Containerfile, with the ARGs before the first FROM put in.

use super::image;
use super::statement::Choice;

/// Every stage that starts from an image of Go.
pub(super) fn read(content: &str) -> Vec<Choice> {
    let mut arguments: Vec<(String, String)> = Vec::new();
    let mut stages: Vec<String> = Vec::new();
    let mut found = Vec::new();
    for (line, text) in instructions(content) {
        let mut words = text.split_ascii_whitespace();
        match words.next().map(str::to_ascii_uppercase).as_deref() {
            // Only those before the first FROM may stand in a FROM.
            Some("ARG") if stages.is_empty() => {
                for (name, value) in words.filter_map(|word| word.split_once('=')) {
                    let value = expand(value.trim_matches(['"', '\'']), &arguments);
                    arguments.push((name.to_owned(), value));
                }
            }
            Some("FROM") => {
                let mut words = words.skip_while(|word| word.starts_with("--"));
                let image = expand(words.next().unwrap_or_default(), &arguments);
                let is_stage = stages.contains(&image.to_ascii_lowercase());
                if let Some(wanted) = image::go_of(&image).filter(|_| !is_stage) {
                    found.push(Choice::new(line, &text, wanted));
                }
                let name = words.nth(1).unwrap_or_default();
                stages.push(name.to_ascii_lowercase());
            }
            _ => {}
        }
    }
    found
}

/// Lines with those that go on in the next put together, each with the number of its first.
fn instructions(content: &str) -> impl Iterator<Item = (usize, String)> {
    // `# escape=` in the first lines makes it a backtick, for Windows.
    let directive = |line: &str| {
        let directive = line.strip_prefix('#')?.to_ascii_lowercase();
        directive
            .trim()
            .strip_prefix("escape")?
            .trim_start()
            .strip_prefix('=')?
            .trim()
            .chars()
            .next()
    };
    let mut head = content.lines().map(str::trim).take_while(|line| line.starts_with('#'));
    let escape = head.find_map(directive).unwrap_or('\\');
    let mut lines = content.lines().zip(1..);
    std::iter::from_fn(move || {
        let mut whole: Option<(usize, String)> = None;
        for (line, number) in lines.by_ref() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (part, goes_on) = match line.strip_suffix(escape) {
                Some(part) => (part, true),
                None => (line, false),
            };
            let (_, text) = whole.get_or_insert_with(|| (number, String::new()));
            text.push_str(part);
            if !goes_on {
                break;
            }
        }
        whole
    })
}

/// Puts in `$NAME`, `${NAME}`, `${NAME:-default}` and `${NAME:+other}`; what is not known stays.
fn expand(text: &str, arguments: &[(String, String)]) -> String {
    /// Arguments in arguments could grow without end.
    const LONGEST: usize = 4096;
    let value = |name: &str| {
        arguments.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    };
    let mut expanded = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        expanded.push_str(before);
        let (name, fallback, after) = if let Some(inner) = after.strip_prefix('{') {
            let Some((inner, after)) = inner.split_once('}') else { break };
            let (name, fallback) = match inner.split_once(':') {
                Some((name, fallback)) => (name, Some(fallback)),
                None => (inner, None),
            };
            (name, fallback, after)
        } else {
            let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
            let (name, after) = after.split_at(after.find(|c| !is_name(c)).unwrap_or(after.len()));
            (name, None, after)
        };
        let reference = &rest[before.len()..rest.len() - after.len()];
        let known = value(name).filter(|value| !value.is_empty());
        match (known, fallback) {
            (Some(_), Some(fallback)) if fallback.starts_with('+') => {
                expanded.push_str(&fallback[1..]);
            }
            (Some(value), _) => expanded.push_str(value),
            (None, Some(fallback)) if fallback.starts_with('-') => {
                expanded.push_str(&fallback[1..]);
            }
            (None, _) => expanded.push_str(reference),
        }
        rest = after;
        if expanded.len() > LONGEST {
            return expanded;
        }
    }
    expanded + rest
}

#[cfg(test)]
mod tests {
    use super::super::statement::Wanted;
    use super::*;

    fn stages(content: &str) -> Vec<(usize, Wanted)> {
        read(content).into_iter().map(|choice| (choice.line, choice.wanted)).collect()
    }

    #[test]
    fn stages_that_start_from_go() {
        let content = "# syntax=docker/dockerfile:1\nARG GO=1.22\nARG VARIANT=\"${GO}-alpine\"\n\n\
            FROM --platform=$BUILDPLATFORM golang:${VARIANT} AS build\nARG GO=1.20\n\
            RUN go build \\\n  # comment\n  FROM golang:1.18 \\\n  ./...\n\
            FROM build AS test\nfrom \\\n  golang:1.21\nFROM golang:$GO\nFROM alpine:3.19\n\
            FROM golang:${NONE:-1.23}\nFROM golang:${GO:+1.24}\nFROM golang:$UNSET\n";
        let version = |text| Wanted::of_range(text);
        assert_eq!(
            stages(content),
            [
                (5, version("1.22")),
                (12, version("1.21")),
                (14, version("1.22")),
                (16, version("1.23")),
                (17, version("1.24")),
                (18, Wanted::Unknown),
            ]
        );
    }

    #[test]
    fn odd_files() {
        assert_eq!(stages("FROM golang AS golang\nFROM golang\n"), [(1, Wanted::Moving)]);
        assert_eq!(stages("# escape=`\nFROM `\n golang:1.22\n").len(), 1);
        assert_eq!(stages("FROM golang:${X"), [(1, Wanted::Unknown)]);
        assert_eq!(stages("FROM"), []);
        assert_eq!(stages("FROM golang:1.22 \\"), [(1, Wanted::of_range("1.22"))]);
        // Each argument twice the one before.
        let mut bomb = "ARG A0=xxxxxxxx\n".to_owned();
        for level in 1..64 {
            let before = level - 1;
            bomb += &["ARG A", &level.to_string(), &format!("=${{A{before}}}${{A{before}}}\n")]
                .concat();
        }
        assert_eq!(
            stages(&(bomb + "FROM golang:$A63\n")),
            [(1, Wanted::Unknown)].map(|_| (65, Wanted::Moving))
        );
    }
}
