//! Passwords from the `.netrc` file (`cmd/go/internal/auth/netrc.go`).

use std::fs;
use std::path::PathBuf;

use super::location::{Credentials, WebAddress};

/// What a `.netrc` file holds.
#[derive(Debug, Default)]
pub(crate) struct Netrc(Vec<(String, Credentials)>);

impl Netrc {
    /// Reads the file. To Go one that cannot be read is one without a password in it.
    pub(crate) fn read(path: Option<&PathBuf>) -> Self {
        let content = path.and_then(|path| fs::read(path).ok()).unwrap_or_default();
        Self::parse(&String::from_utf8_lossy(&content))
    }

    pub(crate) fn parse(content: &str) -> Self {
        let mut found = Vec::new();
        let (mut machine, mut user, mut password) = (None, None, None);
        let mut in_macro = false;
        for line in content.split('\n') {
            if in_macro {
                in_macro = !line.is_empty();
                continue;
            }
            let fields: Vec<&str> = line.split_whitespace().collect();
            let (pairs, rest) = fields.as_chunks::<2>();
            for [word, value] in pairs {
                match *word {
                    "machine" => (machine, user, password) = (Some(*value), None, None),
                    "login" => user = Some(*value),
                    "password" => password = Some(*value),
                    "macdef" => in_macro = true,
                    _ => {}
                }
                if let (Some(name), Some(login), Some(secret)) = (machine, user, password) {
                    let credentials = Credentials { user: login.into(), password: secret.into() };
                    found.push((name.to_owned(), credentials));
                    (machine, user, password) = (None, None, None);
                }
            }
            if rest == ["default"] {
                break;
            }
        }
        Self(found)
    }

    /// The user and password for a server; Go sends them over secure connections only.
    pub(crate) fn credentials(&self, address: &WebAddress) -> Option<&Credentials> {
        let host = address.is_secure().then(|| address.uri().authority())??.as_str();
        self.0.iter().find(|(machine, _)| machine == host).map(|(_, credentials)| credentials)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_go_reads_it() {
        let netrc = Netrc::parse(
            "machine incomplete\nlogin none\n\nmachine api.example\n  login user\n  password pwd\n\n\
             machine one.example login a password b\nmachine one.example login c password d\n\
             macdef m\nmachine in.macro login x password y\n\n\
             machine test.host login user2 password pwd2\ndefault\nmachine late login x password y\n",
        );
        let header = |text: &str| {
            let address = WebAddress::parse(text).expect("an address");
            netrc.credentials(&address).map(|c| [&c.user[..], b":", &c.password].concat())
        };
        assert_eq!(header("https://api.example/x").as_deref(), Some(&b"user:pwd"[..]));
        assert_eq!(header("https://one.example/").as_deref(), Some(&b"a:b"[..]));
        assert_eq!(header("https://test.host").as_deref(), Some(&b"user2:pwd2"[..]));
        for none in ["http://api.example", "https://incomplete", "https://in.macro", "https://late"]
        {
            assert_eq!(header(none), None, "{none}");
        }
    }
}
