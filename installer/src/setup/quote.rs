//! Paths as words of shell code.

use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// A word for sh, bash and zsh.
pub fn posix(path: &Path) -> Vec<u8> {
    quote(path.as_os_str().as_bytes(), |byte| match byte {
        b'\'' => Some(br"'\''"),
        _ => None,
    })
}

/// A word for fish.
pub fn fish(path: &Path) -> Vec<u8> {
    quote(path.as_os_str().as_bytes(), |byte| match byte {
        b'\'' => Some(br"\'"),
        b'\\' => Some(br"\\"),
        _ => None,
    })
}

/// A word for sh, bash and zsh, by way of `$HOME` where it can be: such files are shared between machines.
pub(super) fn posix_from_home(path: &Path, home: &Path) -> Vec<u8> {
    from_home(path, home, posix)
}

/// The same for fish.
pub(super) fn fish_from_home(path: &Path, home: &Path) -> Vec<u8> {
    from_home(path, home, fish)
}

fn from_home(path: &Path, home: &Path, quote: impl Fn(&Path) -> Vec<u8>) -> Vec<u8> {
    match path.strip_prefix(home) {
        Ok(below) if is_plain(below) => [b"\"$HOME/", below.as_os_str().as_bytes(), b"\""].concat(),
        Ok(below) => [b"\"$HOME\"/", &quote(below)[..]].concat(),
        Err(_) => quote(path),
    }
}

fn is_plain(path: &Path) -> bool {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"/._+-".contains(byte);
    path.as_os_str().as_bytes().iter().all(plain)
}

fn quote(text: &[u8], escape: impl Fn(u8) -> Option<&'static [u8]>) -> Vec<u8> {
    let mut quoted = vec![b'\''];
    for byte in text {
        match escape(*byte) {
            Some(escaped) => quoted.extend_from_slice(escaped),
            None => quoted.push(*byte),
        }
    }
    quoted.push(b'\'');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_way_of_home_where_it_can_be() {
        let home = Path::new("/home/u");
        for (path, posix, fish) in [
            ("/home/u/.local/gowr", "\"$HOME/.local/gowr\"", "\"$HOME/.local/gowr\""),
            ("/home/u/my 'go", "\"$HOME\"/'my '\\''go'", "\"$HOME\"/'my \\'go'"),
            ("/opt/$gowr\\", "'/opt/$gowr\\'", "'/opt/$gowr\\\\'"),
            ("/home/user/x", "'/home/user/x'", "'/home/user/x'"),
        ] {
            let path = Path::new(path);
            assert_eq!(posix_from_home(path, home), posix.as_bytes());
            assert_eq!(fish_from_home(path, home), fish.as_bytes());
        }
    }
}
