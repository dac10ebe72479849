//! The path of a thing with every link resolved, without `/proc` to ask.

use crate::machine::{Errno, Machine};
use crate::path::{self, Bytes};
use crate::text::find_byte;

/// Links resolved before giving up, as the kernel does.
const MAXIMUM_LINKS: usize = 40;

/// Resolves every symbolic link in an absolute path; fails where a component is not there.
pub fn real_path<M: Machine>(machine: &M, absolute: &[u8]) -> Result<Bytes, Errno> {
    let mut rest = absolute;
    let mut real: Bytes = b"/";
    let mut links = 0;
    while !rest.is_empty() {
        let end = find_byte(rest, b'/').unwrap_or(rest.len());
        let component;
        (component, rest) = rest.split_at(end);
        rest = rest.strip_prefix(b"/").unwrap_or(rest);
        match component {
            b"" | b"." => continue,
            b".." => {
                real = path::parent(real).unwrap_or(b"/");
                continue;
            }
            _ => {}
        }
        let next = path::join(real, component);
        match machine.read_link(None, next) {
            Ok(target) => {
                links += 1;
                if links > MAXIMUM_LINKS {
                    return Err(Errno::LOOP);
                }
                if path::is_absolute(target) {
                    real = b"/";
                }
                rest = path::join(target, rest);
            }
            Err(Errno::INVALID) => real = next,
            Err(error) => return Err(error),
        }
    }
    Ok(real)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::memory::MemoryMachine;

    #[test]
    fn every_link_is_resolved() {
        let machine = MemoryMachine::new()
            .file("/usr/lib/go-1.22/bin/go", "")
            .link("/usr/lib/go", "go-1.22")
            .link("/usr/bin/go", "../lib/go/bin/go")
            .link("/loop", "/loop");
        let real = |path: &str| real_path(&machine, path.as_bytes());
        assert_eq!(real("/usr/bin/go"), Ok(&b"/usr/lib/go-1.22/bin/go"[..]));
        assert_eq!(real("/usr/lib/go/../go/bin"), Ok(&b"/usr/lib/go-1.22/bin"[..]));
        assert_eq!(real("/"), Ok(&b"/"[..]));
        assert_eq!(real("/loop"), Err(Errno::LOOP));
        assert_eq!(real("/usr/nothing"), Err(Errno::NOT_FOUND));
    }
}
