//! Our reading of a file beside that of a YAML parser; the fuzz target of the grammar uses it too.

use granit_parser::{Event, Parser, ScalarStyle};
use resolver::yaml::{self, Entry, Scalar};
use std::ops::Range;

/// A YAML node without tags: all that our grammar has.
#[derive(Clone, Debug, PartialEq)]
enum Node {
    Text(String, Range<usize>),
    Empty,
    Map(Vec<(Node, Node)>),
}

/// The one document in `content` as the YAML parser sees it.
fn reference(content: &str) -> Result<Node, String> {
    let mut maps: Vec<Vec<Node>> = Vec::new();
    let mut root = None;
    for next in Parser::new_from_str(content) {
        let (event, span) = next.map_err(|error| error.to_string())?;
        let node = match event {
            Event::Scalar(text, style, 0, None) => {
                let range = span.byte_range().ok_or("a parser of text knows its bytes")?;
                if style == ScalarStyle::Plain && range.is_empty() {
                    Node::Empty
                } else {
                    Node::Text(text.into_owned(), range)
                }
            }
            Event::MappingStart(_, 0, None) => {
                maps.push(Vec::new());
                continue;
            }
            Event::MappingEnd => {
                let nodes = maps.pop().ok_or("a map ends that never began")?;
                let pairs = nodes.chunks(2).map(|pair| (pair[0].clone(), pair[1].clone()));
                Node::Map(pairs.collect())
            }
            Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => continue,
            Event::DocumentStart(..) if root.is_none() => continue,
            other => return Err(format!("{other:?}")),
        };
        match maps.last_mut() {
            Some(map) => map.push(node),
            None if root.is_none() => root = Some(node),
            None => return Err("a second document".into()),
        }
    }
    Ok(root.unwrap_or(Node::Empty))
}

/// The map of a key, or of the first level.
fn map_of(entries: &[Entry<'_>], parent: Option<&str>) -> Node {
    let text = |scalar: &Scalar<'_>| Node::Text(scalar.text.into(), scalar.range.clone());
    let pairs = entries.iter().filter(|entry| entry.parent == parent).map(|entry| {
        let value = match &entry.value {
            Some(value) => text(value),
            None if entry.is_map => map_of(entries, Some(entry.key.text)),
            None => Node::Empty,
        };
        (text(&entry.key), value)
    });
    Node::Map(pairs.collect())
}

fn node_of(entries: &[Entry<'_>]) -> Node {
    if entries.is_empty() { Node::Empty } else { map_of(entries, None) }
}

/// Checks one file against the YAML parser, and the places in it; says whether it was accepted.
pub(crate) fn agree(content: &str) -> bool {
    let Ok(entries) = yaml::parse(content.as_bytes()) else { return false };
    match reference(content) {
        Ok(node) => assert_eq!(node_of(&entries), node, "{content:?}"),
        Err(error) => panic!("a YAML parser refuses {content:?}: {error}"),
    }
    for entry in &entries {
        check_place(content, &entry.key);
        if let Some(value) = &entry.value {
            check_place(content, value);
        }
    }
    true
}

/// The range holds the text, and line and column lead to it.
fn check_place(content: &str, scalar: &Scalar<'_>) {
    let written = &content[scalar.range.clone()];
    let forms = ["", "'", "\""].map(|quote| format!("{quote}{}{quote}", scalar.text));
    assert!(forms.contains(&written.to_string()), "{scalar:?} in {content:?}");
    let text = content.strip_prefix('\u{feff}').unwrap_or(content);
    let line = text.split('\n').nth(scalar.line as usize - 1);
    let line = line.map(|line| line.strip_suffix('\r').unwrap_or(line));
    assert_eq!(line, Some(scalar.source), "{content:?}");
    let from: String = scalar.source.chars().skip(scalar.column as usize - 1).collect();
    assert!(from.starts_with(written), "{scalar:?} in {content:?}");
}
