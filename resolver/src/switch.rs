//! What Go itself will make of a choice: `cmd/go/internal/toolchain.Select`, foretold.

use alloc::string::String;

use crate::go_env;
use crate::machine::Machine;
use crate::path;
use crate::project::Need;
use crate::toolchain::Toolchain;
use crate::version::{ToolchainName, compare};

const LIMIT: usize = 64 * 1024;

/// The toolchain that Go will switch to by itself, or none.
///
/// `wish` is GOTOOLCHAIN as the real go will see it in its environment or the go env file; without one the
/// toolchain's own `go.env` decides, as distros set it.
pub fn will_switch<M: Machine>(
    machine: &M,
    toolchain: &Toolchain,
    wish: Option<&[u8]>,
    need: Option<&Need>,
) -> Option<String> {
    let own = toolchain.version?;
    if toolchain.cannot_switch() {
        return None;
    }
    let wish = if let Some(wish) = wish {
        wish
    } else {
        let file = path::join(toolchain.root?, b"go.env");
        let content = machine.read_file(None, file, LIMIT).ok()?.content;
        go_env::lookup(content, "GOTOOLCHAIN")?.value
    };
    let wish = core::str::from_utf8(wish).ok()?;
    let (least, may_upgrade) = match wish {
        "auto" | "path" => ("local", true),
        _ => match wish.split_once('+') {
            Some((least, "auto" | "path")) => (least, true),
            Some(_) => return None,
            None => (wish, false),
        },
    };
    let least = if least == "local" { own } else { ToolchainName::parse(least)? };
    let is_above = |need: &&Need| {
        may_upgrade && compare(need.version.as_str(), least.version().as_str()).is_gt()
    };
    let target = match need.filter(is_above) {
        None => least,
        Some(Need { toolchain: Some(name), .. }) => *name,
        Some(need) => ToolchainName::parse(need.version.switch_name())?,
    };
    (target != own).then(|| String::from(target.as_str()))
}
