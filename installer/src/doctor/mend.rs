//! What `gowr doctor --fix` does: only what is safe, can be done again without harm, and can be taken back.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fmt;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use resolver::machine::Machine;

use super::journal::Journal;
use super::{Code, printable};
use crate::adopt::Adopter;
use crate::atomic::{self, NewFile};
use crate::error::{During, Error};
use crate::install;
use crate::link;
use crate::store::{Home, Key};
use crate::system_files::Plan;
use crate::wsl_conf;

/// A file of settings larger than this, in bytes, is none.
const FILE_LIMIT: u64 = 1024 * 1024;

/// One thing that is done.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mend {
    /// One line of a file goes.
    RemoveLine {
        /// The file.
        file: PathBuf,
        /// The line, from 1.
        line: u32,
        /// What must stand there, white space around it aside.
        text: Vec<u8>,
    },
    /// The carriage returns at the ends of a file's lines go.
    RemoveCarriageReturns {
        /// The file.
        file: PathBuf,
    },
    /// A file or directory of gowr's cannot be changed by everyone any more.
    Close {
        /// It.
        path: PathBuf,
    },
    /// A link of gowr's is made what it should be, or goes.
    LinkAnew {
        /// It.
        link: PathBuf,
    },
    /// The link to a toolchain of others that is gone goes.
    Forget {
        /// It.
        link: PathBuf,
    },
    /// What a killed command left goes. This alone cannot be taken back.
    Sweep {
        /// It.
        path: PathBuf,
    },
    /// A key of `/etc/wsl.conf` says something else. Only where that is asked for.
    WslConf(wsl_conf::mend::Mend),
    /// `/etc/wsl.conf` becomes text that WSL can read. Only where that is asked for.
    PlainWslConf,
}

impl Mend {
    pub(super) fn remove_line(file: PathBuf, line: u32, text: &[u8]) -> Self {
        Self::RemoveLine { file, line, text: text.to_vec() }
    }

    pub(super) const fn remove_carriage_returns(file: PathBuf) -> Self {
        Self::RemoveCarriageReturns { file }
    }

    pub(super) const fn close(path: PathBuf) -> Self {
        Self::Close { path }
    }

    pub(super) const fn link_anew(link: PathBuf) -> Self {
        Self::LinkAnew { link }
    }

    pub(super) const fn forget(link: PathBuf) -> Self {
        Self::Forget { link }
    }

    pub(super) const fn sweep(path: PathBuf) -> Self {
        Self::Sweep { path }
    }

    /// Whether it changes what is not gowr's and not this user's alone, so that it wants to be named.
    pub const fn is_on_request(&self) -> bool {
        matches!(self, Self::WslConf(_) | Self::PlainWslConf)
    }

    /// By which code root asks for it.
    const fn code(&self) -> Option<Code> {
        use wsl_conf::mend::Mend::{Execution, Metadata, Systemd, WindowsPath};
        Some(match self {
            Self::WslConf(WindowsPath) => Code::WindowsEntriesOnPath,
            Self::WslConf(Execution) => Code::DriveWithoutExecution,
            Self::WslConf(Metadata) => Code::DriveWithoutMetadata,
            Self::WslConf(Systemd) => Code::BootTaskIdle,
            Self::PlainWslConf => Code::WslConfStops,
            _ => return None,
        })
    }

    /// Whether `--undo` takes it back.
    pub const fn can_be_undone(&self) -> bool {
        !matches!(self, Self::Sweep { .. })
    }
}

impl fmt::Display for Mend {
    /// What is done, as an order.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RemoveLine { file, line, text } => {
                write!(formatter, "take out {}:{line}: {}", file.display(), printable(text))
            }
            Self::RemoveCarriageReturns { file } => {
                write!(formatter, "take the carriage returns out of {}", file.display())
            }
            Self::Close { path } => write!(formatter, "chmod o-w {}", path.display()),
            Self::LinkAnew { link } => write!(formatter, "link {} anew", link.display()),
            Self::Forget { link } => write!(formatter, "remove the link {}", link.display()),
            Self::Sweep { path } => {
                write!(formatter, "remove {} (cannot be undone)", path.display())
            }
            Self::WslConf(mend) => {
                write!(formatter, "change {} in {}", mend.key(), wsl_conf::PATH)
            }
            Self::PlainWslConf => {
                write!(formatter, "take carriage returns and the like out of {}", wsl_conf::PATH)
            }
        }
    }
}

/// Where it is done.
pub struct Workshop<'a, M> {
    /// The machine.
    pub machine: &'a M,
    /// The environment.
    pub variable: &'a dyn Fn(&str) -> Option<OsString>,
    /// gowr's home and this userland's key.
    pub home: Option<(&'a Home, &'a Key)>,
    /// The root of the file system whose `/etc` is changed.
    pub root: &'a Path,
}

/// What came of one.
pub type Done<'a> = (&'a Mend, Result<(), Error>);

impl<M: Machine> Workshop<'_, M> {
    /// Does all of it, each step written down in the journal before. A failure of one is none of the others.
    pub fn carry_out<'m>(&self, mends: &'m BTreeSet<Mend>, journal: &mut Journal) -> Vec<Done<'m>> {
        let mut done = Vec::new();
        let mut edits: BTreeMap<&Path, Vec<&Mend>> = BTreeMap::new();
        let mut links = Vec::new();
        let mut system = Vec::new();
        for mend in mends {
            match mend {
                Mend::RemoveLine { file, .. } | Mend::RemoveCarriageReturns { file } => {
                    edits.entry(file).or_default().push(mend);
                }
                Mend::Close { path } => done.push((mend, close(path, journal))),
                Mend::LinkAnew { .. } | Mend::Forget { .. } => links.push(mend),
                Mend::Sweep { path } => done.push((mend, self.sweep(path))),
                Mend::WslConf(_) | Mend::PlainWslConf => system.push(mend),
            }
        }
        for (file, mends) in edits {
            // All changes of one file are one.
            let mut result = Some(edit(file, &mends, journal));
            for mend in mends {
                let of_this = result.take().unwrap_or_else(|| same_as(&done));
                done.push((mend, of_this));
            }
        }
        let mut result = (!links.is_empty()).then(|| self.links(&links, journal));
        for mend in links {
            let of_this = result.take().unwrap_or_else(|| same_as(&done));
            done.push((mend, of_this));
        }
        let mut result = (!system.is_empty()).then(|| self.system_files(mends, journal));
        for mend in system {
            let of_this = result.take().unwrap_or_else(|| same_as(&done));
            done.push((mend, of_this));
        }
        done
    }

    /// What changes in files of the machine, as `git diff` shows it; empty where nothing does.
    pub fn difference(&self, mends: &BTreeSet<Mend>) -> Result<String, Error> {
        let plans = self.plans(mends)?;
        Ok(plans.iter().map(Plan::diff).collect())
    }

    /// All of one file in one plan.
    fn plans(&self, mends: &BTreeSet<Mend>) -> Result<Vec<Plan>, Error> {
        let keys: Vec<_> = mends
            .iter()
            .filter_map(|mend| if let Mend::WslConf(mend) = mend { Some(*mend) } else { None })
            .collect();
        if mends.contains(&Mend::PlainWslConf) {
            // What stands behind the place where WSL stops is not known before that is mended.
            return Ok(vec![wsl_conf::mend::plan_plain_text(self.root)?]);
        }
        if keys.is_empty() {
            Ok(Vec::new())
        } else {
            Ok(vec![wsl_conf::mend::plan(self.root, &keys)?])
        }
    }

    fn system_files(&self, mends: &BTreeSet<Mend>, journal: &mut Journal) -> Result<(), Error> {
        for plan in self.plans(mends)? {
            for (path, before, after) in plan.changes() {
                writable(path, mends)?;
                journal.record_file(path, before, after)?;
            }
            plan.carry_out()?;
        }
        Ok(())
    }

    fn links(&self, mends: &[&Mend], journal: &mut Journal) -> Result<(), Error> {
        let Some((home, here)) = self.home else { return Ok(()) };
        let recorded = journal.before_links(home)?;
        let forget = mends.iter().any(|mend| matches!(mend, Mend::Forget { .. }));
        let reviewed = if forget {
            let (machine, variable) = (self.machine, self.variable);
            let adopter = Adopter { machine, variable, home, here, is_rehearsal: false };
            adopter.review().map(drop)
        } else {
            Ok(())
        };
        let mended = link::mend(home, here);
        journal.after_links(home, recorded)?;
        reviewed.and(mended)
    }

    fn sweep(&self, path: &Path) -> Result<(), Error> {
        if let Some((home, _)) = self.home {
            install::sweep(home);
            for directory in [home.path().to_path_buf(), home.bin()] {
                atomic::sweep_all(&directory);
            }
        }
        if fs::symlink_metadata(path).is_err() {
            return Ok(());
        }
        Err(Error::Refused {
            message: format!("{} is not of gowr's making, and stays", path.display()),
            fix: Some(format!("rm -rf {}", crate::error::quoted(path))),
        })
    }
}

/// Whether this user may change a file of the machine, or make it.
fn writable(file: &Path, mends: &BTreeSet<Mend>) -> Result<(), Error> {
    let there = if file.exists() { file } else { atomic::parent(file) };
    let codes: BTreeSet<_> = mends.iter().filter_map(Mend::code).map(Code::as_str).collect();
    let codes = codes.into_iter().collect::<Vec<_>>().join(" ");
    nix::unistd::access(there, nix::unistd::AccessFlags::W_OK).map_err(|_| Error::Refused {
        message: format!("{} is not yours to change", file.display()),
        fix: Some(format!("sudo env \"PATH=$PATH\" gowr doctor --fix {codes}")),
    })
}

/// The outcome that the mend before had, which was carried out together with this one.
fn same_as(done: &[Done<'_>]) -> Result<(), Error> {
    match done.last() {
        Some((_, Err(error))) => Err(Error::Refused { message: error.to_string(), fix: None }),
        _ => Ok(()),
    }
}

fn close(path: &Path, journal: &mut Journal) -> Result<(), Error> {
    let before = fs::metadata(path).during("read", path)?.permissions().mode() & 0o7777;
    let after = before & !0o002;
    journal.record_mode(path, before, after)?;
    fs::set_permissions(path, Permissions::from_mode(after)).during("chmod", path)
}

fn edit(file: &Path, mends: &[&Mend], journal: &mut Journal) -> Result<(), Error> {
    let size = fs::metadata(file).during("read", file)?.len();
    if size > FILE_LIMIT {
        let message = format!("{} is too large", file.display());
        return Err(Error::Refused { message, fix: None });
    }
    let before = fs::read(file).during("read", file)?;
    let after = edited(&before, mends).ok_or_else(|| Error::Refused {
        message: format!("{} has changed meanwhile", file.display()),
        fix: Some(String::from("gowr doctor")),
    })?;
    if after == before {
        return Ok(());
    }
    journal.record_file(file, Some(&before), Some(&after))?;
    atomic::replace_file(file, &after, NewFile::Plain)
}

/// The content after all of these; none where a line is not what it was.
fn edited(content: &[u8], mends: &[&Mend]) -> Option<Vec<u8>> {
    let mut lines: Vec<Option<&[u8]>> =
        content.split_inclusive(|byte| *byte == b'\n').map(Some).collect();
    let mut without_returns = false;
    for mend in mends {
        match mend {
            Mend::RemoveLine { line, text, .. } => {
                let place = lines.get_mut(*line as usize - 1)?;
                if place.take()?.trim_ascii() != text.trim_ascii() {
                    return None;
                }
            }
            Mend::RemoveCarriageReturns { .. } => without_returns = true,
            _ => {}
        }
    }
    let mut after = Vec::with_capacity(content.len());
    for line in lines.into_iter().flatten() {
        let (text, end) = match line.strip_suffix(b"\n") {
            Some(text) => (text, &b"\n"[..]),
            None => (line, &b""[..]),
        };
        let text = if without_returns { text.strip_suffix(b"\r").unwrap_or(text) } else { text };
        after.extend_from_slice(text);
        after.extend_from_slice(end);
    }
    Some(after)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_go_and_the_rest_stays_byte_for_byte() {
        let remove =
            |line, text: &str| Mend::remove_line(PathBuf::from("/f"), line, text.as_bytes());
        let returns = Mend::remove_carriage_returns(PathBuf::from("/f"));
        for (content, mends, expected) in [
            ("A=1\nGOROOT=/x\nB=2", vec![remove(2, "GOROOT=/x")], Some("A=1\nB=2")),
            ("GOROOT=/x", vec![remove(1, "GOROOT=/x")], Some("")),
            ("A=1\r\nGOROOT=/x\r\n", vec![remove(2, "GOROOT=/x")], Some("A=1\r\n")),
            (
                "A=1\r\nGOROOT=/x\r\nB",
                vec![remove(2, "GOROOT=/x"), returns.clone()],
                Some("A=1\nB"),
            ),
            ("A=\r1\r\n", vec![returns], Some("A=\r1\n")),
            ("A=1\nB=2\n", vec![remove(1, "A=1"), remove(2, "B=2")], Some("")),
            ("A=1\n", vec![remove(1, "B=1")], None),
            ("A=1\n", vec![remove(2, "A=1")], None),
            ("A=1\n", vec![remove(1, "A=1"), remove(1, "A=1")], None),
        ] {
            let mends: Vec<_> = mends.iter().collect();
            let after = edited(content.as_bytes(), &mends);
            assert_eq!(after.as_deref(), expected.map(str::as_bytes), "{content:?}");
        }
    }
}
