//! Addresses: `https://`, `http://` and `file://`.

use std::ffi::OsString;
use std::fmt;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode_str;
use ureq::http::Uri;
use ureq::http::uri::{Authority, PathAndQuery, Scheme};

/// Where a document, or a tree of them, is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Location {
    /// On a server.
    Web(WebAddress),
    /// On this machine.
    File(PathBuf),
}

impl Location {
    /// Parses an address. The error says what is wrong with it, after its name and a colon.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        match text.split_once("://") {
            Some(("file", path)) => {
                let path: Vec<u8> = percent_decode_str(path).collect();
                if !path.starts_with(b"/") || path.contains(&0) {
                    return Err(format!("{text:?} is not file:// and an absolute path"));
                }
                Ok(Self::File(PathBuf::from(OsString::from_vec(path))))
            }
            Some(("http" | "https", _)) => WebAddress::parse(text).map(Self::Web),
            Some(_) => Err(format!("{:?} does not begin with https, http or file", redacted(text))),
            None => Err(format!("{text:?} is no address: it has no scheme")),
        }
    }

    /// The address of what is at `path` below this; `path` has only characters that stand for themselves.
    pub(crate) fn join(&self, path: &str) -> Self {
        match self {
            Self::File(directory) => Self::File(directory.join(path)),
            Self::Web(address) => Self::Web(address.join(path)),
        }
    }

    /// Whether its name says that it is compressed with gzip.
    pub(crate) fn is_gzip(&self) -> bool {
        let path = match self {
            Self::Web(address) => address.uri.path().as_bytes(),
            Self::File(path) => path.as_os_str().as_bytes(),
        };
        path.ends_with(b".gz") || path.ends_with(b".tgz")
    }
}

impl fmt::Display for Location {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Web(address) => address.fmt(formatter),
            Self::File(path) => write!(formatter, "file://{}", path.display()),
        }
    }
}

/// An address on a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct WebAddress {
    /// Without user and password.
    uri: Uri,
    credentials: Option<Credentials>,
}

impl WebAddress {
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let problem = |problem: &str| format!("{:?} is no address: {problem}", redacted(text));
        let uri: Uri = text.parse().map_err(|_| problem("it is malformed"))?;
        let mut parts = uri.into_parts();
        if ![Some(Scheme::HTTP), Some(Scheme::HTTPS)].contains(&parts.scheme) {
            return Err(problem("it is neither http nor https"));
        }
        let authority = parts.authority.as_ref().map(Authority::as_str).unwrap_or_default();
        let (user, host) = match authority.rsplit_once('@') {
            Some((user, host)) => (Some(user), host),
            None => (None, authority),
        };
        let credentials = user.map(Credentials::from_user_info);
        if credentials.is_some() && parts.scheme != Some(Scheme::HTTPS) {
            return Err(problem("a password must not go to an insecure address"));
        }
        let host: Authority = host.parse().map_err(|_| problem("it has no host"))?;
        // `http://[]/` is well formed to the parser.
        if host.host().trim_matches(['[', ']']).is_empty() {
            return Err(problem("it has no host"));
        }
        parts.authority = Some(host);
        parts.path_and_query.get_or_insert(PathAndQuery::from_static("/"));
        let uri = Uri::from_parts(parts).map_err(|_| problem("it is malformed"))?;
        Ok(Self { uri, credentials })
    }

    /// The address of what is at `path` below this.
    fn join(&self, path: &str) -> Self {
        let mut target = format!("{}/{path}", self.uri.path().trim_end_matches('/'));
        if let Some(query) = self.uri.query() {
            target = format!("{target}?{query}");
        }
        self.with_target(&target).unwrap_or_else(|| self.clone())
    }

    fn with_target(&self, target: &str) -> Option<Self> {
        let mut parts = self.uri.clone().into_parts();
        parts.path_and_query = Some(target.parse().ok()?);
        Some(Self { uri: Uri::from_parts(parts).ok()?, credentials: self.credentials.clone() })
    }

    /// Where a redirect from here leads: an address, or a path on this server (RFC 9110, section 10.2.2).
    ///
    /// A password goes along only to the same host.
    pub(crate) fn redirect(&self, target: &str) -> Result<Self, String> {
        let target = target.split('#').next().unwrap_or_default();
        let problem = || format!("redirected to {target:?}, which is no address");
        if target.contains("://") {
            let mut next = Self::parse(target)?;
            if next.credentials.is_none()
                && next.uri.authority() == self.uri.authority()
                && next.is_secure()
            {
                next.credentials.clone_from(&self.credentials);
            }
            Ok(next)
        } else if let Some(rest) = target.strip_prefix("//") {
            Self::parse(&format!("{}://{rest}", if self.is_secure() { "https" } else { "http" }))
        } else if target.starts_with('/') {
            self.with_target(target).ok_or_else(problem)
        } else {
            let directory = self.uri.path().rsplit_once('/').map_or("", |(directory, _)| directory);
            self.with_target(&format!("{directory}/{target}")).ok_or_else(problem)
        }
    }

    pub(crate) fn uri(&self) -> &Uri {
        &self.uri
    }

    pub(crate) fn is_secure(&self) -> bool {
        self.uri.scheme() == Some(&Scheme::HTTPS)
    }

    /// The host, without brackets around an IPv6 address.
    pub(crate) fn host(&self) -> &str {
        self.uri.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']')
    }

    pub(crate) fn port(&self) -> u16 {
        self.uri.port_u16().unwrap_or(if self.is_secure() { 443 } else { 80 })
    }

    pub(crate) fn credentials(&self) -> Option<&Credentials> {
        self.credentials.as_ref()
    }
}

impl fmt::Display for WebAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.uri.fmt(formatter)
    }
}

/// A user and a password.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Credentials {
    pub(crate) user: Vec<u8>,
    pub(crate) password: Vec<u8>,
}

impl Credentials {
    fn from_user_info(text: &str) -> Self {
        let (user, password) = text.split_once(':').unwrap_or((text, ""));
        let decode = |text| percent_decode_str(text).collect();
        Self { user: decode(user), password: decode(password) }
    }

    /// The value of an `Authorization` header.
    pub(crate) fn header(&self) -> String {
        let text = [self.user.as_slice(), b":", self.password.as_slice()].concat();
        format!("Basic {}", STANDARD.encode(text))
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Credentials(…)")
    }
}

/// An address without its user and password, to show it; it need not be well formed.
fn redacted(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else { return text.to_owned() };
    let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    match authority.rsplit_once('@') {
        Some((_, host)) => format!("{scheme}://{host}{path}"),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn web(text: &str) -> WebAddress {
        WebAddress::parse(text).expect("an address")
    }

    #[test]
    fn joined() {
        for (base, expected) in [
            ("https://proxy.example", "https://proxy.example/golang.org/toolchain/@v/list"),
            ("https://proxy.example/a/", "https://proxy.example/a/golang.org/toolchain/@v/list"),
            ("http://h:81/a?b=c", "http://h:81/a/golang.org/toolchain/@v/list?b=c"),
            ("https://u:p%40@h/a", "https://h/a/golang.org/toolchain/@v/list"),
            ("file:///srv/a%20b", "file:///srv/a b/golang.org/toolchain/@v/list"),
        ] {
            let location = Location::parse(base).expect(base).join("golang.org/toolchain/@v/list");
            assert_eq!(location.to_string(), expected);
        }
    }

    #[test]
    fn refused_without_showing_the_password() {
        for text in [
            "proxy.example",
            "ftp://u:secret@h/",
            "http://u:secret@h/",
            "https://",
            "https://u:secret@/x",
            "https://u:secret@h /x",
            "http://[]/",
            "file://host/x",
            "file://x",
            "file:///a%00b",
        ] {
            let problem = Location::parse(text).expect_err(text);
            assert!(!problem.contains("secret"), "{problem}");
        }
    }

    #[test]
    fn credentials_are_decoded_and_not_shown() {
        let address = web("https://u:p%40@h/a");
        assert_eq!(address.credentials().expect("there").header(), "Basic dTpwQA==");
        assert!(!format!("{address:?}{address}").contains("p%40"));
    }

    #[test]
    fn redirects() {
        let from = web("https://u:p@h/a/b?c");
        for (target, expected, keeps) in [
            ("https://other/x#y", "https://other/x", false),
            ("https://h/x", "https://h/x", true),
            ("https://h:444/x", "https://h:444/x", false),
            ("http://h/x", "http://h/x", false),
            ("//other/x", "https://other/x", false),
            ("/x?y", "https://h/x?y", true),
            ("x", "https://h/a/x", true),
        ] {
            let next = from.redirect(target).expect(target);
            assert_eq!(
                (next.to_string().as_str(), next.credentials().is_some()),
                (expected, keeps)
            );
        }
        from.redirect("file:///etc/passwd").expect_err("no server");
        from.redirect("gopher://h/x").expect_err("no server");
    }
}
