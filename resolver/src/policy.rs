//! What a distro decides for its Go: `$GOROOT/go.env`, whose settings `go env` shows without their origin.

use crate::go_env::{self, Setting};
use crate::machine::Machine;
use crate::path::{self, Bytes};

const LIMIT: usize = 64 * 1024;

/// The settings that distros change: Fedora, Alpine, SUSE and Gentoo forbid switching, Fedora up to 42 the public proxy
/// and the checksum database too.
pub const NAMES: [&str; 3] = ["GOTOOLCHAIN", "GOPROXY", "GOSUMDB"];

/// The settings of one GOROOT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// The file they stand in.
    pub file: Bytes,
    /// What it says of each of [`NAMES`]; none where there is no such line, and Go takes it for unset.
    pub settings: [Option<Setting<'static>>; NAMES.len()],
}

/// Reads the policy of a GOROOT; none where it has no go.env that can be read. Before Go 1.21 there was no such file;
/// without it a later one does not switch and has no proxy (<https://go.dev/issue/61928>).
pub fn read<M: Machine>(machine: &M, root: &[u8]) -> Option<Policy> {
    let file = path::join(root, b"go.env");
    let found = machine.read_file(None, file, LIMIT).ok()?;
    if found.metadata.kind != crate::machine::Kind::File {
        return None;
    }
    Some(Policy { file, settings: NAMES.map(|name| go_env::lookup(found.content, name)) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::memory::MemoryMachine;

    #[test]
    fn settings_and_their_lines() {
        let content =
            "# comment\nGOPROXY=direct\nGOSUMDB=off\n\nGOTOOLCHAIN=auto\nGOTOOLCHAIN=local\n";
        let machine = MemoryMachine::new().file("/g/go.env", content);
        let policy = read(&machine, b"/g").expect("a policy");
        assert_eq!(policy.file, b"/g/go.env");
        let seen = policy.settings.map(|it| it.map(|it| (it.line, it.value)));
        assert_eq!(
            seen,
            [Some((6, &b"local"[..])), Some((2, b"direct")), Some((3, b"off"))],
            "of two lines the later one counts"
        );
    }

    #[test]
    fn no_lines_and_no_file() {
        let machine =
            MemoryMachine::new().file("/g/go.env", "gotoolchain=local\n").directory("/d/go.env");
        assert_eq!(read(&machine, b"/g").map(|policy| policy.settings), Some([None; 3]));
        assert_eq!(read(&machine, b"/d"), None);
        assert_eq!(read(&machine, b"/nothing"), None);
    }
}
