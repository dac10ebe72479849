//! YAML, TOML and JSON with comments as one small tree, in which every text knows its line.

use std::rc::Rc;

mod jsonc;
mod toml;
mod yaml;

/// No file that people write is nested deeper; more would be a bomb.
const DEEPEST: usize = 64;

/// A value in a file.
#[derive(Debug, Default)]
pub(super) struct Node {
    /// Where it starts, from 1.
    pub(super) line: usize,
    /// How many levels are in it.
    height: usize,
    value: Value,
}

#[derive(Debug, Default)]
enum Value {
    /// A scalar as written, without quotes: `1.20` is not the number 1.2.
    Text(String),
    List(Vec<Rc<Node>>),
    Map(Vec<(String, Rc<Node>)>),
    #[default]
    Empty,
}

/// Which language a file is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    Yaml,
    Toml,
    JsonWithComments,
}

/// Why a file cannot be read, and the line, where that is known.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ParseError {
    pub(super) line: Option<usize>,
    pub(super) message: String,
}

/// Reads a whole file.
pub(super) fn parse(language: Language, content: &str) -> Result<Node, ParseError> {
    let content = content.strip_prefix('\u{feff}').unwrap_or(content);
    match language {
        Language::Yaml => yaml::parse(content),
        Language::Toml => toml::parse(content),
        Language::JsonWithComments => jsonc::parse(content),
    }
}

impl Node {
    fn text_at(line: usize, text: impl Into<String>) -> Self {
        Self { line, height: 1, value: Value::Text(text.into()) }
    }

    fn new(line: usize, value: Value) -> Result<Self, ParseError> {
        let below = match &value {
            Value::List(items) => items.iter().map(|item| item.height).max(),
            Value::Map(entries) => entries.iter().map(|(_, node)| node.height).max(),
            Value::Text(_) | Value::Empty => None,
        };
        let height = 1 + below.unwrap_or(0);
        if height > DEEPEST {
            return Err(too_deep(line));
        }
        Ok(Self { line, height, value })
    }

    /// The value of a key; of one that stands there twice the last, as most readers have it.
    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        self.entries().rev().find(|(name, _)| *name == key).map(|(_, node)| node)
    }

    /// The value behind several keys.
    pub(super) fn at(&self, keys: &[&str]) -> Option<&Self> {
        keys.iter().try_fold(self, |node, key| node.get(key))
    }

    /// The text of a scalar.
    pub(super) fn text(&self) -> Option<&str> {
        if let Value::Text(text) = &self.value { Some(text) } else { None }
    }

    /// What is in a list; nothing where it is none.
    pub(super) fn items(&self) -> impl Iterator<Item = &Self> {
        let items = if let Value::List(items) = &self.value { &items[..] } else { &[] };
        items.iter().map(AsRef::as_ref)
    }

    /// What is in a list, or the value itself where it is none.
    pub(super) fn one_or_more(&self) -> Vec<&Self> {
        if let Value::List(_) = self.value { self.items().collect() } else { vec![self] }
    }

    /// The keys of a map with their values; nothing where it is none.
    pub(super) fn entries(&self) -> impl DoubleEndedIterator<Item = (&str, &Self)> {
        let entries = if let Value::Map(entries) = &self.value { &entries[..] } else { &[] };
        entries.iter().map(|(key, node)| (key.as_str(), node.as_ref()))
    }
}

fn too_deep(line: usize) -> ParseError {
    ParseError { line: Some(line), message: format!("nested more than {DEEPEST} levels deep") }
}

/// Where the lines of a text begin.
struct Lines(Vec<usize>);

impl Lines {
    fn of(content: &str) -> Self {
        let ends = content.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        Self(ends.map(|(offset, _)| offset).collect())
    }

    /// The number of the line that holds this byte.
    fn number(&self, offset: usize) -> usize {
        1 + self.0.partition_point(|end| *end < offset)
    }
}

#[cfg(test)]
mod tests;
