//! The book is true: every command in it is run here, in the order of its page, and prints what the page says.
//!
//! What a page needs stands in comments that no reader sees:
//!
//! ```text
//! <!-- machine: trixie go1.22.12 -->   a new home directory in a userland (host, trixie, bookworm, alpine), with gowr and
//!                                      real toolchains; `without-gowr` leaves gowr in ~/build instead;
//!                                      `podman` has images of Alpine and Debian, without a Go
//! <!-- userland: alpine -->            the same home directory in another userland
//! <!-- before:                         commands that are run and not shown
//! mkdir -p project/below
//! -->
//! ```
//!
//! Blocks marked `console` hold commands (`$ `, continued by `> `) and what they print, `[..]` and `...` standing for
//! anything. A command that fails is followed by `$ echo $?`. `SNAPSHOTS=overwrite` writes into the pages what was printed,
//! and `BOOK_PAGE=pins` runs those pages alone.

mod page;
mod session;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::thread;

use resolver::failure::Code;

use page::Page;

/// Pages that are run side by side: one waits for Go while the other runs it.
const WORKERS: usize = 2;

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

/// The README and every page of the book.
fn pages() -> Vec<PathBuf> {
    fn walk(directory: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                found.push(path);
            }
        }
    }
    let mut found = vec![repository().join("README.md")];
    walk(&repository().join("docs/src"), &mut found);
    found.sort();
    found
}

fn chapter(name: &str) -> String {
    fs::read_to_string(repository().join("docs/src").join(name)).unwrap()
}

#[test]
fn every_command_prints_what_the_book_says() {
    // For whoever writes one: the pages with this in their names.
    let wanted = std::env::var("BOOK_PAGE").unwrap_or_default();
    let is_wanted = |page: &PathBuf| page.file_name().unwrap().to_str().unwrap().contains(&wanted);
    let waiting = Mutex::new(pages().into_iter().filter(is_wanted).collect::<Vec<_>>());
    let problems = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                loop {
                    let Some(path) = waiting.lock().unwrap().pop() else { return };
                    let found = session::check(&Page::read(&path));
                    problems.lock().unwrap().extend(found);
                }
            });
        }
    });
    let problems = problems.into_inner().unwrap();
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
}

#[test]
fn commands_stand_only_where_they_are_run() {
    // Data and program text, and the two lines of the README that cannot be run inside of themselves.
    let allowed = ["console", "dockerfile", "go", "ini", "json", "text", "yaml"];
    for path in pages() {
        for (line, language) in Page::read(&path).fences() {
            let is_bootstrap = language == "sh" && path.ends_with("README.md");
            assert!(
                allowed.contains(&language.as_str()) || is_bootstrap,
                "{}:{line}: a block of `{language}` is checked by nothing",
                path.display()
            );
        }
    }
}

#[test]
fn every_chapter_is_in_the_table_of_contents() {
    let summary = chapter("SUMMARY.md");
    for path in pages() {
        let Ok(name) = path.strip_prefix(repository().join("docs/src")) else { continue };
        let name = name.to_str().unwrap();
        assert!(
            name == "SUMMARY.md" || summary.contains(&format!("({name})")),
            "{name} is not in SUMMARY.md"
        );
    }
}

#[test]
fn every_error_code_has_its_section() {
    let text = chapter("error-codes.md");
    let sections: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("## ")).collect();
    let codes = Code::ALL.map(|code| format!("`{}`", code.as_str()));
    assert_eq!(sections, codes, "the sections of error-codes.md, in the order of `Code::ALL`");
    for code in Code::ALL {
        let row = format!("| `{}` | {} |", code.as_str(), code.exit_status());
        assert!(chapter("exit-codes.md").contains(&row), "{row}");
    }
}
