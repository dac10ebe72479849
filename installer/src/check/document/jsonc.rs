//! JSON with comments and trailing commas, as devcontainer.json is written.

use std::rc::Rc;

use jsonc_parser::ast;
use jsonc_parser::common::Ranged;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};

use super::{Lines, Node, ParseError, Value};

/// The whole file.
pub(super) fn parse(content: &str) -> Result<Node, ParseError> {
    let parsed = parse_to_ast(content, &CollectOptions::default(), &ParseOptions::default())
        .map_err(|error| ParseError {
            line: Some(error.line_display()),
            message: error.kind().to_string(),
        })?;
    parsed
        .value
        .as_ref()
        .map_or_else(|| Ok(Node::default()), |value| node(&Lines::of(content), value))
}

fn node(lines: &Lines, value: &ast::Value<'_>) -> Result<Node, ParseError> {
    let line = lines.number(value.range().start);
    match value {
        ast::Value::StringLit(text) => Ok(Node::text_at(line, text.value.as_ref())),
        ast::Value::NumberLit(number) => Ok(Node::text_at(line, number.value)),
        ast::Value::Array(array) => {
            let items = array.elements.iter().map(|item| node(lines, item).map(Rc::new));
            Node::new(line, Value::List(items.collect::<Result<_, _>>()?))
        }
        ast::Value::Object(object) => {
            let entries = object.properties.iter().map(|property| {
                let key = property.name.as_str().to_owned();
                Ok((key, Rc::new(node(lines, &property.value)?)))
            });
            Node::new(line, Value::Map(entries.collect::<Result<_, ParseError>>()?))
        }
        ast::Value::BooleanLit(_) | ast::Value::NullKeyword(_) => Node::new(line, Value::Empty),
    }
}
