//! YAML by the events of a real parser. An alias is the node itself, never a copy: aliases of aliases cost nothing.

use std::collections::HashMap;
use std::rc::Rc;

use granit_parser::{Event, Parser};

use super::{DEEPEST, Node, ParseError, Value, too_deep};

/// A list or map that is not at its end yet.
struct Open {
    line: usize,
    anchor: usize,
    is_map: bool,
    nodes: Vec<Rc<Node>>,
}

/// The first document.
pub(super) fn parse(content: &str) -> Result<Node, ParseError> {
    let mut open: Vec<Open> = Vec::new();
    let mut anchors: HashMap<usize, Rc<Node>> = HashMap::new();
    for next in Parser::new_from_str(content) {
        let (event, span) = next.map_err(|error| ParseError {
            line: Some(error.marker().line()),
            message: String::from("not well-formed YAML"),
        })?;
        let line = span.start.line();
        let (node, anchor) = match event {
            Event::Scalar(text, _, anchor, _) => (Rc::new(Node::text_at(line, text)), anchor),
            Event::Alias(anchor) => (anchors.get(&anchor).cloned().unwrap_or_default(), 0),
            Event::SequenceStart(..) | Event::MappingStart(..) => {
                if open.len() == DEEPEST {
                    return Err(too_deep(line));
                }
                let anchor = event.anchor_id().unwrap_or(0);
                let is_map = matches!(event, Event::MappingStart(..));
                open.push(Open { line, anchor, is_map, nodes: Vec::new() });
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let Some(Open { line, anchor, is_map, nodes }) = open.pop() else { continue };
                let value = if is_map { map(nodes) } else { Value::List(nodes) };
                (Rc::new(Node::new(line, value)?), anchor)
            }
            Event::DocumentEnd => break,
            _ => continue,
        };
        if anchor != 0 {
            anchors.insert(anchor, Rc::clone(&node));
        }
        let Some(parent) = open.last_mut() else {
            drop(anchors);
            return Ok(Rc::try_unwrap(node).unwrap_or_default());
        };
        parent.nodes.push(node);
    }
    Ok(Node::default())
}

/// Keys and values in turn. A key that is no text is left out; so is what `<<` would merge.
fn map(nodes: Vec<Rc<Node>>) -> Value {
    let mut entries = Vec::with_capacity(nodes.len() / 2);
    let mut nodes = nodes.into_iter();
    while let (Some(key), Some(value)) = (nodes.next(), nodes.next()) {
        if let Some(key) = key.text() {
            entries.push((key.to_owned(), value));
        }
    }
    Value::Map(entries)
}
