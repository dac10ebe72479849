//! TOML, by the parser of cargo.

use std::rc::Rc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Lines, Node, ParseError, Value};

/// The whole file.
pub(super) fn parse(content: &str) -> Result<Node, ParseError> {
    let lines = Lines::of(content);
    let table = DeTable::parse(content).map_err(|error| ParseError {
        line: error.span().map(|span| lines.number(span.start)),
        message: error.message().to_owned(),
    })?;
    map(&lines, 1, table.get_ref())
}

fn map(lines: &Lines, line: usize, table: &DeTable<'_>) -> Result<Node, ParseError> {
    let entries = table
        .iter()
        .map(|(key, value)| {
            let line = lines.number(key.span().start);
            Ok((key.get_ref().to_string(), Rc::new(node(lines, line, value)?)))
        })
        .collect::<Result<_, ParseError>>()?;
    Node::new(line, Value::Map(entries))
}

fn node(lines: &Lines, line: usize, value: &Spanned<DeValue<'_>>) -> Result<Node, ParseError> {
    // A table of several lines starts where its key is; all else where it stands itself.
    let own_line = lines.number(value.span().start);
    match value.get_ref() {
        DeValue::String(text) => Ok(Node::text_at(own_line, text.as_ref())),
        DeValue::Integer(number) => Ok(Node::text_at(own_line, number.to_string())),
        DeValue::Float(number) => Ok(Node::text_at(own_line, number.to_string())),
        DeValue::Array(items) => {
            let items = items.iter().map(|item| node(lines, own_line, item).map(Rc::new));
            Node::new(own_line, Value::List(items.collect::<Result<_, _>>()?))
        }
        DeValue::Table(table) => map(lines, line, table),
        DeValue::Boolean(_) | DeValue::Datetime(_) => Node::new(own_line, Value::Empty),
    }
}
