//! The newest signed tree head seen of each checksum database: what a log must extend from now on.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::note::Verifier;
use crate::atomic::{self, NewFile};
use crate::error::{During, Error};

/// Where the newest head of one database is kept.
#[derive(Debug)]
pub(crate) struct Heads {
    directory: PathBuf,
    file: PathBuf,
}

impl Heads {
    pub(crate) fn new(directory: &Path, verifier: &Verifier) -> Self {
        // `+` is in no database's name; the key's hash keeps the logs of two keys apart.
        let name = format!("{}+{}", verifier.name().replace('/', "+"), verifier.hash());
        Self { directory: directory.to_path_buf(), file: directory.join(name) }
    }

    /// The signed note that was kept.
    pub(crate) fn read(&self) -> Result<Option<Vec<u8>>, Error> {
        match fs::read(&self.file) {
            Ok(note) => Ok(Some(note)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).during("read", &self.file),
        }
    }

    /// Keeps `new`, unless what is kept is no longer `old`; says whether it did.
    pub(crate) fn replace(&self, old: Option<&[u8]>, new: &[u8]) -> Result<bool, Error> {
        fs::create_dir_all(&self.directory).during("create the directory", &self.directory)?;
        let lock = File::open(&self.directory).during("read", &self.directory)?;
        // A file system without locks: the rename is still whole, only two writers at once may lose the newer head.
        let _ = lock.lock();
        if self.read()?.as_deref() != old {
            return Ok(false);
        }
        atomic::replace_file(&self.file, new, NewFile::Plain)?;
        Ok(true)
    }

    /// Keeps, beside the head, what proves that the database misbehaved; the answer is the file.
    pub(crate) fn keep_proof(&self, proof: &[u8]) -> Result<PathBuf, Error> {
        let mut file = self.file.clone().into_os_string();
        file.push("+misbehavior");
        let file = PathBuf::from(file);
        fs::create_dir_all(&self.directory).during("create the directory", &self.directory)?;
        atomic::replace_file(&file, proof, NewFile::Plain)?;
        Ok(file)
    }

    /// The file, to name it in messages.
    pub(crate) fn file(&self) -> &Path {
        &self.file
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;
    use crate::services::DEFAULT_GOSUMDB_KEY;

    #[test]
    fn kept_only_in_place_of_what_was_seen() {
        let directory = tempfile::tempdir().expect("a directory");
        let verifier = Verifier::parse(DEFAULT_GOSUMDB_KEY).expect("a key");
        let heads = Heads::new(&directory.path().join("a/b"), &verifier);
        assert_eq!(heads.read().expect("read"), None);
        assert!(!heads.replace(Some(b"old"), b"new").expect("tried"), "there is no old one");
        assert!(heads.replace(None, b"1").expect("kept"));
        assert!(!heads.replace(None, b"2").expect("tried"), "there is one now");
        assert!(heads.replace(Some(b"1"), b"2").expect("kept"));
        assert_eq!(heads.read().expect("read").as_deref(), Some(&b"2"[..]));
        assert!(heads.file().ends_with("a/b/sum.golang.org+033de0ae"));
    }

    #[test]
    fn of_many_at_once_one_comes_first() {
        let directory = tempfile::tempdir().expect("a directory");
        let verifier = Verifier::parse(DEFAULT_GOSUMDB_KEY).expect("a key");
        let heads = Heads::new(directory.path(), &verifier);
        let kept = thread::scope(|scope| {
            let keep = |number: u8| heads.replace(None, &[number]).expect("tried");
            let threads: Vec<_> = (0..8).map(|number| scope.spawn(move || keep(number))).collect();
            threads.into_iter().map(|thread| thread.join().expect("no panic")).collect::<Vec<_>>()
        });
        assert_eq!(kept.iter().filter(|kept| **kept).count(), 1);
    }
}
