//! Unpacks a module zip that is on this machine already.

use std::fs::File;

use super::arrival::Arrival;
use super::zip::MAXIMUM_SIZE;
use super::{Job, refused};
use crate::error::{During, Error};

impl Job<'_> {
    /// Unpacks `file`, which is the job's archive; the answer is its hash, of exactly the bytes that were written.
    ///
    /// Whoever owns the file may change it meanwhile: then the hash is another, or the archive is refused.
    pub(crate) fn unpack_kept(&self, file: File) -> Result<String, Error> {
        let total = file.metadata().during("read", self.archive)?.len();
        if total > MAXIMUM_SIZE {
            return Err(refused(format!("it is larger than {MAXIMUM_SIZE} bytes")));
        }
        self.unpack_whole(&Arrival::whole(file, self.archive), total)
    }
}
