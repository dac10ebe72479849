//! The start of an ELF program: which machine it is for, and which loader it needs.
//!
//! A program whose loader is missing fails in `execve` with "no such file or directory" although the file is
//! there: a Go of a glibc distro on Alpine. Reading the header tells before.

/// What an ELF header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Elf<'a> {
    /// `e_machine`; compare with [`Architecture::elf_machine`](crate::machine::Architecture::elf_machine).
    pub machine: u16,
    /// The path in `PT_INTERP`; none for a static program.
    pub interpreter: Option<&'a [u8]>,
}

/// Why no answer can be read from the bytes given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// No ELF file: a script, say, or nothing to run at all.
    NotElf,
    /// An ELF file for a 32-bit or big-endian machine, which gowr does not run on.
    OtherClass,
    /// Program headers or interpreter lie beyond the bytes given, as `patchelf` may put them: a program that
    /// may well run.
    OutOfReach,
    /// A header that the kernel would refuse.
    Malformed,
}

const PT_INTERP: u32 = 3;
const PROGRAM_HEADER_SIZE: u16 = 56;

/// Reads the first bytes of a file (4 KiB are plenty) as a 64-bit little-endian ELF program.
pub fn parse(head: &[u8]) -> Result<Elf<'_>, Error> {
    let identification = head.strip_prefix(b"\x7fELF").ok_or(Error::NotElf)?;
    match identification {
        [2, 1, ..] => {}
        [_, _, ..] => return Err(Error::OtherClass),
        _ => return Err(Error::NotElf),
    }
    let machine = u16::from_le_bytes(field(head, 18)?);
    let headers = position(u64::from_le_bytes(field(head, 32)?))?;
    let size = u16::from_le_bytes(field(head, 54)?);
    let count = u16::from_le_bytes(field(head, 56)?);
    if count != 0 && size != PROGRAM_HEADER_SIZE {
        return Err(Error::Malformed);
    }
    for index in 0..usize::from(count) {
        let header = headers
            .checked_add(index * usize::from(PROGRAM_HEADER_SIZE))
            .and_then(|start| head.get(start..))
            .ok_or(Error::OutOfReach)?;
        if u32::from_le_bytes(field(header, 0)?) == PT_INTERP {
            let start = position(u64::from_le_bytes(field(header, 8)?))?;
            let length = position(u64::from_le_bytes(field(header, 32)?))?;
            let path = start.checked_add(length).and_then(|end| head.get(start..end));
            // The kernel wants the path to end in a zero byte, and stops at the first.
            let path = match path.ok_or(Error::OutOfReach)? {
                [path @ .., 0] => path.split(|byte| *byte == 0).next().unwrap_or(path),
                _ => return Err(Error::Malformed),
            };
            return Ok(Elf { machine, interpreter: Some(path) });
        }
    }
    Ok(Elf { machine, interpreter: None })
}

fn field<const SIZE: usize>(bytes: &[u8], offset: usize) -> Result<[u8; SIZE], Error> {
    bytes.get(offset..).and_then(<[u8]>::first_chunk).copied().ok_or(Error::OutOfReach)
}

fn position(value: u64) -> Result<usize, Error> {
    usize::try_from(value).map_err(|_| Error::OutOfReach)
}

#[cfg(test)]
mod tests;
