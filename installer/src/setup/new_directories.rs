//! A file that is the only thing in directories made for it: they come and go with it, in one rename.
//!
//! Made one by one they could not be told from the person's own after a kill, and would stay for ever.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use crate::atomic::{self, TemporaryDirectory, sync_directory};
use crate::error::{During, Error};

/// Makes a file that does not exist, and the directories above it that are missing: `count` of them.
///
/// Whether it did: not where somebody makes one of them at the same time.
pub(super) fn create(file: &Path, count: usize, content: &[u8]) -> Result<bool, Error> {
    let Some(outermost) = outermost(file, count) else { return Ok(false) };
    let staged = TemporaryDirectory::beside(outermost)?;
    let below = file.strip_prefix(outermost).unwrap_or(file);
    let made = staged.path().join(below);
    let write = || {
        fs::create_dir_all(atomic::parent(&made))?;
        let mut made = fs::File::create_new(&made)?;
        made.write_all(content)?;
        made.sync_all()
    };
    write().during("write", file)?;
    for directory in made.ancestors().skip(1).take(count) {
        sync_directory(directory);
    }
    match fs::rename(staged.path(), outermost) {
        Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => return Ok(false),
        result => result.during("create the directory", outermost)?,
    }
    sync_directory(atomic::parent(outermost));
    Ok(true)
}

/// Removes a file and those of the `count` directories above it, which were made for it, that hold nothing else.
///
/// Whether it did: not where there is no such directory.
pub(super) fn remove(file: &Path, count: usize) -> Result<bool, Error> {
    let directories = file.ancestors().skip(1).take(count);
    let count = directories.take_while(|directory| has_one_entry(directory)).count();
    let Some(outermost) = outermost(file, count) else { return Ok(false) };
    // A directory can take the place of an empty one.
    let place = TemporaryDirectory::beside(outermost)?;
    fs::rename(outermost, place.path()).during("remove", outermost)?;
    sync_directory(atomic::parent(outermost));
    let (place, below) = (place.keep(), file.strip_prefix(outermost).unwrap_or(file));
    let moved = place.join(below);
    fs::remove_file(&moved).during("remove", &moved)?;
    for directory in moved.ancestors().skip(1).take(count) {
        match fs::remove_dir(directory) {
            Ok(()) => {}
            // Somebody put something there meanwhile.
            Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => {
                fs::rename(&place, outermost).during("put back", outermost)?;
                break;
            }
            // Out of the way it is, and the next `sweep` tries again.
            Err(_) => break,
        }
    }
    Ok(true)
}

/// Takes away what a killed process left of either.
pub(super) fn sweep(file: &Path) {
    for path in file.ancestors().skip(1).filter(|path| path.file_name().is_some()) {
        atomic::sweep(path);
    }
}

fn outermost(file: &Path, count: usize) -> Option<&Path> {
    file.ancestors().nth(count).filter(|_| count > 0)
}

fn has_one_entry(directory: &Path) -> bool {
    fs::read_dir(directory).is_ok_and(|entries| entries.take(2).count() == 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::names;

    #[test]
    fn they_come_and_go_with_the_file() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = |path: &str| directory.path().join(path);
        let file = path("a/b/file");
        assert!(!create(&file, 0, b"content").expect("nothing to make"));
        assert!(create(&file, 2, b"content").expect("made"));
        assert_eq!(fs::read(&file).expect("read"), b"content");
        assert_eq!(names(directory.path()).expect("listed"), ["a"]);
        assert!(remove(&file, 2).expect("removed"));
        assert_eq!(names(directory.path()).expect("listed"), [""; 0]);
    }

    #[test]
    fn what_others_put_there_stays() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = |path: &str| directory.path().join(path);
        let file = path("a/b/file");
        fs::create_dir_all(path("a/b")).expect("made");
        fs::write(path("a/theirs"), "").expect("written");
        assert!(!create(&file, 2, b"content").expect("not made"));
        fs::write(&file, "").expect("written");
        assert!(remove(&file, 2).expect("removed"));
        assert_eq!(names(directory.path()).expect("listed"), ["a"]);
        assert_eq!(names(&path("a")).expect("listed"), ["theirs"]);
        fs::create_dir(path("a/b")).expect("made");
        fs::write(&file, "").expect("written");
        fs::write(path("a/b/theirs"), "").expect("written");
        assert!(!remove(&file, 2).expect("left to the caller"));
        assert!(file.exists());
    }

    #[test]
    fn leftovers_of_the_killed_are_swept() {
        let directory = tempfile::tempdir().expect("a directory");
        let left = directory.path().join(".a.gowr-dead/b");
        fs::create_dir_all(&left).expect("made");
        fs::write(left.join("file"), "half").expect("written");
        sweep(&directory.path().join("a/b/file"));
        assert_eq!(names(directory.path()).expect("listed"), [""; 0]);
    }
}
