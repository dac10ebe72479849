//! gowr's lines in a file that belongs to someone else: put at its end, and taken out again without a trace.
//!
//! What must be known to restore the file byte for byte is said in the first line of the block itself, so that it
//! travels with the file.

const OPENING: &str = "# >>> gowr setup";
const OPENING_END: &str = " >>>";
const CLOSING: &[u8] = b"# <<< gowr setup <<<";
const NOTICE: &str =
    "# `gowr setup` keeps these lines last; `gowr setup --remove` takes them out again.";

const NEW_FILE: &str = "new file";
const NEW_DIRECTORIES: &str = "new directories: ";
const FINAL_NEWLINE: &str = "final newline added";

/// What a block remembers of the file before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Origin {
    /// There was no file.
    pub(super) is_new: bool,
    /// How many directories above it were made for it.
    pub(super) new_directories: usize,
}

/// A file without its block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Restored {
    /// The content.
    pub(super) content: Vec<u8>,
    /// What the block remembered.
    pub(super) origin: Origin,
}

/// A block that begins on this line, counted from 1, and does not end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unclosed(pub(super) u32);

/// The content with a block around `lines` at its end, and no other.
///
/// `origin` is that of a file that has no block yet; an older block knows better.
pub(super) fn insert(content: &[u8], lines: &[u8], origin: Origin) -> Result<Vec<u8>, Unclosed> {
    let (mut content, origin) = match remove(content)? {
        Some(restored) => (restored.content, restored.origin),
        None => (content.to_vec(), origin),
    };
    let mut notes = Vec::new();
    if origin.is_new {
        notes.push(NEW_FILE.to_owned());
    }
    if origin.new_directories > 0 {
        notes.push(format!("{NEW_DIRECTORIES}{}", origin.new_directories));
    }
    if content.last().is_some_and(|last| *last != b'\n') {
        content.push(b'\n');
        notes.push(FINAL_NEWLINE.to_owned());
    }
    let notes = if notes.is_empty() { String::new() } else { format!(" ({})", notes.join(", ")) };
    content.extend_from_slice(format!("{OPENING}{notes}{OPENING_END}\n{NOTICE}\n").as_bytes());
    content.extend_from_slice(lines);
    content.extend_from_slice(CLOSING);
    content.push(b'\n');
    Ok(content)
}

/// The content as it was before its block, or none where there is no block.
pub(super) fn remove(content: &[u8]) -> Result<Option<Restored>, Unclosed> {
    let mut restored = Restored { content: Vec::new(), origin: Origin::default() };
    let mut notes = None;
    let mut has_block = false;
    let mut opened = 0;
    for (line, number) in content.split_inclusive(|byte| *byte == b'\n').zip(1..) {
        if notes.is_none() {
            notes = opening(line);
            if notes.is_some() {
                opened = number;
            } else {
                restored.content.extend_from_slice(line);
            }
        } else if line.trim_ascii_end() == CLOSING {
            let notes = notes.take().unwrap_or_default();
            has_block = true;
            restored.origin.is_new |= notes.is_new;
            restored.origin.new_directories += notes.new_directories;
            let is_last = line.as_ptr_range().end == content.as_ptr_range().end;
            // With text after the block, that text needs the line end.
            if notes.final_newline && is_last && restored.content.last() == Some(&b'\n') {
                restored.content.pop();
            }
        }
    }
    match notes {
        Some(_) => Err(Unclosed(opened)),
        None => Ok(has_block.then_some(restored)),
    }
}

/// Whether a line begins a block.
pub(super) fn is_opening(line: &[u8]) -> bool {
    opening(line).is_some()
}

/// Whether a line ends a block.
pub(super) fn is_closing(line: &[u8]) -> bool {
    line.trim_ascii_end() == CLOSING
}

#[derive(Default)]
struct Notes {
    is_new: bool,
    new_directories: usize,
    final_newline: bool,
}

fn opening(line: &[u8]) -> Option<Notes> {
    let text = std::str::from_utf8(line.trim_ascii_end()).ok()?;
    let text = text.strip_prefix(OPENING)?.strip_suffix(OPENING_END)?;
    let mut notes = Notes::default();
    if text.is_empty() {
        return Some(notes);
    }
    for note in text.strip_prefix(" (")?.strip_suffix(')')?.split(", ") {
        match note.strip_prefix(NEW_DIRECTORIES) {
            Some(count) => notes.new_directories = count.parse().ok()?,
            None if note == NEW_FILE => notes.is_new = true,
            None if note == FINAL_NEWLINE => notes.final_newline = true,
            None => return None,
        }
    }
    Some(notes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LINES: &[u8] = b"lines\n";

    fn insert(content: &[u8]) -> Vec<u8> {
        super::insert(content, LINES, Origin::default()).expect("inserted")
    }

    fn removed(content: &[u8]) -> Vec<u8> {
        remove(content).expect("no open block").expect("a block").content
    }

    #[test]
    fn a_block_is_plain_to_see() {
        let content = String::from_utf8(insert(b"export A=1")).expect("text");
        let expected = "export A=1\n\
            # >>> gowr setup (final newline added) >>>\n\
            # `gowr setup` keeps these lines last; `gowr setup --remove` takes them out again.\n\
            lines\n\
            # <<< gowr setup <<<\n";
        assert_eq!(content, expected);
    }

    #[test]
    fn a_new_file_is_remembered() {
        let origin = Origin { is_new: true, new_directories: 2 };
        let content = super::insert(b"", LINES, origin).expect("inserted");
        assert!(content.starts_with(b"# >>> gowr setup (new file, new directories: 2) >>>\n"));
        let edited = [b"mine\n", &content[..]].concat();
        let again = super::insert(&edited, LINES, Origin::default()).expect("inserted");
        let restored = remove(&again).expect("no open block").expect("a block");
        assert_eq!(restored, Restored { content: b"mine\n".to_vec(), origin });
    }

    #[test]
    fn lines_added_after_the_block_stay_lines() {
        let content = [&insert(b"before")[..], b"after"].concat();
        assert_eq!(removed(&content), b"before\nafter");
        let moved = insert(&content);
        assert_eq!(removed(&moved), b"before\nafter");
        assert!(moved.starts_with(b"before\nafter\n# >>>"), "the block is last again");
    }

    #[test]
    fn an_open_block_is_an_error() {
        let content = b"a\n# >>> gowr setup >>>\nlines\n";
        assert_eq!(remove(content), Err(Unclosed(2)));
        assert_eq!(super::insert(content, LINES, Origin::default()), Err(Unclosed(2)));
    }

    #[test]
    fn line_ends_of_an_editor_do_no_harm() {
        let content = insert(b"a\n");
        let windows = String::from_utf8(content).expect("text").replace('\n', "\r\n");
        assert_eq!(removed(windows.as_bytes()), b"a\r\n");
    }

    proptest! {
        #[test]
        fn without_a_trace(content in proptest::collection::vec(
            prop_oneof![Just(b'\n'), Just(b'\r'), Just(b'#'), Just(b' '), any::<u8>()], 0..200))
        {
            prop_assert_eq!(remove(&content), Ok(None));
            let once = insert(&content);
            prop_assert!(once.starts_with(&content));
            prop_assert_eq!(&insert(&once), &once);
            prop_assert_eq!(removed(&once), content);
        }

        #[test]
        fn edits_around_the_block_survive(
            before in "[a-z#\n]{0,20}", added_before in "[a-z#]{0,10}\n", added_after in "[a-z#\n]{0,20}",
        ) {
            let once = insert(before.as_bytes());
            let edited = [added_before.as_bytes(), &once, added_after.as_bytes()].concat();
            let newline = if added_after.is_empty() || before.is_empty() || before.ends_with('\n') { "" } else { "\n" };
            let expected = [&added_before[..], &before, newline, &added_after].concat();
            prop_assert_eq!(removed(&edited), expected.as_bytes());
            let again = insert(&edited);
            prop_assert!(again.ends_with(b"# <<< gowr setup <<<\n"));
            prop_assert_eq!(removed(&again), expected.as_bytes());
        }
    }
}
