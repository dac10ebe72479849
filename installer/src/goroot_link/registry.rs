//! Which paths were made to lead to a GOROOT: `goroot-links/<key>` in gowr's home, a line a link.
//!
//! ```text
//! link<TAB>default<TAB>/opt/go-sdk<TAB>/home/u/.local/share/gowr/toolchains/go1.22.12<TAB>/usr/lib/go-1.22
//! ```
//!
//! How, what it follows, the path, where it was made to lead, and where it led before, if anywhere.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, lchown};
use std::path::{Path, PathBuf};

use super::{Follows, GorootLink, Kind};
use crate::atomic::{self, NewFile, sync_directory};
use crate::edit;
use crate::error::{During, Error};
use crate::staging::Work;
use crate::store::{Home, Key, Made};

/// The directory in gowr's home.
const DIRECTORY: &str = "goroot-links";
/// The lock of whoever changes them.
const WORK: &str = "goroot-links";

/// The links of one userland, while nobody else changes them.
pub(super) struct Registry {
    file: PathBuf,
    links: Vec<GorootLink>,
    owner: Option<(u32, u32)>,
    _work: Work,
}

impl Registry {
    pub(super) fn open(home: &Home, here: &Key) -> Result<Self, Error> {
        let work = Work::begin_short(home, WORK)?;
        let owner = fs::metadata(home.path()).ok().map(|home| (home.uid(), home.gid()));
        Ok(Self { file: file(home, here), links: read(home, here)?, owner, _work: work })
    }

    pub(super) fn find(&self, path: &Path) -> Option<&GorootLink> {
        self.links.iter().find(|link| link.path == path)
    }

    pub(super) fn put(&mut self, link: GorootLink) -> Result<(), Error> {
        match self.links.iter_mut().find(|known| known.path == link.path) {
            Some(known) => *known = link,
            None => self.links.push(link),
        }
        self.write()
    }

    pub(super) fn remove(&mut self, path: &Path) -> Result<(), Error> {
        self.links.retain(|link| link.path != path);
        self.write()
    }

    fn write(&self) -> Result<(), Error> {
        let directory = atomic::parent(&self.file);
        if self.links.is_empty() {
            atomic::sweep(&self.file);
            match fs::remove_file(&self.file) {
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                removed => removed.during("remove", &self.file)?,
            }
            sync_directory(directory);
            // If that was the last userland's.
            let _ = fs::remove_dir(directory);
            return Ok(());
        }
        let made = Made::in_home(directory.to_path_buf())?;
        let content: Vec<u8> = self.links.iter().flat_map(line).collect();
        atomic::replace_file(&self.file, &content, NewFile::Plain)?;
        // Root may have mounted; what is in a home belongs to whom the home belongs to.
        if let Some((user, group)) = self.owner {
            let _ = lchown(made.path(), Some(user), Some(group));
            let _ = lchown(&self.file, Some(user), Some(group));
        }
        Ok(())
    }
}

/// What is remembered; what cannot be understood is passed over.
pub(super) fn read(home: &Home, here: &Key) -> Result<Vec<GorootLink>, Error> {
    let content = edit::read(&file(home, here))?.unwrap_or_default();
    Ok(content.split(|byte| *byte == b'\n').filter_map(parse).collect())
}

/// Whether a path can stand in a line.
pub(super) fn can_hold(path: &Path) -> bool {
    !path.as_os_str().as_bytes().iter().any(|byte| matches!(byte, b'\n' | b'\t'))
}

fn file(home: &Home, here: &Key) -> PathBuf {
    home.path().join(DIRECTORY).join(here.as_str())
}

fn line(link: &GorootLink) -> Vec<u8> {
    let (kind, follows) = (link.kind.as_str(), link.follows.to_string());
    let bytes = |path: &'_ Path| path.as_os_str().as_bytes().to_vec();
    let former = link.former.as_deref().filter(|former| can_hold(former)).map(bytes);
    let fields = [
        kind.as_bytes().to_vec(),
        follows.into_bytes(),
        bytes(&link.path),
        bytes(&link.goroot),
        former.unwrap_or_default(),
    ];
    [fields.join(&b'\t'), b"\n".to_vec()].concat()
}

fn parse(line: &[u8]) -> Option<GorootLink> {
    let mut fields = line.split(|byte| *byte == b'\t');
    let kind = match fields.next()? {
        b"link" => Kind::Link,
        b"bind" => Kind::Bind,
        _ => return None,
    };
    let follows = Follows::parse(std::str::from_utf8(fields.next()?).ok()?)?;
    let mut path = || Some(PathBuf::from(OsStr::from_bytes(fields.next()?)));
    let (place, goroot, former) = (path()?, path()?, path()?);
    let former = Some(former).filter(|former| !former.as_os_str().is_empty());
    Some(GorootLink { path: place, kind, follows, goroot, former })
}
