//! `.gowr.yaml` and `config.yaml`: one value, found by the places that [`resolver::yaml`] gives.

use resolver::path::keep_text;
use resolver::yaml::{self, Entry, Error, Scalar};

use super::{append_line, insert_line, line_around, replace, unless};

/// How an entry in a new map is indented.
const INDENT: &str = "  ";

/// Where a value stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Key<'a> {
    /// A key of the first level.
    Top(&'a str),
    /// A key below another; upper and lower case are one, as for the names of distros.
    Under(&'a str, &'a str),
}

/// Gives a key a value, in place or on a new line.
///
/// Neither may need escapes: a parsed version or name, and a key of letters, digits and `._+-`.
pub(crate) fn set(content: &[u8], key: Key<'_>, value: &str) -> Result<Vec<u8>, Error> {
    let entries = yaml::parse(content)?;
    let find = |name: &str| entries.iter().find(|it| it.parent.is_none() && it.key.text == name);
    match key {
        Key::Top(name) => match find(name) {
            None => Ok(append_line(content, &entry(name, value))),
            Some(Entry { value: Some(old), .. }) => Ok(exchange(content, old, value)),
            Some(Entry { key, is_map: false, .. }) => fill(content, key, value),
            Some(Entry { key, .. }) => Err(at(key, "has keys below it where one value belongs")),
        },
        Key::Under(parent, name) => match find(parent) {
            None => {
                let content = append_line(content, &format!("{parent}:"));
                Ok(append_line(&content, &format!("{INDENT}{}", entry(name, value))))
            }
            Some(Entry { key, value: Some(_), .. }) => {
                Err(at(key, "has a value where keys below it belong"))
            }
            Some(Entry { is_map: true, .. }) => {
                Ok(set_in_map(content, &entries_below(&entries, parent), name, value))
            }
            Some(Entry { key, .. }) => {
                let line = line_around(content, key.range.start);
                Ok(insert_line(content, line.end, &format!("{INDENT}{}", entry(name, value))))
            }
        },
    }
}

/// Takes a key and its value away, and the map it was alone in; the content as it is where there is no such key.
///
/// None where nothing worth keeping is left.
pub(crate) fn remove(content: &[u8], key: Key<'_>) -> Result<Option<Vec<u8>>, Error> {
    let entries = yaml::parse(content)?;
    let is_removed = |entry: &&Entry<'_>| match key {
        Key::Top(name) => entry.parent.is_none() && !entry.is_map && entry.key.text == name,
        Key::Under(parent, name) if entry.parent == Some(parent) => is_same(&entry.key, name),
        Key::Under(parent, name) => {
            let map = entries_below(&entries, parent);
            let is_emptied = !map.is_empty() && map.iter().all(|it| is_same(&it.key, name));
            is_emptied && entry.parent.is_none() && entry.key.text == parent
        }
    };
    // From the end, so that places before stay right.
    let removed = entries.iter().filter(is_removed).rev();
    let content = removed.fold(content.to_vec(), |content, entry| {
        let line = line_around(&content, entry.key.range.start);
        replace(&content, line, b"")
    });
    let is_empty = is_empty(&content);
    Ok(unless(is_empty, content))
}

fn entries_below<'e, 'a>(entries: &'e [Entry<'a>], parent: &str) -> Vec<&'e Entry<'a>> {
    entries.iter().filter(|it| it.parent == Some(parent)).collect()
}

fn set_in_map(content: &[u8], map: &[&Entry<'_>], name: &str, value: &str) -> Vec<u8> {
    let same = map.iter().find(|it| is_same(&it.key, name));
    if let Some(old) = same.and_then(|it| it.value.as_ref()) {
        return exchange(content, old, value);
    }
    let Some(last) = map.last() else { return content.to_vec() };
    let line = line_around(content, last.key.range.start);
    let indent = String::from_utf8_lossy(&content[line.start..last.key.range.start]);
    insert_line(content, line.end, &format!("{indent}{}", entry(name, value)))
}

fn is_same(key: &Scalar<'_>, name: &str) -> bool {
    key.text.eq_ignore_ascii_case(name)
}

/// Quoted, since other YAML parsers take 1.20 for the number 1.2.
fn entry(name: &str, value: &str) -> String {
    format!("{name}: \"{value}\"")
}

/// Puts a value in the place and the quotes of another.
fn exchange(content: &[u8], old: &Scalar<'_>, value: &str) -> Vec<u8> {
    let new = match content[old.range.start] {
        quote @ (b'"' | b'\'') => [&[quote], value.as_bytes(), &[quote]].concat(),
        _ => value.as_bytes().to_vec(),
    };
    replace(content, old.range.clone(), &new)
}

/// Puts a value after a key that has none.
fn fill(content: &[u8], key: &Scalar<'_>, value: &str) -> Result<Vec<u8>, Error> {
    let after = &content[key.range.end..];
    let colon =
        after.iter().position(|byte| *byte == b':').ok_or_else(|| at(key, "has no colon"))?;
    let end = key.range.end + colon + 1;
    Ok(replace(content, end..end, format!(" \"{value}\"").as_bytes()))
}

fn at(key: &Scalar<'_>, message: &'static str) -> Error {
    let subject = Some(keep_text(key.text));
    Error { line: key.line, column: key.column, subject, message }
}

/// Whether a file says nothing any more, not even to a reader of its comments.
fn is_empty(content: &[u8]) -> bool {
    let says_nothing = |entry: &Entry<'_>| entry.parent.is_none() && entry.key.text == "format";
    let has_comment = content.contains(&b'#');
    !has_comment && yaml::parse(content).is_ok_and(|entries| entries.iter().all(says_nothing))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const GO: Key<'_> = Key::Top("go");
    const ALPINE: Key<'_> = Key::Under("distros", "alpine");

    fn set(content: &str, key: Key<'_>) -> String {
        let content = super::set(content.as_bytes(), key, "1.20").expect("edited");
        String::from_utf8(content).expect("text")
    }

    fn remove(content: &str, key: Key<'_>) -> Option<String> {
        let content = super::remove(content.as_bytes(), key).expect("edited");
        content.map(|content| String::from_utf8(content).expect("text"))
    }

    #[test]
    fn values_change_in_place() {
        for (content, expected) in [
            ("go: 1.22 # why\n", "go: 1.20 # why\n"),
            ("go: '1.22'\r\nx-a: b\r\n", "go: '1.20'\r\nx-a: b\r\n"),
            ("\u{feff}---\n# top\n\"go\" :   \"1.22\"", "\u{feff}---\n# top\n\"go\" :   \"1.20\""),
            ("go: # soon\n", "go: \"1.20\" # soon\n"),
            ("distros:\n  alpine: 1.2\ngo: ü\n", "distros:\n  alpine: 1.2\ngo: 1.20\n"),
        ] {
            assert_eq!(set(content, GO), expected, "{content:?}");
        }
    }

    #[test]
    fn new_values_get_a_line() {
        for (content, expected) in [
            ("", "go: \"1.20\"\n"),
            ("# c", "# c\ngo: \"1.20\"\n"),
            ("format: 1\r\n", "format: 1\r\ngo: \"1.20\"\r\n"),
            ("distros:\n  a: 1.2\n", "distros:\n  a: 1.2\ngo: \"1.20\"\n"),
        ] {
            assert_eq!(set(content, GO), expected, "{content:?}");
        }
    }

    #[test]
    fn entries_of_maps() {
        for (content, expected) in [
            ("", "distros:\n  alpine: \"1.20\"\n"),
            ("go: 1\r\n", "go: 1\r\ndistros:\r\n  alpine: \"1.20\"\r\n"),
            (
                "distros:\n    b: 1 # b\n\n# end\ngo: 1\n",
                "distros:\n    b: 1 # b\n    alpine: \"1.20\"\n\n# end\ngo: 1\n",
            ),
            ("distros:\n b: 1", "distros:\n b: 1\n alpine: \"1.20\"\n"),
            (
                "distros: # none\n  # a: 1\ngo: 1\n",
                "distros: # none\n  alpine: \"1.20\"\n  # a: 1\ngo: 1\n",
            ),
            ("distros:\n  Alpine: '1.1' # a\n", "distros:\n  Alpine: '1.20' # a\n"),
        ] {
            assert_eq!(set(content, ALPINE), expected, "{content:?}");
        }
    }

    #[test]
    fn what_is_not_of_that_shape_is_an_error_with_its_place() {
        for (content, key) in [("x-a: b\ngo:\n  a: 1\n", GO), ("x-a: b\ndistros: 1\n", ALPINE)] {
            let error = super::set(content.as_bytes(), key, "1.20").expect_err(content);
            assert_eq!((error.line, error.column), (2, 1));
        }
        assert_eq!(super::set(b"go: [1]", GO, "1.20").expect_err("a list").column, 5);
    }

    #[test]
    fn removing() {
        for (content, key, expected) in [
            ("go: 1\n", GO, None),
            ("format: 1\ngo: 1\n", GO, None),
            ("# why\ngo: 1\n", GO, Some("# why\n")),
            ("\u{feff}go: 1\r\nx-a: b\r\n", GO, Some("\u{feff}x-a: b\r\n")),
            ("x-a: b\ngo: 1", GO, Some("x-a: b\n")),
            ("go: 1\ndistros:\n  alpine: 1\n", ALPINE, Some("go: 1\n")),
            ("distros:\n  alpine: 1\n", ALPINE, None),
            ("distros:\n  b: 1\n  alpine: 1\n", ALPINE, Some("distros:\n  b: 1\n")),
            ("go: 1\n", ALPINE, Some("go: 1\n")),
        ] {
            assert_eq!(remove(content, key).as_deref(), expected, "{content:?}");
        }
    }

    /// Documents of our grammar with comments, blank lines, either line end and either kind of quotes.
    fn documents() -> impl Strategy<Value = String> {
        let value = prop_oneof!["[a-z0-9.]{1,5}", "\"[a-z: #]{0,5}\"", "'[a-z: #]{0,5}'"];
        let line = (value, prop_oneof![Just(""), Just(" # ü")]);
        let noise = prop_oneof![Just(""), Just("# comment"), Just("  # indented"), Just("   ")];
        let lines = proptest::collection::vec((0..6_usize, line, noise), 0..8);
        let shape = (lines, any::<bool>(), any::<bool>(), any::<bool>(), 1..4_usize);
        shape.prop_map(|(lines, crlf, mark, last, indent)| {
            let mut text = Vec::new();
            let mut in_map = false;
            for (index, (kind, (value, tail), noise)) in lines.into_iter().enumerate() {
                match kind {
                    0 => text.push(noise.to_owned()),
                    1 if !text.iter().any(|line: &String| line.starts_with("go:")) => {
                        text.push(format!("go: {value}{tail}"));
                        in_map = false;
                    }
                    2 if !text.iter().any(|line: &String| line.starts_with("distros:")) => {
                        text.push(format!("distros:{tail}"));
                        in_map = true;
                    }
                    3 if in_map && !text.iter().any(|line| line.contains(" alpine:")) => {
                        text.push(format!("{}alpine: {value}{tail}", " ".repeat(indent)));
                    }
                    4 if in_map => text.push(format!("{}k{index}: {value}", " ".repeat(indent))),
                    _ => {
                        text.push(format!("x-{index}: {value}{tail}"));
                        in_map = false;
                    }
                }
            }
            let mut text = text.join("\n");
            if last && !text.is_empty() {
                text.push('\n');
            }
            if crlf {
                text = text.replace('\n', "\r\n");
            }
            if mark { format!("\u{feff}{text}") } else { text }
        })
    }

    type Entries = Vec<(String, Option<String>, String)>;

    fn entries(content: &str) -> Entries {
        let entries = yaml::parse(content.as_bytes()).expect("in the grammar");
        let plain = entries.into_iter().filter_map(|entry| {
            let (key, value) = (entry.key.text.to_owned(), entry.value?.text.to_owned());
            Some(match entry.parent {
                None => (key, None, value),
                Some(parent) => (parent.to_owned(), Some(key), value),
            })
        });
        plain.collect()
    }

    proptest! {
        #[test]
        fn only_the_one_value_changes(content in documents(), nested in any::<bool>()) {
            let key = if nested { ALPINE } else { GO };
            let is_ours = |entry: &(String, Option<String>, String)| match key {
                Key::Top(name) => entry.0 == name,
                Key::Under(parent, name) => entry.0 == parent && entry.1.as_deref() == Some(name),
            };
            let split = |content: &str| -> (Entries, Entries) {
                entries(content).into_iter().partition(is_ours)
            };
            let (before, others) = split(&content);
            let edited = set(&content, key);
            let (after, others_after) = split(&edited);
            prop_assert_eq!(&others_after, &others);
            prop_assert_eq!(after.len(), 1);
            prop_assert_eq!(&after[0].2, "1.20");
            // Comments, blank lines and line ends: all text that was there is there, in order.
            if before.is_empty() {
                let mut rest = edited.as_bytes().iter();
                prop_assert!(content.bytes().all(|byte| rest.any(|there| *there == byte)));
            } else {
                prop_assert_eq!(edited.lines().count(), content.lines().count());
            }
            if content.contains('\n') {
                let is_crlf = |text: &str| text.matches('\n').count() == text.matches("\r\n").count();
                prop_assert_eq!(is_crlf(&edited), is_crlf(&content));
            }
            // And away again.
            if let Some(removed) = remove(&edited, key) {
                let (after, others_after) = split(&removed);
                prop_assert_eq!(others_after, others);
                prop_assert!(after.is_empty());
            } else {
                prop_assert!(others.is_empty());
            }
        }
    }
}
