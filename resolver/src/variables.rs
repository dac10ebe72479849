//! The environment variables that matter here, found in one pass over the environment.

use crate::path::Bytes;

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
    pub const ALL: [Self; 25] = [
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

    /// The variable's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ContainerId => "CONTAINER_ID",
            Self::Gccgo => "GCCGO",
            Self::Go111Module => "GO111MODULE",
            Self::GoCache => "GOCACHE",
            Self::GoEnv => "GOENV",
            Self::GoRoot => "GOROOT",
            Self::GoRootFinal => "GOROOT_FINAL",
            Self::GoToolchain => "GOTOOLCHAIN",
            Self::GoToolchainSwitchVersion => "GOTOOLCHAIN_INTERNAL_SWITCH_VERSION",
            Self::GoToolDirectory => "GOTOOLDIR",
            Self::GoWork => "GOWORK",
            Self::GowrCeilingDirectories => "GOWR_CEILING_DIRS",
            Self::GowrDepth => "GOWR_DEPTH",
            Self::GowrGoCache => "GOWR_GOCACHE",
            Self::GowrGoToolchain => "GOWR_GOTOOLCHAIN",
            Self::GowrHome => "GOWR_HOME",
            Self::GowrToolchain => "GOWR_TOOLCHAIN",
            Self::Home => "HOME",
            Self::Path => "PATH",
            Self::TemporaryDirectory => "TMPDIR",
            Self::WorkingDirectory => "PWD",
            Self::WslDistroName => "WSL_DISTRO_NAME",
            Self::XdgCacheHome => "XDG_CACHE_HOME",
            Self::XdgConfigHome => "XDG_CONFIG_HOME",
            Self::XdgDataHome => "XDG_DATA_HOME",
        }
    }

    /// The variable of an environment entry `NAME=value`, and its value.
    pub fn of(entry: &[u8]) -> Option<(Self, &[u8])> {
        // Most entries are of no interest, and their first byte says so.
        if !matches!(entry.first(), Some(b'C' | b'G' | b'H' | b'P' | b'T' | b'W' | b'X')) {
            return None;
        }
        let end = entry.iter().position(|byte| *byte == b'=')?;
        let (text, value) = entry.split_at(end);
        let name = Self::ALL.iter().find(|name| name.as_str().as_bytes() == text)?;
        Some((*name, &value[1..]))
    }
}

/// The values of those variables.
#[derive(Clone, Debug)]
pub struct Variables([Option<Bytes>; Name::COUNT]);

impl Variables {
    /// Reads the environment; of a name that stands there twice the first counts, as in Go's `syscall.Getenv`.
    pub fn scan(environment: &[Bytes]) -> Self {
        let mut values = [None; Name::COUNT];
        for entry in environment {
            if let Some((name, value)) = Name::of(entry) {
                let slot = &mut values[name as usize];
                if slot.is_none() {
                    *slot = Some(value);
                }
            }
        }
        Self(values)
    }

    /// A value as it stands, which may be empty.
    pub const fn raw(&self, name: Name) -> Option<Bytes> {
        self.0[name as usize]
    }

    /// A value; an empty one counts as none, as in Go.
    pub fn get(&self, name: Name) -> Option<Bytes> {
        self.raw(name).filter(|value| !value.is_empty())
    }

    /// A value that is an absolute path.
    pub fn absolute_path(&self, name: Name) -> Option<Bytes> {
        self.get(name).filter(|value| value[0] == b'/')
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
