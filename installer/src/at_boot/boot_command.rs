//! A part of the `[boot] command` of wsl.conf that mounts what a task says, beside what others have there.
//!
//! WSL runs the command as `/bin/sh -c`, as the last step of a distro's start, when the file system that distros share is
//! there. Quotes open and close anywhere in a value: gowr's part is a quoted piece in front of what stands there, of which
//! no byte changes. In front, because nothing may be put behind a command that ends in `&` or `;`, and nothing behind a
//! comment, `exec` or a server is ever run.

use std::path::Path;

use crate::error::Error;
use crate::system_files::{plain_text, program};
use crate::wsl_conf::document::{Document, Entry};
use crate::wsl_conf::edit::{Refusal, add, quoted, remove_entry, remove_lines, replace};

use super::{Bind, Task, TaskName};

pub(super) const KEY: &str = "boot.command";
/// What a section, and what a file says that gowr has made.
const OWN_SECTION: &str = "added by gowr";
const OWN_FILE: &str = "added by gowr, with this file";
/// What stands between gowr's part and what follows.
const BETWEEN: &[u8] = b"; ";

fn begin(name: &TaskName) -> String {
    format!(": {name} begin; ")
}

fn end(name: &TaskName) -> String {
    format!("; : {name} end")
}

/// What the shell is to run. Each step looks first: one that is done is not done again.
pub(super) fn script(root: &Path, task: &Task) -> Result<String, Error> {
    let (mkdir, mount) = (program(root, "mkdir")?, program(root, "mount")?);
    let mut steps = Vec::new();
    for Bind { source, target } in &task.mounts {
        let word = |path| Ok(resolver::path::shell_quoted(plain_text(path)?.as_bytes()));
        let (source, target) = (word(source)?, word(target)?);
        steps.push(format!(
            "[ {source} -ef {target} ] || {{ {mkdir} -p {target} && {mount} --bind {source} {target}; }}"
        ));
    }
    Ok([&begin(&task.name), &*steps.join("; "), &end(&task.name)].concat())
}

/// A wsl.conf with this script in its command; none stands for no file.
pub(super) fn insert(
    content: Option<&[u8]>,
    name: &TaskName,
    script: &str,
) -> Result<Vec<u8>, Refusal> {
    let piece = quoted(script)?;
    // In a second line for the key it would be of no use.
    if let Some(content) = content
        && let Some(place) = places(content, name).first()
        && Document::parse(content).first(KEY) == Some(&place.entry)
        && content[place.entry.raw.clone()][place.from..place.to]
            == piece.as_bytes()[1..piece.len() - 1]
    {
        return Ok(content.to_vec());
    }
    let rest = content.map(|content| remove(content, name).unwrap_or(content.to_vec()));
    let rest = rest.unwrap_or_default();
    // Also where it is made once more, with nothing else in it.
    let is_own = content.is_none_or(|content| is_left_over(content, &rest));
    let note = if is_own { OWN_FILE } else { OWN_SECTION };
    let document = Document::parse(&rest);
    let Some(entry) = document.first(KEY) else {
        return add(&rest, &document, KEY, &piece, Some(note));
    };
    let piece = [&piece.as_bytes()[..piece.len() - 1], BETWEEN, b"\""].concat();
    Ok(replace(&rest, entry.raw.start..entry.raw.start, &piece))
}

/// A wsl.conf without the part of this name, byte for byte as it was before; none where it has no such part.
pub(super) fn remove(content: &[u8], name: &TaskName) -> Option<Vec<u8>> {
    let mut content = content.to_vec();
    let mut is_changed = false;
    while let Some(place) = places(&content, name).pop() {
        content = remove_at(&content, &place);
        is_changed = true;
    }
    is_changed.then_some(content)
}

/// Whether the file was made by gowr, and holds nothing any more.
pub(super) fn is_left_over(before: &[u8], after: &[u8]) -> bool {
    let document = Document::parse(before);
    let is_own = |line: &[u8]| line.trim_ascii_end().ends_with(OWN_FILE.as_bytes());
    after.is_empty() && document.sections.iter().any(|it| is_own(&before[it.whole.clone()]))
}

/// Where a part stands: from and to in the value as written, without quotes around it.
struct Place {
    entry: Entry,
    from: usize,
    to: usize,
}

/// All there are of this name; one more than the first are somebody's copies, and of no use either.
fn places(content: &[u8], name: &TaskName) -> Vec<Place> {
    let (begin, end) = (begin(name), end(name));
    let place = |entry: &Entry| {
        let raw = &content[entry.raw.clone()];
        let from = find(raw, begin.as_bytes())?;
        let to = from + find(&raw[from..], end.as_bytes())? + end.len();
        Some(Place { entry: entry.clone(), from, to })
    };
    Document::parse(content).all(KEY).filter_map(place).collect()
}

fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}

fn remove_at(content: &[u8], place: &Place) -> Vec<u8> {
    let raw = &content[place.entry.raw.clone()];
    let (mut before, mut after) = (&raw[..place.from], &raw[place.to..]);
    let is_followed = after.starts_with(BETWEEN);
    after = after.strip_prefix(BETWEEN).unwrap_or(after);
    if let (Some(opened), Some(closed)) = (before.strip_suffix(b"\""), after.strip_prefix(b"\"")) {
        (before, after) = (opened, closed);
    }
    if before.is_empty() && after.is_empty() && !is_followed {
        // The whole line is gowr's.
        let content = remove_entry(content, &place.entry);
        return without_own_section(&content, place.entry.section);
    }
    let mut left = [before, after].concat();
    // The line was made for this part, and other parts of gowr's were put in front of it: the last of them is the line's
    // reason now.
    if after.is_empty() && !is_followed && is_own_part_last(before) {
        let length = before.len() - 1 - BETWEEN.len();
        left.truncate(length);
        left.push(b'"');
    }
    replace(content, place.entry.raw.clone(), &left)
}

/// Whether a value as written ends with a part of gowr's and what stands between it and what follows.
fn is_own_part_last(raw: &[u8]) -> bool {
    let Some(raw) = raw.strip_suffix(b" end; \"") else { return false };
    let name = raw.rsplit(|byte| *byte == b' ').next().unwrap_or_default();
    name.starts_with(b"gowr-") && raw.ends_with(&[b"; : ", name].concat())
}

/// Takes a section's header out that gowr has made, when nothing is left below it.
fn without_own_section(content: &[u8], section: Option<usize>) -> Vec<u8> {
    let document = Document::parse(content);
    let Some(section) = section.filter(|section| *section < document.sections.len()) else {
        return content.to_vec();
    };
    let header = document.sections[section].whole.clone();
    let next = document.sections.get(section + 1).map_or(content.len(), |next| next.whole.start);
    let line = content[header.clone()].trim_ascii_end();
    let is_own = [OWN_SECTION, OWN_FILE].iter().any(|note| line.ends_with(note.as_bytes()));
    if is_own && content[header.end..next].is_empty() {
        return remove_lines(content, header);
    }
    content.to_vec()
}
