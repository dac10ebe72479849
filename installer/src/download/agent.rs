//! The HTTP library, set up for our ways to servers.

use ureq::config::Config;
use ureq::tls::{RootCerts, TlsConfig};
use ureq::unversioned::transport::{Connector, TcpConnector};
use ureq::{Agent, Proxy};

use super::forward::{ForwardConnector, ProxyResolver};
use super::retry::Patience;
use super::web_proxy::ForwardProxy;

/// For insecure addresses.
pub(super) fn plain(patience: Patience) -> Agent {
    config(patience, None).new_agent()
}

/// For secure addresses.
pub(super) fn secure(patience: Patience, roots: RootCerts) -> Agent {
    config(patience, Some(roots)).new_agent()
}

/// For insecure addresses, by way of a proxy that is told whole addresses.
pub(super) fn forwarded(patience: Patience, proxy: &ForwardProxy) -> Agent {
    let connector = ().chain(TcpConnector::default()).chain(ForwardConnector);
    Agent::with_parts(config(patience, None), connector, ProxyResolver::new(proxy))
}

fn config(patience: Patience, roots: Option<RootCerts>) -> Config {
    let timeout = Some(patience.timeout);
    let mut config = Agent::config_builder()
        .user_agent(concat!("gowr/", env!("CARGO_PKG_VERSION")))
        .http_status_as_error(false)
        // Followed by ourselves: another host gets no password, and perhaps another proxy.
        .max_redirects(0)
        .max_redirects_will_error(false)
        .proxy(None::<Proxy>)
        .timeout_resolve(timeout)
        .timeout_connect(timeout)
        .timeout_recv_response(timeout)
        .timeout_per_read(timeout)
        .timeout_per_write(timeout);
    if let Some(roots) = roots {
        config = config.tls_config(TlsConfig::builder().root_certs(roots).build());
    }
    config.build()
}
