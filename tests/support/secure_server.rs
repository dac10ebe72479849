//! The same server over TLS, with a certificate of its own.

use std::fs;
use std::net::TcpStream;
use std::path::PathBuf;
use std::sync::Arc;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use tempfile::TempDir;

use super::server::{Connection, Request, Response, Server};

impl Connection for StreamOwned<ServerConnection, TcpStream> {}

/// A server that speaks TLS, and the certificate that it must be trusted by.
pub(crate) struct SecureServer {
    pub(crate) server: Server,
    pub(crate) directory: TempDir,
}

impl SecureServer {
    pub(crate) fn start(answer: impl Fn(&Request) -> Response + Send + Sync + 'static) -> Self {
        Self::start_for(&["localhost", "secure.invalid"], |_| (), answer)
    }

    /// The same under these names; `before` is what is done before the client speaks TLS.
    pub(crate) fn start_for(
        names: &[&str],
        before: impl Fn(&mut TcpStream) + Send + Sync + 'static,
        answer: impl Fn(&Request) -> Response + Send + Sync + 'static,
    ) -> Self {
        let names: Vec<_> = names.iter().map(ToString::to_string).collect();
        let CertifiedKey { cert, signing_key } = generate_simple_self_signed(names).expect("made");
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(signing_key.serialize_der()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], key)
            .map(Arc::new)
            .expect("a configuration");
        let wrap = move |mut stream| {
            before(&mut stream);
            StreamOwned::new(ServerConnection::new(config.clone()).expect("a connection"), stream)
        };
        let directory = tempfile::tempdir().expect("a directory");
        fs::write(directory.path().join("root.pem"), cert.pem()).expect("written");
        Self { server: Server::start_over(wrap, answer), directory }
    }

    /// `https://localhost:PORT`
    pub(crate) fn url(&self) -> String {
        self.server.url().replace("http://127.0.0.1", "https://localhost")
    }

    /// The file to trust.
    pub(crate) fn certificate(&self) -> PathBuf {
        self.directory.path().join("root.pem")
    }
}
