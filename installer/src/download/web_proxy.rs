//! `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`, as Go reads them (`golang.org/x/net/http/httpproxy`).

use std::net::IpAddr;

use ureq::http::Uri;
use ureq::{Proxy, ProxyProtocol};

use super::location::{Credentials, WebAddress};
use crate::error::Error;
use crate::go_settings::{Setting, WebProxies};

/// Which proxy a request goes through.
#[derive(Debug)]
pub(crate) struct ProxyRules {
    https: Option<(Setting, Proxy)>,
    http: Option<(Setting, HttpProxy)>,
    is_cgi: bool,
    exceptions: Vec<Exception>,
}

/// A proxy for insecure addresses.
#[derive(Debug)]
enum HttpProxy {
    Forward(ForwardProxy),
    /// SOCKS, and one that is itself reached securely. (The latter Go asks for whole addresses; a tunnel through it
    /// comes to the same.)
    Tunnel(Proxy),
}

/// How a request goes.
#[derive(Clone, Copy, Debug)]
pub(super) enum Way<'a> {
    /// To the server itself.
    Direct,
    /// By a tunnel that a proxy makes.
    Tunnelled(&'a Proxy),
    /// To a proxy, that asks the server.
    Forwarded(&'a ForwardProxy),
}

/// A proxy that is told whole addresses.
#[derive(Debug)]
pub(super) struct ForwardProxy {
    uri: Uri,
    credentials: Option<Credentials>,
}

impl ForwardProxy {
    /// Its address, without user and password.
    pub(super) fn uri(&self) -> &Uri {
        &self.uri
    }

    pub(super) fn credentials(&self) -> Option<&Credentials> {
        self.credentials.as_ref()
    }
}

impl HttpProxy {
    fn new(proxy: Proxy) -> Option<Self> {
        if proxy.protocol() != ProxyProtocol::Http {
            return Some(Self::Tunnel(proxy));
        }
        let uri = format!("http://{}:{}/", proxy.host(), proxy.port()).parse().ok()?;
        let credentials = proxy.username().map(|user| Credentials {
            user: user.into(),
            password: proxy.password().unwrap_or_default().into(),
        });
        Some(Self::Forward(ForwardProxy { uri, credentials }))
    }
}

/// One entry of `NO_PROXY`.
#[derive(Debug, PartialEq, Eq)]
enum Exception {
    /// `*`
    All,
    /// `10.0.0.0/8`
    Network { address: IpAddr, bits: u8 },
    /// `10.1.2.3`, `10.1.2.3:80`
    Address { address: IpAddr, port: Option<String> },
    /// `example.com` is it and all below it, `.example.com` and `*.example.com` what is below.
    Domain { suffix: String, itself: bool, port: Option<String> },
}

impl ProxyRules {
    pub(crate) fn new(settings: &WebProxies) -> Result<Self, Error> {
        let parse = |setting: &Option<Setting>| {
            let Some(setting) = setting else { return Ok(None) };
            let proxy = Proxy::new(setting.value());
            let proxy = proxy.map_err(|_| not_a_proxy(setting))?;
            Ok(Some((setting.clone(), proxy)))
        };
        let http = parse(&settings.http)?.map(|(setting, proxy)| {
            let proxy = HttpProxy::new(proxy).ok_or_else(|| not_a_proxy(&setting))?;
            Ok((setting, proxy))
        });
        let none = settings.none.as_ref().map(Setting::value).unwrap_or_default();
        let exceptions = none.split(',').filter_map(Exception::parse).collect();
        let https = parse(&settings.https)?;
        Ok(Self { https, http: http.transpose()?, is_cgi: settings.is_cgi, exceptions })
    }

    /// The proxy that is told whole addresses, if there is one.
    pub(super) fn forward(&self) -> Option<&ForwardProxy> {
        match &self.http {
            Some((_, HttpProxy::Forward(proxy))) => Some(proxy),
            _ => None,
        }
    }

    /// How a request goes.
    pub(super) fn way(&self, target: &WebAddress) -> Result<Way<'_>, Error> {
        if self.is_exception(target.host(), target.port()) {
            return Ok(Way::Direct);
        }
        if target.is_secure() {
            return Ok(self.https.as_ref().map_or(Way::Direct, |(_, proxy)| Way::Tunnelled(proxy)));
        }
        match &self.http {
            None => Ok(Way::Direct),
            Some((setting, _)) if self.is_cgi => {
                Err(setting.invalid("it is not to be believed in a CGI program"))
            }
            Some((_, HttpProxy::Forward(proxy))) => Ok(Way::Forwarded(proxy)),
            Some((_, HttpProxy::Tunnel(proxy))) => Ok(Way::Tunnelled(proxy)),
        }
    }

    fn is_exception(&self, host: &str, port: u16) -> bool {
        let host = host.to_ascii_lowercase();
        let address: Option<IpAddr> = host.parse().ok();
        host == "localhost"
            || address.is_some_and(|address| address.is_loopback())
            || self.exceptions.iter().any(|exception| exception.matches(&host, address, port))
    }
}

fn not_a_proxy(setting: &Setting) -> Error {
    setting.invalid("it is not the address of a proxy")
}

impl Exception {
    fn parse(text: &str) -> Option<Self> {
        let text = text.trim().to_ascii_lowercase();
        if text == "*" {
            return Some(Self::All);
        }
        if let Some((address, bits)) = text.split_once('/')
            && let (Ok(address), Ok(bits)) = (address.parse::<IpAddr>(), bits.parse())
            && bits <= if address.is_ipv4() { 32 } else { 128 }
        {
            return Some(Self::Network { address, bits });
        }
        let (host, port) = match text.rsplit_once(':') {
            // Without brackets a second colon is part of an IPv6 address.
            Some((host, port)) if !host.contains(':') || host.ends_with(']') => {
                (host, Some(port.to_owned()))
            }
            _ => (text.as_str(), None),
        };
        let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        if let Ok(address) = host.parse() {
            return Some(Self::Address { address, port });
        }
        let host = host.strip_prefix('*').filter(|rest| rest.starts_with('.')).unwrap_or(host);
        let itself = !host.starts_with('.');
        let suffix = if itself { format!(".{host}") } else { host.to_owned() };
        (!host.is_empty()).then_some(Self::Domain { suffix, itself, port })
    }

    fn matches(&self, host: &str, host_address: Option<IpAddr>, host_port: u16) -> bool {
        let is_port = |port: &Option<String>| {
            port.as_ref().is_none_or(|port| port.is_empty() || *port == host_port.to_string())
        };
        match self {
            Self::All => true,
            Self::Network { address, bits } => {
                host_address.is_some_and(|host| is_within(host, *address, *bits))
            }
            Self::Address { address, port } => host_address == Some(*address) && is_port(port),
            Self::Domain { suffix, itself, port } => {
                host_address.is_none()
                    && (host.ends_with(suffix.as_str()) || *itself && *host == suffix[1..])
                    && is_port(port)
            }
        }
    }
}

fn is_within(host: IpAddr, network: IpAddr, bits: u8) -> bool {
    let bits = u32::from(bits);
    match (host, network) {
        (IpAddr::V4(host), IpAddr::V4(network)) => {
            (host.to_bits() ^ network.to_bits()).checked_shr(32 - bits).unwrap_or(0) == 0
        }
        (IpAddr::V6(host), IpAddr::V6(network)) => {
            (host.to_bits() ^ network.to_bits()).checked_shr(128 - bits).unwrap_or(0) == 0
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::*;
    use crate::go_settings::GoSettings;

    fn rules(variables: &[(&str, &str)]) -> Result<ProxyRules, Error> {
        let find = |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, v)| *v);
        let settings = GoSettings::read_with(&|name| find(name).map(OsString::from));
        ProxyRules::new(&settings.expect("settings").web_proxies)
    }

    fn chosen(variables: &[(&str, &str)], target: &str) -> Option<String> {
        let target = WebAddress::parse(target).expect("an address");
        let rules = rules(variables).expect("rules");
        match rules.way(&target).expect("allowed") {
            Way::Direct => None,
            Way::Tunnelled(proxy) => Some(proxy.uri().to_string()),
            Way::Forwarded(proxy) => Some(format!("forward {}", proxy.uri())),
        }
    }

    #[test]
    fn each_scheme_has_its_own() {
        let both = [("HTTPS_PROXY", "http://s:1"), ("http_proxy", "p:2")];
        assert_eq!(chosen(&both, "https://h/").as_deref(), Some("http://s:1/"));
        assert_eq!(chosen(&both, "http://h/").as_deref(), Some("forward http://p:2/"));
        assert_eq!(chosen(&[("HTTP_PROXY", "p:2"), ("ALL_PROXY", "a:3")], "https://h/"), None);
        let capital_first = [("https_proxy", "small:1"), ("HTTPS_PROXY", "capital:1")];
        assert_eq!(chosen(&capital_first, "https://h/").as_deref(), Some("http://capital:1/"));
    }

    #[test]
    fn exceptions() {
        // The cases of golang.org/x/net/http/httpproxy's own documentation, and more.
        let no =
            "foo.com, .y.com,*.z.com,port.com:81,10.0.0.0/8,1.2.3.4:80,[fd00::1]:443,fd01::/16,,.";
        for (target, expected) in [
            ("https://foo.com/", false),
            ("https://FOO.com/", false),
            ("https://bar.foo.com/", false),
            ("https://xfoo.com/", true),
            ("https://x.y.com/", false),
            ("https://y.com/", true),
            ("https://x.z.com/", false),
            ("https://z.com/", true),
            ("https://port.com:81/", false),
            ("https://port.com/", true),
            ("https://10.255.1.1/", false),
            ("https://11.0.0.1/", true),
            ("https://1.2.3.4:80/", false),
            ("https://1.2.3.4/", true),
            ("https://[fd00::1]/", false),
            ("https://[fd01:2::3]/", false),
            ("https://[fd02::3]/", true),
            ("https://localhost:8080/", false),
            ("https://127.8.9.1/", false),
            ("https://[::1]/", false),
            ("https://example.com/", true),
        ] {
            let proxied = chosen(&[("HTTPS_PROXY", "p:1"), ("NO_PROXY", no)], target).is_some();
            assert_eq!(proxied, expected, "{target}");
        }
        assert_eq!(chosen(&[("HTTPS_PROXY", "p:1"), ("no_proxy", "x, *")], "https://h/"), None);
        assert_eq!(
            chosen(&[("HTTPS_PROXY", "p:1"), ("NO_PROXY", "0.0.0.0/0")], "https://9.9.9.9/"),
            None
        );
    }

    #[test]
    fn cgi_programs_do_not_believe_http_proxy() {
        let cgi = [("HTTP_PROXY", "evil:1"), ("HTTPS_PROXY", "good:1"), ("REQUEST_METHOD", "GET")];
        let rules = rules(&cgi).expect("rules");
        rules.way(&WebAddress::parse("http://h/").expect("an address")).expect_err("refused");
        rules.way(&WebAddress::parse("https://h/").expect("an address")).expect("allowed");
    }

    #[test]
    fn a_malformed_proxy_is_named() {
        let error = rules(&[("HTTPS_PROXY", "gopher://h")]).expect_err("refused");
        assert!(error.to_string().starts_with("HTTPS_PROXY "), "{error}");
    }
}
