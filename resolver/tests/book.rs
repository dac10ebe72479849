//! The book's table of distros is the resolver's own.

use std::fs;
use std::path::Path;

use resolver::distro_go::{KNOWN, TABLE};

fn code(words: &str) -> String {
    let words: Vec<_> = words.split(' ').map(|word| format!("`{word}`")).collect();
    words.join(", ")
}

#[test]
fn places_of_distros() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/src/distros.md");
    let text = fs::read_to_string(page).expect("the page on distros");
    let (_, after) =
        text.split_once("| ID | places, best first |\n|---|---|\n").expect("its table");
    let rows: Vec<_> = after.lines().take_while(|line| line.starts_with('|')).collect();
    let mut expected: Vec<_> =
        TABLE.iter().map(|(ids, places)| format!("| {} | {} |", code(ids), code(places))).collect();
    expected.push(format!("| any other | {} |", code(KNOWN)));
    assert_eq!(rows, expected);
}

#[test]
fn each_id_once() {
    let mut ids: Vec<_> = TABLE.iter().flat_map(|(ids, _)| ids.split(' ')).collect();
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count);
}
