//! The environment variables that matter here, found in one pass over the environment.

use crate::path::{Bytes, is_absolute};

/// A variable that gowr reads or writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the variable its name says")]
pub enum Name {
    ContainerId,
    Gccgo,
    Go111Module,
    GoCache,
    GoEnv,
    GoRoot,
    GoRootFinal,
    GoToolchain,
    GoToolchainSwitchVersion,
    GoToolDirectory,
    GoWork,
    GowrCeilingDirectories,
    GowrDepth,
    GowrGoCache,
    GowrGoToolchain,
    GowrHome,
    GowrProxyVersion,
    GowrToolchain,
    Home,
    Path,
    TemporaryDirectory,
    WorkingDirectory,
    WslDistroName,
    XdgCacheHome,
    XdgConfigHome,
    XdgDataHome,
}

impl Name {
    /// Every variable.
    pub const ALL: [Self; 26] = [
        Self::ContainerId,
        Self::Gccgo,
        Self::Go111Module,
        Self::GoCache,
        Self::GoEnv,
        Self::GoRoot,
        Self::GoRootFinal,
        Self::GoToolchain,
        Self::GoToolchainSwitchVersion,
        Self::GoToolDirectory,
        Self::GoWork,
        Self::GowrCeilingDirectories,
        Self::GowrDepth,
        Self::GowrGoCache,
        Self::GowrGoToolchain,
        Self::GowrHome,
        Self::GowrProxyVersion,
        Self::GowrToolchain,
        Self::Home,
        Self::Path,
        Self::TemporaryDirectory,
        Self::WorkingDirectory,
        Self::WslDistroName,
        Self::XdgCacheHome,
        Self::XdgConfigHome,
        Self::XdgDataHome,
    ];

    const COUNT: usize = Self::ALL.len();

    /// Their names, in the same order.
    const NAMES: [&'static str; Self::COUNT] = [
        "CONTAINER_ID",
        "GCCGO",
        "GO111MODULE",
        "GOCACHE",
        "GOENV",
        "GOROOT",
        "GOROOT_FINAL",
        "GOTOOLCHAIN",
        "GOTOOLCHAIN_INTERNAL_SWITCH_VERSION",
        "GOTOOLDIR",
        "GOWORK",
        "GOWR_CEILING_DIRS",
        "GOWR_DEPTH",
        "GOWR_GOCACHE",
        "GOWR_GOTOOLCHAIN",
        "GOWR_HOME",
        "GOWR_PROXY_VERSION",
        "GOWR_TOOLCHAIN",
        "HOME",
        "PATH",
        "TMPDIR",
        "PWD",
        "WSL_DISTRO_NAME",
        "XDG_CACHE_HOME",
        "XDG_CONFIG_HOME",
        "XDG_DATA_HOME",
    ];

    /// The variable's name.
    pub const fn as_str(self) -> &'static str {
        Self::NAMES[self as usize]
    }

    /// Whether an entry that starts so may be of interest; most are not.
    pub const fn may_start_with(first: u8) -> bool {
        matches!(first, b'C' | b'G' | b'H' | b'P' | b'T' | b'W' | b'X')
    }

    /// The variable of an environment entry `NAME=value`, and its value.
    pub fn of(entry: &[u8]) -> Option<(Self, &[u8])> {
        let (found, value) = entry.split_at(entry.iter().position(|byte| *byte == b'=')?);
        // By length first: hardly two names share one.
        let candidates: &[Self] = match found.len() {
            3 => &[Self::WorkingDirectory],
            4 => &[Self::Home, Self::Path],
            5 => &[Self::Gccgo, Self::GoEnv],
            6 => &[Self::GoRoot, Self::GoWork, Self::TemporaryDirectory],
            7 => &[Self::GoCache],
            9 => &[Self::GoToolDirectory, Self::GowrHome],
            10 => &[Self::GowrDepth],
            11 => &[Self::Go111Module, Self::GoToolchain],
            12 => &[Self::ContainerId, Self::GoRootFinal, Self::GowrGoCache],
            13 => &[Self::XdgDataHome],
            14 => &[Self::GowrToolchain, Self::XdgCacheHome],
            15 => &[Self::WslDistroName, Self::XdgConfigHome],
            16 => &[Self::GowrGoToolchain],
            17 => &[Self::GowrCeilingDirectories],
            18 => &[Self::GowrProxyVersion],
            35 => &[Self::GoToolchainSwitchVersion],
            _ => &[],
        };
        for name in candidates {
            if name.as_str().as_bytes() == found {
                return Some((*name, value.get(1..)?));
            }
        }
        None
    }
}

/// The values of those variables.
#[derive(Clone, Debug)]
pub struct Variables([Option<Bytes>; Name::COUNT]);

impl Variables {
    /// No variable.
    pub const NONE: Self = Self([None; Name::COUNT]);

    /// Reads the environment, one `NAME=value` entry each, in the order the process got them.
    pub fn scan(environment: &[Bytes]) -> Self {
        let mut variables = Self::NONE;
        for entry in environment {
            variables.add(entry);
        }
        variables
    }

    /// Reads one more entry; of a name that stands there twice the first counts, as in Go's `syscall.Getenv`.
    pub fn add(&mut self, entry: Bytes) {
        if let Some((name, value)) = Name::of(entry) {
            let slot = &mut self.0[name as usize];
            if slot.is_none() {
                *slot = Some(value);
            }
        }
    }

    /// A value as it stands, which may be empty.
    pub const fn raw(&self, name: Name) -> Option<Bytes> {
        self.0[name as usize]
    }

    /// A value; an empty one counts as none, as in Go.
    #[inline(never)]
    pub fn get(&self, name: Name) -> Option<Bytes> {
        self.raw(name).filter(|value| !value.is_empty())
    }

    /// A value that is an absolute path.
    #[inline(never)]
    pub fn absolute_path(&self, name: Name) -> Option<Bytes> {
        self.get(name).filter(|value| is_absolute(value))
    }

    /// A value that the user gave: one that gowr set itself equals its marker, and is worked out again.
    pub fn by_user(&self, name: Name) -> Option<Bytes> {
        self.get(name).filter(|_| !self.is_ours(name))
    }

    /// Whether gowr set this variable in a process above.
    pub fn is_ours(&self, name: Name) -> bool {
        let marker = match name {
            Name::GoCache => Name::GowrGoCache,
            Name::GoToolchain => Name::GowrGoToolchain,
            _ => return false,
        };
        self.get(name).is_some() && self.get(name) == self.get(marker)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_by_its_own_text() {
        for (index, name) in Name::ALL.into_iter().enumerate() {
            assert_eq!(name as usize, index, "its place is its number");
            let entry = [name.as_str(), "=x"].concat();
            assert_eq!(Name::of(entry.as_bytes()), Some((name, &b"x"[..])));
        }
        assert_eq!(Name::of(b"GOROOT"), None, "no equals sign, no variable");
    }

    #[test]
    fn the_first_of_two_counts_and_empty_is_none() {
        let variables = Variables::scan(&[b"HOME=/a", b"HOME=/b", b"GOCACHE=", b"GOROOTX=1"]);
        assert_eq!(variables.get(Name::Home), Some(&b"/a"[..]));
        assert_eq!(variables.get(Name::GoCache), None);
        assert_eq!(variables.raw(Name::GoCache), Some(&b""[..]));
        assert_eq!(variables.get(Name::GoRoot), None);
    }

    #[test]
    fn ours_is_what_equals_its_marker() {
        let ours = Variables::scan(&[b"GOCACHE=/x", b"GOWR_GOCACHE=/x"]);
        assert_eq!(ours.by_user(Name::GoCache), None);
        let changed = Variables::scan(&[b"GOCACHE=/y", b"GOWR_GOCACHE=/x"]);
        assert_eq!(changed.by_user(Name::GoCache), Some(&b"/y"[..]));
    }
}
