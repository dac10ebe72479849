//! Proxies of the web for insecure addresses, which are told the whole address: `GET http://host/path`, as Go and curl
//! do. The HTTP library only knows tunnels, which many proxies grant for port 443 alone.

use std::fmt;

use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector, Either, NextTimeout, Transport,
};

use super::web_proxy::ForwardProxy;

/// Finds the proxy, whatever host is asked for: that one is found by the proxy.
pub(super) struct ProxyResolver {
    proxy: Uri,
    resolver: DefaultResolver,
}

impl ProxyResolver {
    pub(super) fn new(proxy: &ForwardProxy) -> Self {
        Self { proxy: proxy.uri().clone(), resolver: DefaultResolver::default() }
    }
}

impl Resolver for ProxyResolver {
    fn resolve(
        &self,
        _: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        self.resolver.resolve(&self.proxy, config, timeout)
    }
}

impl fmt::Debug for ProxyResolver {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("ProxyResolver").finish_non_exhaustive()
    }
}

/// Makes connections over which whole addresses are asked for.
#[derive(Debug)]
pub(super) struct ForwardConnector;

impl<In: Transport> Connector<In> for ForwardConnector {
    type Out = Either<In, Forwarded<In>>;

    fn connect(
        &self,
        details: &ConnectionDetails<'_>,
        chained: Option<In>,
    ) -> Result<Option<Self::Out>, ureq::Error> {
        let origin = format!("http://{}", details.uri.authority().map_or("", |it| it.as_str()));
        Ok(chained.map(|transport| Either::B(Forwarded { transport, origin })))
    }
}

/// A connection to a proxy.
#[derive(Debug)]
pub(super) struct Forwarded<T> {
    transport: T,
    /// What stands before the path in an address: `http://host:port`.
    origin: String,
}

/// What each request begins with: no other is made here, and none has a body.
const METHOD: &[u8] = b"GET ";

impl<T: Transport> Transport for Forwarded<T> {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.transport.buffers()
    }

    fn transmit_output(
        &mut self,
        mut amount: usize,
        timeout: NextTimeout,
    ) -> Result<(), ureq::Error> {
        let output = self.transport.buffers().output();
        if output[..amount].starts_with(METHOD) {
            let (start, length) = (METHOD.len(), self.origin.len());
            if amount + length > output.len() {
                return Err(ureq::Error::BadUri(String::from("it is too long")));
            }
            output.copy_within(start..amount, start + length);
            output[start..start + length].copy_from_slice(self.origin.as_bytes());
            amount += length;
        }
        self.transport.transmit_output(amount, timeout)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, ureq::Error> {
        self.transport.await_input(timeout)
    }

    fn is_open(&mut self) -> bool {
        self.transport.is_open()
    }

    fn is_tls(&self) -> bool {
        self.transport.is_tls()
    }
}
