//! The closed set of what `gowr doctor` and the warnings of `gowr which` tell.

/// What is wrong, or odd: each has its paragraph in the book. Besides, `gowr doctor` tells an error of the choice itself
/// by the code of that error ([`resolver::failure::Code`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Code {
    /// Another `go` comes first on PATH.
    ShadowedOnPath,
    /// No `go` of gowr's is on PATH.
    NotOnPath,
    /// The `go` beside this gowr is of another version.
    VersionMismatch,
    /// `GOWR_HOME` is relative.
    GowrHomeIgnored,
    /// A directory of the XDG base directory specification is relative.
    XdgRelative,
    /// GOROOT is in the environment.
    ExportedGoroot,
    /// go.mod or go.work needs a newer Go than the one chosen.
    Floor,
    /// A mise.toml pins Go, which gowr does not read.
    Mise,
    /// There is no HOME, and nothing in its place.
    NoHome,
    /// HOME is not this user's.
    HomeOfAnother,
    /// `/proc` is not mounted.
    NoProc,
    /// A variable that Go sets for itself while it switches was left in the environment.
    StaleSwitch,
    /// GOTOOLCHAIN is nothing that Go understands.
    BadGotoolchain,
    /// There is no directory for temporary files.
    TemporaryDirectory,
    /// What `go run` and `go test` build cannot be started where they build it.
    NoexecTemporaryDirectory,
    /// CC or CXX names a program that is not here.
    CompilerMissing,
    /// GOFLAGS holds what the chosen Go does not know.
    UnknownGoflags,
    /// GOEXPERIMENT holds what the chosen Go does not know.
    UnknownGoexperiment,
    /// The chosen Go does not even tell its version.
    GoFails,
    /// A variable of Go came from Windows.
    ImportedFromWindows,
    /// The file of `go env -w` sets GOROOT.
    GoEnvGoroot,
    /// The file of `go env -w` has the line ends of Windows.
    GoEnvCarriageReturn,
    /// The file of `go env -w` cannot be read.
    GoEnvUnreadable,
    /// The file of `go env -w` sets what differs between distros.
    GoEnvShared,
    /// A variable moves the file of `go env -w`, and there is one at its usual place.
    GoEnvElsewhere,
    /// The environment says otherwise than the file of `go env -w`.
    GoEnvOverridden,
    /// GOPATH is the chosen Go itself.
    GopathIsGoroot,
    /// A Go for Windows is on PATH.
    WindowsGoOnPath,
    /// There is no Go here but one for Windows.
    OnlyWindowsGo,
    /// `go` starts a Go for Windows.
    WindowsGoFirst,
    /// A Go for Linux lies on a Windows drive.
    GoOnWindowsDrive,
    /// Entries of PATH lie on Windows drives.
    WindowsEntriesOnPath,
    /// PATH holds what breaks recipes of make.
    PathBreaksMake,
    /// A `go` on PATH was copied or hard-linked out of its GOROOT.
    GoOutsideGoroot,
    /// A `go1.x.y` on PATH is another version than its name says.
    SwitchNameDiffers,
    /// A `go1.x.y` of golang.org/dl has not downloaded its SDK.
    DlWithoutSdk,
    /// A toolchain cannot run here.
    ToolchainUnusable,
    /// The chosen toolchain has lost its `go.env`.
    ToolchainWithoutGoEnv,
    /// The chosen toolchain's `go.env` is not Go's own.
    DistroPolicy,
    /// go.mod needs a newer Go, and a `go.env` forbids to fetch it.
    SwitchForbidden,
    /// Go has to fetch a toolchain, and GOPROXY or GOSUMDB forbids it.
    DownloadForbidden,
    /// GOSUMDB is `on`, which is no value of it.
    GosumdbOn,
    /// The repository belongs to somebody else: git refuses, and so does the stamping of builds.
    DubiousOwnership,
    /// The system's configuration cannot be used.
    SystemConfiguration,
    /// GOCACHE is `off`, which Go takes for an error.
    CacheOff,
    /// GOCACHE, GOMODCACHE or GOPATH is not an absolute path.
    PathNotAbsolute,
    /// A cache lies on a file system of the network or of Windows.
    CacheOnNetwork,
    /// So does the home directory.
    HomeOnNetwork,
    /// A cache lies on a file system without locks.
    CacheWithoutLocks,
    /// A cache belongs to somebody else.
    CacheNotWritable,
    /// A build cache is of a distro that is gone.
    CacheOrphaned,
    /// The project lies on a Windows drive.
    ProjectOnWindowsDrive,
    /// A directory that Go writes to lies on a Windows drive.
    DirectoryOnWindowsDrive,
    /// A Windows drive is mounted so that nothing on it can be executed.
    DriveWithoutExecution,
    /// A Windows drive with a project on it keeps no modes of files.
    DriveWithoutMetadata,
    /// A project lies where capitals are not told from small letters.
    CaseInsensitiveDrive,
    /// The antivirus of Windows looks at what is built.
    WindowsAntivirus,
    /// WSL reads wsl.conf up to an error in it.
    WslConfStops,
    /// A line of wsl.conf does nothing.
    WslConfIgnored,
    /// What gowr put there to be done at boot is not done.
    BootTaskIdle,
    /// Programs of Windows do not start.
    InteropLost,
    /// The clock is wrong.
    ClockDrift,
    /// There is too little memory for so many compilers.
    LittleMemory,
    /// A program that `go install` made cannot start here.
    ToolCannotStart,
    /// A `gofmt` in GOBIN comes before the toolchain's.
    GofmtShadowed,
    /// Something among gowr's toolchains is no whole release.
    StoreToolchain,
    /// A link of a userland leads astray.
    StoreLink,
    /// A link for Go's own switching leads astray.
    StoreSwitchingLink,
    /// Something among the downloads is none.
    StoreArchive,
    /// Everyone may change gowr's home.
    StoreMode,
    /// A toolchain lacks a link.
    StoreUnlinked,
    /// A line's link does not lead to the newest.
    StoreOutdated,
    /// A killed command left something.
    StoreLeftover,
    /// gowr's home cannot be looked through.
    StoreUnreadable,
    /// An adopted toolchain or a registered name leads nowhere.
    AdoptedGone,
    /// The share that is used is not there, or what this distro shares is not mounted.
    ShareMissing,
    /// The share that is used has lost its device, or cannot be read.
    ShareStale,
    /// The share that is used is somebody else's.
    ShareOwner,
    /// What is linked into the share is not what is in it.
    ShareOutdated,
    /// A stable path of a GOROOT leads to none.
    GorootLink,
    /// A start-up file sets GOROOT.
    StartupGoroot,
    /// A start-up file starts another manager of Go.
    StartupManager,
    /// A start-up file puts one Go on PATH.
    StartupPath,
    /// A start-up file makes `go` a Go for Windows.
    StartupWindowsGo,
    /// PATH is set only in shells that a person types in.
    PathAfterGuard,
    /// A file that shells read lacks gowr's lines.
    NotInShells,
    /// `GoLand` has another GOROOT than this project.
    GolandGoroot,
    /// The chosen Go is of a line that is mended no more.
    OutOfSupport,
    /// The chosen Go has vulnerabilities that are known.
    KnownVulnerabilities,
}

impl Code {
    /// Every code, in the order of the book.
    pub const ALL: [Self; 89] = [
        Self::ShadowedOnPath,
        Self::NotOnPath,
        Self::VersionMismatch,
        Self::GowrHomeIgnored,
        Self::XdgRelative,
        Self::ExportedGoroot,
        Self::Floor,
        Self::Mise,
        Self::NoHome,
        Self::HomeOfAnother,
        Self::NoProc,
        Self::StaleSwitch,
        Self::BadGotoolchain,
        Self::TemporaryDirectory,
        Self::NoexecTemporaryDirectory,
        Self::CompilerMissing,
        Self::UnknownGoflags,
        Self::UnknownGoexperiment,
        Self::GoFails,
        Self::ImportedFromWindows,
        Self::GoEnvGoroot,
        Self::GoEnvCarriageReturn,
        Self::GoEnvUnreadable,
        Self::GoEnvShared,
        Self::GoEnvElsewhere,
        Self::GoEnvOverridden,
        Self::GopathIsGoroot,
        Self::WindowsGoOnPath,
        Self::OnlyWindowsGo,
        Self::WindowsGoFirst,
        Self::GoOnWindowsDrive,
        Self::WindowsEntriesOnPath,
        Self::PathBreaksMake,
        Self::GoOutsideGoroot,
        Self::SwitchNameDiffers,
        Self::DlWithoutSdk,
        Self::ToolchainUnusable,
        Self::ToolchainWithoutGoEnv,
        Self::DistroPolicy,
        Self::SwitchForbidden,
        Self::DownloadForbidden,
        Self::GosumdbOn,
        Self::DubiousOwnership,
        Self::SystemConfiguration,
        Self::CacheOff,
        Self::PathNotAbsolute,
        Self::CacheOnNetwork,
        Self::HomeOnNetwork,
        Self::CacheWithoutLocks,
        Self::CacheNotWritable,
        Self::CacheOrphaned,
        Self::ProjectOnWindowsDrive,
        Self::DirectoryOnWindowsDrive,
        Self::DriveWithoutExecution,
        Self::DriveWithoutMetadata,
        Self::CaseInsensitiveDrive,
        Self::WindowsAntivirus,
        Self::WslConfStops,
        Self::WslConfIgnored,
        Self::BootTaskIdle,
        Self::InteropLost,
        Self::ClockDrift,
        Self::LittleMemory,
        Self::ToolCannotStart,
        Self::GofmtShadowed,
        Self::StoreToolchain,
        Self::StoreLink,
        Self::StoreSwitchingLink,
        Self::StoreArchive,
        Self::StoreMode,
        Self::StoreUnlinked,
        Self::StoreOutdated,
        Self::StoreLeftover,
        Self::StoreUnreadable,
        Self::AdoptedGone,
        Self::ShareMissing,
        Self::ShareStale,
        Self::ShareOwner,
        Self::ShareOutdated,
        Self::GorootLink,
        Self::StartupGoroot,
        Self::StartupManager,
        Self::StartupPath,
        Self::StartupWindowsGo,
        Self::PathAfterGuard,
        Self::NotInShells,
        Self::GolandGoroot,
        Self::OutOfSupport,
        Self::KnownVulnerabilities,
    ];

    /// Those of the warnings of `gowr which`.
    pub const WARNINGS: [Self; 8] = [
        Self::ShadowedOnPath,
        Self::NotOnPath,
        Self::VersionMismatch,
        Self::GowrHomeIgnored,
        Self::XdgRelative,
        Self::ExportedGoroot,
        Self::Floor,
        Self::Mise,
    ];

    /// The word in JSON and in the book.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ShadowedOnPath => "shadowed-on-path",
            Self::NotOnPath => "not-on-path",
            Self::VersionMismatch => "version-mismatch",
            Self::GowrHomeIgnored => "gowr-home-ignored",
            Self::XdgRelative => "xdg-relative",
            Self::ExportedGoroot => "exported-goroot",
            Self::Floor => "floor",
            Self::Mise => "mise",
            Self::NoHome => "no-home",
            Self::HomeOfAnother => "home-of-another-user",
            Self::NoProc => "no-proc",
            Self::StaleSwitch => "stale-switch",
            Self::BadGotoolchain => "bad-gotoolchain",
            Self::TemporaryDirectory => "temporary-directory",
            Self::NoexecTemporaryDirectory => "noexec-temporary-directory",
            Self::CompilerMissing => "compiler-missing",
            Self::UnknownGoflags => "unknown-goflags",
            Self::UnknownGoexperiment => "unknown-goexperiment",
            Self::GoFails => "go-fails",
            Self::ImportedFromWindows => "imported-from-windows",
            Self::GoEnvGoroot => "go-env-goroot",
            Self::GoEnvCarriageReturn => "go-env-carriage-return",
            Self::GoEnvUnreadable => "go-env-unreadable",
            Self::GoEnvShared => "go-env-shared",
            Self::GoEnvElsewhere => "go-env-elsewhere",
            Self::GoEnvOverridden => "go-env-overridden",
            Self::GopathIsGoroot => "gopath-is-goroot",
            Self::WindowsGoOnPath => "windows-go-on-path",
            Self::OnlyWindowsGo => "only-windows-go",
            Self::WindowsGoFirst => "windows-go-first",
            Self::GoOnWindowsDrive => "go-on-windows-drive",
            Self::WindowsEntriesOnPath => "windows-entries-on-path",
            Self::PathBreaksMake => "path-breaks-make",
            Self::GoOutsideGoroot => "go-outside-goroot",
            Self::SwitchNameDiffers => "switch-name-differs",
            Self::DlWithoutSdk => "dl-without-sdk",
            Self::ToolchainUnusable => "toolchain-unusable",
            Self::ToolchainWithoutGoEnv => "toolchain-without-go-env",
            Self::DistroPolicy => "distro-policy",
            Self::SwitchForbidden => "switch-forbidden",
            Self::DownloadForbidden => "download-forbidden",
            Self::GosumdbOn => "gosumdb-on",
            Self::DubiousOwnership => "dubious-ownership",
            Self::SystemConfiguration => "system-configuration",
            Self::CacheOff => "cache-off",
            Self::PathNotAbsolute => "path-not-absolute",
            Self::CacheOnNetwork => "cache-on-network",
            Self::HomeOnNetwork => "home-on-network",
            Self::CacheWithoutLocks => "cache-without-locks",
            Self::CacheNotWritable => "cache-not-writable",
            Self::CacheOrphaned => "cache-orphaned",
            Self::ProjectOnWindowsDrive => "project-on-windows-drive",
            Self::DirectoryOnWindowsDrive => "directory-on-windows-drive",
            Self::DriveWithoutExecution => "drive-without-execution",
            Self::DriveWithoutMetadata => "drive-without-metadata",
            Self::CaseInsensitiveDrive => "case-insensitive-drive",
            Self::WindowsAntivirus => "windows-antivirus",
            Self::WslConfStops => "wsl-conf-stops",
            Self::WslConfIgnored => "wsl-conf-ignored",
            Self::BootTaskIdle => "boot-task-idle",
            Self::InteropLost => "interop-lost",
            Self::ClockDrift => "clock-drift",
            Self::LittleMemory => "little-memory",
            Self::ToolCannotStart => "tool-cannot-start",
            Self::GofmtShadowed => "gofmt-shadowed",
            Self::StoreToolchain => "store-toolchain",
            Self::StoreLink => "store-link",
            Self::StoreSwitchingLink => "store-switching-link",
            Self::StoreArchive => "store-archive",
            Self::StoreMode => "store-mode",
            Self::StoreUnlinked => "store-unlinked",
            Self::StoreOutdated => "store-outdated",
            Self::StoreLeftover => "store-leftover",
            Self::StoreUnreadable => "store-unreadable",
            Self::AdoptedGone => "adopted-gone",
            Self::ShareMissing => "share-missing",
            Self::ShareStale => "share-stale",
            Self::ShareOwner => "share-owner",
            Self::ShareOutdated => "share-outdated",
            Self::GorootLink => "goroot-link",
            Self::StartupGoroot => "startup-goroot",
            Self::StartupManager => "startup-manager",
            Self::StartupPath => "startup-path",
            Self::StartupWindowsGo => "startup-windows-go",
            Self::PathAfterGuard => "path-after-guard",
            Self::NotInShells => "not-in-shells",
            Self::GolandGoroot => "goland-goroot",
            Self::OutOfSupport => "out-of-support",
            Self::KnownVulnerabilities => "known-vulnerabilities",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_listed_once() {
        for (place, code) in Code::ALL.into_iter().enumerate() {
            assert_eq!(code as usize, place, "{code:?}");
        }
        let words: std::collections::BTreeSet<_> = Code::ALL.map(Code::as_str).into();
        assert_eq!(words.len(), Code::ALL.len());
    }
}
