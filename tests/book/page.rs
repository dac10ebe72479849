//! A page of the book as the commands in it.

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// What a page has, in its order.
#[derive(Debug)]
pub(crate) enum Step {
    /// A new home directory: the words of the directive.
    Machine(Vec<String>),
    /// Another userland for the same home.
    Userland(String),
    /// A command.
    Command(Command),
}

/// A command, and what it must print.
#[derive(Debug)]
pub(crate) struct Command {
    /// Its line on the page, from 1.
    pub(crate) line: usize,
    /// The words, of several lines where they were continued.
    pub(crate) text: String,
    /// Whether readers see it: what others print is not looked at.
    pub(crate) is_shown: bool,
    /// Where its output stands among the lines of the page, from 0.
    pub(crate) output: Range<usize>,
}

/// A page.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) path: PathBuf,
    pub(crate) lines: Vec<String>,
    pub(crate) steps: Vec<Step>,
    fences: Vec<(usize, String)>,
}

enum Place {
    Prose,
    Console,
    OtherBlock,
    Before,
}

impl Page {
    pub(crate) fn read(path: &Path) -> Self {
        let text = fs::read_to_string(path).unwrap();
        let lines = text.lines().map(str::to_owned).collect();
        let mut page = Self { path: path.to_owned(), lines, steps: Vec::new(), fences: Vec::new() };
        page.scan();
        page
    }

    /// The languages of the blocks, with their lines from 1.
    pub(crate) fn fences(&self) -> &[(usize, String)] {
        &self.fences
    }

    /// What the page says that a command prints.
    pub(crate) fn expected(&self, command: &Command) -> String {
        self.lines[command.output.clone()].join("\n")
    }

    fn scan(&mut self) {
        let mut place = Place::Prose;
        for index in 0..self.lines.len() {
            let line = self.lines[index].clone();
            place = match place {
                Place::Prose => self.prose(index, &line),
                Place::OtherBlock | Place::Console if line.starts_with("```") => Place::Prose,
                Place::Before if line == "-->" => Place::Prose,
                Place::Console => {
                    self.console(index, &line);
                    Place::Console
                }
                Place::Before => {
                    self.command(index, &line, false);
                    Place::Before
                }
                Place::OtherBlock => Place::OtherBlock,
            };
        }
    }

    fn prose(&mut self, index: usize, line: &str) -> Place {
        if let Some(language) = line.strip_prefix("```") {
            self.fences.push((index + 1, language.to_owned()));
            return if language == "console" { Place::Console } else { Place::OtherBlock };
        }
        if line == "<!-- before:" {
            return Place::Before;
        }
        if let Some(directive) = line.strip_prefix("<!-- ") {
            let place = format!("{}:{}", self.path.display(), index + 1);
            let directive = directive.strip_suffix(" -->").unwrap_or_else(|| panic!("{place}"));
            self.steps.push(match directive.split_once(": ") {
                Some(("machine", words)) => {
                    Step::Machine(words.split(' ').map(str::to_owned).collect())
                }
                Some(("userland", name)) => Step::Userland(name.to_owned()),
                _ => panic!("{place}: no directive is called so"),
            });
        }
        Place::Prose
    }

    fn console(&mut self, index: usize, line: &str) {
        if let Some(text) = line.strip_prefix("$ ") {
            return self.command(index, text, true);
        }
        let place = format!("{}:{}", self.path.display(), index + 1);
        let Some(Step::Command(command)) = self.steps.last_mut() else {
            panic!("{place}: output of no command")
        };
        assert!(command.is_shown, "{place}: output of no command");
        command.output.end = index + 1;
        // Only straight after the command: what looks like it later is output.
        let continued = if line == ">" { Some("") } else { line.strip_prefix("> ") };
        if let (Some(text), 1) = (continued, command.output.len()) {
            command.text += &format!("\n{text}");
            command.output = index + 1..index + 1;
        }
    }

    fn command(&mut self, index: usize, text: &str, is_shown: bool) {
        let output = index + 1..index + 1;
        let command = Command { line: index + 1, text: text.to_owned(), is_shown, output };
        self.steps.push(Step::Command(command));
    }
}
