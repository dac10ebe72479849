//! Code for shells.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use installer::setup::quote;

/// A shell's language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Language {
    /// sh, bash, zsh and their kin
    #[value(aliases = ["bash", "zsh", "dash", "ksh"])]
    Sh,
    /// fish
    Fish,
}

impl Language {
    /// A line that sets a variable for this shell and what it starts, or takes it away.
    pub(crate) fn assignment(self, name: &str, value: Option<&[u8]>) -> Vec<u8> {
        let (before, after) = match (self, value) {
            (Self::Sh, Some(value)) => (format!("export {name}="), self.quoted(value)),
            (Self::Sh, None) => (format!("unset {name}"), Vec::new()),
            (Self::Fish, Some(value)) => (format!("set -gx {name} "), self.quoted(value)),
            (Self::Fish, None) => (format!("set -e {name}"), Vec::new()),
        };
        [before.as_bytes(), &after, b"\n"].concat()
    }

    /// Bytes as one word, whatever they are.
    fn quoted(self, value: &[u8]) -> Vec<u8> {
        let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"/._-+@%:,".contains(byte);
        if !value.is_empty() && value.iter().all(is_plain) {
            return value.to_vec();
        }
        let value = Path::new(OsStr::from_bytes(value));
        match self {
            Self::Sh => quote::posix(value),
            Self::Fish => quote::fish(value),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn lines() {
        assert_eq!(Language::Sh.assignment("A", Some(b"/x:/y")), b"export A=/x:/y\n");
        assert_eq!(Language::Sh.assignment("A", Some(b"it's $x")), b"export A='it'\\''s $x'\n");
        assert_eq!(Language::Sh.assignment("A", Some(b"")), b"export A=''\n");
        assert_eq!(Language::Sh.assignment("A", None), b"unset A\n");
        assert_eq!(Language::Fish.assignment("A", Some(b"it's\\")), b"set -gx A 'it\\'s\\\\'\n");
        assert_eq!(Language::Fish.assignment("A", None), b"set -e A\n");
    }

    /// What a real shell makes of it is what went in.
    #[test]
    fn every_byte_comes_back() {
        let every: Vec<u8> = (1..=u8::MAX).collect();
        let mut code = Language::Sh.assignment("VALUE", Some(&every));
        code.extend_from_slice(b"printf %s \"$VALUE\"");
        let output = Command::new("sh")
            .arg("-c")
            .arg(OsStr::from_bytes(&code))
            .env("LC_ALL", "C")
            .output()
            .expect("a shell");
        assert_eq!(output.stdout, every);
    }
}
